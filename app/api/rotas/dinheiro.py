"""Money and time of the reservations, and the movements of a product."""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from marshmallow import validate

from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.query import CodigoDaFilial, Consulta, Palavra, ler, limite
from app.api.http import answer
from app.api.respostas.indicadores import IndicadoresSchema, MovimentosSchema
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import dinheiro, movimentos

blueprint = Blueprint("dinheiro", __name__)


class IndicadoresQuery(Consulta):
    """Of which branch."""

    filial = CodigoDaFilial()


class MovimentosQuery(Consulta):
    """Which page of the movements."""

    cursor = Palavra(validate=validate.Regexp("^[0-9a-f]{32}$", error="Cursor inválido."))
    limite = limite()


@blueprint.get("/api/v1/indicadores")
@exige(RETAGUARDA)
def apurar() -> Response:
    """Value held, ageing, terms, outcomes by week."""
    dados = ler(IndicadoresQuery(), request.args.to_dict())
    if dados.get("filial") is not None:
        conferir_filial(g.caller, dados["filial"])
    return answer(IndicadoresSchema, dinheiro.apurado(gateway(), g.caller, dados.get("filial")))


@blueprint.get("/api/v1/estoque/<filial>/<int:codprod>/movimentos")
@exige(RETAGUARDA)
def mover(filial: str, codprod: int) -> Response:
    """What operations did to the reserved units of a product in a branch."""
    filial = filial.strip()
    conferir_filial(g.caller, filial)
    dados = ler(MovimentosQuery(), request.args.to_dict())
    return answer(MovimentosSchema, movimentos.listar(gateway(), filial, codprod, **dados))
