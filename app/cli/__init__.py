"""The ``prevenda`` command."""

from __future__ import annotations

import os

import click

from app import __version__
from app.cli.assinaturas import assinaturas
from app.cli.banco import db
from app.cli.comparar import comparar
from app.cli.conciliar import conciliar
from app.cli.credenciais import credenciais
from app.cli.entrega import entregar
from app.cli.eventos import eventos
from app.cli.exame import configuracao, doctor
from app.cli.log import log
from app.cli.mapas import mapeamentos
from app.cli.politicas import politicas
from app.cli.reservas import reservas
from app.cli.saida import GrupoDeComandos
from app.cli.servir import demo, serve
from app.observabilidade.registro import AUTO, configurar


@click.group(cls=GrupoDeComandos)
@click.version_option(__version__, message="prevenda %(version)s", help="Mostra a versão e sai.")
def main() -> None:
    """Gateway de reserva de estoque entre pontos de venda e o TOTVS WinThor."""
    configurar(os.environ.get("PREVENDA_LOG_FORMATO") or AUTO)


for command in (
    *(
        demo,
        serve,
        db,
        doctor,
        configuracao,
        mapeamentos,
        credenciais,
        reservas,
        politicas,
        assinaturas,
        eventos,
        conciliar,
        comparar,
        log,
        entregar,
    ),
):
    main.add_command(command)
