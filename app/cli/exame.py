"""``prevenda doctor`` and ``prevenda configuracao``: what the gateway depends on."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

import click

from app.api.contrato.ensaio import requisicao_de_ensaio
from app.cli.conexao import open_gateway
from app.cli.saida import as_json_option, reports_errors
from app.services import doutor
from app.services.doutor import ensaio
from app.settings import describe, from_env


@click.command()
@click.option("--filial", "filiais", multiple=True, default=("1",), help="Filial a examinar (pode repetir)")
@as_json_option
@click.option("--ensaio", "produto", help="Ensaia a reserva deste produto (<aux>-<código>) e a desfaz")
@reports_errors
def doctor(filiais: tuple[str, ...], as_json: bool, produto: str | None) -> None:
    """Examina o banco e os parâmetros de que o gateway depende; nada fica gravado. Sai com 1 se há erros."""
    with open_gateway() as gw:
        found = doutor.examinar(gw, list(filiais))
        if produto:
            for filial in filiais:
                found += ensaio.ensaiar(gw, requisicao_de_ensaio, filial, produto)
    if as_json:
        click.echo(json.dumps([asdict(line) for line in found], ensure_ascii=False))
    else:
        for line in found:
            click.echo(f"{line.situacao:<6} {line.conferencia}: {line.detalhe}")
    sys.exit(1 if any(line.situacao == doutor.ERRO for line in found) else 0)


@click.command()
@as_json_option
@reports_errors
def configuracao(as_json: bool) -> None:
    """Mostra cada configuração, o valor em uso e o padrão; segredos nunca aparecem."""
    rows = describe(from_env(os.environ))
    if as_json:
        click.echo(json.dumps({name: value for name, value, _, _ in rows}, ensure_ascii=False))
    else:
        for name, value, default, _ in rows:
            click.echo(f"{name} = {value}" + ("" if value == default else f"   (padrão: {default or 'vazio'})"))
