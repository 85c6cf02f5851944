"""The statements the product sends to Oracle, as they are: a change of SQL is seen in review, and linted."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.services import assentar, conciliar, consultar, consultar_reservas, expirar, registrar
from app.services.consultar import FiltroDoLog
from app.services.consultar_reservas import FiltroDeReservas
from app.services.credenciais import Caller
from app.settings import Settings
from tests.builders import cliente_completo, item, kit, pre_venda
from tests.casa import Casa, Relogio
from tests.conftest import NOW
from tests.oracle_wire import lint
from tests.oracle_wire.server import OracleWireServer

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("comandos.sql")

SISTEMA = Caller("sistema", None, frozenset({"retaguarda"}))


def viver(casa: Casa) -> None:
    """Every use case once."""
    primeira = casa.reservar(pre_venda(item(idVendedorRetaguarda="100"), kit(), cliente=cliente_completo()))
    casa.reservar(pre_venda(numero="PV-2", cliente={"cpfCnpj": "11222333000181", "idRetaguarda": 20}), "hub")
    casa.enviar(pre_venda(item(quantidade=9999), numero="PV-3"))
    casa.enviar(pre_venda(numero="PV-4"), headers={"Idempotency-Key": "k"})
    casa.enviar(pre_venda(numero="PV-4"), headers={"Idempotency-Key": "k"})
    segunda = casa.reservar(pre_venda(kit(2), idRetaguarda=primeira))
    casa.enviar(pre_venda(situacaoPreVenda=3, idRetaguarda=primeira))
    pagamento = [{"pagamentoForma": {"idRetaguarda": "DH"}, "pagamentoCondicao": {"idRetaguarda": 1}}]
    casa.enviar(
        pre_venda(kit(2), situacaoPreVenda=1, idRetaguarda=segunda, pagamentos=pagamento, cliente=cliente_completo())
    )
    casa.enviar(pre_venda(situacaoPreVenda=0, idRetaguarda=segunda))
    casa.pedir("POST", "/api/v1/reservas/8000002/prorrogacao", "retaguarda", json={"dias": 12, "motivo": "x"})
    casa.pedir("GET", "/api/v1/pre-vendas/PV-2?idLojaRetaguarda=1", "pdv1")
    consultar.listar_log(casa.gw, FiltroDoLog(frozenset({"1"}), codprod=1, de=NOW, ate=NOW, cursor="f" * 32))
    filtro = FiltroDeReservas(codprod=1, vence_em_minutos=60, idade_minima_horas=0, cursor=9_000_000)
    consultar_reservas.listar(casa.gw, SISTEMA, filtro)
    consultar_reservas.detalhar(casa.gw, SISTEMA, segunda)
    consultar_reservas.explicar_estoque(casa.gw, SISTEMA, "1", 1)
    casa.relogio.andar(days=40)
    expirar.expirar(casa.gw)
    assentar.assentar(casa.gw)
    conciliar.conciliar(casa.gw)
    registrar.recuperar(casa.gw)
    registrar.limpar(casa.gw)


@pytest.fixture
def casa_oracle(oracle_engine: sa.Engine) -> Casa:
    url = oracle_engine.url.render_as_string(hide_password=False)
    return Casa(oracle_engine, Settings(database_url=url, pool=8, cache_segundos=0), Relogio(NOW))


@pytest.mark.skipif("PREVENDA_TEST_ORACLE_URL" in os.environ, reason="the statements are read off the protocol server")
def test_statements_are_those_reviewed(casa_oracle: Casa) -> None:
    with casa_oracle.comandos() as sent:
        viver(casa_oracle)
    casa_oracle.close()

    written = "".join(f"{statement};\n\n" for statement in sorted({_normal(s) for s in sent}))
    if os.environ.get("PREVENDA_TEST_GRAVA_COMANDOS"):
        GOLDEN.write_text(written, encoding="utf-8")
    assert written == GOLDEN.read_text(encoding="utf-8"), "run with PREVENDA_TEST_GRAVA_COMANDOS=1 and read the diff"


def _normal(statement: str) -> str:
    """One line, with lists of any length as one bind."""
    line = re.sub(r"\s+", " ", statement).strip()
    return re.sub(r"IN \((:[\w]+)(, :[\w]+)+\)", r"IN (\1, …)", line)


def test_reviewed_statements_would_pass_on_oracle() -> None:
    problems = [
        f"{problem}: {statement}"
        for statement in GOLDEN.read_text(encoding="utf-8").replace(", …", "").split(";\n")
        if statement.strip()
        for problem in lint.lint(statement.strip())
    ]
    assert problems == []


def test_ddl_would_pass_on_oracle() -> None:
    problems = [
        f"{path.name}: {problem}: {statement[:80]}"
        for path in sorted((ROOT / "sql").rglob("*.sql"))
        if path.name != "grants.sql"
        for statement in lint.statements(path.read_text(encoding="utf-8"))
        for problem in lint.lint(statement)
    ]
    assert problems == []


def test_sessions_say_who_holds_a_lock(casa_oracle: Casa, oracle_server: OracleWireServer) -> None:
    casa_oracle.reservar(pre_venda(numero="PV-77"), "pdv1")
    casa_oracle.close()

    assert casa_oracle.contar("PCPEDC") == 1
    tags = [entry.tags for entry in oracle_server.journal if "FROM PCEST" in entry.sql]
    assert {"prevenda", "pdv1", "I PV-77"} <= set(tags[-1].values())
