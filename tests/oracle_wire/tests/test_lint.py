"""The linter: a bad statement per rule, and no false alarm."""

from __future__ import annotations

import oracledb
import pytest

from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.fixture import oracle_on
from tests.oracle_wire.lint import PROJECT_RULES, REFUSALS, Collector, lint, refuse, statements

SCHEMA = {
    "PCEST": {"CODFILIAL", "CODPROD", "QTEST", "QTRESERV"},
    "PCPEDC": {"NUMPED", "CODCLI", "DATA", "POSICAO", "VLTOTAL"},
}

BAD = [
    ("limit", "SELECT A FROM T LIMIT 10"),
    ("limit", "SELECT A FROM T WHERE A IN (SELECT B FROM U LIMIT :n)"),
    ("is-number", "SELECT A FROM T WHERE ATIVO IS 1"),
    ("is-number", "SELECT A FROM T WHERE ATIVO IS NOT :v"),
    ("boolean-literal", "UPDATE T SET ATIVO = TRUE"),
    ("boolean-literal", "SELECT A FROM T WHERE false"),
    ("multi-row-values", "INSERT INTO T (A, B) VALUES (1, 2), (3, 4)"),
    ("multi-row-values", "SELECT X FROM (VALUES (1)) V"),
    ("default-values", "INSERT INTO T DEFAULT VALUES"),
    ("update-from", "UPDATE T SET A = U.A FROM U WHERE U.ID = T.ID"),
    ("delete-using", "DELETE FROM T USING U WHERE U.ID = T.ID"),
    ("on-conflict", "INSERT INTO T (A) VALUES (1) ON CONFLICT DO NOTHING"),
    ("cast-operator", "SELECT A::NUMBER FROM T"),
    ("if-exists", "DROP TABLE IF EXISTS T"),
    ("if-exists", "CREATE TABLE IF NOT EXISTS T (A NUMBER)"),
    ("for-update", "SELECT A FROM T ORDER BY A FETCH FIRST 1 ROWS ONLY FOR UPDATE NOWAIT"),
    ("for-update", "SELECT DISTINCT A FROM T FOR UPDATE NOWAIT"),
    ("for-update", "SELECT A FROM T GROUP BY A FOR UPDATE WAIT 5"),
    ("for-update", "SELECT A FROM T UNION ALL SELECT A FROM U FOR UPDATE NOWAIT"),
    ("for-update", "SELECT MAX(A) FROM T FOR UPDATE NOWAIT"),
    ("exists-value", "SELECT EXISTS (SELECT 1 FROM T) FROM DUAL"),
    ("exists-value", "SELECT A, NOT (EXISTS (SELECT 1 FROM U)) AS TEM FROM T"),
    ("exists-value", "UPDATE T SET A = EXISTS (SELECT 1 FROM U)"),
    ("select-without-from", "SELECT 1"),
    ("select-without-from", "SELECT A FROM T WHERE A = (SELECT 1)"),
    ("select-without-from", "SELECT 1 UNION ALL SELECT 2 FROM DUAL"),
    ("star-with-columns", "SELECT *, A FROM T"),
    ("star-with-columns", "SELECT A, * FROM T"),
    ("table-alias-as", "SELECT X.A FROM T AS X"),
    ("table-alias-as", "SELECT X.A FROM T JOIN U AS X ON X.A = T.A"),
    ("table-alias-as", "SELECT X.A FROM (SELECT A FROM T) AS X"),
    ("table-alias-as", "UPDATE T AS X SET A = 1"),
    ("table-alias-as", "DELETE FROM T AS X WHERE X.A = 1"),
    ("returning-without-into", "INSERT INTO T (A) VALUES (1) RETURNING A"),
    ("empty-text", "SELECT A FROM T WHERE B = ''"),
    ("empty-text", "UPDATE T SET B = COALESCE(C, '')"),
    ("semicolon", "SELECT A FROM T;"),
    ("identifier-length", "SELECT COLUNA_COM_UM_NOME_MUITO_LONGO_1 FROM T"),
    ("quoted-name", 'SELECT "uid" FROM T'),
    ("quoted-name", 'SELECT "DATE" FROM T'),
    ("reserved-name", "SELECT A AS NUMBER FROM T"),
    ("reserved-name", "SELECT T.SIZE FROM T"),
    ("reserved-name", "CREATE TABLE T (LEVEL NUMBER(3))"),
    ("bind-name", "SELECT A FROM T WHERE B = :date"),
    ("in-list", "SELECT A FROM T WHERE A IN (1" + ", 1" * 1000 + ")"),
    ("text-size", "CREATE TABLE T (A VARCHAR2(4001 CHAR))"),
    ("constraint-name", "CREATE TABLE T (A NUMBER(3) PRIMARY KEY)"),
    ("constraint-name", "CREATE TABLE T (A NUMBER(3), UNIQUE (A))"),
    ("constraint-name", "ALTER TABLE T ADD CHECK (A > 0)"),
    ("column-type", "CREATE TABLE T (A TEXT)"),
    ("column-type", "CREATE TABLE T (A BOOLEAN)"),
    ("column-type", "ALTER TABLE T ADD (A BIGINT)"),
    ("column-type", "SELECT CAST(A AS TEXT) FROM T"),
    ("except", "SELECT A FROM T EXCEPT SELECT A FROM U"),
    ("recursive", "WITH RECURSIVE R AS (SELECT 1 AS N FROM DUAL) SELECT N FROM R"),
    ("interval", "SELECT SYSDATE - INTERVAL '1 day' FROM DUAL"),
    ("lock-without-limit", "SELECT A FROM T FOR UPDATE"),
    ("lock-without-limit", "LOCK TABLE T IN EXCLUSIVE MODE"),
    ("unknown-table", "SELECT CODPROD FROM PCESTOQUE"),
    ("unknown-table", "INSERT INTO PCPEDX (NUMPED) VALUES (:n)"),
    ("unknown-column", "SELECT E.QTRESERVA FROM PCEST E"),
    ("unknown-column", "UPDATE PCEST SET QTRESERVA = :q WHERE CODPROD = :p"),
    ("unknown-column", "INSERT INTO PCPEDC (NUMPED, TOTAL) VALUES (:n, :t)"),
    ("unknown-column", "SELECT NUMPED FROM PCPEDC ORDER BY TOTAL"),
]

GOOD = [
    "SELECT CODPROD, QTEST - QTRESERV AS SALDO FROM PCEST WHERE CODFILIAL = :f ORDER BY SALDO DESC",
    "SELECT QTRESERV FROM PCEST WHERE CODPROD = :p FOR UPDATE WAIT 5",
    "SELECT QTRESERV FROM PCEST E WHERE CODPROD IN (:a, :b) ORDER BY CODPROD FOR UPDATE OF E.QTRESERV NOWAIT",
    "SELECT NUMPED FROM PCPEDC WHERE POSICAO = 'L' FOR UPDATE SKIP LOCKED",
    "SELECT NUMPED FROM PCPEDC ORDER BY NUMPED OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY",
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM PCEST) THEN 1 ELSE 0 END AS TEM FROM DUAL",
    "SELECT CASE WHEN (NOT EXISTS (SELECT 1 FROM PCEST)) THEN 1 END FROM DUAL",
    "SELECT NUMPED FROM PCPEDC P WHERE (EXISTS (SELECT 1 FROM PCEST WHERE CODPROD = CODCLI) OR VLTOTAL > 0)",
    "SELECT COUNT(*) FROM PCPEDC",
    "SELECT P.*, P.ROWID FROM PCPEDC P",
    "SELECT EXTRACT(YEAR FROM DATA) AS ANO, TRIM(LEADING '0' FROM POSICAO) FROM PCPEDC",
    "SELECT CAST(VLTOTAL AS NUMBER(10, 2)), CAST(NULL AS DATE), CAST(POSICAO AS VARCHAR2(1)) FROM PCPEDC",
    "SELECT SUM(QTEST) OVER (PARTITION BY CODPROD) AS TOTAL FROM PCEST",
    "SELECT S.TOTAL FROM (SELECT SUM(QTEST) TOTAL FROM PCEST) S WHERE S.TOTAL > 0",
    "WITH R AS (SELECT CODPROD AS P FROM PCEST) SELECT R.P FROM R JOIN PCPEDC C ON C.CODCLI = R.P",
    "SELECT E.CODPROD FROM PCEST E LEFT JOIN PCPEDC P ON (P.CODCLI = E.CODPROD AND P.POSICAO = 'A'), DUAL",
    "SELECT CODPROD FROM PCEST MINUS SELECT CODCLI FROM PCPEDC",
    "SELECT SYSDATE - INTERVAL '15' MINUTE, DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00:00' FROM DUAL",
    "INSERT INTO PCPEDC (NUMPED, DATA) VALUES (SEQ.NEXTVAL, SYSDATE) RETURNING NUMPED, ROWID INTO :n, :r",
    "INSERT INTO PCPEDC (NUMPED) SELECT CODPROD FROM PCEST WHERE QTEST IS NOT NULL",
    "UPDATE PCEST SET QTRESERV = COALESCE(QTRESERV, 0) + :q WHERE CODFILIAL = :f AND QTEST - QTRESERV >= :q",
    "UPDATE PCPEDC SET VLTOTAL = (SELECT SUM(QTEST) FROM PCEST) WHERE ROWID = :r AND POSICAO = 'P'",
    "DELETE FROM PCPEDC WHERE NUMPED = :n",
    "MERGE INTO PCPEDC P USING (SELECT :n AS N FROM DUAL) S ON (P.NUMPED = S.N)"
    " WHEN MATCHED THEN UPDATE SET VLTOTAL = 1 WHEN NOT MATCHED THEN INSERT (NUMPED) VALUES (S.N)",
    "LOCK TABLE PCEST IN EXCLUSIVE MODE NOWAIT",
    "CREATE TABLE GW (ID NUMBER(10) NOT NULL, T VARCHAR2(4000), C CLOB, D DATE DEFAULT SYSDATE,"
    " CONSTRAINT PK_GW PRIMARY KEY (ID), CONSTRAINT FK_GW FOREIGN KEY (ID) REFERENCES PCPEDC (NUMPED),"
    " CONSTRAINT CK_GW CHECK (T IN ('A', 'B')))",
    "ALTER TABLE GW ADD (X NUMBER(3) CONSTRAINT CK_X CHECK (X > 0), Y TIMESTAMP(6))",
    "ALTER TABLE GW MODIFY (T NOT NULL)",
    "ALTER TABLE GW ADD CONSTRAINT UK_GW UNIQUE (T)",
    "CREATE UNIQUE INDEX IX_GW ON GW (T, D)",
    "CREATE SEQUENCE SEQ_GW START WITH 1 NOCACHE",
    "COMMENT ON COLUMN GW.T IS ''",
    'CREATE USER TESTE IDENTIFIED BY "Senha"',
    "SELECT 'LIMIT 1; x::y TRUE IS 1' AS TEXTO FROM DUAL -- FOR UPDATE",
    'SELECT NUMPED FROM PCPEDC WHERE NUMPED = :"SIZE"',
    "BEGIN PACOTE.PROCEDIMENTO(:a, ''); END;",
]


@pytest.mark.parametrize(("rule", "sql"), BAD, ids=lambda value: value[:60])
def test_bad_statements_are_reported(rule: str, sql: str) -> None:
    assert rule in {problem.rule for problem in lint(sql, SCHEMA if rule.startswith("unknown") else None)}


@pytest.mark.parametrize("sql", GOOD, ids=lambda value: value[:60])
def test_good_statements_are_not(sql: str) -> None:
    assert lint(sql, SCHEMA) == []


def test_every_rule_has_a_bad_statement() -> None:
    assert {rule for rule, _ in BAD} == set(REFUSALS) | PROJECT_RULES


def test_a_script_is_cut_into_statements() -> None:
    script = """
    -- first; not a statement
    CREATE TABLE T (A NUMBER);
    INSERT INTO T VALUES (';');
    CREATE OR REPLACE TRIGGER X BEFORE INSERT ON T FOR EACH ROW
    BEGIN
      NULL;
    END;
    /
    DROP TABLE T
    """
    found = statements(script)
    assert [statement.split()[-1] for statement in found] == ["NUMBER)", "(';')", "END;", "T"]


def test_a_collector_keeps_the_first_statement_of_each_problem() -> None:
    collector = Collector()
    for sql in ("SELECT 1", "SELECT 2", "SELECT A FROM T"):
        collector(sql)
    assert list(collector.problems.values()) == ["SELECT 1"]
    assert len(collector.statements) == 3


# Unknown names are PostgreSQL's to refuse.
STRICT = [(rule, sql) for rule, sql in BAD if rule in REFUSALS and not rule.startswith("unknown")]


@pytest.mark.parametrize(("rule", "sql"), STRICT, ids=lambda v: v[:60])
def test_the_strict_mode_refuses_with_oracles_number(rule: str, sql: str) -> None:
    with pytest.raises(OracleError) as error:
        refuse(sql)
    assert REFUSALS[rule] in {error.value.code, *(REFUSALS.get(problem.rule) for problem in lint(sql))}


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT 1", 923),
        ("SELECT 1 FROM DUAL LIMIT 1", 933),
        ("SELECT EXISTS (SELECT 1 FROM DUAL) FROM DUAL", 936),
        ("SELECT DUMMY FROM DUAL FETCH FIRST 1 ROWS ONLY FOR UPDATE NOWAIT", 2014),
    ],
)
def test_a_strict_server_refuses_what_oracle_refuses(wire_postgres_url: str, sql: str, code: int) -> None:
    with oracle_on(wire_postgres_url, schema="strict", inspector=refuse) as server:
        connection = oracledb.connect(user=server.user, password=server.password, dsn=server.dsn)
        with connection.cursor() as cursor:
            with pytest.raises(oracledb.DatabaseError) as error:
                cursor.execute(sql)
            assert error.value.args[0].code == code
            cursor.execute("SELECT DUMMY FROM DUAL WHERE DUMMY <> ''")  # unwanted here, but good Oracle SQL
            assert cursor.fetchall() == []
        connection.close()
