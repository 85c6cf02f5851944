"""The queries of the reconciliation: what QTRESERV counts against what the orders say (R19). Nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.retencao import RegraDeRetencao
from app.domain.vida import Estado
from app.winthor.consultas.lista_de_reservas import ESTADO_EFETIVO
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_OPERACAO, GW_RESERVA
from app.winthor.esquema.tables import PCEST, PCPEDC, PCPEDI, PCPEDICESTA
from app.winthor.retencao import unidades_vivas

Linha = Mapping[str, Any]

_QT = PCPEDI.c.QT.type
_R, _P = GW_RESERVA.c, PCPEDC.c
_REGISTRADAS_VIVAS = [Estado.AUTORIZADA.value, Estado.CONFIRMADA.value, Estado.RESGATADA.value]
_REGISTRADAS_MORTAS = [Estado.CANCELADA.value, Estado.EXPIRADA.value, Estado.SUBSTITUIDA.value]


def contadores_divergentes(
    connection: sa.Connection,
    regra: RegraDeRetencao,
    filiais: Collection[str] | None,
    *,
    produtos: Collection[int] | None = None,
) -> Iterator[Linha]:
    """(FILIAL, CODPROD, ESPERADO, RESERVADO) of every stock row whose QTRESERV is not what the orders say.

    The database sums and compares; only the differences come over, one at a time. ``produtos``: only their rows are
    summed, None = all.
    """
    vivas = unidades_vivas(regra).subquery()
    zero = sa.literal(Decimal(0), _QT)
    dos_pedidos = sa.select(vivas.c.FILIAL, vivas.c.CODPROD, vivas.c.QT.label("ESPERADO"), zero.label("RESERVADO"))
    do_estoque = sa.select(PCEST.c.CODFILIAL, PCEST.c.CODPROD, zero, PCEST.c.QTRESERV).where(
        sa.func.coalesce(PCEST.c.QTRESERV, 0) != 0
    )
    if produtos is not None:
        # In each half, so that nothing else is summed before it is thrown away.
        dos_pedidos = dos_pedidos.where(any_of(vivas.c.CODPROD, sorted(produtos)))
        do_estoque = do_estoque.where(any_of(PCEST.c.CODPROD, sorted(produtos)))
    lados = sa.union_all(dos_pedidos, do_estoque).subquery()
    esperado = sa.func.round(sa.func.sum(lados.c.ESPERADO), 6, type_=_QT)
    reservado = sa.func.round(sa.func.sum(lados.c.RESERVADO), 6, type_=_QT)
    query = (
        sa.select(lados.c.FILIAL, lados.c.CODPROD, esperado.label("ESPERADO"), reservado.label("RESERVADO"))
        .group_by(lados.c.FILIAL, lados.c.CODPROD)
        .having(esperado != reservado)
        .order_by(lados.c.FILIAL, lados.c.CODPROD)
    )
    if filiais is not None:
        query = query.where(any_of(lados.c.FILIAL, sorted(filiais)))
    for row in connection.execution_options(yield_per=500).execute(query):
        yield dict(row._mapping)


def esperado(connection: sa.Connection, chaves: Collection[Chave], regra: RegraDeRetencao) -> dict[Chave, Decimal]:
    """What the orders say of these stock rows now."""
    vivas = unidades_vivas(regra).subquery()
    soma = sa.func.sum(vivas.c.QT, type_=_QT).label("QT")
    alguma = sa.or_(*[sa.and_(vivas.c.FILIAL == f, vivas.c.CODPROD == p) for f, p in sorted(chaves)])
    query = sa.select(vivas.c.FILIAL, vivas.c.CODPROD, soma).where(alguma).group_by(vivas.c.FILIAL, vivas.c.CODPROD)
    return {(row.FILIAL, row.CODPROD): row.QT for row in connection.execute(query)}


class Amostrada(NamedTuple):
    """A stock row: what QTRESERV counts and what the orders say."""

    filial: str
    codprod: int
    reservado: Decimal
    esperado: Decimal


def amostra(
    connection: sa.Connection, filiais: Collection[str], regra: RegraDeRetencao, limite: int
) -> list[Amostrada]:
    """The ``limite`` stock rows of the branches with the largest QTRESERV, each with what the orders say of it."""
    reservado = sa.func.coalesce(PCEST.c.QTRESERV, 0)
    query = (
        sa.select(PCEST.c.CODFILIAL, PCEST.c.CODPROD, PCEST.c.QTRESERV)
        .where(any_of(PCEST.c.CODFILIAL, sorted(filiais)), reservado != 0)
        .order_by(reservado.desc(), PCEST.c.CODFILIAL, PCEST.c.CODPROD)
        .limit(limite)
    )
    rows = connection.execute(query).all()
    pelos_pedidos = esperado(connection, [(row.CODFILIAL, row.CODPROD) for row in rows], regra) if rows else {}
    return [
        Amostrada(row.CODFILIAL, row.CODPROD, row.QTRESERV, pelos_pedidos.get((row.CODFILIAL, row.CODPROD), ZERO))
        for row in rows
    ]


_DA_RESERVA = (
    _R.NUMPED,
    _R.CODFILIAL,
    _R.NUMERO,
    _R.ESTADO,
    _R.DTEXPIRA,
    _R.DTCRIACAO,
    _R.DTALTERACAO,
    _R.MODO_KIT,
    _R.CALLER,
    _P.POSICAO,
    _P.NUMTRANSVENDA,
    _P.NUMCAR,
    _P.DTCANCEL,
    _P.DTFAT,
    _P.VLTOTAL,
)
_COM_ORDEM = sa.select(*_DA_RESERVA).select_from(GW_RESERVA.outerjoin(PCPEDC, _P.NUMPED == _R.NUMPED))


def _ler(connection: sa.Connection, query: sa.Select[Any], filiais: Collection[str] | None) -> Iterator[Linha]:
    if filiais is not None:
        query = query.where(any_of(_R.CODFILIAL, sorted(filiais)))
    for row in connection.execution_options(yield_per=500).execute(query.order_by(_R.NUMPED)):
        yield dict(row._mapping)


_CANCELAMENTO_PERDIDO = sa.and_(
    _R.ESTADO.in_(_REGISTRADAS_MORTAS),
    _P.POSICAO.in_(["L", "M"]),
    sa.func.coalesce(_P.NUMTRANSVENDA, 0) == 0,
)
_FIM_NO_WINTHOR = sa.and_(
    _R.ESTADO.in_(_REGISTRADAS_VIVAS),
    sa.or_(_P.POSICAO.in_(["F", "C"]), sa.func.coalesce(_P.NUMTRANSVENDA, 0) != 0),
)


def encerradas_no_winthor(connection: sa.Connection, depois_de: int, limite: int) -> list[Linha]:
    """Reservations the gateway has as live whose order WinThor has invoiced or cancelled, by number."""
    query = _COM_ORDEM.where(_FIM_NO_WINTHOR, _R.NUMPED > depois_de).order_by(_R.NUMPED).limit(limite)
    return [dict(row._mapping) for row in connection.execute(query)]


def encerradas_com_produto(connection: sa.Connection, codprod: int, limite: int) -> list[Linha]:
    """Those of them that have the product in a line or as a component, newest first."""
    linhas = sa.select(PCPEDI.c.NUMPED).where(PCPEDI.c.CODPROD == codprod)
    componentes = sa.select(PCPEDICESTA.c.NUMPED).where(PCPEDICESTA.c.CODPRODMP == codprod)
    query = (
        _COM_ORDEM.where(_FIM_NO_WINTHOR, sa.or_(_R.NUMPED.in_(linhas), _R.NUMPED.in_(componentes)))
        .order_by(_R.NUMPED.desc())
        .limit(limite)
    )
    return [dict(row._mapping) for row in connection.execute(query)]


def sem_pedido(connection: sa.Connection, filiais: Collection[str] | None) -> Iterator[Linha]:
    """Reservations the gateway has as live without an order (a lost create)."""
    return _ler(connection, _COM_ORDEM.where(_R.ESTADO.in_(_REGISTRADAS_VIVAS), _P.NUMPED.is_(None)), filiais)


def mortas_com_pedido_vivo(connection: sa.Connection, filiais: Collection[str] | None) -> Iterator[Linha]:
    """Reservations the gateway has ended whose order still holds stock (a lost cancel)."""
    return _ler(connection, _COM_ORDEM.where(_CANCELAMENTO_PERDIDO), filiais)


def cancelamento_perdido(connection: sa.Connection, numped: int) -> bool:
    """Whether one is among them and no routine of WinThor has moved it on; its row is locked already."""
    nao_assumido = sa.and_(sa.func.coalesce(_P.NUMCAR, 0) == 0, sa.func.coalesce(sa.func.length(_P.CODCOB), 0) == 0)
    query = _COM_ORDEM.where(_CANCELAMENTO_PERDIDO, _P.POSICAO == "L", nao_assumido, _R.NUMPED == numped)
    return connection.execute(query).first() is not None


def passadas_da_idade(
    connection: sa.Connection, agora: dt.datetime, resgatadas_ate: dt.datetime, filiais: Collection[str] | None
) -> Iterator[Linha]:
    """AUTORIZADA past due and not swept, and RESGATADA untouched since ``resgatadas_ate``. Times are UTC."""
    vencida = sa.and_(_R.ESTADO == Estado.AUTORIZADA.value, _R.DTEXPIRA <= agora)
    velha = sa.and_(_R.ESTADO == Estado.RESGATADA.value, _R.DTALTERACAO <= resgatadas_ate)
    # What somebody in WinThor has taken over is left by the sweep too.
    return _ler(connection, _COM_ORDEM.where(sa.or_(vencida, velha), ESTADO_EFETIVO == _R.ESTADO), filiais)


def operacoes_pendentes(
    connection: sa.Connection, agora: dt.datetime, filiais: Collection[str] | None
) -> Iterator[Linha]:
    """Operations still P past their deadline."""
    o = GW_OPERACAO.c
    query = sa.select(o.ID, o.CODFILIAL, o.NUMERO, o.IDRETAGUARDA, o.CALLER, o.DTINICIO).where(
        o.ESTADO == "P", o.DTLIMITE < agora
    )
    if filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filiais)))
    for row in connection.execute(query.order_by(o.ID)):
        yield dict(row._mapping)


# Counters that subtract from what may be sold (R4).
SUBTRAEM = (PCEST.c.QTRESERV, PCEST.c.QTBLOQUEADA, PCEST.c.QTPENDENTE, PCEST.c.QTINDUSTRIA)


class Negativo(NamedTuple):
    """A stock row with counters below zero: column -> value, units; ``custo`` in R$ per base unit."""

    filial: str
    codprod: int
    colunas: Mapping[str, Decimal]
    custo: Decimal


def contadores_negativos(
    connection: sa.Connection, filiais: Collection[str] | None, limite: int | None = None
) -> Iterator[Negativo]:
    """The stock rows with a counter below zero, which counts as zero (R4)."""
    query = (
        sa.select(PCEST.c.CODFILIAL, PCEST.c.CODPROD, PCEST.c.CUSTOREAL, *SUBTRAEM)
        .where(sa.or_(*[coluna < 0 for coluna in SUBTRAEM]))
        .order_by(PCEST.c.CODFILIAL, PCEST.c.CODPROD)
        .limit(limite)
    )
    if filiais is not None:
        query = query.where(any_of(PCEST.c.CODFILIAL, sorted(filiais)))
    for filial, codprod, custo, *valores in connection.execute(query):
        negativos = {
            str(coluna.name): valor for coluna, valor in zip(SUBTRAEM, valores, strict=True) if (valor or ZERO) < 0
        }
        yield Negativo(filial, codprod, negativos, custo or ZERO)


def custos(connection: sa.Connection, chave: Chave) -> Decimal | None:
    """PCEST.CUSTOREAL of a stock row, R$ per base unit."""
    query = sa.select(PCEST.c.CUSTOREAL).where(PCEST.c.CODFILIAL == chave[0], PCEST.c.CODPROD == chave[1])
    custo: Decimal | None = connection.execute(query).scalar()
    return custo
