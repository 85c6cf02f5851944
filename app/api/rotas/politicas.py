"""The policies of protected stock (R30)."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.query import CodigoDaFilial, Consulta, ler, opcao
from app.api.http import answer
from app.api.respostas.politicas import PoliticasSchema
from app.services import politicas
from app.services.acesso.credenciais import RETAGUARDA

blueprint = Blueprint("politicas", __name__)


class PoliticasQuery(Consulta):
    """Of which branch; those that were ended too."""

    filial = CodigoDaFilial()
    encerradas = opcao("sim", "nao")


@blueprint.get("/api/v1/politicas")
@exige(RETAGUARDA)
def listar() -> Response:
    """Who keeps what for whom, until when, and why."""
    dados = ler(PoliticasQuery(), request.args.to_dict())
    filial = dados.get("filial")
    if filial is not None:
        conferir_filial(g.caller, filial)
    encerradas = dados.get("encerradas") == "sim"
    return answer(PoliticasSchema, politicas.listar(gateway(), g.caller, filial=filial, encerradas=encerradas))
