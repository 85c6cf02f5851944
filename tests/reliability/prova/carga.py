"""The load driver: several processes of several threads over real HTTP, every call on a line of its own.

A call that was not judged is sent again with the same body until it is, as a POS or the hub would; meanwhile the
thread serves other customers. Each process writes ``chamadas-N.jsonl``: what was sent, what came back, what the
caller then knew (cliente.py).
"""

from __future__ import annotations

import heapq
import itertools
import json
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, TextIO

from tests.reliability.prova.cliente import FALHO, OK, RECUSADO, Cliente, Resposta
from tests.reliability.prova.trabalho import Caixa, Cestas, Intento, Lista, Trabalho

# How long an intent may stay open after the load has ended.
PACIENCIA_S = 90.0
# With so many waiting for another try, a thread takes no new work: nobody queues at a shop that is closed.
ADIADOS_POR_THREAD = 3
DESCANSO_S = 0.5


@dataclass(frozen=True)
class Plano:
    """What one load runs. ``tipo``: caixas, cestas or lista (then ``produto`` and ``por_processo``)."""

    bases: list[str]
    pasta: Path
    nome: str
    tipo: str = "caixas"
    processos: int = 2
    threads: int = 8
    semente: int = 1
    produto: str = ""
    por_processo: int = 0
    pausa_s: float = 0.05


class Registro:
    """The file of one process."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def anotar(self, intento: Intento, base: str, quando: float, resposta: Resposta) -> None:
        linha: dict[str, Any] = {
            "quando": round(quando, 4),
            "ms": resposta.ms,
            "porta": int(base.rpartition(":")[2]),
            "intento": intento.id,
            "tentativa": intento.tentativas,
            "tipo": intento.tipo,
            "desfecho": resposta.desfecho,
            "http": resposta.http,
            "codigo": resposta.codigo,
            "erro": resposta.erro,
            "repetida": resposta.repetida,
            "pedido": intento.corpo,
            "resposta": resposta.corpo,
        }
        with self._lock:
            self._file.write(json.dumps(linha, ensure_ascii=False) + "\n")


@dataclass
class Thread:
    """One caller: takes new intents, and those that wait for another try when their time has come."""

    cliente: Cliente
    registro: Registro
    trabalho: Trabalho
    sorte: random.Random
    pausa_s: float
    _adiados: list[tuple[float, int, Intento]] = field(default_factory=list)
    _ordem: Iterator[int] = field(default_factory=itertools.count)
    _fechadas: dict[str, float] = field(default_factory=dict)

    def rodar(self, parou: Callable[[], bool]) -> None:
        while not parou():
            intento = self._vencido()
            if intento is None and len(self._adiados) < ADIADOS_POR_THREAD:
                intento = self.trabalho.proximo()
                if intento is None:
                    break
            if intento is not None:
                self._tentar(intento)
            time.sleep(self.pausa_s)
        fim = time.monotonic() + PACIENCIA_S
        while self._adiados and time.monotonic() < fim:
            intento = self._vencido()
            if intento is None:
                time.sleep(0.05)
            else:
                self._tentar(intento)

    def _vencido(self) -> Intento | None:
        if self._adiados and self._adiados[0][0] <= time.monotonic():
            return heapq.heappop(self._adiados)[2]
        return None

    def _tentar(self, intento: Intento) -> None:
        resposta = self._chamar(intento)
        if resposta.desfecho not in {OK, RECUSADO}:
            self._adiar(intento, resposta)
        elif self.trabalho.concluir(intento, resposta):
            self._chamar(intento)

    def _chamar(self, intento: Intento) -> Resposta:
        base = self._base()
        intento.tentativas += 1
        quando = time.time()
        resposta = self.cliente.enviar(base, intento.corpo)
        self.registro.anotar(intento, base, quando, resposta)
        if resposta.desfecho == FALHO and resposta.http is None:
            self._fechadas[base] = time.monotonic()
        return resposta

    def _base(self) -> str:
        """Any gateway, but not one that refused the connection a moment ago: so does a proxy in front of several."""
        agora = time.monotonic()
        abertas = [base for base in self.cliente.bases if agora - self._fechadas.get(base, -1.0) > DESCANSO_S]
        return self.sorte.choice(abertas or self.cliente.bases)

    def _adiar(self, intento: Intento, resposta: Resposta) -> None:
        """A refused connection is soon tried again elsewhere; what may still be under way gets more time."""
        espera = 0.2 if resposta.desfecho == FALHO and resposta.http is None else self.sorte.uniform(1, 3)
        heapq.heappush(self._adiados, (time.monotonic() + espera, next(self._ordem), intento))


class Carga:
    """The running load. Leave the block, or ``esperar``, to have every intent settled."""

    def __init__(self, plano: Plano) -> None:
        self.plano = plano
        context = multiprocessing.get_context("spawn")
        self._parar = context.Event()
        self._processos = [
            context.Process(target=processo, args=(plano, n, self._parar), daemon=True)
            for n in range(1, plano.processos + 1)
        ]

    def __enter__(self) -> Carga:
        for child in self._processos:
            child.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._parar.set()
        self.esperar()

    def esperar(self) -> None:
        """Wait until all processes have ended by themselves. Raises RuntimeError when one failed."""
        for child in self._processos:
            child.join(PACIENCIA_S + 300)
            if child.exitcode != 0:
                child.kill()
                raise RuntimeError(f"processo de carga terminou com {child.exitcode}")


def processo(plano: Plano, numero: int, parar: Event) -> None:
    """Body of one load process."""
    entrada = Cliente(plano.bases)
    entrada.entrar()
    with (plano.pasta / f"chamadas-{plano.nome}-{numero}.jsonl").open("w", buffering=1) as file:
        registro = Registro(file)
        lista = Lista(f"{plano.nome}-{numero}", plano.produto, plano.por_processo)
        callers = []
        for n in range(1, plano.threads + 1):
            nome = f"{plano.nome}-{numero}-{n}"
            semente = plano.semente * 10_000 + numero * 100 + n
            trabalho: Trabalho = {"caixas": Caixa(nome, semente), "cestas": Cestas(nome, semente), "lista": lista}[
                plano.tipo
            ]
            cliente = Cliente(plano.bases, entrada.token)
            sorte = random.Random(semente)  # noqa: S311 - a seed
            callers.append(Thread(cliente, registro, trabalho, sorte, plano.pausa_s))
        with ThreadPoolExecutor(plano.threads) as pool:
            for ended in [pool.submit(caller.rodar, parar.is_set) for caller in callers]:
                ended.result()
