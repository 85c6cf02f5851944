"""One connection: login, then one call after the other.

Facts relied on: one thread reads packets so that a break is seen during a call, another executes. A client
whose call timed out sends an interrupt marker, waits for a marker, sends a reset marker and expects a reset
marker and an error. An interrupt that arrives when the answer has been sent must be ignored: the client
takes the answer for the reaction. A reset without a call (the client failed while reading) still wants its
reset marker and error.
"""

from __future__ import annotations

import queue
import re
import socket
import threading
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from tests.oracle_wire import packets, ttc, values
from tests.oracle_wire.auth import VERIFIER_TYPE_12C, PasswordExchange
from tests.oracle_wire.engine import BLOB, CLOB, Backend, Column, Result
from tests.oracle_wire.errors import OracleError, SessionLost
from tests.oracle_wire.faults import COMMIT, Fault
from tests.oracle_wire.lobs import CHUNK_SIZE, Lobs
from tests.oracle_wire.translate import BLOCKS, Statement, translate

if TYPE_CHECKING:
    from tests.oracle_wire.server import OracleWireServer

MAX_OPEN_CURSORS = 300
_RESET_PATIENCE = 10.0
_CANCEL_INTERVAL = 0.05
_DEAD_SESSION = frozenset({28, 31, 600, 2396, 3113, 3114, 3135})
_NO_SUCH_SERVICE, _NO_SUCH_SID = 12514, 12505


@dataclass
class Cursor:
    statement: Statement
    bind_types: list[ttc.BindType] = field(default_factory=list)
    defines: list[ttc.BindType] | None = None
    columns: list[Column] | None = None  # as the client knows them
    rows: list[tuple[bytes | None, ...]] = field(default_factory=list)
    position: int = 0
    row_counts: bool = False

    def take(self, count: int) -> list[tuple[bytes | None, ...]]:
        rows = self.rows[self.position : self.position + count]
        self.position += len(rows)
        return rows

    @property
    def awaits_defines(self) -> bool:
        """The client answers a description with LOBs by a define; rows before it would be misread."""
        return self.defines is None and any(column.kind in (CLOB, BLOB) for column in self.columns or ())


class Session:
    def __init__(self, server: OracleWireServer, sock: socket.socket, number: int) -> None:
        self.number = number
        self.user = ""
        self.tags: dict[str, str] = {}
        self._server = server
        self._packets = packets.PacketSocket(sock)
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._backend: Backend | None = None
        self._cursors: dict[int, Cursor] = {}
        self._next_cursor = 1
        self._lobs = Lobs()
        self._turn = threading.Lock()  # guards sending and the two flags
        self._busy = False
        self._interrupted = False
        self._closing = False
        self._cancelling = threading.Lock()
        self._wake = threading.Event()
        self._reset = threading.Event()
        self._ended = threading.Event()

    def run(self) -> None:
        try:
            if self._connect():
                threading.Thread(
                    target=self._read_packets, name=f"oracle-wire-reader-{self.number}", daemon=True
                ).start()
                self._serve()
        except (SessionLost, OSError):
            pass
        except Exception:
            if not self._closing:
                self._server.report(traceback.format_exc())
        finally:
            self._end()

    def kill(self) -> None:
        """Cut the connection, whatever it is doing."""
        self._packets.close()
        self._leave()

    # --- connecting

    def _connect(self) -> bool:
        packet = self._packets.receive()
        if packet is None or packet.kind != packets.CONNECT:
            return False
        descriptor = packets.connect_data(packet, self._packets.receive)
        refusal = self._server.faults.connection_refusal or self._unknown_target(descriptor)
        if refusal:
            self._packets.refuse(refusal)
            return False
        self._packets.accept()
        return True

    def _unknown_target(self, descriptor: str) -> int:
        service = re.search(r"SERVICE_NAME=([^)]*)\)", descriptor, re.IGNORECASE)
        if service is None:
            return _NO_SUCH_SID
        return 0 if service.group(1).upper() == self._server.service.upper() else _NO_SUCH_SERVICE

    def _read_packets(self) -> None:
        while (packet := self._packets.receive()) is not None:
            if packet.kind == packets.MARKER:
                self._marker(packet.body[2])
            elif packet.kind == packets.DATA:
                if packet.body[1] & packets.DATA_FLAG_END_OF_FILE:
                    break
                with self._turn:
                    self._busy = True
                self._inbox.put(packet.body[2:])
        self._leave()

    def _leave(self) -> None:
        """Nobody listens any more: end the running statement and all waiting."""
        self._closing = True
        self._inbox.put(None)
        self._stop_working()

    def _stop_working(self) -> None:
        self._wake.set()
        threading.Thread(
            target=self._keep_cancelling, name=f"oracle-wire-cancel-{self.number}", daemon=True
        ).start()

    def _keep_cancelling(self) -> None:
        """A cancel between two commands hits nothing, so it is repeated until the call has ended."""
        while True:
            with self._cancelling:
                if self._ended.is_set() or not (self._closing or self._interrupted):
                    return
                if self._backend is not None:
                    self._backend.cancel()
            self._ended.wait(_CANCEL_INTERVAL)

    def _marker(self, kind: int) -> None:
        with self._turn:
            if kind == packets.MARKER_RESET:
                self._reset.set()
                if not self._busy:
                    self._finish_reset()
            elif self._busy and not self._interrupted:
                self._interrupted = True
                self._packets.send_marker(packets.MARKER_BREAK)
                self._stop_working()

    def _finish_reset(self) -> None:
        self._packets.send_marker(packets.MARKER_RESET)
        cancelled = OracleError(1013)
        self._packets.send_data(
            ttc.outcome(ttc.Outcome(self._in_transaction, 0, cancelled.code, cancelled.message))
        )
        self._reset.clear()
        self._wake.clear()
        self._interrupted = self._busy = False
        with self._cancelling:
            pass  # a cancel under way must not hit the next statement

    # --- calls

    def _serve(self) -> None:
        reader = packets.Reader(self._more)
        while True:
            if not reader.at_end():
                raise packets.ProtocolError("bytes left behind a request")
            reader = packets.Reader(self._more)
            answer, lives_on = self._call(reader)
            self._send(answer)
            if not lives_on:
                return

    def _more(self) -> bytes:
        data = self._inbox.get()
        if data is None:
            raise SessionLost
        return data

    def _send(self, answer: bytes) -> None:
        with self._turn:
            if not self._interrupted:
                self._busy = False
                self._packets.send_data(answer)
                return
        if not self._reset.wait(_RESET_PATIENCE):
            raise SessionLost
        with self._turn:
            self._finish_reset()

    def _call(self, reader: packets.Reader) -> tuple[bytes, bool]:
        message, function, ahead = ttc.read_piggybacks(reader)
        self._apply(ahead)
        if message == ttc.PROTOCOL:
            ttc.skip_protocol(reader)
            return ttc.protocol_answer(), True
        if message == ttc.DATA_TYPES:
            ttc.skip_data_types(reader)
            return ttc.data_types_answer(), True
        if function == ttc.AUTH_PHASE_ONE:
            return self._log_in(reader)
        if function == ttc.LOGOFF:
            self._require_backend().rollback()
            return ttc.status(False), False
        try:
            return self._dispatch(function, reader), True
        except OracleError as error:
            end = ttc.Outcome(self._in_transaction, 0, error.code, error.message)
            return ttc.outcome(end), error.code not in _DEAD_SESSION

    def _dispatch(self, function: int, reader: packets.Reader) -> bytes:
        if function == ttc.EXECUTE:
            return self._execute(ttc.read_execute(reader, self._brings_value))
        if function in (ttc.REEXECUTE, ttc.REEXECUTE_AND_FETCH):
            is_query = function == ttc.REEXECUTE_AND_FETCH
            return self._execute(ttc.read_reexecute(reader, is_query, self._brings_value))
        if function == ttc.FETCH:
            return self._fetch(*ttc.read_fetch(reader))
        if function == ttc.LOB_OPERATION:
            return self._lob(ttc.read_lob_request(reader))
        if function == ttc.COMMIT:
            self._commit()
        elif function == ttc.ROLLBACK:
            self._at("ROLLBACK")
            self._require_backend().rollback()
        elif function == ttc.PING:
            self._at("PING")
        else:
            raise packets.ProtocolError(f"function {function}")
        return ttc.status(self._in_transaction)

    def _apply(self, ahead: ttc.Piggybacks) -> None:
        for cursor in ahead.closed_cursors:
            self._cursors.pop(cursor, None)
        self._lobs.free(ahead.freed_lobs)
        if ahead.tags:
            self.tags |= ahead.tags
            for key, text in ahead.tags.items():
                self._require_backend().remember(key, text)

    def _log_in(self, reader: packets.Reader) -> tuple[bytes, bool]:
        user, _ = ttc.read_auth(reader)
        exchange = PasswordExchange(self._server.password_of(user))
        self._send(ttc.auth_answer(exchange.challenge(), VERIFIER_TYPE_12C))
        reader.skip(3)
        user, given = ttc.read_auth(reader)
        proof = exchange.answer(given)
        refusal = 1017 if proof is None else self._server.faults.login_refusal
        if refusal:
            error = OracleError(refusal)
            return ttc.outcome(ttc.Outcome(False, 0, error.code, error.message)), False
        self.user = user.upper()
        try:
            self._backend = self._server.open_backend(self)
        except psycopg.OperationalError as failure:
            error = OracleError(20, f"maximum number of processes exceeded ({failure})")
            return ttc.outcome(ttc.Outcome(False, 0, error.code, error.message)), False
        return ttc.auth_answer(self._greeting(proof or "")), True

    def _greeting(self, proof: str) -> dict[str, str]:
        return {
            "AUTH_VERSION_NO": str(ttc.SERVER_VERSION),
            "AUTH_SESSION_ID": str(self.number),
            "AUTH_SERIAL_NUM": "1",
            "AUTH_SC_DBUNIQUE_NAME": "WIRE",
            "AUTH_SC_SERVICE_NAME": self._server.service,
            "AUTH_INSTANCENAME": "wire",
            "AUTH_MAX_OPEN_CURSORS": str(MAX_OPEN_CURSORS),
            "AUTH_SVR_RESPONSE": proof,
        }

    # --- statements

    def _brings_value(
        self, cursor: int, sql: str | None, types: list[ttc.BindType] | None
    ) -> list[ttc.BindType]:
        statement = self._cursor(cursor).statement if sql is None else _parsed(sql)
        types = self._cursor(cursor).bind_types if types is None else types
        if statement is None or len(statement.binds) != len(types):
            return types
        return [bind for bind, known in zip(types, statement.binds, strict=True) if not known.is_return]

    def _cursor(self, number: int) -> Cursor:
        try:
            return self._cursors[number]
        except KeyError:
            raise OracleError(1001) from None

    def _execute(self, request: ttc.Execute) -> bytes:
        number = request.cursor
        try:
            if request.sql is not None:
                number = self._parse(request)
            return self._answer(number, self._cursor(number), request)
        except OracleError as error:
            if error.code in _DEAD_SESSION:
                raise
            return ttc.outcome(ttc.Outcome(self._in_transaction, number, error.code, error.message))

    def _parse(self, request: ttc.Execute) -> int:
        assert request.sql is not None
        if len(self._cursors) >= MAX_OPEN_CURSORS:
            raise OracleError(1000)
        self._server.inspect(request.sql)
        number = request.cursor or self._next_cursor
        if not request.cursor:
            self._next_cursor += 1
        self._cursors[number] = Cursor(translate(request.sql))
        return number

    def _answer(self, number: int, cursor: Cursor, request: ttc.Execute) -> bytes:
        if request.bind_types is not None:
            cursor.bind_types = request.bind_types
        if request.define_types is not None:
            cursor.defines = request.define_types
        if request.describes:
            columns = self._require_backend().describe(cursor.statement)
            return self._description(cursor, columns) + ttc.outcome(ttc.Outcome(self._in_transaction, number))
        if not request.runs and request.define_types is not None:
            return self._fetch(number, request.fetch)
        cursor.row_counts = cursor.row_counts or request.row_counts
        if cursor.statement.is_query:
            return self._query(number, cursor, request)
        return self._change(number, cursor, request)

    def _query(self, number: int, cursor: Cursor, request: ttc.Execute) -> bytes:
        result = self._run(cursor, request.rows[0] if request.rows else [])
        cursor.rows, cursor.position = result.rows, 0
        description = b"" if cursor.columns == result.columns else self._description(cursor, result.columns)
        if request.commits:
            self._commit()
        fetch = 0 if cursor.awaits_defines else request.fetch
        return description + self._fetch(number, fetch)

    def _description(self, cursor: Cursor, columns: list[Column]) -> bytes:
        cursor.columns, cursor.defines = columns, None
        return ttc.describe(columns)

    def _fetch(self, number: int, count: int) -> bytes:
        cursor = self._cursor(number)
        taken = cursor.take(count)
        body = b""
        if taken:
            body = ttc.row_header() + b"".join(self._row(cursor, row) for row in taken)
        ended = len(taken) < count
        message = "ORA-01403: no data found" if ended else ""
        end = ttc.Outcome(
            self._in_transaction, number, ttc.NO_DATA_FOUND if ended else 0, message, cursor.position
        )
        return body + ttc.outcome(end)

    def _row(self, cursor: Cursor, row: tuple[bytes | None, ...]) -> bytes:
        columns, defines = cursor.columns or [], cursor.defines or [None] * len(row)
        return ttc.row(
            [values.fetched(data, *how, self._lobs) for data, *how in zip(row, columns, defines, strict=True)]
        )

    def _change(self, number: int, cursor: Cursor, request: ttc.Execute) -> bytes:
        counts: list[int] = []
        returned: list[Result] = []
        problems: list[tuple[int, int, str]] = []
        failure: OracleError | None = None
        for place, row in enumerate(request.rows or [[]] * max(request.executions, 1)):
            try:
                result = self._run(cursor, row)
            except OracleError as error:
                if request.batch_errors:
                    problems.append((place, error.code, error.message))
                    counts.append(0)
                    continue
                failure = error
                break
            counts.append(result.count)
            returned.append(result)
        if failure is not None and failure.code in _DEAD_SESSION:
            raise failure
        if failure is None and request.commits:
            self._commit()
        end = ttc.Outcome(
            self._in_transaction,
            number,
            failure.code if failure else ttc.ARRAY_ERRORS if problems else 0,
            failure.message if failure else "ORA-24381: error(s) in array DML" if problems else "",
            sum(counts),
            tuple(problems),
        )
        body = self._returned(cursor, returned) if failure is None else b""
        if cursor.row_counts:
            body += ttc.execute_parameters(counts)
        return body + ttc.outcome(end)

    def _returned(self, cursor: Cursor, results: Iterable[Result]) -> bytes:
        if not cursor.statement.has_return_binds:
            return b""
        types = [
            kind
            for kind, bind in zip(cursor.bind_types, cursor.statement.binds, strict=True)
            if bind.is_return
        ]
        return b"".join(
            ttc.row(
                [
                    ttc.returned([values.returned(row[place], kind, self._lobs) for row in result.rows])
                    for place, kind in enumerate(types)
                ]
            )
            for result in results
        )

    def _run(self, cursor: Cursor, row: list[object]) -> Result:
        statement = cursor.statement
        if statement.verb in BLOCKS:
            raise OracleError(6550)
        types = [
            kind for kind, bind in zip(cursor.bind_types, statement.binds, strict=False) if not bind.is_return
        ]
        if len(row) != sum(not bind.is_return for bind in statement.binds):
            raise OracleError(1008)
        due = self._at(statement.source)
        if self._interrupted or self._closing:
            raise OracleError(1013)
        parameters = [values.parameter(item, kind, self._lobs) for item, kind in zip(row, types, strict=True)]
        result = self._require_backend().execute(statement, parameters)
        self._afterwards(due)
        return result

    def _commit(self) -> None:
        due = self._at(COMMIT)
        self._require_backend().commit()
        self._afterwards(due)

    # --- LOBs

    def _lob(self, request: ttc.LobRequest) -> bytes:
        operation, locator, data, amount = request.operation, request.locators, None, request.amount
        is_open = False if operation == ttc.LOB_IS_OPEN else None
        if operation == ttc.LOB_CREATE:
            create = self._lobs.of_text if request.kind == CLOB else self._lobs.of_bytes
            locator, _ = create("" if request.kind == CLOB else b"", temporary=True)  # type: ignore[operator]
        elif operation == ttc.LOB_FREE:
            self._lobs.free(locator)
        elif operation not in (ttc.LOB_OPEN, ttc.LOB_CLOSE, ttc.LOB_IS_OPEN):
            lob = self._lobs.find(locator)
            if operation == ttc.LOB_READ:
                data = lob.read(request.offset, amount)
                amount = len(data) // lob.unit
            elif operation == ttc.LOB_WRITE:
                lob.write(request.offset, request.data or b"")
            elif operation == ttc.LOB_TRIM:
                lob.trim(amount)
            elif operation == ttc.LOB_LENGTH:
                amount = lob.length
            elif operation == ttc.LOB_CHUNK_SIZE:
                amount = CHUNK_SIZE
            else:
                raise packets.ProtocolError(f"LOB operation {operation}")
        answer = ttc.lob_answer(
            locator, data, amount if request.sends_amount else None, operation == ttc.LOB_CREATE, is_open
        )
        return answer + ttc.status(self._in_transaction)

    # --- faults and the end

    def _at(self, sql: str) -> list[Fault]:
        """Record the statement and suffer the faults before it; those for afterwards are returned."""
        self._server.record(self, sql)
        due = self._server.faults.due(sql)
        for fault in due:
            if not fault.after:
                self._suffer(fault)
        return [fault for fault in due if fault.after]

    def _afterwards(self, due: list[Fault]) -> None:
        for fault in due:
            self._suffer(fault)

    def _suffer(self, fault: Fault) -> None:
        if fault.seconds:
            self._wake.wait(fault.seconds)
        if fault.kills:
            raise SessionLost
        if fault.code:
            raise OracleError(fault.code, fault.text)

    @property
    def _in_transaction(self) -> bool:
        return self._backend is not None and self._backend.in_transaction

    def _require_backend(self) -> Backend:
        if self._backend is None:
            raise OracleError(1012)
        return self._backend

    def _end(self) -> None:
        """Roll back before the socket closes: whoever connects next finds the locks free."""
        with self._cancelling:
            self._ended.set()
        if self._backend is not None:
            try:
                self._backend.rollback()
            except Exception:  # the connection to PostgreSQL may be what broke
                self._server.report_debug(traceback.format_exc())
            self._backend.close()
        self._packets.close()
        self._server.forget(self)


def _parsed(sql: str) -> Statement | None:
    """None for what does not parse: the error is raised where it can be answered."""
    try:
        return translate(sql)
    except OracleError:
        return None
