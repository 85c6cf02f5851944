"""What holds stock: which orders, and which of their lines, PCEST.QTRESERV counts (R19, R23, R24). Pure.

The one table. Holders, conciliation, release and the doctor read it here, or as SQL in ``app.winthor.retencao``.

| of the order | value | QTRESERV counts | source |
|---|---|---|---|
| PCPEDC.NUMTRANSVENDA | filled | nothing: invoiced, whatever POSICAO says | invoicing lowers QTRESERV with QTESTGER |
| PCPEDC.POSICAO | L, M | its lines, by the rows below | availability as WinThor computes it takes both alike |
| | P, B | nothing: WinThor raises QTRESERV when it releases the order | tools that release orders add it then |
| | F, C, any other, no order | nothing: invoiced, cancelled, not released | the same |
| separation | NUMCAR, a stamp, a load | as before: picked goods are held until the invoice | L to M leaves QTRESERV |
| PCPEDC.CONDVENDA | NULL | as 1 | the column's age |
| | 1, 5, 10, 11, 13, 14, 20 … | every line; a site lists its own (PREVENDA_CONDVENDA_RETEM) | the list of sale types |
| | 8 | every line: a delivery is made in position L and holds its goods | vendor's handbook of TV7 and TV8 |
| | 7 without an 8 | every line where parameter 2542 is on in its branch, else nothing | the same |
| | 7 with an 8 (NUMPEDENTFUT) | only what leaves at once: the 8s hold the rest | units change owner at the split |
| PCPEDI.POSICAO | C | nothing: the line was cut and its units given back | cutting lowers QTRESERV |
| PCPEDI.TIPOENTREGA | RP, EN, EF | of a 7 with an 8: nothing, an 8 holds it | deliveries are made by these types |
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

POSICOES_QUE_RETEM = frozenset({"L", "M"})
LINHA_CORTADA = "C"
VENDA_NORMAL, ENTREGA_FUTURA, SIMPLES_ENTREGA = 1, 7, 8
# PCPEDI.TIPOENTREGA of what leaves by a delivery of its own; the rest leaves at once.
A_ENTREGAR = frozenset({"RP", "EN", "EF"})


class Retencao(enum.Enum):
    """What of an order QTRESERV counts."""

    TUDO = "every line that was not cut"
    SO_IMEDIATAS = "those of its lines that leave at once: deliveries of its own hold the others"
    NADA = "nothing"


@dataclass(frozen=True, slots=True)
class RegraDeRetencao:
    """What the site decides of the table.

    ``condvenda``: the sale types that hold stock, empty = every one; 7 is not asked there. ``futura``: whether a 7
    without deliveries holds (parameter 2542), but for the branches ``futura_ao_contrario``, where it is the other way.
    ``modo_kit``: how the kits of orders without a GW_ row are counted (R5).
    """

    condvenda: frozenset[int] = frozenset()
    futura: bool = False
    futura_ao_contrario: frozenset[str] = frozenset()
    modo_kit: str = "components"

    def futura_retem(self, filial: str) -> bool:
        """Whether an order for future delivery holds its goods in the branch that sold it."""
        return self.futura != (filial in self.futura_ao_contrario)


@dataclass(frozen=True, slots=True)
class PedidoNoEstoque:
    """What of an order decides whether it holds stock. ``filial``: the branch that sold; ``faturado``: NUMTRANSVENDA is
    filled; ``dividido``: an order of sale type 8 names it by NUMPEDENTFUT."""

    filial: str
    posicao: str | None
    faturado: bool = False
    condvenda: int | None = VENDA_NORMAL
    dividido: bool = False


def retencao(regra: RegraDeRetencao, pedido: PedidoNoEstoque) -> Retencao:
    """What of the order QTRESERV should count."""
    if pedido.faturado or pedido.posicao not in POSICOES_QUE_RETEM:
        return Retencao.NADA
    condvenda = VENDA_NORMAL if pedido.condvenda is None else pedido.condvenda
    if condvenda == ENTREGA_FUTURA:
        if pedido.dividido:
            return Retencao.SO_IMEDIATAS
        return Retencao.TUDO if regra.futura_retem(pedido.filial) else Retencao.NADA
    return Retencao.TUDO if not regra.condvenda or condvenda in regra.condvenda else Retencao.NADA


def linha_retem(retida: Retencao, posicao: str | None, tipo_entrega: str | None) -> bool:
    """Whether a line (PCPEDI.POSICAO, TIPOENTREGA) of such an order is counted in QTRESERV."""
    if retida is Retencao.NADA or posicao == LINHA_CORTADA:
        return False
    return retida is Retencao.TUDO or tipo_entrega not in A_ENTREGAR
