"""A call to the database is bounded by what it is for: request, page, job, catalog, DDL; and one sum at a time."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app import build_gateway, prazos_de
from app.cli import main
from app.cli.conexao import open_gateway
from app.services.conciliacao import conciliar as conciliacao
from app.services.tempo import rotinas
from app.services.tempo.rotinas import Plantao
from app.settings import Settings, SettingsError, from_env
from app.winthor.db.faults import Indisponivel, Ocupado
from app.winthor.db.prazos import FINALIDADE, Finalidade, Prazos, da_chamada, para
from app.winthor.db.transaction import Database
from tests.support.builders import pre_venda
from tests.support.gateway import Casa

DORMIR = "SELECT pg_sleep({})"


def test_each_purpose_has_its_setting_and_a_default() -> None:
    assert prazos_de(Settings()) == Prazos(5, 20, 600, 30)
    mudadas = {
        "PREVENDA_LIMITE_REQUISICAO_S": "7",
        "PREVENDA_LIMITE_RELATORIO_S": "8",
        "PREVENDA_LIMITE_TAREFA_S": "9",
        "PREVENDA_LIMITE_CATALOGO_S": "10",
        "PREVENDA_LIMITE_DDL_S": "11",
    }
    settings = from_env(mudadas)
    assert prazos_de(settings) == Prazos(7, 8, 9, 10)
    assert settings.limite_ddl_s == 11
    with pytest.raises(SettingsError) as error:
        from_env(dict.fromkeys(mudadas, "0"))
    assert len(error.value.problems) == len(mudadas)


@pytest.mark.parametrize(("limite", "espera", "chamada"), [(5, 3, 5), (5, 10, 12), (14, 3, 14), (1, 0.1, 2.1)])
def test_a_call_may_take_longer_than_the_wait_for_a_lock(limite: float, espera: float, chamada: float) -> None:
    assert da_chamada(limite, espera) == pytest.approx(chamada)


# --- PostgreSQL, which says its own limit


def statement_timeout(casa: Casa) -> str:
    with casa.gw.db.read() as connection:
        return str(connection.execute(sa.text("SELECT current_setting('statement_timeout')")).scalar())


def test_what_is_read_has_the_limit_of_its_purpose_and_only_then(casa_pg: Casa) -> None:
    assert statement_timeout(casa_pg) == "4s"
    for finalidade, limite in (
        (Finalidade.RELATORIO, "19s"),
        (Finalidade.TAREFA, "599s"),
        (Finalidade.CATALOGO, "29s"),
        (Finalidade.REQUISICAO, "4s"),
    ):
        with para(finalidade):
            assert statement_timeout(casa_pg) == limite
        assert statement_timeout(casa_pg) == "4s"


def test_the_limit_of_a_reading_in_batches_ends_with_it(casa_pg: Casa) -> None:
    with para(Finalidade.TAREFA), casa_pg.gw.db.read(in_batches=True) as connection:
        assert connection.execute(sa.text("SHOW statement_timeout")).scalar() == "599s"
    assert statement_timeout(casa_pg) == "4s"
    with pytest.raises(Exception), para(Finalidade.TAREFA), casa_pg.gw.db.read(in_batches=True) as connection:  # noqa: B017, PT011
        connection.execute(sa.text("SELECT 1 / 0"))
    assert statement_timeout(casa_pg) == "4s"


def test_a_report_is_planned_each_time_and_a_request_is_not(casa_pg: Casa) -> None:
    """The plan that PostgreSQL keeps is made for the average product."""

    def preparadas(finalidade: Finalidade, consulta: str) -> int:
        with para(finalidade), casa_pg.gw.db.read() as connection:
            for _ in range(7):
                connection.execute(sa.text(consulta), {"n": 1})
            contar = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :como")
            return int(connection.execute(contar, {"como": f"{consulta.partition(':')[0]}%"}).scalar_one())

    assert preparadas(Finalidade.RELATORIO, "SELECT 1 + :n AS DE_RELATORIO") == 0
    assert preparadas(Finalidade.REQUISICAO, "SELECT 2 + :n AS DE_REQUISICAO") == 1


def test_what_writes_is_short_whoever_asks(casa_pg: Casa) -> None:
    """A job's transaction holds rows that sales wait for."""
    with para(Finalidade.TAREFA), casa_pg.gw.db.transaction() as connection:
        assert connection.execute(sa.text("SHOW statement_timeout")).scalar() == "4s"


def test_a_reading_that_is_cut_off_is_told_by_its_setting(casa_pg: Casa, caplog: pytest.LogCaptureFixture) -> None:
    casa = casa_pg.com(limite_relatorio_s=2, espera_lock=0.1)
    comeco = time.monotonic()
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(Ocupado, match="57014"),
        para(Finalidade.RELATORIO),
        casa.gw.db.read() as connection,
    ):
        connection.execute(sa.text(DORMIR.format(30)))
    assert time.monotonic() - comeco < 5
    assert [r.getMessage() for r in caplog.records] == [
        "uma leitura passou de PREVENDA_LIMITE_RELATORIO_S (2 s); confira os índices com prevenda doctor"
    ]
    casa.close()


def test_a_long_reading_outlives_the_limit_of_a_request(casa_pg: Casa) -> None:
    casa = casa_pg.com(limite_requisicao_s=1, espera_lock=0.1)
    with pytest.raises(Ocupado), casa.gw.db.read() as connection:
        connection.execute(sa.text(DORMIR.format(2)))
    with para(Finalidade.RELATORIO), casa.gw.db.read() as connection:
        connection.execute(sa.text(DORMIR.format(2)))
    casa.close()


def test_a_dead_connection_is_told_before_a_report_is_read(casa_pg: Casa) -> None:
    casa = casa_pg.com(pool=1)
    with casa.gw.db.read() as connection:
        pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar()
    with casa_pg.engine.connect() as outra:
        outra.execute(sa.text(f"SELECT pg_terminate_backend({pid})"))
        outra.commit()
    with pytest.raises(Indisponivel), para(Finalidade.RELATORIO), casa.gw.db.read() as connection:
        connection.execute(sa.text("SELECT 1"))
    with para(Finalidade.RELATORIO), casa.gw.db.read() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    casa.close()


# --- who reads for what


@pytest.fixture
def lidas(monkeypatch: pytest.MonkeyPatch) -> list[Finalidade]:
    """What each reading was for."""
    vistas: list[Finalidade] = []
    ler = Database.read

    def espiar(self: Database, **opcoes: Any) -> Any:
        vistas.append(FINALIDADE.get())
        return ler(self, **opcoes)

    monkeypatch.setattr(Database, "read", espiar)
    return vistas


@pytest.mark.parametrize(
    ("rota", "login", "finalidade"),
    [
        ("/api/v1/conciliacao", "retaguarda", Finalidade.RELATORIO),
        ("/api/v1/log", "retaguarda", Finalidade.RELATORIO),
        ("/api/v1/reservas", "retaguarda", Finalidade.RELATORIO),
        ("/api/v1/fluxo", "retaguarda", Finalidade.RELATORIO),
        ("/api/v1/estoque/1/1", "retaguarda", Finalidade.RELATORIO),
        ("/api/v1/estoque/1/1", "pdv1", Finalidade.REQUISICAO),
        (
            "/winthor/varejo/matcon/v1/orders/pdvsync/consulta?numero=X&idLojaRetaguarda=1",
            "pdv1",
            Finalidade.REQUISICAO,
        ),
    ],
)
def test_the_back_office_reads_reports_and_a_till_does_not(
    casa: Casa, lidas: list[Finalidade], rota: str, login: str, finalidade: Finalidade
) -> None:
    casa.token(login)
    lidas.clear()
    casa.pedir("GET", rota, login)
    assert finalidade in lidas
    assert set(lidas) <= {finalidade, Finalidade.REQUISICAO}  # who calls is read before the route


def test_a_sale_reads_as_a_request(casa: Casa, lidas: list[Finalidade]) -> None:
    casa.reservar(pre_venda())
    assert set(lidas) == {Finalidade.REQUISICAO}


def test_the_start_reads_the_catalog_and_a_command_is_a_job(
    casa: Casa, lidas: list[Finalidade], monkeypatch: pytest.MonkeyPatch
) -> None:
    build_gateway(casa.settings, casa.relogio).db.engine.dispose()
    assert set(lidas) == {Finalidade.CATALOGO}
    monkeypatch.setenv("PREVENDA_DATABASE_URL", casa.settings.database_url)
    with open_gateway() as gw:
        lidas.clear()
        conciliacao.conciliar(gw)
    assert set(lidas) == {Finalidade.TAREFA}


def test_the_rounds_of_serve_are_jobs(casa: Casa, lidas: list[Finalidade]) -> None:
    lidas.clear()
    assert Plantao(casa.gw, lambda: False).rodada()
    assert len(rotinas.ROTINAS) <= len(lidas)
    assert set(lidas) == {Finalidade.TAREFA}


# --- one sum at a time


def test_only_one_host_sums(casa_pg: Casa) -> None:
    """A page waits as for any lock and then says busy; a command waits on."""
    casa_pg.token("retaguarda")
    outra = casa_pg.com(espera_lock=0.2)
    with outra.engine.connect() as dono:
        dono.execute(sa.text("SELECT 1 FROM GW_CONFIG WHERE CHAVE = 'VERSAO' FOR UPDATE"))
        answer = outra.pedir("GET", "/api/v1/conciliacao", "retaguarda")
        assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_OCUPADO")
        assert answer.headers["Retry-After"]
        comando = threading.Thread(target=_conciliar, args=(outra, feitas := []))
        comando.start()
        time.sleep(1)
        assert feitas == []
        dono.rollback()
        comando.join(20)
    assert feitas == [[]]
    assert outra.pedir("GET", "/api/v1/conciliacao", "retaguarda").status_code == 200
    outra.close()


def _conciliar(casa: Casa, feitas: list[Any]) -> None:
    with para(Finalidade.TAREFA):
        feitas.append(conciliacao.conciliar(casa.gw).diferencas)


def test_a_sum_writes_nothing(casa: Casa) -> None:
    antes = casa.fotografia()
    assert casa.pedir("GET", "/api/v1/conciliacao", "retaguarda").status_code == 200
    assert casa.fotografia() == antes


# --- what a slow database does to each


def test_slow_sums_are_told_by_the_doctor_and_done_by_the_command(casa_pg: Casa) -> None:
    """The stock is behind a view that takes two seconds and a half: a page of two cannot show it, a job can."""
    casa_pg.executar("ALTER TABLE PCEST RENAME TO PCEST_LENTA")
    casa_pg.executar(
        "CREATE VIEW PCEST AS SELECT e.* FROM PCEST_LENTA e, (SELECT pg_sleep(2.5) AS s OFFSET 0) x"
        " WHERE x.s IS NOT NULL"
    )
    nomes = {
        "PREVENDA_DATABASE_URL": casa_pg.settings.database_url,
        "PREVENDA_LIMITE_REQUISICAO_S": "1",
        "PREVENDA_LIMITE_RELATORIO_S": "1",
        "PREVENDA_ESPERA_LOCK": "0.1",
    }
    feito = CliRunner().invoke(main, ["doctor", "--filial", "1"], env=nomes)
    assert "soma dos pedidos vivos" in feito.output
    assert "não terminou em 2 s (PREVENDA_LIMITE_RELATORIO_S)" in feito.output
    feito = CliRunner().invoke(main, ["conciliar"], env=nomes)
    assert (feito.exit_code, feito.output) == (0, "Nenhuma diferença.\n")
