"""Makes a value fit its column: texts are clipped, numbers rounded to the scale, nothing else is bent."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from app.mapping.convert import as_text
from app.mapping.spec import ColumnSpec

Coercer = Callable[[object], object]

# PCPEDI.QT and the like have up to 20 digits; Oracle's own limit is 38. Rounding must never meet the context's.
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_UNWRITABLE = re.compile(r"[\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,60}")


class Unfit(ValueError):
    """The value cannot be written to the column; the message is the reason (Portuguese, without the value)."""


def coercer(column: ColumnSpec, text_encoding: str) -> Coercer:
    """The function that makes a present value fit ``column``.

    Text: str, int or Decimal → str, control characters → one space, clipped to the width in bytes of
    ``text_encoding``. Clob: str, unclipped. Number: int, Decimal or whole number in text → int when the scale is 0,
    else Decimal, rounded half up. Date: date, datetime without zone or ISO text → datetime. Raises Unfit.
    """
    match column.kind:
        case "text":
            return lambda value: clip(_one_line(_text(value)), column.length, text_encoding, column.characters)
        case "clob":
            return lambda value: _text(value).replace("\x00", " ")
        case "number":
            return _number_coercer(column)
        case "date":
            return _datetime


def clip(text: str, length: int | None, encoding: str, characters: int | None = None) -> str:
    """The longest start of ``text`` of at most ``length`` bytes and ``characters`` characters; whole characters only.

    A character that ``encoding`` lacks counts one byte: the database writes its replacement character.
    """
    text = text[:characters]
    if length is None or (len(text) <= length and text.isascii()):
        return text
    encoded = text.encode(encoding, errors="replace")
    if len(encoded) <= length:
        return text
    return text[: len(encoded[:length].decode(encoding, errors="ignore"))]


def why_constant_does_not_fit(value: object, column: ColumnSpec, text_encoding: str) -> str | None:
    """Reason (Portuguese) why a value written in a map cannot be stored exactly as written, or None."""
    accepted: tuple[type, ...] = {"number": (int, Decimal), "date": (dt.date,)}.get(column.kind, (str,))
    if isinstance(value, bool) or not isinstance(value, accepted):
        return f"{value!r} não é do tipo {column.type_name}"
    if isinstance(value, str) and not value.strip():
        return "texto vazio (o Oracle o grava como NULL)"
    try:
        stored = coercer(column, text_encoding)(value)
    except Unfit as unfit:
        return f"{value!r}: {unfit}"
    if column.kind != "date" and stored != value:
        return f"{value!r} não cabe em {column.type_name}"
    return None


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise Unfit("não é texto")
    text = as_text(value)
    return text if text.isascii() else _UNWRITABLE.sub("?", text)


def _one_line(text: str) -> str:
    return text if text.isprintable() else _CONTROL.sub(" ", text)


def _number_coercer(column: ColumnSpec) -> Coercer:
    scale = column.scale
    if scale is None:
        return _exact
    quantum = Decimal(1).scaleb(-scale)
    zero = quantum * 0
    digits = None if column.precision is None else column.precision - scale
    limit = None if digits is None else 10**digits

    def coerce(value: object) -> int | Decimal:
        # Nearly every value is a code, or a Decimal that the rules have rounded already.
        if type(value) is Decimal and value.same_quantum(quantum):
            rounded = value
        else:
            exact = value if type(value) is int else _exact(value)
            if scale == 0 and isinstance(exact, int):
                if limit is not None and not -limit < exact < limit:
                    raise _too_big(column)
                return exact
            try:
                rounded = Decimal(exact).quantize(quantum, context=_EXACT)
            except InvalidOperation:
                raise _too_big(column) from None
        if digits is not None and rounded.adjusted() >= digits:
            raise _too_big(column)
        # Never -0.00.
        return int(rounded) if scale == 0 else rounded or zero

    return coerce


def _too_big(column: ColumnSpec) -> Unfit:
    return Unfit(f"número grande demais para {column.type_name}")


def _exact(value: object) -> int | Decimal:
    if isinstance(value, bool):
        raise Unfit("booleano onde a coluna espera número")
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise Unfit("não é um número finito")
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    raise Unfit("não é um número exato")


def _datetime(value: object) -> dt.datetime:
    moment = _parsed(value) if isinstance(value, str) else value
    if isinstance(moment, dt.datetime):
        if moment.tzinfo is not None:
            raise Unfit("data-hora com fuso, e a coluna não guarda fuso")
        return moment
    if isinstance(moment, dt.date):
        return dt.datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - Oracle DATE has no zone
    raise Unfit("não é uma data")


def _parsed(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unfit("não é uma data ISO 8601") from None
