"""Column types named like Oracle's, with one meaning on the three databases.

Numbers reach Python exact: ``NUMBER(p, 0)`` as int, ``NUMBER(p, s)`` as Decimal of scale ``s``. SQLite has no
decimal type: it keeps a float that is rounded to the column's scale on every write and read (exact to 15 digits).

They give the processors themselves, not ``process_bind_param``: a value that needs nothing done costs no call then, and
an order of 300 lines has eleven thousand values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import oracle
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

SQLITE_INT_MAX = 2**63 - 1

Processor = Callable[[Any], Any]


class NUMBER(TypeDecorator[Any]):
    """Oracle NUMBER(precision, scale): int when the scale is 0, else Decimal quantised to the scale."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int = 0) -> None:
        super().__init__(precision, scale, asdecimal=True)
        self.precision = precision
        self.scale = scale
        self._quantum: Decimal = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "oracle":
            return dialect.type_descriptor(oracle.NUMBER(self.precision, self.scale, asdecimal=self.scale > 0))  # type: ignore[no-untyped-call]
        if dialect.name == "sqlite":
            return _SqliteNumber(self.precision, self.scale)
        return dialect.type_descriptor(sa.Numeric(self.precision, self.scale, asdecimal=True))

    def bind_processor(self, dialect: Dialect) -> Processor | None:
        return self._to_sqlite if dialect.name == "sqlite" else self.impl_instance.bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        exact = _integer if self.scale == 0 else self._scaled
        driver = self.impl_instance.result_processor(dialect, coltype)
        return exact if driver is None else lambda value: exact(driver(value))

    def _to_sqlite(self, value: Any) -> Any:
        if value is None:
            return None
        exact = Decimal(value).quantize(self._quantum, ROUND_HALF_UP)
        if exact == exact.to_integral_value() and abs(exact) <= SQLITE_INT_MAX:
            return int(exact)
        return float(exact)

    def _scaled(self, value: Any) -> Decimal | None:
        if value is None:
            return None
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        return number if number.same_quantum(self._quantum) else number.quantize(self._quantum, ROUND_HALF_UP)


def _before(driver: Processor | None, ours: Processor) -> Processor:
    return ours if driver is None else lambda value: driver(ours(value))


def _text_or_null(value: str | None) -> str | None:
    return value or None


def _whole_second(value: dt.datetime | None) -> dt.datetime | None:
    return value.replace(microsecond=0) if value is not None and value.microsecond else value


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)


class _SqliteNumber(sa.types.UserDefinedType[Any]):
    """NUMERIC affinity without SQLAlchemy's own float conversion."""

    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        self.precision = precision
        self.scale = scale

    def get_col_spec(self, **_: Any) -> str:
        return f"NUMERIC({self.precision}, {self.scale})"


class VARCHAR2(TypeDecorator[str]):
    """Oracle VARCHAR2(length). Empty text is stored as NULL on every database, as Oracle does by itself."""

    impl = sa.String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "oracle":
            return dialect.type_descriptor(oracle.VARCHAR2(self.length))
        return dialect.type_descriptor(sa.String(self.length))

    def bind_processor(self, dialect: Dialect) -> Processor:
        return _before(self.impl_instance.bind_processor(dialect), _text_or_null)


class DATE(TypeDecorator[dt.datetime]):
    """Oracle DATE: day and time to the second, no zone."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "oracle":
            return dialect.type_descriptor(oracle.DATE())
        return dialect.type_descriptor(sa.DateTime())

    def bind_processor(self, dialect: Dialect) -> Processor:
        return _before(self.impl_instance.bind_processor(dialect), _whole_second)


class TIMESTAMP(TypeDecorator[dt.datetime]):
    """Oracle TIMESTAMP(6) without zone; the gateway's own tables keep UTC in it."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "oracle":
            return dialect.type_descriptor(oracle.TIMESTAMP())
        return dialect.type_descriptor(sa.DateTime())


class CLOB(TypeDecorator[str]):
    """Oracle CLOB, read and written as text."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "oracle":
            return dialect.type_descriptor(oracle.CLOB())
        return dialect.type_descriptor(sa.Text())
