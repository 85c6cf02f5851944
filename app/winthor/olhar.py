"""What is looked at before a transaction, in one statement: stock rows, what channels hold of them, orders of before
the switch, customers, the order that is altered. No lock: good to refuse what is hopeless, never to decide."""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.cliente import Cliente
from app.domain.estoque import Chave, Saldo
from app.winthor import clientes, estoque, pedidos
from app.winthor.db.leitura import Leitura
from app.winthor.estoque import Somadas
from app.winthor.pedidos import Ordem


@dataclass(frozen=True, slots=True)
class Olhar:
    """What was seen: stock rows, the units of a ``Somadas``, numbers of orders, customers, an order with its lines."""

    saldos: dict[Chave, Saldo]
    somadas: dict[tuple[Chave, str], Decimal]
    feitas: list[int]
    clientes: list[Cliente]
    ordem: Ordem | None = None


def olhar(
    connection: sa.Connection,
    chaves: Collection[Chave],
    *,
    somadas: Somadas | None = None,
    feitas: Leitura | None = None,
    compradores: Leitura | None = None,
    numped: int | None = None,
) -> Olhar:
    """Read the stock rows of ``chaves`` and in the same statement what else is asked: ``feitas``, by NUMPED alone;
    ``compradores``, by what ``clientes.busca`` reads; the order ``numped``, as ``pedidos.find`` with its lines."""
    ao_lado = {
        _SOMADAS: None if somadas is None else Leitura(somadas.consulta, somadas.binds),
        _FEITAS: feitas,
        _CLIENTES: compradores,
        _ORDEM: None if numped is None else pedidos.vista(numped),
    }
    pedidas = {parte: leitura for parte, leitura in ao_lado.items() if leitura is not None}
    if not pedidas:
        return Olhar(estoque.find_saldos(connection, chaves), {}, [], [])
    saldos = estoque.leitura_de(chaves)
    query = _juntas(saldos.query, tuple((parte, leitura.query) for parte, leitura in pedidas.items()))
    binds = dict(saldos.binds)
    for leitura in pedidas.values():
        binds |= leitura.binds
    rows: dict[int, list[Any]] = {parte: [] for parte in (_SALDOS, *ao_lado)}
    for parte, *row in connection.execute(query, binds):
        rows[parte].append(row)
    return Olhar(
        estoque.saldos_de(row[_ONDE[_SALDOS]] for row in rows[_SALDOS]),
        Somadas.ler(row[_ONDE[_SOMADAS]] for row in rows[_SOMADAS]),
        [numped for row in rows[_FEITAS] for numped in row[_ONDE[_FEITAS]]],
        [clientes.cliente_de(row[_ONDE[_CLIENTES]]) for row in rows[_CLIENTES]],
        None if numped is None else pedidos.ordem_vista((row[_ONDE[_ORDEM]] for row in rows[_ORDEM]), numped),
    )


# The kind of a row, in its first column; and where in the columns after it each kind has its own.
_SALDOS, _SOMADAS, _FEITAS, _CLIENTES, _ORDEM = range(5)
_DO_ESTOQUE = (sa.String(1), *[coluna.type for coluna in (*estoque.CHAVE, *estoque.QUANTIAS)])
_DO_CLIENTE = tuple(coluna.type for coluna in clientes.COLUNAS)
_DA_ORDEM = tuple(coluna.type for coluna in pedidos.COLUNAS_DA_VISTA)
_ATE_O_CLIENTE = len(_DO_ESTOQUE) + len(_DO_CLIENTE)
_ONDE = {
    _SALDOS: slice(1, len(_DO_ESTOQUE)),
    _SOMADAS: slice(0, 4),
    _FEITAS: slice(2, 3),
    _CLIENTES: slice(len(_DO_ESTOQUE), _ATE_O_CLIENTE),
    _ORDEM: slice(_ATE_O_CLIENTE, _ATE_O_CLIENTE + len(_DA_ORDEM)),
}


@functools.lru_cache(maxsize=256)
def _juntas(saldos: sa.Select[Any], ao_lado: tuple[tuple[int, sa.Select[Any]], ...]) -> sa.CompoundSelect[Any]:
    """The statements one below the other, each in columns of its own where it differs from the stock rows'."""
    ultima = max(len(_DO_ESTOQUE), *(_ONDE[parte].stop for parte, _ in ao_lado))
    tipos = [*_DO_ESTOQUE, *_DO_CLIENTE, *_DA_ORDEM][:ultima]
    primeira = saldos.order_by(None)
    de_saldos = _colunas(_SALDOS, [*estoque.CHAVE, *estoque.QUANTIAS], tipos)
    de_lado = [_de_lado(parte, consulta, tipos) for parte, consulta in ao_lado]
    return primeira.with_only_columns(*de_saldos).union_all(*de_lado)


def _de_lado(parte: int, consulta: sa.Select[Any], tipos: list[Any]) -> sa.Select[Any]:
    return sa.select(*_colunas(parte, list(consulta.subquery(f"PARTE_{parte}").c), tipos))


def _colunas(parte: int, proprias: list[Any], tipos: list[Any]) -> list[Any]:
    inicio = _ONDE[parte].start
    vazias: list[Any] = [sa.cast(sa.null(), tipo).label(f"VAZIA_{n}") for n, tipo in enumerate(tipos)]
    vazias[inicio : inicio + len(proprias)] = proprias
    return [sa.literal_column(str(parte), sa.Integer()).label("PARTE"), *vazias]
