"""Languages and character sets of an instance: texts where dates and numbers are due, and what a set cannot hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import oracledb
import pytest

from tests.conftest import PostgresqlServer
from tests.oracle_wire.fixture import oracle_on
from tests.oracle_wire.nls import AMERICAN, BRAZILIAN, Nls
from tests.oracle_wire.server import OracleWireServer
from tests.oracle_wire.tests.conftest import ora_code

TABELA = "CREATE TABLE T (DIA DATE, VALOR NUMBER(10,2), NOME VARCHAR2(4))"
FORMATO = "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_SORT = BINARY"


@pytest.fixture
def tabela(cursor: oracledb.Cursor) -> oracledb.Cursor:
    cursor.execute(TABELA)
    return cursor


@pytest.fixture(params=[(BRAZILIAN, "AL32UTF8"), (BRAZILIAN, "WE8MSWIN1252")], ids=["utf8", "win1252"])
def brasil(
    postgresql_server: PostgresqlServer, request: pytest.FixtureRequest
) -> Iterator[tuple[OracleWireServer, oracledb.Cursor]]:
    nls, characterset = request.param
    with (
        postgresql_server.database() as url,
        oracle_on(url, schema="brasil", nls=nls, characterset=characterset) as server,
        oracledb.connect(user=server.user, password=server.password, dsn=server.dsn) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(TABELA)
        yield server, cursor


def test_a_text_is_no_date_but_in_the_sessions_format(tabela: oracledb.Cursor) -> None:
    insere = "INSERT INTO T (DIA) VALUES (:1)"
    for texto in ("2026-03-02", "2026-03-02 00:00:00", "02/03/2026"):
        with pytest.raises(oracledb.DatabaseError) as error:
            tabela.execute(insere, [texto])
        assert ora_code(error) == 1861
    tabela.execute(insere, ["02-MAR-26"])
    tabela.execute(FORMATO)
    tabela.execute(insere, ["2026-03-02 10:20:30"])
    tabela.execute(insere, ["2026-03-02"])
    tabela.execute("SELECT DIA FROM T ORDER BY DIA")
    dia = dt.datetime.fromisoformat("2026-03-02")
    assert [linha[0] for linha in tabela] == [dia, dia, dia.replace(hour=10, minute=20, second=30)]


def test_a_condition_reads_a_text_so_too(tabela: oracledb.Cursor) -> None:
    with pytest.raises(oracledb.DatabaseError) as error:
        tabela.execute("SELECT 1 FROM T WHERE DIA >= :1", ["2026-03-02"])
    assert ora_code(error) == 1861
    tabela.execute("SELECT 1 FROM T WHERE NOME = :1", ["2026-03-02"])  # a text stays one


def test_altering_the_session_ends_no_transaction(tabela: oracledb.Cursor) -> None:
    tabela.execute("INSERT INTO T (VALOR) VALUES (1)")
    tabela.execute(FORMATO)
    tabela.connection.rollback()
    tabela.execute("SELECT COUNT(*) FROM T")
    assert tabela.fetchone() == (0,)


def test_a_brazilian_session(brasil: tuple[OracleWireServer, oracledb.Cursor]) -> None:
    server, cursor = brasil
    cursor.execute("SELECT VALUE FROM NLS_SESSION_PARAMETERS WHERE PARAMETER = 'NLS_NUMERIC_CHARACTERS'")
    assert cursor.fetchone() == (",.",)
    cursor.execute("INSERT INTO T (DIA, VALOR) VALUES (:1, :2)", ["02/03/26", "1,5"])
    with pytest.raises(oracledb.DatabaseError) as error:
        cursor.execute("INSERT INTO T (VALOR) VALUES (:1)", ["1.5"])
    assert ora_code(error) == 1722
    cursor.execute("SELECT TO_CHAR(VALOR), DIA FROM T ORDER BY NOME")
    assert cursor.fetchone() == ("1,5", dt.datetime.fromisoformat("2026-03-02"))
    assert server.sorted_by_language == ["SELECT TO_CHAR(VALOR), DIA FROM T ORDER BY NOME"]
    cursor.execute(FORMATO + " NLS_NUMERIC_CHARACTERS = '.,'")
    cursor.execute("INSERT INTO T (VALOR) VALUES (:1)", ["1.5"])
    cursor.execute("SELECT VALOR FROM T ORDER BY NOME")
    assert len(server.sorted_by_language) == 1


def test_what_a_character_set_holds(brasil: tuple[OracleWireServer, oracledb.Cursor]) -> None:
    _, cursor = brasil
    cursor.execute("SELECT VALUE FROM NLS_DATABASE_PARAMETERS WHERE PARAMETER = 'NLS_CHARACTERSET'")
    (conjunto,) = cursor.fetchone()
    insere = "INSERT INTO T (NOME) VALUES (:1)"
    if conjunto == "AL32UTF8":
        with pytest.raises(oracledb.DatabaseError, match=r"actual: 8, maximum: 4"):
            cursor.execute(insere, ["ação"[1:3] * 2])
        return
    for texto in ("çãçã", "a→b"):
        cursor.execute(insere, [texto])
    with pytest.raises(oracledb.DatabaseError, match=r"actual: 5, maximum: 4"):
        cursor.execute(insere, ["çãçãç"])
    cursor.execute("SELECT NOME FROM T")
    assert [linha[0] for linha in cursor] == ["çãçã", "a¿b"]


@pytest.mark.parametrize(
    ("formato", "texto", "lido"),
    [
        ("DD-MON-RR", "02-MAR-26", "2026-03-02 00:00:00"),
        ("DD-MON-RR", "02-MAR-99", "1999-03-02 00:00:00"),
        ("DD/MM/YYYY HH24:MI:SS", "02/03/2026", "2026-03-02 00:00:00"),
        ("DD/MM/YYYY HH24:MI:SS", "02/03/2026 10:20", "2026-03-02 10:20:00"),
    ],
)
def test_formats(formato: str, texto: str, lido: str) -> None:
    assert Nls({**AMERICAN, "NLS_DATE_FORMAT": formato}).moment(texto) == lido
