"""Answers as their schemas write them: every member, in its order, and none that has nothing to say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import fields

from app.api.respostas import Esquema
from app.api.respostas.desfecho import AcaoInternaSchema
from app.api.respostas.problema import CorpoDoProblema, ProblemaSchema
from app.api.respostas.renderizacao import RenderizacaoDaApi
from app.domain.desfecho import AcaoInterna, Aceite, Desfecho, RespostaGravada
from app.domain.recusas import ContraOferta, FaltaExplicada, FilialComEstoque, ItemOferecido, Problema, Recusa, recusar
from app.domain.vida import Efeito, Estado

EXPIRA = dt.datetime.fromisoformat("2026-03-09T23:59:59-03:00")
DESFECHO = Desfecho(
    numped=8000001,
    efeito=Efeito.RESERVAR,
    estado=Estado.AUTORIZADA,
    registrado=Estado.AUTORIZADA,
    posicao="L",
    filial="1",
    codcli=20,
    codusur=8,
    total=Decimal("12.3"),
    expira=EXPIRA,
    substitui=None,
    mensagem="Pré-venda reservada: 8000001.",
    http=201,
)


def corpo(*problemas: Problema, http: int = 409, **mais: Any) -> Mapping[str, Any]:
    return ProblemaSchema.render(CorpoDoProblema(http, problemas, "/x", **mais))


def test_an_accepted_request_is_answered_to_the_byte() -> None:
    aceite = Aceite(8000001, "PV-1", "I", DESFECHO.mensagem, (), DESFECHO)
    assert RenderizacaoDaApi().aceite(aceite) == (
        '{"success": true, "message": "Pré-venda reservada: 8000001.", "idPedidoRetaguarda": 8000001, '
        '"data": {"idPedidoRetaguarda": 8000001, "idRetaguarda": 8000001, "numero": "PV-1", "operacao": "I", '
        '"status": "A", "situacaoPreVenda": "DISPONIVEL", "situacaoReserva": "AUTORIZADA", "posicao": "L", '
        '"filial": "1", "codcli": 20, "codusur": 8, "total": 12.30, "expiraEm": "2026-03-09T23:59:59-03:00", '
        '"substitui": null, "avisos": []}, "errors": null}'
    )


def test_a_shortage_is_told_whole_in_the_log() -> None:
    falta = FaltaExplicada(1, "1", Decimal("5.0"), Decimal("1.500"), (0, 2), [FilialComEstoque("2", Decimal(7))])
    recusa = Recusa([Problema("ESTOQUE_INSUFICIENTE", "Falta.", "/preVendaItens/0/quantidade", falta=falta)])
    assert RenderizacaoDaApi().recusa(recusa) == (
        '{"codigo": "ESTOQUE_INSUFICIENTE", "errors": [{"codigo": "ESTOQUE_INSUFICIENTE", '
        '"campo": "/preVendaItens/0/quantidade", "mensagem": "Falta.", "codprod": 1, "filial": "1", "pedida": 5, '
        '"disponivel": 1.5, "itens": [0, 2], "filiaisComEstoque": [{"filial": "2", "disponivel": 7}]}]}'
    )


def test_a_reason_says_nothing_of_what_it_has_not() -> None:
    assert corpo(Problema("NUMERO_EM_USO", "Em uso."))["errors"] == [
        {"codigo": "NUMERO_EM_USO", "campo": None, "mensagem": "Em uso."}
    ]


def test_a_refusal_names_the_present_number_and_only_then() -> None:
    recusa = recusar("NUMERO_EM_USO", "Em uso.", atual=7)
    assert corpo(*recusa.problemas, atual=recusa.atual)["idPedidoRetaguarda"] == 7
    assert "idPedidoRetaguarda" not in corpo(*recusa.problemas)


ENVIADO = {"numero": "1", "preVendaItens": [{"x": 1, "quantidade": 3}, {"y": 2, "quantidade": 4, "desconto": 2}]}


@pytest.mark.parametrize(
    ("itens", "oferecida"),
    [
        ((), None),
        ((ItemOferecido(0, Decimal("2.0")),), {"numero": "1", "preVendaItens": [{"x": 1, "quantidade": 2}]}),
        (
            (ItemOferecido(1, Decimal("0.50"), Decimal("0.25")),),
            {"numero": "1", "preVendaItens": [{"y": 2, "quantidade": Decimal("0.5"), "desconto": Decimal("0.25")}]},
        ),
    ],
)
def test_a_counter_offer_is_the_request_with_what_can_be_had(
    itens: tuple[ItemOferecido, ...], oferecida: Mapping[str, Any] | None
) -> None:
    escrito = corpo(Problema("ESTOQUE_INSUFICIENTE", "Falta."), contra_oferta=ContraOferta(ENVIADO, itens))
    assert escrito["contraOferta"] == oferecida
    assert "contraOferta" not in corpo(Problema("ESTOQUE_INSUFICIENTE", "Falta."))


def test_several_problems_are_counted_and_a_refused_token_says_so() -> None:
    dois = corpo(Problema("CAMPO_INVALIDO", "Um."), Problema("CAMPO_INVALIDO", "Outro."), http=422)
    assert (dois["detail"], dois["message"], len(dois["errors"])) == ("Um. (e mais 1)", "Um. (e mais 1)", 2)
    token = corpo(Problema("NAO_AUTENTICADO", "Token."), http=401)
    assert (token["code"], token["description"]) == ("AUTHENTICATION_FAILED", "Token.")
    assert {"code", "description", "rotina"} & dois.keys() == set()


def test_an_action_is_logged_with_what_it_has_in_a_fixed_order() -> None:
    acao = AcaoInterna("expiracao", 7, "PV-1", "2", expirou=EXPIRA, motivo="idade")
    assert list(AcaoInternaSchema.render(acao).items()) == [
        ("acao", "expiracao"),
        ("idRetaguarda", 7),
        ("numero", "PV-1"),
        ("idLojaRetaguarda", "2"),
        ("expirouEm", "2026-03-09T23:59:59-03:00"),
        ("motivo", "idade"),
    ]


@dataclass(frozen=True)
class Sem:
    outra: int = 1


class FaltaUmaSchema(Esquema):
    falta = fields.Integer()


def test_a_member_whose_value_is_missing_is_no_answer() -> None:
    with pytest.raises(AttributeError):
        FaltaUmaSchema.render(Sem())


def test_a_stored_answer_is_read_again() -> None:
    gravada = RenderizacaoDaApi().gravada(
        {
            "success": True,
            "message": "Reserva 7 feita.",
            "data": {
                "situacaoReserva": "AUTORIZADA",
                "expiraEm": "2026-03-02T23:59:59-03:00",
                "substitui": 5,
                "avisos": [{"codigo": "X"}],
            },
            "errors": None,
        }
    )

    assert gravada == RespostaGravada(
        mensagem="Reserva 7 feita.",
        situacao="AUTORIZADA",
        expira=dt.datetime(2026, 3, 2, 23, 59, 59, tzinfo=dt.timezone(dt.timedelta(hours=-3))),
        substitui=5,
        avisos=[{"codigo": "X"}],
    )


@pytest.mark.parametrize(
    ("resposta", "erros"),
    [(None, ()), ([], ()), ({"data": None, "errors": None}, ()), ({"errors": [{"codigo": "Y"}]}, [{"codigo": "Y"}])],
)
def test_a_stored_answer_may_say_little(resposta: Any, erros: Any) -> None:
    assert RenderizacaoDaApi().gravada(resposta) == RespostaGravada(erros=erros)
