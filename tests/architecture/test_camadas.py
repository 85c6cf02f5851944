"""The direction of imports, as a rule: api -> services -> {domain, mapping, winthor, cep}, and who may use what."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError
from pathlib import Path

import pytest

from app.winthor.esquema.gateway_tables import gateway
from tests.architecture.desenho import arrows, floors, imports

APP = Path(__file__).parents[2] / "app"

# Part of app -> parts of app it may import; what is not named here (app, cli: composition roots) may import anything.
DIRECTION = {
    "domain": set[str](),
    "mapping": set[str](),
    "settings": set[str](),
    "recursos": set[str](),
    "saida": set[str](),
    "totvs": {"saida"},
    "cep": {"domain", "saida"},
    "winthor": {"domain"},
    "services": {"domain", "mapping", "winthor", "cep", "totvs", "saida", "settings", "recursos"},
    "demonstracao": {"domain", "services"},
    "observabilidade": {"services"},
    "api": {"domain", "services", "totvs"},
    "errors": {"domain", "winthor", "observabilidade", "api"},
    "painel": {"domain", "services", "settings", "api"},
    "servidor": {"app", "services", "settings", "observabilidade", "api"},
}
# Library -> the only parts that may import it.
LIBRARIES = {
    "flask": {"app", "errors", "api", "painel", "servidor", "observabilidade"},
    "marshmallow": {"api"},
    "apispec": {"api"},
    "jwt": {"api"},
    "sqlalchemy": {"winthor", "cli"},
    "oracledb": {"winthor", "cli"},
    "psycopg": {"winthor", "cli"},
    "requests": {"cep", "saida", "totvs"},
    "urllib3": {"cep", "saida"},
    "cachetools": {"winthor", "cep"},
    "cryptography": {"services"},
    "waitress": {"servidor"},
    "prometheus_client": {"observabilidade"},
    "click": {"cli"},
}
# Part -> the only libraries beside the standard one that it may import.
ONLY = {
    "domain": set[str](),
    "mapping": set[str](),
    "settings": set[str](),
    "winthor": {"sqlalchemy", "oracledb", "psycopg", "cachetools"},
    "cep": {"requests", "urllib3", "cachetools"},
}
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}


def part_of(path: Path) -> str:
    """``winthor`` for app/winthor/db/transaction.py, ``errors`` for app/errors.py, ``app`` for app/__init__.py."""
    first = path.parts[0]
    return "app" if first == "__init__.py" else first.removesuffix(".py")


def violations(path: Path, source: str) -> list[str]:
    """What a module of app (``path`` below app) imports against the rules."""
    part = part_of(path)
    found = []
    for name in imports(source):
        top, _, rest = name.partition(".")
        if top == "app":
            target = rest.partition(".")[0]
            of_ours = target if (APP / target).exists() or (APP / f"{target}.py").exists() else "app"
            if part in DIRECTION and of_ours not in DIRECTION[part] | {part}:
                found.append(f"{path}: {part} -> {name}")
        elif part not in LIBRARIES.get(top, {part}) or top not in ONLY.get(part, {top}) | sys.stdlib_module_names:
            found.append(f"{path}: {name} in {part}")
    return found


def modules() -> list[Path]:
    return sorted(path.relative_to(APP) for path in APP.rglob("*.py"))


def test_imports_go_one_way() -> None:
    found = [line for path in modules() for line in violations(path, (APP / path).read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize("package", ["app", "app.services"])
def test_rooms_stand_on_each_other_without_a_circle(package: str) -> None:
    rooms = arrows(package)
    assert sorted(room for floor in floors(rooms) for room in floor) == sorted(rooms)


def test_a_circle_is_found() -> None:
    with pytest.raises(CycleError):
        floors({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_no_import_is_relative() -> None:
    assert [str(path) for path in modules() if re.search(r"^\s*from \.", (APP / path).read_text("utf-8"), re.M)] == []


def test_every_part_has_a_rule() -> None:
    assert {part_of(path) for path in modules()} <= set(DIRECTION) | {"app", "cli"}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("domain/kit.py", "from app.winthor import db"),
        ("domain/kit.py", "import sqlalchemy as sa"),
        ("domain/kit.py", "import simplejson"),
        ("winthor/db/transaction.py", "import requests"),
        ("mapping/load.py", "from app.domain.recusas import Recusa"),
        ("winthor/db/transaction.py", "from app.services import registrar"),
        ("winthor/db/transaction.py", "import flask"),
        ("services/pre_venda/reservar.py", "from cachetools import TTLCache"),
        ("services/pre_venda/reservar.py", "from app.api import schemas"),
        ("services/pre_venda/reservar.py", "from sqlalchemy import select"),
        ("services/pre_venda/reservar.py", "def f():\n    import requests"),
        ("api/rotas/log.py", "from app.winthor.db.transaction import for_update"),
        ("api/rotas/log.py", "from app import cli"),
        ("cep/viacep.py", "from app.winthor import db"),
        ("errors.py", "import marshmallow"),
    ],
)
def test_a_violation_is_found(path: str, source: str) -> None:
    assert len(violations(Path(path), source)) == 1


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [path for path in modules() if {part.removesuffix(".py") for part in path.parts} & NO_NAMES] == []


# A body of so few statements says itself what it does.
SPEAKS_FOR_ITSELF = 3


def undocumented(tree: ast.Module) -> Iterator[str]:
    """The module and its public classes and functions that lack a docstring and need one."""
    if not ast.get_docstring(tree):
        yield "module"
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and len(node.body) > SPEAKS_FOR_ITSELF:
            yield node.name


def test_public_names_have_a_docstring() -> None:
    found = [
        f"{path}: {name}" for path in modules() for name in undocumented(ast.parse((APP / path).read_text("utf-8")))
    ]
    assert found == []


def test_a_missing_docstring_is_found() -> None:
    body = "\n    a()\n    b()\n    c()\n    d()\n"
    source = f'"""Doc."""\ndef public():{body}def _private():{body}'
    assert list(undocumented(ast.parse(source))) == ["public"]


def test_the_gateways_tables_have_their_prefix() -> None:
    assert gateway.tables
    assert [name for name in gateway.tables if not name.startswith("GW_")] == []
