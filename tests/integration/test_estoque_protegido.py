"""Protected stock (R30): what is kept for whom, judged under the lock, told in refusals, lists and explanations."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from app.services.operacao.andamento import sempre
from app.services.tempo import expirar
from app.services.tempo.rotinas import ROTINAS
from app.winthor.politicas import NovaPolitica, insert
from tests.integration.test_cli import prevenda, url
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.panel import Atendente

LISTA = "/api/stock-vtex/v1/available/pdv-sync"
NADA: dict[str, Any] = dict.fromkeys(("codprod", "codepto", "canal", "quantidade", "percentual", "inicio", "fim"))


def guardar(casa: Casa, filial: str = "1", **membros: Any) -> int:
    """A policy of the branch, in force at once."""
    nova = NovaPolitica(
        filial=filial,
        **{**NADA, **membros},
        motivo="teste",
        criada_por="cli:teste",
        criada=casa.relogio.agora.replace(tzinfo=None),
    )
    with casa.engine.begin() as connection:
        return insert(connection, nova)


def em_estoque(casa: Casa, quanto: int, codprod: int = 1, filial: str = "1") -> None:
    casa.executar(
        "UPDATE PCEST SET QTESTGER = :q, QTRESERV = 0, QTBLOQUEADA = 0 WHERE CODPROD = :p AND CODFILIAL = :f",
        q=quanto,
        p=codprod,
        f=filial,
    )


@pytest.fixture
def dez(casa: Casa) -> Casa:
    """Ten of product 1 in branch 1."""
    em_estoque(casa, 10)
    return casa


def pedir(quantidade: Any, numero: str = "PV-1", **mais: Any) -> dict[str, Any]:
    return pre_venda(item(quantidade=quantidade), numero=numero, **mais)


def falta(casa: Casa, corpo: dict[str, Any], login: str = "pdv1", **kwargs: Any) -> dict[str, Any]:
    """The one shortage of a refusal that draws no number."""
    body = casa.recusado(corpo, login, **kwargs)
    assert body["codigo"] == "ESTOQUE_INSUFICIENTE"
    (uma,) = body["errors"]
    return {nome: uma.get(nome) for nome in ("pedida", "disponivel", "protegido")}


def disponivel(casa: Casa, login: str, codprod: int = 1) -> Any:
    casa._tokens.clear()  # the clock may have moved past them
    answer = casa.pedir("GET", f"{LISTA}?branchId=1&productId={codprod}", login)
    return answer.get_json()["items"][0]["quantity"]


# --- safety stock and quotas


def test_safety_stock_is_kept_from_every_channel(dez: Casa) -> None:
    guardar(dez, codprod=1, quantidade=Decimal(4))
    assert falta(dez, pedir(7)) == {"pedida": 7, "disponivel": 6, "protegido": 4}
    dez.reservar(pedir(6), "pdv1")
    assert falta(dez, pedir(1, "PV-2"), "hub") == {"pedida": 1, "disponivel": 0, "protegido": 4}
    assert dez.qtreserv(1) == 6


def test_a_quota_is_kept_for_its_login_and_does_not_limit_it(dez: Casa) -> None:
    guardar(dez, codprod=1, canal="pdv1", quantidade=Decimal(6))
    assert falta(dez, pedir(5), "hub") == {"pedida": 5, "disponivel": 4, "protegido": 6}
    dez.reservar(pedir(3), "pdv1")  # 3 of its 6 are left
    assert falta(dez, pedir(5, "PV-2"), "hub") == {"pedida": 5, "disponivel": 4, "protegido": 3}
    dez.reservar(pedir(7, "PV-3"), "pdv1")  # more than its quota: all that is there
    assert falta(dez, pedir(1, "PV-4"), "hub") == {"pedida": 1, "disponivel": 0, "protegido": None}


def test_what_lives_counts_as_used_until_it_ends(dez: Casa) -> None:
    guardar(dez, codprod=1, canal="pdv1", quantidade=Decimal(6))
    numped = dez.reservar(pedir(6), "pdv1")
    dez.enviar(pedir(6, situacaoPreVenda=1, idRetaguarda=numped), "pdv1")
    assert disponivel(dez, "hub") == 4  # paid: it holds them still
    dez.executar("UPDATE PCPEDC SET POSICAO = 'F' WHERE NUMPED = :n", n=numped)
    dez.executar("UPDATE PCEST SET QTESTGER = 4, QTRESERV = 0 WHERE CODPROD = 1 AND CODFILIAL = '1'")
    assert disponivel(dez, "hub") == 0  # invoiced: its quota is whole again, of what is left
    assert disponivel(dez, "pdv1") == 4


def test_a_percentage_is_of_what_is_on_hand(dez: Casa) -> None:
    guardar(dez, codprod=1, percentual=Decimal("33.3"))
    assert disponivel(dez, "pdv1") == 6  # of 6.67, whole packages
    assert falta(dez, pedir(7)) == {"pedida": 7, "disponivel": 6.67, "protegido": 3.33}


def test_the_narrower_policy_of_a_channel_replaces_the_wider(dez: Casa) -> None:
    guardar(dez, quantidade=Decimal(9))
    assert disponivel(dez, "pdv1") == 1
    guardar(dez, codepto=1, quantidade=Decimal(8))
    assert disponivel(dez, "pdv1") == 2
    guardar(dez, codprod=1, quantidade=Decimal(1))
    assert disponivel(dez, "pdv1") == 9
    guardar(dez, canal="pdv2", quantidade=Decimal(5))  # another channel's comes on top
    assert disponivel(dez, "pdv1") == 4
    guardar(dez, codprod=1, quantidade=Decimal(2))  # of two as wide the newer
    assert disponivel(dez, "pdv1") == 3


def test_of_a_department_each_product_has_its_own(dez: Casa) -> None:
    em_estoque(dez, 10, 1001)
    dez.executar("UPDATE PCPRODUT SET CODEPTO = 7 WHERE CODPROD IN (1, 1001)")
    guardar(dez, codepto=7, canal="pdv2", quantidade=Decimal(6))
    dez.reservar(pre_venda(item(quantidade=4), item("10010-1001", 4), numero="PV-1"), "pdv1")
    assert (disponivel(dez, "pdv1"), disponivel(dez, "pdv1", 1001), disponivel(dez, "pdv1", 1002)) == (0, 0, 1000)


def test_another_branch_has_its_own(dez: Casa) -> None:
    guardar(dez, "2", codprod=1, quantidade=Decimal(1000))
    assert disponivel(dez, "pdv1") == 10


def test_it_begins_and_ends_by_the_erp_s_day(dez: Casa) -> None:
    hoje = dt.date(2026, 3, 2)
    guardar(dez, codprod=1, quantidade=Decimal(3), inicio=hoje, fim=hoje)
    guardar(dez, codprod=1, canal="pdv2", quantidade=Decimal(4), inicio=hoje + dt.timedelta(days=1))
    assert disponivel(dez, "pdv1") == 7
    dez.relogio.andar(hours=14, minutes=59)  # 23:59 in São Paulo
    assert disponivel(dez, "pdv1") == 7
    dez.relogio.andar(minutes=1)
    assert disponivel(dez, "pdv1") == 6


def test_kits_are_kept_by_their_components(dez: Casa) -> None:
    em_estoque(dez, 10, 3)
    guardar(dez, codprod=1, quantidade=Decimal(5))
    assert disponivel(dez, "pdv1", 50) == 2
    dez.reservar(pre_venda(kit(2), numero="PV-1"), "pdv1")
    assert falta(dez, pre_venda(kit(1), numero="PV-2")) == {"pedida": 2, "disponivel": 1, "protegido": 5}


def test_what_kits_hold_is_used_of_a_quota(dez: Casa) -> None:
    em_estoque(dez, 10, 3)
    guardar(dez, codprod=1, canal="pdv1", quantidade=Decimal(6))
    dez.reservar(pre_venda(kit(2), numero="PV-1"), "pdv1")  # 4 of product 1
    assert disponivel(dez, "hub") == 4


# --- alterations


def test_an_alteration_s_own_units_are_its_own(dez: Casa) -> None:
    numped = dez.reservar(pedir(6), "pdv1")
    guardar(dez, codprod=1, quantidade=Decimal(9))  # holds exceed it: nothing is freed
    assert dez.qtreserv(1) == 6
    assert falta(dez, pedir(7, idRetaguarda=numped)) == {"pedida": 7, "disponivel": 6, "protegido": 4}
    assert dez.enviar(pedir(6, idRetaguarda=numped, observacoes="outra"), "pdv1").status_code == 201
    assert dez.qtreserv(1) == 6


def test_who_alters_another_s_reservation_does_not_grow_into_its_quota(dez: Casa) -> None:
    em_estoque(dez, 20)
    guardar(dez, codprod=1, canal="pdv1", quantidade=Decimal(10))
    numped = dez.reservar(pedir(5), "pdv1")
    assert falta(dez, pedir(11, idRetaguarda=numped), "hub") == {"pedida": 11, "disponivel": 10, "protegido": 10}
    novo = dez.enviar(pedir(10, idRetaguarda=numped), "hub")
    assert novo.status_code == 201, novo.get_data(as_text=True)
    assert disponivel(dez, "pdv1") == 10


def test_an_expired_one_is_made_again_only_of_what_is_not_kept(dez: Casa) -> None:
    numped = dez.reservar(pedir(6, lockTTL="1h"), "pdv1")
    guardar(dez, codprod=1, quantidade=Decimal(5))
    dez.relogio.andar(hours=2)
    assert list(expirar.expirar(dez.gw).expiradas) == [numped]
    paga = pedir(6, situacaoPreVenda=1, idRetaguarda=numped)
    dez._tokens.clear()
    assert dez.recusado(paga, "pdv1", sorteia=True)["codigo"] == "RESERVA_EXPIRADA"
    dez.executar("UPDATE GW_POLITICA SET QUANTIDADE = 4")
    assert dez.enviar(paga, "pdv1").status_code == 201


# --- offers, lists, explanations


def test_offers_and_other_branches_are_net_of_what_is_kept(dez: Casa) -> None:
    em_estoque(dez, 12, filial="2")
    guardar(dez, codprod=1, quantidade=Decimal(4))
    guardar(dez, "2", codprod=1, canal="pdv2", quantidade=Decimal(5))
    body = dez.recusado(pedir(7), "hub")
    assert body["contraOferta"]["preVendaItens"][0]["quantidade"] == 6
    (uma,) = body["errors"]
    assert {f["filial"]: f["disponivel"] for f in uma["filiaisComEstoque"]} == {"2": 7, "10": 1000}
    assert "guardado" in uma["mensagem"]
    dez.reservar({**body["contraOferta"], "numero": "PV-9"}, "hub")


def test_the_explanation_says_who_keeps_what(dez: Casa) -> None:
    guardar(dez, codprod=1, quantidade=Decimal(1))
    guardar(dez, codprod=1, canal="pdv1", quantidade=Decimal(4), fim=dt.date(2026, 3, 6))
    dez.reservar(pedir(1), "pdv1")
    explicado = dez.pedir("GET", "/api/v1/estoque/1/1", "retaguarda").get_json()
    assert (explicado["disponivel"], explicado["protegido"]) == (5, 4)
    assert [(p["canal"], p["guarda"], p["usado"], p["resta"], p["ate"]) for p in explicado["protecoes"]] == [
        (None, 1, 0, 1, None),
        ("pdv1", 4, 1, 3, "2026-03-06"),
    ]
    proprio = dez.pedir("GET", "/api/v1/estoque/1/1", "pdv1").get_json()
    assert (proprio["disponivel"], proprio["protegido"]) == (8, 1)


def test_without_a_policy_nothing_is_said_of_it(dez: Casa) -> None:
    explicado = dez.pedir("GET", "/api/v1/estoque/1/1", "retaguarda").get_json()
    assert not {"protegido", "protecoes"} & explicado.keys()
    assert "protegido" not in dez.recusado(pedir(11), "pdv1")["errors"][0]


def test_the_rehearsal_knows_it_too(dez: Casa) -> None:
    guardar(dez, codprod=1, quantidade=Decimal(4))
    answer = dez.pedir("POST", "/api/v1/pre-vendas/simulacao", "pdv1", json=pedir(7))
    assert answer.get_json()["errors"][0]["protegido"] == 4


def test_a_branch_that_sells_without_stock_keeps_nothing(dez: Casa) -> None:
    guardar(dez, codprod=1, quantidade=Decimal(10))
    sem = dez.com(filiais_sem_estoque=("1",))
    sem.reservar(pedir(12), "pdv1")
    sem.close()


# --- what it costs, and what cannot be read


@pytest.fixture
def quente(casa: Casa) -> Iterator[Casa]:
    guardar(casa, codprod=1002, canal="pdv1", quantidade=Decimal(1))
    quente = casa.com(cache_segundos=30)
    quente.reservar(pre_venda(item(), item("10020-1002"), kit(), numero="AQUECER"))
    quente.reservar(pre_venda(item(), numero="AQUECER-2"), "pdv1")
    quente.relogio.andar(seconds=1)
    yield quente
    quente.close()


def test_a_quota_costs_one_statement_and_no_policy_none(quente: Casa) -> None:
    with quente.comandos() as sem:
        quente.reservar(pre_venda(item(), numero="PV-SEM"))
    with quente.comandos() as com:
        quente.reservar(pre_venda(item("10020-1002"), numero="PV-COM"))
    with quente.comandos() as dono:
        quente.reservar(pre_venda(item("10020-1002"), numero="PV-DONO"), "pdv1")
    assert (len(com), len(dono)) == (len(sem) + 1, len(sem))


def test_a_row_that_says_nothing_keeps_the_gateway_from_starting(casa: Casa) -> None:
    guardar(casa, codprod=1, quantidade=Decimal(4))
    casa.executar("UPDATE GW_POLITICA SET QUANTIDADE = NULL")
    assert casa.enviar(pedir(1), "pdv1").status_code == 500
    result = prevenda("politicas", "listar", database_url=url(casa.engine))
    assert result.exit_code == 1
    assert result.output.startswith("GW_POLITICA 1: a linha não diz o que guardar")


@pytest.mark.parametrize("pagamentos", [None, [{"pagamentoForma": {"idRetaguarda": "D"}}]])
def test_a_payment_gives_back_nothing_of_a_quota_an_invoice_does(dez: Casa, pagamentos: Any) -> None:
    """What a login has paid it still holds, whatever it says of how it was paid."""
    guardar(dez, codprod=1, canal="pdv1", quantidade=Decimal(6))
    numped = dez.reservar(pedir(4), "pdv1")
    assert disponivel(dez, "hub") == 4
    mais = {} if pagamentos is None else {"pagamentos": pagamentos}
    assert dez.enviar(pedir(4, situacaoPreVenda=1, idRetaguarda=numped, **mais), "pdv1").status_code == 200
    assert disponivel(dez, "hub") == 4
    assert falta(dez, pedir(5, "PV-2"), "hub") == {"pedida": 5, "disponivel": 4, "protegido": 2}
    dez.executar("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 9 WHERE NUMPED = :n", n=numped)
    dez.executar("UPDATE PCPEDI SET POSICAO = 'F' WHERE NUMPED = :n", n=numped)
    em_estoque(dez, 6)
    assert disponivel(dez, "hub") == 0


# --- command, route, page


def test_define_list_and_end(casa: Casa) -> None:
    banco = url(casa.engine)
    argumentos = ["--filial", "1", "--produto", "1", "--canal", "pdv1", "--quantidade", "2,5", "--motivo", "Balcão"]
    ensaio = prevenda("politicas", "definir", *argumentos, "--simular", database_url=banco)
    assert (ensaio.exit_code, casa.contar("GW_POLITICA")) == (0, 0), ensaio.output
    feita = prevenda("politicas", "definir", *argumentos, "--json", database_url=banco)
    assert (feita.exit_code, json.loads(feita.output)) == (0, {"simulado": False, "id": 1})
    (uma,) = casa.pedir("GET", "/api/v1/politicas?filial=1", "retaguarda").get_json()["itens"]
    assert {nome: uma[nome] for nome in ("id", "situacao", "filial", "codprod", "codepto", "canal", "quantidade")} == {
        **{"id": 1, "situacao": "VIGENTE", "filial": "1", "codprod": 1},
        **{"codepto": None, "canal": "pdv1", "quantidade": 2.5},
    }
    assert (uma["percentual"], uma["de"], uma["ate"], uma["motivo"]) == (None, None, None, "Balcão")
    listada = prevenda("politicas", "listar", database_url=banco)
    assert "2,5 do produto 1 na filial 1 para pdv1: Balcão" in listada.output
    fim = prevenda("politicas", "encerrar", "1", "--motivo", "Acabou", database_url=banco)
    assert (fim.exit_code, casa.pedir("GET", "/api/v1/politicas", "retaguarda").get_json()) == (0, {"itens": []})
    assert prevenda("politicas", "encerrar", "1", "--motivo", "De novo", database_url=banco).exit_code == 1
    (finda,) = casa.pedir("GET", "/api/v1/politicas?encerradas=sim", "retaguarda").get_json()["itens"]
    assert (finda["situacao"], finda["motivoDoFim"]) == ("ENCERRADA", "Acabou")


@pytest.mark.um_banco
@pytest.mark.parametrize(
    ("argumentos", "codigo", "dito"),
    [
        ("--filial 1 --quantidade 1 --motivo x", 2, "--produto, --depto, --todos"),
        ("--filial 1 --todos --produto 1 --quantidade 1 --motivo x", 2, "--produto, --depto, --todos"),
        ("--filial 1 --todos --motivo x", 2, "--quantidade, --percentual"),
        ("--filial 1 --todos --quantidade 1 --percentual 1 --motivo x", 2, "--quantidade, --percentual"),
        ("--filial 1 --todos --quantidade zero --motivo x", 2, "não é um número"),
        ("--filial 77 --todos --quantidade 1 --motivo x", 1, "filial 77"),
        ("--filial 1 --produto 999 --quantidade 1 --motivo x", 1, "produto 999"),
        ("--filial 1 --depto 999 --quantidade 1 --motivo x", 1, "departamento 999"),
        ("--filial 1 --todos --canal ninguem --quantidade 1 --motivo x", 1, "ninguem"),
        ("--filial 1 --todos --quantidade 0 --motivo x", 1, "maior que zero"),
        ("--filial 1 --todos --quantidade NaN --motivo x", 1, "maior que zero"),
        ("--filial 1 --todos --percentual 101 --motivo x", 1, "100"),
        ("--filial 1 --todos --quantidade 1 --de 2099-02-02 --ate 2099-02-01 --motivo x", 1, "antes do primeiro"),
        ("--filial 1 --todos --quantidade 1 --ate 2020-02-01 --motivo x", 1, "já passou"),
    ],
)
def test_what_cannot_be_defined(casa: Casa, argumentos: str, codigo: int, dito: str) -> None:
    result = prevenda("politicas", "definir", *argumentos.split(), database_url=url(casa.engine))
    assert result.exit_code == codigo, result.output
    assert dito in result.output
    assert casa.contar("GW_POLITICA") == 0


def test_the_list_is_of_the_caller_s_branches(casa: Casa) -> None:
    guardar(casa, "2", quantidade=Decimal(1))
    guardar(casa, "1", quantidade=Decimal(2))
    casa.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '1' WHERE LOGIN = 'retaguarda'")
    itens = casa.pedir("GET", "/api/v1/politicas", "retaguarda").get_json()["itens"]
    assert [(i["filial"], i["quantidade"]) for i in itens] == [("1", 2)]
    assert casa.pedir("GET", "/api/v1/politicas?filial=2", "retaguarda").status_code == 403
    assert casa.pedir("GET", "/api/v1/politicas", "pdv1").status_code == 403


def test_a_line_that_somebody_has_left_without_a_quantity_spoils_no_sum(casa: Casa) -> None:
    """Of one kit row in WinThor: sales of its components, the panel's first page, conciliation and the sweep go on."""
    guardar(casa, "1", codprod=1, canal="pdv1", quantidade=Decimal(5))
    casa.reservar(pre_venda(kit(1), numero="KIT"), "pdv1")
    casa.executar("UPDATE PCPEDICESTA SET QTMP = NULL")
    casa.reservar(pre_venda(item(), numero="PV-2"), "hub")
    for caminho in ("indicadores", "conciliacao", "estoque/1/1", "estoque/1/1/movimentos", "reservas", "fluxo"):
        assert casa.pedir("GET", f"/api/v1/{caminho}", "retaguarda").status_code == 200, caminho
    assert Atendente(casa).abrir("/painel/visao").status_code == 200
    casa.relogio.andar(days=30)
    for _nome, rotina in ROTINAS:
        rotina(casa.gw, sempre)
    assert casa.linha("GW_PRE_VENDA", NUMERO="KIT")["NUMPED"] is not None
