"""Which ended orders a counter that holds too much may still count: the set that explains the excess (R19). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app.domain.dinheiro import ZERO

# Sums kept while a set is looked for; beyond, none is found rather than the memory used up.
SOMAS_MAXIMAS = 50_000


def conjunto_exato(excesso: Decimal, quantidades: Sequence[Decimal]) -> tuple[int, ...] | None:
    """The indices of the quantities that sum to the excess: as few as possible, of these the first ones; else None."""
    melhores: dict[Decimal, tuple[int, ...]] = {ZERO: ()}
    for indice, quantidade in enumerate(quantidades):
        if not ZERO < quantidade <= excesso:
            continue
        for soma, conjunto in list(melhores.items()):
            nova, maior = soma + quantidade, (*conjunto, indice)
            if nova > excesso:
                continue
            tem = melhores.get(nova)
            if tem is None or (len(maior), maior) < (len(tem), tem):
                melhores[nova] = maior
        if len(melhores) > SOMAS_MAXIMAS:
            break
    return melhores.get(excesso) if excesso > 0 else None


def os_que_cabem(excesso: Decimal, quantidades: Sequence[Decimal]) -> tuple[int, ...]:
    """The indices of the quantities that fit the excess, each into what those before have left of it."""
    cabem: list[int] = []
    for indice, quantidade in enumerate(quantidades):
        if ZERO < quantidade <= excesso:
            cabem.append(indice)
            excesso -= quantidade
    return tuple(cabem)
