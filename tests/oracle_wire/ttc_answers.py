"""What a thin driver reads: TTC answers put together.

Facts relied on: an answer ends with an error message (number 0 for success) or, where no cursor is
involved, with a status message. Rows follow a row header; a LOB travels as a locator; number 1403 says that
a query has no more rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.oracle_wire import codecs
from tests.oracle_wire.columns import CLOB, TEXTS, Column
from tests.oracle_wire.packets import Writer
from tests.oracle_wire.ttc import FIELD_VERSION, UTF8, UTF16, Message, Outcome

BANNER = b"Oracle Database 19c (protocol test server)"
NO_DATA_FOUND, ARRAY_ERRORS = 1403, 24381
_TRANSACTION_IN_PROGRESS = 2
_FIELD_VERSION_PLACE, _CAPABILITIES, _RUNTIME_CAPABILITIES = 7, 45, 7


def protocol_answer() -> bytes:
    capabilities = bytearray(_CAPABILITIES)
    capabilities[_FIELD_VERSION_PLACE] = FIELD_VERSION
    fdo = bytes(9) + UTF16.to_bytes(2, "big")
    writer = Writer().bytes_(Message.PROTOCOL, 6, 0).raw(BANNER + b"\0").raw(UTF8.to_bytes(2, "little")).bytes_(0, 0, 0)
    writer.raw(len(fdo).to_bytes(2, "big") + fdo)
    return bytes(writer.octets(bytes(capabilities)).octets(bytes(_RUNTIME_CAPABILITIES)))


def data_types_answer() -> bytes:
    return bytes([Message.DATA_TYPES, 0, 0])


def auth_answer(values: dict[str, str], verifier_type: int = 0) -> bytes:
    writer = Writer().bytes_(Message.PARAMETER).integer(len(values))
    for key, value in values.items():
        writer.text(key).text(value).integer(verifier_type if key == "AUTH_VFR_DATA" else 0)
    return bytes(writer) + status(False)


def status(in_transaction: bool) -> bytes:
    return bytes(Writer().bytes_(Message.STATUS).integers(_call_status(in_transaction), 0))


def outcome(end: Outcome) -> bytes:
    writer = Writer().bytes_(Message.ERROR)
    writer.integers(_call_status(end.in_transaction), 0, 0, min(end.code, 65535), 0, 0, end.cursor, 0)
    writer.bytes_(0, 0, 0, 0, 0, 0)
    writer.integers(0, 0).bytes_(0).integers(0, 0)  # rowid
    writer.integer(0).bytes_(0, 0).integers(0, 0, 0)
    _write_batch_errors(writer, end.batch_errors)
    writer.integers(end.code, end.count)
    if end.code:
        writer.octets(end.message.encode())
    return bytes(writer)


def _write_batch_errors(writer: Writer, problems: Sequence[tuple[int, int, str]]) -> None:
    if not problems:
        writer.integers(0, 0, 0)
        return
    writer.integer(len(problems)).bytes_(0)
    writer.integers(*(code for _, code, _ in problems))
    writer.integer(len(problems)).bytes_(0)
    writer.integers(*(offset for offset, _, _ in problems))
    writer.integer(len(problems)).bytes_(0)
    for _, _, message in problems:
        writer.integer(len(message.encode())).octets(message.encode()).bytes_(0, 0)


def _call_status(in_transaction: bool) -> int:
    return _TRANSACTION_IN_PROGRESS if in_transaction else 0


def describe(columns: Sequence[Column]) -> bytes:
    writer = Writer().bytes_(Message.DESCRIBE).octets(b"\0").integers(0, len(columns))
    if columns:
        writer.bytes_(0)
    for place, column in enumerate(columns, 1):
        _write_column(writer, column, place)
    writer.integers(0, 0, 0, 0, 0, 0)
    return bytes(writer)


def _write_column(writer: Writer, column: Column, place: int) -> None:
    is_text = column.kind in TEXTS or column.kind == CLOB
    writer.bytes_(column.kind, 0, column.precision & 0xFF, column.scale & 0xFF)
    writer.integers(column.size, 0, 0, 0, 0, UTF8 if is_text else 0)
    writer.bytes_(int(is_text)).integers(column.length, 0).bytes_(1, min(len(column.name), 255))
    writer.text(column.name).integers(0, 0, place, 0)


def row_header() -> bytes:
    return bytes(Writer().bytes_(Message.ROW_HEADER, 0).integers(0, 0, 0, 0, 0, 0))


def row(values: Sequence[bytes]) -> bytes:
    """Values as ``wire_value`` and its siblings made them."""
    return bytes([Message.ROW_DATA]) + b"".join(values)


def wire_value(data: bytes | None) -> bytes:
    return bytes(Writer().octets(data))


def long_value(data: bytes | None) -> bytes:
    return bytes(Writer().octets(data).integers(0, 0))


def rowid_value(text: str | None) -> bytes:
    if text is None:
        return b"\0"
    rowid = codecs.parse_rowid(text)
    writer = Writer().bytes_(14).integers(rowid.object_number, rowid.file_number)
    return bytes(writer.bytes_(0).integers(rowid.block, rowid.row))


def lob_value(locator: bytes | None, size: int, chunk_size: int) -> bytes:
    if locator is None:
        return b"\0"
    return bytes(Writer().integer(len(locator)).integers(size, chunk_size).octets(locator))


def returned(values: Sequence[bytes]) -> bytes:
    """One RETURNING bind: how many rows, each value with its true length (0: nothing cut off)."""
    return bytes(Writer().integer(len(values))) + b"".join(item + b"\0" for item in values)


def execute_parameters(counts: Sequence[int]) -> bytes:
    return bytes(Writer().bytes_(Message.PARAMETER).integers(0, 0, 0, 0, len(counts), *counts))


def lob_answer(locator: bytes, data: bytes | None, amount: int | None, *, creates: bool, is_open: bool | None) -> bytes:
    writer = Writer()
    if data:
        writer.bytes_(Message.LOB_DATA).octets(data)
    writer.bytes_(Message.PARAMETER).raw(locator)
    if creates:
        writer.integer(0).bytes_(0)
    elif amount is not None:
        writer.integer(amount)
    if is_open is not None:
        writer.bytes_(int(is_open))
    return bytes(writer)
