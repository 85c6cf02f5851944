"""The document of the API: ``/openapi.json`` for programs, ``/docs`` for people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.api.auth import gateway
from app.api.openapi.documento import construir
from app.api.pre_vendas import json_response

blueprint = Blueprint("openapi", __name__)


def _documento() -> dict[str, Any]:
    return construir(f"http://127.0.0.1:{gateway().settings.port}")


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document of this gateway."""
    return json_response(_documento())
