"""The maps of this installation, checked against the WinThor tables the gateway knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from app.mapping import ColumnSpec, Maps, load_maps
from app.winthor.tables import winthor
from app.winthor.types import CLOB, NUMBER, VARCHAR2

REQUIRED_TABLES = ("PCPEDC", "PCPEDI", "PCPEDICESTA", "PCCLIENT", "PCLOGPEDIDOAPI", "PCVENDACONSUM")


def load_site_maps(
    directory: Path,
    json_paths: Mapping[str, str] | Collection[str],
    contexts: Mapping[str, Collection[str]],
    text_encoding: str = "utf-8",
) -> Maps:
    """Load and check every map of ``directory``; the tables of a reservation must have one.

    ``json_paths``: path → ``"required"`` or ``"optional"``. ``text_encoding``: Python name of the database's
    character set, in whose bytes the widths count. Raises MappingError with all problems.
    """
    return load_maps(
        directory,
        catalog=winthor_catalog(),
        json_paths=json_paths,
        contexts=contexts,
        required=REQUIRED_TABLES,
        text_encoding=text_encoding,
    )


def winthor_catalog() -> dict[str, dict[str, ColumnSpec]]:
    """Every WinThor table and column the gateway knows, as the maps' checks need them."""
    return {
        str(table.name): {
            str(column.name): _column(
                str(column.name), column.type, bool(column.nullable), column.server_default is not None
            )
            for column in table.columns
        }
        for table in winthor.tables.values()
    }


def _column(name: str, kind: object, nullable: bool, has_default: bool) -> ColumnSpec:
    match kind:
        case NUMBER():
            return ColumnSpec(name, "number", None, kind.precision, kind.scale, nullable, has_default)
        case VARCHAR2():
            return ColumnSpec(name, "text", kind.length, None, None, nullable, has_default)
        case CLOB():
            return ColumnSpec(name, "clob", None, None, None, nullable, has_default)
        case _:
            return ColumnSpec(name, "date", None, None, None, nullable, has_default)
