"""Two hosts on one database behind a proxy: each is replaced while sales go on, and not one request fails."""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from tests.support.builders import item, pre_venda
from tests.support.gateway import ROTA
from tests.support.http_proxy import HttpProxy, proxy
from tests.support.servers import Servidor, pedir, servidor

CLIENTES = 3
RITMO_S = 0.03


class Caixas:
    """Tills that sell one unit after the other by the proxy until told to stop."""

    def __init__(self, porta: int, token: str) -> None:
        self._porta, self._token = porta, token
        self._numeros = itertools.count(1)
        self._fim = threading.Event()
        self.respostas: list[tuple[int, bytes]] = []
        self._threads = [threading.Thread(target=self._vender) for _ in range(CLIENTES)]
        for thread in self._threads:
            thread.start()

    def _vender(self) -> None:
        while not self._fim.wait(RITMO_S):
            numero = next(self._numeros)
            corpo = pre_venda(item(f"{10010 + numero % 60 * 10}-{1001 + numero % 60}", 1), numero=f"PV-{numero}")
            http, _, body = pedir(self._porta, "POST", ROTA, corpo, self._token)
            self.respostas.append((http, body))

    def vender_mais(self, quantas: int) -> None:
        """Wait for so many further answers."""
        meta, limite = len(self.respostas) + quantas, time.monotonic() + 20
        while len(self.respostas) < meta:
            assert time.monotonic() < limite
            time.sleep(0.02)

    def fechar(self) -> None:
        self._fim.set()
        for thread in self._threads:
            thread.join()


def entrar(na_frente: HttpProxy, host: Servidor) -> None:
    na_frente.entra(host.porta)
    limite = time.monotonic() + 10
    while not na_frente.esta_pronto(host.porta):
        assert time.monotonic() < limite
        time.sleep(0.02)


def test_a_rolling_restart_fails_no_request(postgresql: sa.Engine, tmp_path: Path) -> None:
    url = postgresql.url.render_as_string(hide_password=False)
    with contextlib.ExitStack() as stack:
        na_frente = stack.enter_context(proxy())

        def ligar() -> Servidor:
            host = stack.enter_context(servidor(tmp_path, url, processos=1, dreno=0.5))
            entrar(na_frente, host)
            return host

        hosts = [ligar(), ligar()]
        caixas = Caixas(na_frente.porta, hosts[0].entrar())
        stack.callback(caixas.fechar)
        for velho in hosts:
            caixas.vender_mais(10)
            velho.sinal(signal.SIGTERM)
            assert velho.fim() == 0
            na_frente.sai(velho.porta)
            caixas.vender_mais(10)  # the other one sells alone
            ligar()
        caixas.vender_mais(10)
        caixas.fechar()
    assert {http for http, _ in caixas.respostas} == {201}
    with postgresql.connect() as c:
        reservas = c.execute(sa.text("SELECT COUNT(*) FROM GW_RESERVA WHERE ESTADO = 'AUTORIZADA'")).scalar()
        pendentes = c.execute(sa.text("SELECT COUNT(*) FROM GW_OPERACAO WHERE ESTADO = 'P'")).scalar()
        contado = c.execute(sa.text("SELECT SUM(QTRESERV) FROM PCEST")).scalar()
    assert (reservas, pendentes) == (len(caixas.respostas), 0)
    assert contado == len(caixas.respostas)
