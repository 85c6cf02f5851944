"""``prevenda db``: the demo's database, and the gateway's own tables."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from pathlib import Path

import click
import sqlalchemy as sa

from app import CHAVE_JWT_DA_DEMO
from app.cli.saida import GrupoDeComandos, as_json_option
from app.demonstracao.linhas import demo_rows
from app.recursos import pasta
from app.settings import Settings, from_env
from app.winthor.db.engine import create_engine
from app.winthor.esquema.evolucao import ESPERA_DA_DDL_S
from app.winthor.esquema.schema import create_demo, install_gateway, is_demo


def _engine(settings: Settings) -> sa.Engine:
    """An engine on which tables and indexes may take their time."""
    return create_engine(
        settings.database_url,
        lock_timeout_s=ESPERA_DA_DDL_S,
        limite_s=settings.limite_ddl_s,
        oracle_thick=settings.oracle_thick,
    )


def create_demo_database(settings: Settings, *, simular: bool = False) -> bool:
    """Create the demo in the configured database if it is not there; True when it was, or would be, created."""
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        if simular and not file.exists():
            return True  # to ask SQLite would make the file
        file.parent.mkdir(parents=True, exist_ok=True)
        if not simular and not file.exists():
            file.touch(mode=0o600)  # the key that signs its tokens is in it; what SQLite puts beside it follows
    engine = _engine(settings)
    now = dt.datetime.now(dt.UTC)
    try:
        config = {CHAVE_JWT_DA_DEMO: secrets.token_urlsafe(48)}
        return create_demo(engine, demo_rows(now), config, simular=simular)
    finally:
        engine.dispose()


def update_demo_database(settings: Settings) -> list[str]:
    """Run the scripts of the GW_ tables that the demo has not seen; their names. Another database is left alone."""
    engine = _engine(settings)
    try:
        return install_gateway(engine, pasta("sql") / "gateway") if is_demo(engine) else []
    finally:
        engine.dispose()


@click.group(cls=GrupoDeComandos)
def db() -> None:
    """Cria o banco de demonstração; instala ou atualiza as tabelas GW_."""


@db.command(
    "create",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.option("--demo", "as_demo", is_flag=True, required=True, help="Com os dados de demonstração.")
@click.option("--simular", is_flag=True, help="Só mostra o que seria criado.")
@as_json_option
def db_create(as_demo: bool, simular: bool, as_json: bool) -> None:
    """Cria o subconjunto do WinThor e os dados de demonstração em um banco vazio."""
    created = create_demo_database(from_env(os.environ), simular=simular) if as_demo else False
    if as_json:
        click.echo(json.dumps({"simulado": simular, "criado": created}))
    elif created:
        click.echo("O banco de demonstração seria criado." if simular else "Banco de demonstração criado.")
    else:
        click.echo("O banco de demonstração já existia; nada foi mudado.")


@db.command(
    "install",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.option("--simular", is_flag=True, help="Só mostra o que seria aplicado.")
@click.option(
    "--scripts",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="PASTA",
    help="Scripts do DBA (com TABLESPACE etc.) em vez dos entregues.",
)
@as_json_option
def db_install(simular: bool, folder: Path | None, as_json: bool) -> None:
    """Cria ou atualiza as tabelas GW_, só acrescentando; nunca toca em tabelas PC*."""
    settings = from_env(os.environ)
    engine = _engine(settings)
    try:
        scripts = install_gateway(engine, folder or pasta("sql") / "gateway", simular=simular)
    finally:
        engine.dispose()
    verb = "Seriam aplicados" if simular else "Aplicados"
    if as_json:
        click.echo(json.dumps({"simulado": simular, "scripts": scripts}))
    else:
        click.echo(f"{verb}: {', '.join(scripts)}" if scripts else "As tabelas GW_ estão em dia.")
