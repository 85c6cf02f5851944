"""The order that is altered, as it is seen beside the stock in one statement, is the one that is found by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.winthor import pedidos
from app.winthor.olhar import Olhar, _juntas, olhar
from tests.integration.vida.test_pagamento_inteiro import entrega
from tests.integration.vida.test_pagar import pagamento, pagar
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa


@pytest.fixture
def tv7(casa: Casa) -> Iterator[Casa]:
    """The shop where a paid order becomes a future sale with deliveries."""
    outra = casa.com(pago="tv7")
    yield outra
    outra.close()


def visto(casa: Casa, numped: int) -> Olhar:
    with casa.gw.db.read() as connection:
        return olhar(connection, [("1", 1), ("1", 1001)], numped=numped)


def test_lines_kits_and_deliveries(tv7: Casa) -> None:
    simples = tv7.reservar(pre_venda(*[item(f"{c}0-{c}", 1 + c % 3) for c in range(1015, 1001, -1)], numero="A"))
    com_kit = tv7.reservar(pre_venda(item(quantidade=2), kit(2), kit(1, 31), numero="B"))
    itens = [item(quantidade=2, entrega=entrega(0)), item("10010-1001", 3, entrega=entrega(2))]
    entregue = tv7.reservar(pre_venda(*itens, numero="C"))
    pagar(tv7, entregue, *itens, pagamentos=[pagamento("D")], numero="C")
    for numped in (simples, com_kit, entregue):
        with tv7.gw.db.read() as connection:
            sozinha = pedidos.find(connection, numped, com_linhas=True)
        vista = visto(tv7, numped)
        assert sozinha is not None
        assert sozinha.vistas
        assert vista.ordem == sozinha
        assert set(vista.saldos) == {("1", 1), ("1", 1001)}
    assert len(vista.ordem.entregas if vista.ordem else ()) == 1


def test_the_statement_is_put_together_once(casa: Casa) -> None:
    for n in range(3):
        numped = casa.reservar(pre_venda(numero=f"A-{n}"))
        casa.relogio.andar(seconds=1)
        antes = _juntas.cache_info().misses
        casa.reservar(pre_venda(item(quantidade=2), numero=f"A-{n}", idRetaguarda=numped))
    assert _juntas.cache_info().misses == antes


def test_an_order_without_lines_and_none(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="A"))
    casa.executar("DELETE FROM PCPEDI WHERE NUMPED = :n", n=numped)
    with casa.gw.db.read() as connection:
        assert visto(casa, numped).ordem == pedidos.find(connection, numped, com_linhas=True)
    assert visto(casa, 77).ordem is None
