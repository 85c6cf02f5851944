"""How every command speaks: in Portuguese, in lines and an exit code, with ``--json`` in JSON; never a traceback.

0 done, 1 refused or failed, 2 wrong usage or settings, 130 interrupted.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
import sqlalchemy as sa

from app.cli.palavras import erro_de_uso, motivo_do_sistema, opcao_em_portugues
from app.mapping import MappingError
from app.services.acesso.credenciais import CredencialRecusada
from app.servidor import EscutaRecusada
from app.settings import SettingsError, database_name, from_env
from app.winthor.db.engine import EnderecoRecusado
from app.winthor.db.faults import Falha, classify, motivo
from app.winthor.esquema.schema import SchemaError
from app.winthor.politicas import PoliticaIlegivel

INTERROMPIDO = 130
APP = Path(__file__).parents[1]

as_json_option = click.option("--json", "as_json", is_flag=True, help="Resposta em JSON; também um erro.")


class Recusado(Exception):
    """A command cannot do what it was asked: lines for a person, and its exit code."""

    def __init__(self, lines: list[str], code: int) -> None:
        super().__init__(*lines)
        self.lines = lines
        self.code = code


def fail(lines: list[str], code: int) -> NoReturn:
    """End the command with these lines and ``code``. Raises Recusado."""
    raise Recusado(lines, code)


class _EmPortugues(click.Command):
    """What click says itself, in Portuguese; and what a command's help tells besides."""

    def __init__(self, *args: Any, saidas: str = "", configuracoes: Sequence[str] = (), **kwargs: Any) -> None:
        kwargs["options_metavar"] = "[OPÇÕES]"
        super().__init__(*args, **kwargs)
        self.saidas = saidas
        self.configuracoes = configuracoes

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Mostra esta ajuda e sai."
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="Uso: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [p.get_help_record(ctx) for p in self.get_params(ctx) if isinstance(p, click.Option)]
        with formatter.section("Opções"):
            formatter.write_dl([(name, opcao_em_portugues(text)) for name, text in filter(None, options)])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.configuracoes:
            with formatter.section("Configurações (todas: prevenda configuracao)"):
                formatter.write_text(", ".join(self.configuracoes))
        if self.saidas:
            with formatter.section("Código de saída"):
                formatter.write_text(self.saidas)


class Comando(_EmPortugues):
    """A command; ``saidas`` tells its exit codes, ``configuracoes`` the settings that matter to it."""


class GrupoDeComandos(_EmPortugues, click.Group):
    """Commands under one name. The outermost one turns whatever is raised into lines and an exit code."""

    command_class = Comando
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, subcommand_metavar="COMANDO [ARGUMENTOS]...", **kwargs)

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **extra: Any) -> Any:
        """Run a command and end the process with its exit code."""
        given = list(sys.argv[1:] if args is None else args)
        for stream in (sys.stdout, sys.stderr):
            # A terminal without accents shows a question mark.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            code = super().main(given, "prevenda", **{**extra, "standalone_mode": False})
        except Exception as error:
            lines, code = explicar(error)
            _give_up_full_output()
            if "--json" in given:
                lines = [json.dumps({"ok": False, "problemas": lines}, ensure_ascii=False)]
            for line in lines:
                click.echo(line, err=True)
        sys.exit(code if isinstance(code, int) else 0)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Comandos"):
            formatter.write_dl([(name, c.get_short_help_str(limit=500)) for name, c in self.commands.items()])


def _give_up_full_output() -> None:
    """What standard output could not take would be tried again, and told in English, when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def explicar(error: BaseException) -> tuple[list[str], int]:
    """What a person is told about an error, and the exit code."""
    match error:
        case Recusado():
            return error.lines, error.code
        case SettingsError():
            return error.problems, 2
        case EnderecoRecusado():
            return [f"PREVENDA_DATABASE_URL: {error}"], 2
        case MappingError():
            return error.problems, 1
        case SchemaError() | CredencialRecusada() | EscutaRecusada():
            return [str(error)], 1
        case PoliticaIlegivel():
            return [str(error)], 1
        case Falha() | sa.exc.SQLAlchemyError():
            return [nao_respondeu(error)], 1
        case click.ClickException():
            return erro_de_uso(error), error.exit_code
        case click.Abort():
            return ["Interrompido."], INTERROMPIDO
        case OSError():
            onde = f"{error.filename}: " if error.filename is not None else ""
            return [f"{onde}{motivo_do_sistema(error)}"], 1
        case _:
            return [_defeito(error)], 1


def nao_respondeu(error: BaseException) -> str:
    """One line about a database that does not answer: what is known of the reason, and what was tried."""
    falha = classify(error)
    porque = motivo(error)
    texto = f"O banco de dados não respondeu ({falha})" + (f": {porque}" if porque else "")
    try:
        endereco = database_name(from_env(os.environ).database_url)
    except SettingsError:
        return f"{texto}."
    return f"{texto}. Tentado: {endereco} (PREVENDA_DATABASE_URL)."


def _defeito(error: BaseException) -> str:
    """Where it broke, without the text of the exception, which may hold what no log may hold."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(APP)]
    onde = f" em {Path(ours[-1].filename).relative_to(APP.parent)}:{ours[-1].lineno}" if ours else ""
    return f"Erro inesperado: {type(error).__name__}{onde}. É um defeito do gateway; informe esta linha."
