"""The document of the API: ``/openapi.json`` for programs, ``/docs`` for people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from app.api.auth import gateway
from app.api.documento import pagina, vida
from app.api.documento.documento import construir
from app.api.http import json_response
from app.services.mapas import colunas_dos_membros

blueprint = Blueprint("openapi", __name__, template_folder="templates")

# A page needs its sheet, its icon and its search; what answers programs needs nothing.
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def _documento(*, tolerante: bool = False) -> dict[str, Any]:
    gw = gateway()
    base = f"http://127.0.0.1:{gw.settings.port}"
    return construir(base, tolerante=tolerante, colunas=colunas_dos_membros(gw.maps))


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document of this gateway; with ``tolerante=1`` in every form that is taken."""
    return json_response(_documento(tolerante=request.args.get("tolerante") == "1"))


@blueprint.get("/docs")
def docs() -> Response:
    """The same for people: one page, without JavaScript, nothing from elsewhere."""
    documento = _documento()
    procura = request.args.get("q", "").strip()
    html = render_template(
        "docs/pagina.html",
        versao=documento["openapi"],
        grupos=pagina.grupos(documento),
        corpos=pagina.corpos(documento),
        catalogo=pagina.catalogo(documento),
        avisos=pagina.AVISOS,
        pedidos=list(vida.PEDIDOS),
        vida=vida.tabela(),
        procura=procura,
        achados=pagina.procurar(documento, procura),
        demo=gateway().demo,
    )
    response = Response(html)
    response.headers["Content-Security-Policy"] = CSP
    return response
