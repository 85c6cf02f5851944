"""Connections to Oracle as the product opens them: limits, types, tags, and the ways to name a database."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import oracledb
import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app.cli import main
from app.settings import Settings, database_name
from app.winthor.db.engine import create_engine, identificar
from app.winthor.db.faults import Ocupado
from app.winthor.db.prazos import Finalidade, para
from app.winthor.db.transaction import Database
from app.winthor.db.travas import com_limite
from tests.conftest import NOW
from tests.oracle_wire import columns, ttc_requests
from tests.oracle_wire.server import OracleWireServer
from tests.oracle_wire.ttc import NATIONAL, BindType
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import Casa, Relogio

TCP_KEEPALIVE = "02"


@pytest.fixture
def abrir() -> Iterator[Callable[..., sa.Engine]]:
    engines: list[sa.Engine] = []

    def run(url: str, **options: float) -> sa.Engine:
        engines.append(create_engine(url, **options))  # type: ignore[arg-type]
        return engines[-1]

    yield run
    for engine in engines:
        engine.dispose()


@pytest.fixture
def casa(oracle_server: OracleWireServer) -> Iterator[Casa]:
    engine = create_engine(oracle_server.url)
    casa = Casa(engine, Settings(database_url=oracle_server.url, cache_segundos=0), Relogio(NOW))
    yield casa
    casa.close()
    engine.dispose()


def driver(connection: sa.Connection) -> oracledb.Connection:
    found = connection.connection.dbapi_connection
    assert isinstance(found, oracledb.Connection)
    return found


# --- limits


def test_the_call_timeout_is_set_at_each_checkout(
    oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]
) -> None:
    engine = abrir(oracle_server.url, lock_timeout_s=3)
    with engine.connect() as connection:
        first = driver(connection)
        assert first.call_timeout == 5000
        first.call_timeout = 0  # as a ping of some driver versions leaves it
    with engine.connect() as connection:
        assert driver(connection) is first
        assert first.call_timeout == 5000


@pytest.mark.parametrize(
    ("finalidade", "limite"),
    [
        (Finalidade.REQUISICAO, 5_000),
        (Finalidade.RELATORIO, 20_000),
        (Finalidade.TAREFA, 600_000),
        (Finalidade.CATALOGO, 30_000),
    ],
)
def test_a_reading_has_the_limit_of_its_purpose(
    oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine], finalidade: Finalidade, limite: int
) -> None:
    db = Database(abrir(oracle_server.url))
    with para(finalidade), db.read() as connection:
        assert driver(connection).call_timeout == limite
    with para(finalidade), db.transaction() as connection:
        assert driver(connection).call_timeout == 5000
    with db.read() as connection:
        assert driver(connection).call_timeout == 5000


def test_the_limit_of_a_lock_without_a_select_is_not_that_of_the_commit(
    oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]
) -> None:
    db = Database(abrir(oracle_server.url))
    tabela = sa.table("PCCONSUM", sa.column("PROXNUMCLI"))
    with db.transaction() as connection:
        com_limite(connection, sa.update(tabela).values(PROXNUMCLI=tabela.c.PROXNUMCLI), {})
        assert driver(connection).call_timeout == 5000


def test_a_script_waits_for_the_tables_it_changes(oracle_server: OracleWireServer) -> None:
    """Hosts that work on them are no reason to fail at once (ORA-00054); and an index may take long."""
    env = {"PREVENDA_DATABASE_URL": oracle_server.url, "PREVENDA_LIMITE_DDL_S": "77"}
    with psycopg.connect(oracle_server.postgres_url) as connection:
        connection.execute(f"SET search_path = {oracle_server.schema}".encode())
        connection.execute("UPDATE gw_config SET valor = '6' WHERE chave = 'VERSAO'")
    result = CliRunner().invoke(main, ["db", "install"], env=env)
    assert result.exit_code == 0, result.output
    feitos = [entry.sql for entry in oracle_server.journal]
    criada = next(n for n, sql in enumerate(feitos) if sql.startswith("CREATE"))
    assert feitos[criada - 1] == "ALTER SESSION SET DDL_LOCK_TIMEOUT = 30"


def test_a_server_that_hangs_is_given_up_and_the_connection_goes_on(
    oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]
) -> None:
    db = Database(abrir(oracle_server.url, lock_timeout_s=0.1))
    oracle_server.faults.stall("FROM PCEST", 30)
    start = time.monotonic()
    with pytest.raises(Ocupado, match="DPY-4024"), db.transaction() as connection:
        connection.execute(sa.text("SELECT QTRESERV FROM PCEST"))
    assert 2 < time.monotonic() - start < 6
    with db.read() as connection:
        assert connection.execute(sa.text("SELECT COUNT(*) FROM PCCONSUM")).scalar() == 1
    assert len(oracle_server.sessions) == 1


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="the kernel's table of sockets is Linux's")
def test_idle_connections_are_kept_alive(oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]) -> None:
    with abrir(oracle_server.url).connect():
        remote = f":{oracle_server.port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        assert [row[5][:2] for row in rows if row[2].endswith(remote)] == [TCP_KEEPALIVE]


def test_there_is_one_pool(oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]) -> None:
    engine = abrir(oracle_server.url, pool_size=2)
    assert type(engine.pool) is sa.pool.QueuePool
    with engine.connect(), engine.connect():
        assert len(oracle_server.sessions) == 2
    with engine.connect():
        assert len(oracle_server.sessions) == 2


# --- round trips and types


def test_nothing_is_rolled_back_where_nothing_is_to_be(casa: Casa, oracle_server: OracleWireServer) -> None:
    """A rollback is a round trip; so is an isolation level set back after the number was drawn."""
    casa.reservar(pre_venda(numero="PV-1"))
    casa.token("retaguarda")
    oracle_server.reset()
    casa.reservar(pre_venda(numero="PV-2"))
    assert casa.pedir("GET", "/api/v1/reservas", "retaguarda").status_code == 200
    assert casa.pedir("GET", "/api/v1/log", "retaguarda").status_code == 200
    enviados = [entry.sql for entry in oracle_server.journal]
    assert "COMMIT" in enviados
    assert [sql for sql in enviados if sql == "ROLLBACK" or "ISOLATION" in sql] == []


def test_what_was_changed_is_rolled_back(oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]) -> None:
    """The control: a transaction that is given up."""
    engine = abrir(oracle_server.url)
    with engine.connect() as connection:
        connection.execute(sa.text("UPDATE PCCONSUM SET PROXNUMCLI = 7"))
    assert oracle_server.journal[-1].sql == "ROLLBACK"
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT PROXNUMCLI FROM PCCONSUM")).scalar() != 7


@pytest.fixture
def ligados(monkeypatch: pytest.MonkeyPatch) -> list[BindType]:
    """The types of the binds that the server is sent."""
    vistos: list[BindType] = []
    ler = ttc_requests.read_execute

    def espiar(*args: Any) -> Any:
        pedido = ler(*args)
        vistos.extend(pedido.bind_types or ())
        return pedido

    monkeypatch.setattr(ttc_requests, "read_execute", espiar)
    return vistos


def test_nothing_is_bound_as_national_text(casa: Casa, ligados: list[BindType]) -> None:
    """A CLOB would go through the national character set and back; where that is UTF8 thin mode cannot write it."""
    numped = casa.reservar(pre_venda(*[item(f"{n}0-{n}") for n in range(1001, 1061)], observacoes="ação " * 99))
    assert len(ligados) > 100
    assert [bind for bind in ligados if bind.form == NATIONAL] == []
    with casa.engine.connect() as connection:
        assert str(numped) in connection.execute(sa.text("SELECT RESPOSTA FROM GW_OPERACAO")).scalar_one()
        assert "ação ação" in connection.execute(sa.text("SELECT JSON FROM PCLOGPEDIDOAPI")).scalar_one()


def test_an_empty_number_is_bound_as_a_number(
    oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine], ligados: list[BindType]
) -> None:
    """As text it would make a child cursor for each set of columns that are empty."""
    numero, texto = sa.bindparam("B_N", type_=sa.Numeric()), sa.bindparam("B_T", type_=sa.String())
    insert = sa.insert(sa.table("PCNFCAN", sa.column("NUMPED"), sa.column("MOTIVO"))).values(
        NUMPED=numero, MOTIVO=texto
    )
    with abrir(oracle_server.url).connect() as connection:
        connection.execute(insert, {"B_N": None, "B_T": None})
        connection.rollback()
    assert [bind.kind for bind in ligados[-2:]] == [columns.NUMBER, columns.VARCHAR]


# --- what V$SESSION shows


@pytest.mark.parametrize(
    "comando",
    [
        "db install",
        "doctor --filial 1",
        "credenciais listar",
        "conciliar",
        "reservas expirar",
        "log recuperar",
        "log limpar",
    ],
)
def test_a_command_has_no_action(oracle_server: OracleWireServer, comando: str) -> None:
    """Nor has the start of `serve`, below: what does no pre-sale clears the tag, which "" would not."""
    settings = {"PREVENDA_DATABASE_URL": oracle_server.url, "PREVENDA_JWT_CHAVE": "x" * 40}
    CliRunner().invoke(main, comando.split(), env=settings)
    assert _tags(oracle_server) == {("prevenda", "prevenda", "")}
    assert oracle_server.breakdowns == []


def test_a_start_and_a_reading_have_no_action(casa: Casa, oracle_server: OracleWireServer) -> None:
    assert casa.pedir("GET", "/health/ready").status_code == 200
    assert casa.pedir("GET", "/api/v1/estoque/1/1001", "retaguarda").status_code == 200
    assert _tags(oracle_server) == {("prevenda", "prevenda", "")}


def test_a_reading_after_a_pre_sale_is_not_the_pos_s(casa: Casa, oracle_server: OracleWireServer) -> None:
    """Both in one thread, on one connection."""
    casa.token("pdv1")
    oracle_server.reset()
    casa.reservar(pre_venda(numero="PV-77"), "pdv1")
    assert ("prevenda", "pdv1", "I PV-77") in _tags(oracle_server)
    casa.token("retaguarda")
    oracle_server.reset()
    assert casa.pedir("GET", "/api/v1/estoque/1/1001", "retaguarda").status_code == 200
    assert _tags(oracle_server) == {("prevenda", "prevenda", "")}


def test_an_empty_action_is_an_error_of_the_protocol(
    oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]
) -> None:
    """The control: "" on the driver's own connection, past the gateway's tags."""
    with abrir(oracle_server.url).connect() as connection:
        driver(connection).action = ""
        with pytest.raises(sa.exc.DatabaseError, match="DPY-4011"):
            connection.execute(sa.text("SELECT COUNT(*) FROM PCCONSUM"))
    breakdowns, oracle_server.breakdowns = oracle_server.breakdowns, []
    assert len(breakdowns) == 1
    assert "0 where a message type is due" in breakdowns[0]


def test_nobody_and_nothing_are_sent_as_none(oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]) -> None:
    with identificar("", ""), abrir(oracle_server.url).connect() as connection:
        connection.execute(sa.text("SELECT COUNT(*) FROM PCCONSUM"))
    assert oracle_server.journal[-1].tags == {"module": "prevenda", "client_identifier": "", "action": ""}


def _tags(server: OracleWireServer) -> set[tuple[str, ...]]:
    """Module, client identifier and action of the statements; SQLAlchemy looks at a first connection before its tags
    are set."""
    names = ("module", "client_identifier", "action")
    return {tuple(entry.tags[name] for name in names) for entry in server.journal if entry.tags}


# --- types


def test_numbers_are_exact(oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]) -> None:
    with abrir(oracle_server.url).connect() as connection:
        row = connection.execute(sa.text("SELECT 0.1, 12345678901234567.89, SUM(QTESTGER) FROM PCEST")).one()
    assert row[:2] == (Decimal("0.1"), Decimal("12345678901234567.89"))
    assert [type(value) for value in row] == [Decimal, Decimal, int]


def test_clobs_are_text(casa: Casa) -> None:
    casa.reservar(pre_venda(*[item(f"{n}0-{n}") for n in range(1001, 1061)], observacoes="ação " * 99))
    with casa.engine.connect() as connection:
        for query in (sa.text("SELECT JSON FROM PCLOGPEDIDOAPI"), sa.text("SELECT RESPOSTA FROM GW_OPERACAO")):
            texto = connection.execute(query).scalar()
            assert isinstance(texto, str)
        assert connection.execute(sa.text("SELECT LENGTH(JSON) FROM PCLOGPEDIDOAPI")).scalar() > 4000


@pytest.mark.parametrize(
    "rota",
    [
        "/api/v1/log",
        "/api/v1/reservas",
        "/api/v1/conciliacao",
        "/api/v1/estoque/1/1",
        "/winthor/varejo/matcon/v1/orders/pdvsync/consulta?idLojaRetaguarda=1",
    ],
)
def test_lists_read_no_lob(casa: Casa, oracle_server: OracleWireServer, rota: str) -> None:
    casa.reservar(pre_venda(item(), cliente=cliente_completo()))
    login = "retaguarda" if rota.startswith("/api") else "hub"
    casa.token(login)
    oracle_server.reset()
    assert casa.pedir("GET", rota, login).status_code == 200
    lidos = [entry.sql for entry in oracle_server.journal if "FROM" in entry.sql]
    assert lidos
    assert [sql for sql in lidos if re.search(r"\b(JSON|RESPOSTA)\b", sql)] == []


def test_no_statement_depends_on_the_sessions_nls() -> None:
    """Values are bound with their types, so no format of the session is used on either way."""
    comandos = Path(__file__).with_name("comandos.sql").read_text(encoding="utf-8")
    assert re.findall(r"TO_(?:CHAR|DATE|TIMESTAMP)\(|TO_NUMBER\((?!SYS_CONTEXT)|DATE '|TIMESTAMP '", comandos) == []


# --- ways to name a database


def test_a_tns_alias(
    oracle_server: OracleWireServer,
    abrir: Callable[..., sa.Engine],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = f"(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={oracle_server.port}))"
    entry = f"WINTHOR_LOJA = (DESCRIPTION={address}(CONNECT_DATA=(SERVICE_NAME=WINT)))\n"
    (tmp_path / "tnsnames.ora").write_text(entry, encoding="ascii")
    monkeypatch.setattr(oracledb.defaults, "config_dir", str(tmp_path))  # what TNS_ADMIN sets as the process starts
    with abrir("oracle+oracledb://winthor:winthor@WINTHOR_LOJA").connect() as connection:
        assert driver(connection).ping() is None


def test_an_easy_connect_string(oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]) -> None:
    with abrir(f"oracle+oracledb://winthor:winthor@/?dsn={oracle_server.dsn}").connect() as connection:
        assert driver(connection).ping() is None


def test_a_name_after_the_slash_is_a_sid(oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine]) -> None:
    engine = abrir(f"oracle+oracledb://winthor:winthor@127.0.0.1:{oracle_server.port}/WINT")
    with pytest.raises(sa.exc.OperationalError, match="DPY-6003"):
        engine.connect()


# --- thick mode


def test_thick_mode_is_a_setting(
    oracle_server: OracleWireServer, abrir: Callable[..., sa.Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def load(lib_dir: str) -> None:
        asked.append(lib_dir)

    monkeypatch.setattr(oracledb, "init_oracle_client", load)
    create_engine(oracle_server.url)
    assert asked == []
    create_engine(oracle_server.url, oracle_thick="/opt/instantclient")
    assert asked == ["/opt/instantclient"]


def test_thick_mode_without_its_libraries_is_told(oracle_server: OracleWireServer, tmp_path: Path) -> None:
    env = {"PREVENDA_DATABASE_URL": oracle_server.url, "PREVENDA_ORACLE_THICK": str(tmp_path)}
    result = CliRunner().invoke(main, ["doctor"], env=env)
    assert result.exit_code == 1
    assert re.fullmatch(
        r"O banco de dados não respondeu \(PREVENDA_ORACLE_THICK: DP[IY]-\d+\)\. Tentado: .*\n", result.stderr
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1017, "(ORA-01017): usuário ou senha recusados"),
        (28001, "(ORA-28001): a conta está bloqueada ou a senha venceu"),
        (1033, "(ORA-01033)"),
    ],
)
def test_why_a_login_fails_is_told(oracle_server: OracleWireServer, code: int, told: str) -> None:
    oracle_server.faults.refuse_logins(code)
    result = CliRunner().invoke(main, ["doctor"], env={"PREVENDA_DATABASE_URL": oracle_server.url})
    tried = f"Tentado: {database_name(oracle_server.url)} (PREVENDA_DATABASE_URL)"
    assert (result.exit_code, result.stderr) == (1, f"O banco de dados não respondeu {told}. {tried}.\n")
