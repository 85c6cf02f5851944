"""What ``prevenda comparar --json`` prints (R25)."""

from __future__ import annotations

from marshmallow import fields

from app.api.respostas import Esquema


class ContagemEsquema(Esquema):
    """A code of the gateway's, and how often."""

    codigo = fields.String()
    vezes = fields.Integer()


class VereditosEsquema(Esquema):
    """Judgements beside judgements."""

    iguais = fields.Integer()
    maisRigorosos = fields.Integer()
    menosRigorosos = fields.Integer()
    porCodigo = fields.List(fields.Nested(ContagemEsquema))


class ParEsquema(Esquema):
    """A value there, the one here, and how often."""

    totvs = fields.String()
    nosso = fields.String()
    vezes = fields.Integer()


class ColunaEsquema(Esquema):
    """A column that the maps fill."""

    tabela = fields.String()
    coluna = fields.String()
    iguais = fields.Integer()
    diferentes = fields.Integer()
    pares = fields.List(fields.Nested(ParEsquema))
    proposta = fields.String(allow_none=True)


class PropostaEsquema(Esquema):
    """A column that only the other service fills."""

    tabela = fields.String()
    coluna = fields.String()
    exemplo = fields.String()
    linha = fields.String(allow_none=True)


class ComparacaoEsquema(Esquema):
    """The report."""

    de = fields.Date()
    ate = fields.Date()
    lidas = fields.Integer()
    reconhecidas = fields.Integer()
    semItens = fields.Integer()
    ilegiveis = fields.Integer()
    vereditos = fields.Nested(VereditosEsquema)
    colunas = fields.List(fields.Nested(ColunaEsquema))
    propostas = fields.List(fields.Nested(PropostaEsquema))
    conclusao = fields.String()
