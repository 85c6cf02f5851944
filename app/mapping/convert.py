"""Named pure conversions a map may ask for with ``convert``.

They see present values only, never null, and raise ValueError for a value of the wrong kind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

Converter = Callable[[object], object]


def as_text(value: object) -> str:
    """The value as JSON spells it, numbers without exponent or trailing zeros: 1.50 → ``1.5``, true → ``true``.

    Raises ValueError for what is no text, boolean or exact number.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, int):
        return str(value)
    raise ValueError(f"no text: {type(value).__name__}")


def upper(value: object) -> str:
    """Text in upper case."""
    return as_text(value).upper()


def lower(value: object) -> str:
    """Text in lower case."""
    return as_text(value).lower()


def strip(value: object) -> str:
    """Text without leading and trailing blanks."""
    return as_text(value).strip()


def digits(value: object) -> str:
    """ASCII digits only: ``01310-100`` → ``01310100``."""
    return "".join(char for char in as_text(value) if char in "0123456789")


def data(value: object) -> dt.date:
    """The day as it is written in an ISO date or date-time; the hour and the zone are dropped.

    Raises ValueError for anything else.
    """
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(as_text(value).strip()[:10])


CONVERTERS: dict[str, Converter] = {
    "upper": upper,
    "lower": lower,
    "strip": strip,
    "digits": digits,
    "data": data,
}


def _plain(value: Decimal) -> str:
    # 9E+999999 must not become a text of a million zeros.
    if not value.is_finite() or abs(value.adjusted()) > 100:
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
