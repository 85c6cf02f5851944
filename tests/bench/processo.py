"""The gateway as a site runs it: `prevenda serve` in a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import sqlalchemy as sa

from tests.bench.banco import CHAVE, texto
from tests.bench.carga import Http
from tests.support import servers
from tests.support.servers import iniciar, porta_livre

ESPERA_S = 60.0  # a machine may have other work


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway. ``partida``: seconds from the start of the process to its first answer."""

    port: int
    partida: float
    processo: psutil.Process

    def memoria(self) -> int:
        """Resident bytes of the largest of its processes: a worker."""
        return max(int(processo.memory_info().rss) for processo in self._todos())

    def cpu(self) -> float:
        """Seconds of processor time that all its processes have had."""
        tempos = [processo.cpu_times() for processo in self._todos()]
        return sum(tempo.user + tempo.system for tempo in tempos)

    def _todos(self) -> list[psutil.Process]:
        return [self.processo, *self.processo.children(recursive=True)]


@contextlib.contextmanager
def gateway(url: sa.URL, *, arvore: Path = servers.ROOT, rotinas: bool = False, **ambiente: str) -> Iterator[Gateway]:
    """Start the gateway of a source tree on a database, stop it at the end. ``ambiente``: more settings, PREVENDA_…
    variables. Without ``rotinas`` it has no rounds: they would adopt, one by one, the orders that a floor has made."""
    port = porta_livre()
    settings = {"database_url": texto(url), "port": port, "jwt_chave": CHAVE} | ({} if rotinas else {"varredura": 0})
    env = servers.ambiente(settings, arvore, **ambiente)
    inicio = time.perf_counter()
    with iniciar(arvore, env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as processo:
        try:
            _esperar(port, processo, inicio)
            yield Gateway(port, time.perf_counter() - inicio, psutil.Process(processo.pid))
        finally:
            processo.terminate()
            try:
                processo.wait(ESPERA_S)
            except subprocess.TimeoutExpired:
                processo.kill()


def _esperar(port: int, processo: subprocess.Popen[bytes], inicio: float) -> None:
    while time.perf_counter() - inicio < ESPERA_S:
        if processo.poll() is not None:
            raise RuntimeError(f"o gateway terminou com {processo.returncode}")
        with contextlib.suppress(OSError):
            http = Http(port)
            http.pedir("GET", "/health/live")
            http.close()
            return
        time.sleep(0.01)
    raise RuntimeError("o gateway não respondeu")
