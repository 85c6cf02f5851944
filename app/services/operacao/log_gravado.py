"""JSON that was stored, as it is read again."""

from __future__ import annotations

from typing import Any

import simplejson


def ler_json(texto: str | None) -> Any:
    """A stored answer; None when there is none."""
    return simplejson.loads(texto, use_decimal=True) if texto else None


def ler_objeto(texto_json: str | None) -> dict[str, Any] | None:
    """The object in a row of PCLOGPEDIDOAPI, which anybody may have written; None when it is none."""
    try:
        lido = simplejson.loads(texto_json or "", use_decimal=True)
    except (ValueError, RecursionError):
        return None
    return lido if isinstance(lido, dict) else None
