"""TNS packets and the primitive values inside them.

Facts relied on: a packet starts with an 8-byte header (length, type at offset 4, flags at 5). The length
has two bytes until the ACCEPT of a protocol version of 315 or more, four afterwards. DATA packets carry two
more bytes of flags; 0x0040 says that the client is leaving. "Universal" integers are one length byte (high
bit: negative) and that many big-endian bytes. A string of up to 252 bytes has one length byte; a longer one
is 0xFE, chunks with a universal length each, and an empty chunk. Length 0 or 255 is NULL.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable
from typing import NamedTuple

CONNECT, ACCEPT, REFUSE, DATA, MARKER = 1, 2, 4, 6, 12
MARKER_BREAK, MARKER_RESET = 1, 2

PROTOCOL_VERSION = 318
SESSION_DATA_UNIT = 8192
DATA_FLAG_END_OF_FILE = 0x0040

_HEADER = 8
_DATA_HEADER = 10
_NATIVE_ENCRYPTION_DISABLED = 0x04
_SHORT_LENGTH = 252
_CHUNKED = 0xFE
_NULL = 0xFF
_CHUNK = 32767


class ProtocolError(Exception):
    """The client sent something this server does not understand."""


class Packet(NamedTuple):
    kind: int
    body: bytes


class PacketSocket:
    """Sends and receives whole packets; the caller serialises its sends."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._large = False

    def receive(self) -> Packet | None:
        """Next packet, or None when the peer has gone."""
        header = self._exactly(_HEADER)
        if header is None:
            return None
        size = struct.unpack(">I" if self._large else ">H", header[: 4 if self._large else 2])[0]
        body = self._exactly(size - _HEADER) if size > _HEADER else b""
        return None if body is None else Packet(header[4], body)

    def send(self, kind: int, body: bytes) -> None:
        size = len(body) + _HEADER
        length = struct.pack(">I", size) if self._large else struct.pack(">HH", size, 0)
        self._socket.sendall(length + bytes([kind, 0, 0, 0]) + body)

    def send_data(self, payload: bytes) -> None:
        room = SESSION_DATA_UNIT - _DATA_HEADER
        for start in range(0, max(len(payload), 1), room):
            self.send(DATA, b"\0\0" + payload[start : start + room])

    def send_marker(self, kind: int) -> None:
        self.send(MARKER, bytes([1, 0, kind]))

    def accept(self) -> None:
        """Answer CONNECT; from here on lengths have four bytes."""
        body = struct.pack(
            ">HHHHHHHB", PROTOCOL_VERSION, 0, SESSION_DATA_UNIT, 65535, 1, 0, 45, _NATIVE_ENCRYPTION_DISABLED
        )
        body += bytes(9) + struct.pack(">I", SESSION_DATA_UNIT) + bytes(5) + struct.pack(">I", 0)
        self.send(ACCEPT, body)
        self._large = True

    def refuse(self, code: int) -> None:
        stack = f"(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4)))"
        text = f"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR={code}){stack})".encode()
        self.send(REFUSE, struct.pack(">HH", 0x2200, len(text)) + text)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _exactly(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            try:
                piece = self._socket.recv(size - len(data))
            except OSError:
                return None
            if not piece:
                return None
            data += piece
        return bytes(data)


def connect_data(packet: Packet, receive: Callable[[], Packet | None]) -> str:
    """The connect descriptor of a CONNECT packet; a long one follows in a DATA packet of its own."""
    size, offset = struct.unpack_from(">HH", packet.body, 16)
    text = packet.body[offset - _HEADER : offset - _HEADER + size]
    while len(text) < size:
        more = receive()
        if more is None:
            raise ProtocolError("connection closed inside the connect descriptor")
        text += more.body[2:]
    return text.decode()


class Reader:
    """Reads one request; it does not tell its length, so more packets are asked for as they are needed."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._data = b""
        self._position = 0

    def at_end(self) -> bool:
        return self._position >= len(self._data)

    def raw(self, size: int) -> bytes:
        while self._position + size > len(self._data):
            self._data = self._data[self._position :] + self._more()
            self._position = 0
        start = self._position
        self._position += size
        return self._data[start : self._position]

    def skip(self, size: int) -> None:
        self.raw(size)

    def byte(self) -> int:
        return self.raw(1)[0]

    def uint16(self) -> int:
        return int.from_bytes(self.raw(2), "big")

    def integer(self) -> int:
        """A universal integer (ub2, ub4, ub8, sb4 ...)."""
        size = self.byte()
        value = int.from_bytes(self.raw(size & 0x7F), "big")
        return -value if size & 0x80 else value

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def octets(self) -> bytes | None:
        """A string with its length; None for NULL."""
        size = self.byte()
        if size in (0, _NULL):
            return None
        if size != _CHUNKED:
            return self.raw(size)
        data = bytearray()
        while chunk := self.integer():
            data += self.raw(chunk)
        return bytes(data)

    def octets_of(self, size: int) -> bytes | None:
        """A string whose size was announced before; of size 0: nothing is read."""
        data = self.octets() if size else None
        if len(data or b"") != size:
            raise ProtocolError(f"{len(data or b'')} bytes where {size} were announced")
        return data

    def sized_octets(self) -> bytes | None:
        """A string behind an integer that already tells how long it is."""
        return self.octets_of(self.integer())

    def until_zero(self) -> bytes:
        data = bytearray()
        while byte := self.byte():
            data.append(byte)
        return bytes(data)


class Writer:
    """Builds one response."""

    def __init__(self) -> None:
        self._data = bytearray()

    def __bytes__(self) -> bytes:
        return bytes(self._data)

    def raw(self, data: bytes) -> Writer:
        self._data += data
        return self

    def bytes_(self, *values: int) -> Writer:
        self._data += bytes(values)
        return self

    def integer(self, value: int) -> Writer:
        magnitude = abs(value)
        size = next(width for width in (0, 1, 2, 4, 8) if magnitude < 1 << (8 * width))
        self._data.append(size | (0x80 if value < 0 else 0))
        self._data += magnitude.to_bytes(size, "big")
        return self

    def integers(self, *values: int) -> Writer:
        for value in values:
            self.integer(value)
        return self

    def octets(self, data: bytes | None) -> Writer:
        if not data:
            self._data.append(0)
        elif len(data) <= _SHORT_LENGTH:
            self._data.append(len(data))
            self._data += data
        else:
            self._data.append(_CHUNKED)
            for start in range(0, len(data), _CHUNK):
                chunk = data[start : start + _CHUNK]
                self.integer(len(chunk)).raw(chunk)
            self._data.append(0)
        return self

    def sized_octets(self, data: bytes | None) -> Writer:
        if not data:
            return self.integer(0)
        return self.integer(len(data)).octets(data)

    def text(self, value: str) -> Writer:
        return self.sized_octets(value.encode())
