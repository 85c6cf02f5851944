"""The table of ``prevenda mapeamentos mostrar``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.mapping import Description, Maps, describe, render_table

PEDIDO = """
table = "PEDIDO"
[columns]
NUMPED = { context = "numped" }
TOTAL = { context = "total", rule = "soma dos itens", derived_from = ["itens[].quantidade"] }
POSICAO = { const = "L" }
NOME = { json = "cliente.nome", convert = "upper", default = "S/N" }
DATA = { json = "apelido" }
[extra]
XTIPO = { json = "tipo", type = "NUMBER(2)", values = { "a" = 1, "b" = 2 } }
[unmapped]
"numero" = "sem coluna"
"""


@pytest.fixture
def maps(load: Callable[..., Maps]) -> Maps:
    paths = ["numero", "apelido", "cliente.nome", "itens[].quantidade"]
    return load(PEDIDO, json_paths=paths, cover=False)


def test_describe(maps: Maps) -> None:
    assert describe(maps) == [
        Description("apelido", "PEDIDO", "DATA", "DATE", ""),
        Description("cliente.nome", "PEDIDO", "NOME", "VARCHAR2(10)", "convert upper; senão S/N"),
        Description("itens[].quantidade", "PEDIDO", "TOTAL", "NUMBER(8,2)", "calculado; soma dos itens"),
        Description("tipo", "PEDIDO", "XTIPO", "NUMBER(2)", "coluna do cliente, lida do JSON original; a→1, b→2"),
        Description("(calculado) numped", "PEDIDO", "NUMPED", "NUMBER(10)", ""),
        Description("(constante) L", "PEDIDO", "POSICAO", "VARCHAR2(2)", ""),
        Description("numero", "-", "-", "-", "sem coluna"),
    ]


def test_render_table_aligns_the_columns(maps: Maps) -> None:
    lines = render_table(describe(maps)).splitlines()
    assert lines[0] == "Origem              Tabela  Coluna   Tipo          Observação"
    assert lines[1].startswith("------------------  ------  -------  ------------  ---")
    assert lines[2] == "apelido             PEDIDO  DATA     DATE"
    assert lines[-1] == "numero              -       -        -             sem coluna"


def test_maps_is_a_mapping_by_table(maps: Maps) -> None:
    assert list(maps) == ["PEDIDO"]
    assert len(maps) == 1
    assert maps.unmapped == {"numero": "sem coluna"}
