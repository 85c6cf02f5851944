"""A site on the protocol server, for its DBA to change before the gateway starts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app.cli import main
from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.conftest import NOW
from tests.oracle_wire.server import OracleWireServer
from tests.support.gateway import Casa, Relogio

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
