"""The same operations with the database 5 ms away, where a real one often is: round trips, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tests.bench.atraso import Atraso
from tests.bench.carga import entrar, percentil
from tests.bench.competidores import Cesta, PeloGateway, Sessao, novo_numero
from tests.bench.processo import gateway

ATRASO_S = 0.005
FOLGA = 1.2
PREPARO = 6

NOMES = {"reservar": "reservation", "repetir": "replay", "alterar": "alteration", "cancelar": "cancellation"}


@dataclass(frozen=True, slots=True)
class Viagem:
    """One operation: statements, round trips, p50 in milliseconds with the database ``ATRASO_S`` away."""

    operacao: str
    comandos: int
    viagens: float
    p50: float

    @property
    def limite(self) -> float:
        return self.viagens * ATRASO_S * 1000 * FOLGA


def medir(url: sa.URL, cestas: Mapping[int, Cesta], vezes: int) -> Iterator[Viagem]:
    """Every operation of a pre-sale with one client, whose reservations have as many items as ``cestas`` says."""
    soquete = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"
    with Atraso(soquete, ATRASO_S) as proxy:
        pelo_proxy = url.set(host="127.0.0.1", port=proxy.port, query={"sslmode": "disable", "gssencmode": "disable"})
        with gateway(pelo_proxy) as servidor:
            token = entrar(servidor.port)
            for itens, cesta in cestas.items():
                sessao = PeloGateway(servidor.port, token, cesta)
                for operacao, viagens, p50 in _vida(sessao, proxy, vezes, completa=itens == min(cestas)):
                    yield Viagem(f"{NOMES[operacao]}, {itens} items", cesta.roteiros[operacao].quantos, viagens, p50)
                sessao.close()


def _vida(sessao: Sessao, proxy: Atraso, vezes: int, *, completa: bool) -> Iterator[tuple[str, float, float]]:
    vivas = [(novo_numero(), 0) for _ in range(vezes + PREPARO)]
    passos: list[tuple[str, Callable[[str, int], int | None]]] = [
        ("reservar", lambda numero, _: sessao.reservar(numero)),
        ("repetir", sessao.repetir),
        ("alterar", sessao.alterar),
        ("cancelar", sessao.cancelar),
    ]
    for operacao, fazer in passos if completa else passos[:1]:
        tempos: list[float] = []
        feitas = []
        for n, (numero, numped) in enumerate(vivas):
            if n == PREPARO:
                antes = proxy.viagens
            inicio = time.perf_counter()
            feitas.append((numero, fazer(numero, numped) or numped))
            tempos.append((time.perf_counter() - inicio) * 1000)
        vivas = feitas
        yield operacao, (proxy.viagens - antes) / vezes, percentil(tempos[PREPARO:], 50)
