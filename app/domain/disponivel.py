"""How many packages of a product may be sold now: what a reservation would accept, told beforehand (R3–R5). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from app.domain.dinheiro import CONTEXTO, MICRO, ZERO
from app.domain.estoque import Chave, RegraDeEstoque, Saldo, planejar
from app.domain.itens import ComponenteMestre, Produto


@dataclass(frozen=True, slots=True)
class Disponivel:
    """Base units that may be sold of a product in a branch. ``motivo``: why there are none, None when nothing forbids.

    ``limitante``: of a kit, the product whose stock sets the limit.
    """

    unidades: Decimal
    motivo: str | None = None
    limitante: int | None = None


@dataclass(frozen=True, slots=True)
class Limite:
    """How many kits one product's stock gives: ``kits`` whole or broken, ``por_kit`` base units in one kit."""

    codprod: int
    por_kit: Decimal
    disponivel: Decimal
    kits: Decimal


def chaves_de(filial: str, produto: Produto, composicao: Sequence[ComponenteMestre], modo_kit: str) -> list[Chave]:
    """The stock rows that decide on a product: its own, or those its kit mode reserves on."""
    if not produto.kit:
        return [(filial, produto.codprod)]
    proprias = [produto.codprod] if modo_kit in {"header", "both"} else []
    partes = [parte.produto.codprod for parte in composicao] if modo_kit in {"components", "both"} else []
    return [(filial, codprod) for codprod in (*proprias, *partes)]


def disponivel_do_produto(
    filial: str,
    produto: Produto,
    composicao: Sequence[ComponenteMestre],
    saldos: Mapping[Chave, Saldo],
    regra: RegraDeEstoque,
) -> Disponivel:
    """Base units of a product, or kits of a kit, that a reservation would accept now."""
    if produto.impedimento:
        return Disponivel(ZERO, f"O produto {produto.codprod} não pode ser vendido: {produto.impedimento}.")
    if produto.kit and (impedido := _impedimento_do_kit(produto, composicao)):
        return Disponivel(ZERO, impedido)
    limites = limites_do_produto(filial, produto, composicao, saldos, regra)
    menor = min(limites, key=lambda limite: limite.kits)
    if (filial, menor.codprod) not in saldos:
        return Disponivel(ZERO, f"O produto {menor.codprod} não tem estoque na filial {filial}.", menor.codprod)
    return Disponivel(menor.kits, None, menor.codprod if produto.kit else None)


def limites_do_produto(
    filial: str,
    produto: Produto,
    composicao: Sequence[ComponenteMestre],
    saldos: Mapping[Chave, Saldo],
    regra: RegraDeEstoque,
) -> list[Limite]:
    """What each stock row that decides on the product gives, in the product's own units."""
    por_kit: dict[int, Decimal] = {}
    for parte in composicao:
        por_kit[parte.produto.codprod] = por_kit.get(parte.produto.codprod, ZERO) + parte.qtmp
    limites: dict[int, Limite] = {}
    chaves = chaves_de(filial, produto, composicao, regra.modo_kit)
    livres = planejar({chave: saldos[chave] for chave in chaves if chave in saldos}, regra).livres
    for chave in chaves:
        codprod = chave[1]
        quanto = por_kit.get(codprod, Decimal(1)) if codprod != produto.codprod else Decimal(1)
        livre = max(livres.get(chave, ZERO), ZERO)
        kits = _para_baixo(CONTEXTO.divide(livre, quanto)) if quanto > 0 else ZERO
        limites[codprod] = Limite(codprod, quanto, livre, kits)
    return list(limites.values())


def _impedimento_do_kit(produto: Produto, composicao: Sequence[ComponenteMestre]) -> str | None:
    if not composicao:
        return f"O kit {produto.codprod} não tem composição."
    for parte in composicao:
        if parte.produto.impedimento or parte.produto.kit or parte.qtmp <= 0:
            return f"O componente {parte.produto.codprod} do kit {produto.codprod} não pode ser vendido."
    return None


def em_embalagens(unidades: Decimal, qtunit: Decimal, *, fracao: bool) -> Decimal:
    """Units as packages of ``qtunit``: whole ones, unless the product may be sold in fractions; never rounded up."""
    if qtunit <= 0:
        return ZERO
    embalagens = _para_baixo(CONTEXTO.divide(unidades, qtunit))
    return embalagens if fracao else embalagens.to_integral_value(ROUND_FLOOR)


def _para_baixo(valor: Decimal) -> Decimal:
    return valor.quantize(MICRO, ROUND_FLOOR, CONTEXTO)
