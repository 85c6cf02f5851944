"""The acceptance run, on the protocol server for want of a real Oracle."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.oracle import aceite
from tests.oracle_wire.server import OracleWireServer
from tests.support.databases import REAL_ORACLE, SO_UTF8

ROOT = Path(__file__).parents[2]
UM_ARQUIVO = "tests/integration/vida/test_forum_000.py"


@SO_UTF8
def test_a_scratch_schema_is_made_used_and_dropped(oracle_server: OracleWireServer, tmp_path: Path) -> None:
    env = {nome: valor for nome, valor in os.environ.items() if not nome.startswith(("PREVENDA_", "PYTEST_"))}
    result = subprocess.run(
        [sys.executable, "-m", "tests.oracle.aceite", f"--rootdir={ROOT}", ROOT / UM_ARQUIVO],
        cwd=tmp_path,
        env={**env, "PYTHONPATH": str(ROOT), aceite.ADMIN: oracle_server.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr

    relatorio = (tmp_path / aceite.RELATORIO).read_text(encoding="utf-8")
    assert "**1 passaram, 0 falharam, 0 foram pulados.**" in relatorio
    assert "- banco: Oracle 19.3.0.0.0" in relatorio
    assert "- conjunto de caracteres: AL32UTF8, BYTE" in relatorio
    assert f"| {UM_ARQUIVO} | 1 | 0 | 0 |" in relatorio
    engine = sa.create_engine(oracle_server.url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT COUNT(*) FROM ALL_USERS")).scalar() == 0
    engine.dispose()


def test_somebody_elses_tables_are_refused(
    oracle_server: OracleWireServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = sa.create_engine(oracle_server.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM GW_CONFIG")
    engine.dispose()
    monkeypatch.setenv(REAL_ORACLE, oracle_server.url)
    assert aceite.main([UM_ARQUIVO]) == 2
    saida = capsys.readouterr()
    assert saida.out == ""
    assert saida.err.startswith("O esquema tem tabelas que esta suíte não criou (")


def test_a_user_that_exists_is_refused(
    oracle_server: OracleWireServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = sa.create_engine(oracle_server.url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f'CREATE USER {aceite.USUARIO} IDENTIFIED BY "Senha1"')
    engine.dispose()
    monkeypatch.setenv(aceite.ADMIN, oracle_server.url)
    assert aceite.main([UM_ARQUIVO]) == 2
    assert capsys.readouterr().err == "O usuário PREVENDA_ACEITE já existe; apague-o antes.\n"


def test_failures_are_told() -> None:
    resultados = aceite.Resultados()
    resultados.por_arquivo["a.py"].update(passed=2, failed=1, skipped=1)
    resultados.falhas["a.py::test_x"] = "ORA-00942: table or view does not exist"
    resultados.pulados["sem gatilhos"] += 1
    texto = aceite.relatorio({"banco": "Oracle 19"}, resultados, dt.datetime.now(dt.UTC))
    assert "**2 passaram, 1 falharam, 1 foram pulados.**" in texto
    assert "- `a.py::test_x`: ORA-00942: table or view does not exist" in texto
    assert "- 1 × sem gatilhos" in texto


def test_it_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for nome in (REAL_ORACLE, aceite.ADMIN):
        monkeypatch.delenv(nome, raising=False)
    assert aceite.main([]) == 2
    assert capsys.readouterr().err == "Defina PREVENDA_TEST_ORACLE_URL ou PREVENDA_TEST_ORACLE_ADMIN_URL.\n"
