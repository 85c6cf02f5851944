"""Which calls that send a statement a piece of code reaches: a ruler for the golden file, not a coverage tool."""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

PASTA = Path(__file__).parents[2] / "app" / "winthor"
ENVIAM = frozenset({"execute", "exec_driver_sql", "parse"})

Linhas = set[tuple[str, int]]


@contextlib.contextmanager
def linhas_alcancadas() -> Iterator[Linhas]:
    """(file, line) of app/winthor that this thread runs meanwhile."""
    linhas: Linhas = set()

    def local(frame: FrameType, _event: str, _arg: Any) -> Any:
        linhas.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    def entra(frame: FrameType, event: str, arg: Any) -> Any:
        return local(frame, event, arg) if frame.f_code.co_filename.startswith(str(PASTA)) else None

    antes = sys.gettrace()
    sys.settrace(entra)
    try:
        yield linhas
    finally:
        sys.settrace(antes)


def chamadas_que_enviam() -> Iterator[tuple[Path, ast.FunctionDef, ast.Call]]:
    """Every call of app/winthor that sends a statement, with its function."""
    for path in sorted(PASTA.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ENVIAM:
                        yield path, function, node


def nao_alcancadas(linhas: Linhas) -> list[str]:
    """``file.py function``, where a call that sends a statement was not reached."""
    return sorted(
        {
            f"{path.name} {function.name}"
            for path, function, call in chamadas_que_enviam()
            if not any((str(path), line) in linhas for line in range(call.lineno, (call.end_lineno or call.lineno) + 1))
        }
    )
