"""Every code that the tree writes is a row of the table of codes, and every row is written somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.codigos import CODIGOS, TipoDeCodigo
from app.domain.vida import RECUSA_DA_REPETICAO, Acao, Estado, passo

APP = Path(__file__).parents[2] / "app"
TABELA = APP / "domain" / "codigos.py"
# The document only lists codes: what nobody else writes, nobody is answered.
DOCUMENTO = APP / "api" / "openapi"

# Call -> which of its arguments is a code.
ARGUMENTOS = {
    "Problema": 0,
    "Aviso": 0,
    "ErroHttp": 0,
    "recusar": 0,
    "problema_padrao": 0,
    "problema_de_cadastro": 0,
    "recusa_da_vida": 0,
    "problema": 0,
    "do_cadastro": 0,
    "Mensagem": 0,
    "erro": 1,
    "_recusado": 0,
    "_recusa": 0,
}
AVISADOS = {"Aviso", "_recusado"}


def nome(node: ast.expr | None) -> str:
    """The last part of a name: ``problema`` of ``folha.problema``."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def textos(node: ast.AST | None) -> Iterator[str]:
    """The literal texts that an expression may be: itself, either side of a choice, the members of a list."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from textos(node.body)
        yield from textos(node.orelse)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for membro in node.elts:
            yield from textos(membro)
    elif isinstance(node, ast.Dict):
        for membro in node.values:
            yield from textos(membro)


def um_codigo(node: ast.expr) -> bool:
    """Whether an expression reads a code: ``x.codigo``, ``x["codigo"]``, ``x.get("codigo")``."""
    if isinstance(node, ast.Subscript):
        return list(textos(node.slice)) == ["codigo"]
    if isinstance(node, ast.Call):
        return nome(node.func) == "get" and [*textos(node.args[0])] == ["codigo"]
    return nome(node) == "codigo"


def escritos(source: str) -> Iterator[tuple[str, bool | None]]:
    """Every code written in a module; and whether it is an aviso's, None when the place does not tell."""
    for node in ast.walk(ast.parse(source)):
        achados: Iterator[str] = iter(())
        aviso: bool | None = None
        if isinstance(node, ast.Call):
            chamada = nome(node.func)
            if chamada == "map" and nome(node.args[0]) in ARGUMENTOS:
                achados = textos(node.args[1])
            elif chamada in ARGUMENTOS:
                aviso = chamada in AVISADOS
                achados = (texto for arg in node.args[ARGUMENTOS[chamada] :][:1] for texto in textos(arg))
        elif isinstance(node, ast.keyword) and node.arg in {"codigo", "recusa"}:
            achados = textos(node.value)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            alvos = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(re.match("codigo$|RECUSA", nome(alvo)) for alvo in alvos):
                achados = textos(node.value)
        elif isinstance(node, ast.FunctionDef):
            args = node.args.args[len(node.args.args) - len(node.args.defaults) :]
            padroes = [valor for arg, valor in zip(args, node.args.defaults, strict=True) if arg.arg == "codigo"]
            # A function of the name gives a code.
            retornos = [r.value for r in ast.walk(node) if isinstance(r, ast.Return) and node.name == "_codigo"]
            achados = (texto for valor in (*padroes, *retornos) for texto in textos(valor))
        elif isinstance(node, ast.Compare):
            lados = [node.left, *node.comparators]
            if any(um_codigo(lado) for lado in lados):
                achados = (texto for lado in lados for texto in textos(lado))
        elif isinstance(node, ast.Subscript) and nome(node.value) in {"CODIGOS", "ERROS"}:
            achados = textos(node.slice)
        yield from ((texto, aviso) for texto in achados)


def fora_da_tabela(source: str) -> list[str]:
    """The codes of a module that have no row, or one of another kind than the place asks for."""
    return [
        codigo
        for codigo, aviso in escritos(source)
        if codigo not in CODIGOS or (aviso is not None and aviso is not (CODIGOS[codigo].tipo is TipoDeCodigo.AVISO))
    ]


def modulos() -> list[Path]:
    return sorted(path for path in APP.rglob("*.py") if path != TABELA)


def test_every_code_that_is_written_has_a_row() -> None:
    found = [f"{path.relative_to(APP)}: {c}" for path in modulos() for c in fora_da_tabela(path.read_text("utf-8"))]
    assert found == []


def sem_uso(sources: list[str]) -> set[str]:
    """The rows that none of the sources writes and no status alone stands for."""
    usados = {codigo for source in sources for codigo, _ in escritos(source)}
    return {codigo for codigo, linha in CODIGOS.items() if not linha.do_status} - usados


def test_every_row_is_written_somewhere() -> None:
    assert sem_uso([p.read_text("utf-8") for p in modulos() if DOCUMENTO not in p.parents]) == set()


def test_the_life_of_a_reservation_refuses_with_codes_of_the_table() -> None:
    da_vida = {passo(estado, acao).recusa for estado in Estado for acao in Acao} - {None}
    assert da_vida | set(RECUSA_DA_REPETICAO.values()) <= set(CODIGOS)
    sem_palavras = {codigo for codigo in da_vida if codigo and not CODIGOS[codigo].mensagem}
    assert sem_palavras == {"RESERVA_SUBSTITUIDA"}  # it names the present number


@pytest.mark.parametrize(
    "source",
    [
        'Problema("ERRADO", "Texto.")',
        'Aviso("CAMPO_INVALIDO", "Texto.")',
        'Problema("CONSUMIDOR_FINAL", "Texto.")',
        'raise recusar("ERRADO", f"Texto {x}.")',
        'raise ErroHttp("ERRADO")',
        'folha.problema("ERRADO", "Texto.", campo)',
        'erro("Texto.", "ERRADO")',
        'Problema("ERRADO" if x else "CAMPO_INVALIDO", "Texto.")',
        'A, B = map(_recusa, ("ERRADO", "RESERVA_EXPIRADA"))',
        'class Quebra(Falha):\n    codigo = "ERRADO"',
        'RECUSA_DE_X: dict[str, str] = {"A": "ERRADO"}',
        'def f(x, codigo: str = "ERRADO"): ...',
        'def _codigo(x):\n    return "ERRADO" if x else "CAMPO_INVALIDO"',
        'if recusa.codigo == "ERRADO": ...',
        'if aviso.get("codigo") in {"ERRADO"}: ...',
        'CODIGOS["ERRADO"]',
    ],
)
def test_a_code_without_a_row_is_found(source: str) -> None:
    assert len(fora_da_tabela(source)) == 1


def test_a_row_that_nobody_writes_is_found() -> None:
    escritas = [f'Problema("{codigo}", "Texto.")' for codigo in CODIGOS if codigo != "KIT_INVALIDO"]
    assert sem_uso(escritas) == {"KIT_INVALIDO"}


def nas_proprias_palavras(source: str) -> Iterator[str]:
    """The codes that are to speak for themselves in a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            so_o_codigo = nome(node.func) == "ErroHttp" and len(node.args) == 1
            if so_o_codigo or nome(node.func) == "problema_padrao":
                yield from textos(node.args[0])


def test_what_is_answered_in_the_words_of_its_code_has_words() -> None:
    codigos = {codigo for path in modulos() for codigo in nas_proprias_palavras(path.read_text("utf-8"))}
    assert codigos >= {"ERRO_INTERNO", "INTERROMPIDA", "FORMULARIO_INVALIDO"}
    assert [codigo for codigo in codigos if not CODIGOS[codigo].mensagem] == []
