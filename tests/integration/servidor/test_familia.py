"""Children that die while the others are still starting, and children whose parent dies before they serve."""

from __future__ import annotations

import multiprocessing
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from app.servidor.familia import PRONTO, Familia, Filho
from app.settings import Settings
from tests.conftest import CHAVE_DOS_TESTES


class Processo:
    """A child's process as its parent sees it."""

    pid = None

    def __init__(self, exitcode: int | None) -> None:
        self.exitcode = exitcode
        self.sentinel, self._fim = multiprocessing.Pipe()

    def kill(self) -> None:
        self.exitcode = -9

    def join(self, _segundos: float) -> None:
        self.exitcode = 0 if self.exitcode is None else self.exitcode


class Nascido(Filho):
    """A child that is as told."""

    def __init__(self, *, serve: bool, codigo: int | None = None) -> None:
        self.cano, self.do_filho = multiprocessing.Pipe()
        self.processo: Any = Processo(codigo)
        self.pronto = False
        if serve:
            self.do_filho.send(PRONTO)


class Pai(Familia):
    """A parent of these, whose later children serve at once; told to stop when all serve."""

    def __init__(self, *filhos: Filho) -> None:
        self._primeiros = iter(filhos)
        self.anuncios = 0
        with socket.socket() as escuta:
            super().__init__(Settings(), escuta, len(filhos))

    def _nascer(self) -> Filho:
        return next(self._primeiros, None) or Nascido(serve=True)

    def servir(self) -> bool:
        return self.correr(self._anunciar)

    def _anunciar(self) -> None:
        self.anuncios += 1
        self.parar(0.0)

    @property
    def fins(self) -> list[int | None]:
        return [filho.processo.exitcode for filho in self._filhos]


def test_one_that_served_and_died_while_the_other_starts_is_replaced() -> None:
    pai = Pai(Nascido(serve=True, codigo=-9), Nascido(serve=True))
    assert pai.servir()
    assert (pai.anuncios, pai.fins) == (1, [0, 0])


def test_one_that_cannot_start_is_replaced_once_another_has_served() -> None:
    """Killed and replaced before all were ready, and the database away meanwhile: the gateway is not to give up."""
    pai = Pai(Nascido(serve=True), Nascido(serve=False, codigo=1))
    assert pai.servir()
    assert (pai.anuncios, pai.fins) == (1, [0, 0])


def test_one_that_cannot_start_ends_the_gateway_when_none_ever_served() -> None:
    pai = Pai(Nascido(serve=False, codigo=1), Nascido(serve=False))
    assert not pai.servir()
    assert (pai.anuncios, pai.fins) == (0, [-9, -9])


def test_the_parent_does_not_spin_while_the_dead_wait_for_a_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead child's sentinel is always ready: waiting for it would be no wait."""
    morto, vivo = Nascido(serve=True, codigo=-9), Nascido(serve=True)
    esperados: list[Any] = []
    monkeypatch.setattr("app.servidor.familia.connection", SimpleNamespace(wait=lambda s, _: esperados.append(s)))
    Pai(morto, vivo).servir()
    assert esperados[0] == [vivo.processo.sentinel]


def test_a_child_that_is_still_starting_does_not_outlive_its_parent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mudo, socket.create_server(("127.0.0.1", 0)) as escuta:
        url = f"postgresql+psycopg://x@127.0.0.1:{mudo.getsockname()[1]}/x"
        nascido = Filho(Settings(database_url=url, jwt_chave=CHAVE_DOS_TESTES), escuta)
        with mudo.accept()[0]:  # it waits for a database that never answers
            nascido.cano.close()
            nascido.processo.join(2)
            assert nascido.processo.exitcode == 1
