"""A bound on statements per second, for long work beside a shop that sells."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import event

from app.winthor.db.transaction import Database


@contextlib.contextmanager
def ritmo(
    db: Database,
    por_segundo: float,
    *,
    agora: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """While it is open, at most so many statements a second leave through this database's engine; the rest wait."""
    passo, lock = 1.0 / por_segundo, threading.Lock()
    proximo = agora()

    def esperar(*_: Any) -> None:
        nonlocal proximo
        with lock:
            agora_s = agora()
            espera = max(proximo - agora_s, 0.0)
            proximo = max(proximo, agora_s) + passo
        if espera:
            sleep(espera)

    event.listen(db.engine, "before_cursor_execute", esperar)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", esperar)
