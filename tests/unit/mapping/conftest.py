"""A small schema and catalog, and maps written to a temporary directory."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.mapping import ColumnSpec, Computed, MappingError, Maps, TableMap, load_maps

CATALOG = {
    "PEDIDO": {
        "NUMPED": ColumnSpec("NUMPED", "number", precision=10, scale=0, nullable=False),
        "POSICAO": ColumnSpec("POSICAO", "text", length=2),
        "NOME": ColumnSpec("NOME", "text", length=10),
        "TOTAL": ColumnSpec("TOTAL", "number", precision=8, scale=2),
        "DATA": ColumnSpec("DATA", "date"),
        "JSON": ColumnSpec("JSON", "clob"),
        "FLAG": ColumnSpec("FLAG", "text", length=1, nullable=False, has_default=True),
    },
    "ITEM": {
        "QT": ColumnSpec("QT", "number", precision=10, scale=3),
        "TIPO": ColumnSpec("TIPO", "text", length=2),
        "NOME": ColumnSpec("NOME", "text", length=10),
    },
    "COMPONENTE": {
        "SEQ": ColumnSpec("SEQ", "number", precision=6, scale=0),
        "QT": ColumnSpec("QT", "number", precision=10, scale=3),
        "NOME": ColumnSpec("NOME", "text", length=10),
    },
    "RESTO": {"NADA": ColumnSpec("NADA", "text", length=1)},
}
JSON_PATHS = {
    "numero": "required",
    "apelido": "optional",
    "cliente.nome": "optional",
    "itens[].quantidade": "required",
    "itens[].entrega.tipo": "optional",
    "itens[].kit[].sequencial": "required",
    "pagamentos[].forma": "optional",
}


class Antes(NamedTuple):
    """What is computed of an order before any lock."""

    total: Decimal


class Depois(NamedTuple):
    """… and under it."""

    numped: int


class Parte(NamedTuple):
    """What is computed of an item or a component."""

    qt: Decimal


class Resto(NamedTuple):
    """For the map that explains all else."""

    nada: str


CONTEXTS = {
    "PEDIDO": Computed(Antes, Depois),
    "ITEM": Computed(Parte),
    "COMPONENTE": Computed(Parte),
    "RESTO": Computed(Resto),
}


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Maps]:
    """Loads the given TOML texts; a file "resto.toml" explains every path that none of them names."""

    def load(*texts: str, cover: bool = True, **options: Any) -> Maps:
        for text in texts:
            table = text.split('table = "', 1)[1].split('"', 1)[0] if 'table = "' in text else "pedido"
            (tmp_path / f"{table.lower()}.toml").write_text(text, "utf-8")
        if cover:
            (tmp_path / "resto.toml").write_text(_rest("\n".join(texts)), "utf-8")
        options = {"catalog": CATALOG, "json_paths": JSON_PATHS, "contexts": CONTEXTS} | options
        return load_maps(tmp_path, **options)

    return load


@pytest.fixture
def problems(load: Callable[..., Maps]) -> Callable[..., list[str]]:
    def problems(*texts: str, **options: Any) -> list[str]:
        try:
            load(*texts, **options)
        except MappingError as error:
            return error.problems
        return []

    return problems


@pytest.fixture
def pedido(load: Callable[..., Maps]) -> Callable[..., TableMap]:
    """The map of PEDIDO with these columns (and NUMPED)."""

    def pedido(columns: str, **options: Any) -> TableMap:
        text = f'table = "PEDIDO"\n[columns]\nNUMPED = {{ context = "numped" }}\n{columns}'
        return load(text, **options)["PEDIDO"]

    return pedido


def _rest(texts: str) -> str:
    unnamed = [path for path in JSON_PATHS if f'"{path}"' not in texts]
    lines = [f'"{path}" = "sem coluna"' for path in unnamed]
    head = ['table = "RESTO"', "[columns]", 'NADA = { context = "nada" }', "[unmapped]"]
    return "\n".join([*head, *lines])
