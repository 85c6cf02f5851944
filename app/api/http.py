"""Bodies in and out: a strict JSON object, an answer as JSON."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request

from app.api.contrato.body import BodyError, parse
from app.api.problemas import ErroHttp
from app.api.respostas import Esquema
from app.api.respostas.texto import json_texto

_TIPO = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,40}")
# How a body begins that was compressed, whatever its headers say: gzip, zlib.
_COMPRIMIDO = (b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")


def read_json_object(*, controls: bool = False) -> dict[str, Any]:
    """The request's body as a strict JSON object; ``controls``: as ``parse``. Raises 415 and 400 (JSON_INVALIDO)."""
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        veio = request.mimetype if _TIPO.fullmatch(request.mimetype) else "sem tipo"
        raise ErroHttp("TIPO_NAO_SUPORTADO", f"O corpo deve ser application/json; veio {veio}.")
    body = request.get_data()
    codificado = request.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}
    if codificado or body.startswith(_COMPRIMIDO):
        raise ErroHttp("TIPO_NAO_SUPORTADO", "O corpo veio comprimido; envie o JSON sem compressão.")
    try:
        return parse(body, controls=controls)
    except BodyError as error:
        raise ErroHttp("JSON_INVALIDO", str(error)) from None


def answer(esquema: type[Esquema], valor: Any, http: int = 200) -> Response:
    """What a use case returned, as its schema writes it."""
    return json_response(esquema.render(valor), http)


def json_response(corpo: Any, http: int = 200) -> Response:
    return Response(json_texto(corpo), http, mimetype="application/json")
