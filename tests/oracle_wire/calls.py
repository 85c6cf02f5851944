"""The calls of a session that is logged in: statements, fetches, LOBs, transaction ends.

Facts relied on: a description is sent when a cursor is parsed and whenever it has changed. A client that
sees a LOB in one answers with a define; rows before it would be misread. Only when a text column has become
a CLOB does it take the text without a define. A cursor id stays with its statement until the client closes
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from tests.oracle_wire import ttc, ttc_answers, ttc_requests, values
from tests.oracle_wire.columns import LOBS, LONG, TEXTS, Column
from tests.oracle_wire.engine import Backend, Result
from tests.oracle_wire.errors import DEAD_SESSION, OracleError
from tests.oracle_wire.faults import COMMIT, Fault
from tests.oracle_wire.lobs import Lobs
from tests.oracle_wire.packets import ProtocolError, Reader
from tests.oracle_wire.translate import BLOCKS, Statement, translate
from tests.oracle_wire.ttc import BindType, Execute, Function, Outcome

MAX_OPEN_CURSORS = 300
_AS_TEXT = BindType(LONG, 1, 0)

Row = tuple[bytes | None, ...]


class Gate(Protocol):
    """Where every statement passes: it is recorded, and faults happen."""

    def before(self, sql: str) -> list[Fault]:
        """Returns the faults that are due once the statement has taken effect."""

    def after(self, due: list[Fault]) -> None: ...


@dataclass
class Cursor:
    statement: Statement
    bind_types: list[BindType] = field(default_factory=list)
    columns: list[Column] | None = None  # as the client knows them
    defines: list[BindType] | None = None
    rows: list[Row] = field(default_factory=list)
    position: int = 0
    row_counts: bool = False

    def take(self, count: int) -> list[Row]:
        rows = self.rows[self.position : self.position + count]
        self.position += len(rows)
        return rows

    def redefine(self, columns: list[Column]) -> None:
        """New columns: the old defines only live on where text has become a CLOB."""
        was_text = [kind in TEXTS for kind in self._kinds_sent()]
        lobs = [place for place, column in enumerate(columns) if column.kind in LOBS]
        goes_on = bool(lobs) and all(place < len(was_text) and was_text[place] for place in lobs)
        self.columns, self.defines = columns, [_AS_TEXT] * len(columns) if goes_on else None

    @property
    def awaits_defines(self) -> bool:
        return self.defines is None and any(column.kind in LOBS for column in self.columns or ())

    def _kinds_sent(self) -> list[int]:
        columns = self.columns or []
        defines = [define.kind for define in self.defines or ()] or [0] * len(columns)
        return [define if column.kind in LOBS else column.kind for column, define in zip(columns, defines, strict=True)]


class Calls:
    def __init__(self, backend: Backend, gate: Gate, inspect: Callable[[str], None]) -> None:
        self._backend = backend
        self._gate = gate
        self._inspect = inspect
        self._cursors: dict[int, Cursor] = {}
        self._next_cursor = 1
        self._lobs = Lobs()

    def answer(self, function: int, reader: Reader) -> bytes:
        if function == Function.EXECUTE:
            return self._execute(ttc_requests.read_execute(reader, self._brings_value))
        if function in (Function.REEXECUTE, Function.REEXECUTE_AND_FETCH):
            is_query = function == Function.REEXECUTE_AND_FETCH
            return self._execute(ttc_requests.read_reexecute(reader, is_query, self._brings_value))
        if function == Function.FETCH:
            return self._fetch(*ttc_requests.read_fetch(reader))
        if function == Function.LOB_OPERATION:
            request = ttc_requests.read_lob_request(reader)
            return self._lobs.answer(request) + ttc_answers.status(self._backend.in_transaction)
        if function == Function.COMMIT:
            self._commit()
        elif function == Function.ROLLBACK:
            self._gate.before("ROLLBACK")
            self._backend.rollback()
        elif function == Function.PING:
            self._gate.before("PING")
        else:
            raise ProtocolError(f"function {function}")
        return ttc_answers.status(self._backend.in_transaction)

    def free(self, ahead: ttc.Piggybacks) -> None:
        """What the client has closed since its last call."""
        for cursor in ahead.closed_cursors:
            self._cursors.pop(cursor, None)
        self._lobs.free(ahead.freed_lobs)

    # --- cursors

    def _brings_value(self, number: int, sql: str | None, types: list[BindType] | None) -> list[BindType]:
        statement = self._cursor(number).statement if sql is None else _parsed(sql)
        types = self._cursor(number).bind_types if types is None else types
        if statement is None or len(statement.binds) != len(types):
            return types
        return [kind for kind, bind in zip(types, statement.binds, strict=True) if not bind.is_return]

    def _cursor(self, number: int) -> Cursor:
        try:
            return self._cursors[number]
        except KeyError:
            raise OracleError(1001) from None

    def _open(self, number: int, sql: str) -> int:
        if len(self._cursors) >= MAX_OPEN_CURSORS:
            raise OracleError(1000)
        self._inspect(sql)
        statement = translate(sql)
        if not number:
            number, self._next_cursor = self._next_cursor, self._next_cursor + 1
        self._cursors[number] = Cursor(statement)
        return number

    def _execute(self, request: Execute) -> bytes:
        number = request.cursor
        try:
            if request.sql is not None:
                number = self._open(number, request.sql)
            return self._executed(number, self._cursor(number), request)
        except OracleError as error:
            if error.code in DEAD_SESSION:
                raise
            return self._outcome(number, error.code, error.message)

    def _executed(self, number: int, cursor: Cursor, request: Execute) -> bytes:
        if request.bind_types is not None:
            cursor.bind_types = request.bind_types
        if request.define_types is not None:
            cursor.defines = request.define_types
        if request.describes:
            return self._description(cursor, self._backend.describe(cursor.statement)) + self._outcome(number)
        if not request.runs and request.define_types is not None:
            return self._fetch(number, request.fetch)
        if not request.runs:
            self._parse(cursor.statement)
            return self._outcome(number)
        cursor.row_counts = cursor.row_counts or request.row_counts
        if cursor.statement.is_query:
            return self._query(number, cursor, request)
        return self._change(number, cursor, request)

    def _parse(self, statement: Statement) -> None:
        """Only parsed, as ``Cursor.parse`` asks for a change: names are checked, and faults happen."""
        self._gate.before(statement.source)
        self._backend.parse(statement)

    def _outcome(self, cursor: int, code: int = 0, message: str = "", count: int = 0) -> bytes:
        return ttc_answers.outcome(Outcome(self._backend.in_transaction, cursor, code, message, count))

    # --- queries

    def _query(self, number: int, cursor: Cursor, request: Execute) -> bytes:
        result = self._run(cursor, request.rows[0] if request.rows else [])
        cursor.rows, cursor.position = result.rows, 0
        description = b"" if cursor.columns == result.columns else self._description(cursor, result.columns)
        if request.commits:
            self._commit()
        return description + self._fetch(number, 0 if cursor.awaits_defines else request.fetch)

    def _description(self, cursor: Cursor, columns: list[Column]) -> bytes:
        cursor.redefine(columns)
        return ttc_answers.describe(columns)

    def _fetch(self, number: int, count: int) -> bytes:
        cursor = self._cursor(number)
        taken = cursor.take(count)
        body = b"".join(self._row(cursor, row) for row in taken)
        if taken:
            body = ttc_answers.row_header() + body
        if len(taken) == count:
            return body + self._outcome(number, count=cursor.position)
        return body + self._outcome(number, ttc_answers.NO_DATA_FOUND, "ORA-01403: no data found", cursor.position)

    def _row(self, cursor: Cursor, row: Row) -> bytes:
        columns = cursor.columns or []
        defines: list[BindType | None] = [*cursor.defines] if cursor.defines else [None] * len(row)
        return ttc_answers.row(
            [
                values.fetched(data, column, define, self._lobs)
                for data, column, define in zip(row, columns, defines, strict=True)
            ]
        )

    # --- changes

    def _change(self, number: int, cursor: Cursor, request: Execute) -> bytes:
        """An array stops at its first error, or collects its errors when the client asks for that."""
        counts: list[int] = []
        results: list[Result] = []
        problems: list[tuple[int, int, str]] = []
        code, message = 0, ""
        for place, row in enumerate(request.rows or [[]] * max(request.executions, 1)):
            try:
                results.append(self._run(cursor, row, place + 1))
                counts.append(results[-1].count)
            except OracleError as error:
                if error.code in DEAD_SESSION:
                    raise
                if not request.batch_errors:
                    code, message = error.code, error.message
                    break
                problems.append((place, error.code, error.message))
                counts.append(0)
        failed = bool(code)
        if problems:
            code, message = ttc_answers.ARRAY_ERRORS, "ORA-24381: error(s) in array DML"
        if request.commits and not failed:
            self._commit()
        end = Outcome(self._backend.in_transaction, number, code, message, sum(counts), tuple(problems))
        body = b"" if failed else self._returned(cursor, results)
        if cursor.row_counts:
            body += ttc_answers.execute_parameters(counts)
        return body + ttc_answers.outcome(end)

    def _returned(self, cursor: Cursor, results: Iterable[Result]) -> bytes:
        """The binds behind RETURNING ... INTO: per execution and bind, one value for each row."""
        kinds = _types(cursor, returned=True)
        if not kinds:
            return b""
        return b"".join(
            ttc_answers.row(
                [
                    ttc_answers.returned([values.returned(row[place], kind, self._lobs) for row in result.rows])
                    for place, kind in enumerate(kinds)
                ]
            )
            for result in results
        )

    def _run(self, cursor: Cursor, row: list[object], place: int = 1) -> Result:
        statement = cursor.statement
        if statement.verb in BLOCKS:
            raise OracleError(6550)
        kinds = _types(cursor, returned=False)
        if len(row) != len(kinds) or len(cursor.bind_types) < len(statement.binds):
            raise OracleError(1008)
        due = self._gate.before(statement.source)
        parameters = [values.parameter(item, kind, self._lobs) for item, kind in zip(row, kinds, strict=True)]
        result = self._backend.execute(statement, parameters, place)
        self._gate.after(due)
        return result

    def _commit(self) -> None:
        due = self._gate.before(COMMIT)
        self._backend.commit()
        self._gate.after(due)


def _types(cursor: Cursor, *, returned: bool) -> list[BindType]:
    pairs = zip(cursor.bind_types, cursor.statement.binds, strict=False)
    return [kind for kind, bind in pairs if bind.is_return is returned]


def _parsed(sql: str) -> Statement | None:
    """None for what does not parse: the error is raised where it can be answered."""
    try:
        return translate(sql)
    except OracleError:
        return None
