"""Ids of a request, X-Request-ID and W3C trace context: the caller's where they are what they should be."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

REQUEST_ID = "X-Request-ID"
TRACEPARENT = "traceparent"

# Long, with letters and digits: a UUID, a ULID, a hash; never a CPF, a telephone number or a name.
_ID = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9_-]{16,64}")
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")


@dataclass(frozen=True, slots=True)
class IdentidadeDaChamada:
    """``trace``: the whole exchange, of which this request is the span ``span``."""

    request_id: str
    trace: str
    span: str
    flags: str

    def cabecalhos(self) -> dict[str, str]:
        """What the answer carries."""
        return {REQUEST_ID: self.request_id, TRACEPARENT: f"00-{self.trace}-{self.span}-{self.flags}"}


def identificar(request_id: str, traceparent: str) -> IdentidadeDaChamada:
    """The caller's ids, or new ones; a header that is malformed counts as absent."""
    achado = _TRACEPARENT.fullmatch(traceparent)
    trace, flags = achado.groups() if achado else (secrets.token_hex(16), "00")
    return IdentidadeDaChamada(request_id if _ID.fullmatch(request_id) else trace, trace, secrets.token_hex(8), flags)
