"""GW_RETRATO: what a job last found of a large site, branch by branch, as JSON text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_RETRATO

_R = GW_RETRATO.c


def insert(connection: sa.Connection, tipo: str, quando: dt.datetime, conteudos: Mapping[str, str]) -> None:
    """Put these in the place of all of the kind. ``quando``: UTC without zone."""
    connection.execute(sa.delete(GW_RETRATO).where(_R.TIPO == tipo))
    rows = [
        {"TIPO": tipo, "CODFILIAL": filial, "DTRETRATO": quando, "CONTEUDO": conteudo}
        for filial, conteudo in conteudos.items()
    ]
    connection.execute(sa.insert(GW_RETRATO), rows)


def find_quando(connection: sa.Connection, tipo: str, filial: str) -> dt.datetime | None:
    """When the picture of a branch was taken, UTC without zone."""
    quando: dt.datetime | None = connection.execute(
        sa.select(_R.DTRETRATO).where(_R.TIPO == tipo, _R.CODFILIAL == filial)
    ).scalar()
    return quando


def find_conteudos(connection: sa.Connection, tipo: str, filiais: Collection[str] | None) -> dict[str, str]:
    """Those of these branches, None: of all."""
    query = sa.select(_R.CODFILIAL, _R.CONTEUDO).where(_R.TIPO == tipo)
    if filiais is not None:
        query = query.where(any_of(_R.CODFILIAL, sorted(filiais)))
    return {row.CODFILIAL: row.CONTEUDO for row in connection.execute(query)}
