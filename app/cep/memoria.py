"""Answers of the CEP services, remembered for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import TLRUCache

from app.cep.servico import RespostaServico
from app.domain.endereco import Encontrado


@dataclass(frozen=True, slots=True)
class LimitesMemoria:
    """Seconds an address is believed, seconds a "no such CEP" is, and how many CEPs are kept."""

    encontrado_s: float = 24 * 3600.0
    desconhecido_s: float = 600.0
    tamanho: int = 10_000


class MemoriaCep:
    """The most recently used answers by CEP; ``clock`` is monotonic seconds. Safe for threads."""

    def __init__(self, limites: LimitesMemoria, clock: Callable[[], float]) -> None:
        self._limites = limites
        self._lock = threading.Lock()
        self._respostas: TLRUCache[str, RespostaServico] = TLRUCache(limites.tamanho, self._vence, timer=clock)

    def _vence(self, _cep: str, resposta: RespostaServico, agora: float) -> float:
        limites = self._limites
        return agora + (limites.encontrado_s if isinstance(resposta, Encontrado) else limites.desconhecido_s)

    def buscar(self, cep: str) -> RespostaServico | None:
        """The answer, if it is still to be believed."""
        with self._lock:
            return self._respostas.get(cep)

    def guardar(self, cep: str, resposta: RespostaServico) -> None:
        if self._limites.tamanho == 0:  # switched off; the cache refuses what cannot fit
            return
        with self._lock:
            self._respostas[cep] = resposta
