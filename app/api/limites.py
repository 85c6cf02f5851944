"""Fairness: how many requests of one caller run at once and in a minute, counted in this process; and strangers, who
are refused in a loop.

No library does it: limits and Flask-Limiter count requests over time, not those that run at once.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from app.api.problemas import ErroHttp
from app.services.acesso.tentativas import rede

JANELA_S = 60.0
# So many refusals of an address, of whom nobody knows who he is, are answered at once in so many seconds.
ESTRANHAS_LIVRES = 100
ESTRANHAS_EM_S = 10.0
ENDERECOS_LEMBRADOS = 10_000


class Limites:
    """Both limits are per login, so that one caller's crowd is nobody else's wait; 0 = no limit."""

    def __init__(self, simultaneas: int = 0, por_minuto: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._simultaneas = simultaneas
        self._por_minuto = por_minuto
        self._clock = clock
        self._andando: dict[str, int] = {}
        self._chegadas: dict[str, deque[float]] = {}
        self._tranca = threading.Lock()

    def entrar(self, login: str, *, de_novo: bool = False) -> None:
        """Count a request in. Raises 429 LIMITE_EXCEDIDO with the seconds to wait; it is not counted then.

        ``de_novo``: one that has waited without a thread, and was counted when it came.
        """
        with self._tranca:
            if self._simultaneas and self._andando.get(login, 0) >= self._simultaneas:
                raise _excedido("Há requisições demais deste login em andamento.", 1)
            if self._por_minuto and not de_novo:
                agora = self._clock()
                chegadas = self._chegadas.setdefault(login, deque())
                while chegadas and chegadas[0] <= agora - JANELA_S:
                    chegadas.popleft()
                if len(chegadas) >= self._por_minuto:
                    raise _excedido("Requisições demais deste login em um minuto.", chegadas[0] + JANELA_S - agora)
                chegadas.append(agora)
            self._andando[login] = self._andando.get(login, 0) + 1

    def sair(self, login: str) -> None:
        """Count a request out, however it ended."""
        with self._tranca:
            self._andando[login] -= 1
            if not self._andando[login]:
                del self._andando[login]


class Estranhos:
    """Refusals of nobody, by address: a refusal costs a sale's thread a moment too, and whoever is refused without end
    asks again at once. Safe for threads; memory is bounded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._recusas: OrderedDict[str, deque[float]] = OrderedDict()
        self._tranca = threading.Lock()

    def demais(self, endereco: str) -> bool:
        """Count a refusal; whether there were so many of late that its answer is to be held back."""
        with self._tranca:
            agora, onde = self._clock(), rede(endereco)
            recentes = self._recusas.setdefault(onde, deque(maxlen=ESTRANHAS_LIVRES))
            demais = len(recentes) == ESTRANHAS_LIVRES and agora - recentes[0] < ESTRANHAS_EM_S
            recentes.append(agora)
            self._recusas.move_to_end(onde)
            if len(self._recusas) > ENDERECOS_LEMBRADOS:
                self._recusas.popitem(last=False)
        return demais


def _excedido(texto: str, segundos: float) -> ErroHttp:
    return ErroHttp("LIMITE_EXCEDIDO", texto, espera=max(1, math.ceil(segundos)))
