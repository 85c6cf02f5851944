"""PCCOB and PCPLPAG: do the codes of a payment exist?"""

from __future__ import annotations

import sqlalchemy as sa

from app.winthor.esquema.tables import PCCOB, PCPLPAG


def existe(connection: sa.Connection, codcob: str) -> bool:
    """Whether the form of payment exists."""
    return connection.execute(sa.select(PCCOB.c.CODCOB).where(PCCOB.c.CODCOB == codcob)).first() is not None


def existe_plano(connection: sa.Connection, codplpag: int) -> bool:
    """Whether the payment plan exists."""
    query = sa.select(PCPLPAG.c.CODPLPAG).where(PCPLPAG.c.CODPLPAG == codplpag)
    return connection.execute(query).first() is not None
