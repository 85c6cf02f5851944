"""Reading reservations for people: lists, holders of a product, lineage. No lock, no decision is taken on it."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.retencao import ENTREGA_FUTURA, RegraDeRetencao
from app.domain.vida import MORTOS, REGISTRADOS_VIVOS, VIVOS, Estado
from app.winthor.consultas.lista_de_operacoes import pedidos_com, tem_o_produto
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_PRE_VENDA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC, PCPEDI
from app.winthor.retencao import DA_RESERVA_DA_VENDA, VENDA, unidades_vivas
from app.winthor.separacao import separado


class OrdemDaLista(enum.Enum):
    """Orders of a list that an index has."""

    NUMERO = "number, from the highest"
    CRIACAO = "newest first"
    PRAZO = "those that time ends, the first to end first"


@dataclass(frozen=True, slots=True)
class FiltroDaLista:
    """None = any. Times are UTC without zone; ``filiais``: the caller's branches, None = all."""

    filiais: Collection[str] | None
    estados: Collection[Estado]
    filial: str | None = None
    codprod: int | None = None
    numero: str | None = None
    caller: str | None = None
    vence_ate: dt.datetime | None = None
    criada_ate: dt.datetime | None = None
    codcli: Collection[int] | None = None
    depois_de: int | None = None
    ordem: OrdemDaLista = OrdemDaLista.NUMERO
    pular: int = 0
    limite: int = 50


@dataclass(frozen=True, slots=True)
class ReservaLida:
    """A reservation as a person is shown it. Times are UTC without zone; ``estado`` is the one that counts,
    ``registrado`` what the gateway has recorded. The members of an order that is gone are None."""

    numped: int
    filial: str
    numero: str
    estado: Estado
    registrado: Estado
    expira: dt.datetime | None
    anterior: int | None
    seguinte: int | None
    caller: str | None
    criada: dt.datetime
    alterada: dt.datetime
    posicao: str | None
    codcli: int | None
    codusur: int | None
    vltotal: Decimal | None
    numitens: int | None


@dataclass(frozen=True, slots=True)
class DetentorLido:
    """An order that counts in a QTRESERV, with its units. Those of WinThor's own orders that the gateway has no row of
    (``estado``, ``expira``, ``criada``, ``caller``) are None. ``entrega_de``: the future sale of a
    delivery (R23). Times are UTC without zone, ``data`` is by the ERP's clock."""

    numped: int
    filial: str
    numero: str | None
    origem: str | None
    posicao: str
    data: dt.datetime | None
    estado: Estado | None
    expira: dt.datetime | None
    criada: dt.datetime | None
    caller: str | None
    quantidade: Decimal
    entrega_de: int | None


@dataclass(frozen=True, slots=True)
class DetentoresLidos:
    """The first holders of a product by number; ``quantos`` there are in all, and the units that they hold together."""

    primeiros: Sequence[DetentorLido]
    quantos: int
    unidades: Decimal


@dataclass(frozen=True, slots=True)
class PrazosDasReservas:
    """How many reservations are AUTORIZADA, and of these past due or soon so."""

    vivas: int
    vencidas: int
    a_vencer: int


_R, _P = GW_RESERVA.c, PCPEDC.c

# The same correction as app.domain.vida.estado_efetivo, in SQL.
_MORTA = _R.ESTADO.in_([Estado.CANCELADA.value, Estado.EXPIRADA.value, Estado.SUBSTITUIDA.value])
_COM_COBRANCA = sa.func.length(_P.CODCOB) > 0  # an empty text is none
_PAGO_ANTES = sa.case((_COM_COBRANCA, Estado.CONFIRMADA.value), else_=Estado.AUTORIZADA.value)
ESTADO_REGISTRADO = sa.case(
    (_R.ESTADO.is_(None), _PAGO_ANTES), (_R.ESTADO == Estado.BAIXADA.value, Estado.CONFIRMADA.value), else_=_R.ESTADO
)
_ENTREGA = PCPEDC.alias("ENTREGA")


def _faturado(pedido: Any) -> sa.ColumnElement[bool]:
    return sa.or_(pedido.POSICAO == "F", sa.func.coalesce(pedido.NUMTRANSVENDA, 0) != 0)


def _vivo(pedido: Any) -> sa.ColumnElement[bool]:
    return sa.and_(pedido.POSICAO.not_in(["F", "C"]), sa.func.coalesce(pedido.NUMTRANSVENDA, 0) == 0)


def _em_separacao(pedido: Any) -> sa.ColumnElement[bool]:
    return sa.or_(pedido.POSICAO == "M", separado(pedido) == 1)


def _alguma_entrega(*condicoes: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether the order is a future sale with such a delivery; looked for only where it is one (R23)."""
    entregas = GW_ENTREGA.join(_ENTREGA, _ENTREGA.c.NUMPED == GW_ENTREGA.c.NUMPED_TV8)
    query = sa.select(sa.literal(1)).select_from(entregas).where(GW_ENTREGA.c.NUMPED_TV7 == _P.NUMPED, *condicoes)
    return sa.and_(_P.CONDVENDA == ENTREGA_FUTURA, sa.exists(query.correlate(PCPEDC)))


_DE_ENTREGA = _ENTREGA.c
COM_ENTREGA_VIVA = _alguma_entrega(_vivo(_DE_ENTREGA))
ESTADO_EFETIVO = sa.case(
    (_MORTA, _R.ESTADO),
    (
        sa.or_(sa.and_(_vivo(_P), _em_separacao(_P)), _alguma_entrega(_vivo(_DE_ENTREGA), _em_separacao(_DE_ENTREGA))),
        Estado.RECONHECIDA.value,
    ),
    (
        sa.or_(sa.and_(_vivo(_P), _P.POSICAO != "L"), _alguma_entrega(_vivo(_DE_ENTREGA), _DE_ENTREGA.POSICAO != "L")),
        Estado.BLOQUEADA.value,
    ),
    (
        sa.or_(_vivo(_P), COM_ENTREGA_VIVA),
        sa.case(
            (sa.and_(_COM_COBRANCA, ESTADO_REGISTRADO != Estado.CONFIRMADA.value), Estado.ASSUMIDA.value),
            else_=ESTADO_REGISTRADO,
        ),
    ),
    (sa.or_(_faturado(_P), _alguma_entrega(_faturado(_DE_ENTREGA))), Estado.BAIXADA.value),
    else_=Estado.CANCELADA.value,
)

# In the order of ReservaLida's fields.
_LISTA = sa.select(
    _R.NUMPED,
    _R.CODFILIAL,
    _R.NUMERO,
    ESTADO_EFETIVO.label("ESTADO"),
    ESTADO_REGISTRADO.label("REGISTRADO"),
    _R.DTEXPIRA,
    _R.NUMPED_ANTERIOR,
    _R.NUMPED_SEGUINTE,
    _R.CALLER,
    _R.DTCRIACAO,
    _R.DTALTERACAO,
    _P.POSICAO,
    _P.CODCLI,
    _P.CODUSUR,
    _P.VLTOTAL,
    _P.NUMITENS,
).select_from(GW_RESERVA.outerjoin(PCPEDC, _P.NUMPED == _R.NUMPED))


# What the gateway has recorded of a reservation in a state that only itself brings about.
_REGISTRADOS_COMO = {
    Estado.AUTORIZADA: (Estado.AUTORIZADA,),
    Estado.RESGATADA: (Estado.RESGATADA,),
    Estado.CONFIRMADA: (Estado.CONFIRMADA, Estado.BAIXADA),
}


def find_all(connection: sa.Connection, filtro: FiltroDaLista) -> list[ReservaLida]:
    """Reservations in an order, each with the state that counts.

    In the orders of time only as many of the newest, or of the first to end, are looked at as an index gives and a page
    may need; ten times as many, then all of them, where that turns out to be too few. The blocked ones, which are rare,
    are found by the position that WinThor has their orders in.
    """
    query = _na_ordem(_filtrada(filtro), GW_RESERVA, filtro)
    if filtro.pular:
        query = query.offset(filtro.pular)
    query = query.limit(filtro.limite)
    # What bounds the list otherwise: the few candidates need it not.
    destas_vivas = query if set(filtro.estados) - VIVOS else query.where(_R.NUMPED.in_(_talvez_vivas()))
    if set(filtro.estados) == {Estado.BLOQUEADA}:
        destas_vivas = query.where(_R.NUMPED.in_(_em_outra_posicao()))
    elif filtro.ordem is not OrdemDaLista.NUMERO and filtro.codprod is None and filtro.codcli is None:
        candidata = GW_RESERVA.alias("CANDIDATA")
        primeiras = _candidatas(filtro, candidata)
        for vezes in JANELAS:
            quantas = vezes * (filtro.pular + filtro.limite)
            candidatas = _na_ordem(primeiras, candidata, filtro).limit(quantas).subquery("CANDIDATAS")
            destas = query.where(_R.NUMPED.in_(sa.select(candidatas.c.NUMPED)))
            lidas = [_reserva(row) for row in connection.execute(destas)]
            if len(lidas) == filtro.limite:
                return lidas
            if connection.execute(sa.select(sa.func.count()).select_from(candidatas)).scalar_one() < quantas:
                return lidas
    return [_reserva(row) for row in connection.execute(destas_vivas)]


# So many times the rows of a page are looked at.
JANELAS = (2, 20)


def _candidatas(filtro: FiltroDaLista, candidata: sa.FromClause) -> sa.Select[Any]:
    """NUMPED of the reservations that may be in the states, by what GW_RESERVA alone can say."""
    primeiras = sa.select(candidata.c.NUMPED).where(*_da_reserva(filtro, candidata.c))
    if set(filtro.estados) <= set(_REGISTRADOS_COMO):
        registrados = {registrado.value for estado in filtro.estados for registrado in _REGISTRADOS_COMO[estado]}
        return primeiras.where(candidata.c.ESTADO.in_(sorted(registrados)))
    if not set(filtro.estados) & MORTOS:
        return primeiras.where(candidata.c.ESTADO.not_in(sorted(estado.value for estado in MORTOS)))
    return primeiras


def _em_outra_posicao() -> sa.CompoundSelect[Any]:
    """NUMPED of every order, or sale of a delivery, in a position that is none of the usual ones; as ranges, which an
    index has."""

    def outra(posicao: Any) -> sa.ColumnElement[bool]:
        usuais = ("C", "F", "L", "M")
        entre = [sa.and_(posicao > uma, posicao < seguinte) for uma, seguinte in pairwise(usuais)]
        return sa.or_(posicao < usuais[0], *entre, posicao > usuais[-1])

    pedidos, entregas = PCPEDC.alias("BLOQUEADO"), PCPEDC.alias("BLOQUEADA")
    dos_pedidos = sa.select(pedidos.c.NUMPED).where(outra(pedidos.c.POSICAO))
    das_entregas = (
        sa.select(GW_ENTREGA.c.NUMPED_TV7)
        .select_from(entregas.join(GW_ENTREGA, GW_ENTREGA.c.NUMPED_TV8 == entregas.c.NUMPED))
        .where(outra(entregas.c.POSICAO))
    )
    return sa.union_all(dos_pedidos, das_entregas)


def _filtrada(filtro: FiltroDaLista) -> sa.Select[Any]:
    query = _LISTA.where(
        ESTADO_EFETIVO.in_([estado.value for estado in filtro.estados]), *_da_reserva(filtro, GW_RESERVA.c)
    )
    so_vivas = not set(filtro.estados) - VIVOS
    if filtro.codprod is not None:
        # Of what lives each is asked; of all there ever were a list is made.
        tem = tem_o_produto(_R.NUMPED, filtro.codprod) if so_vivas else _R.NUMPED.in_(pedidos_com(filtro.codprod))
        query = query.where(tem)
    if filtro.codcli is not None:
        query = query.where(any_of(_P.CODCLI, sorted(filtro.codcli)))
    return query


def _talvez_vivas() -> sa.CompoundSelect[Any]:
    """NUMPED of every reservation that may be live: recorded so, or recorded as invoiced while its order or a delivery
    stands in a live position again. The state that counts is no column: for it alone all there ever were are read."""
    registrada, baixada, entrega = GW_RESERVA.alias("REGISTRADA"), GW_RESERVA.alias("REABERTA"), PCPEDC.alias("DELA")
    pedido = PCPEDC.alias("DELE")
    vivos = [estado.value for estado in REGISTRADOS_VIVOS]
    era_baixada = baixada.c.ESTADO == Estado.BAIXADA.value
    registradas = sa.select(registrada.c.NUMPED).where(registrada.c.ESTADO.in_(sorted(vivos)))
    reabertas = (
        sa.select(baixada.c.NUMPED)
        .select_from(pedido.join(baixada, baixada.c.NUMPED == pedido.c.NUMPED))
        .where(_aberta(pedido.c.POSICAO), era_baixada)
    )
    com_entrega = (
        sa.select(GW_ENTREGA.c.NUMPED_TV7)
        .select_from(entrega.join(GW_ENTREGA, GW_ENTREGA.c.NUMPED_TV8 == entrega.c.NUMPED))
        .where(_aberta(entrega.c.POSICAO))
    )
    return sa.union_all(registradas, reabertas, com_entrega)


def _aberta(posicao: Any) -> sa.ColumnElement[bool]:
    """Neither cancelled nor invoiced, as ranges: an index begins with POSICAO."""
    return sa.or_(posicao < "C", sa.and_(posicao > "C", posicao < "F"), posicao > "F")


def _da_reserva(filtro: FiltroDaLista, r: Any) -> list[sa.ColumnElement[bool]]:
    """The filters that GW_RESERVA alone can answer."""
    iguais = ((r.CODFILIAL, filtro.filial), (r.NUMERO, filtro.numero), (r.CALLER, filtro.caller))
    onde: list[sa.ColumnElement[bool]] = [coluna == valor for coluna, valor in iguais if valor is not None]
    if filtro.filiais is not None:
        onde.append(any_of(r.CODFILIAL, sorted(filtro.filiais)))
    if filtro.vence_ate is not None:
        onde.append(r.DTEXPIRA <= filtro.vence_ate)
    if filtro.criada_ate is not None:
        onde.append(r.DTCRIACAO <= filtro.criada_ate)
    if filtro.depois_de is not None:
        onde.append(r.NUMPED < filtro.depois_de)
    if filtro.ordem is OrdemDaLista.PRAZO:
        onde += [r.ESTADO == Estado.AUTORIZADA.value, r.DTEXPIRA.is_not(None)]
    return onde


def _na_ordem(query: sa.Select[Any], reserva: sa.FromClause, filtro: FiltroDaLista) -> sa.Select[Any]:
    r = reserva.c
    if filtro.ordem is OrdemDaLista.PRAZO:
        return query.order_by(r.DTEXPIRA, r.NUMPED)
    if filtro.ordem is OrdemDaLista.CRIACAO:
        return query.order_by(r.DTCRIACAO.desc(), r.NUMPED.desc())
    return query.order_by(r.NUMPED.desc())


def totais(connection: sa.Connection, numpeds: Collection[int]) -> dict[int, Decimal | None]:
    """PCPEDC.VLTOTAL of each order that exists."""
    if not numpeds:
        return {}
    rows = connection.execute(sa.select(_P.NUMPED, _P.VLTOTAL).where(any_of(_P.NUMPED, sorted(numpeds))))
    return {row.NUMPED: row.VLTOTAL for row in rows}


def uma(connection: sa.Connection, numped: int) -> ReservaLida | None:
    """One reservation."""
    row = connection.execute(_LISTA.where(_R.NUMPED == numped)).first()
    return None if row is None else _reserva(row)


def que_comecam(
    connection: sa.Connection, filiais: Collection[str] | None, inicio: str, limite: int
) -> list[tuple[str, str]]:
    """Branch and number of pre-sales whose number begins so, by the number."""
    ancora = GW_PRE_VENDA.c
    query = sa.select(ancora.CODFILIAL, ancora.NUMERO).where(ancora.NUMERO.startswith(inicio, autoescape=True))
    query = query.where(ancora.NUMERO >= inicio)
    if (fim := _depois_de_todos(inicio)) is not None:
        query = query.where(ancora.NUMERO < fim)
    if filiais is not None:
        query = query.where(any_of(ancora.CODFILIAL, sorted(filiais)))
    rows = connection.execute(query.order_by(ancora.NUMERO, ancora.CODFILIAL).limit(limite))
    return [(row.CODFILIAL, row.NUMERO) for row in rows]


def _depois_de_todos(inicio: str) -> str | None:
    """A text after every one that begins so, in the order of bytes and in that of a language; None without one."""
    curto = inicio
    while curto and (not (curto[-1].isascii() and curto[-1].isalnum()) or curto[-1] in {"z", "Z", "9"}):
        curto = curto[:-1]
    return curto[:-1] + chr(ord(curto[-1]) + 1) if curto else None


def da_pre_venda(connection: sa.Connection, filial: str, numero: str) -> list[ReservaLida]:
    """Every reservation a pre-sale has had, oldest first."""
    query = _LISTA.where(_R.CODFILIAL == filial, _R.NUMERO == numero).order_by(_R.DTCRIACAO, _R.NUMPED)
    return [_reserva(row) for row in connection.execute(query)]


def _reserva(row: Any) -> ReservaLida:
    numped, filial, numero, estado, registrado, *resto = row
    return ReservaLida(numped, filial, numero, Estado(estado), Estado(registrado), *resto)


def reservas_por_estado(connection: sa.Connection, filiais: Collection[str] | None) -> dict[str, int]:
    """How many reservations are in each state that counts; of those recorded as ended the orders are not looked at."""
    vivas = _R.ESTADO.in_([estado.value for estado in REGISTRADOS_VIVOS])
    da_filial = sa.true() if filiais is None else any_of(_R.CODFILIAL, sorted(filiais))
    # Grouped by a column, not by the expression: Oracle takes two binds of the same value for two expressions.
    efetivos = (
        sa.select(ESTADO_EFETIVO.label("ESTADO"))
        .select_from(GW_RESERVA.outerjoin(PCPEDC, _P.NUMPED == _R.NUMPED))
        .where(vivas, da_filial)
        .subquery()
    )
    contagens: dict[str, int] = {}
    for query in (
        sa.select(efetivos.c.ESTADO, sa.func.count().label("QUANTAS")).group_by(efetivos.c.ESTADO),
        sa.select(_R.ESTADO, sa.func.count().label("QUANTAS")).where(~vivas, da_filial).group_by(_R.ESTADO),
    ):
        for nome, quantas in connection.execute(query):
            contagens[nome] = contagens.get(nome, 0) + int(quantas)
    return contagens


def count_prazos(connection: sa.Connection, agora: dt.datetime, ate: dt.datetime) -> PrazosDasReservas:
    """Count AUTORIZADA reservations by term (UTC without zone): past due at ``agora``, and falling due until ``ate``.

    What somebody in WinThor has taken over is none of them, as for the sweep.
    """
    query = (
        sa.select(
            sa.func.count().label("VIVAS"),
            sa.func.count(sa.case((_R.DTEXPIRA <= agora, 1))).label("VENCIDAS"),
            sa.func.count(sa.case((sa.and_(_R.DTEXPIRA > agora, _R.DTEXPIRA <= ate), 1))).label("A_VENCER"),
        )
        .select_from(GW_RESERVA.join(PCPEDC, _P.NUMPED == _R.NUMPED))
        .where(_R.ESTADO == Estado.AUTORIZADA.value, ESTADO_EFETIVO == Estado.AUTORIZADA.value)
    )
    row = connection.execute(query).one()
    return PrazosDasReservas(int(row.VIVAS), int(row.VENCIDAS), int(row.A_VENCER))


def detentores(
    connection: sa.Connection, filial: str, codprod: int, regra: RegraDeRetencao, limite: int
) -> DetentoresLidos:
    """The orders that count in the QTRESERV of a branch's product, with their units (R19): the first ``limite`` by
    number, and what all of them come to.

    WinThor's own orders too. A delivery is one by itself, with the reservation of its sale.
    """
    partes = unidades_vivas(regra).subquery()
    soma = sa.func.sum(partes.c.QT, type_=PCPEDI.c.QT.type).label("QT")
    somadas = (
        sa.select(partes.c.NUMPED, soma)
        .where(partes.c.FILIAL == filial, partes.c.CODPROD == codprod)
        .group_by(partes.c.NUMPED)
        .subquery()
    )
    # Of thousands only these are looked up; the database adds up the rest.
    primeiras = (
        sa.select(
            somadas,
            sa.func.count().over().label("QUANTOS"),
            sa.func.sum(somadas.c.QT, type_=PCPEDI.c.QT.type).over().label("SOMA"),
        )
        .order_by(somadas.c.NUMPED)
        .limit(limite)
        .subquery()
    )
    source = (
        primeiras.join(PCPEDC, _P.NUMPED == primeiras.c.NUMPED)
        .outerjoin(VENDA, VENDA.c.NUMPED_TV8 == _P.NUMPED)
        .outerjoin(GW_RESERVA, DA_RESERVA_DA_VENDA)
    )
    columns = (
        _P.NUMPED,
        VENDA.c.NUMPED_TV7.label("ENTREGA_DE"),
        _P.CODFILIAL,
        _P.NUMPEDHUBE,
        _P.ORIGEMINTEGRACAO,
        _P.POSICAO,
        _P.DATA,
        sa.case((_R.NUMPED.is_not(None), ESTADO_EFETIVO)).label("ESTADO"),
        _R.DTEXPIRA,
        _R.DTCRIACAO,
        _R.CALLER,
        primeiras.c.QT,
        primeiras.c.QUANTOS,
        primeiras.c.SOMA,
    )
    rows = connection.execute(sa.select(*columns).select_from(source).order_by(_P.NUMPED)).all()
    if not rows:
        return DetentoresLidos((), 0, ZERO)
    return DetentoresLidos([_detentor(row) for row in rows], int(rows[0].QUANTOS), rows[0].SOMA)


def _detentor(row: Any) -> DetentorLido:
    return DetentorLido(
        numped=row.NUMPED,
        filial=row.CODFILIAL,
        numero=row.NUMPEDHUBE,
        origem=row.ORIGEMINTEGRACAO,
        posicao=row.POSICAO,
        data=row.DATA,
        estado=None if row.ESTADO is None else Estado(row.ESTADO),
        expira=row.DTEXPIRA,
        criada=row.DTCRIACAO,
        caller=row.CALLER,
        quantidade=row.QT,
        entrega_de=row.ENTREGA_DE,
    )
