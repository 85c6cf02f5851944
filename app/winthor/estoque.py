"""PCEST: lock, judge from, and change relatively. The row (CODFILIAL, CODPROD) is the lock of a product's stock."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave, Saldo
from app.winthor.db.leitura import Leitura
from app.winthor.db.lists import Bind, any_bind, any_of, bind_list, list_size
from app.winthor.db.travas import antes_de_escrever, lock
from app.winthor.esquema.tables import PCEST

CHAVE = (PCEST.c.CODFILIAL, PCEST.c.CODPROD)
# In the order of Saldo's fields. What an order cost is asked of rows that are locked, for then it is written.
QUANTIAS = (
    PCEST.c.QTESTGER,
    PCEST.c.QTRESERV,
    PCEST.c.QTBLOQUEADA,
    PCEST.c.QTPENDENTE,
    PCEST.c.QTINDUSTRIA,
)
_CUSTOS = (PCEST.c.CUSTOREAL, PCEST.c.CUSTOFIN, PCEST.c.CUSTOREP, PCEST.c.CUSTOCONT)


@dataclass(frozen=True, slots=True)
class Somadas:
    """A statement of units by CANAL, FILIAL and CODPROD, with what it is to be sent."""

    consulta: sa.Select[Any]
    binds: Mapping[str, Any]

    @staticmethod
    def ler(rows: Iterable[Any]) -> dict[tuple[Chave, str], Decimal]:
        """Its rows."""
        return {((filial, codprod), canal): qt or ZERO for canal, filial, codprod, qt in rows}


def nome_da_linha(chave: Chave) -> tuple[str, str, int]:
    """What a stock row is called where it is known to be held."""
    return ("PCEST", *chave)


def lock_saldos(
    connection: sa.Connection, chaves: Collection[Chave], *, antes_de_varias: bool = False
) -> dict[Chave, Saldo]:
    """Lock the stock rows of ``chaves`` in (CODFILIAL, CODPROD) order, in one statement, and read them, costs too (R4,
    R20).

    Keys without a row are missing in the answer. ``antes_de_varias``: the lines of an order are locked next. Raises
    Ocupado.
    """
    if not chaves:
        return {}
    varias = len(chaves) > 1
    leitura = leitura_de(chaves, com_custos=True)
    rows = lock(
        connection,
        leitura.query,
        leitura.binds,
        varias=varias,
        antes_de_varias=antes_de_varias,
        linhas=[nome_da_linha(chave) for chave in chaves],
    )
    return saldos_de(rows)


def find_saldos(connection: sa.Connection, chaves: Collection[Chave]) -> dict[Chave, Saldo]:
    """Read the units of the stock rows of ``chaves`` without a lock: good for an explanation, never for a decision."""
    if not chaves:
        return {}
    leitura = leitura_de(chaves)
    return saldos_de(connection.execute(leitura.query, leitura.binds))


def find_saldos_dos_produtos(connection: sa.Connection, codprods: Collection[int]) -> dict[Chave, Saldo]:
    """Read the stock rows of the products in every branch, without a lock."""
    if not codprods:
        return {}
    query = sa.select(*CHAVE, *QUANTIAS).where(any_of(PCEST.c.CODPROD, sorted(codprods)))
    return saldos_de(connection.execute(query))


def somar_reserva(connection: sa.Connection, variacoes: Mapping[Chave, Decimal]) -> None:
    """QTRESERV += variation for each key, relatively, one array statement, from zero where it is below and never
    below zero (R4, R10).

    The variations are those of a plan made from ``lock_saldos``, whose locks are still held. It is the first write of
    an operation, and shortens the waits of what comes after it.
    """
    parametros = [
        {"B_FILIAL": filial, "B_PROD": codprod, "B_QT": quantidade}
        for (filial, codprod), quantidade in sorted(variacoes.items())
    ]
    if parametros:
        connection.execute(antes_de_escrever(_SOMAR, connection.dialect.name), parametros)


_QT = Bind("B_QT", PCEST.c.QTRESERV.type)
# In the text, not as binds: each bind of an array statement is sent again for every row.
_ZERO, _CASAS = sa.literal_column("0", PCEST.c.QTRESERV.type), sa.literal_column("8", sa.Integer())
# NULL and what others have left below zero count as 0 (R4).
_ATUAL = sa.case((PCEST.c.QTRESERV > _ZERO, PCEST.c.QTRESERV), else_=_ZERO)
_NOVA = sa.func.round(_ATUAL + _QT, _CASAS, type_=PCEST.c.QTRESERV.type)
_SOMAR = (
    sa.update(PCEST)
    .where(
        PCEST.c.CODFILIAL == Bind("B_FILIAL", PCEST.c.CODFILIAL.type),
        PCEST.c.CODPROD == Bind("B_PROD", PCEST.c.CODPROD.type),
    )
    .values(QTRESERV=sa.case((_NOVA < _ZERO, _ZERO), else_=_NOVA))
)


def leitura_de(chaves: Iterable[Chave], *, com_custos: bool = False) -> Leitura:
    """The rows of ``chaves`` in lock order; the same statement for all lists of the same padded sizes."""
    por_filial = _por_filial(chaves)
    binds: dict[str, Any] = {}
    for n, (filial, codprods) in enumerate(por_filial.items()):
        binds |= {f"B_FILIAL_{n}": filial, **bind_list(f"B_PROD_{n}", codprods)}
    return Leitura(_da_forma(tuple(list_size(len(codprods)) for codprods in por_filial.values()), com_custos), binds)


@functools.lru_cache(maxsize=256)
def _da_forma(tamanhos: tuple[int, ...], com_custos: bool) -> sa.Select[Any]:
    filiais = [
        sa.and_(PCEST.c.CODFILIAL == sa.bindparam(f"B_FILIAL_{n}"), any_bind(PCEST.c.CODPROD, f"B_PROD_{n}", tamanho))
        for n, tamanho in enumerate(tamanhos)
    ]
    colunas = (*QUANTIAS, *_CUSTOS) if com_custos else QUANTIAS
    return sa.select(*CHAVE, *colunas).where(sa.or_(sa.false(), *filiais)).order_by(*CHAVE)


def _por_filial(chaves: Iterable[Chave]) -> dict[str, list[int]]:
    por_filial: dict[str, list[int]] = {}
    for filial, codprod in sorted(chaves):
        por_filial.setdefault(filial, []).append(codprod)
    return por_filial


def saldos_de(rows: Iterable[Any]) -> dict[Chave, Saldo]:
    """Rows of ``CHAVE`` and ``QUANTIAS``, and costs or none."""
    return {
        (filial, codprod): Saldo(*[ZERO if quantia is None else quantia for quantia in quantias])
        for filial, codprod, *quantias in rows
    }
