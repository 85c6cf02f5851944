"""Operations that moved the reserved units of a product (R31). Reading only; nothing is decided on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.domain.vida import Efeito
from app.winthor.consultas.lista_de_operacoes import (
    DA_LISTA,
    OperacaoDoLog,
    e_raro,
    operacao_lida,
    pedidos_com,
    tem_o_produto,
)
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_OPERACAO, GW_RESERVA


@dataclass(frozen=True, slots=True)
class OperacaoQueMove:
    """An accepted operation whose order, or the one that it replaced, has the product. ``modo_kit``: of its
    reservation; None of one without."""

    operacao: OperacaoDoLog
    anterior: int | None
    modo_kit: str | None


_O, _R = GW_OPERACAO.c, GW_RESERVA.c
_MOVEM = sorted(
    efeito.name for efeito in (Efeito.RESERVAR, Efeito.RECRIAR, Efeito.RESERVAR_DE_NOVO, Efeito.MUDAR_FILIAL)
)


def find_all(connection: sa.Connection, codprod: int, antes_de: str | None, limite: int) -> list[OperacaoQueMove]:
    """Operations that may have moved units of the product, from the newest to the oldest."""
    movem = sa.or_(
        _O.EFEITO.in_(_MOVEM),
        sa.and_(_O.OPERACAO == "C", _O.EFEITO == Efeito.MUDAR.name),
        # A payment that moved goods to the branch that it named (R22).
        _O.VARIACOES.is_not(None),
        _O.EFEITO.is_(None),
    )
    # An alteration took out of an order what the one before it had.
    walked = sa.or_(tem_o_produto(_O.NUMPED, codprod), tem_o_produto(_R.NUMPED_ANTERIOR, codprod))
    com = _O.ID.in_(_operacoes_com(codprod)) if e_raro(connection, codprod) else walked
    query = (
        sa.select(*DA_LISTA, _R.NUMPED_ANTERIOR, _R.MODO_KIT)
        .select_from(GW_OPERACAO.outerjoin(GW_RESERVA, _R.NUMPED == _O.NUMPED))
        .where(_O.ESTADO == "A", movem, com)
    )
    if antes_de is not None:
        query = query.where(_O.ID < antes_de)
    rows = connection.execute(query.order_by(_O.ID.desc()).limit(limite))
    return [OperacaoQueMove(operacao_lida(row), row.NUMPED_ANTERIOR, row.MODO_KIT) for row in rows]


def _operacoes_com(codprod: int) -> sa.CompoundSelect[Any]:
    """ID of every operation on an order that has the product, or replaced one that had."""
    dos_pedidos, dos_seguintes, velha = GW_OPERACAO.alias("OUTRA"), GW_OPERACAO.alias("SEGUINTE"), GW_RESERVA.alias()
    com_o_produto = sa.select(dos_pedidos.c.ID).where(dos_pedidos.c.NUMPED.in_(pedidos_com(codprod)))
    # What an alteration took out of an order is not in the new one.
    depois = (
        sa.select(dos_seguintes.c.ID)
        .select_from(velha.join(dos_seguintes, dos_seguintes.c.NUMPED == velha.c.NUMPED_SEGUINTE))
        .where(velha.c.NUMPED.in_(pedidos_com(codprod)))
    )
    return sa.union_all(com_o_produto, depois)


@dataclass(frozen=True, slots=True)
class MudancaGravada:
    """An operation that moved lines of an order to other branches, with its stored answer (R29), or that recorded what
    it changed the counters by; both are JSON text."""

    id: str
    numped: int
    operacao: str
    resposta: str | None
    variacoes: str | None


def mudancas(connection: sa.Connection, numpeds: Collection[int]) -> list[MudancaGravada]:
    """What was moved of the orders, or released, from the oldest to the newest."""
    if not numpeds:
        return []
    movem = sa.or_(_O.EFEITO == Efeito.MUDAR_FILIAL.name, _O.VARIACOES.is_not(None))
    query = sa.select(_O.ID, _O.NUMPED, _O.OPERACAO, _O.RESPOSTA, _O.VARIACOES).where(
        any_of(_O.NUMPED, sorted(numpeds)), _O.ESTADO == "A", movem
    )
    return [
        MudancaGravada(row.ID, row.NUMPED, row.OPERACAO, row.RESPOSTA, row.VARIACOES)
        for row in connection.execute(query.order_by(_O.ID))
    ]


def remanejamentos(connection: sa.Connection, numped: int) -> list[str | None]:
    """The stored answers of the moves of an order's lines, JSON text, from the oldest to the newest (R29)."""
    query = sa.select(_O.RESPOSTA).where(_O.NUMPED == numped, _O.EFEITO == Efeito.MUDAR_FILIAL.name, _O.ESTADO == "A")
    return list(connection.execute(query.order_by(_O.ID)).scalars())
