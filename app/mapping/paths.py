"""JSON paths such as ``preVendaItens[].itensKit[].preco``: members joined by dots, ``[]`` behind an array."""

from __future__ import annotations

import re

_PATH = re.compile(r"[^.\[\]\s]+(\[\])?(\.[^.\[\]\s]+(\[\])?)*")


def is_path(text: str) -> bool:
    """Does the text name a single member (not a whole array)?"""
    return _PATH.fullmatch(text) is not None and not text.endswith("[]")


def scope(path: str) -> str:
    """The innermost array the path lies in: ``a[].b[].c`` → ``a[].b[]``; "" outside any array."""
    return path[: path.rfind("[]") + 2] if "[]" in path else ""


def depth(path: str) -> int:
    """Number of arrays the path goes through."""
    return path.count("[]")


def is_reachable(path: str, rows: str) -> bool:
    """Does the path name one single value for each row of ``rows``?"""
    inner = scope(path)
    return inner in ("", rows) or rows.startswith(inner + ".")


def keys_below(path: str) -> tuple[str, ...]:
    """Member names from the innermost array (or the root) down to the value."""
    return tuple(path[len(scope(path)) :].strip(".").split("."))


def steps(rows: str) -> tuple[tuple[str, ...], ...]:
    """Member names from each level to the next array: ``a.b[].c[]`` → ``(("a", "b"), ("c",))``."""
    return tuple(tuple(part.strip(".").split(".")) for part in rows.split("[]")[:-1])
