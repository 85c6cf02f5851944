"""Each border keeps its own language: Oracle's names below ``winthor``, JSON's in ``api``, the domain's between."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.tables import winthor

APP = Path(__file__).parents[2] / "app"
COLUNAS = {str(coluna.name) for tabelas in (gateway, winthor) for t in tabelas.tables.values() for coluna in t.columns}
CAMEL = re.compile("[a-z][a-z0-9]*[A-Z][A-Za-z0-9]*")
# An attribute of a value, in what a template computes.
ATRIBUTO = re.compile(r"\.([a-z]\w*[A-Z]\w*)")
COMPUTADO = re.compile("{{.*?}}|{%.*?%}", re.DOTALL)

# Why a part of app may know another's names; a reason that no longer holds fails too.
PODEM_LER_COLUNAS = {
    "demonstracao/linhas.py": "makes rows of WinThor's tables, as WinThor would",
}
PODEM_ESCREVER_JSON = {
    "domain/pre_venda.py": "reads the contract's validated JSON, once, into the pre-sale",
    "domain/cliente.py": "the rules of R7 read the validated members of cliente, and name those that are missing",
    "domain/pagamento.py": "reads the payment's validated members, and points at them",
    "domain/itens.py": "ends the pointer to the member that has the problem",
    "demonstracao/semente.py": "is a point of sale: writes requests and reads answers",
    "cep/byjg.py": "calls another service's method by its name",
}
PODEM_DEVOLVER_LINHAS = {
    "winthor/db/lists.py": "makes the binds of a statement, which no row comes back as",
    "winthor/consultas/comparacao.py": "gives whole rows to lay beside others: columns are what is compared",
}
SEM_ESQUEMA: dict[str, str] = {}
NO_TEMPLATE = {
    "operacao.html": "shows a stored refusal as it was answered",
}


def por_modulo(pasta: Path, achar: Callable[[ast.Module], Iterator[str]]) -> dict[str, list[str]]:
    """What is found in the modules below a folder, by path below app or api."""
    achados = {}
    for caminho in sorted(pasta.rglob("*.py")):
        if achado := list(achar(ast.parse(caminho.read_text("utf-8")))):
            raiz = APP / "api" if pasta.is_relative_to(APP / "api") else APP
            achados[str(caminho.relative_to(raiz))] = achado
    return achados


def fora(achados: Mapping[str, list[str]], podem: Mapping[str, str], *menos: str) -> dict[str, list[str]]:
    """What is found where it may not be; and exceptions that nothing needs any more."""
    proibidos = {onde: o_que for onde, o_que in achados.items() if onde not in podem and not onde.startswith(menos)}
    return proibidos | {onde: ["needs no exception any more"] for onde in podem if onde not in achados}


def colunas_lidas(tree: ast.Module) -> Iterator[str]:
    """Subscripts and ``get`` by a column's name."""
    for node in ast.walk(tree):
        chave: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            chave = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"get", "pop"}:
            chave = next(iter(node.args), None)
        if isinstance(chave, ast.Constant) and chave.value in COLUNAS:
            yield f"{node.lineno}: {chave.value}"


def nomes_de_json(tree: ast.Module) -> Iterator[str]:
    """Texts and keywords in camelCase."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CAMEL.fullmatch(node.value):
            yield f"{node.lineno}: {node.value}"
        elif isinstance(node, ast.keyword) and node.arg and CAMEL.fullmatch(node.arg):
            yield f"{node.value.lineno}: {node.arg}"


def linhas_devolvidas(tree: ast.Module) -> Iterator[str]:
    """Functions that return rows by their columns' names: by their annotation, or by making one of a row."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns is not None:
            devolve = ast.unparse(node.returns)
            if re.search(r"(dict|Mapping)\[.*\bAny\b|\bRow\b|\bRowMapping\b|\bLinha\b", devolve):
                yield f"{node.lineno}: {node.name} -> {devolve}"
        elif isinstance(node, ast.Call) and re.fullmatch(r"dict\(.*\._mapping\)", ast.unparse(node)):
            yield f"{node.lineno}: dict of a row"


def respostas_sem_esquema(tree: ast.Module) -> Iterator[str]:
    """Answers of a route that no schema of ``respostas`` has written: neither ``answer``, nor one of its renderers,
    nor the text that a use case has stored."""
    importados = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app.api.respostas")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in {"json_response", "Response", "jsonify", "make_response"} or not node.args:
            continue
        corpo = node.args[0]
        escrita = isinstance(corpo, ast.Call) and isinstance(corpo.func, ast.Name) and corpo.func.id in importados
        guardada = isinstance(corpo, ast.Attribute) and ast.unparse(corpo) == "resposta.corpo"
        if not escrita and not (guardada and node.func.id == "Response"):
            yield f"{node.lineno}: {ast.unparse(node)[:60]}"


def atributos_de_json(template: str) -> list[str]:
    """Attributes in camelCase that a template reads."""
    return [nome for parte in COMPUTADO.findall(template) for nome in ATRIBUTO.findall(parte)]


def test_nobody_above_winthor_reads_a_column_by_its_name() -> None:
    assert fora(por_modulo(APP, colunas_lidas), PODEM_LER_COLUNAS, "winthor/") == {}


def test_only_the_api_writes_names_of_json() -> None:
    assert fora(por_modulo(APP, nomes_de_json), PODEM_ESCREVER_JSON, "api/", "painel/", "winthor/esquema/") == {}


def test_the_panel_reads_attributes_not_json() -> None:
    templates = sorted((APP / "painel" / "templates").rglob("*.html"))
    achados = {t.name: nomes for t in templates if (nomes := atributos_de_json(t.read_text("utf-8")))}
    assert templates
    assert fora(achados, NO_TEMPLATE) == {}
    assert fora(por_modulo(APP / "painel", nomes_de_json), {}) == {}


def test_winthor_returns_no_rows() -> None:
    assert fora(por_modulo(APP / "winthor", linhas_devolvidas), PODEM_DEVOLVER_LINHAS) == {}


def test_every_answer_of_a_route_is_written_by_a_schema() -> None:
    assert fora(por_modulo(APP / "api" / "rotas", respostas_sem_esquema), SEM_ESQUEMA) == {}


@pytest.mark.parametrize(
    ("achar", "codigo"),
    [
        (colunas_lidas, 'filial = row["CODFILIAL"]'),
        (colunas_lidas, 'row.get("NUMPED")'),
        (nomes_de_json, 'corpo = {"idRetaguarda": 1}'),
        (nomes_de_json, "recusar(idPedidoRetaguarda=1)"),
        (linhas_devolvidas, "def ler(c) -> list[Mapping[str, Any]]: ..."),
        (linhas_devolvidas, "def ler(c) -> dict[str, Any] | None: ..."),
        (linhas_devolvidas, "def ler(c) -> sa.Row[Any]: ..."),
        (linhas_devolvidas, "def ler(c) -> object:\n    return [dict(row._mapping) for row in c]"),
        (respostas_sem_esquema, 'json_response({"itens": []})'),
        (respostas_sem_esquema, "json_response(pedidos.listar())"),
        (respostas_sem_esquema, "Response(texto, 200)"),
    ],
)
def test_a_breach_is_found(achar: Callable[[ast.Module], Iterator[str]], codigo: str) -> None:
    assert len(list(achar(ast.parse(codigo)))) == 1


@pytest.mark.parametrize(
    ("achar", "codigo"),
    [
        (colunas_lidas, 'gw.maps["PCPEDC"]'),
        (colunas_lidas, 'variaveis.get("PREVENDA_JWT_CHAVE")'),
        (nomes_de_json, 'campo = "/preVendaItens/0/quantidade"'),
        (linhas_devolvidas, "def ler(c) -> dict[int, Produto]: ..."),
        (linhas_devolvidas, "def vivas() -> sa.CompoundSelect[Any]: ..."),
        (respostas_sem_esquema, "Response(resposta.corpo, 200)"),
        (respostas_sem_esquema, "from app.api.respostas.log import render_csv\nResponse(render_csv(x))"),
    ],
)
def test_what_is_no_breach_is_left_alone(achar: Callable[[ast.Module], Iterator[str]], codigo: str) -> None:
    assert list(achar(ast.parse(codigo))) == []


def test_a_template_that_reads_json_is_found() -> None:
    assert atributos_de_json("<p>{{ r.situacaoReserva }}</p>{% if r.expiraEm %}.jsExemplo{% endif %}") == [
        "situacaoReserva",
        "expiraEm",
    ]


def test_an_exception_that_nothing_needs_is_found() -> None:
    assert fora({}, {"x.py": "because"}) == {"x.py": ["needs no exception any more"]}
