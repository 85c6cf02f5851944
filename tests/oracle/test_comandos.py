"""The statements the product sends to Oracle, as they are: a change of SQL is seen in review, and linted."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.settings import Settings
from app.winthor.consultas.exame import concessoes
from app.winthor.db.engine import create_engine
from app.winthor.esquema import catalogo
from tests.conftest import NOW
from tests.oracle import recolher
from tests.oracle.alcance import linhas_alcancadas, nao_alcancadas
from tests.oracle.vida import viver
from tests.oracle_wire import lint
from tests.oracle_wire.server import OracleWireServer
from tests.support.builders import pre_venda
from tests.support.gateway import Casa, Relogio

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("comandos.sql")
# Read by `prevenda comparar` alone, and only where a site has the hub: no table of a reservation, no grant to ask for.
DO_HUB = {"PCINTEGRACAOCORE": frozenset({"IDEXTERNO", "DADOSRECEBIDOS"})}
SCHEMA = {tabela: frozenset(colunas) for tabela, colunas in catalogo.tabelas_usadas().items()} | DO_HUB
# What no customer's Oracle is sent: SQLite's and PostgreSQL's own questions, and the demo's tables and rows.
SO_FORA = {
    *(
        "call_timeout.py bounded_connection",
        "call_timeout.py execute",
        "engine.py _sqlite_engine",
        "engine.py begin",
        "engine.py prepare",
        "exame.py _pode_no_postgresql",
        "exame.py gatilhos",
        "prazos.py limitada",
    ),
    *("schema.py _create", "schema.py _insert", "schema.py refill_demo"),
}


@pytest.fixture
def casa_oracle(oracle_server: OracleWireServer) -> Iterator[Casa]:
    engine = create_engine(oracle_server.url)
    casa = Casa(engine, Settings(database_url=oracle_server.url, cache_segundos=0), Relogio(NOW))
    yield casa
    casa.close()
    engine.dispose()


@contextlib.contextmanager
def enviados(sem: sa.Engine) -> Iterator[set[str]]:
    """What every engine but ``sem`` sends meanwhile."""
    sent: set[str] = set()

    def note(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if connection.engine is not sem:
            sent.add(_normal(statement))

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)


def _normal(statement: str) -> str:
    """One line, with lists of any length as one bind, and the wait that a hurried transaction shortens as it begins."""
    line = re.sub(r" WAIT \d", " WAIT 3", re.sub(r"\s+", " ", statement).strip())
    return re.sub(r"IN \((:[\w]+)(, :[\w]+)+\)", r"IN (\1, …)", line)


def _revistos() -> list[str]:
    statements = GOLDEN.read_text(encoding="utf-8").replace(", …", "").split(";\n")
    return [statement.strip() for statement in statements if statement.strip()]


def recolhidos() -> list[str]:
    """What runs of the suite have sent besides."""
    return [comando.replace(", …", "") for comando in recolher.lidos(recolher.VARIACOES)]


def test_what_a_run_sends_is_collected_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what is reviewed already, nor lists of another length, nor the demo's rows."""
    monkeypatch.setattr(recolher, "VARIACOES", tmp_path / "variacoes.sql")
    nova = "UPDATE PCPEDC SET OBS=:OBS WHERE PCPEDC.NUMPED = :NUMPED_1"
    lista = "SELECT NUMPED FROM PCPEDC WHERE NUMPED IN (:a_1)"
    conhecido = recolher.lidos(recolher.COMANDOS)[-1]
    recolher.guardar({nova, conhecido, "INSERT INTO PCPRACA (CODPRACA) VALUES (:CODPRACA)"})
    recolher.guardar({lista, recolher.normal("SELECT NUMPED FROM PCPEDC WHERE NUMPED IN (:a_1, :a_2)")})
    assert len(recolher.lidos(recolher.VARIACOES)) == 2
    assert nova in recolher.lidos(recolher.VARIACOES)


def test_statements_are_those_reviewed_and_none_is_missing(casa_oracle: Casa) -> None:
    with enviados(sem=casa_oracle.engine) as sent, linhas_alcancadas() as linhas:
        viver(casa_oracle)

    written = "".join(f"{statement};\n\n" for statement in sorted(sent))
    if os.environ.get("PREVENDA_TEST_GRAVA_COMANDOS"):
        GOLDEN.write_text(written, encoding="utf-8")
    assert written == GOLDEN.read_text(encoding="utf-8"), "run with PREVENDA_TEST_GRAVA_COMANDOS=1 and read the diff"
    assert set(nao_alcancadas(linhas)) == SO_FORA, "let tests/oracle/vida.py do what sends the statement"


def test_reviewed_statements_would_pass_on_oracle() -> None:
    """Dictionary views are not in the schema; everything else names its tables and columns right."""
    problems = [
        f"{problem}: {statement}"
        for statement in [*_revistos(), *recolhidos()]
        for problem in lint.lint(statement, None if re.search(r"ALL_|DBA_|NLS_|V\$", statement) else SCHEMA)
    ]
    assert problems == []


def test_ddl_would_pass_on_oracle() -> None:
    problems = [
        f"{path.name}: {problem}: {statement[:80]}"
        for path in sorted((ROOT / "sql").rglob("*.sql"))
        if path.name != "grants.sql"
        for statement in lint.statements(path.read_text(encoding="utf-8"))
        for problem in lint.lint(statement, SCHEMA)
    ]
    assert problems == []


def test_grants_are_those_that_the_statements_need() -> None:
    """Every verb on a table is granted, and no more; the doctor asks for the same list, the DBA's page names it."""
    script = (ROOT / "sql" / "gateway" / "grants.sql").read_text(encoding="utf-8")
    usados: set[tuple[str, str]] = set()
    for statement in _revistos():
        for verbo, padrao in (
            ("INSERT", r"INSERT INTO ((?:PC|GW_)\w+)"),
            ("UPDATE", r"UPDATE ((?:PC|GW_)\w+)"),
            ("DELETE", r"DELETE FROM ((?:PC|GW_)\w+)"),
            ("SELECT", r"(?:FROM|JOIN) ((?:PC|GW_)\w+)"),
        ):
            usados |= {(tabela, verbo) for tabela in re.findall(padrao, statement)}
    dados = {(concessao.tabela, concessao.verbo) for concessao in concessoes(script)}
    assert {uso for uso in usados if uso[0] not in DO_HUB} == dados
    assert {tabela for tabela, _ in dados} == set(catalogo.tabelas_usadas())
    pagina = (ROOT / "docs" / "dba.md").read_text(encoding="utf-8").split("## Tabelas lidas")[1].split("\n## ")[0]
    nomeadas = {nome for linha in re.findall(r"^\| ([^|]+) \|", pagina, re.M) for nome in linha.split(", ")}
    assert nomeadas - {"tabela", "---"} == set(catalogo.tabelas_usadas())


def test_one_statement_moves_the_stock() -> None:
    """The one in ``somar_reserva``, which a site would replace to call its own package."""
    assert len([statement for statement in _revistos() if "UPDATE PCEST" in statement]) == 1


def test_sessions_say_who_holds_a_lock(casa_oracle: Casa, oracle_server: OracleWireServer) -> None:
    casa_oracle.reservar(pre_venda(numero="PV-77"), "pdv1")

    assert casa_oracle.contar("PCPEDC") == 1
    tags = [entry.tags for entry in oracle_server.journal if "FROM PCEST" in entry.sql]
    assert {"prevenda", "pdv1", "I PV-77"} <= set(tags[-1].values())
