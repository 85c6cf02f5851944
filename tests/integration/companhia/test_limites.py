"""Limits and numbers: what strikes while a lock is waited for, numbers in use, and the rehearsal's faults (R2, R20)."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from app.services.tempo import expirar
from app.winthor.db import travas
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import SEM_EFEITO, Casa

SIMULACAO = "/api/v1/pre-vendas/simulacao"
DO_ESTOQUE = "SELECT 1 FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1 FOR UPDATE"
DO_CONTADOR = "SELECT 1 FROM PCUSUARI WHERE CODUSUR = 8 FOR UPDATE"
DO_CONSUMO = "SELECT 1 FROM PCCONSUM FOR UPDATE"


@contextlib.contextmanager
def preso(casa: Casa, sql: str) -> Iterator[None]:
    """A session of WinThor's holds rows and does not let them go."""
    casa.token("hub")
    with casa.engine.connect() as winthor:
        winthor.execute(sa.text(sql))
        yield
        winthor.rollback()


def ocupado(answer: Any) -> None:
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_OCUPADO")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("presas", [DO_ESTOQUE, DO_CONTADOR, DO_CONSUMO], ids=["estoque", "contador", "clientes"])
def test_a_limit_while_a_lock_is_waited_for_is_busy(casa_pg: Casa, presas: str) -> None:
    antes = casa_pg.fotografia(sem=SEM_EFEITO)
    with preso(casa_pg, presas):
        comeco = time.monotonic()
        ocupado(casa_pg.enviar(pre_venda(cliente=cliente_completo())))
        assert time.monotonic() - comeco < casa_pg.settings.espera_lock + 3  # a slow machine
    assert casa_pg.fotografia(sem=SEM_EFEITO) == antes


def test_waits_for_several_locks_in_line_are_one_wait(casa_pg: Casa) -> None:
    """Each of five rows is let go after a second: one limit for each of them would be five waits."""
    codprods = range(1001, 1006)
    casa = casa_pg.com(espera_lock=2.0)
    casa.token("hub")
    soltar = [threading.Event() for _ in codprods]
    presas = []

    def segurar(codprod: int, quando: threading.Event) -> None:
        with casa_pg.engine.begin() as winthor:
            query = "SELECT 1 FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = :p FOR UPDATE"
            winthor.execute(sa.text(query), {"p": codprod})
            presas.append(codprod)
            quando.wait(20)

    threads = [threading.Thread(target=segurar, args=par) for par in zip(codprods, soltar, strict=True)]
    for thread in threads:
        thread.start()
    while len(presas) < len(threads):
        time.sleep(0.01)
    timers = [threading.Timer(n + 1, evento.set) for n, evento in enumerate(soltar)]
    for timer in timers:
        timer.start()
    comeco = time.monotonic()
    ocupado(casa.enviar(pre_venda(*[item(f"{c * 10}-{c}", 1) for c in codprods])))
    assert time.monotonic() - comeco < 4.5
    for evento in soltar:
        evento.set()
    for thread in [*threads, *timers]:
        thread.join()
    casa.close()


def test_a_limit_shortens_while_a_row_is_held() -> None:
    agora = [100.0]
    espera = travas.EsperaPorLocks(3.0, 0.8, lambda: agora[0], comando_s=4.0)
    assert espera.limite(varias=False) == 3.0
    assert espera.limite(varias=True) == pytest.approx(0.8)
    agora[0] += 0.5
    espera.reter(agora[0])
    agora[0] += 0.3
    assert espera.limite(varias=False) == pytest.approx(0.5)
    agora[0] += 5
    assert espera.limite(varias=True) == travas.MINIMO_S
    espera.recomecar()
    assert espera.limite(varias=False) == travas.MINIMO_S  # the time of all repeats together is used up


def test_one_seller_does_not_queue_behind_an_order_of_his(casa_pg: Casa) -> None:
    """The counter's row is free while another order of the same seller waits for its stock."""
    casa_pg.token("hub")
    presa = threading.Thread(target=lambda: casa_pg.enviar(pre_venda(numero="PRESA")))
    with preso(casa_pg, DO_ESTOQUE):
        presa.start()
        query = sa.text(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with casa_pg.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as olho:
            while not olho.execute(query).scalar():
                time.sleep(0.01)
        comeco = time.monotonic()
        assert casa_pg.reservar(pre_venda(item("200-2", 1), numero="LIVRE")) == 8_000_002
        assert time.monotonic() - comeco < 2
    presa.join()


def test_a_number_that_only_the_gateway_knows_is_passed_over(casa: Casa) -> None:
    """A reservation whose order was purged in WinThor: its number is a key of ours."""
    numped = casa.reservar(pre_venda())
    for tabela in ("PCPEDC", "PCPEDI"):
        casa.executar(f"DELETE FROM {tabela} WHERE NUMPED = {numped}")  # noqa: S608 - of this test
    casa.executar("UPDATE PCUSUARI SET PROXNUMPED = :n WHERE CODUSUR = 8", n=numped)
    assert casa.reservar(pre_venda(numero="PV-2")) == numped + 1
    assert casa.linha("PCUSUARI", CODUSUR=8)["PROXNUMPED"] == numped + 2


def test_a_number_whose_lines_were_left_behind_is_passed_over(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar(f"DELETE FROM PCPEDC WHERE NUMPED = {numped}")  # noqa: S608 - of this test
    casa.executar(f"DELETE FROM GW_RESERVA WHERE NUMPED = {numped}")  # noqa: S608
    casa.executar("UPDATE PCUSUARI SET PROXNUMPED = :n WHERE CODUSUR = 8", n=numped)
    assert casa.reservar(pre_venda(numero="PV-2")) == numped + 1


def test_a_late_payment_passes_over_numbers_too(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1h"))
    casa.relogio.andar(minutes=61)
    assert expirar.expirar(casa.gw).expiradas == [numped]
    casa.executar("UPDATE PCUSUARI SET PROXNUMPED = :n WHERE CODUSUR = 8", n=numped)
    answer = casa.enviar(pre_venda(situacaoPreVenda=1, idRetaguarda=numped))
    assert (answer.status_code, answer.get_json()["idPedidoRetaguarda"]) == (201, numped + 1)


# --- the rehearsal answers the faults of the real thing


def simular(casa: Casa, corpo: dict[str, Any]) -> Any:
    return casa.pedir("POST", SIMULACAO, json=corpo)


@pytest.mark.parametrize("presas", [DO_ESTOQUE, DO_CONSUMO], ids=["estoque", "clientes"])
def test_a_rehearsal_that_meets_a_lock_is_busy(casa_pg: Casa, presas: str) -> None:
    casa = casa_pg.com(espera_lock=0.3)
    antes = casa_pg.fotografia()
    with preso(casa_pg, presas):
        ocupado(simular(casa, pre_venda(cliente=cliente_completo())))
    assert casa_pg.fotografia() == antes
    assert simular(casa, pre_venda(cliente=cliente_completo())).status_code == 200
    casa.close()


def test_a_rehearsal_draws_no_number_and_waits_for_none(casa_pg: Casa) -> None:
    with preso(casa_pg, DO_CONTADOR):
        assert simular(casa_pg, pre_venda()).status_code == 200
    casa_pg.executar("UPDATE PCUSUARI SET PROXNUMPED = 9000000 WHERE CODUSUR = 8")
    assert simular(casa_pg, pre_venda()).get_json(force=True)["codigo"] == "NUMERACAO_ESGOTADA"


def test_a_rehearsal_without_a_free_connection(casa_pg: Casa) -> None:
    casa = casa_pg.com(pool=1)
    casa.token("hub")
    with contextlib.ExitStack() as ocupadas:
        for _ in range(3):  # the pool and its overflow
            ocupadas.enter_context(casa.gw.db.engine.connect())
        answers = [simular(casa, pre_venda()), casa.enviar(pre_venda())]
    assert [(a.status_code, a.get_json(force=True)["codigo"]) for a in answers] == [(503, "SOBRECARGA")] * 2
    casa.close()


def test_a_rehearsal_while_the_database_is_away(casa_pg: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    casa_pg.token("hub")

    def fora(*_: Any, **__: Any) -> Any:
        raise sa.exc.OperationalError("connect", {}, ConnectionRefusedError("recusada"), connection_invalidated=True)

    monkeypatch.setattr(casa_pg.gw.db.engine, "connect", fora)
    answers = [simular(casa_pg, pre_venda()), casa_pg.enviar(pre_venda())]
    assert [(a.status_code, a.get_json(force=True)["codigo"]) for a in answers] == [(503, "BANCO_INDISPONIVEL")] * 2
