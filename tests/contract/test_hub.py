"""A stand-in hub polls the gateway the way the real one is described to, and ends with the right states."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

LISTA = "/api/wholesale/v1/orders/list"
SITUACOES = {"C": (0, "CANCELADA"), "F": (1, "RESGATADA")}
FORMATO = "%Y-%m-%dT%H:%M:%S"


def andar(casa: Casa, **quanto: float) -> None:
    """Let time pass; tokens are drawn anew."""
    casa.relogio.andar(**quanto)
    casa._tokens.clear()


class Hub:
    """Polls every branch with the last success minus five minutes, and pushes what it finds."""

    def __init__(self, casa: Casa, filiais: tuple[str, ...] = ("1", "2"), tamanho: int = 2) -> None:
        self.casa = casa
        self.filiais = filiais
        self.tamanho = tamanho
        self.ultima = self._hora() - dt.timedelta(hours=1)
        self.enviados: dict[int, dict[str, Any]] = {}
        self.chamadas = 0

    def _hora(self) -> dt.datetime:
        return self.casa.relogio().astimezone(dt.timezone(dt.timedelta(hours=-3))).replace(tzinfo=None)

    def rodar(self) -> list[int]:
        """One round; gives the numbers it heard of."""
        agora, ouvidos = self._hora(), []
        for filial in self.filiais:
            for pedido in self._pedidos(filial):
                situacao, nome = SITUACOES[pedido["orderStatus"]]
                self.enviados[pedido["orderId"]] = {
                    "idRetaguarda": pedido["orderId"],
                    "idProprietario": pedido["branchId"],
                    "situacao": situacao,
                    "situacaoPreVenda": nome,
                }
                ouvidos.append(pedido["orderId"])
        self.ultima = agora
        return ouvidos

    def _pedidos(self, filial: str) -> list[dict[str, Any]]:
        itens: list[dict[str, Any]] = []
        pagina = 1
        while True:
            self.chamadas += 1
            answer = self.casa.pedir(
                "GET",
                LISTA,
                "hub",
                query_string={
                    "pageSize": self.tamanho,
                    "page": pagina,
                    "lastChange": (self.ultima - dt.timedelta(minutes=5)).strftime(FORMATO),
                    "branchId": filial,
                    "daysOfSearch": 60,
                    "orderStatus": "F,C",
                    "integrationOrigin": "PDVSYNC",
                    "ignoreExcludedCustomers": "false",
                },
            )
            assert answer.status_code == 200, answer.get_data(as_text=True)
            body = answer.get_json()
            itens += body["items"]
            if not body["hasNext"]:
                return itens
            pagina += 1

    def estados(self) -> dict[int, str]:
        return {numped: envio["situacaoPreVenda"] for numped, envio in self.enviados.items()}


def faturar(casa: Casa, numped: int, quando: str = "2026-03-02 00:00:00", hora: int = 9, minuto: int = 0) -> None:
    """What WinThor writes when it invoices."""
    casa.executar(
        "UPDATE PCPEDC SET POSICAO = 'F', DTFAT = CAST(:q AS TIMESTAMP), HORAFAT = :h, MINUTOFAT = :m, "
        "NUMTRANSVENDA = 77 WHERE NUMPED = :n"
        if casa.postgresql
        else "UPDATE PCPEDC SET POSICAO = 'F', DTFAT = :q, HORAFAT = :h, MINUTOFAT = :m, NUMTRANSVENDA = 77 "
        "WHERE NUMPED = :n",
        q=quando if casa.postgresql else f"{quando}.000000",
        h=hora,
        m=minuto,
        n=numped,
    )


def test_the_hub_ends_with_the_right_states(casa: Casa) -> None:
    hub = Hub(casa)
    vivas = [casa.reservar(pre_venda(numero=f"V{n}")) for n in range(2)]
    canceladas = [casa.reservar(pre_venda(numero=f"C{n}")) for n in range(3)]
    faturada = casa.reservar(pre_venda(numero="F", loja="2"))
    for n, numped in enumerate(canceladas):
        casa.enviar(pre_venda(numero=f"C{n}", idRetaguarda=numped, situacaoPreVenda=0))
    faturar(casa, faturada)

    hub.rodar()

    assert hub.estados() == {**dict.fromkeys(canceladas, "CANCELADA"), faturada: "RESGATADA"}
    assert hub.enviados[faturada]["idProprietario"] == "2"
    assert not set(vivas) & set(hub.enviados)
    assert hub.chamadas == 3  # two pages of branch 1, one of branch 2


def test_later_rounds_hear_only_of_what_changed(casa: Casa) -> None:
    hub = Hub(casa, filiais=("1",))
    cedo = casa.reservar(pre_venda(numero="CEDO"))
    casa.enviar(pre_venda(numero="CEDO", idRetaguarda=cedo, situacaoPreVenda=0))
    tarde = casa.reservar(pre_venda(numero="TARDE"))
    assert hub.rodar() == [cedo]

    andar(casa, hours=2)
    assert hub.rodar() == [cedo]  # its window still reaches back to the first round
    andar(casa, hours=2)
    assert hub.rodar() == []

    casa.enviar(pre_venda(numero="TARDE", idRetaguarda=tarde, situacaoPreVenda=0))
    assert hub.rodar() == [tarde]


def test_an_alteration_reads_as_the_old_number_cancelled(casa: Casa) -> None:
    hub = Hub(casa)
    velho = casa.reservar(pre_venda())
    novo = casa.reservar(pre_venda(item(quantidade=5), idRetaguarda=velho))

    hub.rodar()

    assert hub.estados() == {velho: "CANCELADA"}
    assert novo not in hub.enviados


def test_invoiced_by_date_alone_is_never_missed(casa: Casa) -> None:
    """WinThor may note the day of an invoice without its hour."""
    hub = Hub(casa, filiais=("1",))
    numped = casa.reservar(pre_venda())
    andar(casa, hours=3)
    hub.rodar()
    faturar(casa, numped)
    casa.executar("UPDATE PCPEDC SET HORAFAT = NULL, MINUTOFAT = NULL")

    assert hub.rodar() == [numped]
    assert hub.estados() == {numped: "RESGATADA"}


@pytest.mark.parametrize(
    ("query", "esperados"),
    [
        ({"orderStatus": "L"}, {"L"}),
        ({"orderStatus": "C"}, {"C"}),
        ({"orderStatus": "l, c"}, {"L", "C"}),
        ({}, {"L", "C"}),
        ({"integrationOrigin": "OUTRA"}, set()),
        ({"daysOfSearch": "0"}, {"L", "C"}),
        ({"lastChange": "2026-03-02T09:00:01"}, set()),
        ({"lastChange": "2026-03-02T12:00:00+00:00"}, {"L", "C"}),
        ({"lastChange": ""}, {"L", "C"}),
    ],
)
def test_filters(casa: Casa, query: dict[str, str], esperados: set[str]) -> None:
    casa.reservar(pre_venda(numero="A"))
    numped = casa.reservar(pre_venda(numero="B"))
    casa.enviar(pre_venda(numero="B", idRetaguarda=numped, situacaoPreVenda=0))
    if "lastChange" in query and query["lastChange"].endswith("01"):
        casa.executar("UPDATE PCPEDC SET HORA = 8")

    answer = casa.pedir("GET", LISTA, "hub", query_string={"branchId": "1", **query})

    assert {i["orderStatus"] for i in answer.get_json()["items"]} == esperados


def test_old_orders_and_excluded_customers_can_be_left_out(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE PCCLIENT SET DTEXCLUSAO = DTCADASTRO WHERE CODCLI = 1")

    def numeros(**query: str) -> list[int]:
        answer = casa.pedir("GET", LISTA, "hub", query_string={"branchId": "1", **query})
        return [i["orderId"] for i in answer.get_json()["items"]]

    assert numeros() == [numped]
    assert numeros(ignoreExcludedCustomers="true") == []
    andar(casa, days=61)
    assert numeros() == []
    assert numeros(daysOfSearch="90") == [numped]


def test_branch_is_obligatory_and_must_be_allowed(casa: Casa) -> None:
    sem = casa.pedir("GET", LISTA, "hub")
    assert (sem.status_code, sem.get_json(force=True)["errors"][0]["campo"]) == (422, "/branchId")
    alheia = casa.pedir("GET", LISTA, "pdv1", query_string={"branchId": "2"})
    assert alheia.get_json(force=True)["codigo"] == "FILIAL_NAO_AUTORIZADA"
