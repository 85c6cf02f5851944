"""What PCLOGPEDIDOAPI.JSON may keep of a request: no personal value survives, whatever shape it came in."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from app.api.contrato.requisicao import CONHECIDOS
from app.domain.privacidade import OCULTO, para_o_log

CANARIO = "CANARIO"
PESSOAIS = ["nome", "endereco", "numero", "complemento", "bairro", "cidade", "cep", "email", "telefone", "celular"]

canarios = st.recursive(
    st.just(CANARIO) | st.just(f"{CANARIO} 1"),
    lambda dentro: st.lists(dentro, max_size=3) | st.dictionaries(st.sampled_from([*PESSOAIS, "x", "id"]), dentro),
    max_leaves=6,
)


def log(corpo: dict[str, Any], *, claro: bool = False) -> dict[str, Any]:
    return para_o_log(corpo, CONHECIDOS, claro=claro)


@pytest.mark.parametrize("nome", PESSOAIS)
@pytest.mark.parametrize("valor", ["Maria", 11988887777, "", True])
def test_a_customers_value_is_hidden(nome: str, valor: Any) -> None:
    assert log({"cliente": {nome: valor}}) == {"cliente": {nome: OCULTO}}


@pytest.mark.parametrize(
    ("enviado", "mostrado"),
    [
        ("529.982.247-25", "***.982.247-**"),
        (52998224725, "***.982.247-**"),
        ("11222333000181", "**.222.333/****-**"),
        (191, OCULTO),  # leading zeros lost
        ("Maria 52998224725", OCULTO),
        (["52998224725"], [OCULTO]),
    ],
)
def test_the_document_is_shown_in_part_only(enviado: Any, mostrado: Any) -> None:
    assert log({"cliente": {"cpfCnpj": enviado}}) == {"cliente": {"cpfCnpj": mostrado}}


@pytest.mark.parametrize(
    ("nome", "valor", "mostrado"),
    [
        ("idRetaguarda", 20, 20),
        ("idRetaguarda", "20", "20"),
        ("idRetaguarda", "52998224725", OCULTO),
        ("idRetaguarda", 52998224725, OCULTO),
        ("idRetaguarda", "maria@exemplo.com.br", OCULTO),
        ("estado", "SP", "SP"),
        ("estado", "Rua das Flores", OCULTO),
        ("nome", None, None),
    ],
)
def test_code_and_state_name_nobody_when_they_are_what_they_say(nome: str, valor: Any, mostrado: Any) -> None:
    assert log({"cliente": {nome: valor}}) == {"cliente": {nome: mostrado}}


@given(canarios)
def test_no_value_of_the_customer_survives(cliente: Any) -> None:
    assert CANARIO not in simplejson.dumps(log({"cliente": cliente}))


@given(canarios, st.booleans())
def test_no_value_of_an_unknown_member_survives(valor: Any, claro: bool) -> None:
    corpo = {
        "apelido": valor,
        "preVendaItens": [{"presente": valor}],
        "numero": {"x": valor},
        "cliente": {"mae": valor},
    }
    assert CANARIO not in simplejson.dumps(log(corpo, claro=claro))


def test_clear_is_a_choice_of_the_site_that_does_not_reach_unknown_members() -> None:
    corpo = {"cliente": {"nome": "Maria", "cpfCnpj": "52998224725", "mae": "Ana"}}
    assert log(corpo, claro=True) == {"cliente": {"nome": "Maria", "cpfCnpj": "52998224725", "mae": OCULTO}}


def test_the_rest_of_the_contract_stays_as_it_came() -> None:
    corpo = {
        "situacaoPreVenda": "2",
        "numero": "PV-1",
        "idLojaRetaguarda": 1,
        "preVendaItens": [
            {"quantidade": 2, "preco": 10.5, "entrega": {"idRetaguardaLojaEntrega": "2"}, "itensKit": []}
        ],
        "pagamentos": [{"pagamentoForma": {"idRetaguarda": "D"}}],
    }
    assert log(corpo) == corpo


def test_the_request_itself_is_not_changed() -> None:
    corpo = {"cliente": {"nome": "Maria"}, "x": {"y": 1}}
    antes = copy.deepcopy(corpo)
    log(corpo)
    assert corpo == antes
