"""What shows that WinThor is picking an order, or has: a load, or a stamp in the columns that a release has (R24).

A release that lacks a stamp's column reads as one that never fills it: which columns there are is told to the engine
once, at the start.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.winthor.db.faults import Falha
from app.winthor.db.transaction import Database
from app.winthor.esquema.catalogo import Catalogo
from app.winthor.esquema.tables import PCPEDC

_P = PCPEDC.c
# Filled when picking or checking begins or ends; of the numbers, 0 is not filled.
DATAS = (_P.DTINICIALSEP, _P.DTFINALSEP, _P.DTINICIALCHECKOUT, _P.DTFINALCHECKOUT)
NUMEROS = (_P.NUMVIASMAPASEP, _P.CODFUNCSEP, _P.CODFUNCCONF)
_SEM = "prevenda_sem_carimbos"


class SeHouver(FunctionElement[Any]):
    """A column of PCPEDC, NULL where the site's release has none of that name."""

    inherit_cache = True
    name = "se_houver"

    def __init__(self, coluna: sa.Column[Any]) -> None:
        self.type = coluna.type
        super().__init__(coluna)


@compiles(SeHouver)
def _se_houver(element: SeHouver, compiler: SQLCompiler, **kwargs: Any) -> str:
    (coluna,) = element.clauses
    if getattr(coluna, "name", "") in sem_carimbos(compiler.dialect):
        return f"CAST(NULL AS {compiler.dialect.type_compiler_instance.process(element.type)})"
    return compiler.process(coluna, **kwargs)


_UM, _ZERO = sa.literal_column("1", sa.Integer()), sa.literal_column("0", sa.Integer())


def _tem_carimbo(pedido: Any) -> sa.ColumnElement[bool]:
    return sa.or_(
        *[SeHouver(pedido[coluna.name]).is_not(None) for coluna in DATAS],
        *[sa.func.coalesce(SeHouver(pedido[coluna.name]), _ZERO) > _ZERO for coluna in NUMEROS],
    )


def separado(pedido: Any) -> sa.Case[int]:
    """1 of an order that is in a load or has a stamp, else 0; ``pedido``: the columns of PCPEDC, or of an alias."""
    em_carga = sa.func.coalesce(pedido.NUMCAR, _ZERO) > _ZERO
    return sa.case((sa.or_(em_carga, _tem_carimbo(pedido)), _UM), else_=_ZERO)


# 1 of an order with any stamp; 1 of one that is in a load or has a stamp; else 0.
CARIMBADO = sa.case((_tem_carimbo(_P), _UM), else_=_ZERO)
EM_CARGA = sa.func.coalesce(_P.NUMCAR, _ZERO) > _ZERO
SEPARADO = separado(_P)


def sem_carimbos(dialect: sa.Dialect) -> frozenset[str]:
    """The stamps that the engine's site lacks, as it was told."""
    nomes: frozenset[str] = getattr(dialect, _SEM, frozenset())
    return nomes


def conhecer(db: Database, site: Catalogo) -> None:
    """Tell the engine which stamps the site's release lacks; before any statement that asks for them."""
    setattr(db.engine.dialect, _SEM, frozenset(colunas_que_faltam(db, site)))


def colunas_que_faltam(db: Database, site: Catalogo) -> list[str]:
    """Those the catalog does not show; where it may not be read, those that cannot be selected."""
    nomes = [str(coluna.name) for coluna in (*DATAS, *NUMEROS)]
    reais: Collection[str] | None = site.tabelas.get("PCPEDC")
    return [nome for nome in nomes if not (_selecionavel(db, nome) if reais is None else nome in reais)]


def _selecionavel(db: Database, nome: str) -> bool:
    nada = sa.literal_column("1") == sa.literal_column("0")
    try:
        with db.read() as connection:
            connection.execute(sa.select(_P[nome]).where(nada))
    except Falha:
        return False
    return True
