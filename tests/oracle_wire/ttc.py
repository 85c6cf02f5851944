"""TTC messages: what a thin driver asks and what it reads, for TTC field version 12 (a 19.1 server).

Facts relied on: a request is optional piggybacks and one function, each with message type, code and
sequence number. Announcing field version 12 and protocol 318 switches off fast authentication,
end-of-response markers, request boundaries, tokens and every field that came later. Bind rows carry values
longer than the maximum string size (4000) behind all others. An answer ends with an error message (number 0
for success) or a status message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.oracle_wire import codecs
from tests.oracle_wire.engine import (
    BLOB,
    CHAR,
    CLOB,
    DATE,
    DOUBLE,
    FLOAT,
    LONG,
    NUMBER,
    RAW,
    ROWID,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR,
    Column,
)
from tests.oracle_wire.packets import ProtocolError, Reader, Writer

FIELD_VERSION = 12
SERVER_VERSION = 19 << 24 | 3 << 16
BANNER = b"Oracle Database 19c (protocol test server)"

PROTOCOL, DATA_TYPES, FUNCTION, PIGGYBACK = 1, 2, 3, 17
_ERROR, _ROW_HEADER, _ROW_DATA, _PARAMETER, _STATUS, _LOB_DATA, _DESCRIBE = 4, 6, 7, 8, 9, 14, 16

REEXECUTE, FETCH, LOGOFF, COMMIT, ROLLBACK, REEXECUTE_AND_FETCH, EXECUTE, LOB_OPERATION = (
    4,
    5,
    9,
    14,
    15,
    78,
    94,
    96,
)
AUTH_PHASE_TWO, AUTH_PHASE_ONE, PING = 115, 118, 147
_CLOSE_CURSORS, _END_TO_END, _SET_SCHEMA, _KEY_VALUE, _SESSION_STATE = 105, 135, 152, 154, 176

NO_DATA_FOUND, ARRAY_ERRORS = 1403, 24381

_UTF8, _UTF16 = 873, 2000
NATIONAL = 2  # character set form
_MAX_STRING = 4000
_TRANSACTION_IN_PROGRESS = 2
_FIELD_VERSION_PLACE, _CAPABILITIES = 7, 45
_RUNTIME_CAPABILITIES = 7

_OPTION_DEFINE, _OPTION_EXECUTE, _OPTION_FETCH, _OPTION_COMMIT = 0x10, 0x20, 0x40, 0x100
_OPTION_DESCRIBE, _OPTION_BATCH_ERRORS = 0x20000, 0x80000
_FLAG_ROW_COUNTS = 0x4000
_REEXECUTE_COMMIT = 0x1

LOB_LENGTH, LOB_READ, LOB_TRIM, LOB_WRITE, LOB_CHUNK_SIZE = 0x1, 0x2, 0x20, 0x40, 0x4000
LOB_CREATE, LOB_FREE, LOB_OPEN, LOB_CLOSE, LOB_IS_OPEN = 0x110, 0x111, 0x8000, 0x10000, 0x11000
_LOB_ARRAY = 0x80000

_INTEGER_BIND, _BOOLEAN_BIND, _LONG_RAW, _TIMESTAMP_LOCAL = 3, 252, 24, 231
TEXTS, RAWS = frozenset({VARCHAR, CHAR, LONG}), frozenset({RAW, _LONG_RAW})
NUMBERS = frozenset({NUMBER, _INTEGER_BIND})
DATES = frozenset({DATE, TIMESTAMP, TIMESTAMP_TZ, _TIMESTAMP_LOCAL})


class Locator(NamedTuple):
    """A LOB that the client names by its locator."""

    data: bytes


class BindType(NamedTuple):
    kind: int
    form: int
    buffer_size: int

    @property
    def is_long(self) -> bool:
        return self.buffer_size > _MAX_STRING


@dataclass
class Execute:
    cursor: int
    sql: str | None = None
    bind_types: list[BindType] | None = None
    define_types: list[BindType] | None = None
    rows: list[list[object]] = field(default_factory=list)
    executions: int = 1
    fetch: int = 0
    runs: bool = True
    describes: bool = False
    commits: bool = False
    batch_errors: bool = False
    row_counts: bool = False


# (cursor, SQL, bind types; None: as before) -> types of the binds that bring a value. Those behind
# RETURNING ... INTO only have a type, and only the SQL tells which they are.
BringsValue = Callable[[int, "str | None", "list[BindType] | None"], "list[BindType]"]


class LobRequest(NamedTuple):
    operation: int
    locators: bytes
    offset: int
    amount: int
    kind: int
    data: bytes | None
    sends_amount: bool


@dataclass
class Piggybacks:
    closed_cursors: list[int] = field(default_factory=list)
    freed_lobs: bytes = b""
    tags: dict[str, str] = field(default_factory=dict)
    schema: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What the closing message of a call says."""

    in_transaction: bool
    cursor: int = 0
    code: int = 0
    message: str = ""
    count: int = 0
    batch_errors: tuple[tuple[int, int, str], ...] = ()  # offset, code, message


# --- requests


def read_piggybacks(reader: Reader) -> tuple[int, int, Piggybacks]:
    """Message type and function code that follow, after what rides in front of them."""
    ahead = Piggybacks()
    while (message := reader.byte()) == PIGGYBACK:
        code = reader.byte()
        reader.skip(1)
        _read_piggyback(reader, code, ahead)
    if message != FUNCTION:
        return message, 0, ahead
    code = reader.byte()
    reader.skip(1)
    return message, code, ahead


def _read_piggyback(reader: Reader, code: int, ahead: Piggybacks) -> None:
    if code == _CLOSE_CURSORS:
        reader.skip(1)
        ahead.closed_cursors += reader.integers(reader.integer())
    elif code == _END_TO_END:
        ahead.tags |= _read_tags(reader)
    elif code == LOB_OPERATION:
        ahead.freed_lobs += read_lob_request(reader).locators
    elif code == _SET_SCHEMA:
        reader.skip(1)
        ahead.schema = (reader.sized_octets() or b"").decode()
    elif code == _SESSION_STATE:
        reader.integer()
    elif code == _KEY_VALUE:
        _skip_key_values(reader)
    else:
        raise ProtocolError(f"piggyback {code}")


def _read_tags(reader: Reader) -> dict[str, str]:
    """client_identifier, module, action, client_info, dbop: first whether they are there, then the texts."""
    reader.skip(2)
    reader.integer()
    sizes: dict[str, tuple[int, int]] = {}
    for name in ("client_identifier", "module", "action"):
        sizes[name] = (reader.byte(), reader.integer())
    reader.skip(1)
    reader.integer()
    reader.skip(1)
    reader.integer()
    sizes["client_info"] = (reader.byte(), reader.integer())
    for _ in range(2):
        reader.skip(1)
        reader.integer()
    sizes["dbop"] = (reader.byte(), reader.integer())
    given = {name: size for name, (present, size) in sizes.items() if present}
    return {name: _read_tag(reader, size) for name, size in given.items()}


def _read_tag(reader: Reader, size: int) -> str:
    """A tag set to '' brings an empty string, one set to None nothing; no message type is 0."""
    return (reader.octets() or b"").decode() if size or reader.peek() == 0 else ""


def _skip_key_values(reader: Reader) -> None:
    reader.skip(1)
    reader.integer()
    reader.skip(1)
    pairs = reader.integer()
    reader.integer()
    reader.skip(1)
    reader.octets()
    for _ in range(pairs):
        reader.sized_octets()
        reader.sized_octets()
        reader.integer()


def skip_protocol(reader: Reader) -> None:
    reader.skip(2)
    reader.until_zero()


def skip_data_types(reader: Reader) -> None:
    reader.skip(5)
    reader.octets()
    reader.octets()
    while reader.uint16():
        reader.skip(6)


def read_auth(reader: Reader) -> tuple[str, dict[str, str]]:
    """User name and key/value pairs of either phase."""
    has_user = reader.byte()
    reader.integers(2)
    reader.skip(1)
    pairs = reader.integer()
    reader.skip(2)
    user = (reader.octets() or b"").decode() if has_user else ""
    values = {}
    for _ in range(pairs):
        key = (reader.sized_octets() or b"").decode()
        values[key] = (reader.sized_octets() or b"").decode()
        reader.integer()
    return user, values


def read_execute(reader: Reader, brings_value: BringsValue) -> Execute:
    options, cursor = reader.integers(2)
    reader.skip(1)
    has_sql = reader.integer() > 0
    reader.skip(1)
    reader.integer()
    reader.skip(2)
    reader.integer()
    fetch = reader.integers(2)[0]
    reader.skip(1)
    binds = reader.integer()
    reader.skip(6)
    defines = reader.integer()
    reader.integer()
    for width in (3, 1):
        reader.skip(width)
        reader.integer()
    reader.integer()
    for width in (1, 2, 1):
        reader.skip(width)
        reader.integer()
    reader.skip(1)
    reader.skip(1)
    reader.integer()
    sql = (reader.octets() or b"").decode() if has_sql else None
    numbers = reader.integers(13)
    request = Execute(
        cursor,
        sql,
        executions=1 if numbers[7] else numbers[1],
        fetch=fetch if options & _OPTION_FETCH else 0,
        runs=bool(options & _OPTION_EXECUTE),
        describes=bool(options & _OPTION_DESCRIBE),
        commits=bool(options & _OPTION_COMMIT),
        batch_errors=bool(options & _OPTION_BATCH_ERRORS),
        row_counts=bool(numbers[9] & _FLAG_ROW_COUNTS),
    )
    if options & _OPTION_DEFINE:
        request.define_types = [_read_type(reader) for _ in range(defines)]
    elif binds:
        request.bind_types = [_read_type(reader) for _ in range(binds)]
        given = brings_value(cursor, sql, request.bind_types)
        request.rows = _read_rows(reader, given, request.executions)
    return request


def read_reexecute(reader: Reader, is_query: bool, brings_value: BringsValue) -> Execute:
    cursor, number, _, options = reader.integers(4)
    executions = 1 if is_query else number
    request = Execute(cursor, executions=executions, fetch=number if is_query else 0)
    request.commits = bool(options & _REEXECUTE_COMMIT)
    request.rows = _read_rows(reader, brings_value(cursor, None, None), executions)
    return request


def _read_type(reader: Reader) -> BindType:
    kind = reader.byte()
    reader.skip(3)
    buffer_size = reader.integer()
    reader.integers(2)
    reader.sized_octets()
    reader.integers(2)
    form = reader.byte()
    reader.integers(2)
    return BindType(kind, form, buffer_size)


def _read_rows(reader: Reader, types: Sequence[BindType], executions: int) -> list[list[object]]:
    if not types:
        return [[] for _ in range(executions)]
    order = sorted(range(len(types)), key=lambda place: types[place].is_long)
    rows = []
    for _ in range(executions):
        if reader.byte() != _ROW_DATA:
            raise ProtocolError("bind row expected")
        row: list[object] = [None] * len(types)
        for place in order:
            row[place] = _read_value(reader, types[place])
        rows.append(row)
    return rows


def _read_value(reader: Reader, bind: BindType) -> object:
    if bind.kind in (CLOB, BLOB):
        locator = reader.sized_octets()
        return None if locator is None else Locator(locator)
    if bind.kind == _BOOLEAN_BIND:
        raise ProtocolError("BOOLEAN binds need Oracle 23ai")
    data = reader.octets()
    if data is None:
        return None
    if bind.kind in TEXTS:
        return data.decode("utf-16-be" if bind.form == NATIONAL else "utf-8")
    if bind.kind in NUMBERS:
        return codecs.decode_number(data)
    if bind.kind in DATES:
        return codecs.decode_datetime(data)
    if bind.kind in RAWS:
        return data
    if bind.kind == DOUBLE:
        return codecs.decode_double(data)
    if bind.kind == FLOAT:
        return codecs.decode_float(data)
    if bind.kind == ROWID:
        return data.decode()
    raise ProtocolError(f"bind type {bind.kind}")


def read_fetch(reader: Reader) -> tuple[int, int]:
    cursor, rows = reader.integers(2)
    return cursor, rows


def read_lob_request(reader: Reader) -> LobRequest:
    reader.skip(1)
    size = reader.integer()
    reader.skip(1)
    reader.integers(3)
    reader.skip(3)
    operation = reader.integer()
    reader.skip(2)
    offset, kind = reader.integers(2)
    sends_amount = bool(reader.byte())
    reader.skip(6)
    locators = reader.raw(size)
    data, amount = None, 0
    if operation & _LOB_ARRAY:
        return LobRequest(operation & ~_LOB_ARRAY, locators, offset, amount, kind, data, sends_amount)
    if operation == LOB_CREATE:
        reader.integer()
    if operation == LOB_WRITE:
        reader.skip(1)
        data = reader.octets() or b""
    if sends_amount:
        amount = reader.integer()
    return LobRequest(operation, locators, offset, amount, kind, data, sends_amount)


# --- answers


def protocol_answer() -> bytes:
    capabilities = bytearray(_CAPABILITIES)
    capabilities[_FIELD_VERSION_PLACE] = FIELD_VERSION
    fdo = bytes(9) + _UTF16.to_bytes(2, "big")
    writer = (
        Writer().bytes_(PROTOCOL, 6, 0).raw(BANNER + b"\0").raw(_UTF8.to_bytes(2, "little")).bytes_(0, 0, 0)
    )
    writer.raw(len(fdo).to_bytes(2, "big") + fdo)
    return bytes(writer.octets(bytes(capabilities)).octets(bytes(_RUNTIME_CAPABILITIES)))


def data_types_answer() -> bytes:
    return bytes([DATA_TYPES, 0, 0])


def auth_answer(values: dict[str, str], verifier_type: int = 0) -> bytes:
    writer = Writer().bytes_(_PARAMETER).integer(len(values))
    for key, value in values.items():
        writer.text(key).text(value).integer(verifier_type if key == "AUTH_VFR_DATA" else 0)
    return bytes(writer) + status(False)


def status(in_transaction: bool) -> bytes:
    return bytes(Writer().bytes_(_STATUS).integers(_call_status(in_transaction), 0))


def outcome(end: Outcome) -> bytes:
    writer = Writer().bytes_(_ERROR)
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
    writer = Writer().bytes_(_DESCRIBE).octets(b"\0").integers(0, len(columns))
    if columns:
        writer.bytes_(0)
    for place, column in enumerate(columns, 1):
        _write_column(writer, column, place)
    writer.integers(0, 0, 0, 0, 0, 0)
    return bytes(writer)


def _write_column(writer: Writer, column: Column, place: int) -> None:
    is_text = column.kind in TEXTS or column.kind == CLOB
    writer.bytes_(column.kind, 0, column.precision & 0xFF, column.scale & 0xFF)
    writer.integers(column.size, 0, 0, 0, 0, _UTF8 if is_text else 0)
    writer.bytes_(int(is_text)).integers(column.length, 0).bytes_(1, min(len(column.name), 255))
    writer.text(column.name).integers(0, 0, place, 0)


def row_header() -> bytes:
    return bytes(Writer().bytes_(_ROW_HEADER, 0).integers(0, 0, 0, 0, 0, 0))


def row(values: Sequence[bytes]) -> bytes:
    """Values as ``value`` and its siblings made them."""
    return bytes([_ROW_DATA]) + b"".join(values)


def value(data: bytes | None) -> bytes:
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
    return bytes(Writer().bytes_(_PARAMETER).integers(0, 0, 0, 0, len(counts), *counts))


def lob_answer(
    locator: bytes, data: bytes | None, amount: int | None, creates: bool, is_open: bool | None
) -> bytes:
    writer = Writer()
    if data:
        writer.bytes_(_LOB_DATA).octets(data)
    writer.bytes_(_PARAMETER).raw(locator)
    if creates:
        writer.integer(0).bytes_(0)
    elif amount is not None:
        writer.integer(amount)
    if is_open is not None:
        writer.bytes_(int(is_open))
    return bytes(writer)
