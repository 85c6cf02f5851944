"""What reservations hold and what became of them, row by row, for the figures of money and time (R31). No lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.pre_venda import Situacao
from app.domain.retencao import RegraDeRetencao
from app.domain.vida import REGISTRADOS_VIVOS, VIVOS, Estado
from app.winthor.consultas.estados import ESTADO_EFETIVO, ESTADO_REGISTRADO
from app.winthor.consultas.lista_de_operacoes import primeiro_id
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_OPERACAO, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC, PCPEDI
from app.winthor.retencao import linha_retida, unidades

LOTE = 500


@dataclass(frozen=True, slots=True)
class VivaLida:
    """A live reservation, by the state that counts. Times are UTC without zone; ``unidades``: what its order and the
    deliveries of that hold, in base units."""

    filial: str
    estado: Estado
    codusur: int | None
    caller: str | None
    unidades: Decimal
    valor: Decimal
    desde: dt.datetime
    expira: dt.datetime | None


@dataclass(frozen=True, slots=True)
class MembroLido:
    """A reservation of a chain that began since an instant. Times are UTC without zone; ``alterada``: when it was last
    changed, which is when it ended for one that has; ``lock_ttl_s`` and ``pagamento``: what the chain asked for."""

    numped: int
    filial: str
    registrado: Estado
    estado: Estado
    anterior: int | None
    seguinte: int | None
    criada: dt.datetime
    inicio: dt.datetime
    alterada: dt.datetime
    expira: dt.datetime | None
    lock_ttl_s: int | None
    pagamento: dt.date | None
    valor: Decimal


_R, _P = GW_RESERVA.c, PCPEDC.c
_VIVA, _SUA = GW_RESERVA.alias("VIVA"), GW_ENTREGA.alias("SUA")
_INICIO = sa.func.coalesce(_R.DTCADEIA, _R.DTCRIACAO, type_=_R.DTCRIACAO.type)
_REGISTRADOS_VIVOS = sorted(estado.value for estado in REGISTRADOS_VIVOS)


def unidades_retidas(connection: sa.Connection, regra: RegraDeRetencao) -> dict[int, Decimal]:
    """Base units that the order of each live reservation, with its deliveries, holds; what is read grows with them."""
    registrada_viva = _VIVA.c.ESTADO.in_(_REGISTRADOS_VIVOS)
    das_vivas = sa.select(_VIVA.c.NUMPED).where(registrada_viva)
    das_entregas = (
        sa.select(_SUA.c.NUMPED_TV8)
        .select_from(_SUA.join(_VIVA, _VIVA.c.NUMPED == _SUA.c.NUMPED_TV7))
        .where(registrada_viva)
    )
    # One list: a planner may begin with it.
    onde = sa.and_(PCPEDI.c.NUMPED.in_(sa.union_all(das_vivas, das_entregas)), linha_retida(regra))
    partes = sa.union_all(*unidades(onde, regra)).subquery("PARTES")
    da_venda = GW_ENTREGA.alias("DA_VENDA")
    da = sa.func.coalesce(da_venda.c.NUMPED_TV7, partes.c.NUMPED)
    somadas = (
        sa.select(da.label("NUMPED"), sa.func.sum(partes.c.QT, type_=PCPEDI.c.QT.type).label("QT"))
        .select_from(partes.outerjoin(da_venda, da_venda.c.NUMPED_TV8 == partes.c.NUMPED))
        .group_by(da)
    )
    return {int(row.NUMPED): row.QT for row in connection.execute(somadas)}


def vivas(
    connection: sa.Connection, filiais: Collection[str] | None, retidas: Mapping[int, Decimal]
) -> Iterator[VivaLida]:
    """Live reservations with the units that they hold, one at a time. Units and orders are put together here: a planner
    that guesses either to be few would compare each with each."""
    query = (
        sa.select(
            _R.NUMPED,
            _R.CODFILIAL,
            ESTADO_EFETIVO.label("ESTADO"),
            _P.CODUSUR,
            _R.CALLER,
            _P.VLTOTAL,
            _INICIO.label("INICIO"),
            _R.DTEXPIRA,
        )
        .select_from(GW_RESERVA.join(PCPEDC, _P.NUMPED == _R.NUMPED))
        .where(_R.ESTADO.in_(_REGISTRADOS_VIVOS), ESTADO_EFETIVO.in_(sorted(estado.value for estado in VIVOS)))
    )
    if filiais is not None:
        query = query.where(any_of(_R.CODFILIAL, sorted(filiais)))
    for row in connection.execution_options(yield_per=LOTE).execute(query):
        yield VivaLida(
            filial=row.CODFILIAL,
            estado=Estado(row.ESTADO),
            codusur=row.CODUSUR,
            caller=row.CALLER,
            unidades=retidas.get(row.NUMPED, ZERO),
            valor=row.VLTOTAL or ZERO,
            desde=row.INICIO,
            expira=row.DTEXPIRA,
        )


def membros(
    connection: sa.Connection,
    filiais: Collection[str] | None,
    desde: dt.datetime,
    ate: dt.datetime | None = None,
) -> Iterator[MembroLido]:
    """The members of every chain that began in a span (UTC without zone), older before newer, one at a time."""
    query = (
        sa.select(
            _R.NUMPED,
            _R.CODFILIAL,
            ESTADO_REGISTRADO.label("REGISTRADO"),
            ESTADO_EFETIVO.label("ESTADO"),
            _R.NUMPED_ANTERIOR,
            _R.NUMPED_SEGUINTE,
            _R.DTCRIACAO,
            _INICIO.label("INICIO"),
            _R.DTALTERACAO,
            _R.DTEXPIRA,
            _R.LOCKTTL_S,
            _R.DTPAGAMENTO,
            _P.VLTOTAL,
        )
        .select_from(GW_RESERVA.outerjoin(PCPEDC, _P.NUMPED == _R.NUMPED))
        .where(_R.DTCRIACAO >= desde, _INICIO >= desde)
        .order_by(_R.DTCRIACAO, _R.NUMPED)
    )
    if ate is not None:
        query = query.where(_INICIO < ate)
    if filiais is not None:
        query = query.where(any_of(_R.CODFILIAL, sorted(filiais)))
    for row in connection.execution_options(yield_per=LOTE).execute(query):
        yield MembroLido(
            numped=row.NUMPED,
            filial=row.CODFILIAL,
            registrado=Estado(row.REGISTRADO),
            estado=Estado(row.ESTADO),
            anterior=row.NUMPED_ANTERIOR,
            seguinte=row.NUMPED_SEGUINTE,
            criada=row.DTCRIACAO,
            inicio=row.INICIO,
            alterada=row.DTALTERACAO,
            expira=row.DTEXPIRA,
            lock_ttl_s=row.LOCKTTL_S,
            pagamento=None if row.DTPAGAMENTO is None else row.DTPAGAMENTO.date(),
            valor=row.VLTOTAL or ZERO,
        )


def fatos_do_pdv(connection: sa.Connection, situacao: Situacao, desde: dt.datetime) -> dict[int, dt.datetime]:
    """When each order was first paid, or rescued, by an operation that began since an instant; UTC without zone."""
    o = GW_OPERACAO.c
    query = (
        sa.select(o.NUMPED, sa.func.min(o.DTFIM, type_=o.DTFIM.type).label("QUANDO"))
        .where(o.ID >= primeiro_id(desde), o.SITUACAO == int(situacao), o.ESTADO == "A", o.NUMPED.is_not(None))
        .group_by(o.NUMPED)
    )
    return {row.NUMPED: row.QUANDO for row in connection.execute(query)}


def passam_de(connection: sa.Connection, desde: dt.datetime, limite: int) -> bool:
    """Whether more reservations than ``limite`` are live, or were made since an instant (UTC without zone)."""
    for onde in (_R.ESTADO.in_(_REGISTRADOS_VIVOS), _R.DTCRIACAO >= desde):
        algumas = sa.select(_R.NUMPED).where(onde).limit(limite + 1).subquery()
        if connection.execute(sa.select(sa.func.count()).select_from(algumas)).scalar_one() > limite:
            return True
    return False
