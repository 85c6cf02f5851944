"""A login to a server that says nothing ends in an error, and what comes of it too late is closed (R15)."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from app.winthor.db import engine as engines
from app.winthor.db.call_timeout import PRESOS, connect_within
from app.winthor.db.engine import create_engine
from app.winthor.db.faults import Indisponivel
from app.winthor.db.transaction import Database


class Aberta:
    def __init__(self) -> None:
        self.fechada = threading.Event()

    def close(self) -> None:
        self.fechada.set()


def test_what_is_opened_in_time_is_given() -> None:
    aberta = Aberta()
    assert connect_within(lambda *_, **__: aberta, 5)("a", b=1) is aberta
    assert not aberta.fechada.is_set()


def test_the_driver_s_error_comes_out() -> None:
    def recusar() -> None:
        raise ValueError("ORA-01017")

    with pytest.raises(ValueError, match="ORA-01017"):
        connect_within(recusar, 5)()


def test_what_is_opened_too_late_is_closed() -> None:
    aberta, solta = Aberta(), threading.Event()

    def demorar() -> Aberta:
        solta.wait(10)
        return aberta

    with pytest.raises(TimeoutError):
        connect_within(demorar, 0.05)()
    solta.set()
    assert aberta.fechada.wait(5)


def test_a_silent_server_keeps_only_so_many_threads() -> None:
    solta, tentadas = threading.Event(), []

    def calar() -> Aberta:
        tentadas.append(1)
        solta.wait(10)
        return Aberta()

    entrar = connect_within(calar, 0.02)
    for _ in range(PRESOS + 4):
        with pytest.raises(TimeoutError):
            entrar()
    assert len(tentadas) == PRESOS
    solta.set()
    fim = time.monotonic() + 5
    while time.monotonic() < fim:
        with contextlib.suppress(TimeoutError):
            assert isinstance(entrar(), Aberta)
            return
    raise AssertionError("os lugares não voltaram")


@pytest.fixture
def calado() -> Iterator[socket.socket]:
    """A server that takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as ouvinte:
        yield ouvinte


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_oracle_that_says_nothing_is_not_waited_for(calado: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENTRADA_S", 0.3)
    antes = set(threading.enumerate())
    engine = create_engine(f"oracle+oracledb://u:p@127.0.0.1:{calado.getsockname()[1]}/?service_name=X")
    inicio = time.monotonic()
    with pytest.raises(Indisponivel), Database(engine).read():
        pass
    assert time.monotonic() - inicio < 5
    engine.dispose()
    # The driver leaves its socket to the garbage collector: not that of another test.
    calado.close()
    for deixada in set(threading.enumerate()) - antes:
        deixada.join(10)
        assert not deixada.is_alive()
    gc.collect()
