"""Engines: one per kind of database, each bounded in how long a call may take."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app.winthor.db.call_timeout import bounded_connection, connect_within
from app.winthor.db.faults import Indisponivel
from app.winthor.db.prazos import REQUISICAO_S, da_chamada, do_comando

# A connection idle for longer is pinged before it is used.
PING_APOS_S = 1.0
# To one address of an Oracle, and until it has let the user in: time for a second address where the first is dead, and
# for a request that tries again (R15).
CONEXAO_S = 3.0
ENTRADA_S = 6.0


class EnderecoRecusado(Exception):
    """No engine can be made for the address; the message (Portuguese) says why and never holds any of it."""


def create_engine(
    url: str,
    *,
    pool_size: int = 8,
    laterais: int = 0,
    lock_timeout_s: float = 3.0,
    limite_s: float = REQUISICAO_S,
    oracle_thick: str = "",
) -> sa.Engine:
    """An engine for one of the three databases (§3), its lock waits bounded by ``lock_timeout_s`` seconds.

    ``limite_s``: what a call may take, where nothing else is said for it; never less than a wait for a lock.

    ``laterais``: connections beside those of the pool, for what must not take a sale's.

    ``oracle_thick``: folder of Oracle's client libraries, for the driver's thick mode; Indisponivel when they are not
    there. Raises EnderecoRecusado, also where the database's driver is not installed. Nothing is connected yet.
    """
    try:
        backend = sa.make_url(url).get_backend_name()
    except (sa.exc.ArgumentError, ValueError):
        raise EnderecoRecusado("não é um endereço de banco de dados") from None  # its text would hold the password
    options: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 2 + laterais,
        "pool_timeout": 2.0,
        "hide_parameters": True,  # personal data must not reach an exception's text
    }
    if backend not in _ENGINES:
        raise EnderecoRecusado(f"banco sem suporte: {backend}")
    try:
        engine = _ENGINES[backend](url, lock_timeout_s, da_chamada(limite_s, lock_timeout_s), options, oracle_thick)
    except ModuleNotFoundError as error:
        raise EnderecoRecusado(f"falta o pacote {error.name}: pip install '{_PACOTES[backend]}'") from None
    except (sa.exc.ArgumentError, ValueError, TypeError):
        raise EnderecoRecusado("uma parte do endereço não é aceita pelo driver") from None
    if backend != "sqlite":
        _ping_idle(engine)
    return engine


def _connecting(engine: sa.Engine, connect: Callable[..., Any] | None = None) -> None:
    """Connect by this function, else the driver's. What breaks before the driver can speak, such as a name that does
    not resolve or an option it does not know, becomes its OperationalError."""

    @event.listens_for(engine, "do_connect")
    def open_connection(dialect: Any, _record: Any, cargs: Any, cparams: Any) -> Any:
        try:
            return (connect or dialect.loaded_dbapi.connect)(*cargs, **cparams)
        except (OSError, ValueError, TypeError) as error:
            raise dialect.loaded_dbapi.OperationalError(f"{type(error).__name__}: {error}") from error


def _ping_idle(engine: sa.Engine) -> None:
    """A connection that lay idle is asked whether it still lives before it is used: a restarted database is then not
    seen by a reader. A busy one is not asked: that would cost a round trip each time."""

    @event.listens_for(engine, "checkin")
    def note(_dbapi_connection: Any, record: Any) -> None:
        record.info["ociosa_desde"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(dbapi_connection: Any, record: Any, _proxy: Any) -> None:
        idle_since = record.info.get("ociosa_desde")
        if idle_since is None or time.monotonic() - idle_since < PING_APOS_S:
            return
        try:
            engine.dialect.do_ping(dbapi_connection)
        except Exception as error:
            # The pool throws the connection away and takes another.
            raise sa.exc.DisconnectionError from error


def _postgresql_engine(
    url: str, lock_timeout_s: float, limite_s: float, options: dict[str, Any], _thick: str
) -> sa.Engine:
    limits = (
        f"-c lock_timeout={int(lock_timeout_s * 1000)} -c statement_timeout={int(do_comando(limite_s) * 1000)}"
        " -c idle_in_transaction_session_timeout=20000"
    )
    connect_timeout = int(da_chamada(0, lock_timeout_s))
    connect_args = {"options": limits, "connect_timeout": connect_timeout, "application_name": "prevenda"}
    engine = sa.create_engine(url, connect_args=connect_args, **options)
    _connecting(engine, bounded_connection(limite_s).connect)

    @event.listens_for(engine, "checkin")
    def transacional(dbapi_connection: Any, _record: Any) -> None:
        if dbapi_connection is not None and dbapi_connection.autocommit and not dbapi_connection.closed:
            dbapi_connection.autocommit = False

    return engine


def _sqlite_engine(
    url: str, lock_timeout_s: float, _limite_s: float, options: dict[str, Any], _thick: str
) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": lock_timeout_s, "check_same_thread": False}, **options)
    _connecting(engine)

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # BEGIN is ours, below
        dbapi_connection.execute("PRAGMA journal_mode=WAL")
        dbapi_connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A writer takes the one write lock before it reads: no lost update, no upgrade deadlock.
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


# Who asks and what for, so that a DBA sees in V$SESSION which POS holds a lock: (client identifier, action).
IDENTIFICACAO: ContextVar[tuple[str, str | None]] = ContextVar("identificacao", default=("prevenda", None))


@contextlib.contextmanager
def identificar(quem: str, acao: str) -> Iterator[None]:
    """Connections taken inside carry these tags; those that the thread takes afterwards do not."""
    token = IDENTIFICACAO.set((quem, acao))
    try:
        yield
    finally:
        IDENTIFICACAO.reset(token)


# So that texts, dates and numbers do not depend on the site's instance.
SESSAO_DO_ORACLE = (
    "ALTER SESSION SET NLS_SORT = BINARY NLS_COMP = BINARY NLS_NUMERIC_CHARACTERS = '.,'"
    " NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF'"
)


def _oracle_engine(url: str, _lock_timeout_s: float, limite_s: float, options: dict[str, Any], thick: str) -> sa.Engine:
    import oracledb

    if thick:
        try:
            oracledb.init_oracle_client(lib_dir=thick)
        except oracledb.Error as error:
            raise Indisponivel(f"PREVENDA_ORACLE_THICK: {error.args[0].full_code}") from error
    oracledb.defaults.fetch_decimals = True
    oracledb.defaults.fetch_lobs = False
    oracledb.defaults.stmtcachesize = 100
    oracledb.defaults.program = "prevenda"  # V$SESSION.PROGRAM: else the path of the interpreter
    connect_args = {"tcp_connect_timeout": CONEXAO_S, "expire_time": 1}
    engine = sa.create_engine(url, connect_args=connect_args, pool_reset_on_return=None, **options)
    _connecting(engine, connect_within(oracledb.connect, ENTRADA_S))

    @event.listens_for(engine, "connect")
    def say_language(dbapi_connection: Any, _record: Any) -> None:
        # The instance's language and territory would decide what a comma in a number is, and how texts are sorted: by a
        # linguistic order no index serves, and locks taken by it are not in one order on all hosts (R20).
        with dbapi_connection.cursor() as cursor:
            cursor.execute(SESSAO_DO_ORACLE)

    def rollback(dbapi_connection: Any) -> None:
        # It costs a round trip even where there is nothing to roll back, as after every COMMIT and reading. What
        # SQLAlchemy believes is not asked: after a COMMIT that failed the rows may still be locked.
        if dbapi_connection.transaction_in_progress:
            dbapi_connection.rollback()

    engine.dialect.do_rollback = rollback  # type: ignore[method-assign]
    event.listen(engine, "reset", lambda dbapi_connection, _record, _state: rollback(dbapi_connection))

    @event.listens_for(engine, "do_setinputsizes")
    def say_types(inputsizes: Any, _cursor: Any, _statement: Any, _parameters: Any, _context: Any) -> None:
        for bind, kind in inputsizes.items():
            if kind is oracledb.DB_TYPE_NVARCHAR:
                # SQLAlchemy's for a CLOB. As national text it would go through another character set and back, which
                # the thin driver cannot write where that is UTF8.
                inputsizes[bind] = oracledb.DB_TYPE_VARCHAR
            elif kind is None and isinstance(bind.type, sa.Numeric):
                # None in all rows would be bound as text: one more child cursor for each set of empty columns.
                inputsizes[bind] = oracledb.DB_TYPE_NUMBER

    @event.listens_for(engine, "checkout")
    def prepare(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
        # Set each time: a report has had its own, and a pool ping may reset it.
        dbapi_connection.call_timeout = int(limite_s * 1000)
        quem, acao = IDENTIFICACAO.get()
        # None clears a tag. For "" the thin driver announces no text and sends an empty one: one byte too many, which
        # Oracle takes for the next message and ends the session (ORA-03137).
        dbapi_connection.module = "prevenda"
        dbapi_connection.client_identifier = quem or None
        dbapi_connection.action = acao or None

    return engine


_ENGINES: dict[str, Callable[[str, float, float, dict[str, Any], str], sa.Engine]] = {
    "sqlite": _sqlite_engine,
    "postgresql": _postgresql_engine,
    "oracle": _oracle_engine,
}
# What to install where a driver is missing.
_PACOTES = {"sqlite": "prevenda", "postgresql": "prevenda[postgresql]", "oracle": "prevenda"}
