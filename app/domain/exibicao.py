"""How stored goods are shown to a point of sale: so that they are accepted back and compare equal (§4.2). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.domain.dinheiro import CENTAVO, CONTEXTO, MICRO, arredondar
from app.domain.itens import Embalagem
from app.domain.linhas import SEM_EMBALAGEM
from app.domain.medida import arredondada
from app.domain.pre_venda import IdProduto

# Prices are read with six decimals at the most (§4.2), and shown with as few as say them.
CASAS_DE_PRECO = [CENTAVO, Decimal("0.001"), Decimal("0.0001"), Decimal("0.00001"), MICRO]

UMA = Decimal(1)


@dataclass(frozen=True, slots=True)
class Guardada:
    """Goods as their row holds them: ``qt`` base units at ``pvenda`` each, from packages of ``qtunitemb``."""

    codprod: int
    codauxiliar: int | None
    qtunitemb: Decimal
    qt: Decimal
    pvenda: Decimal


@dataclass(frozen=True, slots=True)
class Exibida:
    """The same in packages of a unit that a point of sale sends: ``preco`` per package."""

    produto: IdProduto
    quantidade: Decimal
    preco: Decimal


def exibir(guardada: Guardada, embalagens: Mapping[int, Embalagem], *, converte: bool) -> Exibida:
    """The goods in their own package, or in base units, or in another package that says quantity and price exactly.

    ``embalagens``: those of the product in the selling branch now; one that is not active there would not be accepted.
    Where no package says them exactly, their own does as nearly as six decimals come, and means the same (R3). What
    has no package at all is shown in base units with the auxiliary code 0. ``converte``: whether rows hold base units.
    """
    for codauxiliar, fator in _candidatas(guardada, embalagens.values(), converte=converte):
        exata = _em_embalagens(guardada, fator)
        if exata is not None:
            return Exibida(IdProduto(codauxiliar, guardada.codprod), *exata)
    fator = guardada.qtunitemb if converte and guardada.codauxiliar is not None else UMA
    produto = IdProduto(guardada.codauxiliar or SEM_EMBALAGEM, guardada.codprod)
    quantidade = arredondada(Fraction(guardada.qt) / Fraction(fator))
    return Exibida(produto, quantidade, arredondar(CONTEXTO.multiply(guardada.pvenda, fator), MICRO))


def _candidatas(
    guardada: Guardada, embalagens: Iterable[Embalagem], *, converte: bool
) -> Iterator[tuple[int, Decimal]]:
    """Auxiliary codes and the units in their packages, the best first."""
    ativas = {e.codauxiliar: e.qtunit for e in embalagens if e.ativa and e.qtunit > 0}
    propria = guardada.codauxiliar
    if not converte:
        yield from ((aux, UMA) for aux in sorted(ativas, key=lambda aux: (aux != propria, ativas[aux] != UMA, aux)))
    else:
        # A package that was changed since says something else now.
        if propria is not None and ativas.get(propria) == guardada.qtunitemb:
            yield propria, guardada.qtunitemb
        yield from sorted(ativas.items(), key=lambda par: (par[1] != UMA, par[1], par[0]))
    if propria is not None:
        yield propria, guardada.qtunitemb if converte else UMA


def _em_embalagens(guardada: Guardada, fator: Decimal) -> tuple[Decimal, Decimal] | None:
    """Quantity and price in packages of ``fator``, None where six decimals do not say them."""
    quantidade = Fraction(guardada.qt) / Fraction(fator)
    preco = CONTEXTO.multiply(guardada.pvenda, fator)
    if (quantidade * 10**6).denominator != 1:
        return None
    for casas in CASAS_DE_PRECO:
        curto = arredondar(preco, casas)
        if arredondar(CONTEXTO.divide(curto, fator), MICRO) == guardada.pvenda:
            return arredondada(quantidade), curto
    return None
