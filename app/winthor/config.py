"""GW_CONFIG: the gateway's own values, each under a key."""

from __future__ import annotations

import sqlalchemy as sa

from app.winthor.esquema.gateway_tables import GW_CONFIG


def find_config(connection: sa.Connection, chave: str) -> str | None:
    """A value of GW_CONFIG."""
    valor: str | None = connection.execute(sa.select(GW_CONFIG.c.VALOR).where(GW_CONFIG.c.CHAVE == chave)).scalar()
    return valor


def update_config(connection: sa.Connection, chave: str, valor: str) -> None:
    """Insert or change a value."""
    changed = connection.execute(sa.update(GW_CONFIG).where(GW_CONFIG.c.CHAVE == chave).values(VALOR=valor))
    if changed.rowcount == 0:
        connection.execute(sa.insert(GW_CONFIG), [{"CHAVE": chave, "VALOR": valor}])
