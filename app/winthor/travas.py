"""Row locks and how long they are waited for (R20).

A transaction waits for locks at most as long as the setting says, in all. While it holds a row of WinThor's, or may
hold one because a statement locks several, it waits shorter than the database takes to look for a deadlock: the gateway
gives way and repeats, so that it is never a session of the ERP that the database chooses to end.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

# PostgreSQL looks for a deadlock when somebody has waited 1 s (deadlock_timeout), Oracle after about 3 s.
CEDE_EM_S = {"postgresql": 0.8, "oracle": 2.0}
# A lock that is free is taken also when no time is left to wait for it.
MINIMO_S = 0.01

_INFO = "espera"


class Espera:
    """What is left of the time that a transaction, its repeats included, may wait for locks."""

    def __init__(self, total_s: float, cede_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._cede_s = cede_s
        self._fim = clock() + total_s
        self._retem_desde: float | None = None

    def recomecar(self) -> None:
        """The transaction was rolled back and begins again: it holds nothing."""
        self._retem_desde = None

    def limite(self, *, varias: bool) -> float:
        """Seconds that the next lock may be waited for; ``varias``: the statement locks more than one row."""
        agora = self._clock()
        resta = self._fim - agora
        if self._retem_desde is not None:
            resta = min(resta, self._retem_desde + self._cede_s - agora)
        elif varias:
            resta = min(resta, self._cede_s)
        return max(resta, MINIMO_S)

    def reter(self, desde: float) -> None:
        """A row of WinThor's is held since then."""
        if self._retem_desde is None:
            self._retem_desde = desde

    def agora(self) -> float:
        """The clock it goes by."""
        return self._clock()


def esperar_ate(connection: sa.Connection, espera: Espera) -> None:
    """The transaction that begins on the connection waits for locks as long as ``espera`` says."""
    espera.recomecar()
    connection.info[_INFO] = espera


def espera_de(connection: sa.Connection) -> Espera:
    """What ``esperar_ate`` set."""
    espera: Espera = connection.info[_INFO]
    return espera


def lock(
    connection: sa.Connection,
    select: sa.Select[Any],
    valores: Mapping[str, Any],
    *,
    of: str | None = None,
    nossas: bool = False,
    varias: bool = False,
) -> sa.CursorResult[Any]:
    """Lock the rows that ``select`` reads, in its order, and read them. Raises Ocupado when the wait is over.

    ``of``: the column whose table is locked, ``TABLE.COLUMN``. ``nossas``: the rows are the gateway's own, which no
    session of the ERP waits for. ``varias``: more than one row may be locked.
    """
    espera = espera_de(connection)
    comeco = espera.agora()
    limite = espera.limite(varias=varias and not nossas)
    statement = for_update(select, max(1, round(limite)), of=of, dialect=connection.dialect.name)
    result = connection.execute(statement, {**valores, **_bind(connection, limite)})
    if not nossas:
        espera.reter(comeco if varias else espera.agora())
    return result


@functools.lru_cache(maxsize=256)
def for_update(select: sa.Select[Any], wait_s: int, *, of: str | None, dialect: str) -> sa.Select[Any]:
    """``select`` with its lock clause; SQLite's transaction is itself the lock.

    The answer for a statement that was built once is built once too.
    """
    if dialect == "postgresql":
        limitado: sa.Select[Any] = limitada(select)
        return limitado.suffix_with(f"FOR UPDATE OF {of.split('.')[0]}" if of else "FOR UPDATE")
    if dialect == "oracle":
        return select.suffix_with(f"FOR UPDATE OF {of} WAIT {wait_s}" if of else f"FOR UPDATE WAIT {wait_s}")
    return select


# PostgreSQL takes the limit from a setting, and setting it would be a round trip of its own. A subquery that depends on
# no row is evaluated once, before the first row is looked for.
_LIMITE = sa.select(sa.func.set_config("lock_timeout", sa.bindparam("B_ESPERA", type_=sa.String()), sa.true()))


def limitada(statement: Any) -> Any:
    """``statement`` (with a WHERE) for PostgreSQL, with the limit of its lock waits as bind B_ESPERA."""
    return statement.where(_LIMITE.scalar_subquery().is_not(None))


def com_limite(connection: sa.Connection, update: sa.Update, valores: Mapping[str, Any]) -> sa.CursorResult[Any]:
    """Execute a statement that locks the one row it changes, without a SELECT before it. Raises Ocupado.

    Oracle knows no limit for it but that of the call, which the driver keeps without a round trip.
    """
    limite = espera_de(connection).limite(varias=False)
    if connection.dialect.name == "oracle":
        driver: Any = connection.connection.dbapi_connection
        driver.call_timeout = max(1, int(limite * 1000))
    statement = _limitado(update, connection.dialect.name)
    return connection.execute(statement, {**valores, **_bind(connection, limite)})


@functools.lru_cache(maxsize=32)
def _limitado(update: sa.Update, dialect: str) -> sa.Update:
    limitado: sa.Update = limitada(update) if dialect == "postgresql" else update
    return limitado


def _bind(connection: sa.Connection, limite_s: float) -> dict[str, str]:
    return {"B_ESPERA": f"{max(1, int(limite_s * 1000))}ms"} if connection.dialect.name == "postgresql" else {}
