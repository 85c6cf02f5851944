"""Orders of the integration as points of sale and the hub ask for them. Reading only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.vida import Estado
from app.winthor.consultas.estados import ESTADO_EFETIVO, ESTADO_REGISTRADO
from app.winthor.esquema.gateway_tables import GW_PRE_VENDA, GW_RESERVA
from app.winthor.esquema.tables import PCCLIENT, PCPEDC

_R, _P, _C = GW_RESERVA.c, PCPEDC.c, PCCLIENT.c

# What the POS is shown: of an order that is held back or taken over, what it was before (app.domain.vida.nome_no_pdv).
_MOSTRADO = sa.case(
    (ESTADO_EFETIVO.in_([Estado.BLOQUEADA.value, Estado.ASSUMIDA.value]), ESTADO_REGISTRADO), else_=ESTADO_EFETIVO
)
_POSICAO = sa.case((sa.and_(_P.POSICAO != "C", sa.func.coalesce(_P.NUMTRANSVENDA, 0) != 0), "F"), else_=_P.POSICAO)


@dataclass(frozen=True, slots=True)
class PedidoLido:
    """An order of the integration with its reservation and its customer. ``estado`` is the one that counts,
    ``registrado`` what the gateway has recorded; ``expira`` and ``criada``: UTC without zone, None without a GW_ row;
    ``data``, ``hora`` and ``minuto`` by the ERP's clock; amounts in R$."""

    numped: int
    filial: str
    numero: str | None
    posicao: str
    estado: Estado
    registrado: Estado
    expira: dt.datetime | None
    criada: dt.datetime | None
    anterior: int | None
    seguinte: int | None
    data: dt.datetime | None
    hora: int | None
    minuto: int | None
    vltotal: Decimal | None
    vltabela: Decimal | None
    numitens: int | None
    codcli: int
    codusur: int
    codemitente: int | None
    nome: str | None
    cgcent: str | None


@dataclass(frozen=True, slots=True)
class PosicaoLida:
    """The position of an order, with every date that tells when it changed: by the ERP's clock, ``alterada`` (of its
    reservation) in UTC without zone."""

    numped: int
    filial: str
    posicao: str
    data: dt.datetime | None
    hora: int | None
    minuto: int | None
    faturada: dt.datetime | None
    hora_da_fatura: int | None
    minuto_da_fatura: int | None
    cancelada: dt.datetime | None
    alterada: dt.datetime | None


# A delivery of a future sale is no pre-sale, whatever a site writes as its origin (R23).
_PRE_VENDA = sa.func.coalesce(_P.NUMPEDENTFUT, 0) == 0
# In the order of PedidoLido's fields.
_PEDIDO = sa.select(
    _P.NUMPED,
    _P.CODFILIAL,
    _P.NUMPEDHUBE,
    _P.POSICAO,
    ESTADO_EFETIVO.label("ESTADO"),
    ESTADO_REGISTRADO.label("REGISTRADO"),
    _R.DTEXPIRA,
    _R.DTCRIACAO,
    _R.NUMPED_ANTERIOR,
    _R.NUMPED_SEGUINTE,
    _P.DATA,
    _P.HORA,
    _P.MINUTO,
    _P.VLTOTAL,
    _P.VLTABELA,
    _P.NUMITENS,
    _P.CODCLI,
    _P.CODUSUR,
    _P.CODEMITENTE,
    _C.CLIENTE,
    _C.CGCENT,
).select_from(PCPEDC.outerjoin(GW_RESERVA, _R.NUMPED == _P.NUMPED).outerjoin(PCCLIENT, _C.CODCLI == _P.CODCLI))


@dataclass(frozen=True, slots=True)
class FiltroDePedidos:
    """Filters of the list; None = any. ``estados``: as the POS is shown them; ``dia_de`` and ``dia_ate``: days of the
    ERP; ``de`` and ``ate``: UTC."""

    filial: str
    origem: str
    estados: Collection[Estado] | None = None
    dia_de: dt.datetime | None = None
    dia_ate: dt.datetime | None = None
    de: dt.datetime | None = None
    ate: dt.datetime | None = None
    pular: int = 0
    limite: int = 50


def um(connection: sa.Connection, numped: int, origem: str) -> PedidoLido | None:
    """One order of the integration."""
    row = connection.execute(_PEDIDO.where(_P.NUMPED == numped, _P.ORIGEMINTEGRACAO == origem, _PRE_VENDA)).first()
    return None if row is None else _pedido(row)


def _pedido(row: Any) -> PedidoLido:
    numped, filial, numero, posicao, estado, registrado, *resto = row
    return PedidoLido(numped, filial, numero, posicao, Estado(estado), Estado(registrado), *resto)


def numero_atual(connection: sa.Connection, filial: str, numero: str, origem: str, *, nos_pedidos: bool) -> int | None:
    """The order that stands for a pre-sale now: the gateway's anchor, else, ``nos_pedidos``, the newest order that
    carries it. Without an index that finds it by its number that would read all orders of WinThor (R21)."""
    g = GW_PRE_VENDA.c
    ancora: int | None = connection.execute(
        sa.select(g.NUMPED).where(g.CODFILIAL == filial, g.NUMERO == numero)
    ).scalar()
    if ancora is not None or not nos_pedidos:
        return ancora
    query = (
        sa.select(_P.NUMPED)
        .where(_P.CODFILIAL == filial, _P.NUMPEDHUBE == numero, _P.ORIGEMINTEGRACAO == origem, _PRE_VENDA)
        .order_by(_P.DATA.desc(), _P.NUMPED.desc())
        .limit(1)
    )
    numped: int | None = connection.execute(query).scalar()
    return numped


def find_all(connection: sa.Connection, filtro: FiltroDePedidos) -> list[PedidoLido]:
    """Orders of a branch, newest first."""
    query = _PEDIDO.where(_P.CODFILIAL == filtro.filial, _P.ORIGEMINTEGRACAO == filtro.origem, _PRE_VENDA)
    if filtro.estados is not None:
        query = query.where(_MOSTRADO.in_(sorted(estado.value for estado in filtro.estados)))
    for dia, compara in ((filtro.dia_de, _P.DATA.__ge__), (filtro.dia_ate, _P.DATA.__le__)):
        if dia is not None:
            query = query.where(compara(dia))
    for instante, compara in ((filtro.de, _R.DTCRIACAO.__ge__), (filtro.ate, _R.DTCRIACAO.__le__)):
        if instante is not None:
            query = query.where(sa.or_(_R.DTCRIACAO.is_(None), compara(instante)))
    query = query.order_by(_P.DATA.desc(), _P.NUMPED.desc()).offset(filtro.pular).limit(filtro.limite)
    return [_pedido(row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class FiltroDeStatus:
    """Filters of the hub's list. ``desde`` by the ERP's clock, ``desde_utc`` the same instant; ``dia``: oldest DATA."""

    filial: str
    origem: str
    dia: dt.datetime
    posicoes: Collection[str] | None = None
    desde: dt.datetime | None = None
    desde_utc: dt.datetime | None = None
    sem_clientes_excluidos: bool = False
    pular: int = 0
    limite: int = 100


def find_status(connection: sa.Connection, filtro: FiltroDeStatus) -> list[PosicaoLida]:
    """Positions of a branch's orders by number, with every date that tells when they changed."""
    # In the order of PosicaoLida's fields.
    query = (
        sa.select(
            _P.NUMPED,
            _P.CODFILIAL,
            _POSICAO.label("POSICAO"),
            _P.DATA,
            _P.HORA,
            _P.MINUTO,
            _P.DTFAT,
            _P.HORAFAT,
            _P.MINUTOFAT,
            _P.DTCANCEL,
            _R.DTALTERACAO,
        )
        .select_from(PCPEDC.outerjoin(GW_RESERVA, _R.NUMPED == _P.NUMPED))
        .where(_P.CODFILIAL == filtro.filial, _P.ORIGEMINTEGRACAO == filtro.origem, _P.DATA >= filtro.dia, _PRE_VENDA)
    )
    if filtro.posicoes is not None:
        query = query.where(_POSICAO.in_(sorted(filtro.posicoes)))
    if filtro.desde is not None:
        query = query.where(_mudou(filtro.desde, filtro.desde_utc))
    if filtro.sem_clientes_excluidos:
        excluido = sa.exists(
            sa.select(sa.literal(1)).select_from(PCCLIENT).where(_C.CODCLI == _P.CODCLI, _C.DTEXCLUSAO.is_not(None))
        )
        query = query.where(~excluido)
    query = query.order_by(_P.NUMPED).offset(filtro.pular).limit(filtro.limite)
    return [PosicaoLida(*row) for row in connection.execute(query)]


def _mudou(desde: dt.datetime, desde_utc: dt.datetime | None) -> sa.ColumnElement[bool]:
    """Changed since then, or on that day at an hour nobody noted: more than asked rather than one too few.

    Nothing says when WinThor began to pick an order (M) or held it back (B, P), so those always come.
    """
    return sa.or_(
        _R.DTALTERACAO >= desde_utc,
        _P.POSICAO.not_in(["L", "F", "C"]),
        _desde(_P.DATA, _P.HORA, _P.MINUTO, desde),
        _desde(_P.DTFAT, _P.HORAFAT, _P.MINUTOFAT, desde),
        _P.DTCANCEL >= desde,
        _P.DTCANCEL == desde.replace(hour=0, minute=0, second=0, microsecond=0),
    )


def _desde(
    dia: sa.Column[Any], hora: sa.Column[Any], minuto: sa.Column[Any], desde: dt.datetime
) -> sa.ColumnElement[bool]:
    meia_noite = desde.replace(hour=0, minute=0, second=0, microsecond=0)
    minutos = sa.func.coalesce(hora, 23) * 60 + sa.func.coalesce(minuto, 59)
    return sa.or_(
        dia >= meia_noite + dt.timedelta(days=1),
        sa.and_(dia >= meia_noite, minutos >= desde.hour * 60 + desde.minute),
    )
