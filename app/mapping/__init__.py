"""Field maps: which JSON member, computed value or constant fills which column.

No library does it: what is checked is Oracle's columns and widths, the contract's paths, and that each has its place.

One TOML file per table, loaded and checked before the process serves anything::

    table = "PCPEDC"
    rows = ""                  # "" one row per pre-sale, or an array of the JSON: one row per element

    [columns]                  # key = column; exactly one of json, context and const
    NUMPEDHUBE = { json = "numero" }
    NUMPED = { context = "numped", rule = "número novo, do contador da RCA" }   # computed: a field of a typed row
    QT = { context = "qt", rule = "…", derived_from = ["preVendaItens[].quantidade"] }
    POSICAO = { const = "L" }

    [extra]                    # a site's own column; its path is read from the raw body
    XAPELIDO = { json = "cliente.apelido", type = "VARCHAR2(30)" }

    [unmapped]                 # JSON member without a column = why
    "idPdv" = "…"

``convert`` names a function of ``app.mapping.convert``. ``values`` translates (key = the value as JSON spells it);
an unlisted value counts as missing. Missing, null and blank give ``default``, else NULL; zero is a value.
"""

from app.mapping.check import Problem
from app.mapping.coerce import clip
from app.mapping.compile import Draft, Maps, Position, Row, TableMap
from app.mapping.describe import Description, describe, render_table
from app.mapping.errors import MappingError, MissingContext, ValueDoesNotFit
from app.mapping.load import load_maps
from app.mapping.spec import Catalog, ColumnMap, ColumnSpec, Computed, Kind

__all__ = [
    "Catalog",
    "ColumnMap",
    "ColumnSpec",
    "Computed",
    "Description",
    "Draft",
    "Kind",
    "MappingError",
    "Maps",
    "MissingContext",
    "Position",
    "Problem",
    "Row",
    "TableMap",
    "ValueDoesNotFit",
    "clip",
    "describe",
    "load_maps",
    "render_table",
]
