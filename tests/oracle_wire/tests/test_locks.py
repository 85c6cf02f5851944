"""Row locks between sessions, and calls that the client gives up on."""

from __future__ import annotations

import time

import oracledb
import pytest

from tests.oracle_wire.fixture import Worker, wait_until
from tests.oracle_wire.server import OracleWireServer
from tests.oracle_wire.tests.conftest import Connect, full_code, ora_code

LOCK = "SELECT QTRESERV FROM PCEST WHERE CODPROD = :p FOR UPDATE"


@pytest.fixture
def stock(connection: oracledb.Connection) -> oracledb.Cursor:
    """Two products; the connection holds a lock on none."""
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE PCEST (CODPROD NUMBER(6) PRIMARY KEY, QTRESERV NUMBER(20,6) NOT NULL)")
    cursor.executemany("INSERT INTO PCEST VALUES (:1, 0)", [(1,), (2,)])
    connection.commit()
    return cursor


@pytest.fixture
def other(connect: Connect, stock: oracledb.Cursor) -> oracledb.Cursor:
    return connect().cursor()


def elapsed(action) -> float:
    start = time.monotonic()
    with pytest.raises(oracledb.DatabaseError):
        action()
    return time.monotonic() - start


def test_nowait_is_refused_at_once(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    stock.execute(LOCK, p=1)
    with pytest.raises(oracledb.DatabaseError) as error:
        other.execute(f"{LOCK} NOWAIT", p=1)
    assert ora_code(error) == 54
    assert elapsed(lambda: other.execute(f"{LOCK} NOWAIT", p=1)) < 3
    other.execute(f"{LOCK} NOWAIT", p=2)
    assert other.fetchone() == (0,)


def test_wait_is_refused_after_its_time(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    stock.execute(LOCK, p=1)
    other.execute("UPDATE PCEST SET QTRESERV = 5 WHERE CODPROD = 2")
    start = time.monotonic()
    with pytest.raises(oracledb.DatabaseError) as error:
        other.execute(f"{LOCK} WAIT 1", p=1)
    assert ora_code(error) == 30006
    assert 0.9 < time.monotonic() - start < 4
    assert other.connection.transaction_in_progress
    other.connection.commit()
    stock.execute("SELECT QTRESERV FROM PCEST WHERE CODPROD = 2")
    assert stock.fetchone() == (5,)


def test_wait_gets_the_lock_when_it_is_freed(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    stock.execute("UPDATE PCEST SET QTRESERV = 7 WHERE CODPROD = 1")
    waiting = Worker(lambda: other.execute(f"{LOCK} WAIT 5", p=1).fetchone())
    time.sleep(0.2)
    assert waiting.is_alive()
    stock.connection.commit()
    assert waiting.result() == (7,)


def test_the_time_of_wait_ends_with_its_statement(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    other.execute(f"{LOCK} WAIT 1", p=2)
    stock.execute(LOCK, p=1)
    waiting = Worker(lambda: other.execute("UPDATE PCEST SET QTRESERV = 1 WHERE CODPROD = 1"))
    time.sleep(1.3)
    assert waiting.is_alive()
    stock.connection.rollback()
    waiting.result()


def test_skip_locked(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    stock.execute(LOCK, p=1)
    other.execute("SELECT CODPROD FROM PCEST FOR UPDATE SKIP LOCKED")
    assert other.fetchall() == [(2,)]


def test_for_update_of_a_column_locks_its_table_only(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    stock.execute("CREATE TABLE PCPRODUT (CODPROD NUMBER(6))")
    stock.execute("INSERT INTO PCPRODUT VALUES (1)")
    stock.connection.commit()
    stock.execute(
        "SELECT E.CODPROD FROM PCEST E JOIN PCPRODUT P ON P.CODPROD = E.CODPROD FOR UPDATE OF E.QTRESERV NOWAIT"
    )
    other.execute("SELECT CODPROD FROM PCPRODUT FOR UPDATE NOWAIT")
    with pytest.raises(oracledb.DatabaseError) as error:
        other.execute(f"{LOCK} NOWAIT", p=1)
    assert ora_code(error) == 54


def test_a_definition_does_not_wait_for_locks_for_ever(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    stock.execute(LOCK, p=1)
    with pytest.raises(oracledb.DatabaseError) as error:
        other.execute("DROP TABLE PCEST")
    assert ora_code(error) == 54


def test_one_of_two_in_a_deadlock_fails(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    add = "UPDATE PCEST SET QTRESERV = QTRESERV + 1 WHERE CODPROD = :p"
    stock.execute(add, p=1)
    other.execute(add, p=2)

    def cross(cursor: oracledb.Cursor, product: int) -> int:
        try:
            cursor.execute(add, p=product)
        except oracledb.DatabaseError as error:
            code = error.args[0].code
            assert cursor.connection.transaction_in_progress  # Oracle undoes the statement, not the transaction
            cursor.connection.rollback()
            return code
        cursor.connection.commit()
        return 0

    both = [Worker(lambda: cross(stock, 2)), Worker(lambda: cross(other, 1))]
    assert sorted(worker.result() for worker in both) == [0, 60]
    stock.execute("SELECT QTRESERV FROM PCEST ORDER BY CODPROD")
    assert stock.fetchall() == [(1,), (1,)]


def test_no_update_is_lost(stock: oracledb.Cursor, connect: Connect) -> None:
    def add(times: int) -> None:
        connection = connect()
        cursor = connection.cursor()
        for _ in range(times):
            (amount,) = cursor.execute(LOCK, p=1).fetchone()
            cursor.execute("UPDATE PCEST SET QTRESERV = :q WHERE CODPROD = 1", q=amount + 1)
            connection.commit()

    for worker in [Worker(lambda: add(20)) for _ in range(4)]:
        worker.result()
    stock.execute("SELECT QTRESERV FROM PCEST WHERE CODPROD = 1")
    assert stock.fetchone() == (80,)


def test_without_the_lock_an_update_is_lost(stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    """The control of the test above: the database itself does not prevent it."""
    read = "SELECT QTRESERV FROM PCEST WHERE CODPROD = 1"
    amounts = [cursor.execute(read).fetchone()[0] for cursor in (stock, other)]
    for cursor, amount in zip((stock, other), amounts, strict=True):
        cursor.execute("UPDATE PCEST SET QTRESERV = :q WHERE CODPROD = 1", q=amount + 1)
        cursor.connection.commit()
    assert stock.execute(read).fetchone() == (1,)


def test_a_call_that_takes_too_long_is_broken_off(
    oracle: OracleWireServer, stock: oracledb.Cursor, other: oracledb.Cursor
) -> None:
    stock.execute("UPDATE PCEST SET QTRESERV = 1 WHERE CODPROD = 1")
    other.execute("UPDATE PCEST SET QTRESERV = 2 WHERE CODPROD = 2")
    other.connection.call_timeout = 300
    start = time.monotonic()
    with pytest.raises(oracledb.DatabaseError) as error:
        other.execute("UPDATE PCEST SET QTRESERV = 3 WHERE CODPROD = 1")
    assert full_code(error) == "DPY-4024"
    assert 0.25 < time.monotonic() - start < 4
    stock.connection.rollback()
    other.execute("SELECT QTRESERV FROM PCEST ORDER BY CODPROD")  # the session lives, its transaction too
    assert other.fetchall() == [(0,), (2,)]
    other.connection.commit()
    assert len(oracle.sessions) == 2


def test_a_call_can_be_cancelled(oracle: OracleWireServer, stock: oracledb.Cursor, other: oracledb.Cursor) -> None:
    stock.execute(LOCK, p=1)
    waiting = Worker(lambda: other.execute(LOCK, p=1))
    wait_until(lambda: [entry.sql for entry in oracle.journal].count(LOCK) == 2)
    other.connection.cancel()
    with pytest.raises(oracledb.DatabaseError) as error:
        waiting.result()
    assert ora_code(error) == 1013
    other.connection.ping()


def test_many_calls_in_a_row_may_time_out(oracle: OracleWireServer, connection: oracledb.Connection) -> None:
    """A break that crosses the answer must not disturb the next call."""
    connection.call_timeout = 150  # the driver gives the exchange after the break no more time than the call
    cursor = connection.cursor()
    oracle.faults.stall("SELECT 1", 0.149, times=1000)
    for number in range(8):
        try:
            cursor.execute("SELECT 1 FROM DUAL")
        except oracledb.DatabaseError as error:
            assert error.args[0].full_code == "DPY-4024"  # noqa: PT017
        connection.call_timeout = 5000
        assert cursor.execute("SELECT :n FROM DUAL", n=number).fetchone() == (number,)
        connection.call_timeout = 150
