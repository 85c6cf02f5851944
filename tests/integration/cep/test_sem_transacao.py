"""No HTTP call is made while a database transaction is open, whatever the route (R8, §6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.support.builders import cliente_completo, pre_venda
from tests.support.cep_servers import PAULISTA, SE, Pedido, ServidorLocal, byjg, viacep
from tests.support.gateway import Casa

SIMULACAO = "/api/v1/pre-vendas/simulacao"


class Vigia:
    """Counts the gateway's connections that are out of the pool and those with a transaction begun, now."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.begun: set[int] = set()
        for name, seen in (("begin", self._begin), ("commit", self._end), ("rollback", self._end)):
            event.listen(engine, name, seen)

    def _begin(self, connection: sa.Connection) -> None:
        self.begun.add(id(connection.connection.dbapi_connection))

    def _end(self, connection: sa.Connection) -> None:
        self.begun.discard(id(connection.connection.dbapi_connection))

    def agora(self) -> tuple[int, int]:
        pool: Any = self.engine.pool
        return pool.checkedout(), len(self.begun)


class Loja:
    """A gateway whose CEP services note what the database is doing each time they are called."""

    def __init__(self, casa: Casa, url_viacep: str, url_byjg: str) -> None:
        self.casa = casa.com(viacep_url=url_viacep, byjg_url=url_byjg)
        self.vigia = Vigia(self.casa.gw.db.engine)
        self.vistos: list[tuple[int, int]] = []
        self.abertas: list[int] = []

    def ver(self, pedido: Pedido) -> None:
        self.vistos.append(self.vigia.agora())
        if self.casa.postgresql:
            self.abertas.append(self._abertas_no_servidor())

    def _abertas_no_servidor(self) -> int:
        """Sessions of the gateway that PostgreSQL itself sees inside a transaction; ours is the test's own engine."""
        query = (
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'"
        )
        with self.casa.engine.connect() as connection:
            return int(connection.execute(sa.text(query)).scalar_one())


@pytest.fixture
def loja(casa: Casa) -> Iterator[Loja]:
    with ServidorLocal(viacep()) as um, ServidorLocal(byjg()) as outro:
        loja = Loja(casa, um.url, outro.url)

        def um_que_falha(pedido: Pedido) -> None:
            loja.ver(pedido)
            pedido.responder(503)

        def outro_que_responde(pedido: Pedido) -> None:
            loja.ver(pedido)
            byjg()(pedido)

        um.comportamento, outro.comportamento = um_que_falha, outro_que_responde
        yield loja
        loja.casa.close()


def novo(cep: str = SE.cep, cpf: str = "52998224725") -> dict[str, Any]:
    return cliente_completo(cep=cep, cpfCnpj=cpf)


def test_the_observer_sees_a_call_inside_a_transaction(loja: Loja) -> None:
    """The negative control."""
    with loja.casa.gw.db.transaction() as connection:
        connection.execute(sa.text("UPDATE PCCONSUM SET PROXNUMCLI = PROXNUMCLI"))
        loja.casa.gw.cep.verificar(SE.cep)
    assert loja.vistos == [(1, 1), (1, 1)]
    assert set(loja.abertas) <= {1}


def test_a_reservation_and_an_alteration(loja: Loja) -> None:
    numped = loja.casa.reservar(pre_venda(cliente=novo()))
    alterada = pre_venda(cliente=novo(PAULISTA.cep, "11144477735"), idRetaguarda=numped)
    assert loja.casa.reservar(alterada) != numped
    assert loja.casa.contar("PCCLIENT") == 6
    assert loja.vistos == [(0, 0)] * 4
    assert set(loja.abertas) <= {0}


def test_a_payment(loja: Loja) -> None:
    numped = loja.casa.reservar(pre_venda(cliente={"idRetaguarda": 20}))
    pago = pre_venda(cliente={"idRetaguarda": 20, **novo()}, idRetaguarda=numped, situacaoPreVenda=1)
    assert loja.casa.enviar(pago).status_code == 200
    assert loja.casa.linha("PCCLIENT", CODCLI=20)["BAIRROENT"] == "Sé"
    assert loja.vistos == [(0, 0)] * 2
    assert set(loja.abertas) <= {0}


def test_a_simulation_of_a_reservation(loja: Loja) -> None:
    antes = loja.casa.fotografia()
    answer = loja.casa.enviar(pre_venda(cliente=novo()), rota=SIMULACAO)
    assert (answer.status_code, answer.get_json()["data"]["codcli"]) == (200, 1000)
    assert loja.vistos == [(0, 0)] * 2
    assert set(loja.abertas) <= {0}
    assert loja.casa.fotografia() == antes


def test_a_simulation_of_a_payment(loja: Loja) -> None:
    numped = loja.casa.reservar(pre_venda(cliente={"idRetaguarda": 20}))
    pago = pre_venda(cliente={"idRetaguarda": 20, **novo()}, idRetaguarda=numped, situacaoPreVenda=1)
    antes = loja.casa.fotografia()
    assert loja.casa.enviar(pago, rota=SIMULACAO).status_code == 200
    assert loja.vistos == [(0, 0)] * 2
    assert set(loja.abertas) <= {0}
    assert loja.casa.fotografia() == antes


def test_a_simulation_of_an_alteration(loja: Loja) -> None:
    numped = loja.casa.reservar(pre_venda())
    answer = loja.casa.enviar(pre_venda(cliente=novo(), idRetaguarda=numped), rota=SIMULACAO)
    assert (answer.status_code, answer.get_json()["data"]["substitui"]) == (200, numped)
    assert loja.vistos == [(0, 0)] * 2
    assert set(loja.abertas) <= {0}
