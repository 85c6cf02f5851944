"""What a serving process holds after half an hour of sales: whether its memory ends somewhere.

    python -m tests.bench.memoria [--minutos 30] [--clientes 4] [--ficam 3] [--curto] [--publicar]

Clients live pre-sales of 3 and 30 items without a pause, reserved, repeated, altered and cancelled, some refused, while
the gateway's own rounds run and the back office asks for its lists. One in ``--ficam`` is not cancelled (0: none), so
that there is more and more to list and to add up. The resident memory of the largest process is read
five times a part of the time. ``--publicar`` writes the table into docs/velocidade.md.
"""

from __future__ import annotations

import argparse
import itertools
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench import relatorio
from tests.bench.banco import postgresql
from tests.bench.carga import JSON, Http, cesta, em_paralelo, entrar
from tests.bench.competidores import Cesta, PeloGateway
from tests.bench.processo import Gateway, gateway
from tests.support.builders import pre_venda

PARTES = 6
LEITURAS = 5
ESPERA_DA_RETAGUARDA_S = 2.0
DA_RETAGUARDA = ("/api/v1/reservas?limite=200", "/api/v1/log?limite=200", "/api/v1/indicadores", "/api/v1/eventos")


@dataclass(frozen=True, slots=True)
class Parte:
    """What was seen in a part of the time: requests answered until then, and bytes, the median of its readings."""

    minutos: float
    respostas: int
    memoria: int


class Vendas:
    """Clients that sell until they are told to end."""

    def __init__(self, port: int, token: str, ficam: int) -> None:
        self.respostas = 0
        self._port, self._token, self._ficam = port, token, ficam
        self._serie = itertools.count(1)
        self._fim = threading.Event()

    def acabar(self) -> None:
        self._fim.set()

    def viver(self, cliente: int) -> None:
        """Pre-sales one after the other; of ten one asks for more than there is."""
        sessoes = [PeloGateway(self._port, self._token, Cesta(cesta(n, cliente), {})) for n in (3, 3, 3, 30)]
        http = Http(self._port, self._token)
        demais: list[JSON] = [{**linha, "quantidade": 10**9} for linha in cesta(3, cliente)]
        for n in itertools.count(cliente):
            if self._fim.is_set():
                break
            numero, sessao = f"M-{next(self._serie)}", sessoes[n % len(sessoes)]
            numped = sessao.reservar(numero) or 0
            sessao.repetir(numero, numped)
            numped = sessao.alterar(numero, numped)
            if not self._ficam or n % self._ficam:
                sessao.cancelar(numero, numped)
            if n % 10 == 0:
                http.enviar(pre_venda(*demais, numero=f"{numero}-X"), 409)
            self.respostas += 4

    def olhar(self) -> None:
        """The back office looks at its lists."""
        http = Http(self._port, self._token)
        while not self._fim.wait(ESPERA_DA_RETAGUARDA_S):
            for rota in DA_RETAGUARDA:
                http.pedir("GET", rota)


def medir(servidor: Gateway, vendas: Vendas, segundos: float) -> Iterator[Parte]:
    """The parts of the time, each as it ends."""
    comeco = time.monotonic()
    yield Parte(0.0, 0, servidor.memoria())
    for parte in range(1, PARTES + 1):
        lidas = []
        for leitura in range(1, LEITURAS + 1):
            ate = comeco + segundos * (parte - 1 + leitura / LEITURAS) / PARTES
            time.sleep(max(0.0, ate - time.monotonic()))
            lidas.append(servidor.memoria())
        yield Parte((time.monotonic() - comeco) / 60, vendas.respostas, sorted(lidas)[LEITURAS // 2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutos", type=float, default=30.0)
    parser.add_argument("--clientes", type=int, default=4)
    parser.add_argument("--ficam", type=int, default=3, help="one in so many pre-sales is not cancelled; 0: none")
    parser.add_argument("--curto", action="store_true", help="to see that it runs")
    parser.add_argument("--publicar", action="store_true", help="write into docs/velocidade.md")
    args = parser.parse_args()
    minutos = 0.2 if args.curto else args.minutos
    alheia = os.getloadavg()[0]
    with postgresql() as url, gateway(url, rotinas=True) as servidor:
        vendas = Vendas(servidor.port, entrar(servidor.port), args.ficam)
        vendendo = threading.Thread(target=em_paralelo, args=(args.clientes, vendas.viver))
        olhando = threading.Thread(target=vendas.olhar)
        for thread in (vendendo, olhando):
            thread.start()
        partes = []
        try:
            for parte in medir(servidor, vendas, minutos * 60):
                partes.append(parte)
                print(f"{parte.minutos:.1f} min, {parte.respostas} answers, {_mib(parte.memoria)}", flush=True)
        finally:
            vendas.acabar()
            vendendo.join()
            olhando.join()
    linhas = [[f"{p.minutos:.0f}", str(p.respostas), _mib(p.memoria)] for p in partes]
    tabela = relatorio.tabela([["minutes", "answers until then", "memory of the largest process"], *linhas])
    escrita = f"{args.clientes} clients, 3 and 30 items (load of others {alheia:.1f}).\n\n{tabela}"
    print(escrita)
    if args.publicar:
        relatorio.escrever("memoria", escrita)


def _mib(memoria: int) -> str:
    return f"{memoria / 2**20:.1f} MiB"


if __name__ == "__main__":
    main()
