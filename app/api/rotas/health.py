"""Is the process alive, and can it work?"""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from app.api.http import answer
from app.api.problemas import problem_response
from app.api.respostas.saude import ProntoSchema, VivoSchema
from app.domain.recusas import Problema, problema_padrao
from app.services.doutor.saude import Prontidoes

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> Response:
    """The process answers; the database is not asked."""
    return answer(VivoSchema, None)


@blueprint.get("/health/ready")
def ready() -> Response:
    """A sale could be written, and the server was not told to stop."""
    if current_app.extensions["encerrando"].is_set():
        return problem_response([problema_padrao("ENCERRANDO")])
    prontidoes: Prontidoes = current_app.extensions["prontidoes"]
    prontidao = prontidoes.conferir()
    if prontidao.codigo is not None:
        return problem_response([Problema(prontidao.codigo, prontidao.motivo)])
    return answer(ProntoSchema, prontidao)
