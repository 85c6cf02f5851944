"""Oracle DDL of the described tables, as text.

No library does it: SQLAlchemy's CreateTable writes NUMERIC(10, 0) where WinThor has NUMBER(10), and VARCHAR2(n CHAR)
where it counts bytes.

``python -m app.winthor.esquema.ddl`` rewrites ``sql/winthor/0001_subset.sql`` (demo and tests only). The output
depends on the tables alone: same tables, same bytes. The scripts of ``sql/gateway`` are written by hand, see
app.winthor.esquema.evolucao.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from app.winthor.esquema.tables import winthor
from app.winthor.esquema.types import CLOB, DATE, NUMBER, TIMESTAMP, VARCHAR2

SQL_DIRECTORY = Path(__file__).resolve().parents[3] / "sql"

WINTHOR_HEADER = """\
-- Subset of the WinThor schema that the gateway reads and writes.
-- DEMO AND TEST ONLY. Never run this on a customer's WinThor: the real tables belong to TOTVS
-- and have many more columns.
"""


def type_text(column: sa.Column[object]) -> str:
    """The Oracle type of a column; TypeError for a type that has no Oracle name here."""
    match column.type:
        case NUMBER(precision=precision, scale=0):
            return f"NUMBER({precision})"
        case NUMBER(precision=precision, scale=scale):
            return f"NUMBER({precision},{scale})"
        case VARCHAR2(length=length):
            return f"VARCHAR2({length})"
        case DATE():
            return "DATE"
        case TIMESTAMP():
            return "TIMESTAMP(6)"
        case CLOB():
            return "CLOB"
    raise TypeError(f"{column.table.name}.{column.name}: {column.type!r}")


def column_text(column: sa.Column[object]) -> str:
    """One line of CREATE TABLE: name, type, DEFAULT, NOT NULL, in the order Oracle wants them."""
    parts = [column.name, type_text(column)]
    if isinstance(column.server_default, sa.DefaultClause):
        parts.append(f"DEFAULT {column.server_default.arg}")
    if not column.nullable:
        parts.append("NOT NULL")
    return " ".join(parts)


def table_statements(table: sa.Table) -> list[str]:
    """CREATE TABLE and then its CREATE INDEX statements by name, without the closing semicolon."""
    lines = [column_text(column) for column in table.columns]
    if table.primary_key.columns:
        names = ", ".join(column.name for column in table.primary_key.columns)
        lines.append(f"CONSTRAINT {table.primary_key.name} PRIMARY KEY ({names})")
    body = ",\n  ".join(lines)
    statements = [f"CREATE TABLE {table.name} (\n  {body}\n)"]
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        names = ", ".join(column.name for column in index.columns)
        statements.append(f"CREATE INDEX {index.name} ON {table.name} ({names})")
    return statements


def script(header: str, tables: Sequence[sa.Table]) -> str:
    """A whole SQL file: header, then every statement ended by a semicolon and set apart by an empty line."""
    statements = [f"{statement};\n" for table in tables for statement in table_statements(table)]
    return "\n".join([header, *statements])


def subset_script() -> str:
    """The text of ``sql/winthor/0001_subset.sql``."""
    return script(WINTHOR_HEADER, list(winthor.tables.values()))


if __name__ == "__main__":
    (SQL_DIRECTORY / "winthor" / "0001_subset.sql").write_text(subset_script(), encoding="utf-8")
