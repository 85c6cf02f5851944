"""The deliveries (TV8) of a future sale (TV7): written from the sale's own rows, and remembered in GW_ENTREGA (R23)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app.domain.retencao import A_ENTREGAR, SIMPLES_ENTREGA
from app.winthor.db.faults import Duplicado, Ocupado
from app.winthor.db.lists import any_of
from app.winthor.db.transaction import faults
from app.winthor.db.travas import com_limite
from app.winthor.esquema.gateway_tables import GW_ENTREGA
from app.winthor.esquema.tabelas_do_site import Tabelas
from app.winthor.esquema.tables import PCPEDC, PCPEDI, PCVINCULOPEDIDOMATCON
from app.winthor.pagamento import copiar_rows

Valores = Mapping[str, Any]


def entregas_de(connection: sa.Connection, numpeds: Collection[int]) -> dict[int, list[int]]:
    """Numbers of the deliveries of each sale, in their order; one without any is not there. No lock."""
    e = GW_ENTREGA.c
    query = sa.select(e.NUMPED_TV7, e.NUMPED_TV8).where(any_of(e.NUMPED_TV7, sorted(numpeds))).order_by(e.NUMPED_TV8)
    achadas: dict[int, list[int]] = {}
    for row in connection.execute(query):
        achadas.setdefault(row.NUMPED_TV7, []).append(row.NUMPED_TV8)
    return achadas


def venda_de(connection: sa.Connection, numped: int) -> int | None:
    """The sale that the order is a delivery of; None when it is none."""
    query = sa.select(GW_ENTREGA.c.NUMPED_TV7).where(GW_ENTREGA.c.NUMPED_TV8 == numped)
    venda: int | None = connection.execute(query).scalar()
    return venda


def feitas_antes(connection: sa.Connection, numped: int) -> dict[int, str]:
    """Deliveries that another service has made of the sale, with their type; needs an index on NUMPEDENTFUT."""
    tipo = sa.func.min(PCPEDI.c.TIPOENTREGA)
    query = (
        sa.select(PCPEDC.c.NUMPED, tipo.label("TIPO"))
        .select_from(PCPEDC.join(PCPEDI, PCPEDI.c.NUMPED == PCPEDC.c.NUMPED))
        .where(
            PCPEDC.c.NUMPEDENTFUT == numped,
            PCPEDC.c.CONDVENDA == SIMPLES_ENTREGA,
            PCPEDI.c.TIPOENTREGA.in_(sorted(A_ENTREGAR)),
        )
        .group_by(PCPEDC.c.NUMPED)
    )
    return {row.NUMPED: row.TIPO for row in connection.execute(query)}


def insert_entregas(connection: sa.Connection, numped: int, tipos: Mapping[int, str]) -> None:
    """Remember the deliveries of the sale: number -> type."""
    if tipos:
        connection.execute(
            sa.insert(GW_ENTREGA),
            [{"NUMPED_TV8": n, "NUMPED_TV7": numped, "TIPOENTREGA": tipo} for n, tipo in sorted(tipos.items())],
        )


def insert_pedidos(
    connection: sa.Connection,
    tabelas: Tabelas,
    colunas: Mapping[str, Sequence[str]],
    numped: int,
    cabecalhos: Sequence[Valores],
    linhas: Sequence[tuple[tuple[int, int], Valores]],
    componentes: Sequence[tuple[tuple[int, int], int]],
) -> None:
    """Write the orders of the deliveries as copies of the sale's rows, one array statement per table.

    ``cabecalhos``: the columns of each header that are another; ``linhas``: the same of each line, by its (CODPROD,
    NUMSEQ); ``componentes``: kit lines and the delivery they go to.
    """
    copiar_rows(
        connection, tabelas, "PCPEDC", colunas["PCPEDC"], [({"NUMPED": numped}, valores) for valores in cabecalhos]
    )
    copiar_rows(connection, tabelas, "PCPEDI", colunas["PCPEDI"], [(_chave(numped, *linha), v) for linha, v in linhas])
    dos_kits = [(_chave(numped, *linha), {"NUMPED": entrega}) for linha, entrega in componentes]
    copiar_rows(connection, tabelas, "PCPEDICESTA", colunas["PCPEDICESTA"], dos_kits)


def _chave(numped: int, codprod: int, numseq: int) -> Valores:
    return {"NUMPED": numped, "CODPROD": codprod, "NUMSEQ": numseq}


def insert_vinculo(connection: sa.Connection, numero: str, numped: int, data: dt.datetime | None, dia: Any) -> None:
    """The row of PCVINCULOPEDIDOMATCON by which the till's invoicing finds the sale of a pre-sale; one that an earlier
    sale of the pre-sale has left, and nobody has used, is turned to this one. Raises Ocupado."""
    try:
        with faults():
            novo = connection.execute(
                _VINCULAR, {"B_ID": numero, "B_TV7": numped, "B_DTTV7": data, "B_DATA": dia, "B_NAO": "N"}
            ).rowcount
    except Duplicado:
        raise Ocupado("PCVINCULOPEDIDOMATCON") from None
    if not novo:
        com_limite(connection, _REVINCULAR, {"B_ID": numero, "NUMPEDTV7": numped, "DTPEDIDOTV7": data, "DATA": dia})


_V = PCVINCULOPEDIDOMATCON.c
_DO_NUMERO = _V.IDVINCULO == sa.bindparam("B_ID", type_=_V.IDVINCULO.type)
_VINCULAR = (
    sa.insert(PCVINCULOPEDIDOMATCON)
    .from_select(
        ["IDVINCULO", "NUMPEDTV7", "DTPEDIDOTV7", "DATA", "VINCULADO"],
        sa.select(
            sa.bindparam("B_ID", type_=_V.IDVINCULO.type).label("IDVINCULO"),
            sa.bindparam("B_TV7", type_=_V.NUMPEDTV7.type).label("NUMPEDTV7"),
            sa.bindparam("B_DTTV7", type_=_V.DTPEDIDOTV7.type).label("DTPEDIDOTV7"),
            sa.bindparam("B_DATA", type_=_V.DATA.type).label("DATA"),
            sa.bindparam("B_NAO", type_=_V.VINCULADO.type).label("VINCULADO"),
        ).where(~sa.exists(sa.select(sa.literal(1)).select_from(PCVINCULOPEDIDOMATCON).where(_DO_NUMERO))),
        include_defaults=False,
    )
    .execution_options(preserve_rowcount=True)
)
_REVINCULAR = sa.update(PCVINCULOPEDIDOMATCON).where(
    _DO_NUMERO, _V.NUMPEDTV8.is_(None), sa.func.coalesce(_V.VINCULADO, "N") == "N"
)
