"""Orders that the TOTVS service made before the switch are adopted; nobody else's can be touched (R21)."""

from __future__ import annotations

from typing import Any

import pytest

from app.services.tempo import expirar
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

NUMPED = 8_123_456

PEDIDO = """
    INSERT INTO PCPEDC (NUMPED, DATA, VLTOTAL, VLATEND, CODCLI, CODUSUR, CODFILIAL, CODFILIALNF, POSICAO, CODPLPAG,
                        CONDVENDA, OPERACAO, NUMCAR, NUMITENS, NUMPEDHUBE, ORIGEMINTEGRACAO)
    VALUES (:n, (SELECT DTCADASTRO FROM PCCLIENT WHERE CODCLI = 1), 65, 65, 20, 1, :filial, :filial, :posicao, 1, 1,
            'N', 0, 2, :numero, :origem)"""
LINHA = """
    INSERT INTO PCPEDI (NUMPED, NUMSEQ, CODPROD, CODCLI, CODUSUR, QT, PVENDA, PTABELA, POSICAO, CODAUXILIAR, QTUNITEMB)
    VALUES (:n, :seq, :prod, 20, 1, :qt, :preco, :preco, :posicao, :aux, 1)"""
PARTE = """
    INSERT INTO PCPEDICESTA (NUMPED, CODPROD, NUMSEQ, CODPRODMP, NUMSEQITEM, QTMP, PVENDA, CODAUXILIAR, QTUNITEMB)
    VALUES (:n, 50, 2, :prod, :seq, :qt, 10, :aux, 1)"""


def do_totvs(
    casa: Casa, *, filial: str = "1", numero: str = "PV-1", origem: str | None = "PDVSYNC", posicao: str = "L"
) -> int:
    """An order as the TOTVS service leaves it: 5 of product 1 and one kit, held in PCEST; no GW_ row."""
    casa.executar(PEDIDO, n=NUMPED, filial=filial, numero=numero, origem=origem, posicao=posicao)
    casa.executar(LINHA, n=NUMPED, seq=1, prod=1, qt=5, preco=7, posicao=posicao, aux=100)
    casa.executar(LINHA, n=NUMPED, seq=2, prod=50, qt=1, preco=30, posicao=posicao, aux=5000)
    casa.executar(PARTE, n=NUMPED, prod=1, seq=1, qt=2, aux=100)
    casa.executar(PARTE, n=NUMPED, prod=3, seq=2, qt=1, aux=300)
    if posicao in {"L", "M"}:
        for produto, quantidade in ((1, 7), (3, 1)):
            reserva = "UPDATE PCEST SET QTRESERV = :q WHERE CODFILIAL = :f AND CODPROD = :p"
            casa.executar(reserva, q=quantidade, f=filial, p=produto)
    return NUMPED


def reservado(casa: Casa) -> dict[tuple[str, int], Any]:
    return {(row["CODFILIAL"], row["CODPROD"]): row["QTRESERV"] for row in casa.tabela("PCEST") if row["QTRESERV"]}


def agir(casa: Casa, situacao: int, *itens: dict[str, Any]) -> dict[str, Any]:
    """Act on the order; what was answered."""
    corpo = pre_venda(*itens, situacaoPreVenda=situacao, idRetaguarda=NUMPED)
    if not itens:
        del corpo["preVendaItens"]
    answer = casa.enviar(corpo)
    assert answer.status_code in {200, 201}, answer.get_data(as_text=True)
    data: dict[str, Any] = answer.get_json()["data"]
    return data


def reserva(casa: Casa, numped: int = NUMPED) -> list[Any]:
    row = casa.linha("GW_RESERVA", NUMPED=numped)
    return [row[c] for c in ("ESTADO", "DTEXPIRA", "NUMPED_ANTERIOR", "NUMPED_SEGUINTE", "MODO_KIT")]


def test_altered(casa: Casa) -> None:
    do_totvs(casa)
    data = agir(casa, 2, item(quantidade=3))
    assert (data["idRetaguarda"], data["substitui"]) == (8_000_001, NUMPED)
    assert reservado(casa) == {("1", 1): 3}
    assert [casa.linha("PCPEDC", NUMPED=n)["POSICAO"] for n in (NUMPED, 8_000_001)] == ["C", "L"]
    assert reserva(casa) == ["SUBSTITUIDA", None, None, 8_000_001, "components"]
    assert casa.linha("GW_PRE_VENDA")["NUMPED"] == 8_000_001


def test_own_units_of_an_adopted_order_do_not_block(casa: Casa) -> None:
    do_totvs(casa)
    assert agir(casa, 2, item("300-3", 5))["operacao"] == "A"
    assert reservado(casa) == {("1", 3): 5}


def test_paid(casa: Casa) -> None:
    do_totvs(casa)
    data = agir(casa, 1)
    assert [data[c] for c in ("idRetaguarda", "situacaoReserva", "codcli", "codusur", "total", "expiraEm")] == [
        *(NUMPED, "CONFIRMADA", 20, 1, 65, None)
    ]
    assert reserva(casa) == ["CONFIRMADA", None, None, None, "components"]
    assert reservado(casa) == {("1", 1): 7, ("1", 3): 1}


def test_paid_with_its_goods(casa: Casa) -> None:
    do_totvs(casa)
    assert (
        casa.recusado(pre_venda(item(quantidade=5, preco=7), situacaoPreVenda=1, idRetaguarda=NUMPED))["codigo"]
        == "ITENS_DIVERGENTES"
    )
    assert casa.contar("GW_RESERVA") == 0
    data = agir(casa, 1, item("5000-50", 1, 30), item(quantidade=5, preco=7))
    assert data["situacaoReserva"] == "CONFIRMADA"


def test_rescued(casa: Casa) -> None:
    do_totvs(casa)
    assert agir(casa, 3)["situacaoReserva"] == "RESGATADA"
    assert reserva(casa) == ["RESGATADA", None, None, None, "components"]


def test_cancelled(casa: Casa) -> None:
    do_totvs(casa)
    assert agir(casa, 0)["situacaoReserva"] == "CANCELADA"
    assert reservado(casa) == {}
    assert [casa.linha("PCPEDC")[c] for c in ("POSICAO", "CODFUNCCANCEL", "DESFEZKITCANC")] == ["C", 1, "S"]
    assert reserva(casa) == ["CANCELADA", None, None, None, "components"]


def test_kits_are_freed_in_the_mode_of_the_setting(casa: Casa) -> None:
    do_totvs(casa)
    casa.executar("UPDATE PCEST SET QTRESERV = 1 WHERE CODFILIAL = '1' AND CODPROD = 50")
    casa.executar("UPDATE PCEST SET QTRESERV = 5 WHERE CODFILIAL = '1' AND CODPROD = 1")
    casa.executar("UPDATE PCEST SET QTRESERV = 0 WHERE CODFILIAL = '1' AND CODPROD = 3")
    outra = casa.com(modo_kit="header")
    agir(outra, 0)
    assert reservado(casa) == {}
    outra.close()


def test_an_adopted_one_does_not_expire(casa: Casa) -> None:
    outra = casa.com(jwt_minutos=1_000_000)
    do_totvs(casa)
    agir(outra, 2, item(quantidade=2))
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'AUTORIZADA', NUMPED_SEGUINTE = NULL WHERE NUMPED = 8123456")
    casa.executar("UPDATE PCPEDC SET POSICAO = 'L' WHERE NUMPED = 8123456")
    casa.relogio.andar(days=300)
    assert expirar.expirar(outra.gw).expiradas == [8_000_001]
    outra.close()


POSICOES = [
    ("M", None, "RESERVA_EM_SEPARACAO"),
    ("F", 70, "RESERVA_FATURADA"),
    ("L", 70, "RESERVA_FATURADA"),
    ("C", None, "RESERVA_CANCELADA"),
]


def test_its_state_is_read_from_the_order(casa: Casa) -> None:
    do_totvs(casa)
    for posicao, transvenda, codigo in POSICOES:
        casa.executar("UPDATE PCPEDC SET POSICAO = :p, NUMTRANSVENDA = :t", p=posicao, t=transvenda)
        casa.relogio.andar(seconds=1)
        assert casa.recusado(pre_venda(idRetaguarda=NUMPED))["codigo"] == codigo
    assert casa.contar("GW_RESERVA") == 0


def test_one_cancelled_before_the_switch_is_cancelled_without_effect(casa: Casa) -> None:
    do_totvs(casa, posicao="C")
    casa.executar("UPDATE PCEST SET QTRESERV = 9 WHERE CODFILIAL = '1' AND CODPROD = 1")
    assert agir(casa, 0)["situacaoReserva"] == "CANCELADA"
    assert reservado(casa) == {("1", 1): 9}


@pytest.mark.parametrize(
    "alheia",
    [{"origem": "TELEMARKETING"}, {"origem": None}, {"filial": "2"}, {"numero": "PV-2"}],
    ids=["telemarketing", "no origin", "branch", "numero"],
)
def test_somebody_elses_order_cannot_be_touched(casa: Casa, alheia: dict[str, Any]) -> None:
    do_totvs(casa, **alheia)
    for situacao in (0, 1, 2, 3):
        casa.relogio.andar(seconds=1)
        body = casa.recusado(pre_venda(situacaoPreVenda=situacao, idRetaguarda=NUMPED))
        assert (body["status"], body["codigo"]) == (404, "RESERVA_NAO_ENCONTRADA"), situacao
        assert str(NUMPED) in body["message"]


# --- the back office


def na_retaguarda(casa: Casa, acao: str, **corpo: Any) -> tuple[int, dict[str, Any]]:
    answer = casa.pedir("POST", f"/api/v1/reservas/{NUMPED}/{acao}", "retaguarda", json={"motivo": "Teste", **corpo})
    return answer.status_code, answer.get_json(force=True)


def test_the_back_office_cancels_it(casa: Casa) -> None:
    do_totvs(casa)
    http, body = na_retaguarda(casa, "cancelamento")
    assert (http, body["data"]["situacaoReserva"]) == (200, "CANCELADA")
    assert reservado(casa) == {}
    log = casa.ultimo_log()
    assert [log["OPERACAO"], log["STATUS"], log["JSON"]["motivo"]] == ["C", "A", "Teste"]


def test_the_back_office_gives_it_a_term(casa: Casa) -> None:
    do_totvs(casa)
    http, body = na_retaguarda(casa, "prorrogacao", dias=3)
    assert (http, body["data"]["expiraEm"]) == (200, "2026-03-05T23:59:59-03:00")
    assert f"{casa.linha('GW_RESERVA')['DTEXPIRA']}" == "2026-03-06 02:59:59"


@pytest.mark.parametrize("acao", ["cancelamento", "prorrogacao"])
def test_the_back_office_touches_no_telemarketing_order(casa: Casa, acao: str) -> None:
    do_totvs(casa, origem="TELEMARKETING")
    antes = casa.fotografia()
    http, body = na_retaguarda(casa, acao, **({"dias": 3} if acao == "prorrogacao" else {}))
    assert (http, body["codigo"]) == (404, "RESERVA_NAO_ENCONTRADA")
    assert casa.fotografia() == antes
