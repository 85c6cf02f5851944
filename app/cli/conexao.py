"""The gateway or its database, by the settings of the environment."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app import build_gateway, prazos_de
from app.cli.saida import fail
from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway
from app.settings import Settings, from_env
from app.winthor.db.engine import create_engine
from app.winthor.db.prazos import Finalidade, para
from app.winthor.db.transaction import Database, Ensaio


def existing_database(settings: Settings) -> Settings:
    """The same settings. Raises Recusado where they name an SQLite file that is not there: SQLite would make an empty
    one, or say nothing of the folder."""
    prefix, _, name = settings.database_url.partition(":///")
    file = Path(name.partition("?")[0])
    if prefix == "sqlite" and name and not name.startswith((":memory:", "file:", "?")) and not file.exists():
        where = "" if file.is_absolute() else f" em {Path.cwd()}"
        way = "rode na pasta do projeto, crie o banco (prevenda demo) ou defina PREVENDA_DATABASE_URL"
        fail([f"O banco de dados não respondeu: {file} não existe{where}; {way}."], 1)
    return settings


def who(*scopes: str) -> Caller:
    """The person at the terminal, who may act in all branches."""
    return Caller(f"cli:{getpass.getuser()}"[:60], None, frozenset(scopes))


@contextlib.contextmanager
def open_gateway(*, rehearse: bool = False) -> Iterator[Gateway]:
    """The gateway by the settings of the environment, for a job; its connections are closed at the end. ``rehearse``:
    every transaction is rolled back."""
    gw = build_gateway(existing_database(from_env(os.environ)), assina=False)
    try:
        with para(Finalidade.TAREFA), _or_rehearsal(gw.db, rehearse) as database:
            yield replace(gw, db=database) if rehearse else gw
    finally:
        gw.db.engine.dispose()


@contextlib.contextmanager
def open_database() -> Iterator[Database]:
    """Only the database, for what needs no maps."""
    settings = existing_database(from_env(os.environ))
    engine = create_engine(
        settings.database_url,
        lock_timeout_s=settings.espera_lock,
        limite_s=settings.limite_requisicao_s,
        oracle_thick=settings.oracle_thick,
    )
    try:
        with para(Finalidade.TAREFA):
            yield Database(engine, espera_s=settings.espera_lock, prazos=prazos_de(settings))
    finally:
        engine.dispose()


@contextlib.contextmanager
def open_or_rehearse(rehearse: bool) -> Iterator[Database]:
    """The database, or one whose every transaction is rolled back at the end."""
    with open_database() as database, _or_rehearsal(database, rehearse) as either:
        yield either


def _or_rehearsal(database: Database, rehearse: bool) -> contextlib.AbstractContextManager[Database]:
    return Ensaio(database) if rehearse else contextlib.nullcontext(database)
