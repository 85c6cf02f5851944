"""The floors of the benchmark do what they say: the *same work* is the gateway's, and is not handicapped."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.bench.banco import encher
from tests.bench.captura import Captura
from tests.bench.competidores import Cesta, MesmoTrabalho, novo_numero
from tests.conftest import PostgresqlServer
from tests.support.builders import item

pytestmark = pytest.mark.postgresql

ITENS = [item("10010-1001"), item("10020-1002"), item("10030-1003")]
MAIS_DO_QUE_PREPARA = 8  # psycopg prepares a statement at its sixth execution


def test_the_same_work_reserves_and_keeps_its_prepared_statements(postgresql_server: PostgresqlServer) -> None:
    with postgresql_server.database() as database:
        url = sa.make_url(database)
        encher(url)
        captura = Captura(url)
        roteiros = captura.vida(ITENS)
        captura.close()
        sessao = MesmoTrabalho(url, Cesta(ITENS, roteiros))
        numeros = [sessao.reservar(novo_numero()) for _ in range(MAIS_DO_QUE_PREPARA)]
        assert len(set(numeros)) == MAIS_DO_QUE_PREPARA
        cursor = sessao.connection.cursor()
        (preparados,) = cursor.execute("SELECT COUNT(*) FROM pg_prepared_statements").fetchone()
        comandos = {comando.texto for comando in roteiros["reservar"].comandos if not comando.ponto}
        assert preparados >= len(comandos)
        (reservas,) = cursor.execute("SELECT COUNT(*) FROM gw_reserva WHERE numped = ANY(%s)", [numeros]).fetchone()
        assert reservas == MAIS_DO_QUE_PREPARA
        sessao.close()
