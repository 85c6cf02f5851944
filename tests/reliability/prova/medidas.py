"""Measurements of a run: what the gateways hold on to while it lasts, and what the calls of its record took."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reliability.prova.cliente import OK, RECUSADO
from tests.reliability.prova.servidor import Medida, Servidor

# The first part of a run fills pools, caches and allocator arenas; growth is counted from there.
AQUECIMENTO = 0.2
# In percent, after warming up.
CRESCIMENTO_MAXIMO = 5.0
FOLGA = 8
MEMORIA = "memory, MiB"


@dataclass(frozen=True, slots=True)
class Amostra:
    """One look at a gateway and at the database's sessions."""

    quando: float
    medida: Medida
    sessoes: int


class Amostrador(threading.Thread):
    """Looks at one gateway every ``cada_s`` seconds; a look that fails (database down) is left out."""

    def __init__(self, servidor: Servidor, contar_sessoes: Callable[[], int], cada_s: float) -> None:
        super().__init__(name="amostrador", daemon=True)
        self.amostras: list[Amostra] = []
        self._servidor = servidor
        self._contar_sessoes = contar_sessoes
        self._cada_s = cada_s
        self._parar = threading.Event()

    def __enter__(self) -> Amostrador:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._parar.set()
        self.join()

    def run(self) -> None:
        while not self._parar.wait(self._cada_s):
            medida = self._servidor.medir()
            try:
                sessoes = self._contar_sessoes()
            except Exception:  # noqa: S112 - whatever the driver of a stopped database says
                continue
            if medida is not None:
                self.amostras.append(Amostra(time.time(), medida, sessoes))


@dataclass(frozen=True, slots=True)
class Vazamento:
    """A quantity after warming up and at the end: medians of the first and last quarter of what came after.

    ``folga``: so much more is no leak: connections come and go with the callers.
    """

    nome: str
    antes: float
    depois: float
    maximo: float
    folga: float

    @property
    def crescimento(self) -> float:
        """In percent."""
        return (self.depois / self.antes - 1) * 100 if self.antes else 0.0

    @property
    def vaza(self) -> bool:
        return self.crescimento > CRESCIMENTO_MAXIMO and self.depois - self.antes > self.folga


def vazamentos(amostras: Sequence[Amostra]) -> list[Vazamento]:
    """Memory, file handles, threads and database sessions; empty when there are too few samples to say."""
    quentes = amostras[int(len(amostras) * AQUECIMENTO) :]
    if len(quentes) < 8:
        return []
    quarto = len(quentes) // 4
    series: dict[str, list[float]] = {
        MEMORIA: [a.medida.memoria for a in quentes],
        "file handles": [a.medida.arquivos for a in quentes],
        "threads": [a.medida.threads for a in quentes],
        "database sessions, all gateways": [a.sessoes for a in quentes],
    }
    return [
        Vazamento(
            nome,
            statistics.median(valores[:quarto]),
            statistics.median(valores[-quarto:]),
            max(valores),
            folga=0 if nome == MEMORIA else FOLGA,
        )
        for nome, valores in series.items()
    ]


def chamadas(pasta: Path) -> Iterator[dict[str, Any]]:
    """Every line of the records in a folder."""
    for path in sorted(pasta.glob("chamadas-*.jsonl")):
        with path.open() as file:
            yield from map(json.loads, file)


@dataclass(frozen=True)
class Ritmo:
    """Calls by second and outcome, and milliseconds of the accepted ones by kind."""

    por_segundo: dict[int, Counter[str]]
    ms: dict[str, list[float]]

    @classmethod
    def ler(cls, pasta: Path) -> Ritmo:
        por_segundo: dict[int, Counter[str]] = defaultdict(Counter)
        ms: dict[str, list[float]] = defaultdict(list)
        for linha in chamadas(pasta):
            por_segundo[int(linha["quando"] + linha["ms"] / 1000)][linha["desfecho"]] += 1
            if linha["desfecho"] == OK and not linha["repetida"]:
                ms[linha["tipo"]].append(linha["ms"])
        return cls(dict(por_segundo), dict(ms))

    @property
    def julgadas(self) -> int:
        """Calls that were accepted or refused."""
        return sum(conta[OK] + conta[RECUSADO] for conta in self.por_segundo.values())

    @property
    def segundos(self) -> float:
        return max(self.por_segundo) - min(self.por_segundo) + 1 if self.por_segundo else 0.0

    def percentil(self, tipo: str, parte: float) -> float:
        valores = sorted(self.ms[tipo])
        return valores[min(len(valores) - 1, int(len(valores) * parte))]


def voltas(pasta: Path, quedas: Sequence[float]) -> list[float]:
    """Seconds from each moment the database went down to the end of the first call sent after it and accepted."""
    aceitas = sorted((linha["quando"], linha["ms"] / 1000) for linha in chamadas(pasta) if linha["desfecho"] == OK)
    primeiras = [next(((quando, s) for quando, s in aceitas if quando > queda), None) for queda in quedas]
    return [p[0] + p[1] - queda if p else float("inf") for p, queda in zip(primeiras, quedas, strict=True)]
