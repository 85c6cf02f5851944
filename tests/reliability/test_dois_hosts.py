"""Two hosts on one database, set differently: whatever both do at the same time has one effect (R12, R15, R18, R20)."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa

from app.settings import Settings
from tests.integration.test_recuperacao import cair
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import conferir_invariantes
from tests.support.servers import PREVENDA, ROOT, Servidor, ambiente, servidor

HOSTS = ({"threads": 8, "pool": 8, "processos": 1}, {"threads": 3, "pool": 2, "processos": 2, "cache_segundos": 0})
REPETE = {"EM_PROCESSAMENTO", "BANCO_OCUPADO", "SOBRECARGA"}


@pytest.fixture
def banco(postgresql: sa.Engine) -> Iterator[Casa]:
    """Eyes on the tables, by the computer's clock; and a gateway in this process to plant things with."""
    url = postgresql.url.render_as_string(hide_password=False)
    casa = Casa(postgresql, Settings(database_url=url), Relogio(dt.datetime.now(dt.UTC)))
    yield casa
    casa.close()


def comandos(casa: Casa, *argumentos: str) -> list[tuple[int, dict[str, Any]]]:
    """The same command on both hosts, let go at the same moment: exit codes and what they print as JSON.

    A lock on the stock row of product 1 holds up whoever comes first, until both wait for it or two seconds are over.
    """
    esperando = sa.text(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with contextlib.ExitStack() as stack:
        trava = stack.enter_context(casa.engine.begin())
        trava.execute(sa.text("SELECT 1 FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1 FOR UPDATE"))
        olho = stack.enter_context(casa.engine.connect().execution_options(isolation_level="AUTOCOMMIT"))
        processos = [_comecar(casa, host, *argumentos) for host in HOSTS]
        primeira = None
        while any(processo.poll() is None for processo in processos):
            quantas = olho.execute(esperando).scalar_one()
            primeira = primeira or (time.monotonic() if quantas else None)
            if quantas == len(HOSTS) or (primeira and time.monotonic() - primeira > 2):
                break
            time.sleep(0.02)
    fins = [(processo, processo.communicate(timeout=60)[0]) for processo in processos]
    return [(processo.returncode, simplejson.loads(texto)) for processo, texto in fins]


def _comecar(casa: Casa, host: dict[str, int], *argumentos: str) -> subprocess.Popen[str]:
    env = ambiente({"database_url": casa.settings.database_url, **host})
    comando = [*PREVENDA, *argumentos, "--json"]
    return subprocess.Popen(comando, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def vender(host: Servidor, corpo: dict[str, Any], token: str) -> tuple[int, bytes]:
    """The answer, once it is more than "try again"."""
    for _ in range(20):
        http, _, body = host.enviar(corpo, token)
        if http < 400 or simplejson.loads(body)["codigo"] not in REPETE:
            return http, body
        time.sleep(0.1)
    raise AssertionError(body)


def test_a_sale_sent_to_both_hosts_at_once_is_made_once(banco: Casa, tmp_path: Path) -> None:
    """24 sales of 2 units, 36 in stock, each sent to both hosts by eight callers: 18 are made, each once, and both
    hosts say the same."""
    banco.executar("UPDATE PCEST SET QTESTGER = 36 WHERE CODFILIAL = '1' AND CODPROD = 1")
    url = banco.settings.database_url
    with servidor(tmp_path, url, **HOSTS[0]) as um, servidor(tmp_path, url, **HOSTS[1]) as outro:
        token = um.entrar()
        corpos = [pre_venda(item(quantidade=2), numero=f"PV-{n}") for n in range(24)]
        with ThreadPoolExecutor(8) as pool:
            envios = [[pool.submit(vender, host, corpo, token) for host in (um, outro)] for corpo in corpos]
            pares = [tuple(envio.result() for envio in par) for par in envios]
    assert Counter((um[0], outro[0]) for um, outro in pares) == {(201, 201): 18, (409, 409): 6}
    for (http, corpo), (_, outro_corpo) in pares:
        assert http == 409 or corpo == outro_corpo
    assert (banco.contar("PCPEDC"), banco.qtreserv(1)) == (18, 36)
    banco.relogio.agora = dt.datetime.now(dt.UTC)
    conferir_invariantes(banco)


def test_both_sweep_at_once(banco: Casa) -> None:
    numeros = [banco.reservar(pre_venda(numero=f"PV-{n}")) for n in range(20)]
    banco.executar("UPDATE GW_RESERVA SET DTEXPIRA = DTCRIACAO - INTERVAL '1 hour'")
    respostas = comandos(banco, "reservas", "expirar")
    assert [codigo for codigo, _ in respostas] == [0, 0]
    assert sorted(numped for _, corpo in respostas for numped in corpo["expiradas"]) == numeros
    assert banco.qtreserv(1) == 0
    assert Counter(row["OPERACAO"] for row in banco.tabela("PCLOGPEDIDOAPI")) == {"I": 20, "C": 20}
    conferir_invariantes(banco)


def test_both_recover_at_once(banco: Casa) -> None:
    banco.relogio.andar(hours=-1)
    perdidas = [cair(banco, pre_venda(numero=f"PV-{n}")) for n in range(12)]
    respostas = comandos(banco, "log", "recuperar")
    assert [codigo for codigo, _ in respostas] == [0, 0]
    assert sorted(operacao for _, corpo in respostas for operacao in corpo["operacoes"]) == sorted(perdidas)
    assert Counter(row["STATUS"] for row in banco.tabela("PCLOGPEDIDOAPI")) == {"R": 12}
    conferir_invariantes(banco)
