"""Points at which a gateway kills itself (SIGKILL), brought into the real server from outside.

The server is started by its own command line with ``ganchos/`` on PYTHONPATH; nothing under ``app/`` knows of this.
Statements are known by verb and table, never by their place in the sequence. In the folder PROVA_ORDENS the file
``ordem`` holds ``number point n``: the first process to pass the point for the n-th time writes its id to
``morte-number`` and dies, so that an order is carried out once, whatever the number of processes.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

PONTOS = {
    "linha_p": "P row committed, nothing else begun",
    "travado": "stock rows locked",
    "cabecalho": "header written",
    "itens": "items written",
    "componentes": "kit components written",
    "estoque": "QTRESERV changed",
    "antiga_cancelada": "alteration or cancellation: old order marked cancelled",
    "venda_futura": "payment: the order is a future sale, its deliveries not written",
    "entregas": "payment: the deliveries written and remembered",
    "evento": "the event written",
    "antes_do_commit": "everything written, COMMIT not sent",
    "depois_do_commit": "committed, no byte of the answer sent",
    "meia_resposta": "half of the answer sent",
}
# All but those that are passed only where paid orders are divided.
DE_TODOS = tuple(ponto for ponto in PONTOS if ponto not in {"venda_futura", "entregas"})
ORDENS = "PROVA_ORDENS"
# Not a point but the negative control: stock rows are read without their lock, and the proof must notice.
SEM_LOCK = "PROVA_SEM_LOCK"
# Lets the server's own threads put the first half on the wire.
PARA_A_METADE_SAIR_S = 0.15

_DEPOIS_DE = {
    "travado": re.compile(r"SELECT\b.*\bFROM PCEST\b.*\bFOR UPDATE\b", re.S | re.I),
    "cabecalho": re.compile(r"INSERT INTO PCPEDC\b", re.I),
    "itens": re.compile(r"INSERT INTO PCPEDI\b", re.I),
    "componentes": re.compile(r"INSERT INTO PCPEDICESTA\b", re.I),
    "estoque": re.compile(r"UPDATE PCEST\b", re.I),
    "antiga_cancelada": re.compile(r"UPDATE PCPEDC SET POSICAO\b", re.I),
    "venda_futura": re.compile(r"UPDATE PCPEDC SET\b.*\bVENDAASSISTIDA\b", re.S | re.I),
    "entregas": re.compile(r"INSERT INTO GW_ENTREGA\b", re.I),
    "evento": re.compile(r"INSERT INTO GW_EVENTO\b", re.I),
}
_ABRE = re.compile(r"INSERT INTO GW_OPERACAO\b", re.I)
_EFEITO = re.compile(r"(INSERT INTO|UPDATE) (PCPEDC|PCEST|GW_RESERVA)\b", re.I)


class Pedido(threading.local):
    """What the request of this thread has done so far."""

    dentro = False  # of a request: start-up has no points
    abriu = False  # the P row is in the transaction under way
    aberto = False  # … and committed
    escreveu = False  # an effect is in the transaction under way
    gravado = False  # … and committed


class Sabotagem:
    """Reads the order at the start of each request, and carries it out."""

    def __init__(self, pasta: Path) -> None:
        self.ponto = ""
        self._pasta = pasta
        self._ordem = ""
        self._vez = 0
        self._passagens = itertools.count(1)
        self._pedido = Pedido()

    def ler_ordem(self) -> None:
        try:
            ordem = (self._pasta / "ordem").read_text()
        except FileNotFoundError:
            return
        if ordem != self._ordem:
            self._ordem, self._passagens = ordem, itertools.count(1)
            _, self.ponto, vez = ordem.split()
            self._vez = int(vez)

    def passar(self, ponto: str) -> None:
        if ponto != self.ponto or not self._pedido.dentro or next(self._passagens) < self._vez:
            return
        try:
            with (self._pasta / f"morte-{self._ordem.split()[0]}").open("x") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            return  # another process did it
        os.kill(os.getpid(), signal.SIGKILL)

    # --- SQLAlchemy

    def antes(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if self._pedido.aberto:
            self._pedido.aberto = False
            self.passar("linha_p")
        self._pedido.abriu |= bool(_ABRE.match(statement))
        self._pedido.escreveu |= bool(_EFEITO.match(statement))

    def depois(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        padrao = _DEPOIS_DE.get(self.ponto)
        if padrao is not None and padrao.match(statement):
            self.passar(self.ponto)

    def commit(self, _connection: Any) -> None:
        pedido = self._pedido
        if pedido.escreveu:
            self.passar("antes_do_commit")
        pedido.aberto = pedido.abriu
        pedido.gravado |= pedido.escreveu
        pedido.abriu = pedido.escreveu = False

    def rollback(self, _connection: Any) -> None:
        self._pedido.abriu = self._pedido.escreveu = False

    # --- WSGI

    def responder(self, app: Callable[..., Iterable[bytes]], environ: Any, start_response: Any) -> Iterable[bytes]:
        self.ler_ordem()
        self._pedido.__dict__.clear()
        self._pedido.dentro = True
        answer = app(environ, start_response)
        if not self._pedido.gravado:
            return answer
        self.passar("depois_do_commit")
        return self._em_duas_metades(answer) if self.ponto == "meia_resposta" else answer

    def _em_duas_metades(self, answer: Iterable[bytes]) -> Iterator[bytes]:
        body = b"".join(answer)
        yield body[: len(body) // 2]
        time.sleep(PARA_A_METADE_SAIR_S)
        self.passar("meia_resposta")
        yield body[len(body) // 2 :]


def sem_lock(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
    """The statement as it is sent, but for the lock of stock rows."""
    if _DEPOIS_DE["travado"].match(statement):
        statement = re.sub(r"\bFOR UPDATE\b.*", "", statement, flags=re.S | re.I)
    return statement, parameters


def instalar() -> None:
    """Put in place what the environment of this process asks for."""
    import flask
    import sqlalchemy as sa

    if SEM_LOCK in os.environ:
        sa.event.listen(sa.Engine, "before_cursor_execute", sem_lock, retval=True)
    if ORDENS not in os.environ:
        return
    fault = Sabotagem(Path(os.environ[ORDENS]))
    sa.event.listen(sa.Engine, "before_cursor_execute", fault.antes)
    sa.event.listen(sa.Engine, "after_cursor_execute", fault.depois)
    sa.event.listen(sa.Engine, "commit", fault.commit)
    sa.event.listen(sa.Engine, "rollback", fault.rollback)
    original = flask.Flask.__call__
    flask.Flask.__call__ = lambda app, environ, start: fault.responder(  # type: ignore[method-assign]
        lambda e, s: original(app, e, s), environ, start
    )
