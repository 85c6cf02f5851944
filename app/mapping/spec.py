"""What the maps are made of: columns as the catalog knows them, and one entry per mapped column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where the value of one column comes from: exactly one of ``json``, ``context`` and ``const`` is set.

    ``derived_from`` names the JSON members a context value was computed from: documentation and coverage.
    ``extra`` marks a site's own column, whose ``json`` path is read from the raw body.
    """

    column: ColumnSpec
    json: str | None = None
    context: str | None = None
    const: object = None
    derived_from: tuple[str, ...] = ()
    convert: str | None = None
    values: Mapping[str, object] | None = None
    default: object = None
    extra: bool = False


@dataclass(frozen=True, slots=True)
class MapSpec:
    """One checked map file. ``rows`` is the array that gives one row per element ("" = one per pre-sale)."""

    table: str
    rows: str
    entries: tuple[ColumnMap, ...]
    unmapped: Mapping[str, str] = field(default_factory=dict)
