"""An alteration cancels and recreates in one transaction, judged on the net difference (R10, R11)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.builders import cliente_completo, componente, item, kit, pre_venda
from tests.support.gateway import DO_LOG, Casa

Chave = tuple[str, int]
Itens = list[dict[str, Any]]


def alterar(casa: Casa, numped: int, *itens: dict[str, Any], **mais: Any) -> int:
    """Send an alteration that must be accepted, and give the new number."""
    casa.relogio.andar(seconds=1)
    return casa.reservar(pre_venda(*itens, idRetaguarda=numped, **mais))


def reservado(casa: Casa) -> dict[Chave, Decimal]:
    """Every stock row that holds something."""
    return {(row["CODFILIAL"], row["CODPROD"]): row["QTRESERV"] for row in casa.tabela("PCEST") if row["QTRESERV"]}


def da_filial(filial: str, produto: str = "100-1", quantidade: int = 2) -> dict[str, Any]:
    return item(produto, quantidade, entrega={"idLojaEntregaRetaguarda": filial})


def detalhe(casa: Casa, numped: int) -> dict[str, Any]:
    answer = casa.pedir("GET", f"/api/v1/reservas/{numped}", "retaguarda")
    assert answer.status_code == 200
    corpo: dict[str, Any] = answer.get_json()
    return corpo


# --- what is answered and written


def test_the_answer_names_the_new_number_and_the_old(casa: Casa) -> None:
    velha = casa.reservar(pre_venda())
    casa.relogio.andar(seconds=1)
    answer = casa.enviar(pre_venda(item(quantidade=7, preco=Decimal("9.99")), idRetaguarda=velha))
    assert answer.status_code == 201
    body = answer.get_json()
    nova = velha + 1
    assert body["message"] == f"Reserva {velha} alterada; a nova é a {nova}."
    assert (body["idPedidoRetaguarda"], body["data"]["idRetaguarda"], body["data"]["substitui"]) == (nova, nova, velha)
    assert [body["data"][nome] for nome in ("operacao", "status", "situacaoPreVenda", "situacaoReserva", "total")] == [
        *("A", "A", "DISPONIVEL", "AUTORIZADA"),
        69.93,
    ]


def test_the_old_order_is_cancelled_and_the_new_one_stands(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(idOperadorRetaguarda=100))
    casa.relogio.andar(minutes=7)
    nova = casa.reservar(pre_venda(item(quantidade=3), idRetaguarda=velha, idOperadorRetaguarda=300))
    antigo, novo = casa.linha("PCPEDC", NUMPED=velha), casa.linha("PCPEDC", NUMPED=nova)
    assert [antigo[c] for c in ("POSICAO", "CODFUNCCANCEL", "DESFEZKITCANC")] == ["C", 300, None]
    assert f"{antigo['DTCANCEL']}" == "2026-03-02 09:07:00"
    assert [novo[c] for c in ("POSICAO", "CODFUNCCANCEL", "DTCANCEL", "CODCOB")] == ["L", None, None, None]
    assert casa.linha("PCPEDI", NUMPED=velha)["POSICAO"] == "C"
    assert [casa.linha("PCPEDI", NUMPED=nova)[c] for c in ("POSICAO", "QT")] == ["L", 3]


def test_one_log_row_of_operation_a_with_the_new_number(casa: Casa) -> None:
    velha = casa.reservar(pre_venda())
    nova = alterar(casa, velha, item(quantidade=3))
    log = casa.ultimo_log()
    assert casa.contar("PCLOGPEDIDOAPI") == 2
    assert [log[c] for c in ("OPERACAO", "STATUS", "NUMPED", "POSICAO")] == ["A", "A", nova, "L"]
    assert (log["JSON"]["idRetaguarda"], log["JSON"]["retorno"]["data"]["substitui"]) == (velha, velha)


def test_post_and_put_alike(casa: Casa) -> None:
    respostas = {}
    for method in ("POST", "PUT"):
        velha = casa.reservar(pre_venda(numero=method))
        casa.relogio.andar(seconds=1)
        answer = casa.enviar(pre_venda(item(quantidade=4), numero=method, idRetaguarda=velha), method=method)
        respostas[method] = (answer.status_code, answer.get_json()["idPedidoRetaguarda"] - velha)
    assert respostas == {"POST": (201, 1), "PUT": (201, 1)}
    assert casa.qtreserv(1) == 8


def test_the_term_begins_anew(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(lockTTL="2d"))
    casa.relogio.andar(hours=1)
    nova = alterar(casa, velha, item(quantidade=3), lockTTL="2d")
    fins = [f"{casa.linha('GW_RESERVA', NUMPED=n)['DTEXPIRA']}" for n in (velha, nova)]
    assert fins == ["2026-03-04 12:00:00", "2026-03-04 13:00:01"]


def test_pcnfcan_row_of_the_old_order_where_the_site_wants_it(casa: Casa) -> None:
    outra = casa.com(grava_pcnfcan=True)
    velha = outra.reservar(pre_venda())
    nova = alterar(outra, velha, item(quantidade=3))
    row = outra.linha("PCNFCAN")
    assert [row[c] for c in ("NUMPED", "MOTIVO", "POSICAOANTCANCEL")] == [velha, f"SUBSTITUIDO PELO {nova}", "L"]
    outra.close()


# --- the stock afterwards


COMPOSICAO = [componente("100-1", 3, 5), componente("300-3", 1, 15, 2)]
TROCAS: dict[str, tuple[Itens, Itens, dict[Chave, int]]] = {
    "more": ([item(quantidade=2)], [item(quantidade=7)], {("1", 1): 7}),
    "less": ([item(quantidade=7)], [item(quantidade=2)], {("1", 1): 2}),
    "the same": ([item()], [item(preco=9)], {("1", 1): 2}),
    "item added": ([item()], [item(), item("300-3", 1)], {("1", 1): 2, ("1", 3): 1}),
    "item removed": ([item(), item("300-3", 1)], [item()], {("1", 1): 2}),
    "item changed": ([item()], [item("200-2", Decimal("1.5"))], {("1", 2): Decimal("1.5")}),
    "units to box": ([item(quantidade=2)], [item("123-1", 2)], {("1", 1): 24}),
    "box to units": ([item("123-1", 2)], [item(quantidade=5)], {("1", 1): 5}),
    "split in two lines": ([item(quantidade=6)], [item(quantidade=1), item("123-1", 1)], {("1", 1): 13}),
    "branch moved": ([item()], [da_filial("2")], {("2", 1): 2}),
    "branch moved back": ([da_filial("2")], [item()], {("1", 1): 2}),
    "between branches": ([da_filial("2"), da_filial("10")], [da_filial("10", quantidade=5)], {("10", 1): 5}),
    "kit to loose": ([kit(2)], [item("300-3", 1)], {("1", 3): 1}),
    "loose to kit": ([item(quantidade=5)], [kit(2)], {("1", 1): 4, ("1", 3): 2}),
    "more kits": ([kit(1)], [kit(3)], {("1", 1): 6, ("1", 3): 3}),
    "other composition": ([kit(2)], [kit(2, itensKit=COMPOSICAO)], {("1", 1): 6, ("1", 3): 2}),
    "own composition dropped": ([kit(2, itensKit=COMPOSICAO)], [kit(2)], {("1", 1): 4, ("1", 3): 2}),
    "component dropped": ([kit(2)], [kit(2, 30, itensKit=[componente("200-2", 1, 30)])], {("1", 2): 2}),
    "kit and its component": ([kit(1), item()], [kit(2), item(quantidade=1)], {("1", 1): 5, ("1", 3): 2}),
    "kit moved": ([kit(1)], [kit(1, entrega={"idLojaEntregaRetaguarda": "2"})], {("2", 1): 2, ("2", 3): 1}),
}


def test_exact_stock_afterwards(casa: Casa, subtests: pytest.Subtests) -> None:
    for troca, (antes, depois, esperado) in TROCAS.items():
        with subtests.test(troca):
            velha = casa.reservar(pre_venda(*antes, numero=troca))
            nova = alterar(casa, velha, *depois, numero=troca)
            assert reservado(casa) == esperado
            casa.enviar(pre_venda(numero=troca, situacaoPreVenda=0, idRetaguarda=nova))
            assert reservado(casa) == {}


def test_there_and_back_leaves_nothing_behind(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item()))
    for itens in ([kit(2)], [da_filial("2"), item("123-1", 1)], [item(quantidade=1)]):
        numped = alterar(casa, numped, *itens)
    assert reservado(casa) == {("1", 1): 1}
    assert casa.contar("PCPEDC") == 4


# --- own units never block


def test_own_units_never_block(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("300-3", 5)))  # all there is
    for itens in ([item("300-3", 5, 11)], [kit(5)], [item("300-3", 4), kit(1)], [item("300-3", 1)]):
        numped = alterar(casa, numped, *itens)
    assert casa.qtreserv(3) == 1


def test_only_the_difference_must_be_free(casa: Casa) -> None:
    minha = casa.reservar(pre_venda(item("300-3", 2), numero="A"))
    casa.reservar(pre_venda(item("300-3", 2), numero="B"))
    assert casa.recusado(pre_venda(item("300-3", 4), numero="A", idRetaguarda=minha))["errors"] == [
        {
            "codigo": "ESTOQUE_INSUFICIENTE",
            "campo": "/preVendaItens/0/quantidade",
            "mensagem": "Produto 3, filial 1: pedido 4, disponível 3.",
            "codprod": 3,
            "filial": "1",
            "pedida": 4,
            "disponivel": 3,
            "itens": [0],
            "filiaisComEstoque": [{"filial": "2", "disponivel": 50}],
        }
    ]
    alterar(casa, minha, item("300-3", 3), numero="A")
    assert casa.qtreserv(3) == 5


def test_own_units_do_not_block_even_when_the_row_is_overdrawn(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(item("300-3", 4)))
    casa.executar("UPDATE PCEST SET QTESTGER = 1 WHERE CODPROD = 3 AND CODFILIAL = '1'")
    nova = alterar(casa, velha, item("300-3", 4, 12))
    assert casa.recusado(pre_venda(item("300-3", 5), idRetaguarda=nova))["errors"][0]["disponivel"] == 1
    alterar(casa, nova, item("300-3", 2))
    assert casa.qtreserv(3) == 2


def test_own_units_of_another_branch_are_no_stock_here(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(da_filial("2", "300-3", 5)))
    assert casa.recusado(pre_venda(item("300-3", 6), idRetaguarda=velha))["codigo"] == "ESTOQUE_INSUFICIENTE"
    assert reservado(casa) == {("2", 3): 5}


# --- refused: as if it had never been asked

RECUSAS: dict[str, tuple[Itens, dict[str, Any], str]] = {
    "stock": ([item("300-3", 6)], {}, "ESTOQUE_INSUFICIENTE"),
    "one short item of two": ([item(), item("300-3", 6)], {}, "ESTOQUE_INSUFICIENTE"),
    "blocked stock": ([item("400-4", 1)], {}, "ESTOQUE_INSUFICIENTE"),
    "no product": ([item("999-999", 1)], {}, "PRODUTO_NAO_ENCONTRADO"),
    "no price": ([item(preco=0)], {}, "CAMPO_INVALIDO"),
    "kit that is none": ([item(itensKit=[componente("300-3", 1, 1)])], {}, "KIT_INVALIDO"),
    "fraction": ([item(quantidade=Decimal("1.5"))], {}, "FRACAO_NAO_PERMITIDA"),
    "no branch": ([da_filial("77")], {}, "FILIAL_NAO_ENCONTRADA"),
    "no seller": ([item()], {"idOperadorRetaguarda": 999}, "RCA_NAO_ENCONTRADO"),
    "no numero like that": ([item()], {"numero": "PV-2"}, "RESERVA_NAO_ENCONTRADA"),
}


def test_a_refused_alteration_leaves_the_old_reservation_as_it_was(casa: Casa, subtests: pytest.Subtests) -> None:
    velha = casa.reservar(pre_venda(item("300-3", 3), kit(1), lockTTL="7d"))
    for caso, (itens, mais, codigo) in RECUSAS.items():
        casa.relogio.andar(seconds=1)
        with subtests.test(caso):
            assert casa.recusado(pre_venda(*itens, idRetaguarda=velha, **mais))["codigo"] == codigo
            assert casa.linha("GW_PRE_VENDA", NUMERO="PV-1")["NUMPED"] == velha


def test_a_fault_in_the_middle_leaves_the_old_reservation_as_it_was(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(item("300-3", 3)))
    casa.executar("ALTER TABLE PCPEDICESTA RENAME TO GUARDADA")
    antes = casa.fotografia(sem=DO_LOG | {"PCPEDICESTA"})
    casa.relogio.andar(seconds=1)
    assert casa.enviar(pre_venda(kit(2), idRetaguarda=velha)).status_code == 503
    assert casa.fotografia(sem=DO_LOG | {"PCPEDICESTA"}) == antes
    casa.executar("ALTER TABLE GUARDADA RENAME TO PCPEDICESTA")
    alterar(casa, velha, kit(2))
    assert reservado(casa) == {("1", 1): 4, ("1", 3): 2}


def test_the_counter_offer_of_a_refused_alteration_fits(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(item("300-3", 2), numero="A"))
    casa.reservar(pre_venda(item("300-3", 2), numero="B"))
    corpo = pre_venda(item("300-3", 9), item(quantidade=4), item("400-4", 1), numero="A", idRetaguarda=velha)
    oferta = casa.recusado(corpo)["contraOferta"]
    assert oferta["idRetaguarda"] == velha
    oferecidos = [(i["idProdutoRetaguarda"], i["quantidade"]) for i in oferta["preVendaItens"]]
    assert oferecidos == [("300-3", 3), ("100-1", 4)]
    casa.relogio.andar(seconds=1)
    casa.reservar(oferta)
    assert reservado(casa) == {("1", 1): 4, ("1", 3): 5}


# --- releases from what is stored, never below zero


def test_release_is_floored_at_zero_before_the_new_units_come_on_top(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(item(quantidade=5)))
    casa.executar("UPDATE PCEST SET QTRESERV = 1 WHERE CODPROD = 1 AND CODFILIAL = '1'")
    alterar(casa, velha, item(quantidade=2))
    assert casa.qtreserv(1) == 2


@pytest.mark.parametrize("perdido", [None, 0, -4])
def test_a_lost_counter_never_goes_below_zero(casa: Casa, perdido: int | None) -> None:
    um, dois = (
        casa.reservar(pre_venda(item(quantidade=5))),
        casa.reservar(pre_venda(item("10010-1001", 5), numero="PV-2")),
    )
    casa.executar("UPDATE PCEST SET QTRESERV = :q WHERE CODPROD IN (1, 1001) AND CODFILIAL = '1'", q=perdido)
    alterar(casa, um, item("200-2", 3))
    alterar(casa, dois, item("10010-1001", 2), numero="PV-2")
    assert reservado(casa) == {("1", 2): 3, ("1", 1001): 2}


def test_units_are_those_of_the_stored_rows(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(item(quantidade=5)))
    casa.executar("UPDATE PCPEDI SET QT = 3")  # cut in WinThor, which freed two
    casa.executar("UPDATE PCEST SET QTRESERV = 3 WHERE CODPROD = 1 AND CODFILIAL = '1'")
    alterar(casa, velha, item(quantidade=4))
    assert casa.qtreserv(1) == 4


def test_an_order_that_winthor_holds_no_stock_for_frees_none(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(item("300-3", 2)))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'B'")  # blocked: its units are free for others
    casa.executar("UPDATE PCEST SET QTRESERV = 4 WHERE CODPROD = 3 AND CODFILIAL = '1'")
    body = casa.recusado(pre_venda(item("300-3", 1), idRetaguarda=velha))
    assert (body["codigo"], body["rotina"]) == ("RESERVA_BLOQUEADA", "336")
    assert casa.enviar(pre_venda(situacaoPreVenda=0, idRetaguarda=velha)).status_code == 200
    assert casa.qtreserv(3) == 4


@pytest.mark.parametrize(
    ("antes", "depois", "esperado"),
    [
        ("header", "components", {("1", 1): 2, ("1", 3): 1}),
        ("both", "components", {("1", 1): 2, ("1", 3): 1}),
        ("components", "header", {("1", 50): 1}),
        ("header", "both", {("1", 1): 2, ("1", 3): 1, ("1", 50): 1}),
    ],
)
def test_a_kit_is_freed_in_its_own_mode_and_reserved_in_the_new(
    casa: Casa, antes: str, depois: str, esperado: dict[Chave, int]
) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 10 WHERE CODPROD = 50")
    com_um, com_outro = casa.com(modo_kit=antes), casa.com(modo_kit=depois)
    nova = alterar(com_outro, com_um.reservar(pre_venda(kit(3))), kit(1))
    assert reservado(casa) == esperado
    assert casa.linha("GW_RESERVA", NUMPED=nova)["MODO_KIT"] == depois
    com_um.close(), com_outro.close()


def test_a_kit_that_was_undone_is_marked(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(kit(1)))
    alterar(casa, velha, item())
    assert casa.linha("PCPEDC", NUMPED=velha)["DESFEZKITCANC"] == "S"


# --- customer and seller


def test_customer_changed(casa: Casa) -> None:
    velha = casa.reservar(pre_venda())
    nova = alterar(casa, velha, cliente={"idRetaguarda": 20})
    assert [casa.linha("PCPEDC", NUMPED=n)["CODCLI"] for n in (velha, nova)] == [1, 20]
    assert casa.linha("PCPEDI", NUMPED=nova)["CODCLI"] == 20


def test_customer_inserted_by_an_alteration(casa: Casa) -> None:
    velha = casa.reservar(pre_venda())
    nova = alterar(casa, velha, cliente=cliente_completo())
    assert casa.linha("PCPEDC", NUMPED=nova)["CODCLI"] == casa.linha("PCCLIENT", CGCENT="52998224725")["CODCLI"]


def test_existing_customer_is_not_updated_by_an_alteration(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(cliente={"idRetaguarda": 20}))
    antes = casa.tabela("PCCLIENT")
    alterar(casa, velha, cliente=cliente_completo(cpfCnpj="11222333000181"))
    assert casa.tabela("PCCLIENT") == antes


def test_seller_changed_draws_from_the_new_sellers_counter(casa: Casa) -> None:
    velha = casa.reservar(pre_venda(item(idVendedorRetaguarda="RCA-1")))
    nova = alterar(casa, velha, item(idVendedorRetaguarda="RCA-2"))
    assert (velha, nova) == (1_000_001, 2_000_001)
    assert [casa.linha("PCPEDC", NUMPED=n)["CODUSUR"] for n in (velha, nova)] == [1, 2]


# --- lineage


def test_lineage_is_kept(casa: Casa) -> None:
    um = casa.reservar(pre_venda())
    dois = alterar(casa, um, item(quantidade=3))
    tres = alterar(casa, dois, item(quantidade=4))
    colunas = ("NUMPED", "ESTADO", "NUMPED_ANTERIOR", "NUMPED_SEGUINTE")
    assert [[row[c] for c in colunas] for row in casa.tabela("GW_RESERVA")] == [
        [um, "SUBSTITUIDA", None, dois],
        [dois, "SUBSTITUIDA", um, tres],
        [tres, "AUTORIZADA", dois, None],
    ]
    assert casa.linha("GW_PRE_VENDA")["NUMPED"] == tres


def test_the_whole_chain_is_answered_from_any_of_its_numbers(casa: Casa) -> None:
    um = casa.reservar(pre_venda())
    dois = alterar(casa, um, item(quantidade=3))
    tres = alterar(casa, dois, item(quantidade=4))
    esperada = [(um, None, dois, "SUBSTITUIDA"), (dois, um, tres, "SUBSTITUIDA"), (tres, dois, None, "AUTORIZADA")]
    for numped in (um, dois, tres):
        linhagem = detalhe(casa, numped)["linhagem"]
        campos = ("idRetaguarda", "substitui", "substituidaPor", "situacaoReserva")
        assert [tuple(elo[c] for c in campos) for elo in linhagem] == esperada


def test_differences_line_by_line(casa: Casa) -> None:
    um = casa.reservar(pre_venda(item(quantidade=2), item("200-2", 1), item("10010-1001", 4)))
    dois = alterar(casa, um, item(quantidade=5), item("10010-1001", 4), item("300-3", 1, Decimal("7.5")))
    primeira, segunda = detalhe(casa, dois)["linhagem"]
    assert primeira["diferencas"] == []
    lidas = [
        tuple(d[c] for c in ("codprod", "codauxiliar", "filial", "pvenda", "antes", "depois"))
        for d in segunda["diferencas"]
    ]
    assert sorted(lidas) == [
        (1, 100, "1", 10, 2, 5),
        (2, 200, "1", 10, 1, 0),
        (3, 300, "1", 7.5, 0, 1),
    ]


def test_events_in_time_order(casa: Casa) -> None:
    um = casa.reservar(pre_venda())
    casa.relogio.andar(seconds=1)
    casa.recusado(pre_venda(item("300-3", 6), idRetaguarda=um))
    dois = alterar(casa, um, item(quantidade=3))
    casa.relogio.andar(seconds=1)
    casa.enviar(pre_venda(item(quantidade=3), situacaoPreVenda=1, idRetaguarda=dois), "pdv1")
    campos = ("operacao", "status", "codigo", "situacaoPreVenda", "idRetaguarda", "idPedidoRetaguarda", "caller")
    assert [tuple(evento[c] for c in campos) for evento in detalhe(casa, um)["eventos"]] == [
        ("I", "A", None, 2, None, um, "hub"),
        ("A", "R", "ESTOQUE_INSUFICIENTE", 2, um, None, "hub"),
        ("A", "A", None, 2, um, dois, "hub"),
        ("A", "A", None, 1, dois, dois, "pdv1"),
    ]
    assert detalhe(casa, dois)["eventos"][0]["quando"] == "2026-03-02T09:00:00-03:00"
