"""A statement that is asked together with others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Leitura:
    """A statement, with what it is to be sent."""

    query: sa.Select[Any]
    binds: Mapping[str, Any]
