"""Engine and transactions. The one place that opens, commits, rolls back and repeats them."""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa

from app.winthor.db.faults import DesfechoDesconhecido, Falha, Indisponivel, RegraDaCasa, classify
from app.winthor.db.prazos import FINALIDADE, Finalidade, Prazos, contar_cortes, da_chamada, do_comando, limitada
from app.winthor.db.presas import Presas
from app.winthor.db.travas import CEDE_EM_S, EsperaPorLocks, esperar_ate

T = TypeVar("T")
Connection = sa.Connection

TENTATIVAS = 4
JANELA_DE_REPETICAO_S = 3.0


def repetir(attempt: Callable[[], T], *, until: float | None = None, sleep: Callable[[float], None] = time.sleep) -> T:
    """Run ``attempt``, and again while its fault allows (R20): up to 3 times with jitter within 3 s, and not past the
    monotonic instant ``until``. Raises the last Falha, or what else it raises."""
    limit = min(until or float("inf"), time.monotonic() + JANELA_DE_REPETICAO_S)
    for number in itertools.count(1):
        try:
            return attempt()
        except Falha as fault:
            pause = random.uniform(0.01, 0.05) * 2**number  # noqa: S311 - jitter, not a secret
            if not fault.repetir or number >= TENTATIVAS or time.monotonic() + pause > limit:
                raise
            sleep(pause)
    raise AssertionError("the loop returns or raises")


PRAZOS = Prazos()


class Database:
    """The gateway's door to the database.

    ``sem_numeros``: no number may be drawn through it.
    """

    sem_numeros = False

    def __init__(
        self,
        engine: sa.Engine,
        *,
        espera_s: float = 3.0,
        prazos: Prazos = PRAZOS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``espera_s``: how long a transaction may wait for locks, in all; ``prazos``: how long a call may take."""
        self.engine = engine
        self.espera_s = espera_s
        self.prazos = prazos
        pool: Any = engine.pool
        self.presas = Presas(max(1, pool.size() // 4) if isinstance(pool, sa.pool.QueuePool) else 1)
        self._sleep = sleep

    @contextlib.contextmanager
    def read(self, *, in_batches: bool = False) -> Iterator[sa.Connection]:
        """A connection for reading; whatever happens, nothing is written. Raises Falha.

        ``in_batches``: for a result too long to be held at once; PostgreSQL's cursor for it needs a transaction. How
        long a call may take depends on what is read for (``prazos.para``).

        Else a reader needs none there: each statement sees what is committed as it would inside one, and BEGIN and
        ROLLBACK cost a round trip each. SQLite reads inside one, so as not to see half of another's work between two
        statements. Oracle has no BEGIN.
        """
        with self._na_medida() as medir, faults(), self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.execution_options(reading=True)
            elif not in_batches:
                _confirmar_cada_um(connection)
            with medir(connection):
                yield connection

    def limite_de(self, finalidade: Finalidade) -> float:
        """Seconds that a call for this purpose may take."""
        return da_chamada(self.prazos.de(finalidade), self.espera_s)

    @contextlib.contextmanager
    def _na_medida(self) -> Iterator[Callable[[sa.Connection], contextlib.AbstractContextManager[None]]]:
        """What sets the limit of a reading on its connection; the requests' own is set already."""
        finalidade = FINALIDADE.get()
        if finalidade is Finalidade.REQUISICAO:
            yield lambda _: contextlib.nullcontext()
            return
        segundos = self.limite_de(finalidade)
        with contar_cortes(finalidade, segundos):
            yield lambda connection: limitada(connection, segundos)

    @contextlib.contextmanager
    def transaction(self, espera: EsperaPorLocks | None = None) -> Iterator[sa.Connection]:
        """A transaction: committed at the end of the block, rolled back on any exception; on PostgreSQL one that has
        written nothing when its work says no ends by COMMIT too, since psycopg forgets all prepared statements at a
        ROLLBACK.

        ``espera``: how long it may wait for locks, by default what the setting says. Raises Falha;
        DesfechoDesconhecido when the connection died while COMMIT was under way (R14).
        """
        with faults(), self.engine.connect() as connection:
            transaction = connection.begin()
            esperar_ate(connection, espera or self.espera())
            _nada_escrito(connection)
            try:
                yield connection
            except BaseException as error:
                with contextlib.suppress(Exception):  # a dead connection has rolled back by itself
                    if _do_banco(error) or _escreveu(connection):
                        transaction.rollback()
                    else:
                        transaction.commit()
                raise
            try:
                transaction.commit()
            except Exception as error:
                # The session may be alive with the rows locked: it ends here, so that the truth can be found (R14) and
                # nobody commits them with the next request.
                with contextlib.suppress(Exception):
                    connection.invalidate()
                regra = classify(error)  # one that waits for COMMIT says no, and the outcome is known
                raise (regra if isinstance(regra, RegraDaCasa) else DesfechoDesconhecido("commit")) from error

    @contextlib.contextmanager
    def ensaio_curto(self, espera_s: float, *, confirmar: bool) -> Iterator[sa.Connection]:
        """A transaction that waits ``espera_s`` for locks at the most, undone unless ``confirmar``. Raises Falha."""
        with faults(), self.engine.connect() as connection, connection.begin() as transaction:
            esperar_ate(connection, self.espera(max(0.0, self.espera_s - espera_s)))
            yield connection
            if not confirmar:
                transaction.rollback()

    @contextlib.contextmanager
    def autocommit(self, espera: EsperaPorLocks | None = None) -> Iterator[sa.Connection]:
        """A connection for one statement that commits itself, in the same round trip. Raises Falha."""
        if self.engine.dialect.name == "sqlite":
            with self.transaction(espera) as connection:
                yield connection
            return
        with faults(), self.engine.connect() as connection, _que_se_confirma(connection) as sozinha:
            esperar_ate(sozinha, espera or self.espera())
            yield sozinha

    def espera(self, usados_s: float = 0.0) -> EsperaPorLocks:
        """The time for locks of one operation, of which ``usados_s`` seconds are gone."""
        return EsperaPorLocks(
            self.espera_s - usados_s,
            CEDE_EM_S.get(self.engine.dialect.name, self.espera_s),
            comando_s=do_comando(self.limite_de(Finalidade.REQUISICAO)),
            presas=self.presas,
        )

    def espera_de_leitura(self) -> EsperaPorLocks:
        """The time for the one lock that a reading may wait for: what a caller waits for a lock, a job as long as it
        may take; and the limit of what it reads then."""
        finalidade = FINALIDADE.get()
        comando_s = do_comando(self.limite_de(finalidade))
        total_s = comando_s if finalidade is Finalidade.TAREFA else self.espera_s
        return EsperaPorLocks(total_s, total_s, comando_s=comando_s)

    def run(
        self,
        work: Callable[[sa.Connection], T],
        *,
        until: float | None = None,
        espera: EsperaPorLocks | None = None,
        sozinho: bool = False,
    ) -> T:
        """Run ``work`` in a transaction and repeat it whole while the fault allows (R20): lock waits, deadlocks,
        a connection that died before COMMIT.

        ``until`` is a monotonic instant; ``espera`` bounds the lock waits of all repeats together; ``sozinho``: the
        work is one statement that commits itself. Raises the last Falha, or what ``work`` raises.
        """
        espera = espera or self.espera()

        def attempt() -> T:
            with (self.autocommit if sozinho else self.transaction)(espera) as connection:
                return work(connection)

        return repetir(attempt, until=until, sleep=self._sleep)

    def ocupacao(self) -> tuple[int, int]:
        """Connections of this process in use now, and how many it may keep."""
        pool: Any = self.engine.pool
        return (pool.checkedout(), pool.size()) if isinstance(pool, sa.pool.QueuePool) else (0, 0)

    def reachable(self) -> bool:
        """Whether a query is answered now."""
        try:
            with self.read() as connection:
                connection.execute(sa.select(sa.literal(1)))
        except Falha:
            return False
        return True


class Ensaio(Database):
    """A rehearsal: everything runs in one transaction that is rolled back in the end, so nothing is ever written.

    Use as a context manager; ``run``, ``transaction`` and ``read`` all share its connection. Nothing is repeated inside
    it: a fault leaves the transaction unusable, and whoever rehearses begins again. Raises Falha.
    """

    def __init__(self, db: Database, *, sem_numeros: bool = False) -> None:
        super().__init__(db.engine, espera_s=db.espera_s, prazos=db.prazos, sleep=db._sleep)
        self.presas = db.presas
        self.sem_numeros = sem_numeros
        self._espera = db.espera()
        self._stack = contextlib.ExitStack()
        self._shared: sa.Connection | None = None

    def __enter__(self) -> Ensaio:
        with faults():
            self._shared = self._stack.enter_context(self.engine.connect())
            transaction = self._shared.begin()
        self._stack.callback(_desfazer, transaction)
        return self

    def __exit__(self, *details: Any) -> None:
        self._stack.close()

    def run(
        self,
        work: Callable[[sa.Connection], T],
        *,
        until: float | None = None,
        espera: EsperaPorLocks | None = None,
        sozinho: bool = False,
    ) -> T:
        """Run ``work`` once in the shared transaction."""
        with self.transaction() as connection:
            return work(connection)

    @contextlib.contextmanager
    def transaction(self, espera: EsperaPorLocks | None = None) -> Iterator[sa.Connection]:
        """The shared connection; nothing is committed."""
        if self._shared is None:
            raise RuntimeError("ensaio não iniciado")
        with faults():
            esperar_ate(self._shared, self._espera)
            yield self._shared

    @contextlib.contextmanager
    def read(self, *, in_batches: bool = False) -> Iterator[sa.Connection]:
        """The shared connection, which is in a transaction."""
        with self.transaction() as connection:
            yield connection


def _confirmar_cada_um(connection: sa.Connection) -> None:
    """PostgreSQL: each statement commits itself, without BEGIN, until the connection is back in its pool. The driver is
    told so, without SQLAlchemy, which would set the session's isolation each time, and back afterwards."""
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = True


@contextlib.contextmanager
def _que_se_confirma(connection: sa.Connection) -> Iterator[sa.Connection]:
    """The connection whose statements commit themselves, on PostgreSQL and Oracle."""
    driver: Any = connection.connection.dbapi_connection
    driver.autocommit = True
    try:
        yield connection
    finally:
        with contextlib.suppress(Exception):  # a session that is gone
            driver.autocommit = False


def _nada_escrito(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.dbapi_connection
        driver.escreveu = False


def _escreveu(connection: sa.Connection) -> bool:
    """Whether the transaction has written a row, or may have; where a ROLLBACK costs nothing more that is not asked."""
    return connection.dialect.name != "postgresql" or bool(connection.connection.dbapi_connection.escreveu)  # type: ignore[union-attr]


def _do_banco(error: BaseException) -> bool:
    """Whether the database may not be in order, or is not to be asked anything more."""
    return isinstance(error, sa.exc.SQLAlchemyError | OSError | Falha) or not isinstance(error, Exception)


def _desfazer(transaction: sa.RootTransaction) -> None:
    with contextlib.suppress(Exception):  # a dead connection has rolled back by itself
        transaction.rollback()


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """What the driver raises inside comes out as Falha."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, OSError) as error:
        fault = classify(error) if not isinstance(error, OSError) else Indisponivel(type(error).__name__)
        raise fault from error
