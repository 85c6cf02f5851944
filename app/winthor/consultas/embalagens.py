"""Packages of a branch, and what has lately changed in its stock. Reading only; nothing is decided on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.itens import TIPOS_DE_KIT
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_RESERVA
from app.winthor.esquema.tables import PCEMBALAGEM, PCEST, PCPEDC, PCPEDI, PCPEDICESTA, PCPRODFILIAL, PCPRODUT

TIPO_COMUM = "L"


@dataclass(frozen=True, slots=True)
class FiltroDeEmbalagens:
    """Filters of the list of packages; None = any. ``alterado_desde``: by the ERP's clock."""

    filial: str
    por_embalagem: bool = True
    revenda: str | None = None
    tipos: Collection[str] | None = None
    alterado_desde: dt.datetime | None = None
    mexidos: Collection[int] = ()
    pular: int = 0
    limite: int = 100


@dataclass(frozen=True, slots=True)
class EmbalagemLida:
    """A package of a branch; without ``codauxiliar`` the product in base units."""

    codprod: int
    codauxiliar: int | None = None


@dataclass(frozen=True, slots=True)
class ReservadoLido:
    """A stock row with something reserved, in base units; NULL is 0."""

    filial: str
    codprod: int
    descricao: str
    estoque: Decimal
    reservado: Decimal
    bloqueado: Decimal


_E, _P, _F, _S = PCEMBALAGEM.c, PCPRODUT.c, PCPRODFILIAL.c, PCEST.c
_DATAS = (_S.DTHORAULTALTDISP, _S.DTHORAULTSAIDA, _S.DTULTSAIDA, _S.DTULTENT)


def find_all(connection: sa.Connection, filtro: FiltroDeEmbalagens) -> list[EmbalagemLida]:
    """The branch's packages, by product; the products alone when asked by product.

    With ``alterado_desde`` those whose stock row has a later date, whose product is in ``mexidos``, and every kit:
    more than asked rather than one too few.
    """
    source = (
        PCEMBALAGEM.join(PCPRODUT, _P.CODPROD == _E.CODPROD)
        .outerjoin(PCPRODFILIAL, sa.and_(_F.CODPROD == _E.CODPROD, _F.CODFILIAL == _E.CODFILIAL))
        .outerjoin(PCEST, sa.and_(_S.CODPROD == _E.CODPROD, _S.CODFILIAL == _E.CODFILIAL))
    )
    colunas = [_E.CODPROD, _E.CODAUXILIAR] if filtro.por_embalagem else [_E.CODPROD]
    query = sa.select(*colunas).select_from(source).where(_E.CODFILIAL == filtro.filial)
    if filtro.revenda is not None:
        query = query.where(sa.func.coalesce(_F.REVENDA, _P.REVENDA, "S") == filtro.revenda)
    if filtro.tipos is not None:
        query = query.where(any_of(sa.func.coalesce(_P.TIPOMERC, TIPO_COMUM), sorted(filtro.tipos)))
    if filtro.alterado_desde is not None:
        dia = filtro.alterado_desde.replace(hour=0, minute=0, second=0, microsecond=0)
        query = query.where(
            sa.or_(
                *[sa.or_(data >= filtro.alterado_desde, data == dia) for data in _DATAS],
                _P.TIPOMERC.in_(sorted(TIPOS_DE_KIT)),
                any_of(_E.CODPROD, sorted(filtro.mexidos)),
            )
        )
    if not filtro.por_embalagem:
        query = query.distinct()
    query = query.order_by(*colunas).offset(filtro.pular).limit(filtro.limite)
    return [EmbalagemLida(*row) for row in connection.execute(query)]


def mexidos(connection: sa.Connection, filial: str, desde: dt.datetime) -> dict[int, dt.datetime]:
    """Products of a branch's stock that a reservation changed since ``desde``, with the last time; UTC without zone."""
    r, i, c = GW_RESERVA.c, PCPEDI.c, PCPEDICESTA.c
    da_filial = sa.func.coalesce(i.CODFILIALRETIRA, PCPEDC.c.CODFILIAL) == filial
    base = GW_RESERVA.join(PCPEDC, PCPEDC.c.NUMPED == r.NUMPED).join(PCPEDI, i.NUMPED == r.NUMPED)
    do_kit = sa.and_(c.NUMPED == i.NUMPED, c.CODPROD == i.CODPROD, c.NUMSEQ == i.NUMSEQ)
    linhas = sa.select(i.CODPROD.label("CODPROD"), r.DTALTERACAO).select_from(base)
    partes = sa.select(c.CODPRODMP.label("CODPROD"), r.DTALTERACAO).select_from(base.join(PCPEDICESTA, do_kit))
    filtradas = [query.where(r.DTALTERACAO >= desde, da_filial) for query in (linhas, partes)]
    ultimas: dict[int, dt.datetime] = {}
    for row in connection.execute(sa.union(*filtradas)):
        ultimas[row.CODPROD] = max(ultimas.get(row.CODPROD, row.DTALTERACAO), row.DTALTERACAO)
    return ultimas


def ultimas_datas(connection: sa.Connection, filial: str, codprods: Collection[int]) -> dict[int, dt.datetime]:
    """The last change of each stock row that WinThor itself noted, by the ERP's clock."""
    if not codprods:
        return {}
    query = sa.select(_S.CODPROD, *_DATAS).where(_S.CODFILIAL == filial, any_of(_S.CODPROD, sorted(codprods)))
    achadas: dict[int, dt.datetime] = {}
    for codprod, *datas in connection.execute(query):
        conhecidas = [data for data in datas if data is not None]
        if conhecidas:
            achadas[codprod] = max(conhecidas)
    return achadas


def descricoes(connection: sa.Connection, codprods: Collection[int]) -> dict[int, str]:
    """PCPRODUT.DESCRICAO of each product that exists."""
    if not codprods:
        return {}
    rows = connection.execute(sa.select(_P.CODPROD, _P.DESCRICAO).where(any_of(_P.CODPROD, sorted(set(codprods)))))
    return {row.CODPROD: row.DESCRICAO or "" for row in rows}


def reservados(connection: sa.Connection, filiais: Collection[str] | None, limite: int) -> list[ReservadoLido]:
    """Stock rows with something reserved, the most reserved first."""
    query = _LINHAS.where(_S.QTRESERV > 0).order_by(_S.QTRESERV.desc(), _S.CODFILIAL, _S.CODPROD).limit(limite)
    return _reservados(connection, query, filiais)


def dos_produtos(
    connection: sa.Connection, filiais: Collection[str] | None, codprods: Collection[int]
) -> list[ReservadoLido]:
    """The stock rows of products, by product and branch."""
    if not codprods:
        return []
    query = _LINHAS.where(any_of(_S.CODPROD, sorted(set(codprods)))).order_by(_S.CODPROD, _S.CODFILIAL)
    return _reservados(connection, query, filiais)


_LINHAS = sa.select(_S.CODFILIAL, _S.CODPROD, _P.DESCRICAO, _S.QTESTGER, _S.QTRESERV, _S.QTBLOQUEADA).select_from(
    PCEST.outerjoin(PCPRODUT, _P.CODPROD == _S.CODPROD)
)


def _reservados(
    connection: sa.Connection, query: sa.Select[Any], filiais: Collection[str] | None
) -> list[ReservadoLido]:
    if filiais is not None:
        query = query.where(any_of(_S.CODFILIAL, sorted(filiais)))
    return [
        ReservadoLido(filial, codprod, descricao or "", *[quantia or ZERO for quantia in quantias])
        for filial, codprod, descricao, *quantias in connection.execute(query)
    ]


def pelo_nome(connection: sa.Connection, palavras: Sequence[str], limite: int) -> list[int]:
    """Products whose name has every one of these parts, upper or lower case, by their name."""
    nome = sa.func.upper(_P.DESCRICAO)
    partes = [nome.contains(palavra.upper(), autoescape=True) for palavra in palavras]
    rows = connection.execute(sa.select(_P.CODPROD).where(*partes).order_by(_P.DESCRICAO, _P.CODPROD).limit(limite))
    return [row.CODPROD for row in rows]


def pelo_auxiliar(connection: sa.Connection, codauxiliar: int) -> list[int]:
    """Products of which a package has this code, or bar code."""
    query = sa.select(_E.CODPROD).where(_E.CODAUXILIAR == codauxiliar).distinct().order_by(_E.CODPROD).limit(8)
    return [row.CODPROD for row in connection.execute(query)]
