"""One request passed on to the TOTVS service, and its answer as it came; nothing of either is kept or logged (R26).

The address is the setting's and nobody else's: what a caller sends chooses neither host nor scheme, and no redirect is
followed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.saida.prazo import Prazo
from app.saida.sessao import FALHAS, CorpoComprimido, CorpoGrande, corpo, motivo, sessao

PRAZO_S = 10.0
CONEXAO_S = 3.0
CORPO_MAXIMO = 1024 * 1024
# Calls at once, at the most: a service that is silent must not take the threads of the sales.
AO_MESMO_TEMPO = 4


def vagas(threads: int) -> int:
    """How many calls at once leave half of a process's threads to the sales."""
    return max(1, min(AO_MESMO_TEMPO, threads // 2))


# From here on the service speaks of itself, not of the request.
ERRO_DO_SERVICO = 500
REDIRECIONA = range(300, 400)


class TotvsIndisponivel(Exception):
    """No answer that could be given to the caller; the text is for the log, without address or content."""


@dataclass(frozen=True, slots=True)
class RespostaTotvs:
    """Status, body and Content-Type as they came."""

    http: int
    corpo: bytes
    tipo: str


@dataclass(frozen=True)
class ClienteTotvs:
    """``base``: the setting's address without its final slash; ``ao_mesmo_tempo``: calls at once."""

    base: str = field(repr=False)
    prazo_s: float = PRAZO_S
    ao_mesmo_tempo: int = AO_MESMO_TEMPO
    _vagas: threading.BoundedSemaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_vagas", threading.BoundedSemaphore(self.ao_mesmo_tempo))

    def passar(
        self, metodo: str, caminho: str, *, consulta: str = "", dados: bytes = b"", cabecalhos: Mapping[str, str]
    ) -> RespostaTotvs:
        """Send it and give the answer, within ``prazo_s`` and 1 MiB. Raises TotvsIndisponivel: no connection, no answer
        in time, one too long, compressed or leading elsewhere, a 5xx, or too many calls at once."""
        if not self._vagas.acquire(blocking=False):
            raise TotvsIndisponivel("chamadas demais ao mesmo tempo")
        prazo = Prazo(self.prazo_s, time.monotonic)
        corte = threading.Timer(self.prazo_s, prazo.encerrar)
        corte.daemon = True
        corte.start()
        try:
            return self._passar(
                prazo, metodo, f"{self.base}{caminho}" + (f"?{consulta}" if consulta else ""), dados, cabecalhos
            )
        finally:
            corte.cancel()
            prazo.fechar()
            self._vagas.release()

    def _passar(
        self, prazo: Prazo, metodo: str, url: str, dados: bytes, cabecalhos: Mapping[str, str]
    ) -> RespostaTotvs:
        headers = {"Accept-Encoding": "identity", "User-Agent": "prevenda", "Connection": "close", **cabecalhos}
        with sessao(prazo, do_ambiente=False) as aberta:
            try:
                with aberta.request(
                    metodo,
                    url,
                    data=dados or None,
                    headers=headers,
                    timeout=(min(CONEXAO_S, self.prazo_s), self.prazo_s),
                    allow_redirects=False,
                    stream=True,
                ) as resposta:
                    lido = corpo(resposta, CORPO_MAXIMO)
            except CorpoGrande:
                raise TotvsIndisponivel("resposta maior que 1 MiB") from None
            except CorpoComprimido:
                raise TotvsIndisponivel("resposta comprimida sem ter sido pedida") from None
            except FALHAS as error:
                raise TotvsIndisponivel(motivo(error)) from None
        if resposta.status_code in REDIRECIONA or resposta.status_code >= ERRO_DO_SERVICO:
            raise TotvsIndisponivel(f"resposta {resposta.status_code}")
        return RespostaTotvs(resposta.status_code, lido, resposta.headers.get("Content-Type", "application/json"))
