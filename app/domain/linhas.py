"""A line of an order as it is stored, and the units it holds. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.retencao import A_ENTREGAR

# The auxiliary code with which what is stored without a package is shown, in base units (§4.2).
SEM_EMBALAGEM = 0

# PCPEDI.TIPOENTREGA by the number of the contract (``entrega.tipoEntrega``): taken away at once, taken away later,
# delivered, made to order.
TIPOS_DE_ENTREGA = {0: "RI", 1: "RP", 2: "EN", 3: "EF"}


@dataclass(frozen=True, slots=True)
class Parte:
    """A component of a stored kit line: base units in one kit."""

    codprod: int
    codauxiliar: int | None
    qtunitemb: Decimal
    qtmp: Decimal
    pvenda: Decimal


@dataclass(frozen=True, slots=True)
class LinhaGravada:
    """A stored line, base units. ``filial``: the branch whose stock it holds; ``posicao``: PCPEDI.POSICAO;
    ``tipo_entrega``: PCPEDI.TIPOENTREGA; ``codusur``: its seller; ``perdesc``: its discount
    in percent; ``ptabela`` and ``custos`` (real, financial, of
    replacement, of accounting): R$ per unit."""

    numseq: int
    codprod: int
    codauxiliar: int | None
    qtunitemb: Decimal
    qt: Decimal
    pvenda: Decimal
    filial: str
    posicao: str | None
    partes: tuple[Parte, ...] = field(default=())
    tipo_entrega: str | None = None
    entrega: dt.date | None = None
    codusur: int | None = None
    ptabela: Decimal = ZERO
    custos: tuple[Decimal, ...] = ()
    perdesc: Decimal = ZERO

    @property
    def a_entregar(self) -> bool:
        """Whether it leaves by a delivery of its own (R23)."""
        return self.tipo_entrega in A_ENTREGAR


def unidades(linhas: Iterable[LinhaGravada], modo_kit: str) -> dict[Chave, Decimal]:
    """Base units the stored lines hold in each stock row, kits by the mode they were reserved in (R5, R10)."""
    soma: dict[Chave, Decimal] = {}

    def somar(filial: str, codprod: int, quantidade: Decimal) -> None:
        soma[(filial, codprod)] = soma.get((filial, codprod), ZERO) + quantidade

    for linha in linhas:
        if not linha.partes or modo_kit in {"header", "both"}:
            somar(linha.filial, linha.codprod, linha.qt)
        if linha.partes and modo_kit in {"components", "both"}:
            for parte in linha.partes:
                somar(linha.filial, parte.codprod, parte.qtmp * linha.qt)
    return dict(sorted(soma.items()))
