"""The queries of the reconciliation: what QTRESERV counts against what the orders say (R19). Nothing is written.

The database sums and compares; what comes over are the differences, one at a time. Each question is one statement,
however many orders there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.itens import TIPOS_DE_KIT
from app.domain.retencao import A_ENTREGAR, ENTREGA_FUTURA, SIMPLES_ENTREGA, VENDA_NORMAL, RegraDeRetencao
from app.domain.vida import Estado, NoWinThor
from app.winthor.consultas.estados import COM_ENTREGA_VIVA, ESTADO_EFETIVO
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_OPERACAO, GW_RESERVA
from app.winthor.esquema.tables import PCEST, PCESTANALITICOVENDA, PCPEDC, PCPEDI, PCPRODUT
from app.winthor.retencao import (
    DA_RESERVA_DA_VENDA,
    DIVIDIDO,
    NAO_CORTADA,
    NO_ESTOQUE,
    VENDA,
    linha_retida,
    pode_reter,
    unidades,
    unidades_vivas,
)
from app.winthor.separacao import CARIMBADO, SEPARADO

_QT = PCPEDI.c.QT.type
_R, _P, _I, _E = GW_RESERVA.c, PCPEDC.c, PCPEDI.c, PCEST.c
_REGISTRADAS_VIVAS = [Estado.AUTORIZADA.value, Estado.CONFIRMADA.value, Estado.RESGATADA.value]
_REGISTRADAS_MORTAS = [Estado.CANCELADA.value, Estado.EXPIRADA.value, Estado.SUBSTITUIDA.value]
_FATURADA = sa.func.coalesce(_P.NUMTRANSVENDA, 0) != 0
_ENCERRADA = sa.or_(_P.POSICAO.in_(["F", "C"]), _FATURADA)
# Orders of other services that ended are looked at by their day; those born here whatever their age.
LOTE = 500
CANDIDATAS_POR_CONTADOR = 50
AFETADAS_POR_CONTADOR = 10


# --- counters

# Counters that subtract from what may be sold (R4).
SUBTRAEM = (_E.QTRESERV, _E.QTBLOQUEADA, _E.QTPENDENTE, _E.QTINDUSTRIA)


@dataclass(frozen=True, slots=True)
class ContadorDoEstoque:
    """A stock row that is not as it should be. ``esperado``: what the live orders say of QTRESERV (``reservado``);
    ``fisico``: QTESTGER; ``falta``: what the orders hold and the branch does not have; ``negativos``: counters below
    zero, column -> value; base units, NULL is 0. ``custo``: R$."""

    filial: str
    codprod: int
    esperado: Decimal
    reservado: Decimal
    fisico: Decimal
    bloqueado: Decimal
    falta: Decimal
    custo: Decimal
    negativos: Mapping[str, Decimal]

    @property
    def chave(self) -> Chave:
        return self.filial, self.codprod


def contadores(
    connection: sa.Connection,
    regra: RegraDeRetencao,
    filiais: Collection[str] | None,
    *,
    produtos: Collection[int] | None = None,
) -> Iterator[ContadorDoEstoque]:
    """The stock rows whose QTRESERV is not what the orders say, which have less than these hold, or a counter below
    zero. ``produtos``: only their rows are summed, None = all."""
    comparados = _comparados(regra, filiais, produtos).subquery()
    c = comparados.c
    query = sa.select(comparados, _falta(c).label("FALTA")).where(
        sa.or_(c.ESPERADO != c.QTRESERV, _falta(c) > 0, *[c[coluna.name] < 0 for coluna in SUBTRAEM])
    )
    for row in _aos_poucos(connection, query.order_by(c.FILIAL, c.CODPROD)):
        valores = {str(coluna.name): row._mapping[coluna.name] for coluna in SUBTRAEM}
        yield ContadorDoEstoque(
            filial=row.FILIAL,
            codprod=row.CODPROD,
            esperado=row.ESPERADO,
            reservado=row.QTRESERV,
            fisico=row.QTESTGER,
            bloqueado=row.QTBLOQUEADA,
            falta=row.FALTA,
            custo=row.CUSTOREAL,
            negativos={nome: valor for nome, valor in valores.items() if valor < 0},
        )


_SOMADAS = (_E.QTRESERV, _E.QTESTGER, _E.QTBLOQUEADA, _E.QTPENDENTE, _E.QTINDUSTRIA, _E.CUSTOREAL)


def _comparados(
    regra: RegraDeRetencao, filiais: Collection[str] | None, produtos: Collection[int] | None
) -> sa.Select[Any]:
    """(FILIAL, CODPROD, ESPERADO and the columns of PCEST) of every stock row, and of those that only orders name."""
    vivas = unidades_vivas(regra).subquery()
    zero = sa.literal_column("0", _QT)
    dos_pedidos = sa.select(
        vivas.c.FILIAL, vivas.c.CODPROD, vivas.c.QT.label("ESPERADO"), *[zero.label(str(c.name)) for c in _SOMADAS]
    )
    do_estoque = sa.select(_E.CODFILIAL, _E.CODPROD, zero, *[sa.func.coalesce(c, 0) for c in _SOMADAS])
    if produtos is not None:
        # In each half, so that nothing else is summed before it is thrown away.
        dos_pedidos = dos_pedidos.where(any_of(vivas.c.CODPROD, sorted(produtos)))
        do_estoque = do_estoque.where(any_of(_E.CODPROD, sorted(produtos)))
    if filiais is not None:
        dos_pedidos = dos_pedidos.where(any_of(vivas.c.FILIAL, sorted(filiais)))
        do_estoque = do_estoque.where(any_of(_E.CODFILIAL, sorted(filiais)))
    lados = sa.union_all(dos_pedidos, do_estoque).subquery()
    somas = [
        sa.func.round(sa.func.sum(lados.c[nome]), 6, type_=_QT).label(nome)
        for nome in ("ESPERADO", *[str(coluna.name) for coluna in _SOMADAS])
    ]
    return sa.select(lados.c.FILIAL, lados.c.CODPROD, *somas).group_by(lados.c.FILIAL, lados.c.CODPROD)


def _falta(c: Any) -> sa.ColumnElement[Any]:
    """Units that the live orders hold beyond what is there and not blocked; of a kit, which is put together when it is
    invoiced, none."""
    bloqueada = sa.case((c.QTBLOQUEADA > 0, c.QTBLOQUEADA), else_=0)
    kit = sa.exists(
        sa.select(sa.literal_column("1")).where(
            PCPRODUT.c.CODPROD == c.CODPROD, PCPRODUT.c.TIPOMERC.in_(sorted(TIPOS_DE_KIT))
        )
    )
    sem_falta = sa.or_(c.ESPERADO <= 0, c.ESPERADO <= c.QTESTGER - bloqueada, kit)
    return sa.type_coerce(sa.case((sem_falta, 0), else_=c.ESPERADO - c.QTESTGER + bloqueada), _QT)


def passam_de(connection: sa.Connection, limite: int) -> bool:
    """Whether more orders than ``limite`` hold stock now."""
    alguns = sa.select(_P.NUMPED).where(NO_ESTOQUE).limit(limite + 1).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(alguns)).scalar_one()) > limite


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
    reservado = sa.func.coalesce(_E.QTRESERV, 0)
    query = (
        sa.select(_E.CODFILIAL, _E.CODPROD, _E.QTRESERV)
        .where(any_of(_E.CODFILIAL, sorted(filiais)), reservado != 0)
        .order_by(reservado.desc(), _E.CODFILIAL, _E.CODPROD)
        .limit(limite)
    )
    rows = connection.execute(query).all()
    pelos_pedidos = esperado(connection, [(row.CODFILIAL, row.CODPROD) for row in rows], regra) if rows else {}
    return [
        Amostrada(row.CODFILIAL, row.CODPROD, row.QTRESERV, pelos_pedidos.get((row.CODFILIAL, row.CODPROD), ZERO))
        for row in rows
    ]


class Negativo(NamedTuple):
    """A stock row with counters below zero: column -> value, units."""

    filial: str
    codprod: int
    colunas: Mapping[str, Decimal]


def contadores_negativos(connection: sa.Connection, filiais: Collection[str], limite: int) -> Iterator[Negativo]:
    """The first stock rows with a counter below zero, which counts as zero (R4)."""
    query = (
        sa.select(_E.CODFILIAL, _E.CODPROD, *SUBTRAEM)
        .where(sa.or_(*[coluna < 0 for coluna in SUBTRAEM]), any_of(_E.CODFILIAL, sorted(filiais)))
        .order_by(_E.CODFILIAL, _E.CODPROD)
        .limit(limite)
    )
    for filial, codprod, *valores in connection.execute(query):
        negativos = {
            str(coluna.name): valor for coluna, valor in zip(SUBTRAEM, valores, strict=True) if (valor or ZERO) < 0
        }
        yield Negativo(filial, codprod, negativos)


# --- who may be counted still


@dataclass(frozen=True, slots=True)
class Candidata:
    """An ended order that a counter which holds too much may count still: ``quantidade`` units of the stock row, at
    ``preco``. ``nascida_aqui``: it, or the sale that it delivers, has a GW_ row that is recorded as live; ``certa``:
    WinThor's own list of what is reserved names it; ``separada``: in a load, or stamped; ``entrega_de``: the future
    sale that it delivers."""

    filial: str
    codprod: int
    numped: int
    filial_do_pedido: str
    numero: str | None
    origem: str | None
    origemped: str | None
    entrega_de: int | None
    faturada: bool
    separada: bool
    fim: dt.datetime | None
    alterada: dt.datetime | None
    caller: str | None
    nascida_aqui: bool
    certa: bool
    quantidade: Decimal
    preco: Decimal

    @property
    def chave(self) -> Chave:
        return self.filial, self.codprod


_DO_CANDIDATO = (
    _P.NUMPED,
    _P.CODFILIAL,
    _P.NUMPEDHUBE,
    _P.ORIGEMINTEGRACAO,
    _P.ORIGEMPED,
    _P.NUMPEDENTFUT,
    sa.case((sa.or_(_P.POSICAO == "F", _FATURADA), 1), else_=0).label("FATURADA"),
    SEPARADO.label("SEPARADA"),
    sa.case((sa.or_(_P.POSICAO == "F", _FATURADA), _P.DTFAT), else_=_P.DTCANCEL).label("FIM"),
    _R.DTALTERACAO,
    _R.CALLER,
    sa.case((_R.NUMPED.is_(None), 0), else_=1).label("NASCIDA_AQUI"),
)


def candidatas(
    connection: sa.Connection,
    regra: RegraDeRetencao,
    filiais: Collection[str] | None,
    desde: dt.datetime,
    *,
    produtos: Collection[int] | None = None,
) -> Iterator[Candidata]:
    """The ended orders of the products of every counter that holds too much: those born here that the gateway still
    has as live, and of the others those with DATA since ``desde``; by counter, those born here first, then the newest.
    """
    excessos = _excessos(regra, filiais, produtos)
    daqui = sa.and_(_ENCERRADA, _R.ESTADO.in_(_REGISTRADAS_VIVAS))
    de_fora = sa.and_(_ENCERRADA, _R.NUMPED.is_(None), _P.DATA >= desde)
    partes = sa.union_all(
        *[
            parte
            for onde in (daqui, de_fora)
            for parte in unidades(_foi_retida(regra, onde), regra, com_preco=True, da_reserva=True)
        ]
    ).subquery()
    if produtos is not None:
        # In each part, so that the lines of other products are not read.
        partes = sa.select(partes).where(any_of(partes.c.CODPROD, sorted(produtos))).subquery()
    soma = sa.func.sum(partes.c.QT, type_=_QT)
    por_pedido = (
        sa.select(partes.c.NUMPED, partes.c.FILIAL, partes.c.CODPROD, soma.label("QT"), _maximo(partes.c.PVENDA))
        .select_from(
            partes.join(excessos, sa.and_(excessos.c.FILIAL == partes.c.FILIAL, excessos.c.CODPROD == partes.c.CODPROD))
        )
        .group_by(partes.c.NUMPED, partes.c.FILIAL, partes.c.CODPROD)
        .subquery()
    )
    yield from _ordenadas(connection, por_pedido, certa=False)


def analiticas(
    connection: sa.Connection,
    regra: RegraDeRetencao,
    filiais: Collection[str] | None,
    *,
    produtos: Collection[int] | None = None,
) -> tuple[list[Candidata], set[Chave]]:
    """The ended orders that PCESTANALITICOVENDA names as reserved in a counter that holds too much, and the counters
    for which it is filled at all."""
    excessos = _excessos(regra, filiais, produtos)
    a = PCESTANALITICOVENDA.c
    do_contador = sa.and_(excessos.c.FILIAL == a.CODFILIALESTOQUE, excessos.c.CODPROD == a.CODPROD)
    preco = (
        sa.select(sa.func.max(_I.PVENDA))
        .where(_I.NUMPED == a.NUMPED, _I.CODPROD == a.CODPROD)
        .correlate(PCESTANALITICOVENDA)
        .scalar_subquery()
    )
    por_pedido = (
        sa.select(
            a.NUMPED,
            a.CODFILIALESTOQUE.label("FILIAL"),
            a.CODPROD.label("CODPROD"),
            sa.func.sum(a.QT, type_=_QT).label("QT"),
            _maximo(preco),
        )
        .select_from(PCESTANALITICOVENDA.join(excessos, do_contador))
        .where(a.POSICAOEST == "R")
        .group_by(a.NUMPED, a.CODFILIALESTOQUE, a.CODPROD)
        .subquery()
    )
    preenchidas = {
        (row.FILIAL, row.CODPROD)
        for row in connection.execute(sa.select(por_pedido.c.FILIAL, por_pedido.c.CODPROD).distinct())
    }
    return list(_ordenadas(connection, por_pedido, certa=True)) if preenchidas else [], preenchidas


def _maximo(valor: sa.ColumnElement[Any]) -> sa.Label[Any]:
    return sa.func.coalesce(sa.func.max(valor), 0, type_=_I.PVENDA.type).label("PVENDA")


def _excessos(regra: RegraDeRetencao, filiais: Collection[str] | None, produtos: Collection[int] | None) -> sa.Subquery:
    """The stock rows whose counter holds more than the orders say."""
    comparados = _comparados(regra, filiais, produtos).subquery()
    c = comparados.c
    return sa.select(c.FILIAL, c.CODPROD).where(c.QTRESERV > c.ESPERADO, c.QTRESERV > 0).subquery()


def _foi_retida(regra: RegraDeRetencao, encerrada: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether a line of an ended order was counted while it lived; all lines of a cancelled one are in position C."""
    nao_cortada = sa.or_(sa.func.coalesce(_I.POSICAO, "L") != "C", _P.POSICAO == "C")
    return sa.and_(encerrada, nao_cortada, pode_reter(regra))


def _ordenadas(connection: sa.Connection, por_pedido: sa.Subquery, *, certa: bool) -> Iterator[Candidata]:
    q = por_pedido.c
    fim = sa.func.coalesce(_P.DTFAT, _P.DTCANCEL, _P.DATA)
    ordem = sa.func.row_number().over(
        partition_by=[q.FILIAL, q.CODPROD],
        order_by=[sa.case((_R.NUMPED.is_(None), 1), else_=0), fim.desc(), _P.NUMPED.desc()],
    )
    todas = (
        sa.select(*_DO_CANDIDATO, q.FILIAL, q.CODPROD, q.QT, q.PVENDA, ordem.label("ORDEM"))
        .select_from(
            por_pedido.join(PCPEDC, _P.NUMPED == q.NUMPED)
            .outerjoin(VENDA, VENDA.c.NUMPED_TV8 == _P.NUMPED)
            .outerjoin(GW_RESERVA, DA_RESERVA_DA_VENDA)
        )
        .where(_ENCERRADA)
        .subquery()
    )
    query = sa.select(todas).where(todas.c.ORDEM <= CANDIDATAS_POR_CONTADOR)
    for row in _aos_poucos(connection, query.order_by(todas.c.FILIAL, todas.c.CODPROD, todas.c.ORDEM)):
        yield Candidata(
            filial=row.FILIAL,
            codprod=row.CODPROD,
            numped=row.NUMPED,
            filial_do_pedido=row.CODFILIAL,
            numero=row.NUMPEDHUBE,
            origem=row.ORIGEMINTEGRACAO,
            origemped=row.ORIGEMPED,
            entrega_de=row.NUMPEDENTFUT or None,
            faturada=bool(row.FATURADA),
            separada=bool(row.SEPARADA),
            fim=row.FIM,
            alterada=row.DTALTERACAO,
            caller=row.CALLER,
            nascida_aqui=bool(row.NASCIDA_AQUI),
            certa=certa,
            quantidade=row.QT,
            preco=row.PVENDA,
        )


def filiais_que_carimbam(
    connection: sa.Connection, faturadas_desde: dt.datetime, com_data_desde: dt.datetime, minima: Decimal
) -> frozenset[str]:
    """The branches in which at least the share ``minima`` of the orders invoiced since a day bear a stamp of
    separation (R24). Only orders with DATA since the other day are looked at, so that an index finds them."""
    query = (
        sa.select(_P.CODFILIAL, sa.func.count().label("TODAS"), sa.func.sum(CARIMBADO).label("CARIMBADAS"))
        .where(_P.DATA >= com_data_desde, _P.DTFAT >= faturadas_desde, sa.or_(_P.POSICAO == "F", _FATURADA))
        .group_by(_P.CODFILIAL)
    )
    return frozenset(row.CODFILIAL for row in connection.execute(query) if row.CARIMBADAS >= minima * row.TODAS)


@dataclass(frozen=True, slots=True)
class Afetada:
    """A live order that holds units of a stock row, with what it holds."""

    filial: str
    codprod: int
    numped: int
    numero: str | None
    quantidade: Decimal


def afetadas(connection: sa.Connection, regra: RegraDeRetencao, filiais: Collection[str] | None) -> Iterator[Afetada]:
    """The orders that hold units of the stock rows with less than is held, the newest ten of each row."""
    comparados = _comparados(regra, filiais, None).subquery()
    c = comparados.c
    faltam = sa.select(c.FILIAL, c.CODPROD).where(_falta(c) > 0).subquery()
    vivas = unidades_vivas(regra).subquery()
    ordem = sa.func.row_number().over(partition_by=[vivas.c.FILIAL, vivas.c.CODPROD], order_by=vivas.c.NUMPED.desc())
    todas = (
        sa.select(
            vivas.c.FILIAL,
            vivas.c.CODPROD,
            vivas.c.NUMPED,
            sa.func.sum(vivas.c.QT, type_=_QT).label("QT"),
            ordem.label("ORDEM"),
        )
        .select_from(
            vivas.join(faltam, sa.and_(faltam.c.FILIAL == vivas.c.FILIAL, faltam.c.CODPROD == vivas.c.CODPROD))
        )
        .group_by(vivas.c.FILIAL, vivas.c.CODPROD, vivas.c.NUMPED)
        .subquery()
    )
    query = (
        sa.select(todas.c.FILIAL, todas.c.CODPROD, todas.c.NUMPED, todas.c.QT, _P.NUMPEDHUBE)
        .select_from(todas.join(PCPEDC, _P.NUMPED == todas.c.NUMPED))
        .where(todas.c.ORDEM <= AFETADAS_POR_CONTADOR)
        .order_by(todas.c.FILIAL, todas.c.CODPROD, todas.c.ORDEM)
    )
    for row in _aos_poucos(connection, query):
        yield Afetada(row.FILIAL, row.CODPROD, row.NUMPED, row.NUMPEDHUBE, row.QT)


# --- the gateway's rows against the orders


@dataclass(frozen=True, slots=True)
class ReservaConferida:
    """A reservation as it is recorded beside its order. Times of the gateway are UTC, those of WinThor by its clock;
    ``pedido``: where WinThor has the order; ``valor``: R$, None without an order."""

    numped: int
    filial: str
    numero: str
    estado: Estado
    expira: dt.datetime | None
    criada: dt.datetime
    alterada: dt.datetime
    seguinte: int | None
    modo_kit: str
    caller: str | None
    pedido: NoWinThor
    cancelada: dt.datetime | None
    valor: Decimal | None

    @property
    def tocada(self) -> bool:
        """Whether the gateway has changed it since it was made, or its order bears a cancellation."""
        return self.cancelada is not None or self.seguinte is not None or self.alterada > self.criada


_DA_RESERVA = (
    _R.NUMPED,
    _R.CODFILIAL,
    _R.NUMERO,
    _R.ESTADO,
    _R.DTEXPIRA,
    _R.DTCRIACAO,
    _R.DTALTERACAO,
    _R.NUMPED_SEGUINTE,
    _R.MODO_KIT,
    _R.CALLER,
    _P.POSICAO,
    _P.NUMTRANSVENDA,
    _P.CODCOB,
    _P.DTCANCEL,
    _P.VLTOTAL,
    SEPARADO.label("SEPARADO"),
)
_COM_ORDEM = sa.select(*_DA_RESERVA).select_from(GW_RESERVA.outerjoin(PCPEDC, _P.NUMPED == _R.NUMPED))


def _ler(
    connection: sa.Connection, query: sa.Select[Any], filiais: Collection[str] | None
) -> Iterator[ReservaConferida]:
    if filiais is not None:
        query = query.where(any_of(_R.CODFILIAL, sorted(filiais)))
    for row in _aos_poucos(connection, query.order_by(_R.NUMPED)):
        yield _conferida(row)


def _conferida(row: Any) -> ReservaConferida:
    return ReservaConferida(
        numped=row.NUMPED,
        filial=row.CODFILIAL,
        numero=row.NUMERO,
        estado=Estado(row.ESTADO),
        expira=row.DTEXPIRA,
        criada=row.DTCRIACAO,
        alterada=row.DTALTERACAO,
        seguinte=row.NUMPED_SEGUINTE,
        modo_kit=row.MODO_KIT,
        caller=row.CALLER,
        pedido=NoWinThor(row.POSICAO, bool(row.NUMTRANSVENDA), bool(row.SEPARADO), row.CODCOB),
        cancelada=row.DTCANCEL,
        valor=row.VLTOTAL,
    )


_MORTA_COM_PEDIDO_VIVO = sa.and_(
    _R.ESTADO.in_(_REGISTRADAS_MORTAS), _P.POSICAO.in_(["L", "M"]), sa.func.coalesce(_P.NUMTRANSVENDA, 0) == 0
)
_FIM_NO_WINTHOR = sa.and_(_R.ESTADO.in_(_REGISTRADAS_VIVAS), _ENCERRADA)


def encerradas_no_winthor(connection: sa.Connection, depois_de: int, limite: int) -> list[ReservaConferida]:
    """Reservations the gateway has as live whose order WinThor has invoiced or cancelled, by number."""
    # A future sale ends with its last delivery.
    sem_entrega = sa.case((COM_ENTREGA_VIVA, 1), else_=0) == 0
    query = _COM_ORDEM.where(_FIM_NO_WINTHOR, sem_entrega, _R.NUMPED > depois_de).order_by(_R.NUMPED).limit(limite)
    return [_conferida(row) for row in connection.execute(query)]


def sem_pedido(connection: sa.Connection, filiais: Collection[str] | None) -> Iterator[ReservaConferida]:
    """Reservations the gateway has as live without an order (a lost create)."""
    return _ler(connection, _COM_ORDEM.where(_R.ESTADO.in_(_REGISTRADAS_VIVAS), _P.NUMPED.is_(None)), filiais)


def mortas_com_pedido_vivo(connection: sa.Connection, filiais: Collection[str] | None) -> Iterator[ReservaConferida]:
    """Reservations the gateway has ended whose order still holds stock: lost, or set back by a person."""
    return _ler(connection, _COM_ORDEM.where(_MORTA_COM_PEDIDO_VIVO), filiais)


def find_morta_com_pedido_vivo(connection: sa.Connection, numped: int) -> ReservaConferida | None:
    """One of them; its order is locked already."""
    row = connection.execute(_COM_ORDEM.where(_MORTA_COM_PEDIDO_VIVO, _R.NUMPED == numped)).first()
    return None if row is None else _conferida(row)


def pagas_sem_retencao(
    connection: sa.Connection, regra: RegraDeRetencao, filiais: Collection[str] | None
) -> Iterator[ReservaConferida]:
    """Paid reservations whose order lives and holds nothing, but for a future sale that its deliveries stand for."""
    retem = sa.exists(
        sa.select(sa.literal_column("1"))
        .select_from(PCPEDI)
        .where(_I.NUMPED == _P.NUMPED, linha_retida(regra))
        .correlate(PCPEDC)
    )
    query = _COM_ORDEM.where(
        _R.ESTADO == Estado.CONFIRMADA.value, _P.NUMPED.is_not(None), sa.not_(_ENCERRADA), DIVIDIDO == 0, sa.not_(retem)
    )
    return _ler(connection, query, filiais)


def pagas_sem_dividir(connection: sa.Connection, filiais: Collection[str] | None) -> Iterator[ReservaConferida]:
    """Paid reservations whose live order is no future sale though it has lines to deliver (R23)."""
    a_entregar = sa.exists(
        sa.select(sa.literal_column("1"))
        .select_from(PCPEDI)
        .where(_I.NUMPED == _P.NUMPED, _I.TIPOENTREGA.in_(sorted(A_ENTREGAR)), NAO_CORTADA)
        .correlate(PCPEDC)
    )
    inteira = sa.func.coalesce(_P.CONDVENDA, VENDA_NORMAL).not_in([ENTREGA_FUTURA, SIMPLES_ENTREGA])
    query = _COM_ORDEM.where(
        _R.ESTADO == Estado.CONFIRMADA.value, _P.NUMPED.is_not(None), sa.not_(_ENCERRADA), inteira, a_entregar
    )
    return _ler(connection, query, filiais)


def passadas_da_idade(
    connection: sa.Connection, agora: dt.datetime, resgatadas_ate: dt.datetime, filiais: Collection[str] | None
) -> Iterator[ReservaConferida]:
    """AUTORIZADA past due, whether the sweep may end it or not, and RESGATADA untouched since ``resgatadas_ate`` which
    WinThor has not moved. Times are UTC."""
    viva = sa.and_(_P.NUMPED.is_not(None), sa.not_(_ENCERRADA))
    vencida = sa.and_(_R.ESTADO == Estado.AUTORIZADA.value, _R.DTEXPIRA <= agora, viva)
    velha = sa.and_(_R.ESTADO == Estado.RESGATADA.value, _R.DTALTERACAO <= resgatadas_ate, ESTADO_EFETIVO == _R.ESTADO)
    return _ler(connection, _COM_ORDEM.where(sa.or_(vencida, velha)), filiais)


@dataclass(frozen=True, slots=True)
class PedidoSemReserva:
    """A live order of the origin that the gateway has no row of."""

    numped: int
    filial: str
    numero: str | None
    posicao: str
    data: dt.datetime
    valor: Decimal | None


# By name, so that an index on POSICAO finds them: any other position is one that nobody has told the gateway of.
_VIVAS = ("L", "M", "B", "P")


def pedidos_sem_reserva(
    connection: sa.Connection, origem: str, filiais: Collection[str] | None
) -> Iterator[PedidoSemReserva]:
    """Live orders of the origin without a GW_ row, but for deliveries of a future sale (R21)."""
    query = (
        sa.select(_P.NUMPED, _P.CODFILIAL, _P.NUMPEDHUBE, _P.POSICAO, _P.DATA, _P.VLTOTAL)
        .select_from(PCPEDC.outerjoin(GW_RESERVA, _R.NUMPED == _P.NUMPED))
        .where(
            _P.POSICAO.in_(_VIVAS),
            _P.ORIGEMINTEGRACAO == origem,
            sa.func.coalesce(_P.NUMTRANSVENDA, 0) == 0,
            sa.func.coalesce(_P.NUMPEDENTFUT, 0) == 0,
            _R.NUMPED.is_(None),
        )
    )
    if filiais is not None:
        query = query.where(any_of(_P.CODFILIAL, sorted(filiais)))
    for row in _aos_poucos(connection, query.order_by(_P.NUMPED)):
        yield PedidoSemReserva(row.NUMPED, row.CODFILIAL, row.NUMPEDHUBE, row.POSICAO, row.DATA, row.VLTOTAL)


@dataclass(frozen=True, slots=True)
class OperacaoPendente:
    """An operation that is P past its deadline; ``inicio`` is UTC."""

    id: str
    filial: str | None
    numero: str | None
    id_retaguarda: int | None
    caller: str | None
    inicio: dt.datetime


def operacoes_pendentes(
    connection: sa.Connection, agora: dt.datetime, filiais: Collection[str] | None
) -> Iterator[OperacaoPendente]:
    """Operations still P past their deadline."""
    o = GW_OPERACAO.c
    query = sa.select(o.ID, o.CODFILIAL, o.NUMERO, o.IDRETAGUARDA, o.CALLER, o.DTINICIO).where(
        o.ESTADO == "P", o.DTLIMITE < agora
    )
    if filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filiais)))
    for row in connection.execute(query.order_by(o.ID)):
        yield OperacaoPendente(row.ID, row.CODFILIAL, row.NUMERO, row.IDRETAGUARDA, row.CALLER, row.DTINICIO)


def _aos_poucos(connection: sa.Connection, query: sa.Select[Any]) -> sa.CursorResult[Any]:
    return connection.execution_options(yield_per=LOTE).execute(query)
