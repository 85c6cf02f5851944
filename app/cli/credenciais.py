"""``prevenda credenciais``."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import sys
from typing import Any

import click

from app.cli.conexao import open_database, open_or_rehearse
from app.cli.saida import GrupoDeComandos, as_json_option, fail
from app.services.acesso.credenciais import ESCOPOS, PDV, criar_chave, criar_login, trocar_senha
from app.winthor import credenciais as guardadas
from app.winthor.credenciais import ChaveLida, LoginLido

# Shorter than this a password can be guessed.
SENHA_MINIMA = 8


@click.group(cls=GrupoDeComandos)
def credenciais() -> None:
    """Cria, lista e revoga logins e chaves de terminais."""


@credenciais.command(
    "criar",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.argument("login")
@click.option("--filiais", required=True, metavar="LISTA", help="Códigos separados por vírgula, ou * para todas.")
@click.option(
    "--escopos", default=PDV, show_default=True, metavar="LISTA", help=f"Separados por vírgula: {', '.join(ESCOPOS)}."
)
@click.option("--chave", is_flag=True, help="Uma chave de terminal em vez de login com senha.")
@click.option("--senha-stdin", is_flag=True, help="Lê a senha da entrada padrão; sem isto uma é sorteada.")
@click.option("--simular", is_flag=True, help="Só confere se seria criado; nenhum segredo é mostrado.")
@as_json_option
def credenciais_criar(
    login: str, filiais: str, escopos: str, chave: bool, senha_stdin: bool, simular: bool, as_json: bool
) -> None:
    """Cria um login ou uma chave; o segredo é mostrado só desta vez."""
    now = dt.datetime.now(dt.UTC)
    password = sys.stdin.readline().rstrip("\n") if senha_stdin else secrets.token_urlsafe(15)
    if not chave and len(password) < SENHA_MINIMA:
        fail([f"A senha precisa de {SENHA_MINIMA} caracteres ou mais."], 2)
    with open_or_rehearse(simular) as database:
        if chave:
            secret = criar_chave(database, login, filiais, escopos, now)
        else:
            criar_login(database, login, password, filiais, escopos, now)
            secret = "" if senha_stdin else password
    shown = "" if simular else secret
    if as_json:
        click.echo(json.dumps({"simulado": simular, "login": login, "chave" if chave else "senha": shown}))
    elif simular:
        click.echo(f"{'A chave para' if chave else 'O login'} {login} pode ser {'criada' if chave else 'criado'}.")
    else:
        click.echo(
            f"{'Chave criada' if chave else 'Login criado'} para {login}." + (f" Guarde: {shown}" if shown else "")
        )


@credenciais.command(
    "senha",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.argument("login")
@click.option("--senha-stdin", is_flag=True, help="Lê a senha da entrada padrão; sem isto uma é sorteada")
@click.option("--simular", is_flag=True, help="Só confere se o login existe; nenhum segredo é mostrado")
@as_json_option
def credenciais_senha(login: str, senha_stdin: bool, simular: bool, as_json: bool) -> None:
    """Troca a senha de um login; os tokens e as sessões da senha antiga acabam em meio minuto em todos os processos."""
    password = sys.stdin.readline().rstrip("\n") if senha_stdin else secrets.token_urlsafe(15)
    if len(password) < SENHA_MINIMA:
        fail([f"A senha precisa de {SENHA_MINIMA} caracteres ou mais."], 2)
    with open_or_rehearse(simular) as database:
        trocar_senha(database, login, password)
    shown = "" if simular or senha_stdin else password
    if as_json:
        click.echo(json.dumps({"simulado": simular, "login": login, "senha": shown}))
    else:
        feita = f"A senha de {login} pode ser trocada." if simular else f"Senha trocada para {login}."
        click.echo(feita + (f" Guarde: {shown}" if shown else ""))


@credenciais.command(
    "listar",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@as_json_option
def credenciais_listar(as_json: bool) -> None:
    """Mostra logins e chaves, nunca seus segredos."""
    with open_database() as database, database.read() as connection:
        stored = guardadas.find_all(connection)
    if as_json:
        click.echo(json.dumps([_members(credential) for credential in stored], ensure_ascii=False, default=str))
        return
    for credential in stored:
        kind, last = "login", ""
        if isinstance(credential, ChaveLida):
            kind = f"chave {credential.id}"
            last = f", último uso {credential.ultimo_uso:%Y-%m-%d %H:%M} UTC" if credential.ultimo_uso else ""
        state = "ativo" if credential.ativo else "revogado"
        limits = f"filiais {credential.filiais}, escopos {credential.escopos}"
        click.echo(f"{credential.login} ({kind}): {state}, {limits}{last}")


def _members(credential: LoginLido | ChaveLida) -> dict[str, Any]:
    """The members of ``--json``, which are called as the columns."""
    members = {
        "LOGIN": credential.login,
        "FILIAIS": credential.filiais,
        "ESCOPOS": credential.escopos,
        "ATIVO": "S" if credential.ativo else "N",
        "DTCRIACAO": credential.criacao,
    }
    if isinstance(credential, LoginLido):
        return members
    return {"KEYID": credential.id, **members, "DTULTIMOUSO": credential.ultimo_uso}


@credenciais.command(
    "revogar",
    saidas="0 feito; 1 não há credencial ativa com esse nome, ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.argument("nome")
@click.option("--simular", is_flag=True, help="Só mostra o que seria revogado.")
@as_json_option
def credenciais_revogar(nome: str, simular: bool, as_json: bool) -> None:
    """Revoga uma chave pelo seu id, ou um login e todas as suas chaves; vale em meio minuto em todos os processos."""
    with open_or_rehearse(simular) as database:
        revoked = database.run(lambda connection: guardadas.revogar(connection, nome))
    if not revoked:
        fail([f"Não há credencial ativa chamada {nome}."], 1)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "revogadas": revoked}))
        return
    click.echo(f"{'Seriam revogadas' if simular else 'Revogadas'}: {', '.join(revoked)}")
