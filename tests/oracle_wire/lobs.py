"""The LOBs of a session.

Facts relied on: a locator has 40 bytes here; byte 6 says that a CLOB travels as UTF-16 (as with AL32UTF8
databases), byte 7 that it is temporary and will be freed by the client. Offsets start at 1; offsets,
amounts and lengths count UTF-16 units of a CLOB and bytes of a BLOB.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle_wire import ttc_answers
from tests.oracle_wire.columns import CLOB
from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.packets import ProtocolError
from tests.oracle_wire.ttc import LobOperation, LobRequest

LOCATOR_SIZE, CHUNK_SIZE = 40, 8060
_UTF16, _TEMPORARY = 0x80, 0x01
_KEPT = 10_000


@dataclass
class Lob:
    data: bytes
    unit: int  # 2: text in UTF-16, 1: bytes
    temporary: bool

    @property
    def length(self) -> int:
        return len(self.data) // self.unit

    def read(self, offset: int, amount: int) -> bytes:
        start = (offset - 1) * self.unit
        return self.data[start : start + amount * self.unit]

    def write(self, offset: int, data: bytes) -> None:
        if not self.temporary:
            raise OracleError(22920)
        start = (offset - 1) * self.unit
        padded = self.data.ljust(start, b"\0")
        self.data = padded[:start] + data + padded[start + len(data) :]

    def trim(self, length: int) -> None:
        self.data = self.data[: length * self.unit]


class Lobs:
    def __init__(self) -> None:
        self._lobs: dict[bytes, Lob] = {}
        self._created = 0

    def of_text(self, text: str) -> tuple[bytes, Lob]:
        return self._add(Lob(text.encode("utf-16-be"), 2, False))

    def of_bytes(self, data: bytes) -> tuple[bytes, Lob]:
        return self._add(Lob(data, 1, False))

    def temporary(self, *, is_text: bool) -> bytes:
        """A new empty LOB of the client; its locator."""
        return self._add(Lob(b"", 2 if is_text else 1, True))[0]

    def find(self, locator: bytes) -> Lob:
        try:
            return self._lobs[locator]
        except KeyError:
            raise OracleError(22275) from None

    def free(self, locators: bytes) -> None:
        for start in range(0, len(locators), LOCATOR_SIZE):
            self._lobs.pop(locators[start : start + LOCATOR_SIZE], None)

    def answer(self, request: LobRequest) -> bytes:
        """Do what the client asks of a LOB; the answer without its closing message."""
        operation, locator, data, amount = request.operation, request.locators, None, request.amount
        if operation == LobOperation.CREATE:
            locator = self.temporary(is_text=request.kind == CLOB)
        elif operation == LobOperation.FREE:
            self.free(locator)
        elif operation not in (LobOperation.OPEN, LobOperation.CLOSE, LobOperation.IS_OPEN):
            data, amount = _worked_on(self.find(locator), request)
        return ttc_answers.lob_answer(
            locator,
            data,
            amount if request.sends_amount else None,
            creates=operation == LobOperation.CREATE,
            is_open=False if operation == LobOperation.IS_OPEN else None,
        )

    def _add(self, lob: Lob) -> tuple[bytes, Lob]:
        self._created += 1
        flags = bytes((0, _UTF16 if lob.unit == 2 else 0, _TEMPORARY if lob.temporary else 0))
        locator = (bytes((0, 38, 0, 4, 0)) + flags).ljust(LOCATOR_SIZE - 8, b"\0") + self._created.to_bytes(8, "big")
        self._lobs[locator] = lob
        if len(self._lobs) > _KEPT:
            self._lobs.pop(next(iter(self._lobs)))
        return locator, lob


def _worked_on(lob: Lob, request: LobRequest) -> tuple[bytes | None, int]:
    """What was read of the LOB, and the amount to answer."""
    operation, data, amount = request.operation, None, request.amount
    if operation == LobOperation.READ:
        data = lob.read(request.offset, amount)
        amount = len(data) // lob.unit
    elif operation == LobOperation.WRITE:
        lob.write(request.offset, request.data or b"")
    elif operation == LobOperation.TRIM:
        lob.trim(amount)
    elif operation == LobOperation.LENGTH:
        amount = lob.length
    elif operation == LobOperation.CHUNK_SIZE:
        amount = CHUNK_SIZE
    else:
        raise ProtocolError(f"LOB operation {operation}")
    return data, amount
