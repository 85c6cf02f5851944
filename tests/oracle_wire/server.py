"""The listener, and what tests hold in their hands: address, faults, journal.

Facts relied on: a thin client needs the service name in its connect descriptor; an unknown one is refused
with 12514, a SID with 12505. Sessions are threads; each has its own PostgreSQL connection.
"""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from tests.oracle_wire.columns import TextLimits
from tests.oracle_wire.engine import Backend
from tests.oracle_wire.faults import Faults
from tests.oracle_wire.nls import AMERICAN, Nls
from tests.oracle_wire.session import Session

_SCRIPTS = [pathlib.Path(__file__).with_name(name) for name in ("compat.sql", "catalog.sql")]
_INSTALLED_VERSION = "SELECT obj_description(to_regnamespace('oracle_wire'), 'pg_namespace')"
_PASSWORD_OF = "SELECT password FROM oracle_wire.account WHERE username = %s"
_ONE_INSTALLS = 7_413_790  # key of the advisory lock
_PATIENCE = 5.0
USER, PASSWORD, SERVICE = "WINTHOR", "winthor", "WINT"


class Entry(NamedTuple):
    """A statement as a session sent it; ``tags`` are module, action, client_identifier ..."""

    session: int
    sql: str
    tags: dict[str, str]


class OracleWireServer:
    """``with OracleWireServer(postgres_url) as server: create_engine(server.url)``.

    ``schema`` is the PostgreSQL schema that the Oracle user's unqualified names live in. ``strict`` refuses
    what Oracle 19c would refuse; ``inspector`` sees every statement before it is parsed and may raise
    OracleError. ``nls`` and ``characterset``: those of the instance, with which each session begins.
    """

    def __init__(
        self,
        postgres_url: str,
        *,
        schema: str = "winthor",
        user: str = USER,
        password: str = PASSWORD,
        service: str = SERVICE,
        inspector: Callable[[str], None] | None = None,
        nls: Mapping[str, str] = AMERICAN,
        characterset: str = "AL32UTF8",
    ) -> None:
        self.postgres_url = postgres_url.replace("postgresql+psycopg://", "postgresql://", 1)
        self.schema = schema
        self.service = service
        self.user = user
        self.password = password
        self.faults = Faults()
        self.journal: list[Entry] = []
        self.sorted_by_language: list[str] = []  # queries whose ORDER BY a linguistic NLS_SORT would have sorted
        self.breakdowns: list[str] = []  # tracebacks of the server itself: a test that ends with one has failed
        self.max_idle_blocker_s: float | None = None  # MAX_IDLE_BLOCKER_TIME, for sessions that begin from now on
        self._inspector = inspector
        self._nls = nls
        self._characterset = characterset
        self._limits = TextLimits()
        self._lock = threading.Lock()
        self._sessions: dict[int, Session] = {}
        self._number = 0
        self._listener: socket.socket | None = None
        self.port = 0

    # --- life

    def __enter__(self) -> OracleWireServer:
        self.install()
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_listening()
        self.kill_sessions()
        self._wait_for_sessions()

    def install(self) -> None:
        """Schema and compatibility objects, unless they are there; safe for several processes at once."""
        script = b"".join(path.read_bytes() for path in _SCRIPTS)
        version = hashlib.sha256(script).hexdigest()
        with psycopg.connect(self.postgres_url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_INSTALLS])
            connection.execute("SET LOCAL client_min_messages = error")
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"'.encode())
            installed = connection.execute(_INSTALLED_VERSION).fetchone()
            if installed != (version,):
                connection.execute(script)
                connection.execute(f"COMMENT ON SCHEMA oracle_wire IS '{version}'".encode())

    def listen(self) -> None:
        """Start the listener; after ``stop_listening`` on the same port again."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="oracle-wire-listener", daemon=True).start()

    def stop_listening(self) -> None:
        """Nobody can connect any more; sessions live on."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def kill_sessions(self) -> int:
        """Cut every connection, as a database restart would: none hears of what another's end sets free."""
        sessions = self.sessions
        with contextlib.ExitStack() as silence:
            for session in sessions:
                silence.enter_context(session.turn)
            for session in sessions:
                session.kill()
        return len(sessions)

    # --- for tests

    @property
    def dsn(self) -> str:
        return f"127.0.0.1:{self.port}/{self.service}"

    @property
    def url(self) -> str:
        """For SQLAlchemy."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"oracle+oracledb://{login}@127.0.0.1:{self.port}/?service_name={self.service}"

    @property
    def sessions(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

    def drop_everything(self) -> None:
        """An empty schema; sessions are cut first, so that nobody holds a lock on it."""
        self.kill_sessions()
        self._wait_for_sessions()
        with psycopg.connect(self.postgres_url) as connection:
            connection.execute("SET LOCAL client_min_messages = error")
            connection.execute(f'DROP SCHEMA "{self.schema}" CASCADE; CREATE SCHEMA "{self.schema}"'.encode())
        self._limits.forget()

    def reset(self) -> None:
        """Forget faults and journal between tests."""
        self.faults.clear()
        self.journal.clear()
        self.max_idle_blocker_s = None

    # --- for sessions

    def password_of(self, user: str) -> str | None:
        """None for a user that does not exist; beside the server's own there are those made by CREATE USER."""
        if user.upper() == self.user.upper():
            return self.password
        with psycopg.connect(self.postgres_url) as connection:
            row = connection.execute(_PASSWORD_OF, [user.upper()]).fetchone()
        return None if row is None else str(row[0])

    def open_backend(self, session: Session) -> Backend:
        schema = self.schema if session.user == self.user.upper() else session.user.lower()
        settings = {
            "user": session.user,
            "schema": schema.upper(),
            "sid": str(session.number),
            "service": self.service,
        }
        nls = Nls(dict(self._nls), self._characterset)
        url = self.postgres_url
        if self.max_idle_blocker_s is not None:
            # Ended whether it blocks others or not, which nobody else can see.
            ms = int(self.max_idle_blocker_s * 1000)
            url = make_conninfo(url, options=f"-c idle_in_transaction_session_timeout={ms}")
        return Backend(url, schema, self._limits, settings, nls, self.sorted_by_language)

    def inspect(self, sql: str) -> None:
        if self._inspector is not None:
            self._inspector(sql)

    def record(self, session: Session, sql: str) -> None:
        self.journal.append(Entry(session.number, sql, dict(session.tags)))

    def report(self, breakdown: str) -> None:
        self.breakdowns.append(breakdown)

    def forget(self, session: Session) -> None:
        with self._lock:
            self._sessions.pop(session.number, None)

    def _wait_for_sessions(self) -> None:
        end = time.monotonic() + _PATIENCE
        while self.sessions and time.monotonic() < end:
            time.sleep(0.002)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1))
            with self._lock:
                self._number += 1
                session = Session(self, sock, self._number)
                self._sessions[session.number] = session
            threading.Thread(target=session.run, name=f"oracle-wire-{session.number}", daemon=True).start()
