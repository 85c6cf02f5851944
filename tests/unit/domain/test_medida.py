"""Quantities that six decimals may not say (R3), held against exact fractions."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.disponivel import Disponivel, em_embalagens
from app.domain.estoque import RegraDeEstoque, Saldo, ajustar, ajustar_as_reservadas, planejar, somar_necessidades
from app.domain.itens import Cadastro, ComponenteMestre, Embalagem, Linha, Produto, montar_linhas
from app.domain.medida import (
    em_unidades,
    folga_da_quantidade,
    inteira_dita,
    mesma_quantidade,
    mesmo_preco,
    para_baixo,
    passo_inteiro,
)
from app.domain.pre_venda import parse_pre_venda
from tests.support.builders import id_enviado

D = Decimal
MICRO = D("0.000001")

fatores = st.one_of(
    st.sampled_from([D(1), D(12), D("2.4"), D("2.35"), D("0.25"), D("0.333333"), D(1000), D(144)]),
    st.decimals("0.001", "5000", places=3),
)
cortes = st.sampled_from([ROUND_DOWN, ROUND_HALF_UP])


def dita(unidades: Decimal, fator: Decimal, corte: str) -> Decimal:
    """The packages that a till writes for base units."""
    exata = Fraction(unidades) / Fraction(fator) * 10**6
    inteira = math.floor(exata)
    if corte == ROUND_HALF_UP and exata - inteira >= Fraction(1, 2):
        inteira += 1
    return D(inteira) * MICRO


@given(st.integers(1, 10**6), fatores, cortes)
def test_whole_units_are_understood_however_they_were_rounded(unidades: int, fator: Decimal, corte: str) -> None:
    quantidade = dita(D(unidades), fator, corte)
    assume(quantidade > 0)
    lida = inteira_dita(em_unidades(quantidade, fator), folga_da_quantidade(fator))
    if fator < 500_000:
        assert lida == unidades


@given(st.decimals("0.000001", "100", places=6), fatores)
def test_nothing_further_than_one_step_is_a_whole_number(quantidade: Decimal, fator: Decimal) -> None:
    exata = Fraction(quantidade) * Fraction(fator)
    perto = exata == round(exata) or abs(exata - round(exata)) < Fraction(fator) / 10**6
    lida = inteira_dita(em_unidades(quantidade, fator), folga_da_quantidade(fator))
    assert lida == (round(exata) if perto else None)


@given(st.decimals("0.000001", "100000", places=6), fatores, cortes)
def test_what_is_reserved_is_what_was_said(unidades: Decimal, fator: Decimal, corte: str) -> None:
    quantidade = dita(unidades, fator, corte)
    assert mesma_quantidade(em_unidades(quantidade, fator), folga_da_quantidade(fator), unidades)
    outra = em_unidades(quantidade + 2 * MICRO, fator)
    if fator >= 1:
        assert not mesma_quantidade(outra, folga_da_quantidade(fator), unidades)


# Below this a price has too few digits for twice of it to be another.
DISTINTO = 100 * MICRO


@given(st.decimals("0.01", "10000", places=2), fatores, fatores)
def test_a_price_is_the_same_in_every_package(preco: Decimal, um: Decimal, outro: Decimal) -> None:
    pvenda = (preco / um).quantize(MICRO, ROUND_HALF_UP)
    assume(pvenda >= DISTINTO)
    assert mesmo_preco(preco, um, pvenda, um)
    no_outro = D(math.floor(Fraction(preco) / Fraction(um) * Fraction(outro) * 10**6)) * MICRO
    assume(no_outro >= DISTINTO)
    assert mesmo_preco(no_outro, outro, pvenda, um)
    assert not mesmo_preco(no_outro * 2, outro, pvenda, um)


@given(st.lists(st.fractions("1/50", "50"), min_size=1, max_size=4))
def test_the_smallest_amount_that_gives_whole_numbers(partes: list[Fraction]) -> None:
    passo = passo_inteiro(partes)
    assert all((passo * parte).denominator == 1 for parte in partes)
    inteiros = [int(passo * parte) for parte in partes]
    assert math.gcd(*inteiros) == 1


@given(st.fractions(0, 10**6))
def test_down_to_six_decimals(valor: Fraction) -> None:
    baixo = para_baixo(valor)
    assert baixo <= valor < Fraction(baixo) + Fraction(MICRO)


@given(st.fractions(0, 10**5), fatores, st.none() | st.fractions("1/10", 10))
def test_packages_to_sell_never_exceed_the_units_and_are_the_most(
    unidades: Fraction, fator: Decimal, passo: Fraction | None
) -> None:
    embalagens = em_embalagens(unidades, fator, passo)
    usadas = Fraction(embalagens) * Fraction(fator)
    assert usadas <= unidades
    if passo is None:
        assert usadas + Fraction(fator) / 10**6 > unidades
    else:
        assert (usadas / passo).denominator == 1 == Fraction(embalagens).denominator
        mais = (Fraction(fator) / passo).denominator  # the fewest packages that hold another multiple
        assert usadas + mais * Fraction(fator) > unidades


def test_no_package_of_a_fraction_that_makes_no_whole_units() -> None:
    assert Disponivel(Fraction(10), passo=Fraction(1)).em_embalagens(D("2.4")) == 0
    assert Disponivel(Fraction(13), passo=Fraction(1)).em_embalagens(D("2.4")) == 5
    assert Disponivel(Fraction(10)).em_embalagens(D("2.4")) == D("4.166666")


# --- lines beside the stock

CAIXAS = {1: D(1), 12: D(12), 24: D("2.4"), 33: D("0.333333")}


def produto(codprod: int, *, fracao: bool, tipo: str | None = None) -> Produto:
    embalagens = {aux: Embalagem(aux, qtunit, ativa=True) for aux, qtunit in CAIXAS.items()}
    return Produto(codprod, "", tipo, fracao, None, embalagens=embalagens)


INTEIRO, FRACAO, KIT = produto(1, fracao=False), produto(2, fracao=True), produto(50, fracao=False, tipo="CB")
TERCOS = {50: [ComponenteMestre(FRACAO, 1, Fraction(2, 3)), ComponenteMestre(INTEIRO, 1, Fraction(1, 3))]}


def item(codprod: int, quantidade: Any, aux: int = 1, *partes: tuple[int, Any, int]) -> dict[str, Any]:
    return {
        "idProdutoRetaguarda": id_enviado(f"{aux}-{codprod}"),
        "quantidade": D(quantidade),
        "preco": D(100),
        "itensKit": [
            {"idProdutoRetaguarda": id_enviado(f"{a}-{c}"), "quantidade": D(q), "preco": D(1)} for c, q, a in partes
        ],
    }


def linhas(*itens: dict[str, Any]) -> list[Linha]:
    pre_venda = parse_pre_venda({"idLojaRetaguarda": "1", "preVendaItens": list(itens)})
    cadastro = Cadastro({p.codprod: p for p in (INTEIRO, FRACAO, KIT)}, TERCOS)
    feitas, problemas, _ = montar_linhas(pre_venda, cadastro, converte_embalagem=True)
    assert problemas == []
    return feitas


@given(st.decimals("0.01", "10000", places=6), st.sampled_from(sorted(CAIXAS)), cortes)
def test_all_that_is_available_can_be_asked_for_in_any_package(livre: Decimal, aux: int, corte: str) -> None:
    quantidade = dita(livre, CAIXAS[aux], corte)
    assume(quantidade > 0)
    feitas = ajustar(linhas(item(2, quantidade, aux)), {("1", 2): [livre]}, "components")
    assert feitas[0].qt == livre
    assert planejar({("1", 2): Saldo(livre)}, reservar=somar_necessidades(feitas, "components")).faltas == ()


@given(st.lists(st.decimals("0.01", "100", places=6), min_size=2, max_size=5), cortes)
def test_all_that_is_available_in_several_lines(unidades: list[Decimal], corte: str) -> None:
    livre = sum(unidades, D(0))
    itens = [item(2, q, 24) for u in unidades if (q := dita(u, CAIXAS[24], corte))]
    feitas = ajustar(linhas(*itens), {("1", 2): [livre]}, "components")
    assert somar_necessidades(feitas, "components") == {("1", 2): livre}
    for linha in feitas:
        assert abs(linha.qt - linha.exata) < linha.folga


@given(st.decimals("0.001", "100", places=6), st.decimals("0.001", "100", places=6), st.sampled_from(sorted(CAIXAS)))
def test_only_what_is_nearer_than_a_step_changes(quantidade: Decimal, livre: Decimal, aux: int) -> None:
    antes = linhas(item(2, quantidade, aux))
    feitas = ajustar(antes, {("1", 2): [livre]}, "components")
    perto = abs(Fraction(quantidade) * Fraction(CAIXAS[aux]) - Fraction(livre)) < Fraction(CAIXAS[aux]) / 10**6
    assert feitas[0].qt == (livre if perto else antes[0].qt)


@pytest.mark.parametrize("modo", ["components", "header", "both"])
def test_without_a_target_nothing_changes(modo: str) -> None:
    antes = linhas(item(2, "4.166667", 24), item(50, 3))
    assert ajustar(antes, {}, modo) is antes
    assert ajustar(antes, {("1", 2): [D(500)], ("1", 50): [D(3)]}, modo) is antes


def test_what_the_reservation_holds_comes_first() -> None:
    (linha,) = ajustar(linhas(item(2, "4.166667", 24)), {("1", 2): [D("10"), D("10.000002")]}, "components")
    assert linha.qt == 10


def test_a_line_finds_the_reserved_line_that_it_repeats() -> None:
    antes = linhas(item(2, "4.166667", 24), item(2, "2.083333", 24), item(2, 3))
    feitas = ajustar_as_reservadas(antes, [(("1", 2), D(5)), (("1", 2), D(10)), (("2", 2), D(3))])
    assert [linha.qt for linha in feitas] == [10, 5, 3]
    assert ajustar_as_reservadas(antes, [(("1", 2), D(7))]) is antes


@given(st.integers(1, 300))
def test_kits_of_thirds_take_no_more_than_there_is(kits: int) -> None:
    """Two thirds and one third of a unit in a kit: what three of them need is exact, though QTMP cannot say it."""
    livre = (D(2) * kits, D(kits))
    feitas = ajustar(linhas(item(50, 3 * kits)), {("1", 2): [livre[0]], ("1", 1): [livre[1]]}, "components")
    precisa = somar_necessidades(feitas, "components")
    for chave, tem in zip((("1", 2), ("1", 1)), livre, strict=True):
        assert 0 <= tem - precisa[chave] < 3 * kits * MICRO
    saldos = {("1", 2): Saldo(livre[0]), ("1", 1): Saldo(livre[1])}
    assert planejar(saldos, RegraDeEstoque(), reservar=precisa).faltas == ()


@pytest.mark.parametrize(
    ("kits", "componente", "qtmp"),
    [
        (3, (1, "0.083333", 12), D(1)),
        (2, (1, "0.041667", 12), D("0.5")),
        (2, (1, "0.041666", 12), D("0.5")),
        (5, (2, "0.083333", 12), D("0.999996")),  # fractions are taken as they are said
    ],
)
def test_components_of_whole_units_are_whole_in_all_the_kits(kits: int, componente: Any, qtmp: Decimal) -> None:
    (linha,) = linhas(item(50, kits, 1, componente))
    assert linha.componentes[0].qtmp == qtmp


def test_a_component_that_no_number_of_kits_makes_whole_is_refused() -> None:
    pre_venda = parse_pre_venda({"idLojaRetaguarda": "1", "preVendaItens": [item(50, 3, 1, (1, "0.5", 1))]})
    cadastro = Cadastro({p.codprod: p for p in (INTEIRO, FRACAO, KIT)}, {})
    _, problemas, _ = montar_linhas(pre_venda, cadastro, converte_embalagem=True)
    assert [problema.codigo for problema in problemas] == ["FRACAO_NAO_PERMITIDA"]


def test_the_price_of_a_kit_is_compared_exactly() -> None:
    """36,000 units from boxes of 12 at 10.00: the rounded unit prices would sum to a cent less than the kit."""
    enviado = {**item(50, 1, 1, (2, "3000", 12)), "preco": D(30000)}
    enviado["itensKit"][0]["preco"] = D(10)
    pre_venda = parse_pre_venda({"idLojaRetaguarda": "1", "preVendaItens": [enviado]})
    cadastro = Cadastro({p.codprod: p for p in (INTEIRO, FRACAO, KIT)}, {})
    _, problemas, avisos = montar_linhas(pre_venda, cadastro, converte_embalagem=True)
    assert (problemas, avisos) == ([], [])
