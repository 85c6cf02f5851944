"""One serving process: it serves, drains when told to stop, finishes what is in flight and ends."""

from __future__ import annotations

import errno
import gc
import ipaddress
import logging
import select
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from app.services.consulta.recusas_sem_registro import Contador
from app.servidor.canal import Canal
from app.servidor.espera import EsperasDoFeed
from app.servidor.fila import Fila
from app.settings import Settings

log = logging.getLogger("prevenda.servidor")

# From the signal to the end: the longest request (R15) and what the service manager waits (30 s) with time to spare.
PARADA_MAXIMA_S = 28.0
# Connections of one process; poll() knows no limit, Windows' select() takes 512.
CONEXOES = 2000 if hasattr(select, "poll") else 400


# Of these one address may have a quarter, unless it is the trusted proxy's.
POR_ENDERECO = CONEXOES // 4
# File handles used up: no connection is taken in for this long, and some that lie idle are closed.
PAUSA_SEM_ARQUIVOS_S = 1.0
FECHADAS_POR_PAUSA = 10
SEM_RECURSOS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

VOLTA_S = 1.0
VOLTA_COM_RETIDOS_S = 0.1
VOLTA_COM_ESPERAS_S = 0.25


class _Porta(TcpWSGIServer):  # type: ignore[misc]
    """The listening socket and its connections."""

    channel_class = Canal
    encerrando = False
    proxies: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] = ()
    pausa_ate = 0.0
    recusas: Contador | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.retidos: set[Canal] = set()
        self.esperas = EsperasDoFeed(_servir_de_novo)
        super().__init__(*args, **kwargs)

    def maintenance(self, now: float) -> None:
        """Close connections that lie idle, never finish sending, or never read. Not by ``will_close``, which waits for
        a peer that takes something."""
        for canal in list(self.active_channels.values()):
            if canal.vencido():
                canal.handle_close()

    def readable(self) -> bool:
        """As waitress, but for the pause after the file handles were used up."""
        return bool(super().readable()) and time.monotonic() >= self.pausa_ate

    def accept(self) -> Any:
        """As waitress. Without file handles the loop must not turn at full speed, and what lies idle makes room; an
        address that has its share of connections loses its idlest one, or the new one when none is idle."""
        try:
            aceita = super().accept()
        except OSError as error:
            if error.errno not in SEM_RECURSOS:
                raise
            self._sem_recursos()
            return None
        if aceita is None or self._cabe(aceita[1][0]):
            return aceita
        aceita[0].close()
        return None

    def _sem_recursos(self) -> None:
        agora = time.monotonic()
        if agora >= self.pausa_ate + PAUSA_SEM_ARQUIVOS_S:
            log.error("sem recursos do sistema para outra conexão; fechadas as ociosas")
        self.pausa_ate = agora + PAUSA_SEM_ARQUIVOS_S
        self._fechar_ociosos(self.active_channels.values(), FECHADAS_POR_PAUSA)

    def _cabe(self, endereco: str) -> bool:
        if len(self.active_channels) < POR_ENDERECO or self._e_do_proxy(endereco):
            return True
        dele = [canal for canal in self.active_channels.values() if canal.addr[0] == endereco]
        return len(dele) < POR_ENDERECO or self._fechar_ociosos(dele, 1) == 1

    def _e_do_proxy(self, endereco: str) -> bool:
        return any(ipaddress.ip_address(endereco.partition("%")[0]) in rede for rede in self.proxies)

    @staticmethod
    def _fechar_ociosos(canais: Any, quantos: int) -> int:
        ociosos = sorted((c for c in list(canais) if not c.ocupado()), key=lambda c: c.last_activity)[:quantos]
        for canal in ociosos:
            canal.handle_close()
        return len(ociosos)

    def volta_s(self) -> float:
        """How long the loop may sleep: shortly while answers are held back, which nothing else wakes it for."""
        for canal in [canal for canal in list(self.retidos) if not canal.retido()]:
            self.retidos.discard(canal)
        if self.retidos:
            return VOLTA_COM_RETIDOS_S
        return VOLTA_COM_ESPERAS_S if self.esperas.quantas() else VOLTA_S

    def fechar(self) -> None:
        """Take in the connections that the system has accepted already, then listen no more."""
        antes = -1
        while antes < len(self.active_channels):
            antes = len(self.active_channels)
            self.handle_accept()
        self.accepting = False
        self.del_channel()
        self.socket.close()


def _servir_de_novo(canal: Canal) -> None:
    canal.server.add_task(canal)


def poupar_o_coletor() -> None:
    """What is there when a process begins to serve is there until it ends: Python's garbage collector need not walk
    through it again, which would hold up a request now and then for as long as some twenty others take."""
    gc.collect()
    gc.freeze()


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
            clear_untrusted_proxy_headers=False,  # app/api/proxy.py does, by the setting
        )
        sockinfo = (escuta.family, escuta.type, escuta.proto, escuta.getsockname())
        self._porta = _Porta(
            app, _sock=escuta, dispatcher=self._fila, adj=adjustments, bind_socket=False, sockinfo=sockinfo
        )
        self._porta.recusas = app.extensions.get("recusas")
        self._porta.proxies = settings.proxy_confiavel
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

    @property
    def esperas(self) -> EsperasDoFeed:
        """Those who wait for an event."""
        return self._porta.esperas

    def correr(self, anunciar: Callable[[], None]) -> bool:
        """Serve until told to stop; whether everything in flight was finished."""
        anunciar()
        while self._parar_em is None or time.monotonic() < self._parar_em:
            self._volta(self._porta.volta_s() if self._parar_em is None else 0.05)
        self._porta.fechar()
        while (ocupadas := self._ocupadas()) and time.monotonic() < self._limite:
            self._volta(0.05)
            self._porta.maintenance(time.time())  # the loop does not: it has left the map
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
        self._porta.esperas.acordar_vencidas(todas=self._porta.encerrando)

    def _ocupadas(self) -> int:
        """Connections with a request under way; the idle ones are closed."""
        ocupadas = 0
        for canal in self._porta.active_channels.values():
            if canal.ocupado():
                ocupadas += 1
            else:
                canal.will_close = True
        return ocupadas
