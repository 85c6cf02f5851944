"""What the maps are made of: columns as the catalog knows them, and one entry per mapped column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from types import NoneType
from typing import Literal, get_args, get_type_hints

Kind = Literal["text", "number", "date", "clob"]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A database column. Text: ``length`` in bytes, and ``characters`` too where the column counts them (Oracle's CHAR
    semantics). Number: ``precision`` and ``scale`` in digits."""

    name: str
    kind: Kind
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    nullable: bool = True
    has_default: bool = False
    characters: int | None = None

    @property
    def type_name(self) -> str:
        """The type as Oracle writes it, such as ``NUMBER(18,6)``."""
        match self.kind:
            case "text":
                if self.characters is not None:
                    return f"VARCHAR2({self.characters} CHAR)"
                return "VARCHAR2" if self.length is None else f"VARCHAR2({self.length})"
            case "number":
                digits = [str(part) for part in (self.precision, self.scale or None) if part is not None]
                return f"NUMBER({','.join(digits)})" if digits else "NUMBER"
            case "date":
                return "DATE"
            case "clob":
                return "CLOB"


Catalog = Mapping[str, Mapping[str, ColumnSpec]]

_KINDS: Mapping[type, frozenset[Kind]] = {
    int: frozenset({"number"}),
    Decimal: frozenset({"number"}),
    str: frozenset({"text", "clob"}),
    dt.date: frozenset({"date"}),
    dt.datetime: frozenset({"date"}),
}


@dataclass(frozen=True)
class Computed:
    """What the service computes for the rows of a table: the fields of ``row``, a typed tuple whose field has the name
    of its column in lower case, and those of ``closing``, which come later, under the locks."""

    row: type
    closing: type | None = None

    @cached_property
    def types(self) -> Mapping[str, type]:
        """Type of each field, without its None."""
        types = [self.row] if self.closing is None else [self.row, self.closing]
        return {name: _sole(hint) for one in types for name, hint in get_type_hints(one).items()}

    @cached_property
    def late(self) -> frozenset[str]:
        """Fields of the closing."""
        return frozenset() if self.closing is None else frozenset(get_type_hints(self.closing))

    def fits(self, name: str, column: ColumnSpec) -> bool:
        """Whether values of the field's type can be written into the column."""
        return column.kind in _KINDS.get(self.types[name], ())


def _sole(hint: type) -> type:
    """``int`` of ``int | None``."""
    given = [part for part in get_args(hint) if part is not NoneType]
    return given[0] if len(given) == 1 else hint


def map_name(table: str, change: str) -> str:
    """``PCPEDC``, or ``PCPEDC_ENTREGA`` for rows of it that are changed to be those of a delivery."""
    return f"{table}_{change.upper()}" if change else table


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where the value of one column comes from: exactly one of ``json``, ``context`` and ``const`` is set.

    ``derived_from`` names the JSON members a context value was computed from: documentation and coverage. ``rule`` says
    in words how it is computed.
    ``extra`` marks a site's own column, whose ``json`` path is read from the raw body.
    """

    column: ColumnSpec
    json: str | None = None
    context: str | None = None
    const: object = None
    derived_from: tuple[str, ...] = ()
    rule: str | None = None
    convert: str | None = None
    values: Mapping[str, object] | None = None
    default: object = None
    extra: bool = False


@dataclass(frozen=True, slots=True)
class MapSpec:
    """One checked map file. ``rows`` is the array that gives one row per element ("" = one per pre-sale). ``change``:
    what the rows become where they are those of another map, changed; "" for rows of their own."""

    table: str
    rows: str
    entries: tuple[ColumnMap, ...]
    unmapped: Mapping[str, str] = field(default_factory=dict)
    change: str = ""

    @property
    def name(self) -> str:
        """By which it is found: the table, with what its rows become."""
        return map_name(self.table, self.change)
