"""Answers remembered: for how long, how many, and which one goes first (R-36)."""

from __future__ import annotations

import pytest

from app.cep.memoria import LimitesMemoria, MemoriaCep
from app.domain.endereco import Desconhecido, Encontrado, Malformado
from tests.support.cep_servers import SE, RelogioFalso

ACHADO = Encontrado(SE, "viacep")
HORA = 3600.0


@pytest.fixture
def relogio() -> RelogioFalso:
    return RelogioFalso()


def test_address_is_believed_for_a_day(relogio: RelogioFalso) -> None:
    memoria = MemoriaCep(LimitesMemoria(), relogio)
    memoria.guardar("01001000", ACHADO)
    relogio.avancar(24 * HORA - 1)
    assert memoria.buscar("01001000") == ACHADO
    relogio.avancar(1)
    assert memoria.buscar("01001000") is None


@pytest.mark.parametrize("resposta", [Desconhecido("viacep"), Malformado()])
def test_no_such_cep_is_believed_for_ten_minutes(relogio: RelogioFalso, resposta: Desconhecido | Malformado) -> None:
    memoria = MemoriaCep(LimitesMemoria(), relogio)
    memoria.guardar("99999999", resposta)
    relogio.avancar(599)
    assert memoria.buscar("99999999") == resposta
    relogio.avancar(1)
    assert memoria.buscar("99999999") is None


def test_the_one_longest_unused_goes_first(relogio: RelogioFalso) -> None:
    memoria = MemoriaCep(LimitesMemoria(tamanho=2), relogio)
    memoria.guardar("1", ACHADO)
    memoria.guardar("2", ACHADO)
    memoria.buscar("1")
    memoria.guardar("3", ACHADO)
    assert [cep for cep in "123" if memoria.buscar(cep)] == ["1", "3"]


def test_reading_does_not_prolong(relogio: RelogioFalso) -> None:
    memoria = MemoriaCep(LimitesMemoria(encontrado_s=10), relogio)
    memoria.guardar("1", ACHADO)
    relogio.avancar(9)
    memoria.buscar("1")
    relogio.avancar(1)
    assert memoria.buscar("1") is None


def test_what_is_no_longer_believed_makes_room_first(relogio: RelogioFalso) -> None:
    memoria = MemoriaCep(LimitesMemoria(tamanho=2), relogio)
    memoria.guardar("1", ACHADO)
    memoria.guardar("2", Malformado())
    relogio.avancar(600)
    memoria.guardar("3", ACHADO)
    assert [cep for cep in "123" if memoria.buscar(cep)] == ["1", "3"]


def test_an_answer_told_anew_is_believed_from_then_on(relogio: RelogioFalso) -> None:
    memoria = MemoriaCep(LimitesMemoria(encontrado_s=10, desconhecido_s=10), relogio)
    memoria.guardar("1", Malformado())
    relogio.avancar(9)
    memoria.guardar("1", ACHADO)
    relogio.avancar(9)
    assert memoria.buscar("1") == ACHADO
    relogio.avancar(1)
    assert memoria.buscar("1") is None


def test_the_answers_are_touched_under_the_lock_only() -> None:
    trancado: list[bool] = []

    def relogio() -> float:
        trancado.append(memoria._lock.locked())
        return 1000.0

    memoria = MemoriaCep(LimitesMemoria(), relogio)
    memoria.guardar("1", ACHADO)
    assert memoria.buscar("1") == ACHADO
    assert set(trancado) == {True}


def test_memory_can_be_switched_off(relogio: RelogioFalso) -> None:
    memoria = MemoriaCep(LimitesMemoria(tamanho=0), relogio)
    memoria.guardar("1", ACHADO)
    assert memoria.buscar("1") is None
