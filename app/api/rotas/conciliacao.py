"""Drift and orphans, and their repair."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g
from marshmallow import fields, validate, validates_schema

from app.api.auth import exige, gateway
from app.api.contrato.fields import erro
from app.api.contrato.query import Consulta, ler, motivo, sim_ou_nao
from app.api.http import answer, read_json_object
from app.api.respostas.conciliacao import ConciliacaoSchema, CorrecoesFeitasSchema
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR
from app.services.conciliacao import correcoes, retrato

blueprint = Blueprint("conciliacao", __name__)

ITENS_MAXIMOS = 1000


class CorrecoesSchema(Consulta):
    """Body of a correction: which differences (or all), why, and whether only to show it; by default only to show."""

    itens = fields.List(
        fields.String(error_messages={"invalid": "Deve ser texto."}),
        validate=validate.Length(max=ITENS_MAXIMOS, error=f"Informe até {ITENS_MAXIMOS} itens, ou todos: true."),
    )
    todos = sim_ou_nao()
    motivo = motivo()
    simular = sim_ou_nao(load_default=True)

    @validates_schema(skip_on_field_errors=False)
    def _um_dos_dois(self, data: Any, **_: Any) -> None:
        if bool(data.get("itens")) == bool(data.get("todos")):
            raise erro("Informe itens, ou todos: true, um dos dois.")


@blueprint.get("/api/v1/conciliacao")
@exige(RETAGUARDA)
def listar() -> Response:
    """Every difference, classified, explained and valued."""
    return answer(ConciliacaoSchema, retrato.ver(gateway(), g.caller.filiais))


@blueprint.post("/api/v1/conciliacao/correcoes")
@exige(RETAGUARDA_AGIR)
def corrigir() -> Response:
    """Plan or apply corrections."""
    dados = ler(CorrecoesSchema(), read_json_object())
    ids = None if dados.get("todos") else dados["itens"]
    resultado = correcoes.corrigir(
        gateway(), g.caller, ids=ids, motivo=dados["motivo"].strip(), simular=dados["simular"]
    )
    return answer(CorrecoesFeitasSchema, resultado)
