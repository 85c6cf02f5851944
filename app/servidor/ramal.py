"""What the processes of a family know together: the count of wrong passwords, and their metrics added up.

A child asks its parent over one pipe, the parent looks at a child over another; each has a thread at its far end. There
are no files: a full disk, or a folder that somebody clears, ends no process and loses no answer.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection
from multiprocessing.connection import Connection
from typing import Any

from app.observabilidade import metricas
from app.observabilidade.metricas import Retrato
from app.services.acesso.tentativas import TentativasDoProcesso

# A parent that does not answer in this time is not waited for: the process goes by what it knows itself.
RESPOSTA_S = 1.0
# A child that does not show its metrics in this time is left out.
RETRATO_S = 0.5


class Ramal:
    """The child's end: it asks one thing at a time. Safe for threads."""

    def __init__(self, cano: Connection) -> None:
        self._cano = cano
        self._tranca = threading.Lock()
        self._numero = 0

    def perguntar(self, pergunta: str, *argumentos: Any) -> Any:
        """The parent's answer. Raises OSError, EOFError or TimeoutError when there is none in time."""
        with self._tranca:
            self._numero += 1
            self._cano.send((self._numero, pergunta, argumentos))
            while self._cano.poll(RESPOSTA_S):
                numero, resposta = self._cano.recv()
                if numero == self._numero:  # else the late answer to an earlier question
                    return resposta
        raise TimeoutError(pergunta)


class TentativasDaFamilia:
    """The count that the parent keeps for all; where it does not answer, this process's own."""

    def __init__(self, ramal: Ramal, sozinho: TentativasDoProcesso) -> None:
        self._ramal = ramal
        self._sozinho = sozinho

    def pedir(self, endereco: str, login: str, conhecido: bool) -> int:
        """As Tentativas."""
        try:
            espera: int = self._ramal.perguntar("pedir", endereco, login, conhecido)
        except (OSError, EOFError):
            return self._sozinho.pedir(endereco, login, conhecido)
        return espera

    def acertou(self, endereco: str, login: str, conhecido: bool) -> None:
        """As Tentativas."""
        with contextlib.suppress(OSError, EOFError):
            self._ramal.perguntar("acertou", endereco, login, conhecido)


def mostrar_retratos(cano: Connection) -> None:
    """The life of the child's thread that shows its metrics whenever the parent asks."""
    with contextlib.suppress(OSError, EOFError):
        while True:
            cano.send((cano.recv(), metricas.retrato()))


class Central:
    """The parent's side of all its children's pipes."""

    def __init__(self) -> None:
        self._tentativas = TentativasDoProcesso()
        self._espelhos: dict[Connection, Espelho] = {}
        self._tranca = threading.Lock()
        # What children that are gone had counted, as far as it was seen.
        self._dos_mortos: Retrato = []

    def ligar(self, ramal: Connection, espelho: Connection) -> None:
        """Serve a child: a thread that ends with it."""
        with self._tranca:
            self._espelhos[ramal] = Espelho(espelho)
        threading.Thread(target=self._atender, args=(ramal,), name="ramal", daemon=True).start()

    def _atender(self, ramal: Connection) -> None:
        perguntas: dict[str, Callable[..., Any]] = {
            "pedir": self._tentativas.pedir,
            "acertou": self._tentativas.acertou,
            "metricas": self.somar,
        }
        with contextlib.suppress(OSError, EOFError):
            while True:
                numero, pergunta, argumentos = ramal.recv()
                ramal.send((numero, perguntas[pergunta](*argumentos)))
        with self._tranca:
            morto = self._espelhos.pop(ramal)
            self._dos_mortos = metricas.somar([self._dos_mortos, metricas.so_contagens(morto.ultimo)])

    def somar(self) -> Retrato:
        """The metrics of all children, also of those that are gone."""
        with self._tranca:
            espelhos, mortos = list(self._espelhos.values()), self._dos_mortos
        return metricas.somar([mortos, *olhar(espelhos)])


class Espelho:
    """The parent's view of one child's metrics."""

    def __init__(self, cano: Connection) -> None:
        self._cano = cano
        self._tranca = threading.Lock()
        self._numero = self._respondido = 0
        self.ultimo: Retrato = []

    def olhar(self) -> Retrato:
        """The child's metrics now; of one that does not answer in time what it had counted before, nor is it asked
        again before it does."""
        with self._tranca, contextlib.suppress(OSError, EOFError):
            if self._respondido == self._numero:
                self._numero += 1
                self._cano.send(self._numero)
            if self._cano.poll(RETRATO_S):
                self._respondido, self.ultimo = self._cano.recv()
                return self.ultimo
        return metricas.so_contagens(self.ultimo)


def olhar(espelhos: Collection[Espelho]) -> list[Retrato]:
    """The metrics of each child, all asked at once."""
    achados: list[Retrato] = []
    threads = [threading.Thread(target=lambda e=e: achados.append(e.olhar()), daemon=True) for e in espelhos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(RETRATO_S * 2)
    return list(achados)
