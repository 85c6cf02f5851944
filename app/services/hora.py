"""The one clock of all hosts: the host's own, set right by the database's.

What hosts share – when an operation may be recovered, whose turn it is, when a reservation ends – must be told by one
clock. The database's is asked now and then, off the way of requests, and in between the host's goes on; where it jumps,
the monotonic one says so.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

from app.winthor.consultas import exame
from app.winthor.db.faults import Falha
from app.winthor.db.transaction import Database

# Less is the time an answer takes; a host that is set by the network differs by milliseconds.
TOLERANCIA = dt.timedelta(seconds=1)
# More is no drift: another day altogether, a wrong zone. It is told (doctor) and not set right.
MAIOR_ACERTO = dt.timedelta(days=1)
ZERO = dt.timedelta()


class RelogioComum:
    """Gives the instant, aware, UTC. Safe for threads.

    ``monotonico``: a clock that never jumps, where ``clock`` may.
    """

    def __init__(
        self, db: Database, clock: Callable[[], dt.datetime], monotonico: Callable[[], float] | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._monotonico = monotonico
        self._tranca = threading.Lock()
        self._acerto = ZERO
        self._visto: tuple[dt.datetime, float] | None = None
        # By how much the database's clock is ahead of the host's, as it was last seen.
        self.diferenca = ZERO

    def __call__(self) -> dt.datetime:
        """Now."""
        agora = self._clock()
        if self._monotonico is None:
            return agora + self._acerto
        with self._tranca:
            instante = self._monotonico()
            if self._visto is not None:
                salto = agora - self._visto[0] - dt.timedelta(seconds=instante - self._visto[1])
                if abs(salto) > TOLERANCIA:
                    self._acerto -= salto
            self._visto = (agora, instante)
            return agora + self._acerto

    def do_host(self) -> dt.datetime:
        """Now by the host's own clock, as wrong as it may be."""
        return self._clock()

    def acertar(self) -> None:
        """Ask the database; where it does not answer, or has no clock of its own, nothing changes."""
        antes = self._clock()
        try:
            with self._db.read() as connection:
                do_banco = exame.agora_utc(connection)
        except Falha:
            return
        if do_banco is None:
            return
        depois = self._clock()
        diferenca = do_banco.replace(tzinfo=dt.UTC) - (antes + (depois - antes) / 2)
        with self._tranca:
            self.diferenca = diferenca
            self._visto = None
            acerta = max(TOLERANCIA, (depois - antes) / 2) < abs(diferenca) <= MAIOR_ACERTO
            self._acerto = diferenca if acerta else ZERO

    @property
    def desacertado(self) -> dt.timedelta:
        """What is set right: how much the host's clock is behind the database's; 0 when it is not."""
        return self._acerto
