"""The gateway's own tables grow by numbered scripts, and the version before goes on working meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.services.acesso.credenciais import criar_chave, criar_login
from app.services.conciliacao import conciliar
from app.services.operacao import recuperacao
from app.services.tempo import expirar
from app.winthor.esquema import evolucao, schema
from app.winthor.esquema.gateway_tables import gateway
from tests.architecture.test_schema import as_reflected, described_by_database, described_by_table
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa

SCRIPTS = Path(__file__).parents[2] / "sql" / "gateway"
ENTREGUES = [
    "0001_gateway",
    "0002_efeito",
    "0003_porta",
    "0004_sessao_totvs",
    "0005_entrega",
    "0006_prazos",
    "0007_recusa_produto",
    "0008_indicador",
    "0009_politica",
    "0010_evento",
    "0011_alteracao",
    "0012_assinatura",
    "0013_retrato",
]
PROXIMO = len(ENTREGUES) + 1

# What a next version could bring: a column of each form in every table, an index, a table.
FUTURO = "".join(
    f"ALTER TABLE {nome} ADD NOVA VARCHAR2(10) DEFAULT 'x' NOT NULL;\n"
    f"ALTER TABLE {nome} ADD OUTRA NUMBER(12,2);\n"
    f"CREATE INDEX {nome}_NOVA_IX ON {nome} (NOVA);\n"
    for nome in gateway.tables
) + ("CREATE TABLE GW_NOVA (\n  ID NUMBER(10) NOT NULL,\n  TEXTO CLOB,\n  CONSTRAINT GW_NOVA_PK PRIMARY KEY (ID)\n);\n")


@pytest.fixture
def futuro(tmp_path: Path) -> Path:
    """The scripts with one more."""
    pasta = tmp_path / "gateway"
    shutil.copytree(SCRIPTS, pasta)
    (pasta / f"{PROXIMO:04}_futuro.sql").write_text("-- what comes next\n" + FUTURO, "utf-8")
    return pasta


def test_scripts_make_the_tables_that_are_described(empty_engine: sa.Engine) -> None:
    assert schema.install_gateway(empty_engine, SCRIPTS) == ENTREGUES
    assert schema.install_gateway(empty_engine, SCRIPTS) == []
    assert schema.gateway_version(empty_engine) == schema.VERSION
    inspector = sa.inspect(empty_engine)
    names = {name.upper(): name for name in inspector.get_table_names()}
    assert set(names) == set(gateway.tables)
    for name, table in gateway.tables.items():
        assert described_by_database(inspector, names[name]) == as_reflected(described_by_table(table)), name


def test_an_interrupted_installation_is_run_again(empty_engine: sa.Engine) -> None:
    (primeiro, *_) = evolucao.scripts(SCRIPTS)
    meio = evolucao.Script(1, primeiro.nome, primeiro.comandos[: len(primeiro.comandos) // 2])
    evolucao.aplicar(empty_engine, meio)
    assert schema.gateway_version(empty_engine) is None
    assert schema.install_gateway(empty_engine, SCRIPTS) == ENTREGUES
    assert {name.upper() for name in sa.inspect(empty_engine).get_table_names()} == set(gateway.tables)


def test_a_script_that_fails_is_not_counted(engine: sa.Engine, futuro: Path) -> None:
    (futuro / f"{PROXIMO + 1:04}_errado.sql").write_text("ALTER TABLE GW_NAOHA ADD X NUMBER(1);", "utf-8")
    with pytest.raises(sa.exc.DBAPIError):
        schema.install_gateway(engine, futuro)
    assert schema.gateway_version(engine) == PROXIMO


def test_this_version_works_on_the_tables_of_the_next(casa: Casa, futuro: Path) -> None:
    primeira = casa.reservar(pre_venda(item(), kit(), numero="PV-0"))
    assert schema.install_gateway(casa.engine, futuro) == [f"{PROXIMO:04}_futuro"]
    assert schema.gateway_version(casa.engine) == PROXIMO
    segunda = casa.reservar(pre_venda(item(quantidade=3), numero="PV-0", idRetaguarda=primeira))
    assert casa.enviar(pre_venda(item(quantidade=3), numero="PV-0", idRetaguarda=primeira)).status_code == 201
    paga = pre_venda(item(quantidade=3), numero="PV-0", situacaoPreVenda=1, idRetaguarda=segunda)
    assert casa.enviar(paga).status_code == 200
    outra = casa.reservar(pre_venda(numero="PV-1", lockTTL="1d"))
    assert casa.enviar(pre_venda(item(quantidade=9999), numero="PV-2")).status_code == 409
    assert casa.pedir("GET", f"/api/v1/reservas/{outra}", "retaguarda").status_code == 200
    assert casa.pedir("GET", "/api/v1/log", "retaguarda").status_code == 200
    criar_login(casa.gw.db, "novo", "segredo-longo", "1", "pdv", casa.relogio())
    criar_chave(casa.gw.db, "novo", "1", "pdv", casa.relogio())
    casa.relogio.andar(days=2)
    assert expirar.expirar(casa.gw).expiradas == [outra]
    assert conciliar.conciliar(casa.gw).diferencas == []
    recuperacao.recuperar(casa.gw)
    casa.relogio.andar(days=500)
    assert recuperacao.limpar(casa.gw) > 0
    depois = casa.com()  # a host of this version that starts only now
    depois.close()


def test_tables_that_are_too_old_are_refused(casa: Casa) -> None:
    casa.executar("UPDATE GW_CONFIG SET VALOR = '0' WHERE CHAVE = 'VERSAO'")
    with pytest.raises(schema.SchemaError, match=f"estão na versão 0; este gateway precisa da {schema.VERSION}"):
        casa.com()
    casa.executar("DELETE FROM GW_CONFIG WHERE CHAVE = 'VERSAO'")
    with pytest.raises(schema.SchemaError, match="rode prevenda db install"):
        casa.com()


def test_every_script_only_adds() -> None:
    scripts = evolucao.scripts(SCRIPTS)
    assert scripts[-1].numero == schema.VERSION
    comandos = [comando for script in scripts for comando in script.comandos]
    assert [comando for comando in comandos if not evolucao.so_acrescenta(comando)] == []


def test_the_next_script_of_these_tests_only_adds(futuro: Path) -> None:
    assert all(evolucao.so_acrescenta(comando) for comando in evolucao.scripts(futuro)[-1].comandos)


@pytest.mark.parametrize(
    "comando",
    [
        "DROP TABLE GW_OPERACAO",
        "ALTER TABLE GW_OPERACAO DROP COLUMN CHAVE",
        "ALTER TABLE GW_OPERACAO MODIFY CHAVE VARCHAR2(10)",
        "ALTER TABLE GW_OPERACAO RENAME COLUMN CHAVE TO OUTRA",
        "ALTER TABLE GW_OPERACAO ADD NOVA NUMBER(1) NOT NULL",
        "ALTER TABLE PCPEDC ADD NOVA NUMBER(1)",
        "CREATE TABLE PCNOVA (ID NUMBER(1))",
        "CREATE INDEX PCPEDC_GW_IX ON PCPEDC (NUMPED)",
        "CREATE UNIQUE INDEX GW_X_IX ON GW_RESERVA (NUMERO)",
        "UPDATE GW_RESERVA SET ESTADO = 'X'",
        "DELETE FROM GW_OPERACAO",
    ],
)
def test_whatever_else_a_script_could_do_is_refused(comando: str) -> None:
    assert not evolucao.so_acrescenta(comando)


@pytest.mark.parametrize("nomes", [("0002_b",), ("0001_a", "0003_c"), ("0001_a", "0001_b")])
def test_numbers_are_without_gaps(tmp_path: Path, nomes: tuple[str, ...]) -> None:
    for nome in nomes:
        (tmp_path / f"{nome}.sql").write_text("", "utf-8")
    with pytest.raises(ValueError, match="numeração"):
        evolucao.scripts(tmp_path)
