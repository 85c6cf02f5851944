"""What became of a pre-sale, lists of them, and positions of orders for the hub."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.api.respostas import ComResumo, Esquema, HoraDoErp, Momento, QuantidadeDaResposta
from app.api.respostas.campos import Dinheiro, GrupoDeMembros, estado, lista, no_pdv
from app.services.consulta.pedidos import PreVendaInteira


class ClienteConsultadoSchema(Esquema):
    """The customer of an order."""

    idRetaguarda = fields.Integer(attribute="codcli")
    nome = fields.String(allow_none=True)
    cpfCnpj = fields.String(attribute="cgcent", allow_none=True)


class PreVendaConsultadaSchema(Esquema):
    """A pre-sale without its items."""

    idRetaguarda = fields.Integer(attribute="numped")
    idPedidoRetaguarda = fields.Integer(attribute="numped", dump_only=True)
    numero = fields.String(allow_none=True)
    idLojaRetaguarda = fields.String(attribute="filial")
    situacaoPreVenda = no_pdv(attribute="no_pdv")
    situacaoReserva = estado(attribute="estado")
    posicao = fields.String()
    data = Momento(allow_none=True)
    expiraEm = Momento(attribute="expira", allow_none=True)
    idOperadorRetaguarda = fields.Integer(attribute="codemitente", allow_none=True)
    codusur = fields.Integer()
    totalLiquido = Dinheiro(attribute="total")
    descontoTotal = Dinheiro(attribute="desconto")
    itens = fields.Integer(attribute="numitens", allow_none=True)
    cliente = fields.Nested(ClienteConsultadoSchema)
    substitui = fields.Integer(allow_none=True)
    substituidaPor = fields.Integer(allow_none=True)


class EntregaConsultadaSchema(Esquema):
    """Where an item is taken from."""

    idLojaEntregaRetaguarda = fields.String(attribute="filial")


class ParteConsultadaSchema(Esquema):
    """A component of a kit."""

    idProdutoRetaguarda = fields.String(attribute="produto")
    sequencial = fields.Integer()
    quantidade = QuantidadeDaResposta()
    preco = QuantidadeDaResposta()


class ItemConsultadoSchema(Esquema):
    """An item as the POS sends it."""

    opcionais = frozenset({"desconto_percentual"})

    idProdutoRetaguarda = fields.String(attribute="produto")
    quantidade = QuantidadeDaResposta()
    preco = QuantidadeDaResposta()
    descontoPercentual = QuantidadeDaResposta(attribute="desconto_percentual")
    idVendedorRetaguarda = fields.String(attribute="vendedor", allow_none=True)
    entrega = GrupoDeMembros(EntregaConsultadaSchema)
    itensKit = lista(ParteConsultadaSchema, attribute="partes")


class PreVendaInteiraSchema(ComResumo, PreVendaConsultadaSchema):
    """A pre-sale with its items."""

    preVendaItens = lista(ItemConsultadoSchema, attribute="itens")


class EnvelopeSchema(Esquema):
    """What the contract puts around what is asked for."""

    success = fields.Constant(True, metadata={"type": "boolean"})
    message = fields.Constant("", metadata={"type": "string"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """One pre-sale to put into it."""

    data: PreVendaInteira


class UmaPreVendaSchema(EnvelopeSchema):
    """One pre-sale."""

    data = fields.Nested(PreVendaInteiraSchema)
    errors = fields.Constant(None, allow_none=True, metadata={"type": "array", "items": {}})
    numberOfRecords = fields.Constant(1, metadata={"type": "integer"})


class ListaDePreVendasSchema(EnvelopeSchema):
    """Pre-sales of a branch."""

    data = lista(PreVendaInteiraSchema, attribute="itens")
    errors = fields.Constant(None, allow_none=True, metadata={"type": "array", "items": {}})
    numberOfRecords = fields.Integer(attribute="quantos")
    page = fields.Integer(attribute="pagina")
    pageSize = fields.Integer(attribute="tamanho")
    hasNext = fields.Boolean(attribute="tem_proxima")


class PosicaoSchema(Esquema):
    """The position of an order."""

    orderId = fields.Integer(attribute="numped")
    branchId = fields.String(attribute="filial")
    orderStatus = fields.String(attribute="posicao")
    lastChange = HoraDoErp(attribute="mudou")


class ListaDePosicoesSchema(Esquema):
    """Positions of a branch's orders."""

    items = lista(PosicaoSchema, attribute="itens")
    page = fields.Integer(attribute="pagina")
    pageSize = fields.Integer(attribute="tamanho")
    hasNext = fields.Boolean(attribute="tem_proxima")
