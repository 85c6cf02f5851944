"""Requests that wait for an event, kept aside without a thread and without a database connection (R27).

A waiting request is its connection and what it waits for. One thread of the process, and one short query, looks for all
of them every half second while there are any; whose event has come, or whose time is over, is served again from the
beginning, by the door of the events.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.api.espera import Interesse
from app.services.eventos.feed import Visto

log = logging.getLogger("prevenda.servidor")

# So many may wait in a process at once: half of its connections.
ESPERAS_MAXIMAS = 1000
OLHA_A_CADA_S = 0.5


class EmEspera(BaseException):
    """Raised out of a request that is kept aside: it is neither answered nor done. No ``except Exception`` takes it."""

    def __init__(self, interesse: Interesse, ate: float) -> None:
        super().__init__("em espera")
        self.interesse = interesse
        self.ate = ate


@dataclass(slots=True)
class _Espera:
    """``depois``: the place up to which nothing has come for it; ``ate``: the monotonic instant of its end."""

    canal: Any
    interesse: Interesse
    depois: int
    ate: float


class EsperasDoFeed:
    """Those who wait in one process. Safe for threads. ``voltar`` has a connection's request served again."""

    def __init__(self, voltar: Callable[[Any], None], maximo: int = ESPERAS_MAXIMAS) -> None:
        self._voltar = voltar
        self._maximo = maximo
        self._esperas: list[_Espera] = []
        self._tranca = threading.Lock()

    def cabe(self) -> bool:
        """Whether one more may wait."""
        return len(self._esperas) < self._maximo

    def quantas(self) -> int:
        """How many wait."""
        return len(self._esperas)

    def estacionar(self, canal: Any, em_espera: EmEspera) -> None:
        """Keep a request aside."""
        espera = _Espera(canal, em_espera.interesse, em_espera.interesse.depois, em_espera.ate)
        with self._tranca:
            self._esperas.append(espera)

    def acordar_vencidas(self, *, todas: bool = False) -> None:
        """Serve again those whose time is over, or all."""
        agora = time.monotonic()
        self._acordar(lambda espera: todas or espera.ate <= agora)

    def _acordar(self, chegou: Callable[[_Espera], bool]) -> None:
        with self._tranca:
            prontas = [espera for espera in self._esperas if chegou(espera)]
            if not prontas:
                return
            saem = {id(espera) for espera in prontas}
            self._esperas = [espera for espera in self._esperas if id(espera) not in saem]
        for espera in prontas:
            self._voltar(espera.canal)

    def olhar(self, vistos_depois: Callable[[int], Sequence[Visto]]) -> None:
        """Ask once for all that wait, and serve again those for whom something has come."""
        with self._tranca:
            if not self._esperas:
                return
            desde = min(espera.depois for espera in self._esperas)
        vistos = vistos_depois(desde)
        if not vistos:
            return
        fim = vistos[-1].seq

        def chegou(espera: _Espera) -> bool:
            veio = any(visto.seq > espera.depois and espera.interesse.filtro.quer(visto) for visto in vistos)
            espera.depois = max(espera.depois, fim)
            return veio

        self._acordar(chegou)

    def vigiar(self, vistos_depois: Callable[[int], Sequence[Visto]], encerrando: threading.Event) -> None:
        """The life of the thread that looks."""
        while not encerrando.wait(OLHA_A_CADA_S):
            try:
                self.olhar(vistos_depois)
            except Exception as error:
                # Those who wait are answered when their time is over, by what the database says then.
                log.warning("os eventos não puderam ser olhados (%s)", getattr(error, "codigo", type(error).__name__))
