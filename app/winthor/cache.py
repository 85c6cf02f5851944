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

    def get_many(
        self,
        keys: Iterable[K],
        load: Callable[[list[K]], dict[K, V]],
        *,
        usable: Callable[[K, V], bool] | None = None,
    ) -> dict[K, V]:
        """The values of ``keys`` that exist; ``load`` is called once, with the keys not kept.

        With ``usable`` a kept value that is not, and a kept absence, are loaded again.
        """
        now = self._clock()
        found: dict[K, V] = {}
        missing: list[K] = []
        for key in dict.fromkeys(keys):
            since, value = self._entries.get(key, (float("-inf"), None))
            fresh = now - since < self._seconds
            if fresh and value is not None and (usable is None or usable(key, value)):
                found[key] = value
            elif not fresh or usable is not None:
                missing.append(key)
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
