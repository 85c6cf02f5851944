"""Binary forms of values: known bytes, and round trips."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import oracledb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle_wire import codecs

NUMBERS = st.builds(
    lambda sign, digits, exponent: Decimal((sign, digits, exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=38).map(tuple),
    st.integers(-80, 60),
)
MOMENTS = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("0", "80"),
        ("-0.00", "80"),
        ("1", "c102"),
        ("100", "c202"),
        ("123", "c20218"),
        ("-123", "3d644e66"),
        ("0.1", "c00b"),
        ("0.01", "c002"),
        ("-0.5", "3f3366"),
        ("12345678901234567.89", "c902182e445a02182e445a"),
        ("1E+125", "ff0b"),
        ("1E-130", "8002"),
    ],
)
def test_numbers_have_the_bytes_oracle_documents(text: str, wire: str) -> None:
    assert codecs.encode_number(text).hex() == wire
    assert codecs.decode_number(bytes.fromhex(wire)) == Decimal(text)


@given(NUMBERS)
def test_a_number_survives(number: Decimal) -> None:
    assert codecs.decode_number(codecs.encode_number(number)) == number


@given(NUMBERS, NUMBERS)
def test_encoded_numbers_sort_like_numbers(first: Decimal, second: Decimal) -> None:
    """Oracle compares NUMBERs byte by byte; that only works when sign, exponent and digits are all right."""
    assert (codecs.encode_number(first) < codecs.encode_number(second)) == (first < second)


@pytest.mark.parametrize("text", ["1E+126", "1E-131", "NaN", "Infinity"])
def test_a_number_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        codecs.encode_number(text)


def test_dates_have_the_bytes_oracle_documents() -> None:
    moment = dt.datetime(2024, 2, 29, 23, 59, 58, 123456)  # noqa: DTZ001
    assert codecs.encode_date(moment).hex() == "787c021d183c3b"
    assert codecs.encode_timestamp(moment).hex() == "787c021d183c3b075bca00"


@given(MOMENTS)
def test_a_moment_survives(moment: dt.datetime) -> None:
    assert codecs.decode_datetime(codecs.encode_timestamp(moment)) == moment
    assert codecs.decode_datetime(codecs.encode_date(moment)) == moment.replace(microsecond=0)


@given(MOMENTS)
def test_a_zoned_moment_survives(moment: dt.datetime) -> None:
    zoned = moment.replace(tzinfo=dt.UTC)
    assert codecs.decode_datetime(codecs.encode_timestamp_tz(zoned)) == zoned


@given(st.floats(allow_nan=False))
def test_a_double_survives(number: float) -> None:
    assert codecs.decode_double(codecs.encode_double(number)) == number


@given(st.floats(width=32, allow_nan=False), st.floats(width=32, allow_nan=False))
def test_encoded_floats_sort_like_floats(first: float, second: float) -> None:
    assert codecs.decode_float(codecs.encode_float(first)) == first
    if first < second:
        assert codecs.encode_float(first) < codecs.encode_float(second)


@given(st.tuples(*(st.integers(0, 2**bits - 1) for bits in (32, 16, 32, 16))))
def test_a_rowid_survives(numbers: tuple[int, int, int, int]) -> None:
    text = codecs.format_rowid(codecs.RowId(*numbers))
    assert len(text) == 18
    assert codecs.parse_rowid(text) == numbers


@pytest.fixture(scope="module")
def plain_cursor(oracle_server):
    """One connection for many examples, which function-scoped fixtures do not allow."""
    with oracledb.connect(
        user=oracle_server.user, password=oracle_server.password, dsn=oracle_server.dsn
    ) as connection:
        cursor = connection.cursor()
        cursor.outputtypehandler = _exact
        yield cursor


def _exact(cursor, metadata):
    if metadata.type_code is oracledb.DB_TYPE_NUMBER:
        return cursor.var(Decimal, arraysize=cursor.arraysize)
    return None


@settings(max_examples=150, deadline=None)
@given(number=NUMBERS)
def test_the_driver_reads_the_number_it_wrote(plain_cursor: oracledb.Cursor, number: Decimal) -> None:
    plain_cursor.execute("SELECT CAST(:n AS NUMBER) FROM DUAL", n=number)
    assert plain_cursor.fetchone() == (number,)


@settings(max_examples=100, deadline=None)
@given(
    moment=MOMENTS,
    number=st.floats(allow_nan=False),
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0")),
)
def test_the_driver_reads_what_it_wrote(
    plain_cursor: oracledb.Cursor, moment: dt.datetime, number: float, text: str
) -> None:
    plain_cursor.setinputsizes(m=oracledb.DB_TYPE_TIMESTAMP, n=oracledb.DB_TYPE_BINARY_DOUBLE)
    plain_cursor.execute(
        "SELECT CAST(:m AS TIMESTAMP(6)), CAST(:n AS BINARY_DOUBLE), :t FROM DUAL", m=moment, n=number, t=text
    )
    assert plain_cursor.fetchone() == (moment, number, text or None)


def test_a_double_that_is_not_a_number(plain_cursor: oracledb.Cursor) -> None:
    plain_cursor.setinputsizes(oracledb.DB_TYPE_BINARY_DOUBLE)
    plain_cursor.execute("SELECT CAST(:1 AS BINARY_DOUBLE) FROM DUAL", [math.nan])
    assert math.isnan(plain_cursor.fetchone()[0])
