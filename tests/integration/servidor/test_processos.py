"""``prevenda serve`` as the operating system sees it: signals, exit codes, a family of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import simplejson
import sqlalchemy as sa

from app.servidor import quantos_processos
from app.settings import Settings
from tests.support.builders import pre_venda
from tests.support.servers import Servidor, servidor


def url(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def ate(condicao: Callable[[], bool], segundos: float = 15) -> None:
    limite = time.monotonic() + segundos
    while not condicao():
        assert time.monotonic() < limite
        time.sleep(0.05)


def filhos(processo: Servidor) -> list[psutil.Process]:
    """The serving processes of a family; one that just died and is not buried yet is none."""

    def serve(processo: psutil.Process) -> bool:
        try:
            return "spawn_main" in " ".join(processo.cmdline())
        except psutil.NoSuchProcess:
            return False

    return [p for p in psutil.Process(processo.processo.pid).children() if serve(p)]


def test_sigterm_lets_a_reservation_that_waits_for_a_lock_finish(postgresql: sa.Engine, tmp_path: Path) -> None:
    with servidor(tmp_path, url(postgresql), processos=1) as gateway, ThreadPoolExecutor(1) as pool:
        token = gateway.entrar()
        with postgresql.begin() as outro:
            outro.execute(sa.text("SELECT QTRESERV FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1 FOR UPDATE"))
            venda = pool.submit(gateway.enviar, pre_venda(), token)
            esperando = sa.text(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            with postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as olho:
                ate(lambda: bool(olho.execute(esperando).scalar()))
            gateway.sinal(signal.SIGTERM)
            time.sleep(0.3)
            assert gateway.processo.poll() is None
        http, headers, body = venda.result()
        assert (http, headers["connection"]) == (201, "close")
        assert simplejson.loads(body)["idPedidoRetaguarda"] == 8_000_001
        assert gateway.fim() == 0
        assert gateway.linhas[-1] == "Gateway encerrado.\n"
    with postgresql.connect() as c:
        assert c.execute(sa.text("SELECT ESTADO FROM GW_OPERACAO")).scalars().all() == ["A"]


def test_while_draining_ready_says_no_and_sales_go_on(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    with servidor(tmp_path, url(sqlite_engine), dreno=1.5) as gateway:
        assert gateway.pedir("GET", "/health/ready")[0] == 200
        token = gateway.entrar()
        inicio = time.monotonic()
        gateway.sinal(signal.SIGTERM)
        ate(lambda: gateway.pedir("GET", "/health/ready")[0] == 503)
        http, headers, body = gateway.pedir("GET", "/health/ready")
        assert (http, simplejson.loads(body)["codigo"], headers["retry-after"]) == (503, "ENCERRANDO", "2")
        assert gateway.pedir("GET", "/health/live")[0] == 200
        assert gateway.enviar(pre_venda(), token)[0] == 201
        assert gateway.fim() == 0
        assert time.monotonic() - inicio >= 1.5


def test_a_second_signal_ends_it_at_once(postgresql: sa.Engine, tmp_path: Path) -> None:
    with servidor(tmp_path, url(postgresql), processos=2, dreno=15) as gateway:
        familia = filhos(gateway)
        gateway.sinal(signal.SIGTERM)
        time.sleep(0.2)
        gateway.sinal(signal.SIGTERM)
        assert gateway.fim(3) == 1
        ate(lambda: not any(p.is_running() for p in familia), 3)


def test_ctrl_c_does_not_wait_for_a_proxy(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    with servidor(tmp_path, url(sqlite_engine), dreno=15) as gateway:
        gateway.sinal(signal.SIGINT)
        assert gateway.fim(3) == 0


def test_a_family_serves_replaces_who_dies_and_ends_together(postgresql: sa.Engine, tmp_path: Path) -> None:
    with servidor(tmp_path, url(postgresql), processos=2) as gateway:
        token = gateway.entrar()
        assert gateway.enviar(pre_venda(numero="PV-1"), token)[0] == 201
        primeiros = filhos(gateway)
        assert len(primeiros) == 2
        primeiros[0].kill()
        for numero in range(5):  # the other one serves meanwhile
            assert gateway.enviar(pre_venda(numero=f"PV-M{numero}"), token)[0] == 201
        ate(lambda: len(filhos(gateway)) == 2 and primeiros[0] not in filhos(gateway))
        assert any("outro toma o seu lugar" in linha for linha in gateway.linhas)
        gateway.sinal(signal.SIGTERM)
        assert gateway.fim() == 0
        assert not any(p.is_running() for p in primeiros)


def test_children_do_not_outlive_a_parent_that_was_killed(postgresql: sa.Engine, tmp_path: Path) -> None:
    with servidor(tmp_path, url(postgresql), processos=2) as gateway:
        familia = filhos(gateway)
        gateway.sinal(signal.SIGKILL)
        gateway.fim()
        ate(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in familia), 3)
        with pytest.raises((ConnectionRefusedError, ConnectionResetError)):
            gateway.pedir("GET", "/health/live")


def test_nothing_of_a_family_is_mapped_from_a_file_or_left_in_the_temporary_folder(
    postgresql: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is mapped and written ends its process by SIGBUS when the disk is full: no metric may be one."""
    temporaria = tmp_path / "temporaria"
    temporaria.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporaria))
    with servidor(tmp_path, url(postgresql), processos=2) as gateway:
        token = gateway.entrar()
        for numero in range(4):
            assert gateway.enviar(pre_venda(numero=f"PV-{numero}"), token)[0] == 201
        assert gateway.pedir("GET", "/metrics")[0] == 200
        familia = [*filhos(gateway), psutil.Process(gateway.processo.pid)]
        mapas = [linha for p in familia for linha in Path(f"/proc/{p.pid}/maps").read_text("utf-8").splitlines()]
        compartilhados = [linha for linha in mapas if "rw-s" in linha.split()[1]]
        assert [linha for linha in compartilhados if "/" in linha and "/dev/zero" not in linha] == []
        gateway.sinal(signal.SIGKILL)
        gateway.fim()
        ate(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in familia))
    assert list(temporaria.iterdir()) == []


def test_a_hangup_ends_nobody(postgresql: sa.Engine, tmp_path: Path) -> None:
    with servidor(tmp_path, url(postgresql), processos=2) as gateway:
        familia = filhos(gateway)
        for processo in familia:
            processo.send_signal(signal.SIGHUP)
        gateway.sinal(signal.SIGHUP)
        token = gateway.entrar()
        for numero in range(4):
            assert gateway.enviar(pre_venda(numero=f"PV-{numero}"), token)[0] == 201
        assert (gateway.processo.poll(), filhos(gateway)) == (None, familia)
        gateway.sinal(signal.SIGTERM)
        assert gateway.fim() == 0


@pytest.mark.parametrize(
    ("settings", "quantos"),
    [
        (Settings(processos=3), 3),
        (Settings(), 1),
        (Settings(database_url="postgresql+psycopg://h/db"), 2),
        (Settings(database_url="oracle+oracledb://h/?service_name=s", processos=1), 1),
    ],
)
def test_how_many_processes(settings: Settings, quantos: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    assert quantos_processos(settings) == quantos


SERVIR_E_CONTAR = """
import gc
from app.servidor import servir
from app.servidor.atendimento import Atendimento
from app.settings import from_env
import os

Atendimento.correr = lambda self, anunciar: print(gc.get_freeze_count(), gc.isenabled()) or True
servir(from_env(os.environ), lambda *_: None)
"""


def test_what_a_serving_process_keeps_is_not_walked_through_again(sqlite_engine: sa.Engine) -> None:
    ambiente = {
        **os.environ,
        "PREVENDA_DATABASE_URL": url(sqlite_engine),
        "PREVENDA_PORT": "0",
        "PREVENDA_JWT_CHAVE": "k" * 48,
        "PREVENDA_PROCESSOS": "1",
    }
    saida = subprocess.run(
        [sys.executable, "-c", SERVIR_E_CONTAR], env=ambiente, capture_output=True, text=True, timeout=60, check=True
    )
    poupados, ligado = saida.stdout.split()
    assert int(poupados) > 50_000
    assert ligado == "True"
