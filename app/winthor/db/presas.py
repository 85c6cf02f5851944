"""Rows of WinThor's that somebody holds for long, as this process sees them: what they may cost is bounded.

Whoever waits for a row holds a thread and a connection. So of one row only a few wait as long as the setting allows;
the others shorter, and once nobody has had it for half a second a request only tries whether it is free. The more tries
were in vain, the seldomer there is one, and whoever comes in between is refused before anything is done for it. A row
that is asked for much and moves is none of these: somebody gets it all the time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field

# Nobody got the row for this long though somebody waited: it is held.
SEM_PROGRESSO_S = 0.5
# Whoever is beyond the few that wait long waits so long; on a row that is held, so long.
DEMORA_S = 1.0
SONDA_S = 0.05
# A row that was not obtained counts as held for so long, unless somebody obtains it.
PRESA_S = 2.0
# So many tries in vain are only a till that tries again. Then there is a pause between two: so much more for each, up
# to the second.
SEM_PAUSA = 3
PAUSA_A_MAIS_S = 0.1
PAUSA_MAXIMA_S = 1.0
LEMBRADAS = 10_000


@dataclass(slots=True)
class _Fila:
    """Who waits for a row, by the instant at which each began; when somebody last got it; until when it is held; how
    many tries were in vain, and when the last one was.
    """

    comecos: list[float] = field(default_factory=list)
    obtida: float = float("-inf")
    presa_ate: float = float("-inf")
    em_vao: int = 0
    tentada: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Vez:
    """A wait that has begun. ``teto``: how long it may be, None: as long as the setting says."""

    linhas: Collection[Hashable]
    comeco: float
    teto: float | None


class Presas:
    """Safe for threads; one for each process's database."""

    def __init__(self, longas: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``longas``: how many may wait long for one row."""
        self._longas = longas
        self._clock = clock
        self._filas: dict[Hashable, _Fila] = {}
        self._tranca = threading.Lock()

    def comecar(self, linhas: Collection[Hashable], minhas: set[Hashable]) -> Vez:
        """Begin to wait for rows. ``minhas``: those for which this operation waits long already; it goes on so when it
        is repeated, and what it may wait long for now is added."""
        with self._tranca:
            agora = self._clock()
            filas = [self._filas.setdefault(linha, _Fila()) for linha in linhas]
            teto: float | None = None
            if not minhas.issuperset(linhas):
                if any(_presa(fila, agora) for fila in filas):
                    teto = SONDA_S
                elif any(len(fila.comecos) >= self._longas for fila in filas):
                    teto = DEMORA_S
                else:
                    minhas.update(linhas)
            for fila in filas:
                fila.comecos.append(agora)
            return Vez(linhas, agora, teto)

    def tentadas_em_vao(self, linhas: Iterable[Hashable]) -> bool:
        """Whether one of the rows is held and was tried in vain by more than a till that tries again."""
        with self._tranca:
            agora = self._clock()
            return any(_em_vao(fila, agora) for linha in linhas if (fila := self._filas.get(linha)) is not None)

    def fora_de_vez(self, linhas: Iterable[Hashable]) -> bool:
        """Whether one of the rows is held and it is not worth trying it now: somebody is, or has just tried in vain."""
        with self._tranca:
            agora = self._clock()
            return any(_fora_de_vez(fila, agora) for linha in linhas if (fila := self._filas.get(linha)) is not None)

    def obteve(self, vez: Vez) -> None:
        """The wait is over: the rows were locked."""
        with self._tranca:
            agora = self._clock()
            for linha in vez.linhas:
                fila = self._sair(linha, vez)
                fila.obtida, fila.presa_ate, fila.em_vao = agora, float("-inf"), 0
                self._esquecer(linha, fila, agora)

    def desistiu(self, vez: Vez, *, esgotou: bool) -> bool:
        """The wait is over without the rows. ``esgotou``: because its time was. Whether they are held, so that another
        try has no sense."""
        with self._tranca:
            agora = self._clock()
            filas = [(linha, self._sair(linha, vez)) for linha in vez.linhas]
            parada = esgotou and all(fila.obtida < vez.comeco for _, fila in filas)
            if parada and (agora - vez.comeco >= SEM_PROGRESSO_S or vez.teto == SONDA_S):
                for _, fila in filas:
                    fila.presa_ate = agora + PRESA_S
                    if vez.teto == SONDA_S:
                        fila.tentada, fila.em_vao = agora, fila.em_vao + 1
            for linha, fila in filas:
                self._esquecer(linha, fila, agora)
            return parada and vez.teto is not None

    def _sair(self, linha: Hashable, vez: Vez) -> _Fila:
        fila = self._filas[linha]
        fila.comecos.remove(vez.comeco)
        return fila

    def _esquecer(self, linha: Hashable, fila: _Fila, agora: float) -> None:
        if not fila.comecos and fila.presa_ate <= agora:
            del self._filas[linha]
        elif len(self._filas) > LEMBRADAS:
            for velha in [k for k, f in self._filas.items() if not f.comecos and f.presa_ate <= agora]:
                del self._filas[velha]


def _em_vao(fila: _Fila, agora: float) -> bool:
    return fila.presa_ate > agora and fila.em_vao > SEM_PAUSA


def _fora_de_vez(fila: _Fila, agora: float) -> bool:
    if not _em_vao(fila, agora):
        return False
    pausa = min((fila.em_vao - SEM_PAUSA) * PAUSA_A_MAIS_S, PAUSA_MAXIMA_S)
    return bool(fila.comecos) or agora - fila.tentada < pausa


def _presa(fila: _Fila, agora: float) -> bool:
    if fila.presa_ate > agora:
        return True
    return bool(fila.comecos) and agora - max(fila.comecos[0], fila.obtida) >= SEM_PROGRESSO_S
