"""One Oracle session executed on one PostgreSQL connection.

Facts relied on: Oracle opens a transaction with the first change or row lock and only then; a failing
statement undoes itself and nothing else; the rows of an array before the failing one stay; a definition
commits first and does not wait for locks. PostgreSQL reports NOWAIT and lock_timeout alike (55P03).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
from psycopg import pq

from tests.oracle_wire.columns import Column, Limit, TextLimits, described
from tests.oracle_wire.ddl import BYTES, CHARS, translate_definition
from tests.oracle_wire.errors import OracleError, SessionLost, from_postgres
from tests.oracle_wire.nls import LOOKS_LIKE_A_DATE, LOOKS_LIKE_A_NUMBER, Nls
from tests.oracle_wire.translate import Statement
from tests.oracle_wire.triggers import ROW_OF_ARRAY

UNKNOWN_OID, TEXT_OID = 0, 25
_NUMERIC_OID, _TIMESTAMP_OID, _TIMESTAMPTZ_OID = 1700, 1114, 1184
_UNDO_ATTEMPTS = 20
_DEFINITION_LOCK_TIMEOUT_MS = 500

_FIELDS = {
    "sqlstate": pq.DiagnosticField.SQLSTATE,
    "message": pq.DiagnosticField.MESSAGE_PRIMARY,
    "detail": pq.DiagnosticField.MESSAGE_DETAIL,
    "table": pq.DiagnosticField.TABLE_NAME,
    "column": pq.DiagnosticField.COLUMN_NAME,
    "constraint": pq.DiagnosticField.CONSTRAINT_NAME,
}
_GOOD = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)
_INDETERMINATE, _CANCELLED, _CHECK_VIOLATION = "42P18", "57014", "23514"


class Parameter(NamedTuple):
    """A value on its way to PostgreSQL, in text form."""

    data: bytes | None
    oid: int


@dataclass
class Result:
    columns: list[Column] = field(default_factory=list)
    rows: list[tuple[bytes | None, ...]] = field(default_factory=list)
    count: int = 0


class PostgresFailure(Exception):
    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get("message", ""))
        self.fields = fields

    @property
    def state(self) -> str:
        return self.fields.get("sqlstate", "")


class Backend:
    def __init__(
        self,
        postgres_url: str,
        schema: str,
        limits: TextLimits,
        settings: dict[str, str],
        nls: Nls,
        sorted_by_language: list[str],
    ) -> None:
        self._connection = psycopg.connect(postgres_url, autocommit=True)
        self._libpq = self._connection.pgconn
        self._cancel = self._libpq.get_cancel()
        self._schema = settings["schema"]
        self._limits = limits
        self.in_transaction = False
        self._command(
            f'SET search_path = "{schema}", oracle_wire, pg_catalog; SET DateStyle = ISO; SET TimeZone = UTC;'
            "SET synchronous_commit = off; SET client_min_messages = error"
        )
        if self._connection.info.parameter_status("is_superuser") == "on":
            self._command("SET deadlock_timeout = '200ms'")
        self.nls = nls
        self._sorted_by_language = sorted_by_language
        for key, value in {**settings, **self.nls.parameters, "NLS_CHARACTERSET": self.nls.characterset}.items():
            self.remember(key, value)

    def remember(self, key: str, value: str) -> None:
        """What SYS_CONTEXT('USERENV', key) answers."""
        self._run(b"SELECT set_config('oracle_wire.' || $1, $2, false)", [Parameter(key.encode(), 25), _text(value)])

    def execute(self, statement: Statement, parameters: Sequence[Parameter], row: int = 1) -> Result:
        """One execution, atomic by itself inside the transaction it belongs to; ``row``: of an array which one."""
        if self._limits.triggers and statement.verb == "INSERT":
            of_a_query = any(token.upper == "SELECT" for token in statement.tokens)
            self.remember(ROW_OF_ARRAY, "2" if of_a_query else str(row))
        if statement.is_definition and [token.upper for token in statement.tokens[:2]] == ["ALTER", "SESSION"]:
            for key, value in self.nls.alter(statement.tokens).items():
                self.remember(key, value)
            return Result()
        if statement.is_definition:
            return self._define(statement)
        if statement.is_query and self.nls.parameters["NLS_SORT"] != "BINARY" and statement.sorts:
            self._sorted_by_language.append(statement.source)
        if statement.verb == "SET":
            return Result()
        if statement.verb in ("COMMIT", "ROLLBACK") and not _goes_to_savepoint(statement):
            self.commit() if statement.verb == "COMMIT" else self.rollback()
            return Result()
        return self._in_savepoint(statement, lambda: self._attempt(statement, list(parameters)), parameters)

    def describe(self, statement: Statement) -> list[Column]:
        """Columns of a query without running it."""

        def prepare() -> Result:
            sql = statement.sql.encode()
            self._checked(self._libpq.prepare(b"", sql))
            answer = self._checked(self._libpq.describe_prepared(b""))
            return Result([self._column(answer, i, 0) for i in _shown(statement, answer)])

        return self._in_savepoint(statement, prepare, ()).columns

    def parse(self, statement: Statement) -> None:
        """Check the names of a statement; it opens no transaction."""
        was_in_transaction = self.in_transaction
        self.describe(statement)
        if not was_in_transaction:
            self.rollback()

    def commit(self) -> None:
        if self.in_transaction:
            self.in_transaction = False
            try:
                self._command("COMMIT")
            except PostgresFailure as failure:
                raise OracleError(2091, f"transaction rolled back ({failure})") from None

    def rollback(self) -> None:
        if self.in_transaction:
            self.in_transaction = False
            self._undo("ROLLBACK")

    def cancel(self) -> None:
        """Stop the running statement; safe from another thread."""
        try:
            self._cancel.cancel()
        except psycopg.Error:
            return

    def close(self) -> None:
        self._connection.close()

    def _in_savepoint(
        self, statement: Statement, action: Callable[[], Result], parameters: Sequence[Parameter]
    ) -> Result:
        opens = not self.in_transaction and (statement.is_change or statement.locks or statement.verb == "SAVEPOINT")
        inside = opens or self.in_transaction
        prologue, epilogue = ["BEGIN" if opens else "SAVEPOINT oracle_wire"] if inside else [], []
        if statement.wait == "WAIT" and inside:
            prologue.append(f"SET LOCAL lock_timeout = {max(int(statement.wait_seconds * 1000), 1)}")
            epilogue.append("SET LOCAL lock_timeout = 0")
        if inside and not opens and statement.verb not in ("SAVEPOINT", "ROLLBACK"):
            epilogue.append("RELEASE SAVEPOINT oracle_wire")
        if prologue and not (statement.verb == "SAVEPOINT" and not opens):
            self._command("; ".join(prologue))
        try:
            result = action()
            if epilogue:
                self._command("; ".join(epilogue))
        except PostgresFailure as failure:
            if opens:
                self._undo("ROLLBACK")
            elif inside:
                self._undo("ROLLBACK TO SAVEPOINT oracle_wire; RELEASE SAVEPOINT oracle_wire")
            if _learns(statement, failure):
                return self._in_savepoint(statement, action, parameters)
            raise self._oracle_error(failure, statement, parameters) from None
        self.in_transaction = inside
        return result

    def _attempt(self, statement: Statement, parameters: list[Parameter]) -> Result:
        for place in statement.text_binds:
            parameters[place] = _as_text(parameters[place])
        self._by_the_session(statement, parameters)
        if self.nls.single_byte:
            parameters = [self._as_stored(parameter) for parameter in parameters]
        return self._result(statement, self._run(statement.sql.encode(), parameters))

    def _as_stored(self, parameter: Parameter) -> Parameter:
        """A text in the characters that the database has."""
        if parameter.oid not in (UNKNOWN_OID, TEXT_OID) or parameter.data is None:
            return parameter
        return Parameter(self.nls.stored(parameter.data.decode()).encode(), parameter.oid)

    def _by_the_session(self, statement: Statement, parameters: list[Parameter]) -> None:
        """Texts that come where a date or a number is due are read as the session's NLS parameters say."""
        texts = [place for place, parameter in enumerate(parameters) if _may_be_converted(parameter)]
        if not texts:
            return
        self._checked(self._libpq.prepare(b"", statement.sql.encode()))
        answer = self._checked(self._libpq.describe_prepared(b""))
        for place in texts:
            kind, text = answer.param_type(place), (parameters[place].data or b"").decode()
            if kind in (_TIMESTAMP_OID, _TIMESTAMPTZ_OID):
                parameters[place] = Parameter(self.nls.moment(text).encode(), kind)
            elif kind == _NUMERIC_OID:
                parameters[place] = Parameter(self.nls.number(text).encode(), kind)

    def _result(self, statement: Statement, answer: pq.abc.PGresult) -> Result:
        count = answer.command_tuples or 0
        if not answer.nfields:
            return Result(count=count)
        shown = _shown(statement, answer)
        rows = [tuple(answer.get_value(row, i) for i in shown) for row in range(answer.ntuples)]
        longest = [max((len(row[i] or b"") for row in rows), default=0) for i in range(len(shown))]
        return Result([self._column(answer, i, size) for i, size in zip(shown, longest, strict=True)], rows, count)

    def _column(self, answer: pq.abc.PGresult, place: int, longest: int) -> Column:
        return described(answer, place, longest, lambda *of: self._limits.of(of[0], of[1], self._read_limits))

    def _read_limits(self, table: int) -> dict[int, Limit]:
        answer = self._run(
            b"SELECT conkey[1], substring(pg_get_constraintdef(oid) from '<= (\\d+)'), conname LIKE '%$bytes'"
            b" FROM pg_constraint WHERE conrelid = $1 AND contype = 'c'"
            b" AND (conname LIKE '%$bytes' OR conname LIKE '%$chars')",
            [Parameter(str(table).encode(), 26)],
        )
        values = [[(answer.get_value(row, i) or b"").decode() for i in range(3)] for row in range(answer.ntuples)]
        return {int(column): Limit(int(size), in_bytes == "t") for column, size, in_bytes in values}

    def _define(self, statement: Statement) -> Result:
        self.commit()
        commands = translate_definition(statement)
        try:
            if self.nls.single_byte:
                commands = [command.replace("octet_length", "char_length") for command in commands]
            if commands:
                self._limits.triggers |= any("RETURNS trigger" in command for command in commands)
                timeout = f"SET LOCAL lock_timeout = {_DEFINITION_LOCK_TIMEOUT_MS}"
                self._command("; ".join(["BEGIN", timeout, *commands, "COMMIT"]))
        except PostgresFailure as failure:
            self._undo("ROLLBACK")
            raise self._oracle_error(failure, statement, ()) from None
        self._limits.forget()
        return Result()

    def _oracle_error(
        self, failure: PostgresFailure, statement: Statement, parameters: Sequence[Parameter]
    ) -> OracleError:
        constraint = failure.fields.get("constraint", "")
        if failure.state == _CHECK_VIOLATION and constraint.endswith((BYTES, CHARS)) and statement.is_definition:
            return OracleError(1441)
        if failure.state == _CHECK_VIOLATION and constraint.endswith((BYTES, CHARS)):
            return self._too_large(failure, constraint, parameters)
        return from_postgres(failure.fields, self._schema, statement.verb, statement.wait, statement.sequences)

    def _too_large(self, failure: PostgresFailure, constraint: str, parameters: Sequence[Parameter]) -> OracleError:
        column, _, unit = constraint.rpartition("$")
        table = failure.fields.get("table", "")
        answer = self._run(
            b"SELECT substring(pg_get_constraintdef(oid) from '<= (\\d+)') FROM pg_constraint"
            b" WHERE conname = $1 AND conrelid = to_regclass(quote_ident($2))",
            [_text(constraint), _text(table)],
        )
        maximum = int(answer.get_value(0, 0) or b"0") if answer.ntuples else 0
        in_bytes = unit == "bytes" and not self.nls.single_byte
        sizes = [len(p.data) if in_bytes else len(p.data.decode()) for p in parameters if p.data is not None]
        actual = min((size for size in sizes if size > maximum), default=maximum + 1)
        names = {"schema": self._schema, "table": table.swapcase(), "column": column.swapcase()}
        return OracleError(12899, **names, actual=actual, maximum=maximum)

    def _run(self, sql: bytes, parameters: Sequence[Parameter]) -> pq.abc.PGresult:
        values, oids = [p.data for p in parameters], [p.oid for p in parameters]
        return self._checked(self._libpq.exec_params(sql, values, oids))

    def _command(self, sql: str) -> None:
        self._checked(self._libpq.exec_(sql.encode()))

    def _undo(self, sql: str) -> None:
        """A late cancel may hit the clean-up instead of the statement: once more, then."""
        for attempt in reversed(range(_UNDO_ATTEMPTS)):
            try:
                self._command(sql)
            except PostgresFailure as failure:
                if failure.state != _CANCELLED or not attempt:
                    raise
            else:
                return

    def _checked(self, answer: pq.abc.PGresult) -> pq.abc.PGresult:
        if answer.status in _GOOD:
            return answer
        if self._libpq.status == pq.ConnStatus.BAD:
            raise SessionLost("PostgreSQL closed the connection")
        values = {key: answer.error_field(code) for key, code in _FIELDS.items()}
        raise PostgresFailure({key: value.decode() for key, value in values.items() if value})


def _shown(statement: Statement, answer: pq.abc.PGresult) -> list[int]:
    hidden = () if statement.mentions_rowid else (b"rowid",)
    return [i for i in range(answer.nfields) if answer.fname(i) not in hidden]


def _goes_to_savepoint(statement: Statement) -> bool:
    return any(token.upper == "TO" for token in statement.tokens)


def _learns(statement: Statement, failure: PostgresFailure) -> bool:
    """Whether another try is worth it: PostgreSQL could not infer the type of a bind, which then is text."""
    match = re.search(r"type of parameter \$(\d+)", str(failure)) if failure.state == _INDETERMINATE else None
    place = int(match.group(1)) - 1 if match else None
    if place is None or place in statement.text_binds:
        return False
    statement.text_binds.add(place)
    return True


def _may_be_converted(parameter: Parameter) -> bool:
    if parameter.oid != UNKNOWN_OID or not parameter.data:
        return False
    return bool(LOOKS_LIKE_A_DATE.fullmatch(parameter.data) or LOOKS_LIKE_A_NUMBER.fullmatch(parameter.data))


def _as_text(parameter: Parameter) -> Parameter:
    return Parameter(parameter.data, TEXT_OID) if parameter.oid == UNKNOWN_OID else parameter


def _text(value: str) -> Parameter:
    return Parameter(value.encode(), TEXT_OID)
