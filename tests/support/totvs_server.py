"""A stand-in for the TOTVS service on a port of its own: answers what a test tells it, remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import jwt

SEGREDO = "do-totvs-que-ninguem-mais-conhece-0123456789"


@dataclass(frozen=True)
class Pedido:
    """A request as it came."""

    method: str
    path: str
    corpo: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Dada:
    """An answer to give. ``antes``: what is done before its body is sent, with the handler."""

    http: int = 200
    corpo: bytes = b"{}"
    tipo: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    antes: Callable[[Any], None] | None = None


class ServidorTotvs:
    """``with ServidorTotvs() as totvs: totvs.dar(...)``; the last answer told is the one given."""

    def __init__(self) -> None:
        self.pedidos: list[Pedido] = []
        self.parando = threading.Event()
        self._dada = Dada()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def dar(self, **answer: Any) -> None:
        self._dada = Dada(**answer)

    def token(self, **claims: Any) -> str:
        """Give a token from now on, and say which."""
        texto = jwt.encode({"iss": "WTA", **claims}, SEGREDO, algorithm="HS256")
        self.dar(corpo=b'{"accessToken":"%b" , "tipo":1}' % texto.encode())
        return texto

    def responder(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.pedidos.append(Pedido(handler.command, handler.path, handler.rfile.read(length), headers))
        dada = self._dada
        handler.send_response(dada.http)
        handler.send_header("Content-Type", dada.tipo)
        handler.send_header("Content-Length", str(len(dada.corpo)))
        for name, value in dada.headers:
            handler.send_header(name, value)
        handler.end_headers()
        if dada.antes is not None:
            dada.antes(handler)
        handler.wfile.write(dada.corpo)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.parando.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def _handler(dono: ServidorTotvs) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            dono.responder(self)

        do_GET = do_PUT = do_DELETE = do_POST

        def log_message(self, *_: object) -> None:
            return

    return Handler
