"""Oracle SQL cut into tokens, without white space and comments.

Facts relied on: text literals are '...' with '' for a quote, or q'[...]' with any delimiter; names are
letters, digits, _ $ #; binds are :name, :1 or :"name"; a colon directly after a literal is not a bind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

WORD, QUOTED, STRING, NUMBER, BIND, OPERATOR = "word", "quoted", "string", "number", "bind", "operator"

_CLOSING = {"[": "]", "{": "}", "<": ">", "(": ")"}
_PATTERN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<alternative>[nN]?[qQ]'(?P<open>\S))
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"[^"]*")
  | (?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$\#]*)
  | (?P<bind>:\s*(?:"[^"]+"|\w[\w$\#]*))
  | (?P<operator>\(\+\)|<>|<=|>=|!=|\^=|\|\||:=|=>|::|\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    kind: str
    text: str  # literals and quoted names without their quotes, binds without the colon, all else as written

    @property
    def upper(self) -> str:
        """The word or operator in upper case; empty for literals, quoted names, numbers and binds."""
        return self.text.upper() if self.kind in (WORD, OPERATOR) else ""


END = Token(OPERATOR, "")


def tokenize(sql: str) -> list[Token]:
    return list(_scan(sql))


def _scan(sql: str) -> Iterator[Token]:
    position, behind_literal = 0, False
    while position < len(sql):
        match = _PATTERN.match(sql, position)
        assert match is not None  # the last alternative takes any character
        kind, text = match.lastgroup or "", match.group()
        position = match.end()
        if match["alternative"]:
            close = _CLOSING.get(match["open"], match["open"]) + "'"
            end = sql.find(close, position)
            end = len(sql) if end < 0 else end
            yield Token(STRING, sql[position:end])
            position = end + len(close)
        elif kind == "string":
            yield Token(STRING, text[1:-1].replace("''", "'"))
        elif kind == "quoted":
            yield Token(QUOTED, text[1:-1])
        elif kind == "bind" and behind_literal:
            position = match.start() + 1
            yield Token(OPERATOR, ":")
        elif kind == "bind":
            yield Token(BIND, text[1:].strip())
        elif kind != "space":
            yield Token(kind, text)
        behind_literal = kind in ("string", "alternative") or (behind_literal and kind == "space")


def split_at_commas(tokens: Iterable[Token]) -> list[list[Token]]:
    """The parts between commas that stand outside parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if token.upper == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def closing(tokens: list[Token], opening: int) -> int:
    """Index of the parenthesis that closes the one at ``opening``; the end when there is none."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].upper, 0)
        if depth == 0:
            return index
    return len(tokens)
