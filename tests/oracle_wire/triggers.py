"""A minimum of PL/SQL: row triggers, put into PostgreSQL's words.

``CREATE [OR REPLACE] TRIGGER name {BEFORE | AFTER} event [OR event] ON table FOR EACH ROW [WHEN (condition)]
[DECLARE variables] BEGIN statements END;`` with :NEW and :OLD, IF, SELECT … INTO, changes of other tables and
RAISE_APPLICATION_ERROR; no packages, no exceptions, no autonomous transactions.

Facts relied on: what a trigger raises reaches the client with its own number first and ORA-04088 last. A row trigger
that reads its own table is allowed for an INSERT of one row by its VALUES; for the second row of an array, an INSERT of
a query, an UPDATE or a DELETE it is ORA-04091.
"""

from __future__ import annotations

from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.tokens import BIND, NUMBER, WORD, Token, closing
from tests.oracle_wire.translate import expression

_TYPES = {"NUMBER": "numeric", "VARCHAR2": "varchar", "DATE": "timestamp", "PLS_INTEGER": "int"}
# Which row of an array is being inserted; an INSERT of a query counts as several.
ROW_OF_ARRAY = "row_of_array"


def create(tokens: list[Token]) -> list[str]:
    """A function and the trigger that calls it, both by the trigger's name."""
    words = [token.upper for token in tokens]
    start = words.index("TRIGGER") + 1
    name, when = tokens[start].text, words[start + 1]
    on = words.index("ON", start)
    events, table = " ".join(words[start + 2 : on]), tokens[on + 1].text
    if when not in ("BEFORE", "AFTER") or words[on + 2 : on + 5] != ["FOR", "EACH", "ROW"]:
        raise OracleError(900, "the test server has only row triggers")
    rest, condition = on + 5, ""
    if words[rest] == "WHEN":
        end = closing(tokens, rest + 1)
        condition, rest = f"WHEN {_code(tokens[rest + 1 : end + 1])}", end + 1
    begin = words.index("BEGIN", rest)
    declared = _declarations(tokens[rest + 1 : begin]) if words[rest] == "DECLARE" else ""
    last = len(words) - 1 - words[::-1].index("END")
    body = _body(tokens[begin + 1 : last], name, table)
    function = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $trigger$ DECLARE {declared} BEGIN "
        f"{_mutation(tokens[begin + 1 : last], name, table)} {body} "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $trigger$"
    )
    return [
        function,
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} {when} {events} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION {name}()",
    ]


def drop(name: str) -> list[str]:
    """The function goes, and the trigger with it."""
    return [f"DROP FUNCTION {name}() CASCADE"]


def _declarations(tokens: list[Token]) -> str:
    return " ".join(_TYPES.get(token.upper, token.text) for token in tokens)


def _body(tokens: list[Token], name: str, table: str) -> str:
    """The statements; each call of RAISE_APPLICATION_ERROR raises what the client is to read."""
    pieces: list[str] = []
    index = start = 0
    while index < len(tokens):
        if tokens[index].upper != "RAISE_APPLICATION_ERROR":
            index += 1
            continue
        pieces.append(_code(tokens[start:index]))
        end = closing(tokens, index + 1)
        number = next(token.text for token in tokens[index + 1 : end] if token.kind == NUMBER)
        comma = next(place for place in range(index, end) if tokens[place].upper == ",")
        said = _code(tokens[comma + 1 : end])
        pieces.append(f"RAISE EXCEPTION '%', 'ORA-{number}: ' || ({said}) || {_stack(name)}")
        index = start = end + 1
    return " ".join([*pieces, _code(tokens[start:])])


def _stack(name: str) -> str:
    """The lines that Oracle adds to what a trigger raises."""
    lines = [
        f'ORA-06512: at "{name.upper()}", line 1',
        f"ORA-04088: error during execution of trigger '{name.upper()}'",
    ]
    return " || ".join(f"chr(10) || '{line.replace(chr(39), chr(39) * 2)}'" for line in lines)


def _mutation(tokens: list[Token], name: str, table: str) -> str:
    """What stands before the body of a trigger that reads its own table."""
    reads = any(
        token.upper in ("FROM", "JOIN") and place + 1 < len(tokens) and tokens[place + 1].upper == table.upper()
        for place, token in enumerate(tokens)
    )
    if not reads:
        return ""
    row = f"COALESCE(NULLIF(current_setting('oracle_wire.{ROW_OF_ARRAY}', true), ''), '1')::int"
    said = f"'ORA-04091: table {table.upper()} is mutating, trigger/function may not see it' || {_stack(name)}"
    return f"IF TG_OP <> 'INSERT' OR {row} > 1 THEN RAISE EXCEPTION '%', {said}; END IF;"


def _code(tokens: list[Token]) -> str:
    """PL/SQL in PostgreSQL's words: :NEW and :OLD are records."""
    plain = [Token(WORD, token.text.lower()) if _is_record(token) else token for token in tokens]
    return expression(plain).replace("new . ", "NEW.").replace("old . ", "OLD.")


def _is_record(token: Token) -> bool:
    return token.kind == BIND and token.text.upper() in ("NEW", "OLD")
