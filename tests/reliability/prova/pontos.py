"""Points at which a gateway kills itself (SIGKILL), brought into the real server from outside.

The server is started by its own command line with ``ganchos/`` on PYTHONPATH; nothing under ``app/`` knows of this.
Statements are known by verb and table, never by their place in the sequence. PROVA_PONTO is ``name:n``: die when the
point is passed for the n-th time; PROVA_DIARIO is the file that is told so first.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

PONTOS = {
    "linha_p": "P row committed, nothing else begun",
    "travado": "stock rows locked",
    "cabecalho": "header written",
    "itens": "items written",
    "componentes": "kit components written",
    "estoque": "QTRESERV changed",
    "antiga_cancelada": "alteration or cancellation: old order marked cancelled",
    "antes_do_commit": "everything written, COMMIT not sent",
    "depois_do_commit": "committed, no byte of the answer sent",
    "meia_resposta": "half of the answer sent",
}
# Lets the server's own threads put the first half on the wire.
PARA_A_METADE_SAIR_S = 0.15

_DEPOIS_DE = {
    "travado": re.compile(r"SELECT\b.*\bFROM PCEST\b.*\bFOR UPDATE\b", re.S | re.I),
    "cabecalho": re.compile(r"INSERT INTO PCPEDC\b", re.I),
    "itens": re.compile(r"INSERT INTO PCPEDI\b", re.I),
    "componentes": re.compile(r"INSERT INTO PCPEDICESTA\b", re.I),
    "estoque": re.compile(r"UPDATE PCEST\b", re.I),
    "antiga_cancelada": re.compile(r"UPDATE PCPEDC SET POSICAO\b", re.I),
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
    """Dies at ``ponto`` when it is passed for the n-th time."""

    def __init__(self, ponto: str, vez: int, diario: str | None) -> None:
        if ponto not in PONTOS:
            raise ValueError(f"ponto desconhecido: {ponto}")
        self.ponto = ponto
        self._vez = vez
        self._diario = diario
        self._passagens = itertools.count(1)
        self._pedido = Pedido()

    def passar(self, ponto: str) -> None:
        if ponto != self.ponto or not self._pedido.dentro or next(self._passagens) != self._vez:
            return
        if self._diario:
            with open(self._diario, "a") as file:
                file.write(ponto + "\n")
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


def instalar() -> None:
    """Put the fault of PROVA_PONTO in place, if there is one."""
    ponto, _, vez = os.environ.get("PROVA_PONTO", "").partition(":")
    if not ponto:
        return
    import flask
    import sqlalchemy as sa

    fault = Sabotagem(ponto, int(vez or 1), os.environ.get("PROVA_DIARIO"))
    sa.event.listen(sa.Engine, "before_cursor_execute", fault.antes)
    sa.event.listen(sa.Engine, "after_cursor_execute", fault.depois)
    sa.event.listen(sa.Engine, "commit", fault.commit)
    sa.event.listen(sa.Engine, "rollback", fault.rollback)
    original = flask.Flask.__call__
    flask.Flask.__call__ = lambda app, environ, start: fault.responder(  # type: ignore[method-assign]
        lambda e, s: original(app, e, s), environ, start
    )
