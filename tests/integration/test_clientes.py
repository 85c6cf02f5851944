"""Whose order it is: the customer sent, the oldest with the document, a new one, or the consumidor final (R7)."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.winthor.esquema.tables import PCCLIENT
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import Casa

CNPJ = "11222333000181"  # of customers 20 (2015), 21 (2020) and 22 (2010, excluded)
CNPJ_COM_LETRAS = "12ABC34501DE35"
CPFS = ["52998224725", "01234567890", "11144477735", "12345678909"]
GUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
HOJE = dt.datetime(2026, 3, 2)  # noqa: DTZ001 - Oracle DATE has no zone
OBRIGATORIOS = ["bairro", "cep", "cidade", "cpfCnpj", "email", "endereco", "estado"]


def com(**cliente: Any) -> dict[str, Any]:
    return pre_venda(cliente=cliente)


def completo(numero_pv: str = "PV-1", **mais: Any) -> dict[str, Any]:
    return pre_venda(cliente=cliente_completo(**mais), numero=numero_pv)


def codcli(casa: Casa, corpo: dict[str, Any]) -> int:
    return int(casa.linha("PCPEDC", NUMPED=casa.reservar(corpo))["CODCLI"])


def avisos(answer: Any) -> dict[str, list[str]]:
    return {aviso["codigo"]: aviso["campos"] for aviso in answer.get_json()["data"]["avisos"]}


def sem_conferir_cep(casa: Casa) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = 'N' WHERE ID = 4672")


def alterar(casa: Casa, codigo: int, **colunas: Any) -> None:
    with casa.engine.begin() as connection:
        connection.execute(sa.update(PCCLIENT).where(PCCLIENT.c.CODCLI == codigo).values(**colunas))


# (1) the customer's code


@pytest.mark.parametrize("codigo", [21, "21"])
def test_an_existing_customer_is_taken_whatever_else_is_missing(casa: Casa, codigo: Any) -> None:
    answer = casa.enviar(com(idRetaguarda=codigo))

    assert answer.get_json()["data"]["codcli"] == 21
    assert {casa.linha("PCPEDC")["CODCLI"], casa.linha("PCPEDI")["CODCLI"]} == {21}
    assert casa.ultimo_log()["CODCLI"] == 21
    assert avisos(answer) == {}


def test_the_code_wins_over_the_document(casa: Casa) -> None:
    assert codcli(casa, completo(idRetaguarda=21, cpfCnpj=CNPJ)) == 21


def test_an_excluded_or_unknown_code_is_told_and_the_rest_decides(casa: Casa) -> None:
    for codigo in (22, 999, 9999999999):
        answer = casa.enviar(completo(f"PV-{codigo}", idRetaguarda=codigo, cpfCnpj=CNPJ))

        assert answer.get_json()["data"]["codcli"] == 20
        assert avisos(answer) == {"CLIENTE_NAO_ENCONTRADO": ["/cliente/idRetaguarda"]}


def test_an_excluded_code_without_more_data_is_the_consumidor_final(casa: Casa) -> None:
    answer = casa.enviar(com(idRetaguarda=22))

    assert answer.get_json()["data"]["codcli"] == 1
    assert avisos(answer) == {
        "CLIENTE_NAO_ENCONTRADO": ["/cliente/idRetaguarda"],
        "CONSUMIDOR_FINAL": [f"/cliente/{nome}" for nome in OBRIGATORIOS],
    }


def test_a_guid_or_an_empty_code_is_no_code(casa: Casa) -> None:
    for numero, ausente in enumerate([GUID, GUID.upper(), "", " ", 0, "0", None]):
        answer = casa.enviar(completo(f"PV-{numero}", idRetaguarda=ausente, cpfCnpj=CNPJ))

        assert answer.get_json()["data"]["codcli"] == 20
        assert avisos(answer) == {}


def test_a_code_that_is_no_number_is_refused(casa: Casa) -> None:
    body = casa.recusado(com(idRetaguarda="ABC"))

    assert [(e["codigo"], e["campo"]) for e in body["errors"]] == [("CAMPO_INVALIDO", "/cliente/idRetaguarda")]


# (2) consumidor final


@pytest.mark.parametrize("mais", [{}, {"cliente": None}])
def test_without_a_customer_the_consumidor_final_is_used(casa: Casa, mais: dict[str, Any]) -> None:
    answer = casa.enviar(pre_venda(**mais))

    assert casa.linha("PCPEDC")["CODCLI"] == 1
    assert avisos(answer) == {"CONSUMIDOR_FINAL": ["/cliente"]}


def test_an_empty_customer_names_all_that_is_missing(casa: Casa) -> None:
    answer = casa.enviar(com())

    assert casa.linha("PCPEDC")["CODCLI"] == 1
    assert avisos(answer) == {"CONSUMIDOR_FINAL": [f"/cliente/{nome}" for nome in OBRIGATORIOS]}


def test_a_missing_member_is_named_and_nobody_is_written(casa: Casa) -> None:
    answers = {nome: casa.enviar(completo(f"PV-{nome}", **{nome: None})) for nome in OBRIGATORIOS}

    esperados = {nome: {"CONSUMIDOR_FINAL": [f"/cliente/{nome}"]} for nome in OBRIGATORIOS}
    assert {nome: avisos(answer) for nome, answer in answers.items()} == esperados
    assert [row["CODCLI"] for row in casa.tabela("PCPEDC")] == [1] * 7
    assert casa.contar("PCCLIENT") == 4
    assert casa.linha("PCCONSUM")["PROXNUMCLI"] == 1000


def test_a_blank_member_is_missing(casa: Casa) -> None:
    answer = casa.enviar(completo(bairro="  ", email=""))

    assert avisos(answer) == {"CONSUMIDOR_FINAL": ["/cliente/bairro", "/cliente/email"]}
    assert "(bairro, email)" in answer.get_json()["data"]["avisos"][0]["mensagem"]


def test_an_invalid_document_counts_as_missing(casa: Casa) -> None:
    for documento in ("52998224724", "11111111111", "11222333000180", "123", "abc"):
        answer = casa.enviar(completo(f"PV-{documento}", cpfCnpj=documento))

        assert answer.get_json()["data"]["codcli"] == 1
        assert avisos(answer) == {"CONSUMIDOR_FINAL": ["/cliente/cpfCnpj"]}


def test_a_known_document_chooses_the_customer_whatever_is_missing(casa: Casa) -> None:
    answer = casa.enviar(completo(cpfCnpj=CNPJ, email=None))

    assert casa.linha("PCPEDC")["CODCLI"] == 20
    assert avisos(answer) == {"CLIENTE_PELO_DOCUMENTO": ["/cliente/email"]}


def test_a_site_may_ask_for_the_whole_customer_first(casa: Casa) -> None:
    with closing(casa.com(cliente_por_documento=False)) as outra:
        assert codcli(outra, completo(cpfCnpj=CNPJ, email=None)) == 1


def test_a_new_customer_without_a_name_is_the_consumidor_final(casa: Casa) -> None:
    answer = casa.enviar(completo(nome=None))

    assert casa.linha("PCPEDC")["CODCLI"] == 1
    assert avisos(answer) == {"CONSUMIDOR_FINAL": ["/cliente/nome"]}


def test_an_existing_customer_needs_no_name(casa: Casa) -> None:
    assert codcli(casa, completo(cpfCnpj=CNPJ, nome=None)) == 20


def test_the_consumidor_final_is_the_branch_s_then_the_company_s_then_the_setting_s(casa: Casa) -> None:
    casa.executar("UPDATE PCFILIAL SET CODCLICONSUMIDOR = 20 WHERE CODIGO = '1'")
    casa.executar("UPDATE PCFILIAL SET CODCLICONSUMIDOR = NULL WHERE CODIGO IN ('2', '10')")
    casa.executar("UPDATE PCCONSUM SET CODCLICONSUMIDOR = 21")
    assert [codcli(casa, pre_venda(loja=loja)) for loja in ("1", "2")] == [20, 21]

    casa.executar("UPDATE PCCONSUM SET CODCLICONSUMIDOR = NULL")
    with closing(casa.com(codcli_consumidor=20)) as outra:
        assert codcli(outra, pre_venda(loja="10")) == 20
    assert codcli(casa, pre_venda(loja="10", numero="PV-2")) == 1


@pytest.mark.parametrize("sql", ["UPDATE PCCLIENT SET DTEXCLUSAO = DTCADASTRO", "DELETE FROM PCCLIENT"])
def test_a_consumidor_final_that_does_not_exist_is_refused(casa: Casa, sql: str) -> None:
    casa.executar(sql)

    body = casa.recusado(pre_venda())
    assert [(e["codigo"], e["campo"], e["rotina"]) for e in body["errors"]] == [
        ("PARAMETRO_AUSENTE", "/cliente", "535")
    ]


def test_the_order_takes_district_and_region_of_its_customer(casa: Casa) -> None:
    alterar(casa, 20, CODPRACA=2)
    casa.reservar(com(idRetaguarda=20))

    pedido = casa.linha("PCPEDC")
    assert (pedido["CODPRACA"], pedido["NUMREGIAO"]) == (2, 2)


# (3) the oldest with the document


@pytest.mark.parametrize("gravado", [CNPJ, "11.222.333/0001-81"])
def test_the_oldest_customer_with_the_document_is_taken(casa: Casa, gravado: str) -> None:
    alterar(casa, 20, CGCENT=gravado)

    for enviado in (CNPJ, "11.222.333/0001-81", " 11.222.333/0001-81 "):
        assert codcli(casa, completo(f"PV-{enviado}", cpfCnpj=enviado)) == 20


def test_plain_and_masked_documents_are_the_same_one(casa: Casa) -> None:
    alterar(casa, 21, CGCENT="11.222.333/0001-81", DTCADASTRO=dt.datetime(2014, 1, 1))  # noqa: DTZ001

    assert codcli(casa, completo(cpfCnpj=CNPJ)) == 21


def test_of_two_from_one_day_the_lower_code_is_taken(casa: Casa) -> None:
    alterar(casa, 20, DTCADASTRO=casa.linha("PCCLIENT", CODCLI=21)["DTCADASTRO"])

    assert codcli(casa, completo(cpfCnpj=CNPJ)) == 20


def test_a_customer_without_a_date_counts_as_newest(casa: Casa) -> None:
    casa.executar("UPDATE PCCLIENT SET DTCADASTRO = NULL WHERE CODCLI = 20")

    assert codcli(casa, completo(cpfCnpj=CNPJ)) == 21


def test_excluded_customers_are_passed_over(casa: Casa) -> None:
    casa.executar("UPDATE PCCLIENT SET DTEXCLUSAO = DTCADASTRO WHERE CODCLI IN (20, 21)")

    assert codcli(casa, completo(cpfCnpj=CNPJ)) == 1000


@pytest.mark.parametrize("mais", [{"idRetaguarda": 20}, {}])
def test_an_existing_customer_is_never_changed(casa: Casa, mais: dict[str, Any]) -> None:
    antes = casa.tabela("PCCLIENT")
    outro = {"nome": "Outro Nome", "endereco": "Rua Nova", "celular": "11 3333-4444", "cep": "01310-100"}

    assert codcli(casa, completo(cpfCnpj=CNPJ, **outro, **mais)) == 20
    assert casa.tabela("PCCLIENT") == antes


@pytest.mark.parametrize("cliente", [{"idRetaguarda": 20}, cliente_completo(cpfCnpj=CNPJ)])
def test_a_blocked_customer_is_refused_unless_the_site_allows_it(casa: Casa, cliente: dict[str, Any]) -> None:
    alterar(casa, 20, BLOQUEIO="S")
    (problema,) = casa.recusado(pre_venda(cliente=cliente))["errors"]
    assert (problema["codigo"], problema["campo"], problema["rotina"]) == ("CLIENTE_BLOQUEADO", "/cliente", "302")

    with closing(casa.com(permite_cliente_bloqueado=True)) as outra:
        assert codcli(outra, pre_venda(cliente=cliente)) == 20


# (4) a new customer


def test_a_new_customer_has_these_columns_and_no_other(casa: Casa) -> None:
    casa.reservar(completo(complemento="Casa 2", telefone="(11) 3222-1111"))

    agora = HOJE.replace(hour=9)
    endereco = {"ENDER": "Rua das Flores", "NUMERO": "12", "COMPLEMENTO": "Casa 2", "BAIRRO": "Sé"}
    endereco |= {"MUNIC": "São Paulo", "EST": "SP", "CEP": "01001000", "TEL": "1132221111"}
    naos = ["CONTRIBUINTE", "BLOQUEIO", "BLOQUEIOSEFAZ", "BLOQUEIOSEFAZPED", "SIMPLESNACIONAL", "CALCULAST"]
    naos += ["ACEITAVENDAFRACAO", "VALIDARMULTIPLOVENDA", "ISENTOIPI", "ISENTOICMS", "CLIENTEFONTEST"]
    novo = {coluna: valor for coluna, valor in casa.linha("PCCLIENT", CODCLI=1000).items() if valor is not None}
    assert novo == {
        **{"CODCLI": 1000, "CODCLIPRINC": 1000, "CLIENTE": "Maria Aparecida", "FANTASIA": "Maria Aparecida"},
        **{"CGCENT": "52998224725", "CGCENTREGA": "52998224725", "TIPOFJ": "F"},
        **{"IEENT": "ISENTO", "INSCESTADUAL": "ISENTO"},
        **{coluna + bloco: valor for coluna, valor in endereco.items() for bloco in ("ENT", "COM", "COB")},
        **{"MUNICENT2": "São Paulo", "PAISENT": "BRASIL", "CODPAIS": 1058, "CODCIDADE": 1, "CODCIDADECOM": 1},
        **{"CODPRACA": 1, "NUMREGIAOCLI": 1, "TELENT1": "1132221111", "TELCELENT": "11988887777"},
        **{"EMAIL": "Maria@Exemplo.com.br", "EMAILNFE": "maria@exemplo.com.br"},
        **{"CODUSUR1": 8, "CODPLPAG": 1, "CODATV1": 1, "CODCOB": "D", "CODCNAE": "4729-6/99"},
        **{"LIMCRED": Decimal(0), "CONDVENDA1": "S", "CONSUMIDORFINAL": "S", **dict.fromkeys(naos, "N")},
        **{"CODFUNCCAD": 1, "CODFUNCCADASTRO": 1, "DTPRIMCOMPRA": HOJE},
        **dict.fromkeys(["DTCADASTRO", "HORACADASTRO", "DTULTALTER", "DTIMPORTINTEGRACAO"], agora),
    }


def test_the_order_goes_to_the_new_customer(casa: Casa) -> None:
    answer = casa.enviar(completo())

    assert answer.get_json()["data"]["codcli"] == 1000
    assert casa.linha("PCPEDC")["CODCLI"] == 1000
    assert "CONSUMIDOR_FINAL" not in avisos(answer)
    assert casa.linha("PCCONSUM")["PROXNUMCLI"] == 1001


def test_a_new_customer_is_found_by_its_next_order(casa: Casa) -> None:
    assert codcli(casa, completo()) == 1000
    assert codcli(casa, completo("PV-2", cpfCnpj="52998224725")) == 1000

    assert casa.contar("PCCLIENT") == 5


def test_numbers_of_customers_that_are_taken_are_passed_over(casa: Casa) -> None:
    for codigo in range(1000, 1051):
        casa.executar("INSERT INTO PCCLIENT (CODCLI) VALUES (:c)", c=codigo)

    assert codcli(casa, completo()) == 1051
    assert casa.linha("PCCONSUM")["PROXNUMCLI"] == 1052


def test_an_empty_counter_of_customers_takes_the_first_free_number(casa: Casa) -> None:
    casa.executar("UPDATE PCCONSUM SET PROXNUMCLI = NULL")

    assert codcli(casa, completo()) == 2


def test_used_up_numbers_of_customers_lose_no_sale(casa: Casa) -> None:
    casa.executar("UPDATE PCCONSUM SET PROXNUMCLI = 999999")
    clientes = casa.tabela("PCCLIENT")

    answer = casa.enviar(completo())
    assert answer.status_code == 201
    data = answer.get_json()["data"]
    assert data["codcli"] == 1
    assert {"codigo": "CONSUMIDOR_FINAL", "campos": ["/cliente"]}.items() <= data["avisos"][-1].items()
    assert "código livre" in data["avisos"][-1]["mensagem"]
    assert casa.tabela("PCCLIENT") == clientes


def test_a_refusal_writes_no_customer(casa: Casa) -> None:
    casa.recusado(pre_venda(item("300-3", 6), cliente=cliente_completo()))

    assert casa.contar("PCCLIENT") == 4


def test_telephone_and_mobile_fill_each_other(casa: Casa) -> None:
    fixo, movel = "11 3222-1111", "11 98888-7777"
    enviados = zip(CPFS, [(fixo, None), (None, movel), (fixo, movel), (None, None)], strict=True)
    for cpf, (telefone, celular) in enviados:
        casa.reservar(completo(f"PV-{cpf}", cpfCnpj=cpf, telefone=telefone, celular=celular))

    novos = [casa.linha("PCCLIENT", CODCLI=codigo) for codigo in range(1000, 1004)]
    gravados = [("1132221111", "1132221111"), ("11988887777", "11988887777"), ("1132221111", "11988887777")]
    assert [(novo["TELENT"], novo["TELCELENT"]) for novo in novos] == [*gravados, (None, None)]
    assert all(novo["TELENT1"] == novo["TELCOM"] == novo["TELCOB"] == novo["TELENT"] for novo in novos)


def test_parameters_fill_what_the_contract_does_not_say(casa: Casa) -> None:
    for numero, valor in ((4011, "2"), (4013, "7"), (4585, "4744-0/05")):
        casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = :v WHERE ID = :n", v=valor, n=numero)
    casa.reservar(completo() | {"idOperadorRetaguarda": 200})

    novo = casa.linha("PCCLIENT", CODCLI=1000)
    colunas = ("CODPRACA", "NUMREGIAOCLI", "CODATV1", "CODCNAE", "CODUSUR1", "CODFUNCCAD")
    assert [novo[coluna] for coluna in colunas] == [2, 2, 7, "4744-0/05", 8, 200]


def test_without_parameter_4012_the_new_customer_belongs_to_the_order_s_seller(casa: Casa) -> None:
    casa.executar("DELETE FROM PCPARAMFILIAL")
    casa.reservar(completo() | {"idOperadorRetaguarda": 200})

    assert casa.linha("PCCLIENT", CODCLI=1000)["CODUSUR1"] == 2


def test_texts_are_cut_to_their_columns(casa: Casa) -> None:
    sem_conferir_cep(casa)
    answer = casa.enviar(completo(nome="N" * 70, endereco="R" * 50, cidade="São José do Rio Preto", numero="12345678"))
    assert avisos(answer) == {"TEXTO_CORTADO": ["/cliente/endereco", "/cliente/nome", "/cliente/numero"]}

    novo = casa.linha("PCCLIENT", CODCLI=1000)
    assert (novo["CLIENTE"], novo["FANTASIA"], novo["ENDERENT"]) == ("N" * 60, "N" * 40, "R" * 40)
    assert (novo["MUNICENT"], novo["MUNICENT2"]) == ("São José do R", "São José do Rio Preto")
    assert (novo["NUMEROENT"], novo["COMPLEMENTOENT"]) == ("123456", "12345678")


def test_a_house_number_is_whole_in_the_complement(casa: Casa) -> None:
    sem_conferir_cep(casa)
    answer = casa.enviar(completo(numero="QD 12 LT 3", complemento="casa 2"))

    assert casa.linha("PCCLIENT", CODCLI=1000)["COMPLEMENTOENT"] == "QD 12 LT 3 casa 2"
    assert avisos(answer) == {"TEXTO_CORTADO": ["/cliente/numero"]}


def test_a_second_telephone_in_the_same_member_is_not_lost_in_silence(casa: Casa) -> None:
    sem_conferir_cep(casa)
    answer = casa.enviar(completo(telefone="(11) 3333-4444 / (11) 98765-4321"))

    assert casa.linha("PCCLIENT", CODCLI=1000)["TELENT"] == "1133334444"
    assert avisos(answer) == {"TEXTO_CORTADO": ["/cliente/telefone"]}


def test_a_house_without_number_is_s_n(casa: Casa) -> None:
    casa.reservar(completo(numero=None))

    assert casa.linha("PCCLIENT", CODCLI=1000)["NUMEROENT"] == "S/N"


def test_the_city_is_found_whatever_its_accents_and_case(casa: Casa) -> None:
    sem_conferir_cep(casa)
    for cpf, nome in zip(CPFS, ["São Paulo", "SAO PAULO", " são  paulo ", "Atlântida"], strict=True):
        casa.reservar(completo(f"PV-{cpf}", cpfCnpj=cpf, cidade=nome, estado="sp"))

    novos = [casa.linha("PCCLIENT", CODCLI=codigo) for codigo in range(1000, 1004)]
    assert [(novo["CODCIDADE"], novo["ESTENT"]) for novo in novos] == [(1, "SP"), (1, "SP"), (1, "SP"), (None, "SP")]


@pytest.mark.parametrize("enviado", [CNPJ_COM_LETRAS, "12.abc.345/01de-35"])
def test_a_cnpj_with_letters_is_a_company(casa: Casa, enviado: str) -> None:
    assert codcli(casa, completo(cpfCnpj=enviado)) == 1000

    novo = casa.linha("PCCLIENT", CODCLI=1000)
    assert (novo["CGCENT"], novo["TIPOFJ"]) == (CNPJ_COM_LETRAS, "J")


def test_a_cnpj_with_letters_is_found_plain_and_masked(casa: Casa) -> None:
    alterar(casa, 21, CGCENT="12.ABC.345/01DE-35")

    assert codcli(casa, completo(cpfCnpj=CNPJ_COM_LETRAS)) == 21


def test_a_cpf_keeps_its_leading_zeros(casa: Casa) -> None:
    casa.reservar(completo(cpfCnpj="012.345.678-90"))

    assert casa.linha("PCCLIENT", CODCLI=1000)["CGCENT"] == "01234567890"


def test_many_tills_that_register_one_cpf_end_with_one_customer(casa_pg: Casa) -> None:
    casa_pg.token("hub")
    tills = 8
    start = threading.Barrier(tills)

    def send(till: int) -> Any:
        start.wait()
        return casa_pg.enviar(completo(f"PV-{till}"))

    with ThreadPoolExecutor(tills) as pool:
        answers = list(pool.map(send, range(tills)))
    assert [answer.status_code for answer in answers] == [201] * tills
    assert {row["CODCLI"] for row in casa_pg.tabela("PCPEDC")} == {1000}
    assert (casa_pg.contar("PCPEDC"), casa_pg.contar("PCCLIENT")) == (tills, 5)
    assert casa_pg.linha("PCCONSUM")["PROXNUMCLI"] == 1001
