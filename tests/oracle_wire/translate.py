"""Oracle statements put into PostgreSQL's words.

The product's SQL is portable, so this is a rewriting of tokens, not a parser. What it knows: binds become
$n (each occurrence its own, as on the wire), ``RETURNING ... INTO`` loses its INTO, ``''`` is NULL,
``seq.NEXTVAL``, SYSDATE and friends, date literals, MINUS, DELETE without FROM, types in CAST, FOR UPDATE
[OF column] [NOWAIT | WAIT n | SKIP LOCKED]. Functions with Oracle's meaning live in ``compat.sql``.

Quoted names swap their case: Oracle folds an unquoted name to upper case and PostgreSQL to lower case, so a
quoted lower-case name stays different from the unquoted one, and every name swaps back on its way out.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

from tests.oracle_wire.column_types import parse_type
from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.tokens import (
    BIND,
    END,
    NUMBER,
    OPERATOR,
    QUOTED,
    STRING,
    WORD,
    Token,
    closing,
    tokenize,
)

QUERIES = frozenset({"SELECT", "WITH"})
CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
DEFINITIONS = frozenset(
    {"CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "ANALYZE", "AUDIT", "COMMENT", "TRUNCATE", "RENAME"}
)
BLOCKS = frozenset({"BEGIN", "DECLARE", "CALL"})

_CLOCK = {
    "SYSDATE": "oracle_wire.sysdate()::timestamp(0)",
    "CURRENT_DATE": "oracle_wire.sysdate()::timestamp(0)",
    "SYSTIMESTAMP": "clock_timestamp()",
    "CURRENT_TIMESTAMP": "clock_timestamp()",
    "LOCALTIMESTAMP": "clock_timestamp()::timestamp",
    "USER": "oracle_wire.sys_context('userenv', 'session_user')",
}
_RENAMED = {"GREATEST": "oracle_wire.greatest_of", "LEAST": "oracle_wire.least_of"}
_SEQUENCE_VALUES = {"NEXTVAL": "nextval", "CURRVAL": "currval"}


@dataclass(frozen=True)
class Bind:
    name: str
    is_return: bool


@dataclass
class Statement:
    """One statement of the client. ``sql`` is for PostgreSQL; a definition is translated when it runs."""

    source: str
    verb: str
    tokens: list[Token]
    sql: str = ""
    binds: list[Bind] = field(default_factory=list)
    wait: str | None = None  # NOWAIT, WAIT, SKIP
    wait_seconds: float = 0
    locks: bool = False
    sequences: set[str] = field(default_factory=set)
    text_binds: set[int] = field(default_factory=set)  # learnt: PostgreSQL could not infer these

    @property
    def is_query(self) -> bool:
        return self.verb in QUERIES

    @property
    def is_definition(self) -> bool:
        return self.verb in DEFINITIONS

    @property
    def is_change(self) -> bool:
        return self.verb in CHANGES

    @property
    def sorts(self) -> bool:
        """Whether its rows come in an order."""
        return any(token.upper == "ORDER" for token in self.tokens)

    @property
    def mentions_rowid(self) -> bool:
        return any(token.upper == "ROWID" for token in self.tokens)


@functools.lru_cache(maxsize=2000)
def translate(source: str) -> Statement:
    tokens = tokenize(source)
    verb = next((token.upper for token in tokens if token.kind == WORD), "")
    statement = Statement(source, verb, tokens)
    if verb in BLOCKS:
        return statement
    if any(token.upper == ";" for token in tokens) and not _is_trigger(tokens):
        raise OracleError(911)
    if not statement.is_definition:
        Rewriter(statement).run()
    return statement


def _is_trigger(tokens: list[Token]) -> bool:
    """Whether the statement defines a trigger: its text is PL/SQL."""
    return bool(tokens) and tokens[0].upper == "CREATE" and "TRIGGER" in [token.upper for token in tokens[1:4]]


def expression(tokens: list[Token]) -> str:
    """An expression or query inside a definition."""
    return Rewriter(Statement("", "", tokens)).run()


def literal(text: str) -> str:
    return "NULL" if text == "" else "'" + text.replace("'", "''") + "'"


def name(token: Token) -> str:
    return f'"{token.text.swapcase()}"' if token.kind == QUOTED else token.text


class Rewriter:
    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._tokens = statement.tokens
        self._output: list[str] = []
        self._types: dict[int, tuple[str, int]] = {}
        self._depth = 0
        self._returning = False
        self._into = False

    def run(self) -> str:
        index = 0
        while index < len(self._tokens):
            index = self._step(index)
        self._statement.sql = " ".join(self._output)
        return self._statement.sql

    def _at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else END

    def _emit(self, *pieces: str) -> None:
        self._output.extend(pieces)

    def _step(self, index: int) -> int:
        if index in self._types:
            text, end = self._types[index]
            self._emit(text)
            return end
        token = self._tokens[index]
        if token.kind == WORD:
            return self._word(index)
        if token.kind == QUOTED:
            return self._sequence(index) or self._plain(index, name(token))
        if token.kind == STRING:
            return self._plain(index, literal(token.text))
        if token.kind == BIND:
            return self._bind(index)
        if token.kind == OPERATOR:
            self._depth += {"(": 1, ")": -1}.get(token.text, 0)
            if self._into and token.text == ",":
                return index + 1
            return self._plain(index, "<>" if token.text == "^=" else token.text)
        return self._plain(index, token.text)

    def _plain(self, index: int, text: str) -> int:
        self._emit(text)
        return index + 1

    def _bind(self, index: int) -> int:
        self._statement.binds.append(Bind(self._tokens[index].text.strip('"'), self._into))
        if not self._into:
            place = f"${sum(not bind.is_return for bind in self._statement.binds)}"
            counts_rows = self._at(index - 1).upper in ("FIRST", "NEXT", "OFFSET")
            self._emit(f"({place}::numeric::bigint)" if counts_rows else place)
        return index + 1

    def _word(self, index: int) -> int:
        word, following = self._tokens[index].upper, self._at(index + 1)
        if self._at(index - 1).upper == ".":
            return self._plain(index, word.lower())
        if word == "DATE" and following.kind == STRING:
            self._emit(f"CAST({literal(following.text)} AS timestamp(0))")
            return index + 2
        if word == "FOR" and following.upper == "UPDATE":
            return self._locking(index + 2)
        if word == "LOCK" and index == 0:
            self._statement.locks = True
        if word in ("NOWAIT", "WAIT") and self._statement.verb == "LOCK":
            return self._waiting(index)
        if word in ("RETURNING", "RETURN") and self._depth == 0 and self._statement.is_change:
            self._returning = True
            return self._plain(index, "RETURNING")
        if word == "INTO" and self._returning and self._depth == 0:
            self._into = True
            return index + 1
        if word == "CAST" and following.upper == "(":
            self._remember_type(index + 1)
        if word == "DELETE" and index == 0 and following.upper != "FROM":
            self._emit("DELETE FROM")
            return index + 1
        if word == "MINUS":
            return self._plain(index, "EXCEPT")
        if word == "TRIM" and following.upper == "(" and self._is_plain_call(index + 1):
            return self._plain(index, "oracle_wire.trimmed")
        if word in _RENAMED and following.upper == "(":
            return self._plain(index, _RENAMED[word])
        if word in _CLOCK:
            return self._plain(index, _CLOCK[word])
        return self._sequence(index) or self._plain(index, word.lower())

    def _is_plain_call(self, opening: int) -> bool:
        """Whether the arguments are a plain list, without words like LEADING or FROM between them."""
        inside = self._tokens[opening + 1 : closing(self._tokens, opening)]
        return not any(token.upper == "FROM" for token in inside)

    def _sequence(self, index: int) -> int | None:
        """``[schema.]seq.NEXTVAL``: index behind it, or None when there is none here."""
        parts, place = [name(self._tokens[index]).lower()], index
        while self._at(place + 1).upper == "." and self._at(place + 2).kind in (WORD, QUOTED):
            place += 2
            function = _SEQUENCE_VALUES.get(self._tokens[place].upper)
            if function:
                sequence = ".".join(parts)
                self._statement.sequences.add(sequence)
                self._emit(f"{function}('{sequence}')::numeric")
                return place + 1
            parts.append(name(self._tokens[place]).lower())
        return None

    def _remember_type(self, opening: int) -> None:
        end = closing(self._tokens, opening)
        level = 0
        for index in range(opening, end):
            level += {"(": 1, ")": -1}.get(self._tokens[index].upper, 0)
            if level == 1 and self._tokens[index].upper == "AS":
                self._types[index + 1] = (parse_type(self._tokens[index + 1 : end]).cast, end)

    def _locking(self, index: int) -> int:
        """Behind FOR UPDATE. PostgreSQL wants tables behind OF, Oracle gives columns."""
        self._statement.locks = True
        self._emit("FOR UPDATE")
        if self._at(index).upper == "OF":
            index, tables = self._locked_columns(index + 1)
            if all(tables):
                self._emit("OF", ", ".join(tables))
        return self._waiting(index)

    def _locked_columns(self, index: int) -> tuple[int, list[str]]:
        tables = []
        while self._at(index).kind in (WORD, QUOTED) and self._at(index).upper not in (
            "NOWAIT",
            "WAIT",
            "SKIP",
        ):
            parts = [self._tokens[index]]
            while self._at(index + 1).upper == ".":
                index += 2
                parts.append(self._tokens[index])
            tables.append(name(parts[-2]) if len(parts) > 1 else "")
            index += 2 if self._at(index + 1).upper == "," else 1
        return index, tables

    def _waiting(self, index: int) -> int:
        word = self._at(index).upper
        if word == "NOWAIT":
            self._statement.wait = word
            self._emit("NOWAIT")
            return index + 1
        if word == "SKIP":
            self._statement.wait = word
            self._emit("SKIP LOCKED")
            return index + 2
        if word == "WAIT" and self._at(index + 1).kind == NUMBER:
            self._statement.wait = word
            self._statement.wait_seconds = float(self._tokens[index + 1].text)
            return index + 2
        return index
