"""What Oracle's dictionary tells of a site: owners, synonyms, BYTE and CHAR, privileges, triggers, locks.

The dictionary is the protocol server's, written by Oracle's documentation; no real one was asked.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app.cli import main
from app.services.doutor import AVISO, ERRO, OK
from app.services.mapas import winthor_catalog
from app.settings import Settings
from app.winthor import catalogo
from app.winthor.catalogo import Catalogo, ColunaReal
from app.winthor.db import Database, create_engine
from tests.builders import cliente_completo, pre_venda
from tests.casa import Casa, Relogio
from tests.conftest import NOW
from tests.oracle_wire.server import OracleWireServer

Achados = dict[str, tuple[str, str]]


@pytest.fixture
def engine(oracle_server: OracleWireServer) -> Iterator[sa.Engine]:
    engine = create_engine(oracle_server.url)
    yield engine
    engine.dispose()


@pytest.fixture
def executar(engine: sa.Engine) -> Callable[..., None]:
    """DDL as the site's DBA would send it."""

    def run(*statements: str) -> None:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    return run


@pytest.fixture
def por_fora(oracle_server: OracleWireServer) -> Callable[[str], None]:
    """PostgreSQL's own statements in the user's schema, for what cannot be said to the server in Oracle's words."""

    def run(statement: str) -> None:
        with psycopg.connect(oracle_server.postgres_url) as connection:
            connection.execute(f"SET LOCAL search_path = {oracle_server.schema}, oracle_wire, pg_catalog".encode())
            connection.execute(statement.encode())

    return run


@pytest.fixture
def abrir(engine: sa.Engine) -> Iterator[Callable[..., Casa]]:
    """A gateway started now, with these settings."""
    casas: list[Casa] = []

    def run(**mudancas: Any) -> Casa:
        url = engine.url.render_as_string(hide_password=False)
        settings = replace(Settings(database_url=url, cache_segundos=0), **mudancas)
        casas.append(Casa(engine, settings, Relogio(NOW)))
        return casas[-1]

    yield run
    for casa in casas:
        casa.close()


@pytest.fixture
def examinar(oracle_server: OracleWireServer) -> Callable[..., Achados]:
    """The findings of `prevenda doctor`, by check."""

    def run(*args: str, **env: str) -> Achados:
        names = {"PREVENDA_DATABASE_URL": oracle_server.url} | {f"PREVENDA_{n.upper()}": v for n, v in env.items()}
        result = CliRunner().invoke(main, ["doctor", "--json", *args], env=names)
        return {linha["conferencia"]: (linha["situacao"], linha["detalhe"]) for linha in json.loads(result.stdout)}

    return run


def ler(engine: sa.Engine) -> Catalogo:
    with engine.connect() as connection:
        return catalogo.ler(connection)


# --- what the dictionary says


def test_columns_in_bytes_in_characters_and_in_digits(engine: sa.Engine, executar: Callable[..., None]) -> None:
    executar("ALTER TABLE PCCLIENT MODIFY (BAIRROENT VARCHAR2(20 CHAR))")
    site = ler(engine)
    assert (site.conjunto, site.semantica, site.codificacao) == ("AL32UTF8", "BYTE", "utf-8")
    assert site.donos["PCCLIENT"] == "WINTHOR"
    colunas = site.tabelas["PCCLIENT"]
    assert colunas["CLIENTE"] == ColunaReal("CLIENTE", "text", 60, None)
    assert colunas["BAIRROENT"] == ColunaReal("BAIRROENT", "text", 80, 20)
    assert colunas["CODCLI"] == ColunaReal("CODCLI", "number", precisao=6, escala=0, nullable=False)
    assert colunas["DTCADASTRO"] == ColunaReal("DTCADASTRO")
    assert site.tabelas["PCLOGPEDIDOAPI"]["JSON"].tipo == ""


def test_the_demo_is_as_built_in(engine: sa.Engine) -> None:
    site = ler(engine)
    assert {tabela: list(colunas) for tabela, colunas in site.tabelas.items()} == catalogo.tabelas_usadas()
    assert winthor_catalog(site) == winthor_catalog()


@pytest.mark.parametrize("publico", ["", "PUBLIC "])
def test_a_table_behind_a_synonym(
    engine: sa.Engine, executar: Callable[..., None], por_fora: Callable[[str], None], publico: str
) -> None:
    por_fora("CREATE SCHEMA dono; ALTER TABLE pcpraca SET SCHEMA dono")
    executar(f"CREATE {publico}SYNONYM PCPRACA FOR DONO.PCPRACA")
    site = ler(engine)
    assert site.donos["PCPRACA"] == "DONO"
    assert site.tabelas["PCPRACA"]["CODPRACA"].tipo == "number"


def test_the_schemas_own_table_hides_a_public_synonym(
    engine: sa.Engine, executar: Callable[..., None], por_fora: Callable[[str], None]
) -> None:
    por_fora("CREATE SCHEMA outra; CREATE TABLE outra.pcpraca (codpraca numeric(2, 0))")
    executar("CREATE PUBLIC SYNONYM PCPRACA FOR OUTRA.PCPRACA")
    site = ler(engine)
    assert site.donos["PCPRACA"] == "WINTHOR"
    assert site.tabelas["PCPRACA"]["CODPRACA"].precisao != 2


# --- the site's widths win


def test_texts_are_clipped_to_the_sites_widths(abrir: Callable[..., Casa], executar: Callable[..., None]) -> None:
    executar(
        "ALTER TABLE PCCLIENT MODIFY (COMPLEMENTOENT VARCHAR2(10), COMPLEMENTOCOM VARCHAR2(10 CHAR))",
        "ALTER TABLE PCCLIENT MODIFY (ENDERCOB VARCHAR2(80))",
        "ALTER TABLE PCPEDC MODIFY (OBS VARCHAR2(11), OBS1 VARCHAR2(20))",
    )
    casa = abrir()
    cliente = cliente_completo(complemento="São João Ção", endereco="Rua " + "Ção " * 30)
    casa.reservar(pre_venda(cliente=cliente, observacoes="Entregar à tarde, depois das duas horas"))

    novo = casa.linha("PCCLIENT", CODCLI=1000)
    assert (novo["COMPLEMENTOENT"], novo["COMPLEMENTOCOM"]) == ("São João", "São João Ç")
    assert 40 < len(novo["ENDERCOB"].encode()) <= 80
    pedido = casa.linha("PCPEDC")
    assert [pedido[coluna] for coluna in ("OBS", "OBS1", "OBS2")] == ["Entregar à", "tarde, depois das", "duas horas"]


def test_what_identifies_is_never_shortened(abrir: Callable[..., Casa], executar: Callable[..., None]) -> None:
    executar("ALTER TABLE PCPEDC MODIFY (NUMPEDHUBE VARCHAR2(8))")
    casa = abrir()
    assert casa.enviar(pre_venda(numero="PV-COMPRIDA")).status_code == 500
    assert casa.contar("PCPEDC") == 0
    casa.reservar(pre_venda(numero="PV-CURTA"))


@pytest.mark.parametrize("falha", [942, 1031, 600])
def test_a_catalog_that_cannot_be_read_leaves_the_built_in_widths(
    abrir: Callable[..., Casa], oracle_server: OracleWireServer, caplog: pytest.LogCaptureFixture, falha: int
) -> None:
    oracle_server.faults.fail("ALL_TAB_COLUMNS", falha)
    casa = abrir()
    assert [record.levelname for record in caplog.records if record.name == "app.winthor.catalogo"] == ["WARNING"]
    casa.reservar(pre_venda(cliente=cliente_completo(nome="É" * 100)))
    assert casa.linha("PCCLIENT", CODCLI=1000)["CLIENTE"] == "É" * 30


def test_the_catalog_is_two_statements(engine: sa.Engine, oracle_server: OracleWireServer) -> None:
    with engine.connect() as connection:
        catalogo.ler(connection)  # SQLAlchemy's own first questions
    oracle_server.reset()
    assert catalogo.ler_se_puder(Database(engine)).codificacao == "utf-8"
    assert len([entry for entry in oracle_server.journal if entry.sql.lstrip().startswith("SELECT")]) == 2


# --- the doctor


def test_narrower_columns(examinar: Callable[..., Achados], executar: Callable[..., None]) -> None:
    executar(
        "ALTER TABLE PCCLIENT MODIFY (BAIRROENT VARCHAR2(20))",
        "ALTER TABLE PCPEDC MODIFY (NUMPEDHUBE VARCHAR2(20))",
        "ALTER TABLE PCPEDI MODIFY (QT NUMBER(16,3))",
    )
    achados = examinar()
    assert achados["larguras de PCCLIENT"] == (
        AVISO,
        "mais estreitas que o esperado, os textos são aparados: BAIRROENT (20, esperado 40)",
    )
    assert achados["identificadores de PCPEDC"] == (
        ERRO,
        "mais estreitas que o esperado e não podem ser aparadas: NUMPEDHUBE (20, esperado 50)",
    )
    assert achados["dígitos de PCPEDI"] == (AVISO, "menos que o esperado: QT (16,3, esperado 20,6)")


def test_character_set_and_length_semantics(examinar: Callable[..., Achados], por_fora: Callable[[str], None]) -> None:
    nome = "conjunto de caracteres"
    assert examinar()[nome] == (OK, "AL32UTF8, BYTE: os textos são aparados em bytes de utf-8")
    assert examinar(codificacao_banco="cp1252")[nome] == (
        AVISO,
        "AL32UTF8, BYTE, mas PREVENDA_CODIFICACAO_BANCO = cp1252",
    )
    por_fora(
        "CREATE OR REPLACE VIEW oracle_wire.nls_database_parameters AS SELECT parameter::varchar, value::varchar FROM"
        " (VALUES ('NLS_CHARACTERSET', 'JA16SJIS'), ('NLS_LENGTH_SEMANTICS', 'CHAR')) p (parameter, value)"
    )
    situacao, detalhe = examinar()[nome]
    assert (situacao, detalhe[:14]) == (AVISO, "JA16SJIS, CHAR")
    assert detalhe.endswith("defina PREVENDA_CODIFICACAO_BANCO")


def test_missing_privileges(examinar: Callable[..., Achados], oracle_server: OracleWireServer) -> None:
    assert examinar()["concessões"] == (OK, "as de sql/gateway/grants.sql bastam")
    oracle_server.faults.fail("UPDATE PCEST SET", 1031, times=9)
    oracle_server.faults.fail("INSERT INTO PCNFCAN", 1031, times=9)
    assert examinar()["concessões em PCEST"] == (ERRO, "falta UPDATE; veja sql/gateway/grants.sql")
    assert "concessões em PCNFCAN" not in examinar()
    assert examinar(grava_pcnfcan="S")["concessões em PCNFCAN"][0] == ERRO


def test_privileges_are_tried_without_effect(examinar: Callable[..., Achados], abrir: Callable[..., Casa]) -> None:
    casa = abrir()
    antes = casa.fotografia()
    examinar()
    assert casa.fotografia() == antes


DOBRA = """
CREATE FUNCTION dobra() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE pcest SET qtreserv = qtreserv + NEW.qt WHERE codprod = NEW.codprod AND codfilial = NEW.codfilialretira;
  RETURN NEW; END $$;
CREATE TRIGGER trg_reserva AFTER INSERT ON pcpedi FOR EACH ROW EXECUTE FUNCTION dobra()"""


def test_a_trigger_that_moves_the_stock_again(
    examinar: Callable[..., Achados], por_fora: Callable[[str], None]
) -> None:
    assert examinar()["gatilhos"] == (OK, "nenhum nas tabelas escritas")
    por_fora(DOBRA)
    achados = examinar("--ensaio", "100-1")
    assert achados["gatilho em PCPEDI: TRG_RESERVA"] == (
        AVISO,
        "AFTER EACH ROW INSERT; usa PCEST: pode travar fora da ordem (deadlock) ou mover QTRESERV de novo; "
        "confira com doctor --ensaio",
    )
    assert achados["ensaio: QTRESERV filial 1 produto 1"] == (
        ERRO,
        "a reserva a moveu 2 e o cancelamento 1, em vez de 1: um gatilho do site também a move?",
    )


def test_triggers_of_another_owner_may_be_invisible(
    examinar: Callable[..., Achados], executar: Callable[..., None], por_fora: Callable[[str], None]
) -> None:
    por_fora("CREATE SCHEMA dono; ALTER TABLE pcusuari SET SCHEMA dono")
    executar("CREATE SYNONYM PCUSUARI FOR DONO.PCUSUARI")
    assert examinar()["gatilhos"][0] == AVISO


# --- the rehearsal


def test_a_rehearsal_on_a_good_schema(examinar: Callable[..., Achados], abrir: Callable[..., Casa]) -> None:
    casa = abrir()
    antes = casa.fotografia()
    achados = {n: a for n, a in examinar("--ensaio", "5000-50").items() if n.startswith("ensaio")}
    assert casa.fotografia() == antes
    tabelas = "GW_OPERACAO, GW_PRE_VENDA, GW_RESERVA, PCCLIENT, PCCONSUM, PCEST, PCLOGPEDIDOAPI, PCPEDC, PCPEDI, "
    tabelas += "PCPEDICESTA, PCUSUARI"
    assert achados == {
        "ensaio na filial 1": (OK, "reserva e cancelamento gravados e desfeitos"),
        "ensaio na filial 1: travas": (OK, f"estoque: filial 1 produto 1, filial 1 produto 3; tabelas: {tabelas}"),
        "ensaio: QTRESERV filial 1 produto 1": (OK, "movida uma vez em cada passo (2)"),
        "ensaio: QTRESERV filial 1 produto 3": (OK, "movida uma vez em cada passo (1)"),
    }


def test_locks_taken_by_a_trigger_are_named(examinar: Callable[..., Achados], por_fora: Callable[[str], None]) -> None:
    por_fora(
        "CREATE TABLE xauditoria (n int);"
        "CREATE FUNCTION audita() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO xauditoria VALUES (1); RETURN NEW; END $$;"
        "CREATE TRIGGER trg_audita AFTER UPDATE ON pcest FOR EACH ROW EXECUTE FUNCTION audita()"
    )
    assert examinar("--ensaio", "100-1")["ensaio na filial 1: travas alheias"] == (
        AVISO,
        "também ficam travadas XAUDITORIA: um gatilho do site as usa",
    )


def test_locks_that_may_not_be_listed(examinar: Callable[..., Achados], oracle_server: OracleWireServer) -> None:
    oracle_server.faults.fail(r"V\$LOCKED_OBJECT", 942)
    situacao, detalhe = examinar("--ensaio", "100-1")["ensaio na filial 1: travas"]
    assert (situacao, detalhe) == (OK, "estoque: filial 1 produto 1; tabelas: não podem ser listadas com este usuário")


@pytest.mark.parametrize(
    ("ddl", "detalhe"),
    [
        (
            "ALTER TABLE PCPEDC ADD (CODREDE NUMBER(4) NOT NULL)",
            'ORA-01400: cannot insert NULL into ("WINTHOR"."PCPEDC"."CODREDE")',
        ),
        (
            "ALTER TABLE PCLOGPEDIDOAPI MODIFY (POSICAO VARCHAR2(1) NOT NULL)",
            'ORA-01400: cannot insert NULL into ("WINTHOR"."PCLOGPEDIDOAPI"."POSICAO")',
        ),
    ],
)
def test_a_column_that_refuses_is_named(
    examinar: Callable[..., Achados], executar: Callable[..., None], ddl: str, detalhe: str
) -> None:
    executar(ddl)
    assert examinar("--ensaio", "100-1")["ensaio na filial 1"] == (ERRO, f"o banco recusou: {detalhe}")


def test_a_width_the_catalog_did_not_tell_is_named(
    examinar: Callable[..., Achados], executar: Callable[..., None], oracle_server: OracleWireServer
) -> None:
    executar("ALTER TABLE PCCLIENT MODIFY (COMPLEMENTOENT VARCHAR2(10))")
    oracle_server.faults.fail("ALL_TAB_COLUMNS", 942, times=9)
    achados = examinar("--ensaio", "100-1")
    assert achados["tabela PCCLIENT"][0] == AVISO
    assert achados["ensaio na filial 1"][1].startswith(
        'o banco recusou: ORA-12899: value too large for column "WINTHOR"."PCCLIENT"."COMPLEMENTOENT"'
    )


def test_the_clock_is_the_databases(examinar: Callable[..., Achados]) -> None:
    """SYSDATE of the protocol server is UTC: three hours from São Paulo, which has no daylight saving since 2019."""
    situacao, detalhe = examinar()["relógio"]
    assert situacao == AVISO
    assert abs(int(detalhe.split()[-2]) - dt.timedelta(hours=3).total_seconds()) < 60
