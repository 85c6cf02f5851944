"""Money and time of the reservations, and the movements of a product."""

from __future__ import annotations

from marshmallow import fields, validate

from app.api.respostas import Esquema, Momento, QuantidadeDaResposta
from app.api.respostas.campos import Dia, Dinheiro, estado, lista
from app.api.respostas.eventos import OPERACAO
from app.domain.indicadores import Faixa


class RetidoSchema(Esquema):
    """What is held in a branch, by state, seller and login."""

    filial = fields.String()
    caller = fields.String(allow_none=True)
    codusur = fields.Integer(allow_none=True)
    situacaoReserva = estado()
    reservas = fields.Integer()
    unidades = QuantidadeDaResposta()
    valor = Dinheiro()


class IdadeSchema(Esquema):
    """Live reservations of an age, in days."""

    faixa = fields.String(
        validate=validate.OneOf(tuple(faixa.value for faixa in Faixa)), metadata={"description": "Dias"}
    )
    reservas = fields.Integer()
    valor = Dinheiro()


class VencimentoSchema(Esquema):
    """What ends on a day."""

    dia = Dia()
    reservas = fields.Integer()
    valor = Dinheiro()


class CoorteSchema(Esquema):
    """What became of the reservations that began in a week."""

    semana = Dia(metadata={"description": "A segunda-feira da semana"})
    criadas = fields.Integer()
    pagas = fields.Integer()
    alteradas = fields.Integer()
    canceladas = fields.Integer()
    expiradas = fields.Integer()
    renovadas = fields.Integer()
    medianaHorasAtePagar = QuantidadeDaResposta(allow_none=True)


class IndicadoresSchema(Esquema):
    """The figures."""

    geradoEm = Momento()
    retido = lista(RetidoSchema)
    idades = lista(IdadeSchema)
    vencimentos = lista(VencimentoSchema)
    coortes = lista(CoorteSchema)


class MovimentoSchema(Esquema):
    """What an operation did to the reserved units of a stock row."""

    quando = Momento()
    operacao = fields.String(validate=OPERACAO)
    numped = fields.Integer()
    numero = fields.String(allow_none=True)
    caller = fields.String(allow_none=True)
    variacao = QuantidadeDaResposta()


class MovimentosSchema(Esquema):
    """A page of movements, newest first."""

    itens = lista(MovimentoSchema)
    proximo = fields.String(allow_none=True)
