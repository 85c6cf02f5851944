"""GW_CREDENCIAL and the gateway's own values in GW_CONFIG."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.winthor.gateway_tables import GW_CONFIG, GW_CREDENCIAL

TODAS = "*"


@dataclass(frozen=True, slots=True)
class Credencial:
    """A login, the hash of its password, its branches (None: all) and its scopes."""

    login: str
    senha_hash: str
    filiais: frozenset[str] | None
    escopos: frozenset[str]


def buscar(connection: sa.Connection, login: str) -> Credencial | None:
    """The active credential with this login."""
    c = GW_CREDENCIAL.c
    row = connection.execute(sa.select(GW_CREDENCIAL).where(c.LOGIN == login, c.ATIVO == "S")).first()
    if row is None:
        return None
    filiais = None if row.FILIAIS == TODAS else frozenset(row.FILIAIS.split(","))
    return Credencial(row.LOGIN, row.SENHA_HASH, filiais, frozenset(row.ESCOPOS.split(",")))


def ler_config(connection: sa.Connection, chave: str) -> str | None:
    valor: str | None = connection.execute(sa.select(GW_CONFIG.c.VALOR).where(GW_CONFIG.c.CHAVE == chave)).scalar()
    return valor


def gravar_config(connection: sa.Connection, chave: str, valor: str) -> None:
    """Insert or change a value."""
    changed = connection.execute(sa.update(GW_CONFIG).where(GW_CONFIG.c.CHAVE == chave).values(VALOR=valor))
    if changed.rowcount == 0:
        connection.execute(sa.insert(GW_CONFIG), [{"CHAVE": chave, "VALOR": valor}])
