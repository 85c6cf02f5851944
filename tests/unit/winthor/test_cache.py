"""Master data remembered: how old it may be, what is loaded again, and which value goes first."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.winthor import cache
from app.winthor.cache import Cache
from tests.support.cep_servers import RelogioFalso


class Fonte:
    """What is loaded; remembers what was asked for."""

    def __init__(self, **valores: int) -> None:
        self.valores = valores
        self.pedidos: list[list[str]] = []

    def __call__(self, faltam: list[str]) -> dict[str, int]:
        self.pedidos.append(faltam)
        return {chave: self.valores[chave] for chave in faltam if chave in self.valores}


@pytest.fixture
def relogio() -> RelogioFalso:
    return RelogioFalso()


def test_only_what_is_not_kept_is_loaded_each_key_once(relogio: RelogioFalso) -> None:
    guardado, fonte = Cache[str, int](10, relogio), Fonte(a=1, b=2, c=3)
    assert guardado.get_many(["b", "a", "b"], fonte) == {"a": 1, "b": 2}
    assert guardado.get_many(["a", "c"], fonte) == {"a": 1, "c": 3}
    assert guardado.get_many(["a", "b", "c"], fonte) == {"a": 1, "b": 2, "c": 3}
    assert fonte.pedidos == [["b", "a"], ["c"]]


def test_a_value_is_believed_for_its_time_and_reading_does_not_prolong_it(relogio: RelogioFalso) -> None:
    guardado, fonte = Cache[str, int](10, relogio), Fonte(a=1)
    guardado.get_many(["a"], fonte)
    relogio.avancar(9)
    assert guardado.get_many(["a"], Fonte(a=2)) == {"a": 1}
    relogio.avancar(1)
    assert guardado.get_many(["a"], Fonte(a=2)) == {"a": 2}


def test_the_age_counts_from_before_it_was_read(relogio: RelogioFalso) -> None:
    """A statement that took four seconds may tell what was there at its beginning."""
    guardado = Cache[str, int](10, relogio)

    def devagar(faltam: list[str]) -> dict[str, int]:
        relogio.avancar(4)
        return dict.fromkeys(faltam, 1)

    guardado.get_many(["a"], devagar)
    relogio.avancar(6)
    assert guardado.get_many(["a"], Fonte(a=2)) == {"a": 2}


def test_absence_is_remembered(relogio: RelogioFalso) -> None:
    guardado, fonte = Cache[str, int](10, relogio), Fonte()
    assert guardado.get_many(["a"], fonte) == {}
    assert guardado.get_many(["a"], fonte) == {}
    assert fonte.pedidos == [["a"]]


def test_what_is_not_usable_and_what_is_absent_are_loaded_again(relogio: RelogioFalso) -> None:
    guardado = Cache[str, int](10, relogio)
    guardado.get_many(["a", "b", "c"], Fonte(a=1, b=2))
    fonte = Fonte(b=20, c=30)
    assert guardado.get_many(["a", "b", "c"], fonte, usable=lambda _, valor: valor < 2) == {"a": 1, "b": 20, "c": 30}
    assert fonte.pedidos == [["b", "c"]]


def test_no_time_keeps_nothing(relogio: RelogioFalso) -> None:
    guardado, fonte = Cache[str, int](0, relogio), Fonte(a=1)
    assert [guardado.get_many(["a"], fonte) for _ in range(2)] == [{"a": 1}] * 2
    assert fonte.pedidos == [["a"], ["a"]]


def test_the_one_longest_unused_goes_first(relogio: RelogioFalso, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAIOR_CACHE", 2)
    guardado, fonte = Cache[str, int](10, relogio), Fonte(a=1, b=2, c=3)
    for chave in "abac":
        guardado.get_many([chave], fonte)
    fonte.pedidos.clear()
    assert guardado.get_many(["a", "b", "c"], fonte) == {"a": 1, "b": 2, "c": 3}
    assert fonte.pedidos == [["b"]]


def test_more_at_once_than_are_kept(relogio: RelogioFalso, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAIOR_CACHE", 2)
    assert Cache[str, int](10, relogio).get_many("abc", Fonte(a=1, b=2, c=3)) == {"a": 1, "b": 2, "c": 3}


class Observada:
    """A lock that is a lock only if ``ligada``; says whether it is held."""

    def __init__(self, ligada: bool) -> None:
        self._lock, self._ligada = threading.Lock(), ligada

    def __enter__(self) -> None:
        if self._ligada:
            self._lock.acquire()

    def __exit__(self, *_: Any) -> None:
        if self._ligada:
            self._lock.release()

    def locked(self) -> bool:
        return self._lock.locked()


@pytest.mark.parametrize("ligada", [True, False], ids=["", "control"])
def test_the_entries_are_touched_under_the_lock_only_and_loaded_without_it(
    ligada: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library asks for the time whenever it reads or writes an entry; it is not safe for threads itself."""
    trancado: list[bool] = []

    def relogio() -> float:
        trancado.append(tranca.locked())
        return 1000.0

    guardado = Cache[str, int](10, relogio)
    tranca = Observada(ligada)
    monkeypatch.setattr(guardado, "_lock", tranca)

    def carregar(faltam: list[str]) -> dict[str, int]:
        assert not tranca.locked()
        return dict.fromkeys(faltam, 1)

    for _ in range(2):
        guardado.get_many(["a"], carregar)
    antes_de_ler = trancado.index(False)
    assert antes_de_ler == 0
    assert trancado.count(False) == (2 if ligada else len(trancado))
    assert len(trancado) >= 4


def test_threads_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads on a cache too small for their keys: every answer is the key's own."""
    monkeypatch.setattr(cache, "MAIOR_CACHE", 5)
    guardado = Cache[int, int](10)
    erros: list[object] = []

    def usar(semente: int) -> None:
        try:
            for n in range(300):
                chaves = [(semente * n + i) % 12 for i in range(4)]
                lidos = guardado.get_many(chaves, lambda faltam: {chave: chave * 10 for chave in faltam})
                if lidos != {chave: chave * 10 for chave in chaves}:
                    erros.append(lidos)
        except Exception as error:
            erros.append(error)

    threads = [threading.Thread(target=usar, args=(semente,)) for semente in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert erros == []
