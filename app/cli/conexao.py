"""The gateway or its database, by the settings of the environment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from app import build_gateway
from app.services.gateway import Gateway
from app.settings import from_env
from app.winthor.db.engine import create_engine
from app.winthor.db.transaction import Database, Ensaio


@contextlib.contextmanager
def open_gateway() -> Iterator[Gateway]:
    """The gateway by the settings of the environment; its connections are closed at the end."""
    gw = build_gateway(from_env(os.environ))
    try:
        yield gw
    finally:
        gw.db.engine.dispose()


@contextlib.contextmanager
def open_database() -> Iterator[Database]:
    """Only the database, for what needs no maps."""
    settings = from_env(os.environ)
    engine = create_engine(settings.database_url, lock_timeout_s=settings.espera_lock)
    try:
        yield Database(engine, espera_s=settings.espera_lock)
    finally:
        engine.dispose()


@contextlib.contextmanager
def open_or_rehearse(rehearse: bool) -> Iterator[Database]:
    """The database, or one whose every transaction is rolled back at the end."""
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(open_database())
        yield stack.enter_context(Ensaio(database)) if rehearse else database
