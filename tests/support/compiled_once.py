"""What every gateway of a test run would make anew, made once: statements, the maps' files, the routes' code.

SQLAlchemy keeps compiled statements per engine, and each test has an engine of its own: without this a third of the
suite's time went into compiling the same few hundred statements again. What they compile to depends on the dialect's
class, the server's version and the columns that the site's release lacks, so that is what they are shared by.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, MutableMapping
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from werkzeug.routing import Rule

from app.mapping import load
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


def compile_once() -> None:
    """From now on, for every gateway of this process."""
    _share_statements()
    _share_map_files()
    _share_route_code()


def _share_statements() -> None:
    @event.listens_for(sa.Engine, "engine_connect")
    def share(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=COMPILED)


def _share_map_files() -> None:
    """A map's text is read as TOML once; what is read is not changed by who asked."""
    parsed = functools.lru_cache(maxsize=256)(tomllib.loads)
    load.tomllib = SimpleNamespace(loads=parsed, TOMLDecodeError=tomllib.TOMLDecodeError)  # type: ignore[attr-defined]


def _share_route_code() -> None:
    """werkzeug writes, parses and compiles two functions for each route; they depend on the rule's text alone."""
    compile_builder, kept = Rule._compile_builder, dict[Any, Any]()

    def builder(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = builder  # type: ignore[method-assign]
