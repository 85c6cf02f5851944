"""Whose sale it is: seller of each item, RCA of the order, operator (R6)."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from app.winthor.esquema.tables import PCUSUARI
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

PARAMETRO = "CODRCACIASHOP"  # 4012
ONTEM = dt.datetime(2026, 3, 1)  # noqa: DTZ001 - Oracle DATE has no zone


def por(vendedor: Any, produto: str = "100-1") -> dict[str, Any]:
    return item(produto, 1, idVendedorRetaguarda=vendedor)


def alterar_rca(casa: Casa, codusur: int, **colunas: Any) -> None:
    with casa.engine.begin() as connection:
        connection.execute(sa.update(PCUSUARI).where(PCUSUARI.c.CODUSUR == codusur).values(**colunas))


def rca_do_pedido(casa: Casa) -> int:
    return int(casa.linha("PCPEDC")["CODUSUR"])


def rcas_dos_itens(casa: Casa) -> list[int]:
    itens = sorted(casa.tabela("PCPEDI"), key=lambda row: int(row["NUMSEQ"]))
    return [row["CODUSUR"] for row in itens]


def avisos(answer: Any) -> dict[str, list[str]]:
    return {aviso["codigo"]: aviso["campos"] for aviso in answer.get_json()["data"]["avisos"]}


def problemas(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problema["codigo"], problema["campo"]) for problema in body["errors"]]


# The seller of an item


def test_digits_are_an_employee_and_rca_is_an_rca(casa: Casa) -> None:
    casa.reservar(pre_venda(*[por(vendedor) for vendedor in ("200", 100, "RCA-2", "rca-1", "RCA-0002")]))

    assert rcas_dos_itens(casa) == [2, 1, 2, 1, 2]
    assert rca_do_pedido(casa) == 2


def test_a_number_that_is_both_names_the_employee(casa: Casa) -> None:
    casa.executar("INSERT INTO PCEMPR (MATRICULA, NOME, CODUSUR) VALUES (1, 'OUTRA PESSOA', 2)")
    casa.reservar(pre_venda(por("1")))

    assert rca_do_pedido(casa) == 2


def test_the_last_item_with_a_seller_decides_the_order(casa: Casa) -> None:
    casa.reservar(pre_venda(por("RCA-1"), por("RCA-2", "200-2"), item("10010-1001")))

    assert rca_do_pedido(casa) == 2
    assert rcas_dos_itens(casa) == [1, 2, 2]


def test_the_seller_of_an_item_wins_over_the_operator(casa: Casa) -> None:
    casa.reservar(pre_venda(por("RCA-2"), idOperadorRetaguarda=100))

    assert rca_do_pedido(casa) == 2
    assert casa.linha("PCPEDC")["CODEMITENTE"] == 100


def test_the_supervisor_of_each_seller_is_copied(casa: Casa) -> None:
    casa.executar("UPDATE PCUSUARI SET CODSUPERVISOR = 9 WHERE CODUSUR = 2")
    casa.reservar(pre_venda(por("RCA-1"), por("RCA-2", "200-2")))

    assert casa.linha("PCPEDC")["CODSUPERVISOR"] == 9
    supervisores = {row["CODPROD"]: row["CODSUPERVISOR"] for row in casa.tabela("PCPEDI")}
    assert supervisores == {1: 1, 2: 9}


def test_the_number_comes_from_the_counter_of_the_order_s_seller(casa: Casa) -> None:
    assert casa.reservar(pre_venda(por("RCA-1"), por("RCA-2", "200-2"))) == 2000001


# The operator


def test_without_a_seller_the_operator_s_rca_is_taken(casa: Casa) -> None:
    casa.reservar(pre_venda(item(), item("200-2"), idOperadorRetaguarda="200"))

    assert (rca_do_pedido(casa), rcas_dos_itens(casa)) == (2, [2, 2])


def test_the_operator_is_who_wrote_and_released_the_order(casa: Casa) -> None:
    casa.reservar(pre_venda(idOperadorRetaguarda=200))

    pedido = casa.linha("PCPEDC")
    assert (pedido["CODEMITENTE"], pedido["CODFUNCLIBERA"]) == (200, 200)


def test_without_an_operator_the_employee_of_the_setting_is_written(casa: Casa) -> None:
    with closing(casa.com(codfunc=8888)) as outra:
        outra.reservar(pre_venda())

    assert casa.linha("PCPEDC")["CODEMITENTE"] == 8888


def test_a_cashier_without_rca_gives_way_to_the_parameter_and_is_told(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(idOperadorRetaguarda=300))

    assert (rca_do_pedido(casa), casa.linha("PCPEDC")["CODEMITENTE"]) == (8, 300)
    assert avisos(answer)["OPERADOR_SEM_RCA"] == ["/idOperadorRetaguarda"]


def test_a_cashier_without_rca_is_no_matter_where_an_item_has_its_seller(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(por("RCA-1"), idOperadorRetaguarda=300))

    assert rca_do_pedido(casa) == 1
    assert list(avisos(answer)) == ["CONSUMIDOR_FINAL"]


def test_an_unknown_operator_is_refused(casa: Casa) -> None:
    body = casa.recusado(pre_venda(idOperadorRetaguarda=999))

    assert problemas(body) == [("RCA_NAO_ENCONTRADO", "/idOperadorRetaguarda")]


def test_an_excluded_operator_is_refused(casa: Casa) -> None:
    casa.executar("UPDATE PCEMPR SET DT_EXCLUSAO = (SELECT MIN(DTCADASTRO) FROM PCCLIENT) WHERE MATRICULA = 200")

    body = casa.recusado(pre_venda(idOperadorRetaguarda=200))
    assert problemas(body) == [("RCA_NAO_ENCONTRADO", "/idOperadorRetaguarda")]


# Parameter 4012


def test_without_seller_and_operator_the_parameter_decides(casa: Casa) -> None:
    casa.reservar(pre_venda())

    assert (rca_do_pedido(casa), rcas_dos_itens(casa)) == (8, [8])


def test_the_branch_s_own_row_of_the_parameter_wins(casa: Casa) -> None:
    casa.executar(f"INSERT INTO PCPARAMFILIAL (NOME, CODFILIAL, VALOR) VALUES ('{PARAMETRO}', '2', '1')")  # noqa: S608
    casa.reservar(pre_venda(loja="2"))
    casa.reservar(pre_venda(loja="1"))

    assert {row["CODFILIAL"]: row["CODUSUR"] for row in casa.tabela("PCPEDC")} == {"2": 1, "1": 8}


def test_an_empty_row_of_the_branch_gives_way_to_the_company_s(casa: Casa) -> None:
    sql = "INSERT INTO PCPARAMFILIAL (NOME, CODFILIAL, VALOR) VALUES (:nome, :filial, :valor)"
    for filial, valor in (("1", None), ("2", "   ")):
        casa.executar(sql, nome=PARAMETRO, filial=filial, valor=valor)
        casa.reservar(pre_venda(loja=filial))

    assert [row["CODUSUR"] for row in casa.tabela("PCPEDC")] == [8, 8]


def test_without_rows_the_default_of_the_parameter_is_taken(casa: Casa) -> None:
    casa.executar("DELETE FROM PCPARAMFILIAL")
    casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = '2' WHERE ID = 4012")
    casa.reservar(pre_venda())

    assert rca_do_pedido(casa) == 2


def test_the_parameter_is_found_by_its_number_not_its_name(casa: Casa) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET NOME = 'OUTRONOME' WHERE ID = 4012")
    casa.executar("UPDATE PCPARAMFILIAL SET NOME = 'OUTRONOME', VALOR = '1'")
    casa.reservar(pre_venda())

    assert rca_do_pedido(casa) == 1


@pytest.mark.parametrize("sql", ["DELETE FROM PCPARAMFILIAL", "UPDATE PCPARAMFILIAL SET VALOR = 'não há'"])
def test_a_parameter_without_an_rca_is_refused(casa: Casa, sql: str) -> None:
    casa.executar(sql)

    body = casa.recusado(pre_venda())
    assert problemas(body) == [("PARAMETRO_AUSENTE", "/idOperadorRetaguarda")]
    assert body["rotina"] == "132 (parâmetro 4012)"


def test_a_parameter_that_names_an_unknown_rca_is_refused(casa: Casa) -> None:
    casa.executar("UPDATE PCPARAMFILIAL SET VALOR = '77'")

    body = casa.recusado(pre_venda())
    assert problemas(body) == [("RCA_NAO_ENCONTRADO", "/idOperadorRetaguarda")]
    assert body["rotina"] == "132 (parâmetro 4012)"


def test_an_absent_parameter_does_not_matter_where_an_item_has_its_seller(casa: Casa) -> None:
    casa.executar("DELETE FROM PCPARAMFILIAL")
    casa.reservar(pre_venda(por("RCA-2")))

    assert rca_do_pedido(casa) == 2


# Who may not sell


def test_a_seller_without_a_usable_rca_is_refused(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item(), por("999"), por("RCA-77"), por("300")))

    assert problemas(body) == [
        ("RCA_NAO_ENCONTRADO", f"/preVendaItens/{indice}/idVendedorRetaguarda") for indice in (1, 2, 3)
    ]


@pytest.mark.parametrize(("coluna", "valor"), [("DTEXCLUSAO", ONTEM), ("DTTERMINO", ONTEM), ("BLOQUEIO", "S")])
def test_an_rca_that_ended_is_refused(casa: Casa, coluna: str, valor: Any) -> None:
    alterar_rca(casa, 2, **{coluna: valor})

    for vendedor in ("RCA-2", "200"):
        body = casa.recusado(pre_venda(por(vendedor)))
        assert problemas(body) == [("RCA_NAO_ENCONTRADO", "/preVendaItens/0/idVendedorRetaguarda")]


def test_an_rca_sells_until_its_last_day_is_over(casa: Casa) -> None:
    alterar_rca(casa, 2, DTTERMINO=ONTEM + dt.timedelta(days=1))
    casa.reservar(pre_venda(por("RCA-2")))

    assert rca_do_pedido(casa) == 2


def test_a_malformed_seller_is_refused(casa: Casa) -> None:
    malformados = ["RCA-", "RCA-x", "MARIA", "-1", "12345678901"]
    body = casa.recusado(pre_venda(*[por(vendedor) for vendedor in malformados]))

    assert problemas(body) == [
        ("CAMPO_INVALIDO", f"/preVendaItens/{indice}/idVendedorRetaguarda") for indice in range(5)
    ]


def test_a_wrong_seller_and_a_wrong_operator_are_both_told(casa: Casa) -> None:
    body = casa.recusado(pre_venda(por("999"), idOperadorRetaguarda=888))

    assert problemas(body) == [
        ("RCA_NAO_ENCONTRADO", "/preVendaItens/0/idVendedorRetaguarda"),
        ("RCA_NAO_ENCONTRADO", "/idOperadorRetaguarda"),
    ]
