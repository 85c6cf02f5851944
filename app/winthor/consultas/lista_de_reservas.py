"""Reading reservations for people: lists, holders of a product, lineage. No lock, no decision is taken on it."""

from __future__ import annotations

import datetime as dt
import enum
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.retencao import RegraDeRetencao
from app.domain.vida import REGISTRADOS_VIVOS, VIVOS, Estado
from app.winthor.consultas.estados import (
    ESTADO_EFETIVO,
    efetivo,
    efetivo_pela_chave,
    fontes,
    fora_da_posicao_aberta,
    na_posicao_aberta,
    registrada_como,
    registrado,
    vivas_dos_clientes,
)
from app.winthor.consultas.lista_de_operacoes import e_raro, pedidos_com, tem_o_produto
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_PRE_VENDA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC, PCPEDI
from app.winthor.retencao import DA_RESERVA_DA_VENDA, NAO_CORTADA, TODO_O_ESTOQUE, VENDA, pode_reter, unidades


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


def _lista(reserva: sa.FromClause) -> sa.Select[Any]:
    """The columns in the order of ReservaLida's fields; ``reserva``: GW_RESERVA, or some rows of it."""
    r = reserva.c
    return sa.select(
        r.NUMPED,
        r.CODFILIAL,
        r.NUMERO,
        efetivo(r).label("ESTADO"),
        registrado(r).label("REGISTRADO"),
        r.DTEXPIRA,
        r.NUMPED_ANTERIOR,
        r.NUMPED_SEGUINTE,
        r.CALLER,
        r.DTCRIACAO,
        r.DTALTERACAO,
        _P.POSICAO,
        _P.CODCLI,
        _P.CODUSUR,
        _P.VLTOTAL,
        _P.NUMITENS,
    ).select_from(reserva.outerjoin(PCPEDC, _P.NUMPED == r.NUMPED))


_LISTA = _lista(GW_RESERVA)


def _do_filtro(filtro: FiltroDaLista, lista: sa.Select[Any], r: Any) -> sa.Select[Any]:
    """The list as far as the filter wants it: of a page far into it what gives each row its place."""
    return lista.with_only_columns(r.NUMPED, r.DTEXPIRA, r.DTCRIACAO) if filtro.pular else lista


_CANDIDATA = (
    _R.NUMPED,
    _R.CODFILIAL,
    _R.NUMERO,
    _R.ESTADO,
    _R.DTEXPIRA,
    _R.NUMPED_ANTERIOR,
    _R.NUMPED_SEGUINTE,
    _R.CALLER,
    _R.DTCRIACAO,
    _R.DTALTERACAO,
)

# So many candidates at the most are looked at with their orders at a time: for more a planner would read all orders.
JANELA = 5000
# Up to so many candidates are all looked at.
POUCAS = 2000
# So many of them before the few that there may be are looked for by another index.
TENTATIVA = 10_000


def find_all(connection: sa.Connection, filtro: FiltroDaLista) -> list[ReservaLida]:
    """Reservations in an order, each with the state that counts.

    What is recorded in the states is looked at in the list's own order, some at a time, until the page is full; what
    else may be in them is found by an index and put where it belongs. What another filter makes few is read whole. Of
    a page far into the list the reservations before it are not read but for their place.
    """
    poucas = _poucas(connection, filtro)
    lidas = (_ler(connection, filtro, *poucas) if poucas else _de_muitas(connection, filtro))[filtro.pular :]
    if not filtro.pular or not lidas:
        return [_reserva(row) for row in lidas]
    numpeds = [row.NUMPED for row in lidas]
    inteiras = {row.NUMPED: row for row in connection.execute(_LISTA.where(any_of(_R.NUMPED, sorted(numpeds))))}
    return [_reserva(inteiras[numped]) for numped in numpeds if numped in inteiras]  # else purged meanwhile


def _poucas(connection: sa.Connection, filtro: FiltroDaLista) -> list[sa.ColumnElement[bool]]:
    """What an index begins with where that makes the list a short one; else nothing."""
    if filtro.numero is not None:
        return [_R.NUMERO == filtro.numero, *_do_pedido(filtro, _R)]
    if filtro.codprod is not None and e_raro(connection, filtro.codprod):
        return [_R.NUMPED.in_(pedidos_com(filtro.codprod)), *_do_cliente(filtro)]
    return []


def _do_cliente(filtro: FiltroDaLista) -> list[sa.ColumnElement[bool]]:
    """The customers' orders, where they are few of all."""
    if filtro.codcli is None:
        return []
    deles = any_of(_P.CODCLI, sorted(filtro.codcli))
    vivas = [_R.NUMPED.in_(vivas_dos_clientes(filtro.codcli))] if set(filtro.estados) <= VIVOS else []
    return [deles, *vivas]


def _do_pedido(filtro: FiltroDaLista, r: Any) -> list[sa.ColumnElement[bool]]:
    """The filters that the order of each answers; PCPEDC is joined."""
    onde = [] if filtro.codcli is None else [any_of(_P.CODCLI, sorted(filtro.codcli))]
    return onde if filtro.codprod is None else [*onde, tem_o_produto(r.NUMPED, filtro.codprod)]


def _de_muitas(connection: sa.Connection, filtro: FiltroDaLista) -> Sequence[sa.Row[Any]]:
    """The list up to its page, where no index knows all of it."""
    de_onde, tem = fontes(filtro.estados), _do_pedido(filtro, _R)
    lidas, bastou = _andar(connection, filtro, de_onde.registrados, TENTATIVA if de_onde.raras or tem else None)
    if filtro.codcli is not None and not bastou:
        return _ler(connection, filtro, *_do_cliente(filtro), *tem)
    if de_onde.raras and de_onde.outras is not None:
        if bastou:
            return lidas
        return _ler(connection, filtro, _R.NUMPED.in_(de_onde.outras(lambda r: _da_reserva(filtro, r))), *tem)
    registrada = registrada_como(_R, de_onde.registrados)
    if filtro.codprod is not None and not bastou:
        lidas = _ler(connection, filtro, registrada, _R.NUMPED.in_(pedidos_com(filtro.codprod)))
    if de_onde.outras is None:
        return lidas
    ultima = lidas[-1] if len(lidas) == filtro.pular + filtro.limite else None

    def onde(r: Any) -> list[sa.ColumnElement[bool]]:
        return _da_reserva(filtro, r) + ([] if ultima is None else [_nao_depois(filtro, r, ultima)])

    outras = _ler(connection, filtro, ~registrada, *onde(_R), _R.NUMPED.in_(de_onde.outras(onde)), *tem)
    return _juntar(filtro, lidas, outras) if outras else lidas


def _andar(
    connection: sa.Connection, filtro: FiltroDaLista, registrados: Collection[Estado], no_maximo: int | None
) -> tuple[Sequence[sa.Row[Any]], bool]:
    """The list up to its page, of what is recorded so; and whether that is all that was asked for: False when so many
    candidates were not enough."""
    ate = filtro.pular + filtro.limite
    todas = sa.select(*_CANDIDATA).where(registrada_como(_R, registrados), *_da_reserva(filtro, _R))
    # Where they are few an index has them, and none needs to be walked through to say so.
    algumas = todas.with_only_columns(sa.literal_column("1")).limit(POUCAS + 1).subquery()
    quantas = connection.execute(sa.select(sa.func.count()).select_from(algumas)).scalar_one()
    if quantas <= POUCAS:
        return _das_candidatas(connection, filtro, todas.limit(POUCAS), ate) if quantas else (), True
    em_ordem = todas.order_by(*_na_ordem(filtro, _R))
    lidas: list[sa.Row[Any]] = []
    vistas, quantas = 0, min(2 * ate, JANELA)
    ultima: Any = None
    while no_maximo is None or vistas < no_maximo:
        seguintes = em_ordem if ultima is None else em_ordem.where(_depois(filtro, _R, ultima))
        achadas = _das_candidatas(connection, filtro, seguintes.limit(quantas), ate - len(lidas))
        lidas += achadas
        if len(lidas) == ate:
            return lidas, True
        if 2 * len(achadas) >= quantas:
            ultima = achadas[-1]  # near the last candidate, which need not be looked for
        else:
            ultima = connection.execute(seguintes.offset(quantas - 1).limit(1)).first()
        if ultima is None:
            return lidas, True
        vistas, quantas = vistas + quantas, JANELA
    return lidas, False


def _das_candidatas(
    connection: sa.Connection, filtro: FiltroDaLista, candidatas: sa.Select[Any], limite: int
) -> Sequence[sa.Row[Any]]:
    """Those of some candidates that are in the states, of the product and of the customers, in the list's order."""
    janela = candidatas.subquery("CANDIDATA")
    query = _do_filtro(filtro, _lista(janela), janela.c).where(efetivo_pela_chave(janela.c).in_(_nomes(filtro)))
    query = query.where(*_do_pedido(filtro, janela.c))
    return connection.execute(query.order_by(*_na_ordem(filtro, janela.c)).limit(limite)).all()


def _ler(connection: sa.Connection, filtro: FiltroDaLista, *onde: sa.ColumnElement[bool]) -> Sequence[sa.Row[Any]]:
    """The list up to its page, of the reservations that are so."""
    query = _do_filtro(filtro, _LISTA, _R).where(ESTADO_EFETIVO.in_(_nomes(filtro)), *_da_reserva(filtro, _R), *onde)
    query = query.order_by(*_na_ordem(filtro, _R))
    return connection.execute(query.limit(filtro.pular + filtro.limite)).all()


def _nomes(filtro: FiltroDaLista) -> list[str]:
    return sorted(estado.value for estado in filtro.estados)


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


def _na_ordem(filtro: FiltroDaLista, r: Any) -> list[sa.ColumnElement[Any]]:
    if filtro.ordem is OrdemDaLista.PRAZO:
        return [r.DTEXPIRA, r.NUMPED]
    if filtro.ordem is OrdemDaLista.CRIACAO:
        return [r.DTCRIACAO.desc(), r.NUMPED.desc()]
    return [r.NUMPED.desc()]


def _nao_depois(filtro: FiltroDaLista, r: Any, ultima: Any) -> sa.ColumnElement[bool]:
    """Whether a row may stand before this one; those of the same instant too."""
    if filtro.ordem is OrdemDaLista.PRAZO:
        return sa.and_(r.DTEXPIRA <= ultima.DTEXPIRA)
    if filtro.ordem is OrdemDaLista.CRIACAO:
        return sa.and_(r.DTCRIACAO >= ultima.DTCRIACAO)
    return sa.and_(r.NUMPED >= ultima.NUMPED)


def _depois(filtro: FiltroDaLista, r: Any, ultima: Any) -> sa.ColumnElement[bool]:
    """Whether a row stands after this one; as a range of the order's index."""
    if filtro.ordem is OrdemDaLista.PRAZO:
        instante = sa.or_(r.DTEXPIRA > ultima.DTEXPIRA, r.NUMPED > ultima.NUMPED)
        return sa.and_(r.DTEXPIRA >= ultima.DTEXPIRA, instante)
    if filtro.ordem is OrdemDaLista.CRIACAO:
        instante = sa.or_(r.DTCRIACAO < ultima.DTCRIACAO, r.NUMPED < ultima.NUMPED)
        return sa.and_(r.DTCRIACAO <= ultima.DTCRIACAO, instante)
    return sa.and_(r.NUMPED < ultima.NUMPED)


def _juntar(filtro: FiltroDaLista, lidas: Sequence[sa.Row[Any]], outras: Sequence[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """Both in the list's order, up to its page."""
    juntas = [*lidas, *outras]
    if filtro.ordem is OrdemDaLista.PRAZO:
        juntas.sort(key=lambda row: (row.DTEXPIRA, row.NUMPED))
    elif filtro.ordem is OrdemDaLista.CRIACAO:
        juntas.sort(key=lambda row: (row.DTCRIACAO, row.NUMPED), reverse=True)
    else:
        juntas.sort(key=lambda row: row.NUMPED, reverse=True)
    return juntas[: filtro.pular + filtro.limite]


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
    """How many reservations are in each state that counts; of those recorded as ended the orders are not looked at.

    The orders in a live position and the rest are counted apart: an index begins with either.
    """

    def da_filial(r: Any) -> list[sa.ColumnElement[bool]]:
        return [] if filiais is None else [any_of(r.CODFILIAL, sorted(filiais))]

    vivas = registrada_como(_R, REGISTRADOS_VIVOS)
    com_o_pedido = GW_RESERVA.outerjoin(PCPEDC, sa.and_(_P.NUMPED == _R.NUMPED, na_posicao_aberta(_P)))
    aberta = sa.case((_P.NUMPED.is_not(None), ESTADO_EFETIVO)).label("ESTADO")
    outra = sa.select(ESTADO_EFETIVO.label("ESTADO")).select_from(GW_RESERVA.outerjoin(PCPEDC, _P.NUMPED == _R.NUMPED))
    # Grouped by a column, not by the expression: Oracle takes two binds of the same value for two expressions.
    abertas = sa.select(aberta).select_from(com_o_pedido).where(vivas, *da_filial(_R)).subquery()
    outras = outra.where(_R.NUMPED.in_(fora_da_posicao_aberta(da_filial))).subquery()
    quantas = sa.func.count().label("QUANTAS")

    def contar(query: sa.Select[Any]) -> dict[str | None, int]:
        return {nome: int(vezes) for nome, vezes in connection.execute(query)}

    contagens = Counter(contar(sa.select(abertas.c.ESTADO, quantas).group_by(abertas.c.ESTADO)))
    if contagens.pop(None, 0):
        contagens.update(contar(sa.select(outras.c.ESTADO, quantas).group_by(outras.c.ESTADO)))
    contagens.update(contar(sa.select(_R.ESTADO, quantas).where(~vivas, *da_filial(_R)).group_by(_R.ESTADO)))
    return {str(nome): vezes for nome, vezes in contagens.items()}


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
    retida = sa.and_(TODO_O_ESTOQUE, NAO_CORTADA, pode_reter(regra))
    partes = sa.union_all(*unidades(retida, regra)).subquery()
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
