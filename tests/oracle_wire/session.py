"""One connection: connecting, logging in, breaks, and its end.

Facts relied on: one thread reads packets so that a break is seen during a call, another executes. A client
whose call timed out sends an interrupt marker, waits for a marker, sends a reset marker and expects a reset
marker and an error. An interrupt that arrives when the answer has been sent must be ignored: the client
takes the answer for the reaction. A reset without a call (the client failed while reading) still wants its
reset marker and error.
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

import psycopg

from tests.oracle_wire import packets, ttc, ttc_answers, ttc_requests
from tests.oracle_wire.auth import VERIFIER_TYPE_12C, PasswordExchange
from tests.oracle_wire.calls import MAX_OPEN_CURSORS, Calls
from tests.oracle_wire.engine import Backend
from tests.oracle_wire.errors import DEAD_SESSION, OracleError, SessionLost
from tests.oracle_wire.faults import Fault
from tests.oracle_wire.ttc import Function, Message

if TYPE_CHECKING:
    from tests.oracle_wire.server import OracleWireServer

_RESET_PATIENCE = 10.0
_CANCEL_INTERVAL = 0.05
_NO_SUCH_SERVICE, _NO_SUCH_SID = 12514, 12505


class Session:
    def __init__(self, server: OracleWireServer, sock: socket.socket, number: int) -> None:
        self.number = number
        self.user = ""
        self.tags: dict[str, str] = {}
        self._server = server
        self._packets = packets.PacketSocket(sock)
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._backend: Backend | None = None
        self._calls: Calls | None = None
        self.turn = threading.Lock()  # guards sending and the two flags below
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
                self._start(self._read_packets)
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

    def _log_in(self, reader: packets.Reader) -> tuple[bytes, bool]:
        user, _ = ttc_requests.read_auth(reader)
        exchange = PasswordExchange(self._server.password_of(user))
        self._send(ttc_answers.auth_answer(exchange.challenge(), VERIFIER_TYPE_12C))
        _, function, _ = ttc_requests.read_piggybacks(reader)
        if function != Function.AUTH_PHASE_TWO:
            raise packets.ProtocolError(f"function {function} inside the login")
        user, given = ttc_requests.read_auth(reader)
        proof = exchange.answer(given)
        refusal = 1017 if proof is None else self._server.faults.login_refusal
        if proof is None or refusal:
            return self._failure(OracleError(refusal)), False
        self.user = user.upper()
        try:
            self._backend = self._server.open_backend(self)
        except psycopg.OperationalError as failure:
            return self._failure(OracleError(20, f"maximum number of processes exceeded ({failure})")), False
        self._calls = Calls(self._backend, self, self._server.inspect)
        return ttc_answers.auth_answer(self._greeting(proof)), True

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

    # --- packets and markers

    def _read_packets(self) -> None:
        while (packet := self._packets.receive()) is not None:
            if packet.kind == packets.MARKER:
                self._marker(packet.body[2])
            elif packet.kind == packets.DATA:
                if packet.body[1] & packets.DATA_FLAG_END_OF_FILE:
                    break
                with self.turn:
                    self._busy = True
                self._inbox.put(packet.body[2:])
        self._leave()

    def _marker(self, kind: int) -> None:
        with self.turn, contextlib.suppress(OSError):
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
        self._packets.send_data(self._failure(OracleError(1013)))
        self._reset.clear()
        self._wake.clear()
        self._interrupted = self._busy = False
        with self._cancelling:
            pass  # a cancel under way must not hit the next statement

    def _leave(self) -> None:
        """Nobody listens any more: end the running statement and all waiting."""
        self._closing = True
        self._inbox.put(None)
        self._stop_working()

    def _stop_working(self) -> None:
        self._wake.set()
        self._start(self._keep_cancelling)

    def _keep_cancelling(self) -> None:
        """A cancel between two commands hits nothing, so it is repeated until the call has ended."""
        while True:
            with self._cancelling:
                if self._ended.is_set() or not (self._closing or self._interrupted):
                    return
                if self._backend is not None:
                    self._backend.cancel()
            self._ended.wait(_CANCEL_INTERVAL)

    # --- calls

    def _serve(self) -> None:
        lives_on = True
        while lives_on:
            reader = packets.Reader(self._more)
            answer, lives_on = self._call(reader)
            if not reader.at_end():
                raise packets.ProtocolError("bytes left behind a request")
            self._send(answer)

    def _more(self) -> bytes:
        data = self._inbox.get()
        if data is None:
            raise SessionLost
        return data

    def _send(self, answer: bytes) -> None:
        with self.turn:
            if not self._interrupted:
                self._busy = False
                self._packets.send_data(answer)
                return
        if not self._reset.wait(_RESET_PATIENCE):
            raise SessionLost
        with self.turn:
            self._finish_reset()

    def _call(self, reader: packets.Reader) -> tuple[bytes, bool]:
        """The answer, and whether the session lives on."""
        message, function, ahead = ttc_requests.read_piggybacks(reader)
        if message == Message.PROTOCOL:
            ttc_requests.skip_protocol(reader)
            return ttc_answers.protocol_answer(), True
        if message == Message.DATA_TYPES:
            ttc_requests.skip_data_types(reader)
            return ttc_answers.data_types_answer(), True
        if function == Function.AUTH_PHASE_ONE:
            return self._log_in(reader)
        if self._calls is None or self._backend is None:
            raise packets.ProtocolError(f"message {message}, function {function} before the login")
        self._apply(ahead, self._calls, self._backend)
        if function == Function.LOGOFF:
            self._backend.rollback()
            return ttc_answers.status(False), False
        try:
            return self._calls.answer(function, reader), True
        except OracleError as error:
            return self._failure(error), error.code not in DEAD_SESSION

    def _apply(self, ahead: ttc.Piggybacks, calls: Calls, backend: Backend) -> None:
        calls.free(ahead)
        self.tags |= ahead.tags
        for key, text in ahead.tags.items():
            backend.remember(key, text)

    def _failure(self, error: OracleError) -> bytes:
        in_transaction = self._backend is not None and self._backend.in_transaction
        return ttc_answers.outcome(ttc.Outcome(in_transaction, 0, error.code, error.message))

    # --- the gate that every statement passes

    def before(self, sql: str) -> list[Fault]:
        self._server.record(self, sql)
        due = self._server.faults.due(sql)
        for fault in due:
            if not fault.after:
                self._suffer(fault)
        if self._interrupted or self._closing:
            raise OracleError(1013)
        return [fault for fault in due if fault.after]

    def after(self, due: list[Fault]) -> None:
        for fault in due:
            self._suffer(fault)

    def _suffer(self, fault: Fault) -> None:
        if fault.seconds:
            self._wake.wait(fault.seconds)
        if fault.kills:
            raise SessionLost
        if fault.code:
            raise OracleError(fault.code, fault.text)

    # --- the end

    def _end(self) -> None:
        """Roll back before the socket closes: whoever connects next finds the locks free."""
        with self._cancelling:
            self._ended.set()
        if self._backend is not None:
            with contextlib.suppress(Exception):  # the connection to PostgreSQL may be what broke
                self._backend.rollback()
            self._backend.close()
        self._packets.close()
        self._server.forget(self)

    def _start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name=f"oracle-wire-{self.number}-{work.__name__}", daemon=True).start()
