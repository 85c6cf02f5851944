"""ByJG's answers, read without any network (R8)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cep.byjg import ByJg, interpretar
from app.cep.servico import FalhaServico
from app.domain.endereco import Desconhecido, Encontrado, Malformado
from tests.support.cep_servers import CIDADE_PEQUENA, SE


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "utf-8-sig"])
def test_address_in_either_character_set(charset: str) -> None:
    corpo = "OK|Praça da Sé, Sé, São Paulo, SP, 3550308".encode(charset)
    assert interpretar(200, corpo, SE.cep) == Encontrado(SE, "byjg")


@pytest.mark.parametrize(
    ("linha", "esperado"),
    [
        ("1|Praça da Sé,Sé,São Paulo,SP,3550308\r\n", SE),
        ("OK|Praça da Sé, Sé, São Paulo, SP", replace(SE, ibge=None)),
        ("OK|Praça da Sé, Sé, São Paulo, SP, ", replace(SE, ibge=None)),
        ("OK|Praça da Sé - lado ímpar, Sé, São Paulo, SP, 3550308", replace(SE, logradouro="Praça da Sé - lado ímpar")),
        ("OK|Praça da Sé, lado par, Sé, São Paulo, SP, 3550308", replace(SE, logradouro="Praça da Sé, lado par")),
        ("OK|'Praça da Sé', 'Sé', 'São Paulo', 'SP', '3550308'", SE),
        ("OK|Praça da Sé, Sé, São Paulo, SP, 3550308|", SE),
        ("OK|, , Jaguariúna, SP, 3524709", replace(CIDADE_PEQUENA, cep=SE.cep)),
        (
            "OK|Rua D'Ávila, Centro, Santa Bárbara d'Oeste, SP, 3545803",
            replace(SE, logradouro="Rua D'Ávila", bairro="Centro", cidade="Santa Bárbara d'Oeste", ibge=3545803),
        ),
    ],
)
def test_forms_of_the_address_line(linha: str, esperado: object) -> None:
    assert interpretar(200, linha.encode(), SE.cep) == Encontrado(esperado, "byjg")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "linha",
    [
        "ERRO|Cep 01001000 não encontrado",
        "0|Cep 01001-000 não encontrado",
        "ERRO|CEP NAO ENCONTRADO",
        "Cep 01001000 não encontrado",
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_unknown_cep(linha: str, charset: str) -> None:
    assert interpretar(200, linha.encode(charset), SE.cep) == Desconhecido("byjg")


def test_unknown_that_names_another_cep_is_a_failure() -> None:
    with pytest.raises(FalhaServico) as falha:
        interpretar(200, "ERRO|Cep 99999999 não encontrado".encode(), SE.cep)
    assert falha.value.motivo == "resposta de outro CEP"


def test_malformed_cep() -> None:
    linha = "ERRO|CEP não está no formato 00000-000 ou 00000000"
    assert interpretar(200, linha.encode(), SE.cep) == Malformado()


@pytest.mark.parametrize("linha", ["ERRO|Usuário ou senha inválidos", "ERRO|Usuario nao autorizado"])
def test_refused_login_is_a_failure_that_says_so(linha: str) -> None:
    with pytest.raises(FalhaServico) as falha:
        interpretar(200, linha.encode(), SE.cep)
    assert falha.value.motivo == "usuário ou senha recusados"


@pytest.mark.parametrize(
    "corpo",
    [
        b"",
        b"   ",
        b"|",
        b"OK|",
        b"OK|01001000",
        b"<html>Cep nao encontrado</html>",
        b"OK|a,b,c",
        b"OK|Rua A, Centro, Cidade, XX, 3550308",
        b"OK|Rua A, Centro, , SP, 3550308",
        b"OK|Rua A, <b>Centro</b>, Cidade, SP, 3550308",
        b"OK|Rua A, Centro\x00, Cidade, SP, 3550308",
        "Método desconhecido".encode(),
    ],
)
def test_unusable_body_is_a_failure(corpo: bytes) -> None:
    with pytest.raises(FalhaServico):
        interpretar(200, corpo, SE.cep)


@pytest.mark.parametrize("status", [302, 400, 401, 429, 500, 503])
def test_every_other_status_is_a_failure(status: int) -> None:
    with pytest.raises(FalhaServico):
        interpretar(status, b"", SE.cep)


@given(st.binary(max_size=200) | st.text(",|OK SP3550308'", max_size=60).map(str.encode))
def test_no_answer_breaks_the_reader(corpo: bytes) -> None:
    try:
        resultado = interpretar(200, corpo, SE.cep)
    except FalhaServico:
        return
    assert isinstance(resultado, Encontrado | Desconhecido | Malformado)


@pytest.mark.parametrize(("usuario", "senha"), [("loja", None), (None, "segredo"), ("loja", ""), ("", "segredo")])
def test_half_a_login_is_refused_at_start(usuario: str | None, senha: str | None) -> None:
    with pytest.raises(ValueError, match="usuário e senha"):
        ByJg(usuario=usuario, senha=senha)


def test_password_is_not_shown() -> None:
    cliente = ByJg(usuario="loja", senha="segredo")
    assert "segredo" not in repr(cliente)
