"""Operations that moved the reserved units of a product (R31). Reading only; nothing is decided on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from app.domain.vida import Efeito
from app.winthor.consultas.lista_de_operacoes import DA_LISTA, OperacaoDoLog, operacao_lida, pedidos_com
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
    dos_pedidos, dos_seguintes, velha = GW_OPERACAO.alias("OUTRA"), GW_OPERACAO.alias("SEGUINTE"), GW_RESERVA.alias()
    com_o_produto = sa.select(dos_pedidos.c.ID).where(dos_pedidos.c.NUMPED.in_(pedidos_com(codprod)))
    # What an alteration took out of an order is not in the new one.
    depois = (
        sa.select(dos_seguintes.c.ID)
        .select_from(velha.join(dos_seguintes, dos_seguintes.c.NUMPED == velha.c.NUMPED_SEGUINTE))
        .where(velha.c.NUMPED.in_(pedidos_com(codprod)))
    )
    movem = sa.or_(
        _O.EFEITO.in_(_MOVEM),
        sa.and_(_O.OPERACAO == "C", _O.EFEITO == Efeito.MUDAR.name),
        _O.EFEITO.is_(None),
    )
    query = (
        sa.select(*DA_LISTA, _R.NUMPED_ANTERIOR, _R.MODO_KIT)
        .select_from(GW_OPERACAO.outerjoin(GW_RESERVA, _R.NUMPED == _O.NUMPED))
        .where(_O.ID.in_(sa.union_all(com_o_produto, depois)), _O.ESTADO == "A", movem)
    )
    if antes_de is not None:
        query = query.where(_O.ID < antes_de)
    rows = connection.execute(query.order_by(_O.ID.desc()).limit(limite))
    return [OperacaoQueMove(operacao_lida(row), row.NUMPED_ANTERIOR, row.MODO_KIT) for row in rows]


@dataclass(frozen=True, slots=True)
class RemanejamentoGravado:
    """An operation that moved lines of an order to other branches, and its stored answer, as JSON text (R29)."""

    id: str
    numped: int
    resposta: str | None


def remanejamentos(connection: sa.Connection, numpeds: Collection[int]) -> list[RemanejamentoGravado]:
    """What was moved of the orders, from the oldest to the newest."""
    if not numpeds:
        return []
    feitos = sa.select(_O.ID, _O.NUMPED, _O.RESPOSTA).where(
        any_of(_O.NUMPED, sorted(numpeds)), _O.EFEITO == Efeito.MUDAR_FILIAL.name, _O.ESTADO == "A"
    )
    return [
        RemanejamentoGravado(row.ID, row.NUMPED, row.RESPOSTA) for row in connection.execute(feitos.order_by(_O.ID))
    ]
