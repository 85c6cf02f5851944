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
from app.winthor.db.lists import any_bind, any_of, bind_list, list_size
from app.winthor.db.travas import antes_de_escrever, lock
from app.winthor.esquema.tables import PCEST

_KEY = (PCEST.c.CODFILIAL, PCEST.c.CODPROD)
# In the order of Saldo's fields. What an order cost is asked of rows that are locked, for then it is written.
_COLUNAS = (
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


@dataclass(frozen=True, slots=True)
class Feitas:
    """A statement of the orders, by CANAL and CODFILIAL (both empty) and NUMPED, with what it is to be sent."""

    consulta: sa.Select[Any]
    binds: Mapping[str, Any]


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
    rows = lock(
        connection,
        _consulta(chaves, com_custos=True),
        _valores(chaves),
        varias=varias,
        antes_de_varias=antes_de_varias,
        linhas=[nome_da_linha(chave) for chave in chaves],
    )
    return _saldos(rows)


def find_saldos(connection: sa.Connection, chaves: Collection[Chave]) -> dict[Chave, Saldo]:
    """Read the units of the stock rows of ``chaves`` without a lock: good for an explanation, never for a decision."""
    return _saldos(connection.execute(_consulta(chaves), _valores(chaves))) if chaves else {}


@dataclass(frozen=True, slots=True)
class Olhar:
    """What was seen in one statement without a lock: stock rows, the units of a ``Somadas``, orders of a ``Feitas``."""

    saldos: dict[Chave, Saldo]
    somadas: dict[tuple[Chave, str], Decimal]
    feitas: list[int]


def olhar(connection: sa.Connection, chaves: Collection[Chave], mais: Somadas | None, feitas: Feitas | None) -> Olhar:
    """Read the stock rows of ``chaves`` without a lock, and in the same statement what else is asked."""
    if mais is None and feitas is None:
        return Olhar(find_saldos(connection, chaves), {}, [])
    ao_lado = [] if mais is None else [(_SOMADA, mais.consulta)]
    ao_lado += [] if feitas is None else [(_FEITA, feitas.consulta)]
    query = _com(_consulta(chaves), tuple(ao_lado))
    binds = {**_valores(chaves), **({} if mais is None else mais.binds), **({} if feitas is None else feitas.binds)}
    partes: dict[int, list[Any]] = {_SALDO: [], _SOMADA: [], _FEITA: []}
    for parte, *row in connection.execute(query, binds):
        partes[parte].append(row)
    return Olhar(
        _saldos(row[1:] for row in partes[_SALDO]),
        Somadas.ler(row[:4] for row in partes[_SOMADA]),
        [row[2] for row in partes[_FEITA]],
    )


# The parts of what is seen together, in the first column.
_SALDO, _SOMADA, _FEITA = range(3)


@functools.lru_cache(maxsize=256)
def _com(saldos: sa.Select[Any], ao_lado: tuple[tuple[int, sa.Select[Any]], ...]) -> sa.CompoundSelect[Any]:
    """The stock rows and, in rows of their own, statements of up to four columns: CANAL, CODFILIAL, CODPROD, units."""
    partes = []
    for parte, consulta in ao_lado:
        lidas = consulta.subquery(f"PARTE_{parte}").c
        vazias = [sa.cast(sa.null(), tipo) for tipo in _TIPOS[len(lidas) :]]
        partes.append(sa.select(_parte(parte), *lidas, *vazias))
    canal = sa.cast(sa.null(), _TIPOS[0]).label("CANAL")
    primeira = saldos.order_by(None).with_only_columns(_parte(_SALDO), canal, *_KEY, *_COLUNAS)
    return primeira.union_all(*partes)


_TIPOS = (sa.String(1), *[coluna.type for coluna in (*_KEY, *_COLUNAS)])


def _parte(numero: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(numero), sa.Integer()).label("PARTE")


def find_saldos_dos_produtos(connection: sa.Connection, codprods: Collection[int]) -> dict[Chave, Saldo]:
    """Read the stock rows of the products in every branch, without a lock."""
    if not codprods:
        return {}
    query = sa.select(*_KEY, *_COLUNAS).where(any_of(PCEST.c.CODPROD, sorted(codprods)))
    return _saldos(connection.execute(query))


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


_QT = sa.bindparam("B_QT", type_=PCEST.c.QTRESERV.type)
# In the text, not as binds: each bind of an array statement is sent again for every row.
_ZERO, _CASAS = sa.literal_column("0", PCEST.c.QTRESERV.type), sa.literal_column("8", sa.Integer())
# NULL and what others have left below zero count as 0 (R4).
_ATUAL = sa.case((PCEST.c.QTRESERV > _ZERO, PCEST.c.QTRESERV), else_=_ZERO)
_NOVA = sa.func.round(_ATUAL + _QT, _CASAS, type_=PCEST.c.QTRESERV.type)
_SOMAR = (
    sa.update(PCEST)
    .where(PCEST.c.CODFILIAL == sa.bindparam("B_FILIAL"), PCEST.c.CODPROD == sa.bindparam("B_PROD"))
    .values(QTRESERV=sa.case((_NOVA < _ZERO, _ZERO), else_=_NOVA))
)


def _consulta(chaves: Iterable[Chave], *, com_custos: bool = False) -> sa.Select[Any]:
    """The rows of ``chaves`` in lock order; the same statement for all lists of the same padded sizes."""
    return _da_forma(tuple(list_size(len(codprods)) for codprods in _por_filial(chaves).values()), com_custos)


@functools.lru_cache(maxsize=256)
def _da_forma(tamanhos: tuple[int, ...], com_custos: bool) -> sa.Select[Any]:
    filiais = [
        sa.and_(PCEST.c.CODFILIAL == sa.bindparam(f"B_FILIAL_{n}"), any_bind(PCEST.c.CODPROD, f"B_PROD_{n}", tamanho))
        for n, tamanho in enumerate(tamanhos)
    ]
    colunas = (*_COLUNAS, *_CUSTOS) if com_custos else _COLUNAS
    return sa.select(*_KEY, *colunas).where(sa.or_(sa.false(), *filiais)).order_by(*_KEY)


def _valores(chaves: Iterable[Chave]) -> dict[str, Any]:
    valores: dict[str, Any] = {}
    for n, (filial, codprods) in enumerate(_por_filial(chaves).items()):
        valores |= {f"B_FILIAL_{n}": filial, **bind_list(f"B_PROD_{n}", codprods)}
    return valores


def _por_filial(chaves: Iterable[Chave]) -> dict[str, list[int]]:
    por_filial: dict[str, list[int]] = {}
    for filial, codprod in sorted(chaves):
        por_filial.setdefault(filial, []).append(codprod)
    return por_filial


def _saldos(rows: Iterable[Any]) -> dict[Chave, Saldo]:
    return {
        (filial, codprod): Saldo(*[ZERO if quantia is None else quantia for quantia in quantias])
        for filial, codprod, *quantias in rows
    }
