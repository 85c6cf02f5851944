"""PCEST: lock, judge from, and change relatively. The row (CODFILIAL, CODPROD) is the lock of a product's stock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave, Saldo
from app.winthor.db import any_of, for_update
from app.winthor.tables import PCEST

_COLUNAS = {
    "qtestger": PCEST.c.QTESTGER,
    "qtreserv": PCEST.c.QTRESERV,
    "qtbloqueada": PCEST.c.QTBLOQUEADA,
    "qtpendente": PCEST.c.QTPENDENTE,
    "qtindustria": PCEST.c.QTINDUSTRIA,
    "custoreal": PCEST.c.CUSTOREAL,
    "custofin": PCEST.c.CUSTOFIN,
    "custorep": PCEST.c.CUSTOREP,
    "custocont": PCEST.c.CUSTOCONT,
}


def lock_saldos(connection: sa.Connection, chaves: Collection[Chave], wait_s: float) -> dict[Chave, Saldo]:
    """Lock the stock rows of ``chaves`` in (CODFILIAL, CODPROD) order, in one statement, and read them (R4, R20).

    Keys without a row are missing in the answer. Waits at most ``wait_s`` for each lock, then Ocupado.
    """
    return _ler(connection, for_update(_consulta(chaves), wait_s)) if chaves else {}


def ler_saldos(connection: sa.Connection, chaves: Collection[Chave]) -> dict[Chave, Saldo]:
    """Read the stock rows of ``chaves`` without a lock: good for an explanation, never for a decision."""
    return _ler(connection, _consulta(chaves)) if chaves else {}


def disponivel_por_filial(
    connection: sa.Connection, codprods: Collection[int], desconta: Collection[str]
) -> dict[int, dict[str, Decimal]]:
    """Available units of each product in every branch, without a lock."""
    if not codprods:
        return {}
    por_produto: dict[int, dict[str, Decimal]] = {}
    query = sa.select(PCEST.c.CODFILIAL, PCEST.c.CODPROD, *_COLUNAS.values()).where(
        any_of(PCEST.c.CODPROD, sorted(codprods))
    )
    for (filial, codprod), saldo in _ler(connection, query).items():
        por_produto.setdefault(codprod, {})[filial] = saldo.disponivel(desconta)
    return por_produto


def somar_reserva(connection: sa.Connection, variacoes: Mapping[Chave, Decimal]) -> None:
    """QTRESERV += variation for each key, relatively, one array statement, never below zero (R4, R10).

    The rows are locked already, by ``lock_saldos``; keys without a row change nothing.
    """
    parametros = [
        {"B_FILIAL": filial, "B_PROD": codprod, "B_QT": quantidade}
        for (filial, codprod), quantidade in sorted(variacoes.items())
        if quantidade
    ]
    if parametros:
        connection.execute(_SOMAR, parametros)


_QT = sa.bindparam("B_QT", type_=PCEST.c.QTRESERV.type)
_NOVA = sa.func.round(sa.func.coalesce(PCEST.c.QTRESERV, 0) + _QT, 8, type_=PCEST.c.QTRESERV.type)
_SOMAR = (
    sa.update(PCEST)
    .where(PCEST.c.CODFILIAL == sa.bindparam("B_FILIAL"), PCEST.c.CODPROD == sa.bindparam("B_PROD"))
    .values(QTRESERV=sa.case((_NOVA < 0, 0), else_=_NOVA))
)


def _consulta(chaves: Iterable[Chave]) -> sa.Select[tuple[object, ...]]:
    por_filial: dict[str, list[int]] = {}
    for filial, codprod in sorted(chaves):
        por_filial.setdefault(filial, []).append(codprod)
    alguma = sa.or_(
        *[
            sa.and_(PCEST.c.CODFILIAL == filial, any_of(PCEST.c.CODPROD, codprods))
            for filial, codprods in por_filial.items()
        ]
    )
    return (
        sa.select(PCEST.c.CODFILIAL, PCEST.c.CODPROD, *_COLUNAS.values())
        .where(alguma)
        .order_by(PCEST.c.CODFILIAL, PCEST.c.CODPROD)
    )


def _ler(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> dict[Chave, Saldo]:
    saldos: dict[Chave, Saldo] = {}
    for row in connection.execute(query):
        valores = {nome: getattr(row, coluna.name) for nome, coluna in _COLUNAS.items()}
        saldos[(row.CODFILIAL, row.CODPROD)] = Saldo(**{n: v if v is not None else ZERO for n, v in valores.items()})
    return saldos
