"""A bad network between gateway and database: every request ends in time and has one effect (R-30; R13–R15)."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.services.operacao import recuperacao
from app.settings import Settings
from app.winthor.db.engine import PING_APOS_S
from tests.support import tcp_proxy
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import conferir_invariantes
from tests.support.tcp_proxy import Defeito, TcpProxy

TOLERANCIA_S = 1.5  # a slow machine
PRAZO_DA_REQUISICAO_S = 15  # R15


@dataclass
class Rede:
    """A gateway that reaches PostgreSQL through the proxy; ``casa.engine`` looks at the tables directly."""

    casa: Casa
    proxy: TcpProxy

    def enviar(self, corpo: dict[str, Any], defeito: Defeito) -> tuple[TestResponse, float, int]:
        """The answer under a fault, the seconds it took, the pieces that were sent to the database."""
        antes, inicio = self.proxy.pecas, time.monotonic()
        with self.proxy.com(defeito):
            answer = self.casa.enviar(corpo)
        return answer, time.monotonic() - inicio, self.proxy.pecas - antes

    def repetir(self, corpo: dict[str, Any]) -> TestResponse:
        """The POS sends it again, past the deadline of what the fault may have left P."""
        self.casa.relogio.andar(seconds=16)
        return self.casa.enviar(corpo)

    def conferir(self, unidades: int) -> None:
        """So many units of product 1 are held, the invariants hold, and no connection is kept."""
        recuperacao.recuperar(self.casa.gw)
        conferir_invariantes(self.casa)
        assert self.casa.qtreserv(1) == unidades
        assert self.casa.gw.db.ocupacao()[0] == 0


@contextlib.contextmanager
def abrir_rede(banco: sa.Engine, now: dt.datetime, espera_lock: float) -> Iterator[Rede]:
    """A call to the database may take ``espera_lock`` and two seconds."""
    with TcpProxy(f"{banco.url.query['host']}/.s.PGSQL.5432") as meio:
        url = banco.url.set(host="127.0.0.1", port=meio.porta, query={"sslmode": "disable"})
        texto = url.render_as_string(hide_password=False)
        settings = Settings(
            database_url=texto, cache_segundos=600, espera_lock=espera_lock, limite_requisicao_s=espera_lock + 2
        )
        casa = Casa(banco, settings, Relogio(now))
        numped = casa.reservar(pre_venda(item(), item("10010-1001"), numero="PV-0"))  # warms pool and caches
        casa.enviar(pre_venda(numero="PV-0", idRetaguarda=numped, situacaoPreVenda=0))
        yield Rede(casa, meio)
        casa.close()


@pytest.fixture
def rede(postgresql: sa.Engine, now: dt.datetime) -> Iterator[Rede]:
    with abrir_rede(postgresql, now, 0.1) as rede:
        yield rede


def problema(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json(force=True).get("codigo", "")


# The request that is to meet the fault; what it needs is there already.
Pedir = Callable[[Rede, str], dict[str, Any]]


def reservar(_rede: Rede, numero: str) -> dict[str, Any]:
    return pre_venda(numero=numero)


def alterar(rede: Rede, numero: str) -> dict[str, Any]:
    numped = rede.casa.reservar(pre_venda(numero=numero))
    return pre_venda(item(quantidade=3), item("10010-1001", 1), numero=numero, idRetaguarda=numped)


def cancelar(rede: Rede, numero: str) -> dict[str, Any]:
    numped = rede.casa.reservar(pre_venda(numero=numero))
    return pre_venda(numero=numero, idRetaguarda=numped, situacaoPreVenda=0)


CORTES = [
    (tcp_proxy.cortar_antes, reservar, 2),
    (tcp_proxy.cortar_depois, reservar, 2),
    (tcp_proxy.cortar_depois, alterar, 3),
    (tcp_proxy.cortar_depois, cancelar, 0),
]


@pytest.mark.parametrize(("corte", "pedir", "unidades"), CORTES)
def test_a_reset_at_every_packet(rede: Rede, corte: Defeito, pedir: Pedir, unidades: int) -> None:
    """Before the server hears the packet, or after, with its answer lost: one effect, told when it is sent again."""
    for n in itertools.count(1):
        corpo = pedir(rede, f"PV-{n}")
        answer, _, pecas = rede.enviar(corpo, tcp_proxy.na_enesima(n, corte))
        assert answer.status_code in {200, 201} or problema(answer) == (503, "BANCO_INDISPONIVEL")
        again = rede.repetir(corpo)
        assert again.status_code in {200, 201}
        if answer.status_code != 503:
            assert again.get_data() == answer.get_data()
        if pecas < n:
            break  # it was over before
    assert n > 15
    rede.conferir(unidades * n)


@pytest.mark.parametrize(
    ("onde", "espera_lock"),
    [
        pytest.param(tcp_proxy.buraco, 0.1, id="at once"),
        pytest.param(tcp_proxy.na_enesima(12, tcp_proxy.engolir_daqui), 3, id="half way, default settings"),
        # The first COMMIT is that of the P rows.
        pytest.param(tcp_proxy.na_enesima(2, tcp_proxy.engolir_daqui, com=b"COMMIT"), 0.1, id="at the COMMIT"),
    ],
)
def test_a_silent_network(postgresql: sa.Engine, now: dt.datetime, onde: Defeito, espera_lock: float) -> None:
    """Packets vanish, connections stay open: an answer in time, no connection kept, and back by itself."""
    with abrir_rede(postgresql, now, espera_lock) as rede:
        corpo = pre_venda()
        answer, segundos, _ = rede.enviar(corpo, onde)
        assert problema(answer) == (503, "BANCO_INDISPONIVEL")
        assert answer.headers["Retry-After"] == "2"
        assert espera_lock + 2 <= segundos < PRAZO_DA_REQUISICAO_S
        rede.proxy.cortar()
        assert rede.repetir(corpo).status_code == 201
        rede.conferir(2)


def test_a_slow_network_only_slows(rede: Rede) -> None:
    answer, segundos, pecas = rede.enviar(pre_venda(), tcp_proxy.latencia(0.05))
    assert answer.status_code == 201
    assert pecas * 0.05 <= segundos < pecas * 0.05 * 1.2 + TOLERANCIA_S
    rede.conferir(2)


def test_answers_that_drip(rede: Rede) -> None:
    """Slow but whole is an answer; a drip that would take for ever ends like silence."""
    answer, _, _ = rede.enviar(pre_venda(), tcp_proxy.gotejar(64, 0.002))
    assert answer.status_code == 201
    answer, segundos, _ = rede.enviar(pre_venda(numero="PV-2"), tcp_proxy.gotejar(1, 0.1))
    assert problema(answer) == (503, "BANCO_INDISPONIVEL")
    assert segundos < PRAZO_DA_REQUISICAO_S
    rede.proxy.cortar()
    assert rede.repetir(pre_venda(numero="PV-2")).status_code == 201
    rede.conferir(4)


# Now and then a connection that is cut is left open to the garbage collector; the pool does not count it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_cuts_under_load(rede: Rede) -> None:
    """All connections reset again and again under eight tills; then each sends again what it knows nothing of."""
    parar = threading.Event()

    def cortar() -> None:
        while not parar.wait(0.1):
            rede.proxy.cortar()

    def caixa(n: int) -> list[tuple[str, TestResponse]]:
        numeros = [f"PV-{n}-{venda}" for venda in range(12)]
        return [(numero, rede.casa.enviar(pre_venda(numero=numero))) for numero in numeros]

    thread = threading.Thread(target=cortar)
    thread.start()
    try:
        with ThreadPoolExecutor(8) as caixas:
            enviadas = [venda for vendas in caixas.map(caixa, range(8)) for venda in vendas]
    finally:
        parar.set()
        thread.join()
    assert {problema(answer) for _, answer in enviadas} <= {
        (201, ""),
        (503, "BANCO_INDISPONIVEL"),
        (503, "BANCO_OCUPADO"),
    }
    rede.casa.relogio.andar(seconds=16)
    time.sleep(PING_APOS_S)  # the pool asks those of its connections that lay idle for so long, and replaces the dead
    for numero, answer in enviadas:
        again = rede.casa.enviar(pre_venda(numero=numero))
        assert again.status_code == 201
        assert answer.status_code == 503 or again.get_data() == answer.get_data()
    rede.conferir(2 * len(enviadas))
