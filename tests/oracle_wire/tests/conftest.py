"""Connections to the test server through the unmodified driver."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import oracledb
import pytest

from tests.conftest import PostgresqlServer
from tests.oracle_wire.fixture import oracle, oracle_server
from tests.oracle_wire.server import OracleWireServer

__all__ = ["oracle", "oracle_server"]

Connect = Callable[[], oracledb.Connection]


@pytest.fixture(scope="session")
def wire_postgres_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """An empty database of the run's PostgreSQL."""
    with postgresql_server.database() as url:
        yield url.replace("postgresql+psycopg://", "postgresql://", 1)


@pytest.fixture
def connect(oracle: OracleWireServer) -> Iterator[Connect]:
    """Opens connections and closes them after the test, also those that a test has lost."""
    opened: list[oracledb.Connection] = []

    def open_one() -> oracledb.Connection:
        connection = oracledb.connect(user=oracle.user, password=oracle.password, dsn=oracle.dsn)
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        with contextlib.suppress(oracledb.Error):
            connection.close()


@pytest.fixture
def connection(connect: Connect) -> oracledb.Connection:
    return connect()


@pytest.fixture
def cursor(connection: oracledb.Connection) -> Iterator[oracledb.Cursor]:
    with connection.cursor() as cursor:
        yield cursor


@pytest.fixture
def decimals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact numbers, as the product asks for at start-up."""
    monkeypatch.setattr(oracledb.defaults, "fetch_decimals", True)


def ora_code(error: pytest.ExceptionInfo[oracledb.Error]) -> int:
    return error.value.args[0].code


def full_code(error: pytest.ExceptionInfo[oracledb.Error]) -> str:
    return error.value.args[0].full_code


@pytest.fixture(autouse=True)
def drivers_own_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product changes them for its whole process, which these tests may share."""
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", True)
    monkeypatch.setattr(oracledb.defaults, "fetch_decimals", False)
