"""What a statement locks, read from its text; and a recorder of what a gateway locks and updates, by transaction."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.tables import winthor
from tests.support.gateway import Casa

DO_WINTHOR = frozenset(map(str, winthor.tables))
DO_GATEWAY = frozenset(map(str, gateway.tables))

_TRAVA = re.compile(r"\bFOR UPDATE\b(?:\s+OF\s+(\w+(?:\s*,\s*\w+)*))?", re.I)
_DE = re.compile(r"\b(?:FROM|JOIN)\s+(\w+(?:\s*,\s*\w+)*)", re.I)
_ESCRITA = re.compile(r"^\s*UPDATE\s+(\w+)\b", re.I)


def travadas(statement: str) -> frozenset[str]:
    """The tables whose rows a SELECT … FOR UPDATE locks; none for any other statement."""
    travas = _TRAVA.findall(statement)
    if not travas:
        return frozenset()
    citadas = ",".join(of for of in travas if of) or ",".join(_DE.findall(statement))
    return frozenset(re.findall(r"\w+", citadas.upper())) & (DO_WINTHOR | DO_GATEWAY)


def alterada(statement: str) -> str | None:
    """The table of an UPDATE."""
    achada = _ESCRITA.match(statement)
    return achada[1].upper() if achada else None


@dataclass(frozen=True)
class Trava:
    """A statement that locks: ``limite_ms`` is how long it may wait for each row; ``comando``: SELECT or UPDATE."""

    tabelas: frozenset[str]
    comando: str
    texto: str
    limite_ms: int


@dataclass
class Transacao:
    """What one transaction locked, in its order, and which rows it updated that it had not locked."""

    travas: list[Trava] = field(default_factory=list)
    soltas: list[str] = field(default_factory=list)

    @property
    def tabelas(self) -> set[str]:
        return {tabela for trava in self.travas for tabela in trava.tabelas}


@contextlib.contextmanager
def gravar_travas(casa: Casa) -> Iterator[list[Transacao]]:
    """The transactions of the gateway meanwhile, those that locked nothing left out. PostgreSQL only: whether the rows
    of an UPDATE are locked is asked of the database, from another session."""
    feitas: list[Transacao] = []
    abertas: dict[int, Transacao] = {}

    def esta(connection: sa.Connection) -> Transacao:
        return abertas.setdefault(id(connection), Transacao())

    def antes(connection: sa.Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _m: Any) -> None:
        tabela = alterada(statement)
        if tabela in DO_WINTHOR and (livres := _livres(casa.engine, statement, parameters)):
            esta(connection).soltas.append(f"{tabela}: {livres} linhas alteradas sem lock")

    def depois(connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        tabela, transacao = alterada(statement), esta(connection)
        tabelas = travadas(statement) | ({tabela} if tabela and tabela not in transacao.tabelas else set())
        if tabelas:
            comando = "UPDATE" if tabela else "SELECT"
            transacao.travas.append(Trava(tabelas, comando, statement, _limite_ms(cursor.connection)))

    def fim(connection: sa.Connection) -> None:
        transacao = abertas.pop(id(connection), None)
        if transacao is not None and transacao.travas:
            feitas.append(transacao)

    ouvintes = {"before_cursor_execute": antes, "after_cursor_execute": depois, "commit": fim, "rollback": fim}
    for nome, ouvinte in ouvintes.items():
        event.listen(casa.gw.db.engine, nome, ouvinte)
    try:
        yield feitas
    finally:
        for nome, ouvinte in ouvintes.items():
            event.remove(casa.gw.db.engine, nome, ouvinte)


def _livres(engine: sa.Engine, statement: str, parameters: Any) -> int:
    """How many rows that the UPDATE is about to hit another session could lock."""
    tabela = alterada(statement)
    sem_retorno = re.split(r"\bRETURNING\b", statement, flags=re.I)[0]
    _, _, onde = re.sub(r"\bWHERE\b", "WHERE", sem_retorno, flags=re.I).partition("WHERE")
    select = f"SELECT 1 FROM {tabela} WHERE {onde or 'true'} FOR UPDATE SKIP LOCKED"  # noqa: S608 - the gateway's own
    conjuntos = parameters if isinstance(parameters, (list, tuple)) else [parameters]
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        return sum(len(cursor.execute(select, conjunto).fetchall()) for conjunto in conjuntos)  # type: ignore[func-returns-value]
    finally:
        connection.rollback()
        connection.close()


def _limite_ms(driver: Any) -> int:
    with driver.cursor() as cursor:
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'")
        return int(cursor.fetchone()[0])
