"""NUMPED, from the counter of the order's RCA (R2). Never MAX + 1."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.winthor.db import for_update
from app.winthor.faults import NumeracaoEsgotada
from app.winthor.tables import PCCONSUM, PCPEDC, PCUSUARI

POR_VENDEDOR = "PCUSUARI.PROXNUMPED"
JANELA = 50
POR_RCA = 1_000_000
MAIOR_DO_PCCONSUM = 99_999_998  # PCCONSUM.PROXNUMPED NUMBER(8,0) must still hold the number after it


def sortear(connection: sa.Connection, codusur: int, fonte: str, wait_s: float) -> int:
    """The next free NUMPED: counter row locked, 50 numbers probed at a time, counter set past the one taken.

    ``fonte`` is ``PCUSUARI.PROXNUMPED`` or ``PCCONSUM.PROXNUMPED``. The lock is held to the end of the transaction.
    Raises NumeracaoEsgotada when the numbers of the RCA are used up, Ocupado when the lock is not obtained.
    """
    por_rca = fonte == POR_VENDEDOR
    contador = _DO_RCA if por_rca else _DA_EMPRESA
    rca = {"B_RCA": codusur} if por_rca else {}
    rows = connection.execute(contador.travar(wait_s), rca).all()
    lido = rows[0].PROXNUMPED if rows else None
    proximo, ultimo = _faixa(lido, codusur if por_rca else None)
    usados = {row.NUMPED for row in rows} if proximo == lido else None
    livre = _primeiro_livre(connection, proximo, ultimo, usados)
    if livre is None:
        raise NumeracaoEsgotada(fonte)
    connection.execute(contador.andar, {**rca, "B_PROXIMO": livre + 1})
    return livre


def restantes(connection: sa.Connection, fonte: str) -> dict[str, int]:
    """How many numbers each counter of ``fonte`` has left, by whose it is; read without a lock."""
    if fonte == POR_VENDEDOR:
        ativos = PCUSUARI.c.DTTERMINO.is_(None) & PCUSUARI.c.DTEXCLUSAO.is_(None)
        rows = connection.execute(sa.select(PCUSUARI.c.CODUSUR, PCUSUARI.c.PROXNUMPED).where(ativos))
        faixas = {f"RCA {codusur}": _faixa(proximo, codusur) for codusur, proximo in rows}
    else:
        faixas = {"PCCONSUM": _faixa(connection.execute(sa.select(PCCONSUM.c.PROXNUMPED)).scalar(), None)}
    return {dono: ultimo - proximo + 1 for dono, (proximo, ultimo) in faixas.items()}


def _faixa(contador: Decimal | None, codusur: int | None) -> tuple[int, int]:
    """From the next number to the last one: of the RCA, or of the company when there is none."""
    proximo = int(contador or 0)
    if codusur is None:
        return max(proximo, 1), MAIOR_DO_PCCONSUM
    if 0 < proximo < POR_RCA:
        # A counter that was never seeded with the RCA's prefix goes on as WinThor has it (winthor.md §1.1).
        return proximo, POR_RCA - 1
    return max(proximo, codusur * POR_RCA + 1), codusur * POR_RCA + POR_RCA - 1


class _Contador:
    """The statements of one counter."""

    def __init__(self, tabela: sa.Table, linha: sa.ColumnElement[bool]) -> None:
        proximo = tabela.c.PROXNUMPED
        janela = PCPEDC.c.NUMPED.between(proximo, proximo + (JANELA - 1))
        self._ler = sa.select(proximo, PCPEDC.c.NUMPED).select_from(tabela.outerjoin(PCPEDC, janela)).where(linha)
        self._coluna = f"{tabela.name}.{proximo.name}"
        self.andar = sa.update(tabela).where(linha).values(PROXNUMPED=sa.bindparam("B_PROXIMO"))

    def travar(self, wait_s: float) -> sa.Select[Any]:
        """Lock the counter's row; it comes once for each number of the next window that is in use, at least once."""
        return for_update(self._ler, wait_s, of=self._coluna)


_DO_RCA = _Contador(PCUSUARI, PCUSUARI.c.CODUSUR == sa.bindparam("B_RCA"))
_DA_EMPRESA = _Contador(PCCONSUM, sa.true())
_USADOS = sa.select(PCPEDC.c.NUMPED).where(PCPEDC.c.NUMPED.between(sa.bindparam("B_DE"), sa.bindparam("B_ATE")))


def _primeiro_livre(connection: sa.Connection, proximo: int, maximo: int, usados: set[int | None] | None) -> int | None:
    """The first number from ``proximo`` that no order has; ``usados``: those in use in the first window, if known."""
    while proximo <= maximo:
        fim = min(proximo + JANELA - 1, maximo)
        if usados is None:
            usados = set(connection.execute(_USADOS, {"B_DE": proximo, "B_ATE": fim}).scalars())
        livre = next((numero for numero in range(proximo, fim + 1) if numero not in usados), None)
        if livre is not None:
            return livre
        proximo, usados = fim + 1, None
    return None
