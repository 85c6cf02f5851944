"""What a proxy says is believed of the one that the setting names, and of nobody else."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

import pytest

from app.api.proxy import ProxyConfiavel
from tests.integration.porta.conftest import Porta
from tests.support.gateway import LOGIN, Casa

PROXY = "10.0.0.9"


@pytest.fixture
def atras(porta: Porta) -> Iterator[Casa]:
    redes = (ipaddress.ip_network("10.0.0.9/32"), ipaddress.ip_network("172.16.0.0/12"))
    casa = porta.com(proxy_confiavel=redes)
    yield casa
    casa.close()


def pedir(casa: Casa, path: str, de: str = PROXY, method: str = "GET", **mais: Any) -> Any:
    return casa.app.test_client().open(path, method=method, environ_base={"REMOTE_ADDR": de}, **mais)


def test_the_cookie_is_secure_and_the_browser_told_so_when_the_proxy_had_tls(atras: Casa) -> None:
    por_tls = pedir(atras, "/painel/entrar", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in por_tls.headers["Set-Cookie"]
    assert por_tls.headers["Strict-Transport-Security"] == "max-age=31536000"
    for resposta in (
        pedir(atras, "/painel/entrar", headers={"X-Forwarded-Proto": "http"}),
        pedir(atras, "/painel/entrar"),
        pedir(atras, "/painel/entrar", de="10.0.0.8", headers={"X-Forwarded-Proto": "https"}),
    ):
        assert "Secure" not in resposta.headers["Set-Cookie"]
        assert "Strict-Transport-Security" not in resposta.headers


@pytest.mark.parametrize("host", ["other.example", "other.example:81", "[::1]"])
def test_redirects_name_no_host(porta: Porta, host: str) -> None:
    for path in ("/painel", "/painel/", "/painel/operacoes"):
        answer = porta.app.test_client().get(path, headers={"Host": host})
        assert answer.status_code in (303, 308)
        assert answer.headers["Location"].startswith("/painel/")


def errar(casa: Casa, de: str, encaminhado: str | None, senha: str = "errada", login: str = "pdv1") -> int:
    headers = {} if encaminhado is None else {"X-Forwarded-For": encaminhado}
    corpo = {"login": login, "senha": senha}
    return int(pedir(casa, LOGIN, de, "POST", json=corpo, headers=headers).status_code)


def test_a_stranger_behind_the_same_proxy_locks_nobody_out(atras: Casa) -> None:
    assert [errar(atras, PROXY, "203.0.113.7") for _ in range(11)] == [401] * 10 + [429]
    assert errar(atras, PROXY, "198.51.100.1", "demo") == 200


def test_an_address_that_somebody_writes_into_the_header_is_not_his(atras: Casa) -> None:
    """The proxy adds whom it was called by: what stands before that may be anything."""
    assert [errar(atras, PROXY, f"10.1.1.{n}, 203.0.113.7") for n in range(11)] == [401] * 10 + [429]
    assert [errar(atras, "10.0.0.8", f"10.1.2.{n}", login="pdv2") for n in range(11)] == [401] * 10 + [429]


@pytest.mark.parametrize(
    ("encaminhado", "esperado"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:5123", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 172.16.0.1", "203.0.113.7"),
        ("172.16.0.2, 172.16.0.1", "172.16.0.2"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", PROXY),
        ("", PROXY),
        ("203.0.113.7, lixo", PROXY),
        ("'; DROP TABLE PCPEDC --", PROXY),
        (", ,", PROXY),
        ("203.0.113.7, " * 3000, "203.0.113.7"),
    ],
)
def test_whose_address_it_is(encaminhado: str, esperado: str) -> None:
    vistos: list[dict[str, Any]] = []
    redes = [ipaddress.ip_network(PROXY), ipaddress.ip_network("172.16.0.0/12")]
    app = ProxyConfiavel(lambda environ, _start: vistos.append(environ) or [], redes)
    app({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": encaminhado, "HTTP_FORWARDED": "for=1.2.3.4"}, None)
    assert vistos[0]["REMOTE_ADDR"] == esperado
    assert "HTTP_X_FORWARDED_FOR" not in vistos[0]
    assert "HTTP_FORWARDED" not in vistos[0]
