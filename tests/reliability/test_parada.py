"""SIGTERM under load: ready says 503 at once, what is in flight is finished, nobody is cut off, exit 0 (R-28)."""

from __future__ import annotations

import datetime as dt
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import simplejson
import sqlalchemy as sa

from app.settings import Settings
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import conferir_invariantes
from tests.support.servers import servidor

CAIXAS = 8
PARADA_MAXIMA_S = 30


def _esperar_locks(engine: sa.Engine, quantos: int) -> None:
    """Until so many sessions wait for a lock."""
    query = sa.text(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    fim = time.monotonic() + 2
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.execute(query).scalar_one() < quantos:
            assert time.monotonic() < fim, "as vendas não chegaram ao estoque"
            time.sleep(0.02)


def test_sigterm_under_load(postgresql: sa.Engine, tmp_path: Path) -> None:
    """Eight tills sell while SIGTERM arrives; WinThor holds the stock row meanwhile, so that eight sales are in flight.

    As a proxy does, the tills send nothing more once ready is 503.
    """
    url = postgresql.url.render_as_string(hide_password=False)
    fora_do_rodizio = threading.Event()
    with servidor(tmp_path, url, threads=CAIXAS, pool=CAIXAS, dreno=1) as host:
        token = host.entrar()

        def caixa(n: int) -> list[tuple[int, bytes]]:
            vendas = []
            while not fora_do_rodizio.is_set():
                corpo = pre_venda(item(quantidade=1), numero=f"PV-{n}-{len(vendas)}")
                http, _, body = host.enviar(corpo, token)  # a cut connection raises
                vendas.append((http, body))
            return vendas

        with ThreadPoolExecutor(CAIXAS) as pool:
            caixas = [pool.submit(caixa, n) for n in range(CAIXAS)]
            time.sleep(1)
            with postgresql.begin() as winthor:
                winthor.execute(sa.text("SELECT 1 FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1 FOR UPDATE"))
                _esperar_locks(postgresql, CAIXAS // 2)
                host.sinal(signal.SIGTERM)
                inicio = time.monotonic()
                while host.pedir("GET", "/health/ready")[0] != 503:
                    assert time.monotonic() - inicio < 5
                fora_do_rodizio.set()
                time.sleep(1)  # the port is closed by now
            assert host.fim(PARADA_MAXIMA_S) == 0
            vendas = [venda for caixa in caixas for venda in caixa.result()]
    # What waits for a row that is held for long is told so; nobody hears nothing.
    respostas = [(http, simplejson.loads(body)) for http, body in vendas]
    assert {body["codigo"] for http, body in respostas if http != 201} <= {"BANCO_OCUPADO"}
    numeros = {body["idPedidoRetaguarda"] for http, body in respostas if http == 201}
    assert len(numeros) > CAIXAS
    casa = Casa(postgresql, Settings(database_url=url), Relogio(dt.datetime.now(dt.UTC)))
    assert {row["NUMPED"] for row in casa.tabela("PCPEDC")} == numeros
    assert casa.qtreserv(1) == len(numeros)
    estados = Counter(row["ESTADO"] for row in casa.tabela("GW_OPERACAO"))
    assert (estados["A"], estados["P"]) == (len(numeros), 0)
    conferir_invariantes(casa)
    casa.close()
