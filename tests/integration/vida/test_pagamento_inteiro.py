"""Nothing that a payment brings is lost (R22): delivery type and day, branch, customer, seller, plan."""

from __future__ import annotations

from typing import Any

import pytest

from app.services.cliente import novo
from app.services.tempo import expirar
from tests.integration.vida.test_pagar import avisos, corpo_pago, pagamento, pagar
from tests.support.builders import cliente_completo, componente, item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.invariants import conferir_invariantes

MANAUS = "2"
CNPJ = "11.222.333/0001-81"  # of customers 20, 21 and 22


def entrega(tipo: Any = None, data: str | None = None, filial: str | None = None) -> dict[str, Any]:
    """An ``entrega`` with the members given."""
    membros = {"tipoEntrega": tipo, "dataEntrega": data, "idLojaEntregaRetaguarda": filial}
    return {nome: valor for nome, valor in membros.items() if valor is not None}


def linhas(casa: Casa, numped: int) -> list[tuple[Any, ...]]:
    """(NUMSEQ, CODPROD, QT, CODFILIALRETIRA, TIPOENTREGA) of the order's lines, by NUMSEQ."""
    rows = casa.tabela("PCPEDI", NUMPED=numped)
    colunas = ("NUMSEQ", "CODPROD", "QT", "CODFILIALRETIRA", "TIPOENTREGA")
    return sorted(tuple(row[c] for c in colunas) for row in rows)


# --- delivery type and day


@pytest.mark.parametrize(
    ("enviado", "gravado"),
    [(0, "RI"), ("1", "RP"), ("EN", "EN"), (3, "EF"), ("EF", "EF"), ("encomenda", "EF"), (None, "RP")],
    ids=str,
)
def test_the_type_of_the_matched_line(casa: Casa, enviado: Any, gravado: str) -> None:
    numped = casa.reservar(pre_venda(item(entrega=entrega("RP"))))
    pagar(casa, numped, item(entrega=entrega(enviado)))
    assert casa.linha("PCPEDI")["TIPOENTREGA"] == gravado


def test_each_line_gets_the_type_of_its_item(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("300-3", 1), item("10010-1001", 4)))
    pagar(casa, numped, item("10010-1001", 4, entrega=entrega(2)), item(), item("300-3", 1, entrega=entrega(1)))
    assert linhas(casa, numped) == [(1, 1, 2, "1", None), (2, 3, 1, "1", "RP"), (3, 1001, 4, "1", "EN")]


def test_equal_lines_keep_the_type_they_were_reserved_with(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(entrega=entrega(1)), item(entrega=entrega(2))))
    pagar(casa, numped, item(entrega=entrega(2)), item(entrega=entrega(1)))
    assert [linha[4] for linha in linhas(casa, numped)] == ["RP", "EN"]


def test_a_line_that_leaves_in_two_ways_is_taken_apart(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5), item("300-3", 1)))
    data = pagar(
        casa, numped, item(quantidade=2, entrega=entrega(1)), item("300-3", 1), item(quantidade=3, entrega=entrega(2))
    )
    assert linhas(casa, numped) == [(1, 1, 2, "1", "RP"), (2, 3, 1, "1", None), (3, 1, 3, "1", "EN")]
    assert (data["total"], casa.linha("PCPEDC")["NUMITENS"], casa.qtreserv(1)) == (60, 3, 5)
    primeira, _, parte = casa.tabela("PCPEDI")[0], None, casa.tabela("PCPEDI")[1]
    outras = ("NUMSEQ", "QT", "TIPOENTREGA")
    assert {c: v for c, v in primeira.items() if c not in outras} == {c: v for c, v in parte.items() if c not in outras}
    conferir_invariantes(casa)


def test_lines_that_leave_in_one_way_stay_two(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=2), item(quantidade=3)))
    pagar(casa, numped, item(quantidade=5, entrega=entrega(1)))
    assert linhas(casa, numped) == [(1, 1, 2, "1", "RP"), (2, 1, 3, "1", "RP")]


def test_a_kit_taken_apart_keeps_its_components(casa: Casa) -> None:
    partes = [componente("100-1", 2, 10), componente("300-3", 1, 10, 2)]
    numped = casa.reservar(pre_venda(kit(3, itensKit=partes)))
    pagar(casa, numped, kit(1, entrega=entrega(1)), kit(2, entrega=entrega(2)))
    assert linhas(casa, numped) == [(1, 50, 1, "1", "RP"), (2, 50, 2, "1", "EN")]
    rows = [(row["NUMSEQ"], row["CODPRODMP"], row["QTMP"], row["NUMSEQITEM"]) for row in casa.tabela("PCPEDICESTA")]
    assert sorted(rows) == [(1, 1, 2, 1), (1, 3, 1, 2), (2, 1, 2, 1), (2, 3, 1, 2)]
    assert (casa.qtreserv(1), casa.qtreserv(3)) == (6, 3)
    conferir_invariantes(casa)


def test_the_day_of_the_line_and_the_earliest_of_the_header(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("300-3", 1, entrega=entrega(2, "2026-03-20")), item("10010-1001", 1)))
    pagar(casa, numped, item(entrega=entrega(data="2026-04-10")), item("300-3", 1), item("10010-1001", 1))
    dias = [row["DTENTREGA"] for row in casa.tabela("PCPEDI")]
    assert [f"{dia:%d/%m}" for dia in sorted(dias)] == ["02/03", "20/03", "10/04"]
    assert f"{casa.linha('PCPEDC')['DTENTREGA']:%d/%m}" == "20/03"


# --- the branch that was left open


def test_units_move_to_the_branch_named_now(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4), item("10010-1001", 1)))
    data = pagar(casa, numped, item(quantidade=4, entrega=entrega(2, filial=MANAUS)), item("10010-1001", 1))
    assert (casa.qtreserv(1), casa.qtreserv(1, MANAUS)) == (0, 4)
    assert linhas(casa, numped) == [(1, 1, 4, MANAUS, "EN"), (2, 1001, 1, "1", None)]
    assert avisos(data) == []
    conferir_invariantes(casa)


def test_a_part_of_a_line_moves(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    pagar(casa, numped, item(quantidade=2, entrega=entrega(filial=MANAUS)), item(quantidade=3))
    assert linhas(casa, numped) == [(1, 1, 3, "1", None), (2, 1, 2, MANAUS, None)]
    assert (casa.qtreserv(1), casa.qtreserv(1, MANAUS)) == (3, 2)
    conferir_invariantes(casa)


def test_a_kit_moves_by_its_components(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(kit(2)))
    pagar(casa, numped, kit(2, entrega=entrega(filial=MANAUS)))
    assert [casa.qtreserv(p, f) for p, f in ((1, "1"), (3, "1"), (1, MANAUS), (3, MANAUS))] == [0, 0, 4, 2]
    conferir_invariantes(casa)


def test_a_branch_that_is_short_changes_nothing(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 3 WHERE CODPROD = 1 AND CODFILIAL = '2'")
    numped = casa.reservar(pre_venda(item(quantidade=4)))
    data = pagar(casa, numped, item(quantidade=4, entrega=entrega(2, filial=MANAUS)))
    assert avisos(data) == ["ENTREGA_SEM_ESTOQUE"]
    assert data["avisos"][0]["campos"] == ["/preVendaItens/0/entrega/idLojaEntregaRetaguarda"]
    assert linhas(casa, numped) == [(1, 1, 4, "1", "EN")]
    assert (casa.qtreserv(1), casa.qtreserv(1, MANAUS)) == (4, 0)


def test_of_two_items_the_one_that_fits_moves(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 3 WHERE CODPROD = 1 AND CODFILIAL = '2'")
    numped = casa.reservar(pre_venda(item(quantidade=2), item(quantidade=3, preco=11)))
    outra = entrega(filial=MANAUS)
    data = pagar(casa, numped, item(quantidade=2, entrega=outra), item(quantidade=3, preco=11, entrega=outra))
    assert data["avisos"][0]["campos"] == ["/preVendaItens/1/entrega/idLojaEntregaRetaguarda"]
    assert (casa.qtreserv(1), casa.qtreserv(1, MANAUS)) == (3, 2)
    conferir_invariantes(casa)


def test_a_branch_without_the_product_changes_nothing(casa: Casa) -> None:
    casa.executar("DELETE FROM PCEST WHERE CODPROD = 1 AND CODFILIAL = '2'")
    numped = casa.reservar(pre_venda())
    assert avisos(pagar(casa, numped, item(entrega=entrega(filial=MANAUS)))) == ["ENTREGA_SEM_ESTOQUE"]
    assert casa.qtreserv(1) == 2


@pytest.mark.parametrize("outra", ["1", "10"])
def test_a_branch_that_was_given_may_not_change(casa: Casa, outra: str) -> None:
    numped = casa.reservar(pre_venda(item(entrega=entrega(filial=MANAUS))))
    body = casa.recusado(corpo_pago(numped, item(entrega=entrega(filial=outra))))
    assert (body["codigo"], body["errors"][0]["campo"]) == ("ITENS_DIVERGENTES", "/preVendaItens/0")


def test_an_order_under_separation_keeps_its_lines(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4)))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'M'")
    casa.executar("UPDATE PCPEDI SET POSICAO = 'M'")
    antes = casa.tabela("PCPEDI")
    data = pagar(casa, numped, item(quantidade=4, entrega=entrega(2, filial=MANAUS)), pagamentos=[pagamento("D")])
    assert (avisos(data), data["situacaoReserva"], data["posicao"]) == (["ENTREGA_NAO_MUDADA"], "RECONHECIDA", "M")
    assert casa.tabela("PCPEDI") == antes
    assert (casa.qtreserv(1), casa.linha("PCPEDC")["CODCOB"]) == (4, "D")


def test_a_blocked_order_keeps_what_the_payment_says(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4)))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'B'")
    casa.executar("UPDATE PCPEDI SET POSICAO = 'B'")
    casa.executar("UPDATE PCEST SET QTRESERV = 0 WHERE CODPROD = 1")
    data = pagar(casa, numped, item(quantidade=4, entrega=entrega(2, filial=MANAUS)))
    assert avisos(data) == ["PEDIDO_BLOQUEADO"]
    assert linhas(casa, numped) == [(1, 1, 4, MANAUS, "EN")]
    assert (casa.qtreserv(1), casa.qtreserv(1, MANAUS)) == (0, 0)


def test_paid_again_with_another_delivery_changes_nothing(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    pagar(casa, numped, item(entrega=entrega(1)))
    antes = casa.fotografia(sem=frozenset({"PCLOGPEDIDOAPI", "GW_OPERACAO"}))
    data = pagar(casa, numped, item(entrega=entrega(2, filial=MANAUS)))
    assert avisos(data) == ["ENTREGA_NAO_MUDADA"]
    assert casa.fotografia(sem=frozenset({"PCLOGPEDIDOAPI", "GW_OPERACAO"})) == antes


def test_a_late_payment_is_reserved_where_it_is_delivered(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4), lockTTL="1h"))
    casa.relogio.andar(minutes=61)
    assert expirar.expirar(casa.gw).expiradas == [numped]
    casa.executar("UPDATE PCEST SET QTESTGER = 1 WHERE CODPROD = 1 AND CODFILIAL = '1'")
    corpo = corpo_pago(
        numped,
        item(quantidade=1, entrega=entrega(1)),
        item(quantidade=3, entrega=entrega(2, filial=MANAUS)),
        cliente={"idRetaguarda": 20},
    )
    answer = casa.enviar(corpo)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    data = answer.get_json()["data"]
    assert linhas(casa, data["idRetaguarda"]) == [(1, 1, 1, "1", "RP"), (2, 1, 3, MANAUS, "EN")]
    assert (casa.qtreserv(1), casa.qtreserv(1, MANAUS), data["codcli"]) == (1, 3, 20)
    conferir_invariantes(casa)


# --- the customer


def test_an_existing_customer(casa: Casa) -> None:
    casa.executar("INSERT INTO PCPLPAG (CODPLPAG, TIPOVENDA, NUMDIAS, PRAZO1) VALUES (7, 'VP', 30, 30)")
    casa.executar("UPDATE PCCLIENT SET CODPLPAG = 7, CODPRACA = 2 WHERE CODCLI = 20")
    numped = casa.reservar(pre_venda(item(), item("300-3", 1)))
    data = pagar(casa, numped, cliente={"idRetaguarda": 20})
    assert (data["codcli"], avisos(data)) == (20, ["CLIENTE_DEFINIDO_NO_PAGAMENTO"])
    pedido = casa.linha("PCPEDC")
    regiao = casa.linha("PCPRACA", CODPRACA=2)["NUMREGIAO"]
    assert [
        pedido[c] for c in ("CODCLI", "CODPRACA", "NUMREGIAO", "CODPLPAG", "TIPOVENDA", "PRAZO1", "PRAZOMEDIO")
    ] == [*(20, 2, regiao, 7, "VP", 30, 30)]
    assert {(row["CODCLI"], row["CODPLPAG"]) for row in casa.tabela("PCPEDI")} == {(20, 7)}
    assert casa.ultimo_log()["CODCLI"] == 20


def test_the_plan_of_the_payment_wins(casa: Casa) -> None:
    casa.executar("INSERT INTO PCPLPAG (CODPLPAG, TIPOVENDA, NUMDIAS, PRAZO1) VALUES (7, 'VP', 30, 30)")
    casa.executar("UPDATE PCCLIENT SET CODPLPAG = 7 WHERE CODCLI = 20")
    numped = casa.reservar(pre_venda())
    pagar(casa, numped, cliente={"idRetaguarda": 20}, pagamentos=[pagamento("D", 1)])
    assert (casa.linha("PCPEDC")["CODPLPAG"], casa.linha("PCPEDI")["CODPLPAG"]) == (1, 1)


def test_the_oldest_with_the_document(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    data = pagar(casa, numped, cliente=cliente_completo(cpfCnpj=CNPJ, nome="Alfa Nova"))
    assert data["codcli"] == 20
    assert avisos(data) == ["CEP_DEMONSTRACAO", "CLIENTE_DEFINIDO_NO_PAGAMENTO"]
    assert casa.linha("PCCLIENT", CODCLI=20)["CLIENTE"] == "Alfa Nova"  # parameter 4532


def test_a_new_customer_is_inserted(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    data = pagar(casa, numped, cliente=cliente_completo())
    novo = casa.linha("PCCLIENT", CGCENT="52998224725")
    assert avisos(data) == ["CEP_DEMONSTRACAO", "CLIENTE_DEFINIDO_NO_PAGAMENTO"]
    assert (data["codcli"], casa.linha("PCPEDC")["CODCLI"], casa.linha("PCPEDI")["CODCLI"]) == (novo["CODCLI"],) * 3
    assert novo["CODUSUR1"] == 8


def test_an_incomplete_customer_stays_the_consumidor(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    antes = casa.tabela("PCCLIENT")
    data = pagar(casa, numped, cliente={"cpfCnpj": "529.982.247-25", "nome": "Maria"})
    assert (data["codcli"], avisos(data)) == (1, ["CONSUMIDOR_FINAL"])
    assert "/cliente/cep" in data["avisos"][0]["campos"]
    assert casa.tabela("PCCLIENT") == antes


def test_an_unknown_cep_stays_the_consumidor_whatever_the_policy(casa: Casa) -> None:
    outra = casa.com(cep_desconhecido="rejeitar")
    numped = outra.reservar(pre_venda())
    data = pagar(outra, numped, cliente=cliente_completo(cep="99999-999"))
    assert (data["codcli"], data["situacaoReserva"]) == (1, "CONFIRMADA")
    assert avisos(data) == ["CEP_DESCONHECIDO", "CEP_DEMONSTRACAO", "CONSUMIDOR_FINAL"]
    outra.close()


def test_a_blocked_customer_stays_the_consumidor(casa: Casa) -> None:
    casa.executar("UPDATE PCCLIENT SET BLOQUEIO = 'S' WHERE CODCLI = 20")
    numped = casa.reservar(pre_venda())
    antes = casa.tabela("PCCLIENT")
    data = pagar(casa, numped, cliente=cliente_completo(cpfCnpj=CNPJ))
    assert (data["codcli"], avisos(data)) == (1, ["CLIENTE_BLOQUEADO_NO_PAGAMENTO"])
    assert (casa.linha("PCPEDC")["CODCLI"], casa.tabela("PCCLIENT")) == (1, antes)


def test_a_blocked_customer_where_the_site_allows_it(casa: Casa) -> None:
    casa.executar("UPDATE PCCLIENT SET BLOQUEIO = 'S' WHERE CODCLI = 20")
    outra = casa.com(permite_cliente_bloqueado=True)
    numped = outra.reservar(pre_venda())
    assert pagar(outra, numped, cliente={"idRetaguarda": 20})["codcli"] == 20
    outra.close()


@pytest.mark.parametrize("enviado", [{"idRetaguarda": 21}, cliente_completo(), {"idRetaguarda": 999}], ids=str)
def test_another_customer_than_the_orders(casa: Casa, enviado: dict[str, Any]) -> None:
    numped = casa.reservar(pre_venda(cliente={"idRetaguarda": 20}))
    data = pagar(casa, numped, cliente=enviado)
    assert (data["codcli"], avisos(data)) == (20, ["CLIENTE_DIFERENTE"])
    assert casa.linha("PCPEDC")["CODCLI"] == 20


@pytest.mark.parametrize("enviado", [{"idRetaguarda": 20}, {"cpfCnpj": CNPJ}, {"nome": "Alfa"}, {}, None], ids=str)
def test_the_customer_of_the_order_is_not_another(casa: Casa, enviado: Any) -> None:
    numped = casa.reservar(pre_venda(cliente={"idRetaguarda": 20}))
    assert avisos(pagar(casa, numped, cliente=enviado)) == []


def test_a_customer_that_somebody_inserts_meanwhile(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """The payment is judged anew: the order is of the one that is there now."""
    numped = casa.reservar(pre_venda())
    inserir, vezes = novo.inserir, iter([True, False])

    def depois_de_outro(*args: Any) -> Any:
        if next(vezes):
            raise novo.ClienteSurgiu
        return inserir(*args)

    monkeypatch.setattr(novo, "inserir", depois_de_outro)
    data = pagar(casa, numped, cliente=cliente_completo())
    assert casa.linha("PCCLIENT", CGCENT="52998224725")["CODCLI"] == data["codcli"]


# --- the sellers


def test_another_seller_is_told(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(idVendedorRetaguarda="RCA-1"), item("300-3", 1)))
    itens = [item(idVendedorRetaguarda="200"), item("300-3", 1, idVendedorRetaguarda="RCA-1")]
    data = pagar(casa, numped, *itens)
    assert (avisos(data), data["avisos"][0]["campos"]) == (
        ["VENDEDOR_DIFERENTE"],
        ["/preVendaItens/0/idVendedorRetaguarda"],
    )
    assert {row["CODUSUR"] for row in casa.tabela("PCPEDI")} == {1}


@pytest.mark.parametrize(("enviado", "diz"), [("100", []), ("RCA-1", []), ("999", ["VENDEDOR_DIFERENTE"])])
def test_the_same_seller_is_not_told(casa: Casa, enviado: str, diz: list[str]) -> None:
    numped = casa.reservar(pre_venda(item(idVendedorRetaguarda="100")))
    assert avisos(pagar(casa, numped, item(idVendedorRetaguarda=enviado))) == diz
