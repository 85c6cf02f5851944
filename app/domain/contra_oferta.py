"""What could still be sold when a pre-sale is short: the quantities that fit the stock, in the POS's units. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave, por_embalagem, somar_necessidades
from app.domain.itens import Linha
from app.domain.medida import em_passos, para_baixo, para_cima, passo_inteiro


def oferecer(linhas: Sequence[Linha], livre: Mapping[Chave, Decimal], modo_kit: str) -> dict[int, Decimal]:
    """Quantity of each item (by its index) that the free stock can give, items served in their order.

    ``livre``: available units of each stock row; a key that is missing has none. Whole packages, of whole units, where
    the product or a component takes no fractions; 0 = nothing of it.
    """
    resto = {chave: para_baixo(unidades) for chave, unidades in livre.items()}
    oferta: dict[int, Decimal] = {}
    for linha in linhas:
        oferecida, usadas = linha.item.quantidade or Decimal(1), somar_necessidades([linha], modo_kit)
        if any(quantidade > resto.get(chave, ZERO) for chave, quantidade in usadas.items()):
            precisa = por_embalagem(linha, modo_kit)
            cabe = min(Fraction(max(resto.get(chave, ZERO), ZERO)) / q for chave, q in precisa.items())
            oferecida = vendavel(linha, cabe)
            usadas = {chave: para_cima(quantidade * Fraction(oferecida)) for chave, quantidade in precisa.items()}
        for chave, quantidade in usadas.items():
            resto[chave] = resto.get(chave, ZERO) - quantidade
        oferta[linha.indice] = oferecida
    return oferta


def vendavel(linha: Linha, cabe: Fraction) -> Decimal:
    """The greatest number of the line's packages that may be sold and is not above."""
    por_pacote = Fraction(linha.exata) / Fraction(linha.item.quantidade or 1)
    partes = [(linha.produto, por_pacote), *((c.produto, por_pacote * c.por_kit) for c in linha.componentes)]
    inteiras = [quantidade for produto, quantidade in partes if not produto.aceita_fracao]
    if not inteiras:
        return para_baixo(cabe)
    return Decimal(int(em_passos(cabe, passo_inteiro([Fraction(1), *inteiras]))))
