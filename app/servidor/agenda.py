"""The threads of a serving process that do the gateway's own jobs from time to time (R18)."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from flask import Flask

from app.services.conciliacao import retrato
from app.services.consulta import fluxo
from app.services.eventos import feed
from app.services.eventos.entregar import EntregaDeEventos, Entregador
from app.services.gateway import Gateway
from app.services.operacao.andamento import Seguir
from app.services.tempo.rotinas import Plantao, este_processo
from app.servidor.espera import EsperasDoFeed

log = logging.getLogger("prevenda.servidor")

# The first round begins when the process has had time to serve its first requests.
PRIMEIRA_S = 5.0
# At the end a record that is being worked on is finished: what writes has limits below this. A job's reading may take
# longer and is given up, which changes nothing.
FIM_S = 8.0
# Counts of refusals are written so often; the clock is compared with the database's every so many times.
GRAVA_A_CADA_S = 5.0
ENTREGA_A_CADA_S = 1.0
AO_MESMO_TEMPO = 8
# One who is called keeps its thread for so long, and then the others have their turn: else eight that answer slowly,
# and well, would keep everybody else waiting for ever.
VEZ_S = 15.0
ACERTA_A_CADA = 3


@contextlib.contextmanager
def rotinas_ligadas(app: Flask, esperas: EsperasDoFeed | None = None) -> Iterator[None]:
    """While the block runs, a thread does a round every ``PREVENDA_VARREDURA`` seconds (0: none), another keeps the
    counts and the clock, and a third looks for those who wait for an event (``esperas``; None: nobody can).

    They stop when the process is told to stop, at the latest at the end of the block, and never keep it alive.
    """
    gw: Gateway = app.extensions["prevenda"]
    encerrando: threading.Event = app.extensions["encerrando"]
    linhas = [threading.Thread(target=_cuidar, args=(app, encerrando), name="cuidados", daemon=True)]
    linhas.append(threading.Thread(target=_entregar, args=(gw, encerrando), name="webhooks", daemon=True))
    if esperas is not None:
        olhar = (partial(feed.vistos_depois, gw), encerrando)
        linhas.append(threading.Thread(target=esperas.vigiar, args=olhar, name="esperas", daemon=True))
    if gw.settings.varredura:
        linhas.append(threading.Thread(target=_rodar, args=(gw, encerrando), name="rotinas", daemon=True))
    for linha in linhas:
        linha.start()
    try:
        yield
    finally:
        encerrando.set()
        for linha in linhas:
            linha.join(FIM_S)


def _cuidar(app: Flask, encerrando: threading.Event) -> None:
    """Write down the refusals that were counted, and set the clock right; once more at the end."""
    voltas = 0
    while True:
        fim = encerrando.wait(GRAVA_A_CADA_S)
        voltas += 1
        try:
            app.extensions["recusas"].gravar()
            if voltas % ACERTA_A_CADA == 0:
                app.extensions["relogio"].acertar()
        except Exception as error:
            log.warning("as contagens não puderam ser gravadas (%s)", getattr(error, "codigo", type(error).__name__))
        if fim:
            return


def _entregar(gw: Gateway, encerrando: threading.Event) -> None:
    """Call those who asked for it as soon as something waits for them, several at once: one that hangs keeps none of
    the others waiting, and no sale."""
    if not gw.settings.webhook_chave:
        return  # nobody can have been subscribed
    entregador = Entregador(gw, este_processo())
    andando: dict[str, Future[EntregaDeEventos]] = {}
    pool = ThreadPoolExecutor(AO_MESMO_TEMPO, thread_name_prefix="webhook")
    try:
        while not encerrando.wait(ENTREGA_A_CADA_S):
            andando = {nome: future for nome, future in andando.items() if not future.done()}
            try:
                for nome in entregador.devidas():
                    if nome not in andando:
                        andando[nome] = pool.submit(_entregar_uma, entregador, nome, encerrando)
            except Exception as error:
                log.warning("as entregas não puderam ser feitas (%s)", getattr(error, "codigo", type(error).__name__))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _entregar_uma(entregador: Entregador, nome: str, encerrando: threading.Event) -> EntregaDeEventos:
    fim = time.monotonic() + VEZ_S
    try:
        return entregador.entregar(nome, lambda: not encerrando.is_set() and time.monotonic() < fim)
    except Exception as error:
        log.warning("a entrega %s falhou (%s)", nome, getattr(error, "codigo", type(error).__name__))
        return EntregaDeEventos()


def _conferir(gw: Gateway, _seguir: Seguir) -> int:
    retrato.guardar(gw)
    return 0  # no record is changed by it


def _medir_o_fluxo(gw: Gateway, _seguir: Seguir) -> int:
    fluxo.guardar(gw)
    return 0


# What large sites are shown of the whole is found meanwhile.
RETRATOS = (("conciliacao", _conferir), ("fluxo", _medir_o_fluxo))


def _rodar(gw: Gateway, encerrando: threading.Event) -> None:
    plantao = Plantao(gw, encerrando.is_set, mais=RETRATOS)
    espera = min(PRIMEIRA_S, gw.settings.varredura)
    while not encerrando.wait(espera):
        espera = gw.settings.varredura
        try:
            plantao.rodada()
        except Exception as error:
            # A database that is away now may be there next time; a thread that is gone never comes back.
            log.error("as rotinas não puderam ser feitas (%s)", getattr(error, "codigo", type(error).__name__))
    try:
        plantao.soltar()
    except Exception as error:
        log.warning("o turno das rotinas não pôde ser devolvido (%s)", getattr(error, "codigo", type(error).__name__))
