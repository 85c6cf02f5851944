"""Operations: the list, one of them, what became of a request, the summary, the export, rows of other services."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from app.api.respostas import ComResumo, Esquema, HoraDoErp, QuantidadeDaResposta
from app.api.respostas.eventos import OPERACAO, STATUS, EventoSchema, instante
from app.api.respostas.reservas import EloSchema
from app.services.consulta.exportacao import Exportacao
from app.services.consulta.operacoes import NOMES_DO_ESTADO, NUNCA_CHEGOU, UltimaOperacao

SITUACOES = validate.OneOf((*NOMES_DO_ESTADO.values(), NUNCA_CHEGOU))


class OperacaoSchema(Esquema):
    """An operation as a list shows it."""

    id = fields.String()
    operacao = fields.String(validate=OPERACAO)
    status = fields.String(attribute="estado", validate=STATUS)
    codigo = fields.String(allow_none=True)
    http = fields.Integer(allow_none=True)
    filial = fields.String(allow_none=True)
    numero = fields.String(allow_none=True)
    idPedidoRetaguarda = fields.Integer(attribute="numped", allow_none=True)
    idRetaguarda = fields.Integer(allow_none=True)
    caller = fields.String(allow_none=True)
    inicio = instante()
    fim = instante(allow_none=True)
    tempos = fields.Dict(values=fields.Integer(), allow_none=True, metadata={"description": "Milissegundos por etapa"})


class ListaDoLogSchema(Esquema):
    """A page of operations."""

    itens = fields.List(fields.Nested(OperacaoSchema))
    proximo = fields.String(allow_none=True)


class ExportacaoSchema(Esquema):
    """The operations of a file."""

    itens = fields.List(fields.Nested(OperacaoSchema))
    truncada = fields.Boolean()


class ExplicacaoSchema(Esquema):
    """A code in words."""

    oQue = fields.String()
    oQueFazer = fields.String()
    rotina = fields.String(allow_none=True)


class LinhaDoLogSchema(Esquema):
    """A row of PCLOGPEDIDOAPI."""

    data = HoraDoErp(allow_none=True)
    numped = fields.Integer(allow_none=True)
    posicao = fields.String(allow_none=True)
    operacao = fields.String(allow_none=True)
    status = fields.String(allow_none=True)
    codcli = fields.Integer(allow_none=True)


class MudancaSchema(Esquema):
    """What was done in a table."""

    opcionais = frozenset({"filial", "codprod", "variacao"})

    tabela = fields.String()
    mudanca = fields.String()
    filial = fields.String()
    codprod = fields.Integer()
    variacao = QuantidadeDaResposta()


class OperacaoDetalhadaSchema(ComResumo, OperacaoSchema):
    """One operation with all that is known of it."""

    opcionais = frozenset({"regra"})

    situacaoPreVenda = fields.Integer(attribute="situacao", allow_none=True)
    duracaoMs = fields.Integer(allow_none=True)
    limite = instante()
    requisicao = fields.Dict(allow_none=True)
    resposta = fields.Raw(allow_none=True, metadata={"type": "object"})
    erros = fields.List(fields.Dict())
    explicacao = fields.Nested(ExplicacaoSchema, allow_none=True)
    regra = fields.String(metadata={"description": "O que disse a regra da casa que a recusou (REGRA_DA_CASA)"})
    log = fields.Nested(LinhaDoLogSchema, allow_none=True)
    tabelas = fields.List(fields.Nested(MudancaSchema))
    linhagem = fields.List(fields.Nested(EloSchema))
    eventos = fields.List(fields.Nested(EventoSchema))


class SituacaoSchema(Esquema):
    """What became of the last request of a pre-sale of which none ever arrived."""

    numero = fields.String()
    filial = fields.String()
    situacao = fields.String(validate=SITUACOES)
    resposta = fields.Raw(allow_none=True, metadata={"type": "object", "description": "A resposta que foi dada"})


class UltimaOperacaoSchema(ComResumo, OperacaoSchema):
    """What became of the last request of a pre-sale, with the operation."""

    situacao = fields.String(validate=SITUACOES)
    resposta = fields.Raw(allow_none=True, metadata={"type": "object", "description": "A resposta que foi dada"})


def render_situacao(ultima: UltimaOperacao) -> Mapping[str, Any]:
    """What became of a request; without an operation there is little to say."""
    return (SituacaoSchema if ultima.resumo is None else UltimaOperacaoSchema).render(ultima)


class ContagensSchema(Esquema):
    """Operations by state."""

    A = fields.Integer(attribute="aceitas")
    R = fields.Integer(attribute="recusadas")
    P = fields.Integer(attribute="pendentes")


class RecusasSchema(Esquema):
    """The refusals of one code."""

    codigo = fields.String()
    quantas = fields.Integer()
    primeira = instante()
    ultima = instante()
    filiais = fields.List(fields.String())
    porHora = fields.List(fields.Integer())


class HoraSchema(Esquema):
    """What began in an hour."""

    hora = instante()
    A = fields.Integer(attribute="contagens.aceitas")
    R = fields.Integer(attribute="contagens.recusadas")
    P = fields.Integer(attribute="contagens.pendentes")


class ResumoDoLogSchema(Esquema):
    """Counts by status and refusals by code."""

    de = instante()
    ate = instante()
    contagens = fields.Nested(ContagensSchema)
    pendenteDesde = instante(allow_none=True)
    pendenteSegundos = fields.Integer(allow_none=True)
    recusas = fields.List(fields.Nested(RecusasSchema))
    porHora = fields.List(fields.Nested(HoraSchema))


class LinhaExternaSchema(ComResumo, LinhaDoLogSchema):
    """A row that another service wrote."""

    json = fields.Raw()
    jsonInvalido = fields.Boolean()


class LinhasExternasSchema(Esquema):
    """Rows of other services."""

    itens = fields.List(fields.Nested(LinhaExternaSchema))
    truncada = fields.Boolean()


COLUNAS = (
    "id",
    "inicio",
    "fim",
    "operacao",
    "status",
    "codigo",
    "http",
    "filial",
    "numero",
    "idPedidoRetaguarda",
    "idRetaguarda",
    "caller",
)
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_MARCA_UTF8 = "\ufeff"


def render_csv(exportacao: Exportacao) -> str:
    """The operations with semicolons between, as Brazilian spreadsheets read it."""
    folha = io.StringIO()
    escritor = csv.writer(folha, delimiter=";", lineterminator="\r\n")
    escritor.writerow(COLUNAS)
    for item in ExportacaoSchema.render(exportacao)["itens"]:
        escritor.writerow([celula(item[coluna]) for coluna in COLUNAS])
    return _MARCA_UTF8 + folha.getvalue()


def celula(valor: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    escrito = "" if valor is None else str(valor)
    return f"'{escrito}" if escrito.startswith(_FORMULAS) else escrito
