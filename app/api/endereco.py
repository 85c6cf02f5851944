"""What an address of the gateway may look like, before any route sees it; where the shortest one leads."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, redirect, request, url_for
from werkzeug.routing import BaseConverter, IntegerConverter

from app.api.problemas import ErroHttp

_PROIBIDOS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class NumeroDoCaminho(IntegerConverter):
    """At most ten ASCII digits, as in NUMBER(10): a longer one is no address, and no number a database could take."""

    regex = "[0-9]{1,10}"


class ConversorDoNumero(BaseConverter):
    """The rest of the path, whatever is in it: the number of a pre-sale may begin or end with a slash."""

    regex = ".+"
    part_isolating = False


def install(app: Flask) -> None:
    """Numbers in paths are bounded, doubled slashes are not mended by a redirect, control characters are refused."""
    app.url_map.converters["int"] = NumeroDoCaminho
    app.url_map.converters["numero"] = ConversorDoNumero
    app.url_map.merge_slashes = False
    app.before_request(_recusar_controles)
    app.before_request(_da_raiz_ao_painel)


def _recusar_controles() -> None:
    partes = [request.path, *(texto for par in request.args.items(multi=True) for texto in par)]
    if any(_PROIBIDOS.search(parte) for parte in partes):
        raise ErroHttp("JSON_INVALIDO", "Há um caractere de controle no endereço.")


def _da_raiz_ao_painel() -> Any:
    """The address alone, as a person types it, is no operation of the contract: to the panel, which links the rest."""
    if request.path == "/" and request.method in {"GET", "HEAD"}:
        return redirect(url_for("painel.inicio"), 303)
    return None
