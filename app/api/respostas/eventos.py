"""An operation as an event of its pre-sale, and what all answers about operations share."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from app.api.respostas import ComResumo, Momento

OPERACAO = validate.OneOf(("I", "A", "C"))
STATUS = validate.OneOf(("P", "A", "R"))


def instante(**kwargs: Any) -> Momento:
    """An instant of an operation: to the millisecond, in UTC."""
    return Momento(casas="milliseconds", **kwargs)


class EventoSchema(ComResumo):
    """An operation as an event of its pre-sale."""

    id = fields.String()
    quando = instante()
    operacao = fields.String(validate=OPERACAO)
    status = fields.String(attribute="estado", validate=STATUS)
    codigo = fields.String(allow_none=True)
    situacaoPreVenda = fields.Integer(attribute="situacao", allow_none=True)
    idRetaguarda = fields.Integer(allow_none=True)
    idPedidoRetaguarda = fields.Integer(attribute="numped", allow_none=True)
    caller = fields.String(allow_none=True)


class EventoDaReservaSchema(EventoSchema):
    """The same beside a reservation, whose instants are to the second and in the zone of its branch."""

    quando = Momento()
