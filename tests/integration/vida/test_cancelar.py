"""A cancellation frees what is stored, once, and marks both tables (§5, R10)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.builders import componente, item, kit, pre_venda
from tests.support.gateway import Casa

FORMAS: list[tuple[str, dict[str, Any]]] = [
    ("POST", {"situacaoPreVenda": 0}),
    ("PUT", {"situacaoPreVenda": "CANCELADA"}),
    ("DELETE", {"situacaoPreVenda": 0}),
    ("DELETE", {"situacaoPreVenda": "cancelada"}),
    ("DELETE", {}),
    ("DELETE", {"situacaoPreVenda": None}),
]


def corpo_de(numped: int | None, **mais: Any) -> dict[str, Any]:
    """What a hub sends to cancel: no items, and the state only when it is given."""
    return {"numero": "PV-1", "idLojaRetaguarda": "1", "idRetaguarda": numped, **mais}


def cancelar(casa: Casa, numped: int, **mais: Any) -> TestResponse:
    """A cancellation that must be accepted."""
    casa.relogio.andar(seconds=1)
    answer = casa.enviar(corpo_de(numped, **{"situacaoPreVenda": 0, **mais}))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer


def recusada(casa: Casa, corpo: dict[str, Any], login: str = "hub") -> tuple[int, str]:
    body = casa.recusado(corpo, login)
    return body["status"], body["codigo"]


def reservado(casa: Casa) -> dict[tuple[str, int], Decimal]:
    return {(row["CODFILIAL"], row["CODPROD"]): row["QTRESERV"] for row in casa.tabela("PCEST") if row["QTRESERV"]}


def ler(row: Mapping[str, Any], *colunas: str) -> list[Any]:
    return [row[coluna] for coluna in colunas]


# --- how it is asked


def test_every_form_cancels(casa: Casa, subtests: pytest.Subtests) -> None:
    campos = ("operacao", "status", "situacaoPreVenda", "situacaoReserva", "posicao", "expiraEm")
    for n, (method, estado) in enumerate(FORMAS):
        with subtests.test(f"{method} {estado}"):
            numped = casa.reservar(pre_venda(item(quantidade=4), numero=f"PV-{n}"))
            answer = casa.enviar(corpo_de(numped, **estado, numero=f"PV-{n}"), method=method)
            body = answer.get_json()
            assert (answer.status_code, body["idPedidoRetaguarda"]) == (200, numped)
            assert ler(body["data"], *campos) == ["C", "A", "CANCELADA", "CANCELADA", "C", None]
            assert reservado(casa) == {}


def test_delete_with_another_state(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    for estado in (1, 2, 3, "RECEBIDO", "9"):
        casa.relogio.andar(seconds=1)
        body = casa.recusado(pre_venda(situacaoPreVenda=estado, idRetaguarda=numped), method="DELETE")
        assert (body["status"], body["codigo"]) == (422, "SITUACAO_INVALIDA"), estado
        assert casa.ultimo_log()["OPERACAO"] == "C"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_without_a_number(casa: Casa, method: str) -> None:
    casa.reservar(pre_venda())
    body = casa.recusado(corpo_de(None, situacaoPreVenda=0), method=method)
    assert (body["status"], body["codigo"]) == (422, "RETAGUARDA_OBRIGATORIO")
    assert body["errors"][0]["campo"] == "/idRetaguarda"


def test_the_older_route_cancels_too(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    answer = casa.enviar(corpo_de(numped), method="DELETE", rota="/api/wholesale/v1/orders/pdvsync")
    assert (answer.status_code, reservado(casa)) == (200, {})


# --- what is freed


def test_a_basket_with_everything_is_freed(casa: Casa) -> None:
    outra = casa.reservar(pre_venda(item(quantidade=1), numero="PV-2"))
    de_manaus = {"idLojaEntregaRetaguarda": "2"}
    numped = casa.reservar(pre_venda(item("123-1", 2), kit(2), item("300-3", 3, entrega=de_manaus), item("200-2", 1.5)))
    cancelar(casa, numped)
    assert reservado(casa) == {("1", 1): 1}
    assert casa.linha("PCPEDC", NUMPED=outra)["POSICAO"] == "L"


def test_the_items_of_the_request_are_not_read(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4)))
    cancelar(casa, numped, preVendaItens=[item("300-3", 900), {"idProdutoRetaguarda": "nada disso"}])
    assert reservado(casa) == {}


def test_the_stored_rows_say_what_is_freed(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=9), item("300-3", 2)))
    casa.executar("UPDATE PCPEDI SET QT = 4, CODFILIALRETIRA = '2' WHERE CODPROD = 1")
    casa.executar("DELETE FROM PCPEDI WHERE CODPROD = 3")
    casa.executar("UPDATE PCEST SET QTRESERV = 10 WHERE CODPROD IN (1, 3)")
    cancelar(casa, numped, preVendaItens=[item(quantidade=9), item("300-3", 2)])
    assert {chave: q for chave, q in reservado(casa).items() if chave[1] == 1} == {
        ("1", 1): 10,
        ("2", 1): 6,
        ("10", 1): 10,
    }
    assert casa.qtreserv(3) == 10


def test_without_a_delivery_branch_the_orders_own_counts(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4)))
    casa.executar("UPDATE PCPEDI SET CODFILIALRETIRA = NULL")
    cancelar(casa, numped)
    assert reservado(casa) == {}


def test_never_below_zero(casa: Casa) -> None:
    for guardado in (3, 0, None, -2):
        numped = casa.reservar(pre_venda(item(quantidade=4), numero=f"PV {guardado}"))
        casa.executar("UPDATE PCEST SET QTRESERV = :q WHERE CODPROD = 1 AND CODFILIAL = '1'", q=guardado)
        cancelar(casa, numped, numero=f"PV {guardado}")
        assert casa.qtreserv(1) == 0, guardado


@pytest.mark.parametrize("posicao", ["B", "P"])
def test_an_order_that_winthor_holds_no_stock_for_frees_none(casa: Casa, posicao: str) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4)))
    casa.executar("UPDATE PCPEDC SET POSICAO = :p", p=posicao)
    casa.executar("UPDATE PCEST SET QTRESERV = 9 WHERE CODPROD = 1 AND CODFILIAL = '1'")  # of others
    cancelar(casa, numped)
    assert casa.qtreserv(1) == 9
    assert casa.linha("PCPEDC")["POSICAO"] == "C"


def test_a_stock_row_that_is_gone_does_not_stop_it(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4), item("300-3", 1)))
    casa.executar("DELETE FROM PCEST WHERE CODPROD = 1")
    cancelar(casa, numped)
    assert reservado(casa) == {}


@pytest.mark.parametrize("modo", ["components", "header", "both"])
def test_a_kit_is_freed_as_it_was_reserved(casa: Casa, modo: str) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 20, QTRESERV = 1 WHERE CODFILIAL = '1' AND CODPROD IN (1, 3, 50)")
    um = casa.com(modo_kit=modo)
    for depois in ("components", "header", "both"):
        outro = casa.com(modo_kit=depois)
        numped = um.reservar(pre_venda(kit(2), item(quantidade=3), numero=depois))
        cancelar(outro, numped, numero=depois)
        assert reservado(casa) == {("1", 1): 1, ("1", 3): 1, ("1", 50): 1}, depois
        outro.close()
    um.close()


def test_a_kit_is_freed_by_its_stored_components(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(kit(2, itensKit=[componente("100-1", 3, 10)])))
    casa.executar("UPDATE PCFORMPROD SET QTPRODMP = 99")
    cancelar(casa, numped)
    assert reservado(casa) == {}


# --- what is written


def test_columns_of_a_cancelled_order(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("300-3", 1)))
    casa.relogio.andar(minutes=31)
    cancelar(casa, numped)
    row = casa.linha("PCPEDC")
    assert ler(row, "POSICAO", "CODFUNCCANCEL", "DESFEZKITCANC") == ["C", 1, None]
    assert f"{row['DTCANCEL']}" == "2026-03-02 09:31:01"
    assert [i["POSICAO"] for i in casa.tabela("PCPEDI")] == ["C", "C"]
    assert ler(casa.linha("GW_RESERVA"), "ESTADO", "NUMPED_SEGUINTE") == ["CANCELADA", None]


def test_who_cancelled_is_the_operator(casa: Casa) -> None:
    cancelar(casa, casa.reservar(pre_venda()), idOperadorRetaguarda=300)
    assert casa.linha("PCPEDC")["CODFUNCCANCEL"] == 300


def test_who_cancelled_is_else_the_setting(casa: Casa) -> None:
    outra = casa.com(codfunc=77)
    cancelar(outra, outra.reservar(pre_venda(idOperadorRetaguarda=100)))
    assert casa.linha("PCPEDC")["CODFUNCCANCEL"] == 77
    outra.close()


def test_an_undone_kit_is_marked(casa: Casa) -> None:
    cancelar(casa, casa.reservar(pre_venda(item(), kit(1))))
    assert casa.linha("PCPEDC")["DESFEZKITCANC"] == "S"


def test_no_row_of_pcnfcan_by_default(casa: Casa) -> None:
    cancelar(casa, casa.reservar(pre_venda()))
    assert casa.contar("PCNFCAN") == 0


def test_row_of_pcnfcan_where_the_site_wants_it(casa: Casa) -> None:
    outra = casa.com(grava_pcnfcan=True)
    numped = outra.reservar(pre_venda(item(quantidade=3)))
    casa.relogio.andar(hours=1)
    cancelar(outra, numped, idOperadorRetaguarda=300)
    row = outra.linha("PCNFCAN")
    assert ler(row, "NUMPED", "CODFUNCCANC", "VLTOTAL", "CODCLI", "CODUSUR") == [numped, 300, 30, 1, 8]
    assert ler(row, "MOTIVO", "POSICAOANTCANCEL", "ORIGEMINTEGRACAO", "CODPLPAG", "NUMTRANSVENDA") == [
        *("PRE-VENDA CANCELADA NO PDV", "L", "PDVSYNC", 1, None)
    ]
    assert [f"{row[c]}" for c in ("DATACANC", "HORACANC", "DATAEMISSAO")] == [
        "2026-03-02 00:00:00",
        "2026-03-02 10:00:01",
        "2026-03-02 00:00:00",
    ]
    outra.close()


def test_a_reason_with_accents_fits_pcnfcan(casa: Casa) -> None:
    outra = casa.com(grava_pcnfcan=True)
    cancelar(outra, outra.reservar(pre_venda()), motivo="desistência à tarde " * 5)
    motivo = outra.linha("PCNFCAN")["MOTIVO"]
    assert motivo.startswith("desistência à tarde desist")
    assert 58 < len(motivo.encode()) <= 60
    outra.close()


@pytest.mark.parametrize(
    ("motivo", "escrito"),
    [
        ("desistiu\x00 da\tcompra\x85", "desistiu da compra"),
        ("\x00", "PRE-VENDA CANCELADA NO PDV"),
        ("da Maria, CPF 529.982.247-25", "da Maria, CPF ***"),
        (["x"], "PRE-VENDA CANCELADA NO PDV"),
    ],
)
def test_no_reason_keeps_a_cancellation_from_being_one(casa: Casa, motivo: Any, escrito: str) -> None:
    outra = casa.com(grava_pcnfcan=True)
    cancelar(outra, outra.reservar(pre_venda()), motivo=motivo)
    assert outra.linha("PCNFCAN")["MOTIVO"] == escrito
    assert outra.qtreserv(1) == 0
    outra.close()


def test_log_row(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    cancelar(casa, numped)
    log = casa.ultimo_log()
    assert casa.contar("PCLOGPEDIDOAPI") == 2
    assert ler(log, "OPERACAO", "STATUS", "NUMPED", "POSICAO", "CODCLI") == ["C", "A", numped, "C", 1]
    assert log["JSON"]["retorno"]["data"]["situacaoReserva"] == "CANCELADA"


# --- when it is refused


TOMADAS = [
    ("F", 70, "RESERVA_FATURADA"),
    ("F", None, "RESERVA_FATURADA"),
    ("L", 70, "RESERVA_FATURADA"),
    ("M", None, "RESERVA_EM_SEPARACAO"),
]


def test_an_order_winthor_has_taken_on_is_not_cancelled(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    for posicao, transvenda, codigo in TOMADAS:
        casa.executar("UPDATE PCPEDC SET POSICAO = :p, NUMTRANSVENDA = :t", p=posicao, t=transvenda)
        casa.relogio.andar(seconds=1)
        body = casa.recusado(corpo_de(numped, situacaoPreVenda=0))
        assert (body["status"], body["codigo"], body.get("rotina")) == (409, codigo, "901" if posicao == "M" else None)
    assert casa.qtreserv(1) == 2


def test_a_paid_one_is_cancelled(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.enviar(pre_venda(situacaoPreVenda=1, idRetaguarda=numped))
    cancelar(casa, numped)
    assert reservado(casa) == {}


# --- once


def test_cancelled_again_is_success_without_effect(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    cancelar(casa, numped)
    casa.reservar(pre_venda(numero="PV-2"))
    antes = casa.tabela("PCPEDC")
    body = cancelar(casa, numped, idOperadorRetaguarda=300).get_json()
    assert body["message"] == f"A reserva {numped} já estava encerrada."
    assert body["data"]["situacaoReserva"] == "CANCELADA"
    assert casa.qtreserv(1) == 2
    assert casa.tabela("PCPEDC") == antes
    assert [o["EFEITO"] for o in casa.tabela("GW_OPERACAO", OPERACAO="C")] == ["MUDAR", "NENHUM"]


def test_cancelled_in_winthor_is_success_without_effect(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C'")
    casa.executar("UPDATE PCPEDI SET POSICAO = 'C'")
    casa.executar("UPDATE PCEST SET QTRESERV = 9 WHERE CODPROD = 1 AND CODFILIAL = '1'")
    cancelar(casa, numped)
    assert casa.qtreserv(1) == 9


# --- whose it is


def outra_origem(casa: Casa, numped: int) -> None:
    casa.executar("UPDATE PCPEDC SET ORIGEMINTEGRACAO = 'TELEMARKETING' WHERE NUMPED = :n", n=numped)


def sem_origem(casa: Casa, numped: int) -> None:
    casa.executar("UPDATE PCPEDC SET ORIGEMINTEGRACAO = NULL WHERE NUMPED = :n", n=numped)


def outro_numero(casa: Casa, numped: int) -> None:
    casa.executar("UPDATE PCPEDC SET NUMPEDHUBE = 'PV-2' WHERE NUMPED = :n", n=numped)


def outra_filial(casa: Casa, numped: int) -> None:
    casa.executar("UPDATE PCPEDC SET CODFILIAL = '2' WHERE NUMPED = :n", n=numped)


def inexistente(casa: Casa, numped: int) -> None:
    casa.executar("DELETE FROM PCPEDI WHERE NUMPED = :n", n=numped)
    casa.executar("DELETE FROM PCPEDC WHERE NUMPED = :n", n=numped)


ALHEIAS = [inexistente, outra_filial, outro_numero, outra_origem, sem_origem]


def test_what_is_not_its_own_does_not_exist(casa: Casa) -> None:
    respostas = set()
    for n, tornar_alheia in enumerate(ALHEIAS):
        numped = casa.reservar(pre_venda(numero=f"PV-{n}"))
        tornar_alheia(casa, numped)
        corpo = corpo_de(numped, numero=f"PV-{n}", situacaoPreVenda=0)
        if tornar_alheia is outro_numero:
            corpo["numero"] = "PV-99"
        body = casa.recusado(corpo, "pdv1")
        assert (body["status"], body["codigo"]) == (404, "RESERVA_NAO_ENCONTRADA")
        respostas.add(str(body).replace(str(numped), "N"))
    assert len(respostas) == 1


def test_a_reservation_of_another_branch_looks_like_none(casa: Casa) -> None:
    de_manaus = casa.reservar(pre_venda(loja="2"))
    corpos = [corpo_de(n, situacaoPreVenda=0) for n in (de_manaus, 8_999_999)]
    textos = {casa.enviar(c, "pdv1").get_data(as_text=True).replace(str(c["idRetaguarda"]), "N") for c in corpos}
    assert len(textos) == 1
    assert recusada(casa, corpos[0], "pdv1") == (404, "RESERVA_NAO_ENCONTRADA")


def test_the_origin_is_a_setting(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    outra = casa.com(origem_integracao="OUTRA")
    assert recusada(outra, corpo_de(numped, situacaoPreVenda=0)) == (404, "RESERVA_NAO_ENCONTRADA")
    outra.close()
