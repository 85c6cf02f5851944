"""The state of a reservation that counts, in SQL, and where the reservations in a state are to be looked for.

The state is no column: WinThor moves the order, and what the gateway has recorded is corrected by where the order
stands. Of most reservations what is recorded tells enough to look at few others; the rest are found by POSICAO, which
an index begins with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from app.domain.retencao import ENTREGA_FUTURA
from app.domain.vida import MORTOS, REGISTRADOS_VIVOS, VIVOS, Estado
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC
from app.winthor.separacao import separado

_P = PCPEDC.c

# The same correction as app.domain.vida.estado_efetivo.
_COM_COBRANCA = sa.func.length(_P.CODCOB) > 0  # an empty text is none
_PAGO_ANTES = sa.case((_COM_COBRANCA, Estado.CONFIRMADA.value), else_=Estado.AUTORIZADA.value)
_ENTREGA = PCPEDC.alias("ENTREGA")
_DE_ENTREGA = _ENTREGA.c


def _faturado(pedido: Any) -> sa.ColumnElement[bool]:
    return sa.or_(pedido.POSICAO == "F", sa.func.coalesce(pedido.NUMTRANSVENDA, 0) != 0)


def _vivo(pedido: Any) -> sa.ColumnElement[bool]:
    return sa.and_(pedido.POSICAO.not_in(["F", "C"]), sa.func.coalesce(pedido.NUMTRANSVENDA, 0) == 0)


def _em_separacao(pedido: Any) -> sa.ColumnElement[bool]:
    return sa.or_(pedido.POSICAO == "M", separado(pedido) == 1)


def _alguma_entrega(*condicoes: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether the order is a future sale with such a delivery; looked for only where it is one (R23)."""
    entregas = GW_ENTREGA.join(_ENTREGA, _DE_ENTREGA.NUMPED == GW_ENTREGA.c.NUMPED_TV8)
    query = sa.select(sa.literal(1)).select_from(entregas).where(GW_ENTREGA.c.NUMPED_TV7 == _P.NUMPED, *condicoes)
    return sa.and_(_P.CONDVENDA == ENTREGA_FUTURA, sa.exists(query.correlate(PCPEDC)))


COM_ENTREGA_VIVA = _alguma_entrega(_vivo(_DE_ENTREGA))


def registrado(r: Any) -> sa.Case[Any]:
    """What the gateway has recorded; ``r``: the columns of GW_RESERVA, or of some rows of it, with PCPEDC joined."""
    return sa.case(
        (r.ESTADO.is_(None), _PAGO_ANTES),
        (r.ESTADO == Estado.BAIXADA.value, Estado.CONFIRMADA.value),
        else_=r.ESTADO,
    )


def efetivo(r: Any) -> sa.Case[Any]:
    """The state that counts; ``r``: the columns of GW_RESERVA, or of some rows of it, with PCPEDC joined."""
    da_entrega = _DE_ENTREGA
    separacao = _alguma_entrega(_vivo(da_entrega), _em_separacao(da_entrega))
    bloqueada = _alguma_entrega(_vivo(da_entrega), da_entrega.POSICAO != "L")
    assumida = sa.and_(_COM_COBRANCA, registrado(r) != Estado.CONFIRMADA.value)
    return sa.case(
        (r.ESTADO.in_(_nomes(MORTOS)), r.ESTADO),
        (sa.or_(sa.and_(_vivo(_P), _em_separacao(_P)), separacao), Estado.RECONHECIDA.value),
        (sa.or_(sa.and_(_vivo(_P), _P.POSICAO != "L"), bloqueada), Estado.BLOQUEADA.value),
        (sa.or_(_vivo(_P), COM_ENTREGA_VIVA), sa.case((assumida, Estado.ASSUMIDA.value), else_=registrado(r))),
        (sa.or_(_faturado(_P), _alguma_entrega(_faturado(da_entrega))), Estado.BAIXADA.value),
        else_=Estado.CANCELADA.value,
    )


def efetivo_pela_chave(r: Any) -> sa.Case[Any]:
    """``efetivo`` without PCPEDC joined: of each row the order is looked up by its key, whatever a planner may guess of
    all of them together; ``r``: the columns of some rows of GW_RESERVA."""
    do_pedido = sa.select(efetivo(r)).select_from(PCPEDC).where(_P.NUMPED == r.NUMPED).correlate(r.NUMPED.table)
    achado = sa.func.coalesce(do_pedido.scalar_subquery(), Estado.CANCELADA.value)
    return sa.case((r.ESTADO.in_(_nomes(MORTOS)), r.ESTADO), else_=achado)


def _nomes(estados: Collection[Estado]) -> list[str]:
    return sorted(estado.value for estado in estados)


ESTADO_REGISTRADO = registrado(GW_RESERVA.c)
ESTADO_EFETIVO = efetivo(GW_RESERVA.c)

# Conditions on the columns of GW_RESERVA, or of an alias of it.
NaReserva = Callable[[Any], Sequence[sa.ColumnElement[bool]]]
_Conjunto = sa.Select[Any] | sa.CompoundSelect[Any]


@dataclass(frozen=True, slots=True)
class Fontes:
    """Where the reservations in some states are: recorded as one of ``registrados``, or else in ``outras``, a select of
    NUMPED to which the conditions on GW_RESERVA are told.

    ``raras``: of what is recorded so few may be in the states; ``outras`` then has all of them.
    """

    registrados: frozenset[Estado]
    outras: Callable[[NaReserva], _Conjunto] | None = None
    raras: bool = False


def fontes(estados: Collection[Estado]) -> Fontes:
    """Where to look for what is in one of the states."""
    pedidos = frozenset(estados)
    if len(pedidos) == 1:
        return _DE_CADA_UM[next(iter(pedidos))]
    return Fontes(REGISTRADOS_VIVOS, _reabertas) if pedidos <= VIVOS else Fontes(frozenset(_DE_CADA_UM))


def registrada_como(r: Any, estados: Collection[Estado]) -> sa.ColumnElement[bool]:
    """Whether one of the states is recorded."""
    coluna: sa.ColumnElement[str] = r.ESTADO
    return coluna.in_(_nomes(estados))


def na_posicao_aberta(p: Any) -> sa.ColumnElement[bool]:
    """Whether an order is neither invoiced nor cancelled by POSICAO, as ranges: an index begins with it."""
    return sa.or_(p.POSICAO < "C", sa.and_(p.POSICAO > "C", p.POSICAO < "F"), p.POSICAO > "F")


def _em_outra(posicao: Any) -> sa.ColumnElement[bool]:
    """In none of the usual positions; as ranges too."""
    usuais = ("C", "F", "L", "M")
    entre = [sa.and_(posicao > uma, posicao < seguinte) for uma, seguinte in pairwise(usuais)]
    return sa.or_(posicao < usuais[0], *entre, posicao > usuais[-1])


def _pedidos(onde: Callable[[Any], sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """NUMPED of every order of WinThor's that is so."""
    pedido = PCPEDC.alias("DELE")
    return sa.select(pedido.c.NUMPED).where(onde(pedido.c))


def _com_entrega(onde: Callable[[Any], sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """NUMPED of every future sale with a delivery that is so."""
    pedido, entrega = PCPEDC.alias("DELA"), GW_ENTREGA.alias("SUA")
    dela = pedido.join(entrega, entrega.c.NUMPED_TV8 == pedido.c.NUMPED)
    return sa.select(entrega.c.NUMPED_TV7).select_from(dela).where(onde(pedido.c))


def _em_aberto(p: Any) -> sa.ColumnElement[bool]:
    """What ``_vivo`` says, with the ranges of an index, and so that a planner knows how many they are."""
    return sa.and_(na_posicao_aberta(p), sa.or_(p.NUMTRANSVENDA.is_(None), p.NUMTRANSVENDA == 0))


def _separadas(_: NaReserva) -> _Conjunto:
    def onde(p: Any) -> sa.ColumnElement[bool]:
        return sa.and_(_em_aberto(p), _em_separacao(p))

    return sa.union_all(_pedidos(onde), _com_entrega(onde))


def _bloqueadas(_: NaReserva) -> _Conjunto:
    def onde(p: Any) -> sa.ColumnElement[bool]:
        return _em_outra(p.POSICAO)

    return sa.union_all(_pedidos(onde), _com_entrega(onde))


def _com_o_pedido(
    nome: str, estados: Collection[Estado], onde: NaReserva, aberto: Callable[[Any], sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    """NUMPED of the reservations recorded so whose order is so."""
    reserva, pedido = GW_RESERVA.alias(nome), PCPEDC.alias("DELE")
    return (
        sa.select(reserva.c.NUMPED)
        .select_from(reserva.join(pedido, pedido.c.NUMPED == reserva.c.NUMPED))
        .where(registrada_como(reserva.c, estados), *onde(reserva.c), aberto(pedido.c))
    )


def _sem_o_pedido(
    nome: str, estados: Collection[Estado], onde: NaReserva, aberto: Callable[[Any], sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    """NUMPED of the reservations recorded so whose order is not so, or is gone."""
    reserva, pedido = GW_RESERVA.alias(nome), PCPEDC.alias("DELE")
    dele = sa.select(sa.literal_column("1", sa.Integer())).where(pedido.c.NUMPED == reserva.c.NUMPED, aberto(pedido.c))
    return sa.select(reserva.c.NUMPED).where(
        registrada_como(reserva.c, estados), *onde(reserva.c), ~sa.exists(dele.correlate(reserva))
    )


def _assumidas(onde: NaReserva) -> _Conjunto:
    def cobrado(p: Any) -> sa.ColumnElement[bool]:
        return sa.and_(_em_aberto(p), sa.func.length(p.CODCOB) > 0)

    nao_pagas = REGISTRADOS_VIVOS - {Estado.CONFIRMADA}
    return sa.union_all(_com_o_pedido("NAO_PAGA", nao_pagas, onde, cobrado), _com_entrega(_em_aberto))


def _reabertas(onde: NaReserva) -> _Conjunto:
    """Recorded as invoiced, while the order or a delivery stands in a live position again."""
    return sa.union_all(_com_o_pedido("REABERTA", {Estado.BAIXADA}, onde, _em_aberto), _com_entrega(_em_aberto))


def _encerradas(onde: NaReserva) -> _Conjunto:
    """Recorded as live, while the order does not live any more."""
    return _sem_o_pedido("ENCERRADA", REGISTRADOS_VIVOS, onde, _em_aberto)


def fora_da_posicao_aberta(onde: NaReserva) -> sa.Select[Any]:
    """NUMPED of what is recorded as live while its order's position is not, or the order is gone: an index has all of
    that."""
    return _sem_o_pedido("ENCERRADA", REGISTRADOS_VIVOS, onde, na_posicao_aberta)


def _canceladas(onde: NaReserva) -> _Conjunto:
    """Recorded as live or as invoiced, while the order's position is none of either."""
    faturadas = _sem_o_pedido("DESFEITA", {Estado.BAIXADA}, onde, lambda p: p.POSICAO == "F")
    return sa.union_all(fora_da_posicao_aberta(onde), faturadas)


# Recorded as what WinThor corrects.
_CORRIGIDAS = REGISTRADOS_VIVOS | {Estado.BAIXADA}
_DE_CADA_UM = {
    Estado.AUTORIZADA: Fontes(frozenset({Estado.AUTORIZADA})),
    Estado.RESGATADA: Fontes(frozenset({Estado.RESGATADA})),
    Estado.CONFIRMADA: Fontes(frozenset({Estado.CONFIRMADA}), _reabertas),
    Estado.ASSUMIDA: Fontes(REGISTRADOS_VIVOS - {Estado.CONFIRMADA}, _assumidas, raras=True),
    Estado.RECONHECIDA: Fontes(_CORRIGIDAS, _separadas, raras=True),
    Estado.BLOQUEADA: Fontes(_CORRIGIDAS, _bloqueadas, raras=True),
    Estado.BAIXADA: Fontes(frozenset({Estado.BAIXADA}), _encerradas),
    Estado.CANCELADA: Fontes(frozenset({Estado.CANCELADA}), _canceladas),
    Estado.EXPIRADA: Fontes(frozenset({Estado.EXPIRADA})),
    Estado.SUBSTITUIDA: Fontes(frozenset({Estado.SUBSTITUIDA})),
}


def vivas_dos_clientes(clientes: Collection[int]) -> _Conjunto:
    """NUMPED of every order of the customers that may live, by itself or by a delivery."""

    def deles(p: Any) -> sa.ColumnElement[bool]:
        return sa.and_(_em_aberto(p), any_of(p.CODCLI, sorted(clientes)))

    return sa.union_all(_pedidos(deles), _com_entrega(_em_aberto))
