"""The table of what holds stock (app.domain.retencao) as conditions of a statement, and the units it gives."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.domain.retencao import (
    A_ENTREGAR,
    ENTREGA_FUTURA,
    LINHA_CORTADA,
    POSICOES_QUE_RETEM,
    SIMPLES_ENTREGA,
    VENDA_NORMAL,
    RegraDeRetencao,
)
from app.winthor.db.lists import any_of
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC, PCPEDI, PCPEDICESTA

_P, _I, _C = PCPEDC.c, PCPEDI.c, PCPEDICESTA.c
_CONDVENDA = sa.func.coalesce(_P.CONDVENDA, VENDA_NORMAL)
_FUTURA = _CONDVENDA == ENTREGA_FUTURA
_ENTREGA = PCPEDC.alias("ENTREGA")
_TEM_ENTREGA = sa.exists(
    sa.select(sa.literal_column("1"))
    .select_from(_ENTREGA)
    .where(_ENTREGA.c.NUMPEDENTFUT == _P.NUMPED, _ENTREGA.c.CONDVENDA == SIMPLES_ENTREGA)
    .correlate(PCPEDC)
)
# A delivery made by the gateway belongs to the reservation of its sale.
VENDA = GW_ENTREGA.alias("VENDA")
DA_RESERVA_DA_VENDA = GW_RESERVA.c.NUMPED == sa.func.coalesce(VENDA.c.NUMPED_TV7, _P.NUMPED)
_SUA_VENDA = (
    sa.select(GW_ENTREGA.c.NUMPED_TV7).where(GW_ENTREGA.c.NUMPED_TV8 == _P.NUMPED).correlate(PCPEDC).scalar_subquery()
)
_MODO_DA_RESERVA = (
    sa.select(GW_RESERVA.c.MODO_KIT)
    .where(GW_RESERVA.c.NUMPED == sa.func.coalesce(_SUA_VENDA, _P.NUMPED))
    .correlate(PCPEDC)
    .scalar_subquery()
)
_UM, _ZERO = sa.literal_column("1", sa.Integer()), sa.literal_column("0", sa.Integer())
_SE_TEM_ENTREGA = sa.case((_TEM_ENTREGA, _UM), else_=_ZERO)
_SE_NAO_TEM_ENTREGA = sa.case((_TEM_ENTREGA, _ZERO), else_=_UM)
# 1 of a 7 that has deliveries, else 0; of other orders nothing is looked up.
DIVIDIDO = sa.case((_FUTURA, _SE_TEM_ENTREGA), else_=_ZERO)
NAO_CORTADA = sa.func.coalesce(_I.POSICAO, "L") != LINHA_CORTADA
_SAI_NA_HORA = sa.func.coalesce(_I.TIPOENTREGA, "RI").not_in(sorted(A_ENTREGAR))
NO_ESTOQUE = sa.and_(_P.POSICAO.in_(sorted(POSICOES_QUE_RETEM)), sa.func.coalesce(_P.NUMTRANSVENDA, 0) == 0)

# The same, as a planner knows how many they are: for what looks through all of them.
TODO_O_ESTOQUE = sa.and_(
    _P.POSICAO.in_(sorted(POSICOES_QUE_RETEM)), sa.or_(_P.NUMTRANSVENDA.is_(None), _P.NUMTRANSVENDA == 0)
)


def linha_retida(regra: RegraDeRetencao) -> sa.ColumnElement[bool]:
    """Whether QTRESERV should count a line of PCPEDI, whose order in PCPEDC is joined."""
    return sa.and_(NO_ESTOQUE, NAO_CORTADA, pode_reter(regra))


def pode_reter(regra: RegraDeRetencao) -> sa.ColumnElement[bool]:
    """Whether a line is one that holds stock while its order lives."""
    return _pelo_tipo(regra) == _UM


def _pelo_tipo(regra: RegraDeRetencao) -> sa.ColumnElement[int]:
    """1 where the sale type lets the line hold stock. A delivery is looked for only of a 7, and last."""
    outra = sa.not_(_FUTURA)
    casos: list[tuple[sa.ColumnElement[bool], Any]] = [(outra, _UM)]
    if regra.condvenda:
        casos = [(sa.and_(outra, any_of(_CONDVENDA, sorted(regra.condvenda))), _UM), (outra, _ZERO)]
    das_excecoes = any_of(_P.CODFILIAL, sorted(regra.futura_ao_contrario))
    if regra.futura_ao_contrario:
        retem = sa.not_(das_excecoes) if regra.futura else das_excecoes
        casos += [(sa.and_(retem, _SAI_NA_HORA), _UM), (retem, _SE_NAO_TEM_ENTREGA)]
    elif regra.futura:
        casos += [(_SAI_NA_HORA, _UM), (_FUTURA, _SE_NAO_TEM_ENTREGA)]
    return sa.case(*casos, (_SAI_NA_HORA, _SE_TEM_ENTREGA), else_=_ZERO)


def escrita(quantidade: sa.ColumnElement[Any]) -> sa.Label[Any]:
    """QT; a line on which somebody has left the quantity empty holds nothing, and spoils no sum."""
    return sa.func.coalesce(quantidade, _ZERO, type_=_I.QT.type).label("QT")


def unidades_vivas(regra: RegraDeRetencao) -> sa.CompoundSelect[Any]:
    """(NUMPED, FILIAL, CODPROD, QT) of every line that holds stock, whoever made its order, kits expanded by their
    mode: what QTRESERV should count (R19)."""
    return sa.union_all(*unidades(linha_retida(regra), regra))


def unidades(
    onde: sa.ColumnElement[bool], regra: RegraDeRetencao, *, com_preco: bool = False, da_reserva: bool = False
) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """(NUMPED, FILIAL, CODPROD, QT) of the lines ``onde``, with PVENDA per base unit if asked for: of what is counted
    as itself, and of what is counted by the parts of a kit. ``da_reserva``: ``onde`` asks for the reservation too."""
    # Looked up of a line that has parts, which few have.
    modo = sa.func.coalesce(_MODO_DA_RESERVA, regra.modo_kit)
    do_kit = sa.and_(_C.NUMPED == _I.NUMPED, _C.CODPROD == _I.CODPROD, _C.NUMSEQ == _I.NUMSEQ)
    tem_partes = sa.exists(sa.select(sa.literal_column("1")).select_from(PCPEDICESTA).where(do_kit))
    filial = sa.func.coalesce(_I.CODFILIALRETIRA, _P.CODFILIAL).label("FILIAL")
    base = PCPEDI.join(PCPEDC, _P.NUMPED == _I.NUMPED)
    if da_reserva:
        base = base.outerjoin(VENDA, VENDA.c.NUMPED_TV8 == _P.NUMPED).outerjoin(GW_RESERVA, DA_RESERVA_DA_VENDA)
    da_linha, da_parte = [_I.CODPROD.label("CODPROD"), escrita(_I.QT)], [_C.CODPRODMP.label("CODPROD")]
    da_parte.append(escrita(_C.QTMP * _I.QT))
    if com_preco:
        da_linha.append(_I.PVENDA.label("PVENDA"))
        da_parte.append(_C.PVENDA.label("PVENDA"))
    soltas = (
        sa.select(_I.NUMPED, filial, *da_linha)
        .select_from(base)
        .where(onde, sa.or_(sa.not_(tem_partes), modo != "components"))
    )
    em_kits = (
        sa.select(_I.NUMPED, filial, *da_parte)
        .select_from(base.join(PCPEDICESTA, do_kit))
        .where(onde, modo != "header")
    )
    return soltas, em_kits
