"""Master data that may be a little old: each value is kept for a fixed time, then read again.

Stock, the state of orders and the block of a customer are never kept here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from cachetools import TLRUCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MAIOR_CACHE = 10_000


class Cache(Generic[K, V]):
    """Values by key, each at most ``seconds`` old. Absence is remembered too, as None. Safe for threads.

    Of more than ``MAIOR_CACHE`` keys the one longest unused goes first.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # The moment at which it was asked for, and the value: what took long to load is not older for it.
        self._entries: TLRUCache[K, tuple[float, V | None]] = TLRUCache(
            MAIOR_CACHE, lambda _key, entry, _now: entry[0] + seconds, timer=clock
        )

    def get_many(
        self,
        keys: Iterable[K],
        load: Callable[[list[K]], dict[K, V]],
        *,
        usable: Callable[[K, V], bool] | None = None,
    ) -> dict[K, V]:
        """The values of ``keys`` that exist; ``load`` is called once, with the keys not kept, and without the lock.

        With ``usable`` a kept value that is not, and a kept absence, are loaded again.
        """
        now = self._clock()
        entries = self._kept(keys)
        found: dict[K, V] = {}
        missing: list[K] = []
        for key, entry in entries.items():
            value = None if entry is None else entry[1]
            if value is not None and (usable is None or usable(key, value)):
                found[key] = value
            elif entry is None or usable is not None:
                missing.append(key)
        if missing:
            loaded = load(missing)
            with self._lock:
                for key in missing:
                    self._entries[key] = (now, loaded.get(key))
            found.update(loaded)
        return found

    def _kept(self, keys: Iterable[K]) -> dict[K, tuple[float, V | None] | None]:
        """Each key once, in order, with its entry or None. One access each: ``get`` asks the clock twice as often."""
        kept: dict[K, tuple[float, V | None] | None] = {}
        with self._lock:
            for key in keys:
                try:
                    kept[key] = self._entries[key]
                except KeyError:
                    kept[key] = None
        return kept
