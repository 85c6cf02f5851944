"""The server behind ``prevenda serve``: waitress, one process or a family of them on one listening socket.

waitress reads HTTP. What neither it nor gunicorn does is own, and runs on Windows too: a bounded queue whose refusals
and health checks have threads of their own, and a drain that is announced before the socket closes.

atendimento  one process: serves, drains, finishes what is in flight, ends
espera       requests that wait for an event, kept aside without a thread
fila         how many requests may wait for a thread, and the side door for health checks and refusals
agenda       the threads that sweep, recover, settle, tell and adopt from time to time
canal        connections: time limits, closing while draining, refusals as problem bodies
familia      the parent of several processes
ramal        what these know together
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable

from app import create_app
from app.services.eventos import assinaturas
from app.services.operacao import recuperacao
from app.servidor.agenda import rotinas_ligadas
from app.servidor.atendimento import Atendimento, poupar_o_coletor
from app.servidor.familia import Familia
from app.servidor.fila import CONEXOES_LATERAIS
from app.settings import Settings

PROCESSOS_POR_CONTA_PROPRIA = 4
FILA_DO_SISTEMA = 1024
STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))


class EscutaRecusada(Exception):
    """The address cannot be listened on; the message (Portuguese) says why."""


_SEM_ESCUTA = {
    errno.EADDRINUSE: "outro programa já usa essa porta; escolha outra, como em PREVENDA_PORT=8010",
    errno.EACCES: "sem permissão para essa porta; escolha uma de 1024 em diante, como em PREVENDA_PORT=8000",
    errno.EADDRNOTAVAIL: "esse endereço não é desta máquina; confira PREVENDA_HOST",
}


def escutar(settings: Settings) -> socket.socket:
    """The listening socket. Raises EscutaRecusada."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family, backlog=FILA_DO_SISTEMA)
    except (OSError, UnicodeError) as error:
        motivo = _SEM_ESCUTA.get(getattr(error, "errno", None) or 0, "o nome não existe; confira PREVENDA_HOST")
        raise EscutaRecusada(f"Não foi possível escutar em {settings.host}:{settings.port}: {motivo}.") from None


def quantos_processos(settings: Settings) -> int:
    """The setting; by itself one per core, up to four, and one on SQLite, which has one writer anyway."""
    if settings.processos:
        return settings.processos
    if settings.database_url.startswith("sqlite"):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, PROCESSOS_POR_CONTA_PROPRIA)


def servir(settings: Settings, anunciar: Callable[[int, int], None]) -> int:
    """Serve until told to stop; returns the exit code: 0 when nothing in flight was cut off.

    ``anunciar`` is called once with the port and the number of operations that a crash left P and that were settled.
    SIGTERM (Windows: Ctrl-Break) drains for ``settings.dreno`` seconds, SIGINT does not; a second one ends at once.
    Raises what ``create_app`` raises, and EscutaRecusada.
    """
    processos = quantos_processos(settings)
    app = create_app(
        settings, conexoes_laterais=CONEXOES_LATERAIS
    )  # in the parent of a family, too: wrong settings and maps are told here, once
    gw = app.extensions["prevenda"]
    try:
        assinaturas.exigir_chave(gw)
        app.extensions["prontidoes"].conferir()  # logs what is missing in the database, by its name
        recuperadas = recuperacao.recuperar_no_inicio(gw)
        with contextlib.ExitStack() as pilha:
            escuta = pilha.enter_context(escutar(settings))
            porta: int = escuta.getsockname()[1]
            servidor: Atendimento | Familia
            if processos == 1:
                servidor = atendimento = Atendimento(app, escuta, settings)
                poupar_o_coletor()
                pilha.enter_context(rotinas_ligadas(app, atendimento.esperas))
            else:
                servidor = Familia(settings, escuta, processos)
            _obedecer_aos_sinais(servidor, settings.dreno)
            limpo = servidor.correr(lambda: anunciar(porta, recuperadas))
    finally:
        gw.db.engine.dispose()
    return 0 if limpo else 1


def _obedecer_aos_sinais(servidor: Atendimento | Familia, dreno: float) -> None:
    parando: list[int] = []

    def parar(sinal: int, _frame: object) -> None:
        if parando:
            servidor.abandonar()
            sys.stdout.flush()
            os._exit(1)
        parando.append(sinal)
        servidor.parar(0.0 if sinal == signal.SIGINT else dreno)

    for sinal in STOP_SIGNALS:
        signal.signal(sinal, parar)
    if hasattr(signal, "SIGHUP"):  # a terminal that is closed, a service manager that "reloads": no reason to end
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
