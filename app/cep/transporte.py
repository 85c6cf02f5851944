"""One HTTP GET to a CEP service that cannot take long, lead elsewhere or bring much (OWASP API7, API10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from app.cep.servico import SEM_RESPOSTA, FalhaServico
from app.saida.prazo import Prazo
from app.saida.sessao import FALHAS, CorpoComprimido, CorpoGrande, corpo, motivo, sessao

LIMITE_CORPO = 64 * 1024


@dataclass(frozen=True, slots=True)
class RespostaHttp:
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

    def get(self, url: str, *, params: Mapping[str, str], aceita: str, prazo: Prazo) -> RespostaHttp:
        """One GET within ``prazo``, no redirect followed, at most 64 KiB read; FalhaServico for whatever goes wrong.

        Each call has its own connection, so that cutting it at the deadline harms no other call.
        """
        restante = prazo.restante()
        if restante <= 0:
            raise FalhaServico(SEM_RESPOSTA)
        with sessao(prazo, do_ambiente=self.proxy_do_ambiente) as aberta:
            try:
                with aberta.get(
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
                    return RespostaHttp(resposta.status_code, _corpo(resposta) if resposta.status_code == 200 else b"")
            except FALHAS as error:
                raise FalhaServico(motivo(error)) from None


def endereco_base(url: str) -> str:
    """The base address of a service without its final slash; ValueError (Portuguese) if it cannot be one."""
    partes = urlsplit(url.strip())
    if partes.scheme not in ("http", "https") or not partes.hostname:
        raise ValueError("o endereço do serviço de CEP precisa começar com https:// (ou http://) e ter um servidor")
    if partes.username is not None or partes.query or partes.fragment:
        raise ValueError("o endereço do serviço de CEP não pode ter usuário, senha, ? nem #")
    return url.strip().rstrip("/")


def _corpo(resposta: requests.Response) -> bytes:
    try:
        return corpo(resposta, LIMITE_CORPO)
    except CorpoComprimido:
        raise FalhaServico("resposta comprimida sem ter sido pedida") from None
    except CorpoGrande:
        raise FalhaServico("resposta maior que 64 KiB") from None
