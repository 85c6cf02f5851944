"""JSON text, as every answer and every stored request has it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import simplejson


def json_texto(valor: Any) -> str:
    """JSON text with exact decimals, accents as they are."""
    return simplejson.dumps(valor, ensure_ascii=False, use_decimal=True, default=_outro)


def _outro(valor: Any) -> Any:
    if isinstance(valor, dt.date):
        return valor.isoformat()
    raise TypeError(type(valor).__name__)
