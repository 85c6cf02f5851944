"""A statement as the linter sees it, and the table its rules are kept in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.oracle_wire.clauses import Placed, place
from tests.oracle_wire.tokens import WORD, Token, closing, split_at_commas, tokenize


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


class Rules(dict[str, Rule]):
    """Rules by name; each yields a message per problem."""

    def named(self, name: str) -> Callable[[Rule], Rule]:
        def add(check: Rule) -> Rule:
            self[name] = check
            return check

        return add
