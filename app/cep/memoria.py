"""Answers of the CEP services, remembered for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

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
        self._clock = clock
        self._lock = threading.Lock()
        self._respostas: OrderedDict[str, tuple[float, RespostaServico]] = OrderedDict()

    def buscar(self, cep: str) -> RespostaServico | None:
        """The answer, if it is still to be believed."""
        with self._lock:
            vence, resposta = self._respostas.get(cep, (0.0, None))
            if resposta is None:
                return None
            if self._clock() >= vence:
                del self._respostas[cep]
                return None
            self._respostas.move_to_end(cep)
            return resposta

    def guardar(self, cep: str, resposta: RespostaServico) -> None:
        limites = self._limites
        validade = limites.encontrado_s if isinstance(resposta, Encontrado) else limites.desconhecido_s
        with self._lock:
            self._respostas[cep] = (self._clock() + validade, resposta)
            self._respostas.move_to_end(cep)
            while len(self._respostas) > limites.tamanho:
                self._respostas.popitem(last=False)
