"""The rules of the linter, each a few lines over the tokens of one statement.

``REFUSALS`` says which rules are errors of Oracle 19c (and their number); ``PROJECT_RULES`` are this
project's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.oracle_wire import column_types
from tests.oracle_wire.clauses import (
    FROM,
    ON,
    RETURNING,
    SELECT,
    SET,
    SET_OPERATIONS,
    TARGET,
    VALUES,
    Placed,
    place,
)
from tests.oracle_wire.oracle_words import RESERVED
from tests.oracle_wire.tokens import (
    BIND,
    NUMBER,
    QUOTED,
    STRING,
    WORD,
    Token,
    closing,
    split_at_commas,
    tokenize,
)

IDENTIFIER_BYTES, IN_LIST_SIZE, VARCHAR2_SIZE = 30, 1000, 4000

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

_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "LISTAGG", "MEDIAN", "STDDEV", "VARIANCE"})
_CONSTRAINTS = frozenset({"PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "FOREIGN"})
_TYPES = column_types.KNOWN | {"INTERVAL", "XMLTYPE", "UROWID"}
_LIMITS = frozenset({"NOWAIT", "WAIT", "SKIP"})


class Problem(NamedTuple):
    rule: str
    message: str


class Statement:
    """One statement, cut up once for all rules."""

    def __init__(self, sql: str) -> None:
        self.tokens = tokenize(sql)
        self.placed = place(self.tokens)
        self.verb = next((token.upper for token in self.tokens if token.kind == WORD), "")
        self.second = next((token.upper for token in self.tokens[1:2]), "")

    def words(self, *words: str) -> Iterator[tuple[int, Placed]]:
        return ((index, item) for index, item in enumerate(self.placed) if item.word in words)

    def upper(self, index: int) -> str:
        return self.tokens[index].upper if 0 <= index < len(self.tokens) else ""

    def table_elements(self) -> Iterator[list[Token]]:
        """Columns and constraints of CREATE TABLE and ALTER TABLE ADD / MODIFY."""
        if self.verb not in ("CREATE", "ALTER") or self.second != "TABLE":
            return
        words = [token.upper for token in self.tokens]
        start = next((i for i, word in enumerate(words) if word in ("ADD", "MODIFY")), None)
        opening = next((i for i, word in enumerate(words) if word == "("), None)
        if self.verb == "CREATE" and opening is not None:
            yield from split_at_commas(self.tokens[opening + 1 : closing(self.tokens, opening)])
        elif start is not None:
            rest = self.tokens[start + 1 :]
            in_parentheses = rest and rest[0].upper == "(" and closing(rest, 0) == len(rest) - 1
            yield from split_at_commas(rest[1:-1]) if in_parentheses else [rest]


Rule = Callable[[Statement], Iterator[str]]
RULES: dict[str, Rule] = {}


def _rule(name: str) -> Callable[[Rule], Rule]:
    def add(check: Rule) -> Rule:
        RULES[name] = check
        return check

    return add


def _upper(token: Token) -> str:
    return token.upper


@_rule("limit")
def _limit(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("LIMIT"):
        if item.after.kind in (NUMBER, BIND) or item.after.upper == "ALL":
            yield "use FETCH FIRST n ROWS ONLY"


@_rule("is-number")
def _is_number(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("IS"):
        value = (
            statement.tokens[index + 2]
            if item.after.upper == "NOT" and index + 2 < len(statement.tokens)
            else item.after
        )
        if value.kind in (NUMBER, BIND):
            yield f"IS {value.text}: compare with ="


@_rule("boolean-literal")
def _boolean(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("TRUE", "FALSE"):
        yield f"{item.word} does not exist in SQL before 23ai"


@_rule("multi-row-values")
def _multi_row_values(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("VALUES"):
        if item.after.upper == "(" and statement.upper(closing(statement.tokens, index + 1) + 1) == ",":
            yield "one row per VALUES"
        elif statement.verb not in ("INSERT", "MERGE"):
            yield "VALUES only in INSERT"


@_rule("default-values")
def _default_values(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("DEFAULT"):
        if item.after.upper == "VALUES":
            yield "DEFAULT VALUES does not exist"


@_rule("update-from")
def _update_from(statement: Statement) -> Iterator[str]:
    if statement.verb == "UPDATE":
        for _, item in statement.words("FROM"):
            if item.level == 0 and item.clause == SET:
                yield "UPDATE ... FROM: use a subquery or MERGE"


@_rule("delete-using")
def _delete_using(statement: Statement) -> Iterator[str]:
    if statement.verb == "DELETE":
        for _, item in statement.words("USING"):
            if item.level == 0:
                yield "DELETE ... USING: use a subquery"


@_rule("on-conflict")
def _on_conflict(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("ON"):
        if item.after.upper in ("CONFLICT", "DUPLICATE"):
            yield "use MERGE, or catch ORA-00001"


@_rule("cast-operator")
def _cast_operator(statement: Statement) -> Iterator[str]:
    if any(token.text == "::" for token in statement.tokens):
        yield ":: does not exist, use CAST"


@_rule("if-exists")
def _if_exists(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("IF"):
        if item.after.upper == "EXISTS" or (item.after.upper == "NOT" and statement.upper(index + 2) == "EXISTS"):
            yield "IF [NOT] EXISTS does not exist before 23ai"


@_rule("except")
def _except(statement: Statement) -> Iterator[str]:
    for _ in statement.words("EXCEPT"):
        yield "use MINUS before 21c"


@_rule("recursive")
def _recursive(statement: Statement) -> Iterator[str]:
    if statement.verb == "WITH" and statement.second == "RECURSIVE":
        yield "WITH needs no RECURSIVE"


@_rule("interval")
def _interval(statement: Statement) -> Iterator[str]:
    units = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}
    for index, item in statement.words("INTERVAL"):
        if item.after.kind == STRING and statement.upper(index + 2) not in units:
            yield "INTERVAL 'n' needs a unit behind it"


@_rule("for-update")
def _for_update(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("FOR"):
        if item.after.upper != "UPDATE":
            continue
        same = [other for other in statement.placed if other.level == item.level]
        words = {other.word for other in same}
        for word in sorted(words & ({"FETCH", "OFFSET", "GROUP", "DISTINCT"} | SET_OPERATIONS)):
            yield f"FOR UPDATE with {word}: select the keys first"
        for other in same:
            if other.clause == SELECT and other.own_clause and other.word in _AGGREGATES and other.after.upper == "(":
                yield f"FOR UPDATE with {other.word}"


@_rule("lock-without-limit")
def _lock_without_limit(statement: Statement) -> Iterator[str]:
    words = {token.upper for token in statement.tokens}
    locks = statement.verb == "LOCK" or any(item.after.upper == "UPDATE" for _, item in statement.words("FOR"))
    if locks and not words & _LIMITS:
        yield "a lock needs NOWAIT, WAIT n or SKIP LOCKED"


@_rule("exists-value")
def _exists_value(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("EXISTS"):
        is_value = item.clause in (SELECT, SET, VALUES, RETURNING) and not item.in_case
        if is_value and item.before.upper not in ("IF", "CHECK"):
            yield "EXISTS is a condition: CASE WHEN EXISTS (...) THEN 1 ELSE 0 END"


@_rule("select-without-from")
def _select_without_from(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("SELECT"):
        for other in statement.placed[index + 1 :]:
            if other.level < item.level or (other.level == item.level and other.word in SET_OPERATIONS):
                yield "SELECT without FROM: FROM DUAL"
                break
            if other.level == item.level and other.word == "FROM":
                break
        else:
            yield "SELECT without FROM: FROM DUAL"


@_rule("star-with-columns")
def _star(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("*"):
        is_column = item.clause == SELECT and item.own_clause and item.before.upper in ("SELECT", "DISTINCT", ",")
        if is_column and "," in (item.before.upper, item.after.upper):
            yield "* stands alone; write alias.*"


@_rule("table-alias-as")
def _table_alias_as(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("AS"):
        is_table = (item.clause in (FROM, TARGET) and item.own_clause) or (
            item.clause == ON and item.before.upper == ")"
        )
        if is_table and not item.in_cast and item.after.upper != "OF":
            yield f"AS before the table alias {item.after.text}"


@_rule("returning-without-into")
def _returning(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("RETURNING", "RETURN"):
        into = any(other.word == "INTO" and other.level == item.level for other in statement.placed[index:])
        if item.level == 0 and statement.verb in ("INSERT", "UPDATE", "DELETE", "MERGE") and not into:
            yield "RETURNING needs INTO"


@_rule("empty-text")
def _empty_text(statement: Statement) -> Iterator[str]:
    if statement.verb != "COMMENT" and any(token.kind == STRING and not token.text for token in statement.tokens):
        yield "'' is NULL: write NULL, IS NULL or IS NOT NULL"


@_rule("semicolon")
def _semicolon(statement: Statement) -> Iterator[str]:
    if any(token.upper == ";" for token in statement.tokens):
        yield "the driver sends one statement without a semicolon"


@_rule("identifier-length")
def _identifier_length(statement: Statement) -> Iterator[str]:
    for token in statement.tokens:
        text = token.text.strip('"')
        if token.kind in (WORD, QUOTED, BIND) and len(text.encode()) > IDENTIFIER_BYTES:
            yield f"{text} has more than {IDENTIFIER_BYTES} bytes"


@_rule("quoted-name")
def _quoted_name(statement: Statement) -> Iterator[str]:
    for item in statement.placed:
        token, is_password = item.token, item.before.upper == "BY"
        if token.kind == QUOTED and not is_password and (token.text != token.text.upper() or token.text in RESERVED):
            yield f'"{token.text}" never matches an unquoted name'


@_rule("reserved-name")
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


@_rule("bind-name")
def _bind_name(statement: Statement) -> Iterator[str]:
    for token in statement.tokens:
        if token.kind == BIND and token.text.upper() in RESERVED:
            yield f":{token.text} is reserved"


@_rule("in-list")
def _in_list(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("IN"):
        if item.after.upper == "(":
            size = len(split_at_commas(statement.tokens[index + 2 : closing(statement.tokens, index + 1)]))
            if size > IN_LIST_SIZE:
                yield f"IN with {size} expressions, at most {IN_LIST_SIZE}"


@_rule("text-size")
def _text_size(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("VARCHAR2", "VARCHAR"):
        size = statement.tokens[index + 2] if index + 2 < len(statement.tokens) and item.after.upper == "(" else None
        if size is not None and size.kind == NUMBER and int(size.text) > VARCHAR2_SIZE:
            yield f"VARCHAR2({size.text}): at most {VARCHAR2_SIZE}, or CLOB"


@_rule("constraint-name")
def _constraint_name(statement: Statement) -> Iterator[str]:
    for element in statement.table_elements():
        words = [token.upper for token in element]
        is_foreign = "FOREIGN" in words
        for place_, word in enumerate(words):
            if word not in _CONSTRAINTS or (word == "REFERENCES" and is_foreign):
                continue
            if place_ < 2 or words[place_ - 2] != "CONSTRAINT":
                yield f"{word} without CONSTRAINT name"


@_rule("column-type")
def _column_type(statement: Statement) -> Iterator[str]:
    for element in statement.table_elements():
        words = [token.upper for token in element]
        if len(words) < 2 or words[0] in _CONSTRAINTS | {"CONSTRAINT"}:
            continue
        modifies = "MODIFY" in map(_upper, statement.tokens)
        if words[1] not in _TYPES and not (modifies and words[1] in ("NOT", "NULL", "DEFAULT")):
            yield f"{element[0].text} {element[1].text}: not an Oracle type"
    for _, item in statement.words("AS"):
        if item.in_cast and item.after.upper not in _TYPES:
            yield f"CAST AS {item.after.text}: not an Oracle type"
