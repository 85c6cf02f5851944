"""What another service has left: its rows of PCLOGPEDIDOAPI and the orders it wrote, to lay ours beside them (R25).

Reading only, no lock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.winthor.consultas.lista_de_operacoes import enderecos_do_log
from app.winthor.db.lists import any_of
from app.winthor.db.rowid import RowId
from app.winthor.esquema.tables import PCLOGPEDIDOAPI, PCPEDC, PCPEDI, PCPEDICESTA, unquoted
from app.winthor.esquema.types import CLOB, VARCHAR2

LOTE = 200

# The hub's own record of what came in, where a site has it; no table of the gateway's, and never written.
PCINTEGRACAOCORE = sa.table(
    unquoted("PCINTEGRACAOCORE"),
    sa.column(unquoted("IDEXTERNO"), VARCHAR2(255)),
    sa.column(unquoted("DADOSRECEBIDOS"), CLOB()),
)

_TABELAS = {"PCPEDC": PCPEDC, "PCPEDI": PCPEDI, "PCPEDICESTA": PCPEDICESTA}
# Lines in the order in which they were sent, as far as WinThor keeps it.
_ORDEM = {
    "PCPEDC": (PCPEDC.c.NUMPED,),
    "PCPEDI": (PCPEDI.c.NUMPED, PCPEDI.c.NUMSEQ),
    "PCPEDICESTA": (PCPEDICESTA.c.NUMPED, PCPEDICESTA.c.NUMSEQ, PCPEDICESTA.c.NUMSEQITEM),
}


@dataclass(frozen=True, slots=True)
class LinhaDoLogLida:
    """A row of PCLOGPEDIDOAPI that another service wrote; ``data`` by the ERP's clock."""

    data: dt.datetime
    numped: int | None
    operacao: str
    status: str
    json: str | None


@dataclass(frozen=True, slots=True)
class LinhaDoSite:
    """A row of an order as it stands in the site's database, with every column of the site's table."""

    tabela: str
    numped: int
    colunas: Mapping[str, Any]


def linhas_de_outros(
    connection: sa.Connection, de: dt.datetime, ate: dt.datetime, nosso_de: dt.datetime, nosso_ate: dt.datetime
) -> Iterator[LinhaDoLogLida]:
    """Rows of a span that were not born here, oldest first, fetched in batches.

    ``de`` and ``ate`` (excluded) by the ERP's clock; ``nosso_de``, ``nosso_ate``: the same span, with some room, in UTC
    without zone, to know the gateway's own by.
    """
    nossas = enderecos_do_log(connection, nosso_de, nosso_ate)
    c = PCLOGPEDIDOAPI.c
    query = (
        sa.select(RowId().label("ENDERECO"), c.DATA, c.NUMPED, c.OPERACAO, c.STATUS, c.JSON)
        .where(c.DATA >= de, c.DATA < ate)
        .order_by(c.DATA)
    )
    for row in connection.execution_options(yield_per=LOTE).execute(query):
        if str(row.ENDERECO) not in nossas:
            yield LinhaDoLogLida(row.DATA, row.NUMPED, row.OPERACAO or "", row.STATUS or "", row.JSON)


def find_linhas_gravadas(
    connection: sa.Connection, numpeds: Collection[int], a_mais: Mapping[str, Sequence[str]]
) -> list[LinhaDoSite]:
    """Header, items and components of some orders; ``a_mais``: the site's columns that the gateway does not know."""
    achadas: list[LinhaDoSite] = []
    for nome, table in _TABELAS.items():
        extras: list[sa.Label[Any]] = [sa.literal_column(coluna).label(coluna) for coluna in a_mais.get(nome, ())]
        query = sa.select(*table.c, *extras).where(any_of(table.c.NUMPED, sorted(numpeds))).order_by(*_ORDEM[nome])
        achadas += [LinhaDoSite(nome, row.NUMPED, dict(row._mapping)) for row in connection.execute(query)]
    return achadas


def find_mensagens_do_hub(connection: sa.Connection, ids: Collection[str]) -> dict[str, str]:
    """What the hub received under some of its ids (PCINTEGRACAOCORE.IDEXTERNO): the text by id."""
    if not ids:
        return {}
    c = PCINTEGRACAOCORE.c
    query = sa.select(c.IDEXTERNO, c.DADOSRECEBIDOS).where(any_of(c.IDEXTERNO, sorted(ids)))
    return {row.IDEXTERNO: row.DADOSRECEBIDOS for row in connection.execute(query) if row.DADOSRECEBIDOS}
