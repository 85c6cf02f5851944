"""``prevenda log``."""

from __future__ import annotations

import json

import click

from app.cli.conexao import open_gateway
from app.cli.saida import GrupoDeComandos, as_json_option
from app.services.operacao import recuperacao
from app.services.tempo import anonimizar


@click.group(cls=GrupoDeComandos)
def log() -> None:
    """Encerra, limpa e mascara o registro das operações."""


@log.command(
    "recuperar",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.option("--simular", is_flag=True, help="Só mostra o que seria encerrado.")
@as_json_option
def log_recuperar(simular: bool, as_json: bool) -> None:
    """Encerra como R as operações que uma queda deixou P depois do prazo; elas não tiveram efeito."""
    with open_gateway() as gw:
        settled = recuperacao.recuperar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "operacoes": [o.id for o in settled]}))
    else:
        click.echo(f"{'Seriam encerradas' if simular else 'Encerradas'}: {len(settled)}")


@log.command(
    "limpar",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_RETENCAO_DIAS"),
)
@click.option("--simular", is_flag=True, help="Só conta o que seria apagado.")
@as_json_option
def log_limpar(simular: bool, as_json: bool) -> None:
    """Apaga de GW_OPERACAO as operações encerradas há mais de PREVENDA_RETENCAO_DIAS; PCLOGPEDIDOAPI fica."""
    with open_gateway() as gw:
        deleted = recuperacao.limpar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "apagadas": deleted}))
    else:
        click.echo(f"{'Seriam apagadas' if simular else 'Apagadas'}: {deleted}")


@log.command(
    "anonimizar",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_RETENCAO_PESSOAL_DIAS"),
)
@click.option("--simular", is_flag=True, help="Só conta o que seria mascarado.")
@as_json_option
def log_anonimizar(simular: bool, as_json: bool) -> None:
    """Mascara o cliente em PCLOGPEDIDOAPI.JSON depois de PREVENDA_RETENCAO_PESSOAL_DIAS; antes de log limpar."""
    with open_gateway() as gw:
        masked = anonimizar.anonimizar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "mascaradas": masked}))
    else:
        click.echo(f"{'Seriam mascaradas' if simular else 'Mascaradas'}: {masked}")
