"""The pre-sale's routes: POST, PUT and DELETE of the PDVSync contract, and what became of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, request

from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.query import CodigoDaFilial, Consulta, NumeroDaConsulta, ler
from app.api.contrato.requisicao import parse_requisicao
from app.api.http import json_response, read_json_object
from app.api.problemas import ErroHttp
from app.api.respostas.log import render_situacao
from app.api.rotas import passagem
from app.domain.recusas import Recusa
from app.services.acesso.credenciais import PDV, RETAGUARDA
from app.services.consulta import operacoes
from app.services.gateway import Gateway
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.pre_venda.atender import receber
from app.services.pre_venda.simular import simular

blueprint = Blueprint("pre_vendas", __name__)

# The path of today's TOTVS service, and the one older points of sale still use.
CAMINHOS = ("/winthor/varejo/matcon/v1/orders/pdvsync", "/api/wholesale/v1/orders/pdvsync")

CHAVE_MAXIMA = 255
# An object with members but none of these is a message to another service that uses the same path.
DE_UMA_PRE_VENDA = frozenset({"situacaoPreVenda", "numero", "idLojaRetaguarda", "preVendaItens", "idRetaguarda"})


class SituacaoNoCaminho(Consulta):
    """Query of what became of the pre-sale whose ``numero`` stands in the path."""

    idLojaRetaguarda = CodigoDaFilial(required=True)


class SituacaoQuery(SituacaoNoCaminho):
    """The same with ``numero`` in the query."""

    numero = NumeroDaConsulta(required=True)


@exige(PDV)
def enviar() -> Response:
    """Send a pre-sale, whatever its state; what is no pre-sale at all is the TOTVS service's (R26)."""
    corpo = read_json_object(controls=True)
    if corpo and not DE_UMA_PRE_VENDA & corpo.keys():
        if gateway().totvs is None:
            raise ErroHttp("MENSAGEM_DE_OUTRO_SERVICO")
        return passagem.passar()
    return _dump(_julgar(receber, corpo))


@blueprint.post("/api/v1/pre-vendas/simulacao")
@exige(PDV)
def ensaiar() -> Response:
    """The answer a pre-sale would get, with nothing written."""
    return _dump(_julgar(simular, read_json_object(controls=True)))


def _julgar(fazer: Callable[[Gateway, Requisicao], Resposta], corpo: dict[str, Any]) -> Resposta:
    """What the use case answers. A refusal of it says too what of the request was not taken as it was sent."""
    requisicao = _ler(corpo)
    try:
        return fazer(gateway(), requisicao)
    except Recusa as recusa:
        if not requisicao.avisos:
            raise
        raise Recusa(
            recusa.problemas,
            atual=recusa.atual,
            contra_oferta=recusa.contra_oferta,
            de_outras_filiais=recusa.de_outras_filiais,
            avisos=requisicao.avisos,
        ) from None


def _ler(corpo: dict[str, Any]) -> Requisicao:
    """The request as a Requisicao. Raises 400 and 403."""
    gw = gateway()
    conferir_filial(g.caller, corpo.get("idLojaRetaguarda"))
    chave = request.headers.get("Idempotency-Key", "").strip().strip('"') or None
    if chave is not None and (len(chave) > CHAVE_MAXIMA or not chave.isprintable()):
        raise ErroHttp("JSON_INVALIDO", f"Idempotency-Key deve ter até {CHAVE_MAXIMA} caracteres visíveis.")
    return parse_requisicao(
        corpo,
        caller=g.caller.login,
        chave=chave,
        excluir=request.method == "DELETE",
        caminhos_extras=gw.caminhos_extras,
        codificacao=gw.codificacao,
    )


def _dump(resposta: Resposta) -> Response:
    response = Response(resposta.corpo, resposta.http, mimetype="application/json")
    if resposta.repetida:
        response.headers["Idempotent-Replayed"] = "true"
    return response


for indice, caminho in enumerate(CAMINHOS):
    blueprint.add_url_rule(caminho, f"enviar_{indice}", enviar, methods=["POST", "PUT", "DELETE"])


@blueprint.get("/api/v1/pre-vendas")
@blueprint.get("/api/v1/pre-vendas/<numero:numero>")
@exige(PDV, RETAGUARDA)
def situacao(numero: str | None = None) -> Response:
    """What happened to the last request of a pre-sale."""
    no_caminho = {} if numero is None else {"numero": numero}
    dados = ler(SituacaoQuery(), {**request.args.to_dict(), **no_caminho})
    conferir_filial(g.caller, dados["idLojaRetaguarda"])
    situacao = operacoes.situacao_da_pre_venda(gateway(), dados["idLojaRetaguarda"], dados["numero"])
    return json_response(render_situacao(situacao))
