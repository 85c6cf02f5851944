"""What the gateway shows is accepted back as it stands and compares equal (§4.2)."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
import simplejson

from tests.support.builders import componente, item, kit, pre_venda
from tests.support.exaustivo import EXAUSTIVO
from tests.support.gateway import ROTA, Casa
from tests.support.winthor_hands import mudar

D = Decimal
# What each auxiliary code holds in these tests: of product 1 (whole units), of product 2 (fractions) and of product 3.
FATORES = {100: "1", 123: "12", 200: "1", 400: "2.4", 10600: "0.25", 10590: "144", 10580: "7.35", 300: "1"}
DO_PRODUTO = {1: (100, 123, 10590), 2: (200, 400, 10600, 10580), 3: (300,)}
GRAVADO = ("CODPROD", "QT", "PVENDA", "PTABELA", "PERDESC", "CODUSUR", "CODFILIALRETIRA")
DO_KIT = ("CODPROD", "NUMSEQ", "CODPRODMP", "QTMP", "PVENDA")


@pytest.fixture(autouse=True)
def embalagens(casa: Casa) -> None:
    for codprod, auxiliares in DO_PRODUTO.items():
        for aux in auxiliares:
            mudar(casa, "PCEMBALAGEM", {"CODAUXILIAR": aux}, QTUNIT=D(FATORES[aux]), CODPROD=codprod)
    casa.executar("UPDATE PCEST SET QTESTGER = 100000 WHERE CODPROD IN (1, 2, 3)")


def consultar(casa: Casa, numped: int) -> dict[str, Any]:
    answer = casa.pedir("GET", f"{ROTA}/consulta", "hub", query_string={"idRetaguarda": numped})
    data: dict[str, Any] = simplejson.loads(answer.data, use_decimal=True)["data"]
    return data


def da_lista(casa: Casa, numped: int) -> dict[str, Any]:
    answer = casa.pedir("GET", f"{ROTA}/consulta", "hub", query_string={"idLojaRetaguarda": "1", "pageSize": 1000})
    achados = simplejson.loads(answer.data, use_decimal=True)["data"]
    (achado,) = (linha for linha in achados if linha["idRetaguarda"] == numped)
    return dict(achado)


def gravado(casa: Casa, numped: int) -> Any:
    linhas = [[row[c] for c in GRAVADO] for row in casa.tabela("PCPEDI", NUMPED=numped)]
    partes = [[row[c] for c in DO_KIT] for row in casa.tabela("PCPEDICESTA", NUMPED=numped)]
    return linhas, partes


def sorteada(dado: random.Random, numero: str) -> dict[str, Any]:
    """A pre-sale of random packages, quantities and prices, kits among them."""

    def preco() -> Decimal:
        return D(dado.randint(1000, 10 ** dado.randint(4, 8))) / 10 ** dado.choice([2, 2, 3, 6])

    def solta() -> dict[str, Any]:
        codprod = dado.choice([1, 2, 3])
        aux = dado.choice(DO_PRODUTO[codprod])
        unidades = dado.randint(1, 200)
        quantidade: Any = dado.randint(1, 9)
        if codprod == 2:
            quantidade = D(dado.randint(1, 9_000_000)).scaleb(-dado.choice([0, 3, 6])) % 500 or 1
        elif dado.random() < 0.5:
            quantidade = max(round(D(unidades) / D(FATORES[aux]), 6), D("0.000001"))
        mais: dict[str, Any] = {}
        if dado.random() < 0.3:
            mais["descontoPercentual"] = D(dado.randint(1, 9000)) / 100
        if dado.random() < 0.3:
            mais["idVendedorRetaguarda"] = dado.choice(["RCA-1", "200"])
        if dado.random() < 0.2:
            mais["entrega"] = {"idLojaEntregaRetaguarda": "2"}
        return item(f"{aux}-{codprod}", quantidade, preco(), **mais)

    def de_kit() -> dict[str, Any]:
        if dado.random() < 0.4:
            return kit(dado.randint(1, 5), preco())
        partes = [
            componente(f"{aux}-{codprod}", round(D(dado.randint(1, 40)) / D(FATORES[aux]), 6), preco(), n + 1)
            for n, (codprod, aux) in enumerate([(1, dado.choice(DO_PRODUTO[1])), (2, dado.choice(DO_PRODUTO[2]))])
        ]
        return kit(dado.randint(1, 5), preco(), itensKit=partes)

    itens = [de_kit() if dado.random() < 0.3 else solta() for _ in range(dado.randint(1, 6))]
    return pre_venda(*itens, numero=numero)


def mexida(casa: Casa, dado: random.Random, numped: int) -> None:
    """The order as a person or a routine of WinThor may have left it."""
    for row in casa.tabela("PCPEDI", NUMPED=numped):
        chave = {"NUMPED": numped, "NUMSEQ": row["NUMSEQ"]}
        sorte = dado.randint(0, 5)
        if sorte == 0 and row["CODPROD"] == 2:
            mudar(casa, "PCPEDI", chave, QT=D(dado.randint(1, 10**9)).scaleb(-6))
        elif sorte == 1:
            mudar(casa, "PCPEDI", chave, PVENDA=D(dado.randint(1, 10**8)).scaleb(-6))
        elif sorte == 2:
            mudar(casa, "PCPEDI", chave, CODAUXILIAR=None, QTUNITEMB=None)
        elif sorte == 3:
            mudar(casa, "PCPEDICESTA", chave, CODAUXILIAR=None)
    mudar(casa, "PCPEDC", {"NUMPED": numped}, CODEMITENTE=None)


@pytest.mark.parametrize("lote", range(20 if EXAUSTIVO else 2))
@pytest.mark.parametrize("mexe", [False, True], ids=["as reserved", "as WinThor left it"])
def test_any_order_comes_back(casa: Casa, lote: int, mexe: bool) -> None:
    """Altered by what is shown it stays the same; paid by what is shown, alone or in the list, it is paid."""
    # Repeatable, other orders on each database.
    dado = random.Random(f"{2 * lote + casa.postgresql}{mexe}")  # noqa: S311
    for n in range(6):
        answer = casa.enviar(sorteada(dado, f"PV-{n}"))
        assert answer.status_code == 201, answer.get_data(as_text=True)
        numped = answer.get_json()["idPedidoRetaguarda"]
        if mexe:
            mexida(casa, dado, numped)
        antes, mostrado = gravado(casa, numped), consultar(casa, numped)
        assert {**da_lista(casa, numped), "cliente": mostrado["cliente"]} == mostrado  # the list names nobody

        casa.relogio.andar(seconds=1)
        alterada = casa.enviar(mostrado)
        assert alterada.status_code == 201, alterada.get_data(as_text=True)
        novo = alterada.get_json()["idPedidoRetaguarda"]
        assert iguais(gravado(casa, novo), antes)

        casa.relogio.andar(seconds=1)
        paga = casa.enviar({**da_lista(casa, novo), "situacaoPreVenda": "RECEBIDO"})
        assert paga.status_code == 200, paga.get_data(as_text=True)
        casa.relogio.andar(seconds=1)
        assert casa.enviar(consultar(casa, novo)).status_code == 200  # as it stands: paid already


def iguais(um: Any, outro: Any) -> bool:
    """Equal but for PERDESC and PTABELA, where a price that was changed in WinThor leaves the old ones behind."""
    linhas = [[linha[:3] + linha[5:] for linha in lado[0]] for lado in (um, outro)]
    return linhas[0] == linhas[1] and um[1] == outro[1]


def test_discount_and_seller_come_back(casa: Casa) -> None:
    velho = casa.reservar(pre_venda(item(descontoPercentual=D("33.333333"), idVendedorRetaguarda="RCA-1"), item()))
    casa.relogio.andar(seconds=1)
    novo = casa.enviar(consultar(casa, velho)).get_json()["idPedidoRetaguarda"]
    assert gravado(casa, novo) == gravado(casa, velho)
    assert [casa.linha("PCPEDC", NUMPED=n)["CODUSUR"] for n in (velho, novo)] == [1, 1]


def test_the_customer_comes_back_though_the_list_names_nobody(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(cliente={"idRetaguarda": 20}))
    for mostrar in (consultar, da_lista):
        casa.relogio.andar(seconds=1)
        data = casa.enviar(mostrar(casa, numped)).get_json()["data"]
        numped = data["idPedidoRetaguarda"]
        assert data["codcli"] == 20
    antes = casa.linha("PCCLIENT", CODCLI=20)
    casa.relogio.andar(seconds=1)
    paga = casa.enviar({**da_lista(casa, numped), "situacaoPreVenda": 1})
    assert (paga.status_code, paga.get_json()["data"]["codcli"]) == (200, 20)
    depois = casa.linha("PCCLIENT", CODCLI=20)
    assert {coluna for coluna in antes if antes[coluna] != depois[coluna]} <= {"DTULTALTER"}


def test_a_kit_of_the_master_data_is_paid_as_it_is_shown(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(kit(1, D("29.99"))))
    mostrado = consultar(casa, numped)
    assert [parte["preco"] for parte in mostrado["preVendaItens"][0]["itensKit"]] == [D("9.996667"), D("9.996667")]
    casa.relogio.andar(seconds=1)
    paga = {"situacaoPreVenda": 1} | {
        nome: mostrado[nome] for nome in ("numero", "idLojaRetaguarda", "idRetaguarda", "preVendaItens")
    }
    assert casa.enviar(paga).status_code == 200


def test_what_a_box_does_not_say_is_shown_in_units(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("123-1", D("0.583333"), 120), item("123-1", D("1.5"), 100)))
    mostrados = [
        (i["idProdutoRetaguarda"], i["quantidade"], i["preco"]) for i in consultar(casa, numped)["preVendaItens"]
    ]
    assert mostrados == [("100-1", 7, 10), ("123-1", D("1.5"), 100)]


def test_a_package_that_was_changed_since_is_not_shown(casa: Casa) -> None:
    """A box of twelve that has ten by now would come back as another quantity."""
    numped = casa.reservar(pre_venda(item("123-1", 2, 120)))
    for mudanca in ({"QTUNIT": D(10)}, {"QTUNIT": D(12), "EXCLUIDO": "S"}):
        mudar(casa, "PCEMBALAGEM", {"CODAUXILIAR": 123}, **mudanca)
        (mostrado,) = consultar(casa, numped)["preVendaItens"]
        assert (mostrado["idProdutoRetaguarda"], mostrado["quantidade"], mostrado["preco"]) == ("100-1", 24, 10)
    casa.relogio.andar(seconds=1)
    pago = pre_venda(item("123-1", 2, 120), idRetaguarda=numped, situacaoPreVenda=1)
    assert casa.enviar(pago).status_code == 200  # the till has it as it was sold


def test_what_has_no_package_left_is_paid_as_it_is_shown(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("300-3", 2), kit(1)))
    casa.executar("UPDATE PCPEDI SET CODAUXILIAR = NULL WHERE CODPROD = 3")
    casa.executar("UPDATE PCPEDICESTA SET CODAUXILIAR = NULL WHERE CODPRODMP = 3")
    casa.executar("DELETE FROM PCEMBALAGEM WHERE CODPROD = 3")
    mostrado = consultar(casa, numped)
    assert mostrado["preVendaItens"][0]["idProdutoRetaguarda"] == "0-3"
    assert mostrado["preVendaItens"][1]["itensKit"][1]["idProdutoRetaguarda"] == "0-3"
    casa.relogio.andar(seconds=1)
    assert casa.enviar({**mostrado, "situacaoPreVenda": 1}).status_code == 200


def test_a_line_that_winthor_emptied_is_not_asked_for(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("300-3", 2)))
    casa.executar("UPDATE PCPEDI SET QT = 0 WHERE CODPROD = 3")
    mostrado = consultar(casa, numped)
    assert [i["idProdutoRetaguarda"] for i in mostrado["preVendaItens"]] == ["100-1"]
    casa.relogio.andar(seconds=1)
    assert casa.enviar({**mostrado, "situacaoPreVenda": 1}).status_code == 200


@pytest.mark.parametrize(("situacao", "nome"), [(1, "RECEBIDO"), (3, "RESGATADA"), (0, "CANCELADA")])
def test_what_has_ended_or_was_paid_comes_back_without_effect(casa: Casa, situacao: int, nome: str) -> None:
    numped = casa.reservar(pre_venda(kit(1, D("29.99"))))
    casa.relogio.andar(seconds=1)
    casa.enviar(pre_venda(idRetaguarda=numped, situacaoPreVenda=situacao, preVendaItens=None))
    antes = [casa.tabela(nome) for nome in ("PCPEDC", "PCPEDI", "PCEST")]
    for mostrado in (consultar(casa, numped), da_lista(casa, numped)):
        assert mostrado["situacaoPreVenda"] == nome
        casa.relogio.andar(seconds=1)
        assert casa.enviar(mostrado).status_code == 200
    assert [casa.tabela(nome) for nome in ("PCPEDC", "PCPEDI", "PCEST")] == antes


def test_offers_are_accepted_whatever_was_short(casa: Casa) -> None:
    dado = random.Random(15)  # noqa: S311 - a test that can be repeated
    aceitas = 0
    for n in range(12):
        for codprod in (1, 2, 3):
            livre = dado.choice([dado.randint(0, 60), D(dado.randint(0, 60 * 10**6)).scaleb(-6)])
            livre = int(livre) if codprod != 2 else livre
            for filial in ("1", "2"):
                tem = casa.qtreserv(codprod, filial) + livre
                mudar(casa, "PCEST", {"CODPROD": codprod, "CODFILIAL": filial}, QTESTGER=tem)
        casa.relogio.andar(seconds=1)
        answer = casa.enviar(sorteada(dado, f"PV-{n}"))
        body = simplejson.loads(answer.data, use_decimal=True)
        if answer.status_code == 409 and body["contraOferta"] is not None:
            casa.relogio.andar(seconds=1)
            de_novo = casa.enviar(body["contraOferta"])
            assert de_novo.status_code == 201, de_novo.get_data(as_text=True)
            aceitas += 1
    assert aceitas > 3
    for codprod in (1, 2, 3):
        for filial in ("1", "2"):
            row = casa.linha("PCEST", CODPROD=codprod, CODFILIAL=filial)
            assert row["QTRESERV"] <= row["QTESTGER"]
