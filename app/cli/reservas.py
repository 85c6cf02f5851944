"""``prevenda reservas``."""

from __future__ import annotations

import json
import sys

import click

from app.cli.conexao import open_gateway
from app.cli.saida import as_json_option, reports_errors
from app.services import assentar, expirar


@click.group()
def reservas() -> None:
    """Reservas."""


@reservas.command("expirar")
@click.option("--simular", is_flag=True, help="Só mostra o que expiraria")
@as_json_option
@reports_errors
def reservas_expirar(simular: bool, as_json: bool) -> None:
    """Cancela as reservas vencidas, uma vez cada, em quantos hosts for. Sai com 1 se alguma falhou."""
    with open_gateway() as gw:
        sweep = expirar.expirar(gw, simular=simular)
        settled = [] if simular else assentar.assentar(gw)
    if as_json:
        members = {
            "simulado": simular,
            "expiradas": sweep.expiradas,
            "puladas": {str(k): v for k, v in sweep.puladas.items()},
            "falhas": {str(k): v for k, v in sweep.falhas.items()},
            "encerradasNoWinthor": settled,
        }
        click.echo(json.dumps(members, ensure_ascii=False))
    else:
        click.echo(f"{'Expirariam' if simular else 'Expiradas'}: {len(sweep.expiradas)}")
        for numped, reason in sweep.puladas.items():
            click.echo(f"  {numped} pulada: {reason}")
        for numped, code in sweep.falhas.items():
            click.echo(f"  {numped} falhou: {code}", err=True)
        if settled:
            click.echo(f"Encerradas no WinThor: {len(settled)}")
    sys.exit(1 if sweep.falhas else 0)
