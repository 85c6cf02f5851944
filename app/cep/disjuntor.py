"""A breaker: a service that keeps failing is left alone for a while, so that nobody waits for it.

No library does it: pybreaker and circuitbreaker count failures in a row. This one also opens on the share of failures
among the last calls, and a call that began before the last change of state cannot close it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.cep.servico import EstadoServico


@dataclass(frozen=True, slots=True)
class LimitesDisjuntor:
    """Opens after ``falhas_seguidas``, or when ``proporcao`` of the last ``janela`` calls failed; for ``aberto_s``."""

    falhas_seguidas: int = 5
    janela: int = 20
    proporcao: float = 0.5
    aberto_s: float = 30.0


class EstadoDisjuntor(StrEnum):
    FECHADO = "fechado"
    ABERTO = "aberto"
    MEIO_ABERTO = "meio_aberto"


class Disjuntor:
    """State of one service in one process; ``clock`` is monotonic seconds. Safe for threads.

    A call asks for a pass and brings it back with its outcome. A pass from before the last change of state counts
    in the totals but moves nothing: a call that started while the service was well cannot close an open breaker.
    """

    def __init__(self, limites: LimitesDisjuntor, clock: Callable[[], float]) -> None:
        self._limites = limites
        self._clock = clock
        self._lock = threading.Lock()
        self._estado = EstadoDisjuntor.FECHADO
        self._fase = 0
        self._aberto_ate = 0.0
        self._seguidas = 0
        self._recentes: deque[bool] = deque(maxlen=limites.janela)
        self._chamadas = self._falhas = self._recusadas = 0

    def pedir(self) -> int | None:
        """A pass for one call, or None while open. After ``aberto_s`` a single pass is given out as a probe."""
        with self._lock:
            if self._estado is EstadoDisjuntor.ABERTO and self._clock() >= self._aberto_ate:
                self._mudar(EstadoDisjuntor.MEIO_ABERTO)
            elif self._estado is not EstadoDisjuntor.FECHADO:
                self._recusadas += 1
                return None
            self._chamadas += 1
            return self._fase

    def registrar(self, passe: int, *, ok: bool) -> None:
        """The outcome of the call that held ``passe``."""
        with self._lock:
            self._falhas += not ok
            if passe != self._fase:
                return
            if self._estado is EstadoDisjuntor.MEIO_ABERTO:
                self._mudar(EstadoDisjuntor.FECHADO if ok else EstadoDisjuntor.ABERTO)
                return
            self._recentes.append(ok)
            self._seguidas = 0 if ok else self._seguidas + 1
            if self._deve_abrir():
                self._mudar(EstadoDisjuntor.ABERTO)

    def estado(self) -> EstadoServico:
        with self._lock:
            return {
                "disjuntor": self._estado.value,
                "chamadas": self._chamadas,
                "falhas": self._falhas,
                "recusadas": self._recusadas,
            }

    def _deve_abrir(self) -> bool:
        limites = self._limites
        if self._seguidas >= limites.falhas_seguidas:
            return True
        cheia = len(self._recentes) == limites.janela
        return cheia and self._recentes.count(False) >= limites.proporcao * limites.janela

    def _mudar(self, estado: EstadoDisjuntor) -> None:
        self._estado = estado
        self._fase += 1
        self._seguidas = 0
        self._recentes.clear()
        if estado is EstadoDisjuntor.ABERTO:
            self._aberto_ate = self._clock() + self._limites.aberto_s
