"""The database's clock rules what hosts share; a host whose own is wrong does no harm, and is told (R15)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.services.hora import RelogioComum
from app.services.operacao import recuperacao
from app.settings import Settings
from app.winthor.db.transaction import Database
from tests.integration.test_recuperacao import cair
from tests.support.builders import pre_venda
from tests.support.gateway import Casa, Relogio


class Torto(Relogio):
    """The computer's clock, so many seconds ahead."""

    def __init__(self, segundos: float) -> None:
        self._segundos = dt.timedelta(seconds=segundos)

    @property  # type: ignore[override]
    def agora(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self._segundos


def host(engine: sa.Engine, segundos: float) -> Casa:
    url = engine.url.render_as_string(hide_password=False)
    return Casa(engine, Settings(database_url=url, cache_segundos=0), Torto(segundos))


@pytest.mark.parametrize("segundos", [-3600, -20, -16, 16, 20, 3600])
def test_a_host_whose_clock_is_wrong_neither_ends_the_sales_of_others_nor_misses_its_own(
    postgresql: sa.Engine, segundos: float
) -> None:
    certo, errado = host(postgresql, 0), host(postgresql, segundos)
    viva, dele = cair(certo, pre_venda(numero="PV-1")), cair(errado, pre_venda(numero="PV-2"))
    for casa in (certo, errado):
        assert recuperacao.recuperar(casa.gw) == []
    for casa in (certo, errado):
        assert casa.enviar(pre_venda(numero="PV-1")).get_json(force=True)["codigo"] == "EM_PROCESSAMENTO"
    certo.executar("UPDATE GW_OPERACAO SET DTLIMITE = DTLIMITE - INTERVAL '16 seconds'")
    assert sorted(o.id for o in recuperacao.recuperar(errado.gw)) == sorted([viva, dele])
    assert errado.reservar(pre_venda(numero="PV-3"))
    repetida = certo.enviar(pre_venda(numero="PV-3"))
    assert (repetida.status_code, repetida.headers["Idempotent-Replayed"]) == (201, "true")
    avisos = errado.pedir("GET", "/health/ready", None).get_json()["avisos"]
    assert any(f"{abs(segundos):.0f} s" in aviso and "relógio" in aviso for aviso in avisos)
    assert not any("relógio" in aviso for aviso in certo.pedir("GET", "/health/ready", None).get_json()["avisos"])
    for casa in (certo, errado):
        casa.close()


def test_a_clock_of_another_day_is_left_alone(casa_pg: Casa) -> None:
    assert casa_pg.gw.agora() == casa_pg.relogio.agora


def test_a_clock_that_jumps_is_held_by_the_one_that_does_not(postgresql: sa.Engine) -> None:
    db = Database(postgresql)
    agora, monotonico = [dt.datetime.now(dt.UTC)], [100.0]
    relogio = RelogioComum(db, lambda: agora[0], lambda: monotonico[0])
    relogio.acertar()
    antes = relogio()
    agora[0] -= dt.timedelta(hours=1)
    monotonico[0] += 5
    assert abs(relogio() - antes - dt.timedelta(seconds=5)) < dt.timedelta(seconds=1)
    agora[0] += dt.timedelta(seconds=2)
    monotonico[0] += 2
    assert abs(relogio() - antes - dt.timedelta(seconds=7)) < dt.timedelta(seconds=1)
    relogio.acertar()  # by the database it is an hour behind, which comes to the same
    assert abs(relogio() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=10)


def test_sqlite_has_no_clock_of_its_own(sqlite_engine: sa.Engine) -> None:
    casa = host(sqlite_engine, -600)
    assert abs(casa.gw.agora() - Torto(-600)()) < dt.timedelta(seconds=5)
    casa.close()
