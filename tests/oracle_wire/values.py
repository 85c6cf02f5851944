"""Values between the wire and PostgreSQL's text form.

Facts relied on: an empty string travels as NULL. PostgreSQL infers the type of a text parameter from its
place, which comes close to Oracle's implicit conversions; numbers and dates carry their type. A column is
sent in the type it was described with, except that a LOB defined as LONG is sent as text.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from tests.oracle_wire import codecs
from tests.oracle_wire.columns import (
    BLOB,
    CLOB,
    DATE,
    DATES,
    DOUBLE,
    FLOAT,
    LOBS,
    NUMBER,
    NUMBERS,
    RAW,
    RAWS,
    ROWID,
    TEXTS,
    TIMESTAMP,
    Column,
)
from tests.oracle_wire.engine import UNKNOWN_OID, Parameter
from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.lobs import CHUNK_SIZE, Lobs
from tests.oracle_wire.ttc import NATIONAL, BindType, Locator
from tests.oracle_wire.ttc_answers import lob_value, long_value, rowid_value, wire_value

_NUMERIC, _BYTEA, _FLOAT8, _TIMESTAMP, _TIMESTAMPTZ = 1700, 17, 701, 1114, 1184


def parameter(value: object, bind: BindType, lobs: Lobs) -> Parameter:
    if isinstance(value, Locator):
        lob = lobs.find(value.data)
        value = lob.data.decode("utf-16-be") if lob.unit == 2 else lob.data
    if value is None or value == "":
        return Parameter(None, _null_type(bind))
    if isinstance(value, str):
        return Parameter(value.encode(), UNKNOWN_OID)
    if isinstance(value, Decimal):
        return Parameter(f"{value:f}".encode(), _NUMERIC)
    if isinstance(value, dt.datetime):
        return Parameter(value.isoformat(" ").encode(), _TIMESTAMPTZ if value.tzinfo else _TIMESTAMP)
    if isinstance(value, float):
        return Parameter(repr(value).encode(), _FLOAT8)
    assert isinstance(value, bytes)
    return Parameter(b"\\x" + value.hex().encode(), _BYTEA)


def _null_type(bind: BindType) -> int:
    if bind.kind in NUMBERS:
        return _NUMERIC
    return _TIMESTAMP if bind.kind in (DATE, TIMESTAMP) else UNKNOWN_OID


def fetched(data: bytes | None, column: Column, define: BindType | None, lobs: Lobs) -> bytes:
    """A column value of a row."""
    if column.kind in LOBS:
        as_lob = define is None or define.kind in LOBS
        return _lob(data, column.kind, lobs) if as_lob else long_value(_plain(data, column.kind))
    if column.kind == ROWID:
        return rowid_value(None if data is None else data.decode())
    return wire_value(_encoded(data, column.kind))


def returned(data: bytes | None, bind: BindType, lobs: Lobs) -> bytes:
    """A value for a bind behind RETURNING ... INTO, in the type the client asked for."""
    if bind.kind in LOBS:
        return _lob(data, bind.kind, lobs)
    if bind.kind in TEXTS and bind.form == NATIONAL and data is not None:
        return wire_value(data.decode().encode("utf-16-be"))
    kind = NUMBER if bind.kind in NUMBERS else bind.kind
    return wire_value(_encoded(data, kind))


def _lob(data: bytes | None, kind: int, lobs: Lobs) -> bytes:
    plain = _plain(data, kind)
    if plain is None:
        return lob_value(None, 0, 0)
    locator, lob = lobs.of_text(plain.decode()) if kind == CLOB else lobs.of_bytes(plain)
    return lob_value(locator, lob.length, CHUNK_SIZE)


def _plain(data: bytes | None, kind: int) -> bytes | None:
    """An empty CLOB or text is NULL here: PostgreSQL may hold one that came in through another door."""
    if not data:
        return None
    return bytes.fromhex(data[2:].decode()) if kind in (BLOB, RAW) else data


def _encoded(data: bytes | None, kind: int) -> bytes | None:
    if data is None:
        return None
    if kind == NUMBER:
        return _number(data.decode())
    if kind in DATES:
        return _date(data.decode(), kind)
    if kind in (DOUBLE, FLOAT):
        return (codecs.encode_double if kind == DOUBLE else codecs.encode_float)(float(data))
    return _plain(data, RAW if kind in RAWS else kind)


def _number(text: str) -> bytes:
    try:
        return codecs.encode_number(text)
    except (ValueError, ArithmeticError):
        raise OracleError(1722) from None


def _date(text: str, kind: int) -> bytes:
    moment = dt.datetime.fromisoformat(text)
    if kind == DATE:
        return codecs.encode_date(moment)
    if kind == TIMESTAMP:
        return codecs.encode_timestamp(moment)
    return codecs.encode_timestamp_tz(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))
