"""TTC, the protocol inside the packets: numbers and shapes of its messages, as of field version 12.

Facts relied on: announcing field version 12 (a 19.1 server) and protocol 318 switches off fast
authentication, end-of-response markers, request boundaries, tokens and every field that came later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import NamedTuple

FIELD_VERSION = 12
SERVER_VERSION = 19 << 24 | 3 << 16
UTF8, UTF16 = 873, 2000
NATIONAL = 2  # character set form of NCHAR and NVARCHAR2
MAX_STRING = 4000


class Message(IntEnum):
    PROTOCOL = 1
    DATA_TYPES = 2
    FUNCTION = 3
    ERROR = 4
    ROW_HEADER = 6
    ROW_DATA = 7
    PARAMETER = 8
    STATUS = 9
    LOB_DATA = 14
    DESCRIBE = 16
    PIGGYBACK = 17


class Function(IntEnum):
    REEXECUTE = 4
    FETCH = 5
    LOGOFF = 9
    COMMIT = 14
    ROLLBACK = 15
    REEXECUTE_AND_FETCH = 78
    EXECUTE = 94
    LOB_OPERATION = 96
    CLOSE_CURSORS = 105
    AUTH_PHASE_TWO = 115
    AUTH_PHASE_ONE = 118
    END_TO_END = 135
    PING = 147
    SET_SCHEMA = 152
    KEY_VALUE = 154
    SESSION_STATE = 176


class Option(IntFlag):
    DEFINE = 0x10
    EXECUTE = 0x20
    FETCH = 0x40
    COMMIT = 0x100
    DESCRIBE = 0x20000
    BATCH_ERRORS = 0x80000


class LobOperation(IntEnum):
    LENGTH = 0x1
    READ = 0x2
    TRIM = 0x20
    WRITE = 0x40
    CREATE = 0x110
    FREE = 0x111
    CHUNK_SIZE = 0x4000
    OPEN = 0x8000
    CLOSE = 0x10000
    IS_OPEN = 0x11000


class Locator(NamedTuple):
    """A LOB that the client names by its locator."""

    data: bytes


class BindType(NamedTuple):
    kind: int
    form: int
    buffer_size: int

    @property
    def is_long(self) -> bool:
        """Such values stand behind all others in a bind row."""
        return self.buffer_size > MAX_STRING


@dataclass
class Execute:
    cursor: int
    sql: str | None = None
    bind_types: list[BindType] | None = None
    define_types: list[BindType] | None = None
    rows: list[list[object]] = field(default_factory=list)
    executions: int = 1
    fetch: int = 0
    runs: bool = True
    describes: bool = False
    commits: bool = False
    batch_errors: bool = False
    row_counts: bool = False


# (cursor, SQL, bind types; None: as before) -> types of the binds that bring a value. Those behind
# RETURNING ... INTO only have a type, and only the SQL tells which they are.
BringsValue = Callable[[int, "str | None", "list[BindType] | None"], "list[BindType]"]


class LobRequest(NamedTuple):
    operation: int
    locators: bytes
    offset: int
    amount: int
    kind: int
    data: bytes | None
    sends_amount: bool


@dataclass
class Piggybacks:
    """What rides in front of a function."""

    closed_cursors: list[int] = field(default_factory=list)
    freed_lobs: bytes = b""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What the closing message of a call says."""

    in_transaction: bool
    cursor: int = 0
    code: int = 0
    message: str = ""
    count: int = 0
    batch_errors: tuple[tuple[int, int, str], ...] = ()  # offset, code, message
