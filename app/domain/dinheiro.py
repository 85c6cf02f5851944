"""Exact money and quantity. Half up everywhere (R9): the arithmetic of the till, not of the bank."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

# Wide enough that no product or quotient of two accepted numbers (20 digits, exponent ±12) is rounded
# before the rounding that the rule asks for.
CONTEXTO = Context(prec=80, rounding=ROUND_HALF_UP)

CENTAVO = Decimal("0.01")
MICRO = Decimal("0.000001")
CEM = Decimal(100)
ZERO = Decimal(0)


def arredondar(valor: Decimal, quantum: Decimal) -> Decimal:
    return valor.quantize(quantum, ROUND_HALF_UP, CONTEXTO)


def valor_da_linha(quantidade: Decimal, preco: Decimal) -> Decimal:
    """quantidade × preco in the POS's own unit, to the cent (R9)."""
    return arredondar(CONTEXTO.multiply(quantidade, preco), CENTAVO)


def percentual_de_desconto(quantidade: Decimal, preco: Decimal, desconto: Decimal) -> Decimal:
    """PERDESC of a line whose total discount is ``desconto``: its share of the gross value, exact (R9)."""
    bruto = CONTEXTO.add(CONTEXTO.multiply(quantidade, preco), desconto)
    return CONTEXTO.multiply(CONTEXTO.divide(desconto, bruto), CEM)


def preco_de_tabela(pvenda: Decimal, perdesc: Decimal) -> Decimal:
    """PTABELA = PVENDA ÷ (1 − PERDESC/100), to 6 decimals (R9). ``perdesc`` below 100."""
    fator = CONTEXTO.subtract(Decimal(1), CONTEXTO.divide(perdesc, CEM))
    return arredondar(CONTEXTO.divide(pvenda, fator), MICRO)


def inteiro(valor: Decimal) -> bool:
    return valor == valor.to_integral_value()


def texto(valor: Decimal) -> str:
    """A quantity for people: no exponent, no trailing zeros, comma as in Brazil."""
    curto = f"{valor:f}"
    if "." in curto:
        curto = curto.rstrip("0").rstrip(".")
    return curto.replace(".", ",")
