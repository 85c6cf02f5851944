"""Which branches the goods come from, against a plain model (R29)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave, RegraDeEstoque, somar_necessidades
from app.domain.filiais import escolher, preencher
from app.domain.itens import Linha, LinhaKit, Produto
from app.domain.pre_venda import Item

# On a machine that does other things too.
SEM_PRESSA = settings(deadline=None)
FILIAIS = ("1", "10", "2")
# Product, packages, units in one, whether it is a kit.
Pedido = tuple[int, int, int, bool]
Cesta = list[Pedido]
REGRA = RegraDeEstoque()


def produto(codprod: int) -> Produto:
    return Produto(codprod, "", None, aceita_fracao=False, impedimento=None)


def linha(indice: int, codprod: int, pacotes: int, qtunit: int, filial: str = "1", *, kit: bool = False) -> Linha:
    """A line of packages; a kit takes 2 of product 1 and 1 of product 2."""
    item = Item(
        campo=f"/preVendaItens/{indice}",
        produto=None,
        quantidade=Decimal(pacotes),
        preco=Decimal("9.99"),
        desconto=None,
        desconto_percentual=None,
        vendedor=None,
        filial_entrega=None,
        data_entrega=None,
        itens_kit=(),
        indice=indice,
    )
    partes = tuple(
        LinhaKit(produto(p), None, Decimal(1), Decimal(q), ZERO, n, None, Fraction(q))
        for n, (p, q) in enumerate(((1, 2), (2, 1)))
    )
    qt = Decimal(pacotes * qtunit)
    return Linha(
        indice=indice,
        numseq=indice + 1,
        item=item,
        produto=produto(codprod),
        codauxiliar=1,
        qtunitemb=Decimal(qtunit),
        qt=qt,
        pvenda=Decimal(1),
        ptabela=Decimal(1),
        perdesc=ZERO,
        valor=(Decimal(pacotes) * Decimal("9.99")),
        filial_retira=filial,
        data_entrega=None,
        componentes=partes if kit else (),
        exata=qt,
        folga=Decimal("0.000001") * qtunit,
    )


linhas_soltas = st.tuples(st.integers(1, 2), st.integers(1, 3), st.sampled_from([1, 3]), st.booleans())
cestas = st.lists(linhas_soltas, min_size=1, max_size=3)
estoques = st.lists(st.integers(0, 7), min_size=6, max_size=6).map(
    lambda qs: dict(zip(itertools.product(FILIAIS, (1, 2)), map(Decimal, qs), strict=True))
)


def montar(cesta: Sequence[Pedido]) -> list[Linha]:
    return [linha(n, 9 if kit else p, q, 1 if kit else u, kit=kit) for n, (p, q, u, kit) in enumerate(cesta)]


def cabem(linhas: Sequence[Linha], livres: Mapping[Chave, Decimal]) -> bool:
    pedidas = somar_necessidades(linhas, "components")
    return all(quantidade <= livres.get(chave, ZERO) for chave, quantidade in pedidas.items())


def alguma_divisao(linhas: Sequence[Linha], livres: Mapping[Chave, Decimal]) -> bool:
    """Whether any division of the lines in whole packages over the branches fits: all of them are tried."""
    if not linhas:
        return True
    primeira, *resto = linhas
    pacotes = int(primeira.item.quantidade or 0)
    for de_uma, da_outra in itertools.product(range(pacotes + 1), repeat=2):
        if de_uma + da_outra > pacotes:
            continue
        sobra = dict(livres)
        for filial, n in zip(FILIAIS, (de_uma, da_outra, pacotes - de_uma - da_outra), strict=True):
            um = somar_necessidades([primeira], "components")
            for (_, codprod), quantidade in um.items():
                sobra[filial, codprod] -= quantidade / pacotes * n
        if min(sobra.values()) >= 0 and alguma_divisao(resto, sobra):
            return True
    return False


@SEM_PRESSA
@given(cestas, estoques)
def test_what_is_chosen_fits_and_is_what_was_asked(cesta: Cesta, livres: dict[Chave, Decimal]) -> None:
    linhas = montar(cesta)
    escolha = escolher(linhas, dict.fromkeys(range(len(linhas)), FILIAIS), livres, REGRA)
    for antes in linhas:
        partes = [ln for ln in escolha.linhas if ln.indice == antes.indice]
        assert sum(ln.qt for ln in partes) == antes.qt
        assert sum(ln.valor for ln in partes) == antes.valor
        assert sum(ln.item.quantidade or 0 for ln in partes) == antes.item.quantidade
        assert all(ln.item.quantidade == int(ln.item.quantidade or 0) > 0 for ln in partes)  # whole packages
        assert len({ln.filial_retira for ln in partes}) == len(partes)
        ditas = [(e.filial, e.quantidade) for e in escolha.escolhidas if e.item == antes.indice]
        assert not ditas or ditas == [(ln.filial_retira, ln.item.quantidade) for ln in partes]
    assert len({ln.numseq for ln in escolha.linhas}) == len(escolha.linhas)
    inteiras = {e.item for e in escolha.escolhidas}
    assert cabem([ln for ln in escolha.linhas if ln.indice in inteiras], livres)


@SEM_PRESSA
@given(cestas, estoques)
def test_a_line_that_one_branch_has_is_not_split(cesta: Cesta, livres: dict[Chave, Decimal]) -> None:
    (uma, *_) = montar(cesta)
    (primeira, *resto) = escolher([uma], {0: FILIAIS}, livres, REGRA).linhas
    de_uma = [f for f in FILIAIS if cabem([linha_em(uma, f)], livres)]
    if de_uma:
        assert (primeira.filial_retira, resto) == (de_uma[0], [])


def linha_em(uma: Linha, filial: str) -> Linha:
    return linha(
        uma.indice,
        uma.produto.codprod,
        int(uma.item.quantidade or 0),
        int(uma.qtunitemb),
        filial,
        kit=bool(uma.componentes),
    )


@SEM_PRESSA
@given(linhas_soltas, estoques)
def test_one_line_is_short_only_where_no_division_fits(um: Pedido, livres: dict[Chave, Decimal]) -> None:
    linhas = montar([um])
    escolha = escolher(linhas, {0: FILIAIS}, livres, REGRA)
    assert bool(escolha.escolhidas) == alguma_divisao(linhas, livres)


@SEM_PRESSA
@given(cestas, estoques)
def test_an_offer_fits_when_it_is_sent_back(cesta: Cesta, livres: dict[Chave, Decimal]) -> None:
    linhas = montar(cesta)
    partes = preencher(linhas, FILIAIS, livres, REGRA, {})
    if partes is None:
        assert not cabem(linhas, livres)
        return
    oferecidas = []
    for antes in linhas:
        tomadas = partes[antes.indice].tomadas
        assert sum(q for _, q in tomadas) == antes.item.quantidade
        oferecidas += [
            linha(0, antes.produto.codprod, int(q), int(antes.qtunitemb), f, kit=bool(antes.componentes))
            for f, q in tomadas
        ]
    assert cabem(oferecidas, livres)
    assert alguma_divisao(linhas, livres)
