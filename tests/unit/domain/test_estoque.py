"""Is there stock for it (R4, R5, R10)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.estoque import (
    Falta,
    RegraDeEstoque,
    Saldo,
    itens_que_pedem,
    planejar,
    problemas_das_faltas,
    somar_necessidades,
)
from app.domain.itens import Cadastro, Embalagem, Linha, Produto, montar_linhas
from app.domain.pre_venda import parse_pre_venda
from app.domain.recusas import FaltaExplicada, FilialComEstoque
from tests.support.builders import id_enviado

MODOS = ["components", "header", "both"]
PRODUTOS = {
    codprod: Produto(codprod, "", tipo, True, None, embalagens={codprod: Embalagem(codprod, Decimal(1), ativa=True)})
    for codprod, tipo in [(1, None), (2, None), (3, None), (50, "CB")]
}


def linhas(*itens: dict[str, Any]) -> list[Linha]:
    pre_venda = parse_pre_venda({"idLojaRetaguarda": "1", "preVendaItens": list(itens)})
    feitas, problemas, _ = montar_linhas(pre_venda, Cadastro(PRODUTOS, {}), converte_embalagem=True)
    assert problemas == []
    return feitas


def item(codprod: int, quantidade: str, filial: str | None = None, *componentes: tuple[int, str]) -> dict[str, Any]:
    kit = [
        {"idProdutoRetaguarda": id_enviado(f"{c}-{c}"), "quantidade": Decimal(q), "preco": Decimal(1)}
        for c, q in componentes
    ]
    return {
        "idProdutoRetaguarda": id_enviado(f"{codprod}-{codprod}"),
        "quantidade": Decimal(quantidade),
        "preco": Decimal(1),
        "entrega": {"idLojaEntregaRetaguarda": filial},
        "itensKit": kit,
    }


KIT = item(50, "3", None, (1, "2"), (3, "1"))


def saldo(qtestger: str, qtreserv: str = "0", qtbloqueada: str = "0", **mais: str) -> Saldo:
    return Saldo(Decimal(qtestger), Decimal(qtreserv), Decimal(qtbloqueada), **{k: Decimal(v) for k, v in mais.items()})


def faltas(feitas: list[Linha], saldos: dict[Any, Saldo], liberar: Any = None, **regra: Any) -> list[Falta]:
    necessidades = somar_necessidades(feitas, "components")
    return list(planejar(saldos, RegraDeEstoque(**regra), liberar=liberar, reservar=necessidades).faltas)


@pytest.mark.parametrize(
    ("desconta", "livre"),
    [((), 7), (("QTPENDENTE",), 6), (("QTINDUSTRIA",), 2), (("QTPENDENTE", "QTINDUSTRIA"), 1)],
)
def test_available(desconta: tuple[str, ...], livre: int) -> None:
    assert saldo("10", "2", "1", qtpendente="1", qtindustria="5").disponivel(desconta) == livre


def test_an_overdrawn_row_is_below_zero() -> None:
    assert saldo("1", "3").disponivel() == -2


@pytest.mark.parametrize("coluna", ["qtreserv", "qtbloqueada", "qtpendente", "qtindustria"])
def test_what_subtracts_never_adds(coluna: str) -> None:
    desconta = ("QTPENDENTE", "QTINDUSTRIA")
    assert Saldo(qtestger=Decimal(10), **{coluna: Decimal(-5)}).disponivel(desconta) == 10


def test_an_empty_row_has_nothing() -> None:
    assert Saldo().disponivel() == 0


def test_lines_of_one_product_are_summed_by_branch() -> None:
    feitas = linhas(item(2, "1"), item(1, "1.5"), item(1, "2"), item(1, "4", "2"))
    assert somar_necessidades(feitas, "components") == {("1", 1): Decimal("3.5"), ("1", 2): 1, ("2", 1): 4}


def test_needs_are_in_the_order_of_the_locks() -> None:
    feitas = linhas(item(3, "1", "2"), item(2, "1", "10"), item(3, "1"), item(1, "1", "2"))
    assert list(somar_necessidades(feitas, "both")) == [("1", 3), ("10", 2), ("2", 1), ("2", 3)]


@pytest.mark.parametrize(
    ("modo", "necessidades"),
    [
        ("components", {("1", 1): 7, ("1", 3): 3}),
        ("header", {("1", 1): 1, ("1", 50): 3}),
        ("both", {("1", 1): 7, ("1", 3): 3, ("1", 50): 3}),
    ],
)
def test_components_and_loose_lines_are_summed(modo: str, necessidades: dict[Any, int]) -> None:
    assert somar_necessidades(linhas(KIT, item(1, "1")), modo) == necessidades


def test_no_lines_need_nothing() -> None:
    assert somar_necessidades([], "both") == {}


@pytest.mark.parametrize(("livre", "falta"), [("5", False), ("5.000001", False), ("4.999999", True), ("0", True)])
def test_exactly_what_is_there_may_be_taken(livre: str, falta: bool) -> None:
    assert bool(faltas(linhas(item(1, "5")), {("1", 1): saldo(livre)})) is falta


def test_reserved_and_blocked_units_are_not_there() -> None:
    assert faltas(linhas(item(1, "5")), {("1", 1): saldo("10", "4", "2")}) == [Falta("1", 1, Decimal(5), Decimal(4))]


def test_no_row_is_no_stock() -> None:
    assert faltas(linhas(item(1, "1")), {}) == [Falta("1", 1, Decimal(1), Decimal(0))]


def test_an_overdrawn_row_shows_zero() -> None:
    assert faltas(linhas(item(1, "1")), {("1", 1): saldo("0", "9")})[0].disponivel == 0


def test_every_short_row_is_found_with_the_items_that_ask_for_it() -> None:
    feitas = linhas(KIT, item(1, "1"), item(2, "1"), item(1, "1", "2"))
    achadas = faltas(feitas, {("1", 1): saldo("6"), ("1", 2): saldo("1"), ("1", 3): saldo("2")})
    assert achadas == [
        Falta("1", 1, Decimal(7), Decimal(6)),
        Falta("1", 3, Decimal(3), Decimal(2)),
        Falta("2", 1, Decimal(1), Decimal(0)),
    ]
    quem = itens_que_pedem(feitas, "components")
    assert [quem[falta.chave] for falta in achadas] == [(0, 1), (0,), (3,)]


@pytest.mark.parametrize(("filiais", "falta"), [(("1",), False), (("2",), True), ((), True)])
def test_a_branch_may_sell_without_stock(filiais: tuple[str, ...], falta: bool) -> None:
    assert bool(faltas(linhas(item(1, "5")), {("1", 1): saldo("0")}, sem_estoque=filiais)) is falta


def test_selling_without_stock_still_needs_the_row() -> None:
    assert len(faltas(linhas(item(1, "5")), {}, sem_estoque=("1",))) == 1


@pytest.mark.parametrize(("pedida", "falta"), [("8", False), ("9", True), ("5", False)])
def test_own_units_never_block(pedida: str, falta: bool) -> None:
    proprias = {("1", 1): Decimal(5)}  # of the 7 reserved, 5 are freed by the same transaction: 10 − 7 + 5
    achadas = faltas(linhas(item(1, pedida)), {("1", 1): saldo("10", "7")}, liberar=proprias)
    assert achadas == ([Falta("1", 1, Decimal(9), Decimal(8))] if falta else [])


def test_taking_less_than_before_works_on_an_overdrawn_row() -> None:
    assert faltas(linhas(item(1, "5")), {("1", 1): saldo("0", "9")}, liberar={("1", 1): Decimal(5)}) == []


quantidades = st.decimals("0", "1000", places=6)


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from("12"), st.integers(1, 9)), max_size=8), st.data())
def test_short_is_what_asks_for_more_than_there_is(pedidos: list[tuple[int, str, int]], data: st.DataObject) -> None:
    feitas = linhas(*[item(c, str(q), f) for c, f, q in pedidos])
    necessidades = somar_necessidades(feitas, "components")
    saldos = {chave: Saldo(data.draw(quantidades)) for chave in necessidades}
    curtas = {falta.chave for falta in planejar(saldos, reservar=necessidades).faltas}
    assert curtas == {chave for chave, pedida in necessidades.items() if pedida > saldos[chave].qtestger}


@given(st.sampled_from(MODOS), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_need_of_a_kit_is_its_quantity_times_that_of_the_component(modo: str, kits: int, um: int, outro: int) -> None:
    necessidades = somar_necessidades(linhas(item(50, str(kits), None, (1, str(um)), (3, str(outro)))), modo)
    componentes = {} if modo == "header" else {("1", 1): kits * um, ("1", 3): kits * outro}
    assert necessidades == componentes | ({} if modo == "components" else {("1", 50): kits})


def test_a_shortage_says_what_was_asked_what_there_is_and_who_has_it() -> None:
    outras = {1: {"1": Decimal(50), "10": Decimal("4.9"), "2": Decimal(5), "3": Decimal(7)}}
    (problema,) = problemas_das_faltas([Falta("1", 1, Decimal(5), Decimal("1.500"))], {("1", 1): (2, 3)}, outras)
    assert problema.codigo == "ESTOQUE_INSUFICIENTE"
    assert problema.campo == "/preVendaItens/2/quantidade"
    assert problema.mensagem == "Produto 1, filial 1: pedido 5, disponível 1,5."
    quem_tem = [FilialComEstoque("2", Decimal(5)), FilialComEstoque("3", Decimal(7))]
    assert problema.falta == FaltaExplicada(1, "1", Decimal(5), Decimal("1.500"), (2, 3), quem_tem)


# --- what is written comes from the same plan

UM = ("1", 1)


@pytest.mark.parametrize(
    ("qtreserv", "liberar", "reservar", "variacao"),
    [
        ("7", "5", "0", "-5"),  # freed
        ("7", "5", "8", "3"),  # the net difference
        ("7", "0", "3", "3"),
        ("2", "5", "0", "-2"),  # only what the counter holds
        ("2", "5", "5", "3"),  # what it does not hold is not given back, so it is taken anew
        ("0", "5", "4", "4"),
        ("7", "5", "5", None),  # as before: not written
        ("0", "5", "0", None),
        ("-5", "0", "3", "3"),  # an increase begins at 0
        ("-5", "3", "0", "0"),  # a release leaves 0
        ("-5", "3", "3", "3"),
    ],
)
def test_what_the_counter_changes_by(qtreserv: str, liberar: str, reservar: str, variacao: str | None) -> None:
    pedidos = {nome: {UM: Decimal(q)} for nome, q in (("liberar", liberar), ("reservar", reservar)) if q != "0"}
    plano = planejar({UM: saldo("1000", qtreserv)}, **pedidos)
    assert plano.variacoes == ({} if variacao is None else {UM: Decimal(variacao)})
    assert not plano.faltas


def test_what_was_taken_out_of_the_counter_is_not_free_again() -> None:
    """Of 5 on hand 3 were reserved; somebody set QTRESERV to 0: an alteration from 3 to 7 asks for 7 of 5."""
    plano = planejar({UM: saldo("5", "0")}, liberar={UM: Decimal(3)}, reservar={UM: Decimal(7)})
    assert plano.faltas == (Falta("1", 1, Decimal(7), Decimal(5)),)


def test_a_row_that_is_gone_frees_nothing() -> None:
    plano = planejar({}, liberar={UM: Decimal(3)})
    assert (plano.faltas, plano.variacoes, plano.livres) == ((), {}, {})


contadores = st.integers(-20, 20).map(Decimal)
unidades = st.integers(0, 20).map(Decimal)


@given(st.integers(0, 40).map(Decimal), contadores, contadores, unidades, unidades)
def test_what_is_written_never_exceeds_what_was_decided(
    qtestger: Decimal, qtreserv: Decimal, qtbloqueada: Decimal, liberar: Decimal, reservar: Decimal
) -> None:
    """After the plan: never below zero, and a sale that was accepted leaves no more reserved than is on hand, unless it
    only keeps what it had."""
    antes = Saldo(qtestger, qtreserv, qtbloqueada)
    plano = planejar({UM: antes}, liberar={UM: liberar}, reservar={UM: reservar})
    depois = antes.reservado + plano.variacoes.get(UM, Decimal(0))
    assert depois >= 0
    liberada = min(liberar, antes.reservado)
    assert depois == antes.reservado - liberada + reservar
    if not plano.faltas and reservar > liberada:
        assert depois + max(qtbloqueada, Decimal(0)) <= qtestger
