"""Where a call may lead: every address of the name is judged, once, and the call goes to one of those."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import Any

import pytest

from app.saida import destino
from app.saida.destino import DestinoRecusado, Rede, chamar, conferir_url, resolver
from tests.support.cep_servers import Pedido, ServidorLocal, endereco_sem_servidor, surdo

AQUI: list[Rede] = [ipaddress.ip_network("127.0.0.0/8")]


def responder_por(monkeypatch: pytest.MonkeyPatch, *respostas: list[str]) -> list[str]:
    """A name server that answers so, one answer for each time it is asked."""
    fila = list(respostas)
    perguntas: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host[:1].isdigit():  # an address is no name
            achados = [host]
        else:
            perguntas.append(host)
            achados = fila.pop(0) if len(fila) > 1 else fila[0]
        return [(socket.AF_INET6 if ":" in um else socket.AF_INET, 1, 6, "", (um, port)) for um in achados]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return perguntas


@pytest.mark.parametrize(
    "endereco",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.9", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
        *("fec0::1", "::127.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b:1::a00:1", "2001:0:7f00:1::"),
    ],
)
def test_private_addresses_are_refused(monkeypatch: pytest.MonkeyPatch, endereco: str) -> None:
    responder_por(monkeypatch, [endereco])
    with pytest.raises(DestinoRecusado, match="rede privada"):
        resolver("https://loja.exemplo/x", [])


def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    responder_por(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(DestinoRecusado):
        resolver("https://loja.exemplo/x", [])


def test_a_public_address_by_https(monkeypatch: pytest.MonkeyPatch) -> None:
    responder_por(monkeypatch, ["93.184.216.34"])
    assert str(resolver("https://loja.exemplo/x", [])) == "93.184.216.34"
    with pytest.raises(DestinoRecusado, match="http só onde"):
        resolver("http://loja.exemplo/x", [])


def test_what_the_setting_names_is_let_in_by_http_too(monkeypatch: pytest.MonkeyPatch) -> None:
    responder_por(monkeypatch, ["10.1.2.3"])
    redes: list[Rede] = [ipaddress.ip_network("10.1.0.0/16")]
    assert str(resolver("http://erp.local:8080/x", redes)) == "10.1.2.3"
    with pytest.raises(DestinoRecusado):
        resolver("http://erp.local/x", [ipaddress.ip_network("10.2.0.0/16")])


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://x/", "https://", "https:///x", "file:///etc/passwd", "x", "", "https://a:b@x/", "https://x/#a"),
        *("https://x/ y", "https://x:99999/", "https://x/á", "https://x/" + "a" * 1000),
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(DestinoRecusado):
        conferir_url(url)


# --- calls


def recebe(http: int = 200, headers: dict[str, str] | None = None) -> Any:
    def responder(pedido: Pedido) -> None:
        pedido.rfile.read(int(pedido.headers.get("Content-Length") or 0))
        pedido.send_response(http)
        for nome, valor in (headers or {}).items():
            pedido.send_header(nome, valor)
        pedido.send_header("Content-Length", "0")
        pedido.end_headers()

    return responder


@pytest.mark.parametrize(("http", "feita"), [(200, True), (204, True), (299, True), (404, False), (500, False)])
def test_2xx_is_delivered_and_nothing_else(http: int, feita: bool) -> None:
    with ServidorLocal(recebe(http)) as servidor:
        chamada = chamar(servidor.url, b"{}", {}, AQUI)
    assert (chamada.feita, chamada.resultado) == (feita, f"HTTP {http}")


def test_a_redirect_is_not_followed() -> None:
    with ServidorLocal(recebe()) as dentro, ServidorLocal(recebe(302, {"Location": dentro.url})) as fora:
        chamada = chamar(fora.url, b"{}", {}, AQUI)
        assert not chamada.feita
        assert dentro.pedidos == []


def test_the_name_is_asked_once_and_the_call_goes_where_it_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers otherwise the second time (DNS rebinding) leads nowhere else."""
    with ServidorLocal(recebe()) as servidor:
        porta = servidor.url.rpartition(":")[2]
        perguntas = responder_por(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
        assert chamar(f"http://loja.exemplo:{porta}/x", b"{}", {}, AQUI).feita
    assert perguntas == ["loja.exemplo"]


def test_a_destination_that_refuses_hangs_or_drips_ends_in_time() -> None:
    def pinga(pedido: Pedido) -> None:
        pedido.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not pedido.server.dono.parando.wait(0.1):  # type: ignore[attr-defined]
            pedido.wfile.write(b"X-Um: 1\r\n")
            pedido.wfile.flush()

    def cala(pedido: Pedido) -> None:
        pedido.server.dono.parando.wait(10)  # type: ignore[attr-defined]

    assert chamar(endereco_sem_servidor(), b"{}", {}, AQUI).resultado == "conexão recusada ou interrompida"
    comeco = time.monotonic()
    with surdo() as url:
        assert not chamar(url, b"{}", {}, AQUI, prazo_s=0.5).feita
    for comportamento in (pinga, cala):
        with ServidorLocal(comportamento) as servidor:
            assert not chamar(servidor.url, b"{}", {}, AQUI, prazo_s=0.5).feita
    assert time.monotonic() - comeco < 5


def test_a_name_that_does_not_exist_is_a_failed_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(destino.socket, "getaddrinfo", getaddrinfo)
    assert chamar("https://nada.exemplo/", b"{}", {}, []).resultado == "nome do servidor não encontrado (DNS)"
