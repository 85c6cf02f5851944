"""``prevenda serve`` and ``prevenda demo``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from app import build_gateway, servidor
from app.api.contrato.requisicao import parse_requisicao
from app.cli.banco import create_demo_database, update_demo_database
from app.cli.conexao import existing_database
from app.cli.saida import Comando
from app.demonstracao import semente
from app.settings import Settings, database_name, from_env


@click.command(
    cls=Comando,
    saidas="0 encerrado como pedido; 1 recusado, falhou, ou algo em andamento foi cortado; 2 configuração errada.",
    configuracoes=("PREVENDA_PORT", "PREVENDA_HOST", "PREVENDA_DATABASE_URL"),
)
def demo() -> None:
    """Cria ou atualiza o banco de demonstração e inicia o gateway."""
    settings = from_env(os.environ)
    if create_demo_database(settings):
        click.echo(f"Banco de demonstração criado: {database_name(settings.database_url)}")
        _sow_demo(settings)
    elif scripts := update_demo_database(settings):
        click.echo(f"Banco de demonstração atualizado: {', '.join(scripts)}")
    _serve(settings, banner=_demo_banner)


@click.command(
    cls=Comando,
    saidas="0 encerrado como pedido; 1 recusado, falhou, ou algo em andamento foi cortado; 2 configuração errada.",
    configuracoes=(
        "PREVENDA_DATABASE_URL",
        "PREVENDA_JWT_CHAVE",
        "PREVENDA_HOST",
        "PREVENDA_PORT",
        "PREVENDA_PROCESSOS",
        "PREVENDA_DRENO",
    ),
)
def serve() -> None:
    """Inicia o gateway."""
    _serve(existing_database(from_env(os.environ)))


def _sow_demo(settings: Settings) -> None:
    """Post the demo's operations, so that the panel has something to show."""
    gw = build_gateway(settings)
    try:
        semente.semear(gw, lambda body, login: parse_requisicao(body, caller=login, caminhos_extras=gw.caminhos_extras))
    finally:
        gw.db.engine.dispose()


def _serve(settings: Settings, banner: Callable[[Settings, int], str] | None = None) -> None:
    def announce(port: int, recovered: int) -> None:
        if recovered:
            click.echo(f"Operações interrompidas encerradas: {recovered}")
        click.echo(banner(settings, port) if banner else f"Escutando em http://{settings.host}:{port}")

    code = servidor.servir(settings, announce)
    click.echo("Gateway encerrado.")
    raise SystemExit(code)


def _program() -> str:
    """The command as it was called, so that what is printed can be typed."""
    called = Path(sys.argv[0])
    if called.stem != "prevenda":
        return "prevenda"
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)


def _demo_banner(settings: Settings, port: int) -> str:
    base = f"http://{settings.host}:{port}"
    return f"""
Gateway de pré-vendas em {base}   (Ctrl-C encerra)
Painel da retaguarda:    {base}/painel/
Documentação da API:     {base}/docs (OpenAPI: {base}/openapi.json)
Banco:                   {database_name(settings.database_url)}
Outros comandos:         {_program()} --help
Logins (senha demo):     pdv1 (filial 1), pdv2 (filial 2), hub (todas), retaguarda (todas, painel)

Para reservar:

TOKEN=$(curl -s {base}/winthor/autenticacao/v1/login \\
  -H 'Content-Type: application/json' -d '{{"login": "pdv1", "senha": "demo"}}' | sed 's/.*: "//; s/".*//')

curl -s {base}/winthor/varejo/matcon/v1/orders/pdvsync \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"situacaoPreVenda": 2, "numero": "PV-1", "idLojaRetaguarda": "1",
       "preVendaItens": [{{"idProdutoRetaguarda": "123-1", "quantidade": 2, "preco": 120.00}}]}}'
"""
