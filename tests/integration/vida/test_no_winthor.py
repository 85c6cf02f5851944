"""What people and programs are told of an order that WinThor holds back (BLOQUEADA) or that a person there has taken
over (ASSUMIDA): lists, answers, codes, what an operation changed (R16, R18)."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.vida import Estado
from app.painel.apresentacao import CORES, ESTADOS
from app.services.tempo import expirar
from tests.support.builders import item, pre_venda
from tests.support.gateway import DO_LOG, ROTA, Casa
from tests.support.winthor_hands import ASSUMIR, BLOQUEAR, DO_WINTHOR, levar


def pedir(casa: Casa, caminho: str, **query: Any) -> Any:
    answer = casa.pedir("GET", caminho, "retaguarda", query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def ultima(casa: Casa) -> Any:
    return pedir(casa, f"/api/v1/log/{pedir(casa, '/api/v1/log')['itens'][0]['id']}")


def test_every_state_has_its_words_and_those_that_need_somebody_a_colour() -> None:
    assert list(ESTADOS) == [estado.value for estado in Estado]
    assert CORES.keys() < ESTADOS.keys()
    assert {"BLOQUEADA", "ASSUMIDA"} <= CORES.keys()
    assert not {"AUTORIZADA", "RECONHECIDA", "BAIXADA"} & CORES.keys()


@pytest.mark.parametrize("estado", DO_WINTHOR)
def test_the_filter_finds_the_state_and_the_live_list_has_it(casa: Casa, estado: str) -> None:
    numped = levar(casa, estado)
    outra = casa.reservar(pre_venda(numero="OUTRA"))

    (achada,) = pedir(casa, "/api/v1/reservas", estado=estado)["itens"]

    assert (achada["idRetaguarda"], achada["situacaoReserva"], achada["expiraEm"]) == (numped, estado, None)
    assert {r["idRetaguarda"] for r in pedir(casa, "/api/v1/reservas")["itens"]} == {numped, outra}
    assert [r["idRetaguarda"] for r in pedir(casa, "/api/v1/reservas", estado="AUTORIZADA")["itens"]] == [outra]


@pytest.mark.parametrize(("pago", "mostrada"), [(None, "DISPONIVEL"), (1, "RECEBIDO"), (3, "RESGATADA")])
def test_the_point_of_sale_sees_what_a_blocked_order_was_before(casa: Casa, pago: int | None, mostrada: str) -> None:
    corpo = pre_venda()
    numped = casa.reservar(corpo)
    if pago is not None:
        assert casa.enviar({**corpo, "idRetaguarda": numped, "situacaoPreVenda": pago}).status_code == 200
    casa.executar(BLOQUEAR, n=numped)

    detalhe = pedir(casa, f"/api/v1/reservas/{numped}")
    consulta = casa.pedir("GET", f"{ROTA}/consulta", query_string={"idRetaguarda": numped}).get_json()["data"]
    lista = casa.pedir("GET", f"{ROTA}/consulta", query_string={"idLojaRetaguarda": "1", "situacao": mostrada})

    for visto in (detalhe, consulta, lista.get_json()["data"][0]):
        assert (visto["situacaoReserva"], visto["situacaoPreVenda"], visto["posicao"]) == ("BLOQUEADA", mostrada, "B")


@pytest.mark.parametrize(("resgatada", "mostrada"), [(False, "DISPONIVEL"), (True, "RESGATADA")])
def test_the_point_of_sale_sees_what_a_taken_over_order_was_before(casa: Casa, resgatada: bool, mostrada: str) -> None:
    corpo = pre_venda()
    numped = casa.reservar(corpo)
    if resgatada:
        assert casa.enviar({**corpo, "idRetaguarda": numped, "situacaoPreVenda": 3}).status_code == 200
    casa.executar(ASSUMIR, n=numped)

    consulta = casa.pedir("GET", f"{ROTA}/consulta", query_string={"idRetaguarda": numped}).get_json()["data"]

    assert (consulta["situacaoReserva"], consulta["situacaoPreVenda"]) == ("ASSUMIDA", mostrada)


@pytest.mark.parametrize("estado", DO_WINTHOR)
def test_a_repeated_reservation_is_told_where_the_order_is(casa: Casa, estado: str) -> None:
    levar(casa, estado)
    antes = casa.fotografia(sem=DO_LOG)

    answer = casa.enviar(pre_venda())

    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (409, f"RESERVA_{estado}")
    assert answer.get_json(force=True)["rotina"] == "336"
    assert casa.fotografia(sem=DO_LOG) == antes


@pytest.mark.parametrize("estado", DO_WINTHOR)
def test_the_back_office_cannot_extend_it(casa: Casa, estado: str) -> None:
    numped = levar(casa, estado)
    rota = f"/api/v1/reservas/{numped}/prorrogacao"
    answer = casa.pedir("POST", rota, "retaguarda", json={"dias": 20, "motivo": "x"})
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (409, f"RESERVA_{estado}")


def test_the_back_office_cancels_a_blocked_order_and_no_stock_moves(casa: Casa) -> None:
    casa.reservar(pre_venda(numero="OUTRA"))
    numped = levar(casa, "BLOQUEADA")
    assert casa.qtreserv(1) == 2

    answer = casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json={"motivo": "x"})

    assert (answer.status_code, answer.get_json()["data"]["situacaoReserva"]) == (200, "CANCELADA")
    assert casa.qtreserv(1) == 2
    assert casa.linha("PCPEDC", NUMPED=numped)["POSICAO"] == "C"


def test_the_route_never_cancels_what_a_person_has_taken_over(casa: Casa) -> None:
    numped = levar(casa, "ASSUMIDA")
    antes = casa.fotografia(sem=DO_LOG)
    rota = f"/api/v1/reservas/{numped}/cancelamento"

    answer = casa.pedir("POST", rota, "retaguarda", json={"motivo": "x"})
    com_cobranca = casa.pedir("POST", rota, "retaguarda", json={"motivo": "x", "codcob": "D"})

    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (409, "RESERVA_ASSUMIDA")
    assert com_cobranca.status_code in {409, 422}  # the body has no such member
    assert casa.fotografia(sem=DO_LOG) == antes
    explicacao = ultima(casa)["explicacao"]
    assert (explicacao["rotina"], "assumiu" in explicacao["oQue"]) == ("336", True)


def test_what_changed_is_not_claimed_where_nobody_knows_it(casa: Casa) -> None:
    """What was recorded does not say where the order was when it was cancelled, so the page says on what it depends."""
    numped = levar(casa, "BLOQUEADA")
    casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json={"motivo": "x"})

    (do_estoque,) = [m["mudanca"] for m in ultima(casa)["tabelas"] if m["tabela"] == "PCEST"]

    assert "bloqueado" in do_estoque


def test_what_changed_is_nothing_where_the_answer_tells_of_the_block(casa: Casa) -> None:
    numped = levar(casa, "BLOQUEADA")
    casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json={"motivo": "x"})
    com_aviso = '"avisos": [{"codigo": "PEDIDO_BLOQUEADO", "mensagem": "x", "campos": []}]'
    casa.executar("UPDATE GW_OPERACAO SET RESPOSTA = REPLACE(RESPOSTA, '\"avisos\": []', :a)", a=com_aviso)

    (do_estoque,) = [m for m in ultima(casa)["tabelas"] if m["tabela"] == "PCEST"]

    assert do_estoque == {"tabela": "PCEST", "mudanca": "Nada: bloqueado no WinThor, o pedido não retinha estoque."}


def test_what_the_sweep_freed_is_told_without_a_reserve(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=3)))
    casa.relogio.andar(days=12)
    casa._tokens.clear()
    assert expirar.expirar(casa.gw).expiradas == [numped]

    mudancas = [m["mudanca"] for m in ultima(casa)["tabelas"] if m["tabela"] == "PCEST"]

    assert mudancas == ["Filial 1, produto 1: QTRESERV −3."]


@pytest.mark.parametrize(
    ("situacao", "mudanca"),
    [
        (1, {"tabela": "GW_RESERVA", "mudanca": "Reserva {}: CONFIRMADA; no WinThor segue BLOQUEADA."}),
        (3, {"tabela": "nenhuma", "mudanca": "O resgate ficou no registro; no WinThor a reserva segue BLOQUEADA."}),
    ],
)
def test_what_a_payment_or_rescue_of_a_blocked_order_changed(
    casa: Casa, situacao: int, mudanca: dict[str, str]
) -> None:
    numped = levar(casa, "BLOQUEADA")
    corpo = pre_venda(idRetaguarda=numped, situacaoPreVenda=situacao)

    answer = casa.enviar(corpo)

    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert "PEDIDO_BLOQUEADO" in {aviso["codigo"] for aviso in answer.get_json()["data"]["avisos"]}
    assert ultima(casa)["tabelas"] == [{nome: texto.format(numped) for nome, texto in mudanca.items()}]
