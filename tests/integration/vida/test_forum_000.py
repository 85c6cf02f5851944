"""The forum case (document 000 of docs/regras.md) acted out: an order invoiced without the separation step keeps its
reservation, and the product looks sold out. The stock route explains, the reconciliation names the order and why, one
audited action frees it, and the next sale goes through."""

from __future__ import annotations

from typing import Any

from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa
from tests.support.invariants import conferir_invariantes

ROLO = "300-3"  # 5 in branch 1
OUTROS = {1_900_001, 1_900_002}


def perguntar(casa: Casa, path: str) -> Any:
    casa.relogio.andar(minutes=1)
    answer = casa.pedir("GET", path, "retaguarda")
    assert answer.status_code == 200
    return answer.get_json()


def corrigir(casa: Casa, **corpo: Any) -> Any:
    casa.relogio.andar(minutes=1)
    answer = casa.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda", json=corpo)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def winthor_fatura_sem_separar(casa: Casa, numped: int, unidades: int) -> None:
    """From 'L' to 'F' without 'M': the goods leave the stock, the reservation stays."""
    casa.executar(
        "UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 9001, NUMNOTA = 123, DTFAT = :d WHERE NUMPED = :n",
        d=casa.relogio.agora.replace(tzinfo=None, microsecond=0),
        n=numped,
    )
    casa.executar("UPDATE PCPEDI SET POSICAO = 'F' WHERE NUMPED = :n", n=numped)
    casa.executar(
        "UPDATE PCEST SET QTESTGER = QTESTGER - :q, QTEST = QTEST - :q WHERE CODFILIAL = '1' AND CODPROD = 3",
        q=unidades,
    )


def filial_que_carimba(casa: Casa) -> None:
    """Two other orders of the branch, separated and invoiced this week."""
    for numped in OUTROS:
        casa.executar(
            "INSERT INTO PCPEDC (NUMPED, DATA, CODCLI, CODUSUR, CODFILIAL, POSICAO, PERMITEFATURARCOMWMSPEND,"
            " NUMTRANSVENDA, DTFAT, DTINICIALSEP) VALUES (:n, :d, 1, 1, '1', 'F', 'N', :n, :d, :d)",
            n=numped,
            d=casa.relogio.agora.replace(tzinfo=None, microsecond=0),
        )
        casa.executar("INSERT INTO PCPEDI (NUMPED, CODPROD, NUMSEQ, QT, PVENDA) VALUES (:n, 4, 1, 1, 1)", n=numped)


def test_the_stuck_reservation(casa: Casa) -> None:
    filial_que_carimba(casa)
    # A pre-sale takes 3 of 5 and is paid; WinThor invoices it and skips the separation.
    numped = casa.reservar(pre_venda(item(ROLO, 3), numero="PV-FORUM"), "pdv1")
    pago = {"situacaoPreVenda": 1, "numero": "PV-FORUM", "idLojaRetaguarda": "1", "idRetaguarda": numped}
    casa.relogio.andar(minutes=1)
    assert casa.enviar(pago, "pdv1").status_code == 200
    winthor_fatura_sem_separar(casa, numped, 3)

    # 2 rolls are on the shelf, but the till says there are none.
    casa.relogio.andar(minutes=1)
    venda = pre_venda(item(ROLO, 2), numero="PV-NOVA")
    recusa = casa.recusado(venda, "pdv1")
    assert (recusa["codigo"], recusa["errors"][0]["disponivel"]) == ("ESTOQUE_INSUFICIENTE", 0)

    # Why? 3 units are reserved and no live order has them.
    estoque = perguntar(casa, "/api/v1/estoque/1/3")
    assert {nome: estoque[nome] for nome in ("estoque", "reservado", "disponivel", "explicado", "naoExplicado")} == {
        "estoque": 2,
        "reservado": 3,
        "disponivel": 0,
        "explicado": 0,
        "naoExplicado": 3,
    }
    assert estoque["detentores"] == []

    # Who? The reconciliation names the order, why, since when and what it is worth.
    conciliacao = perguntar(casa, "/api/v1/conciliacao")
    (diferenca,) = conciliacao["diferencas"]
    assert (diferenca["tipo"], diferenca["numped"], diferenca["numero"]) == (
        "FATURADA_AINDA_RETIDA",
        numped,
        "PV-FORUM",
    )
    assert (diferenca["diferenca"], diferenca["valor"], diferenca["caller"]) == (3, 30, "pdv1")
    assert diferenca["anotacoes"] == ["SEPARACAO_PULADA"]
    assert diferenca["desde"] == "2026-03-02T12:01:00-03:00"
    assert "faturado" in diferenca["explicacao"]
    assert "sem a separação" in diferenca["explicacao"]
    assert diferenca["acao"] == "liberar"
    assert conciliacao["totais"] == {"diferencas": 1, "porTipo": {"FATURADA_AINDA_RETIDA": 1}, "valor": 30}

    # The POS cannot free it: the sale is invoiced.
    casa.relogio.andar(minutes=1)
    recusa = casa.recusado({**pago, "situacaoPreVenda": 0}, "pdv1")
    assert recusa["codigo"] == "RESERVA_FATURADA"

    # The clerk looks at the plan, then frees it, once.
    antes = casa.fotografia()
    assert corrigir(casa, itens=[diferenca["id"]], motivo="manuseio pulado")["correcoes"][0]["resultado"] == "simulada"
    assert casa.fotografia() == antes
    feito = corrigir(casa, itens=[diferenca["id"]], motivo="manuseio pulado", simular=False)
    assert [c["resultado"] for c in feito["correcoes"]] == ["corrigida"]
    assert casa.qtreserv(3) == 0
    log = casa.ultimo_log()
    assert (log["OPERACAO"], log["STATUS"], log["NUMPED"]) == ("C", "A", numped)
    assert (log["JSON"]["motivo"], log["JSON"]["tipo"]) == ("manuseio pulado", "FATURADA_AINDA_RETIDA")
    evento = perguntar(casa, f"/api/v1/reservas/{numped}")["eventos"][-1]
    assert (evento["operacao"], evento["caller"]) == ("C", "retaguarda")
    assert perguntar(casa, "/api/v1/conciliacao")["diferencas"] == []
    assert corrigir(casa, itens=[diferenca["id"]], motivo="manuseio pulado", simular=False)["correcoes"] == []

    # The invoiced order is as WinThor left it, and the refused sale goes through.
    assert casa.linha("PCPEDC", NUMPED=numped)["POSICAO"] == "F"
    assert casa.enviar(venda, "pdv1").status_code == 201
    depois = perguntar(casa, "/api/v1/estoque/1/3")
    assert (depois["reservado"], depois["disponivel"], depois["naoExplicado"]) == (2, 0, 0)
    assert [d["numero"] for d in depois["detentores"]] == ["PV-NOVA"]
    conferir_invariantes(casa, de_fora=OUTROS)
