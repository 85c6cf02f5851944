"""The workloads. Each gives operations per second of one competitor; what was set up before is not in the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import psycopg

from tests.bench.banco import FARTURA, QUENTE
from tests.bench.carga import em_paralelo
from tests.bench.competidores import Abrir, Cesta, Sessao, novo_numero

PREPARO = 8  # operations before the clock starts: connections open, statements prepared


def reservas(abrir: Abrir, cestas: Sequence[Cesta], quantas: int) -> float:
    """Every client reserves its basket ``quantas`` times."""
    sessoes = _aquecidas(abrir, cestas)

    def trabalhar(cliente: int) -> None:
        for _ in range(quantas):
            sessoes[cliente].reservar(novo_numero())

    duracao = em_paralelo(len(cestas), trabalhar)
    _fechar(sessoes)
    return len(cestas) * quantas / duracao


def vida(abrir: Abrir, cesta: Cesta, quantas: int) -> dict[str, float]:
    """One client lives ``quantas`` pre-sales side by side: all are repeated, then all altered, then all cancelled."""
    (sessao,) = _aquecidas(abrir, [cesta])
    vivas = [(numero, sessao.reservar(numero) or 0) for numero in (novo_numero() for _ in range(quantas))]
    tempos: dict[str, float] = {}

    def medir(nome: str, fazer: Callable[[str, int], int | None]) -> list[tuple[str, int]]:
        inicio = time.perf_counter()
        feitas = [(numero, fazer(numero, numped) or numped) for numero, numped in vivas]
        tempos[nome] = quantas / (time.perf_counter() - inicio)
        return feitas

    medir("repetir", sessao.repetir)
    vivas = medir("alterar", sessao.alterar)
    medir("cancelar", sessao.cancelar)
    sessao.close()
    return tempos


def produto_quente(
    abrir: Abrir, cesta: Cesta, clientes: int, estoque: int, connection: psycopg.Connection, *, insiste: bool = True
) -> float:
    """Everybody wants the same product until its last unit is gone; accepted per second. Raises when it oversold.

    ``insiste``: every client asks until it is refused. What knows no shortage stops by itself.
    """
    por_em_estoque(connection, FARTURA)
    sessoes = _aquecidas(abrir, [cesta] * clientes)
    por_em_estoque(connection, estoque)
    restam = iter(range(estoque + clientes if insiste else estoque))
    aceitas: list[float] = []
    inicio = time.perf_counter()

    def trabalhar(cliente: int) -> None:
        while next(restam, None) is not None and sessoes[cliente].reservar(novo_numero()) is not None:
            aceitas.append(time.perf_counter())

    em_paralelo(clientes, trabalhar)
    _fechar(sessoes)
    _conferir(connection, estoque, len(aceitas))
    por_em_estoque(connection, FARTURA)
    return estoque / (sorted(aceitas)[estoque - 1] - inicio)


def por_em_estoque(connection: psycopg.Connection, quantas: int) -> None:
    """``quantas`` units of the hot product for sale, nothing reserved."""
    connection.execute("UPDATE pcest SET qtestger = %s, qtreserv = 0 WHERE codprod = %s", [quantas, QUENTE])
    connection.commit()


def _conferir(connection: psycopg.Connection, estoque: int, aceitas: int) -> None:
    query = "SELECT qtreserv FROM pcest WHERE codfilial = '1' AND codprod = %s"
    reservado = connection.execute(query, [QUENTE]).fetchone()
    connection.commit()
    assert reservado is not None
    if not int(reservado[0]) == aceitas == estoque:
        raise RuntimeError(f"{estoque} em estoque, {aceitas} aceitas, {reservado[0]} reservadas")


def _aquecidas(abrir: Abrir, cestas: Sequence[Cesta]) -> list[Sessao]:
    sessoes = [abrir(cesta) for cesta in cestas]
    em_paralelo(len(sessoes), lambda n: [sessoes[n].reservar(novo_numero()) for _ in range(PREPARO)] and None)
    return sessoes


def _fechar(sessoes: Sequence[Sessao]) -> None:
    for sessao in sessoes:
        sessao.close()
