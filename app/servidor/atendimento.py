"""One serving process: it serves, drains when told to stop, finishes what is in flight and ends."""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Callable

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from app.servidor.canal import Canal
from app.servidor.fila import Fila
from app.settings import Settings

log = logging.getLogger("prevenda.servidor")

# From the signal to the end: the longest request (R15) and what the service manager waits (30 s) with time to spare.
PARADA_MAXIMA_S = 28.0
# Connections of one process; poll() knows no limit, Windows' select() takes 512.
CONEXOES = 2000 if hasattr(select, "poll") else 400


class _Porta(TcpWSGIServer):  # type: ignore[misc]
    """The listening socket and its connections."""

    channel_class = Canal
    encerrando = False

    def maintenance(self, now: float) -> None:
        """Close connections that lie idle or never finish sending."""
        for canal in self.active_channels.values():
            if canal.vencido():
                canal.will_close = True

    def fechar(self) -> None:
        """Take in the connections that the system has accepted already, then listen no more."""
        antes = -1
        while antes < len(self.active_channels):
            antes = len(self.active_channels)
            self.handle_accept()
        self.accepting = False
        self.del_channel()
        self.socket.close()


class Atendimento:
    """Serves an application on a listening socket until ``parar``."""

    def __init__(self, app: Flask, escuta: socket.socket, settings: Settings) -> None:
        self._encerrando = app.extensions["encerrando"]
        self._fila = Fila(settings.threads, settings.fila)
        adjustments = Adjustments(
            sockets=[escuta],
            ident=None,
            max_request_body_size=settings.corpo_max + 65536,
            connection_limit=CONEXOES,
            cleanup_interval=1,
            asyncore_use_poll=True,
            log_socket_errors=False,
        )
        sockinfo = (escuta.family, escuta.type, escuta.proto, escuta.getsockname())
        self._porta = _Porta(
            app, _sock=escuta, dispatcher=self._fila, adj=adjustments, bind_socket=False, sockinfo=sockinfo
        )
        self._parar_em: float | None = None
        self._limite = float("inf")
        self._acabou = False

    def parar(self, dreno: float) -> None:
        """Answer 503 on /health/ready from now on, serve everything for ``dreno`` seconds, then end.

        From any thread, also from a signal handler.
        """
        agora = time.monotonic()
        self._encerrando.set()
        self._porta.encerrando = True
        self._limite = agora + PARADA_MAXIMA_S
        self._parar_em = agora + dreno
        if not self._acabou:
            self._porta.pull_trigger()

    def abandonar(self) -> None:
        """Nothing to do before an end at once: the transactions of this process end with it."""

    def correr(self, anunciar: Callable[[], None]) -> bool:
        """Serve until told to stop; whether everything in flight was finished."""
        anunciar()
        while self._parar_em is None or time.monotonic() < self._parar_em:
            self._volta(1.0 if self._parar_em is None else 0.05)
        self._porta.fechar()
        while (ocupadas := self._ocupadas()) and time.monotonic() < self._limite:
            self._volta(0.05)
        if ocupadas:
            log.warning("%d requisição(ões) interrompida(s) pelo encerramento", ocupadas)
        self._acabou = True
        self._fila.shutdown(timeout=1)
        for canal in list(self._porta.active_channels.values()):
            canal.handle_close()
        self._porta.trigger.close()
        return not ocupadas

    def _volta(self, timeout: float) -> None:
        self._porta.asyncore.loop(timeout, use_poll=True, map=self._porta._map, count=1)

    def _ocupadas(self) -> int:
        """Connections with a request under way; the idle ones are closed."""
        ocupadas = 0
        for canal in self._porta.active_channels.values():
            if canal.ocupado():
                ocupadas += 1
            else:
                canal.will_close = True
        return ocupadas
