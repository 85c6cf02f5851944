"""/openapi.json, generated from the schemas and the routes."""

from __future__ import annotations

from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response

from app.api import fields as campos
from app.api.conciliacao import CorrecoesSchema
from app.api.consulta import (
    CAMINHO_DO_ESTOQUE,
    CAMINHO_DOS_STATUS,
    Codigos,
    ConsultaQuery,
    EstoqueListaQuery,
    EstoqueQuery,
    Produtos,
    SimOuNao,
    StatusQuery,
)
from app.api.consulta import Situacao as SituacaoNaConsulta
from app.api.log import ExportacaoQuery, ExternasQuery, LogQuery
from app.api.login import CAMINHO as CAMINHO_DO_LOGIN
from app.api.login import LoginSchema
from app.api.pre_vendas import CAMINHOS, json_response
from app.api.query import DiaOuInstante, Instante
from app.api.reservas import CancelamentoSchema, ProrrogacaoSchema, ReservasQuery
from app.api.schemas import PreVendaSchema

blueprint = Blueprint("openapi", __name__)

VERSAO = "0.1.0"

_TIPOS = {
    campos.Texto: ("string", None),
    campos.Identificacao: ("string", None),
    campos.CodigoFilial: ("string", None),
    campos.Codigo: ("integer", None),
    campos.CodigoCliente: ("string", None),
    campos.SituacaoPreVenda: ("integer", None),
    campos.Numero: ("number", None),
    campos.Quantidade: ("number", None),
    campos.Percentual: ("number", None),
    campos.IdProdutoRetaguarda: ("string", None),
    campos.IdVendedorRetaguarda: ("string", None),
    campos.TipoEntrega: ("integer", None),
    campos.Data: ("string", "date"),
    campos.DataOuHora: ("string", "date-time"),
    campos.LockTTL: ("string", None),
    Instante: ("string", "date-time"),
    DiaOuInstante: ("string", "date-time"),
    Codigos: ("string", None),
    Produtos: ("string", None),
    SimOuNao: ("boolean", None),
    SituacaoNaConsulta: ("string", None),
}

_EXEMPLO = {
    "situacaoPreVenda": 2,
    "numero": "PV-1",
    "idLojaRetaguarda": "1",
    "preVendaItens": [{"idProdutoRetaguarda": "100-1", "quantidade": 2, "preco": 10.0}],
}

_RESPOSTA = {
    "type": "object",
    "required": ["success", "message", "idPedidoRetaguarda", "data", "errors"],
    "properties": {
        "success": {"type": "boolean"},
        "message": {"type": "string"},
        "idPedidoRetaguarda": {"type": "integer"},
        "data": {
            "type": "object",
            "properties": {
                "idPedidoRetaguarda": {"type": "integer"},
                "idRetaguarda": {"type": "integer"},
                "numero": {"type": "string"},
                "operacao": {"type": "string", "enum": ["I", "A", "C"]},
                "status": {"type": "string", "enum": ["A"]},
                "situacaoPreVenda": {"type": "string"},
                "situacaoReserva": {"type": "string"},
                "posicao": {"type": "string"},
                "filial": {"type": "string"},
                "codcli": {"type": "integer"},
                "codusur": {"type": "integer"},
                "total": {"type": "number"},
                "expiraEm": {"type": "string", "format": "date-time", "nullable": True},
                "substitui": {"type": "integer", "nullable": True},
                "avisos": {"type": "array", "items": {"$ref": "#/components/schemas/Aviso"}},
            },
        },
        "errors": {"nullable": True},
    },
}
_AVISO = {
    "type": "object",
    "properties": {
        "codigo": {"type": "string"},
        "mensagem": {"type": "string"},
        "campos": {"type": "array", "items": {"type": "string"}},
    },
}
_PROBLEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "codigo", "success", "message", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "codigo": {"type": "string"},
        "success": {"type": "boolean", "enum": [False]},
        "message": {"type": "string"},
        "rotina": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "codigo": {"type": "string"},
                    "campo": {"type": "string", "nullable": True, "description": "JSON pointer"},
                    "mensagem": {"type": "string"},
                    "rotina": {"type": "string"},
                },
            },
        },
    },
}


def _errors(*status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problema"}}}
    return {str(code): {"description": "Problema", "content": content} for code in status}


def _json(description: str, schema: Any = None) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema or {"type": "object"}}}}


@cache
def build() -> dict[str, Any]:
    """The OpenAPI document."""
    plugin = MarshmallowPlugin()
    spec = APISpec("Gateway de pré-vendas", VERSAO, "3.0.3", plugins=[plugin])
    for field, (kind, form) in _TIPOS.items():
        plugin.map_to_openapi_type(field, kind, form)  # type: ignore[no-untyped-call]
    spec.components.schema("PreVenda", schema=PreVendaSchema)
    spec.components.schema("Resposta", _RESPOSTA)
    spec.components.schema("Aviso", _AVISO)
    spec.components.schema("Problema", _PROBLEMA)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PreVenda"}, "example": _EXEMPLO}},
    }
    resposta = {"$ref": "#/components/schemas/Resposta"}
    enviar = {
        "tags": ["pré-vendas"],
        "security": [{"bearer": []}],
        "parameters": [
            {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 255}},
        ],
        "requestBody": body,
        "responses": {
            "200": _json("Aceita, sem número novo, ou repetida", resposta),
            "201": _json("Reservada", resposta),
            **_errors(400, 401, 403, 404, 409, 413, 415, 422, 500, 503),
        },
    }
    for caminho in CAMINHOS:
        operations = {
            verb: {**enviar, "summary": f"{verb.upper()} de uma pré-venda"} for verb in ("post", "put", "delete")
        }
        spec.path(caminho, operations=operations)
    simulacao = {**enviar, "summary": "Ensaio: a resposta que uma pré-venda teria", "parameters": []}
    spec.path("/api/v1/pre-vendas/simulacao", operations={"post": simulacao})
    spec.path(
        CAMINHO_DO_LOGIN,
        operations={
            "post": {
                "tags": ["login"],
                "summary": "Token para um login",
                "requestBody": {"required": True, "content": {"application/json": {"schema": LoginSchema}}},
                "responses": {"200": _json("Token"), **_errors(400, 401, 413, 415, 422, 503)},
            }
        },
    )
    spec.path(
        "/api/v1/pre-vendas/{numero}",
        operations={
            "get": {
                "tags": ["pré-vendas"],
                "summary": "O que aconteceu com a última requisição de uma pré-venda",
                "security": [{"bearer": []}],
                "parameters": [
                    {"in": "path", "name": "numero", "required": True, "schema": {"type": "string"}},
                    {"in": "query", "name": "idLojaRetaguarda", "required": True, "schema": {"type": "string"}},
                ],
                "responses": {"200": _json("Situação"), **_errors(401, 403, 422, 503)},
            }
        },
    )
    spec.path(
        "/api/v1/log",
        operations={
            "get": {
                "tags": ["retaguarda"],
                "summary": "Operações, da mais nova para a mais antiga",
                "security": [{"bearer": []}],
                "parameters": [{"in": "query", "schema": LogQuery}],
                "responses": {"200": _json("Operações"), **_errors(401, 403, 422, 503)},
            }
        },
    )
    _consultas(spec)
    _retaguarda(spec, resposta)
    for caminho, texto in (("/health/live", "O processo responde"), ("/health/ready", "O gateway pode trabalhar")):
        responses = {"200": _json(texto), **(_errors(503) if "ready" in caminho else {})}
        spec.path(caminho, operations={"get": {"tags": ["saúde"], "summary": texto, "responses": responses}})
    spec.path(
        "/openapi.json",
        operations={"get": {"tags": ["saúde"], "summary": "Este documento", "responses": {"200": _json("OpenAPI")}}},
    )
    return spec.to_dict()


_ITENS_PAGINADOS = {
    "type": "object",
    "required": ["items", "hasNext"],
    "properties": {
        "items": {"type": "array", "items": {"type": "object"}},
        "page": {"type": "integer"},
        "pageSize": {"type": "integer"},
        "hasNext": {"type": "boolean"},
    },
}
_ENVELOPE = {
    "type": "object",
    "required": ["success", "message", "data", "errors"],
    "properties": {
        "success": {"type": "boolean"},
        "message": {"type": "string"},
        "data": {"description": "Uma pré-venda, ou a lista delas"},
        "errors": {"nullable": True},
        "numberOfRecords": {"type": "integer"},
        "page": {"type": "integer"},
        "pageSize": {"type": "integer"},
        "hasNext": {"type": "boolean"},
    },
}


def _consultas(spec: APISpec) -> None:
    def operacao(texto: str, tag: str, query: Any, schema: Any, *erros: int) -> dict[str, Any]:
        return {
            "get": {
                "tags": [tag],
                "summary": texto,
                "security": [{"bearer": []}],
                "parameters": [{"in": "query", "schema": query}],
                "responses": {"200": _json(texto, schema), **_errors(401, 403, *erros, 422, 503)},
            }
        }

    for caminho in CAMINHOS:
        texto = "Uma pré-venda, ou as pré-vendas de uma loja"
        spec.path(f"{caminho}/consulta", operations=operacao(texto, "pré-vendas", ConsultaQuery, _ENVELOPE, 404))
    spec.path(
        CAMINHO_DOS_STATUS,
        operations=operacao("Posições dos pedidos, para o hub", "hub", StatusQuery, _ITENS_PAGINADOS),
    )
    spec.path(
        CAMINHO_DO_ESTOQUE,
        operations=operacao("Estoque disponível de produtos", "estoque", EstoqueQuery, _ITENS_PAGINADOS),
    )
    spec.path(
        f"{CAMINHO_DO_ESTOQUE}/list",
        operations=operacao("Estoque disponível de uma filial", "estoque", EstoqueListaQuery, _ITENS_PAGINADOS),
    )


def _retaguarda(spec: APISpec, resposta: dict[str, Any]) -> None:
    def operacao(texto: str, respostas: dict[str, Any], corpo: Any = None, *parametros: Any) -> dict[str, Any]:
        operation: dict[str, Any] = {
            "tags": ["retaguarda"],
            "summary": texto,
            "security": [{"bearer": []}],
            "parameters": list(parametros),
            "responses": respostas,
        }
        if corpo is not None:
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": corpo}}}
        return operation

    numped = {"in": "path", "name": "numped", "required": True, "schema": {"type": "integer"}}
    leitura = _errors(401, 403, 422, 503)
    uma = _errors(401, 403, 404, 503)
    acao = _errors(400, 401, 403, 404, 409, 413, 415, 422, 503)
    aceita = {"200": _json("Feito", resposta), **acao}
    base = "/api/v1/reservas"
    query = {"in": "query", "schema": ReservasQuery}
    spec.path(base, operations={"get": operacao("Reservas vivas", {"200": _json("Reservas"), **leitura}, None, query)})
    spec.path(
        base + "/{numped}",
        operations={"get": operacao("Uma reserva", {"200": _json("Reserva"), **uma}, None, numped)},
    )
    spec.path(
        base + "/{numped}/cancelamento",
        operations={"post": operacao("Cancelar uma reserva", aceita, CancelamentoSchema, numped)},
    )
    spec.path(
        base + "/{numped}/prorrogacao",
        operations={"post": operacao("Prorrogar uma reserva", aceita, ProrrogacaoSchema, numped)},
    )
    id_operacao = {"in": "path", "name": "id_operacao", "required": True, "schema": {"type": "string"}}
    detalhe = operacao(
        "Uma operação, com tudo o que se sabe dela", {"200": _json("Operação"), **uma}, None, id_operacao
    )
    spec.path("/api/v1/log/{id_operacao}", operations={"get": detalhe})
    exportado = _json("Operações em arquivo")
    exportado["content"]["text/csv"] = {"schema": {"type": "string"}}
    for nome, texto, esquema, resposta_ in (
        ("resumo", "Contagens por status e recusas por código", LogQuery, _json("Resumo")),
        ("exportacao", "Operações em CSV ou JSON", ExportacaoQuery, exportado),
        ("externas", "Linhas de PCLOGPEDIDOAPI de outros serviços", ExternasQuery, _json("Linhas")),
    ):
        parametros = {"in": "query", "schema": esquema}
        spec.path(
            f"/api/v1/log/{nome}",
            operations={"get": operacao(texto, {"200": resposta_, **leitura}, None, parametros)},
        )
    filial = {"in": "path", "name": "filial", "required": True, "schema": {"type": "string"}}
    codprod = {"in": "path", "name": "codprod", "required": True, "schema": {"type": "integer"}}
    spec.path(
        "/api/v1/estoque/{filial}/{codprod}",
        operations={"get": operacao("Estoque explicado", {"200": _json("Estoque"), **leitura}, None, filial, codprod)},
    )
    spec.path(
        "/api/v1/conciliacao",
        operations={"get": operacao("Diferenças", {"200": _json("Diferenças"), **leitura})},
    )
    spec.path(
        "/api/v1/conciliacao/correcoes",
        operations={"post": operacao("Planejar ou aplicar correções", aceita, CorrecoesSchema)},
    )


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document of this gateway."""
    return json_response(build())
