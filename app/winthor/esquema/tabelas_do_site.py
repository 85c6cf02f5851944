"""PCPEDC, PCPEDI, PCPEDICESTA and PCCLIENT rows: inserted from the maps, with a site's own columns."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from app.winthor.esquema.tables import unquoted, winthor
from app.winthor.esquema.types import CLOB, DATE, NUMBER, VARCHAR2

Row = Mapping[str, Any]
Constante = str | int | Decimal

_TYPE = re.compile(r"(VARCHAR2|NUMBER|DATE|CLOB)(?:\(([0-9]+)(?:,([0-9]+))?\))?")


class Tabelas:
    """The tables rows are inserted into: the built-in ones, plus the columns that a site declared in its maps."""

    def __init__(self, extras: Mapping[str, Iterable[tuple[str, str]]], *, linha_a_linha: bool = False) -> None:
        """``extras``: table -> (column, Oracle type such as ``VARCHAR2(30)``). ``linha_a_linha``: each row is inserted
        by a statement of its own, as WinThor's screens do it, for sites whose row triggers read their own table."""
        self.linha_a_linha = linha_a_linha
        self._tables = {str(name): _table(str(name), tuple(extras.get(str(name), ()))) for name in winthor.tables}
        self._inserts: dict[tuple[Any, ...], sa.Insert] = {
            (name,): sa.insert(table) for name, table in self._tables.items()
        }

    def uma_a_uma(self) -> Tabelas:
        """The same tables, into which rows are inserted one by one."""
        outras = copy.copy(self)
        outras.linha_a_linha = True
        return outras

    def inserir(
        self,
        connection: sa.Connection,
        nome: str,
        rows: Sequence[Row],
        constantes: Mapping[str, Constante] | None = None,
    ) -> None:
        """Insert rows of one table in a single array statement, or row by row; all have the same columns.

        ``constantes``: columns that the rows leave out, with what they have in every row: they stand in the text of the
        statement, since each bind of an array statement is sent again for every row.
        """
        lotes = [[row] for row in rows] if self.linha_a_linha else [list(rows)] if rows else []
        for lote in lotes:
            connection.execute(self._insert(nome, constantes or {}), lote)

    def _insert(self, nome: str, constantes: Mapping[str, Constante]) -> sa.Insert:
        chave = (nome, *constantes.items())
        if chave not in self._inserts:
            tabela = self._tables[nome]
            valores = {coluna: _no_texto(valor, tabela.c[coluna].type) for coluna, valor in constantes.items()}
            self._inserts[chave] = sa.insert(tabela).values(valores)
        return self._inserts[chave]

    def __getitem__(self, nome: str) -> sa.Table:
        return self._tables[nome]


def _no_texto(valor: Constante, tipo: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    """The value as a literal of SQL."""
    texto = "'" + valor.replace("'", "''") + "'" if isinstance(valor, str) else f"{Decimal(valor):f}"
    return sa.literal_column(texto, tipo)


@cache
def _table(name: str, extras: tuple[tuple[str, str], ...]) -> sa.Table:
    """The same object for the same columns, so that a statement compiled once serves every gateway of a process."""
    columns = [sa.Column(unquoted(str(c.name)), c.type) for c in winthor.tables[name].columns]
    columns += [sa.Column(unquoted(column), _type(text)) for column, text in extras]
    return sa.Table(unquoted(name), sa.MetaData(), *columns)


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
