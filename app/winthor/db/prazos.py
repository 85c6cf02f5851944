"""How long one call to the database may take, by what it is for.

A sale holds rows that others wait for, so its calls are short. A report holds none; a person waits for it. A job may
take minutes, the dictionary of a big site many seconds, and an index on millions of rows an hour.
"""

from __future__ import annotations

import contextlib
import enum
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.winthor.db.faults import Falha, Indisponivel, Ocupado

logger = logging.getLogger("prevenda")

# The call ends so much later than the statement, which the database ends by itself: then the network counts as gone.
ALEM_DO_COMANDO_S = 1.0
# A statement may take so much longer than the wait for a lock, which is to be told as such.
ALEM_DO_LOCK_S = 1.0
# A call of a request.
REQUISICAO_S = 5.0

# The database, or the driver, has ended a statement for its length.
_CORTADOS = frozenset({"57014", "DPY-4024"})


class Finalidade(enum.Enum):
    """What a reading is for; the value is its setting's, ``PREVENDA_LIMITE_…_S``."""

    REQUISICAO = "REQUISICAO"
    RELATORIO = "RELATORIO"
    TAREFA = "TAREFA"
    CATALOGO = "CATALOGO"


@dataclass(frozen=True, slots=True)
class Prazos:
    """Seconds that one call may take. A transaction that writes has those of a request, whoever asks for it: what it
    has locked others wait for."""

    requisicao_s: float = REQUISICAO_S
    relatorio_s: float = 20.0
    tarefa_s: float = 600.0
    catalogo_s: float = 30.0

    def de(self, finalidade: Finalidade) -> float:
        """The seconds of a purpose."""
        return {
            Finalidade.REQUISICAO: self.requisicao_s,
            Finalidade.RELATORIO: self.relatorio_s,
            Finalidade.TAREFA: self.tarefa_s,
            Finalidade.CATALOGO: self.catalogo_s,
        }[finalidade]


FINALIDADE: ContextVar[Finalidade] = ContextVar("finalidade", default=Finalidade.REQUISICAO)


@contextlib.contextmanager
def para(finalidade: Finalidade) -> Iterator[None]:
    """What is read inside is read for this."""
    token = FINALIDADE.set(finalidade)
    try:
        yield
    finally:
        FINALIDADE.reset(token)


def da_chamada(limite_s: float, espera_s: float) -> float:
    """The limit of a call where ``espera_s`` seconds may be waited for a lock: never so short that a wait is taken for
    a network that is gone."""
    return max(limite_s, espera_s + ALEM_DO_LOCK_S + ALEM_DO_COMANDO_S)


def do_comando(chamada_s: float) -> float:
    """After how many seconds the database itself ends a statement."""
    return chamada_s - ALEM_DO_COMANDO_S


@contextlib.contextmanager
def limitada(connection: sa.Connection, segundos: float) -> Iterator[None]:
    """While it is open, calls on the connection may take so long. Oracle's driver is told; PostgreSQL is, in a round
    trip before and one after; SQLite knows no limit. Raises Indisponivel where the connection is dead.

    PostgreSQL also plans each statement for what it asks: the plan kept for a prepared one is made for the average
    product, and a report is often about the one that everybody buys.
    """
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "oracle":
        driver.call_timeout = int(segundos * 1000)  # the next checkout sets it anew
        yield
    elif connection.dialect.name == "postgresql":
        antes, driver.limite_s = driver.limite_s, segundos
        prepara, driver.prepare_threshold = driver.prepare_threshold, None
        try:
            driver.execute(f"SET statement_timeout = {int(do_comando(segundos) * 1000)}")
        except Exception as error:
            connection.invalidate(error)
            raise Indisponivel(type(error).__name__) from error
        try:
            yield
        finally:
            driver.limite_s, driver.prepare_threshold = antes, prepara
            with contextlib.suppress(Exception):  # a transaction that failed takes the setting with it as it ends
                driver.execute("RESET statement_timeout")
    else:
        yield


def cortada(falha: Falha) -> bool:
    """Whether a statement was ended for its length, not for a lock that it waited for."""
    return str(falha) in _CORTADOS


@contextlib.contextmanager
def contar_cortes(finalidade: Finalidade, segundos: float) -> Iterator[None]:
    """A reading that was ended for its length is told in the log, by the setting that did it."""
    try:
        yield
    except Ocupado as falha:
        if cortada(falha):
            logger.warning(
                "uma leitura passou de PREVENDA_LIMITE_%s_S (%.0f s); confira os índices com prevenda doctor",
                finalidade.value,
                segundos,
            )
        raise
