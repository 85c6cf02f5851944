"""Connecting: the right password, wrong ones, wrong services, and what a session says about itself."""

from __future__ import annotations

import oracledb
import pytest

from tests.oracle_wire.server import OracleWireServer
from tests.oracle_wire.tests.conftest import Connect, full_code, ora_code


def test_the_driver_logs_in(connection: oracledb.Connection) -> None:
    assert connection.version == "19.3.0.0.0"
    assert connection.thin
    connection.ping()
    assert connection.is_healthy()


@pytest.mark.parametrize(("user", "password"), [("winthor", "wrong"), ("nobody", "winthor"), ("winthor", "WINTHOR")])
def test_a_wrong_password_is_refused(oracle: OracleWireServer, user: str, password: str) -> None:
    with pytest.raises(oracledb.DatabaseError) as error:
        oracledb.connect(user=user, password=password, dsn=oracle.dsn)
    assert ora_code(error) == 1017


def test_the_user_name_knows_no_case(oracle: OracleWireServer) -> None:
    oracledb.connect(user="WinThor", password=oracle.password, dsn=oracle.dsn).close()


def test_an_unknown_service_is_refused_by_the_listener(oracle: OracleWireServer) -> None:
    with pytest.raises(oracledb.OperationalError, match="DPY-6001") as error:
        oracledb.connect(user=oracle.user, password=oracle.password, dsn=f"127.0.0.1:{oracle.port}/NOWHERE")
    assert full_code(error) == "DPY-6005"


def test_a_sid_is_refused_by_the_listener(oracle: OracleWireServer) -> None:
    with pytest.raises(oracledb.OperationalError, match="DPY-6003"):
        oracledb.connect(user=oracle.user, password=oracle.password, host="127.0.0.1", port=oracle.port, sid="WINT")


def test_a_long_connect_descriptor_follows_in_a_packet_of_its_own(oracle: OracleWireServer) -> None:
    oracledb.connect(
        user=oracle.user, password=oracle.password, dsn=oracle.dsn, program="p" * 300, machine="m" * 300
    ).close()


def test_a_closed_session_is_gone(oracle: OracleWireServer, connect: Connect) -> None:
    connection = connect()
    assert len(oracle.sessions) == 1
    connection.close()
    with pytest.raises(oracledb.InterfaceError, match="DPY-1001"):
        connection.ping()


def test_tags_are_visible_with_the_next_statement(oracle: OracleWireServer, connection: oracledb.Connection) -> None:
    connection.module, connection.action, connection.client_identifier = "prevenda", "reservar", "pdv-7"
    with connection.cursor() as cursor:
        cursor.execute("SELECT SYS_CONTEXT('USERENV', 'CLIENT_IDENTIFIER') FROM DUAL")
        assert cursor.fetchone() == ("pdv-7",)
    assert oracle.journal[-1].tags == {
        "module": "prevenda",
        "action": "reservar",
        "client_identifier": "pdv-7",
    }
    connection.action, connection.module = None, "other"
    connection.ping()
    assert oracle.journal[-1].tags["action"] == ""
    assert oracle.journal[-1].tags["module"] == "other"


@pytest.mark.parametrize("attribute", ["client_identifier", "module", "action", "clientinfo", "dbop"])
def test_an_empty_tag_ends_the_session(
    oracle: OracleWireServer, connection: oracledb.Connection, attribute: str
) -> None:
    """The driver announces no text and sends an empty one: its byte stands where a message type is due."""
    connection.ping()
    setattr(connection, attribute, "")
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        connection.ping()
    breakdowns, oracle.breakdowns = oracle.breakdowns, []
    assert [text.splitlines()[-1].split(": ")[1] for text in breakdowns] == ["0 where a message type is due"]


@pytest.mark.parametrize("attribute", ["client_identifier", "module", "action", "clientinfo", "dbop"])
def test_a_tag_is_cleared_by_none(oracle: OracleWireServer, connection: oracledb.Connection, attribute: str) -> None:
    for text in ("something", None):
        setattr(connection, attribute, text)
        connection.ping()
        name = "client_info" if attribute == "clientinfo" else attribute
        assert oracle.journal[-1].tags[name] == (text or "")


def test_the_driver_pool_works(oracle: OracleWireServer) -> None:
    pool = oracledb.create_pool(user=oracle.user, password=oracle.password, dsn=oracle.dsn, min=1, max=2)
    with pool.acquire() as first, pool.acquire() as second:
        first.ping()
        second.ping()
    pool.close()


def test_a_user_that_was_created_has_a_schema_of_its_own(
    oracle: OracleWireServer, connection: oracledb.Connection
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE PCEST (CODPROD NUMBER(6))")
        cursor.execute('CREATE USER OUTRO IDENTIFIED BY "Senha1"')
        cursor.execute("GRANT CREATE SESSION, CREATE TABLE TO OUTRO")
        cursor.execute("SELECT USERNAME FROM ALL_USERS")
        assert cursor.fetchall() == [("OUTRO",)]
        with oracledb.connect(user="outro", password="Senha1", dsn=oracle.dsn) as other, other.cursor() as his:
            with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
                his.execute("SELECT 1 FROM PCEST")
            his.execute("CREATE TABLE PCEST (CODPROD NUMBER(6))")
            his.execute("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL")
            assert his.fetchone() == ("OUTRO",)
        cursor.execute("DROP USER OUTRO CASCADE")
    with pytest.raises(oracledb.DatabaseError, match="ORA-01017"):
        oracledb.connect(user="outro", password="Senha1", dsn=oracle.dsn)
