"""Rows that somebody holds for long: few wait, the others only try; a row that moves is none of these."""

from __future__ import annotations

from app.winthor.db.presas import DEMORA_S, PRESA_S, SEM_PAUSA, SEM_PROGRESSO_S, SONDA_S, Presas

LINHA = [("PCEST", "1", 1)]
OUTRA = [("PCEST", "1", 2)]


class Passo:
    def __init__(self) -> None:
        self.agora = 100.0

    def __call__(self) -> float:
        return self.agora


def novas(longas: int = 2) -> tuple[Presas, Passo]:
    passo = Passo()
    return Presas(longas, passo), passo


def test_a_few_wait_long_and_the_next_ones_shorter() -> None:
    presas, _ = novas()
    assert [presas.comecar(LINHA, set()).teto for _ in range(4)] == [None, None, DEMORA_S, DEMORA_S]
    assert presas.comecar(OUTRA, set()).teto is None


def test_a_row_that_nobody_got_for_half_a_second_is_only_tried() -> None:
    presas, passo = novas()
    presas.comecar(LINHA, set())
    passo.agora += SEM_PROGRESSO_S
    assert presas.comecar(LINHA, set()).teto == SONDA_S
    assert presas.comecar([*OUTRA, *LINHA], set()).teto == SONDA_S
    assert presas.comecar(OUTRA, set()).teto is None


def test_a_row_that_is_got_all_the_time_is_not_held_whoever_waits() -> None:
    presas, passo = novas(longas=9)
    vez = presas.comecar(LINHA, set())
    presas.comecar(LINHA, set())
    for _ in range(10):
        passo.agora += 0.4
        presas.obteve(vez)
        vez = presas.comecar(LINHA, set())
        assert vez.teto is None


def test_whoever_tried_in_vain_is_not_to_try_again_but_one_that_waits_long_is() -> None:
    presas, passo = novas(longas=1)
    longa, curta = presas.comecar(LINHA, set()), presas.comecar(LINHA, set())
    passo.agora += DEMORA_S
    assert presas.desistiu(curta, esgotou=True) is True
    assert presas.desistiu(longa, esgotou=True) is False


def test_an_operation_that_waits_long_goes_on_so_when_it_is_repeated() -> None:
    presas, passo = novas(longas=1)
    minhas: set[object] = set()
    vez = presas.comecar(LINHA, minhas)
    passo.agora += 0.8
    presas.desistiu(vez, esgotou=True)
    assert presas.comecar(LINHA, set()).teto == SONDA_S
    assert presas.comecar(LINHA, minhas).teto is None


def test_a_row_that_was_got_meanwhile_may_be_tried_again() -> None:
    presas, passo = novas(longas=1)
    uma, outra = presas.comecar(LINHA, set()), presas.comecar(LINHA, set())
    passo.agora += 0.9
    presas.obteve(uma)
    passo.agora += 0.1
    assert presas.desistiu(outra, esgotou=True) is False


def test_a_deadlock_says_nothing_of_a_row() -> None:
    presas, passo = novas(longas=0)
    vez = presas.comecar(LINHA, set())
    passo.agora += DEMORA_S
    assert presas.desistiu(vez, esgotou=False) is False
    assert presas.comecar(LINHA, set()).teto == DEMORA_S


def test_a_held_row_is_free_once_somebody_gets_it_or_nobody_asked_for_two_seconds() -> None:
    presas, passo = novas(longas=0)
    for _ in range(2):
        vez = presas.comecar(LINHA, set())
        passo.agora += DEMORA_S
        presas.desistiu(vez, esgotou=True)
        sonda = presas.comecar(LINHA, set())
        assert sonda.teto == SONDA_S
        presas.obteve(sonda)
        assert presas.comecar(LINHA, set()).teto == DEMORA_S
    vez = presas.comecar(OUTRA, set())
    passo.agora += DEMORA_S
    presas.desistiu(vez, esgotou=True)
    passo.agora += PRESA_S
    assert presas.comecar(OUTRA, set()).teto == DEMORA_S


def test_nothing_is_remembered_of_rows_that_nobody_waits_for() -> None:
    presas, _ = novas()
    for produto in range(100):
        presas.obteve(presas.comecar([("PCEST", "1", produto)], set()))
    assert presas._filas == {}


def test_the_more_tries_are_in_vain_the_seldomer_there_is_one() -> None:
    presas, passo = novas(longas=0)
    vez = presas.comecar(LINHA, set())
    passo.agora += DEMORA_S
    presas.desistiu(vez, esgotou=True)
    for _ in range(SEM_PAUSA):
        presas.desistiu(presas.comecar(LINHA, set()), esgotou=True)
        assert not presas.fora_de_vez(LINHA)
    for pausa in (0.1, 0.2, 0.3):
        sonda = presas.comecar(LINHA, set())
        presas.desistiu(sonda, esgotou=True)
        assert presas.fora_de_vez(LINHA)
        assert not presas.fora_de_vez(OUTRA)
        passo.agora += pausa + 0.01
        assert not presas.fora_de_vez(LINHA)
    em_curso = presas.comecar(LINHA, set())
    assert presas.fora_de_vez(LINHA)
    presas.obteve(em_curso)
    assert not presas.fora_de_vez(LINHA)
