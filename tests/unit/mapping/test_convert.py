"""The named conversions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from app.mapping.convert import CONVERTERS, as_text

CASES = [
    ("upper", "são paulo", "SÃO PAULO"),
    ("lower", "ANA@X.COM", "ana@x.com"),
    ("strip", "  a b ", "a b"),
    ("digits", "01310-100", "01310100"),
    ("digits", "٣4", "4"),
    ("digits", 1310, "1310"),
    ("data", "2026-01-31T23:30:00Z", dt.date(2026, 1, 31)),
    ("data", dt.date(2026, 1, 31), dt.date(2026, 1, 31)),
    ("data", dt.datetime(2026, 1, 31, 8), dt.date(2026, 1, 31)),  # noqa: DTZ001
]


@pytest.mark.parametrize(("name", "value", "expected"), CASES)
def test_converter(name: str, value: object, expected: object) -> None:
    assert CONVERTERS[name](value) == expected


SPELLINGS = [
    ("x", "x"),
    (0, "0"),
    (True, "true"),
    (False, "false"),
    (Decimal("1.50"), "1.5"),
    (Decimal("100"), "100"),
    (Decimal("1E+2"), "100"),
    (Decimal("0.00"), "0"),
    (Decimal("1E+999999"), "1E+999999"),
]


@pytest.mark.parametrize(("value", "expected"), SPELLINGS)
def test_as_text(value: object, expected: str) -> None:
    assert as_text(value) == expected


@pytest.mark.parametrize("value", [None, 1.5, [], {}])
def test_what_is_no_text_has_no_spelling(value: object) -> None:
    with pytest.raises(ValueError, match="no text"):
        as_text(value)
