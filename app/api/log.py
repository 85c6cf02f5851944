"""The list of operations for the back office."""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from marshmallow import fields, validate

from app.api.auth import exige, gateway
from app.api.pre_vendas import json_response
from app.api.query import Consulta, Instante, inteiro, ler, limite, opcao
from app.services.consultar import FiltroDoLog, listar_log
from app.services.credenciais import RETAGUARDA

blueprint = Blueprint("log", __name__)


class LogQuery(Consulta):
    """Filters of GET /api/v1/log."""

    operacao = opcao("I", "A", "C")
    status = opcao("P", "A", "R")
    filial = fields.String()
    numero = fields.String()
    numped = inteiro(0, 10**10 - 1)
    codprod = inteiro(0, 10**6 - 1)
    codigo = fields.String()
    caller = fields.String()
    de = Instante()
    ate = Instante()
    cursor = fields.String(validate=validate.Regexp("^[0-9a-f]{32}$", error="Cursor inválido."))
    limite = limite()


@blueprint.get("/api/v1/log")
@exige(RETAGUARDA)
def listar() -> Response:
    """Operations, newest first, with filters and a cursor."""
    filtros = ler(LogQuery(), request.args.to_dict())
    return json_response(listar_log(gateway(), FiltroDoLog(filiais=g.caller.filiais, **filtros)))
