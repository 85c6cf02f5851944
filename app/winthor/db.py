"""Engine and transactions. The one place that opens, commits, rolls back and repeats them."""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from app.winthor.faults import DesfechoDesconhecido, Falha, Indisponivel, classify
from app.winthor.presas import Presas
from app.winthor.travas import CEDE_EM_S, Espera, esperar_ate

T = TypeVar("T")
Connection = sa.Connection

TENTATIVAS = 4
JANELA_DE_REPETICAO_S = 3.0
# A connection idle for longer is pinged before it is used.
PING_APOS_S = 1.0
# A statement may take this much longer than a lock wait; then the database ends it.
ALEM_DO_LOCK_NO_BANCO_S = 1.0
# A call to the database may take this much longer than a lock wait; then the network counts as gone.
ALEM_DO_LOCK_S = 2.0

# Lists bound to IN are padded to these sizes, so that the database sees few different statements;
# Oracle takes at most 1000 per list.
TAMANHOS_DE_LISTA = (1, 8, 64, 512, 1000)


def create_engine(
    url: str, *, pool_size: int = 8, laterais: int = 0, lock_timeout_s: float = 3.0, oracle_thick: str = ""
) -> sa.Engine:
    """An engine for one of the three databases (§3), its lock waits bounded by ``lock_timeout_s`` seconds.

    ``laterais``: connections beside those of the pool, for what must not take a sale's.

    ``oracle_thick``: folder of Oracle's client libraries, for the driver's thick mode; Indisponivel when they are not
    there.
    """
    backend = sa.make_url(url).get_backend_name()
    options: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 2 + laterais,
        "pool_timeout": 2.0,
        "hide_parameters": True,  # personal data must not reach an exception's text
    }
    if backend == "sqlite":
        return _sqlite_engine(url, lock_timeout_s, options)
    if backend in {"postgresql", "oracle"}:
        engine = (_postgresql_engine if backend == "postgresql" else _oracle_engine)(
            url, lock_timeout_s, options, oracle_thick
        )
        _ping_idle(engine)
        return engine
    raise ValueError(f"banco sem suporte: {backend}")


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


def _postgresql_engine(url: str, lock_timeout_s: float, options: dict[str, Any], _thick: str) -> sa.Engine:
    from app.winthor.call_timeout import bounded_connection

    statement_s = lock_timeout_s + ALEM_DO_LOCK_NO_BANCO_S
    limits = (
        f"-c lock_timeout={int(lock_timeout_s * 1000)} -c statement_timeout={int(statement_s * 1000)}"
        " -c idle_in_transaction_session_timeout=20000"
    )
    call_timeout_s = lock_timeout_s + ALEM_DO_LOCK_S
    connect_args = {"options": limits, "connect_timeout": int(call_timeout_s), "application_name": "prevenda"}
    engine = sa.create_engine(url, connect_args=connect_args, **options)
    bounded = bounded_connection(call_timeout_s)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, cargs: Any, cparams: Any) -> Any:
        return bounded.connect(*cargs, **cparams)

    return engine


def _sqlite_engine(url: str, lock_timeout_s: float, options: dict[str, Any]) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": lock_timeout_s, "check_same_thread": False}, **options)

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


def _oracle_engine(url: str, lock_timeout_s: float, options: dict[str, Any], thick: str) -> sa.Engine:
    import oracledb

    if thick:
        try:
            oracledb.init_oracle_client(lib_dir=thick)
        except oracledb.Error as error:
            raise Indisponivel(f"PREVENDA_ORACLE_THICK: {error.args[0].full_code}") from error
    oracledb.defaults.fetch_decimals = True
    oracledb.defaults.fetch_lobs = False
    oracledb.defaults.stmtcachesize = 100
    connect_args = {"tcp_connect_timeout": 5.0, "expire_time": 1}
    engine = sa.create_engine(url, connect_args=connect_args, pool_reset_on_return=None, **options)

    @event.listens_for(engine, "reset")
    def reset(dbapi_connection: Any, _record: Any, state: Any) -> None:
        # A rollback costs a round trip even where there is nothing to roll back, as after every COMMIT.
        if not state.transaction_was_reset and dbapi_connection.transaction_in_progress:
            dbapi_connection.rollback()

    @event.listens_for(engine, "checkout")
    def prepare(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
        # Above every lock wait; set each time because a pool ping may reset it.
        dbapi_connection.call_timeout = int((lock_timeout_s + ALEM_DO_LOCK_S) * 1000)
        quem, acao = IDENTIFICACAO.get()
        # None clears a tag. For "" the thin driver announces no text and sends an empty one: one byte too many, which
        # Oracle takes for the next message and ends the session (ORA-03137).
        dbapi_connection.module = "prevenda"
        dbapi_connection.client_identifier = quem or None
        dbapi_connection.action = acao or None

    return engine


def any_of(column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """``column IN (values)`` with the list padded to a fixed size by repeating its last value."""
    if not values:
        return sa.false()
    largest = TAMANHOS_DE_LISTA[-1]
    padded = [*values, *[values[-1]] * (list_size(len(values)) - len(values))]
    return sa.or_(*[column.in_(padded[start : start + largest]) for start in range(0, len(padded), largest)])


def list_size(count: int) -> int:
    """The size that a list of ``count`` values is padded to; above the largest one, several lists."""
    largest = TAMANHOS_DE_LISTA[-1]
    full, rest = divmod(count, largest)
    return full * largest + (next(size for size in TAMANHOS_DE_LISTA if rest <= size) if rest else 0)


def any_bind(column: sa.ColumnElement[Any], name: str, size: int) -> sa.ColumnElement[bool]:
    """``any_of`` for a statement that is built once: the list is ``size`` binds, to be filled by ``bind_list``."""
    if not size:
        return sa.false()
    largest = TAMANHOS_DE_LISTA[-1]
    binds = [sa.bindparam(f"{name}_{n}", type_=column.type) for n in range(size)]
    return sa.or_(*[column.in_(binds[start : start + largest]) for start in range(0, size, largest)])


def bind_list(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """The parameters of ``any_bind``."""
    padded = list(values)
    padded += padded[-1:] * (list_size(len(values)) - len(values))
    return {f"{name}_{n}": value for n, value in enumerate(padded)}


# PostgreSQL: a reader needs no transaction, each statement sees what is committed as it would inside one, and BEGIN and
# ROLLBACK cost a round trip each. SQLite reads inside one, so as not to see half of another's work between two
# statements. Oracle has no BEGIN.
_LEITURA: dict[str, dict[str, Any]] = {
    "postgresql": {"isolation_level": "AUTOCOMMIT"},
    "sqlite": {"reading": True},
    "oracle": {},
}


def repetir(attempt: Callable[[], T], *, until: float | None = None, sleep: Callable[[float], None] = time.sleep) -> T:
    """Run ``attempt``, and again while its fault allows (R20): up to 3 times with jitter within 3 s, and not past the
    monotonic instant ``until``. Raises the last Falha, or what else it raises."""
    limit = min(until or float("inf"), time.monotonic() + JANELA_DE_REPETICAO_S)
    for number in itertools.count(1):
        try:
            return attempt()
        except Falha as fault:
            pause = random.uniform(0.01, 0.05) * 2**number  # noqa: S311 - jitter, not a secret
            if not fault.repetir or number >= TENTATIVAS or time.monotonic() + pause > limit:
                raise
            sleep(pause)
    raise AssertionError("the loop returns or raises")


class Database:
    """The gateway's door to the database.

    ``sem_numeros``: no number may be drawn through it.
    """

    sem_numeros = False

    def __init__(
        self, engine: sa.Engine, *, espera_s: float = 3.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """``espera_s``: how long a transaction may wait for locks, in all."""
        self.engine = engine
        self.espera_s = espera_s
        pool: Any = engine.pool
        self.presas = Presas(max(1, pool.size() // 4) if isinstance(pool, sa.pool.QueuePool) else 1)
        self._sleep = sleep

    @contextlib.contextmanager
    def read(self, *, in_batches: bool = False) -> Iterator[sa.Connection]:
        """A connection for reading; whatever happens, nothing is written. Raises Falha.

        ``in_batches``: for a result too long to be held at once; PostgreSQL's cursor for it needs a transaction.
        """
        options = {"reading": True} if in_batches else _LEITURA[self.engine.dialect.name]
        with faults(), self.engine.connect() as connection:
            yield connection.execution_options(**options)

    @contextlib.contextmanager
    def transaction(self, espera: Espera | None = None) -> Iterator[sa.Connection]:
        """A transaction: committed at the end of the block, rolled back on any exception.

        ``espera``: how long it may wait for locks, by default what the setting says. Raises Falha;
        DesfechoDesconhecido when the connection died while COMMIT was under way (R14).
        """
        with faults(), self.engine.connect() as connection:
            transaction = connection.begin()
            esperar_ate(connection, espera or self.espera())
            try:
                yield connection
            except BaseException:
                with contextlib.suppress(Exception):  # a dead connection has rolled back by itself
                    transaction.rollback()
                raise
            try:
                transaction.commit()
            except Exception as error:
                raise DesfechoDesconhecido("commit") from error

    @contextlib.contextmanager
    def ensaio_curto(self, espera_s: float, *, confirmar: bool) -> Iterator[sa.Connection]:
        """A transaction that waits ``espera_s`` for locks at the most, undone unless ``confirmar``. Raises Falha."""
        with faults(), self.engine.connect() as connection, connection.begin() as transaction:
            esperar_ate(connection, self.espera(max(0.0, self.espera_s - espera_s)))
            yield connection
            if not confirmar:
                transaction.rollback()

    @contextlib.contextmanager
    def autocommit(self, espera: Espera | None = None) -> Iterator[sa.Connection]:
        """A connection for one statement that commits itself, in the same round trip. Raises Falha."""
        if self.engine.dialect.name == "sqlite":
            with self.transaction(espera) as connection:
                yield connection
            return
        with faults(), self.engine.connect() as connection:
            esperar_ate(connection, espera or self.espera())
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def espera(self, usados_s: float = 0.0) -> Espera:
        """The time for locks of one operation, of which ``usados_s`` seconds are gone."""
        return Espera(
            self.espera_s - usados_s,
            CEDE_EM_S.get(self.engine.dialect.name, self.espera_s),
            comando_s=self.espera_s + ALEM_DO_LOCK_NO_BANCO_S,
            presas=self.presas,
        )

    def run(
        self,
        work: Callable[[sa.Connection], T],
        *,
        until: float | None = None,
        espera: Espera | None = None,
        sozinho: bool = False,
    ) -> T:
        """Run ``work`` in a transaction and repeat it whole while the fault allows (R20): lock waits, deadlocks,
        a connection that died before COMMIT.

        ``until`` is a monotonic instant; ``espera`` bounds the lock waits of all repeats together; ``sozinho``: the
        work is one statement that commits itself. Raises the last Falha, or what ``work`` raises.
        """
        espera = espera or self.espera()

        def attempt() -> T:
            with (self.autocommit if sozinho else self.transaction)(espera) as connection:
                return work(connection)

        return repetir(attempt, until=until, sleep=self._sleep)

    def ocupacao(self) -> tuple[int, int]:
        """Connections of this process in use now, and how many it may keep."""
        pool: Any = self.engine.pool
        return (pool.checkedout(), pool.size()) if isinstance(pool, sa.pool.QueuePool) else (0, 0)

    def reachable(self) -> bool:
        """Whether a query is answered now."""
        try:
            with self.read() as connection:
                connection.execute(sa.select(sa.literal(1)))
        except Falha:
            return False
        return True


class Ensaio(Database):
    """A rehearsal: everything runs in one transaction that is rolled back in the end, so nothing is ever written.

    Use as a context manager; ``run``, ``transaction`` and ``read`` all share its connection. Nothing is repeated inside
    it: a fault leaves the transaction unusable, and whoever rehearses begins again. Raises Falha.
    """

    def __init__(self, db: Database, *, sem_numeros: bool = False) -> None:
        super().__init__(db.engine, espera_s=db.espera_s, sleep=db._sleep)
        self.presas = db.presas
        self.sem_numeros = sem_numeros
        self._espera = db.espera()
        self._stack = contextlib.ExitStack()
        self._shared: sa.Connection | None = None

    def __enter__(self) -> Ensaio:
        with faults():
            self._shared = self._stack.enter_context(self.engine.connect())
            transaction = self._shared.begin()
        self._stack.callback(_desfazer, transaction)
        return self

    def __exit__(self, *details: Any) -> None:
        self._stack.close()

    def run(
        self,
        work: Callable[[sa.Connection], T],
        *,
        until: float | None = None,
        espera: Espera | None = None,
        sozinho: bool = False,
    ) -> T:
        """Run ``work`` once in the shared transaction."""
        with self.transaction() as connection:
            return work(connection)

    @contextlib.contextmanager
    def transaction(self, espera: Espera | None = None) -> Iterator[sa.Connection]:
        """The shared connection; nothing is committed."""
        if self._shared is None:
            raise RuntimeError("ensaio não iniciado")
        with faults():
            esperar_ate(self._shared, self._espera)
            yield self._shared

    @contextlib.contextmanager
    def read(self, *, in_batches: bool = False) -> Iterator[sa.Connection]:
        """The shared connection, which is in a transaction."""
        with self.transaction() as connection:
            yield connection


def _desfazer(transaction: sa.RootTransaction) -> None:
    with contextlib.suppress(Exception):  # a dead connection has rolled back by itself
        transaction.rollback()


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """What the driver raises inside comes out as Falha."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, OSError) as error:
        fault = classify(error) if not isinstance(error, OSError) else Indisponivel(type(error).__name__)
        raise fault from error
