"""NUMPED, from the counter of the order's RCA (R2). Never MAX + 1."""

from __future__ import annotations

import sqlalchemy as sa

from app.winthor.db import for_update
from app.winthor.faults import NumeracaoEsgotada
from app.winthor.tables import PCCONSUM, PCPEDC, PCUSUARI

JANELA = 50
POR_RCA = 1_000_000
MAIOR_DO_PCCONSUM = 99_999_998  # PCCONSUM.PROXNUMPED NUMBER(8,0) must still hold the number after it


def sortear(connection: sa.Connection, codusur: int, fonte: str, wait_s: float) -> int:
    """The next free NUMPED: counter row locked, 50 numbers probed at a time, counter set past the one taken.

    ``fonte`` is ``PCUSUARI.PROXNUMPED`` or ``PCCONSUM.PROXNUMPED``. The lock is held to the end of the transaction.
    Raises NumeracaoEsgotada when the numbers of the RCA are used up, Ocupado when the lock is not obtained.
    """
    por_rca = fonte == "PCUSUARI.PROXNUMPED"
    tabela = PCUSUARI if por_rca else PCCONSUM
    linha: sa.ColumnElement[bool] = PCUSUARI.c.CODUSUR == codusur if por_rca else sa.true()
    minimo, maximo = (codusur * POR_RCA + 1, codusur * POR_RCA + POR_RCA - 1) if por_rca else (1, MAIOR_DO_PCCONSUM)
    contador = for_update(sa.select(tabela.c.PROXNUMPED).where(linha), wait_s)
    proximo = int(connection.execute(contador).scalar() or 0)
    if por_rca and 0 < proximo < POR_RCA:
        # A counter that was never seeded with the RCA's prefix goes on as WinThor has it (winthor.md §1.1).
        maximo = POR_RCA - 1
    else:
        proximo = max(proximo, minimo)
    livre = _primeiro_livre(connection, proximo, maximo)
    if livre is None:
        raise NumeracaoEsgotada(fonte)
    connection.execute(sa.update(tabela).where(linha).values(PROXNUMPED=livre + 1))
    return livre


def _primeiro_livre(connection: sa.Connection, proximo: int, maximo: int) -> int | None:
    while proximo <= maximo:
        fim = min(proximo + JANELA - 1, maximo)
        usados = set(
            connection.execute(sa.select(PCPEDC.c.NUMPED).where(PCPEDC.c.NUMPED.between(proximo, fim))).scalars()
        )
        livre = next((numero for numero in range(proximo, fim + 1) if numero not in usados), None)
        if livre is not None:
            return livre
        proximo = fim + 1
    return None
