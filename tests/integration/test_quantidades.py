"""A quantity that six decimals cannot say means the units it stands for (R3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.builders import componente, item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.winthor_hands import mudar

D = Decimal
METROS = 240  # auxiliary code of a box of 2.4 m² of product 2


@pytest.fixture(autouse=True)
def caixa_de_metros(casa: Casa) -> None:
    mudar(casa, "PCEMBALAGEM", {"CODAUXILIAR": 400}, QTUNIT=D("2.4"), CODAUXILIAR=METROS, CODPROD=2)


def estoque(casa: Casa, codprod: int, livre: Any) -> None:
    mudar(casa, "PCEST", {"CODPROD": codprod, "CODFILIAL": "1"}, QTESTGER=D(livre), QTRESERV=D(0))


def qts(casa: Casa, numped: int) -> list[Decimal]:
    linhas = sorted(casa.tabela("PCPEDI", NUMPED=numped), key=lambda row: int(row["NUMSEQ"]))
    return [row["QT"] for row in linhas]


@pytest.mark.parametrize(
    ("quantidade", "unidades"),
    [("0.083333", 1), ("0.416667", 5), ("0.416666", 5), ("0.583333", 7), ("83.333333", 1000), ("0.083334", 1)],
)
def test_whole_units_of_a_box(casa: Casa, quantidade: str, unidades: int) -> None:
    numped = casa.reservar(pre_venda(item("123-1", D(quantidade), 120)))
    assert qts(casa, numped) == [unidades]
    assert casa.qtreserv(1) == unidades


@pytest.mark.parametrize(
    ("produto", "quantidade"), [("123-1", "0.08333"), ("123-1", "0.083335"), ("100-1", "0.999999")]
)
def test_what_is_a_step_away_is_a_fraction(casa: Casa, produto: str, quantidade: str) -> None:
    body = casa.recusado(pre_venda(item(produto, D(quantidade), 120)))
    assert (body["codigo"], body["errors"][0]["campo"]) == ("FRACAO_NAO_PERMITIDA", "/preVendaItens/0/quantidade")


@pytest.mark.parametrize("quantidade", ["4.166667", "4.166666"])
def test_all_that_is_available(casa: Casa, quantidade: str) -> None:
    estoque(casa, 2, 10)
    numped = casa.reservar(pre_venda(item("240-2", D(quantidade), 24)))
    assert qts(casa, numped) == [10]
    assert casa.qtreserv(2) == 10
    assert casa.linha("PCPEDC")["VLTOTAL"] == 100
    casa.relogio.andar(seconds=1)
    casa.enviar(pre_venda(idRetaguarda=numped, situacaoPreVenda=0))
    assert casa.qtreserv(2) == 0


def test_a_step_more_than_is_available_is_short(casa: Casa) -> None:
    estoque(casa, 2, 10)
    (falta,) = casa.recusado(pre_venda(item("240-2", D("4.166668"), 24)))["errors"]
    assert (falta["codigo"], falta["disponivel"]) == ("ESTOQUE_INSUFICIENTE", 10)


def test_all_that_is_available_in_two_lines(casa: Casa) -> None:
    estoque(casa, 2, 10)
    numped = casa.reservar(pre_venda(item("240-2", D("1.388889"), 24), item("240-2", D("2.777778"), 24)))
    assert sum(qts(casa, numped)) == casa.qtreserv(2) == 10


def test_what_the_list_shows_is_sold_to_the_last_unit(casa: Casa) -> None:
    estoque(casa, 2, D("10.000001"))
    query = {"branchId": "1", "productId": "240-2"}
    answer = casa.pedir("GET", "/api/stock-vtex/v1/available/pdv-sync", "hub", query_string=query).get_json()
    mostrada = D(str(answer["items"][0]["quantity"]))
    assert mostrada == D("4.166667")
    casa.reservar(pre_venda(item("240-2", mostrada, 24)))
    assert casa.qtreserv(2) == D("10.000001")


@pytest.mark.parametrize("quantidade", ["4.166667", "4.166666"])
def test_what_the_reservation_holds(casa: Casa, quantidade: str) -> None:
    estoque(casa, 2, 10)
    velho = casa.reservar(pre_venda(item("240-2", D("4.166667"), 24)))
    for livre in (10, 500):  # its own units, whatever else there is by now
        mudar(casa, "PCEST", {"CODPROD": 2, "CODFILIAL": "1"}, QTESTGER=D(livre))
        casa.relogio.andar(seconds=1)
        novo = pre_venda(item("240-2", D(quantidade), 24), item("100-1", livre // 10), idRetaguarda=velho)
        velho = casa.reservar(novo)
        assert qts(casa, velho)[0] == 10
    assert casa.qtreserv(2) == 10


@pytest.mark.parametrize("quantidade", ["4.166667", "4.166666"])
def test_a_payment_of_it(casa: Casa, quantidade: str) -> None:
    estoque(casa, 2, 10)
    numped = casa.reservar(pre_venda(item("240-2", D("4.166667"), 24)))
    casa.relogio.andar(seconds=1)
    pago = pre_venda(item("240-2", D(quantidade), 24), idRetaguarda=numped, situacaoPreVenda=1)
    assert casa.enviar(pago).status_code == 200


def test_a_payment_a_step_away_differs(casa: Casa) -> None:
    estoque(casa, 2, 10)
    numped = casa.reservar(pre_venda(item("240-2", D("4.166667"), 24)))
    casa.relogio.andar(seconds=1)
    pago = pre_venda(item("240-2", D("4.166668"), 24), idRetaguarda=numped, situacaoPreVenda=1)
    assert casa.recusado(pago)["codigo"] == "ITENS_DIVERGENTES"


def test_the_offer_of_a_fraction_is_accepted_to_the_last_unit(casa: Casa) -> None:
    estoque(casa, 2, 10)
    body = casa.recusado(pre_venda(item("240-2", 9, 24)))
    assert body["contraOferta"]["preVendaItens"][0]["quantidade"] == 4.166666
    casa.relogio.andar(seconds=1)
    casa.reservar(body["contraOferta"])
    assert casa.qtreserv(2) == 10


def test_whole_components_of_a_box(casa: Casa) -> None:
    partes = [componente("123-1", D("0.083333"), 120), componente("240-2", D("0.416667"), 24, 2)]
    casa.reservar(pre_venda(kit(3, 20, itensKit=partes)))
    assert [row["QTMP"] for row in casa.tabela("PCPEDICESTA")] == [1, D("1.000001")]
    assert (casa.qtreserv(1), casa.qtreserv(2)) == (3, D("3.000003"))


def test_components_take_all_that_is_available(casa: Casa) -> None:
    estoque(casa, 2, 3)
    numped = casa.reservar(pre_venda(kit(3, 20, itensKit=[componente("240-2", D("0.416667"), 24)])))
    assert (casa.linha("PCPEDICESTA")["QTMP"], casa.qtreserv(2)) == (1, 3)
    casa.relogio.andar(seconds=1)
    casa.enviar(pre_venda(idRetaguarda=numped, situacaoPreVenda=0))
    assert casa.qtreserv(2) == 0


def test_a_composition_of_thirds(casa: Casa) -> None:
    """PCFORMPROD: two of product 1 and one of product 3 make three kits."""
    casa.executar("UPDATE PCFORMPROD SET QTPRODACAB = 3")
    estoque(casa, 1, 2)
    estoque(casa, 3, 1)
    query = {"branchId": "1", "productId": "5000-50"}
    answer = casa.pedir("GET", "/api/stock-vtex/v1/available/pdv-sync", "hub", query_string=query).get_json()
    assert answer["items"][0]["quantity"] == 3
    assert casa.recusado(pre_venda(kit(1)))["codigo"] == "FRACAO_NAO_PERMITIDA"
    casa.relogio.andar(seconds=1)
    casa.reservar(pre_venda(kit(3)))
    assert [row["QTMP"] for row in casa.tabela("PCPEDICESTA")] == [D("0.666666"), D("0.333333")]
    for codprod, unidades in ((1, 2), (3, 1)):
        sobra = unidades - casa.qtreserv(codprod)
        assert 0 <= sobra <= D("0.000003")


def test_packages_that_make_no_whole_units_are_neither_shown_nor_sold(casa: Casa) -> None:
    mudar(casa, "PCEMBALAGEM", {"CODAUXILIAR": 123}, QTUNIT=D("2.4"))
    estoque(casa, 1, 13)
    query = {"branchId": "1", "productId": "123-1,100-1"}
    answer = casa.pedir("GET", "/api/stock-vtex/v1/available/pdv-sync", "hub", query_string=query).get_json()
    assert [achado["quantity"] for achado in answer["items"]] == [5, 13]
    assert casa.recusado(pre_venda(item("123-1", 4, 120)))["codigo"] == "FRACAO_NAO_PERMITIDA"
    oferta = casa.recusado(pre_venda(item("123-1", 10, 120)))["contraOferta"]
    assert oferta["preVendaItens"][0]["quantidade"] == 5
    casa.relogio.andar(seconds=1)
    casa.reservar(oferta)
    assert casa.qtreserv(1) == 12


def test_a_kit_of_fractions_with_a_whole_component(casa: Casa) -> None:
    casa.executar("UPDATE PCPRODUT SET ACEITAVENDAFRACAO = 'S' WHERE CODPROD = 50")
    casa.executar("UPDATE PCPRODFILIAL SET ACEITAVENDAFRACAO = 'S' WHERE CODPROD = 50")
    estoque(casa, 1, 5)
    query = {"branchId": "1", "productId": "5000-50"}
    answer = casa.pedir("GET", "/api/stock-vtex/v1/available/pdv-sync", "hub", query_string=query).get_json()
    assert answer["items"][0]["quantity"] == 2
    casa.reservar(pre_venda(kit(2)))
    assert casa.qtreserv(1) == 4


def test_an_order_worth_nothing_is_told(casa: Casa) -> None:
    data = casa.enviar(pre_venda(item("200-2", 1, D("0.004")))).get_json()["data"]
    assert [a["codigo"] for a in data["avisos"] if a["codigo"] != "CONSUMIDOR_FINAL"] == ["TOTAL_ZERO"]
    data = casa.enviar(pre_venda(item("200-2", 2, D("0.004")), numero="PV-2")).get_json()["data"]
    assert "TOTAL_ZERO" not in [a["codigo"] for a in data["avisos"]]
