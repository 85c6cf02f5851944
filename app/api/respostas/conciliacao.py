"""Differences between what is reserved and the orders, and what became of corrections."""

from __future__ import annotations

from marshmallow import fields, validate

from app.api.respostas import ComResumo, Esquema, Momento, QuantidadeDaResposta
from app.domain.diferencas import ACOES, ANOTACOES, TIPOS


class DiferencaSchema(Esquema):
    """One difference."""

    id = fields.String()
    tipo = fields.String(validate=validate.OneOf(tuple(TIPOS)))
    filial = fields.String(allow_none=True)
    codprod = fields.Integer(allow_none=True)
    numped = fields.Integer(allow_none=True)
    numero = fields.String(allow_none=True)
    esperado = QuantidadeDaResposta(allow_none=True)
    reservado = QuantidadeDaResposta(allow_none=True)
    diferenca = QuantidadeDaResposta(allow_none=True)
    valor = QuantidadeDaResposta(allow_none=True)
    desde = Momento(allow_none=True)
    caller = fields.String(allow_none=True)
    origem = fields.String(allow_none=True, metadata={"description": "Quem fez o pedido: gateway, ou a origem dele"})
    explicacao = fields.String()
    anotacoes = fields.List(fields.String(validate=validate.OneOf(tuple(ANOTACOES))))
    acao = fields.String(validate=validate.OneOf(tuple(ACOES)))
    oQueFazer = fields.String()
    quem = fields.String()
    rotina = fields.String(allow_none=True)


class TotaisSchema(Esquema):
    """How many, and what they are worth."""

    diferencas = fields.Integer()
    porTipo = fields.Dict(keys=fields.String(), values=fields.Integer())
    valor = fields.Decimal()


class ConciliacaoSchema(Esquema):
    """All differences found at one moment."""

    geradoEm = Momento()
    diferencas = fields.List(fields.Nested(DiferencaSchema))
    totais = fields.Nested(TotaisSchema)


class CorrecaoSchema(ComResumo, DiferencaSchema):
    """A difference and what became of its correction."""

    resultado = fields.String()


class CorrecoesFeitasSchema(Esquema):
    """The plan, or what was done."""

    simulado = fields.Boolean()
    correcoes = fields.List(fields.Nested(CorrecaoSchema))
    desconhecidos = fields.List(fields.String())
