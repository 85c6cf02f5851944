"""One serving process: a bounded queue, refusals in the one shape, limits of time, and an end that cuts nobody off."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from app.servidor import canal, escutar
from app.servidor.atendimento import Atendimento
from app.settings import Settings

THREADS, FILA = 2, 3


class Casinha:
    """A server in a thread of this process, with an application whose sales wait for ``soltar``."""

    def __init__(self, **mudancas: Any) -> None:
        self.settings = Settings(port=0, threads=THREADS, fila=FILA, **mudancas)
        self.soltar = threading.Event()
        self.chegaram = threading.Semaphore(0)
        self.escuta = escutar(self.settings)
        self.porta: int = self.escuta.getsockname()[1]
        self.atendimento = Atendimento(self._app(), self.escuta, self.settings)
        self.limpo: bool | None = None
        self.thread = threading.Thread(target=self._correr)
        self.thread.start()

    def _app(self) -> Flask:
        app = Flask(__name__)
        app.extensions["encerrando"] = threading.Event()

        @app.post("/venda")
        def venda() -> str:
            self.chegaram.release()
            assert self.soltar.wait(10)
            return "vendido"

        @app.get("/health/live")
        def live() -> str:
            return "ok"

        return app

    def _correr(self) -> None:
        self.limpo = self.atendimento.correr(lambda: None)

    def conectar(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.porta, timeout=10)

    def vender(self) -> tuple[int, dict[str, str], bytes]:
        with contextlib.closing(self.conectar()) as conexao:
            conexao.request("POST", "/venda", b"{}")
            answer = conexao.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def viva(self) -> int:
        with contextlib.closing(self.conectar()) as conexao:
            conexao.request("GET", "/health/live")
            return conexao.getresponse().status

    def esperar_ocupadas(self, quantas: int) -> None:
        for _ in range(quantas):
            assert self.chegaram.acquire(timeout=5)

    def fim(self) -> bool:
        self.thread.join(10)
        assert self.limpo is not None
        return self.limpo


@pytest.fixture
def casinha() -> Iterator[Casinha]:
    casa = Casinha()
    yield casa
    casa.soltar.set()
    casa.atendimento.parar(0)
    casa.fim()


def ate(condicao: Callable[[], bool], segundos: float = 5) -> None:
    limite = time.monotonic() + segundos
    while not condicao():
        assert time.monotonic() < limite
        time.sleep(0.01)


def test_more_callers_than_threads_and_queue_are_told_to_come_back(casinha: Casinha) -> None:
    demais = 7
    with ThreadPoolExecutor(THREADS + FILA + demais) as pool:
        dentro = [pool.submit(casinha.vender) for _ in range(THREADS)]
        casinha.esperar_ocupadas(THREADS)
        outras = [pool.submit(casinha.vender) for _ in range(FILA + demais)]
        # The refusals come while every thread is still busy.
        ate(lambda: sum(venda.done() for venda in outras) == demais)
        assert casinha.viva() == 200
        casinha.soltar.set()
        respostas = [venda.result() for venda in outras]
        assert [venda.result()[0] for venda in dentro] == [200] * THREADS
    assert sorted(http for http, _, _ in respostas) == [200] * FILA + [503] * demais
    headers, body = next((headers, body) for http, headers, body in respostas if http == 503)
    assert headers["retry-after"] == "2"
    assert headers["content-type"] == "application/problem+json"
    assert (json.loads(body)["codigo"], json.loads(body)["instance"]) == ("SOBRECARGA", "/venda")


def test_a_request_that_waited_too_long_is_not_begun(casinha: Casinha, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canal, "ESPERA_MAXIMA_S", 0.05)
    with ThreadPoolExecutor(THREADS + 1) as pool:
        dentro = [pool.submit(casinha.vender) for _ in range(THREADS)]
        casinha.esperar_ocupadas(THREADS)
        esperou = pool.submit(casinha.vender)
        time.sleep(0.2)
        casinha.soltar.set()
        assert [venda.result()[0] for venda in dentro] == [200] * THREADS
        assert esperou.result()[0] == 503
    assert not casinha.chegaram.acquire(blocking=False)


@pytest.mark.parametrize(
    ("pedido", "http", "codigo"),
    [
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, "JSON_INVALIDO"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000, 431, "JSON_INVALIDO"),
        (b"POST /venda HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n", 413, "CORPO_GRANDE"),
        (b"POST /venda HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "ERRO_INTERNO"),
    ],
)
def test_what_never_reaches_the_application_is_refused_in_the_same_shape(
    casinha: Casinha, pedido: bytes, http: int, codigo: str
) -> None:
    with socket.create_connection(("127.0.0.1", casinha.porta), timeout=5) as s:
        s.sendall(pedido)
        answer = b""
        with contextlib.suppress(ConnectionResetError):  # what it did not care to read
            while part := s.recv(65536):
                answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {http} ".encode()) or head.startswith(f"HTTP/1.0 {http} ".encode())
    assert b"application/problem+json" in head
    assert (json.loads(body)["codigo"], json.loads(body)["status"]) == (codigo, http)


def test_half_a_request_is_cut_off(casinha: Casinha, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canal, "CHEGADA_MAXIMA_S", 0.2)
    with socket.create_connection(("127.0.0.1", casinha.porta), timeout=5) as s:
        s.sendall(b"POST /venda HTTP/1.1\r\nContent-Le")
        assert s.recv(100) == b""


def test_an_idle_connection_is_closed(casinha: Casinha, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canal, "OCIOSA_S", 0.2)
    with socket.create_connection(("127.0.0.1", casinha.porta), timeout=5) as s:
        assert s.recv(100) == b""


def test_what_is_in_flight_is_finished_and_then_it_ends(casinha: Casinha) -> None:
    with ThreadPoolExecutor(THREADS + 1) as pool:
        vendas = [pool.submit(casinha.vender) for _ in range(THREADS + 1)]  # the last one waits for a thread
        casinha.esperar_ocupadas(THREADS)
        ate(lambda: len(casinha.atendimento._fila.queue) == 1)
        casinha.atendimento.parar(0)
        time.sleep(0.1)
        with pytest.raises(ConnectionRefusedError):
            casinha.vender()
        casinha.soltar.set()
        for venda in vendas:
            http, headers, body = venda.result()
            assert (http, body, headers["connection"]) == (200, b"vendido", "close")
    assert casinha.fim() is True


def test_while_draining_everybody_is_served(casinha: Casinha) -> None:
    casinha.soltar.set()
    antiga = casinha.conectar()
    antiga.request("GET", "/health/live")
    antiga.getresponse().read()
    casinha.atendimento.parar(0.5)
    http, headers, _ = casinha.vender()
    assert (http, headers["connection"]) == (200, "close")
    antiga.request("GET", "/health/live")
    answer = antiga.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (200, "close")
    antiga.close()
    assert casinha.fim() is True
    with pytest.raises(ConnectionRefusedError):
        casinha.viva()


def test_a_connection_without_a_request_does_not_hold_up_the_end(casinha: Casinha) -> None:
    with socket.create_connection(("127.0.0.1", casinha.porta), timeout=5) as parada:
        time.sleep(0.1)
        casinha.atendimento.parar(0)
        assert casinha.fim() is True
        assert parada.recv(100) == b""


def test_what_does_not_end_in_time_is_cut_off_and_told(casinha: Casinha, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.servidor.atendimento.PARADA_MAXIMA_S", 0.2)
    with ThreadPoolExecutor(1) as pool:
        venda = pool.submit(casinha.vender)
        casinha.esperar_ocupadas(1)
        casinha.atendimento.parar(0)
        assert casinha.fim() is False
        casinha.soltar.set()
        with pytest.raises((http.client.HTTPException, OSError)):
            venda.result(5)
