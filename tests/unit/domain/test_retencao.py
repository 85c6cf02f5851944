"""The one table of what holds stock, cell by cell (R19, R23, R24)."""

from __future__ import annotations

import pytest

from app.domain.retencao import PedidoNoEstoque, RegraDeRetencao, Retencao, linha_retem, retencao

TUDO, NADA, SO_IMEDIATAS = Retencao.TUDO, Retencao.NADA, Retencao.SO_IMEDIATAS
PADRAO = RegraDeRetencao()
COM_2542 = RegraDeRetencao(futura=True)


@pytest.mark.parametrize(
    ("posicao", "faturado", "retida"),
    [
        *[("L", False, TUDO), ("M", False, TUDO), ("L", True, NADA), ("M", True, NADA)],
        *[("P", False, NADA), ("B", False, NADA), ("F", False, NADA), ("C", False, NADA), ("X", False, NADA)],
        (None, False, NADA),
    ],
)
def test_by_position(posicao: str | None, faturado: bool, retida: Retencao) -> None:
    assert retencao(PADRAO, PedidoNoEstoque("1", posicao, faturado)) is retida


@pytest.mark.parametrize("condvenda", [None, 1, 4, 5, 8, 9, 10, 11, 13, 14, 20, 98, 99])
def test_every_sale_type_but_7_holds_unless_the_site_lists_its_own(condvenda: int | None) -> None:
    pedido = PedidoNoEstoque("1", "L", condvenda=condvenda)
    assert retencao(PADRAO, pedido) is TUDO
    assert retencao(RegraDeRetencao(frozenset({5, 8})), pedido) is (TUDO if condvenda in {5, 8} else NADA)
    assert retencao(RegraDeRetencao(frozenset({1})), pedido) is (TUDO if condvenda in {None, 1} else NADA)


@pytest.mark.parametrize(
    ("regra", "filial", "retida"),
    [
        (PADRAO, "1", NADA),
        (COM_2542, "1", TUDO),
        (RegraDeRetencao(futura_ao_contrario=frozenset({"2"})), "2", TUDO),
        (RegraDeRetencao(futura_ao_contrario=frozenset({"2"})), "1", NADA),
        (RegraDeRetencao(futura=True, futura_ao_contrario=frozenset({"2"})), "2", NADA),
        # Parameter 2542 decides, whatever the list says.
        (RegraDeRetencao(frozenset({7})), "1", NADA),
        (RegraDeRetencao(frozenset({1}), futura=True), "1", TUDO),
    ],
)
def test_a_future_sale_holds_by_parameter_2542_of_its_branch(
    regra: RegraDeRetencao, filial: str, retida: Retencao
) -> None:
    assert retencao(regra, PedidoNoEstoque(filial, "L", condvenda=7)) is retida


@pytest.mark.parametrize("regra", [PADRAO, COM_2542])
def test_a_future_sale_with_deliveries_holds_what_leaves_at_once(regra: RegraDeRetencao) -> None:
    assert retencao(regra, PedidoNoEstoque("1", "L", condvenda=7, dividido=True)) is SO_IMEDIATAS
    assert retencao(regra, PedidoNoEstoque("1", "F", condvenda=7, dividido=True)) is NADA


@pytest.mark.parametrize(
    ("retida", "posicao", "tipo", "conta"),
    [
        *[(TUDO, None, None, True), (TUDO, "L", "EN", True), (TUDO, "C", "RI", False), (TUDO, "B", "RI", True)],
        *[(SO_IMEDIATAS, "L", tipo, False) for tipo in ("RP", "EN", "EF")],
        *[(SO_IMEDIATAS, "L", tipo, True) for tipo in ("RI", None)],
        *[(SO_IMEDIATAS, "C", "RI", False), (NADA, "L", "RI", False)],
    ],
)
def test_by_line(retida: Retencao, posicao: str | None, tipo: str | None, conta: bool) -> None:
    assert linha_retem(retida, posicao, tipo) is conta
