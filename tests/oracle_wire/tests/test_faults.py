"""Faults on command, as the driver sees them."""

from __future__ import annotations

import time

import oracledb
import pytest

from tests.oracle_wire.fixture import Worker, wait_until
from tests.oracle_wire.server import OracleWireServer
from tests.oracle_wire.tests.conftest import Connect, full_code, ora_code

INSERT = "INSERT INTO GW_PEDIDO VALUES (:1)"


@pytest.fixture
def orders(connection: oracledb.Connection) -> oracledb.Cursor:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE GW_PEDIDO (NUMPED NUMBER(10) PRIMARY KEY)")
    return cursor


def stored(connect: Connect) -> list[int]:
    return [number for (number,) in connect().cursor().execute("SELECT NUMPED FROM GW_PEDIDO ORDER BY 1")]


@pytest.mark.parametrize(
    ("code", "text"), [(12514, "DPY-6001"), (12505, "DPY-6003"), (12516, "DPY-6000"), (12528, "DPY-6000")]
)
def test_the_listener_refuses(oracle: OracleWireServer, connect: Connect, code: int, text: str) -> None:
    oracle.faults.refuse_connections(code)
    with pytest.raises(oracledb.OperationalError, match=text) as error:
        connect()
    assert full_code(error) == "DPY-6005"
    oracle.faults.clear()
    connect().ping()


def test_nobody_listens(oracle: OracleWireServer, connection: oracledb.Connection, connect: Connect) -> None:
    oracle.stop_listening()
    try:
        with pytest.raises(oracledb.OperationalError, match="DPY-6005"):
            connect()
        connection.ping()
    finally:
        oracle.listen()
    connect().ping()


@pytest.mark.parametrize("code", [1017, 1033, 28000, 28001])
def test_the_login_is_refused(oracle: OracleWireServer, connect: Connect, code: int) -> None:
    oracle.faults.refuse_logins(code)
    with pytest.raises(oracledb.DatabaseError) as error:
        connect()
    assert ora_code(error) == code


@pytest.mark.parametrize(
    ("code", "kind", "seen_as"),
    [
        (1, oracledb.IntegrityError, "ORA-00001"),
        (54, oracledb.DatabaseError, "ORA-00054"),
        (8177, oracledb.DatabaseError, "ORA-08177"),
        (1653, oracledb.DatabaseError, "ORA-01653"),
        (20001, oracledb.DatabaseError, "ORA-20001"),
        (1033, oracledb.OperationalError, "ORA-01033"),
        (28, oracledb.DatabaseError, "DPY-4011"),
        (3113, oracledb.DatabaseError, "DPY-4011"),
    ],
)
def test_any_code_at_the_nth_match(
    oracle: OracleWireServer, orders: oracledb.Cursor, code: int, kind: type[Exception], seen_as: str
) -> None:
    fault = oracle.faults.fail("insert into gw_pedido", code, nth=3)
    orders.execute(INSERT, [1])
    orders.execute(INSERT, [2])
    with pytest.raises(kind) as error:
        orders.execute(INSERT, [3])
    assert full_code(error) == seen_as
    assert orders.connection.is_healthy() == (seen_as != "DPY-4011")
    assert fault.fired == 1


def test_a_commit_can_fail(oracle: OracleWireServer, orders: oracledb.Cursor, connect: Connect) -> None:
    oracle.faults.fail("^COMMIT$", 2091, text="transaction rolled back")
    orders.execute(INSERT, [1])
    with pytest.raises(oracledb.DatabaseError) as error:
        orders.connection.commit()
    assert ora_code(error) == 2091
    orders.connection.rollback()
    assert stored(connect) == []


@pytest.mark.parametrize("autocommit", [False, True])
@pytest.mark.parametrize(("after", "expected"), [(False, []), (True, [1])])
def test_a_session_killed_around_commit(
    oracle: OracleWireServer,
    orders: oracledb.Cursor,
    connect: Connect,
    after: bool,
    expected: list[int],
    autocommit: bool,
) -> None:
    """The client sees the same error both times; only the table knows."""
    oracle.faults.kill_at_commit(after=after)
    orders.connection.autocommit = autocommit

    def reserve() -> None:
        orders.execute(INSERT, [1])
        orders.connection.commit()

    with pytest.raises(oracledb.DatabaseError) as error:
        reserve()
    assert full_code(error) == "DPY-4011"
    assert stored(connect) == expected


def test_a_session_killed_in_a_statement_frees_its_locks(
    oracle: OracleWireServer, orders: oracledb.Cursor, connect: Connect
) -> None:
    orders.execute(INSERT, [1])
    oracle.faults.kill("INSERT .* VALUES", after=True)
    with pytest.raises(oracledb.DatabaseError):
        orders.execute(INSERT, [2])
    other = connect().cursor()
    other.execute(INSERT, [1])
    other.execute(INSERT, [2])


def test_all_sessions_killed_at_once(oracle: OracleWireServer, connect: Connect) -> None:
    connections = [connect(), connect()]
    assert oracle.kill_sessions() == 2
    for connection in connections:
        with pytest.raises(oracledb.DatabaseError, match=r"DPY-4011|DPY-1001"):
            connection.ping()


def test_a_kill_ends_a_lock_wait(oracle: OracleWireServer, orders: oracledb.Cursor, connect: Connect) -> None:
    orders.execute(INSERT, [1])
    waiting = Worker(lambda: connect().cursor().execute(INSERT, [1]))
    wait_until(lambda: [entry.sql for entry in oracle.journal].count(INSERT) == 2)
    oracle.kill_sessions()
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        waiting.result()


def test_a_stall_runs_into_the_call_timeout(oracle: OracleWireServer, orders: oracledb.Cursor) -> None:
    oracle.faults.stall("^INSERT", 30)
    orders.connection.call_timeout = 300
    start = time.monotonic()
    with pytest.raises(oracledb.DatabaseError) as error:
        orders.execute(INSERT, [1])
    assert full_code(error) == "DPY-4024"
    assert time.monotonic() - start < 5
    orders.execute("SELECT COUNT(*) FROM GW_PEDIDO")
    assert orders.fetchone() == (0,)


def test_a_commit_whose_answer_comes_too_late_has_taken_effect(
    oracle: OracleWireServer, orders: oracledb.Cursor, connect: Connect
) -> None:
    oracle.faults.stall("^COMMIT$", 30, after=True)
    orders.execute(INSERT, [1])
    orders.connection.call_timeout = 300
    with pytest.raises(oracledb.DatabaseError) as error:
        orders.connection.commit()
    assert full_code(error) == "DPY-4024"
    assert stored(connect) == [1]


def test_the_journal_shows_every_statement(oracle: OracleWireServer, orders: oracledb.Cursor) -> None:
    orders.execute(INSERT, [1])
    orders.connection.commit()
    orders.connection.rollback()
    assert [entry.sql for entry in oracle.journal[-3:]] == [INSERT, "COMMIT", "ROLLBACK"]
