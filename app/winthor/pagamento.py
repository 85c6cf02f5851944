"""What a payment changes of an order: header, lines, and lines taken apart (R22). The rows are locked already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.cliente import Cliente
from app.domain.linhas import LinhaGravada
from app.winthor.cadastros import PlanoDePagamento
from app.winthor.esquema.tabelas_do_site import Tabelas

Valores = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MudancaDoPedido:
    """What becomes of the header; None: as it is. ``cliente``: whose the order is from now on; ``pelo_mapa``: columns
    that a map of the site has made (R23)."""

    codcob: str | None = None
    cliente: Cliente | None = None
    plano: PlanoDePagamento | None = None
    entrega: dt.date | None = None
    numitens: int | None = None
    pelo_mapa: Valores = field(default_factory=dict)

    def _valores(self) -> dict[str, Any]:
        """Columns of PCPEDC."""
        valores: dict[str, Any] = {
            "CODCOB": self.codcob,
            "DTENTREGA": meia_noite(self.entrega),
            "NUMITENS": self.numitens,
        }
        if self.plano is not None:
            prazo = self.plano.prazomedio
            valores |= {"TIPOVENDA": self.plano.tipovenda, "PRAZO1": prazo, "PRAZOMEDIO": prazo}
            valores["CODPLPAG"] = self.plano.codplpag
        escritos = {coluna: valor for coluna, valor in valores.items() if valor is not None}
        if self.cliente is not None:
            escritos |= {"CODPRACA": self.cliente.codpraca, "NUMREGIAO": self.cliente.numregiao}
            escritos["CODCLI"] = self.cliente.codcli
        return escritos

    def _das_linhas(self) -> dict[str, Any]:
        """Columns of PCPEDI that follow the header."""
        return {c: v for c, v in self._valores().items() if c in {"CODCLI", "CODPLPAG"}}


@dataclass(frozen=True, slots=True)
class MudancaDaLinha:
    """What becomes of a line; None: as it is. Base units. ``pelo_mapa``: as that of the header."""

    codprod: int
    numseq: int
    qt: Decimal | None = None
    filial: str | None = None
    tipo_entrega: str | None = None
    entrega: dt.date | None = None
    pelo_mapa: Valores = field(default_factory=dict)

    def _valores(self) -> dict[str, Any]:
        """Columns of PCPEDI."""
        valores = {
            "QT": self.qt,
            "CODFILIALRETIRA": self.filial,
            "TIPOENTREGA": self.tipo_entrega,
            "DTENTREGA": meia_noite(self.entrega),
        }
        return {**{coluna: valor for coluna, valor in valores.items() if valor is not None}, **self.pelo_mapa}


@dataclass(frozen=True, slots=True)
class ParteDeLinha:
    """A line that was a part of ``origem``, a copy of it but for what ``nova`` says."""

    origem: LinhaGravada
    nova: LinhaGravada


def meia_noite(dia: dt.date | None) -> dt.datetime | None:
    """A day as WinThor keeps it."""
    return None if dia is None else dt.datetime.combine(dia, dt.time.min)


def update_pedido(
    connection: sa.Connection, tabelas: Tabelas, colunas: Collection[str], numped: int, mudanca: MudancaDoPedido
) -> None:
    """Change the header; of what the maps write only the columns that the site has (``colunas``)."""
    table = tabelas["PCPEDC"]
    valores = {c: v for c, v in mudanca._valores().items() if c in {*colunas, "CODCOB"}} | {**mudanca.pelo_mapa}
    if valores:
        connection.execute(sa.update(table).where(table.c.NUMPED == numped).values(**valores))


def update_linhas(
    connection: sa.Connection,
    tabelas: Tabelas,
    numped: int,
    linhas: Sequence[MudancaDaLinha],
    do_pedido: MudancaDoPedido,
) -> None:
    """Change the lines of an order in one array statement; a column that a line does not name keeps its value."""
    comuns = do_pedido._das_linhas()
    mudadas = [(linha, comuns | linha._valores()) for linha in sorted(linhas, key=lambda linha: linha.numseq)]
    table = tabelas["PCPEDI"]
    colunas = sorted({coluna for _, valores in mudadas for coluna in valores})
    if not colunas:
        return
    novos = {c: sa.func.coalesce(sa.bindparam(f"N_{c}", type_=table.c[c].type), table.c[c]) for c in colunas}
    update = (
        sa.update(table)
        .where(
            table.c.NUMPED == sa.bindparam("B_NUMPED"),
            table.c.CODPROD == sa.bindparam("B_CODPROD"),
            table.c.NUMSEQ == sa.bindparam("B_NUMSEQ"),
        )
        .values(novos)
    )
    connection.execute(
        update,
        [
            {
                **{"B_NUMPED": numped, "B_CODPROD": linha.codprod, "B_NUMSEQ": linha.numseq},
                **{f"N_{c}": valores.get(c) for c in colunas},
            }
            for linha, valores in mudadas
            if valores
        ],
    )


def insert_partes(
    connection: sa.Connection,
    tabelas: Tabelas,
    colunas: Mapping[str, Sequence[str]],
    numped: int,
    partes: Sequence[ParteDeLinha],
) -> None:
    """Insert lines that were parts of others, kits with their components; ``colunas``: those copied of each table."""
    linhas: list[tuple[Valores, Valores]] = []
    componentes: list[tuple[Valores, Valores]] = []
    for parte in partes:
        nova = parte.nova
        chave = {"NUMPED": numped, "CODPROD": parte.origem.codprod, "NUMSEQ": parte.origem.numseq}
        valores = {
            "NUMSEQ": nova.numseq,
            "QT": nova.qt,
            "CODFILIALRETIRA": nova.filial,
            "TIPOENTREGA": nova.tipo_entrega,
            "DTENTREGA": meia_noite(nova.entrega),
        }
        linhas.append((chave, valores))
        if parte.origem.partes:
            componentes.append((chave, {"NUMSEQ": nova.numseq}))
    copiar_rows(connection, tabelas, "PCPEDI", colunas["PCPEDI"], linhas)
    copiar_rows(connection, tabelas, "PCPEDICESTA", colunas["PCPEDICESTA"], componentes)


def copiar_rows(
    connection: sa.Connection,
    tabelas: Tabelas,
    nome: str,
    colunas: Sequence[str],
    copias: Sequence[tuple[Valores, Valores]],
) -> None:
    """Write rows of a table once more: (key of the row, columns that are another in its copy), one array statement, or
    row by row.

    ``colunas``: those that are copied. All keys, and all changes, name the same columns.
    """
    if not copias:
        return
    table = tabelas[nome]
    chave, mudancas = copias[0]
    if tabelas.linha_a_linha:
        _copiar_uma_a_uma(connection, tabelas, nome, colunas, copias)
        return
    todas = [*colunas, *(c for c in mudancas if c not in colunas)]
    valores = [sa.bindparam(f"N_{c}", type_=table.c[c].type).label(c) if c in mudancas else table.c[c] for c in todas]
    linhas = sa.select(*valores).where(*[table.c[c] == sa.bindparam(f"B_{c}") for c in chave])
    insert = sa.insert(table).from_select(todas, linhas, include_defaults=False)
    connection.execute(
        insert,
        [{**{f"B_{c}": v for c, v in da.items()}, **{f"N_{c}": v for c, v in para.items()}} for da, para in copias],
    )


def _copiar_uma_a_uma(
    connection: sa.Connection,
    tabelas: Tabelas,
    nome: str,
    colunas: Sequence[str],
    copias: Sequence[tuple[Valores, Valores]],
) -> None:
    """The same, each row read and inserted by its values: an INSERT of a query counts as one of several rows."""
    table = tabelas[nome]
    for chave, mudancas in copias:
        query = sa.select(*[table.c[c] for c in colunas]).where(*[table.c[c] == valor for c, valor in chave.items()])
        tabelas.inserir(connection, nome, [{**row._mapping, **mudancas} for row in connection.execute(query).all()])
