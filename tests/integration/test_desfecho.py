"""The answer to COMMIT was lost: the request finds out what became of it before anything else (R14)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.services.operacao import recuperacao
from tests.support.builders import pre_venda
from tests.support.gateway import SEM_EFEITO, Casa


class ConexaoPerdida(ConnectionError):
    """What a driver says when the other side is gone."""


Falhar = Callable[[Any], None]


def antes_do_efeito(dbapi: Any) -> None:
    """The connection dies before COMMIT reaches the database."""
    dbapi.rollback()
    raise ConexaoPerdida


def depois_do_efeito(dbapi: Any) -> None:
    """COMMIT takes effect, its answer is lost."""
    dbapi.commit()
    raise ConexaoPerdida


@contextlib.contextmanager
def commit_perdido(
    casa: Casa, falhar: Falhar, *, vezes: int = 1, de: str | tuple[str, ...] = "INSERT INTO PCPEDC "
) -> Iterator[None]:
    """Break the COMMIT of transactions that sent a statement which starts with ``de``, that many times."""
    restam = [vezes]

    def marcar(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(de):
            connection.info["vigiada"] = True

    def desmarcar(connection: sa.Connection) -> None:
        connection.info.pop("vigiada", None)

    def commit(connection: sa.Connection) -> None:
        if connection.info.pop("vigiada", None) and restam[0]:
            restam[0] -= 1
            falhar(connection.connection.dbapi_connection)

    listeners = {"before_cursor_execute": marcar, "begin": desmarcar, "commit": commit}
    for name, listener in listeners.items():
        event.listen(casa.gw.db.engine, name, listener)
    yield
    for name, listener in listeners.items():
        event.remove(casa.gw.db.engine, name, listener)


def efeitos(casa: Casa) -> tuple[int, int, list[str]]:
    """Orders, units of product 1 reserved, states of the operations in time's order."""
    return casa.contar("PCPEDC"), int(casa.qtreserv(1)), sorted(row["ESTADO"] for row in casa.tabela("GW_OPERACAO"))


def test_lost_after_it_took_effect(casa: Casa) -> None:
    with commit_perdido(casa, depois_do_efeito):
        answer = casa.enviar(pre_venda())
    assert answer.status_code == 201
    assert efeitos(casa) == (1, 2, ["A"])
    assert answer.get_data(as_text=True) == casa.linha("GW_OPERACAO")["RESPOSTA"]
    assert answer.get_json()["idPedidoRetaguarda"] == casa.linha("PCPEDC")["NUMPED"]


def test_lost_before_it_took_effect(casa: Casa) -> None:
    with commit_perdido(casa, antes_do_efeito):
        answer = casa.enviar(pre_venda())
    assert answer.status_code == 201
    assert efeitos(casa) == (1, 2, ["A", "R"])
    perdida = casa.linha("GW_OPERACAO", ESTADO="R")
    assert (perdida["CODIGO"], perdida["HTTPSTATUS"]) == ("BANCO_INDISPONIVEL", 503)
    assert sorted(row["STATUS"] for row in casa.tabela("PCLOGPEDIDOAPI")) == ["A", "R"]


def test_lost_again_when_judged_again(casa: Casa) -> None:
    antes = casa.fotografia(sem=SEM_EFEITO)
    with commit_perdido(casa, antes_do_efeito, vezes=2):
        answer = casa.enviar(pre_venda())
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_INDISPONIVEL")
    assert answer.headers["Retry-After"] == "2"
    assert casa.fotografia(sem=SEM_EFEITO) == antes
    assert efeitos(casa) == (0, 0, ["R", "R"])
    assert casa.enviar(pre_venda()).status_code == 201


def test_lost_after_the_second_judgement_took_effect(casa: Casa) -> None:
    perdas = [antes_do_efeito, depois_do_efeito]

    def perder(dbapi: Any) -> None:
        perdas.pop(0)(dbapi)

    with commit_perdido(casa, perder, vezes=2):
        answer = casa.enviar(pre_venda())
    assert answer.status_code == 201
    assert efeitos(casa) == (1, 2, ["A", "R"])


@pytest.mark.parametrize("falhar", [antes_do_efeito, depois_do_efeito])
def test_sent_again_after_the_loss(casa: Casa, falhar: Falhar) -> None:
    with commit_perdido(casa, falhar):
        primeira = casa.enviar(pre_venda())
    segunda = casa.enviar(pre_venda())
    assert segunda.get_data() == primeira.get_data()
    assert segunda.headers["Idempotent-Replayed"] == "true"
    assert efeitos(casa)[:2] == (1, 2)


def test_the_database_kills_the_session(casa_pg: Casa) -> None:
    """A true disconnect: the server ends the session just before it is sent COMMIT."""

    def matar(dbapi: Any) -> None:
        casa_pg.executar("SELECT pg_terminate_backend(:pid)", pid=dbapi.info.backend_pid)

    with commit_perdido(casa_pg, matar):
        answer = casa_pg.enviar(pre_venda())
    assert answer.status_code == 201
    assert efeitos(casa_pg) == (1, 2, ["A", "R"])


def test_the_session_dies_before_commit_is_due(casa_pg: Casa) -> None:
    """No doubt about the outcome: the transaction is repeated and the operation stays one."""
    mortas: list[int] = []

    def matar(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO PCPEDI ") and not mortas:
            mortas.append(connection.connection.dbapi_connection.info.backend_pid)
            casa_pg.executar("SELECT pg_terminate_backend(:pid)", pid=mortas[0])

    event.listen(casa_pg.gw.db.engine, "before_cursor_execute", matar)
    answer = casa_pg.enviar(pre_venda())
    assert answer.status_code == 201
    assert efeitos(casa_pg) == (1, 2, ["A"])


def test_own_row_cannot_be_locked(casa_pg: Casa) -> None:
    """The dying session, or somebody else, still holds the operation: 503 that does not claim to know what became of
    it, and it stays P for recovery."""
    casa = casa_pg.com(espera_lock=0.1)
    dono = casa_pg.engine.connect()

    def segurar(dbapi: Any) -> None:
        dbapi.rollback()
        dono.execute(sa.text("SELECT 1 FROM GW_OPERACAO FOR UPDATE"))
        raise ConexaoPerdida

    with commit_perdido(casa, segurar):
        answer = casa.enviar(pre_venda())
    problema = answer.get_json(force=True)
    assert (answer.status_code, problema["codigo"]) == (503, "BANCO_INDISPONIVEL")
    assert "nada foi gravado" not in problema["message"]
    dono.rollback()
    dono.close()
    assert efeitos(casa) == (0, 0, ["P"])
    casa.relogio.andar(seconds=16)
    assert len(recuperacao.recuperar(casa.gw)) == 1
    assert casa.enviar(pre_venda()).status_code == 201
    assert efeitos(casa) == (1, 2, ["A", "R"])
    casa.close()


def test_answer_lost_when_a_refusal_was_recorded(casa: Casa) -> None:
    corpo = pre_venda(preVendaItens=[{"idProdutoRetaguarda": "300-3", "quantidade": 6, "preco": 10}])
    with commit_perdido(casa, depois_do_efeito, de="UPDATE PCLOGPEDIDOAPI"):
        answer = casa.enviar(corpo)
    assert answer.status_code in {409, 503}
    assert efeitos(casa) == (0, 0, ["R"])
    casa.relogio.andar(seconds=1)
    assert casa.recusado(corpo)["codigo"] == "ESTOQUE_INSUFICIENTE"


@pytest.mark.parametrize("falhar", [antes_do_efeito, depois_do_efeito])
def test_answer_of_the_opening_commit_lost(casa: Casa, falhar: Falhar) -> None:
    with commit_perdido(casa, falhar, de="INSERT INTO PCLOGPEDIDOAPI "):
        answer = casa.enviar(pre_venda())

    assert answer.status_code == 201
    assert efeitos(casa) == (1, 2, ["A"])
