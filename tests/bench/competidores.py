"""The three that run the same workloads: the gateway over HTTP, the same work by hand, the minimum by hand.

Each client of a workload opens a session of its competitor; a session does one operation at a time.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from tests.bench import pisos
from tests.bench.banco import conectar
from tests.bench.captura import Execucao, Roteiro
from tests.bench.carga import JSON, Http
from tests.support.builders import pre_venda
from tests.support.gateway import ROTA

_SERIE = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Cesta:
    """What a client buys, with the scripts of the same work."""

    itens: list[JSON]
    roteiros: dict[str, Roteiro]


class Sessao(Protocol):
    """One client. Numbers and ``numero`` go from one operation to the next through the caller."""

    def reservar(self, numero: str) -> int | None:
        """The number drawn; None when it was sold out."""

    def repetir(self, numero: str, numped: int) -> None: ...

    def alterar(self, numero: str, numped: int) -> int: ...

    def cancelar(self, numero: str, numped: int) -> None: ...

    def close(self) -> None: ...


Abrir = Callable[[Cesta], Sessao]


def novo_numero() -> str:
    return f"B-{next(_SERIE)}"


# Where a body, made once, takes what is new each time.
_NUMERO, _NUMPED = "NUMERO-DA-PRE-VENDA", 7_777_777_777
_RESERVA = re.compile(rb'"idPedidoRetaguarda": (\d+)')


class PeloGateway:
    """HTTP to the running gateway; the client spends no time on making and reading JSON."""

    def __init__(self, port: int, token: str, cesta: Cesta) -> None:
        self._http = Http(port, token)
        alterados = [{**item, "quantidade": 2} for item in cesta.itens]
        self._reservar = _corpo(cesta.itens)
        self._alterar = _corpo(alterados, idRetaguarda=_NUMPED)
        self._cancelar = _corpo(alterados, idRetaguarda=_NUMPED, situacaoPreVenda=0)

    def _enviar(self, corpo: str, numero: str, numped: int, aceitos: set[int]) -> int:
        """The number answered, 0 when it was refused."""
        texto = corpo.replace(_NUMERO, numero).replace(str(_NUMPED), str(numped))
        http, body = self._http.pedir("POST", ROTA, texto.encode())
        if http not in aceitos:
            raise RuntimeError(f"HTTP {http}: {body[:300].decode()}")
        achado = _RESERVA.search(body)
        return int(achado[1]) if http != 409 and achado is not None else 0

    def reservar(self, numero: str) -> int | None:
        return self._enviar(self._reservar, numero, 0, {201, 409}) or None

    def repetir(self, numero: str, numped: int) -> None:
        if self.reservar(numero) != numped:
            raise RuntimeError("a repetição respondeu outro número")

    def alterar(self, numero: str, numped: int) -> int:
        return self._enviar(self._alterar, numero, numped, {201})

    def cancelar(self, numero: str, numped: int) -> None:
        self._enviar(self._cancelar, numero, numped, {200})

    def close(self) -> None:
        self._http.close()


def _corpo(itens: list[JSON], **mais: int) -> str:
    return json.dumps(pre_venda(*itens, numero=_NUMERO, **mais))


class MesmoTrabalho:
    """The gateway's own statements, sent again with psycopg."""

    def __init__(self, url: sa.URL, cesta: Cesta) -> None:
        self.connection = conectar(url)
        self._roteiros = cesta.roteiros

    def reservar(self, numero: str) -> int | None:
        return self._roteiros["reservar"].executar(self.connection, Execucao(numero))

    def repetir(self, numero: str, numped: int) -> None:
        self._roteiros["repetir"].executar(self.connection, Execucao(numero, antigo=numped))

    def alterar(self, numero: str, numped: int) -> int:
        return self._roteiros["alterar"].executar(self.connection, Execucao(numero, antigo=numped))

    def cancelar(self, numero: str, numped: int) -> None:
        self._roteiros["cancelar"].executar(self.connection, Execucao(numero, antigo=numped))

    def close(self) -> None:
        self.connection.close()


class Minimo:
    """The least that reserves; it knows nothing else."""

    def __init__(self, url: sa.URL, cesta: Cesta) -> None:
        self.connection = conectar(url)
        self._itens = cesta.itens
        self._ordem = cesta.roteiros["reservar"].insercoes("PCPEDC", "PCPEDI")

    def reservar(self, numero: str) -> int | None:
        return 1 if pisos.reservar(self.connection, pre_venda(*self._itens, numero=numero), self._ordem) else None

    def repetir(self, numero: str, numped: int) -> None:
        raise NotImplementedError

    def alterar(self, numero: str, numped: int) -> int:
        raise NotImplementedError

    def cancelar(self, numero: str, numped: int) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.connection.close()
