"""The answer to an accepted request, and the log's request of an action that no POS asked for."""

from __future__ import annotations

from marshmallow import fields

from app.api.respostas import Esquema, Momento, QuantidadeDaResposta
from app.api.respostas.campos import Dinheiro, GrupoDeMembros, estado, lista, no_pdv, opcao
from app.domain.codigos import CODIGOS, TipoDeCodigo


class AvisoSchema(Esquema):
    """A success that is not quite what was sent."""

    codigo = opcao(*(c.codigo for c in CODIGOS.values() if c.tipo is TipoDeCodigo.AVISO))
    mensagem = fields.String()
    campos = fields.List(fields.String())


class ItemDaEntregaSchema(Esquema):
    """A line of a delivery, in base units."""

    numseq = fields.Integer()
    filial = fields.String()
    quantidade = QuantidadeDaResposta()


class EntregaDaVendaSchema(Esquema):
    """A delivery of a paid order that became a future sale (R23)."""

    idRetaguarda = fields.Integer(attribute="numped", allow_none=True)
    tipoEntrega = opcao("RP", "EN", "EF", attribute="tipo")
    itens = lista(ItemDaEntregaSchema)


class FilialEscolhidaSchema(Esquema):
    """Where a part of an item left to the gateway comes from, in its packages (R29)."""

    item = fields.Integer(metadata={"description": "Índice em preVendaItens"})
    filial = fields.String()
    quantidade = QuantidadeDaResposta()


class DadosDoAceiteSchema(Esquema):
    """What the reservation is now."""

    opcionais = frozenset({"desfecho.entregas_ou_nada", "desfecho.escolhidas_ou_nada"})

    idPedidoRetaguarda = fields.Integer(attribute="numped", allow_none=True)
    idRetaguarda = fields.Integer(attribute="numped", allow_none=True, dump_only=True)
    numero = fields.String()
    operacao = opcao("I", "A", "C")
    status = fields.Constant("A", metadata={"type": "string"})
    situacaoPreVenda = no_pdv(attribute="desfecho.no_pdv")
    situacaoReserva = estado(attribute="desfecho.estado")
    posicao = fields.String(attribute="desfecho.posicao", allow_none=True)
    filial = fields.String(attribute="desfecho.filial")
    codcli = fields.Integer(attribute="desfecho.codcli", allow_none=True)
    codusur = fields.Integer(attribute="desfecho.codusur", allow_none=True)
    total = Dinheiro(attribute="desfecho.total", allow_none=True)
    expiraEm = Momento(attribute="desfecho.expira", allow_none=True)
    substitui = fields.Integer(attribute="desfecho.substitui", allow_none=True)
    avisos = lista(AvisoSchema)
    entregas = lista(EntregaDaVendaSchema, attribute="desfecho.entregas_ou_nada")
    filiaisEscolhidas = lista(FilialEscolhidaSchema, attribute="desfecho.escolhidas_ou_nada")


class RespostaSchema(Esquema):
    """The answer to an accepted request (§4.3)."""

    success = fields.Constant(True, metadata={"type": "boolean"})
    message = fields.String(attribute="mensagem")
    idPedidoRetaguarda = fields.Integer(attribute="numped", allow_none=True)
    data = GrupoDeMembros(DadosDoAceiteSchema)
    errors = fields.Constant(None, allow_none=True, metadata={"type": "array", "items": {}})


class LiberadaSchema(Esquema):
    """Units that a correction has freed."""

    filial = fields.String()
    codprod = fields.Integer()
    quantidade = QuantidadeDaResposta()


class LinhaARemanejarSchema(Esquema):
    """A line that is to come from another branch."""

    numseq = fields.Integer()
    filial = fields.String()


class LinhaRemanejadaSchema(Esquema):
    """A line that comes from another branch, in base units."""

    numseq = fields.Integer()
    de = fields.String()
    para = fields.String()
    quantidade = QuantidadeDaResposta()


class DadosDoRemanejamentoSchema(Esquema):
    """The reservation, and its lines that move."""

    idRetaguarda = fields.Integer(attribute="numped")
    linhas = lista(LinhaRemanejadaSchema)


class RemanejamentoSchema(Esquema):
    """The plan of a move, or what was moved (R29)."""

    success = fields.Constant(True, metadata={"type": "boolean"})
    message = fields.String(attribute="mensagem")
    data = GrupoDeMembros(DadosDoRemanejamentoSchema)


class AcaoInternaSchema(Esquema):
    """The request of an action that no POS asked for."""

    opcionais = frozenset({"expirou", "motivo", "codcob", "ate", "tipo", "liberadas", "linhas"})

    acao = fields.String()
    tipo = fields.String()
    idRetaguarda = fields.Integer(attribute="numped")
    numero = fields.String()
    idLojaRetaguarda = fields.String(attribute="filial")
    expirouEm = Momento(attribute="expirou")
    motivo = fields.String()
    codcob = fields.String()
    ate = Momento(casas="auto")
    liberadas = fields.List(fields.Nested(LiberadaSchema))
    linhas = lista(LinhaARemanejarSchema)


class CorrecaoGravadaSchema(Esquema):
    """What is kept as the answer to a correction, which nobody was sent."""

    success = fields.Constant(True)
    situacaoReserva = fields.String(attribute="estado")
