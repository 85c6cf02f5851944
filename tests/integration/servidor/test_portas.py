"""Doors: no kind of request takes the threads of another, and nobody keeps a connection for nothing."""

from __future__ import annotations

import contextlib
import errno
import http.client
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, request

from app.api.problemas import SEGURAR
from app.servidor import atendimento, canal, escutar
from app.servidor.atendimento import Atendimento
from app.servidor.fila import (
    CONSULTA,
    ENTRADA,
    EVENTOS,
    LATERAIS,
    METRICAS,
    PRONTIDAO,
    RETAGUARDA,
    VIDA,
    Porta,
    porta_de,
)
from app.settings import Settings

VENDA = "/winthor/varejo/matcon/v1/orders/pdvsync"
DE_CADA = {
    VIDA: "/health/live",
    PRONTIDAO: "/health/ready",
    METRICAS: "/metrics",
    ENTRADA: "/winthor/autenticacao/v1/login",
    CONSULTA: f"{VENDA}/consulta",
    EVENTOS: "/api/v1/eventos",
    RETAGUARDA: "/api/v1/conciliacao",
}


@pytest.mark.parametrize(
    ("caminho", "porta"),
    [
        (VENDA, None),
        ("/api/wholesale/v1/orders/pdvsync", None),
        ("/api/v1/pre-vendas/simulacao", None),
        ("/api/v1/pre-vendas/PV-1", None),
        ("/nada", None),
        *[(caminho, porta) for porta, caminho in DE_CADA.items()],
        ("//health/live", VIDA),
        ("/painel/entrar", ENTRADA),
        ("/painel/", RETAGUARDA),
        ("/painel", RETAGUARDA),
        ("/api/v1/log", RETAGUARDA),
        ("/api/v1/recusas-sem-registro", RETAGUARDA),
        ("/api/v1/estoque/1/1001", CONSULTA),
        ("/api/stock-vtex/v1/available/pdv-sync", CONSULTA),
        ("/api/wholesale/v1/orders/list", CONSULTA),
    ],
)
def test_who_serves_what(caminho: str, porta: Porta | None) -> None:
    assert porta_de(caminho) is porta


class Loja:
    """A server whose application answers a path when it is let go: everything waits but what is in ``soltas``."""

    def __init__(self) -> None:
        self.settings = Settings(port=0, threads=2, fila=2)
        self.soltar = threading.Event()
        self.soltas: set[str] = set()
        self.tamanho = 2
        self.escuta = escutar(self.settings)
        self.porta: int = self.escuta.getsockname()[1]
        self.atendimento = Atendimento(self._app(), self.escuta, self.settings)
        self.limpo: bool | None = None
        self.thread = threading.Thread(target=self._correr)
        self.thread.start()

    def _correr(self) -> None:
        self.limpo = self.atendimento.correr(lambda: None)

    def _app(self) -> Flask:
        app = Flask(__name__)
        app.extensions["encerrando"] = threading.Event()

        @app.route("/<path:tudo>", methods=["GET", "POST"])
        def tudo(tudo: str) -> str:
            if f"/{tudo}" not in self.soltas:
                self.soltar.wait(20)
            if tudo == "segurada":
                request.environ[SEGURAR] = 0.6
            return "x" * self.tamanho

        return app

    def pedir(self, caminho: str) -> tuple[int, float]:
        comeco = time.monotonic()
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.porta, timeout=30)) as conexao:
            conexao.request("POST" if "login" in caminho else "GET", caminho)
            answer = conexao.getresponse()
            answer.read()
            return answer.status, time.monotonic() - comeco

    def ligar(self, enviado: bytes = b"") -> socket.socket:
        s = socket.create_connection(("127.0.0.1", self.porta), timeout=10)
        s.sendall(enviado)
        return s

    def fim(self) -> bool:
        self.soltar.set()
        self.atendimento.parar(0)
        self.thread.join(30)
        assert self.limpo is not None
        return self.limpo


@pytest.fixture
def loja() -> Iterator[Loja]:
    loja = Loja()
    yield loja
    if loja.limpo is None:
        loja.fim()


@pytest.mark.parametrize("cheia", [porta for porta in DE_CADA if porta is not VIDA], ids=lambda porta: porta.nome)
def test_a_door_that_is_full_keeps_no_other_waiting(loja: Loja, cheia: Porta) -> None:
    """Three more than its threads, all of them stuck; a sale and every other door answer at once, and so does life."""
    outras = [VENDA, *[caminho for porta, caminho in DE_CADA.items() if porta is not cheia]]
    loja.soltas.update(outras)
    with ThreadPoolExecutor(cheia.threads + 3) as pool:
        presas = [pool.submit(loja.pedir, DE_CADA[cheia]) for _ in range(cheia.threads + 3)]
        time.sleep(0.3)
        feitas = [loja.pedir(caminho) for caminho in outras]
        loja.soltar.set()
        assert {presa.result()[0] for presa in presas} == {200}
    assert {http for http, _ in feitas} == {200}
    assert max(segundos for _, segundos in feitas) < 1


def test_life_answers_when_every_other_door_is_full(loja: Loja) -> None:
    loja.soltas.add("/health/live")
    quantas = {VENDA: 4, **{DE_CADA[porta]: porta.threads + 1 for porta in DE_CADA if porta is not VIDA}}
    with ThreadPoolExecutor(sum(quantas.values())) as pool:
        presas = [pool.submit(loja.pedir, caminho) for caminho, n in quantas.items() for _ in range(n)]
        time.sleep(0.5)
        vidas = sorted(loja.pedir("/health/live")[1] for _ in range(20))
        loja.soltar.set()
        for presa in presas:
            presa.result()
    assert vidas[len(vidas) // 2] < 0.05


def test_too_many_for_a_door_are_told_so_at_once(loja: Loja) -> None:
    with ThreadPoolExecutor(METRICAS.threads + METRICAS.fila + 4) as pool:
        todas = [pool.submit(loja.pedir, "/metrics") for _ in range(METRICAS.threads + METRICAS.fila + 4)]
        time.sleep(4)
        recusadas = [t.result() for t in todas if t.done()]
        loja.soltar.set()
        for t in todas:
            t.result()
    assert [http for http, _ in recusadas] == [503] * 4
    assert all(1.9 < segundos < 4 for _, segundos in recusadas)  # told late, so that nobody asks in a loop
    assert sum(porta.threads for porta in LATERAIS) < 12  # few, whatever comes


def test_an_answer_that_is_held_back_holds_no_thread(loja: Loja) -> None:
    loja.soltas.update(["/segurada", "/livre"])
    with ThreadPoolExecutor(8) as pool:
        seguradas = [pool.submit(loja.pedir, "/segurada") for _ in range(8)]  # two threads
        livre = loja.pedir("/livre")
        tempos = [s.result() for s in seguradas]
    assert {http for http, _ in tempos} == {200}
    assert all(0.55 < segundos < 2.5 for _, segundos in tempos)
    assert livre[1] < 0.5


def test_what_is_held_back_is_let_go_at_the_end(loja: Loja) -> None:
    loja.soltas.add("/segurada")
    with ThreadPoolExecutor(1) as pool:
        segurada = pool.submit(loja.pedir, "/segurada")
        time.sleep(0.2)
        assert loja.fim() is True
        assert segurada.result()[0] == 200


def test_whoever_never_reads_is_closed(loja: Loja, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canal, "PARADO_NA_RESPOSTA_S", 0.5)
    loja.soltas.add("/grande")
    loja.tamanho = 24 * 1024 * 1024  # over the mark at which a thread waits for the reader
    with loja.ligar(b"GET /grande HTTP/1.1\r\nHost: x\r\n\r\n"):
        limite = time.monotonic() + 10
        while not loja.atendimento._porta.active_channels:
            assert time.monotonic() < limite
            time.sleep(0.01)
        while loja.atendimento._porta.active_channels:
            assert time.monotonic() < limite
            time.sleep(0.05)
    loja.tamanho = 2
    assert loja.pedir("/grande")[0] == 200


def test_whoever_never_reads_does_not_hold_up_the_end(loja: Loja, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canal, "PARADO_NO_FIM_S", 0.5)
    loja.soltas.add("/grande")
    loja.tamanho = 12 * 1024 * 1024
    with loja.ligar(b"GET /grande HTTP/1.1\r\nHost: x\r\n\r\n"):
        time.sleep(1)
        comeco = time.monotonic()
        assert loja.fim() is True
        assert time.monotonic() - comeco < 8


@pytest.mark.parametrize(
    "linhas",
    [
        b"Content-Length: " + b"9" * 5000,
        b"Content-Length: " + b"1" * 4301,
        b"Content-Length: \xb2",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    ],
)
def test_a_header_that_nobody_foresaw_gets_an_answer(
    loja: Loja, linhas: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    loja.soltas.add("/livre")
    with loja.ligar(b"POST /livre HTTP/1.1\r\nHost: x\r\n" + linhas + b"\r\n\r\n0\r\n\r\n") as s:
        answer = s.recv(65536)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ", b"HTTP/1.1 200 ", b"HTTP/1.1 413 "))
    assert "127.0.0.1" not in caplog.text


def test_one_address_has_a_share_of_the_connections(loja: Loja, monkeypatch: pytest.MonkeyPatch) -> None:
    """The idlest one makes room; those that just came are not idle yet, and then the new one is closed."""
    monkeypatch.setattr(atendimento, "POR_ENDERECO", 5)
    monkeypatch.setattr(canal, "RECEM_CHEGADA_S", 0.1)
    loja.soltas.add("/livre")
    with contextlib.ExitStack() as pilha:
        paradas = [pilha.enter_context(loja.ligar()) for _ in range(5)]
        time.sleep(0.4)
        assert loja.pedir("/livre")[0] == 200
        assert paradas[0].recv(10) == b""
        assert len(loja.atendimento._porta.active_channels) <= 5


def test_the_trusted_proxy_has_as_many_as_it_wants(loja: Loja, monkeypatch: pytest.MonkeyPatch) -> None:
    import ipaddress

    monkeypatch.setattr(atendimento, "POR_ENDERECO", 3)
    loja.atendimento._porta.proxies = (ipaddress.ip_network("127.0.0.0/8"),)
    with contextlib.ExitStack() as pilha:
        for _ in range(8):
            pilha.enter_context(loja.ligar())
        time.sleep(0.3)
        assert len(loja.atendimento._porta.active_channels) == 8


def test_without_file_handles_it_waits_and_makes_room(
    loja: Loja, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(canal, "RECEM_CHEGADA_S", 0.1)
    loja.soltas.add("/livre")
    porta = loja.atendimento._porta
    ociosa = loja.ligar()
    time.sleep(0.3)
    aceitar: Any = porta.socket.accept
    chamadas: list[float] = []

    class SemArquivos:
        """The listening socket, whose accept fails as the system's does."""

        def __getattr__(self, nome: str) -> Any:
            return getattr(verdadeiro, nome)

        def accept(self) -> Any:
            chamadas.append(time.monotonic())
            if len(chamadas) <= 2:
                raise OSError(errno.EMFILE, "Too many open files")
            return aceitar()

    verdadeiro = porta.socket
    porta.socket = SemArquivos()
    assert loja.pedir("/livre")[0] == 200
    assert 1.5 < chamadas[2] - chamadas[0] < 6  # twice a second's pause, not a loop
    assert ociosa.recv(10) == b""
    assert "sem recursos do sistema" in caplog.text
    ociosa.close()
