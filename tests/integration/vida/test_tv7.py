"""A paid order that is delivered later: one future sale (TV7), one delivery (TV8) per delivery type (R23)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR, Caller
from app.services.conciliacao import conciliar, correcoes
from app.services.tempo import encerrar, expirar
from app.winthor import pedidos, reservas
from tests.integration.vida.test_pagamento_inteiro import entrega
from tests.integration.vida.test_pagar import avisos, corpo_pago, pagamento, pagar
from tests.support.builders import cliente_completo, componente, item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.invariants import conferir_invariantes

RI, RP, EN, EF = (entrega(tipo) for tipo in range(4))
ITENS = [
    item(quantidade=2, entrega=RI),
    item("10010-1001", 3, entrega=RP),
    item("10020-1002", 4, entrega=EN),
]
PESSOA = Caller("retaguarda", None, frozenset({RETAGUARDA, RETAGUARDA_AGIR}))


@pytest.fixture
def tv7(casa: Casa) -> Iterator[Casa]:
    """The shop where a paid order becomes a future sale."""
    outra = casa.com(pago="tv7")
    yield outra
    outra.close()


def pagar_dividida(casa: Casa, *itens: dict[str, Any], numero: str = "PV-1", **mais: Any) -> dict[str, Any]:
    """Reserve, and pay as reserved; the answer's data."""
    numped = casa.reservar(pre_venda(*(itens or ITENS), numero=numero, **mais))
    return pagar(casa, numped, pagamentos=[pagamento("D")], numero=numero)


def baixar(casa: Casa, linha: dict[str, Any], *, sai: bool) -> None:
    """A line's units leave the counter, and the stock too."""
    casa.executar(
        "UPDATE PCEST SET QTRESERV = QTRESERV - :q, QTESTGER = QTESTGER - :s WHERE CODFILIAL = :f AND CODPROD = :p",
        q=int(linha["QT"]),
        s=int(linha["QT"]) if sai else 0,
        f=linha["CODFILIALRETIRA"],
        p=linha["CODPROD"],
    )


def posicionar(casa: Casa, numped: int, posicao: str) -> None:
    """WinThor ends one order, header and lines; of a sale with deliveries only what leaves at once is its own."""
    futura = casa.linha("PCPEDC", NUMPED=numped)["CONDVENDA"] == 7
    for linha in casa.tabela("PCPEDI", NUMPED=numped):
        if not (futura and linha["TIPOENTREGA"] in {"RP", "EN", "EF"}):
            baixar(casa, linha, sai=posicao == "F")
    casa.executar("UPDATE PCPEDC SET POSICAO = :p WHERE NUMPED = :n", p=posicao, n=numped)
    casa.executar("UPDATE PCPEDI SET POSICAO = :p WHERE NUMPED = :n", p=posicao, n=numped)


def reservados(casa: Casa, *codprods: int) -> list[Decimal]:
    return [casa.qtreserv(codprod) for codprod in codprods]


def cancelar(numped: int, numero: str = "PV-1") -> dict[str, Any]:
    return pre_venda(situacaoPreVenda=0, idRetaguarda=numped, numero=numero)


# --- divided


def test_the_sale_and_its_deliveries(tv7: Casa) -> None:
    data = pagar_dividida(tv7)
    venda = data["idRetaguarda"]
    assert (data["situacaoReserva"], data["posicao"], data["total"], avisos(data)) == ("CONFIRMADA", "L", 90, [])
    assert data["entregas"] == [
        {"idRetaguarda": venda + 1, "tipoEntrega": "RP", "itens": [{"numseq": 2, "filial": "1", "quantidade": 3}]},
        {"idRetaguarda": venda + 2, "tipoEntrega": "EN", "itens": [{"numseq": 3, "filial": "1", "quantidade": 4}]},
    ]
    colunas = ("NUMPED", "CONDVENDA", "NUMPEDENTFUT", "POSICAO", "VENDAASSISTIDA", "CODCOB", "CODPLPAG", "VLTOTAL")
    assert [[row[c] for c in (*colunas, "NUMITENS")] for row in tv7.tabela("PCPEDC")] == [
        [venda, 7, None, "L", "S", "D", 1, 90, 3],
        [venda + 1, 8, venda, "L", "S", "D", 1, 30, 1],
        [venda + 2, 8, venda, "L", "S", "D", 1, 40, 1],
    ]
    da_linha = ("NUMPED", "CODPROD", "NUMSEQ", "QT", "CONDVENDA", "TIPOENTREGA", "CODFILIALRETIRA")
    assert [[row[c] for c in da_linha] for row in tv7.tabela("PCPEDI")] == [
        [venda, 1, 1, 2, 7, "RI", "1"],
        [venda, 1001, 2, 3, 7, "RP", "1"],
        [venda, 1002, 3, 4, 7, "EN", "1"],
        [venda + 1, 1001, 2, 3, 8, "RP", "1"],
        [venda + 2, 1002, 3, 4, 8, "EN", "1"],
    ]
    assert reservados(tv7, 1, 1001, 1002) == [2, 3, 4]
    assert [(row["NUMPED_TV8"], row["NUMPED_TV7"], row["TIPOENTREGA"]) for row in tv7.tabela("GW_ENTREGA")] == [
        (venda + 1, venda, "RP"),
        (venda + 2, venda, "EN"),
    ]
    conferir_invariantes(tv7)


def test_the_rest_of_a_delivery_is_that_of_its_sale(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    da_venda, da_entrega = (tv7.linha("PCPEDC", NUMPED=n) for n in (venda, venda + 1))
    outras = {
        *("NUMPED", "NUMPEDENTFUT", "CONDVENDA", "ORIGEMINTEGRACAO", "MINUTO", "MINUTOLIBERA", "NUMITENS"),
        *(c for c in da_venda if c.startswith(("VL", "TOT"))),
    }
    assert {c for c in da_venda if da_venda[c] != da_entrega[c]} <= outras
    assert (da_entrega["ORIGEMINTEGRACAO"], da_entrega["NUMPEDHUBE"]) == (None, "PV-1")
    linhas = tv7.tabela("PCPEDI", CODPROD=1001)
    assert {c for c in linhas[0] if linhas[0][c] != linhas[1][c]} == {"NUMPED", "CONDVENDA"}


def test_totals_of_a_delivery_are_those_of_its_lines(tv7: Casa) -> None:
    tv7.executar("UPDATE PCEST SET CUSTOREAL = 4, CUSTOFIN = 5, CUSTOREP = 6, CUSTOCONT = 7")
    tv7.executar("UPDATE PCPRODUT SET PESOBRUTO = 2, VOLUME = 3 WHERE CODPROD = 1001")
    venda = pagar_dividida(tv7)["idRetaguarda"]
    row = tv7.linha("PCPEDC", NUMPED=venda + 1)
    nomes = ("VLATEND", "VLTABELA", "VLCUSTOREAL", "VLCUSTOFIN", "VLCUSTOREP", "VLCUSTOCONT", "TOTPESO", "TOTVOLUME")
    assert [row[c] for c in nomes] == [30, 30, 12, 15, 18, 21, 6, 9]


def test_kits_go_with_their_components_and_their_sequence(tv7: Casa) -> None:
    partes = [componente("100-1", 2, 10), componente("300-3", 1, 10, 2)]
    data = pagar_dividida(tv7, item("10010-1001", 1, entrega=EN), kit(2, itensKit=partes, entrega=EN))
    venda = data["idRetaguarda"]
    rows = [(r["NUMPED"], r["NUMSEQ"], r["CODPRODMP"], r["QTMP"], r["NUMSEQITEM"]) for r in tv7.tabela("PCPEDICESTA")]
    assert rows == [(venda, 2, 1, 2, 1), (venda, 2, 3, 1, 2), (venda + 1, 2, 1, 2, 1), (venda + 1, 2, 3, 1, 2)]
    assert reservados(tv7, 1, 3, 1001) == [4, 2, 1]
    conferir_invariantes(tv7)


def test_a_line_that_leaves_in_two_ways_is_in_two_deliveries(tv7: Casa) -> None:
    numped = tv7.reservar(pre_venda(item(quantidade=5)))
    data = pagar(tv7, numped, item(quantidade=2, entrega=RP), item(quantidade=3, entrega=entrega(3, filial="2")))
    assert [(e["tipoEntrega"], e["itens"]) for e in data["entregas"]] == [
        ("RP", [{"numseq": 1, "filial": "1", "quantidade": 2}]),
        ("EF", [{"numseq": 2, "filial": "2", "quantidade": 3}]),
    ]
    assert (tv7.qtreserv(1), tv7.qtreserv(1, "2")) == (2, 3)
    conferir_invariantes(tv7)


@pytest.mark.parametrize("tipos", [[RI, RI], [None, RI], [None, None]], ids=str)
def test_what_leaves_at_once_stays_a_plain_sale(tv7: Casa, tipos: list[Any]) -> None:
    itens = [item("10010-1001", 1, **({} if t is None else {"entrega": t})) for t in tipos]
    data = pagar_dividida(tv7, *itens)
    assert "entregas" not in data
    assert [(row["CONDVENDA"], row["VENDAASSISTIDA"]) for row in tv7.tabela("PCPEDC")] == [(1, "N")]
    assert (tv7.contar("GW_ENTREGA"), tv7.contar("PCVINCULOPEDIDOMATCON")) == (0, 0)


def test_a_site_that_keeps_plain_sales(casa: Casa) -> None:
    data = pagar_dividida(casa)
    assert ("entregas" in data, [row["CONDVENDA"] for row in casa.tabela("PCPEDC")]) == (False, [1])


def test_the_customer_of_the_payment_is_that_of_the_deliveries(tv7: Casa) -> None:
    numped = tv7.reservar(pre_venda(*ITENS))
    data = pagar(tv7, numped, *ITENS, cliente=cliente_completo())
    assert {row["CODCLI"] for row in tv7.tabela("PCPEDC")} == {data["codcli"]} != {1}
    assert {row["CODCLI"] for row in tv7.tabela("PCPEDI")} == {data["codcli"]}


def test_the_link_of_the_till(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    row = tv7.linha("PCVINCULOPEDIDOMATCON")
    dias = [f"{row[c]:%Y-%m-%d}" for c in ("DTPEDIDOTV7", "DATA")]
    assert [row[c] for c in ("IDVINCULO", "NUMPEDTV7", "NUMPEDTV8", "DTPEDIDOTV8", "VINCULADO")] == [
        *("PV-1", venda, None, None, "N")
    ]
    assert dias == ["2026-03-02", "2026-03-02"]


def test_the_link_of_an_earlier_sale_is_turned_to_the_new_one(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    tv7.relogio.andar(seconds=1)
    assert tv7.enviar(cancelar(venda)).status_code == 200
    tv7.relogio.andar(seconds=1)
    outra = pagar_dividida(tv7, item("10010-1001", 1, entrega=EN))["idRetaguarda"]
    assert tv7.linha("PCVINCULOPEDIDOMATCON")["NUMPEDTV7"] == outra


def test_a_link_that_is_in_use_stays(tv7: Casa) -> None:
    tv7.executar("INSERT INTO PCVINCULOPEDIDOMATCON (IDVINCULO, NUMPEDTV7, VINCULADO) VALUES ('PV-1', 5, 'S')")
    pagar_dividida(tv7)
    assert tv7.linha("PCVINCULOPEDIDOMATCON")["NUMPEDTV7"] == 5


# --- numbers


def test_one_number_in_use_is_passed(tv7: Casa) -> None:
    venda = tv7.reservar(pre_venda(*ITENS))
    tv7.executar(
        "INSERT INTO PCPEDC (NUMPED, CODFILIAL, CODUSUR, CODCLI, DATA, POSICAO, PERMITEFATURARCOMWMSPEND)"
        " SELECT :n, CODFILIAL, CODUSUR, CODCLI, DATA, 'C', 'N' FROM PCPEDC",
        n=venda + 2,
    )
    data = pagar(tv7, venda, numero="PV-1")
    assert [e["idRetaguarda"] for e in data["entregas"]] == [venda + 3, venda + 4]
    assert tv7.linha("PCUSUARI", CODUSUR=8)["PROXNUMPED"] == venda + 5


def test_without_numbers_it_is_paid_and_listed(tv7: Casa) -> None:
    venda = tv7.reservar(pre_venda(*ITENS))
    tv7.executar("UPDATE PCUSUARI SET PROXNUMPED = 8999999 WHERE CODUSUR = 8")  # one left, two are needed
    data = pagar(tv7, venda)
    assert (data["situacaoReserva"], avisos(data), "entregas" in data) == (
        "CONFIRMADA",
        ["ENTREGA_NAO_DIVIDIDA"],
        False,
    )
    assert [(row["NUMPED"], row["CONDVENDA"]) for row in tv7.tabela("PCPEDC")] == [(venda, 1)]
    achada = next(d for d in conciliar.conciliar(tv7.gw).diferencas if d.tipo == "ENTREGA_NAO_DIVIDIDA")
    assert (achada.numped, achada.acao) == (venda, "informar")


@pytest.mark.parametrize(("posicao", "estado"), [("M", "RECONHECIDA"), ("B", "BLOQUEADA")])
def test_an_order_in_other_hands_is_not_divided(tv7: Casa, posicao: str, estado: str) -> None:
    venda = tv7.reservar(pre_venda(*ITENS))
    tv7.executar("UPDATE PCPEDC SET POSICAO = :p", p=posicao)
    data = pagar(tv7, venda)
    assert (data["situacaoReserva"], "entregas" in data, tv7.contar("PCPEDC")) == (estado, False, 1)
    assert "ENTREGA_NAO_DIVIDIDA" in {d.tipo for d in conciliar.conciliar(tv7.gw).diferencas}


def test_a_late_payment_is_divided_under_its_new_number(tv7: Casa) -> None:
    velha = tv7.reservar(pre_venda(*ITENS, lockTTL="1h"))
    tv7.relogio.andar(minutes=61)
    assert expirar.expirar(tv7.gw).expiradas == [velha]
    answer = tv7.enviar(corpo_pago(velha, pagamentos=[pagamento("D")]))
    data = answer.get_json()["data"]
    assert (answer.status_code, [e["tipoEntrega"] for e in data["entregas"]]) == (201, ["RP", "EN"])
    assert tv7.linha("PCPEDC", NUMPED=data["idRetaguarda"])["CONDVENDA"] == 7
    assert reservados(tv7, 1, 1001, 1002) == [2, 3, 4]
    conferir_invariantes(tv7)


def test_paid_again_says_its_deliveries(tv7: Casa) -> None:
    data = pagar_dividida(tv7)
    antes = tv7.tabela("PCPEDC")
    de_novo = pagar(tv7, data["idRetaguarda"], *ITENS)
    assert (de_novo["entregas"], avisos(de_novo)) == (data["entregas"], [])
    assert tv7.tabela("PCPEDC") == antes


def test_a_rehearsal_names_no_numbers(tv7: Casa) -> None:
    numped = tv7.reservar(pre_venda(*ITENS))
    antes = tv7.fotografia()
    answer = tv7.pedir("POST", "/api/v1/pre-vendas/simulacao", json=corpo_pago(numped))
    entregas = answer.get_json()["data"]["entregas"]
    assert [(e["idRetaguarda"], e["tipoEntrega"]) for e in entregas] == [(None, "RP"), (None, "EN")]
    assert tv7.fotografia() == antes


# --- the life of the family


@pytest.mark.parametrize(
    ("movimentos", "estado", "no_pdv"),
    [
        ({}, "CONFIRMADA", "RECEBIDO"),
        ({1: "M"}, "RECONHECIDA", "RECEBIDO"),
        ({0: "M"}, "RECONHECIDA", "RECEBIDO"),
        ({0: "F"}, "CONFIRMADA", "RECEBIDO"),
        ({0: "F", 1: "F"}, "CONFIRMADA", "RECEBIDO"),
        ({0: "F", 1: "F", 2: "M"}, "RECONHECIDA", "RECEBIDO"),
        ({1: "F", 2: "F"}, "CONFIRMADA", "RECEBIDO"),
        ({0: "F", 1: "F", 2: "F"}, "BAIXADA", "RESGATADA"),
        ({0: "F", 1: "F", 2: "C"}, "BAIXADA", "RESGATADA"),
        ({0: "C", 1: "C", 2: "C"}, "CANCELADA", "CANCELADA"),
        ({0: "C"}, "CONFIRMADA", "RECEBIDO"),
        ({2: "B"}, "BLOQUEADA", "RECEBIDO"),
    ],
    ids=str,
)
def test_the_state_is_that_of_all(tv7: Casa, movimentos: dict[int, str], estado: str, no_pdv: str) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    for n, posicao in movimentos.items():
        tv7.executar("UPDATE PCPEDC SET POSICAO = :p WHERE NUMPED = :n", p=posicao, n=venda + n)
    rota = "/winthor/varejo/matcon/v1/orders/pdvsync/consulta"
    um = tv7.pedir("GET", rota, query_string={"idRetaguarda": venda}).get_json()["data"]
    assert (um["situacaoReserva"], um["situacaoPreVenda"]) == (estado, no_pdv)
    detalhe = tv7.pedir("GET", f"/api/v1/reservas/{venda}", "retaguarda").get_json()
    assert detalhe["situacaoReserva"] == estado
    lista = tv7.pedir("GET", f"/api/v1/reservas?estado={estado}", "retaguarda").get_json()["itens"]
    assert [row["idRetaguarda"] for row in lista] == [venda]
    with tv7.gw.db.read() as connection:
        ordem, reserva = pedidos.find(connection, venda), reservas.find(connection, venda)
    assert ordem is not None
    assert reserva is not None
    assert (ordem.estado.value, reserva.estado.value) == (estado, estado)


def test_cancelled_all_or_nothing(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    answer = tv7.enviar(cancelar(venda))
    assert answer.get_json()["data"]["situacaoReserva"] == "CANCELADA"
    assert {row["POSICAO"] for row in tv7.tabela("PCPEDC")} == {"C"}
    assert {row["POSICAO"] for row in tv7.tabela("PCPEDI")} == {"C"}
    assert all(row["DTCANCEL"] for row in tv7.tabela("PCPEDC"))
    assert reservados(tv7, 1, 1001, 1002) == [0, 0, 0]
    conferir_invariantes(tv7)


@pytest.mark.parametrize(
    ("qual", "posicao", "codigo"),
    [
        (0, "F", "RESERVA_FATURADA"),
        (1, "F", "RESERVA_FATURADA"),
        (2, "M", "RESERVA_EM_SEPARACAO"),
        (0, "M", "RESERVA_EM_SEPARACAO"),
    ],
)
def test_one_that_has_left_or_is_picked_keeps_all(tv7: Casa, qual: int, posicao: str, codigo: str) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    tv7.executar("UPDATE PCPEDC SET POSICAO = :p WHERE NUMPED = :n", p=posicao, n=venda + qual)
    assert tv7.recusado(cancelar(venda))["codigo"] == codigo
    corpo = {"motivo": "cliente desistiu"}
    painel = tv7.pedir("POST", f"/api/v1/reservas/{venda}/cancelamento", "retaguarda", json=corpo)
    assert painel.get_json(force=True)["codigo"] == codigo


def test_invoiced_and_picked_is_invoiced(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    tv7.executar("UPDATE PCPEDC SET POSICAO = 'F' WHERE NUMPED = :n", n=venda + 1)
    tv7.executar("UPDATE PCPEDC SET POSICAO = 'M' WHERE NUMPED = :n", n=venda + 2)
    assert tv7.recusado(cancelar(venda))["codigo"] == "RESERVA_FATURADA"


def test_what_a_person_cancelled_is_not_freed_again(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    outra = tv7.reservar(pre_venda(item("10010-1001", 5), numero="PV-2"))
    posicionar(tv7, venda + 1, "C")
    assert tv7.enviar(cancelar(venda)).status_code == 200
    assert reservados(tv7, 1, 1001, 1002) == [0, 5, 0]
    assert outra
    conferir_invariantes(tv7)


def test_with_pcnfcan_each_leaves_its_trace(tv7: Casa) -> None:
    outra = tv7.com(grava_pcnfcan=True)
    venda = pagar_dividida(outra)["idRetaguarda"]
    outra.enviar(cancelar(venda))
    rows = [(row["NUMPED"], row["VLTOTAL"], row["POSICAOANTCANCEL"]) for row in outra.tabela("PCNFCAN")]
    assert rows == [(venda, 90, "L"), (venda + 1, 30, "L"), (venda + 2, 40, "L")]
    outra.close()


def test_paid_it_is_neither_altered_nor_expired(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    assert tv7.recusado(pre_venda(*ITENS, idRetaguarda=venda))["codigo"] == "RESERVA_CONFIRMADA"
    tv7.relogio.andar(days=60)
    assert expirar.expirar(tv7.gw).expiradas == []


def test_a_live_family_keeps_the_number_of_the_pre_sale(tv7: Casa) -> None:
    """The sale is invoiced at the till, its deliveries wait: the pre-sale is not over."""
    venda = pagar_dividida(tv7)["idRetaguarda"]
    posicionar(tv7, venda, "F")
    assert tv7.recusado(pre_venda(item("200-2", 1)))["codigo"] == "NUMERO_EM_USO"


# --- truth


def test_holders_are_the_deliveries(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    for codprod, quem, entrega_de in ((1, venda, None), (1001, venda + 1, venda), (1002, venda + 2, venda)):
        explicado = tv7.pedir("GET", f"/api/v1/estoque/1/{codprod}", "retaguarda").get_json()
        assert explicado["naoExplicado"] == 0
        detentor = explicado["detentores"][0]
        assert (len(explicado["detentores"]), detentor["idRetaguarda"]) == (1, quem)
        assert (detentor.get("entregaDe"), detentor["numero"]) == (entrega_de, "PV-1")
        assert detentor["situacaoReserva"] == "CONFIRMADA"


def test_nothing_to_reconcile(tv7: Casa) -> None:
    pagar_dividida(tv7, *ITENS, kit(1, entrega=EN))
    assert conciliar.conciliar(tv7.gw).diferencas == []


@pytest.mark.parametrize("modo", ["header", "both"])
def test_kits_of_a_delivery_are_counted_as_they_were_reserved(tv7: Casa, modo: str) -> None:
    tv7.executar("UPDATE PCEST SET QTESTGER = 100 WHERE CODPROD = 50")
    outra = tv7.com(modo_kit=modo)
    venda = pagar_dividida(outra, kit(2, entrega=EN))["idRetaguarda"]
    assert conciliar.conciliar(tv7.gw).diferencas == []  # by another setting now
    assert tv7.enviar(cancelar(venda)).status_code == 200
    conferir_invariantes(tv7)
    outra.close()


def test_a_future_sale_of_somebody_else(tv7: Casa) -> None:
    """WinThor's own: the sale holds what leaves at once, its delivery the rest."""
    for numped, condvenda, futura, linhas in (
        (501, 7, None, [(1, "RI", 2), (1001, "EN", 3)]),
        (502, 8, 501, [(1001, "EN", 3)]),
    ):
        tv7.executar(
            "INSERT INTO PCPEDC (NUMPED, CODFILIAL, CODUSUR, CODCLI, POSICAO, CONDVENDA, NUMPEDENTFUT,"
            " PERMITEFATURARCOMWMSPEND, DATA)"
            " SELECT :n, '1', 1, 1, 'L', :c, :f, 'N', DTCADASTRO FROM PCCLIENT WHERE CODCLI = 20",
            n=numped,
            c=condvenda,
            f=futura,
        )
        for numseq, (codprod, tipo, qt) in enumerate(linhas, 1):
            tv7.executar(
                "INSERT INTO PCPEDI (NUMPED, CODPROD, NUMSEQ, QT, PVENDA, POSICAO, TIPOENTREGA)"
                " VALUES (:n, :p, :s, :q, 10, 'L', :t)",
                n=numped,
                p=codprod,
                s=numseq,
                q=qt,
                t=tipo,
            )
    tv7.executar("UPDATE PCEST SET QTRESERV = 2 WHERE CODFILIAL = '1' AND CODPROD = 1")
    tv7.executar("UPDATE PCEST SET QTRESERV = 3 WHERE CODFILIAL = '1' AND CODPROD = 1001")
    assert conciliar.conciliar(tv7.gw).diferencas == []


def test_settled_with_its_last_delivery(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    posicionar(tv7, venda, "F")
    posicionar(tv7, venda + 1, "F")
    assert encerrar.assentar(tv7.gw) == []
    assert tv7.linha("GW_RESERVA")["ESTADO"] == "CONFIRMADA"
    posicionar(tv7, venda + 2, "F")
    assert encerrar.assentar(tv7.gw) == [venda]
    assert tv7.linha("GW_RESERVA")["ESTADO"] == "BAIXADA"
    assert reservados(tv7, 1, 1001, 1002) == [0, 0, 0]
    conferir_invariantes(tv7)


def test_an_invoiced_delivery_that_is_still_counted_is_freed(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    tv7.executar("UPDATE PCPEDC SET POSICAO = 'F' WHERE NUMPED = :n", n=venda + 1)
    tv7.executar("UPDATE PCPEDI SET POSICAO = 'F' WHERE NUMPED = :n", n=venda + 1)
    achada = conciliar.conciliar(tv7.gw).diferencas[0]
    assert (achada.tipo, achada.numped, achada.numero, achada.diferenca) == (
        *("FATURADA_AINDA_RETIDA", venda + 1, "PV-1"),
        3,
    )
    feito = correcoes.corrigir(tv7.gw, PESSOA, ids=None, motivo="nota emitida", simular=False)
    assert [c.resultado for c in feito.correcoes] == ["corrigida"]
    assert reservados(tv7, 1, 1001, 1002) == [2, 0, 4]
    assert (conciliar.conciliar(tv7.gw).diferencas, tv7.linha("GW_RESERVA")["ESTADO"]) == ([], "CONFIRMADA")


def test_an_invoiced_sale_frees_only_what_left_at_once(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    tv7.executar("UPDATE PCPEDC SET POSICAO = 'F' WHERE NUMPED = :n", n=venda)
    tv7.executar("UPDATE PCPEDI SET POSICAO = 'F' WHERE NUMPED = :n", n=venda)
    assert [(d.numped, d.codprod) for d in conciliar.conciliar(tv7.gw).diferencas] == [(venda, 1)]
    correcoes.corrigir(tv7.gw, PESSOA, ids=None, motivo="nota emitida", simular=False)
    assert reservados(tv7, 1, 1001, 1002) == [0, 3, 4]


# --- lists: a delivery is no pre-sale


def test_deliveries_are_in_no_list(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    tv7.executar("UPDATE PCPEDC SET ORIGEMINTEGRACAO = 'PDVSYNC'")  # a site may have its own map
    consulta = "/winthor/varejo/matcon/v1/orders/pdvsync/consulta"
    lista = tv7.pedir("GET", consulta, query_string={"idLojaRetaguarda": "1"}).get_json()["data"]
    assert [row["idRetaguarda"] for row in lista] == [venda]
    hub = tv7.pedir("GET", "/api/wholesale/v1/orders/list", query_string={"branchId": "1"}).get_json()["items"]
    assert [row["orderId"] for row in hub] == [venda]
    pelo_numero = tv7.pedir("GET", consulta, query_string={"numero": "PV-1", "idLojaRetaguarda": "1"}).get_json()
    assert pelo_numero["data"]["idRetaguarda"] == venda
    assert tv7.pedir("GET", consulta, query_string={"idRetaguarda": venda + 1}).status_code == 404
    assert tv7.recusado(cancelar(venda + 1))["codigo"] == "RESERVA_NAO_ENCONTRADA"


def test_the_page_of_the_family(tv7: Casa) -> None:
    venda = pagar_dividida(tv7)["idRetaguarda"]
    detalhe = tv7.pedir("GET", f"/api/v1/reservas/{venda}", "retaguarda").get_json()
    assert [(e["idRetaguarda"], e["tipoEntrega"], e["posicao"]) for e in detalhe["entregas"]] == [
        (venda + 1, "RP", "L"),
        (venda + 2, "EN", "L"),
    ]
    da_entrega = tv7.pedir("GET", f"/api/v1/reservas/{venda + 1}", "retaguarda").get_json()
    assert da_entrega["idRetaguarda"] == venda
