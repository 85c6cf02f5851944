"""One HTTP GET to a CEP service that cannot take long, lead elsewhere or bring much (OWASP API7, API10).

requests does the HTTP. What its time-outs leave open is own: they bound one wait, not a call, and none bounds a name
server that says nothing, which held a sale for 30 seconds (see prazo and verificador).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from app.cep.prazo import Prazo
from app.cep.servico import SEM_RESPOSTA, FalhaServico

LIMITE_CORPO = 64 * 1024

# Its lines up to WARNING (unparsable headers) carry the whole address, and with it ByJG's password.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Resposta:
    """``corpo`` is read for status 200 only, else empty."""

    status: int
    corpo: bytes


@dataclass(frozen=True, slots=True)
class ClienteHttp:
    """Limits of every call: seconds to connect, seconds between two pieces of an answer.

    Proxies, ``.netrc`` and certificate bundles named by the environment count only with ``proxy_do_ambiente``.
    """

    conexao_s: float = 1.0
    leitura_s: float = 1.5
    proxy_do_ambiente: bool = False

    def get(self, url: str, *, params: Mapping[str, str], aceita: str, prazo: Prazo) -> Resposta:
        """One GET within ``prazo``, no redirect followed, at most 64 KiB read; FalhaServico for whatever goes wrong.

        Each call has its own connection, so that cutting it at the deadline harms no other call.
        """
        restante = prazo.restante()
        if restante <= 0:
            raise FalhaServico(SEM_RESPOSTA)
        with _Sessao() as sessao:
            sessao.trust_env = self.proxy_do_ambiente
            for prefixo in ("http://", "https://"):
                sessao.mount(prefixo, _AdaptadorVigiado(prazo))
            try:
                with sessao.get(
                    url,
                    params=params,
                    headers={
                        "Accept": aceita,
                        "Accept-Encoding": "identity",
                        "User-Agent": "prevenda",
                        "Connection": "close",
                    },
                    timeout=(min(self.conexao_s, restante), min(self.leitura_s, restante)),
                    allow_redirects=False,
                    stream=True,
                ) as resposta:
                    return Resposta(resposta.status_code, _corpo(resposta) if resposta.status_code == 200 else b"")
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise FalhaServico(_motivo(error)) from None


def endereco_base(url: str) -> str:
    """The base address of a service without its final slash; ValueError (Portuguese) if it cannot be one."""
    partes = urlsplit(url.strip())
    if partes.scheme not in ("http", "https") or not partes.hostname:
        raise ValueError("o endereço do serviço de CEP precisa começar com https:// (ou http://) e ter um servidor")
    if partes.username is not None or partes.query or partes.fragment:
        raise ValueError("o endereço do serviço de CEP não pode ter usuário, senha, ? nem #")
    return url.strip().rstrip("/")


class _Sessao(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, always: even when told not to follow, requests would read a redirect's whole body."""
        return None


class _AdaptadorVigiado(HTTPAdapter):
    """Shows every connection it opens to the call's deadline."""

    def __init__(self, prazo: Prazo) -> None:
        self._prazo = prazo
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _vigiada(pool.ConnectionCls, self._prazo)
        return pool


def _vigiada(conexao: Any, prazo: Prazo) -> Any:
    class Vigiada(conexao):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            sock: socket.socket = super()._new_conn()
            prazo.vigiar(sock)
            return sock

    return Vigiada


def _corpo(resposta: requests.Response) -> bytes:
    if resposta.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise FalhaServico("resposta comprimida sem ter sido pedida")
    corpo = bytearray()
    for pedaco in resposta.iter_content(8192):
        corpo += pedaco
        if len(corpo) > LIMITE_CORPO:
            raise FalhaServico("resposta maior que 64 KiB")
    return bytes(corpo)


def _motivo(error: Exception) -> str:
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
