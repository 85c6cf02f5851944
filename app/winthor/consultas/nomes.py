"""The names that people know numbers by. Reading only; nothing is decided on it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.winthor.esquema.tables import PCFILIAL


@dataclass(frozen=True, slots=True)
class FilialComNome:
    """A branch (PCFILIAL)."""

    codigo: str
    nome: str
    uf: str | None


def filiais(connection: sa.Connection) -> list[FilialComNome]:
    """Every branch, by its code."""
    f = PCFILIAL.c
    rows = connection.execute(sa.select(f.CODIGO, f.RAZAOSOCIAL, f.UF).order_by(f.CODIGO))
    return [FilialComNome(row.CODIGO, (row.RAZAOSOCIAL or "").strip(), row.UF) for row in rows]
