"""Several serving processes on one listening socket, and the parent that starts, replaces and stops them.

They share nothing but the socket and the database. A child obeys its parent only, never a terminal or a service
manager that signals the whole group; when the parent dies, however it died, its children are gone at once.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from app import create_app
from app.observabilidade import metricas, registro
from app.servidor.agenda import rotinas_ligadas
from app.servidor.atendimento import PARADA_MAXIMA_S, Atendimento, poupar_o_coletor
from app.servidor.fila import CONEXOES_LATERAIS
from app.servidor.ramal import Central, Ramal, TentativasDaFamilia, mostrar_retratos
from app.settings import Settings

log = logging.getLogger("prevenda.servidor")

PRONTO = "pronto"
VOLTA_S = 0.2
# A child that dies again and again is started again and again, but not in a hot loop.
PAUSA_MAXIMA_S = 30.0


class Filho:
    """A serving process and the parent's end of the pipe to it."""

    def __init__(self, settings: Settings, escuta: socket.socket, central: Central | None = None) -> None:
        contexto = multiprocessing.get_context("spawn")
        pares = [contexto.Pipe() for _ in range(3)]
        (self.cano, _), (ramal, _), (espelho, _) = pares
        dele = [ponta for _, ponta in pares]
        self.processo: SpawnProcess = contexto.Process(target=atender, args=(settings, escuta, *dele))
        self.processo.start()
        for ponta in dele:
            ponta.close()
        if central is not None:
            central.ligar(ramal, espelho)
        self.pronto = False

    def ouvir(self) -> None:
        """Note whether the child said that it serves."""
        try:
            if self.cano.poll():
                self.pronto = self.cano.recv() == PRONTO
        except (EOFError, OSError):
            return  # it died; its sentinel says so

    @property
    def natimorto(self) -> bool:
        """Whether it ended without ever having served."""
        return self.processo.exitcode is not None and not self.pronto

    def mandar_parar(self, dreno: float) -> None:
        """Tell the child to stop, if it still lives."""
        try:
            self.cano.send(dreno)
        except OSError:
            return


class Familia:
    """The parent of ``quantos`` serving processes."""

    def __init__(self, settings: Settings, escuta: socket.socket, quantos: int) -> None:
        self._settings = settings
        self._escuta = escuta
        self._central = Central()
        self._filhos = [self._nascer() for _ in range(quantos)]
        self._limite: float | None = None
        self._serviu = False
        self._mortes = 0
        self._proximo_parto = 0.0

    def _nascer(self) -> Filho:
        return Filho(self._settings, self._escuta, self._central)

    def parar(self, dreno: float) -> None:
        """Tell every child to stop."""
        self._limite = time.monotonic() + PARADA_MAXIMA_S + 1
        for filho in self._filhos:
            filho.mandar_parar(dreno)

    def abandonar(self) -> None:
        """Kill the children."""
        for filho in self._filhos:
            filho.processo.kill()

    def correr(self, anunciar: Callable[[], None]) -> bool:
        """Serve until told to stop; whether everything in flight was finished. ``anunciar``: all serve for the first
        time. A child that ends is replaced, but for one that cannot start when none ever has: False then."""
        anunciado = False
        while self._limite is None:
            self._escutar_canos()
            if not self._serviu and any(filho.natimorto for filho in self._filhos):
                log.error("um processo não conseguiu iniciar")
                self.abandonar()
                return False
            self._substituir_mortos()
            if not anunciado and all(filho.pronto for filho in self._filhos):
                anunciado = True
                anunciar()
        if not self._serviu:
            self.abandonar()
            return True
        self._escuta.close()
        return self._enterrar()

    def _escutar_canos(self) -> None:
        vivos = [filho.processo.sentinel for filho in self._filhos if filho.processo.exitcode is None]
        if vivos:
            connection.wait(vivos, VOLTA_S)
        else:  # the next one may not be started yet
            time.sleep(VOLTA_S)
        for filho in self._filhos:
            filho.ouvir()
        self._serviu = self._serviu or any(filho.pronto for filho in self._filhos)

    def _substituir_mortos(self) -> None:
        for posicao, filho in enumerate(self._filhos):
            if filho.processo.exitcode is None or time.monotonic() < self._proximo_parto:
                continue
            self._mortes = 1 if filho.pronto else self._mortes + 1
            self._proximo_parto = time.monotonic() + min(2.0**self._mortes, PAUSA_MAXIMA_S)
            log.error("um processo terminou (código %s); outro toma o seu lugar", filho.processo.exitcode)
            filho.cano.close()
            self._filhos[posicao] = self._nascer()
            if self._limite is not None:  # told to stop meanwhile
                self._filhos[posicao].mandar_parar(0.0)

    def _enterrar(self) -> bool:
        """Wait for the children; those that do not end in time are killed."""
        limpo = True
        for filho in self._filhos:
            filho.processo.join(max(0.0, (self._limite or 0.0) - time.monotonic()))
            if filho.processo.exitcode is None:
                filho.processo.kill()
                filho.processo.join()
            limpo = limpo and filho.processo.exitcode == 0
        return limpo


def atender(
    settings: Settings, escuta: socket.socket, cano: Connection, para_o_pai: Connection, do_pai: Connection
) -> None:
    """The life of a child: build the application, serve, obey the parent, ask it and show it what it asks for."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    registro.configurar(settings.log_formato)
    servindo: Future[Atendimento] = Future()
    threading.Thread(target=_obedecer, args=(cano, servindo), daemon=True).start()
    try:
        app = create_app(settings, conexoes_laterais=CONEXOES_LATERAIS)
    except Exception as error:
        # The parent has read the same settings and maps: it is the database that is away, which needs no stack.
        log.error("um processo não pôde iniciar (%s: %s)", type(error).__name__, error)
        sys.exit(1)
    ramal, porteiro = Ramal(para_o_pai), app.extensions["porteiro"]
    porteiro.tentativas = TentativasDaFamilia(ramal, porteiro.tentativas)
    metricas.DE_TODOS.append(lambda: ramal.perguntar("metricas"))
    threading.Thread(target=mostrar_retratos, args=(do_pai,), name="retratos", daemon=True).start()
    atendimento = Atendimento(app, escuta, settings)
    servindo.set_result(atendimento)
    poupar_o_coletor()
    with rotinas_ligadas(app, atendimento.esperas):
        limpo = atendimento.correr(lambda: cano.send(PRONTO))
    app.extensions["prevenda"].db.engine.dispose()
    sys.exit(0 if limpo else 1)


def _obedecer(cano: Connection, servindo: Future[Atendimento]) -> None:
    """Stop when the parent says so; be gone when it is gone, also before there is anything to stop."""
    while True:
        try:
            dreno = cano.recv()
        except (EOFError, OSError):
            os._exit(1)
        servindo.result().parar(dreno)
