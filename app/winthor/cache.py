"""Master data that may be a little old: each value is kept for a fixed time, then read again.

Stock, the state of orders and the block of a customer are never kept here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MAIOR_CACHE = 10_000


class Cache(Generic[K, V]):
    """Values by key, each at most ``seconds`` old. Absence is remembered too, as None."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._entries: dict[K, tuple[float, V | None]] = {}

    def get_many(self, keys: Iterable[K], load: Callable[[list[K]], dict[K, V]]) -> dict[K, V]:
        """The values of ``keys`` that exist; ``load`` is called once, with the keys not kept."""
        now = self._clock()
        found: dict[K, V] = {}
        missing: list[K] = []
        for key in dict.fromkeys(keys):
            entry = self._entries.get(key)
            if entry is None or now - entry[0] >= self._seconds:
                missing.append(key)
            elif entry[1] is not None:
                found[key] = entry[1]
        if missing:
            loaded = load(missing)
            if len(self._entries) + len(missing) > MAIOR_CACHE:
                self._entries.clear()
            for key in missing:
                self._entries[key] = (now, loaded.get(key))
            found.update(loaded)
        return found

    def clear(self) -> None:
        self._entries.clear()
