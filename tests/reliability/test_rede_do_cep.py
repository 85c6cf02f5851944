"""A bad network between gateway and CEP services: a sale is never blocked nor delayed beyond the budget (R-31; R8)."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from app.settings import Settings
from tests.support import tcp_proxy
from tests.support.builders import cliente_completo, pre_venda
from tests.support.cep_servers import ServidorLocal, byjg, viacep
from tests.support.gateway import Casa, Relogio
from tests.support.tcp_proxy import Defeito, TcpProxy

ORCAMENTO_S = 4.0  # 2.5 s for the check, and the reservation itself
DEFEITOS: dict[str, Defeito] = {
    "latency": tcp_proxy.latencia(5),
    "black hole": tcp_proxy.buraco,
    "slow drip": tcp_proxy.gotejar(1, 0.1),
    "reset before": tcp_proxy.cortar_antes,
    "reset after": tcp_proxy.cortar_depois,
}


@contextlib.contextmanager
def atras_de_proxy(servidor: ServidorLocal) -> Iterator[TcpProxy]:
    with servidor, TcpProxy(("127.0.0.1", urlsplit(servidor.url).port or 0)) as meio:
        yield meio


@pytest.fixture
def servicos(sqlite_engine: sa.Engine, now: dt.datetime) -> Iterator[tuple[Casa, TcpProxy, TcpProxy]]:
    """A gateway with ViaCEP and ByJG, each behind a proxy."""
    with atras_de_proxy(ServidorLocal(viacep())) as primeiro, atras_de_proxy(ServidorLocal(byjg())) as segundo:
        settings = Settings(
            database_url=sqlite_engine.url.render_as_string(hide_password=False),
            viacep_url=f"http://127.0.0.1:{primeiro.porta}",
            byjg_url=f"http://127.0.0.1:{segundo.porta}",
        )
        casa = Casa(sqlite_engine, settings, Relogio(now))
        casa.token("hub")
        yield casa, primeiro, segundo
        casa.close()


def vender(casa: Casa, numero: str, cpf: str) -> list[str]:
    """A sale to a new customer, in time; the codes of its avisos."""
    inicio = time.monotonic()
    answer = casa.enviar(pre_venda(numero=numero, cliente=cliente_completo(cpfCnpj=cpf)))
    assert time.monotonic() - inicio < ORCAMENTO_S
    assert answer.status_code == 201
    return [aviso["codigo"] for aviso in answer.get_json()["data"]["avisos"]]


@pytest.mark.parametrize("nome", DEFEITOS)
def test_the_second_service_answers(servicos: tuple[Casa, TcpProxy, TcpProxy], nome: str) -> None:
    casa, primeiro, segundo = servicos
    clientes = casa.contar("PCCLIENT")
    with primeiro.com(DEFEITOS[nome]):
        assert "CEP_NAO_VERIFICADO" not in vender(casa, "PV-1", "52998224725")
    assert (primeiro.pecas, segundo.pecas) == (1, 1)
    assert casa.contar("PCCLIENT") == clientes + 1


@pytest.mark.parametrize("nome", ["black hole", "reset after"])
def test_both_out_of_reach(servicos: tuple[Casa, TcpProxy, TcpProxy], nome: str) -> None:
    """Accepted unverified, and verified again as soon as the network is back."""
    casa, primeiro, segundo = servicos
    with primeiro.com(DEFEITOS[nome]), segundo.com(DEFEITOS[nome]):
        assert "CEP_NAO_VERIFICADO" in vender(casa, "PV-1", "52998224725")
    assert "CEP_NAO_VERIFICADO" not in vender(casa, "PV-2", "11144477735")
    assert (primeiro.pecas, segundo.pecas) == (2, 1)
