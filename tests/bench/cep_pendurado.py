"""How much a CEP service that hangs costs the requests that need no CEP: ten senders wait for it while they run.

    python tests/bench/cep_pendurado.py [--url postgresql+psycopg://…] [--rodadas 5] [--pedidos 60]

Each round starts a gateway of its own (its breaker closed) behind the real server with 8 threads, on a demo database,
and measures the same requests twice, in turn first and last: alone, and while ten pre-sales of new customers are held
by two services that take a request and never answer. Prints the ratio of the medians, with its range over the rounds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import json
import logging
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from waitress.server import create_server

from app import CHAVE_JWT_DA_DEMO, create_app
from app.demonstracao.linhas import demo_rows
from app.domain.documentos import documento_valido
from app.settings import Settings
from app.winthor.db.engine import create_engine
from app.winthor.esquema.schema import create_demo
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.cep_servers import ServidorLocal, esperar_ate, pendurar
from tests.support.gateway import LOGIN, ROTA

PENDURADOS = 10
EM_VOO = 4  # checks at once in one process; the others are answered unverified
PREPARO = 10


class Loja:
    """One HTTP client of the gateway with its own connection."""

    def __init__(self, port: int, token: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def enviar(self, caminho: str, corpo: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self._connection.request("POST", caminho, json.dumps(corpo), self._headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def reservar(self, corpo: dict[str, Any]) -> float:
        """Milliseconds of a reservation."""
        inicio = time.perf_counter()
        status, answer = self.enviar(ROTA, corpo)
        if status != 201:
            raise RuntimeError(f"HTTP {status}: {answer.get('message')}")
        return (time.perf_counter() - inicio) * 1000


def gateway(settings: Settings) -> int:
    """Start the gateway behind waitress and give its port; it ends with this process."""
    server = create_server(create_app(settings), host="127.0.0.1", port=0, threads=settings.threads)
    threading.Thread(target=server.run, daemon=True).start()
    return int(server.effective_port)


def cpf(n: int) -> str:
    return next(doc for doc in (f"{n:09}{dv:02}" for dv in range(100)) if documento_valido(doc))


def medir(loja: Loja, nome: str, quantos: int) -> list[float]:
    """Reservations of an existing customer: no CEP is checked for them."""
    return [
        loja.reservar(pre_venda(item("10010-1001", 1), numero=f"{nome}-{n}", cliente={"idRetaguarda": 20}))
        for n in range(quantos)
    ]


def com_pendurados(port: int, token: str, rodada: int, servico: ServidorLocal, loja: Loja, quantos: int) -> list[float]:
    """The same requests while the ten wait; says so when they did not."""
    antes = len(servico.pedidos)

    def esperar_pelo_cep(n: int) -> None:
        cliente = cliente_completo(cpfCnpj=cpf(rodada * 100 + n + 1), cep=f"{2000000 + rodada * 100 + n:08}")
        Loja(port, token).reservar(pre_venda(item("10020-1002", 1), numero=f"CEP-{rodada}-{n}", cliente=cliente))

    threads = [threading.Thread(target=esperar_pelo_cep, args=(n,)) for n in range(PENDURADOS)]
    for thread in threads:
        thread.start()
    esperar_ate(lambda: len(servico.pedidos) - antes == EM_VOO)
    esperar_ate(lambda: sum(thread.is_alive() for thread in threads) == EM_VOO)
    tempos = medir(loja, f"COM-{rodada}", quantos)
    presos = sum(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()
    if presos < EM_VOO:
        print(f"  round {rodada + 1}: only {presos} still waited at the end; use fewer --pedidos", file=sys.stderr)
    return tempos


def rodar(settings: Settings, rodada: int, quantos: int, um: ServidorLocal) -> tuple[list[float], list[float]]:
    """(alone, beside the ten) in milliseconds."""
    port = gateway(settings)
    _, answer = Loja(port).enviar(LOGIN, {"login": "hub", "senha": "demo"})
    token = str(answer["accessToken"])
    loja = Loja(port, token)
    medir(loja, f"PREPARO-{rodada}", PREPARO)
    sozinhos: list[float] = []
    if rodada % 2 == 0:
        sozinhos = medir(loja, f"SEM-{rodada}", quantos)
    juntos = com_pendurados(port, token, rodada, um, loja, quantos)
    if rodada % 2:
        sozinhos = medir(loja, f"SEM-{rodada}", quantos)
    return sozinhos, juntos


def criar_demo(url: str) -> None:
    engine = create_engine(url)
    agora = dt.datetime.now(dt.UTC)
    create_demo(engine, demo_rows(agora), {CHAVE_JWT_DA_DEMO: "chave-do-benchmark-" + "0" * 32})
    engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="an empty database; default: a temporary SQLite file")
    parser.add_argument("--rodadas", type=int, default=5)
    parser.add_argument("--pedidos", type=int, default=60, help="requests per measurement")
    args = parser.parse_args()
    for nome in ("app.cep", "waitress.queue"):
        logging.getLogger(nome).setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as pasta, ServidorLocal(pendurar) as um, ServidorLocal(pendurar) as outro:
        url = args.url or f"sqlite:///{pasta}/bench.db"
        criar_demo(url)
        settings = Settings(database_url=url, viacep_url=um.url, byjg_url=outro.url)
        razoes = []
        for rodada in range(args.rodadas):
            sem, com = (statistics.median(tempos) for tempos in rodar(settings, rodada, args.pedidos, um))
            razoes.append(com / sem)
            print(f"round {rodada + 1}: median alone {sem:.1f} ms, beside the hanging ones {com:.1f} ms")
        print(
            f"ratio {statistics.median(razoes):.2f} ({min(razoes):.2f}–{max(razoes):.2f}), {args.rodadas} rounds of "
            f"{args.pedidos} requests, {settings.threads} threads, {PENDURADOS} senders behind two hanging services"
        )


if __name__ == "__main__":
    main()
