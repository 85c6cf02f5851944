"""GW_SESSAO_TOTVS: the tokens of the TOTVS service that are callers here too, by digest (R26)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.winthor.esquema.gateway_tables import GW_SESSAO_TOTVS


@dataclass(frozen=True, slots=True)
class SessaoLida:
    """Whose token it is, and until when (UTC without zone)."""

    login: str
    fim: dt.datetime


def find(connection: sa.Connection, resumo: str) -> SessaoLida | None:
    """The session of a token's digest."""
    s = GW_SESSAO_TOTVS.c
    row = connection.execute(sa.select(s.LOGIN, s.DTFIM).where(s.RESUMO == resumo)).first()
    return None if row is None else SessaoLida(row.LOGIN, row.DTFIM)


def insert(connection: sa.Connection, resumo: str, sessao: SessaoLida) -> None:
    """Remember a session; a token that is issued again is its login's until the later end."""
    s = GW_SESSAO_TOTVS.c
    change = sa.update(GW_SESSAO_TOTVS).where(s.RESUMO == resumo).values(LOGIN=sessao.login, DTFIM=sessao.fim)
    if connection.execute(change).rowcount == 0:
        connection.execute(sa.insert(GW_SESSAO_TOTVS), [{"RESUMO": resumo, "LOGIN": sessao.login, "DTFIM": sessao.fim}])


def limpar(connection: sa.Connection, antes_de: dt.datetime) -> None:
    """Forget the sessions that ended before an instant (UTC without zone)."""
    connection.execute(sa.delete(GW_SESSAO_TOTVS).where(GW_SESSAO_TOTVS.c.DTFIM < antes_de))
