"""What every gateway of a test run would make anew, made once: statements, maps, the code of routes and pages, hashes.

SQLAlchemy keeps compiled statements per engine, and each test has an engine of its own: without this a third of the
suite's time went into compiling the same few hundred statements again. What they compile to depends on the dialect's
class, the server's version and the columns that the site's release lacks, so that is what they are shared by.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from jinja2 import Environment
from sqlalchemy import event
from werkzeug.routing import Rule

import app
from app.mapping import load
from app.services.acesso import credenciais
from app.winthor import separacao
from app.winthor.esquema import catalogo

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
    _share_maps()
    _share_route_code()
    _share_page_code()
    # A login costs a slow hash on purpose; the same password gets the same one again.
    credenciais.generate_password_hash = functools.cache(credenciais.generate_password_hash)


def _share_statements() -> None:
    @event.listens_for(sa.Engine, "engine_connect")
    def share(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=COMPILED)


def _share_map_files() -> None:
    """A map's text is read as TOML once; what is read is not changed by who asked."""
    parsed = functools.lru_cache(maxsize=256)(tomllib.loads)
    load.tomllib = SimpleNamespace(loads=parsed, TOMLDecodeError=tomllib.TOMLDecodeError)  # type: ignore[attr-defined]


def _share_maps() -> None:
    """A catalog is made once out of the same rows, its columns once, maps once out of the same columns and files."""
    made_of, load_site_maps = app.winthor_catalog, app.load_site_maps
    # Known by their addresses, and kept so that no other gets the address.
    columns: dict[int, tuple[Any, Any]] = {}
    maps: dict[Any, tuple[Any, ...]] = {}

    def winthor_catalog(site: catalogo.Catalogo) -> Any:
        if id(site) not in columns:
            columns[id(site)] = made_of(site), site
        return columns[id(site)][0]

    def load_once(directory: Path, paths: Any, contexts: Any, encoding: str, known: Any, *, delivered: Path) -> Any:
        files = [file for folder in (directory, delivered) for file in folder.glob("*.toml") if file.is_file()]
        texts = tuple((file, file.read_bytes()) for file in files)
        key = (id(paths), id(contexts), id(known), encoding, texts)
        if key not in maps:
            made = load_site_maps(directory, paths, contexts, encoding, known, delivered=delivered)
            maps[key] = made, paths, contexts, known
        return maps[key][0]

    catalogo.montar = functools.cache(catalogo.montar)
    app.json_paths = functools.cache(app.json_paths)
    app.winthor_catalog, app.load_site_maps = winthor_catalog, load_once  # type: ignore[assignment]


def _share_route_code() -> None:
    """werkzeug writes, parses and compiles two functions for each route; they depend on the rule's text alone."""
    compile_builder, kept = Rule._compile_builder, dict[Any, Any]()

    def builder(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = builder  # type: ignore[method-assign]


def _share_page_code() -> None:
    """A page's template is compiled once; what its code is depends on its text and on how blocks are trimmed."""
    compile_page, kept = Environment.compile, dict[Any, Any]()

    def code(page: Environment, source: Any, *args: Any, **kwargs: Any) -> Any:
        key = (source, args, tuple(kwargs.items()), page.trim_blocks, page.lstrip_blocks)
        if key not in kept:
            kept[key] = compile_page(page, source, *args, **kwargs)
        return kept[key]

    Environment.compile = code  # type: ignore[assignment, method-assign]
