"""The view of the flow."""

from __future__ import annotations

from marshmallow import fields, validate

from app.api.respostas import Esquema, Momento, QuantidadeDaResposta
from app.api.respostas.campos import Dinheiro, lista
from app.domain.fluxo import Caminho, PassoDoFluxo

_PASSO = validate.OneOf(tuple(passo.value for passo in PassoDoFluxo))


class CaminhoSchema(Esquema):
    """The orders that took a path."""

    caminho = fields.String(validate=validate.OneOf(tuple(caminho.value for caminho in Caminho)))
    pedidos = fields.Integer()
    valor = Dinheiro()


class PassoSchema(Esquema):
    """How long a step lasts."""

    passo = fields.String(validate=_PASSO)
    medianaHoras = QuantidadeDaResposta()
    p95Horas = QuantidadeDaResposta(attribute="p95_horas")


class ParadoSchema(Esquema):
    """A live order that stands in a step."""

    numped = fields.Integer()
    filial = fields.String()
    passo = fields.String(validate=_PASSO)
    desde = Momento()


class FluxoSchema(Esquema):
    """Paths, steps, and what stands."""

    dias = fields.Integer()
    caminhos = lista(CaminhoSchema)
    passos = lista(PassoSchema)
    parados = lista(ParadoSchema)
