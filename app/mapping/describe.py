"""The maps as a table for people: which JSON member goes to which column, and what goes nowhere and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.mapping.compile import Maps
from app.mapping.spec import ColumnMap


class Description(NamedTuple):
    """One line. ``source`` is a JSON path, or says that the value is computed or constant."""

    source: str
    table: str
    column: str
    type: str
    note: str


HEADER = Description("Origem", "Tabela", "Coluna", "Tipo", "Observação")


def describe(maps: Maps) -> list[Description]:
    """Every assignment: JSON members by path, computed values, constants, then unmapped members with the reason."""
    from_json: list[Description] = []
    computed: list[Description] = []
    constant: list[Description] = []
    for table, table_map in maps.items():
        for entry in table_map.entries:
            by_path = list(_by_path(table, entry))
            from_json += by_path
            if entry.const is not None:
                constant.append(_line(f"(constante) {entry.const}", table, entry))
            elif not by_path:
                computed.append(_line(f"(calculado) {entry.context}", table, entry))
    unmapped = [Description(path, "-", "-", "-", why) for path, why in maps.unmapped.items()]
    return sorted(from_json) + sorted(computed) + sorted(constant) + sorted(unmapped)


def render_table(rows: Sequence[Description]) -> str:
    """The lines as plain text with aligned columns, under a header."""
    lines = [HEADER, *rows]
    widths = [max(len(line[field]) for line in lines) for field in range(len(HEADER))]
    rule = Description(*("-" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (HEADER, rule, *rows)
    )


def _by_path(table: str, entry: ColumnMap) -> Iterator[Description]:
    if entry.json is not None:
        yield _line(entry.json, table, entry)
    for path in entry.derived_from:
        yield _line(path, table, entry, "calculado")


def _line(source: str, table: str, entry: ColumnMap, origin: str = "") -> Description:
    notes = [origin] if origin else []
    if entry.rule is not None:
        notes.append(entry.rule)
    if entry.extra:
        notes.append("coluna do cliente, lida do JSON original")
    if entry.convert is not None:
        notes.append(f"convert {entry.convert}")
    if entry.values is not None:
        notes.append(", ".join(f"{key}→{value}" for key, value in entry.values.items()))
    if entry.default is not None:
        notes.append(f"senão {entry.default}")
    return Description(source, table, entry.column.name, entry.column.type_name, "; ".join(notes))
