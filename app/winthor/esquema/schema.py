"""Creates the gateway's tables and, for demos and tests, the WinThor subset with its rows.

Nothing here ever drops or alters a table. The only writer of PC* tables' DDL is :func:`create_demo`, and only in a
database that holds none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.winthor.esquema import evolucao
from app.winthor.esquema.ddl import table_statements
from app.winthor.esquema.gateway_tables import GW_CONFIG, VERSAO, gateway
from app.winthor.esquema.tables import winthor

# Number of the last script of sql/gateway that this program needs.
VERSION = 13

POSTGRESQL_UNDEFINED_TABLE = "42P01"
ORACLE_TABLE_NOT_FOUND = 942

# Rows to insert, by table: all rows of a table have the same columns.
Linhas = Sequence[tuple[str, Sequence[Mapping[str, object]]]]


class SchemaError(Exception):
    """The database is not one in which these tables may be created; the message (Portuguese) says why."""


def create_demo(
    engine: sa.Engine, linhas: Linhas, config: Mapping[str, str] | None = None, *, simular: bool = False
) -> bool:
    """Creates the WinThor subset, the GW_ tables and the demo rows in an empty database.

    ``linhas``: the rows by table, ``config``: further values of GW_CONFIG. One transaction, atomic on SQLite and
    PostgreSQL; Oracle commits each CREATE by itself, and an interrupted creation is refused the next time. Returns
    False, having done nothing, if this is our demo already. Raises SchemaError, having done nothing, if any PC* or GW_*
    table is there that this function did not create. ``simular`` only says what it would return.
    """
    if is_demo(engine):
        return False
    _refuse_unless_empty(engine)
    if simular:
        return True
    with engine.begin() as connection:
        _create(connection, list(winthor.tables.values()))
        _create(connection, list(gateway.tables.values()))
        _fill(connection, linhas, config or {})
    return True


def _fill(connection: sa.Connection, linhas: Linhas, config: Mapping[str, str]) -> None:
    tables = {**winthor.tables, **gateway.tables}
    for name, rows in linhas:
        _insert(connection, tables[name], rows)
    values = {VERSAO: str(VERSION), "DEMO": "S", **config}
    _insert(connection, GW_CONFIG, [{"CHAVE": chave, "VALOR": valor} for chave, valor in values.items()])


def refill_demo(engine: sa.Engine, linhas: Linhas, config: Mapping[str, str]) -> None:
    """Puts the demo back to its first rows. Raises SchemaError, having done nothing, where ``create_demo`` did not make
    the tables."""
    if not is_demo(engine):
        raise SchemaError("Este banco não é uma demonstração; nada foi mudado.")
    with engine.begin() as connection:
        for table in (*winthor.tables.values(), *gateway.tables.values()):
            connection.execute(sa.delete(table))
        _fill(connection, linhas, config)


def install_gateway(engine: sa.Engine, pasta: Path, *, simular: bool = False) -> list[str]:
    """Runs the numbered scripts of ``pasta`` that this database has not seen; returns their names.

    Touches no PC* table. Running it again does nothing. ``simular`` only returns what would be run.
    """
    pendentes = [script for script in evolucao.scripts(pasta) if script.numero > (gateway_version(engine) or 0)]
    for script in [] if simular else pendentes:
        evolucao.aplicar(engine, script)
        _record_version(engine, script.numero)
    return [script.nome for script in pendentes]


def _record_version(engine: sa.Engine, numero: int) -> None:
    with engine.begin() as connection:
        change = sa.update(GW_CONFIG).filter_by(CHAVE=VERSAO).values(VALOR=str(numero))
        if connection.execute(change).rowcount == 0:
            _insert(connection, GW_CONFIG, [{"CHAVE": VERSAO, "VALOR": str(numero)}])


def require_version(engine: sa.Engine) -> None:
    """Raises SchemaError where the GW_ tables are older than this program; newer ones only hold more."""
    version = gateway_version(engine)
    if version is None or version < VERSION:
        found = "não estão instaladas" if version is None else f"estão na versão {version}"
        raise SchemaError(f"As tabelas GW_ {found}; este gateway precisa da {VERSION}: rode prevenda db install.")


def is_demo(engine: sa.Engine) -> bool:
    """Whether :func:`create_demo` made this database."""
    return _config(engine, "DEMO") == "S"


def gateway_version(engine: sa.Engine) -> int | None:
    """Number of the last script that made the GW_ tables, None where they are not installed."""
    version = _config(engine, VERSAO)
    return None if version is None else int(version)


def _config(engine: sa.Engine, chave: str) -> str | None:
    if not _exists(engine, GW_CONFIG):
        return None
    with _reading(engine) as connection:
        return connection.execute(sa.select(GW_CONFIG.c.VALOR).filter_by(CHAVE=chave)).scalar()


def _exists(engine: sa.Engine, table: sa.Table) -> bool:
    """Whether the name can be read, be it a table, a view or (Oracle) a synonym for another schema's table."""
    probe = sa.select(sa.func.count()).select_from(table).where(sa.literal_column("1") == sa.literal_column("0"))
    with _reading(engine) as connection:
        try:
            connection.execute(probe)
        except DBAPIError as error:
            if not _is_table_missing(error):
                raise
            return False
    return True


def _reading(engine: sa.Engine) -> sa.Connection:
    return engine.connect().execution_options(reading=True)


def _is_table_missing(error: DBAPIError) -> bool:
    cause: Any = error.orig
    if getattr(cause, "sqlstate", None) == POSTGRESQL_UNDEFINED_TABLE:
        return True
    if cause.args and getattr(cause.args[0], "code", None) == ORACLE_TABLE_NOT_FOUND:
        return True
    return str(cause).startswith("no such table")


def _refuse_unless_empty(engine: sa.Engine) -> None:
    with _reading(engine) as connection:
        inspector = sa.inspect(connection)
        names = {name.upper() for name in [*inspector.get_table_names(), *inspector.get_view_names()]}
    found = {name for name in names if name.startswith(("PC", "GW_"))}
    tables = [*winthor.tables.values(), *gateway.tables.values()]
    found |= {str(table.name) for table in tables if table.name not in found and _exists(engine, table)}
    if found:
        listed = ", ".join(sorted(found)[:5]) + (" …" if len(found) > 5 else "")
        raise SchemaError(
            f"O banco já contém tabelas que não foram criadas pela demonstração ({len(found)}: {listed}). "
            "Nada foi alterado. Crie a demonstração em um banco ou esquema vazio; "
            "em um WinThor existente, use `prevenda db install`, que cria somente as tabelas GW_."
        )


def _create(connection: sa.Connection, tables: Sequence[sa.Table]) -> None:
    for table in tables:
        if connection.dialect.name == "oracle":
            for statement in table_statements(table):
                connection.exec_driver_sql(statement)
        else:
            table.create(connection)


def _insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        connection.execute(sa.insert(table), list(rows))
