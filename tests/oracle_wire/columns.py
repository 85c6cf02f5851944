"""Columns as Oracle describes them, from what PostgreSQL says about a result.

Facts relied on: PostgreSQL's type modifier carries precision and scale of a numeric, the length of a
varchar and the digits of a timestamp; a result column knows the table column it comes from. Only a column
of a table is a CLOB; an expression is VARCHAR2(4000) until a value does not fit. Before 23ai no column is a
boolean.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from psycopg import pq

from tests.oracle_wire.errors import OracleError

VARCHAR, NUMBER, INTEGER, LONG, ROWID, DATE, RAW, LONG_RAW, CHAR, FLOAT, DOUBLE = (
    1,
    2,
    3,
    8,
    11,
    12,
    23,
    24,
    96,
    100,
    101,
)
CLOB, BLOB, TIMESTAMP, TIMESTAMP_TZ, TIMESTAMP_LOCAL, BOOLEAN = 112, 113, 180, 181, 231, 252

TEXTS, RAWS = frozenset({VARCHAR, CHAR, LONG}), frozenset({RAW, LONG_RAW})
NUMBERS, LOBS = frozenset({NUMBER, INTEGER}), frozenset({CLOB, BLOB})
DATES = frozenset({DATE, TIMESTAMP, TIMESTAMP_TZ, TIMESTAMP_LOCAL})

VARCHAR_MAX = 4000
_NO_SCALE = -127
_LOB_SIZE = 4000
_PG_INTEGERS = frozenset({20, 21, 23})
_PG_BOOL, _PG_BYTEA, _PG_TEXT, _PG_REAL, _PG_DOUBLE, _PG_CHAR = 16, 17, 25, 700, 701, 1042
_PG_DATE, _PG_TIMESTAMP, _PG_TIMESTAMPTZ, _PG_INTERVAL, _PG_NUMERIC = 1082, 1114, 1184, 1186, 1700


class Column(NamedTuple):
    """``size`` is in bytes, ``length`` in characters."""

    name: str
    kind: int
    precision: int = 0
    scale: int = 0
    size: int = 22
    length: int = 0


class Limit(NamedTuple):
    """Declared length of a text column."""

    size: int
    in_bytes: bool


class TextLimits:
    """Declared lengths of text columns, read from their checks; shared by the sessions of a server. ``triggers``: a
    trigger was made, so that each row of an array must say which one it is."""

    def __init__(self) -> None:
        self.triggers = False
        self._limits: dict[int, dict[int, Limit]] = {}
        self._lock = threading.Lock()

    def of(self, table: int, column: int, query: Callable[[int], dict[int, Limit]]) -> Limit:
        with self._lock:
            known = self._limits.get(table)
        if known is None:
            known = query(table)
            with self._lock:
                self._limits[table] = known
        return known.get(column, Limit(VARCHAR_MAX, True))

    def forget(self) -> None:
        with self._lock:
            self._limits.clear()


def described(answer: pq.abc.PGresult, place: int, longest: int, limit: Callable[[int, int], Limit]) -> Column:
    """Column at ``place``; ``longest`` is its longest value, ``limit`` looks up (table, column)."""
    name = (answer.fname(place) or b"").decode().swapcase()
    oid, modifier, table = answer.ftype(place), answer.fmod(place), answer.ftable(place)
    if oid == _PG_NUMERIC and modifier >= 0:
        precision, scale = (modifier - 4) >> 16 & 0xFFFF, ((modifier - 4) & 0x7FF ^ 1024) - 1024
        return Column(name, NUMBER, precision, scale)
    if oid == _PG_NUMERIC or oid in _PG_INTEGERS:
        return Column(name, NUMBER, 0, _NO_SCALE)
    if oid in (_PG_REAL, _PG_DOUBLE):
        return Column(name, FLOAT, size=4) if oid == _PG_REAL else Column(name, DOUBLE, size=8)
    if oid == _PG_DATE or (oid == _PG_TIMESTAMP and modifier == 0):
        return Column(name, DATE, size=7)
    if oid in (_PG_TIMESTAMP, _PG_TIMESTAMPTZ):
        kind = TIMESTAMP if oid == _PG_TIMESTAMP else TIMESTAMP_TZ
        return Column(name, kind, 0, 6 if modifier < 0 else modifier, size=11)
    if oid == _PG_BYTEA:
        return Column(name, BLOB, size=_LOB_SIZE)
    if oid == _PG_BOOL:
        raise OracleError(923)
    if oid == _PG_INTERVAL:
        raise OracleError(932, "the test server does not send intervals")
    if oid == _PG_CHAR and name == "ROWID":
        return Column(name, ROWID, size=18)
    if (oid == _PG_TEXT and table) or longest > VARCHAR_MAX:
        return Column(name, CLOB, size=_LOB_SIZE)
    if modifier > 4:
        declared = Limit(modifier - 4, oid == _PG_CHAR)
    else:
        declared = limit(table, answer.ftablecol(place)) if table else Limit(VARCHAR_MAX, True)
    size = declared.size if declared.in_bytes else 4 * declared.size
    return Column(name, CHAR if oid == _PG_CHAR else VARCHAR, size=size, length=declared.size)
