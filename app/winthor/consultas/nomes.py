"""The names that people know numbers by: branches, sellers, customers. Reading only; nothing is decided on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from app.winthor.db.lists import any_of
from app.winthor.esquema.tables import PCCLIENT, PCFILIAL, PCUSUARI


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


def vendedores(connection: sa.Connection, codigos: Collection[int]) -> dict[int, str]:
    """PCUSUARI.NOME of each that exists."""
    if not codigos:
        return {}
    u = PCUSUARI.c
    rows = connection.execute(sa.select(u.CODUSUR, u.NOME).where(any_of(u.CODUSUR, sorted(set(codigos)))))
    return {row.CODUSUR: (row.NOME or "").strip() for row in rows}


def clientes(connection: sa.Connection, codigos: Collection[int]) -> dict[int, str]:
    """PCCLIENT.CLIENTE of each that exists, as it is: whoever shows it masks it."""
    if not codigos:
        return {}
    c = PCCLIENT.c
    rows = connection.execute(sa.select(c.CODCLI, c.CLIENTE).where(any_of(c.CODCLI, sorted(set(codigos)))))
    return {row.CODCLI: (row.CLIENTE or "").strip() for row in rows}


def clientes_do_documento(connection: sa.Connection, formas: Collection[str]) -> list[int]:
    """Customers with this document, in any of the forms in which it is written."""
    c = PCCLIENT.c
    rows = connection.execute(sa.select(c.CODCLI).where(any_of(c.CGCENT, sorted(formas))).order_by(c.CODCLI).limit(64))
    return [row.CODCLI for row in rows]
