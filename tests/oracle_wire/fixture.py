"""Fixtures: an Oracle address on top of PostgreSQL.

A conftest imports ``oracle_server`` and ``oracle`` and gives ``wire_postgres_url``, an empty database. A test takes
``oracle``: the server without tables, faults and journal, checked afterwards for breakdowns of the server itself.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.oracle_wire.server import OracleWireServer


@contextlib.contextmanager
def oracle_on(postgres_url: str, **options: Any) -> Iterator[OracleWireServer]:
    """A server on top of a PostgreSQL URL; breakdowns of the server fail the caller."""
    with OracleWireServer(postgres_url, **options) as server:
        yield server
    assert not server.breakdowns, "\n".join(server.breakdowns)


@pytest.fixture(scope="session")
def oracle_server(wire_postgres_url: str) -> Iterator[OracleWireServer]:
    with oracle_on(wire_postgres_url, schema="wire") as server:
        yield server


@pytest.fixture
def oracle(oracle_server: OracleWireServer) -> Iterator[OracleWireServer]:
    oracle_server.reset()
    oracle_server.drop_everything()
    yield oracle_server
    oracle_server.reset()
    breakdowns, oracle_server.breakdowns = oracle_server.breakdowns, []
    assert not breakdowns, "\n".join(breakdowns)


def wait_until(condition: Callable[[], bool], timeout: float = 5) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "the condition did not become true in time"
        time.sleep(0.01)


class Worker(threading.Thread):
    """Runs an action beside the test; ``result`` waits for it and raises what it raised."""

    def __init__(self, action: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._action = action
        self._value: Any = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._value = self._action()
        except BaseException as error:
            self._error = error

    def result(self, timeout: float = 10) -> Any:
        self.join(timeout)
        assert not self.is_alive(), "the action did not end in time"
        if self._error is not None:
            raise self._error
        return self._value
