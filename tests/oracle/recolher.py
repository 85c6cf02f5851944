"""Statements as the suite's runs send them to Oracle, beside those of ``vida.py``: other columns, other filters.

``pytest -p tests.oracle.recolher --oracle tudo -m oracle [files]`` adds what it has not seen to ``variacoes.sql``,
which the static checks read too. Statements of the tests' own hands, of the demo and of an installation are left out.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.demonstracao.linhas import demo_rows
from tests.support import gateway

COMANDOS = Path(__file__).with_name("comandos.sql")
VARIACOES = Path(__file__).with_name("variacoes.sql")
_PASTA = "PREVENDA_TEST_RECOLHIDAS"
_LISTA = re.compile(r"\((:\w+)(?:, (?:…|:\w+))*\)")

_enviados: set[str] = set()
_dos_testes: set[int] = set()


def normal(comando: str) -> str:
    """One line, with lists of any length as one bind and one wait for all locks."""
    linha = re.sub(r" (?:WAIT \d+|NOWAIT)$", " WAIT 3", re.sub(r"\s+", " ", comando).strip())
    return re.sub(r"IN \((:\w+)(?:, (?:…|:\w+))+\)", r"IN (\1, …)", linha)


def lidos(arquivo: Path) -> list[str]:
    """The statements of a file; none where it is not there."""
    if not arquivo.exists():
        return []
    partes = arquivo.read_text(encoding="utf-8").split(";\n")
    return [comando for comando in (parte.strip() for parte in partes) if comando]


def forma(comando: str) -> str:
    """What is the same of statements whose lists are only of other lengths."""
    sem_numeros = re.sub(r"(?<=\w)_\d+(?:_\d+)*", "", normal(comando))
    return _LISTA.sub(r"(\1)", sem_numeros)


def _interessa(comando: str, da_demo: re.Pattern[str]) -> bool:
    return not (
        da_demo.match(comando)
        or comando.startswith(("CREATE ", "DROP ", "ALTER "))
        or "WHERE 1 = 0" in comando
        or " a_tables" in comando
        or " a_views" in comando
    )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[_PASTA] = tempfile.mkdtemp(prefix="recolhidas-")

    def note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if connection.dialect.name == "oracle" and id(connection.engine) not in _dos_testes:
            _enviados.add(normal(statement))

    event.listen(sa.Engine, "before_cursor_execute", note)
    fazer = gateway.Casa.__init__

    def init(casa: gateway.Casa, engine: sa.Engine, *args: Any) -> None:
        _dos_testes.add(id(engine))
        fazer(casa, engine, *args)

    gateway.Casa.__init__ = init  # type: ignore[method-assign]


def pytest_sessionfinish(session: pytest.Session) -> None:
    pasta = Path(os.environ[_PASTA])
    (pasta / str(os.getpid())).write_text("\n".join(sorted(_enviados)), encoding="utf-8")
    if hasattr(session.config, "workerinput"):
        return
    recolhidos = {linha for arquivo in pasta.iterdir() for linha in arquivo.read_text("utf-8").split("\n") if linha}
    guardar(recolhidos)


def guardar(recolhidos: set[str]) -> None:
    """Add the statements of a shape that neither file has to the collected ones."""
    from tests.conftest import NOW

    tabelas = "|".join(sorted(nome for nome, _ in demo_rows(NOW)))
    da_demo = re.compile(rf"INSERT INTO (?:{tabelas}) ")
    conhecidas = {forma(comando) for comando in lidos(COMANDOS)}
    todas: dict[str, str] = {}
    for comando in sorted({*lidos(VARIACOES), *(c for c in recolhidos if _interessa(c, da_demo))}):
        if forma(comando) not in conhecidas:
            todas.setdefault(forma(comando), comando)
    VARIACOES.write_text("".join(f"{comando};\n\n" for comando in sorted(todas.values())), encoding="utf-8")
