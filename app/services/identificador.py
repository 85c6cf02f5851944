"""Ids of what the gateway records."""

from __future__ import annotations

import datetime as dt
import itertools
import secrets

_sequencia = itertools.count()


def novo_id(agora: dt.datetime) -> str:
    """An id in the order of time, and of the process within a millisecond: the key of every list's pages."""
    return f"{int(agora.timestamp() * 1000):012x}{next(_sequencia) & 0xFFFFFF:06x}{secrets.token_hex(7)}"
