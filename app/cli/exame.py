"""``prevenda doctor`` and ``prevenda configuracao``: what the gateway depends on."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

import click
import sqlalchemy as sa

from app.api.contrato.ensaio import requisicao_de_ensaio
from app.cli.conexao import open_gateway
from app.cli.saida import Comando, as_json_option, nao_respondeu
from app.services import doutor
from app.services.doutor import Achado, ensaio
from app.settings import describe, from_env
from app.winthor.db.faults import Falha


@click.command(
    cls=Comando,
    saidas="0 sem erros (avisos não contam); 1 há erros; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_MAPEAMENTOS", "PREVENDA_FUSO"),
)
@click.option("--filial", "filiais", multiple=True, metavar="CÓDIGO", help="Só esta (pode repetir); sem isto, todas.")
@as_json_option
@click.option(
    "--ensaio",
    "produtos",
    multiple=True,
    metavar="AUX-PRODUTO",
    help="Ensaia a reserva deste produto e a desfaz (pode repetir: uma pré-venda de várias linhas; inclua um kit).",
)
def doctor(filiais: tuple[str, ...], as_json: bool, produtos: tuple[str, ...]) -> None:
    """Examina o banco e os parâmetros de que o gateway depende; nada fica gravado."""
    try:
        found, examined = _examine(filiais, produtos)
    except (Falha, sa.exc.SQLAlchemyError) as error:
        if not as_json:
            raise
        found, examined = [Achado("banco", doutor.ERRO, nao_respondeu(error))], []
    if as_json:
        click.echo(json.dumps([asdict(line) for line in found], ensure_ascii=False))
    else:
        _tell(found, examined)
    sys.exit(1 if any(line.situacao == doutor.ERRO for line in found) else 0)


def _examine(filiais: tuple[str, ...], produtos: tuple[str, ...]) -> tuple[list[Achado], list[str]]:
    """The findings, and the branches that were examined; a rehearsal only in those named, else in the first one."""
    with open_gateway() as gw:
        examined = list(filiais) or doutor.todas_as_filiais(gw)
        found = doutor.examinar(gw, examined)
        if produtos:
            for filial in filiais or examined[:1]:
                found += ensaio.ensaiar(gw, requisicao_de_ensaio, filial, *produtos)
    return found, examined


def _tell(found: list[Achado], examined: list[str]) -> None:
    """What is well first, so that what is not stands at the end, above the sum."""
    counts = dict.fromkeys((doutor.OK, doutor.AVISO, doutor.ERRO), 0)
    for situacao in counts:
        for line in found:
            if line.situacao == situacao:
                counts[situacao] += 1
                click.echo(f"{line.situacao:<6} {line.conferencia}: {line.detalhe}")
    words = (("ok", "ok"), ("aviso", "avisos"), ("erro", "erros"))
    total = ", ".join(f"{n} {words[i][n != 1]}" for i, n in enumerate(counts.values()))
    click.echo(f"{total}. Filiais examinadas: {', '.join(examined) or 'nenhuma'}.")


@click.command(
    cls=Comando,
    saidas="0 feito; 2 configuração errada.",
)
@as_json_option
def configuracao(as_json: bool) -> None:
    """Mostra cada configuração, o valor em uso e o padrão; segredos nunca aparecem."""
    rows = describe(from_env(os.environ))
    if as_json:
        click.echo(json.dumps({name: value for name, value, _, _ in rows}, ensure_ascii=False))
    else:
        for name, value, default, _ in rows:
            click.echo(f"{name} = {value}" + ("" if value == default else f"   (padrão: {default or 'vazio'})"))
