"""Ready means that a sale could be written; what is missing is named in the log and nowhere else (spec §6)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.settings import Settings
from tests.support.builders import cliente_completo, pre_venda
from tests.support.gateway import Casa, Relogio

LIVE, READY = "/health/live", "/health/ready"


def pronto(casa: Casa) -> tuple[int, str]:
    answer = casa.pedir("GET", READY, None)
    return answer.status_code, answer.get_json(force=True).get("codigo", "")


INCOMPLETO = (503, "BANCO_INCOMPLETO")


@pytest.mark.parametrize(
    ("sql", "nome"),
    [
        ("ALTER TABLE PCPEDICESTA RENAME TO X_PCPEDICESTA", "PCPEDICESTA"),
        ("ALTER TABLE PCPRODUT RENAME TO X_PCPRODUT", "PCPRODUT"),
        ("ALTER TABLE GW_RESERVA RENAME TO X_RESERVA", "GW_RESERVA"),
        ("ALTER TABLE PCPEDC RENAME COLUMN ORIGEMPED TO X", "PCPEDC.ORIGEMPED"),
        ("ALTER TABLE PCCLIENT RENAME COLUMN EMAIL TO X", "PCCLIENT.EMAIL"),
        ("ALTER TABLE PCEST RENAME COLUMN QTBLOQUEADA TO X", "PCEST.QTBLOQUEADA"),
        ("ALTER TABLE GW_OPERACAO RENAME COLUMN EFEITO TO X", "GW_OPERACAO.EFEITO"),
    ],
)
def test_what_a_sale_needs_and_is_missing(casa: Casa, sql: str, nome: str, caplog: pytest.LogCaptureFixture) -> None:
    if casa.engine.dialect.name == "oracle":
        pytest.skip("the catalog of the protocol server knows no RENAME")
    assert pronto(casa) == (200, "")
    casa.executar(sql)
    answer = casa.pedir("GET", READY, None)
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == INCOMPLETO
    assert "Retry-After" not in answer.headers
    assert nome not in answer.get_data(as_text=True)
    assert nome in caplog.text
    # Told once, not every five seconds; the process lives.
    caplog.clear()
    assert pronto(casa) == INCOMPLETO
    assert nome not in caplog.text
    assert casa.pedir("GET", LIVE, None).status_code == 200


def test_optional_tables_are_not_needed(casa: Casa) -> None:
    if casa.engine.dialect.name == "oracle":
        pytest.skip("the catalog of the protocol server knows no RENAME")
    for tabela in ("PCNFCAN", "PCVENDACONSUM", "PCREGIAO"):
        casa.executar(f"ALTER TABLE {tabela} RENAME TO X_{tabela}")
    assert pronto(casa) == (200, "")


@pytest.mark.parametrize(
    ("sql", "objeto"),
    [
        ("ALTER TABLE PCPEDI RENAME TO X_PCPEDI", "PCPEDI"),
        ("ALTER TABLE PCCLIENT RENAME COLUMN FANTASIA TO X", "FANTASIA"),
    ],
)
def test_a_sale_on_an_incomplete_database_is_not_to_be_repeated(
    casa: Casa, sql: str, objeto: str, caplog: pytest.LogCaptureFixture
) -> None:
    if casa.engine.dialect.name == "oracle":
        pytest.skip("the catalog of the protocol server knows no RENAME")
    casa.executar(sql)
    caplog.set_level(logging.INFO)
    answer = casa.enviar(pre_venda(cliente=cliente_completo(cpfCnpj="11144477735")))
    corpo = answer.get_json(force=True)
    assert (answer.status_code, corpo["codigo"]) == INCOMPLETO
    assert "Retry-After" not in answer.headers
    assert "repita" not in corpo["message"].lower()
    assert objeto in caplog.text.upper()
    assert "11144477735" not in caplog.text


def test_a_grant_that_is_missing(casa_pg: Casa, caplog: pytest.LogCaptureFixture) -> None:
    """Another user of the same database, who may not read one table."""
    url = casa_pg.engine.url
    casa_pg.executar("DROP ROLE IF EXISTS caixa_sem_direito")
    casa_pg.executar("CREATE ROLE caixa_sem_direito LOGIN")
    try:
        casa_pg.executar("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO caixa_sem_direito")
        casa_pg.executar("REVOKE ALL ON PCPRACA FROM caixa_sem_direito")
        settings = Settings(database_url=url.set(username="caixa_sem_direito").render_as_string(hide_password=False))
        outra = Casa(casa_pg.engine, settings, casa_pg.relogio)
        assert pronto(outra) == INCOMPLETO
        assert "PCPRACA" in caplog.text
        outra.close()
    finally:
        casa_pg.executar("DROP OWNED BY caixa_sem_direito")
        casa_pg.executar("DROP ROLE caixa_sem_direito")


def test_a_database_that_cannot_be_written(sqlite_engine: sa.Engine, now: object) -> None:
    casa = Casa(sqlite_engine, Settings(database_url=str(sqlite_engine.url)), Relogio(now))  # type: ignore[arg-type]
    assert pronto(casa) == (200, "")

    @event.listens_for(casa.gw.db.engine, "begin")
    def so_ler(connection: sa.Connection) -> None:
        connection.connection.execute("PRAGMA query_only = 1")  # type: ignore[attr-defined]

    assert pronto(casa) == INCOMPLETO
    casa.close()


@pytest.fixture
def mudo(casa_pg: Casa) -> Iterator[Casa]:
    """A database that answers nothing: a table that everything asks for is locked as a whole."""
    casa = casa_pg.com(cache_segundos=600)
    casa.token("hub")
    with casa.engine.begin() as outro:
        outro.execute(sa.text("LOCK TABLE GW_CONFIG, GW_OPERACAO IN ACCESS EXCLUSIVE MODE"))
        yield casa
    # Who asked it is answered now, and gives the connection back.
    for linha in threading.enumerate():
        if linha.name == "saude":
            linha.join(10)
    casa.close()


def test_a_silent_database_is_not_waited_for(mudo: Casa) -> None:
    comeco = time.monotonic()
    assert mudo.pedir("GET", LIVE, None).status_code == 200
    assert time.monotonic() - comeco < 0.5
    comeco = time.monotonic()
    assert pronto(mudo)[0] == 503
    assert "prevenda_database_up 0.0" in mudo.pedir("GET", "/metrics", None).get_data(as_text=True)
    assert time.monotonic() - comeco < 7


def test_one_question_serves_all_that_ask_meanwhile(mudo: Casa) -> None:
    """Whoever asks for readiness in a loop costs one thread and one connection."""
    perguntas = [threading.Thread(target=lambda: mudo.pedir("GET", READY, None)) for _ in range(12)]
    for pergunta in perguntas:
        pergunta.start()
    time.sleep(0.5)
    assert mudo.gw.db.ocupacao()[0] <= 2
    for pergunta in perguntas:
        pergunta.join()


def test_nothing_but_the_gateway_s_own_row_is_written(casa: Casa) -> None:
    sem = frozenset({"GW_CONFIG"})
    antes = casa.fotografia(sem=sem)
    assert pronto(casa) == (200, "")
    assert casa.fotografia(sem=sem) == antes
