"""A deadline cuts the connections of its call, from any thread (R-31)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from app.saida.prazo import Prazo
from tests.support.cep_servers import RelogioFalso


@pytest.fixture
def par() -> Iterator[tuple[socket.socket, socket.socket]]:
    um, outro = socket.socketpair()
    um.settimeout(2)
    with um, outro:
        yield um, outro


def test_seconds_left_never_fall_below_zero() -> None:
    relogio = RelogioFalso()
    prazo = Prazo(1.5, relogio)
    relogio.avancar(1)
    assert prazo.restante() == 0.5
    relogio.avancar(1)
    assert prazo.restante() == 0.0


def test_end_wakes_a_thread_that_reads(par: tuple[socket.socket, socket.socket]) -> None:
    um, _ = par
    prazo = Prazo(1.5, RelogioFalso())
    prazo.vigiar(um)
    lido: list[bytes] = []
    leitor = threading.Thread(target=lambda: lido.append(um.recv(1)))
    leitor.start()
    prazo.encerrar()
    leitor.join(1)
    assert lido == [b""]


def test_connection_made_after_the_end_is_cut_as_well(par: tuple[socket.socket, socket.socket]) -> None:
    um, _ = par
    prazo = Prazo(1.5, RelogioFalso())
    prazo.encerrar()
    prazo.vigiar(um)
    assert um.recv(1) == b""


def test_letting_go_leaves_the_connection_alone(par: tuple[socket.socket, socket.socket]) -> None:
    um, outro = par
    prazo = Prazo(1.5, RelogioFalso())
    prazo.vigiar(um)
    prazo.fechar()
    prazo.encerrar()
    outro.send(b"x")
    assert um.recv(1) == b"x"
