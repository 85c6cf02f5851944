"""PCPEDC, PCPEDI, PCPEDICESTA and PCCLIENT rows: inserted from the maps, with a site's own columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app.winthor.esquema.tables import unquoted, winthor
from app.winthor.esquema.types import CLOB, DATE, NUMBER, VARCHAR2

Row = Mapping[str, Any]

_TYPE = re.compile(r"(VARCHAR2|NUMBER|DATE|CLOB)(?:\(([0-9]+)(?:,([0-9]+))?\))?")


class Tabelas:
    """The tables rows are inserted into: the built-in ones, plus the columns that a site declared in its maps."""

    def __init__(self, extras: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """``extras``: table -> (column, Oracle type such as ``VARCHAR2(30)``)."""
        self._tables: dict[str, sa.Table] = {}
        metadata = sa.MetaData()
        for name, table in winthor.tables.items():
            columns = [sa.Column(unquoted(str(c.name)), c.type) for c in table.columns]
            columns += [sa.Column(unquoted(column), _type(text)) for column, text in extras.get(str(name), ())]
            self._tables[str(name)] = sa.Table(unquoted(str(name)), metadata, *columns)
        self._inserts = {name: sa.insert(table) for name, table in self._tables.items()}

    def inserir(self, connection: sa.Connection, nome: str, rows: Sequence[Row]) -> None:
        """Insert rows of one table in a single array statement; all rows have the same columns."""
        if rows:
            connection.execute(self._inserts[nome], list(rows))

    def __getitem__(self, nome: str) -> sa.Table:
        return self._tables[nome]


def _type(text: str) -> sa.types.TypeEngine[Any]:
    match = _TYPE.fullmatch(text)
    if match is None:
        raise ValueError(f"tipo desconhecido: {text}")
    kind, first, second = match.groups()
    if kind == "VARCHAR2":
        return VARCHAR2(int(first or 4000))
    if kind == "NUMBER":
        return NUMBER(int(first or 38), int(second or 0))
    return DATE() if kind == "DATE" else CLOB()
