"""Loads the map files of a directory: read all, check all, then compile."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.mapping.check import Known, Problem, RawMap, check_coverage, check_map
from app.mapping.compile import Maps, TableMap
from app.mapping.errors import MappingError
from app.mapping.extra import parse_type
from app.mapping.spec import Catalog, ColumnMap, ColumnSpec, Computed, MapSpec

REQUIRED = "required"


def load_maps(
    directory: Path,
    *,
    catalog: Catalog,
    json_paths: Mapping[str, str] | Collection[str],
    contexts: Mapping[str, Computed],
    required: Collection[str] = (),
    text_encoding: str = "utf-8",
    delivered: Path | None = None,
) -> Maps:
    """Load every ``*.toml`` of ``directory`` and compile it.

    ``json_paths``: every path of the schema; as a mapping, the value ``"required"`` says that each valid body carries
    a value there, anything else (or a plain collection) means optional. ``contexts``: what the service computes, per
    table. ``required``: tables that must have a map. ``text_encoding``: the database's character set,
    in whose bytes text widths count. ``delivered``: where a map of changed rows (``change``) is taken from that
    ``directory`` does not have. Raises MappingError with every problem of every file.
    """
    required_paths = _required_paths(json_paths)
    known = Known(catalog, tuple(json_paths), required_paths, contexts, text_encoding)
    raw_maps: list[RawMap] = []
    problems: list[Problem] = []
    for path in _files(directory, delivered):
        try:
            raw_maps.append(RawMap(path.name, tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(Problem(path.name, "-", f"TOML inválido: {error}"))
    unreadable = {problem.file for problem in problems}
    problems += _missing_maps(required, {raw.file for raw in raw_maps} | unreadable)
    can_judge_coverage = not problems
    for raw in raw_maps:
        problems += check_map(raw, known)
    if can_judge_coverage:
        problems += check_coverage(raw_maps, known)
    if problems:
        raise MappingError(str(problem) for problem in problems)
    specs = [_spec(raw, catalog) for raw in raw_maps]
    return Maps([TableMap(spec, text_encoding, contexts.get(spec.name)) for spec in specs])


def _files(directory: Path, delivered: Path | None) -> list[Path]:
    own = sorted(directory.glob("*.toml"))
    names = {path.name for path in own}
    others = [] if delivered is None else sorted(delivered.glob("*_*.toml"))
    return [*own, *(path for path in others if path.name not in names)]


def _required_paths(json_paths: Mapping[str, str] | Collection[str]) -> frozenset[str]:
    if not isinstance(json_paths, Mapping):
        return frozenset()
    return frozenset(path for path, need in json_paths.items() if need == REQUIRED)


def _missing_maps(required: Collection[str], files: Collection[str]) -> Iterator[Problem]:
    for table in required:
        file = f"{table.lower()}.toml"
        if file not in files:
            yield Problem(file, "-", f"falta o mapa da tabela {table}")


def _spec(raw: RawMap, catalog: Catalog) -> MapSpec:
    columns = catalog[raw.table]
    entries = [_entry(columns[name], body) for name, body in raw.section("columns").items()]
    for name, body in raw.section("extra").items():
        column = parse_type(name, body["type"])
        if column is not None:
            entries.append(_entry(column, body, extra=True))
    return MapSpec(raw.table, raw.rows, tuple(entries), dict(raw.section("unmapped")), raw.change)


def _entry(column: ColumnSpec, body: Mapping[str, Any], *, extra: bool = False) -> ColumnMap:
    return ColumnMap(
        column,
        json=body.get("json"),
        context=body.get("context"),
        const=body.get("const"),
        derived_from=tuple(body.get("derived_from", ())),
        rule=body.get("rule"),
        convert=body.get("convert"),
        values=body.get("values"),
        default=body.get("default"),
        extra=extra,
    )
