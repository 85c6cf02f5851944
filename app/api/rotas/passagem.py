"""What belongs to the TOTVS service: passed on where a setting names one, else told to go there (R26)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.api.auth import exige, gateway
from app.api.problemas import ErroHttp
from app.services.acesso.credenciais import PDV, PREFIXO_DA_CHAVE, RETAGUARDA
from app.totvs import RespostaTotvs, TotvsIndisponivel

blueprint = Blueprint("totvs", __name__)

CAMINHOS = ("/winthor/varejo/matcon/v1/pdv/detalhepdv", "/winthor/varejo/matcon/v1/rca/consulta")
_CABECALHOS = ("Accept", "Authorization", "Content-Type")


def cabecalhos() -> dict[str, str]:
    """The headers of the request that the other service needs; no others are passed on, nor a terminal's key: it is
    good here alone, and for ever."""
    achados = {nome: request.headers[nome] for nome in _CABECALHOS if nome in request.headers}
    if PREFIXO_DA_CHAVE in achados.get("Authorization", ""):
        del achados["Authorization"]
    return achados


def passar() -> Response:
    """The request passed on as it came, and its answer. Raises 503 TOTVS_INDISPONIVEL, and 404 where there is no such
    service."""
    totvs = gateway().totvs
    if totvs is None:
        raise ErroHttp("ROTA_NAO_ENCONTRADA", "Este endereço é do serviço do TOTVS; o proxy deve levá-lo para lá.")
    try:
        return devolver(
            totvs.passar(
                request.method,
                request.path,
                consulta=request.query_string.decode("ascii", "ignore"),
                dados=request.get_data(),
                cabecalhos=cabecalhos(),
            )
        )
    except TotvsIndisponivel:
        raise ErroHttp("TOTVS_INDISPONIVEL") from None


def devolver(resposta: RespostaTotvs) -> Response:
    """An answer of the other service, unchanged."""
    return Response(resposta.corpo, resposta.http, content_type=resposta.tipo)


for indice, caminho in enumerate(CAMINHOS):
    blueprint.add_url_rule(caminho, f"do_totvs_{indice}", exige(PDV, RETAGUARDA)(passar), methods=["GET"])
