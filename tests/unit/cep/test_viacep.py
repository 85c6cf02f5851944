"""ViaCEP's answers, read without any network (R8)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cep.servico import FalhaServico
from app.cep.viacep import ViaCep, interpretar
from app.domain.endereco import Desconhecido, Encontrado, Malformado
from tests.support.cep_servers import CIDADE_PEQUENA, SE, json_viacep


def test_address() -> None:
    assert interpretar(200, json_viacep(SE), SE.cep) == Encontrado(SE, "viacep")


def test_general_cep_of_a_small_town_has_no_street() -> None:
    assert interpretar(200, json_viacep(CIDADE_PEQUENA), CIDADE_PEQUENA.cep) == Encontrado(CIDADE_PEQUENA, "viacep")


def test_byte_order_mark_is_tolerated() -> None:
    assert interpretar(200, b"\xef\xbb\xbf" + json_viacep(SE), SE.cep) == Encontrado(SE, "viacep")


@pytest.mark.parametrize("erro", [True, "true", "True", " TRUE "])
def test_unknown_cep_as_boolean_and_as_text(erro: object) -> None:
    assert interpretar(200, json.dumps({"erro": erro}).encode(), "99999999") == Desconhecido("viacep")


@pytest.mark.parametrize("erro", [False, "false", None, ""])
def test_erro_that_says_no_error(erro: object) -> None:
    assert interpretar(200, json_viacep(SE, erro=erro), SE.cep) == Encontrado(SE, "viacep")


def test_malformed_is_400_whatever_the_body() -> None:
    assert interpretar(400, b"<h3>Verifique a URL</h3>", SE.cep) == Malformado()


@pytest.mark.parametrize(
    ("status", "motivo"),
    [
        (429, "limite de consultas atingido (HTTP 429)"),
        (500, "resposta HTTP 500"),
        (503, "resposta HTTP 503"),
        (403, "resposta HTTP 403"),
        (404, "resposta HTTP 404"),
        (204, "resposta HTTP 204"),
        (301, "redirecionamento recusado (HTTP 301)"),
    ],
)
def test_every_other_status_is_a_failure(status: int, motivo: str) -> None:
    with pytest.raises(FalhaServico) as falha:
        interpretar(status, json_viacep(SE), SE.cep)
    assert falha.value.motivo == motivo


@pytest.mark.parametrize(
    "corpo",
    [
        b"",
        b"<!DOCTYPE html><html></html>",
        b"[]",
        b"null",
        b'"01001-000"',
        b"{}",
        json_viacep(SE)[:-5],
        json_viacep(SE).decode().encode("utf-16"),
        b"\xff\xfe\xfd",
        b"[" * 60_000,
        b'{"cep": ' + b"9" * 5_000 + b"}",
    ],
)
def test_unusable_body_is_a_failure(corpo: bytes) -> None:
    with pytest.raises(FalhaServico):
        interpretar(200, corpo, SE.cep)


@pytest.mark.parametrize("eco", ["01310-100", "", None, 1001000, ["01001-000"], "0100100０", "01001-000\n"])
def test_address_of_another_cep_is_a_failure(eco: object) -> None:
    with pytest.raises(FalhaServico) as falha:
        interpretar(200, json_viacep(SE, cep=eco), SE.cep)
    assert falha.value.motivo == "resposta de outro CEP"


@pytest.mark.parametrize(
    "mudanca",
    [
        {"localidade": "<script>alert(1)</script>"},
        {"bairro": "Centro<b>"},
        {"logradouro": "Rua\x1b[31m A"},
        {"logradouro": "Rua\nA"},
        {"bairro": "Sé\x00"},
        {"bairro": "S\u2028é"},
        {"localidade": "\u202eoluaP oãS"},
        {"bairro": "\ud800"},
        {"localidade": "x" * 81},
        {"localidade": ""},
        {"localidade": None},
        {"localidade": 7},
        {"bairro": ["Sé"]},
        {"logradouro": {"nome": "Praça da Sé"}},
        {"uf": "XX"},
        {"uf": ""},
        {"uf": "São Paulo"},
    ],
)
def test_hostile_or_impossible_fields_are_a_failure(mudanca: dict[str, object]) -> None:
    corpo = json.dumps({**json.loads(json_viacep(SE)), **mudanca}).encode()
    with pytest.raises(FalhaServico):
        interpretar(200, corpo, SE.cep)


def test_overlong_street_and_district_are_clipped() -> None:
    corpo = json_viacep(SE, logradouro="R" * 119 + " " + "x" * 5000, bairro="é" * 5000)
    resultado = interpretar(200, corpo, SE.cep)
    assert resultado == Encontrado(replace(SE, logradouro="R" * 119, bairro="é" * 120), "viacep")


def test_blanks_and_composed_letters_are_put_in_order() -> None:
    corpo = json_viacep(SE, localidade="  Sa\u0303o   Paulo ", uf="sp")
    assert interpretar(200, corpo, SE.cep) == Encontrado(SE, "viacep")


@pytest.mark.parametrize("ibge", ["", None, "355030", "35503080", "355030A", "３５５０３０８", 3.5, True, "1302603"])
def test_ibge_code_that_cannot_be_of_this_uf_is_dropped(ibge: object) -> None:
    assert interpretar(200, json_viacep(SE, ibge=ibge), SE.cep) == Encontrado(replace(SE, ibge=None), "viacep")


def test_ibge_code_as_number() -> None:
    assert interpretar(200, json_viacep(SE, ibge=3550308), SE.cep) == Encontrado(SE, "viacep")


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_answer_breaks_the_reader(status: int, corpo: bytes) -> None:
    try:
        resultado = interpretar(status, corpo, SE.cep)
    except FalhaServico:
        return
    assert isinstance(resultado, Malformado | Desconhecido)


valores = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200) | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(["cep", "logradouro", "bairro", "localidade", "uf", "ibge", "erro"]), valores))
def test_what_comes_through_is_always_clean(mudancas: dict[str, object]) -> None:
    corpo = json.dumps({**json.loads(json_viacep(SE)), **mudancas}).encode()
    try:
        resultado = interpretar(200, corpo, SE.cep)
    except FalhaServico:
        return
    if isinstance(resultado, Encontrado):
        endereco = resultado.endereco
        texts = (endereco.logradouro, endereco.bairro, endereco.cidade, endereco.uf)
        assert endereco.cep == SE.cep
        assert all(len(text) <= 120 and text.isprintable() and "<" not in text for text in texts)
        assert endereco.cidade
        assert endereco.ibge is None or endereco.ibge // 100_000 == 35


@pytest.mark.parametrize(
    "url",
    [
        "",
        "viacep.com.br",
        "ftp://viacep.com.br",
        "file:///etc/passwd",
        "https://",
        "https://usuario:senha@viacep.com.br",
        "https://viacep.com.br/?x=1",
        "https://viacep.com.br/#a",
    ],
)
def test_base_address_that_cannot_be_one_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="endereço do serviço de CEP"):
        ViaCep(url)
