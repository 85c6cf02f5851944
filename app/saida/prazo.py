"""The deadline of one call to a service, enforced from outside the thread that is blocked in it.

No library does it: the time-outs of requests and urllib3 bound one wait for the network, never a whole call.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable


class Prazo:
    """Seconds left by ``clock`` (monotonic), and a way to cut the call's connections when they are over.

    A socket time-out bounds one wait, not a call: a server that sends a byte now and then keeps a call alive for
    hours. ``encerrar`` therefore shuts the watched connections down, which wakes the thread that reads from them.
    """

    def __init__(self, segundos: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._fim = clock() + segundos
        self._lock = threading.Lock()
        self._copias: list[socket.socket] = []
        self._encerrado = False

    def restante(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._fim - self._clock())

    def vigiar(self, conexao: socket.socket) -> None:
        """Remember a fresh connection. A duplicate is kept, because TLS takes the original over."""
        copia = conexao.dup()
        with self._lock:
            if not self._encerrado:
                self._copias.append(copia)
                return
        _derrubar(copia)

    def encerrar(self) -> None:
        """Time is up: shut down what is watched now and what will be watched later. Any thread may call it."""
        with self._lock:
            self._encerrado = True
            copias, self._copias = self._copias, []
        for copia in copias:
            _derrubar(copia)

    def fechar(self) -> None:
        """The call has ended by itself: let go of the duplicates."""
        with self._lock:
            copias, self._copias = self._copias, []
        for copia in copias:
            copia.close()


def _derrubar(copia: socket.socket) -> None:
    with copia, contextlib.suppress(OSError):
        copia.shutdown(socket.SHUT_RDWR)
