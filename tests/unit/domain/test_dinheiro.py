"""The arithmetic of the till (R9): half up, exact, never through a binary float."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.dinheiro import (
    CENTAVO,
    MICRO,
    arredondar,
    inteiro,
    percentual_de_desconto,
    preco_de_tabela,
    texto,
    valor_da_linha,
)

quantidades = st.decimals("0.000001", "99999999", places=6)
precos = st.decimals("0.000001", "99999999", places=6)
descontos = st.decimals("0", "99999999", places=6)


def half_up(valor: Fraction, casas: int) -> Fraction:
    """What is asked, in integers only."""
    return Fraction((valor * 10**casas + Fraction(1, 2)).__floor__(), 10**casas)


@pytest.mark.parametrize(
    ("valor", "quantum", "esperado"),
    [
        ("2.675", CENTAVO, "2.68"),
        ("2.665", CENTAVO, "2.67"),  # half to even would give 2.66
        ("2.6649999", CENTAVO, "2.66"),
        ("0.005", CENTAVO, "0.01"),
        ("0.0000005", MICRO, "0.000001"),
        ("0.00000049", MICRO, "0.000000"),
        ("99999999999999999999E12", MICRO, "99999999999999999999000000000000.000000"),
    ],
)
def test_rounding_is_half_up(valor: str, quantum: Decimal, esperado: str) -> None:
    assert str(arredondar(Decimal(valor), quantum)) == esperado


@pytest.mark.parametrize(
    ("quantidade", "preco", "valor"),
    [("2", "10", "20.00"), ("3", "0.335", "1.01"), ("0.333", "9.99", "3.33"), ("0.001", "4.99", "0.00")],
)
def test_value_of_a_line_is_rounded_once_to_the_cent(quantidade: str, preco: str, valor: str) -> None:
    assert str(valor_da_linha(Decimal(quantidade), Decimal(preco))) == valor


@given(quantidades, precos)
def test_value_of_a_line_is_the_exact_product_rounded(quantidade: Decimal, preco: Decimal) -> None:
    assert Fraction(valor_da_linha(quantidade, preco)) == half_up(Fraction(quantidade) * Fraction(preco), 2)


@pytest.mark.parametrize(
    ("quantidade", "preco", "desconto", "percentual"),
    [("2", "9", "2", "10"), ("1", "10", "0", "0"), ("4", "2.5", "30", "75"), ("1", "7.5", "2.5", "25")],
)
def test_discount_is_a_share_of_the_gross_value(quantidade: str, preco: str, desconto: str, percentual: str) -> None:
    assert percentual_de_desconto(Decimal(quantidade), Decimal(preco), Decimal(desconto)) == Decimal(percentual)


@given(quantidades, precos, descontos)
def test_discount_is_from_0_to_below_100(quantidade: Decimal, preco: Decimal, desconto: Decimal) -> None:
    assert 0 <= percentual_de_desconto(quantidade, preco, desconto) < 100


@pytest.mark.parametrize(
    ("pvenda", "perdesc", "ptabela"),
    [("9", "10", "10.000000"), ("10", "0", "10.000000"), ("2.5", "75", "10.000000"), ("10", "33.333333", "15.000000")],
)
def test_table_price_is_the_price_before_the_discount(pvenda: str, perdesc: str, ptabela: str) -> None:
    assert str(preco_de_tabela(Decimal(pvenda), Decimal(perdesc))) == ptabela


@given(precos, st.decimals("0", "99.999999", places=6))
def test_table_price_is_the_exact_quotient_rounded(pvenda: Decimal, perdesc: Decimal) -> None:
    exato = Fraction(pvenda) / (1 - Fraction(perdesc) / 100)
    assert Fraction(preco_de_tabela(pvenda, perdesc)) == half_up(exato, 6)


@pytest.mark.parametrize(("valor", "sim"), [("1", True), ("1.000", True), ("1E+3", True), ("0.5", False), ("0", True)])
def test_whole_numbers(valor: str, sim: bool) -> None:
    assert inteiro(Decimal(valor)) is sim


@pytest.mark.parametrize(
    ("valor", "mostrado"),
    [("1E+3", "1000"), ("10", "10"), ("10.500", "10,5"), ("0.000001", "0,000001"), ("3.000000", "3"), ("0", "0")],
)
def test_quantities_for_people(valor: str, mostrado: str) -> None:
    assert texto(Decimal(valor)) == mostrado
