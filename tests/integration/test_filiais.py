"""Where the goods come from (R29): the offer from other branches, and what is left to the gateway (AUTO)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_estoque_protegido import em_estoque, guardar
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa

LISTA = {"1": ("1", "10", "2"), "2": ("2",)}
AUTO = {"idLojaEntregaRetaguarda": "AUTO"}


@pytest.fixture
def loja(casa: Casa) -> Iterator[Casa]:
    """Store 1 may draw from 1, 10 and 2; of product 1 there are 5, 4 and 20 packages, of product 3 5, 0 and 50."""
    for filial, quanto in (("1", 5), ("10", 4), ("2", 20)):
        em_estoque(casa, quanto, filial=filial)
    loja = casa.com(filiais_da_loja=LISTA)
    yield loja
    loja.close()


def onde(casa: Casa, codprod: int = 1) -> dict[str, Decimal]:
    return {f: q for f in ("1", "10", "2") if (q := casa.qtreserv(codprod, f))}


def oferta(casa: Casa, corpo: dict[str, Any], login: str = "hub", **kwargs: Any) -> dict[str, Any] | None:
    body = casa.recusado(corpo, login, **kwargs)
    assert body["codigo"] == "ESTOQUE_INSUFICIENTE"
    oferecida: dict[str, Any] | None = body["contraOfertaFiliais"]
    return oferecida


def itens(corpo: dict[str, Any] | None) -> list[tuple[str, Any, str | None]]:
    assert corpo is not None
    return [
        (i["idProdutoRetaguarda"], i["quantidade"], (i.get("entrega") or {}).get("idLojaEntregaRetaguarda"))
        for i in corpo["preVendaItens"]
    ]


def escolhidas(answer: Any) -> list[tuple[int, str, Any]]:
    return [(e["item"], e["filial"], e["quantidade"]) for e in answer.get_json()["data"]["filiaisEscolhidas"]]


# --- the offer


def test_the_first_branch_that_has_it_all_is_offered(loja: Casa) -> None:
    pedido = pre_venda(item(quantidade=3), item("300-3", 8), numero="PV-1")
    oferecida = oferta(loja, pedido)
    assert itens(oferecida) == [("100-1", 3, None), ("300-3", 8, "2")]
    assert oferecida is not None
    loja.reservar(oferecida)
    assert (onde(loja), onde(loja, 3)) == ({"1": 3}, {"2": 8})


def test_what_no_branch_has_alone_is_split(loja: Casa) -> None:
    em_estoque(loja, 3, filial="2")
    oferecida = oferta(loja, pre_venda(item(quantidade=11, desconto=1.1), numero="PV-1"))
    assert itens(oferecida) == [("100-1", 5, "1"), ("100-1", 4, "10"), ("100-1", 2, "2")]
    assert oferecida is not None
    assert [i["desconto"] for i in oferecida["preVendaItens"]] == [0.5, 0.4, 0.2]
    loja.reservar(oferecida)
    assert onde(loja) == {"1": 5, "10": 4, "2": 2}


def test_it_is_split_in_whole_packages_and_kits_stay_whole(loja: Casa) -> None:
    for filial, quanto in (("1", 20), ("10", 11), ("2", 13)):
        em_estoque(loja, quanto, filial=filial)
    assert itens(oferta(loja, pre_venda(item("123-1", 2), numero="PV-1"))) == [("123-1", 1, "1"), ("123-1", 1, "2")]
    for filial, quanto in (("1", 1), ("10", 3), ("2", 1)):
        em_estoque(loja, quanto, 3, filial)
    assert itens(oferta(loja, pre_venda(kit(5), numero="PV-2"))) == [
        ("5000-50", 1, "1"),
        ("5000-50", 3, "10"),
        ("5000-50", 1, "2"),
    ]
    em_estoque(loja, 0, 1, "2")  # the kit of branch 2 would need its product 1 from another
    assert oferta(loja, pre_venda(kit(5), numero="PV-3")) is None


def test_none_where_the_list_does_not_have_it_or_there_is_no_list(loja: Casa) -> None:
    assert oferta(loja, pre_venda(item(quantidade=30), numero="PV-1")) is None
    assert oferta(loja, pre_venda(item(quantidade=21), numero="PV-2", loja="2")) is None  # its list is itself
    assert oferta(loja, pre_venda(item("300-3", 8), numero="PV-3", loja="10"), "hub") is None  # not in the setting
    sem = loja.com(filiais_da_loja={})
    assert oferta(sem, pre_venda(item("300-3", 8), numero="PV-4")) is None
    so_uma = loja.com(filiais_entrega=("10",))
    assert oferta(so_uma, pre_venda(item("300-3", 8), numero="PV-5")) is None
    for casa in (sem, so_uma):
        casa.close()


def test_of_an_alteration_the_own_units_are_offered_too(loja: Casa) -> None:
    numped = loja.reservar(pre_venda(item(quantidade=5), numero="PV-1"))
    oferecida = oferta(loja, pre_venda(item(quantidade=28), numero="PV-1", idRetaguarda=numped))
    assert itens(oferecida) == [("100-1", 5, "1"), ("100-1", 4, "10"), ("100-1", 19, "2")]
    assert oferecida is not None
    assert loja.enviar(oferecida).status_code == 201
    assert onde(loja) == {"1": 5, "10": 4, "2": 19}


def test_it_is_net_of_what_is_kept_for_others(loja: Casa) -> None:
    guardar(loja, "2", codprod=3, canal="pdv2", quantidade=Decimal(45))
    assert oferta(loja, pre_venda(item("300-3", 11), numero="PV-1")) is None
    assert itens(oferta(loja, pre_venda(item("300-3", 10), numero="PV-2"))) == [("300-3", 5, "1"), ("300-3", 5, "2")]


def test_both_names_of_the_delivery_branch_are_one(loja: Casa) -> None:
    entrega = {"idRetaguardaLojaEntrega": "10", "tipoEntrega": 2}
    oferecida = oferta(loja, pre_venda(item("300-3", 8, entrega=entrega), numero="PV-1"))
    assert oferecida is not None
    assert oferecida["preVendaItens"][0]["entrega"] == {"tipoEntrega": 2, "idLojaEntregaRetaguarda": "2"}
    loja.reservar(oferecida)


# --- AUTO


def test_the_first_branch_of_the_list_that_covers_the_line(loja: Casa) -> None:
    answer = loja.enviar(pre_venda(item(quantidade=5, entrega=AUTO), item("300-3", 6, entrega=AUTO), numero="PV-1"))
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert escolhidas(answer) == [(0, "1", 5), (1, "2", 6)]
    assert (onde(loja), onde(loja, 3)) == ({"1": 5}, {"2": 6})


def test_else_the_line_is_split_and_the_total_stays(loja: Casa) -> None:
    em_estoque(loja, 3, filial="2")
    corpo = pre_venda(item(quantidade=11, preco=9.99, entrega=AUTO), item("300-3", 1), numero="PV-1")
    answer = loja.enviar(corpo)
    assert escolhidas(answer) == [(0, "1", 5), (0, "10", 4), (0, "2", 2)]
    assert answer.get_json()["data"]["total"] == 119.89
    numped = answer.get_json()["idPedidoRetaguarda"]
    linhas = loja.tabela("PCPEDI", NUMPED=numped)
    assert sorted((r["NUMSEQ"], r["CODPROD"], r["CODFILIALRETIRA"], r["QT"]) for r in linhas) == [
        (1, 1, "1", 5),
        (2, 3, "1", 1),
        (3, 1, "10", 4),
        (4, 1, "2", 2),
    ]
    assert loja.linha("PCPEDC", NUMPED=numped)["NUMITENS"] == 4
    assert onde(loja) == {"1": 5, "10": 4, "2": 2}
    de_novo = loja.enviar(corpo)
    assert (de_novo.headers["Idempotent-Replayed"], de_novo.data) == ("true", answer.data)
    outra = pre_venda(item(quantidade=11, preco=9.99), item("300-3", 1), numero="PV-1")
    assert loja.enviar(outra).get_json()["codigo"] == "NUMERO_EM_USO"  # AUTO is a part of what was asked


def test_lines_that_name_a_branch_come_first(loja: Casa) -> None:
    fixa = item(quantidade=4, entrega={"idLojaEntregaRetaguarda": "10"})
    answer = loja.enviar(pre_venda(item(quantidade=9, entrega=AUTO), fixa, numero="PV-1"))
    assert escolhidas(answer) == [(0, "2", 9)]
    assert onde(loja) == {"10": 4, "2": 9}


def test_the_harder_line_is_served_first_where_the_order_sent_leaves_one_short(loja: Casa) -> None:
    for filial, quanto in (("1", 12), ("10", 1), ("2", 0)):
        em_estoque(loja, quanto, filial=filial)
    answer = loja.enviar(pre_venda(item(quantidade=1, entrega=AUTO), item("123-1", 1, entrega=AUTO), numero="PV-1"))
    assert escolhidas(answer) == [(0, "10", 1), (1, "1", 1)]


def test_a_kit_comes_from_one_branch(loja: Casa) -> None:
    em_estoque(loja, 0, 3, "1")
    answer = loja.enviar(pre_venda(kit(2, entrega=AUTO), numero="PV-1"))
    assert escolhidas(answer) == [(0, "2", 2)]
    assert (onde(loja), onde(loja, 3)) == ({"2": 4}, {"2": 2})


def test_short_everywhere_is_refused_with_what_they_have(loja: Casa) -> None:
    body = loja.recusado(pre_venda(item(quantidade=40, entrega=AUTO), numero="PV-1"))
    (falta,) = body["errors"]
    assert (falta["filial"], falta["pedida"], falta["disponivel"]) == ("1", 40, 5)
    assert body["contraOfertaFiliais"] is None
    assert itens(body["contraOferta"]) == [("100-1", 29, "AUTO")]
    loja.reservar(body["contraOferta"])
    assert onde(loja) == {"1": 5, "10": 4, "2": 20}


def test_without_a_list_auto_is_the_store(loja: Casa) -> None:
    sem = loja.com(filiais_da_loja={})
    answer = sem.enviar(pre_venda(item(entrega=AUTO), numero="PV-1"))
    assert escolhidas(answer) == [(0, "1", 2)]
    assert sem.recusado(pre_venda(item(quantidade=9, entrega=AUTO), numero="PV-2"))["contraOfertaFiliais"] is None
    sem.close()


def test_a_store_may_leave_it_always_to_the_gateway(loja: Casa) -> None:
    sempre = loja.com(lojas_auto=("1",))
    na_hora = item(quantidade=1, entrega={"tipoEntrega": 0})
    dita = item(quantidade=1, entrega={"idLojaEntregaRetaguarda": "10"})
    answer = sempre.enviar(pre_venda(item(quantidade=9), na_hora, dita, numero="PV-1"))
    assert escolhidas(answer) == [(0, "2", 9)]
    assert onde(sempre) == {"1": 1, "10": 1, "2": 9}
    em_outra = sempre.enviar(pre_venda(item(quantidade=1), numero="PV-2", loja="2"))
    assert "filiaisEscolhidas" not in em_outra.get_json()["data"]
    sempre.close()


def test_an_alteration_chooses_anew_net_of_its_own_units(loja: Casa) -> None:
    numped = loja.reservar(pre_venda(item(quantidade=5, entrega=AUTO), numero="PV-1"))
    answer = loja.enviar(pre_venda(item(quantidade=5, preco=11, entrega=AUTO), numero="PV-1", idRetaguarda=numped))
    assert escolhidas(answer) == [(0, "1", 5)]
    assert onde(loja) == {"1": 5}
    numped = answer.get_json()["idPedidoRetaguarda"]
    answer = loja.enviar(pre_venda(item(quantidade=18, entrega=AUTO), numero="PV-1", idRetaguarda=numped))
    assert escolhidas(answer) == [(0, "2", 18)]
    assert onde(loja) == {"2": 18}


def test_a_split_one_is_paid_as_it_was_sent(loja: Casa) -> None:
    em_estoque(loja, 3, filial="2")
    corpo = pre_venda(item(quantidade=11, entrega=AUTO), numero="PV-1")
    numped = loja.reservar(corpo)
    paga = loja.enviar({**corpo, "situacaoPreVenda": 1, "idRetaguarda": numped})
    assert paga.status_code == 200, paga.get_data(as_text=True)
    assert paga.get_json()["data"]["situacaoReserva"] == "CONFIRMADA"
    assert onde(loja) == {"1": 5, "10": 4, "2": 2}


def test_fractions_are_split_to_the_unit(loja: Casa) -> None:
    for filial, quanto in (("1", 1), ("10", 2), ("2", 3)):
        em_estoque(loja, quanto, 2, filial)
    answer = loja.enviar(pre_venda(item("200-2", Decimal("4.5"), entrega=AUTO), numero="PV-1"))
    assert escolhidas(answer) == [(0, "1", 1), (0, "10", 2), (0, "2", 1.5)]


def test_the_rehearsal_tells_the_branches_too(loja: Casa) -> None:
    corpo = pre_venda(item("300-3", 6, entrega=AUTO), numero="PV-1")
    answer = loja.pedir("POST", "/api/v1/pre-vendas/simulacao", "hub", json=corpo)
    assert escolhidas(answer) == [(0, "2", 6)]
    assert onde(loja, 3) == {}


def test_quotas_bound_what_auto_chooses(loja: Casa) -> None:
    guardar(loja, "1", codprod=1, canal="pdv1", quantidade=Decimal(3))
    assert escolhidas(loja.enviar(pre_venda(item(quantidade=4, entrega=AUTO), numero="PV-1"))) == [(0, "10", 4)]


def test_all_candidates_are_locked_by_one_statement(loja: Casa) -> None:
    with loja.comandos() as sem:
        loja.reservar(pre_venda(item(quantidade=1), numero="PV-1"))
    with loja.comandos() as com:
        loja.reservar(pre_venda(item(quantidade=1, entrega=AUTO), numero="PV-2"))
    assert len(com) <= len(sem) + 2  # the branches, which caches keep: once each time they are read
