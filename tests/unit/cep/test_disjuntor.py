"""The breaker by a clock that stands still unless moved (R-32)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.cep.disjuntor import Disjuntor, LimitesDisjuntor
from tests.support.cep_servers import RelogioFalso


@pytest.fixture
def relogio() -> RelogioFalso:
    return RelogioFalso()


@pytest.fixture
def disjuntor(relogio: RelogioFalso) -> Disjuntor:
    return Disjuntor(LimitesDisjuntor(), relogio)


def chamar(disjuntor: Disjuntor, *desfechos: bool) -> None:
    for ok in desfechos:
        passe = disjuntor.pedir()
        assert passe is not None
        disjuntor.registrar(passe, ok=ok)


def test_four_failures_in_a_row_leave_it_closed(disjuntor: Disjuntor) -> None:
    chamar(disjuntor, False, False, False, False, True, False, False, False, False)
    assert disjuntor.estado()["disjuntor"] == "fechado"


def test_five_failures_in_a_row_open_it(disjuntor: Disjuntor) -> None:
    chamar(disjuntor, *[False] * 5)
    assert disjuntor.pedir() is None
    assert disjuntor.estado() == {"disjuntor": "aberto", "chamadas": 5, "falhas": 5, "recusadas": 1}


def test_half_of_the_last_twenty_opens_it(disjuntor: Disjuntor) -> None:
    chamar(disjuntor, *[True, False] * 9, True)
    assert disjuntor.estado()["disjuntor"] == "fechado"
    chamar(disjuntor, False)
    assert disjuntor.estado()["disjuntor"] == "aberto"


def test_less_than_half_of_the_last_twenty_leaves_it_closed(disjuntor: Disjuntor) -> None:
    chamar(disjuntor, *[True, True, False] * 20)
    assert disjuntor.estado()["disjuntor"] == "fechado"


def test_old_failures_leave_the_window(disjuntor: Disjuntor) -> None:
    chamar(disjuntor, *[False] * 4, *[True] * 20, *[True, False] * 9)
    assert disjuntor.estado()["disjuntor"] == "fechado"


def test_one_probe_after_thirty_seconds(disjuntor: Disjuntor, relogio: RelogioFalso) -> None:
    chamar(disjuntor, *[False] * 5)
    relogio.avancar(29.9)
    assert disjuntor.pedir() is None
    relogio.avancar(0.1)
    assert disjuntor.pedir() is not None
    assert disjuntor.estado()["disjuntor"] == "meio_aberto"
    assert disjuntor.pedir() is None


def test_probe_that_succeeds_closes_it_and_forgets_the_failures(disjuntor: Disjuntor, relogio: RelogioFalso) -> None:
    chamar(disjuntor, *[False] * 5)
    relogio.avancar(30)
    chamar(disjuntor, True, False, False, False, False)
    assert disjuntor.estado()["disjuntor"] == "fechado"


def test_window_starts_empty_after_the_service_came_back(disjuntor: Disjuntor, relogio: RelogioFalso) -> None:
    chamar(disjuntor, *[True, False] * 10)
    relogio.avancar(30)
    chamar(disjuntor, True, *[True, True, False] * 6)
    assert disjuntor.estado()["disjuntor"] == "fechado"


def test_probe_that_fails_opens_it_for_another_thirty_seconds(disjuntor: Disjuntor, relogio: RelogioFalso) -> None:
    chamar(disjuntor, *[False] * 5)
    relogio.avancar(30)
    chamar(disjuntor, False)
    relogio.avancar(29.9)
    assert disjuntor.pedir() is None
    relogio.avancar(0.1)
    assert disjuntor.pedir() is not None


def test_outage_of_ten_minutes_costs_five_calls_and_one_per_half_minute(
    disjuntor: Disjuntor, relogio: RelogioFalso
) -> None:
    for _ in range(600):
        passe = disjuntor.pedir()
        if passe is not None:
            disjuntor.registrar(passe, ok=False)
        relogio.avancar(1)
    assert disjuntor.estado()["chamadas"] == 5 + 19


def test_late_success_from_before_does_not_close_it(disjuntor: Disjuntor) -> None:
    antigo = disjuntor.pedir()
    assert antigo is not None
    chamar(disjuntor, *[False] * 5)
    disjuntor.registrar(antigo, ok=True)
    assert disjuntor.estado()["disjuntor"] == "aberto"


def test_late_failure_from_before_does_not_spoil_the_probe(disjuntor: Disjuntor, relogio: RelogioFalso) -> None:
    antigo = disjuntor.pedir()
    assert antigo is not None
    chamar(disjuntor, *[False] * 5)
    relogio.avancar(30)
    prova = disjuntor.pedir()
    assert prova is not None
    disjuntor.registrar(antigo, ok=False)
    assert disjuntor.estado()["disjuntor"] == "meio_aberto"
    disjuntor.registrar(prova, ok=True)
    assert disjuntor.estado() == {"disjuntor": "fechado", "chamadas": 7, "falhas": 6, "recusadas": 0}


def test_twenty_threads_get_one_probe(disjuntor: Disjuntor, relogio: RelogioFalso) -> None:
    chamar(disjuntor, *[False] * 5)
    relogio.avancar(30)
    with ThreadPoolExecutor(20) as pool:
        passes = list(pool.map(lambda _: disjuntor.pedir(), range(20)))
    assert len([passe for passe in passes if passe is not None]) == 1
