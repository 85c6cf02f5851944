"""PostgreSQL's driver with a bound on every call, as Oracle's ``call_timeout``: a silent network ends in an error."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus


def bounded_connection(seconds: float) -> type[psycopg.Connection[Any]]:
    """A connection class whose calls end within ``seconds``, with OperationalError and the connection closed.
    ``limite_s`` of a connection is how long its calls may take from now on.

    lock_timeout is the server's and TCP acknowledges what a proxy swallows, so neither notices a network that has
    gone silent; it would hold a worker for good. What became of the call is not known (R14).
    """

    class Bounded(psycopg.Connection[Any]):
        limite_s = seconds

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, self.limite_s if timeout is None else timeout)
            except psycopg.OperationalError:
                if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                    self.pgconn.finish()
                raise

    return Bounded
