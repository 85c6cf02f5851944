"""``prevenda log``."""

from __future__ import annotations

import json

import click

from app.cli.conexao import open_gateway
from app.cli.saida import as_json_option, reports_errors
from app.services.operacao import recuperacao
from app.services.tempo import anonimizar


@click.group()
def log() -> None:
    """Registro das operações."""


@log.command("recuperar")
@click.option("--simular", is_flag=True, help="Só mostra o que seria encerrado")
@as_json_option
@reports_errors
def log_recuperar(simular: bool, as_json: bool) -> None:
    """Encerra como R as operações que uma queda deixou P depois do prazo; elas não tiveram efeito."""
    with open_gateway() as gw:
        settled = recuperacao.recuperar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "operacoes": [o.id for o in settled]}))
    else:
        click.echo(f"{'Seriam encerradas' if simular else 'Encerradas'}: {len(settled)}")


@log.command("limpar")
@click.option("--simular", is_flag=True, help="Só conta o que seria apagado")
@as_json_option
@reports_errors
def log_limpar(simular: bool, as_json: bool) -> None:
    """Apaga de GW_OPERACAO as operações encerradas há mais de PREVENDA_RETENCAO_DIAS; PCLOGPEDIDOAPI fica."""
    with open_gateway() as gw:
        deleted = recuperacao.limpar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "apagadas": deleted}))
    else:
        click.echo(f"{'Seriam apagadas' if simular else 'Apagadas'}: {deleted}")


@log.command("anonimizar")
@click.option("--simular", is_flag=True, help="Só conta o que seria mascarado")
@as_json_option
@reports_errors
def log_anonimizar(simular: bool, as_json: bool) -> None:
    """Mascara o cliente em PCLOGPEDIDOAPI.JSON depois de PREVENDA_RETENCAO_PESSOAL_DIAS; antes de log limpar."""
    with open_gateway() as gw:
        masked = anonimizar.anonimizar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "mascaradas": masked}))
    else:
        click.echo(f"{'Seriam mascaradas' if simular else 'Mascaradas'}: {masked}")
