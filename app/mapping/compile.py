"""Checked maps as prepared functions: paths are taken apart once, and a table's rows are made column by column, so that
a value all lines share costs one call however many they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from app.mapping import paths
from app.mapping.coerce import Unfit, coercer
from app.mapping.convert import CONVERTERS, as_text
from app.mapping.errors import MissingContext, ValueDoesNotFit
from app.mapping.spec import ColumnMap, ColumnSpec, Computed, MapSpec

T = TypeVar("T")
Row = dict[str, object]
Position = tuple[int, ...] | None
# The body, then the element of each array that the row's position selects.
Scopes = Sequence[Any]
# One value for each row, from its scopes in the pre-sale, in the raw body, and its context.
Source = Callable[[Sequence[Scopes], Sequence[Scopes], Sequence[object]], list[Any]]

_NOTHING = object()
_NUMBERS = frozenset({int, Decimal})


class TableMap:
    """The map of one table: builds the rows to insert from the pre-sale, computed values and constants."""

    def __init__(self, spec: MapSpec, text_encoding: str, computed: Computed | None = None) -> None:
        self.table = spec.table
        self.name = spec.name
        self.rows = spec.rows
        self.entries = spec.entries
        self.unmapped = spec.unmapped
        self.columns = [entry.column.name for entry in spec.entries]
        self._steps = paths.steps(spec.rows)
        self._reads_raw = any(entry.extra for entry in spec.entries)
        self._columns = [_Column(entry, spec.table, text_encoding) for entry in spec.entries]
        late = frozenset[str]() if computed is None else computed.late
        self._waits = [entry.context in late for entry in spec.entries]

    @cached_property
    def constants(self) -> dict[str, str | int | Decimal]:
        """Column → the text or number that it has in every row, whatever the pre-sale."""
        always = {column.name: column.constant for column in self._columns}
        return {name: value for name, value in always.items() if isinstance(value, str | int | Decimal)}

    @property
    def extra_columns(self) -> list[ColumnSpec]:
        """The site's own columns, which the built-in table does not know."""
        return [entry.column for entry in self.entries if entry.extra]

    @property
    def extra_paths(self) -> list[str]:
        """JSON paths that the site's own columns read from the raw body."""
        return [entry.json for entry in self.entries if entry.extra and entry.json is not None]

    def build_row(self, dados: Mapping[str, Any], context: object, raw: object, position: Position = ()) -> Row:
        """One row whose whole context is one object, as ``draft`` and ``Draft.rows`` make it."""
        return self.draft(dados, [context], raw, [position]).rows([context])[0]

    def draft(
        self,
        dados: Mapping[str, Any],
        contexts: Sequence[object],
        raw: object,
        positions: Sequence[Position],
    ) -> Draft:
        """One row, column → value, with every mapped column, for each context and its position; but for the columns
        of the closing, which ``Draft.rows`` adds. A context has the computed values as attributes.

        ``dados`` is the validated pre-sale, ``raw`` the request object as it came. A position holds one index for each
        array of ``rows``; a shorter one (or None) means that the row has no element there: json columns of that array
        get their default, else None. A missing, null or blank value does too; zero is a value.
        Raises ValueDoesNotFit; ValueError when contexts and positions differ in number.
        """
        scopes = [self._scopes(dados, position or ()) for _, position in zip(contexts, positions, strict=True)]
        raw_scopes = [self._raw_scopes(raw, position or ()) for position in positions] if self._reads_raw else ()
        made = [
            None if waits else column.values(scopes, raw_scopes, contexts, positions)
            for column, waits in zip(self._columns, self._waits, strict=True)
        ]
        return Draft(self._columns, made, positions, self.constants)

    def _scopes(self, dados: Mapping[str, Any], position: tuple[int, ...]) -> Scopes:
        scopes: list[Any] = [dados]
        for keys, index in zip(self._steps, position, strict=False):
            node = scopes[-1]
            for key in keys:
                node = node[key]
            scopes.append(node[index])
        return scopes

    def _raw_scopes(self, raw: object, position: tuple[int, ...]) -> Scopes:
        scopes: list[Any] = [raw]
        for keys, index in zip(self._steps, position, strict=False):
            node = _dig(scopes[-1], keys)
            scopes.append(node[index] if isinstance(node, list) and index < len(node) else None)
        return scopes


class Draft:
    """Rows of which some columns wait for their context."""

    def __init__(
        self,
        columns: Sequence[_Column],
        made: Sequence[list[object] | None],
        positions: Sequence[Position],
        constants: Mapping[str, object],
    ) -> None:
        self._columns, self._made, self._positions, self._constants = columns, made, positions, constants

    def rows(self, closings: Sequence[object], *, without_constants: bool = False) -> list[Row]:
        """The finished rows; one closing for each; ``without_constants``: but for what ``TableMap.constants`` says.
        Raises ValueDoesNotFit and MissingContext."""
        left_out = self._constants if without_constants else ()
        columns = {
            column.name: column.values((), (), closings, self._positions) if made is None else made
            for column, made in zip(self._columns, self._made, strict=True)
            if column.name not in left_out
        }
        names = tuple(columns)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


class Maps(Mapping[str, TableMap]):
    """All maps by name: the table's, or that of a change of its rows."""

    def __init__(self, maps: Iterable[TableMap]) -> None:
        self._maps = {table_map.name: table_map for table_map in maps}

    def __getitem__(self, table: str) -> TableMap:
        return self._maps[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._maps)

    def __len__(self) -> int:
        return len(self._maps)

    def extra_columns(self) -> dict[str, list[tuple[str, str]]]:
        """Table → the site's own columns of all its maps, each once, with their types."""
        found: dict[str, dict[str, str]] = {}
        for table_map in self.values():
            found.setdefault(table_map.table, {}).update({c.name: c.type_name for c in table_map.extra_columns})
        return {table: list(columns.items()) for table, columns in found.items()}

    @property
    def unmapped(self) -> dict[str, str]:
        """JSON path → why it has no column, over all maps."""
        return {path: why for table_map in self.values() for path, why in table_map.unmapped.items()}


class _Column:
    """A mapped column: the same constant in every row, or values from a source, each made ready to be written."""

    __slots__ = ("_entry", "_finish", "_of_number", "_source", "_table", "constant", "name")

    def __init__(self, entry: ColumnMap, table: str, text_encoding: str) -> None:
        self._entry, self._table = entry, table
        self._finish = _finisher(entry, text_encoding)
        as_it_is = entry.column.kind == "number" and entry.convert is None and entry.values is None
        self._of_number = coercer(entry.column, text_encoding) if as_it_is else self._finish
        self._source = None if entry.const is not None else _source(entry, table)
        self.constant = self._finish(entry.const) if self._source is None else None
        self.name = entry.column.name

    def values(
        self,
        scopes: Sequence[Scopes],
        raw_scopes: Sequence[Scopes],
        contexts: Sequence[object],
        positions: Sequence[Position],
    ) -> list[object]:
        """The column in each row; what follows itself, such as the order's number, is made ready once."""
        if self._source is None:
            return [self.constant] * len(contexts)
        finish, of_number = self._finish, self._of_number
        finished: list[object] = []
        before: object = _NOTHING
        result: object = None
        try:
            for value in self._source(scopes, raw_scopes, contexts):
                if value is not before:
                    # Nearly all of an order's values are numbers: these are never blank.
                    before, result = value, of_number(value) if type(value) in _NUMBERS else finish(value)
                finished.append(result)
        except Unfit as unfit:
            column, path = self._entry.column.name, self._entry.json
            position = positions[len(finished)] or ()
            raise ValueDoesNotFit(self._table, column, path, position, str(unfit)) from None
        return finished


def _source(entry: ColumnMap, table: str) -> Source:
    if entry.context is not None:
        return _context_source(entry.context, table, entry.column.name)
    path = entry.json or ""
    level, keys = paths.depth(path), paths.keys_below(path)
    if entry.extra:
        return lambda _, raw, __: [_dig(own[level], keys) if level < len(own) else None for own in raw]
    return lambda scopes, _, __: [_walk(own[level], keys) if level < len(own) else None for own in scopes]


def _context_source(name: str, table: str, column: str) -> Source:
    value = attrgetter(name)

    def source(_: object, __: object, contexts: Sequence[object]) -> list[Any]:
        try:
            return [value(context) for context in contexts]
        except AttributeError:
            raise MissingContext(table, column, name) from None

    return source


def _walk(node: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if node is None:
            return None
        node = node.get(key)
    return node


def _dig(node: object, keys: tuple[str, ...]) -> Any:
    """Like _walk, in a body nobody has validated."""
    for key in keys:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def _finisher(entry: ColumnMap, text_encoding: str) -> Callable[[object], object]:
    """From the source's value to the column's, in this order: default, convert, values, coercion to the column."""
    column = entry.column
    coerce = coercer(column, text_encoding)
    default = None if entry.default is None else coerce(entry.default)
    convert = None if entry.convert is None else CONVERTERS[entry.convert]
    values = None if entry.values is None else {key: coerce(value) for key, value in entry.values.items()}

    def read(value: object) -> object:
        if convert is not None:
            value = _converted(convert, value)
        if values is not None:
            return values.get(_converted(as_text, value))
        return None if _is_blank(value) else coerce(value)

    present = coerce if convert is None and values is None else read
    required = not column.nullable
    is_text = column.kind in {"text", "clob"}

    def finish(value: object) -> object:
        # As _is_blank says, without the call: this runs for every column of every row.
        blank = value is None or (isinstance(value, str) and not value.strip())
        result = None if blank else present(value)
        if result is None or (is_text and _is_blank(result)):
            result = default
        if result is None and required:
            raise Unfit("a coluna não aceita ficar vazia")
        return result

    return finish


def _is_blank(value: object) -> bool:
    """Oracle stores an empty text as NULL; a text of blanks is as empty to a person."""
    return value is None or (isinstance(value, str) and not value.strip())


def _converted(convert: Callable[[object], T], value: object) -> T:
    try:
        return convert(value)
    except ValueError:
        raise Unfit("o valor não pôde ser convertido") from None
