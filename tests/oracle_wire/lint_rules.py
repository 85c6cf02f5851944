"""Rules for queries and changes, each a few lines over the tokens of one statement."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle_wire.clauses import FROM, ON, RETURNING, SELECT, SET, SET_OPERATIONS, TARGET, VALUES
from tests.oracle_wire.lint_statement import Rules, Statement
from tests.oracle_wire.tokens import BIND, NUMBER, OPERATOR, STRING, closing, split_at_commas

IN_LIST_SIZE = 1000

_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "LISTAGG", "MEDIAN", "STDDEV", "VARIANCE"})
_LIMITS = frozenset({"NOWAIT", "WAIT", "SKIP"})

RULES = Rules()


@RULES.named("limit")
def _limit(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("LIMIT"):
        if item.after.kind in (NUMBER, BIND) or item.after.upper == "ALL":
            yield "use FETCH FIRST n ROWS ONLY"


@RULES.named("is-number")
def _is_number(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("IS"):
        value = (
            statement.tokens[index + 2]
            if item.after.upper == "NOT" and index + 2 < len(statement.tokens)
            else item.after
        )
        if value.kind in (NUMBER, BIND):
            yield f"IS {value.text}: compare with ="


@RULES.named("boolean-literal")
def _boolean(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("TRUE", "FALSE"):
        yield f"{item.word} does not exist in SQL before 23ai"


@RULES.named("multi-row-values")
def _multi_row_values(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("VALUES"):
        if item.after.upper == "(" and statement.upper(closing(statement.tokens, index + 1) + 1) == ",":
            yield "one row per VALUES"
        elif statement.verb not in ("INSERT", "MERGE"):
            yield "VALUES only in INSERT"


@RULES.named("default-values")
def _default_values(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("DEFAULT"):
        if item.after.upper == "VALUES":
            yield "DEFAULT VALUES does not exist"


@RULES.named("update-from")
def _update_from(statement: Statement) -> Iterator[str]:
    if statement.verb == "UPDATE":
        for _, item in statement.words("FROM"):
            if item.level == 0 and item.clause == SET:
                yield "UPDATE ... FROM: use a subquery or MERGE"


@RULES.named("delete-using")
def _delete_using(statement: Statement) -> Iterator[str]:
    if statement.verb == "DELETE":
        for _, item in statement.words("USING"):
            if item.level == 0:
                yield "DELETE ... USING: use a subquery"


@RULES.named("on-conflict")
def _on_conflict(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("ON"):
        if item.after.upper in ("CONFLICT", "DUPLICATE"):
            yield "use MERGE, or catch ORA-00001"


@RULES.named("cast-operator")
def _cast_operator(statement: Statement) -> Iterator[str]:
    if any(token.text == "::" for token in statement.tokens):
        yield ":: does not exist, use CAST"


@RULES.named("if-exists")
def _if_exists(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("IF"):
        if item.after.upper == "EXISTS" or (item.after.upper == "NOT" and statement.upper(index + 2) == "EXISTS"):
            yield "IF [NOT] EXISTS does not exist before 23ai"


@RULES.named("except")
def _except(statement: Statement) -> Iterator[str]:
    for _ in statement.words("EXCEPT"):
        yield "use MINUS before 21c"


@RULES.named("recursive")
def _recursive(statement: Statement) -> Iterator[str]:
    if statement.verb == "WITH" and statement.second == "RECURSIVE":
        yield "WITH needs no RECURSIVE"


@RULES.named("interval")
def _interval(statement: Statement) -> Iterator[str]:
    units = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}
    for index, item in statement.words("INTERVAL"):
        if item.after.kind == STRING and statement.upper(index + 2) not in units:
            yield "INTERVAL 'n' needs a unit behind it"


@RULES.named("for-update")
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


@RULES.named("lock-without-limit")
def _lock_without_limit(statement: Statement) -> Iterator[str]:
    words = {token.upper for token in statement.tokens}
    locks = statement.verb == "LOCK" or any(item.after.upper == "UPDATE" for _, item in statement.words("FOR"))
    if locks and not words & _LIMITS:
        yield "a lock needs NOWAIT, WAIT n or SKIP LOCKED"


@RULES.named("exists-value")
def _exists_value(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("EXISTS"):
        is_value = item.clause in (SELECT, SET, VALUES, RETURNING) and not item.in_case
        if is_value and item.before.upper not in ("IF", "CHECK"):
            yield "EXISTS is a condition: CASE WHEN EXISTS (...) THEN 1 ELSE 0 END"


@RULES.named("select-without-from")
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


@RULES.named("star-with-columns")
def _star(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("*"):
        is_column = item.clause == SELECT and item.own_clause and item.before.upper in ("SELECT", "DISTINCT", ",")
        if is_column and "," in (item.before.upper, item.after.upper):
            yield "* stands alone; write alias.*"


@RULES.named("table-alias-as")
def _table_alias_as(statement: Statement) -> Iterator[str]:
    for _, item in statement.words("AS"):
        is_table = (item.clause in (FROM, TARGET) and item.own_clause) or (
            item.clause == ON and item.before.upper == ")"
        )
        if is_table and not item.in_cast and item.after.upper != "OF":
            yield f"AS before the table alias {item.after.text}"


@RULES.named("returning-without-into")
def _returning(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("RETURNING", "RETURN"):
        into = any(other.word == "INTO" and other.level == item.level for other in statement.placed[index:])
        if item.level == 0 and statement.verb in ("INSERT", "UPDATE", "DELETE", "MERGE") and not into:
            yield "RETURNING needs INTO"


@RULES.named("empty-text")
def _empty_text(statement: Statement) -> Iterator[str]:
    """The third argument of REPLACE may be one: it removes there, as NULL does, and an index may be made on it so."""
    tokens = statement.tokens
    for index, token in enumerate(tokens):
        if statement.verb == "COMMENT" or token.kind != STRING or token.text:
            continue
        around = [(t.kind, t.upper) for t in tokens[max(index - 3, 0) : index + 2]]
        if [around[1:3], around[4:]] != [[(STRING, ""), (OPERATOR, ",")], [(OPERATOR, ")")]]:
            yield "'' is NULL: write NULL, IS NULL or IS NOT NULL"
            return


@RULES.named("semicolon")
def _semicolon(statement: Statement) -> Iterator[str]:
    if any(token.upper == ";" for token in statement.tokens):
        yield "the driver sends one statement without a semicolon"


@RULES.named("in-list")
def _in_list(statement: Statement) -> Iterator[str]:
    for index, item in statement.words("IN"):
        if item.after.upper == "(":
            size = len(split_at_commas(statement.tokens[index + 2 : closing(statement.tokens, index + 1)]))
            if size > IN_LIST_SIZE:
                yield f"IN with {size} expressions, at most {IN_LIST_SIZE}"
