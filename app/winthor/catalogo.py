"""What the database really has: tables, columns, widths, clock. Read for the doctor; nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.winthor.gateway_tables import gateway
from app.winthor.tables import winthor
from app.winthor.types import VARCHAR2

# What the gateway reads or changes in the tables of the maps beside the columns that these name.
SEM_MAPA = {
    "PCPEDC": ("CODCOB", "CODFUNCCANCEL", "DESFEZKITCANC", "DTCANCEL", "DTFAT", "NUMTRANSVENDA"),
    "PCCLIENT": ("DTEXCLUSAO",),
}


@dataclass(frozen=True, slots=True)
class ColunaReal:
    """A column as the catalog shows it; ``length`` of text, None for others."""

    nome: str
    length: int | None
    nullable: bool
    tem_default: bool


def tabelas_usadas() -> dict[str, list[str]]:
    """Every table the gateway reads or writes, with the columns it knows."""
    return {
        str(table.name): [str(column.name) for column in table.columns]
        for metadata in (winthor, gateway)
        for table in metadata.tables.values()
    }


def larguras_conhecidas(tabela: str) -> dict[str, int]:
    """Widths of the text columns as the gateway has them built in."""
    table = winthor.tables.get(tabela)
    if table is None:
        return {}
    return {str(c.name): c.type.length for c in table.columns if isinstance(c.type, VARCHAR2)}


def colunas_reais(engine: sa.Engine, tabela: str) -> dict[str, ColunaReal] | None:
    """The table's columns by upper-case name, None when the table does not exist or may not be seen.

    Where the catalog does not show it though it can be read (a public synonym), widths and obligations stay unknown.
    """
    name = tabela if engine.dialect.name == "sqlite" else tabela.lower()
    inspector = sa.inspect(engine)
    try:
        columns = inspector.get_columns(name, oracle_resolve_synonyms=True)
    except (sa.exc.NoSuchTableError, sa.exc.DBAPIError):
        return _colunas_lidas(engine, tabela)
    return {
        column["name"].upper(): ColunaReal(
            column["name"].upper(),
            getattr(column["type"], "length", None),
            bool(column["nullable"]),
            column.get("default") is not None,
        )
        for column in columns
    }


def _colunas_lidas(engine: sa.Engine, tabela: str) -> dict[str, ColunaReal] | None:
    nothing = sa.literal_column("1") == sa.literal_column("0")
    query: sa.Select[Any] = sa.select(sa.literal_column("*")).select_from(sa.text(tabela)).where(nothing)
    try:
        with engine.connect().execution_options(reading=True) as connection:
            names = connection.execute(query).keys()
    except sa.exc.DBAPIError:
        return None
    return {name.upper(): ColunaReal(name.upper(), None, nullable=True, tem_default=False) for name in names}


def relogio(connection: sa.Connection, fuso: dt.tzinfo) -> dt.datetime:
    """The database's own clock, without zone. SQLite has none: the machine's, which it tells in UTC, seen in ``fuso``.

    On Oracle it is SYSDATE, which WinThor writes; CURRENT_TIMESTAMP would be in the zone of our session.
    """
    oracle = connection.dialect.name == "oracle"
    clock = sa.func.sysdate(type_=sa.DateTime()) if oracle else sa.func.current_timestamp(type_=sa.DateTime())
    instante: dt.datetime = connection.execute(sa.select(clock)).scalar_one()
    if connection.dialect.name == "sqlite":
        instante = instante.replace(tzinfo=dt.UTC).astimezone(fuso)
    return instante.replace(tzinfo=None)


_GATILHOS = {
    "oracle": "SELECT TRIGGER_NAME, TABLE_NAME FROM ALL_TRIGGERS WHERE STATUS = 'ENABLED'",
    "postgresql": "SELECT trigger_name, event_object_table FROM information_schema.triggers",
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
}


def gatilhos(connection: sa.Connection, tabelas: Collection[str]) -> list[tuple[str, str]]:
    """(table, trigger) of the enabled triggers on ``tabelas`` that the user may see."""
    rows = connection.execute(sa.text(_GATILHOS[connection.dialect.name]))
    return sorted({(str(table).upper(), str(name)) for name, table in rows if str(table).upper() in tabelas})
