"""The policies of protected stock (R30)."""

from __future__ import annotations

from marshmallow import fields

from app.api.respostas import Esquema, Momento, QuantidadeDaResposta
from app.api.respostas.campos import Dia, lista, opcao
from app.domain.protecao import Vigencia


class PoliticaSchema(Esquema):
    """A policy; of a product, of each product of a department, or (both null) of each product of the branch."""

    opcionais = frozenset({"encerrada", "politica.encerrada_por", "politica.motivo_do_fim"})

    id = fields.Integer(attribute="politica.id")
    situacao = opcao(*(vigencia.value for vigencia in Vigencia), attribute="vigencia")
    filial = fields.String(attribute="politica.filial")
    codprod = fields.Integer(attribute="politica.codprod", allow_none=True)
    codepto = fields.Integer(attribute="politica.codepto", allow_none=True)
    canal = fields.String(
        attribute="politica.canal",
        allow_none=True,
        metadata={"description": "O login para quem se guarda; nulo: estoque de segurança, guardado de todos"},
    )
    quantidade = QuantidadeDaResposta(attribute="politica.quantidade", allow_none=True)
    percentual = QuantidadeDaResposta(
        attribute="politica.percentual", allow_none=True, metadata={"description": "Do que há em estoque"}
    )
    de = Dia(attribute="politica.inicio", allow_none=True)
    ate = Dia(attribute="politica.fim", allow_none=True)
    motivo = fields.String(attribute="politica.motivo")
    criadaPor = fields.String(attribute="politica.criada_por")
    criadaEm = Momento(attribute="criada")
    encerradaPor = fields.String(attribute="politica.encerrada_por")
    encerradaEm = Momento(attribute="encerrada")
    motivoDoFim = fields.String(attribute="politica.motivo_do_fim")


class PoliticasSchema(Esquema):
    """The policies, by number."""

    itens = lista(PoliticaSchema)
