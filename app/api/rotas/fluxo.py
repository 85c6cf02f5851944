"""The flow of orders from their release to their invoice."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.query import CodigoDaFilial, Consulta, inteiro, ler
from app.api.http import answer
from app.api.respostas.fluxo import FluxoSchema
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import fluxo

blueprint = Blueprint("fluxo", __name__)


class FluxoQuery(Consulta):
    """Of which branch, and of how many days."""

    filial = CodigoDaFilial()
    dias = inteiro(1, fluxo.DIAS_MAXIMOS)


@blueprint.get("/api/v1/fluxo")
@exige(RETAGUARDA)
def medir() -> Response:
    """Paths of invoiced orders, time per step, orders that stand."""
    dados = ler(FluxoQuery(), request.args.to_dict())
    if dados.get("filial") is not None:
        conferir_filial(g.caller, dados["filial"])
    return answer(FluxoSchema, fluxo.medir(gateway(), g.caller, **dados))
