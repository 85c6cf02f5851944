"""GW_RECUSA: what was refused before it became a row of the log, counted by hour, login and code (spec §4.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_RECUSA

# CALLER of those of whom nobody was known; no login has this character.
NINGUEM = "*"

_R = GW_RECUSA.c


@dataclass(frozen=True, slots=True)
class RecusaContada:
    """``hora``: the beginning of the hour, UTC; ``caller`` None: nobody was known."""

    hora: dt.datetime
    caller: str | None
    codigo: str
    vezes: int


def somar(connection: sa.Connection, contagens: Mapping[tuple[dt.datetime, str | None, str], int]) -> None:
    """Add to what is counted already, in the order of the keys. Raises Duplicado when another host has just begun one:
    the transaction is then repeated."""
    for (hora, caller, codigo), vezes in sorted(contagens.items(), key=lambda c: (c[0][0], c[0][1] or "", c[0][2])):
        chave = {"HORA": hora, "CALLER": caller or NINGUEM, "CODIGO": codigo}
        mais = sa.update(GW_RECUSA).filter_by(**chave).values(VEZES=_R.VEZES + vezes)
        if connection.execute(mais).rowcount == 0:
            connection.execute(sa.insert(GW_RECUSA), [{**chave, "VEZES": vezes}])


def find_all(
    connection: sa.Connection, de: dt.datetime, ate: dt.datetime, callers: Collection[str] | None, limite: int
) -> list[RecusaContada]:
    """Hours that begin in a span (UTC), newest first; of these logins only, None: of all and of nobody."""
    query = sa.select(_R.HORA, _R.CALLER, _R.CODIGO, _R.VEZES).where(_R.HORA >= de, _R.HORA <= ate)
    if callers is not None:
        query = query.where(any_of(_R.CALLER, sorted(callers)))
    rows = connection.execute(query.order_by(_R.HORA.desc(), _R.CALLER, _R.CODIGO).limit(limite))
    return [
        RecusaContada(row.HORA, None if row.CALLER == NINGUEM else row.CALLER, row.CODIGO, int(row.VEZES))
        for row in rows
    ]


def limpar(connection: sa.Connection, antes_de: dt.datetime) -> None:
    """Forget the hours before an instant (UTC)."""
    connection.execute(sa.delete(GW_RECUSA).where(_R.HORA < antes_de))
