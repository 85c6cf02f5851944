"""Money and time (R31): what is held, what became of it, what moved a product, what another term would have freed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from app.domain.outro_prazo import parse_regra, por_dias
from app.services.tempo import apurar, expirar
from app.services.tempo.simular_prazo import simular
from app.winthor.consultas import lista_de_operacoes
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.winthor_hands import levar

SEMANA = "2026-03-02"  # the Monday of the clock


def andar(casa: Casa, **quanto: float) -> None:
    """Time passes; who is logged in must log in again."""
    casa.relogio.andar(**quanto)
    casa._tokens.clear()


def indicadores(casa: Casa, login: str = "retaguarda", **filtros: Any) -> dict[str, Any]:
    answer = casa.pedir("GET", "/api/v1/indicadores", login, query_string=filtros)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    figuras: dict[str, Any] = answer.get_json()
    return figuras


def pagar(casa: Casa, numped: int, numero: str = "PV-1", **mais: Any) -> int:
    corpo = pre_venda(numero=numero, idRetaguarda=numped, situacaoPreVenda=1, **mais)
    return int(casa.enviar(corpo).get_json()["idPedidoRetaguarda"])


def movimentos(casa: Casa, codprod: int = 1, filial: str = "1", **filtros: Any) -> list[dict[str, Any]]:
    caminho = f"/api/v1/estoque/{filial}/{codprod}/movimentos"
    answer = casa.pedir("GET", caminho, "retaguarda", query_string=filtros)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    itens: list[dict[str, Any]] = answer.get_json()["itens"]
    return itens


def test_nothing_is_held(casa: Casa) -> None:
    figuras = indicadores(casa)
    assert figuras["retido"] == []
    assert [i["faixa"] for i in figuras["idades"]] == ["0-1", "1-3", "3-7", "7-15", ">15"]
    assert {i["reservas"] for i in figuras["idades"]} == {0}
    assert [v["dia"] for v in figuras["vencimentos"]][::13] == ["2026-03-02", "2026-03-15"]
    assert figuras["coortes"][-1] == {
        "semana": SEMANA,
        "criadas": 0,
        "pagas": 0,
        "alteradas": 0,
        "canceladas": 0,
        "expiradas": 0,
        "renovadas": 0,
        "medianaHorasAtePagar": None,
    }


def test_what_is_held_by_branch_login_seller_and_state(casa: Casa) -> None:
    casa.reservar(pre_venda(numero="A"))
    casa.reservar(pre_venda(item("123-1", 2, 120), numero="B"), "pdv1")
    casa.reservar(pre_venda(kit(3), numero="C"))
    pagar(casa, casa.reservar(pre_venda(numero="D", loja="2")), "D", loja="2")
    assert {
        (r["filial"], r["caller"], r["codusur"], r["situacaoReserva"]): (r["reservas"], r["unidades"], r["valor"])
        for r in indicadores(casa)["retido"]
    } == {
        ("1", "hub", 8, "AUTORIZADA"): (2, 2 + 3 * 3, 20 + 90),
        ("1", "pdv1", 8, "AUTORIZADA"): (1, 24, 240),
        ("2", "hub", 8, "CONFIRMADA"): (1, 2, 20),
    }
    assert [r["filial"] for r in indicadores(casa, filial="2")["retido"]] == ["2"]


def test_a_blocked_order_holds_nothing(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE PCPEDC SET POSICAO = 'B' WHERE NUMPED = :n", n=numped)
    casa.executar("UPDATE PCPEDI SET POSICAO = 'B' WHERE NUMPED = :n", n=numped)
    (retido,) = indicadores(casa)["retido"]
    assert (retido["situacaoReserva"], retido["reservas"], retido["unidades"], retido["valor"]) == (
        "BLOQUEADA",
        1,
        0,
        0,
    )


def test_ages_of_chains_and_the_days_on_which_they_end(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="A", lockTTL="12d"))
    andar(casa, days=2)
    casa.reservar(pre_venda(numero="A", idRetaguarda=numped, lockTTL="3d"))  # as old as what it replaced
    casa.reservar(pre_venda(numero="B", lockTTL="3d"))
    casa.reservar(pre_venda(numero="C", loja="2"))
    figuras = indicadores(casa)
    assert [i["reservas"] for i in figuras["idades"]] == [2, 1, 0, 0, 0]
    com = {v["dia"]: v["reservas"] for v in figuras["vencimentos"] if v["reservas"]}
    # Manaus ends its day an hour after São Paulo, on its own calendar.
    assert com == {"2026-03-07": 2, "2026-03-15": 1}


def test_what_became_of_a_week(casa: Casa) -> None:
    paga = casa.reservar(pre_venda(numero="PAGA"))
    alterada = casa.reservar(pre_venda(numero="ALTERADA"))
    cancelada = casa.reservar(pre_venda(numero="CANCELADA"))
    renovada = casa.reservar(pre_venda(numero="RENOVADA", lockTTL="1h"))
    casa.reservar(pre_venda(numero="EXPIRADA", lockTTL="1h"))
    andar(casa, hours=2)
    expirar.expirar(casa.gw)
    andar(casa, minutes=30)
    pagar(casa, paga, "PAGA")
    nova = casa.reservar(pre_venda(item(quantidade=3), numero="ALTERADA", idRetaguarda=alterada))
    andar(casa, hours=1, minutes=30)
    pagar(casa, nova, "ALTERADA", preVendaItens=[item(quantidade=3)])
    casa.enviar(pre_venda(numero="CANCELADA", idRetaguarda=cancelada, situacaoPreVenda=0))
    assert pagar(casa, renovada, "RENOVADA") != renovada
    assert indicadores(casa)["coortes"][-1] == {
        "semana": SEMANA,
        "criadas": 5,
        "pagas": 3,
        "alteradas": 1,
        "canceladas": 1,
        "expiradas": 2,
        "renovadas": 1,
        "medianaHorasAtePagar": 4,
    }


def test_a_large_site_is_told_what_the_job_counted(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    casa.reservar(pre_venda(numero="A"))
    casa.reservar(pre_venda(numero="B", loja="2"))
    na_hora = indicadores(casa)
    assert apurar.guardar(casa.gw) == 0  # counted whenever somebody asks
    monkeypatch.setattr(apurar, "CONTADAS_NA_HORA", 1)
    assert apurar.guardar(casa.gw) > 0
    assert indicadores(casa) == na_hora
    casa.reservar(pre_venda(numero="C"))
    assert indicadores(casa) == na_hora  # as of then
    assert [r["filial"] for r in indicadores(casa, filial="2")["retido"]] == ["2"]
    apurar.guardar(casa.gw)
    assert indicadores(casa)["retido"][0]["reservas"] == 2
    andar(casa, hours=2)  # nobody counts any more
    casa.reservar(pre_venda(numero="D"))
    assert indicadores(casa)["retido"][0]["reservas"] == 3


def test_movements_of_a_product(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="A"))
    nova = casa.reservar(pre_venda(item(quantidade=5), numero="A", idRetaguarda=numped))
    pagar(casa, nova, "A", preVendaItens=[item(quantidade=5)])
    casa.reservar(pre_venda(kit(3), numero="B"), "pdv1")
    casa.reservar(pre_venda(item("200-2", 7), numero="C"))
    casa.enviar(pre_venda(numero="A", idRetaguarda=nova, situacaoPreVenda=0))
    achados = movimentos(casa)
    assert [(m["operacao"], m["numped"], m["numero"], m["caller"], m["variacao"]) for m in achados] == [
        ("C", nova, "A", "hub", -5),
        ("I", achados[1]["numped"], "B", "pdv1", 6),
        ("A", nova, "A", "hub", 3),
        ("I", numped, "A", "hub", 2),
    ]
    assert achados[0]["quando"] == casa.relogio.agora.astimezone(casa.settings.fuso).isoformat(timespec="seconds")
    assert sum(m["variacao"] for m in achados) == casa.qtreserv(1)
    assert movimentos(casa, filial="2") == []


def test_a_product_taken_out_of_an_order_moved_too(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("200-2", 7)))
    casa.reservar(pre_venda(idRetaguarda=numped))
    assert [m["variacao"] for m in movimentos(casa, 2)] == [-7, 7]


def test_a_payment_that_moves_goods_moved_both_branches(casa: Casa) -> None:
    """Before the payment, and a kit beside a line of its own."""
    numped = casa.reservar(pre_venda(item(), kit(1), numero="A"))
    la = {"entrega": {"idLojaEntregaRetaguarda": "2"}}
    pagar(casa, numped, "A", preVendaItens=[item(**la), kit(1, **la)])
    assert [(m["operacao"], m["numped"], m["variacao"]) for m in movimentos(casa)] == [
        ("A", numped, -4),
        ("I", numped, 4),
    ]
    assert [(m["operacao"], m["numped"], m["variacao"]) for m in movimentos(casa, filial="2")] == [("A", numped, 4)]
    casa.enviar(pre_venda(numero="A", idRetaguarda=numped, situacaoPreVenda=0))
    assert [m["variacao"] for m in movimentos(casa, filial="2")] == [-4, 4]
    assert [m["variacao"] for m in movimentos(casa)] == [-4, 4]


def test_a_payment_that_moves_nothing_is_no_movement(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="A"))
    pagar(casa, numped, "A", preVendaItens=[item()])
    assert [m["variacao"] for m in movimentos(casa)] == [2]


def test_a_blocked_reservation_released_nothing_when_it_was_cancelled(casa: Casa) -> None:
    """WinThor had taken its units out of the counter before."""
    numped = levar(casa, "BLOQUEADA")
    assert casa.enviar(pre_venda(idRetaguarda=numped, situacaoPreVenda=0)).status_code == 200
    assert [(m["operacao"], m["variacao"]) for m in movimentos(casa)] == [("I", 2)]
    assert casa.linha("GW_OPERACAO", OPERACAO="C")["VARIACOES"] == "[]"


def test_the_movements_of_a_product_that_everybody_buys(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are found on another way, and are the same."""
    numped = casa.reservar(pre_venda(item(), item("200-2", 7), numero="A"))
    nova = casa.reservar(pre_venda(item("200-2", 7), numero="A", idRetaguarda=numped))
    casa.reservar(pre_venda(kit(3), numero="B"))
    casa.enviar(pre_venda(numero="A", idRetaguarda=nova, situacaoPreVenda=0))
    casa.reservar(pre_venda(item("300-3", 1), numero="C"))
    for codprod, quantos in ((1, 3), (2, 2), (3, 2)):
        achados = movimentos(casa, codprod)
        assert len(achados) == quantos
        monkeypatch.setattr(lista_de_operacoes, "LINHAS_DE_UM_RARO", 0)
        assert movimentos(casa, codprod) == achados
        monkeypatch.undo()


def test_movements_of_time_and_of_a_rescue(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1h"))
    andar(casa, hours=2)
    expirar.expirar(casa.gw)
    andar(casa, hours=1)
    pagar(casa, numped)
    assert [(m["operacao"], m["variacao"]) for m in movimentos(casa)] == [("A", 2), ("C", -2), ("I", 2)]


def test_pages_of_movements(casa: Casa) -> None:
    for n in range(5):
        numped = casa.reservar(pre_venda(numero=f"N-{n}"))
        casa.enviar(pre_venda(numero=f"N-{n}", idRetaguarda=numped, situacaoPreVenda=0))
        casa.enviar(pre_venda(numero=f"N-{n}", idRetaguarda=numped, situacaoPreVenda=0, idPdv=n))  # has no effect
    caminho, vistos, cursor = "/api/v1/estoque/1/1/movimentos", [], None
    while True:
        query = {"limite": 3} | ({} if cursor is None else {"cursor": cursor})
        pagina = casa.pedir("GET", caminho, "retaguarda", query_string=query).get_json()
        vistos += [m["variacao"] for m in pagina["itens"]]
        cursor = pagina["proximo"]
        if cursor is None:
            break
    assert vistos == [-2, 2] * 5


def test_who_may_ask(casa: Casa) -> None:
    for caminho in ("/api/v1/indicadores", "/api/v1/estoque/1/1/movimentos"):
        assert casa.pedir("GET", caminho, "pdv1").get_json(force=True)["codigo"] == "ESCOPO_INSUFICIENTE"


def test_another_term(casa: Casa) -> None:
    """Made at 09:00; three days end on the 5th, 23:59:59, eleven on the 13th."""
    paga_cedo = casa.reservar(pre_venda(numero="CEDO"))
    paga_tarde = casa.reservar(pre_venda(numero="TARDE"))
    casa.reservar(pre_venda(numero="EXPIRA"))
    casa.reservar(pre_venda(numero="EXATA", lockTTL="20d"))
    andar(casa, days=1)
    pagar(casa, paga_cedo, "CEDO")
    andar(casa, days=5, hours=14, minutes=59, seconds=59)  # the 8th, 23:59:59
    pagar(casa, paga_tarde, "TARDE")
    andar(casa, days=6)
    expirar.expirar(casa.gw)  # the 14th, 23:59:59
    feita = simular(casa.gw, por_dias(3), None)
    assert (feita.reservas, feita.liberadas, feita.pagas_depois) == (4, 2, 1)
    assert (feita.unidades_dias, feita.valor_dias) == (Decimal(2 * 3 + 2 * 9), Decimal(20 * 3 + 20 * 9))
    assert simular(casa.gw, por_dias(3), {"2"}).reservas == 0
    assert simular(casa.gw, por_dias(3), None, dt.date(2026, 3, 3)).reservas == 0


def test_another_rule_after_the_deadline(casa: Casa) -> None:
    casa.reservar(pre_venda(numero="SEGUNDA", dataExpiracaoPagamento="2026-03-09"))  # a Monday: 4 days after
    casa.reservar(pre_venda(numero="SEM"))
    andar(casa, days=10)  # the 12th, 09:00
    regra = parse_regra("1/5/6")
    assert regra is not None
    feita = simular(casa.gw, regra, None)
    assert (feita.regra, feita.reservas, feita.liberadas, feita.pagas_depois) == ("1/5/6", 2, 1, 0)
    assert feita.unidades_dias == Decimal("2.75")  # 33 hours of two units, to the second


def test_a_chain_is_one_reservation(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    andar(casa, days=1)
    casa.reservar(pre_venda(item(quantidade=4), idRetaguarda=numped))
    andar(casa, days=9)
    feita = simular(casa.gw, por_dias(3), None)
    assert (feita.reservas, feita.liberadas) == (1, 1)
