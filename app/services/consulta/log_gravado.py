"""A row of PCLOGPEDIDOAPI, and an operation, as they are read again."""

from __future__ import annotations

from typing import Any

import simplejson

from app.winthor.consultas.lista_de_operacoes import Linha


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


def evento_json(evento: Linha, quando: str | None) -> dict[str, Any]:
    """An operation as one event of its pre-sale; ``quando``: its beginning, in the zone of whoever reads."""
    return {
        "id": evento["ID"],
        "quando": quando,
        "operacao": evento["OPERACAO"],
        "status": evento["ESTADO"],
        "codigo": evento["CODIGO"],
        "situacaoPreVenda": evento["SITUACAO"],
        "idRetaguarda": evento["IDRETAGUARDA"],
        "idPedidoRetaguarda": evento["NUMPED"],
        "caller": evento["CALLER"],
    }
