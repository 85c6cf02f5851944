"""The same pre-sale again reserves once; refusals are never sticky (R12, R13)."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.support.builders import cliente_completo, componente, item, kit, pre_venda
from tests.support.gateway import ROTA, Casa

CORPO = pre_venda(
    item(preco=Decimal("10.50"), entrega={"idLojaEntregaRetaguarda": "2", "tipoEntrega": 2}),
    kit(2, 30, itensKit=[componente("100-1", 2, 10), componente("300-3", 1, 10, 2)]),
    cliente=cliente_completo(),
    observacoes="Balcão",
)


def repetida(casa: Casa, answer: TestResponse, primeira: TestResponse) -> None:
    """``answer`` is the first one again, to the byte, and nothing was written for it."""
    assert answer.get_data(as_text=True) == primeira.get_data(as_text=True)
    assert answer.status_code == primeira.status_code == 201
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert (casa.contar("PCPEDC"), casa.contar("PCLOGPEDIDOAPI"), casa.contar("GW_OPERACAO")) == (1, 1, 1)


def recusada(casa: Casa, answer: TestResponse, http: int, codigo: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.get_json(force=True)
    assert (answer.status_code, body["codigo"]) == (http, codigo)
    assert "Idempotent-Replayed" not in answer.headers
    return body


def enviar_texto(casa: Casa, texto: str) -> TestResponse:
    return casa.pedir("POST", ROTA, data=texto.encode(), content_type="application/json")


def embaralhar(valor: Any, sorte: random.Random) -> Any:
    """The same JSON value with the members of every object in another order; lists keep theirs."""
    if isinstance(valor, dict):
        nomes = list(valor)
        sorte.shuffle(nomes)
        return {nome: embaralhar(valor[nome], sorte) for nome in nomes}
    return [embaralhar(membro, sorte) for membro in valor] if isinstance(valor, list) else valor


@contextlib.contextmanager
def segurar(casa: Casa) -> Iterator[threading.Event]:
    """Stops the first request that writes an order, until the block ends; the event says that it has stopped."""
    parou, soltar = threading.Event(), threading.Event()

    def hook(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO PCPEDC ") and not parou.is_set():
            parou.set()
            soltar.wait(30)

    event.listen(casa.gw.db.engine, "before_cursor_execute", hook)
    try:
        yield parou
    finally:
        soltar.set()  # the hook stays: it is in use in another thread


# --- the same again


def test_the_same_again_is_answered_byte_for_byte(casa: Casa) -> None:
    primeira = casa.enviar(CORPO)
    assert "Idempotent-Replayed" not in primeira.headers
    antes = casa.fotografia()
    for _ in range(3):
        casa.relogio.andar(minutes=30)
        repetida(casa, casa.enviar(CORPO), primeira)
    assert casa.fotografia() == antes


def test_key_order_does_not_matter(casa: Casa) -> None:
    primeira = casa.enviar(CORPO)
    for semente in range(20):
        repetida(casa, casa.enviar(embaralhar(CORPO, random.Random(semente))), primeira)  # noqa: S311


def test_white_space_does_not_matter(casa: Casa) -> None:
    primeira = casa.enviar(CORPO)
    for indent in (0, 4):
        texto = simplejson.dumps(CORPO, use_decimal=True, indent=indent)
        repetida(casa, enviar_texto(casa, f" {texto}\n"), primeira)


def test_notation_of_numbers_does_not_matter(casa: Casa) -> None:
    texto = simplejson.dumps(pre_venda(item(quantidade=999, preco=888)))
    primeira = enviar_texto(casa, texto.replace("999", "2").replace("888", "10.50"))
    for quantidade, preco in (("2", "10.5"), ("2.0", "10.5000"), ("2.000000", "1.05e1"), ("20e-1", "1050E-2")):
        repetida(casa, enviar_texto(casa, texto.replace("999", quantidade).replace("888", preco)), primeira)


OUTRAS_FORMAS: list[dict[str, Any]] = [
    {"situacaoPreVenda": "2"},
    {"situacaoPreVenda": "disponivel"},
    {"idLojaRetaguarda": 1},
    {"idLojaRetaguarda": " 1 "},
    {"idRetaguarda": 0},
    {"idRetaguarda": "0"},
    {"idRetaguarda": ""},
    {"idOperadorRetaguarda": None},
    {"idPdv": "caixa 7"},
    {"offline": True},
    {"idInquilino": "abc"},
    {"pagamentos": None},
    {"membroNovo": {"qualquer": [1, 2]}},
]


def test_another_form_of_the_same_content(casa: Casa) -> None:
    primeira = casa.enviar(CORPO)
    for outra_forma in OUTRAS_FORMAS:
        answer = casa.enviar({**CORPO, **outra_forma})
        assert answer.status_code == 201, outra_forma
        repetida(casa, answer, primeira)


def test_alias_of_the_delivery_branch(casa: Casa) -> None:
    primeira = casa.enviar(pre_venda(item(entrega={"idLojaEntregaRetaguarda": "2"})))
    repetida(casa, casa.enviar(pre_venda(item(entrega={"idRetaguardaLojaEntrega": 2}))), primeira)


def test_put_the_older_route_and_another_login_are_the_same_request(casa: Casa) -> None:
    primeira = casa.enviar(CORPO, "pdv1")
    repetida(casa, casa.enviar(CORPO, "hub", method="PUT"), primeira)
    repetida(casa, casa.enviar(CORPO, "hub", rota="/api/wholesale/v1/orders/pdvsync"), primeira)


def test_a_login_of_another_branch_gets_no_replay(casa: Casa) -> None:
    casa.enviar(CORPO, "pdv1")
    recusada(casa, casa.enviar(CORPO, "pdv2"), 403, "FILIAL_NAO_AUTORIZADA")


# --- other content, other branch


OUTROS_CONTEUDOS: list[dict[str, Any]] = [
    {"observacoes": "Outro"},
    {"preVendaItens": CORPO["preVendaItens"][:1]},
    {"preVendaItens": CORPO["preVendaItens"][::-1]},
    {"cliente": cliente_completo(celular="11 97777-0000")},
    {"lockTTL": "7d"},
    {"idOperadorRetaguarda": 100},
]


def test_other_content_names_the_reservation(casa: Casa) -> None:
    numped = casa.reservar(CORPO)
    for outro_conteudo in OUTROS_CONTEUDOS:
        body = recusada(casa, casa.enviar({**CORPO, **outro_conteudo}), 409, "NUMERO_EM_USO")
        assert body["idPedidoRetaguarda"] == numped, outro_conteudo
    assert (casa.contar("PCPEDC"), casa.qtreserv(3)) == (1, 2)


def test_other_content_does_not_disturb_the_first(casa: Casa) -> None:
    primeira = casa.enviar(CORPO)
    casa.recusado({**CORPO, "observacoes": "Outro"})
    assert casa.enviar(CORPO).get_data() == primeira.get_data()


def test_another_branch_is_another_pre_sale(casa: Casa) -> None:
    um, dois = casa.reservar(pre_venda(loja="1")), casa.reservar(pre_venda(loja="2"))
    assert um != dois
    assert (casa.qtreserv(1, "1"), casa.qtreserv(1, "2")) == (2, 2)


def test_numbers_that_differ_in_case_are_two_pre_sales(casa: Casa) -> None:
    assert casa.reservar(pre_venda(numero="pv-1")) != casa.reservar(pre_venda(numero="PV-1"))


# --- refusals and faults


def test_a_refusal_is_judged_anew(casa: Casa) -> None:
    corpo = pre_venda(item("300-3", 6))
    casa.recusado(corpo)
    casa.executar("UPDATE PCEST SET QTESTGER = 6 WHERE CODPROD = 3 AND CODFILIAL = '1'")
    casa.relogio.andar(seconds=1)
    answer = casa.enviar(corpo)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers
    assert sorted(row["STATUS"] for row in casa.tabela("PCLOGPEDIDOAPI")) == ["A", "R"]


def test_wrong_fields_are_judged_anew(casa: Casa) -> None:
    casa.recusado(pre_venda(item(preco=0)))
    casa.relogio.andar(seconds=1)
    casa.recusado(pre_venda(item(preco=0)))
    assert casa.contar("GW_OPERACAO") == 2


def test_a_fault_is_judged_anew(casa: Casa) -> None:
    casa.executar("ALTER TABLE PCPEDI RENAME TO GUARDADA")
    assert casa.enviar(CORPO).status_code == 503
    casa.executar("ALTER TABLE GUARDADA RENAME TO PCPEDI")
    casa.relogio.andar(seconds=1)
    assert casa.enviar(CORPO).status_code == 201
    assert casa.contar("PCPEDC") == 1


# --- Idempotency-Key


def com_chave(chave: str) -> dict[str, str]:
    return {"Idempotency-Key": chave}


def test_key_with_the_same_content_replays(casa: Casa) -> None:
    primeira = casa.enviar(CORPO, headers=com_chave("k-1"))
    repetida(casa, casa.enviar(CORPO, headers=com_chave('"k-1"')), primeira)


def test_key_with_other_content_is_refused(casa: Casa) -> None:
    casa.enviar(CORPO, headers=com_chave("k-1"))
    body = casa.recusado(pre_venda(numero="PV-2"), headers=com_chave("k-1"))
    assert (body["status"], body["codigo"]) == (422, "CHAVE_REUTILIZADA")


def test_key_does_not_switch_the_natural_identity_off(casa: Casa) -> None:
    primeira = casa.enviar(CORPO, headers=com_chave("k-1"))
    repetida(casa, casa.enviar(CORPO, headers=com_chave("k-2")), primeira)
    repetida(casa, casa.enviar(CORPO), primeira)
    body = casa.recusado({**CORPO, "observacoes": "Outro"}, headers=com_chave("k-3"))
    assert body["codigo"] == "NUMERO_EM_USO"


def test_key_is_the_callers_own(casa: Casa) -> None:
    casa.reservar(CORPO)
    assert casa.enviar(pre_venda(numero="PV-2"), "pdv1", headers=com_chave("k-1")).status_code == 201
    assert casa.enviar(pre_venda(numero="PV-3"), "hub", headers=com_chave("k-1")).status_code == 201


def test_key_of_a_refusal_is_free_again(casa: Casa) -> None:
    casa.recusado(pre_venda(item("300-3", 6)), headers=com_chave("k-1"))
    casa.relogio.andar(seconds=1)
    assert casa.enviar(pre_venda(item("300-3", 5)), headers=com_chave("k-1")).status_code == 201


def test_key_is_not_stored_in_clear(casa: Casa) -> None:
    casa.enviar(CORPO, headers=com_chave("chave-secreta"))
    assert len(casa.linha("GW_OPERACAO")["CHAVE"]) == 64
    assert "chave-secreta" not in str(casa.fotografia())


def test_overlong_key_is_refused(casa: Casa) -> None:
    recusada(casa, casa.enviar(CORPO, headers=com_chave("k" * 256)), 400, "JSON_INVALIDO")
    assert casa.enviar(CORPO, headers=com_chave("k" * 255)).status_code == 201


# --- the reservation is dead


def test_replay_of_a_cancelled_reservation(casa: Casa) -> None:
    numped = casa.reservar(CORPO)
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = :n", n=numped)
    body = casa.recusado(CORPO)
    assert (body["status"], body["codigo"]) == (409, "RESERVA_CANCELADA")


def test_replay_of_an_order_cancelled_in_winthor(casa: Casa) -> None:
    numped = casa.reservar(CORPO)
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C' WHERE NUMPED = :n", n=numped)
    assert casa.recusado(CORPO)["codigo"] == "RESERVA_CANCELADA"


def test_replay_of_an_expired_reservation(casa: Casa) -> None:
    numped = casa.reservar(CORPO)
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'EXPIRADA' WHERE NUMPED = :n", n=numped)
    body = casa.recusado(CORPO)
    assert (body["status"], body["codigo"]) == (409, "RESERVA_EXPIRADA")


def test_replay_of_a_replaced_reservation_names_the_head(casa: Casa) -> None:
    numped = casa.reservar(CORPO)
    outro = casa.reservar(pre_venda(numero="PV-2"))
    casa.executar(
        "UPDATE GW_RESERVA SET ESTADO = 'SUBSTITUIDA', NUMPED_SEGUINTE = :outro WHERE NUMPED = :n",
        n=numped,
        outro=outro,
    )
    body = casa.recusado(CORPO)
    assert (body["codigo"], body["idPedidoRetaguarda"]) == ("RESERVA_SUBSTITUIDA", outro)


def test_replay_by_key_of_a_dead_reservation(casa: Casa) -> None:
    numped = casa.reservar(CORPO)
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = :n", n=numped)
    assert casa.recusado(CORPO, headers=com_chave("k-1"))["codigo"] == "RESERVA_CANCELADA"


@pytest.mark.parametrize(
    ("posicao", "codigo"),
    [("M", "RESERVA_EM_SEPARACAO"), ("F", "RESERVA_FATURADA"), ("B", "RESERVA_BLOQUEADA"), ("C", "RESERVA_CANCELADA")],
)
def test_replay_of_an_order_that_went_on_in_winthor(casa: Casa, posicao: str, codigo: str) -> None:
    casa.reservar(CORPO)
    casa.executar("UPDATE PCPEDC SET POSICAO = :p", p=posicao)
    assert casa.recusado(CORPO)["codigo"] == codigo


def test_other_content_after_death_reserves_anew(casa: Casa) -> None:
    numped = casa.reservar(CORPO)
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = :n", n=numped)
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C' WHERE NUMPED = :n", n=numped)
    assert casa.reservar({**CORPO, "observacoes": "Outro"}) != numped


# --- at the same time


def test_duplicate_of_a_request_that_does_not_end(casa: Casa) -> None:
    casa.token("hub")
    with ThreadPoolExecutor(1) as pool, segurar(casa) as parou:
        primeira = pool.submit(casa.enviar, CORPO)
        assert parou.wait(10)
        inicio = time.monotonic()
        segunda = casa.enviar(CORPO)
        espera = time.monotonic() - inicio
        logs = casa.gw.db.engine.connect().execution_options(reading=True)
        with logs:
            assert logs.exec_driver_sql("SELECT COUNT(*) FROM PCLOGPEDIDOAPI").scalar() == 1
    recusada(casa, segunda, 409, "EM_PROCESSAMENTO")
    assert segunda.headers["Retry-After"] == "2"
    assert 2.5 < espera < 10
    repetida(casa, casa.enviar(CORPO), primeira.result())


def test_duplicate_of_a_request_that_ends_in_time(casa: Casa) -> None:
    casa.token("hub")
    with ThreadPoolExecutor(2) as pool:
        with segurar(casa) as parou:
            primeira = pool.submit(casa.enviar, CORPO)
            assert parou.wait(10)
            segunda = pool.submit(casa.enviar, CORPO)
            time.sleep(0.3)
            assert not segunda.done()
        repetida(casa, segunda.result(), primeira.result())


def test_twenty_at_once_reserve_once(casa_pg: Casa) -> None:
    casa_pg.token("hub")
    largada = threading.Barrier(20)

    def enviar(_n: int) -> TestResponse:
        largada.wait()
        return casa_pg.enviar(CORPO)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(enviar, range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_data() for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert (casa_pg.contar("PCPEDC"), casa_pg.contar("PCLOGPEDIDOAPI")) == (1, 1)
    assert casa_pg.qtreserv(3) == 2


def test_different_contents_at_once_reserve_one_of_them(casa_pg: Casa) -> None:
    casa_pg.token("hub")
    largada = threading.Barrier(8)

    def enviar(n: int) -> int:
        largada.wait()
        return casa_pg.enviar(pre_venda(observacoes=f"versão {n}")).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(enviar, range(8)))
    assert answers == [201] + [409] * 7
    assert (casa_pg.contar("PCPEDC"), casa_pg.qtreserv(1)) == (1, 2)
