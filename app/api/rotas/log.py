"""The list of operations for the back office."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, g, request
from marshmallow import validate, validates_schema

from app.api.auth import exige, gateway
from app.api.contrato.fields import erro
from app.api.contrato.query import (
    CodigoDaFilial,
    Consulta,
    Instante,
    NumeroDaConsulta,
    Palavra,
    inteiro,
    ler,
    limite,
    opcao,
)
from app.api.http import answer
from app.api.problemas import ErroHttp
from app.api.respostas.log import (
    ExportacaoSchema,
    LinhasExternasSchema,
    ListaDoLogSchema,
    OperacaoDetalhadaSchema,
    ResumoDoLogSchema,
    render_csv,
)
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import detalhe, log_externo, resumo_do_log
from app.services.consulta.exportacao import EXPORTACAO_MAXIMA, Exportacao, exportar
from app.services.consulta.operacoes import FiltroDoLog, listar_log

blueprint = Blueprint("log", __name__)


class LogQuery(Consulta):
    """Filters of GET /api/v1/log."""

    operacao = opcao("I", "A", "C")
    status = opcao("P", "A", "R")
    filial = CodigoDaFilial()
    numero = NumeroDaConsulta()
    numped = inteiro(0, 10**10 - 1)
    codprod = inteiro(0, 10**6 - 1)
    codigo = Palavra()
    caller = Palavra()
    de = Instante()
    ate = Instante()
    cursor = Palavra(validate=validate.Regexp("^[0-9a-f]{32}$", error="Cursor inválido."))
    limite = limite()


def _filtro(schema: LogQuery) -> FiltroDoLog:
    filtros = ler(schema, request.args.to_dict())
    filtros.pop("formato", None)
    return FiltroDoLog(filiais=g.caller.filiais, **filtros)


class ExportacaoQuery(LogQuery):
    """Filters of an export, and its form."""

    formato = opcao("csv", "json", load_default="csv")


class ExternasQuery(Consulta):
    """The span of rows not born here: at most seven days."""

    de = Instante(required=True)
    ate = Instante(required=True)

    @validates_schema(skip_on_field_errors=True)
    def _curta(self, data: Any, **_: Any) -> None:
        if not dt.timedelta(0) <= data["ate"] - data["de"] <= log_externo.JANELA_MAXIMA:
            raise erro(f"O período deve ter até {log_externo.JANELA_MAXIMA.days} dias.")


@blueprint.get("/api/v1/log")
@exige(RETAGUARDA)
def listar() -> Response:
    """Operations, newest first, with filters and a cursor."""
    return answer(ListaDoLogSchema, listar_log(gateway(), _filtro(LogQuery())))


@blueprint.get("/api/v1/log/resumo")
@exige(RETAGUARDA)
def resumo() -> Response:
    """Counts by status and refusals by code, of the filtered operations."""
    return answer(ResumoDoLogSchema, resumo_do_log.resumir(gateway(), _filtro(LogQuery())))


@blueprint.get("/api/v1/log/exportacao")
@exige(RETAGUARDA)
def exportacao() -> Response:
    """The filtered operations as a file."""
    formato = ler(ExportacaoQuery(), request.args.to_dict())["formato"]
    return arquivo(exportar(gateway(), _filtro(ExportacaoQuery())), formato)


def arquivo(exportada: Exportacao, formato: str) -> Response:
    """An export as a download."""
    if formato == "json":
        response = answer(ExportacaoSchema, exportada)
    else:
        response = Response(render_csv(exportada), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="operacoes.{formato}"'
    if exportada.truncada:
        response.headers["X-Truncada"] = str(EXPORTACAO_MAXIMA)
    return response


@blueprint.get("/api/v1/log/externas")
@exige(RETAGUARDA)
def externas() -> Response:
    """Rows of PCLOGPEDIDOAPI that other services wrote."""
    dados = ler(ExternasQuery(), request.args.to_dict())
    return answer(LinhasExternasSchema, log_externo.externas(gateway(), g.caller, dados["de"], dados["ate"]))


@blueprint.get("/api/v1/log/<id_operacao>")
@exige(RETAGUARDA)
def detalhar(id_operacao: str) -> Response:
    """One operation with all that is known of it."""
    achada = detalhe.detalhar(gateway(), g.caller, id_operacao)
    if achada is None:
        raise ErroHttp("ROTA_NAO_ENCONTRADA", "Não existe esta operação.")
    return answer(OperacaoDetalhadaSchema, achada)
