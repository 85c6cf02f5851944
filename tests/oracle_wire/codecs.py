"""Oracle's binary forms of values.

Facts relied on: a NUMBER is an exponent byte (base 100, biased by 193) and up to 20 base-100 digits, each
plus one; a negative number has the exponent inverted, digits 101 - d and a closing 102 unless all 20 digits
are there; zero is the single byte 128. A DATE is century+100, year+100, month, day, hour+1, minute+1,
second+1; a TIMESTAMP adds nanoseconds in four bytes, a zoned one two bytes of offset and is stored in UTC.
BINARY_DOUBLE/FLOAT are IEEE big-endian with the sign bit flipped, all bits flipped when negative. A ROWID
is object (6), file (3), block (6) and row (3) in base 64.
"""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Context, Decimal
from typing import NamedTuple

NUMBER_MAX_DIGITS = 40
_FORTY_DIGITS = Context(prec=NUMBER_MAX_DIGITS, Emin=-999, Emax=999)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ZONE_HOUR, _ZONE_MINUTE = 20, 60


def encode_number(value: Decimal | int | str) -> bytes:
    """Exact; digits beyond Oracle's 40 are rounded half even, as Decimal does."""
    number = _FORTY_DIGITS.plus(Decimal(value))
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"NUMBER cannot hold {number}")
    mantissa = "".join(map(str, digits)).rstrip("0")
    exponent += len(digits) - len(mantissa)
    mantissa = mantissa.lstrip("0")
    if not mantissa:
        return b"\x80"
    if exponent % 2:
        mantissa += "0"
        exponent -= 1
    if len(mantissa) % 2:
        mantissa = "0" + mantissa
    pairs = [int(mantissa[i : i + 2]) for i in range(0, len(mantissa), 2)]
    power = (exponent + len(mantissa)) // 2 - 1
    if not -65 <= power <= 62:
        raise ValueError(f"NUMBER cannot hold {number}")
    if not sign:
        return bytes([power + 193, *(pair + 1 for pair in pairs)])
    closing = [102] if len(pairs) < NUMBER_MAX_DIGITS // 2 else []
    return bytes([~(power + 193) & 0xFF, *(101 - pair for pair in pairs), *closing])


def decode_number(data: bytes) -> Decimal:
    if data == b"\x80":
        return Decimal(0)
    positive = bool(data[0] & 0x80)
    power = (data[0] if positive else ~data[0] & 0xFF) - 193
    digits = data[1:]
    if not positive and digits[-1:] == b"\x66":
        digits = digits[:-1]
    pairs = "".join(f"{(byte - 1) if positive else (101 - byte):02}" for byte in digits)
    return Decimal(f"{'' if positive else '-'}{pairs}E{(power + 1) * 2 - len(pairs)}")


def encode_date(value: dt.datetime) -> bytes:
    return bytes(
        (
            value.year // 100 + 100,
            value.year % 100 + 100,
            value.month,
            value.day,
            value.hour + 1,
            value.minute + 1,
            value.second + 1,
        )
    )


def encode_timestamp(value: dt.datetime) -> bytes:
    return encode_date(value) + struct.pack(">I", value.microsecond * 1000)


def encode_timestamp_tz(value: dt.datetime) -> bytes:
    return encode_timestamp(value.astimezone(dt.UTC)) + bytes((_ZONE_HOUR, _ZONE_MINUTE))


def decode_datetime(data: bytes) -> dt.datetime:
    """DATE and TIMESTAMP of any length; a zone offset gives an aware UTC value."""
    microsecond = struct.unpack(">I", data[7:11])[0] // 1000 if len(data) >= 11 else 0
    zone = dt.UTC if len(data) > 11 else None
    return dt.datetime(
        (data[0] - 100) * 100 + data[1] - 100,
        data[2],
        data[3],
        data[4] - 1,
        data[5] - 1,
        data[6] - 1,
        microsecond,
        zone,
    )


def encode_double(value: float) -> bytes:
    return _flip(struct.pack(">d", value))


def decode_double(data: bytes) -> float:
    return float(struct.unpack(">d", _unflip(data))[0])


def encode_float(value: float) -> bytes:
    return _flip(struct.pack(">f", value))


def decode_float(data: bytes) -> float:
    return float(struct.unpack(">f", _unflip(data))[0])


def _flip(data: bytes) -> bytes:
    if data[0] & 0x80:
        return bytes(~byte & 0xFF for byte in data)
    return bytes([data[0] | 0x80]) + data[1:]


def _unflip(data: bytes) -> bytes:
    if data[0] & 0x80:
        return bytes([data[0] & 0x7F]) + data[1:]
    return bytes(~byte & 0xFF for byte in data)


class RowId(NamedTuple):
    object_number: int
    file_number: int
    block: int
    row: int


def format_rowid(rowid: RowId) -> str:
    return "".join(
        _ALPHABET[(number >> (6 * place)) & 63]
        for number, size in zip(rowid, (6, 3, 6, 3), strict=True)
        for place in reversed(range(size))
    )


def parse_rowid(text: str) -> RowId:
    numbers = []
    for start, end in ((0, 6), (6, 9), (9, 15), (15, 18)):
        number = 0
        for letter in text[start:end]:
            number = number << 6 | _ALPHABET.index(letter)
        numbers.append(number)
    return RowId(*numbers)
