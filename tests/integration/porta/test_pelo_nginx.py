"""A till's whole day with one token through the example proxy: the gateway and the TOTVS service behind it (R26)."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import logging
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import simplejson

from tests.support.builders import pre_venda
from tests.support.databases import NGINX_MISSING
from tests.support.gateway import LOGIN, ROTA, Casa
from tests.support.in_process import servir
from tests.support.servers import Answer, pedir, porta_livre
from tests.support.totvs_server import ServidorTotvs

PROXY = Path(__file__).parents[3] / "deploy" / "proxy" / "nginx.conf"
SENHA = "senha-da-loja-que-nao-pode-ficar"
DETALHE = "/winthor/varejo/matcon/v1/pdv/detalhepdv"
RCA = "/winthor/varejo/matcon/v1/rca/consulta"


@pytest.fixture
def totvs() -> Iterator[ServidorTotvs]:
    with ServidorTotvs() as servidor:
        yield servidor


@contextlib.contextmanager
def nginx(pasta: Path, gateway: str, totvs: str) -> Iterator[int]:
    """The shipped example in front of both, without its certificate; gives its port."""
    programa = shutil.which("nginx")
    if programa is None:
        pytest.skip(NGINX_MISSING)
    porta = porta_livre()
    texto = re.sub(r"^\s+ssl_certificate.*$", "", PROXY.read_text("utf-8"), flags=re.M)
    for velho, novo in {
        "443 ssl": f"127.0.0.1:{porta}",
        "127.0.0.1:8000": urlsplit(gateway).netloc,
        "127.0.0.1:8090": urlsplit(totvs).netloc,
    }.items():
        assert velho in texto
        texto = texto.replace(velho, novo)
    pastas = "".join(
        f"{nome}_temp_path {pasta}/{nome};" for nome in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    principal = pasta / "nginx.conf"
    principal.write_text(
        f"daemon off; master_process off; pid {pasta}/pid; error_log {pasta}/erros;"
        f" events {{}} http {{ access_log {pasta}/acessos; {pastas}\n{texto}\n}}",
        "utf-8",
    )
    processo = subprocess.Popen([programa, "-p", str(pasta), "-c", str(principal)])
    try:
        fim = time.monotonic() + 20
        while not _aceita(porta):
            assert processo.poll() is None, (pasta / "erros").read_text()
            assert time.monotonic() < fim
            time.sleep(0.05)
        yield porta
    finally:
        processo.terminate()
        processo.wait(20)


def _aceita(porta: int) -> bool:
    try:
        conexao = http.client.HTTPConnection("127.0.0.1", porta, timeout=5)
        conexao.connect()
        conexao.close()
    except OSError:
        return False
    return True


def test_one_token_for_the_gateway_and_for_totvs(
    casa: Casa, totvs: ServidorTotvs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ao_lado = casa.com(login_totvs=totvs.url)
    expira = int((casa.relogio.agora + dt.timedelta(hours=2)).timestamp())
    token = totvs.token(exp=expira)
    with servir(ao_lado) as gateway, nginx(tmp_path, gateway, totvs.url) as porta:

        def caixa(method: str, path: str, corpo: Any = None) -> tuple[int, Any]:
            http, _, body = pedir(porta, method, path, corpo, recebido)
            return http, simplejson.loads(body, use_decimal=True)

        recebido = ""
        http_, body = caixa("POST", LOGIN, {"login": "pdv1", "senha": SENHA})
        recebido = body["accessToken"]
        assert (http_, recebido) == (200, token)

        http_, _ = caixa("GET", "/api/stock-vtex/v1/available/pdv-sync?branchId=1&productId=123-1")
        assert http_ == 200

        corpo = pre_venda()
        http_, reserva = caixa("POST", ROTA, corpo)
        numero = reserva["idPedidoRetaguarda"]
        assert http_ == 201

        http_, um = caixa("GET", f"{ROTA}/consulta?idRetaguarda={numero}")
        assert (http_, um["data"]["situacaoReserva"]) == (200, "AUTORIZADA")

        totvs.dar(corpo=b'{"detalhe": 1}')
        assert caixa("GET", f"{DETALHE}?idPdv=7") == (200, {"detalhe": 1})
        totvs.dar(corpo=b'{"rca": 2}')
        assert caixa("GET", RCA) == (200, {"rca": 2})

        http_, paga = caixa("POST", ROTA, {**corpo, "situacaoPreVenda": 1, "idRetaguarda": int(numero)})
        assert (http_, paga["data"]["situacaoReserva"]) == (200, "CONFIRMADA")
        assert _sem_a_porta_de_dentro(pedir(porta, "GET", "/metrics"))
    recebidos = [(pedido.method, pedido.path) for pedido in totvs.recebidos]
    assert recebidos == [("POST", LOGIN), ("GET", f"{DETALHE}?idPdv=7"), ("GET", RCA)]
    assert totvs.recebidos[1].headers["authorization"] == f"Bearer {token}", "the same token reaches them"
    onde = {
        "log": caplog.text,
        "database": repr(ao_lado.fotografia()),
        "proxy": (tmp_path / "erros").read_text() + (tmp_path / "acessos").read_text(),
    }
    assert [nome for nome, texto in onde.items() if SENHA in texto or token in texto] == []
    ao_lado.close()


def _sem_a_porta_de_dentro(answer: Answer) -> bool:
    """What only the inner network may ask."""
    return answer[0] == 403
