"""Tests that share something costly keep to one worker: the runner drops groups silently when it cannot read them."""

from __future__ import annotations

import pytest

GRUPO = "de-um-so"


@pytest.mark.xdist_group(GRUPO)
def test_the_runner_sees_groups(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("one process, no groups")
    assert request.node.nodeid.endswith(f"@{GRUPO}")
