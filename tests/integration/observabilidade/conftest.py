"""The door's gateway, with every kind of caller."""

from tests.integration.porta.conftest import porta

__all__ = ["porta"]
