"""Too much of everything: no free connection, a full disk, a log that refuses (R-29, R-37; R13, R15)."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.services.operacao import recuperacao
from app.settings import Settings
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import SEM_EFEITO, Casa, Relogio
from tests.support.invariants import conferir_invariantes

ESPERA_DO_POOL_S = 2.0


# --- no free connection


def test_an_exhausted_pool_is_told_and_no_queue_grows(casa_pg: Casa) -> None:
    """Twelve at once on three connections that somebody keeps: all are answered within the wait for one."""
    casa = casa_pg.com(pool=1, cache_segundos=600)
    casa.reservar(pre_venda(numero="PV-0"))
    presas = [casa.gw.db.engine.connect() for _ in range(3)]

    def caixa(n: int) -> tuple[int, str, str | None, float]:
        inicio = time.monotonic()
        answer = casa.enviar(pre_venda(numero=f"PV-{n}"))
        codigo = answer.get_json(force=True)["codigo"]
        return answer.status_code, codigo, answer.headers.get("Retry-After"), time.monotonic() - inicio

    with ThreadPoolExecutor(12) as caixas:
        respostas = list(caixas.map(caixa, range(1, 13)))
    assert Counter(resposta[:3] for resposta in respostas) == {(503, "SOBRECARGA", "2"): 12}
    assert max(resposta[3] for resposta in respostas) < ESPERA_DO_POOL_S + 1
    assert casa.contar("PCLOGPEDIDOAPI") == 1

    for connection in presas:
        connection.close()
    inicio = time.monotonic()
    assert [casa.enviar(pre_venda(numero=f"PV-{n}")).status_code for n in range(1, 13)] == [201] * 12
    assert time.monotonic() - inicio < 5
    assert casa.gw.db.ocupacao()[0] == 0
    conferir_invariantes(casa)
    casa.close()


# --- a full disk


@pytest.fixture
def casa_sqlite(sqlite_engine: sa.Engine, now: dt.datetime) -> Iterator[Casa]:
    url = sqlite_engine.url.render_as_string(hide_password=False)
    casa = Casa(sqlite_engine, Settings(database_url=url, cache_segundos=600), Relogio(now))
    casa.token("hub")
    yield casa
    casa.close()


@contextlib.contextmanager
def disco_com(casa: Casa, paginas: int) -> Iterator[None]:
    """The database file may grow by so many pages."""
    with casa.engine.connect() as connection:
        usadas = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    engine = casa.gw.db.engine

    def limitar(driver: Any, _record: Any) -> None:
        driver.execute(f"PRAGMA max_page_count = {usadas + paginas}")

    event.listen(engine, "connect", limitar)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", limitar)
        engine.dispose()


def test_a_disk_that_fills_up_at_any_point(casa_sqlite: Casa) -> None:
    """A little more room each time, until the whole reservation fits: refused cleanly wherever it was full before."""
    casa = casa_sqlite
    corpo = pre_venda(*[item(f"{n}0-{n}", 2) for n in range(1001, 1061)], cliente=cliente_completo())
    paradas: list[str] = []

    def anotar(context: sa.engine.ExceptionContext) -> None:
        paradas.append(str(context.statement).partition(" (")[0].partition(" SET")[0])

    event.listen(casa.gw.db.engine, "handle_error", anotar)
    for paginas in range(0, 60, 2):
        antes = casa.fotografia(sem=SEM_EFEITO)
        with disco_com(casa, paginas):
            answer = casa.enviar(corpo)
        if answer.status_code == 201:
            break
        assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_INDISPONIVEL")
        assert answer.headers["Retry-After"] == "2"
        assert casa.fotografia(sem=SEM_EFEITO) == antes
        casa.relogio.andar(seconds=16)
        recuperacao.recuperar(casa.gw)
        conferir_invariantes(casa)
    assert answer.status_code == 201
    conferir_invariantes(casa)
    assert {"INSERT INTO PCLOGPEDIDOAPI", "INSERT INTO PCPEDI", "UPDATE PCLOGPEDIDOAPI"} <= set(paradas)


# --- a table that refuses

RECUSAM = [
    ("PCLOGPEDIDOAPI", "INSERT", "42501", 0),  # no right to write to the log: a read-only user
    ("PCLOGPEDIDOAPI", "INSERT", "P0001", 0),  # a rule of the site's own
    ("GW_OPERACAO", "INSERT", "53100", 0),
    ("PCPEDI", "INSERT", "53100", 1),  # disk full half way through the order
    ("PCEST", "UPDATE", "53100", 1),
    ("PCLOGPEDIDOAPI", "UPDATE", "53100", 1),  # not even the refusal can be recorded: it stays P
]


@pytest.mark.parametrize(("tabela", "comando", "sqlstate", "linhas"), RECUSAM)
def test_a_table_that_refuses(casa_pg: Casa, tabela: str, comando: str, sqlstate: str, linhas: int) -> None:
    """503, nothing done, and accepted as soon as the table takes rows again."""
    casa = casa_pg
    antes = casa.fotografia(sem=SEM_EFEITO)
    casa.executar(
        f"CREATE FUNCTION recusar() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN RAISE EXCEPTION 'recusado' USING ERRCODE = '{sqlstate}'; END$$"
    )
    casa.executar(f"CREATE TRIGGER t BEFORE {comando} ON {tabela} FOR EACH ROW EXECUTE FUNCTION recusar()")
    answer = casa.enviar(pre_venda())
    casa.executar(f"DROP TRIGGER t ON {tabela}")
    sem_direito = sqlstate == "42501"
    codigo = "BANCO_INCOMPLETO" if sem_direito else "BANCO_INDISPONIVEL"
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, codigo)
    assert answer.headers.get("Retry-After") == (None if sem_direito else "2")
    assert casa.fotografia(sem=SEM_EFEITO) == antes
    assert casa.contar("PCLOGPEDIDOAPI") == casa.contar("GW_OPERACAO") == linhas

    casa.relogio.andar(seconds=16)
    recuperacao.recuperar(casa.gw)
    conferir_invariantes(casa)
    assert casa.enviar(pre_venda()).status_code == 201
    conferir_invariantes(casa)
