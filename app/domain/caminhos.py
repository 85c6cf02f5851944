"""JSON paths such as ``preVendaItens[].preco`` as a tree, to walk a body beside them. Pure."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

# Name → what lies below it; ``[]`` stands for the element of an array.
Arvore = dict[str, Any]


def arvore(conhecidos: Collection[str]) -> Arvore:
    """The tree of every path; not to be changed, it is shared."""
    return _arvore(frozenset(conhecidos))


@functools.lru_cache(maxsize=8)
def _arvore(conhecidos: frozenset[str]) -> Arvore:
    raiz: Arvore = {}
    for path in conhecidos:
        ramo = raiz
        for nome in path.replace("[]", ".[]").split("."):
            ramo = ramo.setdefault(nome, {})
    return raiz
