"""``prevenda mapeamentos``."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from app.api.contrato.schemas import json_paths
from app.cli.saida import GrupoDeComandos, as_json_option, fail
from app.mapping import MappingError, describe, render_table
from app.recursos import pasta
from app.services.mapas import load_site_maps
from app.services.pre_venda import colunas
from app.settings import SettingsError, from_env


@click.group(cls=GrupoDeComandos)
def mapeamentos() -> None:
    """Confere e mostra para que coluna vai cada membro do JSON."""


@mapeamentos.command(
    "verificar",
    saidas="0 corretos; 1 há erros; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_MAPEAMENTOS",),
)
@as_json_option
def mapeamentos_verificar(as_json: bool) -> None:
    """Confere todos os mapas e lista todos os problemas."""
    problems: list[str] = []
    try:
        _maps()
    except SettingsError as error:
        fail(error.problems, 2)
    except MappingError as error:
        problems = error.problems
    if as_json:
        click.echo(json.dumps({"ok": not problems, "problemas": problems}, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(problem, err=True)
        click.echo("Mapas corretos." if not problems else f"{len(problems)} problema(s).")
    sys.exit(1 if problems else 0)


@mapeamentos.command(
    "mostrar",
    saidas="0 feito; 1 há erros nos mapas; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_MAPEAMENTOS",),
)
@as_json_option
def mapeamentos_mostrar(as_json: bool) -> None:
    """Mostra para onde vai cada membro do JSON, e de onde vem cada coluna."""
    rows = describe(_maps())
    if as_json:
        members = [
            {"origem": r.source, "tabela": r.table, "coluna": r.column, "tipo": r.type, "nota": r.note} for r in rows
        ]
        click.echo(json.dumps(members, ensure_ascii=False))
    else:
        click.echo(render_table(rows))


def _maps() -> Any:
    settings = from_env(os.environ)
    directory = settings.mapeamentos or pasta("mappings")
    return load_site_maps(directory, json_paths(), colunas.COLUNAS, settings.codificacao_banco or "utf-8")
