"""Bounds that the drivers do not have themselves: of every call on PostgreSQL, as Oracle's ``call_timeout``, and of a
login to Oracle. A silent network ends in an error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

# Logins that a silent server may keep at once.
PRESOS = 8


def connect_within(connect: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """``connect``, but TimeoutError after ``seconds``.

    Oracle's thin driver bounds the opening of the socket only: a server that takes the connection and then says nothing
    would hold the caller for good. The attempt itself cannot be ended: its thread is left to it, and what it opens too
    late is closed. No more than PRESOS are left so; further callers wait their time for a place.
    """
    places = threading.BoundedSemaphore(PRESOS)

    def bounded(*args: Any, **kwargs: Any) -> Any:
        if not places.acquire(timeout=seconds):
            raise TimeoutError("entradas demais sem resposta")
        outcome: Future[Any] = Future()
        threading.Thread(target=_attempt, args=(connect, args, kwargs, outcome, places), daemon=True).start()
        try:
            return outcome.result(seconds)
        except TimeoutError:
            if outcome.cancel():
                raise
            return outcome.result()  # it had come to its end just then, or in this very error

    return bounded


def _attempt(
    connect: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    outcome: Future[Any],
    places: threading.BoundedSemaphore,
) -> None:
    try:
        connection = connect(*args, **kwargs)
    except BaseException as error:
        _tell(outcome.set_exception, error)
    else:
        if not _tell(outcome.set_result, connection):
            connection.close()
    finally:
        places.release()


def _tell(tell: Callable[[Any], None], what: Any) -> bool:
    """Whether somebody still waits for it."""
    try:
        tell(what)
    except InvalidStateError:
        return False
    return True


def bounded_connection(seconds: float) -> type[psycopg.Connection[Any]]:
    """A connection class whose calls end within ``seconds``, with OperationalError and the connection closed.
    ``limite_s`` of a connection is how long its calls may take from now on; ``escreveu`` becomes true when a statement
    has written a row, or may have.

    lock_timeout is the server's and TCP acknowledges what a proxy swallows, so neither notices a network that has
    gone silent; it would hold a worker for good. What became of the call is not known (R14).
    """
    import psycopg
    from psycopg.pq import TransactionStatus

    class Noting(psycopg.Cursor[Any]):
        _conn: Bounded

        def execute(self, *args: Any, **kwargs: Any) -> Any:
            result = super().execute(*args, **kwargs)
            if self.rowcount != 0 and not (self.statusmessage or "").startswith(("SELECT", "SET")):
                self._conn.escreveu = True
            return result

        def executemany(self, *args: Any, **kwargs: Any) -> None:
            self._conn.escreveu = True
            super().executemany(*args, **kwargs)

    class Bounded(psycopg.Connection[Any]):
        limite_s = seconds
        escreveu = False

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.cursor_factory = Noting

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, self.limite_s if timeout is None else timeout)
            except psycopg.OperationalError:
                if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                    self.pgconn.finish()
                raise

    return Bounded
