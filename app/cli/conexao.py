"""The gateway or its database, by the settings of the environment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from app import build_gateway, prazos_de
from app.cli.saida import fail
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


@contextlib.contextmanager
def open_gateway() -> Iterator[Gateway]:
    """The gateway by the settings of the environment, for a job; its connections are closed at the end."""
    gw = build_gateway(existing_database(from_env(os.environ)), assina=False)
    try:
        with para(Finalidade.TAREFA):
            yield gw
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
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(open_database())
        yield stack.enter_context(Ensaio(database)) if rehearse else database
