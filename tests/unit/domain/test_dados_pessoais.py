"""What looks like a person's document, card, telephone or e-mail is hidden wherever it stands; what does not, stays."""

from __future__ import annotations

from typing import Any

import pytest

from app.api.contrato.requisicao import CONHECIDOS
from app.domain.dados_pessoais import OCULTO, ocultar
from app.domain.privacidade import LISTA_MAXIMA, TEXTO_MAXIMO, anonimizado, mascarar_contato, para_o_log, sem_canarios

CARTAO = "4539 1488 0343 6467"


@pytest.mark.parametrize(
    "pessoal",
    [
        "529.982.247-25",
        "52998224725",
        "529982247-25",
        "529 982 247 25",
        "11.222.333/0001-81",
        "11222333000181",
        "11222333/0001-81",
        "12.ABC.345/01DE-35",
        CARTAO,
        CARTAO.replace(" ", ""),
        CARTAO.replace(" ", "-"),
        "378282246310005",
        "(11) 98765-4321",
        "11 98765-4321",
        "11987654321",
        "+55 11 98765-4321",
        "5511987654321",
        "(11) 3456-7890",
        "1134567890",
        "011 3456 7890",
        "98765-4321",
        "3456-7890",
        "maria@exemplo.com.br",
        "maria.silva+loja@mail.exemplo.com",
    ],
)
@pytest.mark.parametrize("em", ["{}", "entregar a {} depois das 18h", "a:{};b", "({})", "CPF {}, casa 2"])
def test_hidden(pessoal: str, em: str) -> None:
    assert ocultar(em.format(pessoal)) == em.format(OCULTO)


@pytest.mark.parametrize(
    "livre",
    [
        "",
        "PV-1",
        "8000001",
        "123-1",
        "7891234567895-1001",
        "2026-03-02T09:00:00-03:00",
        "11111111111",
        "52898224726",
        "4539 1488 0343 6468",
        "0000000000000000",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "10.5",
        "1234567",
        "entregar no 3º andar, bloco 12, apto 1504",
        "CEP 01310-100",
        "@",
        "a@b",
        "***.982.247-**",
        "7d",
    ],
)
def test_left_as_it_is(livre: str) -> None:
    assert ocultar(livre) == livre


def test_hiding_twice_is_hiding_once() -> None:
    texto = f"52998224725, {CARTAO}, (11) 98765-4321, maria@exemplo.com.br"
    assert ocultar(ocultar(texto)) == ocultar(texto) == "***, ***, ***, ***"


def log(corpo: dict[str, Any], *, claro: bool = False) -> dict[str, Any]:
    return para_o_log(corpo, CONHECIDOS, claro=claro)


@pytest.mark.parametrize("claro", [False, True])
@pytest.mark.parametrize(
    ("corpo", "mostrado"),
    [
        ({"observacoes": "ligar 11987654321"}, {"observacoes": "ligar ***"}),
        ({"idPdv": 52998224725}, {"idPdv": OCULTO}),
        ({"idPdv": "529.982.247-25"}, {"idPdv": OCULTO}),
        ({"numero": "52998224725"}, {"numero": OCULTO}),
        ({"529.982.247-25": 1}, {OCULTO: OCULTO}),
        (
            {"pagamentos": [{"pagamentoForma": {"idRetaguarda": CARTAO}}]},
            {"pagamentos": [{"pagamentoForma": {"idRetaguarda": OCULTO}}]},
        ),
        (
            {"preVendaItens": [{"idProdutoRetaguarda": "maria@exemplo.com.br"}]},
            {"preVendaItens": [{"idProdutoRetaguarda": OCULTO}]},
        ),
    ],
)
def test_members_beside_the_customer(corpo: dict[str, Any], mostrado: dict[str, Any], claro: bool) -> None:
    assert log(corpo, claro=claro) == mostrado


def test_codes_that_people_look_for_stay() -> None:
    corpo = {
        "numero": "1134567890",
        "idRetaguarda": 1134000001,
        "preVendaItens": [{"idProdutoRetaguarda": "4539148803436467-1", "quantidade": 12345678901, "preco": 10.5}],
    }
    assert log(corpo) == corpo


@pytest.mark.parametrize(("codigo", "mostrado"), [("1134567890", OCULTO), (1134567890, OCULTO), (999999999, 999999999)])
def test_a_telephone_as_a_customer_s_code(codigo: Any, mostrado: Any) -> None:
    assert log({"cliente": {"idRetaguarda": codigo}}) == {"cliente": {"idRetaguarda": mostrado}}


def test_what_is_longer_than_any_request_is_cut_and_says_so() -> None:
    corpo = {"observacoes": "x" * 9000, "preVendaItens": [{}] * 700, **{f"m{n}": 1 for n in range(900)}}
    visto = log(corpo)
    assert visto["observacoes"] == "x" * TEXTO_MAXIMO + "… (mais 7000)"
    assert len(visto["preVendaItens"]) == LISTA_MAXIMA + 1
    assert visto["preVendaItens"][-1] == "mais 200"
    assert len(visto) < 120
    assert visto["…"].startswith("mais 8")


def test_what_an_old_row_kept_is_hidden_and_its_shape_stays() -> None:
    antes = {
        "cliente": {"nome": "Maria"},
        "observacoes": "CPF 52998224725",
        "motivo": "pediu maria@exemplo.com.br",
        "retorno": {"errors": [{"mensagem": "O cliente 52998224725 não existe."}], "idPedidoRetaguarda": 1134000001},
    }
    assert anonimizado(antes) == {
        "cliente": {"nome": OCULTO},
        "observacoes": "CPF ***",
        "motivo": "pediu ***",
        "retorno": {"errors": [{"mensagem": "O cliente *** não existe."}], "idPedidoRetaguarda": 1134000001},
    }
    assert anonimizado(anonimizado(antes)) == anonimizado(antes)


@pytest.mark.parametrize(
    ("valor", "mascarado"),
    [
        ("maria@exemplo.com.br", "m***@***"),
        (" (11) 98765-4321 ", "***21"),
        ("1133334444", "***44"),
        ("1234567", OCULTO),
        ("ramal", OCULTO),
        ("", None),
        (None, None),
    ],
)
def test_a_contact_is_shown_to_who_knows_it(valor: str | None, mascarado: str | None) -> None:
    assert mascarar_contato(valor) == mascarado


def test_an_old_change_of_a_customer_keeps_the_columns_only() -> None:
    colunas = [{"coluna": "EMAIL", "antes": "v***@***", "depois": "n***@***"}, {"coluna": "CLIENTE"}]
    antes = {"cadastro": {"codcli": 20, "login": "pdv1", "documento": "confere", "colunas": colunas}}
    depois = anonimizado(antes)
    so_colunas = [{"coluna": "EMAIL"}, {"coluna": "CLIENTE"}]
    assert depois == {"cadastro": {**antes["cadastro"], "colunas": so_colunas}}
    assert anonimizado(depois) == depois
    for de_outro in ("***", None, [], {"colunas": None}, {"colunas": [1]}, {"colunas": [{"nome": "Maria"}]}):
        assert anonimizado({"cadastro": de_outro}) == {"cadastro": OCULTO}
    assert anonimizado({"cadastro": {"nome": "Maria", "colunas": []}}) == {"cadastro": {"colunas": []}}


def test_numbers_of_orders_in_our_own_sentences_stay() -> None:
    assert sem_canarios("A reserva 1134000001 foi paga sob 1134000002.") == (
        "A reserva 1134000001 foi paga sob 1134000002."
    )
