"""The stage on which WinThor's sessions meet the gateway, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.reliability.palco import Palco, abrir_palco


@pytest.fixture(scope="module")
def palco(postgresql_server: Any) -> Iterator[Palco]:
    with abrir_palco(postgresql_server) as palco:
        yield palco


@pytest.fixture
def conta_como_postgresql(request: pytest.FixtureRequest) -> None:
    """Counted among the tests of PostgreSQL, whose own engine the test does not ask for."""
    request.node.user_properties.append(("database", "postgresql"))
