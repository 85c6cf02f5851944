"""What commands print with ``--json``, where their members are not called as everywhere."""

from __future__ import annotations

from marshmallow import fields

from app.api.respostas import ComResumo, Esquema, QuantidadeDaResposta


class VarreduraSchema(ComResumo):
    """``prevenda reservas expirar``."""

    simulado = fields.Boolean()
    expiradas = fields.List(fields.Integer())
    puladas = fields.Dict(keys=fields.String(), values=fields.String())
    falhas = fields.Dict(keys=fields.String(), values=fields.String())
    encerradasNoWinthor = fields.List(fields.Integer())


class AdocaoSchema(Esquema):
    """``prevenda reservas adotar``."""

    adotadas = fields.Integer()
    jaConhecidas = fields.Integer()
    ignoradas = fields.Integer()


class SimulacaoDePrazoSchema(Esquema):
    """``prevenda reservas simular-prazo``."""

    regra = fields.String()
    reservas = fields.Integer()
    liberadas = fields.Integer()
    pagasDepois = fields.Integer()
    unidadesDias = QuantidadeDaResposta()
    valorDias = QuantidadeDaResposta()


class EntregaDeEventosSchema(Esquema):
    """``prevenda eventos entregar``."""

    entregues = fields.Integer()
    falhas = fields.Integer()
    desligadas = fields.List(fields.String())
