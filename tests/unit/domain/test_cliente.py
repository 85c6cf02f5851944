"""Whose order it is (R7)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.cliente import (
    OBRIGATORIOS,
    Cliente,
    Escolha,
    acomodar_numero,
    conferir_bloqueio,
    escolher_cliente,
    faltantes,
    mais_antigo,
)

CPF = "52998224725"
CNPJ = "11222333000181"
CONSUMIDOR = Cliente(1)
COMPLETO = {
    "cpfCnpj": "529.982.247-25",
    "nome": "Maria Aparecida",
    "endereco": "Rua das Flores",
    "bairro": "Sé",
    "cidade": "São Paulo",
    "estado": "SP",
    "cep": "01001-000",
    "email": "maria@exemplo.com.br",
}


def ano(codcli: int, ano: int | None, cgcent: str = CPF, excluido: bool = False) -> Cliente:
    return Cliente(codcli, cgcent, dt.datetime(ano, 1, 1) if ano else None, excluido)  # noqa: DTZ001 - as WinThor has it


def sem(*nomes: str, **mais: Any) -> dict[str, Any]:
    return {nome: valor for nome, valor in {**COMPLETO, **mais}.items() if nome not in nomes}


def escolher(dados: dict[str, Any] | None, *achados: Cliente) -> Escolha:
    return escolher_cliente(dados, achados, CONSUMIDOR)


def avisos(escolha: Escolha) -> list[tuple[str, tuple[str, ...]]]:
    return [(aviso.codigo, aviso.campos) for aviso in escolha.avisos]


def test_no_customer_is_the_consumidor_final() -> None:
    escolha = escolher(None)
    assert escolha.existente is CONSUMIDOR
    assert avisos(escolha) == [("CONSUMIDOR_FINAL", ("/cliente",))]


def test_the_code_of_an_existing_customer_wins_whatever_is_missing() -> None:
    assert escolher({"idRetaguarda": 20}, ano(20, 2015)) == Escolha(ano(20, 2015), None, ())


def test_the_code_wins_over_an_older_customer_with_the_document() -> None:
    escolha = escolher({**COMPLETO, "idRetaguarda": 21}, ano(20, 2015), ano(21, 2020, CNPJ))
    assert escolha.existente == ano(21, 2020, CNPJ)


@pytest.mark.parametrize("achados", [(), (ano(20, 2015, excluido=True),)])
def test_a_code_that_does_not_exist_or_is_excluded_is_said_and_passed_over(achados: tuple[Cliente, ...]) -> None:
    escolha = escolher({"idRetaguarda": 20}, *achados)
    assert escolha.existente is CONSUMIDOR
    assert [codigo for codigo, _ in avisos(escolha)] == ["CLIENTE_NAO_ENCONTRADO", "CONSUMIDOR_FINAL"]
    assert avisos(escolha)[0][1] == ("/cliente/idRetaguarda",)


def test_an_unknown_code_with_complete_data_goes_on_to_the_document() -> None:
    escolha = escolher({**COMPLETO, "idRetaguarda": 99}, ano(20, 2015))
    assert (escolha.existente, escolha.documento) == (ano(20, 2015), CPF)
    assert avisos(escolha) == [("CLIENTE_NAO_ENCONTRADO", ("/cliente/idRetaguarda",))]


@pytest.mark.parametrize("nome", ["bairro", "cep", "cidade", "cpfCnpj", "email", "endereco", "estado"])
@pytest.mark.parametrize("vazio", [None, ""])
def test_one_obligatory_member_missing_is_the_consumidor_final(nome: str, vazio: str | None) -> None:
    escolha = escolher({**COMPLETO, nome: vazio})
    assert escolha.existente is CONSUMIDOR
    assert avisos(escolha) == [("CONSUMIDOR_FINAL", (f"/cliente/{nome}",))]


@pytest.mark.parametrize("nome", ["bairro", "cep", "cidade", "email", "endereco", "estado"])
def test_a_known_document_is_enough_whatever_is_missing(nome: str) -> None:
    escolha = escolher({**COMPLETO, nome: None}, ano(21, 2020), ano(20, 2015))
    assert (escolha.existente, escolha.documento) == (ano(20, 2015), CPF)
    assert avisos(escolha) == [("CLIENTE_PELO_DOCUMENTO", (f"/cliente/{nome}",))]


def test_a_site_may_ask_for_the_whole_customer_first() -> None:
    incompleto = {**COMPLETO, "cep": None}
    escolha = escolher_cliente(incompleto, [ano(20, 2015)], CONSUMIDOR, pelo_documento=False)
    assert (escolha.existente, avisos(escolha)) == (CONSUMIDOR, [("CONSUMIDOR_FINAL", ("/cliente/cep",))])
    assert escolher_cliente(COMPLETO, [ano(20, 2015)], CONSUMIDOR, pelo_documento=False).existente == ano(20, 2015)


def test_a_document_whose_only_customers_are_excluded_is_not_known() -> None:
    assert escolher({**COMPLETO, "cep": None}, ano(20, 2015, excluido=True)).existente is CONSUMIDOR


def _cabe(nome: str, texto: str) -> bool:
    return len(texto) <= {"numero": 6, "complemento": 20}[nome]


@pytest.mark.parametrize(
    ("numero", "complemento", "gravados"),
    [
        ("123456", "fundos", ("123456", "fundos")),
        ("1234567", None, ("1234567", "1234567")),
        ("QD 12 LT 3", "fundos", ("QD 12 LT 3", "QD 12 LT 3 fundos")),
        ("QD 12 LT 3", "casa dos fundos", ("QD 12 LT 3", "casa dos fundos")),
        (None, "fundos", (None, "fundos")),
    ],
)
def test_a_house_number_that_does_not_fit_is_whole_in_the_complement(
    numero: str | None, complemento: str | None, gravados: tuple[str | None, str | None]
) -> None:
    acomodado = acomodar_numero({"numero": numero, "complemento": complemento, "cep": "x"}, _cabe)
    assert (acomodado["numero"], acomodado["complemento"], acomodado["cep"]) == (*gravados, "x")


def test_obligatory_members() -> None:
    assert set(OBRIGATORIOS) == {"bairro", "cep", "cidade", "cpfCnpj", "email", "endereco", "estado"}


@pytest.mark.parametrize("documento", ["529.982.247-24", "11111111111", "123", "sem", "5299822472５"])
def test_an_invalid_document_counts_as_missing(documento: str) -> None:
    assert faltantes({**COMPLETO, "cpfCnpj": documento}) == ["cpfCnpj"]


@given(st.sets(st.sampled_from(OBRIGATORIOS)))
def test_everything_that_is_missing_is_named(nomes: set[str]) -> None:
    assert faltantes(sem(*nomes)) == sorted(nomes)


def test_the_aviso_names_what_is_missing_and_shows_no_value() -> None:
    (aviso,) = escolher(sem("cep", "bairro")).avisos
    assert aviso.campos == ("/cliente/bairro", "/cliente/cep")
    assert aviso.mensagem == "Cadastro do cliente incompleto (bairro, cep): usado o consumidor final."


def test_an_empty_customer_misses_everything() -> None:
    assert avisos(escolher({})) == [("CONSUMIDOR_FINAL", tuple(f"/cliente/{nome}" for nome in sorted(OBRIGATORIOS)))]


def test_the_oldest_customer_with_the_document() -> None:
    escolha = escolher(COMPLETO, ano(21, 2020), ano(20, 2015), ano(22, 2010, excluido=True))
    assert escolha == Escolha(ano(20, 2015), CPF, ())


@pytest.mark.parametrize("cgcent", ["52998224725", "529.982.247-25", " 529.982.247-25 "])
def test_the_document_is_found_in_either_form(cgcent: str) -> None:
    assert escolher(COMPLETO, ano(20, 2015, cgcent)).existente == ano(20, 2015, cgcent)


def test_a_customer_with_another_document_is_not_taken() -> None:
    assert escolher(COMPLETO, ano(20, 2015, CNPJ)) == Escolha(None, CPF, ())


@pytest.mark.parametrize("enviado", ["12.ABC.345/01DE-35", "12abc34501de35"])
def test_alphanumeric_cnpj(enviado: str) -> None:
    antigo = ano(30, 2026, "12ABC34501DE35")
    assert escolher({**COMPLETO, "cpfCnpj": enviado}, antigo) == Escolha(antigo, "12ABC34501DE35", ())


def test_a_complete_unknown_customer_is_to_be_inserted() -> None:
    assert escolher(COMPLETO) == Escolha(None, CPF, ())


def test_a_new_customer_needs_a_name() -> None:
    escolha = escolher(sem("nome"))
    assert (escolha.existente, avisos(escolha)) == (CONSUMIDOR, [("CONSUMIDOR_FINAL", ("/cliente/nome",))])


def test_an_existing_customer_needs_no_name() -> None:
    assert escolher(sem("nome"), ano(20, 2015)).existente == ano(20, 2015)


@pytest.mark.parametrize(
    ("clientes", "codcli"),
    [
        ([ano(5, 2020), ano(3, 2020), ano(4, 2020)], 3),
        ([ano(3, None), ano(5, 2026)], 5),  # no date counts as newest
        ([ano(7, None), ano(6, None)], 6),
        ([ano(1, 2001, excluido=True), ano(2, 2002)], 2),
    ],
)
def test_oldest_by_date_then_by_code(clientes: list[Cliente], codcli: int) -> None:
    antigo = mais_antigo(clientes)
    assert antigo is not None
    assert antigo.codcli == codcli


def test_nobody_is_the_oldest_of_the_excluded() -> None:
    assert mais_antigo([ano(1, 2001, excluido=True)]) is None


def test_a_blocked_customer_is_a_problem_unless_the_site_allows_it() -> None:
    (problema,) = conferir_bloqueio(Cliente(20, bloqueado=True), permite_bloqueado=False)
    assert (problema.codigo, problema.campo, problema.rotina) == ("CLIENTE_BLOQUEADO", "/cliente", "302")
    assert conferir_bloqueio(Cliente(20, bloqueado=True), permite_bloqueado=True) == []
    assert conferir_bloqueio(Cliente(20), permite_bloqueado=False) == []
