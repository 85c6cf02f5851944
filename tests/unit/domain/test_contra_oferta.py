"""The counter-offer: it fits the stock, it is never more than asked, and of a single line it is the most there is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.contra_oferta import oferecer
from app.domain.estoque import Chave, somar_necessidades
from app.domain.itens import Cadastro, Embalagem, Linha, Produto, montar_linhas
from app.domain.pre_venda import parse_pre_venda
from tests.support.builders import id_enviado

MICRO = Decimal("0.000001")
QTUNIT = {1: "1", 12: "12", 25: "0.25", 235: "2.35", 33: "0.333333"}


def produto(codprod: int, fracao: bool, tipo: str | None = None) -> Produto:
    embalagens = {aux: Embalagem(aux, Decimal(qtunit), ativa=True) for aux, qtunit in QTUNIT.items()}
    return Produto(codprod, "", tipo, fracao, None, embalagens=embalagens)


# 1, 3: whole units; 2: fractions; 50, 51: kits, the second of which may be sold in fractions.
PRODUTOS = {
    p.codprod: p
    for p in (produto(1, False), produto(2, True), produto(3, False), produto(50, False, "CB"), produto(51, True, "KT"))
}


def item(codprod: int, quantidade: Any, aux: int = 1, *componentes: tuple[int, Any]) -> dict[str, Any]:
    kit = [
        {"idProdutoRetaguarda": id_enviado(f"1-{c}"), "quantidade": Decimal(q), "preco": Decimal(1)}
        for c, q in componentes
    ]
    return {
        "idProdutoRetaguarda": id_enviado(f"{aux}-{codprod}"),
        "quantidade": Decimal(quantidade),
        "preco": Decimal(100),
        "itensKit": kit,
    }


def ler(itens: list[dict[str, Any]]) -> tuple[list[Linha], list[str]]:
    pre_venda = parse_pre_venda({"idLojaRetaguarda": "1", "preVendaItens": itens})
    linhas, problemas, _ = montar_linhas(pre_venda, Cadastro(PRODUTOS, {}), converte_embalagem=True)
    return linhas, [problema.codigo for problema in problemas]


def oferta(itens: list[dict[str, Any]], livre: Mapping[int, Any], modo: str = "components") -> list[str]:
    linhas, problemas = ler(itens)
    assert problemas == []
    feita = oferecer(linhas, {("1", codprod): Decimal(q) for codprod, q in livre.items()}, modo)
    return [str(feita[i]) for i in range(len(itens))]


@pytest.mark.parametrize(
    ("codprod", "aux", "pedida", "livre", "oferecida"),
    [
        (1, 1, "10", "4", "4"),
        (1, 1, "10", "4.9", "4"),
        (1, 1, "10", "0", "0"),
        (1, 1, "10", "-3", "0"),
        (1, 1, "10", "10", "10"),
        (1, 12, "3", "35", "2"),
        (1, 12, "3", "11", "0"),
        (1, 12, "0.5", "6", "0.5"),  # six whole units, as asked
        (1, 12, "0.5", "5", "0"),
        (2, 1, "10", "4.9", "4.900000"),
        (2, 12, "1", "1", "0.083333"),
        (2, 25, "8", "1.1", "4.400000"),
    ],
)
def test_a_single_line(codprod: int, aux: int, pedida: str, livre: str, oferecida: str) -> None:
    assert oferta([item(codprod, pedida, aux)], {codprod: livre}) == [oferecida]


def test_items_are_served_in_their_order() -> None:
    assert oferta([item(1, 3), item(2, 1), item(1, 3), item(1, 3)], {1: 5, 2: 1}) == ["3", "1", "2", "0"]


def test_a_row_that_is_missing_has_nothing() -> None:
    assert oferta([item(1, 3)], {}) == ["0"]


def test_a_kit_is_as_many_as_its_scarcest_component_allows() -> None:
    assert oferta([item(50, 5, 1, (1, 2), (3, 1))], {1: 7, 3: 9}) == ["3"]
    assert oferta([item(50, 5, 1, (1, 2), (3, 1))], {1: 9, 3: 2}) == ["2"]


def test_a_kit_leaves_less_for_a_loose_line() -> None:
    assert oferta([item(50, 2, 1, (1, 2)), item(1, 9)], {1: 7}) == ["2", "3"]


def test_a_kit_reserved_by_its_header_needs_the_headers_stock() -> None:
    itens = [item(50, 5, 1, (1, 2))]
    assert oferta(itens, {1: 99, 50: 3}, "header") == ["3"]
    assert oferta(itens, {1: 4, 50: 3}, "both") == ["2"]


def test_a_kit_of_whole_components_is_offered_whole() -> None:
    assert oferta([item(51, 5, 1, (1, 3), (2, 1))], {1: 4, 2: 9}) == ["1"]
    assert oferta([item(51, 5, 1, (2, 4))], {2: 9}) == ["2.250000"]


def estoques(casas: int) -> st.SearchStrategy[Decimal]:
    return st.decimals("-5", "60", places=casas)


inteiros = st.integers(1, 30)
pesados = st.decimals("0.001", "30", places=3)
exatos = st.one_of(
    st.builds(item, st.sampled_from([1, 3]), inteiros, st.sampled_from([1, 12])),
    st.builds(item, st.just(2), pesados, st.sampled_from([1, 12, 25, 235])),
    st.builds(item, st.just(50), inteiros, st.just(1), st.tuples(st.just(1), inteiros), st.tuples(st.just(2), pesados)),
    st.builds(item, st.just(51), pesados, st.just(1), st.tuples(st.just(2), inteiros)),
)
# Also lines whose base units are rounded.
itens = exatos | st.builds(item, st.just(2), st.decimals("0.001", "30", places=6), st.sampled_from([235, 33]))
livres: st.SearchStrategy[Mapping[Chave, Decimal]] = st.fixed_dictionaries(
    {
        ("1", 1): estoques(0),
        ("1", 2): estoques(6),
        ("1", 3): estoques(0),
        ("1", 50): estoques(0),
        ("1", 51): estoques(6),
    }
)
modos = st.sampled_from(["components", "header", "both"])


def reenviar(pedidos: list[dict[str, Any]], feita: Mapping[int, Decimal]) -> list[dict[str, Any]]:
    return [{**p, "quantidade": feita[i]} for i, p in enumerate(pedidos) if feita[i]]


@settings(deadline=None)
@given(st.lists(itens, max_size=6), livres, modos)
def test_what_is_offered_is_accepted_and_fits_the_stock(
    pedidos: list[dict[str, Any]], livre: Mapping[Chave, Decimal], modo: str
) -> None:
    linhas, problemas = ler(pedidos)
    assert problemas == []
    de_novo, problemas = ler(reenviar(pedidos, oferecer(linhas, livre, modo)))
    assert problemas == []
    for chave, quantidade in somar_necessidades(de_novo, modo).items():
        assert quantidade <= livre[chave]


@settings(deadline=None)
@given(st.lists(itens, max_size=6), livres, modos)
def test_never_more_than_asked_nor_less_than_nothing(
    pedidos: list[dict[str, Any]], livre: Mapping[Chave, Decimal], modo: str
) -> None:
    feita = oferecer(ler(pedidos)[0], livre, modo)
    assert list(feita) == list(range(len(pedidos)))
    assert all(0 <= feita[i] <= pedido["quantidade"] for i, pedido in enumerate(pedidos))


@settings(deadline=None)
@given(exatos, livres, modos)
def test_of_a_single_line_it_is_the_most_there_is(
    pedido: dict[str, Any], livre: Mapping[Chave, Decimal], modo: str
) -> None:
    (linha,) = ler([pedido])[0]
    oferecida = oferecer([linha], livre, modo)[0]
    if oferecida < pedido["quantidade"]:
        passo = MICRO if linha.produto.aceita_fracao else Decimal(1)
        mais = min(oferecida + passo, pedido["quantidade"])
        exata = {chave: q / linha.qt * mais * linha.qtunitemb for chave, q in somar_necessidades([linha], modo).items()}
        assert any(q > livre[chave] for chave, q in exata.items())


@settings(deadline=None)
@given(st.lists(itens, max_size=6), modos)
def test_with_enough_stock_it_is_what_was_asked(pedidos: list[dict[str, Any]], modo: str) -> None:
    linhas, _ = ler(pedidos)
    feita = oferecer(linhas, somar_necessidades(linhas, modo), modo)
    assert feita == {i: pedido["quantidade"] for i, pedido in enumerate(pedidos)}
