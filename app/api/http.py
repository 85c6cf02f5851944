"""Bodies in and out: a strict JSON object, an answer as JSON."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from app.api.contrato.body import BodyError, parse
from app.api.problemas import ErroHttp
from app.api.respostas import Esquema
from app.api.respostas.texto import json_texto


def read_json_object() -> dict[str, Any]:
    """The request's body as a strict JSON object. Raises 415 and 400 (JSON_INVALIDO)."""
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise ErroHttp("TIPO_NAO_SUPORTADO")
    try:
        return parse(request.get_data())
    except BodyError as error:
        raise ErroHttp("JSON_INVALIDO", str(error)) from None


def answer(esquema: type[Esquema], valor: Any, http: int = 200) -> Response:
    """What a use case returned, as its schema writes it."""
    return json_response(esquema.render(valor), http)


def json_response(corpo: Any, http: int = 200) -> Response:
    return Response(json_texto(corpo), http, mimetype="application/json")
