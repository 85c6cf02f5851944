"""What could still be sold when a pre-sale is short: the quantities that fit the stock, in the POS's units. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from app.domain.dinheiro import CONTEXTO, MICRO, ZERO
from app.domain.estoque import Chave, somar_necessidades
from app.domain.itens import Linha


def oferecer(linhas: Sequence[Linha], livre: Mapping[Chave, Decimal], modo_kit: str) -> dict[int, Decimal]:
    """Quantity of each item (by its index) that the free stock can give, items served in their order.

    ``livre``: available units of each stock row; a key that is missing has none. Whole packages where the product
    or a component takes no fractions; 0 = nothing of it.
    """
    resto = dict(livre)
    oferta: dict[int, Decimal] = {}
    for linha in linhas:
        pedida = linha.item.quantidade or Decimal(1)
        necessidade = somar_necessidades([linha], modo_kit)
        cabe = pedida
        for chave, quantidade in necessidade.items():
            # Multiplied before it is divided, so that what comes out even is exact.
            tem = CONTEXTO.multiply(max(resto.get(chave, ZERO), ZERO), pedida)
            cabe = min(cabe, CONTEXTO.divide(tem, quantidade))
        if cabe != pedida:
            cabe = cabe.quantize(Decimal(1) if _so_inteira(linha) else MICRO, ROUND_FLOOR, CONTEXTO)
        for chave, quantidade in necessidade.items():
            usada = quantidade
            if cabe != pedida:
                # Up, as the line may be rounded when it comes again.
                parte = CONTEXTO.divide(CONTEXTO.multiply(quantidade, cabe), pedida)
                usada = parte.quantize(MICRO, ROUND_CEILING, CONTEXTO)
            resto[chave] = resto.get(chave, ZERO) - usada
        oferta[linha.indice] = cabe
    return oferta


def _so_inteira(linha: Linha) -> bool:
    produtos = (linha.produto, *(componente.produto for componente in linha.componentes))
    return not all(produto.aceita_fracao for produto in produtos)
