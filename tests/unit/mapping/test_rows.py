"""Rows: where values come from, and what missing, null and zero become."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace as NS
from typing import Any

import pytest

from app.mapping import Maps, MissingContext, TableMap, ValueDoesNotFit

Load = Callable[..., Maps]
Pedido = Callable[..., TableMap]

CONTEXT = NS(numped=1000001)
ITENS = [
    {"quantidade": Decimal(1), "entrega": {"tipo": 0}, "kit": [{"sequencial": 7}, {"sequencial": 8}]},
    {"quantidade": Decimal("2.5"), "entrega": None, "kit": None},
]


def test_json_context_and_const(pedido: Pedido) -> None:
    table_map = pedido('POSICAO = { const = "L" }\nNOME = { json = "cliente.nome" }')
    row = table_map.build_row({"cliente": {"nome": "Ana"}}, CONTEXT, {})
    assert row == {"NUMPED": 1000001, "POSICAO": "L", "NOME": "Ana"}


def test_columns_keep_the_order_of_the_file(pedido: Pedido) -> None:
    table_map = pedido(
        'TOTAL = { const = 1 }\nNOME = { json = "apelido" }\n[extra]\nXA = { json = "a", type = "DATE" }'
    )
    assert table_map.columns == ["NUMPED", "TOTAL", "NOME", "XA"]
    assert list(table_map.build_row({}, CONTEXT, {})) == table_map.columns


@pytest.mark.parametrize("dados", [{}, {"cliente": None}, {"cliente": {}}, {"cliente": {"nome": None}}])
@pytest.mark.parametrize(("default", "expected"), [("", None), (', default = "S/N"', "S/N")])
def test_missing_and_null_give_the_default(
    pedido: Pedido, dados: dict[str, Any], default: str, expected: str | None
) -> None:
    table_map = pedido(f'NOME = {{ json = "cliente.nome"{default} }}')
    assert table_map.build_row(dados, CONTEXT, {})["NOME"] == expected


@pytest.mark.parametrize("blank", ["", "   ", "\n\t", "\x00"])
def test_blank_text_gives_the_default(pedido: Pedido, blank: str) -> None:
    table_map = pedido('NOME = { json = "cliente.nome", default = "S/N" }')
    assert table_map.build_row({"cliente": {"nome": blank}}, CONTEXT, {})["NOME"] == "S/N"


@pytest.mark.parametrize("zero", [0, Decimal(0), Decimal("0.000"), "0"])
def test_zero_is_a_value(pedido: Pedido, zero: object) -> None:
    table_map = pedido('TOTAL = { json = "apelido", default = 9 }\nNOME = { json = "numero", default = "x" }')
    row = table_map.build_row({"apelido": zero, "numero": zero}, CONTEXT, {})
    assert (row["TOTAL"], row["NOME"]) == (Decimal("0.00"), "0")


def test_default_zero_is_written(pedido: Pedido) -> None:
    table_map = pedido('TOTAL = { json = "apelido", default = 0 }')
    assert table_map.build_row({}, CONTEXT, {})["TOTAL"] == Decimal("0.00")


def test_null_context_gives_null(pedido: Pedido) -> None:
    assert pedido('TOTAL = { context = "total" }').build_row({}, NS(numped=1000001, total=None), {})["TOTAL"] is None


def test_a_context_value_that_was_not_computed_is_a_defect(pedido: Pedido) -> None:
    with pytest.raises(MissingContext, match="TOTAL: context value 'total'"):
        pedido('TOTAL = { context = "total" }').build_row({}, CONTEXT, {})


def test_null_in_a_not_null_column_is_refused(pedido: Pedido) -> None:
    with pytest.raises(ValueDoesNotFit) as error:
        pedido("").build_row({}, NS(numped=None), {})
    assert (error.value.column, error.value.reason) == ("NUMPED", "a coluna não aceita ficar vazia")


VALUES = [(0, "RI"), (Decimal("1.0"), "RP"), ("0", "RI"), (True, "SI"), (3, None), (None, None)]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_values(pedido: Pedido, value: object, expected: str | None) -> None:
    table_map = pedido('POSICAO = { json = "apelido", values = { "0" = "RI", "1" = "RP", "true" = "SI" } }')
    assert table_map.build_row({"apelido": value}, CONTEXT, {})["POSICAO"] == expected


@pytest.mark.parametrize("value", [3, None])
def test_unlisted_value_gives_the_default(pedido: Pedido, value: object) -> None:
    table_map = pedido('POSICAO = { json = "apelido", values = { "0" = "RI" }, default = "EN" }')
    assert table_map.build_row({"apelido": value}, CONTEXT, {})["POSICAO"] == "EN"


def test_convert_comes_before_values(pedido: Pedido) -> None:
    table_map = pedido('POSICAO = { json = "apelido", convert = "upper", values = { "SIM" = "S" } }')
    assert table_map.build_row({"apelido": "sim"}, CONTEXT, {})["POSICAO"] == "S"


def test_convert_that_leaves_nothing_gives_the_default(pedido: Pedido) -> None:
    table_map = pedido('NOME = { json = "apelido", convert = "digits", default = "S/N" }')
    assert table_map.build_row({"apelido": "abc"}, CONTEXT, {})["NOME"] == "S/N"


def test_convert_that_fails_is_refused(pedido: Pedido) -> None:
    table_map = pedido('DATA = { json = "apelido", convert = "data" }')
    with pytest.raises(ValueDoesNotFit, match="o valor não pôde ser convertido"):
        table_map.build_row({"apelido": "ontem"}, CONTEXT, {})


def test_rows_of_an_array_read_their_own_element_and_the_root(load: Load) -> None:
    maps = load(
        'table = "ITEM"\nrows = "itens[]"\n[columns]\n'
        'QT = { json = "itens[].quantidade" }\nTIPO = { json = "itens[].entrega.tipo" }\nNOME = { json = "numero" }'
    )
    rows = maps["ITEM"].draft({"numero": "A1", "itens": ITENS}, [NS(), NS()], {}, [(0,), (1,)]).rows([NS(), NS()])
    assert rows == [
        {"QT": Decimal("1.000"), "TIPO": "0", "NOME": "A1"},
        {"QT": Decimal("2.500"), "TIPO": None, "NOME": "A1"},
    ]


COMPONENTE = (
    'table = "COMPONENTE"\nrows = "itens[].kit[]"\n[columns]\n'
    'SEQ = { json = "itens[].kit[].sequencial" }\nQT = { json = "itens[].quantidade" }\nNOME = { json = "numero" }'
)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ((0, 1), {"SEQ": 8, "QT": 1, "NOME": "A1"}),
        ((1,), {"SEQ": None, "QT": Decimal("2.5"), "NOME": "A1"}),
        ((), {"SEQ": None, "QT": None, "NOME": "A1"}),
        (None, {"SEQ": None, "QT": None, "NOME": "A1"}),
    ],
)
def test_a_row_without_an_element_of_its_own(
    load: Load, position: tuple[int, ...] | None, expected: dict[str, object]
) -> None:
    table_map = load(COMPONENTE)["COMPONENTE"]
    assert table_map.build_row({"numero": "A1", "itens": ITENS}, NS(), {}, position) == expected


def test_each_context_needs_its_position(load: Load) -> None:
    with pytest.raises(ValueError, match="shorter"):
        load(COMPONENTE)["COMPONENTE"].draft({"itens": ITENS}, [NS(), NS()], {}, [None])


def test_refusal_says_where(load: Load) -> None:
    table_map = load('table = "ITEM"\nrows = "itens[]"\n[columns]\nQT = { json = "itens[].quantidade" }')["ITEM"]
    with pytest.raises(ValueDoesNotFit) as error:
        table_map.build_row({"itens": [{}, {"quantidade": Decimal("1E+7")}]}, NS(), {}, (1,))
    found = error.value
    assert (found.table, found.column, found.json_path, found.position) == (
        "ITEM",
        "QT",
        "itens[].quantidade",
        (1,),
    )
    assert found.reason == "número grande demais para NUMBER(10,3)"


def test_refusal_of_a_computed_value_has_no_json_path(pedido: Pedido) -> None:
    with pytest.raises(ValueDoesNotFit) as error:
        pedido("").build_row({}, NS(numped="abc"), {})
    assert error.value.json_path is None


def test_refusal_never_quotes_the_value(pedido: Pedido) -> None:
    with pytest.raises(ValueDoesNotFit) as error:
        pedido('TOTAL = { json = "apelido" }').build_row({"apelido": "123.456.789-09"}, CONTEXT, {})
    assert "123" not in str(error.value)


EXTRA = '[extra]\nXAPELIDO = { json = "cliente.apelido", type = "VARCHAR2(5)" }'


def test_extra_columns_are_described(pedido: Pedido) -> None:
    table_map = pedido(f'{EXTRA}\nXTOT = {{ json = "x", type = "NUMBER(8, 2)" }}')
    assert [(spec.name, spec.type_name) for spec in table_map.extra_columns] == [
        ("XAPELIDO", "VARCHAR2(5)"),
        ("XTOT", "NUMBER(8,2)"),
    ]
    assert table_map.extra_paths == ["cliente.apelido", "x"]


def test_extra_reads_the_raw_body_only(pedido: Pedido) -> None:
    dados = {"cliente": {"apelido": "validado"}}
    row = pedido(EXTRA).build_row(dados, CONTEXT, {"cliente": {"apelido": "Zé da Esquina"}})
    assert row["XAPELIDO"] == "Zé d"


@pytest.mark.parametrize("raw", [None, [], {}, {"cliente": None}, {"cliente": "Ana"}, {"cliente": [1]}])
def test_extra_tolerates_any_missing_part(pedido: Pedido, raw: object) -> None:
    assert pedido(EXTRA).build_row({}, CONTEXT, raw)["XAPELIDO"] is None


def test_extra_of_the_wrong_kind_is_refused(pedido: Pedido) -> None:
    with pytest.raises(ValueDoesNotFit, match="não é texto"):
        pedido(EXTRA).build_row({}, CONTEXT, {"cliente": {"apelido": {"a": 1}}})


@pytest.mark.parametrize("modifier", ['convert = "upper"', 'values = { "a" = "b" }'])
def test_extra_of_the_wrong_kind_is_refused_before_any_conversion(pedido: Pedido, modifier: str) -> None:
    table_map = pedido(f'[extra]\nXA = {{ json = "a", type = "VARCHAR2(30)", {modifier} }}')
    with pytest.raises(ValueDoesNotFit, match="o valor não pôde ser convertido"):
        table_map.build_row({}, CONTEXT, {"a": ["x"]})


def test_extra_may_be_constant_or_computed(pedido: Pedido) -> None:
    table_map = pedido(
        '[extra]\nXA = { const = 1, type = "NUMBER(1)" }\nXB = { context = "total", type = "NUMBER(5)" }'
    )
    row = table_map.build_row({}, NS(numped=1000001, total=Decimal("2.5")), {})
    assert (row["XA"], row["XB"]) == (1, 3)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [({"itens": [{}, {"cor": "azul"}]}, "azul"), ({"itens": [{}]}, None), ({"itens": {}}, None), ({}, None)],
)
def test_extra_inside_an_array(load: Load, raw: object, expected: str | None) -> None:
    text = (
        'table = "ITEM"\nrows = "itens[]"\n[columns]\nQT = { const = 1 }\n'
        '[extra]\nXCOR = { json = "itens[].cor", type = "VARCHAR2(10)" }'
    )
    assert load(text)["ITEM"].build_row({"itens": ITENS}, NS(), raw, (1,))["XCOR"] == expected


def test_extra_date_as_written(pedido: Pedido) -> None:
    table_map = pedido('[extra]\nXDATA = { json = "d", type = "DATE", convert = "data" }')
    row = table_map.build_row({}, CONTEXT, {"d": "2026-01-31T23:30:00.000-03:00"})
    assert row["XDATA"] == dt.datetime(2026, 1, 31)  # noqa: DTZ001


def test_what_is_known_later_is_added_to_what_was_made_before(pedido: Pedido) -> None:
    table_map = pedido('POSICAO = { const = "L" }\nNOME = { json = "numero" }\nTOTAL = { context = "total" }')
    dados = {"numero": "A1"}
    draft = table_map.draft(dados, [NS(total=2), NS(total=3)], {}, [(), ()])
    dados["numero"] = "changed"
    rows = draft.rows([NS(numped=1000001), NS(numped=1000002)])
    assert [list(row) for row in rows] == [table_map.columns, table_map.columns]
    assert [list(row.values()) for row in rows] == [[1000001, "L", "A1", 2], [1000002, "L", "A1", 3]]


def test_what_does_not_fit_is_refused_as_soon_as_it_is_known(pedido: Pedido) -> None:
    table_map = pedido('TOTAL = { context = "total" }')
    with pytest.raises(ValueDoesNotFit):
        table_map.draft({}, [NS(total=Decimal("1E+30"))], {}, [()])
    draft = table_map.draft({}, [NS(total=1)], {}, [()])
    with pytest.raises(ValueDoesNotFit):
        draft.rows([NS(numped=10**12)])


def test_what_never_becomes_known_is_an_error(pedido: Pedido) -> None:
    with pytest.raises(MissingContext, match="NUMPED"):
        pedido('TOTAL = { context = "total" }').draft({}, [NS(total=1)], {}, [()]).rows([NS()])


def test_no_rows_of_nothing(pedido: Pedido) -> None:
    assert pedido('TOTAL = { context = "total" }').draft({}, [], {}, []).rows([]) == []
