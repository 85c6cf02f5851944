"""A TCP proxy that makes every round trip to the database last longer, and counts the round trips."""

from __future__ import annotations

import queue
import socket
import threading
import time
from types import TracebackType


class Atraso:
    """Listens on loopback and passes on to ``destino`` (a Unix socket's path), ``segundos`` late in that direction.

    A round trip is a message to the database after an answer of it.
    """

    def __init__(self, destino: str, segundos: float) -> None:
        self._destino = destino
        self._segundos = segundos
        self._server = socket.create_server(("127.0.0.1", 0))
        self._tranca = threading.Lock()
        self.viagens = 0
        threading.Thread(target=self._aceitar, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    def __enter__(self) -> Atraso:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def _aceitar(self) -> None:
        while True:
            try:
                cliente, _ = self._server.accept()
            except OSError:
                return
            cliente.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            banco = socket.socket(socket.AF_UNIX)
            banco.connect(self._destino)
            respondeu = threading.Event()
            respondeu.set()
            fila: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
            for trabalho in (
                lambda c=cliente, f=fila, r=respondeu: self._receber(c, f, r),
                lambda b=banco, f=fila: self._entregar(b, f),
                lambda b=banco, c=cliente, r=respondeu: self._responder(b, c, r),
            ):
                threading.Thread(target=trabalho, daemon=True).start()

    def _receber(
        self, cliente: socket.socket, fila: queue.SimpleQueue[tuple[float, bytes]], respondeu: threading.Event
    ) -> None:
        while dados := _ler(cliente):
            if respondeu.is_set():
                respondeu.clear()
                with self._tranca:
                    self.viagens += 1
            fila.put((time.perf_counter() + self._segundos, dados))
        fila.put((0.0, b""))

    def _entregar(self, banco: socket.socket, fila: queue.SimpleQueue[tuple[float, bytes]]) -> None:
        while True:
            quando, dados = fila.get()
            if not dados:
                banco.close()
                return
            time.sleep(max(0.0, quando - time.perf_counter()))
            banco.sendall(dados)

    @staticmethod
    def _responder(banco: socket.socket, cliente: socket.socket, respondeu: threading.Event) -> None:
        while dados := _ler(banco):
            respondeu.set()
            cliente.sendall(dados)
        cliente.close()


def _ler(canal: socket.socket) -> bytes:
    try:
        return canal.recv(262_144)
    except OSError:
        return b""
