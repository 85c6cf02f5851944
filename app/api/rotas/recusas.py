"""What was refused before it became a row of the log."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, g, request

from app.api.auth import exige, gateway
from app.api.contrato.query import Consulta, Instante, ler
from app.api.http import answer
from app.api.respostas.recusas import RecusasSemRegistroSchema
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta.recusas_sem_registro import Contador, Listadas, listar

blueprint = Blueprint("recusas", __name__)


class RecusasQuery(Consulta):
    """The span; without one the last seven days."""

    de = Instante()
    ate = Instante()


def contador() -> Contador:
    """The counts of this process that are not written yet."""
    return cast(Contador, current_app.extensions["recusas"])


@blueprint.get("/api/v1/recusas-sem-registro")
@exige(RETAGUARDA)
def listar_recusas() -> Response:
    """By hour, login and code."""
    filtro = ler(RecusasQuery(), request.args.to_dict())
    contador().gravar()
    return answer(RecusasSemRegistroSchema, Listadas(listar(gateway(), g.caller, filtro.get("de"), filtro.get("ate"))))
