"""A row of PCLOGPEDIDOAPI as it is read again."""

from __future__ import annotations

from typing import Any

import simplejson

from app.winthor.consultas import Linha


def ler_objeto(texto_json: str | None) -> dict[str, Any] | None:
    try:
        lido = simplejson.loads(texto_json or "", use_decimal=True)
    except (ValueError, RecursionError):
        return None
    return lido if isinstance(lido, dict) else None


def linha_json(log: Linha) -> dict[str, Any]:
    return {
        "data": None if log["DATA"] is None else log["DATA"].isoformat(timespec="seconds"),
        "numped": log["NUMPED"],
        "posicao": log["POSICAO"],
        "operacao": log["OPERACAO"],
        "status": log["STATUS"],
        "codcli": log["CODCLI"],
    }
