"""Where NUMPED comes from: the counter of the order's RCA, never MAX + 1 (R2)."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from app.winthor.esquema.tables import PCPEDC
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import Casa


def ocupar(casa: Casa, primeiro: int, ultimo: int) -> None:
    """Orders that somebody else has written."""
    alheio = {"DATA": dt.datetime(2026, 1, 5), "CODCLI": 1, "CODUSUR": 8, "CODFILIAL": "1"}  # noqa: DTZ001
    with casa.engine.begin() as connection:
        connection.execute(sa.insert(PCPEDC), [{"NUMPED": n, **alheio} for n in range(primeiro, ultimo + 1)])


def contador(casa: Casa, valor: int | None, codusur: int = 8) -> None:
    casa.executar("UPDATE PCUSUARI SET PROXNUMPED = :v WHERE CODUSUR = :c", v=valor, c=codusur)


def proximo(casa: Casa, codusur: int = 8) -> int:
    return int(casa.linha("PCUSUARI", CODUSUR=codusur)["PROXNUMPED"])


def pedir(casa: Casa, numero: str = "PV-1", **mais: Any) -> int:
    return casa.reservar(pre_venda(numero=numero, **mais))


def test_numbers_follow_the_counter_of_the_rca(casa: Casa) -> None:
    assert [pedir(casa, f"PV-{n}") for n in range(3)] == [8000001, 8000002, 8000003]

    assert proximo(casa) == 8000004
    assert (proximo(casa, 1), proximo(casa, 2)) == (1000001, 2000001)


def test_each_rca_has_its_own_counter(casa: Casa) -> None:
    pedir(casa, "PV-1", idOperadorRetaguarda=100)
    pedir(casa, "PV-2", idOperadorRetaguarda=200)

    assert [row["NUMPED"] for row in casa.tabela("PCPEDC")] == [1000001, 2000001]


def test_the_counter_is_believed_though_a_higher_number_is_taken(casa: Casa) -> None:
    ocupar(casa, 8000500, 8000500)

    assert pedir(casa) == 8000001


def test_a_number_taken_while_waiting_for_the_counter_is_passed_over(casa_pg: Casa) -> None:
    """PostgreSQL shows what was probed as it was before the wait: the key of PCPEDC tells, and all is repeated."""
    esperando = sa.text(
        "SELECT COUNT(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%PROXNUMPED%'"
    )
    casa_pg.token("hub")
    with casa_pg.engine.connect() as alheia, ThreadPoolExecutor(1) as pool:
        alheia.execute(sa.text("SELECT PROXNUMPED FROM PCUSUARI WHERE CODUSUR = 8 FOR UPDATE"))
        pedida = pool.submit(pedir, casa_pg)
        with casa_pg.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as olho:
            while not olho.execute(esperando).scalar():
                assert not pedida.done()
                time.sleep(0.01)
        ocupar(casa_pg, 8000001, 8000001)
        alheia.rollback()
        assert pedida.result(10) == 8000002

    assert [row["NUMPED"] for row in casa_pg.tabela("PCPEDC")] == [8000001, 8000002]


def test_numbers_that_are_taken_are_passed_over(casa: Casa) -> None:
    ocupar(casa, 8000001, 8000003)

    assert pedir(casa) == 8000004
    assert proximo(casa) == 8000005


def test_a_gap_between_taken_numbers_is_used(casa: Casa) -> None:
    ocupar(casa, 8000001, 8000002)
    ocupar(casa, 8000004, 8000004)

    assert pedir(casa) == 8000003
    assert pedir(casa, "PV-2") == 8000005


def test_a_window_of_fifty_taken_numbers_leads_to_the_next(casa: Casa) -> None:
    ocupar(casa, 8000001, 8000051)

    assert pedir(casa) == 8000052


def test_fifty_numbers_are_probed_in_one_query(casa: Casa) -> None:
    ocupar(casa, 8000001, 8000049)
    with casa.comandos() as sent:
        assert pedir(casa) == 8000050

    assert len([sql for sql in sent if "UNION" in sql and "BETWEEN" in sql]) == 1


@pytest.mark.parametrize("valor", [None, 0])
def test_an_empty_counter_starts_the_range_of_the_rca(casa: Casa, valor: int | None) -> None:
    contador(casa, valor)

    assert pedir(casa) == 8000001
    assert proximo(casa) == 8000002


def test_a_counter_without_the_rca_s_prefix_goes_on_as_it_is(casa: Casa) -> None:
    contador(casa, 6214)

    assert pedir(casa) == 6214
    assert proximo(casa) == 6215


def test_the_last_number_of_the_range_is_used(casa: Casa) -> None:
    contador(casa, 8999999)

    assert pedir(casa) == 8999999


@pytest.mark.parametrize("valor", [9000000, 999999999])
def test_past_the_range_the_numbers_are_used_up(casa: Casa, valor: int) -> None:
    contador(casa, valor)
    body = casa.recusado(pre_venda())

    assert (body["codigo"], body["status"], body["rotina"]) == ("NUMERACAO_ESGOTADA", 503, "517")
    assert proximo(casa) == valor


def test_a_range_taken_to_its_end_is_used_up(casa: Casa) -> None:
    contador(casa, 8999998)
    ocupar(casa, 8999998, 8999999)

    assert casa.recusado(pre_venda(), sorteia=True)["codigo"] == "NUMERACAO_ESGOTADA"


def test_used_up_numbers_ask_to_try_again_and_do_not_stick(casa: Casa) -> None:
    contador(casa, 9000000)
    answer = casa.enviar(pre_venda(cliente=cliente_completo()))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert casa.tabela("PCCLIENT", CODCLI=1000) == []

    contador(casa, 8000700)
    assert pedir(casa, cliente=cliente_completo()) == 8000700


def test_a_refusal_draws_no_number(casa: Casa) -> None:
    casa.recusado(pre_venda(item("300-3", 6)))

    assert proximo(casa) == 8000001
    assert pedir(casa) == 8000001


def test_the_counter_may_be_the_company_s(casa: Casa) -> None:
    casa.executar("UPDATE PCCONSUM SET PROXNUMPED = 700")
    ocupar(casa, 701, 701)
    with closing(casa.com(numeracao="PCCONSUM.PROXNUMPED")) as outra:
        assert [pedir(outra, f"PV-{n}") for n in range(3)] == [700, 702, 703]

    assert casa.linha("PCCONSUM")["PROXNUMPED"] == 704
    assert proximo(casa) == 8000001


def test_an_empty_counter_of_the_company_starts_at_one(casa: Casa) -> None:
    casa.executar("UPDATE PCCONSUM SET PROXNUMPED = NULL")
    with closing(casa.com(numeracao="PCCONSUM.PROXNUMPED")) as outra:
        assert pedir(outra) == 1


def test_the_company_s_counter_ends_at_eight_digits(casa: Casa) -> None:
    casa.executar("UPDATE PCCONSUM SET PROXNUMPED = 99999998")
    with closing(casa.com(numeracao="PCCONSUM.PROXNUMPED")) as outra:
        assert pedir(outra) == 99999998
        assert outra.recusado(pre_venda(numero="PV-2"))["codigo"] == "NUMERACAO_ESGOTADA"

    assert casa.linha("PCCONSUM")["PROXNUMPED"] == 99999999
