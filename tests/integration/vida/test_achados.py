"""The findings of the reconciliation beyond a counter that one order of the gateway explains (R19)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.diferencas import TIPOS
from app.services.conciliacao import conciliar, correcoes
from app.services.conciliacao.diferenca import Diferenca
from app.services.tempo import adotar, encerrar, expirar
from app.winthor.esquema.tables import PCESTANALITICOVENDA, PCPEDC, PCPEDI
from tests.integration.vida.test_conciliacao import HOJE, corrigir, faturar, pedido_do_winthor, somar
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa


def achados(casa: Casa, *tipos: str) -> list[Diferenca]:
    todas = conciliar.conciliar(casa.gw).diferencas
    return [d for d in todas if not tipos or d.tipo in tipos]


def um(casa: Casa, tipo: str) -> Diferenca:
    """The only difference, of this kind."""
    (achado,) = achados(casa)
    assert achado.tipo == tipo, achado
    assert (achado.o_que_fazer, achado.quem) != ("", "")
    return achado


def mudar(casa: Casa, numped: int, **colunas: Any) -> None:
    with casa.engine.begin() as connection:
        connection.execute(sa.update(PCPEDC).where(PCPEDC.c.NUMPED == numped).values(**colunas))


def acao(numped: int, situacao: int) -> dict[str, Any]:
    return {"situacaoPreVenda": situacao, "numero": "PV-1", "idLojaRetaguarda": "1", "idRetaguarda": numped}


# --- counters


@pytest.mark.parametrize("vivas", [0, 5])
def test_a_counter_below_zero_is_told_once(casa: Casa, vivas: int) -> None:
    if vivas:
        casa.reservar(pre_venda(item(quantidade=vivas)))
    casa.executar("UPDATE PCEST SET QTRESERV = -2 WHERE CODFILIAL = '1' AND CODPROD = 1")
    achado = um(casa, "CONTADOR_NEGATIVO")
    assert (achado.esperado, achado.reservado, achado.diferenca) == (vivas, -2, -2 - vivas)
    assert achado.valor == (2 + vivas) * Decimal("6.00")
    assert (f"retêm {vivas} unidades" in achado.explicacao) is bool(vivas)


def test_another_counter_below_zero_keeps_the_reserved_one_apart(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTBLOQUEADA = -3, QTRESERV = 4 WHERE CODFILIAL = '1' AND CODPROD = 1")
    assert [d.tipo for d in achados(casa)] == ["CONTADOR_NEGATIVO", "CONTADOR_DIVERGENTE"]


def test_less_is_counted_than_is_reserved_and_who_is_affected(casa: Casa) -> None:
    primeiro = casa.reservar(pre_venda(item(quantidade=7)))
    segundo = casa.reservar(pre_venda(item(quantidade=3), numero="PV-2"))
    casa.executar("UPDATE PCEST SET QTESTGER = 4 WHERE CODFILIAL = '1' AND CODPROD = 1")
    achado = um(casa, "ESTOQUE_ABAIXO_DO_RESERVADO")
    assert (achado.diferenca, achado.valor, achado.acao) == (Decimal(-6), Decimal("36.00"), "informar")
    assert achado.explicacao == (
        f"Há 4 unidades e os pedidos retêm 10: faltam 6. Retêm: {segundo} (PV-2) com 3; {primeiro} (PV-1) com 7."
    )


def test_what_is_blocked_is_not_there(casa: Casa) -> None:
    casa.reservar(pre_venda(item(quantidade=7)))
    casa.executar("UPDATE PCEST SET QTESTGER = 8, QTBLOQUEADA = 5 WHERE CODFILIAL = '1' AND CODPROD = 1")
    assert um(casa, "ESTOQUE_ABAIXO_DO_RESERVADO").diferenca == Decimal(-4)
    outra = casa.com(filiais_sem_estoque=("1",))
    assert achados(outra) == []
    outra.close()


def test_a_shortage_is_of_the_orders_not_of_a_counter_gone_astray(casa: Casa) -> None:
    """Invoiced with its goods gone and its units still counted: nobody is affected."""
    numped = casa.reservar(pre_venda(item("300-3", 5)))
    faturar(casa, numped)
    casa.executar("UPDATE PCEST SET QTESTGER = 0 WHERE CODFILIAL = '1' AND CODPROD = 3")
    um(casa, "FATURADA_AINDA_RETIDA")


# --- the forum case for orders of any origin


@pytest.mark.parametrize(
    ("cabecalho", "origem"),
    [
        ({"ORIGEMPED": "T"}, "telemarketing"),
        ({"ORIGEMPED": "F"}, "força de vendas"),
        ({"ORIGEMINTEGRACAO": "PDVSYNC", "NUMPEDHUBE": "DE-ANTES"}, "PDVSYNC"),
        ({"CONDVENDA": 8, "NUMPEDENTFUT": 1_000_099}, "entrega do pedido 1000099"),
    ],
)
@pytest.mark.parametrize(("posicao", "tipo"), [("F", "FATURADA_AINDA_RETIDA"), ("C", "CANCELADA_AINDA_RETIDA")])
def test_who_holds_it_is_named_whoever_made_it_and_never_written(
    casa: Casa, cabecalho: dict[str, Any], origem: str, posicao: str, tipo: str
) -> None:
    fim = {"F": {"NUMTRANSVENDA": 9, "DTFAT": HOJE}, "C": {"DTCANCEL": HOJE}}[posicao]
    linha = {"CODPROD": 1, "QT": 4, "PVENDA": Decimal("12.50")}
    pedido_do_winthor(casa, 1_000_001, linha, POSICAO=posicao, **cabecalho, **fim)
    somar(casa, 4)
    achado = um(casa, tipo)
    assert (achado.numped, achado.origem, achado.diferenca) == (1_000_001, origem, Decimal(4))
    assert (achado.valor, achado.acao, achado.rotina) == (
        Decimal("50.00"),
        "informar",
        "PKG_ANALISAR_ESTOQUE.PRC_RESERVADO",
    )
    assert achado.desde == HOJE.replace(tzinfo=casa.settings.fuso)
    assert f"O pedido 1000001 ({origem})" in achado.explicacao
    antes = casa.fotografia()
    assert corrigir(casa) == ["não corrigida: é de PKG_ANALISAR_ESTOQUE.PRC_RESERVADO"]
    assert casa.fotografia() == antes


def test_an_adopted_one_is_freed_as_one_born_here(casa: Casa) -> None:
    pedido_do_winthor(
        casa, 8_100_001, {"CODPROD": 1, "QT": 4}, ORIGEMINTEGRACAO="PDVSYNC", NUMPEDHUBE="DE-ANTES", CONDVENDA=1
    )
    somar(casa, 4)
    assert um(casa, "SEM_RESERVA_NO_GATEWAY").numped == 8_100_001
    casa.gw.db.run(lambda _: None)

    assert adotar.adotar(casa.gw).adotadas == 1
    faturar(casa, 8_100_001)
    assert um(casa, "FATURADA_AINDA_RETIDA").acao == "liberar"
    assert corrigir(casa) == ["corrigida"]
    assert (casa.qtreserv(1), achados(casa)) == (0, [])


def test_a_family_is_counted_by_its_deliveries(casa: Casa) -> None:
    """The future sale holds what leaves at once, its deliveries the rest; one invoiced and still counted is named."""
    pedido_do_winthor(
        casa,
        1_000_099,
        {"CODPROD": 1, "QT": 4, "TIPOENTREGA": "EN"},
        {"CODPROD": 1001, "QT": 2, "TIPOENTREGA": "RI"},
        CONDVENDA=7,
    )
    pedido_do_winthor(
        casa, 1_000_100, {"CODPROD": 1, "QT": 4, "TIPOENTREGA": "EN"}, CONDVENDA=8, NUMPEDENTFUT=1_000_099
    )
    somar(casa, 4)
    somar(casa, 2, codprod=1001)
    assert achados(casa) == []
    mudar(casa, 1_000_100, POSICAO="F", NUMTRANSVENDA=5, DTFAT=HOJE)
    achado = um(casa, "FATURADA_AINDA_RETIDA")
    assert (achado.numped, achado.diferenca, achado.origem) == (1_000_100, 4, "entrega do pedido 1000099")


def test_the_set_that_explains_the_excess_not_the_newest(casa: Casa) -> None:
    """A was invoiced without lowering the counter, B and C properly (all born here, not settled yet)."""
    a, b, c = (casa.reservar(pre_venda(item(quantidade=q), numero=f"PV-{n}")) for n, q in enumerate((3, 1, 1)))
    for numped in (a, b, c):
        faturar(casa, numped)
    somar(casa, -2)
    assert [(d.numped, d.anotacoes) for d in achados(casa)] == [(a, ())]
    assert corrigir(casa) == ["corrigida"]
    assert casa.qtreserv(1) == 0
    assert sorted(encerrar.assentar(casa.gw)) == [b, c]


def test_what_only_fits_is_a_suspect_and_must_be_chosen(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=3)))
    faturar(casa, numped)
    somar(casa, 1)
    suspeita, resto = achados(casa)
    assert (suspeita.numped, suspeita.anotacoes, suspeita.acao) == (numped, ("SUSPEITA",), "liberar")
    assert (resto.tipo, resto.diferenca) == ("CONTADOR_DIVERGENTE", 1)
    assert corrigir(casa)[0] == correcoes.NAO_ESCOLHIDA
    assert casa.qtreserv(1) == 4
    assert corrigir(casa, suspeita.id) == ["corrigida"]
    assert casa.qtreserv(1) == 1


def test_an_order_born_here_comes_before_those_of_others(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=2)))
    faturar(casa, numped)
    for n in range(3):
        pedido_do_winthor(casa, 1_000_001 + n, {"CODPROD": 1, "QT": 2}, POSICAO="F", NUMTRANSVENDA=9, DTFAT=HOJE)
    assert um(casa, "FATURADA_AINDA_RETIDA").numped == numped


def test_with_winthor_s_own_list_the_answer_is_certain(casa: Casa) -> None:
    for n in (1, 2):
        pedido_do_winthor(casa, 1_000_000 + n, {"CODPROD": 1, "QT": 4}, POSICAO="F", NUMTRANSVENDA=9, DTFAT=HOJE)
    linha = {"NUMPED": 1_000_001, "NUMSEQ": 1, "NUMOS": 0, "NUMTRANSAVULSA": 0, "CODPROD": 1}
    with casa.engine.begin() as connection:
        connection.execute(
            sa.insert(PCESTANALITICOVENDA), [linha | {"CODFILIALESTOQUE": "1", "POSICAOEST": "R", "QT": 4}]
        )
    somar(casa, 4)
    achado = um(casa, "FATURADA_AINDA_RETIDA")
    assert (achado.numped, achado.anotacoes) == (1_000_001, ("CERTA",))


def test_without_that_list_in_the_release_nothing_is_missed(casa: Casa) -> None:
    casa.executar("DROP TABLE PCESTANALITICOVENDA")
    pedido_do_winthor(casa, 1_000_001, {"CODPROD": 1, "QT": 4}, POSICAO="F", NUMTRANSVENDA=9, DTFAT=HOJE)
    somar(casa, 4)
    outra = casa.com()
    assert (outra.gw.estoque_analitico, um(outra, "FATURADA_AINDA_RETIDA").numped) == (False, 1_000_001)
    outra.close()


def test_an_old_order_of_others_is_not_blamed(casa: Casa) -> None:
    velho = HOJE - dt.timedelta(days=181)
    pedido_do_winthor(casa, 1_000_001, {"CODPROD": 1, "QT": 4}, POSICAO="F", NUMTRANSVENDA=9, DATA=velho)
    somar(casa, 4)
    um(casa, "CONTADOR_DIVERGENTE")


# --- reservations


@pytest.mark.parametrize("posicao", ["B", "P"])
def test_paid_and_held_back(casa: Casa, posicao: str) -> None:
    numped = casa.reservar(pre_venda())
    assert casa.enviar(acao(numped, 1)).status_code == 200
    mudar(casa, numped, POSICAO=posicao)
    somar(casa, -2)
    achado = um(casa, "PAGA_SEM_RETENCAO")
    assert (achado.numped, achado.valor, achado.acao) == (numped, Decimal("20.00"), "informar")
    assert f"posição {posicao}" in achado.explicacao


def test_paid_with_every_line_cut(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    assert casa.enviar(acao(numped, 1)).status_code == 200
    with casa.engine.begin() as connection:
        connection.execute(sa.update(PCPEDI).values(POSICAO="C"))
    somar(casa, -2)
    assert um(casa, "PAGA_SEM_RETENCAO").numped == numped


@pytest.mark.parametrize("fim", ["cancelada", "expirada", "cancelada no WinThor e assentada"])
@pytest.mark.parametrize("apaga_a_data", [True, False])
def test_set_back_by_a_person_is_told_not_mended(casa: Casa, fim: str, apaga_a_data: bool) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1h"))
    casa.relogio.andar(minutes=61)
    if fim == "cancelada":
        assert casa.enviar(acao(numped, 0)).status_code == 200
    elif fim == "expirada":
        assert expirar.expirar(casa.gw).expiradas == [numped]
    else:
        mudar(casa, numped, POSICAO="C", DTCANCEL=HOJE)
        somar(casa, -2)
        assert encerrar.assentar(casa.gw) == [numped]
    mudar(casa, numped, POSICAO="L", **({"DTCANCEL": None} if apaga_a_data else {}))
    with casa.engine.begin() as connection:
        connection.execute(sa.update(PCPEDI).values(POSICAO="L"))
    somar(casa, 2)
    achado = um(casa, "REABERTA_NO_WINTHOR")
    assert (achado.numped, achado.acao) == (numped, "informar")
    assert corrigir(casa) == ["não corrigida: exige uma pessoa"]
    assert casa.linha("PCPEDC")["POSICAO"] == "L"


@pytest.mark.parametrize(
    ("colunas", "onde"),
    [
        ({"CODCOB": "BK"}, "foi assumido por alguém"),
        ({"NUMCAR": 5}, "está em separação"),
        ({"DTINICIALSEP": HOJE}, "está em separação"),
        ({"POSICAO": "B"}, "está bloqueado"),
    ],
)
def test_past_due_and_left_by_the_sweep(casa: Casa, colunas: dict[str, Any], onde: str) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1h"))
    mudar(casa, numped, **colunas)
    if "POSICAO" in colunas:
        somar(casa, -2)
    casa.relogio.andar(hours=2)
    assert expirar.expirar(casa.gw).expiradas == []
    achado = um(casa, "VENCIDA_NO_WINTHOR")
    assert (achado.acao, onde in achado.explicacao) == ("informar", True)


def test_live_orders_of_the_origin_that_nobody_adopted(casa: Casa) -> None:
    pedido_do_winthor(
        casa, 8_100_001, {"CODPROD": 1, "QT": 4}, ORIGEMINTEGRACAO="PDVSYNC", NUMPEDHUBE="DE-ANTES", VLTOTAL=40
    )
    somar(casa, 4)
    achado = um(casa, "SEM_RESERVA_NO_GATEWAY")
    assert (achado.numped, achado.numero, achado.valor, achado.acao) == (8_100_001, "DE-ANTES", 40, "informar")
    assert "reservas adotar" in achado.o_que_fazer


def test_every_kind_has_words_for_a_clerk() -> None:
    for tipo, linha in TIPOS.items():
        assert linha.tipo == tipo
        assert all((linha.nome, linha.o_que_fazer.endswith("."), linha.quem)), tipo


def test_a_clerk_of_another_branch_sees_none_of_it(casa: Casa) -> None:
    casa.reservar(pre_venda(item(quantidade=7)))
    casa.executar("UPDATE PCEST SET QTESTGER = 4 WHERE CODFILIAL = '1' AND CODPROD = 1")
    pedido_do_winthor(casa, 8_100_001, {"CODPROD": 2, "QT": 4}, ORIGEMINTEGRACAO="PDVSYNC", NUMPEDHUBE="X")
    assert {d.filial for d in conciliar.conciliar(casa.gw).diferencas} == {"1"}
    assert conciliar.conciliar(casa.gw, frozenset({"2"})).diferencas == []


def test_as_many_statements_for_many_counters_as_for_one(casa: Casa) -> None:
    quantos = []
    for n, produtos in ((1, range(59, 60)), (41, range(40))):
        for i in produtos:
            pedido_do_winthor(
                casa, 1_000_000 + 100 * n + i, {"CODPROD": 1001 + i, "QT": 4}, POSICAO="F", NUMTRANSVENDA=9, DTFAT=HOJE
            )
            casa.executar(
                "UPDATE PCEST SET QTRESERV = QTRESERV + 4, QTESTGER = 0 WHERE CODFILIAL = '1' AND CODPROD = :p",
                p=1001 + i,
            )
        with casa.comandos() as comandos:
            assert len(achados(casa)) == n
        quantos.append(len(comandos))
    assert quantos[0] == quantos[1] <= 13


def test_the_refusal_to_cancel_an_invoiced_order_names_the_correction(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("300-3", 1)))
    faturar(casa, numped)
    ids = [d.id for d in achados(casa)]
    corpo = {"motivo": "o cliente não vem"}
    answer = casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json=corpo)
    problema = answer.get_json()
    assert (answer.status_code, problema["codigo"], problema["correcoes"]) == (409, "RESERVA_FATURADA", ids)
    assert all(f in problema["message"] for f in ids)
    assert corrigir(casa, *problema["correcoes"]) == ["corrigida", "corrigida"]
    answer = casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json=corpo)
    assert (answer.get_json()["codigo"], "correcoes" in answer.get_json()) == ("RESERVA_FATURADA", False)
