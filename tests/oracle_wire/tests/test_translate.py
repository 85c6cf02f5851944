"""What the SQL of the client becomes before PostgreSQL sees it."""

from __future__ import annotations

import pytest

from tests.oracle_wire.ddl import ROWID_COLUMN, translate_definition
from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.tokens import tokenize
from tests.oracle_wire.translate import translate


@pytest.mark.parametrize(
    ("oracle", "postgresql"),
    [
        ("SELECT A, 'x''y', q'[it's]', '' FROM T", "select a , 'x''y' , 'it''s' , NULL from t"),
        ("SELECT :a, :A, :1 FROM DUAL /* :b */ -- :c", "select $1 , $2 , $3 from dual"),
        ('SELECT "Um", "DOIS", "tres" FROM T', 'select "uM" , "dois" , "TRES" from t'),
        (
            "SELECT S.NEXTVAL, W.S.CURRVAL FROM DUAL",
            "select nextval('s')::numeric , currval('w.s')::numeric from dual",
        ),
        ("SELECT DATE '2024-01-02' FROM DUAL", "select CAST('2024-01-02' AS timestamp(0)) from dual"),
        ("SELECT CAST(A AS NUMBER(8,2)) FROM T", "select cast ( a as numeric(8, 2) ) from t"),
        ("SELECT A FROM T MINUS SELECT B FROM U", "select a from t EXCEPT select b from u"),
        ("DELETE T WHERE A ^= 1", "DELETE FROM t where a <> 1"),
        ("SELECT A FROM T FOR UPDATE OF T.A WAIT 3", "select a from t FOR UPDATE OF T"),
        ("SELECT A FROM T FOR UPDATE OF A NOWAIT", "select a from t FOR UPDATE NOWAIT"),
        ("SELECT A FROM T FOR UPDATE SKIP LOCKED", "select a from t FOR UPDATE SKIP LOCKED"),
        (
            "INSERT INTO T (A) VALUES (:1) RETURNING A, B INTO :2, :3",
            "insert into t ( a ) values ( $1 ) RETURNING a , b",
        ),
        (
            "SELECT TRIM(A), TRIM(BOTH 'x' FROM A) FROM T",
            "select oracle_wire.trimmed ( a ) , trim ( both 'x' from a ) from t",
        ),
    ],
)
def test_statements(oracle: str, postgresql: str) -> None:
    assert translate(oracle).sql == postgresql


def test_what_else_is_known_about_a_statement() -> None:
    locking = translate("SELECT A FROM T FOR UPDATE WAIT 3")
    assert (locking.is_query, locking.locks, locking.wait, locking.wait_seconds) == (True, True, "WAIT", 3)
    returning = translate("UPDATE T SET A = :a WHERE B = :b RETURNING A INTO :c")
    assert [(bind.name, bind.is_return) for bind in returning.binds] == [
        ("a", False),
        ("b", False),
        ("c", True),
    ]
    assert translate('SELECT :"SIZE" FROM DUAL').binds[0].name == "SIZE"


@pytest.mark.parametrize(
    ("oracle", "postgresql"),
    [
        (
            "CREATE TABLE T (ID NUMBER(10) NOT NULL, D DATE DEFAULT SYSDATE, X NUMBER(*,0), C CLOB,"
            " CONSTRAINT PK PRIMARY KEY (ID) USING INDEX TABLESPACE I ENABLE) TABLESPACE D PCTFREE 10",
            "CREATE TABLE t (ID numeric(10, 0) not null,"
            " D timestamp(0) default oracle_wire.sysdate()::timestamp(0),"
            ' X numeric(38, 0), C text COLLATE "C", constraint pk primary key ( id ), ROWID)',
        ),
        (
            "CREATE TABLE T (A VARCHAR2(5), B VARCHAR2(5 CHAR) DEFAULT 'x' NOT NULL,"
            " N NUMBER(5) GENERATED AS IDENTITY)",
            'CREATE TABLE t (A varchar COLLATE "C" CONSTRAINT "a$bytes" CHECK (octet_length(A) <= 5),'
            ' B varchar COLLATE "C" default \'x\' not null CONSTRAINT "b$chars" CHECK (char_length(B) <= 5),'
            " N bigint generated as identity, ROWID)",
        ),
        (
            "ALTER TABLE T ADD (A TIMESTAMP(9), B NUMBER)",
            "ALTER TABLE t DROP COLUMN IF EXISTS rowid,"
            " ADD COLUMN A timestamp(6), ADD COLUMN B numeric, ADD COLUMN ROWID",
        ),
        (
            "ALTER TABLE T MODIFY A DEFAULT 1 NOT NULL",
            "ALTER TABLE t ALTER COLUMN A SET DEFAULT 1, ALTER COLUMN A SET NOT NULL",
        ),
        (
            "CREATE SEQUENCE S START WITH 5 CACHE 20 NOCYCLE MINVALUE -3 NOORDER",
            "create sequence s START WITH 5 NO CYCLE MINVALUE -3",
        ),
        ("CREATE INDEX I ON T (A, UPPER(B)) TABLESPACE X", "create index i on t ( a , upper ( b ) )"),
        ("DROP TABLE T CASCADE CONSTRAINTS PURGE", "drop table t cascade"),
        ("TRUNCATE TABLE T REUSE STORAGE", "truncate table t"),
    ],
)
def test_definitions(oracle: str, postgresql: str) -> None:
    assert translate_definition(translate(oracle)) == [postgresql.replace("ROWID", ROWID_COLUMN)]


@pytest.mark.parametrize("nothing", ["GRANT SELECT ON T TO U", "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY'"])
def test_definitions_without_an_effect_here(nothing: str) -> None:
    assert translate_definition(translate(nothing)) == []


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("CREATE TABLE T", 906),
        ("CREATE TABLE T (A NUMBER", 907),
        ("CREATE TABLE T (A TEXT)", 902),
        ("CREATE USER U", 900),
    ],
)
def test_definitions_that_are_refused(sql: str, code: int) -> None:
    with pytest.raises(OracleError) as error:
        translate_definition(translate(sql))
    assert error.value.code == code


def test_tokens_of_what_looks_alike() -> None:
    kinds = [
        (token.kind, token.text) for token in tokenize("1.5e3 a.b(+) :x 'a':b <= || \"q x\" n$#1 --c\n/*d*/ 'open")
    ]
    assert kinds == [
        ("number", "1.5e3"), ("word", "a"), ("operator", "."), ("word", "b"), ("operator", "(+)"),
        ("bind", "x"), ("string", "a"), ("operator", ":"), ("word", "b"), ("operator", "<="),
        ("operator", "||"), ("quoted", "q x"), ("word", "n$#1"), ("operator", "'"), ("word", "open"),
    ]  # fmt: skip
