"""The pre-sale's routes: POST, PUT and DELETE of the PDVSync contract, and what became of a request."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request

from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.query import Consulta, ler, texto
from app.api.contrato.requisicao import parse_requisicao
from app.api.http import json_response, read_json_object
from app.api.problemas import ErroHttp
from app.api.respostas.log import render_situacao
from app.api.rotas import passagem
from app.services.acesso.credenciais import PDV, RETAGUARDA
from app.services.consulta import operacoes
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.pre_venda.atender import receber
from app.services.pre_venda.simular import simular

blueprint = Blueprint("pre_vendas", __name__)

# The path of today's TOTVS service, and the one older points of sale still use.
CAMINHOS = ("/winthor/varejo/matcon/v1/orders/pdvsync", "/api/wholesale/v1/orders/pdvsync")

CHAVE_MAXIMA = 255
# An object with members but none of these is a message to another service that uses the same path.
DE_UMA_PRE_VENDA = frozenset({"situacaoPreVenda", "numero", "idLojaRetaguarda", "preVendaItens", "idRetaguarda"})


class SituacaoQuery(Consulta):
    """Query of what became of a pre-sale."""

    idLojaRetaguarda = texto(2, required=True)


@exige(PDV)
def enviar() -> Response:
    """Send a pre-sale, whatever its state; what is no pre-sale at all is the TOTVS service's (R26)."""
    corpo = read_json_object()
    if corpo and not DE_UMA_PRE_VENDA & corpo.keys():
        if gateway().totvs is None:
            raise ErroHttp("MENSAGEM_DE_OUTRO_SERVICO")
        return passagem.passar()
    return _dump(receber(gateway(), _ler(corpo)))


@blueprint.post("/api/v1/pre-vendas/simulacao")
@exige(PDV)
def ensaiar() -> Response:
    """The answer a pre-sale would get, with nothing written."""
    return _dump(simular(gateway(), _ler(read_json_object())))


def _ler(corpo: dict[str, Any]) -> Requisicao:
    """The request as a Requisicao. Raises 400 and 403."""
    gw = gateway()
    conferir_filial(g.caller, corpo.get("idLojaRetaguarda") or "")
    chave = request.headers.get("Idempotency-Key", "").strip().strip('"') or None
    if chave is not None and (len(chave) > CHAVE_MAXIMA or not chave.isprintable()):
        raise ErroHttp("JSON_INVALIDO", f"Idempotency-Key deve ter até {CHAVE_MAXIMA} caracteres visíveis.")
    return parse_requisicao(
        corpo,
        caller=g.caller.login,
        chave=chave,
        excluir=request.method == "DELETE",
        caminhos_extras=gw.caminhos_extras,
    )


def _dump(resposta: Resposta) -> Response:
    response = Response(resposta.corpo, resposta.http, mimetype="application/json")
    if resposta.repetida:
        response.headers["Idempotent-Replayed"] = "true"
    return response


for indice, caminho in enumerate(CAMINHOS):
    blueprint.add_url_rule(caminho, f"enviar_{indice}", enviar, methods=["POST", "PUT", "DELETE"])


@blueprint.get("/api/v1/pre-vendas/<path:numero>")
@exige(PDV, RETAGUARDA)
def situacao(numero: str) -> Response:
    """What happened to the last request of a pre-sale."""
    filial = ler(SituacaoQuery(), request.args.to_dict())["idLojaRetaguarda"].strip()
    conferir_filial(g.caller, filial)
    return json_response(render_situacao(operacoes.situacao_da_pre_venda(gateway(), filial, numero)))
