"""Integers and strings inside packets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle_wire.packets import Reader, Writer


def reader_of(data: bytes, size: int) -> Reader:
    """Hands the data out in packets of ``size`` bytes."""
    pieces = iter([data[start : start + size] for start in range(0, len(data), size)])
    return Reader(lambda: next(pieces))


def test_integers_take_as_few_bytes_as_they_need() -> None:
    written = bytes(Writer().integers(0, 255, 256, -1, 2**32))
    assert written.hex(" ") == "00 01 ff 02 01 00 81 01 08 00 00 00 01 00 00 00 00"


def test_a_long_string_goes_in_chunks() -> None:
    written = bytes(Writer().octets(b"x" * 40_000))
    assert written[:4].hex() == "fe027fff"
    assert written[-1] == 0
    assert reader_of(written, 8000).octets() == b"x" * 40_000


def test_null_and_empty_are_the_same() -> None:
    assert bytes(Writer().octets(None)) == bytes(Writer().octets(b"")) == b"\0"
    assert reader_of(b"\0\xff", 1).octets() is None


@given(
    st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.binary(min_size=1, max_size=600)), min_size=1),
    st.integers(1, 50),
)
def test_values_survive_any_split_into_packets(items: list[int | bytes], size: int) -> None:
    writer = Writer()
    for item in items:
        writer.integer(item) if isinstance(item, int) else writer.octets(item)
    reader = reader_of(bytes(writer), size)
    assert [reader.integer() if isinstance(item, int) else reader.octets() for item in items] == items
    assert reader.at_end()
