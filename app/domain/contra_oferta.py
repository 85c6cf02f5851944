"""What could still be sold when a pre-sale is short: the quantities that fit the stock, in the POS's units. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal

from app.domain.dinheiro import CONTEXTO, MICRO, ZERO
from app.domain.estoque import Chave, somar_necessidades
from app.domain.itens import Linha


def oferecer(linhas: Sequence[Linha], livre: Mapping[Chave, Decimal], modo_kit: str) -> dict[int, Decimal]:
    """Quantity of each item (by its index) that the free stock can give, items served in their order.

    ``livre``: available units of each stock row; a key that is missing has none. Whole packages where the product
    takes no fractions; 0 = nothing of it.
    """
    resto = dict(livre)
    oferta: dict[int, Decimal] = {}
    for linha in linhas:
        pedida = linha.item.quantidade or Decimal(1)
        necessidade = somar_necessidades([linha], modo_kit)
        cabe = pedida
        for chave, quantidade in necessidade.items():
            por_embalagem = CONTEXTO.divide(quantidade, pedida)
            cabe = min(cabe, CONTEXTO.divide(max(resto.get(chave, ZERO), ZERO), por_embalagem))
        inteira = not linha.produto.aceita_fracao
        cabe = cabe if cabe == pedida else cabe.quantize(Decimal(1) if inteira else MICRO, ROUND_FLOOR, CONTEXTO)
        for chave, quantidade in necessidade.items():
            usada = CONTEXTO.multiply(CONTEXTO.divide(quantidade, pedida), cabe)
            resto[chave] = resto.get(chave, ZERO) - usada
        oferta[linha.indice] = cabe
    return oferta
