"""Rules for names and definitions: identifiers, binds, columns, constraints, types."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle_wire import column_types
from tests.oracle_wire.clauses import SELECT
from tests.oracle_wire.lint_statement import Rules, Statement
from tests.oracle_wire.oracle_words import RESERVED
from tests.oracle_wire.tokens import BIND, NUMBER, QUOTED, WORD

IDENTIFIER_BYTES, VARCHAR2_SIZE = 30, 4000

_CONSTRAINTS = frozenset({"PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "FOREIGN"})
_TYPES = column_types.KNOWN | {"INTERVAL", "XMLTYPE", "UROWID"}

RULES = Rules()


@RULES.named("identifier-length")
def _identifier_length(statement: Statement) -> Iterator[str]:
    for token in statement.tokens:
        text = token.text.strip('"')
        if token.kind in (WORD, QUOTED, BIND) and len(text.encode()) > IDENTIFIER_BYTES:
            yield f"{text} has more than {IDENTIFIER_BYTES} bytes"


@RULES.named("quoted-name")
def _quoted_name(statement: Statement) -> Iterator[str]:
    for item in statement.placed:
        token, is_password = item.token, item.before.upper == "BY"
        if token.kind == QUOTED and not is_password and (token.text != token.text.upper() or token.text in RESERVED):
            yield f'"{token.text}" never matches an unquoted name'


@RULES.named("reserved-name")
def _reserved_name(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("AS"):
        if item.clause == SELECT and item.own_clause and not item.in_cast and item.after.upper in RESERVED:
            yield f"{item.after.upper} is reserved"
    for item in statement.placed:
        if item.before.text == "." and item.token.upper in RESERVED - {"ROWID"}:
            yield f"{item.token.upper} is reserved"
    for element in statement.table_elements():
        if element and element[0].upper in RESERVED - _CONSTRAINTS - {"CONSTRAINT"}:
            yield f"{element[0].upper} is reserved"


@RULES.named("bind-name")
def _bind_name(statement: Statement) -> Iterator[str]:
    for token in statement.tokens:
        if token.kind == BIND and token.text.upper() in RESERVED:
            yield f":{token.text} is reserved"


@RULES.named("text-size")
def _text_size(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("VARCHAR2", "VARCHAR"):
        size = statement.tokens[index + 2] if index + 2 < len(statement.tokens) and item.after.upper == "(" else None
        if size is not None and size.kind == NUMBER and int(size.text) > VARCHAR2_SIZE:
            yield f"VARCHAR2({size.text}): at most {VARCHAR2_SIZE}, or CLOB"


@RULES.named("constraint-name")
def _constraint_name(statement: Statement) -> Iterator[str]:
    for element in statement.table_elements():
        words = [token.upper for token in element]
        is_foreign = "FOREIGN" in words
        for place_, word in enumerate(words):
            if word not in _CONSTRAINTS or (word == "REFERENCES" and is_foreign):
                continue
            if place_ < 2 or words[place_ - 2] != "CONSTRAINT":
                yield f"{word} without CONSTRAINT name"


@RULES.named("column-type")
def _column_type(statement: Statement) -> Iterator[str]:
    for element in statement.table_elements():
        words = [token.upper for token in element]
        if len(words) < 2 or words[0] in _CONSTRAINTS | {"CONSTRAINT"}:
            continue
        modifies = "MODIFY" in [token.upper for token in statement.tokens]
        if words[1] not in _TYPES and not (modifies and words[1] in ("NOT", "NULL", "DEFAULT")):
            yield f"{element[0].text} {element[1].text}: not an Oracle type"
    for _, item in statement.words("AS"):
        if item.in_cast and item.after.upper not in _TYPES:
            yield f"CAST AS {item.after.text}: not an Oracle type"
