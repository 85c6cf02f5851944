"""What a stranger or a stuck session costs the tills: counted on `prevenda serve` and a PostgreSQL, each attack beside
its control in the same run. `make ataque` runs it; the table goes to docs/provas.md by hand.

Wall-clock figures of a machine that others use too say little. Where an attack takes processor time only, what counts
is how much of it a sale takes: that of the gateway's processes and of the database's, by the system's accounts.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import random
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from tests.conftest import _fill_demo
from tests.reliability.prova.banco import PostgreSQL
from tests.support.builders import item, pre_venda
from tests.support.gateway import LOGIN, ROTA
from tests.support.servers import Servidor, servidor

SEGUNDOS = float(os.environ.get("PREVENDA_TEST_ATAQUE_S", "15"))
CAIXAS = 8


@dataclass(frozen=True, slots=True)
class Linha:
    """``parte``: what is left of the control, which must be ``minimo`` at the least."""

    ataque: str
    controle: str
    sob: str
    parte: float
    minimo: float


@dataclass
class Medida:
    """Sales accepted and refused, the milliseconds of each accepted one, and seconds of the processor for all of it."""

    tempos: list[float] = field(default_factory=list)
    outras: dict[str, int] = field(default_factory=dict)
    cpu: float = 0.0

    def somar(self, outra: Medida) -> None:
        """Add another one's."""
        self.tempos += outra.tempos
        self.outras = dict(Counter(self.outras) + Counter(outra.outras))
        self.cpu += outra.cpu

    @property
    def por_segundo_de_cpu(self) -> float:
        return len(self.tempos) / self.cpu

    def __str__(self) -> str:
        if not self.tempos:
            return f"nenhuma venda; {self.outras}"
        p95 = statistics.quantiles([*self.tempos, self.tempos[-1]], n=20)[-1]
        outras = f", {self.outras}" if self.outras else ""
        return f"{len(self.tempos)} vendas, p50 {statistics.median(self.tempos):.0f} ms, p95 {p95:.0f} ms{outras}"


class Conexao:
    """A caller with one connection, made anew when it was closed."""

    def __init__(self, porta: int) -> None:
        self._porta = porta
        self._http: http.client.HTTPConnection | None = None

    def pedir(self, method: str, path: str, corpo: Any = None, token: str = "") -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        if self._http is None:
            self._http = http.client.HTTPConnection("127.0.0.1", self._porta, timeout=20)
        try:
            self._http.request(method, path, None if corpo is None else json.dumps(corpo), headers)
            answer = self._http.getresponse()
            texto = answer.read()
        except (OSError, http.client.HTTPException):
            self.fechar()
            return 0, {}
        if answer.will_close:
            self.fechar()
        return answer.status, json.loads(texto) if texto[:1] == b"{" else {}

    def fechar(self) -> None:
        if self._http is not None:
            self._http.close()
        self._http = None


_numeros = itertools.count()


def vender(host: Servidor, token: str, produtos: list[int], caixas: int = CAIXAS, segundos: float = SEGUNDOS) -> Medida:
    """Tills that sell one unit of one of the products after the other."""
    medida, fim, tranca = Medida(), time.monotonic() + segundos, threading.Lock()

    def caixa() -> None:
        conexao = Conexao(host.porta)
        while time.monotonic() < fim:
            produto = random.choice(produtos)  # noqa: S311 - a sample, not a secret
            corpo = pre_venda(item(f"{produto * 10}-{produto}", 1), numero=f"V{next(_numeros)}")
            comeco = time.monotonic()
            status, resposta = conexao.pedir("POST", ROTA, corpo, token)
            with tranca:
                if status == 201:
                    medida.tempos.append((time.monotonic() - comeco) * 1000)
                else:
                    codigo = resposta.get("codigo", str(status))
                    medida.outras[codigo] = medida.outras.get(codigo, 0) + 1
        conexao.fechar()

    _em_paralelo([caixa] * caixas)
    return medida


def _em_paralelo(trabalhos: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=trabalho, daemon=True) for trabalho in trabalhos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def durante(trabalhos: list[Callable[[threading.Event], None]]) -> Iterator[None]:
    """Attackers, each a thread, until the block ends."""
    parar = threading.Event()
    threads = [threading.Thread(target=trabalho, args=(parar,), daemon=True) for trabalho in trabalhos]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.5)
        yield
    finally:
        parar.set()
        for thread in threads:
            thread.join(30)


PRODUTOS = list(range(1001, 1061))


def logins(host: Servidor, conexoes: int) -> list[Callable[[threading.Event], None]]:
    """Strangers that log in with random names, one after the other."""

    def estranho(parar: threading.Event) -> None:
        conexao = Conexao(host.porta)
        while not parar.is_set():
            conexao.pedir("POST", LOGIN, {"login": f"n{random.randrange(10**9)}", "senha": "x"})  # noqa: S311
        conexao.fechar()

    return [estranho] * conexoes


def d01_logins(host: Servidor, banco: PostgreSQL, token: str) -> list[Linha]:
    linhas = []
    for conexoes in (100, 200):
        controle = vender(host, token, PRODUTOS)
        with durante(logins(host, conexoes)):
            sob = vender(host, token, PRODUTOS)
        parte = len(sob.tempos) / len(controle.tempos)
        linhas.append(
            Linha(f"D01: {conexoes} connections log in with random names", str(controle), str(sob), parte, 0.5)
        )
    return linhas


# Each lasts as long as a row is held by somebody at a screen: what is lost until it is known to be held is in it.
RODADAS, DURA_S = 3, 10.0
# An answer about a held row is held back for so long: the pace of tills that ask for it without end.
PASSO_S = 3.0


def d05_linha_presa(host: Servidor, banco: PostgreSQL, token: str) -> list[Linha]:
    """Sales of other products, one after the other, three times, and summed: nobody beside them; tills that want one
    row without end, at the pace at which they are answered when it is held, the row free; the same, the row held.

    The share is of sales per second of processor and against the second: the same load is offered. What a refusal costs
    is told too, since on a machine without processor to spare it is what others lose.
    """
    outros, chave = [p for p in PRODUTOS if p != 1001], "CODFILIAL = '1' AND CODPROD = 1001"
    processos = psutil.Process(host.processo.pid).children(recursive=True)

    def cpu() -> float:
        total = 0.0
        for processo in (*processos, *banco.processos()):
            with contextlib.suppress(psutil.NoSuchProcess):
                tempos = processo.cpu_times()
                total += tempos.user + tempos.system
        return total

    def medir() -> Medida:
        antes = cpu()
        medida = vender(host, token, outros, segundos=DURA_S)
        medida.cpu = cpu() - antes
        return medida

    def querer(ditas: Counter[str]) -> Callable[[threading.Event], None]:
        def laco(parar: threading.Event) -> None:
            conexao = Conexao(host.porta)
            parar.wait(random.random() * PASSO_S)  # noqa: S311 - a sample, not a secret
            while not parar.is_set():
                comeco = time.monotonic()
                corpo = pre_venda(item("10010-1001", 1), numero=f"P{next(_numeros)}")
                status, resposta = conexao.pedir("POST", ROTA, corpo, token)
                ditas[resposta.get("codigo", str(status))] += 1
                parar.wait(PASSO_S - (time.monotonic() - comeco))
            conexao.fechar()

        return laco

    linhas = []
    for caixas in (24, 60):
        sozinhas, com_livre, com_presa = Medida(), Medida(), Medida()
        da_livre: Counter[str] = Counter()
        da_presa: Counter[str] = Counter()
        for _ in range(RODADAS):
            sozinhas.somar(medir())
            with durante([querer(da_livre)] * caixas):
                com_livre.somar(medir())
            with banco.engine.begin() as winthor:
                winthor.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                winthor.execute(sa.text(f"SELECT 1 FROM PCEST WHERE {chave} FOR UPDATE"))  # noqa: S608 - a constant
                with durante([querer(da_presa)] * caixas):
                    com_presa.somar(medir())
                winthor.rollback()

        por_venda = 1 / sozinhas.por_segundo_de_cpu
        recusadas = sum(da_presa.values())
        da_recusa = (com_presa.cpu - len(com_presa.tempos) * por_venda) / max(recusadas, 1)
        custo = f"a sale takes {por_venda * 1000:.1f} ms of processor, a refusal {da_recusa * 1000:.1f} ({recusadas})"
        linhas.append(
            Linha(
                f"D05: {caixas} tills want a held row without end; sales of others",
                f"{_por_cpu(com_livre)}, the row free, the {caixas} told {dict(da_livre)}; alone {_por_cpu(sozinhas)}",
                f"{_por_cpu(com_presa)}, the {caixas} told {dict(da_presa)}; {custo}",
                com_presa.por_segundo_de_cpu / com_livre.por_segundo_de_cpu,
                0.8,
            )
        )
    return linhas


def _por_cpu(medida: Medida) -> str:
    return f"{medida}, {medida.por_segundo_de_cpu:.0f} per second of processor"


def d06_banco_mudo(host: Servidor, banco: PostgreSQL, token: str) -> list[Linha]:
    """/health/live while the database is frozen, with callers of ready, metrics and sales all stuck in it."""

    def vida(segundos: float) -> tuple[str, float]:
        tempos, fim, conexao = [], time.monotonic() + segundos, Conexao(host.porta)
        while time.monotonic() < fim:
            comeco = time.monotonic()
            status, _ = conexao.pedir("GET", "/health/live")
            tempos.append((time.monotonic() - comeco) * 1000 if status == 200 else 1e6)
            time.sleep(0.02)
        mediana = statistics.median(tempos)
        return f"{len(tempos)} answers, p50 {mediana:.1f} ms, worst {max(tempos):.0f} ms", mediana

    def perguntar(caminho: str) -> Callable[[threading.Event], None]:
        def laco(parar: threading.Event) -> None:
            conexao = Conexao(host.porta)
            while not parar.is_set():
                conexao.pedir("GET", caminho)
            conexao.fechar()

        return laco

    def venda(parar: threading.Event) -> None:
        vender(host, token, PRODUTOS, caixas=1, segundos=6)

    controle, _ = vida(6)
    servidores = banco.processos()
    for processo in servidores:
        processo.send_signal(signal.SIGSTOP)
    try:
        with durante([perguntar("/health/ready")] * 4 + [perguntar("/metrics")] * 4 + [venda] * 16):
            sob, mediana = vida(6)
    finally:
        for processo in servidores:
            with contextlib.suppress(psutil.NoSuchProcess):
                processo.send_signal(signal.SIGCONT)
    ataque = "D06: the database's sessions are stopped (SIGSTOP); /health/live"
    return [Linha(ataque, controle, sob, min(1.0, 50 / mediana), 1.0)]


def d09_sem_ler(host: Servidor, banco: PostgreSQL, token: str) -> list[Linha]:
    """Callers that ask for the largest page there is and never read it."""
    controle = vender(host, token, PRODUTOS)
    pedido = (b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n") * 40
    processo = psutil.Process(host.processo.pid)
    abertas = []
    for _ in range(40):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(("127.0.0.1", host.porta))
        s.sendall(pedido)
        abertas.append(s)
    sob = vender(host, token, PRODUTOS)
    time.sleep(max(0.0, 40 - SEGUNDOS))
    filhos = processo.children(recursive=True) or [processo]
    vivas = sum(len([c for c in p.net_connections("tcp") if c.status == "ESTABLISHED"]) for p in filhos)
    for s in abertas:
        s.close()
    parte = len(sob.tempos) / len(controle.tempos)
    parte = parte if vivas < 40 else 0.0
    vendido = f"{sob}; {vivas} of 40 still connected"
    return [Linha("D09: 40 callers never read their answers", str(controle), vendido, parte, 0.3)]


def d22_estranhos(host: Servidor, banco: PostgreSQL, token: str) -> list[Linha]:
    """Strangers that send pre-sales with keys that nobody issued, one after the other."""

    def estranho(parar: threading.Event) -> None:
        conexao = Conexao(host.porta)
        while not parar.is_set():
            chave = f"gwp_{random.randrange(16**16):016x}_{'a' * 43}"  # noqa: S311 - a sample, not a secret
            conexao.pedir("POST", ROTA, {"numero": "1"}, chave)
        conexao.fechar()

    controle = vender(host, token, PRODUTOS)
    with durante([estranho] * 150):
        sob = vender(host, token, PRODUTOS)
    parte = len(sob.tempos) / len(controle.tempos)
    return [Linha("D22: 150 connections send pre-sales with keys nobody issued", str(controle), str(sob), parte, 0.5)]


EXPERIMENTOS = (d01_logins, d05_linha_presa, d06_banco_mudo, d09_sem_ler, d22_estranhos)


def main() -> int:
    """Run all, or those that are named, and print the table; 1 when less is left of a control than must be, or the
    server did not stop cleanly."""
    _em = tempfile.TemporaryDirectory()
    banco = PostgreSQL()
    falhas = 0
    try:
        _fill_demo(banco.url)
        with banco.engine.begin() as connection:
            connection.execute(sa.text("UPDATE PCEST SET QTESTGER = 100000000"))
        with _em as pasta, servidor(Path(pasta), banco.url, processos=2, max_por_minuto=0, dreno=0) as host:
            token = host.entrar()
            vender(host, token, PRODUTOS, segundos=2)  # warm
            escolhidos = sys.argv[1:]
            for experimento in EXPERIMENTOS:
                if escolhidos and not any(nome in experimento.__name__ for nome in escolhidos):
                    continue
                for linha in experimento(host, banco, token):
                    falhas += linha.parte < linha.minimo
                    print(f"| {linha.ataque} | {linha.controle} | {linha.sob} | {linha.parte:.0%} |", flush=True)
            comeco = time.monotonic()
            host.sinal(signal.SIGTERM)
            saida = host.fim()
            falhas += saida != 0
            print(f"SIGTERM: exit {saida} after {time.monotonic() - comeco:.1f} s")
    finally:
        banco.fechar()
    return 1 if falhas else 0


if __name__ == "__main__":
    sys.exit(main())
