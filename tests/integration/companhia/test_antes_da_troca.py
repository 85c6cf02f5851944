"""Pre-sales that the service of before the switch has reserved: looked for, adopted, never reserved twice (R21)."""

from __future__ import annotations

from typing import Any

import pytest

from app.services.tempo import adotar
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

DE_ANTES = """
    INSERT INTO PCPEDC (NUMPED, DATA, VLTOTAL, CODCLI, CODUSUR, CODFILIAL, POSICAO, NUMPEDHUBE, ORIGEMINTEGRACAO,
                        CODCOB)
    SELECT :n, MAX(DTULTENT), 30, 1, 8, :filial, :posicao, :numero, :origem, :codcob FROM PCEST"""
LINHA = """
    INSERT INTO PCPEDI (NUMPED, NUMSEQ, CODPROD, CODCLI, CODUSUR, QT, PVENDA, POSICAO, CODAUXILIAR, QTUNITEMB)
    VALUES (:n, 1, 1, 1, 8, 3, 10, :posicao, 100, 1)"""


def de_antes(casa: Casa, numped: int = 8_123_456, **mais: Any) -> int:
    """An order of 3 of product 1 that holds its units, without a row of the gateway."""
    row = {"filial": "1", "posicao": "L", "numero": "TROCA", "origem": "PDVSYNC", "codcob": None, **mais}
    casa.executar(DE_ANTES, n=numped, **row)
    casa.executar(LINHA, n=numped, posicao=row["posicao"])
    casa.executar("UPDATE PCEST SET QTRESERV = 3 WHERE CODFILIAL = '1' AND CODPROD = 1")
    return numped


def sem_indice(casa: Casa) -> Casa:
    casa.executar("DROP INDEX PCPEDC_NUMPEDHUBE_IX")
    return casa.com()


def reservar_troca(casa: Casa) -> dict[str, Any]:
    answer = casa.enviar(pre_venda(item(quantidade=3), numero="TROCA"))
    body: dict[str, Any] = answer.get_json(force=True)
    return body


@pytest.mark.parametrize("posicao", ["L", "M", "B", "P"])
def test_a_live_order_is_adopted_and_named(casa: Casa, posicao: str) -> None:
    numped = de_antes(casa, posicao=posicao)
    body = reservar_troca(casa)
    assert (body["codigo"], body["idPedidoRetaguarda"]) == ("NUMERO_EM_USO", numped)
    assert [casa.linha("GW_RESERVA")[c] for c in ("NUMPED", "ESTADO", "DTEXPIRA")] == [numped, "AUTORIZADA", None]
    assert casa.linha("GW_PRE_VENDA")["NUMPED"] == numped
    assert (casa.contar("PCPEDC"), casa.qtreserv(1)) == (1, 3)
    assert casa.linha("PCUSUARI", CODUSUR=8)["PROXNUMPED"] == 8_000_001  # no number was drawn
    assert casa.linha("PCLOGPEDIDOAPI")["STATUS"] == "R"


@pytest.mark.parametrize("com_cota", [False, True], ids=["no policy", "a quota"])
def test_it_is_named_before_its_own_units_are_missed(casa: Casa, com_cota: bool) -> None:
    """Order and stock rows are looked at together; with a quota for another login, what that one holds too (R30)."""
    if com_cota:
        casa.executar(
            "INSERT INTO GW_POLITICA (ID, CODFILIAL, CODPROD, CANAL, QUANTIDADE, MOTIVO, CALLER, DTCRIACAO)"
            " SELECT 1, '1', 1, 'pdv1', 2, 'cota', 'retaguarda', MAX(DTULTENT) FROM PCEST"
        )
    numped = de_antes(casa)
    casa.executar("UPDATE PCEST SET QTESTGER = 3 WHERE CODFILIAL = '1' AND CODPROD = 1")
    body = reservar_troca(casa)
    assert (body["codigo"], body["idPedidoRetaguarda"]) == ("NUMERO_EM_USO", numped)
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C'")
    casa.relogio.andar(seconds=1)
    assert reservar_troca(casa)["codigo"] == "ESTOQUE_INSUFICIENTE"


def test_of_two_the_newest_is_named(casa: Casa) -> None:
    novo = de_antes(casa, 8_000_500)
    velho = de_antes(casa, 8_123_456)
    casa.executar("UPDATE PCPEDC SET DATA = (SELECT MIN(DTCADASTRO) FROM PCCLIENT) WHERE NUMPED = :n", n=velho)
    assert reservar_troca(casa)["idPedidoRetaguarda"] == novo


def test_what_was_adopted_is_altered_by_its_number(casa: Casa) -> None:
    numped = de_antes(casa)
    reservar_troca(casa)
    answer = casa.enviar(pre_venda(item(quantidade=5), numero="TROCA", idRetaguarda=numped))
    assert answer.status_code == 201
    assert casa.qtreserv(1) == 5


def test_an_order_with_a_codcob_was_paid_before(casa: Casa) -> None:
    de_antes(casa, codcob="D")
    assert reservar_troca(casa)["codigo"] == "NUMERO_EM_USO"
    assert casa.linha("GW_RESERVA")["ESTADO"] == "CONFIRMADA"


@pytest.mark.parametrize(
    "outro",
    [{"posicao": "C"}, {"posicao": "F"}, {"filial": "2"}, {"origem": "OUTRA"}, {"numero": "TROCA-2"}],
    ids=lambda mudanca: next(iter(mudanca)),
)
def test_an_order_that_is_not_this_pre_sales_is_left_alone(casa: Casa, outro: dict[str, Any]) -> None:
    de_antes(casa, **outro)
    assert reservar_troca(casa)["success"] is True
    assert casa.contar("GW_RESERVA") == 1


def test_once_a_pre_sale_has_a_reservation_nobody_looks_any_more(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=3), numero="TROCA"))
    with casa.comandos() as comandos:
        assert reservar_troca(casa)["idPedidoRetaguarda"] == numped  # the replay
        casa.enviar(pre_venda(item(quantidade=4), numero="TROCA"))
    assert [c for c in comandos if "NUMPEDHUBE = " in c] == []


def test_without_an_index_no_sale_looks_for_it(casa: Casa) -> None:
    outra = sem_indice(casa)
    de_antes(casa)
    with outra.comandos() as comandos:
        assert reservar_troca(outra)["success"] is True
    assert [c for c in comandos if "NUMPEDHUBE = " in c] == []
    outra.close()


def test_without_an_index_the_job_puts_it_under_its_anchor(casa: Casa) -> None:
    outra = sem_indice(casa)
    numped = de_antes(casa)
    adotar.adotar_novas(outra.gw)
    body = reservar_troca(outra)
    assert (body["codigo"], body["idPedidoRetaguarda"]) == ("NUMERO_EM_USO", numped)
    outra.close()


@pytest.mark.parametrize("situacao", [2, 1, 3])
def test_an_old_number_is_not_adopted_beside_a_live_one(casa: Casa, situacao: int) -> None:
    outra = sem_indice(casa)
    atual = outra.reservar(pre_venda(item(quantidade=2), numero="TROCA"))
    velha = de_antes(casa)
    corpo = pre_venda(item(quantidade=3), numero="TROCA", idRetaguarda=velha, situacaoPreVenda=situacao)
    body = outra.recusado(corpo)
    assert (body["codigo"], body["idPedidoRetaguarda"]) == ("NUMERO_EM_USO", atual)
    outra.close()


def test_an_old_number_beside_a_live_one_can_be_cancelled(casa: Casa) -> None:
    outra = sem_indice(casa)
    atual = outra.reservar(pre_venda(item("200-2", 2), numero="TROCA"))
    velha = de_antes(casa)
    answer = outra.enviar(pre_venda(numero="TROCA", idRetaguarda=velha, situacaoPreVenda=0))
    assert answer.status_code == 200
    assert (casa.qtreserv(1), casa.qtreserv(2)) == (0, 2)
    assert casa.linha("GW_PRE_VENDA", NUMERO="TROCA")["NUMPED"] == atual
    outra.close()
