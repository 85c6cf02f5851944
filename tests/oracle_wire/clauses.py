"""Where in a statement each token stands: parenthesis level, clause, and whether inside CASE.

Enough structure for the linter, not a parser. A parenthesis without a SELECT of its own belongs to the
clause around it; one behind CAST is marked, since its AS announces a type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tests.oracle_wire.tokens import END, NUMBER, STRING, WORD, Token

SELECT, FROM, ON, WHERE, SET, VALUES, TARGET, WITH, RETURNING, TAIL, OTHER = (
    "select", "from", "on", "where", "set", "values", "target", "with", "returning", "tail", ""
)  # fmt: skip
SET_OPERATIONS = frozenset({"UNION", "INTERSECT", "MINUS", "EXCEPT"})

_FIXED = {
    "WHERE": WHERE,
    "HAVING": WHERE,
    "CONNECT": WHERE,
    "START": WHERE,
    "GROUP": TAIL,
    "ORDER": TAIL,
    "FETCH": TAIL,
    "OFFSET": TAIL,
    "FOR": TAIL,
    "RETURNING": RETURNING,
    "RETURN": RETURNING,
    "SELECT": SELECT,
    "VALUES": VALUES,
}


@dataclass
class _Level:
    inherited: str
    inherited_case: bool
    number: int  # of the query it belongs to
    is_cast: bool = False
    clause: str = OTHER
    cases: int = 0

    @property
    def effective(self) -> str:
        return self.clause or self.inherited


class Placed(NamedTuple):
    token: Token
    before: Token
    after: Token
    level: int  # parentheses around it
    query: int  # tokens of one query share it; set operations start a new one
    clause: str
    in_case: bool
    in_cast: bool
    own_clause: bool  # the clause is of this level, not taken over from the one around it

    @property
    def word(self) -> str:
        """The unqualified word in upper case, or the operator."""
        return "" if self.before.text == "." else self.token.upper


def place(tokens: list[Token]) -> list[Placed]:
    verb = next((token.upper for token in tokens if token.kind == WORD), "")
    levels = [_Level(OTHER, False, 0)]
    result: list[Placed] = []
    queries = 0
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else END
        after = tokens[index + 1] if index + 1 < len(tokens) else END
        here = levels[-1]
        if token.upper == ")" and len(levels) > 1:
            levels.pop()
            here = levels[-1]
        elif token.kind == WORD and before.text != ".":
            if token.upper in SET_OPERATIONS or (token.upper == "SELECT" and here.clause != SELECT):
                queries += token.upper == "SELECT"
                here.number = queries
            _move(here, token.upper, before.upper, after, verb, len(levels) == 1 and index == 0)
        result.append(
            Placed(
                token, before, after, len(levels) - 1, here.number, here.effective,
                here.cases > 0 or (not here.clause and here.inherited_case), here.is_cast, bool(here.clause),
            )
        )  # fmt: skip
        if token.upper == "(":
            inherited_case = here.cases > 0 or (not here.clause and here.inherited_case)
            levels.append(_Level(here.effective, inherited_case, here.number, before.upper == "CAST"))
        elif token.upper == "," and here.clause == ON:
            here.clause = FROM
    return result


def _move(level: _Level, word: str, before: str, after: Token, verb: str, first: bool) -> None:
    if word == "CASE":
        level.cases += 1
    elif word == "END" and level.cases:
        level.cases -= 1
    elif word in SET_OPERATIONS:
        level.clause = OTHER
    elif word == "WITH" and first:
        level.clause = WITH
    elif word == "UPDATE" and (first or before == "THEN"):
        level.clause = TARGET if first else OTHER
    elif word == "INTO" and level.clause in (OTHER, TARGET) and verb in ("INSERT", "MERGE"):
        level.clause = TARGET
    elif word == "FROM" and (level.clause == SELECT or (verb == "DELETE" and level.clause == OTHER)):
        level.clause = FROM if level.clause == SELECT else TARGET
    elif word == "USING" and level.clause in (TARGET, FROM):
        level.clause = FROM if verb == "MERGE" and level.clause == TARGET else ON
    elif word == "ON" and level.clause == FROM:
        level.clause = ON
    elif word == "JOIN" and level.clause in (FROM, ON):
        level.clause = FROM
    elif word == "SET" and verb in ("UPDATE", "MERGE"):
        level.clause = SET
    elif word == "WHEN" and verb == "MERGE" and not level.cases:
        level.clause = OTHER
    elif word in _FIXED and not (word == "START" and after.kind in (NUMBER, STRING)):
        level.clause = _FIXED[word]
