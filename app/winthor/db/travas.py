"""Row locks and how long they are waited for (R20).

A transaction waits for locks at most as long as the setting says, in all. While it holds a row of WinThor's, or may
hold one because a statement locks several, it waits shorter than the database takes to look for a deadlock: the gateway
gives way and repeats, so that it is never a session of the ERP that the database chooses to end.

PostgreSQL begins ``lock_timeout`` anew for each row of a statement, and ``statement_timeout`` is that of the statement
as it begins. So the statement before one that locks several rows sets what that one may take as a whole.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from app.winthor.db.faults import LinhaPresa, Ocupado, classify
from app.winthor.db.presas import SONDA_S, Presas

# PostgreSQL looks for a deadlock when somebody has waited 1 s (deadlock_timeout), Oracle after about 3 s.
CEDE_EM_S = {"postgresql": 0.8, "oracle": 2.0}
# An insert waits for another session's uncommitted row with the same key.
POR_UMA_CHAVE_S = 0.2
# A lock that is free is taken also when no time is left to wait for it.
MINIMO_S = 0.01

_INFO = "espera"


class EsperaPorLocks:
    """What is left of the time that a transaction, its repeats included, may wait for locks."""

    def __init__(
        self,
        total_s: float,
        cede_s: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        comando_s: float,
        presas: Presas | None = None,
    ) -> None:
        """``cede_s``: how long it may wait while it holds a row; ``comando_s``: what a statement may take otherwise;
        ``presas``: the rows that are held for long."""
        self.presas = presas
        self.longas: set[Hashable] = set()
        self._clock = clock
        self.cede_s = cede_s
        self.comando_s = comando_s
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
            resta = min(resta, self._retem_desde + self.cede_s - agora)
        elif varias:
            resta = min(resta, self.cede_s)
        return max(resta, MINIMO_S)

    def reter(self, comeco: float) -> None:
        """A statement that began then has locked a row of WinThor's.

        When is not known: early, unless it was waited for longer than the gateway may hold one and wait.
        """
        if self._retem_desde is None:
            agora = self._clock()
            self._retem_desde = comeco if agora - comeco < self.cede_s else agora

    def agora(self) -> float:
        """The clock it goes by."""
        return self._clock()


def esperar_ate(connection: sa.Connection, espera: EsperaPorLocks) -> None:
    """The transaction that begins on the connection waits for locks as long as ``espera`` says."""
    espera.recomecar()
    connection.info[_INFO] = espera


def espera_de(connection: sa.Connection) -> EsperaPorLocks:
    """What ``esperar_ate`` set."""
    espera: EsperaPorLocks = connection.info[_INFO]
    return espera


def lock(
    connection: sa.Connection,
    select: sa.Select[Any],
    valores: Mapping[str, Any],
    *,
    of: str | None = None,
    nossas: bool = False,
    varias: bool = False,
    antes_de_varias: bool = False,
    linhas: Collection[Hashable] = (),
) -> sa.CursorResult[Any]:
    """Lock the rows that ``select`` reads, in its order, and read them. Raises Ocupado when the wait is over, and
    LinhaPresa at once or soon when one of ``linhas``, their names, is held for long.

    ``of``: the column whose table is locked, ``TABLE.COLUMN``. ``nossas``: the rows are the gateway's own, which no
    session of the ERP waits for. ``varias``: more than one row may be locked. ``antes_de_varias``: the next statement
    is such a one.
    """
    espera = espera_de(connection)
    comeco = espera.agora()
    limite = espera.limite(varias=varias and not nossas)
    do_proximo = espera.cede_s if antes_de_varias else espera.comando_s
    with _na_vez(espera, linhas) as teto:
        limite = limite if teto is None else min(limite, teto)
        segundos = 0 if limite <= SONDA_S and teto is not None else max(1, round(limite))
        statement = for_update(select, segundos, of=of, dialect=connection.dialect.name)
        result = connection.execute(statement, {**valores, **_bind(connection, limite, do_proximo)})
    if not nossas:
        espera.reter(comeco)
    return result


# A lock that was not waited for in vain: a deadlock, a conflict of snapshots.
_SEM_ESPERA = {"40P01", "40001", "ORA-00060", "ORA-08177"}


@contextlib.contextmanager
def _na_vez(espera: EsperaPorLocks, linhas: Collection[Hashable]) -> Iterator[float | None]:
    """While rows are waited for; gives how long that may be, None: as long as ``espera`` says."""
    if espera.presas is None or not linhas:
        yield None
        return
    vez = espera.presas.comecar(linhas, espera.longas)
    try:
        yield vez.teto
    except BaseException as error:
        falha = classify(error) if isinstance(error, Exception) else None
        esgotou = isinstance(falha, Ocupado) and str(falha) not in _SEM_ESPERA
        if espera.presas.desistiu(vez, esgotou=esgotou):
            raise LinhaPresa(str(falha)) from error
        raise
    espera.presas.obteve(vez)


@functools.lru_cache(maxsize=256)
def for_update(select: sa.Select[Any], wait_s: int, *, of: str | None, dialect: str) -> sa.Select[Any]:
    """``select`` with its lock clause; SQLite's transaction is itself the lock. ``wait_s`` 0: not waited for.

    The answer for a statement that was built once is built once too.
    """
    if dialect == "postgresql":
        limitado: sa.Select[Any] = limitada(select)
        return limitado.suffix_with(f"FOR UPDATE OF {of.split('.')[0]}" if of else "FOR UPDATE")
    if dialect == "oracle":
        espera = f"WAIT {wait_s}" if wait_s else "NOWAIT"
        return select.suffix_with(f"FOR UPDATE OF {of} {espera}" if of else f"FOR UPDATE {espera}")
    return select


def _config(nome: str, bind: str) -> Any:
    return sa.func.set_config(nome, sa.bindparam(bind, type_=sa.String()), sa.true(), type_=sa.String())


# PostgreSQL takes the limits from settings, and setting them would be a round trip of its own. A subquery that depends
# on no row is evaluated once, before the first row is looked for.
_LIMITES = _config("lock_timeout", "B_ESPERA") + _config("statement_timeout", "B_COMANDO")
# The commit does not wait for the disk. It is there before any later one, whose wait is for both.
_SEM_ESPERAR_O_DISCO = sa.func.set_config(*map(sa.literal_column, ("'synchronous_commit'", "'off'")), sa.true())


def limitada(statement: Any, *, sem_esperar_o_disco: bool = False) -> Any:
    """``statement`` for PostgreSQL, with the limit of its lock waits as bind B_ESPERA, and as B_COMANDO the one of each
    statement after it."""
    ajustes = _LIMITES + _SEM_ESPERAR_O_DISCO if sem_esperar_o_disco else _LIMITES
    return statement.where(sa.select(ajustes).scalar_subquery().is_not(None))


def com_limite(
    connection: sa.Connection,
    update: sa.Update,
    valores: Mapping[str, Any],
    *,
    linhas: Collection[Hashable] = (),
    sem_esperar_o_disco: bool = False,
) -> sa.CursorResult[Any]:
    """Execute a statement that locks the one row it changes, without a SELECT before it. Raises Ocupado, and LinhaPresa
    as ``lock``.

    ``sem_esperar_o_disco``: its commit may be lost with a database that falls, as long as none after it is kept; for
    PostgreSQL. Oracle knows no limit for it but that of the call, which the driver keeps without a round trip.
    """
    espera = espera_de(connection)
    limite = espera.limite(varias=False)
    statement = _limitado(update, connection.dialect.name, sem_esperar_o_disco=sem_esperar_o_disco)
    with _na_vez(espera, linhas) as teto:
        limite = limite if teto is None else min(limite, teto)
        with _chamada_curta(connection, limite):
            return connection.execute(statement, {**valores, **_bind(connection, limite, espera.comando_s)})


@contextlib.contextmanager
def _chamada_curta(connection: sa.Connection, limite_s: float) -> Iterator[None]:
    """Oracle: the call inside takes no longer; those after it, COMMIT among them, as long as before."""
    if connection.dialect.name != "oracle":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    antes, driver.call_timeout = driver.call_timeout, max(1, int(limite_s * 1000))
    try:
        yield
    finally:
        with contextlib.suppress(Exception):  # a session that is gone takes none
            driver.call_timeout = antes


@functools.lru_cache(maxsize=32)
def antes_de_escrever(update: sa.Update, dialect: str) -> sa.Update:
    """``update`` of rows that are locked, after which only a key can be waited for: for PostgreSQL with the short limit
    of such a wait, in its text, since it is the same for each row of an array."""
    if dialect != "postgresql":
        return update
    curto = sa.func.set_config(
        sa.literal_column("'lock_timeout'"), sa.literal_column(f"'{_ms(POR_UMA_CHAVE_S)}'"), sa.true()
    )
    return update.where(sa.select(curto).scalar_subquery().is_not(None))


@functools.lru_cache(maxsize=32)
def _limitado(update: sa.Update, dialect: str, *, sem_esperar_o_disco: bool) -> sa.Update:
    if dialect != "postgresql":
        return update
    limitado: sa.Update = limitada(update, sem_esperar_o_disco=sem_esperar_o_disco)
    return limitado


def _bind(connection: sa.Connection, limite_s: float, do_proximo_s: float) -> dict[str, str]:
    if connection.dialect.name != "postgresql":
        return {}
    return {"B_ESPERA": _ms(limite_s), "B_COMANDO": _ms(do_proximo_s)}


def _ms(segundos: float) -> str:
    return f"{max(1, int(segundos * 1000))}ms"
