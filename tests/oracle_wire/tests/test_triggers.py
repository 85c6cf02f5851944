"""Row triggers in PL/SQL: what they raise, change and read, and when their own table is mutating."""

from __future__ import annotations

import oracledb
import pytest

from tests.oracle_wire.tests.conftest import ora_code

LIMITE = """
CREATE OR REPLACE TRIGGER TRG_LIMITE BEFORE INSERT OR UPDATE ON PEDIDO FOR EACH ROW WHEN (NEW.VALOR > 100)
BEGIN
  IF :NEW.CLIENTE <> 'REI' THEN
    RAISE_APPLICATION_ERROR(-20001, 'Cliente ' || :NEW.CLIENTE || ' acima do limite');
  END IF;
END;"""
CONTA = """
CREATE TRIGGER TRG_CONTA {quando} INSERT ON PEDIDO FOR EACH ROW
DECLARE
  N NUMBER;
BEGIN
  SELECT COUNT(*) INTO N FROM PEDIDO WHERE CLIENTE = :NEW.CLIENTE;
END;"""
SOMA = """
CREATE TRIGGER TRG_SOMA AFTER INSERT ON PEDIDO FOR EACH ROW
BEGIN
  UPDATE TOTAL SET VALOR = VALOR + :NEW.VALOR;
END;"""
INSERE = "INSERT INTO PEDIDO (CLIENTE, VALOR) VALUES (:1, :2)"


@pytest.fixture
def pedido(cursor: oracledb.Cursor) -> oracledb.Cursor:
    cursor.execute("CREATE TABLE PEDIDO (CLIENTE VARCHAR2(20), VALOR NUMBER(10,2))")
    cursor.execute("CREATE TABLE TOTAL (VALOR NUMBER(10,2))")
    cursor.execute("INSERT INTO TOTAL VALUES (0)")
    return cursor


def quantos(cursor: oracledb.Cursor) -> int:
    cursor.execute("SELECT COUNT(*) FROM PEDIDO")
    (n,) = cursor.fetchone()
    return int(n)


def test_a_rule_is_raised_with_its_own_number_and_words(pedido: oracledb.Cursor) -> None:
    pedido.execute(LIMITE)
    pedido.execute(INSERE, ["ANA", 100])
    pedido.execute(INSERE, ["REI", 1000])
    with pytest.raises(oracledb.DatabaseError) as error:
        pedido.execute(INSERE, ["ANA", 101])
    assert ora_code(error) == 20001
    linhas = str(error.value).splitlines()
    assert linhas[0] == "ORA-20001: Cliente ANA acima do limite"
    assert linhas[-1].startswith("ORA-04088: error during execution of trigger")
    assert quantos(pedido) == 2  # the statement undid itself alone


def test_an_array_stops_at_the_row_that_a_rule_refuses(pedido: oracledb.Cursor) -> None:
    pedido.execute(LIMITE)
    with pytest.raises(oracledb.DatabaseError) as error:
        pedido.executemany(INSERE, [["ANA", 1], ["ANA", 101], ["ANA", 2]])
    assert ora_code(error) == 20001
    assert quantos(pedido) == 1


def test_a_trigger_changes_another_table(pedido: oracledb.Cursor) -> None:
    pedido.execute(SOMA)
    pedido.executemany(INSERE, [["ANA", 1], ["BIA", 2]])
    pedido.execute("SELECT VALOR FROM TOTAL")
    assert pedido.fetchone() == (3,)


@pytest.mark.parametrize("quando", ["BEFORE", "AFTER"])
def test_a_trigger_that_reads_its_own_table_takes_one_row_at_a_time(pedido: oracledb.Cursor, quando: str) -> None:
    pedido.execute(CONTA.format(quando=quando))
    pedido.execute(INSERE, ["ANA", 1])
    pedido.executemany(INSERE, [["ANA", 2]])
    for varias in (
        lambda: pedido.executemany(INSERE, [["ANA", 3], ["ANA", 4]]),
        lambda: pedido.execute("INSERT INTO PEDIDO (CLIENTE, VALOR) SELECT 'ANA', 5 FROM DUAL"),
    ):
        with pytest.raises(oracledb.DatabaseError, match="ORA-04091: table PEDIDO is mutating") as error:
            varias()
        assert ora_code(error) == 4091


def test_a_trigger_is_replaced_and_dropped(pedido: oracledb.Cursor) -> None:
    pedido.execute(LIMITE)
    pedido.execute(LIMITE.replace("100", "500"))
    pedido.execute(INSERE, ["ANA", 101])
    pedido.execute("DROP TRIGGER TRG_LIMITE")
    pedido.execute(INSERE, ["ANA", 501])
    assert quantos(pedido) == 2


def test_the_dictionary_shows_it(pedido: oracledb.Cursor) -> None:
    pedido.execute(SOMA)
    pedido.execute("SELECT TRIGGER_NAME, TRIGGER_TYPE, TRIGGERING_EVENT FROM ALL_TRIGGERS WHERE TABLE_NAME = 'PEDIDO'")
    assert pedido.fetchall() == [("TRG_SOMA", "AFTER EACH ROW", "INSERT")]


def test_what_is_no_row_trigger_is_refused(pedido: oracledb.Cursor) -> None:
    with pytest.raises(oracledb.DatabaseError, match="only row triggers"):
        pedido.execute("CREATE TRIGGER T AFTER INSERT ON PEDIDO BEGIN NULL; END;")
