"""Reservations and stock for the back office, and what it may do about them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request
from marshmallow import fields, post_load, validate, validates_schema

from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.fields import OBRIGATORIO, erro
from app.api.contrato.query import (
    CodigoDaFilial,
    Consulta,
    DiaOuInstante,
    Instante,
    NumeroDaConsulta,
    Palavra,
    inteiro,
    ler,
    limite,
    motivo,
    opcao,
    sim_ou_nao,
)
from app.api.http import answer, read_json_object
from app.api.problemas import ErroHttp
from app.api.respostas.desfecho import RemanejamentoSchema
from app.api.respostas.reservas import EstoqueExplicadoSchema, ListaDeReservasSchema, ReservaInteiraSchema
from app.domain.remanejamento import LinhaARemanejar
from app.domain.vida import Estado
from app.services import remanejar as servico_de_remanejar
from app.services import retaguarda
from app.services.acesso.credenciais import PDV, RETAGUARDA, RETAGUARDA_AGIR
from app.services.consulta import reservas
from app.services.consulta.reservas import FiltroDeReservas
from app.services.operacao.requisicao import Resposta
from app.services.retaguarda import NovoPrazo

blueprint = Blueprint("reservas", __name__)


class ReservasQuery(Consulta):
    """Filters of GET /api/v1/reservas; without ``estado`` only live ones."""

    filial = CodigoDaFilial()
    codprod = inteiro(0, 10**6 - 1)
    estado = opcao(*(estado.value for estado in Estado))
    numero = NumeroDaConsulta()
    caller = Palavra()
    venceAte = Instante(attribute="vence_ate")
    venceEmMinutos = inteiro(0, 525_600, attribute="vence_em_minutos")
    idadeMinimaHoras = inteiro(0, 87_600, attribute="idade_minima_horas")
    cursor = inteiro(0, 10**10 - 1)
    limite = limite()


class CancelamentoSchema(Consulta):
    """Body of a cancellation."""

    motivo = motivo()


class ProrrogacaoSchema(Consulta):
    """Body of an extension: until when, or for how many days from today."""

    ate = DiaOuInstante()
    dias = inteiro(1, 365)
    motivo = motivo()

    @validates_schema(skip_on_field_errors=False)
    def _um_dos_dois(self, data: Any, **_: Any) -> None:
        if ("ate" in data) == ("dias" in data):
            raise erro("Informe ate ou dias, um dos dois.")


LINHAS_MAXIMAS = 1000


class LinhaARemanejarQuery(Consulta):
    """A line, and the branch that it is to come from."""

    numseq = inteiro(0, 10**6 - 1, required=True)
    filial = CodigoDaFilial(required=True)

    @post_load
    def _linha(self, data: Any, **_: Any) -> LinhaARemanejar:
        return LinhaARemanejar(data["numseq"], data["filial"])


class RemanejamentoQuery(Consulta):
    """Body of a move: which lines to which branches, why, and whether only to show it; by default only to show."""

    linhas = fields.List(
        fields.Nested(LinhaARemanejarQuery),
        required=True,
        validate=validate.Length(1, LINHAS_MAXIMAS, error=f"Informe de 1 a {LINHAS_MAXIMAS} linhas."),
        error_messages={"required": OBRIGATORIO, "null": OBRIGATORIO, "invalid": "Deve ser uma lista."},
    )
    motivo = motivo()
    simular = sim_ou_nao(load_default=True)


@blueprint.get("/api/v1/reservas")
@exige(RETAGUARDA)
def listar() -> Response:
    """Live reservations, with filters and a cursor."""
    filtros = ler(ReservasQuery(), request.args.to_dict())
    if "estado" in filtros:
        filtros["estado"] = Estado(filtros["estado"])
    return answer(ListaDeReservasSchema, reservas.listar(gateway(), g.caller, FiltroDeReservas(**filtros)))


@blueprint.get("/api/v1/reservas/<int:numped>")
@exige(RETAGUARDA)
def detalhar(numped: int) -> Response:
    """One reservation with items, lineage and events."""
    return answer(ReservaInteiraSchema, reservas.detalhar(gateway(), g.caller, numped))


@blueprint.post("/api/v1/reservas/<int:numped>/cancelamento")
@exige(RETAGUARDA_AGIR)
def cancelar(numped: int) -> Response:
    """Cancel a reservation, for a reason."""
    dados = ler(CancelamentoSchema(), read_json_object())
    return _dump(retaguarda.cancelar_reserva(gateway(), g.caller, numped, dados["motivo"].strip()))


@blueprint.post("/api/v1/reservas/<int:numped>/prorrogacao")
@exige(RETAGUARDA_AGIR)
def prorrogar(numped: int) -> Response:
    """Give a reservation more time, for a reason."""
    dados = ler(ProrrogacaoSchema(), read_json_object())
    prazo = NovoPrazo(ate=dados.get("ate"), dias=dados.get("dias"))
    return _dump(retaguarda.prorrogar_reserva(gateway(), g.caller, numped, prazo, dados["motivo"].strip()))


@blueprint.post("/api/v1/reservas/<int:numped>/remanejamento")
@exige(RETAGUARDA_AGIR)
def remanejar(numped: int) -> Response:
    """Move lines of a reservation to other branches, for a reason; by default only the plan is shown."""
    dados = ler(RemanejamentoQuery(), read_json_object())
    if dados["simular"]:
        return answer(RemanejamentoSchema, servico_de_remanejar.prever(gateway(), g.caller, numped, dados["linhas"]))
    motivo = dados["motivo"].strip()
    return _dump(servico_de_remanejar.remanejar(gateway(), g.caller, numped, dados["linhas"], motivo))


@blueprint.get("/api/v1/estoque/<filial>/<int:codprod>")
@exige(PDV, RETAGUARDA)
def estoque(filial: str, codprod: int) -> Response:
    """The availability of a product in a branch, explained."""
    filial = filial.strip()
    conferir_filial(g.caller, filial)
    explicacao = reservas.explicar_estoque(gateway(), g.caller, filial, codprod)
    if explicacao is None:
        raise ErroHttp("PRODUTO_NAO_ENCONTRADO", f"O produto {codprod} não tem estoque na filial {filial}.")
    return answer(EstoqueExplicadoSchema, explicacao)


def _dump(resposta: Resposta) -> Response:
    return Response(resposta.corpo, resposta.http, mimetype="application/json")
