"""What a thin driver asks: TTC requests cut into their parts.

Facts relied on: a request is optional piggybacks and one function, each with message type, code and
sequence number. Most fields are pointers and lengths that a thin driver fills in a fixed way; they are
skipped. Bind rows carry values that may exceed the maximum string size behind all others. Nothing is read
for a text whose announced length is 0: a driver that sends an empty one all the same (thin does, for an
end-to-end tag set to "") has put its zero byte where a message type is due, and loses its session.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.oracle_wire import codecs
from tests.oracle_wire.columns import BOOLEAN, DATES, DOUBLE, FLOAT, LOBS, NUMBERS, RAWS, ROWID, TEXTS
from tests.oracle_wire.packets import ProtocolError, Reader
from tests.oracle_wire.ttc import (
    NATIONAL,
    BindType,
    BringsValue,
    Execute,
    Function,
    LobOperation,
    LobRequest,
    Locator,
    Message,
    Option,
    Piggybacks,
)

_FLAG_ROW_COUNTS = 0x4000
_REEXECUTE_COMMIT = 0x1
_LOB_ARRAY = 0x80000


def read_piggybacks(reader: Reader) -> tuple[int, int, Piggybacks]:
    """Message type and function code that follow, after what rides in front of them.

    Raises ProtocolError for a byte that is no message type of a client, as Oracle ends the session with ORA-03137.
    """
    ahead = Piggybacks()
    while (message := reader.byte()) == Message.PIGGYBACK:
        code = reader.byte()
        reader.skip(1)
        _read_piggyback(reader, code, ahead)
    if message in (Message.PROTOCOL, Message.DATA_TYPES):
        return message, 0, ahead
    if message != Message.FUNCTION:
        raise ProtocolError(f"{message} where a message type is due")
    code = reader.byte()
    reader.skip(1)
    return message, code, ahead


def _read_piggyback(reader: Reader, code: int, ahead: Piggybacks) -> None:
    if code == Function.CLOSE_CURSORS:
        reader.skip(1)
        ahead.closed_cursors += reader.integers(reader.integer())
    elif code == Function.END_TO_END:
        ahead.tags |= _read_tags(reader)
    elif code == Function.LOB_OPERATION:
        ahead.freed_lobs += read_lob_request(reader).locators
    elif code == Function.SET_SCHEMA:
        reader.skip(1)
        reader.sized_octets()
    elif code == Function.SESSION_STATE:
        reader.integer()
    elif code == Function.KEY_VALUE:
        _skip_key_values(reader)
    else:
        raise ProtocolError(f"piggyback {code}")


def _read_tags(reader: Reader) -> dict[str, str]:
    """client_identifier, module, action, client_info, dbop: first whether they are set and how long they are, then
    the texts of those that are not empty. A tag that is set and has no length is cleared."""
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
    if any(size and not is_set for is_set, size in sizes.values()):
        raise ProtocolError(f"a length without its tag: {sizes}")
    given = {name: size for name, (is_set, size) in sizes.items() if is_set}
    return {name: (reader.octets_of(size) or b"").decode() for name, size in given.items()}


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
        fetch=fetch if options & Option.FETCH else 0,
        runs=bool(options & Option.EXECUTE),
        describes=bool(options & Option.DESCRIBE),
        commits=bool(options & Option.COMMIT),
        batch_errors=bool(options & Option.BATCH_ERRORS),
        row_counts=bool(numbers[9] & _FLAG_ROW_COUNTS),
    )
    if options & Option.DEFINE:
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
        if reader.byte() != Message.ROW_DATA:
            raise ProtocolError("bind row expected")
        row: list[object] = [None] * len(types)
        for place in order:
            row[place] = _read_value(reader, types[place])
        rows.append(row)
    return rows


def _read_value(reader: Reader, bind: BindType) -> object:
    if bind.kind in LOBS:
        locator = reader.sized_octets()
        return None if locator is None else Locator(locator)
    if bind.kind == BOOLEAN:
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
    if operation == LobOperation.CREATE:
        reader.integer()
    if operation == LobOperation.WRITE:
        if reader.byte() != Message.LOB_DATA:
            raise ProtocolError("LOB data expected")
        data = reader.octets() or b""
    if sends_amount:
        amount = reader.integer()
    return LobRequest(operation, locators, offset, amount, kind, data, sends_amount)
