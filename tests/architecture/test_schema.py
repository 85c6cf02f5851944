"""The committed DDL, the SQLAlchemy tables and the databases made from them say the same, column by column."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import oracle, postgresql, sqlite

from app.demonstracao import linhas
from app.winthor.esquema import ddl, schema, types
from app.winthor.esquema.gateway_tables import GW_CONFIG, GW_CREDENCIAL, GW_OPERACAO, gateway
from app.winthor.esquema.tables import (
    PCCLIENT,
    PCCONSUM,
    PCEMBALAGEM,
    PCEMPR,
    PCEST,
    PCFILIAL,
    PCFORMPROD,
    PCMETAPARAMFILIAL,
    PCPARAMFILIAL,
    PCPEDC,
    PCPEDI,
    PCPRODFILIAL,
    PCPRODUT,
    PCUSUARI,
    winthor,
)

SQL = Path(__file__).resolve().parents[2] / "sql"
FILES = ["winthor/0001_subset.sql", *sorted(f"gateway/{file.name}" for file in (SQL / "gateway").glob("0*.sql"))]
NOMES = [Path(name).stem for name in FILES if name.startswith("gateway/")]
TABLES = {table.name: table for metadata in (winthor, gateway) for table in metadata.tables.values()}

# Oracle 19c, V$RESERVED_WORDS where RESERVED = 'Y', and the words that may name no column (ROWID…).
ORACLE_RESERVED = re.compile(
    r"""
    ACCESS | ADD | ALL | ALTER | AND | ANY | AS | ASC | AUDIT | BETWEEN | BY | CHAR | CHECK | CLUSTER | COLUMN |
    COLUMN_VALUE | COMMENT | COMPRESS | CONNECT | CREATE | CURRENT | DATE | DECIMAL | DEFAULT | DELETE | DESC |
    DISTINCT | DROP | ELSE | EXCLUSIVE | EXISTS | FILE | FLOAT | FOR | FROM | GRANT | GROUP | HAVING | IDENTIFIED
    | IMMEDIATE | IN | INCREMENT | INDEX | INITIAL | INSERT | INTEGER | INTERSECT | INTO | IS | LEVEL | LIKE |
    LOCK | LONG | MAXEXTENTS | MINUS | MLSLABEL | MODE | MODIFY | NESTED_TABLE_ID | NOAUDIT | NOCOMPRESS | NOT |
    NOWAIT | NULL | NUMBER | OF | OFFLINE | ON | ONLINE | OPTION | OR | ORDER | PCTFREE | PRIOR | PUBLIC | RAW |
    RENAME | RESOURCE | REVOKE | ROW | ROWID | ROWNUM | ROWS | SELECT | SESSION | SET | SHARE | SIZE | SMALLINT |
    START | SUCCESSFUL | SYNONYM | SYSDATE | TABLE | THEN | TO | TRIGGER | UID | UNION | UNIQUE | UPDATE | USER |
    VALIDATE | VALUES | VARCHAR | VARCHAR2 | VIEW | WHENEVER | WHERE | WITH
    """,
    re.VERBOSE,
)


class Column(NamedTuple):
    name: str
    type: tuple[Any, ...]
    nullable: bool
    default: str | None


class Described(NamedTuple):
    """A table as one of the sources describes it; names in capitals."""

    columns: list[Column]
    key: tuple[str | None, list[str]]
    indexes: dict[str, list[str]]


# --- source 1: the SQL files, read by a parser of their own --------------------------------------------------------


def read_sql(described: dict[str, Described], text: str) -> None:
    text = re.sub(r"--.*", "", text)
    for statement in filter(None, (part.strip() for part in text.split(";"))):
        if index := re.fullmatch(r"CREATE INDEX (\w+) ON (\w+) \(([\w, ]+)\)", statement):
            described[index[2]].indexes[index[1]] = index[3].split(", ")
            continue
        if column := re.fullmatch(r"ALTER TABLE (\w+) ADD (.*)", statement):
            described[column[1]].columns.append(read_column(column[2]))
            continue
        table = re.fullmatch(r"CREATE TABLE (\w+) \((.*)\)", statement, re.DOTALL)
        assert table, statement
        columns: list[Column] = []
        key: tuple[str | None, list[str]] = (None, [])
        for line in re.split(r",\s*\n", table[2].strip()):
            if constraint := re.fullmatch(r"CONSTRAINT (\w+) PRIMARY KEY \(([\w, ]+)\)", line.strip()):
                key = (constraint[1], constraint[2].split(", "))
            else:
                columns.append(read_column(line.strip()))
        described[table[1]] = Described(columns, key, {})


def read_column(line: str) -> Column:
    found = re.fullmatch(r"(\w+) ([A-Z0-9]+)(?:\((\d+)(?:,(\d+))?\))?(?: DEFAULT (\S+))?( NOT NULL)?", line)
    assert found, line
    name, base, size, scale, default, not_null = found.groups()
    kind: tuple[Any, ...] = (base,)
    if base == "NUMBER":
        kind = (base, int(size), int(scale or 0))
    elif size:
        kind = (base, int(size))
    return Column(name, kind, not not_null, default)


FROM_SQL: dict[str, Described] = {}
for file in FILES:
    read_sql(FROM_SQL, (SQL / file).read_text("utf-8"))


# --- source 2: the SQLAlchemy tables ------------------------------------------------------------------------------


def described_by_table(table: sa.Table) -> Described:
    columns = [
        Column(
            str(column.name),
            declared_type(column.type),
            bool(column.nullable),
            str(column.server_default.arg) if column.server_default is not None else None,
        )
        for column in table.columns
    ]
    key = table.primary_key
    indexes = {str(index.name): [column.name for column in index.columns] for index in table.indexes}
    return Described(columns, (key.name if key.columns else None, [c.name for c in key.columns]), indexes)


def declared_type(kind: Any) -> tuple[Any, ...]:
    if isinstance(kind, types.NUMBER):
        return ("NUMBER", kind.precision, kind.scale)
    if isinstance(kind, types.VARCHAR2):
        return ("VARCHAR2", kind.length)
    return {types.DATE: ("DATE",), types.TIMESTAMP: ("TIMESTAMP", 6), types.CLOB: ("CLOB",)}[type(kind)]


# --- source 3: a created database, reflected ----------------------------------------------------------------------


def described_by_database(inspector: sa.Inspector, name: str) -> Described:
    columns = [
        Column(
            column["name"].upper(),
            reflected_type(column["type"]),
            column["nullable"],
            column["default"].removesuffix("::character varying") if column["default"] else None,
        )
        for column in inspector.get_columns(name)
    ]
    key = inspector.get_pk_constraint(name)
    indexes = {
        str(index["name"]).upper(): [str(column).upper() for column in index["column_names"]]
        for index in inspector.get_indexes(name)
    }
    key_name = key["name"].upper() if key["name"] else None
    return Described(columns, (key_name, [column.upper() for column in key["constrained_columns"]]), indexes)


def reflected_type(kind: Any) -> tuple[Any, ...]:
    if isinstance(kind, sa.Numeric):
        return ("NUMBER", kind.precision, kind.scale)
    if isinstance(kind, sa.String):
        return ("VARCHAR2", kind.length) if kind.length else ("CLOB",)
    assert isinstance(kind, sa.DateTime)
    return ("DATETIME",)


def as_reflected(described: Described) -> Described:
    """DATE and TIMESTAMP become one type on the stand-ins for Oracle; the rest must come back as declared."""
    columns = [
        column._replace(type=("DATETIME",) if column.type[0] in ("DATE", "TIMESTAMP") else column.type)
        for column in described.columns
    ]
    return described._replace(columns=columns)


def test_every_table_has_its_ddl_and_nothing_else() -> None:
    assert list(FROM_SQL) == list(TABLES)
    assert len(winthor.tables) == 26
    assert len(gateway.tables) == 17


@pytest.mark.parametrize("name", TABLES)
def test_ddl_and_table_agree(name: str) -> None:
    assert FROM_SQL[name] == described_by_table(TABLES[name])


# On Oracle tests/oracle/test_catalogo.py compares the dictionary: SQLAlchemy's reflection asks for more than the
# protocol server has.
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_created_database_agrees_with_ddl(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    names = {name.upper(): name for name in inspector.get_table_names()}
    assert set(names) == set(FROM_SQL)
    for name, described in FROM_SQL.items():
        assert described_by_database(inspector, names[name]) == as_reflected(described), name


def test_committed_ddl_is_up_to_date() -> None:
    committed = (SQL / "winthor/0001_subset.sql").read_text(encoding="utf-8")
    assert committed == ddl.subset_script(), "run: python -m app.winthor.esquema.ddl"


def test_names_suit_every_oracle() -> None:
    names = {name for table in FROM_SQL.values() for name in (*table.indexes, table.key[0]) if name}
    names |= set(FROM_SQL) | {column.name for table in FROM_SQL.values() for column in table.columns}
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,29}", name)] == []
    assert [name for name in names if ORACLE_RESERVED.fullmatch(name)] == []


def test_constraint_and_index_names_are_unique() -> None:
    names = [name for table in FROM_SQL.values() for name in (*table.indexes, table.key[0]) if name]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("dialect", [oracle.dialect(), postgresql.dialect(), sqlite.dialect()], ids=lambda d: d.name)
@pytest.mark.parametrize("name", TABLES)
def test_sql_quotes_no_name(name: str, dialect: sa.Dialect) -> None:
    table = TABLES[name]
    for statement in (sa.select(table), sa.insert(table), sa.update(table), sa.delete(table)):
        assert '"' not in str(statement.compile(dialect=dialect))


def test_rows_are_read_by_the_upper_case_name(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        row = connection.execute(sa.select(PCEST).filter_by(CODFILIAL="2", CODPROD=3)).one()
    assert (row.CODFILIAL, row.CODPROD, row.QTESTGER) == ("2", 3, Decimal("50"))
    assert isinstance(row.QTESTGER, Decimal)


DAY = dt.datetime(2026, 3, 2)  # noqa: DTZ001 - WinThor's DATE has no zone
ORDER = {"NUMPED": 1000001, "DATA": DAY, "CODCLI": 1, "CODUSUR": 1, "CODFILIAL": "1"}


def test_default_is_the_databases(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(PCPEDC), [ORDER])
        assert connection.execute(sa.select(PCPEDC.c.PERMITEFATURARCOMWMSPEND)).scalar() == "N"


@pytest.mark.parametrize("column", ["DATA", "CODCLI", "CODUSUR", "CODFILIAL", "NUMPED"])
def test_order_without_a_required_column_is_refused(engine: sa.Engine, column: str) -> None:
    with engine.begin() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(sa.insert(PCPEDC), [ORDER | {column: None}])


# --- creation -----------------------------------------------------------------------------------------------------


def snapshot(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    names = sa.inspect(engine).get_table_names()
    with engine.connect() as connection:
        tables = {name: sa.select(sa.literal_column("*")).select_from(sa.table(name)) for name in names}
        return {name: [tuple(row) for row in connection.execute(query)] for name, query in tables.items()}


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TABLE PCPEDC (NUMPED INTEGER)",
        'CREATE TABLE "PCEST" (QTRESERV INTEGER)',
        'CREATE TABLE "pcclient" (CODCLI INTEGER)',
        "CREATE TABLE PCMOV (NUMTRANSVENDA INTEGER)",
        "CREATE VIEW PCPRODUT AS SELECT 1 AS CODPROD",
        "CREATE TABLE GW_RESERVA (NUMPED INTEGER)",
    ],
)
def test_demo_refuses_a_database_with_foreign_tables(empty_engine: sa.Engine, foreign: str, now: dt.datetime) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(foreign)
        if foreign.startswith("CREATE TABLE"):
            name = foreign.split()[2]
            connection.exec_driver_sql(f"INSERT INTO {name} VALUES (7)")  # noqa: S608
    before = snapshot(empty_engine)

    with pytest.raises(schema.SchemaError, match="Nada foi alterado"):
        schema.create_demo(empty_engine, linhas.fixed_rows(now))

    assert snapshot(empty_engine) == before
    assert not schema.is_demo(empty_engine)


def test_demo_accepts_unrelated_tables(empty_engine: sa.Engine, now: dt.datetime) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ALHEIA (X INTEGER)")
    assert schema.create_demo(empty_engine, linhas.fixed_rows(now))
    assert schema.is_demo(empty_engine)


def test_demo_again_changes_nothing(engine: sa.Engine, now: dt.datetime) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(PCEST).values(QTRESERV=3))
    before = snapshot(engine)
    assert schema.create_demo(engine, linhas.fixed_rows(now)) is False
    assert snapshot(engine) == before


def test_failed_creation_leaves_nothing(empty_engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        schema.create_demo(empty_engine, [("GW_CREDENCIAL", [{"LOGIN": "pdv1", "SENHA_HASH": None}])])
    assert snapshot(empty_engine) == {}


def test_demo_stores_the_credentials_given(empty_engine: sa.Engine, now: dt.datetime) -> None:
    credencial = {
        "LOGIN": "hub",
        "SENHA_HASH": "scrypt:x",
        "FILIAIS": "*",
        "ESCOPOS": "pdv",
        "ATIVO": "S",
        "DTCRIACAO": now.replace(tzinfo=None),
    }
    schema.create_demo(empty_engine, [("GW_CREDENCIAL", [credencial])])
    with empty_engine.connect() as connection:
        assert [dict(row._mapping) for row in connection.execute(sa.select(GW_CREDENCIAL))] == [credencial]


def test_install_creates_the_gateways_tables_once(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE PCPEDC (NUMPED INTEGER)")
        GW_OPERACAO.create(connection)
    assert schema.gateway_version(empty_engine) is None

    assert schema.install_gateway(empty_engine, SQL / "gateway") == NOMES
    before = snapshot(empty_engine)
    assert schema.install_gateway(empty_engine, SQL / "gateway") == []

    assert snapshot(empty_engine) == before
    assert {name.upper() for name in before} == {"PCPEDC", *gateway.tables}
    assert schema.gateway_version(empty_engine) == schema.VERSION == len(NOMES)
    assert not schema.is_demo(empty_engine)


def test_a_closed_database_is_a_fault_not_an_absent_table(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'missing' / 'demo.db'}")
    with pytest.raises(sa.exc.OperationalError):
        schema.gateway_version(engine)


# --- the demo's facts ---------------------------------------------------------------------------------------------


def rows(engine: sa.Engine, *columns: sa.Column[Any], **where: Any) -> set[tuple[Any, ...]]:
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(sa.select(*columns).filter_by(**where))}


def test_demo_branches(engine: sa.Engine) -> None:
    columns = (PCFILIAL.c.CODIGO, PCFILIAL.c.UF, PCFILIAL.c.CODCLICONSUMIDOR)
    assert rows(engine, *columns) == {("1", "SP", 1), ("2", "AM", 1), ("10", "SP", 1)}


def test_demo_people(engine: sa.Engine) -> None:
    assert rows(engine, PCUSUARI.c.CODUSUR, PCUSUARI.c.PROXNUMPED) == {(1, 1000001), (2, 2000001), (8, 8000001)}
    assert rows(engine, PCEMPR.c.MATRICULA, PCEMPR.c.CODUSUR) == {(100, 1), (200, 2), (300, None)}


def test_demo_counters(engine: sa.Engine) -> None:
    columns = (PCCONSUM.c.PROXNUMCLI, PCCONSUM.c.CODCLICONSUMIDOR, PCCONSUM.c.NUMAUTOMATICCLI)
    assert rows(engine, *columns) == {(1000, 1, "S")}


def test_demo_keeps_its_own_values(engine: sa.Engine) -> None:
    values = dict(rows(engine, GW_CONFIG.c.CHAVE, GW_CONFIG.c.VALOR))
    assert len(values.pop("JWT_CHAVE")) >= 32
    assert values == {"DEMO": "S", "VERSAO": str(schema.VERSION)}


def test_demo_logins(engine: sa.Engine) -> None:
    columns = (GW_CREDENCIAL.c.LOGIN, GW_CREDENCIAL.c.FILIAIS, GW_CREDENCIAL.c.ESCOPOS)
    assert rows(engine, *columns) == {
        ("pdv1", "1", "pdv"),
        ("pdv2", "2", "pdv"),
        ("hub", "*", "pdv"),
        ("retaguarda", "*", "retaguarda,retaguarda-agir"),
    }


def test_demo_parameters(engine: sa.Engine) -> None:
    numbers = {4011, 4012, 4013, 4257, 4532, 4585, 4672, 4680}
    assert {number for (number,) in rows(engine, PCMETAPARAMFILIAL.c.ID)} == numbers
    assert rows(engine, PCMETAPARAMFILIAL.c.VALORDEFAULT, ID=4672) == {("S",)}
    (name,) = rows(engine, PCMETAPARAMFILIAL.c.NOME, ID=4012)
    columns = (PCPARAMFILIAL.c.NOME, PCPARAMFILIAL.c.CODFILIAL, PCPARAMFILIAL.c.VALOR)
    assert rows(engine, *columns) == {(*name, "99", "8")}


@pytest.mark.parametrize("filial", ["1", "2", "10"])
def test_demo_packages(engine: sa.Engine, filial: str) -> None:
    columns = (PCEMBALAGEM.c.CODAUXILIAR, PCEMBALAGEM.c.CODPROD, PCEMBALAGEM.c.QTUNIT, PCEMBALAGEM.c.PVENDA)
    unit = {(code * 10, code, 1, 10) for code in range(1001, 1061)}
    assert rows(engine, *columns, CODFILIAL=filial) == unit | {
        (100, 1, 1, 10),
        (123, 1, 12, 120),
        (200, 2, 1, 10),
        (300, 3, 1, 10),
        (400, 4, 1, 10),
        (500, 5, 1, 10),
        (5000, 50, 1, 10),
    }


def test_demo_products(engine: sa.Engine) -> None:
    assert rows(engine, PCPRODUT.c.CODPROD, ACEITAVENDAFRACAO="S") == {(2,)}
    assert rows(engine, PCPRODUT.c.CODPROD, TIPOMERC="CB") == {(50,)}
    assert {code for code, end in rows(engine, PCPRODUT.c.CODPROD, PCPRODUT.c.DTEXCLUSAO) if end} == {5}
    per_branch = rows(engine, PCPRODFILIAL.c.CODFILIAL, ACEITAVENDAFRACAO="S", CODPROD=2)
    assert per_branch == {("1",), ("2",), ("10",)}


@pytest.mark.parametrize(("filial", "produto_3"), [("1", 5), ("2", 50), ("10", 0)])
def test_demo_stock(engine: sa.Engine, filial: str, produto_3: int) -> None:
    columns = (PCEST.c.CODPROD, PCEST.c.QTESTGER, PCEST.c.QTBLOQUEADA, PCEST.c.QTRESERV)
    thousand = {(code, 1000, 0, 0) for code in (1, 2, *range(1001, 1061))}
    special = {(3, produto_3, 0, 0), (4, 10, 10, 0), (50, 0, 0, 0)}
    assert rows(engine, *columns, CODFILIAL=filial) == thousand | special


def test_demo_kit(engine: sa.Engine) -> None:
    columns = (PCFORMPROD.c.CODPRODMP, PCFORMPROD.c.QTPRODMP, PCFORMPROD.c.CODAUXILIARMP)
    for filial in ("1", "2", "10"):
        assert rows(engine, *columns, CODFILIAL=filial, CODPRODACAB=50, QTPRODACAB=1) == {(1, 2, 100), (3, 1, 300)}


def test_demo_customers(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        found = {row.CODCLI: row for row in connection.execute(sa.select(PCCLIENT))}
    assert set(found) == {1, 20, 21, 22}
    assert {found[code].CGCENT for code in (20, 21, 22)} == {"11222333000181"}
    assert [found[code].DTCADASTRO.year for code in (20, 21, 22)] == [2015, 2020, 2010]
    assert [found[code].DTEXCLUSAO is None for code in (20, 21, 22)] == [True, True, False]


def test_demo_has_no_orders(engine: sa.Engine) -> None:
    assert rows(engine, PCPEDC.c.NUMPED) == set()
    assert rows(engine, PCPEDI.c.NUMPED) == set()


def test_fixed_rows_of_a_table_have_the_same_columns(now: dt.datetime) -> None:
    for table, batch in linhas.fixed_rows(now):
        assert {frozenset(row) for row in batch} == {frozenset(batch[0])}, table


# --- the benchmark's set ------------------------------------------------------------------------------------------


def test_bulk_rows_load_beside_the_demo(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for table, batch in linhas.bulk_rows(products=300, filiais=2, clientes=40):
            connection.execute(sa.insert(winthor.tables[table]), batch)
    assert len(rows(engine, PCEST.c.CODFILIAL, PCEST.c.CODPROD)) == 195 + 2 * 300
    assert len(rows(engine, PCCLIENT.c.CODCLI)) == 4 + 40
    assert len(rows(engine, PCFORMPROD.c.CODPRODACAB, PCFORMPROD.c.CODPRODMP)) == 2 + 2 * 3


def test_bulk_rows_are_the_same_every_time() -> None:
    first, again = (list(linhas.bulk_rows(products=300, filiais=2, clientes=40)) for _ in range(2))
    assert first == again
    assert all(len(batch) <= 1000 for _, batch in first)


def test_bulk_kits_are_made_of_bulk_products() -> None:
    batches = list(linhas.bulk_rows(products=300, filiais=1, clientes=0))
    products = {row["CODPROD"] for table, batch in batches if table == "PCPRODUT" for row in batch}
    parts = {row["CODPRODMP"] for table, batch in batches if table == "PCFORMPROD" for row in batch}
    assert parts
    assert parts <= products
