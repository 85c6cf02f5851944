"""How many packages of a product may be sold now: what a reservation would accept, told beforehand (R3–R5). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave, RegraDeEstoque, Saldo, planejar
from app.domain.itens import ComponenteMestre, Produto
from app.domain.medida import em_passos, para_baixo, passo_inteiro

NADA = Fraction()


@dataclass(frozen=True, slots=True)
class Disponivel:
    """Base units that may be sold of a product in a branch, exact. ``motivo``: why there are none, None when nothing
    forbids.

    ``limitante``: of a kit, the product whose stock sets the limit. ``passo``: what is sold is a multiple of it, None
    where any fraction may be.
    """

    unidades: Fraction = NADA
    motivo: str | None = None
    limitante: int | None = None
    passo: Fraction | None = None

    def em_embalagens(self, qtunit: Decimal) -> Decimal:
        """The units as packages of ``qtunit``: whole ones, of whole units, unless fractions may be sold; never rounded
        up."""
        return em_embalagens(self.unidades, qtunit, self.passo)


@dataclass(frozen=True, slots=True)
class Limite:
    """How many kits one product's stock gives: ``kits`` whole or broken, ``por_kit`` base units in one kit; exact."""

    codprod: int
    por_kit: Fraction
    disponivel: Decimal
    kits: Fraction


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
        return Disponivel(motivo=f"O produto {produto.codprod} não pode ser vendido: {produto.impedimento}.")
    if produto.kit and (impedido := _impedimento_do_kit(produto, composicao)):
        return Disponivel(motivo=impedido)
    limites = limites_do_produto(filial, produto, composicao, saldos, regra)
    menor = min(limites, key=lambda limite: limite.kits)
    if (filial, menor.codprod) not in saldos:
        motivo = f"O produto {menor.codprod} não tem estoque na filial {filial}."
        return Disponivel(motivo=motivo, limitante=menor.codprod)
    limitante = menor.codprod if produto.kit else None
    return Disponivel(menor.kits, None, limitante, passo_do_produto(produto, composicao))


def passo_do_produto(produto: Produto, composicao: Sequence[ComponenteMestre]) -> Fraction | None:
    """What is sold of a product is a multiple of it: whole units of it and of each component, unless fractions may be
    sold of all; None then."""
    partes = [] if produto.aceita_fracao else [Fraction(1)]
    if produto.kit:
        inteiros = {parte.produto.codprod for parte in composicao if not parte.produto.aceita_fracao}
        partes += [quanto for codprod, quanto in _por_kit(composicao).items() if codprod in inteiros and quanto]
    # Packages stay whole as soon as one of the products does.
    return passo_inteiro([Fraction(1), *partes]) if partes else None


def limites_do_produto(
    filial: str,
    produto: Produto,
    composicao: Sequence[ComponenteMestre],
    saldos: Mapping[Chave, Saldo],
    regra: RegraDeEstoque,
) -> list[Limite]:
    """What each stock row that decides on the product gives, in the product's own units."""
    por_kit = _por_kit(composicao)
    limites: dict[int, Limite] = {}
    chaves = chaves_de(filial, produto, composicao, regra.modo_kit)
    lidos = {chave: saldos[chave] for chave in chaves if chave in saldos}
    livres = planejar(lidos, regra).livres
    for chave in chaves:
        codprod = chave[1]
        quanto = por_kit.get(codprod, Fraction(1)) if codprod != produto.codprod else Fraction(1)
        livre = max(livres.get(chave, ZERO), ZERO)
        limites[codprod] = Limite(codprod, quanto, livre, Fraction(livre) / quanto if quanto > 0 else NADA)
    return list(limites.values())


def _por_kit(composicao: Sequence[ComponenteMestre]) -> dict[int, Fraction]:
    """Base units of each product in one kit."""
    soma: dict[int, Fraction] = {}
    for parte in composicao:
        soma[parte.produto.codprod] = soma.get(parte.produto.codprod, NADA) + Fraction(parte.qtmp)
    return soma


def _impedimento_do_kit(produto: Produto, composicao: Sequence[ComponenteMestre]) -> str | None:
    if not composicao:
        return f"O kit {produto.codprod} não tem composição."
    for parte in composicao:
        if parte.produto.impedimento or parte.produto.kit or parte.qtmp <= 0:
            return f"O componente {parte.produto.codprod} do kit {produto.codprod} não pode ser vendido."
    return None


def em_embalagens(unidades: Fraction, qtunit: Decimal, passo: Fraction | None) -> Decimal:
    """Units as packages of ``qtunit``: whole ones that hold a multiple of ``passo``, where there is one."""
    if qtunit <= 0:
        return ZERO
    embalagens = unidades / Fraction(qtunit)
    if passo is None:
        return para_baixo(embalagens)
    # So many packages hold the next multiple.
    juntas = Fraction((Fraction(qtunit) / passo).denominator)
    return Decimal(int(em_passos(embalagens, juntas)))
