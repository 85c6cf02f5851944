"""Whose sale it is (R6): item, operator, parameter 4012, in this order."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.pre_venda import PreVenda, parse_pre_venda
from app.domain.vendedor import Vendas, Vendedores, escolher_vendedores
from tests.support.builders import vendedor_enviado

# Employees 100 and 200 sell, 300 is a cashier without RCA, 400's RCA is blocked.
VENDEDORES = Vendedores(
    supervisores={1: 10, 2: 10, 8: None},
    funcionarios={100: 1, 200: 2, 300: None, 400: 9},
)


def pre_venda(*vendedores: str | None, operador: int | None = None) -> PreVenda:
    itens: list[dict[str, Any]] = [{"idVendedorRetaguarda": v and vendedor_enviado(v)} for v in vendedores]
    return parse_pre_venda({"preVendaItens": itens, "idOperadorRetaguarda": operador})


def vendas(*vendedores: str | None, operador: int | None = None, padrao: int | None = 8) -> Vendas | None:
    return escolher_vendedores(pre_venda(*vendedores, operador=operador), VENDEDORES, padrao)[0]


def problemas(*vendedores: str | None, operador: int | None = None, padrao: int | None = 8) -> list[Any]:
    nenhuma, achados, _ = escolher_vendedores(pre_venda(*vendedores, operador=operador), VENDEDORES, padrao)
    assert nenhuma is None
    return [(p.codigo, p.campo, p.rotina) for p in achados]


def test_the_last_item_that_carries_a_seller_decides_the_order() -> None:
    assert vendas("100", "200", None) == Vendas(2, {0: 1, 1: 2, 2: 2})
    assert vendas("200", "100", None) == Vendas(1, {0: 2, 1: 1, 2: 1})


def test_items_without_a_seller_take_the_orders() -> None:
    assert vendas(None, "RCA-2", None) == Vendas(2, {0: 2, 1: 2, 2: 2})


@pytest.mark.parametrize(("enviado", "codusur"), [("100", 1), ("RCA-1", 1), ("RCA-8", 8), ("rca-2", 2), ("0200", 2)])
def test_digits_are_a_matricula_and_rca_a_codusur(enviado: str, codusur: int) -> None:
    assert vendas(enviado) == Vendas(codusur, {0: codusur})


def test_an_items_seller_wins_over_the_operator() -> None:
    assert vendas("100", operador=200) == Vendas(1, {0: 1})


def test_without_item_sellers_the_operator_sells() -> None:
    assert vendas(None, None, operador=200) == Vendas(2, {0: 2, 1: 2})


def test_without_both_parameter_4012_sells() -> None:
    assert vendas(None) == Vendas(8, {0: 8})


def test_an_order_without_items_has_a_seller_too() -> None:
    assert vendas(operador=100) == Vendas(1, {})


@pytest.mark.parametrize("operador", [300, 400])
def test_an_operator_without_a_usable_rca_gives_way_with_an_aviso(operador: int) -> None:
    escolhidas, achados, avisos = escolher_vendedores(pre_venda(None, operador=operador), VENDEDORES, 8)
    assert escolhidas == Vendas(8, {0: 8})
    assert achados == []
    assert [(a.codigo, a.campos) for a in avisos] == [("OPERADOR_SEM_RCA", ("/idOperadorRetaguarda",))]


def test_a_cashier_is_no_matter_where_an_item_names_its_seller() -> None:
    escolhidas, _, avisos = escolher_vendedores(pre_venda("100", operador=300), VENDEDORES, 8)
    assert (escolhidas, avisos) == (Vendas(1, {0: 1}), [])


@pytest.mark.parametrize(
    ("enviado", "rotina"),
    [("999", "528"), ("300", "528"), ("400", "528"), ("RCA-9", "517"), ("RCA-100", "517")],
)
def test_an_items_seller_that_cannot_sell_is_a_problem(enviado: str, rotina: str) -> None:
    campo = "/preVendaItens/1/idVendedorRetaguarda"
    assert problemas("100", enviado) == [("RCA_NAO_ENCONTRADO", campo, rotina)]


def test_an_unknown_operator_is_a_problem_even_when_an_item_names_the_seller() -> None:
    assert problemas("100", operador=999) == [("RCA_NAO_ENCONTRADO", "/idOperadorRetaguarda", "528")]


def test_every_unknown_seller_is_told_at_once() -> None:
    assert problemas("999", None, "RCA-9", operador=998) == [
        ("RCA_NAO_ENCONTRADO", "/preVendaItens/0/idVendedorRetaguarda", "528"),
        ("RCA_NAO_ENCONTRADO", "/preVendaItens/2/idVendedorRetaguarda", "517"),
        ("RCA_NAO_ENCONTRADO", "/idOperadorRetaguarda", "528"),
    ]


def test_nobody_named_and_no_parameter() -> None:
    assert problemas(None, padrao=None) == [
        ("PARAMETRO_AUSENTE", "/idOperadorRetaguarda", "132 (parâmetro 4012)"),
    ]


def test_parameter_with_an_rca_that_cannot_sell() -> None:
    assert problemas(None, padrao=9) == [("RCA_NAO_ENCONTRADO", "/idOperadorRetaguarda", "132 (parâmetro 4012)")]


def test_the_parameter_is_not_looked_at_when_somebody_sells() -> None:
    assert vendas("100", padrao=None) == Vendas(1, {0: 1})
    assert vendas(None, operador=100, padrao=9) == Vendas(1, {0: 1})
