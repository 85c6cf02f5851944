"""Whether a statement names tables and columns that a schema does not have.

Facts relied on: an unqualified name belongs to a table of the statement unless it is an alias, a function
or a word of the syntax. Columns of subqueries are not followed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from tests.oracle_wire.clauses import FROM, OTHER, SELECT, TARGET, WITH, Placed
from tests.oracle_wire.lint_statement import Problem, Statement
from tests.oracle_wire.oracle_words import SYNTAX
from tests.oracle_wire.tokens import BIND, NUMBER, QUOTED, STRING, WORD, Token

_PSEUDO_COLUMNS = frozenset({"ROWID", "ROWNUM", "LEVEL", "NEXTVAL", "CURRVAL", "SYSDATE", "SYSTIMESTAMP", "USER"})


def unknown_names(statement: Statement, schema: Mapping[str, Collection[str]]) -> list[Problem]:
    if statement.verb not in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE"):
        return []
    tables, aliases, made_up = _tables(statement)
    known = {*schema, "DUAL", *made_up}
    problems = [Problem("unknown-table", name) for name in dict.fromkeys(tables) if name not in known]
    columns = {column for name in tables for column in schema.get(name, ())}
    own_names = set(_column_aliases(statement)) | set(aliases) | set(tables) | made_up
    for index, item in enumerate(statement.placed):
        name = _column_name(statement, index, item)
        if name is None or name in _PSEUDO_COLUMNS:
            continue
        if item.before.text == ".":
            table = aliases.get(_name(statement.tokens[index - 2]), "")
            if table in schema and name not in schema[table]:
                problems.append(Problem("unknown-column", f"{table}.{name}"))
        elif name not in columns and name not in own_names and not problems:
            problems.append(Problem("unknown-column", name))
    return problems


def _tables(statement: Statement) -> tuple[list[str], dict[str, str], set[str]]:
    """Tables, alias -> table (also table -> table), and names of subqueries."""
    tables: list[str] = []
    aliases: dict[str, str] = {}
    made_up: set[str] = set()
    expects, index = False, 0
    while index < len(statement.placed):
        item = statement.placed[index]
        in_tables = item.clause in (FROM, TARGET) and item.own_clause
        if item.clause == WITH and item.token.kind == WORD and item.after.upper in ("AS", "("):
            made_up.add(item.token.upper)
        if item.word in ("FROM", "JOIN", "INTO", "UPDATE", "USING", ",") and in_tables:
            expects = True
        elif in_tables and item.word == ")" and item.after.kind in (WORD, QUOTED):
            made_up.add(_name(item.after))
            expects = False
        elif in_tables and expects and item.token.kind in (WORD, QUOTED):
            if item.after.text == ".":
                index += 2
                continue
            name = _name(item.token)
            tables.append(name)
            aliases[name] = name
            if item.after.kind in (WORD, QUOTED) and item.after.upper not in SYNTAX:
                aliases[_name(item.after)] = name
            expects = False
        index += 1
    return [name for name in tables if name not in made_up], aliases, made_up


def _column_aliases(statement: Statement) -> Iterator[str]:
    """Names given behind AS, or directly behind a value of a select list."""
    for item in statement.placed:
        if item.before.upper == "AS" and not item.in_cast:
            yield _name(item.token)
        is_behind_value = item.before.kind in (WORD, QUOTED, NUMBER, STRING, BIND) or item.before.upper in (
            ")",
            "*",
        )
        if item.clause == SELECT and is_behind_value and item.before.upper not in SYNTAX and item.token.kind == WORD:
            yield item.token.upper


def _column_name(statement: Statement, index: int, item: Placed) -> str | None:
    """The name, if the token can only be a column here."""
    if item.token.kind not in (WORD, QUOTED) or item.after.text in ("(", ".") or item.in_cast:
        return None
    name = _name(item.token)
    is_table_place = item.clause in (FROM, TARGET) and item.own_clause
    if item.token.kind == WORD and name in SYNTAX and item.before.text != ".":
        return None
    return None if is_table_place or (item.clause in (WITH, OTHER) and item.before.text != ".") else name


def _name(token: Token) -> str:
    return token.text if token.kind == QUOTED else token.text.upper()
