"""``prevenda entregar``: the maps and the SQL that are inside the package, as files to read, change and point at."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from app.cli.saida import Comando, fail
from app.recursos import pasta

RECURSOS = ("mappings", "sql")


@click.command(
    cls=Comando,
    saidas="0 feito; 1 já existe, ou a pasta não pode ser escrita; 2 uso errado.",
)
@click.argument("destino", type=click.Path(file_okay=False, path_type=Path))
def entregar(destino: Path) -> None:
    """Copia os mapas e o SQL do pacote para DESTINO; nunca sobrescreve."""
    if existing := [str(destino / name) for name in RECURSOS if (destino / name).exists()]:
        fail([f"{name} já existe; nada foi copiado." for name in existing], 1)
    for name in RECURSOS:
        shutil.copytree(pasta(name), destino / name)
    click.echo(f"Copiados para {destino}: {', '.join(RECURSOS)}")
