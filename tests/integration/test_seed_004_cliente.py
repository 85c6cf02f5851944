"""What the user's document 004 says of the customer and the CEP, word by word, and the tests that show it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

CLIENTES = "integration/test_clientes.py"
NOVOS = "integration/cep/test_clientes_novos.py"
CEP = "integration/cep/test_decisao_na_reserva.py"
PARAMETROS = "integration/test_parametros.py"

OBRIGATORIO = (
    "Este campo é obrigatório para gravar o cliente, caso não seja informado o cliente não será gravado e será usado o "
    "cliente consumidor final para gerar a reserva de estoque"
)
UM_POR_UM = (f"{CLIENTES}::test_a_missing_member_is_named_and_nobody_is_written",)

# (member of the document's table, or where it stands; sentence; tests)
FRASES: list[tuple[str, str, tuple[str, ...]]] = [
    (
        "Pré-Requisitos e Restrições",
        "Caso o cadastro do cliente esteja completo o cliente já vai ser inserido neste processo de reserva de "
        "estoque, porém a alteração de dados do cadastro do cliente só será possível no envio do pedido pago.",
        (
            f"{CLIENTES}::test_the_order_goes_to_the_new_customer",
            f"{CLIENTES}::test_an_existing_customer_is_never_changed",
            f"{CEP}::test_a_paid_order_s_customer_gets_the_address_of_the_service",
        ),
    ),
    (
        "Pré-Requisitos e Restrições",
        "Ao enviar o cliente, será validado o parâmetro4672 - Aceita validar CEP online nas APIs do WinThor da rotina "
        "132 permite validar se o CEP informado está valido em API terceiros (ViaCEP e ByJG).",
        (f"{CEP}::test_complete_new_customer", f"{CEP}::test_when_viacep_fails_byjg_answers"),
    ),
    (
        "Pré-Requisitos e Restrições",
        "Caso falso, essa validação não ocorrerá.",
        (f"{CEP}::test_complete_new_customer",),
    ),
    (
        "Pré-Requisitos e Restrições",
        'O padrão do parâmetro é "Sim";',
        (
            f"{CEP}::test_parameters_without_a_value_have_their_published_defaults",
            f"{PARAMETROS}::test_the_demo_s_parameters",
        ),
    ),
    (
        "cliente",
        "Caso não seja informado o cliente será usado o cliente consumidor final.",
        (
            f"{CLIENTES}::test_without_a_customer_the_consumidor_final_is_used",
            f"{CLIENTES}::test_the_consumidor_final_is_the_branch_s_then_the_company_s_then_the_setting_s",
        ),
    ),
    (
        "cliente",
        "Caso o cliente esteja com o cadastro completo, ele já será gravado na base do winthor .",
        (
            f"{CLIENTES}::test_a_new_customer_has_these_columns_and_no_other",
            f"{NOVOS}::test_no_obligatory_column_is_empty",
        ),
    ),
    ("cliente.bairro", OBRIGATORIO, UM_POR_UM),
    (
        "cliente.telefone",
        "Caso não preenchido será usado o campo celular",
        (f"{CLIENTES}::test_telephone_and_mobile_fill_each_other", f"{NOVOS}::test_telephones"),
    ),
    (
        "cliente.celular",
        "Caso não preenchido será usado o campo telefone",
        (f"{CLIENTES}::test_telephone_and_mobile_fill_each_other", f"{NOVOS}::test_telephones"),
    ),
    ("cliente.cep", OBRIGATORIO, UM_POR_UM),
    ("cliente.cidade", OBRIGATORIO, UM_POR_UM),
    ("cliente.cpfCnpj", OBRIGATORIO, UM_POR_UM),
    (
        "cliente.cpfCnpj",
        "Caso já exista um cliente com mesmo CGC e o idRetaguarda não seja informado será usado o cliente mais antigo "
        "que contém o mesmo CGC",
        (
            f"{CLIENTES}::test_the_oldest_customer_with_the_document_is_taken",
            f"{CLIENTES}::test_of_two_from_one_day_the_lower_code_is_taken",
            f"{CLIENTES}::test_the_code_wins_over_the_document",
        ),
    ),
    ("cliente.email", OBRIGATORIO, UM_POR_UM),
    ("cliente.endereco", OBRIGATORIO, UM_POR_UM),
    ("cliente.estado", OBRIGATORIO, UM_POR_UM),
    (
        "cliente.idRetaguarda",
        "Código cliente",
        (f"{CLIENTES}::test_an_existing_customer_is_taken_whatever_else_is_missing",),
    ),
]

# Members of the same table that have no sentence, only "NÃO" under "Obrigatório".
SEM_FRASE = {
    "cliente.complemento": f"{NOVOS}::test_the_blocks_com_and_cob_are_copies_of_ent",
    "cliente.numero": f"{CLIENTES}::test_a_house_without_number_is_s_n",
}


def existe(teste: str) -> bool:
    """Whether ``file::function`` is a test."""
    arquivo, _, nome = teste.partition("::")
    tree = ast.parse((TESTS / arquivo).read_text("utf-8"))
    return nome.startswith("test_") and nome in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}


@pytest.mark.parametrize(("membro", "frase", "testes"), FRASES, ids=[membro for membro, _, _ in FRASES])
def test_a_sentence_has_its_tests(membro: str, frase: str, testes: tuple[str, ...]) -> None:
    assert testes
    assert [teste for teste in testes if not existe(teste)] == []


def test_members_without_a_sentence_have_their_test() -> None:
    assert {membro: existe(teste) for membro, teste in SEM_FRASE.items()} == dict.fromkeys(SEM_FRASE, True)


def test_a_test_that_does_not_exist_would_be_seen() -> None:
    assert not existe(f"{CLIENTES}::test_that_nobody_wrote")
