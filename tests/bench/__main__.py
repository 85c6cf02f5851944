"""The benchmark: the gateway over HTTP against two floors by hand, on one PostgreSQL with fsync on, interleaved.

    python -m tests.bench [--rodadas 9] [--curto] [--publicar]

*same work*: the statements the gateway sends, sent again with raw psycopg. *minimal*: the ten statements without which
there is no reservation. A ratio is operations per second of the gateway ÷ of the floor, in the same round. Prints the
tables of docs/velocidade.md; with ``--publicar`` writes them there, and the chart.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass, replace

import psycopg
import sqlalchemy as sa

from tests.bench import cargas, latencia, lista_do_log, relatorio
from tests.bench.banco import PRODUTOS, QUENTE, conectar, postgresql
from tests.bench.captura import Captura
from tests.bench.carga import cesta, entrar
from tests.bench.competidores import Abrir, Cesta, MesmoTrabalho, Minimo, PeloGateway, novo_numero
from tests.bench.latencia import Viagem
from tests.bench.lista_do_log import Tempo
from tests.bench.processo import Gateway, gateway
from tests.bench.relatorio import MESMO, MINIMO, Placar
from tests.support.builders import item

CLIENTES = 8
PEDIDOS_ANTES = 2000
METAS = {
    ("3 items", MESMO): 0.38,
    ("30 items", MESMO): 0.48,
    ("300 items", MESMO): 0.55,
    ("hot product, 8 clients", MESMO): 0.60,
    ("3 items", MINIMO): 0.30,
    ("30 items", MINIMO): 0.35,
    ("300 items", MINIMO): 0.45,
    ("hot product, 8 clients", MINIMO): 0.32,
}


@dataclass(frozen=True, slots=True)
class Tamanho:
    """How long a run is: operations per measurement."""

    rodadas: int
    tres: int
    trinta: int
    trezentos: int
    quente: int
    vida: int
    viagens: int
    partidas: int
    log: tuple[int, ...]


COMPLETO = Tamanho(9, 400, 150, 25, 400, 150, 30, 5, (10_000, 1_000_000))
CURTO = Tamanho(2, 30, 15, 4, 40, 15, 8, 1, (10_000,))


@dataclass(frozen=True, slots=True)
class Cestas:
    """What the clients buy: 3 items for each of them, 30, 300, and the hot product."""

    tres: list[Cesta]
    trinta: Cesta
    trezentos: Cesta
    quente: Cesta


def preparar(url: sa.URL) -> Cestas:
    """The baskets, with what the gateway sends for each."""
    captura = Captura(url)

    def fazer(itens: int, cliente: int = 0) -> Cesta:
        linhas = cesta(itens, cliente, produtos=PRODUTOS)
        return Cesta(linhas, captura.vida(linhas))

    quente = [item(f"{QUENTE * 10}-{QUENTE}", 1, 10.0)]
    prontas = Cestas(
        [fazer(3, cliente) for cliente in range(CLIENTES)], fazer(30), fazer(300), Cesta(quente, captura.vida(quente))
    )
    captura.close()
    return prontas


def envelhecer(url: sa.URL, cesta: Cesta) -> None:
    """Sell for a while, then ANALYZE: on empty tables PostgreSQL prepares plans that read them whole, and keeps them on
    the connections that last."""
    sessao = MesmoTrabalho(url, cesta)
    for _ in range(PEDIDOS_ANTES):
        sessao.reservar(novo_numero())
    sessao.close()
    with conectar(url) as banco:
        banco.autocommit = True
        banco.execute("VACUUM ANALYZE")


def rodada(placar: Placar, nome: str, abrir: Abrir, cestas: Cestas, t: Tamanho, banco: psycopg.Connection) -> None:
    """One competitor runs every workload once."""
    placar.anotar("3 items", nome, cargas.reservas(abrir, cestas.tres[:1], t.tres))
    placar.anotar("30 items", nome, cargas.reservas(abrir, [cestas.trinta], t.trinta))
    placar.anotar("300 items", nome, cargas.reservas(abrir, [cestas.trezentos], t.trezentos))
    placar.anotar("3 items, 8 clients", nome, cargas.reservas(abrir, cestas.tres, t.tres // 4))
    insiste = nome != MESMO
    ritmo = cargas.produto_quente(abrir, cestas.quente, CLIENTES, t.quente, banco, insiste=insiste)
    placar.anotar("hot product, 8 clients", nome, ritmo)
    if nome != MINIMO:
        for operacao, ritmo in cargas.vida(abrir, cestas.tres[0], t.vida).items():
            placar.anotar(f"{latencia.NOMES[operacao]}, 3 items", nome, ritmo)


def comparar(url: sa.URL, servidor: Gateway, cestas: Cestas, t: Tamanho) -> Placar:
    """All rounds; who begins moves on from round to round."""
    placar = Placar(metas=METAS)
    token = entrar(servidor.port)
    competidores: list[tuple[str, Abrir]] = [
        ("gateway", lambda c: PeloGateway(servidor.port, token, c)),
        (MESMO, lambda c: MesmoTrabalho(url, c)),
        (MINIMO, lambda c: Minimo(url, c)),
    ]
    with conectar(url) as banco:
        for n in range(t.rodadas):
            inicio = time.perf_counter()
            for k in range(len(competidores)):
                nome, abrir = competidores[(n + k) % len(competidores)]
                rodada(placar, nome, abrir, cestas, t, banco)
            print(f"round {n + 1} of {t.rodadas}: {time.perf_counter() - inicio:.0f} s", file=sys.stderr)
    return placar


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rodadas", type=int, help="rounds, 5 or more for figures to keep")
    parser.add_argument("--curto", action="store_true", help="about a minute, to see that it runs")
    parser.add_argument("--publicar", action="store_true", help="write into docs/velocidade.md, redraw its chart")
    args = parser.parse_args()
    t = CURTO if args.curto else COMPLETO
    if args.rodadas:
        t = replace(t, rodadas=args.rodadas)
    alheia = os.getloadavg()[0]
    with postgresql() as url:
        cestas = preparar(url)
        envelhecer(url, cestas.tres[0])
        with gateway(url) as servidor:
            memorias = [servidor.memoria()]
            placar = comparar(url, servidor, cestas, t)
            memorias.append(servidor.memoria())
            por_cpu = _por_cpu(servidor, cestas, t)
        viagens = list(latencia.medir(url, {3: cestas.tres[0], 30: cestas.trinta, 300: cestas.trezentos}, t.viagens))
        partidas = [_partir(url) for _ in range(t.partidas)]
        tempos = list(lista_do_log.medir(url, t.log, t.viagens * 2))
    texto = _texto(placar, viagens, tempos, partidas, memorias, por_cpu, t.rodadas, alheia)
    print(texto)
    if args.publicar:
        relatorio.publicar(texto, placar)


def _texto(
    placar: Placar,
    viagens: list[Viagem],
    tempos: list[Tempo],
    partidas: list[float],
    memorias: list[int],
    por_cpu: float,
    rodadas: int,
    alheia: float,
) -> str:
    """All that was measured, as the page shows it."""
    antes, depois = (f"{memoria / 2**20:.0f}" for memoria in memorias)
    maquina = (
        f"{platform.system()}, {os.cpu_count()} cores (load of others {alheia:.1f}), Python {platform.python_version()}"
    )
    return "\n\n".join(
        [
            f"{maquina}; {rodadas} rounds; ratios of operations per second: median (range over the rounds).",
            relatorio.tabela_das_razoes(placar),
            relatorio.tabela_das_viagens(viagens),
            relatorio.tabela_da_lista(tempos),
            f"Start to first answer {statistics.median(partidas):.2f} s ({min(partidas):.2f}–{max(partidas):.2f}); "
            f"memory of a worker {antes} MiB at the start, {depois} MiB after the run; "
            f"{por_cpu:.0f} reservations of 3 items by {CLIENTES} clients per second of processor time of the gateway.",
        ]
    )


def _por_cpu(servidor: Gateway, cestas: Cestas, t: Tamanho) -> float:
    """Reservations per second of the gateway's processor time, what a sizing starts from."""
    token = entrar(servidor.port)
    antes = servidor.cpu()
    cargas.reservas(lambda cesta: PeloGateway(servidor.port, token, cesta), cestas.tres, t.tres)
    return CLIENTES * (t.tres + cargas.PREPARO) / (servidor.cpu() - antes)


def _partir(url: sa.URL) -> float:
    with gateway(url) as servidor:
        return servidor.partida


if __name__ == "__main__":
    main()
