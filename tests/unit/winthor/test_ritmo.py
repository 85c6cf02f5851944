"""A bound on statements per second."""

from __future__ import annotations

import sqlalchemy as sa

from app.winthor.db.ritmo import ritmo
from app.winthor.db.transaction import Database


class Tempo:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.agora = 100.0
        self.dormidas: list[float] = []

    def __call__(self) -> float:
        return self.agora

    def dormir(self, segundos: float) -> None:
        self.dormidas.append(round(segundos, 6))
        self.agora += segundos


def test_statements_leave_no_faster_than_told() -> None:
    tempo, engine = Tempo(), sa.create_engine("sqlite://")
    with ritmo(Database(engine), 10, agora=tempo, sleep=tempo.dormir), engine.connect() as connection:
        for _ in range(5):
            connection.execute(sa.text("SELECT 1"))
        assert tempo.dormidas == [0.1] * 4
        tempo.agora += 1  # what was slow by itself need not wait, and gives no credit for later
        for _ in range(3):
            connection.execute(sa.text("SELECT 1"))
    assert tempo.dormidas == [0.1] * 6
    assert round(tempo.agora - 100, 6) == 1.6


def test_outside_nothing_waits() -> None:
    tempo, engine = Tempo(), sa.create_engine("sqlite://")
    with ritmo(Database(engine), 1, agora=tempo, sleep=tempo.dormir):
        pass
    with engine.connect() as connection:
        for _ in range(5):
            connection.execute(sa.text("SELECT 1"))
    assert tempo.dormidas == []
