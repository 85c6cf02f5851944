"""Oracle's meanings: what NULL, names, numbers and errors are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import oracledb
import pytest

from tests.oracle_wire.tests.conftest import Connect, full_code, ora_code

pytestmark = pytest.mark.usefixtures("decimals")

TABLES = """
CREATE TABLE PCCLIENT (CODCLI NUMBER(6), CLIENTE VARCHAR2(10) NOT NULL,
  FANTASIA VARCHAR2(10 CHAR), LIMITE NUMBER(8,2),
  CONSTRAINT PK_PCCLIENT PRIMARY KEY (CODCLI), CONSTRAINT CK_LIMITE CHECK (LIMITE >= 0));
CREATE TABLE PCPEDC (NUMPED NUMBER(10) PRIMARY KEY, CODCLI NUMBER(6), DATA DATE,
  CONSTRAINT FK_CLIENTE FOREIGN KEY (CODCLI) REFERENCES PCCLIENT (CODCLI))
"""


@pytest.fixture
def tables(cursor: oracledb.Cursor) -> oracledb.Cursor:
    for statement in TABLES.split(";"):
        cursor.execute(statement)
    cursor.execute("INSERT INTO PCCLIENT (CODCLI, CLIENTE) VALUES (1, 'ANA')")
    return cursor


def value(cursor: oracledb.Cursor, expression: str, **binds: object) -> object:
    cursor.execute(f"SELECT {expression} FROM DUAL", binds)  # noqa: S608
    (result,) = cursor.fetchone()
    return result


CLIENTE, FANTASIA = '"WIRE"."PCCLIENT"."CLIENTE"', '"WIRE"."PCCLIENT"."FANTASIA"'
ADD = "INSERT INTO PCCLIENT (CODCLI, CLIENTE) VALUES"
FAILURES = [
    (f"{ADD} (1, 'X')", None, "00001: unique constraint (WIRE.PK_PCCLIENT) violated"),
    ("INSERT INTO PCCLIENT (CODCLI) VALUES (2)", None, f"01400: cannot insert NULL into ({CLIENTE})"),
    (f"{ADD} (2, :v)", "", f"01400: cannot insert NULL into ({CLIENTE})"),
    ("UPDATE PCCLIENT SET CLIENTE = ''", None, f"01407: cannot update ({CLIENTE}) to NULL"),
    (
        "UPDATE PCCLIENT SET LIMITE = 1000000",
        None,
        "01438: value larger than specified precision allowed for this column",
    ),
    ("UPDATE PCCLIENT SET LIMITE = -1", None, "02290: check constraint (WIRE.CK_LIMITE) violated"),
    (
        "INSERT INTO PCPEDC (NUMPED, CODCLI) VALUES (1, 9)",
        None,
        "02291: integrity constraint (WIRE.FK_CLIENTE) violated - parent key not found",
    ),
    (
        "UPDATE PCCLIENT SET CLIENTE = :v",
        "áááááá",
        f"12899: value too large for column {CLIENTE} (actual: 12, maximum: 10)",
    ),
    (
        "UPDATE PCCLIENT SET FANTASIA = :v",
        "á" * 11,
        f"12899: value too large for column {FANTASIA} (actual: 11, maximum: 10)",
    ),
    ("SELECT 1 FROM NOWHERE", None, "00942: table or view does not exist"),
    ("SELECT NOTHING FROM PCCLIENT", None, '00904: "NOTHING": invalid identifier'),
    ("UPDATE PCCLIENT SET NOTHING = 1", None, '00904: "NOTHING": invalid identifier'),
    ("SELECT NO_FUNCTION(1) FROM DUAL", None, '00904: "NO_FUNCTION": invalid identifier'),
    ('SELECT "cliente" FROM PCCLIENT', None, '00904: "cliente": invalid identifier'),
    ("SELECT 1 / 0 FROM DUAL", None, "01476: divisor is equal to zero"),
    ("SELECT CODCLI FROM PCCLIENT WHERE CODCLI = :v", "abc", "01722: invalid number"),
    ("CREATE TABLE PCCLIENT (A NUMBER)", None, "00955: name is already used by an existing object"),
    ("CREATE TABLE T (A TEXT)", None, "00902: invalid datatype"),
    ("CREATE TABLE T (A VARCHAR2(4001))", None, "00910: specified length too long for its datatype"),
    ("SELECT CLIENTE, COUNT(*) FROM PCCLIENT", None, "00979: not a GROUP BY expression"),
    ("SELECT CODCLI FROM PCCLIENT C JOIN PCPEDC P ON 1 = 1", None, "00918: column ambiguously defined"),
    (
        "SELECT COUNT(*) FROM PCCLIENT FOR UPDATE",
        None,
        "02014: cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc.",
    ),
    ("SELECT 1 FROM DUAL;", None, "00911: invalid character"),
    ("SELECT CODCLI = 1 FROM PCCLIENT", None, "00923: FROM keyword not found where expected"),
]


@pytest.mark.parametrize(("statement", "bind", "expected"), FAILURES)
def test_failures_have_oracles_numbers_and_words(
    tables: oracledb.Cursor, statement: str, bind: str | None, expected: str
) -> None:
    with pytest.raises(oracledb.DatabaseError) as error:
        tables.execute(statement, {} if bind is None else {"v": bind})
    assert str(error.value).splitlines()[0] == f"ORA-{expected}"
    assert full_code(error) == f"ORA-{expected[:5]}"


def test_a_parent_with_children_stays(tables: oracledb.Cursor) -> None:
    tables.execute("INSERT INTO PCPEDC (NUMPED, CODCLI) VALUES (1, 1)")
    with pytest.raises(oracledb.IntegrityError) as error:
        tables.execute("DELETE FROM PCCLIENT")
    assert ora_code(error) == 2292


def test_a_failing_statement_undoes_only_itself(tables: oracledb.Cursor, connect: Connect) -> None:
    tables.connection.commit()
    tables.execute("INSERT INTO PCCLIENT (CODCLI, CLIENTE) VALUES (2, 'BIA')")
    for _ in range(3):
        with pytest.raises(oracledb.IntegrityError):
            tables.execute("INSERT INTO PCCLIENT (CODCLI, CLIENTE) SELECT CODCLI + 1, CLIENTE FROM PCCLIENT")
        with pytest.raises(oracledb.DatabaseError):
            tables.execute("SELECT * FROM NOWHERE")
    tables.execute("INSERT INTO PCCLIENT (CODCLI, CLIENTE) VALUES (3, 'CIA')")
    tables.connection.commit()
    with connect().cursor() as other:
        other.execute("SELECT CODCLI FROM PCCLIENT ORDER BY CODCLI")
        assert other.fetchall() == [(1,), (2,), (3,)]


def test_a_failing_first_statement_opens_no_transaction(tables: oracledb.Cursor) -> None:
    tables.connection.commit()
    with pytest.raises(oracledb.IntegrityError):
        tables.execute("INSERT INTO PCCLIENT (CODCLI, CLIENTE) VALUES (1, 'X')")
    assert not tables.connection.transaction_in_progress


def test_a_definition_commits(tables: oracledb.Cursor) -> None:
    tables.execute("CREATE TABLE OTHER (A NUMBER)")
    tables.connection.rollback()
    tables.execute("SELECT COUNT(*) FROM PCCLIENT")
    assert tables.fetchone() == (1,)


def test_empty_text_is_null(tables: oracledb.Cursor) -> None:
    assert value(tables, "CASE WHEN '' IS NULL THEN 1 ELSE 0 END") == 1
    assert value(tables, "CASE WHEN :v IS NULL THEN 1 ELSE 0 END", v="") == 1
    assert value(tables, "NVL(:v, 'other')", v="") == "other"
    assert value(tables, "'a' || '' || 'b'") == "ab"
    tables.execute("SELECT COUNT(*) FROM PCCLIENT WHERE CLIENTE <> ''")
    assert tables.fetchone() == (0,)
    tables.execute("SELECT CLIENTE || FANTASIA || '!' FROM PCCLIENT")
    assert tables.fetchone() == ("ANA!",)


def test_quoted_names_keep_their_case(tables: oracledb.Cursor) -> None:
    tables.execute('CREATE TABLE T ("uid" NUMBER(3), "VALOR" NUMBER(3), "Misto" VARCHAR2(3))')
    tables.execute('INSERT INTO T ("uid", valor, "Misto") VALUES (1, 2, \'abc\')')
    tables.execute('SELECT "uid", Valor, "Misto", 1 AS Soma, 2 AS "soma" FROM t')
    assert [column.name for column in tables.description] == ["uid", "VALOR", "Misto", "SOMA", "soma"]
    with pytest.raises(oracledb.DatabaseError, match=r'column "WIRE"\."T"\."Misto"'):
        tables.execute("UPDATE T SET \"Misto\" = 'abcd'")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 / 4", Decimal("0.25")),
        ("ROUND(10 / 3, 2)", Decimal("3.33")),
        ("CAST(1234.565 AS NUMBER(8, 2))", Decimal("1234.57")),
        ("0.1 + 0.2", Decimal("0.3")),
        ("99999999999999999999999999999999999999", Decimal("9" * 38)),
        ("COALESCE(NULL, 5)", Decimal(5)),
        ("GREATEST(1, NULL)", None),
        ("LEAST(3, 2.5)", Decimal("2.5")),
        ("MOD(7, 3)", Decimal(1)),
        ("TO_NUMBER('1.5')", Decimal("1.5")),
        ("TO_CHAR(1.50)", "1.5"),
        ("SUBSTR('abcdef', 2, 3)", "bcd"),
        ("SUBSTR('abcdef', -2)", "ef"),
        ("SUBSTR('abc', 4)", None),
        ("REPLACE('01310-100', '-', '')", "01310100"),
        ("REPLACE('-', '-')", None),
        ("TRIM('  ')", None),
        ("TRIM(LEADING '0' FROM '007')", "7"),
        ("RTRIM(' x ')", " x"),
        ("LENGTH('')", None),
        ("LENGTH(1200)", Decimal(4)),
        ("LPAD(7, 3, '0')", "007"),
        ("INSTR('abc', 'c')", Decimal(3)),
        ("CAST('abcdef' AS VARCHAR2(3))", "abc"),
        ("DATE '2024-02-28' + 1.5", dt.datetime(2024, 2, 29, 12)),  # noqa: DTZ001
        ("TRUNC(TO_DATE('2024-02-28 13:14:15', 'YYYY-MM-DD HH24:MI:SS'))", dt.datetime(2024, 2, 28)),  # noqa: DTZ001
        ("TIMESTAMP '2024-01-02 03:04:05.678'", dt.datetime(2024, 1, 2, 3, 4, 5, 678000)),  # noqa: DTZ001
    ],
)
def test_expressions(cursor: oracledb.Cursor, expression: str, expected: object) -> None:
    result = value(cursor, expression)
    assert result == expected
    assert type(result) is type(expected)


def test_numbers_keep_38_digits_and_round_to_their_scale(tables: oracledb.Cursor) -> None:
    tables.execute("UPDATE PCCLIENT SET LIMITE = :v", v=Decimal("10.005"))
    tables.execute("SELECT LIMITE FROM PCCLIENT")
    assert tables.fetchone() == (Decimal("10.01"),)
    assert value(tables, ":v + 0", v=Decimal("1234567890123456789012345678901234567.8")) == Decimal(
        "1234567890123456789012345678901234567.8"
    )


def test_a_date_has_a_time(tables: oracledb.Cursor) -> None:
    moment = dt.datetime(2024, 5, 6, 7, 8, 9, 999999)  # noqa: DTZ001
    tables.execute("INSERT INTO PCPEDC (NUMPED, DATA) VALUES (1, :d)", d=moment)
    tables.execute("SELECT DATA FROM PCPEDC WHERE DATA = :d", d=moment.replace(microsecond=0))
    assert tables.fetchone() == (moment.replace(microsecond=0),)


def test_the_clock(cursor: oracledb.Cursor) -> None:
    cursor.execute("SELECT SYSDATE, CURRENT_DATE, SYSTIMESTAMP, LOCALTIMESTAMP FROM DUAL")
    kinds = [column.type_code.name for column in cursor.description]
    assert kinds == ["DB_TYPE_DATE", "DB_TYPE_DATE", "DB_TYPE_TIMESTAMP_TZ", "DB_TYPE_TIMESTAMP"]
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    assert all(abs(moment - now) < dt.timedelta(seconds=5) for moment in cursor.fetchone())


def test_text_sorts_by_bytes_and_null_last(tables: oracledb.Cursor) -> None:
    tables.executemany(
        "INSERT INTO PCCLIENT (CODCLI, CLIENTE, FANTASIA) VALUES (:1, 'X', :2)",
        [(2, "b"), (3, "B"), (4, "a"), (5, "Á"), (6, "_")],
    )
    tables.execute("SELECT FANTASIA FROM PCCLIENT ORDER BY FANTASIA")
    assert [row[0] for row in tables.fetchall()] == ["B", "_", "a", "b", "Á", None]


def test_values_convert_where_oracle_converts(tables: oracledb.Cursor) -> None:
    tables.execute("SELECT CLIENTE FROM PCCLIENT WHERE CODCLI = :v AND (:w IS NULL OR LIMITE = :w)", v="1", w=None)
    assert tables.fetchone() == ("ANA",)
    tables.connection.commit()
    for _ in range(2):
        tables.execute("UPDATE PCCLIENT SET LIMITE = 1 WHERE :w IS NULL AND CODCLI = 1", w=None)
        assert tables.rowcount == 1
    tables.execute("INSERT INTO PCCLIENT (CODCLI, CLIENTE) SELECT :n, :t FROM DUAL", n="2", t="BIA")
    assert tables.rowcount == 1


def test_set_operations_and_paging(tables: oracledb.Cursor) -> None:
    tables.execute("SELECT 1 AS N FROM DUAL UNION ALL SELECT 2 FROM DUAL MINUS SELECT 1 FROM DUAL")
    assert tables.fetchall() == [(2,)]
    tables.execute(
        "SELECT N FROM (SELECT 3 AS N FROM DUAL UNION SELECT 4 FROM DUAL) ORDER BY N DESC FETCH FIRST 1 ROWS ONLY"
    )
    assert tables.fetchall() == [(4,)]


def test_the_schema_can_be_named(tables: oracledb.Cursor) -> None:
    tables.execute("SELECT CLIENTE FROM WIRE.PCCLIENT")
    assert tables.fetchone() == ("ANA",)
    assert value(tables, "SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')") == "WIRE"


@pytest.mark.parametrize("publico", ["", "PUBLIC "])
def test_a_synonym_stands_for_its_table(tables: oracledb.Cursor, publico: str) -> None:
    tables.execute(f"CREATE {publico}SYNONYM CLIENTES FOR WIRE.PCCLIENT")
    tables.execute("UPDATE CLIENTES SET LIMITE = 5 WHERE CODCLI = 1")
    tables.execute("SELECT CLIENTE, LIMITE FROM CLIENTES FOR UPDATE NOWAIT")
    assert tables.fetchall() == [("ANA", Decimal(5))]
    tables.execute("SELECT OWNER, SYNONYM_NAME, TABLE_OWNER, TABLE_NAME, DB_LINK FROM ALL_SYNONYMS")
    assert tables.fetchall() == [(publico.strip() or "WIRE", "CLIENTES", "WIRE", "PCCLIENT", None)]
    tables.execute(f"DROP {publico}SYNONYM CLIENTES")
    tables.execute("SELECT COUNT(*) FROM ALL_SYNONYMS")
    assert tables.fetchone() == (0,)
