"""The list of operations for the back office."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, g, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app.api.auth import exige, gateway
from app.api.pre_vendas import json_response
from app.domain.recusas import Problema
from app.errors import problem_response
from app.services.consultar import LIMITE_MAXIMO, FiltroDoLog, listar_log
from app.services.credenciais import RETAGUARDA

blueprint = Blueprint("log", __name__)


class Instante(fields.Field[dt.datetime]):
    """An ISO 8601 instant; without offset it is taken by the ERP's clock."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.datetime:
        try:
            instante = dt.datetime.fromisoformat(str(value))
        except ValueError:
            raise ValidationError("Deve ser uma data ISO 8601.") from None
        return instante if instante.tzinfo else instante.replace(tzinfo=gateway().settings.fuso)


def _inteiro(digitos: int) -> fields.Integer:
    return fields.Integer(
        validate=validate.Range(0, 10**digitos - 1, error="Fora dos limites."),
        error_messages={"invalid": "Deve ser um número inteiro."},
    )


class LogQuery(Schema):
    """Filters of GET /api/v1/log."""

    class Meta:
        unknown = EXCLUDE

    operacao = fields.String(validate=validate.OneOf(["I", "A", "C"], error="Deve ser I, A ou C."))
    status = fields.String(validate=validate.OneOf(["P", "A", "R"], error="Deve ser P, A ou R."))
    filial = fields.String()
    numero = fields.String()
    numped = _inteiro(10)
    codprod = _inteiro(6)
    codigo = fields.String()
    caller = fields.String()
    de = Instante()
    ate = Instante()
    cursor = fields.String(validate=validate.Regexp("^[0-9a-f]{32}$", error="Cursor inválido."))
    limite = fields.Integer(
        validate=validate.Range(1, LIMITE_MAXIMO, error=f"Deve ficar entre 1 e {LIMITE_MAXIMO}."), load_default=50
    )


@blueprint.get("/api/v1/log")
@exige(RETAGUARDA)
def listar() -> Response:
    """Operations, newest first, with filters and a cursor."""
    try:
        filtros = LogQuery().load(request.args.to_dict())
    except ValidationError as error:
        problemas = [
            Problema("CAMPO_INVALIDO", str(textos[0]), f"/{nome}") for nome, textos in error.messages_dict.items()
        ]
        return problem_response(422, problemas)
    return json_response(listar_log(gateway(), FiltroDoLog(filiais=g.caller.filiais, **filtros)))
