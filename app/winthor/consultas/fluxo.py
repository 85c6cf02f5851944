"""The moments of orders on their way to the invoice, whoever made them (R24). Nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.fluxo import Marcha
from app.winthor.db.lists import any_of
from app.winthor.esquema.tables import PCPEDC
from app.winthor.retencao import NO_ESTOQUE
from app.winthor.separacao import CARIMBADO, EM_CARGA, SeHouver

_P = PCPEDC.c
LOTE = 500
_MARCHA = sa.select(
    _P.NUMPED,
    _P.CODFILIAL,
    _P.VLTOTAL,
    _P.DATA,
    _P.HORA,
    _P.MINUTO,
    _P.DTLIBERA,
    _P.HORALIBERA,
    _P.MINUTOLIBERA,
    SeHouver(_P.DTINICIALSEP).label("SEPARANDO"),
    SeHouver(_P.DTFINALSEP).label("SEPARADO"),
    SeHouver(_P.DTINICIALCHECKOUT).label("CONFERINDO"),
    SeHouver(_P.DTFINALCHECKOUT).label("CONFERIDO"),
    _P.DTFAT,
    _P.HORAFAT,
    _P.MINUTOFAT,
    CARIMBADO.label("CARIMBADO"),
    sa.case((EM_CARGA, 1), else_=0).label("EM_CARGA"),
)
_FATURADO = sa.or_(_P.POSICAO == "F", sa.func.coalesce(_P.NUMTRANSVENDA, 0) != 0)


def faturados(
    connection: sa.Connection, filiais: Collection[str] | None, desde: dt.datetime, com_data_desde: dt.datetime
) -> Iterator[Marcha]:
    """Orders invoiced since a day, with DATA since another, so that an index finds them; one at a time."""
    query = _MARCHA.where(_P.DATA >= com_data_desde, _P.DTFAT >= desde, _FATURADO)
    return _marchas(connection, query, filiais)


def passam_de(connection: sa.Connection, com_data_desde: dt.datetime, limite: int) -> bool:
    """Whether there are more orders than ``limite`` with DATA since a day."""
    alguns = sa.select(_P.DATA).where(_P.DATA >= com_data_desde).limit(limite + 1).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(alguns)).scalar_one()) > limite


def vivos(connection: sa.Connection, filiais: Collection[str] | None) -> Iterator[Marcha]:
    """Orders that hold stock now; one at a time."""
    return _marchas(connection, _MARCHA.where(NO_ESTOQUE), filiais)


def _marchas(connection: sa.Connection, query: sa.Select[Any], filiais: Collection[str] | None) -> Iterator[Marcha]:
    if filiais is not None:
        query = query.where(any_of(_P.CODFILIAL, sorted(filiais)))
    for row in connection.execution_options(yield_per=LOTE).execute(query):
        liberado = _momento(row.DTLIBERA, row.HORALIBERA, row.MINUTOLIBERA)
        yield Marcha(
            numped=row.NUMPED,
            filial=row.CODFILIAL,
            valor=row.VLTOTAL or Decimal(0),
            liberado=liberado or _momento(row.DATA, row.HORA, row.MINUTO),
            separando=row.SEPARANDO,
            separado=row.SEPARADO,
            conferindo=row.CONFERINDO,
            conferido=row.CONFERIDO,
            faturado=_momento(row.DTFAT, row.HORAFAT, row.MINUTOFAT),
            carimbado=bool(row.CARIMBADO),
            em_carga=bool(row.EM_CARGA),
        )


def _momento(dia: dt.datetime | None, hora: int | None, minuto: int | None) -> dt.datetime | None:
    """WinThor keeps some moments as a day with its hour and minute beside it."""
    if dia is None or (dia.hour, dia.minute, dia.second) != (0, 0, 0) or not 0 <= (hora or 0) < 24:
        return dia
    return dia.replace(hour=int(hora or 0), minute=min(max(int(minuto or 0), 0), 59))
