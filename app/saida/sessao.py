"""One HTTP call that cannot take long, lead elsewhere or bring much (OWASP API7, API10).

requests does the HTTP. What its time-outs leave open is own: they bound one wait, not a call, and none bounds a name
server that says nothing (see prazo).
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from app.saida.prazo import Prazo

# Its lines up to WARNING (unparsable headers) carry the whole address, and with it a password.
logging.getLogger("urllib3").setLevel(logging.ERROR)

# What a call may end with besides an answer.
FALHAS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
SEM_RESPOSTA = "sem resposta no tempo"


class CorpoGrande(Exception):
    """The answer is longer than was allowed."""


class CorpoComprimido(Exception):
    """The answer is compressed, which nobody asked for."""


@contextlib.contextmanager
def sessao(
    prazo: Prazo, *, do_ambiente: bool, conexao: Callable[[Any], Any] = lambda classe: classe
) -> Iterator[requests.Session]:
    """A session for one call: its connections are cut at the deadline, so that cutting them harms no other call.

    ``conexao``: makes the class of its connections out of urllib3's.

    Proxies, ``.netrc`` and certificate bundles named by the environment count only with ``do_ambiente``.
    """
    with _Sessao() as aberta:
        aberta.trust_env = do_ambiente
        for prefixo in ("http://", "https://"):
            aberta.mount(prefixo, _AdaptadorVigiado(prazo, conexao))
        yield aberta


def corpo(resposta: requests.Response, limite: int) -> bytes:
    """The body, at most so many bytes. Raises CorpoGrande and CorpoComprimido."""
    if resposta.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise CorpoComprimido
    lido = bytearray()
    for pedaco in resposta.iter_content(8192):
        lido += pedaco
        if len(lido) > limite:
            raise CorpoGrande
    return bytes(lido)


def motivo(error: Exception) -> str:
    """Why a call failed, for people; no address, no content."""
    match error:
        case requests.exceptions.SSLError():
            return "certificado recusado"
        case requests.exceptions.ProxyError():
            return "falha no proxy"
        case requests.exceptions.ConnectTimeout():
            return "sem conexão no tempo"
        case requests.exceptions.ReadTimeout():
            return SEM_RESPOSTA
        case requests.exceptions.ChunkedEncodingError():
            return "resposta interrompida"
        case requests.exceptions.ConnectionError(args=(urllib3.exceptions.MaxRetryError() as causa,)) if isinstance(
            causa.reason, urllib3.exceptions.NameResolutionError
        ):
            return "nome do servidor não encontrado (DNS)"
        case requests.exceptions.ConnectionError():
            return "conexão recusada ou interrompida"
    return "falha de comunicação"


class _Sessao(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, always: even when told not to follow, requests would read a redirect's whole body."""
        return None


class _AdaptadorVigiado(HTTPAdapter):
    """Shows every connection it opens to the call's deadline."""

    def __init__(self, prazo: Prazo, conexao: Callable[[Any], Any]) -> None:
        self._prazo = prazo
        self._conexao = conexao
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _vigiada(self._conexao(pool.ConnectionCls), self._prazo)
        return pool


def _vigiada(conexao: Any, prazo: Prazo) -> Any:
    class Vigiada(conexao):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            sock: socket.socket = super()._new_conn()
            prazo.vigiar(sock)
            return sock

    return Vigiada
