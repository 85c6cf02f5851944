"""What WinThor has ended and freed is recorded as ended, and only the rows at hand are summed for it (R16, R19)."""

from __future__ import annotations

import pytest

from app.services.tempo import encerrar
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa


def faturar(casa: Casa, numped: int) -> None:
    casa.executar("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 7 WHERE NUMPED = :n", n=numped)


def baixar(casa: Casa, codprod: int, quantidade: int, filial: str = "1") -> None:
    baixa = "UPDATE PCEST SET QTRESERV = QTRESERV - :q WHERE CODFILIAL = :f AND CODPROD = :p"
    casa.executar(baixa, q=quantidade, p=codprod, f=filial)


def test_a_counter_is_looked_at_in_the_branch_that_delivers_and_for_the_parts_of_a_kit(casa: Casa) -> None:
    itens = [item(entrega={"idLojaEntregaRetaguarda": "2"}), kit()]
    numped = casa.reservar(pre_venda(*itens))
    faturar(casa, numped)
    for codprod, quantidade, filial in ((1, 2, "2"), (1, 2, "1"), (3, 1, "1")):
        assert encerrar.assentar(casa.gw) == []
        baixar(casa, codprod, quantidade, filial)
    assert encerrar.assentar(casa.gw) == [numped]
    assert casa.linha("GW_RESERVA")["ESTADO"] == "BAIXADA"


def test_a_wrong_counter_of_another_branch_or_product_is_no_reason(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    faturar(casa, numped)
    baixar(casa, 1, 2)
    casa.executar("UPDATE PCEST SET QTRESERV = 9 WHERE CODPROD = 1 AND CODFILIAL = '2'")
    casa.executar("UPDATE PCEST SET QTRESERV = 9 WHERE CODPROD = 4")
    assert encerrar.assentar(casa.gw) == [numped]


def test_an_order_without_lines_is_recorded_as_ended(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    faturar(casa, numped)
    casa.executar("DELETE FROM PCPEDI")
    assert encerrar.assentar(casa.gw) == [numped]


def test_only_the_products_of_the_ended_orders_are_summed(casa: Casa) -> None:
    """As many statements, one of them for a parameter, for any number of ended orders, however many others there are;
    nothing to lock, no more."""
    quantos = []
    for n in (1, 8):
        for i in range(n):
            faturar(casa, casa.reservar(pre_venda(item("10010-1001", 1), numero=f"S-{n}-{i}")))
            casa.reservar(pre_venda(item("10020-1002", 1), numero=f"V-{n}-{i}"))
        with casa.comandos() as comandos:
            assert encerrar.assentar(casa.gw) == []
        quantos.append(len(comandos))
        soma = comandos[-1]
        assert soma.replace('"', "").count("CODPROD IN") == 2, soma
    assert quantos == [5, 5]  # the orders, their lines, the deliveries, the sum, the counters


def test_nothing_ended_costs_one_statement(casa: Casa) -> None:
    casa.reservar(pre_venda())
    with casa.comandos() as comandos:
        assert encerrar.assentar(casa.gw) == []
    assert len(comandos) == 1, comandos


def test_batch_by_batch(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    numeros = [casa.reservar(pre_venda(item("10010-1001", 1), numero=f"S-{n}")) for n in range(5)]
    for numped in numeros:
        faturar(casa, numped)
    baixar(casa, 1001, 5)
    respostas = iter([True, True, False])
    assert encerrar.assentar(casa.gw, seguir=lambda: next(respostas)) == numeros[:2]
    monkeypatch.setattr(encerrar, "LOTE", 2)
    assert encerrar.assentar(casa.gw) == numeros[2:]
