"""A gateway's machine loses its power in the middle of a sale (H-04; R14, R15, R20): on the protocol server, whose
sessions end when their socket does, which a vanished client's does not.

How long the rows stay locked on an Oracle, SQLNET.EXPIRE_TIME and MAX_IDLE_BLOCKER_TIME decide (docs/dba.md).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from app.services.operacao import recuperacao
from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.conftest import NOW, PostgresqlServer, _fill_demo
from tests.oracle_wire.fixture import oracle_on, wait_until
from tests.oracle_wire.server import OracleWireServer
from tests.support import tcp_proxy
from tests.support.builders import pre_venda
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import conferir_invariantes
from tests.support.tcp_proxy import TcpProxy

# The driver leaves the socket of a login that was cut off to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

LIMITES = {"espera_lock": 0.5, "limite_requisicao_s": 2.5, "cache_segundos": 600}


@dataclass
class Site:
    """Two gateways on one database; ``some`` reaches it through the proxy, and is the one whose machine goes."""

    server: OracleWireServer
    proxy: TcpProxy
    fica: Casa
    some: Casa

    def perder_a_maquina(self) -> None:
        """In the middle of a sale of product 1, its stock row locked; the server is not told."""
        # Its first sale: what was sent before is not named again on the wire.
        sumir = tcp_proxy.na_enesima(1, tcp_proxy.sumir_daqui, com=b"INSERT INTO PCPEDC ")
        inicio = time.monotonic()
        with self.proxy.com(sumir):
            answer = self.some.enviar(pre_venda(numero="PERDIDA"))
            levou = time.monotonic() - inicio
        # What the process would have answered, had it lived: in time, though it cannot even log in any more (R15).
        assert levou < 15
        assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_INDISPONIVEL")

    def presa(self) -> bool:
        """Whether the stock row is locked."""
        query = sa.text("SELECT QTRESERV FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1 FOR UPDATE NOWAIT")
        with self.fica.engine.connect() as connection, contextlib.suppress(sa.exc.DBAPIError):
            connection.execute(query)
            return False
        return True

    def vende(self, numero: str) -> tuple[int, str | None]:
        answer = self.fica.enviar(pre_venda(numero=numero))
        return answer.status_code, answer.get_json(force=True).get("codigo")

    def conferir(self, unidades: int) -> None:
        """One effect of each sale that was accepted, none of the lost one, which is settled when its time is up."""
        self.fica.relogio.andar(seconds=16)
        assert len(recuperacao.recuperar(self.fica.gw)) == 1
        conferir_invariantes(self.fica)
        assert self.fica.qtreserv(1) == unidades
        assert self.vende("PERDIDA") == (201, None)


@pytest.fixture
def site(postgresql_server: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[Site]:
    with postgresql_server.database() as url, oracle_on(url, schema="winthor") as server:
        _fill_demo(server.url)
        server.max_idle_blocker_s = getattr(request, "param", None)
        with TcpProxy(("127.0.0.1", server.port)) as proxy:
            engine = create_engine(server.url)
            relogio = Relogio(NOW)
            longe = server.url.replace(f":{server.port}/", f":{proxy.porta}/")
            fica = Casa(engine, Settings(database_url=server.url, **LIMITES), relogio)  # type: ignore[arg-type]
            some = Casa(engine, Settings(database_url=longe, **LIMITES), relogio)  # type: ignore[arg-type]
            yield Site(server, proxy, fica, some)
            for casa in (some, fica):
                casa.close()
            engine.dispose()


def test_its_rows_stay_locked_until_the_server_notices(site: Site) -> None:
    site.perder_a_maquina()
    assert site.vende("OUTRA") == (503, "BANCO_OCUPADO")
    fim = time.monotonic() + 3
    while time.monotonic() < fim:
        assert site.presa()
        time.sleep(0.3)
    site.proxy.cortar()  # as a server does whose probes nobody answers (SQLNET.EXPIRE_TIME)
    wait_until(lambda: not site.presa())
    assert site.vende("OUTRA") == (201, None)
    site.conferir(2)


@pytest.mark.parametrize("site", [1.5], indirect=True)
def test_max_idle_blocker_time_frees_them_though_nothing_is_heard(site: Site) -> None:
    site.perder_a_maquina()
    wait_until(lambda: not site.presa(), timeout=10)
    assert site.vende("OUTRA") == (201, None)
    site.conferir(2)
