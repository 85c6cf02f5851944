"""Checks of the map files. Each check yields problems and goes on, so that all of them are seen together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from app.mapping import paths
from app.mapping.coerce import why_constant_does_not_fit
from app.mapping.convert import CONVERTERS
from app.mapping.extra import IDENTIFIER, parse_type
from app.mapping.spec import Catalog, ColumnSpec, Computed, map_name

TOP_LEVEL = ("table", "rows", "change", "columns", "extra", "unmapped")
SOURCES = ("json", "context", "const")
MODIFIERS = ("convert", "values", "default")

Entry = Mapping[str, Any]


class Problem(NamedTuple):
    """One thing wrong; ``column`` is "-" when it concerns the whole file."""

    file: str
    column: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(self)


@dataclass(frozen=True)
class RawMap:
    """A map file as TOML gave it, before any check."""

    file: str
    body: Mapping[str, Any]

    @property
    def table(self) -> Any:
        return self.body.get("table")

    @property
    def rows(self) -> Any:
        return self.body.get("rows", "")

    @property
    def change(self) -> Any:
        return self.body.get("change", "")

    @property
    def name(self) -> Any:
        """By which the map is found; None where the table is no text."""
        return (
            map_name(self.table, self.change) if isinstance(self.table, str) and isinstance(self.change, str) else None
        )

    def section(self, name: str) -> Mapping[str, Any]:
        """A table of the file; empty when absent or malformed."""
        section = self.body.get(name, {})
        return section if isinstance(section, dict) else {}

    def mentioned_paths(self) -> Iterator[str]:
        """JSON paths of ``json`` and ``derived_from``, also in entries that have other problems."""
        for entry in (*self.section("columns").values(), *self.section("extra").values()):
            if isinstance(entry, dict):
                derived = entry.get("derived_from")
                mentioned = [entry.get("json"), *(derived if isinstance(derived, list) else [])]
                yield from (path for path in mentioned if isinstance(path, str))


@dataclass(frozen=True)
class Known:
    """Everything a map may refer to. ``required_paths`` are those that every valid body carries."""

    catalog: Catalog
    json_paths: Collection[str]
    required_paths: Collection[str]
    contexts: Mapping[str, Computed]
    text_encoding: str

    def arrays(self) -> set[str]:
        """Every value ``rows`` may have."""
        return {""} | {
            paths.scope(path)[: found.end()]
            for path in self.json_paths
            for found in re.finditer(r"\[\]", paths.scope(path))
        }

    def is_required(self, path: str) -> bool:
        """Is a value sure to be there? Never for nested arrays: their row may come from master data."""
        return path in self.required_paths and paths.depth(path) < 2


def check_map(raw: RawMap, known: Known) -> Iterator[Problem]:
    """Problems of one file on its own."""
    for reason in _file_reasons(raw, known):
        yield Problem(raw.file, "-", reason)
    rows = raw.rows if isinstance(raw.rows, str) else ""
    columns = known.catalog.get(raw.table) if isinstance(raw.table, str) else None
    for name, entry in raw.section("columns").items():
        if columns is not None and name not in columns:
            yield Problem(raw.file, name, f"coluna inexistente em {raw.table}{_hint(name, columns)}")
        column = (columns or {}).get(name)
        for reason in _EntryCheck(raw.name, rows, column, known, is_extra=False).reasons(entry):
            yield Problem(raw.file, name, reason)
    for name, entry in raw.section("extra").items():
        yield from _check_extra(raw, rows, name, entry, known)
    for name, known_column in (columns or {}).items():
        if raw.change and name not in raw.section("columns"):
            continue  # copied with the row
        if why := _why_null(name, known_column, raw, known):
            yield Problem(raw.file, name, why)


def check_coverage(maps: Sequence[RawMap], known: Known) -> Iterator[Problem]:
    """Every JSON path of the schema is mapped, or unmapped with a reason; never both."""
    mapped = {path for raw in maps for path in raw.mentioned_paths()}
    explained: set[str] = set()
    for raw in maps:
        for path, reason in raw.section("unmapped").items():
            explained.add(path)
            if path not in known.json_paths:
                yield Problem(raw.file, path, f"[unmapped]: {_unknown_path(path, known)}")
            elif path in mapped:
                yield Problem(raw.file, path, "está em [unmapped], mas também está mapeado")
            if not isinstance(reason, str) or not reason.strip():
                yield Problem(raw.file, path, "[unmapped] sem motivo")
    for path in known.json_paths:
        if path not in mapped and path not in explained:
            yield Problem("mapas", path, "campo do JSON sem coluna e sem motivo em [unmapped]")


def _file_reasons(raw: RawMap, known: Known) -> Iterator[str]:
    for key in raw.body:
        if key not in TOP_LEVEL:
            yield f"chave desconhecida {key!r}{_hint(key, TOP_LEVEL)}"
    for key in ("columns", "extra", "unmapped"):
        if key in raw.body and not isinstance(raw.body[key], dict):
            yield f"[{key}] deve ser uma tabela TOML"
    if not raw.section("columns"):
        yield "falta a tabela [columns]"
    if not isinstance(raw.table, str):
        yield 'falta table = "NOME_DA_TABELA"'
    elif raw.table not in known.catalog:
        yield f"tabela desconhecida {raw.table!r}{_hint(raw.table, known.catalog)}"
    elif raw.name is None:
        yield f"change = {raw.change!r} não é um texto"
    elif raw.name not in known.contexts and raw.change:
        yield f"change = {raw.change!r} não é uma mudança de {raw.table}"
    elif raw.file != f"{raw.name.lower()}.toml":
        yield f"o arquivo da tabela {raw.table} deve chamar-se {raw.name.lower()}.toml"
    if not isinstance(raw.rows, str) or raw.rows not in known.arrays():
        yield f"rows = {raw.rows!r} não é uma lista do JSON{_hint(str(raw.rows), known.arrays())}"


def _check_extra(raw: RawMap, rows: str, name: str, entry: object, known: Known) -> Iterator[Problem]:
    column: ColumnSpec | None = None
    reasons: list[str] = []
    if not IDENTIFIER.fullmatch(name):
        reasons.append("nome de coluna inválido (maiúsculas, dígitos, _, $ e #)")
    if name in known.catalog.get(str(raw.table), {}):
        reasons.append(f"a coluna já é conhecida em {raw.table}: use [columns]")
    if isinstance(entry, dict):
        column = parse_type(name, entry.get("type"))
        if column is None:
            reasons.append('[extra] pede type = "VARCHAR2(n)", "NUMBER(p)", "NUMBER(p,s)", "DATE" ou "CLOB"')
    reasons += _EntryCheck(raw.name, rows, column, known, is_extra=True).reasons(entry)
    yield from (Problem(raw.file, name, reason) for reason in reasons)


def _why_null(name: str, column: ColumnSpec, raw: RawMap, known: Known) -> str | None:
    entry = raw.section("columns").get(name)
    if column.nullable:
        return None
    if entry is None:
        return None if column.has_default else "coluna NOT NULL sem mapa"
    if not isinstance(entry, dict) or "default" in entry:
        return None
    # A null that is sent overrides the default of the column, so has_default does not help here.
    if "values" in entry:
        return "coluna NOT NULL: values pede um default para os valores que não lista"
    path = entry.get("json")
    if isinstance(path, str) and path in known.json_paths and not known.is_required(path):
        return f"coluna NOT NULL mapeada de um campo opcional ({path}) sem default"
    return None


@dataclass(frozen=True)
class _EntryCheck:
    """The checks of one entry. ``column`` is None when the column itself is wrong: then fit is not judged."""

    table: object
    rows: str
    column: ColumnSpec | None
    known: Known
    is_extra: bool

    def reasons(self, entry: object) -> Iterator[str]:
        if not isinstance(entry, dict):
            yield 'deve ser { json = "…" }, { context = "…" } ou { const = … }'
            return
        allowed = (*SOURCES, "derived_from", "rule", *MODIFIERS, *(("type",) if self.is_extra else ()))
        for key in entry:
            if key not in allowed:
                yield f"chave desconhecida {key!r}{_hint(key, allowed)}"
        if len([source for source in SOURCES if source in entry]) != 1:
            yield "deve ter exatamente um de json, context e const"
        yield from self._json(entry)
        yield from self._context(entry)
        yield from self._const(entry)
        yield from self._modifiers(entry)

    def _json(self, entry: Entry) -> Iterator[str]:
        if "json" not in entry:
            return
        path = entry["json"]
        if not isinstance(path, str) or not paths.is_path(path):
            yield f"json = {path!r} não é um caminho JSON"
        elif not self.is_extra and path not in self.known.json_paths:
            yield _unknown_path(path, self.known)
        elif not paths.is_reachable(path, self.rows):
            yield f"{path!r} está em outra lista que rows = {self.rows!r}"

    def _context(self, entry: Entry) -> Iterator[str]:
        if "context" in entry:
            yield from self._computed(entry["context"])
        if "rule" in entry and "context" not in entry:
            yield "rule só acompanha context"
        if not isinstance(entry.get("rule", "x"), str) or not entry.get("rule", "x").strip():
            yield "rule deve dizer em palavras como o valor é calculado"
        if "derived_from" not in entry:
            return
        if "context" not in entry:
            yield "derived_from só acompanha context"
        derived = entry["derived_from"]
        if not isinstance(derived, list) or not derived:
            yield "derived_from deve ser uma lista de caminhos JSON"
            return
        for path in derived:
            if path not in self.known.json_paths:
                yield f"derived_from: {_unknown_path(path, self.known)}"

    def _computed(self, name: object) -> Iterator[str]:
        computed = self.known.contexts.get(self.table) if isinstance(self.table, str) else None
        names = () if computed is None else computed.types
        wrong = list(self._unknown_name("valor de contexto desconhecido", name, names))
        yield from wrong
        if not wrong and computed is not None and self.column is not None and not computed.fits(str(name), self.column):
            yield f"{name} ({computed.types[str(name)].__name__}) não serve a uma coluna {self.column.type_name}"

    def _unknown_name(self, label: str, name: object, names: Collection[str]) -> Iterator[str]:
        if not isinstance(name, str) or name not in names:
            yield f"{label} {name!r}{_hint(str(name), names)}"

    def _const(self, entry: Entry) -> Iterator[str]:
        if "const" not in entry:
            return
        for key in MODIFIERS:
            if key in entry:
                yield f"{key} não acompanha const"
        yield from self._fit("const", entry["const"])

    def _modifiers(self, entry: Entry) -> Iterator[str]:
        if "convert" in entry:
            yield from self._unknown_name("conversão desconhecida", entry["convert"], CONVERTERS)
        if "default" in entry:
            yield from self._fit("default", entry["default"])
        if "values" in entry:
            values = entry["values"]
            if not isinstance(values, dict) or not values:
                yield 'values deve ser { "valor do JSON" = valor da coluna, … }'
                return
            for key, value in values.items():
                yield from self._fit(f"values[{key!r}]", value)

    def _fit(self, label: str, value: object) -> Iterator[str]:
        if self.column is None:
            return
        if reason := why_constant_does_not_fit(value, self.column, self.known.text_encoding):
            yield f"{label}: {reason}"


def _unknown_path(path: object, known: Known) -> str:
    return f"caminho JSON inexistente {path!r}{_hint(str(path), known.json_paths)}"


def _hint(word: str, candidates: Iterable[str]) -> str:
    close = get_close_matches(word, list(candidates), n=1, cutoff=0.75)
    return f" (seria {close[0]!r}?)" if close else ""
