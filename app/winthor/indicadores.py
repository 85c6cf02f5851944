"""GW_INDICADOR: the figures of money and time as a job counted them, for sites with many reservations (R31)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from app.domain.indicadores import Contagem, Tipo
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_INDICADOR

_I = GW_INDICADOR.c


def insert(connection: sa.Connection, contagens: Iterable[Contagem]) -> None:
    """Put these in the place of all that are there; they come into being, and go, with the transaction."""
    connection.execute(sa.delete(GW_INDICADOR))
    rows = [
        {
            "CODFILIAL": c.filial,
            "TIPO": c.tipo.value,
            "CHAVE": c.chave,
            "QUANTAS": c.quantas,
            "UNIDADES": c.unidades,
            "VALOR": c.valor,
        }
        for c in contagens
    ]
    if rows:
        connection.execute(sa.insert(GW_INDICADOR), rows)


def find_all(connection: sa.Connection, filiais: Collection[str] | None) -> list[Contagem]:
    """Those of these branches, None: of all."""
    query = sa.select(_I.CODFILIAL, _I.TIPO, _I.CHAVE, _I.QUANTAS, _I.UNIDADES, _I.VALOR)
    if filiais is not None:
        query = query.where(any_of(_I.CODFILIAL, sorted(filiais)))
    return [
        Contagem(row.CODFILIAL, Tipo(row.TIPO), row.CHAVE, int(row.QUANTAS), row.UNIDADES, row.VALOR)
        for row in connection.execute(query)
    ]
