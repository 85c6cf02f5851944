"""Reservations of which something may be to tell that the gateway has not done itself (R27). Nothing is written.

All three read the reservations that are recorded as alive, never the ERP's other orders nor its history.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.retencao import LINHA_CORTADA
from app.domain.vida import REGISTRADOS_VIVOS, Estado
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC, PCPEDI
from app.winthor.esquema.types import NUMBER
from app.winthor.separacao import SEPARADO, separado


@dataclass(frozen=True, slots=True)
class Movida:
    """A reservation whose order is not just where the gateway put it, or was not when something was told last."""

    numped: int
    filial: str
    numero: str
    avisado: Estado | None


@dataclass(frozen=True, slots=True)
class Contada:
    """The units on the lines of an order that WinThor has not ended, and how many were told last; None: never looked
    at."""

    numped: int
    filial: str
    numero: str
    qt: Decimal
    avisada: Decimal | None


@dataclass(frozen=True, slots=True)
class Vencendo:
    """A reservation whose term ends soon, UTC without zone; of this end nothing was told yet."""

    numped: int
    filial: str
    numero: str
    inicio: dt.datetime
    fim: dt.datetime


_R, _P, _I = GW_RESERVA.c, PCPEDC.c, PCPEDI.c
_VIVA = _R.ESTADO.in_(sorted(estado.value for estado in REGISTRADOS_VIVOS))
_ENTREGA = PCPEDC.alias("ENTREGA")
_QT = NUMBER(20, 6)


def _mexida(pedido: Any, em_separacao: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    fora_do_lugar = sa.func.coalesce(pedido.POSICAO, "?") != "L"
    return sa.or_(fora_do_lugar, sa.func.coalesce(pedido.NUMTRANSVENDA, 0) != 0, em_separacao == 1)


_ENTREGA_MEXIDA = sa.exists(
    sa.select(sa.literal_column("1"))
    .select_from(GW_ENTREGA.join(_ENTREGA, _ENTREGA.c.NUMPED == GW_ENTREGA.c.NUMPED_TV8))
    .where(GW_ENTREGA.c.NUMPED_TV7 == _R.NUMPED, _mexida(_ENTREGA.c, separado(_ENTREGA.c)))
    .correlate(GW_RESERVA)
)


def find_movidas(connection: sa.Connection, depois_de: int, limite: int) -> list[Movida]:
    """By number after ``depois_de``. No lock."""
    # Without its row of PCPEDC all of its columns are NULL: it is gone.
    query = (
        sa.select(_R.NUMPED, _R.CODFILIAL, _R.NUMERO, _R.AVISADO)
        .select_from(GW_RESERVA.outerjoin(PCPEDC, _P.NUMPED == _R.NUMPED))
        .where(_VIVA, _R.NUMPED > depois_de)
        .where(sa.or_(_R.AVISADO.is_not(None), _mexida(_P, SEPARADO), _ENTREGA_MEXIDA))
        .order_by(_R.NUMPED)
        .limit(limite)
    )
    return [
        Movida(row.NUMPED, row.CODFILIAL, row.NUMERO, None if row.AVISADO is None else Estado(row.AVISADO))
        for row in connection.execute(query)
    ]


def find_recontadas(connection: sa.Connection, depois_de: int, limite: int) -> list[Contada]:
    """Whose units are not those told last, by number after ``depois_de``; SQLite may name some whose are. No lock."""
    cortada = sa.func.coalesce(_I.POSICAO, "L") == LINHA_CORTADA
    soma = sa.func.sum(sa.case((cortada, sa.literal_column("0")), else_=_I.QT), type_=_QT)
    query = (
        sa.select(_R.NUMPED, _R.CODFILIAL, _R.NUMERO, _R.QTAVISADA, soma.label("QT"))
        .select_from(GW_RESERVA.join(PCPEDC, _P.NUMPED == _R.NUMPED).join(PCPEDI, _I.NUMPED == _R.NUMPED))
        .where(_VIVA, _R.NUMPED > depois_de)
        .where(_P.POSICAO.not_in(["F", "C"]), sa.func.coalesce(_P.NUMTRANSVENDA, 0) == 0)
        .group_by(_R.NUMPED, _R.CODFILIAL, _R.NUMERO, _R.QTAVISADA)
        .having(sa.or_(_R.QTAVISADA.is_(None), soma != _R.QTAVISADA))
        .order_by(_R.NUMPED)
        .limit(limite)
    )
    return [Contada(row.NUMPED, row.CODFILIAL, row.NUMERO, row.QT, row.QTAVISADA) for row in connection.execute(query)]


def find_vencendo(
    connection: sa.Connection, agora: dt.datetime, ate: dt.datetime, depois_de: int, limite: int
) -> list[Vencendo]:
    """Whose end lies between two instants, by number after ``depois_de``. No lock."""
    query = (
        sa.select(_R.NUMPED, _R.CODFILIAL, _R.NUMERO, _R.DTCRIACAO, _R.DTEXPIRA)
        .where(_R.ESTADO == Estado.AUTORIZADA.value, _R.DTEXPIRA > agora, _R.DTEXPIRA <= ate, _R.NUMPED > depois_de)
        .where(sa.or_(_R.DTVENCENDO.is_(None), _R.DTVENCENDO != _R.DTEXPIRA))
        .order_by(_R.NUMPED)
        .limit(limite)
    )
    return [Vencendo(*row) for row in connection.execute(query)]
