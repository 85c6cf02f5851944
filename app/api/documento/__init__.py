"""The document of the API: ``/openapi.json`` for programs, ``/docs`` for people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from app.api.auth import gateway
from app.api.documento import pagina
from app.api.documento.documento import construir
from app.api.http import json_response

blueprint = Blueprint("openapi", __name__, template_folder="templates")

# A page needs its sheet and its icon; what answers programs needs nothing.
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _documento(*, tolerante: bool = False) -> dict[str, Any]:
    return construir(f"http://127.0.0.1:{gateway().settings.port}", tolerante=tolerante)


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document of this gateway; with ``tolerante=1`` in every form that is taken."""
    return json_response(_documento(tolerante=request.args.get("tolerante") == "1"))


@blueprint.get("/docs")
def docs() -> Response:
    """The same for people: one page, without JavaScript, nothing from elsewhere."""
    documento = _documento()
    html = render_template(
        "docs/pagina.html",
        versao=documento["openapi"],
        grupos=pagina.grupos(documento),
        corpos=pagina.corpos(documento),
        catalogo=pagina.catalogo(documento),
        demo=gateway().demo,
    )
    response = Response(html)
    response.headers["Content-Security-Policy"] = CSP
    return response
