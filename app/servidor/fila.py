"""Who serves what: each kind of request has threads of its own and a bounded queue, so that a sale always finds one.

docs/arquitetura.md has the table of who may hold how many threads and connections, and for how long.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from app.observabilidade.metricas import FILA
from app.servidor.canal import Canal, SobrecargaDoCanal
from app.servidor.espera import ESPERAS_MAXIMAS


@dataclass(frozen=True, slots=True)
class Porta:
    """A kind of request: its threads, and how many requests may wait for one. ``gentil``: its threads give way to all
    others on the processor, where the system can do that for one thread (Linux)."""

    nome: str
    threads: int
    fila: int
    gentil: bool = False


VIDA = Porta("vida", 1, 256)
PRONTIDAO = Porta("prontidao", 1, 64)
METRICAS = Porta("metricas", 1, 16)
RECUSAS = Porta("recusas", 1, 10_000)
ENTRADA = Porta("entrada", 2, 64, gentil=True)
CONSULTA = Porta("consulta", 2, 64)
RETAGUARDA = Porta("retaguarda", 2, 32)
# Those who wait for an event hold no thread; when one comes for many of them, they stand in line here.
EVENTOS = Porta("eventos", 1, ESPERAS_MAXIMAS)
LATERAIS = (VIDA, PRONTIDAO, METRICAS, RECUSAS, ENTRADA, CONSULTA, RETAGUARDA, EVENTOS)
# Connections that the side doors and the process's own jobs may hold beside those of the sales: one for each thread
# that asks the database, one each for the rounds, the clock and the refusals that are written down, and the look for
# those who wait for an event, and the webhooks.
CONEXOES_LATERAIS = sum(p.threads for p in (PRONTIDAO, METRICAS, ENTRADA, CONSULTA, RETAGUARDA, EVENTOS)) + 5

# A side door that is full says so late: who asks in a loop asks seldomer. A till is told at once.
SEGURAR_CHEIA_S = 2.0
# How much a thread that hashes passwords gives way.
GENTILEZA = 10

_EXATAS = {
    "/health/live": VIDA,
    "/health/ready": PRONTIDAO,
    "/metrics": METRICAS,
    "/winthor/autenticacao/v1/login": ENTRADA,
    "/painel/entrar": ENTRADA,
    "/api/v1/eventos": EVENTOS,
}
_CONSULTAS = (
    "/winthor/varejo/matcon/v1/orders/pdvsync/consulta",
    "/api/wholesale/v1/orders/pdvsync/consulta",
    "/api/wholesale/v1/orders/list",
    "/api/stock-vtex/",
    "/api/v1/estoque/",
    "/winthor/varejo/matcon/v1/pdv/",
    "/winthor/varejo/matcon/v1/rca/",
    "/docs",
    "/openapi.json",
)
_VENDAS = ("/winthor/", "/api/wholesale/", "/api/v1/pre-vendas")
_RETAGUARDA = ("/api/", "/painel")


def porta_de(caminho: str) -> Porta | None:
    """The side door of a path; None: it is served with the sales. What no route knows is too cheap to matter."""
    caminho = "/" + caminho.lstrip("/")  # as waitress hands it to the application
    if caminho in _EXATAS:
        return _EXATAS[caminho]
    if caminho.startswith(_CONSULTAS):
        return CONSULTA
    if caminho.startswith(_VENDAS):
        return None
    return RETAGUARDA if caminho.startswith(_RETAGUARDA) else None


class _Lado(ThreadedTaskDispatcher):  # type: ignore[misc]
    """The threads of one door, and how many requests may wait for them."""

    def __init__(self, threads: int, limite: int, *, gentil: bool = False) -> None:
        super().__init__()
        self._limite = limite
        self._gentil = gentil
        self.set_thread_count(threads)

    def handler_thread(self, thread_no: int) -> None:
        if self._gentil and sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GENTILEZA)
        super().handler_thread(thread_no)

    def aceitar(self, canal: Canal) -> bool:
        """Queue the connection's oldest request; False when too many wait already."""
        with self.lock:
            livres = len(self.threads) - self.stop_count - self.active_count
            if len(self.queue) - livres >= self._limite:
                return False
            self.queue.append(canal)
            self.queue_cv.notify()
            return True


class Fila(_Lado):
    """The threads of the sales, and the side doors. A request that finds too many waiting is answered 503 SOBRECARGA at
    once, by the door of the refusals."""

    def __init__(self, threads: int, limite: int) -> None:
        super().__init__(threads, limite)
        self._lados = {porta: _Lado(porta.threads, porta.fila, gentil=porta.gentil) for porta in LATERAIS}

    def add_task(self, canal: Canal) -> None:
        """Queue the connection's oldest request, or refuse it."""
        pedido: Any = canal.requests[0]
        pedido.na_fila_desde = time.monotonic()
        porta = RECUSAS if pedido.error else porta_de(pedido.path)
        if porta is None:
            aceita = self.aceitar(canal)
            FILA.set(len(self.queue))
        else:
            aceita = self._lados[porta].aceitar(canal)
        if not aceita:
            pedido.error = SobrecargaDoCanal(0.0 if porta is None else SEGURAR_CHEIA_S)
            self._lados[RECUSAS].add_task(canal)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End the threads of all doors."""
        fim = time.monotonic() + timeout
        for lado in self._lados.values():
            lado.shutdown(cancel_pending, max(0.0, fim - time.monotonic()))
        done: bool = super().shutdown(cancel_pending, max(0.0, fim - time.monotonic()))
        return done
