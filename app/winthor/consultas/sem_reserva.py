"""Live orders of the origin that the gateway has no reservation for, found part by part (R21). Nothing is written.

Every statement reads a bounded part of PCPEDC, however long the ERP's history is: the orders of a day, where an index
begins with DATA, else a fixed number of rows by the primary key. Parts and orders come from the newest to the oldest.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.winthor.esquema.gateway_tables import GW_PRE_VENDA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC

# Above every NUMPED and every DATA.
NUMPED_MAXIMO = 9_999_999_999
FIM_DOS_DIAS = dt.datetime.fromisoformat("9999-12-31")


@dataclass(frozen=True, slots=True)
class FaixaDeNumeros:
    """A part of PCPEDC: orders with ``de`` <= DATA < ``ate``, and in a walk by number also ``primeiro`` <= NUMPED <=
    ``ultimo``."""

    de: dt.datetime
    ate: dt.datetime = FIM_DOS_DIAS
    primeiro: int | None = None
    ultimo: int = NUMPED_MAXIMO


@dataclass(frozen=True, slots=True)
class SemReserva:
    """A live order without a GW_ row, as it was seen. ``ancorado``: the number its pre-sale stands for already."""

    numped: int
    filial: str
    numero: str
    ancorado: int | None


_P, _R, _G = PCPEDC.c, GW_RESERVA.c, GW_PRE_VENDA.c
# The deliveries of a future sale carry its pre-sale's number too (NUMPEDENTFUT); the pre-sale is the order before them.
_VIVAS_DA_ORIGEM = sa.and_(
    _P.ORIGEMINTEGRACAO == sa.bindparam("B_ORIGEM"),
    _P.POSICAO.not_in(["F", "C"]),
    sa.func.coalesce(_P.NUMTRANSVENDA, 0) == 0,
    sa.func.coalesce(_P.NUMPEDENTFUT, 0) == 0,
)
_COM_ANCORA = PCPEDC.outerjoin(GW_RESERVA, _R.NUMPED == _P.NUMPED).outerjoin(
    GW_PRE_VENDA, sa.and_(_G.CODFILIAL == _P.CODFILIAL, _G.NUMERO == _P.NUMPEDHUBE)
)
_SEM_RESERVA = (
    sa.select(_P.NUMPED, _P.CODFILIAL, _P.NUMPEDHUBE, _G.NUMPED.label("ANCORADO"))
    .select_from(_COM_ANCORA)
    .where(_VIVAS_DA_ORIGEM, _R.NUMPED.is_(None))
    .order_by(_P.NUMPED.desc())
)
_CONHECIDAS = (
    sa.select(sa.func.count()).select_from(PCPEDC.join(GW_RESERVA, _R.NUMPED == _P.NUMPED)).where(_VIVAS_DA_ORIGEM)
)
_ULTIMO_DIA = sa.select(sa.func.max(_P.DATA)).where(_P.DATA < sa.bindparam("B_ATE"))


def find_dia_antes(connection: sa.Connection, ate: dt.datetime) -> dt.datetime | None:
    """The last day before ``ate`` that has orders; None when there is none."""
    ultima: dt.datetime | None = connection.execute(_ULTIMO_DIA, {"B_ATE": ate}).scalar()
    return None if ultima is None else ultima.replace(hour=0, minute=0, second=0)


def find_numero_antes(connection: sa.Connection, ultimo: int, quantos: int) -> int | None:
    """The lowest of the ``quantos`` numbers up to ``ultimo``; None when there is none."""
    numeros = sa.select(_P.NUMPED).where(_P.NUMPED <= ultimo).order_by(_P.NUMPED.desc()).limit(quantos).subquery()
    primeiro: int | None = connection.execute(sa.select(sa.func.min(numeros.c.NUMPED))).scalar()
    return None if primeiro is None else int(primeiro)


def find_sem_reserva(
    connection: sa.Connection, faixa: FaixaDeNumeros, origem: str, ultimo: int, limite: int
) -> list[SemReserva]:
    """Up to ``limite`` of them in the part, from the number ``ultimo`` downwards. No lock."""
    query = _na_faixa(_SEM_RESERVA, faixa).where(_P.NUMPED <= ultimo).limit(limite)
    return [
        SemReserva(row.NUMPED, row.CODFILIAL, row.NUMPEDHUBE or "", row.ANCORADO)
        for row in connection.execute(query, {"B_ORIGEM": origem})
    ]


def count_conhecidas(connection: sa.Connection, faixa: FaixaDeNumeros, origem: str) -> int:
    """Live orders of the origin in the part that have their GW_ row."""
    return int(connection.execute(_na_faixa(_CONHECIDAS, faixa), {"B_ORIGEM": origem}).scalar_one())


def _na_faixa(query: sa.Select[Any], faixa: FaixaDeNumeros) -> sa.Select[Any]:
    if faixa.primeiro is not None:
        return query.where(_P.NUMPED.between(faixa.primeiro, faixa.ultimo), _P.DATA >= faixa.de)
    return query.where(_P.DATA >= faixa.de, _P.DATA < faixa.ate)
