"""Who waits for an event is answered when it comes, and costs no thread and no connection meanwhile (R27)."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa

from app.api.espera import Interesse
from app.domain.eventos import TipoDeEvento
from app.services.eventos.feed import Filtro, Visto
from app.servidor.espera import EmEspera, EsperasDoFeed
from tests.support.builders import pre_venda
from tests.support.servers import Servidor, pedir, servidor

EVENTOS = "/api/v1/eventos"
ROTA = "/winthor/varejo/matcon/v1/orders/pdvsync"


class Aberta:
    """A gateway that serves, and a token of each login."""

    def __init__(self, servindo: Servidor) -> None:
        self.servindo = servindo
        self.porta = servindo.porta
        self.tokens = {login: servindo.entrar(login) for login in ("hub", "pdv1", "pdv2")}

    def token(self, login: str) -> str:
        return self.tokens[login]


@pytest.fixture
def no_ar(tmp_path: Path, engine: sa.Engine) -> Iterator[Aberta]:
    """A gateway with few threads."""
    with servidor(tmp_path, str(engine.url.render_as_string(hide_password=False)), threads=2, fila=4) as servindo:
        yield Aberta(servindo)


SO_UM = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def ler(servindo: Aberta, login: str = "hub", **query: Any) -> tuple[dict[str, Any], float]:
    comeco = time.monotonic()
    path = EVENTOS + "?" + "&".join(f"{nome}={valor}" for nome, valor in query.items())
    status, _, body = pedir(servindo.porta, "GET", path, token=servindo.token(login))
    assert status == 200, body
    return simplejson.loads(body), time.monotonic() - comeco


@SO_UM
def test_the_answer_comes_with_the_event(no_ar: Aberta) -> None:
    achados: list[tuple[dict[str, Any], float]] = []
    esperando = threading.Thread(target=lambda: achados.append(ler(no_ar, depois="agora", espera=15)))
    esperando.start()
    time.sleep(1)
    assert pedir(no_ar.porta, "POST", ROTA, pre_venda(), no_ar.token("hub"))[0] == 201
    esperando.join(20)
    (pagina, segundos) = achados[0]
    assert [evento["numero"] for evento in pagina["itens"]] == ["PV-1"]
    assert 1 <= segundos < 4


@SO_UM
def test_without_an_event_the_answer_comes_when_the_time_is_over(no_ar: Aberta) -> None:
    pagina, segundos = ler(no_ar, "pdv1", espera=2)
    assert pagina == {"itens": [], "proximo": "0"}
    assert 1.9 <= segundos < 4


@SO_UM
def test_an_event_of_another_branch_wakes_nobody(no_ar: Aberta) -> None:
    achados: list[tuple[dict[str, Any], float]] = []
    esperando = threading.Thread(target=lambda: achados.append(ler(no_ar, "pdv2", espera=4)))
    esperando.start()
    time.sleep(0.5)
    assert pedir(no_ar.porta, "POST", ROTA, pre_venda(), no_ar.token("hub"))[0] == 201
    esperando.join(10)
    (pagina, segundos) = achados[0]
    assert pagina == {"itens": [], "proximo": "1"}
    assert segundos > 3.5


@SO_UM
def test_a_hundred_that_wait_and_hang_cost_a_sale_nothing(no_ar: Aberta) -> None:
    """Two threads serve sales, one the events: a hundred tills that never read their answer keep none of them."""
    token = no_ar.token("hub")
    pedido = f"GET {EVENTOS}?espera=20 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    penduradas = [socket.create_connection(("127.0.0.1", no_ar.porta)) for _ in range(100)]
    try:
        for conexao in penduradas:
            conexao.sendall(pedido)
        time.sleep(1.5)
        comeco = time.monotonic()
        assert ler(no_ar, limite=1)[0]["itens"] == []
        for n in range(3):
            assert pedir(no_ar.porta, "POST", ROTA, pre_venda(numero=f"PV-{n}"), token)[0] == 201
        assert time.monotonic() - comeco < 5
        for conexao in penduradas:  # and all of them are told
            conexao.settimeout(10)
            assert b"200 OK" in conexao.recv(65536)
    finally:
        for conexao in penduradas:
            conexao.close()


@SO_UM
def test_a_stop_answers_those_who_wait(no_ar: Aberta) -> None:
    achados: list[tuple[dict[str, Any], float]] = []
    esperando = threading.Thread(target=lambda: achados.append(ler(no_ar, espera=20)))
    esperando.start()
    time.sleep(1)
    no_ar.servindo.sinal(signal.SIGTERM)
    assert no_ar.servindo.fim() == 0
    esperando.join(10)
    assert achados[0][0] == {"itens": [], "proximo": "0"}
    assert achados[0][1] < 10


# --- who is woken


def visto(seq: int, filial: str = "1", tipo: TipoDeEvento = TipoDeEvento.PAGA) -> Visto:
    return Visto(seq, filial, tipo)


def test_only_those_are_woken_for_whom_something_came() -> None:
    acordados: list[str] = []
    esperas = EsperasDoFeed(acordados.append)
    filtros = {
        "todos": Filtro(None, None),
        "da 2": Filtro(frozenset({"2"}), None),
        "expiradas": Filtro(None, frozenset({TipoDeEvento.EXPIRADA})),
        "adiante": Filtro(None, None),
    }
    for nome, filtro in filtros.items():
        depois = 9 if nome == "adiante" else 5
        esperas.estacionar(nome, EmEspera(Interesse(depois, filtro, 20), time.monotonic() + 20))
    pedidos: list[int] = []

    def vistos_depois(depois: int) -> list[Visto]:
        pedidos.append(depois)
        return [visto(6), visto(7)] if len(pedidos) == 1 else [visto(8, "2")]

    esperas.olhar(vistos_depois)
    assert acordados == ["todos"]
    esperas.olhar(vistos_depois)
    assert acordados == ["todos", "da 2"]
    assert pedidos == [5, 7]  # nobody asks again for what has passed
    esperas.acordar_vencidas(todas=True)
    assert (sorted(acordados[2:]), esperas.quantas()) == (["adiante", "expiradas"], 0)


def test_there_is_room_for_so_many() -> None:
    esperas = EsperasDoFeed(lambda _canal: None, maximo=1)
    assert esperas.cabe()
    esperas.estacionar("um", EmEspera(Interesse(0, Filtro(None, None), 1), time.monotonic()))
    assert not esperas.cabe()
    esperas.acordar_vencidas()
    assert esperas.cabe()
