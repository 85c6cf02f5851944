"""What a CEP check decides: the whole table of R8, and what the answer tells the POS (R7)."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from app.domain.endereco import (
    DEMONSTRACAO,
    AcaoEndereco,
    CepIndisponivel,
    Desconhecido,
    Encontrado,
    EnderecoCep,
    EnderecoCliente,
    Malformado,
    PoliticaDesconhecido,
    ResultadoCep,
    decidir_endereco,
)

SE = EnderecoCep("01001000", "Praça da Sé", "Sé", "São Paulo", "SP", 3550308)
IGUAL = EnderecoCliente(cep="01001-000", bairro="SE", cidade="SAO PAULO", uf="sp")
OUTRO = EnderecoCliente(cep="01001-000", bairro="Centro", cidade="Manaus", uf="AM")
COMO_ENVIADO = replace(OUTRO, cep="01001000")
CORRIGIDO = EnderecoCliente(cep="01001000", bairro="Sé", cidade="São Paulo", uf="SP", ibge=3550308)

GRAVAR, INCOMPLETO, REJEITAR = AcaoEndereco
CONSUMIDOR, ACEITAR, RECUSAR = PoliticaDesconhecido
POLITICAS = tuple(PoliticaDesconhecido)

ENCONTRADO = Encontrado(SE, "viacep")
DESCONHECIDO = Desconhecido("viacep")
MALFORMADO = Malformado()
INDISPONIVEL = CepIndisponivel(("viacep: sem resposta no tempo", "byjg: resposta HTTP 503"))
RESULTADOS: tuple[ResultadoCep, ...] = (ENCONTRADO, DESCONHECIDO, MALFORMADO, INDISPONIVEL)

# parameter 4672, complete, result, policy -> action, address, avisos
TABELA = [
    (True, True, ENCONTRADO, CONSUMIDOR, GRAVAR, CORRIGIDO, ["ENDERECO_CORRIGIDO"]),
    (True, True, ENCONTRADO, ACEITAR, GRAVAR, CORRIGIDO, ["ENDERECO_CORRIGIDO"]),
    (True, True, ENCONTRADO, RECUSAR, GRAVAR, CORRIGIDO, ["ENDERECO_CORRIGIDO"]),
    (True, True, DESCONHECIDO, CONSUMIDOR, INCOMPLETO, COMO_ENVIADO, ["CEP_DESCONHECIDO"]),
    (True, True, DESCONHECIDO, ACEITAR, GRAVAR, COMO_ENVIADO, ["CEP_DESCONHECIDO"]),
    (True, True, DESCONHECIDO, RECUSAR, REJEITAR, COMO_ENVIADO, ["CEP_DESCONHECIDO"]),
    (True, True, MALFORMADO, CONSUMIDOR, INCOMPLETO, COMO_ENVIADO, ["CEP_MALFORMADO"]),
    (True, True, MALFORMADO, ACEITAR, GRAVAR, COMO_ENVIADO, ["CEP_MALFORMADO"]),
    (True, True, MALFORMADO, RECUSAR, REJEITAR, COMO_ENVIADO, ["CEP_MALFORMADO"]),
    (True, True, INDISPONIVEL, CONSUMIDOR, GRAVAR, COMO_ENVIADO, ["CEP_NAO_VERIFICADO"]),
    (True, True, INDISPONIVEL, ACEITAR, GRAVAR, COMO_ENVIADO, ["CEP_NAO_VERIFICADO"]),
    (True, True, INDISPONIVEL, RECUSAR, GRAVAR, COMO_ENVIADO, ["CEP_NAO_VERIFICADO"]),
    *((False, True, r, p, GRAVAR, COMO_ENVIADO, []) for r, p in itertools.product((*RESULTADOS, None), POLITICAS)),
    *(
        (validar, False, r, p, INCOMPLETO, COMO_ENVIADO, [])
        for validar, r, p in itertools.product((True, False), (*RESULTADOS, None), POLITICAS)
    ),
]


def test_table_names_every_case() -> None:
    cases = {(validar, completo, r, p) for validar, completo, r, p, *_ in TABELA}
    every = set(itertools.product((True, False), (True, False), (*RESULTADOS, None), POLITICAS))
    assert every - cases == {(True, True, None, p) for p in POLITICAS}


@pytest.mark.parametrize(("validar", "completo", "resultado", "politica", "acao", "endereco", "codigos"), TABELA)
def test_table(
    validar: bool,
    completo: bool,
    resultado: ResultadoCep | None,
    politica: PoliticaDesconhecido,
    acao: AcaoEndereco,
    endereco: EnderecoCliente,
    codigos: list[str],
) -> None:
    decisao = decidir_endereco(OUTRO, resultado, validar=validar, completo=completo, politica=politica)
    assert (decisao.acao, decisao.endereco) == (acao, endereco)
    assert [aviso.codigo for aviso in decisao.avisos] == codigos


def decidir(enviado: EnderecoCliente, resultado: ResultadoCep | None, politica: str = "consumidor"):  # type: ignore[no-untyped-def]
    return decidir_endereco(enviado, resultado, validar=True, completo=True, politica=politica)


def test_check_that_was_due_but_not_made_is_a_defect() -> None:
    with pytest.raises(ValueError, match="4672"):
        decidir(OUTRO, None)


def test_unknown_policy_is_a_defect() -> None:
    with pytest.raises(ValueError, match="talvez"):
        decidir(OUTRO, ENCONTRADO, "talvez")


def test_spelling_alone_is_no_correction_but_the_services_spelling_wins() -> None:
    decisao = decidir(IGUAL, ENCONTRADO)
    assert decisao.endereco == CORRIGIDO
    assert decisao.avisos == ()


def test_empty_district_of_a_general_cep_leaves_the_one_sent() -> None:
    decisao = decidir(OUTRO, Encontrado(replace(SE, logradouro="", bairro=""), "viacep"))
    assert decisao.endereco == replace(CORRIGIDO, bairro="Centro")
    assert decisao.avisos[0].campos == ("/cliente/cidade", "/cliente/estado")


def test_correction_names_the_new_values_and_the_members() -> None:
    (aviso,) = decidir(OUTRO, ENCONTRADO).avisos
    assert aviso.mensagem == "O endereço foi corrigido pelo serviço de CEP: cidade, UF, bairro."
    assert aviso.campos == ("/cliente/cidade", "/cliente/estado", "/cliente/bairro")


@pytest.mark.parametrize(
    ("resultado", "politica", "mensagem"),
    [
        (DESCONHECIDO, "consumidor", "O CEP informado não existe: o cadastro do cliente conta como incompleto."),
        (DESCONHECIDO, "aceitar", "O CEP informado não existe: o endereço foi aceito como enviado."),
        (DESCONHECIDO, "rejeitar", "O CEP informado não existe: corrija o CEP e envie de novo."),
        (
            MALFORMADO,
            "consumidor",
            "O CEP informado não tem oito algarismos: o cadastro do cliente conta como incompleto.",
        ),
        (
            INDISPONIVEL,
            "rejeitar",
            "Os serviços de CEP não responderam: o endereço foi aceito como enviado, sem conferência.",
        ),
    ],
)
def test_messages_say_what_follows(resultado: ResultadoCep, politica: str, mensagem: str) -> None:
    (aviso,) = decidir(OUTRO, resultado, politica).avisos
    assert (aviso.mensagem, aviso.campos) == (mensagem, ("/cliente/cep",))


def test_demo_says_that_no_service_was_asked() -> None:
    achado = decidir(IGUAL, Encontrado(SE, DEMONSTRACAO))
    assert [aviso.codigo for aviso in achado.avisos] == ["CEP_DEMONSTRACAO"]
    perdido = decidir(IGUAL, Desconhecido(DEMONSTRACAO))
    assert [aviso.codigo for aviso in perdido.avisos] == ["CEP_DESCONHECIDO", "CEP_DEMONSTRACAO"]


def test_malformed_cep_accepted_stays_as_sent() -> None:
    enviado = replace(OUTRO, cep=" 123 ")
    assert decidir(enviado, MALFORMADO, "aceitar").endereco == enviado
