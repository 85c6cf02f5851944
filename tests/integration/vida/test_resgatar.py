"""A rescue (state 3 RESGATADA) marks the reservation as called at a till; the stock is untouched (§5)."""

from __future__ import annotations

from typing import Any

import pytest

from app.services.tempo import expirar
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa


def corpo(numped: int | None, situacao: Any = 3, **mais: Any) -> dict[str, Any]:
    """What a till sends: the number and the state."""
    return {
        "situacaoPreVenda": situacao,
        "numero": "PV-1",
        "idLojaRetaguarda": "1",
        "idRetaguarda": numped,
        **mais,
    }


def resgatar(casa: Casa, numped: int, **mais: Any) -> dict[str, Any]:
    """A rescue that must be accepted; what was answered."""
    casa.relogio.andar(seconds=1)
    answer = casa.enviar(corpo(numped, **mais))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    return body


# What a rescue writes; all else stays as it was.
ESCRITAS = frozenset({"PCLOGPEDIDOAPI", "GW_OPERACAO", "GW_RESERVA", "GW_EVENTO"})


def test_rescued(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4)))
    antes = casa.fotografia(sem=ESCRITAS)
    body = resgatar(casa, numped)
    assert body["message"] == f"Reserva resgatada: {numped}."
    campos = ("idRetaguarda", "operacao", "situacaoPreVenda", "situacaoReserva", "posicao", "expiraEm")
    assert [body["data"][c] for c in campos] == [numped, "A", "RESGATADA", "RESGATADA", "L", None]
    assert casa.fotografia(sem=ESCRITAS) == antes
    assert [evento["TIPO"] for evento in casa.tabela("GW_EVENTO")] == ["reserva.criada", "reserva.resgatada"]
    assert [casa.linha("GW_RESERVA")[c] for c in ("ESTADO", "DTEXPIRA")] == ["RESGATADA", None]


@pytest.mark.um_banco
@pytest.mark.parametrize("situacao", [3, "3", "RESGATADA", "resgatada"])
def test_every_form_of_the_state(casa: Casa, situacao: Any) -> None:
    numped = casa.reservar(pre_venda())
    assert casa.enviar(corpo(numped, situacao)).get_json()["data"]["situacaoReserva"] == "RESGATADA"


def test_without_a_number(casa: Casa) -> None:
    casa.reservar(pre_venda())
    body = casa.recusado(corpo(None))
    assert (body["status"], body["codigo"]) == (422, "RETAGUARDA_OBRIGATORIO")


def test_what_else_it_says_is_not_read(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    antes = casa.tabela("PCCLIENT"), casa.tabela("PCPEDI")
    resgatar(casa, numped, preVendaItens=[item("999-999", 77)], cliente={"idRetaguarda": 20, "nome": "Outro"})
    assert (casa.tabela("PCCLIENT"), casa.tabela("PCPEDI")) == antes


def test_log_row(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    resgatar(casa, numped)
    log = casa.ultimo_log()
    assert [log[c] for c in ("OPERACAO", "STATUS", "NUMPED", "POSICAO", "CODCLI")] == ["A", "A", numped, "L", 1]


def test_the_rescue_of_a_paid_one_is_recorded_and_its_state_stays(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.relogio.andar(seconds=1)
    casa.enviar(corpo(numped, 1))
    body = resgatar(casa, numped)
    assert (body["message"], body["data"]["situacaoReserva"]) == (f"Resgate registrado: {numped}.", "CONFIRMADA")
    assert casa.ultimo_log()["JSON"]["situacaoPreVenda"] == 3
    assert casa.linha("GW_RESERVA")["ESTADO"] == "CONFIRMADA"


def test_rescued_again(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    resgatar(casa, numped)
    body = resgatar(casa, numped, idOperadorRetaguarda=100)
    assert body["message"] == f"A reserva {numped} já estava resgatada."


def test_invoiced_in_winthor(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 70")
    assert resgatar(casa, numped)["data"]["situacaoReserva"] == "BAIXADA"


def test_time_does_not_end_it_and_it_is_listed_when_old(casa: Casa) -> None:
    outra = casa.com(jwt_minutos=1_000_000)
    numped = outra.reservar(pre_venda())
    resgatar(outra, numped)
    casa.relogio.andar(days=60)
    assert expirar.expirar(outra.gw).expiradas == []
    lista = outra.pedir("GET", "/api/v1/reservas?idadeMinimaHoras=720", "retaguarda").get_json()["itens"]
    assert [(linha["idRetaguarda"], linha["situacaoReserva"]) for linha in lista] == [(numped, "RESGATADA")]
    outra.close()
