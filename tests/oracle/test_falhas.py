"""Oracle's faults as the driver raises them: one classifier, the right answer, and exactly one effect (R14, R20)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import oracledb
import pytest
import sqlalchemy as sa

from app.settings import Settings
from app.winthor.clientes import SEM_MASCARA
from app.winthor.db import faults
from app.winthor.db.engine import PING_APOS_S, create_engine
from app.winthor.db.faults import (
    Duplicado,
    EnderecoSumiu,
    Falha,
    GatilhoLeATabela,
    Incompleto,
    Indisponivel,
    Ocupado,
    RegraDaCasa,
    Sobrecarga,
    ValorRecusado,
)
from tests.conftest import NOW
from tests.oracle_wire.server import OracleWireServer
from tests.support.builders import pre_venda
from tests.support.gateway import SEM_EFEITO, Casa, Relogio


def driver_error(full_code: str) -> sa.exc.DBAPIError:
    orig = oracledb.DatabaseError(SimpleNamespace(full_code=full_code, code=0, message=""))
    return sa.exc.DBAPIError("SELECT 1 FROM DUAL", {}, orig)


OCUPADO = (Ocupado, True, 503, "BANCO_OCUPADO")
INDISPONIVEL = (Indisponivel, True, 503, "BANCO_INDISPONIVEL")
INCOMPLETO = (Incompleto, False, 503, "BANCO_INCOMPLETO")
RECUSADO = (ValorRecusado, False, 500, "ERRO_INTERNO")
REGRA = (RegraDaCasa, False, 422, "REGRA_DA_CASA")
CODIGOS = {
    **dict.fromkeys(("ORA-00054", "ORA-30006", "ORA-00060", "ORA-08177", "ORA-04068", "DPY-4024"), OCUPADO),
    **dict.fromkeys(("ORA-02049", "ORA-02091"), OCUPADO),
    "ORA-00001": (Duplicado, True, 503, "BANCO_OCUPADO"),
    **dict.fromkeys(("ORA-01400", "ORA-01438", "ORA-12899"), RECUSADO),
    **dict.fromkeys(("ORA-01033", "ORA-01034", "ORA-01089", "ORA-00018", "ORA-00020", "ORA-16000"), INDISPONIVEL),
    **dict.fromkeys(("ORA-00257", "ORA-01653", "ORA-01654", "ORA-30036"), INDISPONIVEL),
    **dict.fromkeys(("ORA-28000", "ORA-28001", "ORA-01017"), INDISPONIVEL),
    **dict.fromkeys(("ORA-00942", "ORA-00904", "ORA-01031", "ORA-41900"), INCOMPLETO),
    **dict.fromkeys(("DPY-6005", "DPY-6000", "DPY-4011", "DPY-1001"), INDISPONIVEL),
    # thick mode
    **dict.fromkeys(("ORA-12514", "ORA-12541", "ORA-12154", "ORA-12170", "ORA-12537"), INDISPONIVEL),
    **dict.fromkeys(("ORA-00028", "ORA-01012", "ORA-02396", "ORA-03113", "ORA-03114", "ORA-03135"), INDISPONIVEL),
    # the site's own trigger, a wrong statement, thin mode's limits
    **dict.fromkeys(("ORA-01013", "ORA-04021", "ORA-04061", "ORA-04065", "ORA-06508"), OCUPADO),
    **dict.fromkeys(("ORA-04031", "ORA-01000", "ORA-01536", "ORA-01652", "ORA-01688", "ORA-01090"), INDISPONIVEL),
    **dict.fromkeys(("ORA-01109", "ORA-01219", "ORA-02391", "ORA-25402", "ORA-25408", "ORA-28365"), INDISPONIVEL),
    **dict.fromkeys(("ORA-16456", "ORA-12801", "ORA-00604", "ORA-03137"), INDISPONIVEL),
    **dict.fromkeys(("ORA-01410", "ORA-08103"), (EnderecoSumiu, True, 503, "BANCO_INDISPONIVEL")),
    **dict.fromkeys(("ORA-20000", "ORA-20999", "ORA-02290", "ORA-02291", "ORA-02292"), REGRA),
    "ORA-04091": (GatilhoLeATabela, False, 500, "ERRO_INTERNO"),
    **dict.fromkeys(("ORA-19999", "ORA-21000", "DPY-3015"), (Falha, False, 500, "ERRO_INTERNO")),
}


@pytest.mark.parametrize("full_code", CODIGOS)
def test_classifier(full_code: str) -> None:
    fault = faults.classify(driver_error(full_code))

    assert (type(fault), fault.repetir, fault.http, fault.codigo) == CODIGOS[full_code]
    assert str(fault) == full_code


def test_no_free_connection_is_overload() -> None:
    assert type(faults.classify(sa.exc.TimeoutError("pool"))) is Sobrecarga


@pytest.fixture
def casa(oracle_server: OracleWireServer) -> Iterator[Casa]:
    url = oracle_server.url
    engine = create_engine(url)
    casa = Casa(engine, Settings(database_url=url, cache_segundos=0), Relogio(NOW))
    yield casa
    casa.close()
    engine.dispose()


@pytest.mark.parametrize("after", [False, True])
def test_session_killed_around_the_commit_has_one_effect(
    casa: Casa, oracle_server: OracleWireServer, after: bool
) -> None:
    casa.token("hub")
    oracle_server.faults.kill_at_commit(after=after, nth=2)  # the first one opens the operation

    casa.reservar(pre_venda())
    assert casa.reservar(pre_venda()) == casa.linha("PCPEDC")["NUMPED"]
    assert casa.qtreserv(1) == 2


@pytest.mark.parametrize("code", [60, 54, 30006])
def test_busy_is_repeated_and_then_told(casa: Casa, oracle_server: OracleWireServer, code: int) -> None:
    casa.token("hub")
    oracle_server.faults.fail("FROM PCEST .* FOR UPDATE", code)
    casa.reservar(pre_venda())

    antes = casa.fotografia(sem=SEM_EFEITO)
    oracle_server.faults.fail("FROM PCEST .* FOR UPDATE", code, times=50)
    body = casa.enviar(pre_venda(numero="PV-2")).get_json(force=True)
    oracle_server.faults.clear()
    assert (body["status"], body["codigo"]) == (503, "BANCO_OCUPADO")
    assert casa.fotografia(sem=SEM_EFEITO) == antes


def test_sessions_killed_while_idle_are_replaced(casa: Casa, oracle_server: OracleWireServer) -> None:
    casa.reservar(pre_venda())
    oracle_server.kill_sessions()
    time.sleep(PING_APOS_S * 1.1)

    casa.reservar(pre_venda(numero="PV-2"))


@pytest.mark.parametrize("nth", [1, 2], ids=["of the opening", "of the effect"])
def test_a_commit_that_fails_and_leaves_the_session_alive(
    casa: Casa, oracle_server: OracleWireServer, nth: int
) -> None:
    """ORA-01013 at COMMIT: the transaction stands open with its locks, and nobody may commit it later."""
    casa.token("hub")
    oracle_server.faults.fail("^COMMIT$", 1013, nth=nth)

    numped = casa.reservar(pre_venda())
    assert (casa.linha("PCPEDC")["NUMPED"], casa.qtreserv(1)) == (numped, 2)
    casa.reservar(pre_venda(numero="PV-2"))
    assert casa.qtreserv(1) == 4


def test_a_session_speaks_the_gateways_language(casa: Casa, oracle_server: OracleWireServer) -> None:
    casa.engine.dispose()
    casa.reservar(pre_venda())
    sessoes = [entry.sql for entry in oracle_server.journal if entry.sql.startswith("ALTER SESSION")]
    ditas = {word for sql in sessoes for word in sql.split()}
    assert {"NLS_SORT", "NLS_COMP", "NLS_NUMERIC_CHARACTERS", "NLS_DATE_FORMAT"} <= ditas


def test_the_search_without_mask_is_one_constant_expression(casa: Casa) -> None:
    """What an index is made on must be found again in the statement, letter for letter."""
    sql = str(SEM_MASCARA.compile(dialect=casa.engine.dialect))
    assert sql == """upper(replace(replace(replace(replace(PCCLIENT.CGCENT, '.', ''), '-', ''), '/', ''), ' ', ''))"""
