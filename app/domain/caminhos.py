"""JSON paths such as ``preVendaItens[].preco`` taken apart, to walk a body beside them. Pure."""

from __future__ import annotations

import functools
from collections.abc import Collection

Caminho = tuple[str, ...]


def ramos(conhecidos: Collection[str]) -> frozenset[Caminho]:
    """Every beginning of every path, ``[]`` standing for the element of an array."""
    return _ramos(frozenset(conhecidos))


@functools.lru_cache(maxsize=8)
def _ramos(conhecidos: frozenset[str]) -> frozenset[Caminho]:
    caminhos = [tuple(path.replace("[]", ".[]").split(".")) for path in conhecidos]
    return frozenset(caminho[: i + 1] for caminho in caminhos for i in range(len(caminho)))
