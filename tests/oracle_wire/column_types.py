"""Oracle column types and the PostgreSQL types that stand in for them.

Facts relied on: VARCHAR2(n) counts bytes unless it says CHAR, at most 4000; NUMBER without precision is
unlimited, INTEGER is NUMBER(38); DATE has a time to the second; ANSI FLOAT is a NUMBER. Text sorts by
bytes, hence COLLATE "C".
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.tokens import Token, closing

_WHOLE = frozenset({"INTEGER", "INT", "SMALLINT"})
_DECIMAL = frozenset({"NUMBER", "NUMERIC", "DECIMAL", "DEC"})
_VARCHAR = frozenset({"VARCHAR2", "VARCHAR", "NVARCHAR2"})
_CHAR = frozenset({"CHAR", "NCHAR"})
_SIMPLE = {
    "DATE": "timestamp(0)",
    "CLOB": 'text COLLATE "C"',
    "NCLOB": 'text COLLATE "C"',
    "LONG": 'text COLLATE "C"',
    "BLOB": "bytea",
    "RAW": "bytea",
    "BINARY_DOUBLE": "double precision",
    "BINARY_FLOAT": "real",
    "FLOAT": "numeric",
    "REAL": "numeric",
    "DOUBLE": "numeric",
    "ROWID": "char(18)",
}
KNOWN = _WHOLE | _DECIMAL | _VARCHAR | _CHAR | frozenset(_SIMPLE) | {"TIMESTAMP"}
VARCHAR2_MAX, CHAR_MAX = 4000, 2000


@dataclass(frozen=True)
class ColumnType:
    column: str  # in a table
    cast: str  # in an expression
    size: int  # number of tokens it took
    limit: int | None = None  # for text
    in_bytes: bool = False


def parse_type(tokens: list[Token]) -> ColumnType:
    """The type at the start of ``tokens``; ORA-00902 when Oracle has none of that name."""
    word = tokens[0].upper if tokens else ""
    size, arguments = 1, []
    if len(tokens) > 1 and tokens[1].upper == "(":
        end = closing(tokens, 1)
        arguments = [token.text.upper() for token in tokens[2:end] if token.text != ","]
        size = end + 1
    if word in _DECIMAL or word in _WHOLE:
        return _number(word, arguments, size)
    if word in _VARCHAR or word in _CHAR:
        return _text(word, arguments, size)
    if word == "TIMESTAMP":
        return _timestamp(tokens, arguments, size)
    if word not in _SIMPLE:
        raise OracleError(902)
    size += {"LONG": "RAW", "DOUBLE": "PRECISION"}.get(word, "") == _word(tokens, size)
    name = "bytea" if word == "LONG" and size == 2 else _SIMPLE[word]
    return ColumnType(name, name, size)


def _word(tokens: list[Token], index: int) -> str:
    return tokens[index].upper if index < len(tokens) else ""


def _number(word: str, arguments: list[str], size: int) -> ColumnType:
    if not arguments:
        name = "numeric" if word == "NUMBER" else "numeric(38, 0)"
        return ColumnType(name, name, size)
    precision = "38" if arguments[0] == "*" else arguments[0]
    scale = "".join(arguments[1:]) or "0"
    name = f"numeric({precision}, {scale})"
    return ColumnType(name, name, size)


def _text(word: str, arguments: list[str], size: int) -> ColumnType:
    limit = int(arguments[0]) if arguments else 1
    in_bytes = not word.startswith("N") and arguments[1:] != ["CHAR"]
    if limit > (CHAR_MAX if word in _CHAR else VARCHAR2_MAX):
        raise OracleError(910)
    if word in _CHAR:
        return ColumnType(f'char({limit}) COLLATE "C"', f"char({limit})", size, limit, in_bytes)
    return ColumnType('varchar COLLATE "C"', f"varchar({limit})", size, limit, in_bytes)


def _timestamp(tokens: list[Token], arguments: list[str], size: int) -> ColumnType:
    digits = min(int(arguments[0]), 6) if arguments else 6
    zone = _word(tokens, size) == "WITH"
    if zone:
        size += 4 if _word(tokens, size + 1) == "LOCAL" else 3
    name = f"{'timestamptz' if zone else 'timestamp'}({digits})"
    return ColumnType(name, name, size)
