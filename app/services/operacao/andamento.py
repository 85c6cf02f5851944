"""What a long job asks between two records: go on, or leave the rest for the next round."""

from __future__ import annotations

from collections.abc import Callable

# Whether the job may take another record; asked before each.
Seguir = Callable[[], bool]


def sempre() -> bool:
    """For whoever waits for the end: a command, a test."""
    return True
