"""What a number of packages, written with six decimals, means in base units (R3). Exact until it is written. Pure.

A till has a unit of a box of twelve as 0.083333 boxes, rounded or cut: the units it stands for are nearer to what it
says than one step of the sixth decimal, and which of them is meant is told by what they are compared with.
"""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from app.domain.dinheiro import CONTEXTO, MICRO, arredondar

MEIO_MICRO = MICRO / 2


def em_unidades(quantidade: Decimal, fator: Decimal) -> Decimal:
    """Base units in packages of ``fator``, exact."""
    return CONTEXTO.multiply(quantidade, fator)


def folga_da_quantidade(fator: Decimal) -> Decimal:
    """How far the base units meant lie, at the most, from those said; they are nearer than this."""
    return CONTEXTO.multiply(MICRO, fator)


def inteira_dita(exata: Decimal, folga: Decimal) -> Decimal | None:
    """The whole number of base units that is said, None when it is none."""
    inteira = exata.to_integral_value(context=CONTEXTO)
    perto = exata == inteira or abs(CONTEXTO.subtract(exata, inteira)) < folga
    return inteira if perto else None


def mesma_quantidade(exata: Decimal, folga: Decimal, guardada: Decimal) -> bool:
    """Whether a quantity as it was said is the one that a column of six decimals holds."""
    return arredondar(exata, MICRO) == guardada or abs(CONTEXTO.subtract(exata, guardada)) < folga


def mesmo_preco(preco: Decimal, fator: Decimal, pvenda: Decimal, fator_do_pvenda: Decimal) -> bool:
    """Whether a price per package of ``fator`` is the price per base unit ``pvenda``, which was made from packages of
    ``fator_do_pvenda``.

    In the same package both are rounded alike; in another one, neither says the other exactly.
    """
    por_unidade = CONTEXTO.divide(preco, fator)
    if arredondar(por_unidade, MICRO) == pvenda:
        return True
    folga = CONTEXTO.add(MEIO_MICRO, CONTEXTO.divide(MICRO, fator))
    return fator != fator_do_pvenda and abs(CONTEXTO.subtract(por_unidade, pvenda)) < folga


def para_baixo(valor: Fraction | Decimal) -> Decimal:
    """The greatest number with six decimals that is not above."""
    if isinstance(valor, Decimal):
        return valor.quantize(MICRO, ROUND_FLOOR, CONTEXTO)
    return CONTEXTO.multiply(Decimal(math.floor(valor * 10**6)), MICRO)


def para_cima(valor: Fraction) -> Decimal:
    """The smallest number with six decimals that is not below."""
    return -para_baixo(-valor)


def arredondada(valor: Fraction) -> Decimal:
    """The value to six decimals, half up."""
    return arredondar(CONTEXTO.divide(Decimal(valor.numerator), Decimal(valor.denominator)), MICRO)


def passo_inteiro(partes: list[Fraction]) -> Fraction:
    """The smallest amount whose multiples give whole numbers of each of ``partes``, units in one of it, none of 0."""
    # The least common multiple of 1/parte: of numerators over the greatest common divisor of denominators.
    return Fraction(
        math.lcm(*(parte.denominator for parte in partes)), math.gcd(*(parte.numerator for parte in partes))
    )


def em_passos(valor: Fraction, passo: Fraction) -> Fraction:
    """The greatest multiple of ``passo`` that is not above."""
    return math.floor(valor / passo) * passo
