"""What a POS asks about its pre-sales and about stock (§4.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import ROTA, Casa

ANTIGA = "/api/wholesale/v1/orders/pdvsync"
ESTOQUE = "/api/stock-vtex/v1/available/pdv-sync"


def consultar(casa: Casa, login: str = "pdv1", rota: str = ROTA, **query: Any) -> Any:
    return casa.pedir("GET", f"{rota}/consulta", login, query_string=query)


def andar(casa: Casa, **quanto: float) -> None:
    """Let time pass; tokens are drawn anew."""
    casa.relogio.andar(**quanto)
    casa._tokens.clear()


def estoque(casa: Casa, produto: str, filial: str = "1") -> Any:
    answer = casa.pedir("GET", ESTOQUE, "hub", query_string={"branchId": filial, "productId": produto})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    (achado,) = answer.get_json()["items"]
    return achado


@pytest.mark.parametrize("rota", [ROTA, ANTIGA])
def test_one_by_its_number(casa: Casa, rota: str) -> None:
    numped = casa.reservar(pre_venda(item("123-1", 2, 120), kit(1), cliente=cliente_completo()), "pdv1")

    answer = consultar(casa, rota=rota, idRetaguarda=numped)

    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["success"], body["message"], body["errors"]) == (True, "", None)
    data = body["data"]
    assert data["idRetaguarda"] == data["idPedidoRetaguarda"] == numped
    assert (data["numero"], data["idLojaRetaguarda"]) == ("PV-1", "1")
    assert (data["situacaoPreVenda"], data["situacaoReserva"]) == ("DISPONIVEL", "AUTORIZADA")
    assert data["totalLiquido"] == 270
    assert data["data"] == "2026-03-02T09:00:00-03:00"
    assert [(i["idProdutoRetaguarda"], i["quantidade"], i["preco"]) for i in data["preVendaItens"]] == [
        ("123-1", 2, 120),
        ("5000-50", 1, 30),
    ]
    assert [(k["idProdutoRetaguarda"], k["quantidade"]) for k in data["preVendaItens"][1]["itensKit"]] == [
        ("100-1", 2),
        ("300-3", 1),
    ]


def test_numero_names_the_current_reservation(casa: Casa) -> None:
    velho = casa.reservar(pre_venda(), "pdv1")
    novo = casa.reservar(pre_venda(item(quantidade=3), idRetaguarda=velho), "pdv1")

    data = consultar(casa, numero="PV-1", idLojaRetaguarda="1").get_json()["data"]
    assert (data["idRetaguarda"], data["substitui"]) == (novo, velho)

    antiga = consultar(casa, idRetaguarda=velho).get_json()["data"]
    assert (antiga["situacaoPreVenda"], antiga["substituidaPor"]) == ("CANCELADA", novo)


@pytest.mark.parametrize(
    ("situacao", "nome"), [(1, "RECEBIDO"), (3, "RESGATADA"), (0, "CANCELADA")], ids=["paid", "rescued", "cancelled"]
)
def test_states_by_the_names_of_the_pos(casa: Casa, situacao: int, nome: str) -> None:
    numped = casa.reservar(pre_venda(), "pdv1")
    casa.enviar(pre_venda(idRetaguarda=numped, situacaoPreVenda=situacao), "pdv1")

    assert consultar(casa, idRetaguarda=numped).get_json()["data"]["situacaoPreVenda"] == nome


def test_an_order_made_before_the_gateway_is_found(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(), "pdv1")
    casa.executar("DELETE FROM GW_RESERVA")
    casa.executar("DELETE FROM GW_PRE_VENDA")

    data = consultar(casa, numero="PV-1", idLojaRetaguarda="1").get_json()["data"]

    assert (data["idRetaguarda"], data["situacaoPreVenda"]) == (numped, "DISPONIVEL")


def test_absent_foreign_and_mismatched_look_the_same(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(), "pdv1")
    casa.executar("UPDATE PCPEDC SET ORIGEMINTEGRACAO = 'TLMK' WHERE NUMPED <> :n", n=numped)

    respostas = [
        consultar(casa, "pdv2", idRetaguarda=numped),
        consultar(casa, "pdv2", idRetaguarda=987654),
        consultar(casa, "pdv1", idRetaguarda=numped, numero="PV-2"),
        consultar(casa, "hub", idRetaguarda=numped, idLojaRetaguarda="2"),
    ]

    for answer in respostas:
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json(force=True)["codigo"] == "RESERVA_NAO_ENCONTRADA"


def test_another_branch_and_missing_members_are_refused(casa: Casa) -> None:
    assert consultar(casa, "pdv1", idLojaRetaguarda="2").get_json(force=True)["codigo"] == "FILIAL_NAO_AUTORIZADA"
    sem_loja = consultar(casa, "pdv1", numero="PV-1")
    assert (sem_loja.status_code, sem_loja.get_json(force=True)["codigo"]) == (422, "CAMPO_INVALIDO")
    errado = consultar(casa, "pdv1", idLojaRetaguarda="1", situacao="7", page="0", dataInicio="ontem")
    campos = {e["campo"] for e in errado.get_json(force=True)["errors"]}
    assert (errado.status_code, campos) == (422, {"/situacao", "/page", "/dataInicio"})
    assert consultar(casa, None, idRetaguarda=1).status_code == 401  # type: ignore[arg-type]


def test_list_filters_and_pages(casa: Casa) -> None:
    primeiro = casa.reservar(pre_venda(numero="A"), "pdv1")
    andar(casa, days=1)
    segundo = casa.reservar(pre_venda(numero="B"), "pdv1")
    terceiro = casa.reservar(pre_venda(numero="C"), "pdv1")
    casa.enviar(pre_venda(numero="C", idRetaguarda=terceiro, situacaoPreVenda=0), "pdv1")
    casa.reservar(pre_venda(numero="D", loja="2"), "pdv2")

    def numeros(**query: Any) -> list[int]:
        answer = consultar(casa, "hub", idLojaRetaguarda="1", **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [linha["idRetaguarda"] for linha in answer.get_json()["data"]]

    assert numeros() == [terceiro, segundo, primeiro]
    assert numeros(situacao="disponivel") == [segundo, primeiro]
    assert numeros(situacao="0") == [terceiro]
    assert numeros(dataInicio="2026-03-03") == [terceiro, segundo]
    assert numeros(dataFim="2026-03-02") == [primeiro]
    assert numeros(dataInicio="2026-03-02T12:00:00Z", dataFim="2026-03-02T12:00:01Z") == [primeiro]
    assert numeros(dataInicio="2026-03-02T12:00:01Z", dataFim="2026-03-02T23:00:00Z") == []
    assert numeros(dataInicio="2020-01-01", dataFim="2030-01-01") == numeros()
    pagina = consultar(casa, "hub", idLojaRetaguarda="1", page=2, pageSize=2).get_json()
    assert ([p["idRetaguarda"] for p in pagina["data"]], pagina["hasNext"]) == ([primeiro], False)
    assert consultar(casa, "hub", idLojaRetaguarda="1", pageSize=2).get_json()["hasNext"] is True


CASOS = [("100-1", 1000), ("123-1", 83), ("200-2", 1000), ("300-3", 5), ("400-4", 0), ("5000-50", 5), ("500-5", 0)]


@pytest.mark.parametrize(("produto", "quantos"), CASOS)
def test_stock_in_packages(casa: Casa, produto: str, quantos: int) -> None:
    achado = estoque(casa, produto)

    assert (achado["productId"], achado["warehouseBranchId"], achado["quantity"]) == (produto, "1", quantos)


@pytest.mark.parametrize("modo", ["components", "header", "both"])
@pytest.mark.parametrize("produto", ["123-1", "300-3", "5000-50"])
def test_what_is_available_is_accepted_and_one_more_is_not(casa: Casa, produto: str, modo: str) -> None:
    outra = casa.com(modo_kit=modo, desconta_disponivel=("QTPENDENTE",))
    casa.executar("UPDATE PCEST SET QTPENDENTE = 1, QTESTGER = 7 WHERE CODPROD IN (3, 50) AND CODFILIAL = '1'")
    quantos = Decimal(str(estoque(outra, produto)["quantity"]))
    assert quantos > 0

    demais = outra.enviar(pre_venda(item(produto, quantos + 1), numero="DEMAIS"))
    assert demais.get_json(force=True)["codigo"] == "ESTOQUE_INSUFICIENTE"
    assert outra.enviar(pre_venda(item(produto, quantos), numero="CABE")).status_code == 201
    assert estoque(outra, produto)["quantity"] == 0
    outra.close()


def test_kit_is_limited_by_its_scarcest_component(casa: Casa) -> None:
    assert estoque(casa, "5000-50")["limitingProductId"] == 3
    casa.reservar(pre_venda(item("100-1", 997)))
    achado = estoque(casa, "5000-50")
    assert (achado["quantity"], achado["limitingProductId"]) == (1, 1)


def test_by_weight_in_fractions_and_by_product_in_units(casa: Casa) -> None:
    casa.reservar(pre_venda(item("200-2", Decimal("0.5"))))

    assert estoque(casa, "200-2")["quantity"] == 999.5
    assert estoque(casa, "2")["quantity"] == 999.5


def test_unknown_package_has_none_and_says_why(casa: Casa) -> None:
    answer = casa.pedir("GET", ESTOQUE, "pdv1", query_string={"branchId": "1", "productId": "1-999999,999-1, 100-1"})

    itens = answer.get_json()["items"]
    assert [i["quantity"] for i in itens] == [0, 0, 1000]
    assert "não existe" in itens[0]["reason"]
    assert "999" in itens[1]["reason"]
    assert itens[2]["reason"] is None


def test_stock_list_pages_through_every_package(casa: Casa) -> None:
    vistos: list[str] = []
    pagina = 1
    while True:
        answer = casa.pedir(
            "GET", f"{ESTOQUE}/list", "hub", query_string={"branchId": "1", "page": pagina, "pageSize": 30}
        ).get_json()
        vistos += [i["productId"] for i in answer["items"]]
        if not answer["hasNext"]:
            break
        pagina += 1

    assert pagina == 3
    embalagens = casa.tabela("PCEMBALAGEM", CODFILIAL="1")
    assert sorted(vistos) == sorted(f"{e['CODAUXILIAR']}-{e['CODPROD']}" for e in embalagens)


def test_stock_list_since_the_last_change_has_what_a_reservation_moved(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET DTULTENT = NULL")
    andar(casa, hours=1)
    casa.reservar(pre_venda(item("10010-1001", 3)))

    query = {"branchId": "1", "lastChange": "2026-03-02T09:30:00", "callOrigin": "WSH", "merchandiseType": ""}
    itens = casa.pedir("GET", f"{ESTOQUE}/list", "hub", query_string=query).get_json()["items"]

    achados = {i["productId"]: i for i in itens}
    assert set(achados) == {"10010-1001", "5000-50"}
    assert achados["10010-1001"]["quantity"] == 997
    assert achados["10010-1001"]["lastChange"] == "2026-03-02T10:00:00"


def test_stock_list_filters(casa: Casa) -> None:
    def produtos(**query: str) -> set[str]:
        answer = casa.pedir("GET", f"{ESTOQUE}/list", "hub", query_string={"branchId": "1", "pageSize": 1000, **query})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return {i["productId"] for i in answer.get_json()["items"]}

    assert produtos(merchandiseType="CB,KT") == {"5000-50"}
    assert "50" in produtos(usesPackagingSales="false")
    assert "100-1" not in produtos(usesPackagingSales="false")
    casa.executar("UPDATE PCPRODFILIAL SET REVENDA = 'N' WHERE CODPROD = 1")
    assert produtos(resale="N") == {"100-1", "123-1"}
    errada = casa.pedir("GET", f"{ESTOQUE}/list", "hub", query_string={"branchId": "1", "resale": "talvez"})
    assert errada.status_code == 422


# --- what no caller makes the database read whole


def test_a_list_without_a_beginning_is_of_the_last_days(casa: Casa) -> None:
    """Those in which a pre-sale may still be altered; older ones by their dates."""
    velha = casa.reservar(pre_venda(numero="VELHA"), "pdv1")
    andar(casa, days=91)
    nova = casa.reservar(pre_venda(numero="NOVA"), "pdv1")

    def numeros(**query: Any) -> list[int]:
        corpo = consultar(casa, idLojaRetaguarda="1", **query).get_json()
        return [preVenda["idRetaguarda"] for preVenda in corpo["data"]]

    assert numeros() == [nova]
    assert numeros(dataInicio="2026-03-01") == [nova, velha]
    assert numeros(dataFim="2026-03-05") == [velha]


def test_a_number_that_nobody_knows_reads_no_order_where_no_index_finds_one(casa: Casa) -> None:
    casa.executar("DROP INDEX PCPEDC_NUMPEDHUBE_IX")
    sem_indice = casa.com()
    casa.token("pdv1")
    sem_indice.token("pdv1")
    with sem_indice.comandos() as feitos:
        assert consultar(sem_indice, idLojaRetaguarda="1", numero="NENHUMA").status_code == 404
    assert [sql for sql in feitos if "FROM PCPEDC" in sql.upper()] == []
    sem_indice.close()


@pytest.mark.parametrize(
    "periodo",
    [
        {"dataInicio": "2016-01-01"},
        {"dataInicio": "2010-01-01", "dataFim": "2026-01-01"},
        {"dataInicio": "2016-02-22", "dataFim": "2026-03-02"},
        {"dataInicio": "2010-01-01T00:00:00Z", "situacao": "0"},
    ],
)
def test_no_caller_reads_more_than_ten_years_of_winthor_s_orders_at_once(casa: Casa, periodo: dict[str, str]) -> None:
    casa.reservar(pre_venda())
    answer = consultar(casa, "hub", idLojaRetaguarda="1", **periodo)
    corpo = answer.get_json(force=True)
    assert (answer.status_code, corpo["codigo"], corpo["errors"][0]["campo"]) == (422, "CAMPO_INVALIDO", "/dataInicio")
    assert "3660 dias" in corpo["errors"][0]["mensagem"]


def test_the_list_names_nobody_and_the_one_pre_sale_does(casa: Casa) -> None:
    cliente = cliente_completo(nome="Maria da Silva", cpfCnpj="529.982.247-25")
    numped = casa.reservar(pre_venda(item(), cliente=cliente), "pdv1")
    lista = casa.pedir("GET", f"{ROTA}/consulta", "pdv1", query_string={"idLojaRetaguarda": "1"})
    assert lista.status_code == 200
    texto = lista.get_data(as_text=True)
    assert "Maria" not in texto
    assert "52998224725" not in texto
    assert "***.982.247-**" in texto
    uma = casa.pedir("GET", f"{ROTA}/consulta", "pdv1", query_string={"idRetaguarda": numped}).get_data(as_text=True)
    assert "Maria da Silva" in uma
    assert "52998224725" in uma
