"""What Oracle 19c would refuse, and what this project does not want there.

``lint(sql)`` looks at one statement without running it; the engines behind the tests accept much of what it
reports. With the tables of a schema it also reports unknown tables and columns. ``refuse`` is the strict
mode of the server.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tests.oracle_wire import lint_definitions, lint_rules
from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.lint_names import unknown_names
from tests.oracle_wire.lint_statement import Problem, Statement
from tests.oracle_wire.tokens import tokenize

__all__ = ["PROJECT_RULES", "REFUSALS", "Collector", "Problem", "lint", "refuse", "statements"]

RULES = {**lint_rules.RULES, **lint_definitions.RULES}
# What Oracle 19c answers; the other rules are this project's own.
REFUSALS = {
    "limit": 933,
    "is-number": 908,
    "boolean-literal": 904,
    "multi-row-values": 933,
    "default-values": 926,
    "update-from": 933,
    "delete-using": 933,
    "on-conflict": 933,
    "cast-operator": 911,
    "if-exists": 933,
    "for-update": 2014,
    "exists-value": 936,
    "select-without-from": 923,
    "star-with-columns": 923,
    "table-alias-as": 933,
    "returning-without-into": 925,
    "semicolon": 911,
    "reserved-name": 904,
    "bind-name": 1745,
    "in-list": 1795,
    "text-size": 910,
    "column-type": 902,
    "except": 933,
    "recursive": 905,
    "interval": 30089,
    "unknown-table": 942,
    "unknown-column": 904,
}
PROJECT_RULES = frozenset({"empty-text", "identifier-length", "quoted-name", "constraint-name", "lock-without-limit"})

_BLOCKS = frozenset({"BEGIN", "DECLARE", "CALL"})
_STORED = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "PACKAGE"})


def lint(sql: str, schema: Mapping[str, Collection[str]] | None = None) -> list[Problem]:
    """Problems of one statement without its semicolon. ``schema``: table -> columns, in upper case."""
    if _is_block(sql):
        return []
    statement = Statement(sql)
    problems = [Problem(name, message) for name, rule in RULES.items() for message in rule(statement)]
    return problems if schema is None else problems + unknown_names(statement, schema)


def refuse(sql: str) -> None:
    """An inspector for the test server: raises what Oracle would answer."""
    for problem in lint(sql):
        if problem.rule in REFUSALS:
            raise OracleError(REFUSALS[problem.rule], f"{problem.rule}: {problem.message}")


class Collector:
    """An inspector for the test server that refuses nothing: problem -> the first statement that has it."""

    def __init__(self) -> None:
        self.problems: dict[Problem, str] = {}
        self.statements: set[str] = set()

    def __call__(self, sql: str) -> None:
        if sql not in self.statements:
            self.statements.add(sql)
            for problem in lint(sql):
                self.problems.setdefault(problem, sql)


def statements(script: str) -> list[str]:
    """The statements of an SQL script: a semicolon ends them, blocks a slash on a line of its own."""
    found: list[str] = []
    lines: list[str] = []
    for line in script.splitlines():
        if line.strip() == "/":
            found.append("\n".join(lines))
            lines = []
            continue
        lines.append(line)
        text = "\n".join(lines).rstrip()
        if text.endswith(";") and tokenize(text)[-1].upper == ";" and not _is_block(text):
            found.append(text[:-1])
            lines = []
    found.append("\n".join(lines))
    return [statement.strip() for statement in found if tokenize(statement)]


def _is_block(sql: str) -> bool:
    words = [token.upper for token in tokenize(sql)[:4]]
    return words[:1] != [] and (words[0] in _BLOCKS or (words[0] == "CREATE" and bool(_STORED & set(words))))
