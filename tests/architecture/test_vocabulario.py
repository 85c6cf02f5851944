"""One word for one thing: no second class of a name, one language of verbs in `winthor` (style of the house)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
# Said in English below the services: find_, lock_, insert_, update_, count_.
EM_PORTUGUES = ("ler", "buscar", "achar", "travar", "inserir", "mudar", "atualizar", "contar", "listar", "regravar")
# The engine, the catalog and the scripts of tables: what they read is not a row of a business table.
FORA = ("db", "esquema")


def classes(texto: str) -> Iterator[str]:
    """Names of a module's own classes."""
    yield from (node.name for node in ast.parse(texto).body if isinstance(node, ast.ClassDef) and node.name[0] != "_")


def segundas(arquivos: dict[str, str]) -> list[str]:
    """Every name that two modules give to a class."""
    onde: dict[str, list[str]] = defaultdict(list)
    for path, texto in arquivos.items():
        for nome in classes(texto):
            onde[nome].append(path)
    return [f"{nome}: {', '.join(sorted(paths))}" for nome, paths in sorted(onde.items()) if len(paths) > 1]


def verbos_alheios(texto: str) -> list[str]:
    """Public functions of a module whose verb is of another layer's language."""
    funcoes = [node.name for node in ast.parse(texto).body if isinstance(node, ast.FunctionDef)]
    return [nome for nome in funcoes if nome.split("_")[0] in EM_PORTUGUES]


def test_no_second_class_of_a_name() -> None:
    arquivos = {str(path.relative_to(APP)): path.read_text("utf-8") for path in APP.rglob("*.py")}
    assert segundas(arquivos) == []


def test_a_second_class_is_noticed() -> None:
    assert segundas({"a.py": "class Plano: ...", "b.py": "class Plano: ...\nclass Outro: ..."}) == ["Plano: a.py, b.py"]


@pytest.mark.parametrize("path", sorted((APP / "winthor").rglob("*.py")), ids=lambda path: path.stem)
def test_what_reads_and_writes_tables_says_so_in_english(path: Path) -> None:
    if path.relative_to(APP / "winthor").parts[0] not in FORA:
        assert verbos_alheios(path.read_text("utf-8")) == []


def test_a_verb_of_another_language_is_noticed() -> None:
    assert verbos_alheios("def ler_saldos(): ...\ndef find_saldos(): ...") == ["ler_saldos"]
