"""Where the files delivered with the package are: maps and SQL, in a checkout or in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACOTE = Path(__file__).resolve().parent


def pasta(nome: str) -> Path:
    """The folder ``mappings`` or ``sql``."""
    no_wheel = _PACOTE / "_recursos" / nome
    return no_wheel if no_wheel.is_dir() else _PACOTE.parent / nome
