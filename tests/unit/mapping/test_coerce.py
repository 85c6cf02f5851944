"""Values made to fit their column."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping import ColumnSpec
from app.mapping.coerce import Unfit, clip, coercer

INTEIRO = coercer(ColumnSpec("N", "number", precision=6, scale=0), "utf-8")
VALOR = coercer(ColumnSpec("V", "number", precision=6, scale=2), "utf-8")
TEXTO = coercer(ColumnSpec("T", "text", length=6), "utf-8")
CLOB = coercer(ColumnSpec("C", "clob"), "utf-8")
DATA = coercer(ColumnSpec("D", "date"), "utf-8")

NUMBERS = [
    (INTEIRO, 12, 12),
    (INTEIRO, Decimal("12"), 12),
    (INTEIRO, "12", 12),
    (INTEIRO, " -7 ", -7),
    (INTEIRO, Decimal("2.5"), 3),
    (INTEIRO, Decimal("-2.5"), -3),
    (INTEIRO, 999999, 999999),
    (VALOR, 0, Decimal("0.00")),
    (VALOR, Decimal("1.005"), Decimal("1.01")),
    (VALOR, Decimal("-1.005"), Decimal("-1.01")),
    (VALOR, Decimal("1E-900000"), Decimal("0.00")),
    (VALOR, Decimal("-0.001"), Decimal("0.00")),
    (VALOR, Decimal("9999.994"), Decimal("9999.99")),
    (VALOR, Decimal("1E+3"), Decimal("1000.00")),
]


@pytest.mark.parametrize(("coerce", "value", "expected"), NUMBERS)
def test_number(coerce: object, value: object, expected: object) -> None:
    result = coerce(value)  # type: ignore[operator]
    assert (type(result), str(result)) == (type(expected), str(expected))


TOO_BIG = [
    (INTEIRO, 1_000_000),
    (INTEIRO, -1_000_000),
    (INTEIRO, "1000000"),
    (INTEIRO, Decimal("999999.5")),
    (VALOR, Decimal("9999.995")),
    (VALOR, Decimal("-10000")),
    (VALOR, Decimal("1E+999999")),
    (VALOR, 10**400),
]


@pytest.mark.parametrize(("coerce", "value"), TOO_BIG)
def test_a_number_is_never_cut_to_fit(coerce: object, value: object) -> None:
    with pytest.raises(Unfit, match="grande demais"):
        coerce(value)  # type: ignore[operator]


@pytest.mark.parametrize("value", [True, 1.5, "1.5", "1e3", "٣", "12a", Decimal("NaN"), Decimal("Infinity"), {}, []])
def test_no_number(value: object) -> None:
    with pytest.raises(Unfit):
        INTEIRO(value)


def test_rounding_is_exact_beyond_28_digits() -> None:
    wide = coercer(ColumnSpec("W", "number", precision=38, scale=2), "utf-8")
    assert wide(Decimal("123456789012345678901234567890123456.785")) == Decimal(
        "123456789012345678901234567890123456.79"
    )


def test_number_without_precision_is_kept() -> None:
    assert coercer(ColumnSpec("N", "number"), "utf-8")(Decimal("1.2345")) == Decimal("1.2345")


TEXTS = [
    ("abc", "abc"),
    ("abcdefgh", "abcdef"),
    ("açãoção", "ação"),
    ("aaaaa😀", "aaaaa"),
    ("a\r\n\tb", "a b"),
    ("a\x85b\x7fc", "a b c"),
    (12, "12"),
    (Decimal("1.50"), "1.5"),
    ("a\ud800", "a?"),
]


@pytest.mark.parametrize(("value", "expected"), TEXTS)
def test_text(value: object, expected: str) -> None:
    assert TEXTO(value) == expected


@pytest.mark.parametrize("value", [True, 1.5, {}, [], dt.date(2026, 1, 31)])
def test_no_text(value: object) -> None:
    with pytest.raises(Unfit):
        TEXTO(value)


def test_width_in_single_byte_encoding() -> None:
    assert coercer(ColumnSpec("T", "text", length=6), "cp1252")("açãoção😀") == "açãoçã"


def test_a_character_the_database_lacks_counts_one_byte() -> None:
    assert clip("😀😀😀", 2, "cp1252") == "😀😀"


def test_a_column_that_counts_characters_is_held_to_its_bytes_too() -> None:
    coluna = ColumnSpec("T", "text", length=8, characters=3)
    assert [coercer(coluna, "utf-8")(texto) for texto in ("abcd", "çãoé", "😀😀😀")] == ["abc", "ção", "😀😀"]
    assert coluna.type_name == "VARCHAR2(3 CHAR)"


def test_clob_is_not_clipped() -> None:
    assert CLOB("é" * 5000 + "\n") == "é" * 5000 + "\n"


@given(st.text(), st.integers(0, 30), st.sampled_from(["utf-8", "cp1252", "latin-1"]))
def test_clipping_never_exceeds_and_never_splits(text: str, length: int, encoding: str) -> None:
    clipped = clip(text, length, encoding)
    assert text.startswith(clipped)
    assert len(clipped.encode(encoding, errors="replace")) <= length
    longer = text[: len(clipped) + 1]
    assert clipped == text or len(longer.encode(encoding, errors="replace")) > length


@given(st.text(), st.integers(1, 30))
def test_text_is_writable_and_fits(text: str, length: int) -> None:
    result = coercer(ColumnSpec("T", "text", length=length), "utf-8")(text)
    assert isinstance(result, str)
    assert len(result.encode("utf-8")) <= length
    assert result.isprintable() or not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in result)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-9999, max_value=9999))
def test_rounding_is_half_up(value: Decimal) -> None:
    result = VALOR(value)
    assert isinstance(result, Decimal)
    assert result.as_tuple().exponent == -2
    assert abs(result - value) <= Decimal("0.005")
    if abs(result - value) == Decimal("0.005"):
        assert abs(result) > abs(value)


MOMENT = dt.datetime(2026, 1, 31, 10, 20)  # noqa: DTZ001
DAY = dt.datetime(2026, 1, 31)  # noqa: DTZ001
DATES = [(MOMENT, MOMENT), (dt.date(2026, 1, 31), DAY), ("2026-01-31", DAY), ("2026-01-31T10:20", MOMENT)]


@pytest.mark.parametrize(("value", "expected"), DATES)
def test_date(value: object, expected: dt.datetime) -> None:
    assert DATA(value) == expected


@pytest.mark.parametrize("value", [MOMENT.replace(tzinfo=dt.UTC), "2026-01-31T10:20Z", "31/01/2026", 20260131, True])
def test_no_date(value: object) -> None:
    with pytest.raises(Unfit):
        DATA(value)
