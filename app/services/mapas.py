"""The maps of this installation, checked against the WinThor tables the gateway knows, in the widths the site has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from app.mapping import Catalog, ColumnSpec, Computed, Kind, Maps, load_maps
from app.winthor.esquema.catalogo import Catalogo, ColunaReal
from app.winthor.esquema.tables import winthor
from app.winthor.esquema.types import CLOB, NUMBER, VARCHAR2

# The last four are what the rows of a paid order are changed to (R23): the delivered maps do where a site has none.
REQUIRED_TABLES = (
    *("PCPEDC", "PCPEDI", "PCPEDICESTA", "PCCLIENT", "PCLOGPEDIDOAPI", "PCVENDACONSUM"),
    *("PCPEDC_FUTURA", "PCPEDI_FUTURA", "PCPEDC_ENTREGA", "PCPEDI_ENTREGA"),
)

# Member of the contract -> columns. Hashable, so that a document made with it is kept.
ColunasDosMembros = tuple[tuple[str, tuple[str, ...]], ...]

# Texts that identify: shortened they would name something else, so they are refused by a narrower column instead.
IDENTIFICADORES = frozenset({("PCPEDC", "NUMPEDHUBE"), ("PCCLIENT", "CGCENT"), ("PCCLIENT", "CGCENTREGA")})


def load_site_maps(
    directory: Path,
    json_paths: Mapping[str, str] | Collection[str],
    contexts: Mapping[str, Computed],
    text_encoding: str = "utf-8",
    catalog: Catalog | None = None,
    *,
    delivered: Path | None = None,
) -> Maps:
    """Load and check every map of ``directory``; the tables of a reservation must have one.

    ``json_paths``: path → ``"required"`` or ``"optional"``. ``text_encoding``: Python name of the database's
    character set, in whose bytes the widths count. ``catalog``: the columns in the widths of a site, else the built-in
    ones. ``delivered``: the maps that came with the program. Raises MappingError with all problems.
    """
    return load_maps(
        directory,
        catalog=winthor_catalog() if catalog is None else catalog,
        json_paths=json_paths,
        contexts=contexts,
        required=REQUIRED_TABLES,
        text_encoding=text_encoding,
        delivered=delivered,
    )


def winthor_catalog(site: Catalogo | None = None) -> dict[str, dict[str, ColumnSpec]]:
    """Every WinThor table and column the gateway knows; widths and digits are the site's where its catalog has them."""
    reais = site.tabelas if site is not None else {}
    return {
        str(table.name): {
            str(column.name): _do_site(
                str(table.name),
                _column(str(column.name), column.type, bool(column.nullable), column.server_default is not None),
                reais.get(str(table.name), {}).get(str(column.name)),
            )
            for column in table.columns
        }
        for table in winthor.tables.values()
    }


def colunas_do_site(site: Catalogo) -> dict[str, dict[str, ColumnSpec]]:
    """Every column that a site's tables have, also those the gateway does not describe."""
    kinds: dict[str, Kind] = {"text": "text", "number": "number"}
    return {
        tabela: {
            real.nome: ColumnSpec(real.nome, kinds.get(real.tipo, "date"), real.largura, real.precisao, real.escala)
            for real in colunas.values()
        }
        for tabela, colunas in site.tabelas.items()
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


def _do_site(table: str, column: ColumnSpec, real: ColunaReal | None) -> ColumnSpec:
    """Whether a column must be filled stays as built in: on a site a trigger may fill it, the doctor lists it."""
    if real is None or real.tipo != column.kind:
        return column
    if real.precisao is not None:
        return replace(column, precision=real.precisao, scale=real.escala)
    if real.largura is None or ((table, column.name) in IDENTIFICADORES and real.largura < (column.length or 0)):
        return column
    return replace(column, length=real.largura, characters=real.caracteres)


def colunas_dos_membros(maps: Maps) -> ColunasDosMembros:
    """Path of each member of the contract -> the columns that are written from it, as PCPEDI.QT."""
    achadas: dict[str, dict[str, None]] = {}
    for mapa in maps.values():
        for entrada in mapa.entries:
            for path in (entrada.json, *entrada.derived_from):
                if path is not None:
                    achadas.setdefault(path, {})[f"{mapa.table}.{entrada.column.name}"] = None
    return tuple((path, tuple(nomes)) for path, nomes in achadas.items())
