"""A request that waits for something without a serving thread: the server's offer, and how a route takes it.

The server keeps the connection aside, looks from time to time whether what it waits for has come, and then, or when its
time is over, serves the request once more from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import g, request
from werkzeug.wrappers import Response

from app.services.eventos.feed import Filtro

# Members of a request's environ: the server's offer, and of one that has waited the place after which it did.
ESPERAR = "prevenda.esperar"
VOLTOU = "prevenda.voltou"


@dataclass(frozen=True, slots=True)
class Interesse:
    """What is waited for: events after a place that pass a filter, for so many seconds from when the request came."""

    depois: int
    filtro: Filtro
    segundos: float


# Takes the request aside; False when it may not wait (any longer): then it is to be answered as it is.
Oferta = Callable[[Interesse], bool]


def oferta() -> Oferta | None:
    """The server's offer; None where the server makes none."""
    achada: Oferta | None = request.environ.get(ESPERAR)
    return achada


def esperou_depois() -> int | None:
    """The place after which the request has waited already, when it is served once more."""
    lugar: int | None = request.environ.get(VOLTOU)
    return lugar


def em_espera() -> Response:
    """What a route returns when its offer was taken; nobody sees it."""
    g.em_espera = True
    return Response(status=204)
