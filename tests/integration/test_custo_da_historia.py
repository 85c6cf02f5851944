"""What the ERP's history costs, the short form of ``tests.bench.historia``: as many statements for more orders, and
what a request or a five-minute job asks walks through neither orders nor lines."""

from __future__ import annotations

import pytest

from tests.bench import historia
from tests.support.gateway import Casa

PEDIDOS = 20_000
# What is asked while somebody waits, or every five minutes; the reconciliation is a report.
NO_CAMINHO = ("settling of ended orders", "holders of a product", "the flow of 30 days", "the log by product")


@pytest.mark.parametrize(  # what fills it speaks these; through Oracle's driver it is `make historia ORACLE=1`
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_as_many_statements_for_more_orders(casa: Casa) -> None:
    grande = 2_000
    historia.encher(casa.engine, 200)
    antes = {m.pergunta: (m.comandos, m.kib) for m in historia.medir(casa.gw, 200, vezes=1)}
    casa.executar("DELETE FROM GW_RESERVA")
    casa.executar("DELETE FROM PCPEDI")
    casa.executar("DELETE FROM PCPEDC")
    casa.executar("DELETE FROM PCEST WHERE CODPROD >= :p", p=historia.PRODUTO)
    historia.encher(casa.engine, grande)
    medidas = list(historia.medir(casa.gw, grande, vezes=1))
    # Which branches stamp is asked only where an invoiced order without a stamp is among the candidates.
    assert all(m.comandos <= antes[m.pergunta][0] + 1 for m in medidas)
    achou = {m.pergunta: m.achou for m in medidas}
    assert achou["reconciliation, whole"] >= historia.ERRADOS
    assert achou["the flow of 30 days"] > 0
    assert all(m.kib < antes[m.pergunta][1] + 1500 for m in medidas)


def test_nobody_who_waits_walks_through_the_history(casa_pg: Casa) -> None:
    historia.encher(casa_pg.engine, PEDIDOS)
    medidas = {m.pergunta: m for m in historia.medir(casa_pg.gw, PEDIDOS, vezes=1)}
    for pergunta in NO_CAMINHO:
        andados = [a for a in medidas[pergunta].acessos if a in {"pcpedc seq scan", "pcpedi seq scan"}]
        assert andados == [], pergunta
    # The control: a report reads what it is to compare.
    assert medidas["reconciliation, whole"].acessos


@pytest.mark.parametrize("indice", ["pcpedc_posicao_ix"])
def test_without_the_index_that_the_doctor_asks_for_it_would(casa_pg: Casa, indice: str) -> None:
    historia.encher(casa_pg.engine, PEDIDOS)
    casa_pg.executar(f"DROP INDEX {indice}")
    medidas = {m.pergunta: m for m in historia.medir(casa_pg.gw, PEDIDOS, vezes=1)}
    assert "pcpedc seq scan" in medidas["holders of a product"].acessos
