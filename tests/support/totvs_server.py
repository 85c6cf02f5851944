"""A stand-in for the TOTVS service on a port of its own: answers what a test tells it, remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from tests.support.cep_servers import Pedido, ServidorLocal

SEGREDO = "do-totvs-que-ninguem-mais-conhece-0123456789"


@dataclass(frozen=True)
class Recebido:
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


class ServidorTotvs(ServidorLocal):
    """``with ServidorTotvs() as totvs: totvs.dar(...)``; the last answer told is the one given, ``recebidos`` what was
    asked."""

    def __init__(self) -> None:
        super().__init__(self._responder)
        self.recebidos: list[Recebido] = []
        self._dada = Dada()

    def dar(self, **answer: Any) -> None:
        self._dada = Dada(**answer)

    def token(self, **claims: Any) -> str:
        """Give a token from now on, and say which."""
        texto = jwt.encode({"iss": "WTA", **claims}, SEGREDO, algorithm="HS256")
        self.dar(corpo=b'{"accessToken":"%b" , "tipo":1}' % texto.encode())
        return texto

    def _responder(self, pedido: Pedido) -> None:
        length = int(pedido.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in pedido.headers.items()}
        self.recebidos.append(Recebido(pedido.command, pedido.path, pedido.rfile.read(length), headers))
        dada = self._dada
        pedido.send_response(dada.http)
        pedido.send_header("Content-Type", dada.tipo)
        pedido.send_header("Content-Length", str(len(dada.corpo)))
        for name, value in dada.headers:
            pedido.send_header(name, value)
        pedido.end_headers()
        if dada.antes is not None:
            dada.antes(pedido)
        pedido.wfile.write(dada.corpo)
