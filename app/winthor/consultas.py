"""Reading GW_OPERACAO for people: no lock, no decision is taken on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from app.winthor.db import any_of
from app.winthor.gateway_tables import GW_OPERACAO
from app.winthor.tables import PCPEDI, PCPEDICESTA

Linha = Mapping[str, Any]

# Without the answer: a CLOB costs a round trip of its own on Oracle.
_DA_LISTA = [coluna for coluna in GW_OPERACAO.columns if coluna.name != "RESPOSTA"]


def ultima_operacao(connection: sa.Connection, filial: str, numero: str) -> Linha | None:
    """The newest operation of a pre-sale, with its stored answer."""
    o = GW_OPERACAO.c
    query = sa.select(GW_OPERACAO).where(o.CODFILIAL == filial, o.NUMERO == numero).order_by(o.ID.desc())
    row = connection.execute(query).first()
    return None if row is None else dict(row._mapping)


def listar_operacoes(
    connection: sa.Connection,
    iguais: Mapping[str, Any],
    *,
    filiais: Collection[str] | None,
    codprod: int | None,
    de: dt.datetime | None,
    ate: dt.datetime | None,
    antes_de: str | None,
    limite: int,
) -> list[Linha]:
    """Operations from newest to oldest: ids are in order of time, so the id is the page's key.

    ``iguais``: column -> value, None = any. ``filiais``: the caller's branches, None = all; rows without a branch are
    for callers of all branches only. Times are UTC without zone.
    """
    o = GW_OPERACAO.c
    query = sa.select(*_DA_LISTA).where(*[o[nome] == valor for nome, valor in iguais.items() if valor is not None])
    if filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filiais)))
    if codprod is not None:
        linhas = sa.select(PCPEDI.c.NUMPED).where(PCPEDI.c.CODPROD == codprod)
        componentes = sa.select(PCPEDICESTA.c.NUMPED).where(PCPEDICESTA.c.CODPRODMP == codprod)
        query = query.where(sa.or_(o.NUMPED.in_(linhas), o.NUMPED.in_(componentes)))
    if de is not None:
        query = query.where(o.DTINICIO >= de)
    if ate is not None:
        query = query.where(o.DTINICIO <= ate)
    if antes_de is not None:
        query = query.where(o.ID < antes_de)
    return [dict(row._mapping) for row in connection.execute(query.order_by(o.ID.desc()).limit(limite))]


def contar_vencidas(connection: sa.Connection, agora: dt.datetime) -> int:
    """Operations still P past their deadline."""
    o = GW_OPERACAO.c
    query = sa.select(sa.func.count()).select_from(GW_OPERACAO).where(o.ESTADO == "P", o.DTLIMITE < agora)
    return int(connection.execute(query).scalar_one())
