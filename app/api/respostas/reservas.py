"""Answers about reservations, and about who holds a product's stock."""

from __future__ import annotations

from marshmallow import fields

from app.api.respostas import ComResumo, Esquema, Momento, QuantidadeDaResposta
from app.api.respostas.campos import Dia, Dinheiro, estado, lista, no_pdv, opcao
from app.api.respostas.eventos import EventoDaReservaSchema


class ReservaSchema(Esquema):
    """A reservation in a list."""

    idRetaguarda = fields.Integer(attribute="numped")
    filial = fields.String()
    numero = fields.String()
    situacaoReserva = estado(attribute="estado")
    situacaoPreVenda = no_pdv(attribute="no_pdv")
    posicao = fields.String(allow_none=True)
    codcli = fields.Integer(allow_none=True)
    codusur = fields.Integer(allow_none=True)
    total = Dinheiro(allow_none=True)
    itens = fields.Integer(allow_none=True)
    caller = fields.String(allow_none=True)
    criadaEm = Momento(attribute="criada")
    alteradaEm = Momento(attribute="alterada")
    expiraEm = Momento(attribute="expira", allow_none=True)
    vencida = fields.Boolean()
    idadeHoras = fields.Integer()
    substitui = fields.Integer(allow_none=True)
    substituidaPor = fields.Integer(allow_none=True)


class ListaDeReservasSchema(Esquema):
    """Reservations, and the cursor of the next page."""

    itens = lista(ReservaSchema)
    proximo = fields.Integer(allow_none=True)


class MudancaDeItemSchema(Esquema):
    """What an alteration changed of a product."""

    codprod = fields.Integer()
    codauxiliar = fields.Integer(allow_none=True)
    filial = fields.String()
    pvenda = QuantidadeDaResposta()
    antes = QuantidadeDaResposta()
    depois = QuantidadeDaResposta()


class EloSchema(ComResumo, ReservaSchema):
    """A reservation of a chain of alterations."""

    diferencas = lista(MudancaDeItemSchema)


class ParteGravadaSchema(Esquema):
    """A component of a stored kit line: base units in one kit."""

    codprod = fields.Integer()
    qtmp = QuantidadeDaResposta()
    pvenda = QuantidadeDaResposta()


class LinhaGravadaSchema(Esquema):
    """A stored line, in base units."""

    numseq = fields.Integer()
    codprod = fields.Integer()
    codauxiliar = fields.Integer(allow_none=True)
    filial = fields.String()
    qt = QuantidadeDaResposta()
    pvenda = QuantidadeDaResposta()
    componentes = lista(ParteGravadaSchema, attribute="partes")


class LinhaDaEntregaSchema(Esquema):
    """A line of a delivery, in base units; ``dataEntrega``: the day that was given for it."""

    numseq = fields.Integer()
    codprod = fields.Integer()
    filial = fields.String()
    quantidade = QuantidadeDaResposta(attribute="qt")
    dataEntrega = Dia(attribute="entrega", allow_none=True)


class EntregaDaReservaSchema(Esquema):
    """A delivery of a paid order that is a future sale (R23)."""

    idRetaguarda = fields.Integer(attribute="numped")
    tipoEntrega = opcao("RP", "EN", "EF", attribute="tipo")
    posicao = fields.String(allow_none=True)
    situacao = fields.String()
    itens = lista(LinhaDaEntregaSchema)


class ReservaInteiraSchema(ComResumo, ReservaSchema):
    """One reservation with its story."""

    opcionais = frozenset({"entregas"})

    linhas = lista(LinhaGravadaSchema)
    linhagem = lista(EloSchema)
    eventos = lista(EventoDaReservaSchema)
    entregas = lista(EntregaDaReservaSchema)


class DetentorSchema(Esquema):
    """An order that holds units of a product; ``entregaDe``: the future sale that it is a delivery of (R23)."""

    opcionais = frozenset({"entrega_de"})

    idRetaguarda = fields.Integer(attribute="numped")
    filial = fields.String()
    numero = fields.String(allow_none=True)
    origem = fields.String(allow_none=True)
    situacaoReserva = estado(attribute="estado", allow_none=True)
    posicao = fields.String()
    quantidade = QuantidadeDaResposta()
    data = Dia(allow_none=True)
    idadeHoras = fields.Integer(allow_none=True)
    expiraEm = Momento(attribute="expira", allow_none=True)
    caller = fields.String(allow_none=True)
    entregaDe = fields.Integer(attribute="entrega_de")


class DisponivelNaFilialSchema(Esquema):
    """What another branch has of a product."""

    filial = fields.String()
    disponivel = QuantidadeDaResposta()


class ProtecaoSchema(Esquema):
    """A policy that keeps something of the stock, and what its login has used up of it (R30)."""

    id = fields.Integer(attribute="politica.id")
    canal = fields.String(
        attribute="politica.canal", allow_none=True, metadata={"description": "O login; nulo: estoque de segurança"}
    )
    guarda = QuantidadeDaResposta()
    usado = QuantidadeDaResposta()
    resta = QuantidadeDaResposta()
    ate = Dia(attribute="politica.fim", allow_none=True)
    motivo = fields.String(attribute="politica.motivo")


class EstoqueExplicadoSchema(Esquema):
    """The stock of a product in a branch, explained."""

    opcionais = frozenset({"detentores_omitidos", "protegido", "protecoes"})

    filial = fields.String()
    codprod = fields.Integer()
    estoque = QuantidadeDaResposta()
    reservado = QuantidadeDaResposta()
    bloqueado = QuantidadeDaResposta()
    pendente = QuantidadeDaResposta()
    disponivel = QuantidadeDaResposta()
    explicado = QuantidadeDaResposta()
    naoExplicado = QuantidadeDaResposta()
    detentores = lista(DetentorSchema)
    detentoresOmitidos = fields.Integer(metadata={"description": "Além dos primeiros 200, só contados em explicado"})
    outrasFiliais = lista(DisponivelNaFilialSchema)
    protegido = QuantidadeDaResposta(
        metadata={"description": "Do que está livre, o que uma política guarda para outros logins"}
    )
    protecoes = lista(ProtecaoSchema, metadata={"description": "As políticas em vigor, com o que já foi usado"})
