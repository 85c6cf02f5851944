"""Statements through the driver: describing, binding, fetching, changing, returning."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import oracledb
import pytest

from tests.oracle_wire.server import OracleWireServer
from tests.oracle_wire.tests.conftest import Connect, ora_code

PEDIDO = """
CREATE TABLE PCPEDC (
  NUMPED NUMBER(10) NOT NULL,
  VLTOTAL NUMBER(18, 6),
  DATA DATE DEFAULT SYSDATE,
  ENTRADA TIMESTAMP(6),
  OBS VARCHAR2(60),
  NOME VARCHAR2(20 CHAR),
  POSICAO CHAR(1),
  PAYLOAD CLOB,
  FATOR BINARY_DOUBLE,
  LIVRE NUMBER,
  CONSTRAINT PK_PCPEDC PRIMARY KEY (NUMPED)
) TABLESPACE TS_DADOS
"""
INSERT = "INSERT INTO PCPEDC (NUMPED, OBS) VALUES (:1, :2)"


@pytest.fixture
def pedido(cursor: oracledb.Cursor) -> oracledb.Cursor:
    cursor.execute(PEDIDO)
    return cursor


def test_columns_are_described_as_oracle_does(pedido: oracledb.Cursor) -> None:
    pedido.execute("SELECT * FROM PCPEDC")
    described = [(c.name, c.type_code.name, c.precision, c.scale, c.display_size) for c in pedido.description]
    assert described == [
        ("NUMPED", "DB_TYPE_NUMBER", 10, 0, 11),
        ("VLTOTAL", "DB_TYPE_NUMBER", 18, 6, 26),
        ("DATA", "DB_TYPE_DATE", None, None, 23),
        ("ENTRADA", "DB_TYPE_TIMESTAMP", 0, 6, 23),
        ("OBS", "DB_TYPE_VARCHAR", None, None, 60),
        ("NOME", "DB_TYPE_VARCHAR", None, None, 20),
        ("POSICAO", "DB_TYPE_CHAR", None, None, 1),
        ("PAYLOAD", "DB_TYPE_CLOB", None, None, None),
        ("FATOR", "DB_TYPE_BINARY_DOUBLE", None, None, 127),
        ("LIVRE", "DB_TYPE_NUMBER", 0, -127, 127),
    ]


def test_parsing_describes_without_executing(oracle: OracleWireServer, pedido: oracledb.Cursor) -> None:
    pedido.parse("SELECT NUMPED, OBS FROM PCPEDC WHERE NUMPED = :n")
    assert [column.name for column in pedido.description] == ["NUMPED", "OBS"]


def test_parsing_a_change_checks_its_names_and_runs_nothing(oracle: OracleWireServer, pedido: oracledb.Cursor) -> None:
    pedido.parse(INSERT)
    pedido.parse("UPDATE PCPEDC SET OBS = NULL")
    with pytest.raises(oracledb.DatabaseError, match="ORA-00904"):
        pedido.parse("UPDATE PCPEDC SET NADA = NULL")
    oracle.faults.fail("DELETE FROM PCPEDC", 1031)
    with pytest.raises(oracledb.DatabaseError, match="ORA-01031"):
        pedido.parse("DELETE FROM PCPEDC")
    assert not pedido.connection.transaction_in_progress
    pedido.execute("SELECT COUNT(*) FROM PCPEDC")
    assert pedido.fetchone() == (0,)


@pytest.mark.usefixtures("decimals")
def test_every_type_survives(pedido: oracledb.Cursor) -> None:
    day, moment = dt.datetime(2024, 2, 29, 13, 14, 15), dt.datetime(2024, 1, 1, 1, 2, 3, 456789)  # noqa: DTZ001
    row = (
        7,
        Decimal("123456789012.123456"),
        day,
        moment,
        "ação",
        "日本",
        "L",
        None,
        0.1,
        Decimal("-0.000001"),
    )
    pedido.setinputsizes(None, None, None, oracledb.DB_TYPE_TIMESTAMP)  # else the driver sends a DATE
    pedido.execute("INSERT INTO PCPEDC VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10)", row)
    pedido.execute("SELECT * FROM PCPEDC")
    assert pedido.fetchone() == row


@pytest.mark.usefixtures("decimals")
def test_null_fits_every_type(pedido: oracledb.Cursor) -> None:
    pedido.execute("INSERT INTO PCPEDC VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10)", [1] + [None] * 9)
    pedido.execute("SELECT * FROM PCPEDC")
    assert pedido.fetchone() == (1, *[None] * 9)


def test_binds_by_name_and_by_position(pedido: oracledb.Cursor) -> None:
    pedido.execute(INSERT, [1, "a"])
    pedido.execute("SELECT :x || OBS || :X FROM PCPEDC WHERE NUMPED = :n", x="-", n=1)
    assert pedido.fetchone() == ("-a-",)


def test_a_colon_in_a_literal_or_a_comment_is_no_bind(pedido: oracledb.Cursor) -> None:
    pedido.execute("SELECT ':a', q'[it's :b]' /* :c */ FROM DUAL -- :d")
    assert pedido.fetchone() == (":a", "it's :b")


def test_a_cached_statement_runs_again_with_other_values(pedido: oracledb.Cursor) -> None:
    for number in range(5):
        pedido.execute(INSERT, [number, "x" * number])
    for number in range(5):
        pedido.execute("SELECT OBS FROM PCPEDC WHERE NUMPED = :n", n=number)
        assert pedido.fetchone() == ("x" * number or None,)


def test_many_rows_come_in_many_round_trips(pedido: oracledb.Cursor) -> None:
    pedido.executemany(INSERT, [(number, f"obs {number}") for number in range(1000)])
    assert pedido.rowcount == 1000
    pedido.arraysize = 64
    pedido.execute("SELECT NUMPED, OBS FROM PCPEDC ORDER BY NUMPED")
    assert pedido.fetchall() == [(number, f"obs {number}") for number in range(1000)]
    pedido.execute("SELECT NUMPED FROM PCPEDC ORDER BY NUMPED OFFSET 990 ROWS FETCH NEXT 3 ROWS ONLY")
    assert pedido.fetchall() == [(990,), (991,), (992,)]
    page = "SELECT NUMPED FROM PCPEDC ORDER BY NUMPED OFFSET :o ROWS FETCH NEXT :n ROWS ONLY"
    assert pedido.execute(page, o=998, n=5).fetchall() == [(998,), (999,)]


def test_rows_stay_readable_behind_a_commit(connection: oracledb.Connection, pedido: oracledb.Cursor) -> None:
    pedido.executemany(INSERT, [(number, None) for number in range(10)])
    pedido.prefetchrows = 2
    pedido.arraysize = 2
    pedido.execute("SELECT NUMPED FROM PCPEDC ORDER BY NUMPED")
    assert pedido.fetchone() == (0,)
    connection.commit()
    assert len(pedido.fetchall()) == 9


def test_array_changes_count_their_rows(pedido: oracledb.Cursor) -> None:
    pedido.executemany(INSERT, [(1, "a"), (2, "a"), (3, "b")])
    for _ in range(2):
        pedido.executemany(
            "UPDATE PCPEDC SET VLTOTAL = 1 WHERE OBS = :1", [("a",), ("b",), ("c",)], arraydmlrowcounts=True
        )
        assert pedido.getarraydmlrowcounts() == [2, 1, 0]
        assert pedido.rowcount == 3


def test_the_rows_of_an_array_before_the_failing_one_stay(pedido: oracledb.Cursor) -> None:
    with pytest.raises(oracledb.IntegrityError) as error:
        pedido.executemany(INSERT, [(1, "a"), (2, "b"), (1, "again"), (3, "c")])
    assert ora_code(error) == 1
    assert pedido.rowcount == 2
    pedido.execute("SELECT COUNT(*) FROM PCPEDC")
    assert pedido.fetchone() == (2,)


def test_batch_errors_are_collected(pedido: oracledb.Cursor) -> None:
    pedido.executemany(INSERT, [(1, "a"), (1, "again"), (2, "x" * 61), (3, "c")], batcherrors=True)
    problems = [(problem.offset, problem.code) for problem in pedido.getbatcherrors()]
    assert problems == [(1, 1), (2, 12899)]
    assert pedido.rowcount == 2


@pytest.mark.usefixtures("decimals")
def test_returning_into_out_binds(pedido: oracledb.Cursor) -> None:
    number, total, day, text = (
        pedido.var(kind) for kind in (oracledb.NUMBER, Decimal, oracledb.DB_TYPE_DATE, oracledb.DB_TYPE_NVARCHAR)
    )
    pedido.execute(
        "INSERT INTO PCPEDC (NUMPED, VLTOTAL, NOME, DATA) VALUES (:n, :v, :t, DATE '2024-05-06')"
        " RETURNING NUMPED, VLTOTAL, DATA, NOME INTO :a, :b, :c, :d",
        n=5, v=Decimal("1.10"), t="João", a=number, b=total, c=day, d=text,
    )  # fmt: skip
    assert number.getvalue() == [5]
    assert total.getvalue() == [Decimal("1.1")]
    assert day.getvalue() == [dt.datetime(2024, 5, 6)]  # noqa: DTZ001
    assert text.getvalue() == ["João"]


def test_returning_from_an_array_and_from_many_rows(pedido: oracledb.Cursor) -> None:
    out = pedido.var(int, arraysize=3)
    pedido.setinputsizes(None, out)
    pedido.executemany("INSERT INTO PCPEDC (NUMPED) VALUES (:1) RETURNING NUMPED * 10 INTO :2", [(1,), (2,), (3,)])
    assert [out.getvalue(place) for place in range(3)] == [[10], [20], [30]]
    many = pedido.var(int)
    pedido.execute("UPDATE PCPEDC SET OBS = 'x' WHERE NUMPED > 1 RETURNING NUMPED INTO :1", [many])
    assert sorted(many.getvalue()) == [2, 3]
    none = pedido.var(int)
    for _ in range(2):
        pedido.execute("DELETE PCPEDC WHERE NUMPED = 99 RETURNING NUMPED INTO :1", [none])
        assert none.getvalue() == []


def test_a_rowid_names_its_row_also_after_changes(connection: oracledb.Connection, pedido: oracledb.Cursor) -> None:
    rowid = pedido.var(oracledb.DB_TYPE_ROWID)
    pedido.execute("INSERT INTO PCPEDC (NUMPED, POSICAO) VALUES (1, 'P') RETURNING ROWID INTO :1", [rowid])
    (name,) = rowid.getvalue()
    assert len(name) == 18
    text = pedido.var(str)
    pedido.execute("INSERT INTO PCPEDC (NUMPED, POSICAO) VALUES (2, 'P') RETURNING ROWIDTOCHAR(ROWID) INTO :1", [text])
    connection.commit()
    update = "UPDATE PCPEDC SET POSICAO = 'S' WHERE ROWID = :r AND POSICAO = 'P'"
    pedido.execute(update, r=name)
    assert pedido.rowcount == 1
    pedido.execute(update, r=name)
    assert pedido.rowcount == 0
    pedido.execute("SELECT NUMPED, P.ROWID FROM PCPEDC P WHERE P.ROWID = CHARTOROWID(:r)", r=name)
    assert pedido.fetchone() == (1, name)
    assert pedido.description[1].type_code is oracledb.DB_TYPE_ROWID
    pedido.execute("SELECT NUMPED FROM PCPEDC WHERE ROWID = :r", r=text.getvalue()[0])
    assert pedido.fetchone() == (2,)


def test_sequences(cursor: oracledb.Cursor) -> None:
    cursor.execute("CREATE SEQUENCE SEQ_PEDIDO START WITH 10 INCREMENT BY 5 NOCACHE MAXVALUE 9999999999999999999999")
    cursor.execute("SELECT SEQ_PEDIDO.NEXTVAL FROM DUAL")
    assert cursor.fetchone() == (10,)
    cursor.execute("SELECT SEQ_PEDIDO.NEXTVAL, SEQ_PEDIDO.CURRVAL FROM DUAL")
    assert cursor.fetchone() == (15, 15)
    cursor.execute("DROP SEQUENCE SEQ_PEDIDO")
    with pytest.raises(oracledb.DatabaseError) as error:
        cursor.execute("SELECT SEQ_PEDIDO.NEXTVAL FROM DUAL")
    assert ora_code(error) == 2289


LONG_TEXT = "çã€😀 linha\n" * 7000


@pytest.mark.parametrize("text", ["x" * 70_000, LONG_TEXT, "short", "y" * 4001])
def test_a_clob_goes_in_and_out(pedido: oracledb.Cursor, text: str) -> None:
    pedido.execute("INSERT INTO PCPEDC (NUMPED, PAYLOAD, OBS) VALUES (:1, :2, :3)", [1, text, "o"])
    pedido.execute("SELECT NUMPED, PAYLOAD, OBS FROM PCPEDC")
    number, lob, obs = pedido.fetchone()
    assert (number, obs) == (1, "o")
    assert lob.size() == len(text.encode("utf-16-le")) // 2
    assert lob.read() == text
    assert lob.read(2, 2) == text[1:3]


def test_clobs_can_come_as_text(pedido: oracledb.Cursor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", False)
    pedido.executemany("INSERT INTO PCPEDC (NUMPED, PAYLOAD) VALUES (:1, :2)", [(1, LONG_TEXT), (2, None), (3, "z")])
    for _ in range(2):
        pedido.execute("SELECT PAYLOAD, NUMPED FROM PCPEDC ORDER BY NUMPED")
        assert pedido.fetchall() == [(LONG_TEXT, 1), (None, 2), ("z", 3)]


def test_a_temporary_clob_is_written_in_pieces(connection: oracledb.Connection, pedido: oracledb.Cursor) -> None:
    lob = connection.createlob(oracledb.DB_TYPE_CLOB)
    lob.write("abc" * 40_000)
    lob.write("XY", 2)
    assert lob.size() == 120_000
    pedido.setinputsizes(None, oracledb.DB_TYPE_CLOB)
    pedido.execute("INSERT INTO PCPEDC (NUMPED, PAYLOAD) VALUES (:1, :2)", [1, lob])
    lob.trim(3)
    assert lob.read() == "aXY"
    pedido.setinputsizes(None, oracledb.DB_TYPE_CLOB)
    pedido.execute("INSERT INTO PCPEDC (NUMPED, PAYLOAD) VALUES (:1, :2)", [2, LONG_TEXT])
    pedido.execute("SELECT PAYLOAD FROM PCPEDC ORDER BY NUMPED")
    first, second = (row[0].read() for row in pedido.fetchall())
    assert first == "aXYabc" + "abc" * 39_998
    assert second == LONG_TEXT


def test_a_clob_can_be_returned(pedido: oracledb.Cursor) -> None:
    out = pedido.var(oracledb.DB_TYPE_CLOB)
    pedido.execute("INSERT INTO PCPEDC (NUMPED, PAYLOAD) VALUES (1, :p) RETURNING PAYLOAD INTO :o", p="x" * 9000, o=out)
    assert out.getvalue()[0].read() == "x" * 9000


def test_the_transaction_flag_and_rollback(connection: oracledb.Connection, pedido: oracledb.Cursor) -> None:
    assert not connection.transaction_in_progress
    pedido.execute("SELECT 1 FROM DUAL")
    assert not connection.transaction_in_progress
    pedido.execute(INSERT, [1, "a"])
    assert connection.transaction_in_progress
    connection.rollback()
    assert not connection.transaction_in_progress
    pedido.execute("SELECT COUNT(*) FROM PCPEDC")
    assert pedido.fetchone() == (0,)


def test_autocommit(connect: Connect, pedido: oracledb.Cursor) -> None:
    pedido.connection.autocommit = True
    for number in (1, 2):
        pedido.execute(INSERT, [number, "a"])
    assert not pedido.connection.transaction_in_progress
    with connect().cursor() as other:
        other.execute("SELECT COUNT(*) FROM PCPEDC")
        assert other.fetchone() == (2,)


def test_a_closed_connection_rolls_back(connect: Connect, pedido: oracledb.Cursor) -> None:
    first = connect()
    first.cursor().execute(INSERT, [1, "lost"])
    first.close()
    pedido.execute("SELECT COUNT(*) FROM PCPEDC")
    assert pedido.fetchone() == (0,)


def test_merge(pedido: oracledb.Cursor) -> None:
    merge = """
    MERGE INTO PCPEDC P USING (SELECT :n AS NUMPED, :o AS OBS FROM DUAL) S ON (P.NUMPED = S.NUMPED)
    WHEN MATCHED THEN UPDATE SET OBS = S.OBS
    WHEN NOT MATCHED THEN INSERT (NUMPED, OBS) VALUES (S.NUMPED, S.OBS)
    """
    for text in ("new", "changed"):
        pedido.execute(merge, n=1, o=text)
        assert pedido.rowcount == 1
    pedido.execute("SELECT OBS FROM PCPEDC")
    assert pedido.fetchall() == [("changed",)]


def test_savepoints_of_the_client(pedido: oracledb.Cursor) -> None:
    pedido.execute(INSERT, [1, "kept"])
    pedido.execute("SAVEPOINT BEFORE_TWO")
    pedido.execute(INSERT, [2, "undone"])
    pedido.execute("ROLLBACK TO SAVEPOINT BEFORE_TWO")
    pedido.execute("SELECT NUMPED FROM PCPEDC")
    assert pedido.fetchall() == [(1,)]
    with pytest.raises(oracledb.DatabaseError) as error:
        pedido.execute("ROLLBACK TO SAVEPOINT NEVER_SET")
    assert ora_code(error) == 1086
    pedido.execute("SELECT NUMPED FROM PCPEDC")
    assert pedido.fetchall() == [(1,)]


def test_tables_change_their_shape(pedido: oracledb.Cursor) -> None:
    pedido.execute("SELECT OBS FROM PCPEDC")
    pedido.execute("ALTER TABLE PCPEDC ADD (EXTRA NUMBER(3) DEFAULT 1 NOT NULL, OUTRO VARCHAR2(5))")
    pedido.execute("ALTER TABLE PCPEDC MODIFY (OBS VARCHAR2(80))")
    pedido.execute(INSERT, [1, "x" * 80])
    pedido.execute("SELECT OBS, EXTRA, OUTRO FROM PCPEDC")
    assert [column.display_size for column in pedido.description] == [80, 4, 5]
    assert pedido.fetchone() == ("x" * 80, 1, None)
    with pytest.raises(oracledb.DatabaseError, match="ORA-01441"):
        pedido.execute("ALTER TABLE PCPEDC MODIFY (OBS VARCHAR2(79))")
    pedido.execute("CREATE UNIQUE INDEX IX_OBS ON PCPEDC (OBS) TABLESPACE TS_INDICES")
    with pytest.raises(oracledb.IntegrityError, match=r"ORA-00001: unique constraint \(WIRE.IX_OBS\) violated"):
        pedido.execute(INSERT, [2, "x" * 80])
    pedido.execute("DROP TABLE PCPEDC CASCADE CONSTRAINTS PURGE")


def test_cursors_left_open_run_out(connection: oracledb.Connection) -> None:
    connection.stmtcachesize = 0
    held = [connection.cursor() for _ in range(301)]
    for cursor in held[:300]:
        cursor.execute("SELECT 1 FROM DUAL")
    with pytest.raises(oracledb.DatabaseError) as error:
        held[300].execute("SELECT 1 FROM DUAL")
    assert ora_code(error) == 1000


def test_blocks_are_refused(cursor: oracledb.Cursor) -> None:
    with pytest.raises(oracledb.DatabaseError) as error:
        cursor.execute("BEGIN NULL; END;")
    assert ora_code(error) == 6550
