"""From items to order lines (R3, R5, R9): packages, prices, discounts, kits; every problem at once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.itens import Cadastro, ComponenteMestre, Embalagem, Linha, Produto, montar_linhas
from app.domain.pre_venda import parse_pre_venda
from app.domain.recusas import Aviso, Problema
from tests.support.builders import id_enviado


def produto(codprod: int, *embalagens: Embalagem, fracao: bool = False, **mais: Any) -> Produto:
    mais = {"tipomerc": None, "impedimento": None, **mais}
    por_codigo = {e.codauxiliar: e for e in embalagens}
    return Produto(codprod, f"PRODUTO {codprod}", aceita_fracao=fracao, embalagens=por_codigo, **mais)


def embalagem(codauxiliar: int, qtunit: str = "1", ativa: bool = True, pvenda: str | None = "10") -> Embalagem:
    return Embalagem(codauxiliar, Decimal(qtunit), ativa, Decimal(pvenda) if pvenda else None)


TINTA = produto(1, embalagem(100), embalagem(123, "12", pvenda="120"), embalagem(124, "12", ativa=False))
AREIA = produto(2, embalagem(200), embalagem(201, "0"), fracao=True)
ROLO = produto(3, embalagem(300))
EXCLUIDO = produto(5, embalagem(500), impedimento="está excluído")
KIT = produto(50, embalagem(5000), tipomerc="CB")
CADASTRO = Cadastro(
    produtos={p.codprod: p for p in (TINTA, AREIA, ROLO, EXCLUIDO, KIT)},
    composicoes={50: [ComponenteMestre(TINTA, 100, Decimal(2)), ComponenteMestre(ROLO, 300, Decimal(1))]},
)


def item(produto: str = "100-1", quantidade: str | None = "2", preco: str | None = "10", **mais: Any) -> dict[str, Any]:
    numeros = {"quantidade": quantidade, "preco": preco} | {k: mais.pop(k) for k in list(mais) if k.startswith("desc")}
    exatos = {nome: Decimal(valor) for nome, valor in numeros.items() if valor is not None}
    return {"idProdutoRetaguarda": id_enviado(produto), **exatos, **mais}


def kit(*componentes: dict[str, Any], quantidade: str = "1", preco: str = "30") -> dict[str, Any]:
    return item("5000-50", quantidade, preco, itensKit=list(componentes))


def montar(
    *itens: dict[str, Any], cadastro: Cadastro = CADASTRO, converte: bool = True
) -> tuple[list[Linha], list[Problema], list[Aviso]]:
    pre_venda = parse_pre_venda({"idLojaRetaguarda": "1", "preVendaItens": list(itens)})
    return montar_linhas(pre_venda, cadastro, converte_embalagem=converte)


def linha(*itens: dict[str, Any], **mais: Any) -> Linha:
    linhas, problemas, _ = montar(*itens, **mais)
    assert problemas == []
    return linhas[0]


def problemas(*itens: dict[str, Any], cadastro: Cadastro = CADASTRO) -> list[tuple[str, str | None]]:
    return [(p.codigo, p.campo) for p in montar(*itens, cadastro=cadastro)[1]]


def test_a_line_in_base_units() -> None:
    feita = linha(item("123-1", "2", "120"))
    assert (feita.qt, feita.pvenda, feita.ptabela, feita.valor) == (24, 10, 10, 240)
    assert (feita.codauxiliar, feita.qtunitemb, feita.numseq, feita.filial_retira) == (123, 12, 1, "1")


def test_conversion_to_base_units_can_be_switched_off() -> None:
    feita = linha(item("123-1", "2", "120"), converte=False)
    assert (feita.qt, feita.pvenda, feita.valor, feita.qtunitemb) == (2, 120, 240, 12)


def test_the_value_is_that_of_the_pos_even_where_the_unit_price_is_rounded() -> None:
    feita = linha(item("123-1", "7", "100"))
    assert (str(feita.pvenda), str(feita.valor)) == ("8.333333", "700.00")


def test_lines_are_numbered_by_their_place() -> None:
    linhas, achados, _ = montar(item(), item("999-999"), item("300-3"))
    assert [(f.indice, f.numseq) for f in linhas] == [(0, 1), (2, 3)]
    assert [p.campo for p in achados] == ["/preVendaItens/1/idProdutoRetaguarda"]


def test_delivery_branch_wins_over_the_store() -> None:
    assert linha(item(entrega={"idLojaEntregaRetaguarda": "2"})).filial_retira == "2"


@pytest.mark.parametrize(
    ("produto", "codigo", "rotina"),
    [
        ("100-99", "PRODUTO_NAO_ENCONTRADO", "203"),
        ("500-5", "PRODUTO_INATIVO", "203"),
        ("300-1", "EMBALAGEM_NAO_CONFERE", "203"),  # another product's package
        ("124-1", "EMBALAGEM_NAO_CONFERE", "203"),  # inactive
        ("201-2", "EMBALAGEM_NAO_CONFERE", "203"),  # QTUNIT 0
    ],
)
def test_product_that_cannot_be_sold(produto: str, codigo: str, rotina: str) -> None:
    linhas, (problema,), _ = montar(item(produto))
    assert linhas == []
    assert (problema.codigo, problema.campo, problema.rotina) == (
        codigo,
        "/preVendaItens/0/idProdutoRetaguarda",
        rotina,
    )


@pytest.mark.parametrize(
    ("produto", "quantidade", "qt"),
    [("100-1", "3.000", "3"), ("123-1", "0.5", "6"), ("123-1", "0.25", "3"), ("200-2", "0.333", "0.333")],
)
def test_fractions_that_are_whole_units_or_allowed(produto: str, quantidade: str, qt: str) -> None:
    assert linha(item(produto, quantidade)).qt == Decimal(qt)


@pytest.mark.parametrize(("produto", "quantidade"), [("100-1", "0.5"), ("123-1", "0.1"), ("300-3", "1.000001")])
def test_fractions_of_whole_products(produto: str, quantidade: str) -> None:
    assert problemas(item(produto, quantidade)) == [("FRACAO_NAO_PERMITIDA", "/preVendaItens/0/quantidade")]


@pytest.mark.parametrize(
    ("feito", "campo"),
    [
        (item("100-1", "1E+14", "1"), "quantidade"),
        (item("123-1", "1E+13", "1"), "quantidade"),
        (item("100-1", "1", "1E+12"), "preco"),
        (item("100-1", "12345678901234567890E+12", "1"), "quantidade"),
        (item("123-1", "1", "0.000001"), "preco"),  # nothing is left of it per base unit
        (item("100-1", "1", "0"), "preco"),
    ],
)
def test_numbers_that_do_not_fit_the_order(feito: dict[str, Any], campo: str) -> None:
    assert problemas(feito) == [("CAMPO_INVALIDO", f"/preVendaItens/0/{campo}")]


def test_the_largest_numbers_that_fit() -> None:
    feita = linha(item("200-2", "99999999999999.999999", "0.01"))
    assert (str(feita.qt), str(feita.valor)) == ("99999999999999.999999", "1000000000000.00")
    assert str(linha(item("100-1", "1", "999999999999.999999")).pvenda) == "999999999999.999999"


def test_total_that_does_not_fit_the_order() -> None:
    assert problemas(*[item("100-1", "10", "999999999999")] * 2) == [("CAMPO_INVALIDO", "/preVendaItens")]


@pytest.mark.parametrize(
    ("desconto", "perdesc", "ptabela"),
    [
        ({}, "0", "9"),
        ({"desconto": "2"}, "10", "10"),
        ({"descontoPercentual": "10"}, "10", "10"),
        ({"desconto": "2", "descontoPercentual": "10"}, "10", "10"),
        ({"desconto": "2", "descontoPercentual": "10.01"}, "10.01", "10.001111"),
        ({"desconto": "2", "descontoPercentual": "0"}, "0", "9"),
        ({"desconto": "0"}, "0", "9"),
        ({"desconto": "1"}, "5.263158", "9.5"),
    ],
)
def test_discounts(desconto: dict[str, str], perdesc: str, ptabela: str) -> None:
    feita = linha(item(preco="9", **desconto))
    assert (feita.perdesc, feita.ptabela, feita.pvenda, feita.valor) == (Decimal(perdesc), Decimal(ptabela), 9, 18)


@pytest.mark.parametrize(
    ("percentual", "diverge"), [("10.01", False), ("10.010001", True), ("9.99", False), ("0", True)]
)
def test_discounts_that_disagree_are_said(percentual: str, diverge: bool) -> None:
    _, _, avisos = montar(item(preco="9", desconto="2", descontoPercentual=percentual))
    campos = ("/preVendaItens/0/desconto", "/preVendaItens/0/descontoPercentual")
    assert [(a.codigo, a.campos) for a in avisos] == ([("DESCONTO_DIVERGENTE", campos)] if diverge else [])


@pytest.mark.parametrize(
    ("desconto", "campo"),
    [
        ({"desconto": "999999999999"}, "desconto"),
        ({"descontoPercentual": "99.9999999"}, "descontoPercentual"),
        ({"descontoPercentual": "100.000000"}, "descontoPercentual"),
        ({"desconto": "1", "descontoPercentual": "99.9999995"}, "descontoPercentual"),
    ],
)
def test_a_discount_that_rounds_to_the_whole_price(desconto: dict[str, str], campo: str) -> None:
    assert problemas(item(quantidade="1", preco="0.01", **desconto)) == [
        ("CAMPO_INVALIDO", f"/preVendaItens/0/{campo}")
    ]


def test_kit_by_the_master_data() -> None:
    feita = linha(kit(quantidade="3"))
    assert (feita.qt, feita.produto.codprod, feita.valor) == (3, 50, 90)
    assert [(c.produto.codprod, c.qtmp, c.numseqitem, c.pvenda) for c in feita.componentes] == [
        (1, 2, 1, 10),
        (3, 1, 2, 10),
    ]


@pytest.mark.parametrize("vazio", [None, []])
def test_null_and_empty_itens_kit_mean_the_master_data(vazio: Any) -> None:
    assert len(linha(item("5000-50", "1", "30", itensKit=vazio)).componentes) == 2


def test_components_sent_win_over_the_master_data() -> None:
    componentes = linha(kit(item("123-1", "1", "120"), item("200-2", "0.5", "20"), preco="130")).componentes
    assert [(c.produto.codprod, c.codauxiliar, c.qtunitemb, c.qtmp, c.pvenda, c.indice) for c in componentes] == [
        (1, 123, 12, 12, 10, 0),
        (2, 200, 1, Decimal("0.5"), 20, 1),
    ]


def test_sequence_of_a_component_is_the_one_sent_or_its_place() -> None:
    feita = linha(kit(item("100-1", "1", "20", sequencial=7), item("300-3", "1", "10")))
    assert [c.numseqitem for c in feita.componentes] == [7, 2]


def test_a_component_sent_twice_is_summed() -> None:
    feita = linha(kit(item("100-1", "1", "10"), item("300-3", "1", "10"), item("100-1", "1", "10")))
    assert [(c.produto.codprod, c.qtmp, c.numseqitem) for c in feita.componentes] == [(1, 2, 1), (3, 1, 2)]


def test_a_component_in_two_packages_of_one_unit_price_is_summed() -> None:
    feita = linha(kit(item("100-1", "1", "10"), item("123-1", "1", "120"), preco="130"))
    assert [(c.produto.codprod, c.qtmp, c.pvenda) for c in feita.componentes] == [(1, 13, 10)]


def test_a_component_twice_with_two_prices() -> None:
    assert problemas(kit(item("100-1", "1", "10"), item("100-1", "1", "11"))) == [
        ("KIT_INVALIDO", "/preVendaItens/0/itensKit/1")
    ]


def test_components_of_a_product_that_is_no_kit() -> None:
    assert problemas(item(itensKit=[item("300-3", "1", "1")])) == [("KIT_INVALIDO", "/preVendaItens/0/itensKit")]


def test_a_kit_without_any_composition() -> None:
    assert problemas(kit(), cadastro=replace(CADASTRO, composicoes={})) == [
        ("KIT_INVALIDO", "/preVendaItens/0/itensKit")
    ]


def com_composicao(*componentes: ComponenteMestre) -> Cadastro:
    return replace(CADASTRO, composicoes={50: list(componentes)})


def test_a_component_of_the_master_data_without_a_quantity() -> None:
    cadastro = com_composicao(ComponenteMestre(TINTA, 100, Decimal(0)))
    assert problemas(kit(), cadastro=cadastro) == [("KIT_INVALIDO", "/preVendaItens/0/idProdutoRetaguarda")]


@pytest.mark.parametrize(("componente", "codigo"), [(KIT, "KIT_INVALIDO"), (EXCLUIDO, "PRODUTO_INATIVO")])
def test_a_component_of_the_master_data_that_cannot_be_sold(componente: Produto, codigo: str) -> None:
    cadastro = com_composicao(ComponenteMestre(componente, None, Decimal(1)))
    assert problemas(kit(), cadastro=cadastro) == [(codigo, "/preVendaItens/0/idProdutoRetaguarda")]


def test_shares_of_a_kits_price_go_by_the_worth_of_the_packages() -> None:
    caro = produto(7, embalagem(700, "6", pvenda="180"))
    cadastro = com_composicao(ComponenteMestre(caro, 700, Decimal(2)), ComponenteMestre(ROLO, 300, Decimal(4)))
    feita = linha(kit(preco="50"), cadastro=cadastro)  # 2 × 30 and 4 × 10 share 50 as 30 and 20
    assert [(c.produto.codprod, c.qtunitemb, c.pvenda) for c in feita.componentes] == [(7, 6, 15), (3, 1, 5)]


@pytest.mark.parametrize("pvenda", ["0", None])
def test_a_component_without_a_price_counts_as_one(pvenda: str | None) -> None:
    gratis = produto(7, embalagem(700, pvenda=pvenda))
    cadastro = com_composicao(ComponenteMestre(gratis, 700, Decimal(1)), ComponenteMestre(gratis, None, Decimal(1)))
    assert [c.pvenda for c in linha(kit(preco="30"), cadastro=cadastro).componentes] == [15]


def test_a_component_whose_package_has_no_qtunit_counts_as_one() -> None:
    cadastro = com_composicao(ComponenteMestre(AREIA, 201, Decimal(3)))
    assert [c.pvenda for c in linha(kit(preco="30"), cadastro=cadastro).componentes] == [10]


def test_sum_of_the_components_that_is_not_the_price_is_said() -> None:
    _, achados, avisos = montar(kit(item("100-1", "2", "10"), item("300-3", "1", "9.99")))
    assert achados == []
    assert [(a.codigo, a.campos) for a in avisos] == [
        ("PRECO_DO_KIT_DIVERGENTE", ("/preVendaItens/0/itensKit", "/preVendaItens/0/preco"))
    ]


@pytest.mark.parametrize(
    ("quantidade", "codigo", "do_componente"),
    [
        ("0.5", "FRACAO_NAO_PERMITIDA", "0.5"),
        ("1", None, "1"),
        ("2", None, "0.5"),
        ("1", "FRACAO_NAO_PERMITIDA", "0.5"),
        ("1E+8", "CAMPO_INVALIDO", "1E+6"),
    ],
)
def test_need_of_a_component(quantidade: str, codigo: str | None, do_componente: str) -> None:
    cadastro = replace(CADASTRO, produtos={**CADASTRO.produtos, 50: replace(KIT, aceita_fracao=True)})
    feito = kit(item("300-3", do_componente, "1"), quantidade=quantidade)
    esperado = [(codigo, "/preVendaItens/0/itensKit/0/quantidade")] if codigo else []
    assert problemas(feito, cadastro=cadastro) == esperado


def test_all_problems_of_a_kit_are_told_at_once() -> None:
    feito = kit(item("100-99", "1", "1"), item("300-1", "1", "1"), item("5000-50", "1", "1"), item("500-5", "1", "1"))
    campo = "/preVendaItens/0/itensKit"
    assert problemas(feito, item("100-1", "0.5")) == [
        ("PRODUTO_NAO_ENCONTRADO", f"{campo}/0/idProdutoRetaguarda"),
        ("EMBALAGEM_NAO_CONFERE", f"{campo}/1/idProdutoRetaguarda"),
        ("KIT_INVALIDO", f"{campo}/2/idProdutoRetaguarda"),
        ("PRODUTO_INATIVO", f"{campo}/3/idProdutoRetaguarda"),
        ("FRACAO_NAO_PERMITIDA", "/preVendaItens/1/quantidade"),
    ]


@pytest.mark.parametrize(
    "refusado",
    [
        {},
        item(quantidade=None),
        item(preco=None),
        kit(item("300-3", "1", None)),
        kit({}, item("300-3", "1", "30")),
    ],
)
def test_what_the_schema_refused_makes_no_line_and_no_second_problem(refusado: dict[str, Any]) -> None:
    assert montar(refusado) == ([], [], [])


valores = st.decimals("0.000001", "999999", places=6)


@given(valores, valores, st.sampled_from(["100-1", "123-1", "200-2"]))
def test_a_line_is_good_or_has_a_problem_never_both(quantidade: Decimal, preco: Decimal, produto: str) -> None:
    linhas, achados, _ = montar(item(produto, str(quantidade), str(preco)))
    assert len(linhas) + bool(achados) == 1


@given(st.lists(st.tuples(st.integers(1, 1000), valores), min_size=1, max_size=6), valores)
def test_shares_of_a_kit_add_up_to_its_price(partes: list[tuple[int, Decimal]], preco: Decimal) -> None:
    componentes = [
        ComponenteMestre(produto(i, embalagem(i, pvenda=str(pvenda))), i, Decimal(qtmp))
        for i, (qtmp, pvenda) in enumerate(partes, start=100)
    ]
    feita = linha(kit(preco=str(preco)), cadastro=com_composicao(*componentes))
    erro = abs(sum(c.qtmp * c.pvenda for c in feita.componentes) - preco)
    assert erro <= sum(c.qtmp for c in feita.componentes) * Decimal("0.0000005")
