"""Kits: one PCPEDI row, one PCPEDICESTA row per component, the components reserved (R5)."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from tests.support.builders import componente, item, kit, pre_venda
from tests.support.gateway import Casa


def cesta(casa: Casa, *colunas: str) -> list[tuple[Any, ...]]:
    """The given columns of all components, in the order of the key."""
    return [tuple(row[coluna] for coluna in colunas) for row in casa.tabela("PCPEDICESTA")]


def problemas(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problema["codigo"], problema["campo"]) for problema in body["errors"]]


def test_a_kit_without_components_is_composed_by_the_master_data(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(3, 30), kit(1, 30, itensKit=None), kit(1, 30, itensKit=[])))

    linhas = sorted((row["NUMSEQ"], row["CODPROD"], row["QT"], row["PVENDA"]) for row in casa.tabela("PCPEDI"))
    assert linhas == [(1, 50, 3, 30), (2, 50, 1, 30), (3, 50, 1, 30)]
    composicao = [(1, Decimal(2)), (3, Decimal(1))]
    assert cesta(casa, "CODPRODMP", "QTMP") == 3 * composicao


def test_the_component_has_these_columns_and_no_other(casa: Casa) -> None:
    casa.reservar(pre_venda(item("10010-1001"), kit(2, 30)))

    zero = Decimal(0)
    (primeiro, _) = casa.tabela("PCPEDICESTA")
    assert {coluna: valor for coluna, valor in primeiro.items() if valor is not None} == {
        **{"NUMPED": 8000001, "CODPROD": 50, "NUMSEQ": 2, "CODPRODMP": 1, "CODAUXILIAR": 100, "NUMSEQITEM": 1},
        **{"DATA": dt.datetime(2026, 3, 2), "QTMP": Decimal(2), "QTUNITEMB": Decimal(1)},  # noqa: DTZ001
        **{"PVENDA": Decimal(10), "PTABELA": Decimal(10), "PBASERCA": Decimal(10)},
        **{"VLCUSTOREAL": Decimal(6), "VLCUSTOFIN": Decimal("6.2"), "VLCUSTOREP": Decimal("6.5")},
        **{"VLCUSTOCONT": Decimal(6), "CUSTOFINEST": Decimal("6.2")},
        **{"ST": zero, "BASEICST": zero, "VLIPI": zero, "PERCIPI": zero, "VLISS": zero, "PERCOM": zero},
        "PERDESCTAB": zero,
    }


def test_a_kit_reserves_its_components_and_not_itself(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(3, 30)))

    assert [casa.qtreserv(codprod) for codprod in (1, 3, 50)] == [Decimal(6), Decimal(3), Decimal(0)]
    assert casa.linha("GW_RESERVA")["MODO_KIT"] == "components"


def test_a_kit_costs_what_its_components_cost(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(2, 30)))

    assert casa.linha("PCPEDI")["VLCUSTOREAL"] == Decimal(18)
    assert casa.linha("PCPEDC")["VLCUSTOREAL"] == Decimal(36)


def test_components_sent_win_over_the_master_data(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(2, 25, itensKit=[componente("10010-1001", 1, 20, 7), componente("200-2", 1, 5, 9)])))

    assert cesta(casa, "CODPRODMP", "QTMP", "PVENDA", "NUMSEQITEM") == [
        (2, Decimal(1), Decimal(5), 9),
        (1001, Decimal(1), Decimal(20), 7),
    ]
    assert [casa.qtreserv(codprod) for codprod in (1, 2, 3, 1001)] == [0, 2, 0, 2]


def test_a_component_in_boxes_counts_in_units(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(2, 120, itensKit=[componente("123-1", 1, 120)])))

    assert cesta(casa, "CODAUXILIAR", "QTMP", "QTUNITEMB", "PVENDA") == [(123, 12, 12, Decimal(10))]
    assert casa.qtreserv(1) == Decimal(24)


def test_without_conversion_a_component_is_written_as_sent(casa: Casa) -> None:
    with closing(casa.com(converte_embalagem=False)) as outra:
        outra.reservar(pre_venda(kit(2, 120, itensKit=[componente("123-1", 1, 120)])))

    assert cesta(casa, "QTMP", "PVENDA") == [(1, Decimal(120))]
    assert casa.qtreserv(1) == Decimal(2)


def test_a_component_without_sequence_takes_its_position(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(1, 30, itensKit=[componente("100-1", 2, 10, None), componente("300-3", 1, 10, None)])))

    assert cesta(casa, "CODPRODMP", "NUMSEQITEM") == [(1, 1), (3, 2)]


def test_two_lines_of_one_kit_keep_their_own_components(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(1, 30), kit(1, 20, itensKit=[componente("100-1", 2, 10)])))

    assert cesta(casa, "NUMSEQ", "CODPRODMP", "QTMP") == [(1, 1, 2), (1, 3, 1), (2, 1, 2)]
    assert (casa.qtreserv(1), casa.qtreserv(3)) == (Decimal(4), Decimal(1))


def test_products_of_type_kt_are_kits_too(casa: Casa) -> None:
    casa.executar("UPDATE PCPRODUT SET TIPOMERC = 'KT' WHERE CODPROD = 50")
    casa.reservar(pre_venda(kit()))

    assert (casa.qtreserv(1), casa.qtreserv(3)) == (Decimal(2), Decimal(1))


# Where the reservation stands


@pytest.mark.parametrize(("modo", "reservadas"), [("header", (0, 0, 2)), ("both", (4, 2, 2))])
def test_a_setting_reserves_the_kit_s_own_row(casa: Casa, modo: str, reservadas: tuple[int, ...]) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 2 WHERE CODPROD = 50 AND CODFILIAL = '1'")
    with closing(casa.com(modo_kit=modo)) as outra:
        outra.reservar(pre_venda(kit(2, 30)))

    assert tuple(casa.qtreserv(codprod) for codprod in (1, 3, 50)) == reservadas
    assert casa.linha("GW_RESERVA")["MODO_KIT"] == modo
    assert casa.contar("PCPEDICESTA") == 2


@pytest.mark.parametrize("modo", ["header", "both"])
def test_the_kit_s_own_row_can_be_short(casa: Casa, modo: str) -> None:
    with closing(casa.com(modo_kit=modo)) as outra:
        (falta,) = outra.recusado(pre_venda(kit()))["errors"]

    assert (falta["codprod"], falta["disponivel"]) == (50, 0)


def test_components_leave_from_the_delivery_branch(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(10, 30, entrega={"idLojaEntregaRetaguarda": "2"})))

    assert [casa.qtreserv(codprod, "2") for codprod in (1, 3)] == [Decimal(20), Decimal(10)]
    assert [casa.qtreserv(codprod, "1") for codprod in (1, 3)] == [Decimal(0), Decimal(0)]


def test_components_and_loose_lines_are_summed_before_the_check(casa: Casa) -> None:
    (falta,) = casa.recusado(pre_venda(kit(4, 30), item("300-3", 2)))["errors"]

    assert (falta["codprod"], falta["pedida"], falta["disponivel"], falta["itens"]) == (3, 6, 5, [0, 1])


def test_components_and_loose_lines_are_reserved_together(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(4, 30), item("300-3", 1), item("123-1", 1, 120)))

    assert (casa.qtreserv(1), casa.qtreserv(3)) == (Decimal(20), Decimal(5))


# The composition of the master data


def test_the_formula_may_be_for_many_kits(casa: Casa) -> None:
    casa.executar("UPDATE PCFORMPROD SET QTPRODACAB = 10, QTPRODMP = 20 WHERE CODPRODMP = 1")
    casa.executar("UPDATE PCFORMPROD SET QTPRODACAB = NULL WHERE CODPRODMP = 3")
    casa.reservar(pre_venda(kit(2, 30)))

    assert cesta(casa, "CODPRODMP", "QTMP") == [(1, Decimal(2)), (3, Decimal(1))]


def test_the_price_of_the_kit_is_split_by_the_worth_of_its_components(casa: Casa) -> None:
    casa.executar("UPDATE PCEMBALAGEM SET PVENDA = 40 WHERE CODPROD = 3 AND CODFILIAL = '1'")
    answer = casa.enviar(pre_venda(kit(1, 30)))

    assert cesta(casa, "CODPRODMP", "PVENDA") == [(1, Decimal(5)), (3, Decimal(20))]
    assert [a["codigo"] for a in answer.get_json()["data"]["avisos"]] == ["CONSUMIDOR_FINAL"]


def test_the_branch_s_own_formula_wins_over_the_company_s(casa: Casa) -> None:
    casa.executar("UPDATE PCFORMPROD SET CODFILIAL = NULL WHERE CODFILIAL = '10'")
    casa.reservar(pre_venda(kit(), loja="2"))
    assert casa.contar("PCPEDICESTA") == 2

    casa.reservar(pre_venda(kit(entrega={"idLojaEntregaRetaguarda": "2"}), loja="10", numero="PV-2"))
    assert [casa.qtreserv(codprod, "2") for codprod in (1, 3)] == [Decimal(4), Decimal(2)]


@pytest.mark.parametrize("quantidade", ["0", "NULL"])
def test_a_formula_without_quantity_makes_no_kit(casa: Casa, quantidade: str) -> None:
    casa.executar(f"UPDATE PCFORMPROD SET QTPRODMP = {quantidade} WHERE CODPRODMP = 3")  # noqa: S608

    assert problemas(casa.recusado(pre_venda(kit()))) == [("KIT_INVALIDO", "/preVendaItens/0/idProdutoRetaguarda")]


def test_a_formula_with_an_unknown_component_makes_no_kit(casa: Casa) -> None:
    casa.executar("UPDATE PCFORMPROD SET CODPRODMP = 999 WHERE CODPRODMP = 3")

    body = casa.recusado(pre_venda(kit()))
    assert problemas(body) == [("PRODUTO_INATIVO", "/preVendaItens/0/idProdutoRetaguarda")]


def test_a_kit_without_any_composition_is_refused(casa: Casa) -> None:
    casa.executar("DELETE FROM PCFORMPROD")

    body = casa.recusado(pre_venda(kit()))
    assert problemas(body) == [("KIT_INVALIDO", "/preVendaItens/0/itensKit")]
    assert body["rotina"] == "203"


def test_an_excluded_component_refuses_the_kit(casa: Casa) -> None:
    casa.executar("UPDATE PCPRODUT SET DTEXCLUSAO = (SELECT MIN(DTCADASTRO) FROM PCCLIENT) WHERE CODPROD = 3")

    body = casa.recusado(pre_venda(kit()))
    assert problemas(body) == [("PRODUTO_INATIVO", "/preVendaItens/0/idProdutoRetaguarda")]


# The components sent


def test_a_component_sent_twice_at_one_unit_price_is_summed(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(1, 140, itensKit=[componente("100-1", 2, 10, 1), componente("123-1", 1, 120, 2)])))

    assert cesta(casa, "CODPRODMP", "QTMP", "PVENDA", "NUMSEQITEM") == [(1, Decimal(14), Decimal(10), 1)]
    assert casa.qtreserv(1) == Decimal(14)


def test_a_component_sent_twice_at_two_prices_is_refused(casa: Casa) -> None:
    body = casa.recusado(pre_venda(kit(1, 30, itensKit=[componente("100-1", 1, 10), componente("100-1", 2, 11)])))

    assert problemas(body) == [("KIT_INVALIDO", "/preVendaItens/0/itensKit/1")]


def test_components_of_a_product_that_is_no_kit_are_refused(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item(itensKit=[componente("300-3", 1, 10)])))

    assert problemas(body) == [("KIT_INVALIDO", "/preVendaItens/0/itensKit")]


def test_a_kit_inside_a_kit_is_refused(casa: Casa) -> None:
    body = casa.recusado(pre_venda(kit(itensKit=[componente("5000-50", 1, 30)])))

    assert problemas(body) == [("KIT_INVALIDO", "/preVendaItens/0/itensKit/0/idProdutoRetaguarda")]


def test_all_problems_of_the_components_are_told_at_once(casa: Casa) -> None:
    enviados = [componente("999-999", 1, 1), componente("123-3", 1, 1), componente("500-5", 1, 1)]
    body = casa.recusado(pre_venda(kit(itensKit=enviados)))

    campo = "/preVendaItens/0/itensKit/{}/idProdutoRetaguarda"
    assert problemas(body) == [
        ("PRODUTO_NAO_ENCONTRADO", campo.format(0)),
        ("EMBALAGEM_NAO_CONFERE", campo.format(1)),
        ("PRODUTO_INATIVO", campo.format(2)),
    ]


def test_fractions_of_a_component_must_be_allowed_in_all(casa: Casa) -> None:
    meia = componente("100-1", Decimal("0.5"), 20)
    body = casa.recusado(pre_venda(kit(1, 10, itensKit=[meia])))
    assert problemas(body) == [("FRACAO_NAO_PERMITIDA", "/preVendaItens/0/itensKit/0/quantidade")]

    casa.reservar(pre_venda(kit(4, 10, itensKit=[meia])))
    assert casa.qtreserv(1) == Decimal(2)


def test_members_of_a_component_are_obligatory(casa: Casa) -> None:
    body = casa.recusado(pre_venda(kit(itensKit=[{"sequencial": 1}])))

    campo = "/preVendaItens/0/itensKit/0/"
    assert sorted(problemas(body)) == [
        ("CAMPO_INVALIDO", campo + nome) for nome in ("idProdutoRetaguarda", "preco", "quantidade")
    ]


def test_components_that_do_not_add_up_to_the_price_are_told(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(kit(1, 30, itensKit=[componente("100-1", 2, 10), componente("300-3", 1, 9)])))

    assert answer.status_code == 201
    avisos = {a["codigo"]: a["campos"] for a in answer.get_json()["data"]["avisos"]}
    assert avisos["PRECO_DO_KIT_DIVERGENTE"] == ["/preVendaItens/0/itensKit", "/preVendaItens/0/preco"]


def test_components_that_add_up_to_the_price_are_not_told(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(kit(2, 29, itensKit=[componente("100-1", 2, 10), componente("300-3", 1, 9)])))

    assert [a["codigo"] for a in answer.get_json()["data"]["avisos"]] == ["CONSUMIDOR_FINAL"]


def test_a_component_may_be_free_of_charge(casa: Casa) -> None:
    casa.reservar(pre_venda(kit(1, 20, itensKit=[componente("100-1", 2, 10), componente("300-3", 1, 0)])))

    assert cesta(casa, "CODPRODMP", "PVENDA") == [(1, Decimal(10)), (3, Decimal(0))]
