"""What Oracle's dictionary tells of a site's columns: owners, synonyms, BYTE and CHAR; and that the gateway obeys.

The dictionary is the protocol server's, written by Oracle's documentation; no real one was asked.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from app.services.mapas import winthor_catalog
from app.winthor.db.transaction import Database
from app.winthor.esquema import catalogo
from app.winthor.esquema.catalogo import Catalogo, ColunaReal
from tests.oracle_wire.server import OracleWireServer
from tests.support.builders import cliente_completo, pre_venda
from tests.support.databases import SO_UTF8
from tests.support.gateway import Casa


def ler(engine: sa.Engine) -> Catalogo:
    with engine.connect() as connection:
        return catalogo.ler(connection)


# --- what the dictionary says


@SO_UTF8
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


@SO_UTF8
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
    assert [record.levelname for record in caplog.records if record.name == "app.winthor.esquema.catalogo"] == [
        "WARNING"
    ]
    casa.reservar(pre_venda(cliente=cliente_completo(nome="É" * 100)))
    assert casa.linha("PCCLIENT", CODCLI=1000)["CLIENTE"] == "É" * 30


@SO_UTF8
def test_the_catalog_is_two_statements(engine: sa.Engine, oracle_server: OracleWireServer) -> None:
    with engine.connect() as connection:
        catalogo.ler(connection)  # SQLAlchemy's own first questions
    oracle_server.reset()
    assert catalogo.ler_se_puder(Database(engine)).codificacao == "utf-8"
    assert len([entry for entry in oracle_server.journal if entry.sql.lstrip().startswith("SELECT")]) == 2
