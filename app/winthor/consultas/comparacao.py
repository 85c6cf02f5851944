"""What another service has left: its rows of PCLOGPEDIDOAPI and the orders it wrote, to lay ours beside them (R25).

Reading only, no lock.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.winthor.db.lists import any_of
from app.winthor.db.rowid import RowId
from app.winthor.esquema.tables import PCLOGPEDIDOAPI, PCPEDC, PCPEDI, PCPEDICESTA, unquoted
from app.winthor.esquema.types import CLOB, VARCHAR2

# The hub's own record of what came in, where a site has it; no table of the gateway's, and never written.
PCINTEGRACAOCORE = sa.table(
    unquoted("PCINTEGRACAOCORE"),
    sa.column(unquoted("IDEXTERNO"), VARCHAR2(255)),
    sa.column(unquoted("DADOSRECEBIDOS"), CLOB()),
)

_POSICAO_DE_UMA_RESERVA = "L"
_TABELAS = {"PCPEDC": PCPEDC, "PCPEDI": PCPEDI, "PCPEDICESTA": PCPEDICESTA}
# Lines in the order in which they were sent, as far as WinThor keeps it.
_ORDEM = {
    "PCPEDC": (PCPEDC.c.NUMPED,),
    "PCPEDI": (PCPEDI.c.NUMPED, PCPEDI.c.NUMSEQ),
    "PCPEDICESTA": (PCPEDICESTA.c.NUMPED, PCPEDICESTA.c.NUMSEQ, PCPEDICESTA.c.NUMSEQITEM),
}


@dataclass(frozen=True, slots=True)
class LinhaDoLogLida:
    """A row of PCLOGPEDIDOAPI without its JSON; ``data`` by the ERP's clock, ``endereco``: where it lies now."""

    endereco: str
    data: dt.datetime
    numped: int | None
    operacao: str
    status: str


@dataclass(frozen=True, slots=True)
class PedidoDoSite:
    """An order as it stands. ``mudado``: somebody has gone on with it since it was reserved; ``linhas``: by table, its
    rows with every column of the site's table."""

    numped: int
    codfilial: str
    numpedhube: str | None
    codcli: int
    codpraca: int | None
    mudado: bool
    linhas: Mapping[str, Sequence[Mapping[str, Any]]]


def pagina_do_log(connection: sa.Connection, de: dt.datetime, ate: dt.datetime, limite: int) -> list[LinhaDoLogLida]:
    """The first rows of a span (``ate`` excluded) by the ERP's clock, oldest first, without their JSON. Rows have no
    key: whoever goes on from the last instant sees its rows once more."""
    c = PCLOGPEDIDOAPI.c
    query = (
        sa.select(RowId().label("ENDERECO"), c.DATA, c.NUMPED, c.OPERACAO, c.STATUS)
        .where(c.DATA >= de, c.DATA < ate)
        .order_by(c.DATA)
        .limit(limite)
    )
    return [
        LinhaDoLogLida(str(row.ENDERECO), row.DATA, row.NUMPED, row.OPERACAO or "", row.STATUS or "")
        for row in connection.execute(query)
    ]


def find_pedidos_do_site(
    connection: sa.Connection, numpeds: Collection[int], colunas: Mapping[str, Sequence[str]]
) -> dict[int, PedidoDoSite]:
    """Some orders by number; ``colunas``: those of each table, the site's own among them."""
    linhas: dict[int, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for nome, table in _TABELAS.items():
        escolhidas = [table.c[c] if c in table.c else sa.literal_column(c).label(c) for c in colunas[nome]]
        query = sa.select(*escolhidas).where(any_of(table.c.NUMPED, sorted(numpeds))).order_by(*_ORDEM[nome])
        for row in connection.execute(query):
            linhas[row.NUMPED][nome].append(dict(row._mapping))
    return {numped: _pedido(das_tabelas) for numped, das_tabelas in linhas.items() if das_tabelas["PCPEDC"]}


def _pedido(linhas: Mapping[str, Sequence[Mapping[str, Any]]]) -> PedidoDoSite:
    (cabecalho,) = linhas["PCPEDC"]
    mudado = (
        (cabecalho.get("POSICAO") or _POSICAO_DE_UMA_RESERVA) != _POSICAO_DE_UMA_RESERVA
        or cabecalho.get("CODCOB") is not None
        or bool(cabecalho.get("ROTINALANCULTALT"))
        or bool(cabecalho.get("NUMTRANSVENDA"))
    )
    return PedidoDoSite(
        cabecalho["NUMPED"],
        cabecalho["CODFILIAL"],
        cabecalho["NUMPEDHUBE"],
        cabecalho["CODCLI"],
        cabecalho.get("CODPRACA"),
        mudado,
        linhas,
    )


def find_mensagens_do_hub(connection: sa.Connection, ids: Collection[str]) -> dict[str, str]:
    """What the hub received under some of its ids (PCINTEGRACAOCORE.IDEXTERNO): the text by id."""
    if not ids:
        return {}
    c = PCINTEGRACAOCORE.c
    query = sa.select(c.IDEXTERNO, c.DADOSRECEBIDOS).where(any_of(c.IDEXTERNO, sorted(ids)))
    return {row.IDEXTERNO: row.DADOSRECEBIDOS for row in connection.execute(query) if row.DADOSRECEBIDOS}
