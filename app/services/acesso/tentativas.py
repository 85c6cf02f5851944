"""How often a password may be guessed: per address, per login, and for both together, in a sliding minute.

An attempt is counted before it is judged and taken back when the password was right, so that the bounds hold in a burst
too. Limits of Flask-Limiter and the like count what was let through, and know nobody who is known already.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Protocol

JANELA_S = 60.0
# Wrong passwords a minute: of a login from one address, of all logins from one address, of a login from all addresses
# it never came from before.
FALHAS_POR_MINUTO = 10
FALHAS_DO_ENDERECO = 30
FALHAS_DO_LOGIN = 60
LEMBRADOS = 10_000
# An address from which a login came in within this time is its own: what others do there or elsewhere does not lock it.
CONHECIDO_S = 24 * 3600.0

Chave = tuple[str, str, str]


class Tentativas(Protocol):
    """The count, kept in this process or, for all processes of a host, in their parent."""

    def pedir(self, endereco: str, login: str, conhecido: bool) -> int:
        """Seconds to wait before an attempt; 0: it may be made now, and counts as wrong until ``acertou``.

        ``conhecido``: the caller holds a token of this login, so that nobody else can use up its attempts.
        """
        ...

    def acertou(self, endereco: str, login: str, conhecido: bool) -> None:
        """The attempt that ``pedir`` let through was right: it is taken back."""
        ...


class TentativasDoProcesso:
    """The count of this process. Safe for threads; memory is bounded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._falhas: OrderedDict[Chave, deque[float]] = OrderedDict()
        self._conhecidos: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._tranca = threading.Lock()

    def pedir(self, endereco: str, login: str, conhecido: bool) -> int:
        """As Tentativas."""
        with self._tranca:
            agora = self._clock()
            limites = self._limites(rede(endereco), login, conhecido, agora)
            espera = max(self._espera(chave, limite, agora) for chave, limite in limites)
            if espera <= 0:
                for chave, _ in limites:
                    self._falhas.setdefault(chave, deque()).append(agora)
                    self._falhas.move_to_end(chave)
            while len(self._falhas) > LEMBRADOS:
                self._falhas.popitem(last=False)
        return max(0, math.ceil(espera))

    def acertou(self, endereco: str, login: str, conhecido: bool) -> None:
        """As Tentativas."""
        with self._tranca:
            agora = self._clock()
            for chave, _ in self._limites(rede(endereco), login, conhecido, agora):
                if recentes := self._recentes(chave, agora):
                    recentes.pop()
            self._conhecidos[(rede(endereco), login)] = agora
            self._conhecidos.move_to_end((rede(endereco), login))
            while len(self._conhecidos) > LEMBRADOS:
                self._conhecidos.popitem(last=False)

    def _limites(self, endereco: str, login: str, conhecido: bool, agora: float) -> list[tuple[Chave, int]]:
        if conhecido:
            return [(("token", "", login), FALHAS_POR_MINUTO)]
        par: tuple[Chave, int] = (("par", endereco, login), FALHAS_POR_MINUTO)
        if agora - self._conhecidos.get((endereco, login), -math.inf) < CONHECIDO_S:
            return [par]
        return [par, (("endereco", endereco, ""), FALHAS_DO_ENDERECO), (("login", "", login), FALHAS_DO_LOGIN)]

    def _espera(self, chave: Chave, limite: int, agora: float) -> float:
        recentes = self._recentes(chave, agora)
        return 0.0 if len(recentes) < limite else max(1.0, recentes[-limite] + JANELA_S - agora)

    def _recentes(self, chave: Chave, agora: float) -> deque[float]:
        # What is only asked about is not remembered: names without end would push out what was counted.
        recentes = self._falhas.get(chave) or deque()
        while recentes and recentes[0] <= agora - JANELA_S:
            recentes.popleft()
        return recentes


def rede(endereco: str) -> str:
    """What counts as one address: of IPv6 the network of 64 bits, which is what one house has."""
    try:
        achado = ipaddress.ip_address(endereco.partition("%")[0])
    except ValueError:
        return endereco
    return str(ipaddress.ip_network((achado, 64), strict=False)) if achado.version == 6 else str(achado)
