"""With many operations the back office's list reads an index, never the whole table (PostgreSQL's own plans)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.services.consulta.operacoes import FiltroDoLog, listar_log
from app.services.consulta.resumo_do_log import resumir
from app.settings import Settings
from tests.conftest import NOW, PostgresqlServer
from tests.support.gateway import Casa, Relogio

QUANTAS = 40_000
# One operation each ten seconds up to now, one in five refused, one in a thousand for a rare reason.
ENCHER = sa.text(
    """
    INSERT INTO gw_operacao (id, codfilial, numero, caller, operacao, estado, codigo, numped, dtinicio, dtlimite)
    SELECT lpad(to_hex((extract(epoch FROM quando) * 1000)::bigint), 12, '0') || lpad(to_hex(n), 20, '0'),
           CASE n % 2 WHEN 0 THEN '1' ELSE '2' END, 'N-' || n, 'pdv' || n % 40, 'I',
           CASE WHEN n % 5 = 0 THEN 'R' ELSE 'A' END,
           CASE WHEN n % 1000 = 0 THEN 'KIT_INVALIDO' WHEN n % 5 = 0 THEN 'ESTOQUE_INSUFICIENTE' END,
           CASE WHEN n % 5 > 0 THEN 5000000 + n END, quando, quando + interval '15 s'
    FROM (SELECT n, CAST(:agora AS timestamp) - make_interval(secs => 10.0 * n) AS quando
          FROM generate_series(1, :quantas) AS n) AS operacoes
    """
)
FILTROS: dict[str, dict[str, Any]] = {
    "newest": {},
    "a later page": {"cursor": "019c90000000" + "0" * 20},
    "status": {"status": "R"},
    "branch": {"filial": "2"},
    "numero": {"numero": "N-777"},
    "no such numero": {"numero": "NADA"},
    "reservation": {"numped": 5_000_777},
    "code": {"codigo": "ESTOQUE_INSUFICIENTE"},
    "rare code": {"codigo": "KIT_INVALIDO"},
    "no such code": {"codigo": "NADA"},
    "caller": {"caller": "pdv7"},
    "no such caller": {"caller": "ninguem"},
    "product": {"codprod": 1},
    "period": {"de": NOW - dt.timedelta(days=3), "ate": NOW - dt.timedelta(days=2)},
}


@pytest.fixture(scope="module")
def cheia(postgresql_server: PostgresqlServer) -> Iterator[Casa]:
    with postgresql_server.database("modelo") as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(ENCHER, {"agora": NOW.replace(tzinfo=None), "quantas": QUANTAS})
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE gw_operacao"))
        casa = Casa(engine, Settings(database_url=url, cache_segundos=0), Relogio(NOW))
        yield casa
        casa.close()
        engine.dispose()


def planos(casa: Casa, perguntar: Any) -> list[str]:
    """The plan of every statement on GW_OPERACAO that is sent meanwhile."""
    enviados: list[tuple[str, Any]] = []

    def anotar(_c: Any, _cursor: Any, comando: str, parametros: Any, *_: Any) -> None:
        if "gw_operacao" in comando.lower():
            enviados.append((comando, parametros))

    event.listen(casa.gw.db.engine, "before_cursor_execute", anotar)
    try:
        perguntar()
    finally:
        event.remove(casa.gw.db.engine, "before_cursor_execute", anotar)
    assert enviados
    with casa.engine.connect() as connection:
        return [
            "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN ANALYZE {comando}", parametros))
            for comando, parametros in enviados
        ]


def lidas_em_vao(plano: str) -> int:
    """Rows that were read and thrown away."""
    return sum(int(quantas) for quantas in re.findall("Rows Removed by Filter: ([0-9]+)", plano))


@pytest.mark.postgresql
@pytest.mark.parametrize("nome", FILTROS)
def test_the_list_reads_an_index(cheia: Casa, nome: str) -> None:
    filtro = FiltroDoLog(filiais=None, **FILTROS[nome])
    for plano in planos(cheia, lambda: listar_log(cheia.gw, filtro)):
        assert "Seq Scan on gw_operacao" not in plano, plano
        assert lidas_em_vao(plano) <= QUANTAS // 10, plano


@pytest.mark.postgresql
def test_the_summary_of_a_day_reads_an_index(cheia: Casa) -> None:
    dia = 24 * 360  # operations of a day, at one each ten seconds
    for plano in planos(cheia, lambda: resumir(cheia.gw, FiltroDoLog(filiais=None))):
        assert "Seq Scan on gw_operacao" not in plano, plano
        assert lidas_em_vao(plano) <= dia, plano


@pytest.mark.postgresql
@pytest.mark.parametrize("sem", ["gw_operacao_numero_ix", "gw_operacao_codigo_ix"])
def test_a_missing_index_is_noticed(cheia: Casa, sem: str) -> None:
    coluna = "numero" if "numero" in sem else "codigo"
    with cheia.engine.connect() as connection:
        connection.exec_driver_sql(f"DROP INDEX {sem}")
        comando = f"SELECT * FROM gw_operacao WHERE {coluna} = 'NADA' ORDER BY id DESC LIMIT 51"  # noqa: S608
        plano = "\n".join(connection.exec_driver_sql(f"EXPLAIN ANALYZE {comando}").scalars())
        connection.rollback()
    assert "Seq Scan on gw_operacao" in plano or lidas_em_vao(plano) > QUANTAS // 10
