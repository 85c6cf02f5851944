"""Oracle definitions put into PostgreSQL's words.

Every table gets a last column ``rowid`` with the 18 letters of a ROWID: unlike PostgreSQL's ctid it
survives updates, as Oracle's does. ``SELECT *`` does not show it. A text column is a varchar without limit
plus a check named ``column$bytes`` or ``column$chars``, because PostgreSQL's own limit counts characters
and does not name the column. Storage clauses are dropped; grants and session settings do nothing.
"""

from __future__ import annotations

from tests.oracle_wire import triggers
from tests.oracle_wire.column_types import ColumnType, parse_type
from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.tokens import NUMBER, QUOTED, Token, closing, split_at_commas
from tests.oracle_wire.translate import Statement, expression, literal, name

ROWID_COLUMN = "rowid char(18) DEFAULT oracle_wire.next_rowid() NOT NULL UNIQUE"
BYTES, CHARS = "$bytes", "$chars"

_CONSTRAINT_WORDS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"})
_NOISE = frozenset({"ENABLE", "NOVALIDATE", "VALIDATE", "VISIBLE"})
_STORAGE = frozenset(
    {
        "TABLESPACE",
        "PCTFREE",
        "PCTUSED",
        "INITRANS",
        "MAXTRANS",
        "STORAGE",
        "LOGGING",
        "NOLOGGING",
        "COMPRESS",
    }
    | {
        "NOCOMPRESS",
        "PARALLEL",
        "NOPARALLEL",
        "SEGMENT",
        "USING",
        "LOB",
        "CACHE",
        "NOCACHE",
        "ONLINE",
        "REVERSE",
    }
)
_BIGINT_MAX = 2**63 - 1


def translate_definition(statement: Statement) -> list[str]:
    """PostgreSQL statements with the same effect; empty for what has none here."""
    tokens = statement.tokens
    words = [token.upper for token in tokens]
    if statement.verb in ("GRANT", "REVOKE", "AUDIT", "ANALYZE") or words[:2] in (
        ["ALTER", "SESSION"],
        ["ALTER", "SYSTEM"],
    ):
        return []
    if words[:1] == ["CREATE"] and "TRIGGER" in words[1:4]:
        return triggers.create(tokens)
    if words[:2] == ["DROP", "TRIGGER"]:
        return triggers.drop(tokens[2].text)
    if words[:2] == ["CREATE", "TABLE"]:
        return [_create_table(tokens)]
    if words[:2] == ["ALTER", "TABLE"]:
        return [_alter_table(tokens)]
    if words[:2] == ["CREATE", "SEQUENCE"] or words[:2] == ["ALTER", "SEQUENCE"]:
        return [_sequence(tokens)]
    if words[:1] == ["CREATE"] and "INDEX" in words[1:3]:
        return [_create_index(tokens)]
    if words[:2] == ["CREATE", "VIEW"] or words[:4] == ["CREATE", "OR", "REPLACE", "VIEW"]:
        return [expression(tokens)]
    if words[1:2] == ["USER"]:
        return _user(tokens)
    if "SYNONYM" in words[1:5]:
        return _synonym(tokens)
    if words[:1] == ["DROP"]:
        return [expression(_without(tokens, {"PURGE", "CONSTRAINTS"}))]
    if words[:2] == ["TRUNCATE", "TABLE"]:
        return [expression(tokens[: _name_end(tokens, 2)])]
    if statement.verb == "COMMENT":
        return [expression(tokens)]
    raise OracleError(900, f"the test server has no {' '.join(words[:3])}")


def _create_table(tokens: list[Token]) -> str:
    opening = _name_end(tokens, 2)
    if opening >= len(tokens) or tokens[opening].upper != "(":
        raise OracleError(906)
    end = closing(tokens, opening)
    if end == len(tokens):
        raise OracleError(907)
    parts = [_table_element(part) for part in split_at_commas(tokens[opening + 1 : end])]
    return f"CREATE TABLE {expression(tokens[2:opening])} ({', '.join([*parts, ROWID_COLUMN])})"


def _table_element(tokens: list[Token]) -> str:
    if not tokens:
        raise OracleError(904, name=":")
    if tokens[0].upper in _CONSTRAINT_WORDS:
        return expression(_without_storage(tokens))
    return _column(tokens)


def _column(tokens: list[Token]) -> str:
    kind = parse_type(tokens[1:])
    rest = _without_storage(tokens[1 + kind.size :])
    words = [token.upper for token in rest]
    type_name = "bigint" if "IDENTITY" in words else kind.column
    if "IDENTITY" in words and "NULL" in words:  # BY DEFAULT ON NULL
        rest = [token for token in rest if token.upper not in ("ON", "NULL")]
    pieces = [name(tokens[0]), type_name, expression(rest), _size_check(tokens[0], kind)]
    return " ".join(piece for piece in pieces if piece)


def _size_check(column: Token, kind: ColumnType) -> str:
    if kind.limit is None:
        return ""
    value = f"pg_catalog.rtrim({name(column)})" if kind.column.startswith("char(") else name(column)
    function = "octet_length" if kind.in_bytes else "char_length"
    return f"CONSTRAINT {_check_name(column, kind.in_bytes)} CHECK ({function}({value}) <= {kind.limit})"


def _check_name(column: Token, in_bytes: bool) -> str:
    plain = column.text.swapcase() if column.kind == QUOTED else column.text.lower()
    return f'"{plain}{BYTES if in_bytes else CHARS}"'


def _alter_table(tokens: list[Token]) -> str:
    end = _name_end(tokens, 2)
    table, action, rest = expression(tokens[2:end]), tokens[end].upper, tokens[end + 1 :]
    if action == "ADD" and rest[0].upper not in _CONSTRAINT_WORDS:
        added = ", ".join(f"ADD COLUMN {_column(part)}" for part in _listed(rest))
        return f"ALTER TABLE {table} DROP COLUMN IF EXISTS rowid, {added}, ADD COLUMN {ROWID_COLUMN}"
    if action == "MODIFY":
        return f"ALTER TABLE {table} " + ", ".join(_modified(part) for part in _listed(rest))
    return expression(_without_storage(tokens))


def _listed(tokens: list[Token]) -> list[list[Token]]:
    """``(a, b)`` or a single element without parentheses."""
    if tokens and tokens[0].upper == "(" and closing(tokens, 0) == len(tokens) - 1:
        return split_at_commas(tokens[1:-1])
    return [tokens]


def _modified(tokens: list[Token]) -> str:
    column, rest, pieces = name(tokens[0]), tokens[1:], []
    if rest and rest[0].upper not in ("NULL", "NOT", "DEFAULT"):
        kind = parse_type(rest)
        rest = rest[kind.size :]
        pieces.append(f"ALTER COLUMN {column} TYPE {kind.column}")
        if kind.limit is not None:
            pieces += [f"DROP CONSTRAINT IF EXISTS {_check_name(tokens[0], unit)}" for unit in (True, False)]
            pieces.append(f"ADD {_size_check(tokens[0], kind)}")
    words = [token.upper for token in rest]
    if words[:1] == ["DEFAULT"]:
        end = next((i for i, word in enumerate(words) if word in ("NOT", "NULL") and i > 1), len(words))
        pieces.append(f"ALTER COLUMN {column} SET DEFAULT {expression(rest[1:end])}")
        words = words[end:]
    if words[:2] == ["NOT", "NULL"]:
        pieces.append(f"ALTER COLUMN {column} SET NOT NULL")
    elif words[:1] == ["NULL"]:
        pieces.append(f"ALTER COLUMN {column} DROP NOT NULL")
    return ", ".join(pieces)


def _sequence(tokens: list[Token]) -> str:
    """CACHE is dropped: PostgreSQL caches per session, one Oracle instance hands its numbers out in order."""
    end = _name_end(tokens, 2)
    pieces, index = [expression(tokens[:end])], end
    while index < len(tokens):
        word = tokens[index].upper
        sign = index + 1 < len(tokens) and tokens[index + 1].upper == "-"
        number = tokens[index + 1 + sign] if index + 1 + sign < len(tokens) else None
        if word in ("CACHE", "MAXVALUE", "MINVALUE") and number is not None and number.kind == NUMBER:
            if word != "CACHE" and int(number.text) <= _BIGINT_MAX:
                pieces.append(f"{word} {'-' if sign else ''}{number.text}")
            index += 2 + sign
            continue
        negated = word in ("NOCYCLE", "NOMAXVALUE", "NOMINVALUE")
        if negated or word not in ("NOCACHE", "ORDER", "NOORDER", "KEEP", "NOKEEP", "GLOBAL", "SESSION"):
            pieces.append(f"NO {word[2:]}" if negated else tokens[index].text)
        index += 1
    return " ".join(pieces)


def _create_index(tokens: list[Token]) -> str:
    opening = next((i for i, token in enumerate(tokens) if token.upper == "("), len(tokens))
    return expression(tokens[: closing(tokens, opening) + 1])


def _user(tokens: list[Token]) -> list[str]:
    """``CREATE USER u IDENTIFIED BY p ...`` and ``DROP USER u CASCADE``."""
    words, user = [token.upper for token in tokens], tokens[2].upper
    if words[0] == "DROP":
        return [f"DROP SCHEMA {user} CASCADE", f"DELETE FROM oracle_wire.account WHERE username = '{user}'"]  # noqa: S608
    if words[:1] != ["CREATE"] or words[3:5] != ["IDENTIFIED", "BY"]:
        raise OracleError(900, f"the test server has no {' '.join(words[:3])}")
    password = literal(tokens[5].text)
    return [f"CREATE SCHEMA {user}", f"INSERT INTO oracle_wire.account VALUES ('{user}', {password})"]  # noqa: S608


def _synonym(tokens: list[Token]) -> list[str]:
    """A view of the same name, public ones where every session looks last, and a row of the dictionary."""
    words = [token.upper for token in tokens]
    start, is_public = words.index("SYNONYM") + 1, "PUBLIC" in words
    end = words.index("FOR") if "FOR" in words else len(words)
    synonym, table = (expression(part).replace(" ", "") for part in (tokens[start:end], tokens[end + 1 :]))
    here = "sys_context('userenv', 'current_schema')"
    owner, view = ("'PUBLIC'", f"oracle_wire.{synonym}") if is_public else (here, synonym)
    if words[0] == "DROP":
        forget = f"DELETE FROM oracle_wire.synonym WHERE (owner, synonym_name) = ({owner}, oracle_name('{synonym}'))"  # noqa: S608
        return [f"DROP VIEW {view}", forget]
    schema, _, name_ = table.rpartition(".")
    row = [owner, f"oracle_name('{synonym}')", f"owner_name('{schema}')" if schema else here, f"oracle_name('{name_}')"]
    return [
        f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {table}",  # noqa: S608
        f"INSERT INTO oracle_wire.synonym VALUES ({', '.join(row)})",  # noqa: S608
    ]


def _name_end(tokens: list[Token], start: int) -> int:
    """Index behind ``[schema.]name``."""
    index = start + 1
    while index + 1 < len(tokens) and tokens[index].upper == ".":
        index += 2
    return index


def _without(tokens: list[Token], words: set[str]) -> list[Token]:
    return [token for token in tokens if token.upper not in words]


def _without_storage(tokens: list[Token]) -> list[Token]:
    """Storage clauses come last: cut at the first one outside parentheses."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if depth == 0 and token.upper in _STORAGE:
            tokens = tokens[:index]
            break
    return _without(tokens, set(_NOISE))
