"""The set that explains an excess, against brute force; what only fits (R19)."""

from __future__ import annotations

import itertools
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import excesso
from app.domain.excesso import conjunto_exato, os_que_cabem

unidades = st.integers(1, 12).map(Decimal) | st.sampled_from([Decimal("0.5"), Decimal("2.25"), Decimal("0")])


def pela_forca(falta: Decimal, quantidades: list[Decimal]) -> tuple[int, ...] | None:
    """Every set, the fewest first, and of these the one that begins earliest."""
    validas = [n for n, quantidade in enumerate(quantidades) if quantidade > 0]
    for tamanho in range(1, len(validas) + 1):
        for conjunto in itertools.combinations(validas, tamanho):
            if sum(quantidades[n] for n in conjunto) == falta:
                return conjunto
    return None


@settings(max_examples=400, deadline=None)
@given(quantidades=st.lists(unidades, max_size=9), falta=unidades)
def test_the_exact_set_is_the_smallest_and_the_newest(quantidades: list[Decimal], falta: Decimal) -> None:
    assert conjunto_exato(falta, quantidades) == (pela_forca(falta, quantidades) if falta > 0 else None)


@settings(max_examples=200, deadline=None)
@given(quantidades=st.lists(unidades, max_size=9), falta=unidades)
def test_what_fits_never_exceeds_and_nothing_that_fits_is_left(quantidades: list[Decimal], falta: Decimal) -> None:
    cabem = os_que_cabem(falta, quantidades)
    resto = falta - sum((quantidades[n] for n in cabem), Decimal(0))
    assert resto >= 0
    assert list(cabem) == sorted(set(cabem))
    depois_do_ultimo = quantidades[cabem[-1] + 1 :] if cabem else quantidades
    assert all(quantidade <= 0 or quantidade > resto for quantidade in depois_do_ultimo)


def test_too_many_sums_find_nothing_rather_than_use_up_the_memory() -> None:
    quantidades = [Decimal(2**n) for n in range(40)]
    falta = Decimal(2**40 - 1)  # all of them
    assert conjunto_exato(falta, quantidades) is None
    assert 2**20 > excesso.SOMAS_MAXIMAS
