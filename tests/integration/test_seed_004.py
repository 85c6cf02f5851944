"""The document "reserva de estoque do PDVSync": each sentence on including a reservation, and the test behind it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.builders import cliente_completo, pre_venda
from tests.support.gateway import Casa

HERE = Path(__file__).parent

OBRIGATORIO_PARA_GRAVAR = (
    "Este campo é obrigatório para gravar o cliente, caso não seja informado o cliente não será gravado"
    " e será usado o cliente consumidor final para gerar a reserva de estoque"
)

SENTENCAS = [
    (
        "Para reservar o estoque o campo situacaoPreVenda deve está igual a DISPONIVEL.",
        "test_seed_004.py::test_no_other_state_reserves",
    ),
    (
        "Os pedidos será gravado como liberados, e sem a informação da cobrança (pcpedc.codcob vazio).",
        "test_reservar.py::test_an_order_is_released_without_a_billing_type",
    ),
    (
        'Caso o atributo "idOperadorRetaguarda" não seja enviado na requisição, a API consultará o RCA definido no'
        ' parâmetro "4012 - Código do RCA para cadastro de clientes" da rotina 132- Parâmetros da Presidência.',
        "test_vendedores.py::test_without_seller_and_operator_the_parameter_decides",
    ),
    (
        "A tabela PCLOGPEDIDOAPI, é responsável por guardar os retornos dos pedidos importados via integração, sendo"
        " Operação (I - inclusão, A - alteração, C - cancelamento) e Status (A - Aceito, R - Rejeitado,"
        " P - Processando).",
        "test_reservar.py::test_the_log_keeps_the_request_and_the_answer",
    ),
    (
        "No envio do JSON deve-se enviar no campo preVendaItens.idProdutoRetaguarda o código auxiliar seguido do código"
        " do produto. Exemplo: 100-1.",
        "test_reservar.py::test_the_item_has_these_columns_and_no_other",
    ),
    (
        "No atributo preVendaItens.entrega.idLojaEntregaRetaguarda deverá constar a filial de onde será realizada a"
        " retirada da mercadoria;",
        "test_reservar.py::test_the_stock_of_the_delivery_branch_is_reserved",
    ),
    (
        "Caso o cadastro do cliente esteja completo o cliente já vai ser inserido neste processo de reserva de"
        " estoque,",
        "test_clientes.py::test_the_order_goes_to_the_new_customer",
    ),
    (
        "porém a alteração de dados do cadastro do cliente só será possível no envio do pedido pago.",
        "test_clientes.py::test_an_existing_customer_is_never_changed",
    ),
    (
        "Ao enviar o cliente, será validado o parâmetro4672 - Aceita validar CEP online nas APIs do WinThor da rotina"
        " 132 permite validar se o CEP informado está valido em API terceiros (ViaCEP e ByJG).",
        "test_seed_004.py::test_the_cep_of_a_new_customer_is_checked",
    ),
    (
        "Caso falso, essa validação não ocorrerá.",
        "test_seed_004.py::test_with_parameter_4672_off_no_cep_is_checked",
    ),
    (
        'O padrão do parâmetro é "Sim";',
        "test_seed_004.py::test_a_cep_is_checked_also_where_the_parameter_has_no_value",
    ),
    # The table of fields
    ("situacaoPreVenda", "test_reservar.py::test_the_state_may_be_a_number_or_a_name"),
    ("Identificação do pedido no PDV.", "test_reservar.py::test_the_order_has_these_columns_and_no_other"),
    ("observacoes", "test_reservar.py::test_a_long_text_flows_over_seven_columns"),
    (
        "Matricula do funcionário. Caso não informado irá usar o RCA do parâmetro 4012.",
        "test_vendedores.py::test_without_a_seller_the_operator_s_rca_is_taken",
    ),
    ("Código da filial.", "test_reservar.py::test_the_order_has_these_columns_and_no_other"),
    ("Deve ser maior que zero.", "test_recusas.py::test_problems_of_every_kind_are_told_together"),
    ("Valor de desconto.", "test_exatidao.py::test_the_discount_in_reais_is_of_the_whole_line"),
    ("Percentual de desconto.", "test_exatidao.py::test_the_discount_in_percent_gives_the_table_price"),
    (
        "Código auxiliar mais o código do produto. Ex: 123-1.",
        "test_reservar.py::test_a_box_is_twelve_units_and_its_price_is_divided",
    ),
    (
        "Matrícula do funcionário (quando id somente com números) ou código do RCA (quando id iniciado pelo texto"
        ' "RCA-", os números em sequência representam o código do RCA).',
        "test_vendedores.py::test_digits_are_an_employee_and_rca_is_an_rca",
    ),
    (
        "Quando recebida a matrícula do funcionário, o código do RCA informado no cadastro do funcionário será aplicado"
        " no item do pedido.",
        "test_vendedores.py::test_digits_are_an_employee_and_rca_is_an_rca",
    ),
    (
        "O id do último item será utilizado para definir o RCA do Pedido.",
        "test_vendedores.py::test_the_last_item_with_a_seller_decides_the_order",
    ),
    ("Código da filial retira.", "test_reservar.py::test_both_names_of_the_delivery_branch_are_understood"),
    ("Array de Itens do KIT (Cesta Básica)", "test_kits.py::test_components_sent_win_over_the_master_data"),
    (
        "EAN-Código do Produto do item do KIT (Cesta Básica)",
        "test_kits.py::test_a_component_in_boxes_counts_in_units",
    ),
    ("Sequencial do item do KIT (Cesta Básica)", "test_kits.py::test_components_sent_win_over_the_master_data"),
    ("Preço do item do KIT (Cesta Básica)", "test_kits.py::test_components_sent_win_over_the_master_data"),
    ("Quantidade do item do KIT (Cesta Básica)", "test_kits.py::test_a_component_in_boxes_counts_in_units"),
    (
        "Caso não seja informado o cliente será usado o cliente consumidor final.",
        "test_clientes.py::test_without_a_customer_the_consumidor_final_is_used",
    ),
    (
        "Caso o cliente esteja com o cadastro completo, ele já será gravado na base do winthor .",
        "test_clientes.py::test_a_new_customer_has_these_columns_and_no_other",
    ),
    (OBRIGATORIO_PARA_GRAVAR, "test_clientes.py::test_a_missing_member_is_named_and_nobody_is_written"),
    (
        "Caso não preenchido será usado o campo celular",
        "test_clientes.py::test_telephone_and_mobile_fill_each_other",
    ),
    (
        "Caso não preenchido será usado o campo telefone",
        "test_clientes.py::test_telephone_and_mobile_fill_each_other",
    ),
    (
        "Caso já exista um cliente com mesmo CGC e o idRetaguarda não seja informado será usado o cliente mais antigo"
        " que contém o mesmo CGC",
        "test_clientes.py::test_the_oldest_customer_with_the_document_is_taken",
    ),
    ("Código cliente", "test_clientes.py::test_an_existing_customer_is_taken_whatever_else_is_missing"),
    ("cliente.numero", "test_clientes.py::test_a_new_customer_has_these_columns_and_no_other"),
    ("cliente.complemento", "test_clientes.py::test_a_new_customer_has_these_columns_and_no_other"),
    (
        "Número da reserva no WinThor. Só deverá ser enviado caso deseje alterar a reserva.",
        "test_reservar.py::test_empty_ids_and_ids_as_numbers_are_accepted",
    ),
]


def existe(endereco: str) -> bool:
    arquivo, _, teste = endereco.partition("::")
    arvore = ast.parse((HERE / arquivo).read_text("utf-8"))
    return teste in {node.name for node in arvore.body if isinstance(node, ast.FunctionDef)}


def test_every_sentence_has_a_test_that_exists() -> None:
    assert [endereco for _, endereco in SENTENCAS if not existe(endereco)] == []


def test_every_sentence_stands_once() -> None:
    sentencas = [sentenca for sentenca, _ in SENTENCAS]

    assert len(set(sentencas)) == len(sentencas)


# Sentences that no other file shows


@pytest.mark.parametrize("situacao", ["CANCELADA", "RECEBIDO", "RESGATADA"])
def test_no_other_state_reserves(casa: Casa, situacao: str) -> None:
    body = casa.recusado(pre_venda() | {"situacaoPreVenda": situacao})

    assert [(e["codigo"], e["campo"]) for e in body["errors"]] == [("RETAGUARDA_OBRIGATORIO", "/idRetaguarda")]


CEP_QUE_NAO_EXISTE = pre_venda(cliente=cliente_completo(cep="99999-999"))


def gravado(casa: Casa) -> bool:
    """Whether the customer of a pre-sale with an unknown CEP was written."""
    casa.reservar(CEP_QUE_NAO_EXISTE)
    return int(casa.linha("PCPEDC")["CODCLI"]) == 1000


def test_the_cep_of_a_new_customer_is_checked(casa: Casa) -> None:
    assert not gravado(casa)


def test_with_parameter_4672_off_no_cep_is_checked(casa: Casa) -> None:
    casa.executar("INSERT INTO PCPARAMFILIAL (NOME, CODFILIAL, VALOR) VALUES ('VALIDACEPAPI', '1', 'N')")

    assert gravado(casa)


def test_a_cep_is_checked_also_where_the_parameter_has_no_value(casa: Casa) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = NULL WHERE ID = 4672")

    assert not gravado(casa)
