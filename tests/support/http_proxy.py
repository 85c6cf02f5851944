"""A small reverse proxy, as a site puts one in front of two hosts: asks /health/ready, sends each request to one host.

What was sent is never sent again: a host that takes a request and does not answer is a failed request (502).
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PERGUNTA_A_CADA_S = 0.1


class HttpProxy:
    """Hosts by port; those that are not ready get nothing new."""

    def __init__(self) -> None:
        self._prontos: dict[int, bool] = {}
        self._vez = itertools.count()
        self._fim = threading.Event()
        self._servidor = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._servidor.daemon_threads = True
        self.porta: int = self._servidor.server_address[1]
        self._threads = [
            threading.Thread(target=self._servidor.serve_forever, args=(0.05,)),
            threading.Thread(target=self._perguntar),
        ]
        for thread in self._threads:
            thread.start()

    def entra(self, porta: int) -> None:
        self._prontos[porta] = False

    def sai(self, porta: int) -> None:
        self._prontos.pop(porta, None)

    def esta_pronto(self, porta: int) -> bool:
        return self._prontos.get(porta, False)

    def escolher(self) -> list[int]:
        """Hosts to try, in order: the ready ones in turn."""
        prontos = [porta for porta, pronto in list(self._prontos.items()) if pronto]
        if not prontos:
            return []
        primeiro = next(self._vez) % len(prontos)
        return prontos[primeiro:] + prontos[:primeiro]

    def fechar(self) -> None:
        self._fim.set()
        self._servidor.shutdown()
        for thread in self._threads:
            thread.join()
        self._servidor.server_close()

    def _perguntar(self) -> None:
        while not self._fim.wait(PERGUNTA_A_CADA_S):
            for porta in list(self._prontos):
                pronto = _pronto(porta)
                if porta in self._prontos:
                    self._prontos[porta] = pronto


def _pronto(porta: int) -> bool:
    conexao = http.client.HTTPConnection("127.0.0.1", porta, timeout=5)
    with contextlib.closing(conexao):
        try:
            conexao.request("GET", "/health/ready")
            return conexao.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def _handler(proxy: HttpProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            corpo = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {nome: valor for nome, valor in self.headers.items() if nome.lower() != "connection"}
            status, answer = _repassar(proxy, self.command, self.path, corpo, headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _repassar(proxy: HttpProxy, method: str, path: str, corpo: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """The answer of the first host that takes the connection; 502 when none does or the one that did fails."""
    for porta in proxy.escolher():
        conexao = http.client.HTTPConnection("127.0.0.1", porta, timeout=30)
        with contextlib.closing(conexao):
            try:
                conexao.connect()
            except ConnectionRefusedError:
                continue  # nothing was sent
            try:
                conexao.request(method, path, corpo, headers)
                answer = conexao.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                return 502, repr(error).encode()
    return 502, b"no host"


@contextlib.contextmanager
def proxy() -> Iterator[HttpProxy]:
    """A proxy without hosts."""
    novo = HttpProxy()
    try:
        yield novo
    finally:
        novo.fechar()
