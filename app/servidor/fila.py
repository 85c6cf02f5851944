"""Threads that serve requests, and how many requests may wait for one."""

from __future__ import annotations

import time
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from app.observabilidade.metricas import FILA
from app.servidor.canal import Canal, Sobrecarga

# What operations ask must be answered in the fullest house.
DE_OPERACAO = ("/health/", "/metrics")
THREADS_LATERAIS = 2


class Fila(ThreadedTaskDispatcher):  # type: ignore[misc]
    """At most ``limite`` requests wait; more are answered 503 SOBRECARGA at once, by the side door.

    The side door has threads of its own: health checks, metrics and refusals never wait behind sales.
    """

    def __init__(self, threads: int, limite: int) -> None:
        super().__init__()
        self._limite = limite
        self._lateral = ThreadedTaskDispatcher()
        self._lateral.set_thread_count(THREADS_LATERAIS)
        self.set_thread_count(threads)

    def add_task(self, canal: Canal) -> None:
        """Queue the connection's oldest request, or refuse it."""
        pedido: Any = canal.requests[0]
        pedido.na_fila_desde = time.monotonic()
        if pedido.error or pedido.path.startswith(DE_OPERACAO):
            self._lateral.add_task(canal)
            return
        with self.lock:
            livres = len(self.threads) - self.stop_count - self.active_count
            if len(self.queue) - livres < self._limite:
                self.queue.append(canal)
                FILA.set(len(self.queue))
                self.queue_cv.notify()
                return
        pedido.error = Sobrecarga()
        self._lateral.add_task(canal)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End the threads of both doors."""
        self._lateral.shutdown(cancel_pending, timeout)
        done: bool = super().shutdown(cancel_pending, timeout)
        return done
