"""Every check has a bad map that triggers exactly its problem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.mapping import MappingError, Maps, load_maps

Problems = Callable[..., list[str]]

NUMPED = 'NUMPED = { context = "numped" }'


def pedido(columns: str = "", *, head: str = "", tail: str = "") -> str:
    return f'table = "PEDIDO"\n{head}\n[columns]\n{NUMPED}\n{columns}\n{tail}'


def test_a_correct_map_has_no_problems(problems: Problems) -> None:
    assert problems(pedido('POSICAO = { const = "L" }\nNOME = { json = "cliente.nome", convert = "upper" }')) == []


FILE = [
    ("colunas = 1", "chave desconhecida 'colunas' (seria 'columns'?)"),
    ("extra = 1", "[extra] deve ser uma tabela TOML"),
    ('rows = "produtos[]"', "rows = 'produtos[]' não é uma lista do JSON"),
    ('rows = "itens"', "rows = 'itens' não é uma lista do JSON (seria 'itens[]'?)"),
    ("rows = 1", "rows = 1 não é uma lista do JSON"),
]


@pytest.mark.parametrize(("head", "reason"), FILE)
def test_file(problems: Problems, head: str, reason: str) -> None:
    assert problems(pedido(head=head)) == [f"pedido.toml: -: {reason}"]


def test_unknown_table(problems: Problems) -> None:
    found = problems('table = "PEDIDOS"\n[columns]\nX = { const = 1 }')
    assert found == ["pedidos.toml: -: tabela desconhecida 'PEDIDOS' (seria 'PEDIDO'?)"]


def test_missing_table(problems: Problems) -> None:
    found = problems('[columns]\nX = { const = "L" }')
    assert found == ['pedido.toml: -: falta table = "NOME_DA_TABELA"']


def test_missing_columns(problems: Problems) -> None:
    assert problems('table = "ITEM"\nrows = "itens[]"') == ["item.toml: -: falta a tabela [columns]"]


def test_file_named_unlike_its_table(tmp_path: Path, load: Callable[..., Maps]) -> None:
    (tmp_path / "outro.toml").write_text(pedido(), "utf-8")
    with pytest.raises(MappingError) as error:
        load()
    assert error.value.problems == ["outro.toml: -: o arquivo da tabela PEDIDO deve chamar-se pedido.toml"]


def test_syntax_error_names_the_place_and_hides_no_other_file(problems: Problems) -> None:
    found = problems('table = "PEDIDO"\n[columns\nX = 1', 'table = "ITEM"\n[columns]\nQT = { const = 1, x = 2 }')
    assert len(found) == 2
    assert found[0].startswith("pedido.toml: -: TOML inválido: ")
    assert "line 2" in found[0]
    assert found[1] == "item.toml: QT: chave desconhecida 'x'"


def test_file_that_is_not_utf8(tmp_path: Path, problems: Problems) -> None:
    (tmp_path / "item.toml").write_bytes(b'table = "IT\xe9M"')
    assert [text.split(": ")[:3] for text in problems()] == [["item.toml", "-", "TOML inválido"]]


def test_required_table_without_a_map(problems: Problems) -> None:
    assert problems(required=["PEDIDO"]) == ["pedido.toml: -: falta o mapa da tabela PEDIDO"]


ENTRY = [
    ("POSICAO = 1", 'deve ser { json = "…" }, { context = "…" } ou { const = … }'),
    ("POSICAO = { }", "deve ter exatamente um de json, context e const"),
    ('POSICAO = { json = "apelido", const = "L" }', "deve ter exatamente um de json, context e const"),
    ('POSICAO = { const = "L", formula = "x" }', "chave desconhecida 'formula'"),
    ('POSICAO = { const = "L", type = "DATE" }', "chave desconhecida 'type'"),
    ("POSICAO = { json = 7 }", "json = 7 não é um caminho JSON"),
    ('POSICAO = { json = "itens[]" }', "json = 'itens[]' não é um caminho JSON"),
    ('POSICAO = { json = "cliente.nme" }', "caminho JSON inexistente 'cliente.nme' (seria 'cliente.nome'?)"),
    ('POSICAO = { json = "pagamentos[].forma" }', "'pagamentos[].forma' está em outra lista que rows = ''"),
    ('TOTAL = { context = "totl" }', "valor de contexto desconhecido 'totl' (seria 'total'?)"),
    ("TOTAL = { context = [1] }", "valor de contexto desconhecido [1]"),
    ('POSICAO = { const = "L", derived_from = ["numero"] }', "derived_from só acompanha context"),
    ('POSICAO = { const = "L", rule = "sempre liberado" }', "rule só acompanha context"),
    ('TOTAL = { context = "total", rule = " " }', "rule deve dizer em palavras como o valor é calculado"),
    ('POSICAO = { context = "total" }', "total (Decimal) não serve a uma coluna VARCHAR2(2)"),
    (
        'TOTAL = { context = "total", derived_from = [] }',
        "derived_from deve ser uma lista de caminhos JSON",
    ),
    (
        'TOTAL = { context = "total", derived_from = ["numro"] }',
        "derived_from: caminho JSON inexistente 'numro' (seria 'numero'?)",
    ),
    (
        'NOME = { json = "apelido", convert = "uper" }',
        "conversão desconhecida 'uper' (seria 'upper'?)",
    ),
    ('POSICAO = { const = "L", convert = "upper" }', "convert não acompanha const"),
    ('POSICAO = { const = "L", default = "L" }', "default não acompanha const"),
    ('POSICAO = { const = "L", values = { "1" = "L" } }', "values não acompanha const"),
    (
        'NOME = { json = "apelido", values = { } }',
        'values deve ser { "valor do JSON" = valor da coluna, … }',
    ),
]


@pytest.mark.parametrize(("columns", "reason"), ENTRY)
def test_entry(problems: Problems, columns: str, reason: str) -> None:
    assert problems(pedido(columns)) == [f"pedido.toml: {columns.split()[0]}: {reason}"]


FIT = [
    ('POSICAO = { const = "LIB" }', "const: 'LIB' não cabe em VARCHAR2(2)"),
    ('POSICAO = { const = "çã" }', "const: 'çã' não cabe em VARCHAR2(2)"),
    ("POSICAO = { const = 1 }", "const: 1 não é do tipo VARCHAR2(2)"),
    ('POSICAO = { const = "" }', "const: texto vazio (o Oracle o grava como NULL)"),
    ('TOTAL = { const = "1" }', "const: '1' não é do tipo NUMBER(8,2)"),
    ("TOTAL = { const = true }", "const: True não é do tipo NUMBER(8,2)"),
    ("TOTAL = { const = 0.005 }", "const: Decimal('0.005') não cabe em NUMBER(8,2)"),
    ("TOTAL = { const = 1000000 }", "const: 1000000: número grande demais para NUMBER(8,2)"),
    ("TOTAL = { const = nan }", "const: Decimal('NaN'): não é um número finito"),
    ('DATA = { const = "2026-01-31" }', "const: '2026-01-31' não é do tipo DATE"),
    ("JSON = { const = 1 }", "const: 1 não é do tipo CLOB"),
    ('POSICAO = { json = "apelido", default = "LIB" }', "default: 'LIB' não cabe em VARCHAR2(2)"),
    (
        'POSICAO = { json = "apelido", values = { "1" = "LIB", "2" = "L" } }',
        "values['1']: 'LIB' não cabe em VARCHAR2(2)",
    ),
]


@pytest.mark.parametrize(("columns", "reason"), FIT)
def test_written_values_fit_their_column(problems: Problems, columns: str, reason: str) -> None:
    assert problems(pedido(columns)) == [f"pedido.toml: {columns.split()[0]}: {reason}"]


@pytest.mark.parametrize("columns", ["TOTAL = { const = 0.05 }", "DATA = { const = 2026-01-31 }"])
def test_written_values_that_fit(problems: Problems, columns: str) -> None:
    assert problems(pedido(columns)) == []


def test_width_counts_in_the_encoding_of_the_database(problems: Problems) -> None:
    assert problems(pedido('POSICAO = { const = "çã" }'), text_encoding="cp1252") == []


def test_unknown_column(problems: Problems) -> None:
    found = problems(pedido("POSICA = { const = 1 }"))
    assert found == ["pedido.toml: POSICA: coluna inexistente em PEDIDO (seria 'POSICAO'?)"]


NOT_NULL = [
    ('NUMPED = { json = "apelido" }', "NUMPED: coluna NOT NULL mapeada de um campo opcional (apelido) sem default"),
    (
        'NUMPED = { json = "numero", values = { "a" = 1 } }',
        "NUMPED: coluna NOT NULL: values pede um default para os valores que não lista",
    ),
    ('POSICAO = { const = "L" }', "NUMPED: coluna NOT NULL sem mapa"),
    (
        f'{NUMPED}\nFLAG = {{ json = "apelido" }}',
        "FLAG: coluna NOT NULL mapeada de um campo opcional (apelido) sem default",
    ),
]


@pytest.mark.parametrize(("columns", "problem"), NOT_NULL)
def test_not_null_coverage(problems: Problems, columns: str, problem: str) -> None:
    assert problems(f'table = "PEDIDO"\n[columns]\n{columns}') == [f"pedido.toml: {problem}"]


@pytest.mark.parametrize(
    "columns",
    [
        'NUMPED = { json = "numero" }',
        'NUMPED = { json = "apelido", default = 0 }',
        'NUMPED = { json = "numero", values = { "a" = 1 }, default = 2 }',
    ],
)
def test_not_null_columns_that_are_covered(problems: Problems, columns: str) -> None:
    assert problems(f'table = "PEDIDO"\n[columns]\n{columns}') == []


def test_paths_of_a_plain_collection_count_as_optional(problems: Problems) -> None:
    found = problems('table = "PEDIDO"\n[columns]\nNUMPED = { json = "numero" }', json_paths=["numero"], cover=False)
    assert found == ["pedido.toml: NUMPED: coluna NOT NULL mapeada de um campo opcional (numero) sem default"]


SCOPES = [
    ("", "numero", True),
    ("", "itens[].quantidade", False),
    ("itens[]", "numero", True),
    ("itens[]", "itens[].entrega.tipo", True),
    ("itens[]", "itens[].kit[].sequencial", False),
    ("itens[]", "pagamentos[].forma", False),
    ("itens[].kit[]", "itens[].quantidade", True),
    ("itens[].kit[]", "itens[].kit[].sequencial", True),
]


@pytest.mark.parametrize(("rows", "path", "fits"), SCOPES)
def test_array_scope(problems: Problems, rows: str, path: str, fits: bool) -> None:
    found = problems(f'table = "ITEM"\nrows = "{rows}"\n[columns]\nNOME = {{ json = "{path}" }}')
    assert found == ([] if fits else [f"item.toml: NOME: '{path}' está em outra lista que rows = '{rows}'"])


EXTRA = [
    ('NOME = { json = "x", type = "DATE" }', "NOME: a coluna já é conhecida em PEDIDO: use [columns]"),
    ('xnome = { json = "x", type = "DATE" }', "xnome: nome de coluna inválido (maiúsculas, dígitos, _, $ e #)"),
    (
        'XNOME = { json = "x" }',
        'XNOME: [extra] pede type = "VARCHAR2(n)", "NUMBER(p)", "NUMBER(p,s)", "DATE" ou "CLOB"',
    ),
    (
        'XNOME = { json = "x", type = "VARCHAR2(0)" }',
        'XNOME: [extra] pede type = "VARCHAR2(n)", "NUMBER(p)", "NUMBER(p,s)", "DATE" ou "CLOB"',
    ),
    (
        'XNOME = { json = "x", type = "NUMBER(39)" }',
        'XNOME: [extra] pede type = "VARCHAR2(n)", "NUMBER(p)", "NUMBER(p,s)", "DATE" ou "CLOB"',
    ),
    ('XNOME = { json = "x..y", type = "DATE" }', "XNOME: json = 'x..y' não é um caminho JSON"),
    ('XNOME = { json = "x[].y", type = "DATE" }', "XNOME: 'x[].y' está em outra lista que rows = ''"),
    ('XNOME = { const = "abc", type = "VARCHAR2(2)" }', "XNOME: const: 'abc' não cabe em VARCHAR2(2)"),
    ('"X; DROP" = { json = "x", type = "DATE" }', "X; DROP: nome de coluna inválido (maiúsculas, dígitos, _, $ e #)"),
    ("XNOME = 1", 'XNOME: deve ser { json = "…" }, { context = "…" } ou { const = … }'),
]


@pytest.mark.parametrize(("line", "problem"), EXTRA)
def test_extra(problems: Problems, line: str, problem: str) -> None:
    assert problems(pedido(tail=f"[extra]\n{line}")) == [f"pedido.toml: {problem}"]


UNMAPPED = [
    ('"numro" = "x"', "numro: [unmapped]: caminho JSON inexistente 'numro' (seria 'numero'?)"),
    ('"numero" = " "', "numero: [unmapped] sem motivo"),
    ('"numero" = 1', "numero: [unmapped] sem motivo"),
    ('"cliente.nome" = "x"', "cliente.nome: está em [unmapped], mas também está mapeado"),
]


@pytest.mark.parametrize(("line", "problem"), UNMAPPED)
def test_unmapped(problems: Problems, line: str, problem: str) -> None:
    text = pedido('NOME = { json = "cliente.nome" }', tail=f"[unmapped]\n{line}")
    assert problems(text) == [f"pedido.toml: {problem}"]


def test_path_that_is_neither_mapped_nor_explained(tmp_path: Path, problems: Problems) -> None:
    found = problems(pedido(), json_paths=["numero", "apelido"], cover=False)
    assert found == [
        "mapas: numero: campo do JSON sem coluna e sem motivo em [unmapped]",
        "mapas: apelido: campo do JSON sem coluna e sem motivo em [unmapped]",
    ]


def test_derived_from_counts_as_mapped(problems: Problems) -> None:
    text = pedido('TOTAL = { context = "total", derived_from = ["itens[].quantidade"] }')
    assert problems(text, json_paths=["itens[].quantidade"], cover=False) == []


def test_a_schema_path_read_by_an_extra_counts_as_mapped(problems: Problems) -> None:
    text = pedido(tail='[extra]\nXNOME = { json = "apelido", type = "VARCHAR2(5)" }')
    assert problems(text, json_paths=["apelido"], cover=False) == []


def test_all_problems_are_reported_together(problems: Problems) -> None:
    found = problems(
        pedido('POSICAO = { const = "LIB" }\nNOME = { json = "nme", convert = "x" }', head="chave = 1"),
        'table = "ITEM"\nrows = "itens[]"\n[columns]\nQT = { context = "q" }\nZZ = { const = 1 }',
    )
    assert [text.rsplit(": ", 1)[0] for text in found] == [
        "item.toml: QT",
        "item.toml: ZZ",
        "pedido.toml: -",
        "pedido.toml: POSICAO: const",
        "pedido.toml: NOME",
        "pedido.toml: NOME",
    ]


def test_an_empty_directory_has_no_maps(tmp_path: Path) -> None:
    assert dict(load_maps(tmp_path, catalog={}, json_paths=[], contexts={})) == {}
