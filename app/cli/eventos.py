"""``prevenda eventos``."""

from __future__ import annotations

import sys

import click

from app.api.respostas.comandos import EntregaDeEventosSchema
from app.api.respostas.texto import json_texto
from app.cli.conexao import open_gateway
from app.cli.saida import GrupoDeComandos, as_json_option
from app.services.eventos.entregar import entregar_tudo
from app.services.operacao.andamento import sempre
from app.services.tempo.rotinas import este_processo


@click.group(cls=GrupoDeComandos)
def eventos() -> None:
    """Entrega os eventos a quem os assina."""


@eventos.command(
    "entregar",
    saidas="0 feito, ou nada a entregar; 1 alguma entrega falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_WEBHOOK_CHAVE", "PREVENDA_WEBHOOK_REDES"),
)
@as_json_option
def eventos_entregar(as_json: bool) -> None:
    """Chama quem assina, uma volta: para o cron, onde `prevenda serve` não roda. Pode rodar em quantos hosts for."""
    with open_gateway() as gw:
        feita = entregar_tudo(gw, este_processo(), sempre)
    if as_json:
        click.echo(json_texto(EntregaDeEventosSchema.render(feita)))
    else:
        click.echo(f"Entregues: {feita.entregues}")
        if feita.falhas:
            click.echo(f"Tentativas sem êxito: {feita.falhas}")
        for id_assinatura in feita.desligadas:
            click.echo(f"  {id_assinatura} foi desligada depois da última tentativa", err=True)
    sys.exit(1 if feita.falhas else 0)
