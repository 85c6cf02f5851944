"""Every gateway of a test run compiles a statement only once.

SQLAlchemy keeps compiled statements per engine, and each test has an engine of its own: without this a third of the
suite's time went into compiling the same few hundred statements again. What they compile to depends on the dialect's
class, the server's version and the columns that the site's release lacks, so that is what they are shared by.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app.winthor import separacao

# Tests that make tables of their own, which no other statement names, would otherwise fill the memory.
MOST = 4000


class Compiled(MutableMapping[tuple[Any, ...], Any]):
    """SQLAlchemy's keys begin with the dialect itself; here with what distinguishes it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Any] = {}

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        return self._kept[_shared(key)]

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[_shared(key)] = compiled

    def __delitem__(self, key: tuple[Any, ...]) -> None:
        del self._kept[_shared(key)]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def _shared(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *rest = key
    return (type(dialect), dialect.server_version_info, separacao.sem_carimbos(dialect), *rest)


COMPILED = Compiled()


def share_compiled_statements() -> None:
    """From now on, for every engine of this process."""

    @event.listens_for(sa.Engine, "engine_connect")
    def share(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=COMPILED)
