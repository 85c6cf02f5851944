"""One seller and many, with the database near and far: whether sellers queue behind each other's orders (R2).

    python -m tests.bench.vendedores [--segundos 10] [--curto] [--publicar]

16 clients reserve 3 items each for some seconds through a proxy that puts 0.3, 1 or 5 ms before each round trip to
PostgreSQL; all with the same RCA, or each with its own. The two take turns. ``--publicar`` writes the table into
docs/velocidade.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tests.bench import relatorio
from tests.bench.atraso import Atraso
from tests.bench.banco import conectar, postgresql
from tests.bench.carga import Http, cesta, em_paralelo, entrar, percentil
from tests.bench.processo import gateway
from tests.support.builders import pre_venda
from tests.support.gateway import ROTA

CLIENTES = 16
PRIMEIRO_RCA = 101
MODELO = 1
ATRASOS_S = (0.0003, 0.001, 0.005)
AQUECER_S = 2.0


@dataclass(frozen=True, slots=True)
class Medida:
    """What so many sellers made of it: milliseconds of each answer, how many were no 201, and the time it took."""

    tempos: list[float]
    outras: int
    duracao: float

    def celulas(self) -> list[str]:
        p50, p95 = percentil(self.tempos, 50), percentil(self.tempos, 95)
        ritmo = (len(self.tempos) - self.outras) / self.duracao
        return [f"{ritmo:.0f}", f"{p50:.0f} ms", f"{p95:.0f} ms", f"{max(self.tempos):.0f} ms", str(self.outras)]


def vender(port: int, token: str, vendedores: int, segundos: float, serie: Iterator[int]) -> Medida:
    """Every client reserves until the time is over."""
    tempos: list[float] = []
    outras: list[int] = []

    def trabalhar(cliente: int) -> None:
        http = Http(port, token)
        rca = f"RCA-{PRIMEIRO_RCA + cliente % vendedores}"
        itens: list[dict[str, Any]] = [{**linha, "idVendedorRetaguarda": rca} for linha in cesta(3, cliente)]
        fim = time.perf_counter() + segundos
        while (inicio := time.perf_counter()) < fim:
            corpo = json.dumps(pre_venda(*itens, numero=f"V-{next(serie)}")).encode()
            status, _ = http.pedir("POST", ROTA, corpo)
            tempos.append((time.perf_counter() - inicio) * 1000)
            if status != 201:
                outras.append(status)
        http.close()

    duracao = em_paralelo(CLIENTES, trabalhar)
    return Medida(tempos, len(outras), duracao)


def contratar(url: sa.URL) -> None:
    """As many RCAs as clients, each with a counter of its own."""
    with conectar(url) as connection:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'pcusuari'"
        nomes = [nome for (nome,) in connection.execute(query)]
        colunas = ", ".join(f'"{nome}"' for nome in nomes)
        for codusur in range(PRIMEIRO_RCA, PRIMEIRO_RCA + CLIENTES):
            trocas = {"codusur": str(codusur), "proxnumped": str(codusur * 1_000_000 + 1)}
            valores = ", ".join(trocas.get(nome, f'"{nome}"') for nome in nomes)
            connection.execute(
                f"INSERT INTO pcusuari ({colunas}) SELECT {valores} FROM pcusuari WHERE codusur = {MODELO}".encode()  # noqa: S608
            )
        connection.commit()


def medir(url: sa.URL, segundos: float) -> Iterator[list[str]]:
    """The lines of the table."""
    serie = itertools.count(1)
    soquete = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"
    for atraso in ATRASOS_S:
        with Atraso(soquete, atraso) as proxy:
            longe = url.set(host="127.0.0.1", port=proxy.port, query={"sslmode": "disable", "gssencmode": "disable"})
            with gateway(longe) as servidor:
                token = entrar(servidor.port)
                vender(servidor.port, token, CLIENTES, min(AQUECER_S, segundos), serie)
                for vendedores in (1, CLIENTES):
                    medida = vender(servidor.port, token, vendedores, segundos, serie)
                    yield [f"{atraso * 1000:g} ms", str(vendedores), *medida.celulas()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segundos", type=float, default=10.0)
    parser.add_argument("--curto", action="store_true", help="to see that it runs")
    parser.add_argument("--publicar", action="store_true", help="write into docs/velocidade.md")
    args = parser.parse_args()
    alheia = os.getloadavg()[0]
    cabeca = ["round trip", "sellers", "reservations per second", "p50", "p95", "longest", "other answers"]
    with postgresql() as url:
        contratar(url)
        linhas = list(medir(url, 2.0 if args.curto else args.segundos))
    escrita = f"{CLIENTES} clients, 3 items (load of others {alheia:.1f}).\n\n{relatorio.tabela([cabeca, *linhas])}"
    print(escrita)
    if args.publicar:
        relatorio.escrever("vendedores", escrita)


if __name__ == "__main__":
    main()
