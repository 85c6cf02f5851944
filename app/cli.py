"""The ``prevenda`` command. Exit codes: 0 done, 1 refused or failed, 2 wrong usage or settings."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
import sqlalchemy as sa

from app import CHAVE_JWT_DA_DEMO, __version__, build_gateway, create_app
from app.api.ler_pedido import ler_pedido
from app.mapping import MappingError, describe, render_table
from app.services import anonimizar, conciliar, demonstracao, doutor, ensaio, expirar, registrar
from app.services.credenciais import (
    ESCOPOS,
    PDV,
    RETAGUARDA_AGIR,
    Caller,
    CredencialRecusada,
    criar_chave,
    criar_login,
    demo_rows,
)
from app.services.gateway import Gateway
from app.services.pedido import json_texto
from app.settings import Settings, SettingsError, database_name, from_env
from app.settings import describe as describe_settings
from app.winthor import credenciais
from app.winthor.db import Database, Ensaio, create_engine
from app.winthor.faults import Falha
from app.winthor.schema import SchemaError, create_demo, install_gateway

# Shorter than this a password can be guessed.
SENHA_MINIMA = 8


def _fail(lines: list[str], code: int) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    raise SystemExit(code)


def reports_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Known errors become lines on standard error and an exit code."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except SettingsError as error:
            _fail(error.problems, 2)
        except MappingError as error:
            _fail(error.problems, 1)
        except (SchemaError, CredencialRecusada) as error:
            _fail([str(error)], 1)
        except (Falha, sa.exc.SQLAlchemyError) as error:
            cause = error.__cause__ or error
            _fail([f"O banco de dados não respondeu ({type(cause).__name__})."], 1)

    return guarded


@click.group()
@click.version_option(__version__, prog_name="prevenda")
def main() -> None:
    """Gateway de reserva de estoque entre pontos de venda e o TOTVS WinThor."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")


@main.command()
@reports_errors
def demo() -> None:
    """Cria o banco de demonstração, se ainda não existe, e inicia o gateway."""
    settings = from_env(os.environ)
    if _create_demo(settings):
        click.echo(f"Banco de demonstração criado: {database_name(settings.database_url)}")
        _sow_demo(settings)
    _serve(settings, banner=_demo_banner)


@main.command()
@reports_errors
def serve() -> None:
    """Inicia o gateway."""
    _serve(from_env(os.environ))


def _create_demo(settings: Settings, *, simular: bool = False) -> bool:
    """Create the demo in the configured database if it is not there; True when it was, or would be, created."""
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        if simular and not file.exists():
            return True  # to ask SQLite would make the file
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(settings.database_url, lock_timeout_s=settings.espera_lock)
    now = dt.datetime.now(dt.UTC)
    try:
        config = {CHAVE_JWT_DA_DEMO: secrets.token_urlsafe(48)}
        return create_demo(engine, now, demo_rows(now), config, simular=simular)
    finally:
        engine.dispose()


def _sow_demo(settings: Settings) -> None:
    """Post the demo's operations, so that the panel has something to show."""
    gw = build_gateway(settings)
    try:
        demonstracao.semear(gw, lambda body, login: ler_pedido(body, caller=login, caminhos_extras=gw.caminhos_extras))
    finally:
        gw.db.engine.dispose()


def _serve(settings: Settings, banner: Callable[[Settings, int], str] | None = None) -> None:
    from waitress.server import create_server

    app = create_app(settings)
    gw = app.extensions["prevenda"]
    if recovered := registrar.recuperar(gw):
        click.echo(f"Operações interrompidas encerradas: {len(recovered)}")
    try:
        server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            ident=None,
            max_request_body_size=settings.corpo_max + 65536,
            channel_timeout=15,
        )
    except OSError as error:
        _fail([f"Não foi possível escutar em {settings.host}:{settings.port}: {error.strerror}."], 1)
    port = int(server.effective_port)
    click.echo(banner(settings, port) if banner else f"Escutando em http://{settings.host}:{port}")

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
        gw.db.engine.dispose()
        click.echo("Gateway encerrado.")


def _demo_banner(settings: Settings, port: int) -> str:
    base = f"http://{settings.host}:{port}"
    return f"""
Gateway de pré-vendas em {base}   (Ctrl-C encerra)
Painel da retaguarda:    {base}/painel/
Documento OpenAPI:       {base}/openapi.json
Banco:                   {database_name(settings.database_url)}
Logins (senha demo):     pdv1 (filial 1), pdv2 (filial 2), hub (todas), retaguarda (todas, painel)

Para reservar:

TOKEN=$(curl -s {base}/winthor/autenticacao/v1/login \\
  -H 'Content-Type: application/json' -d '{{"login": "pdv1", "senha": "demo"}}' | sed 's/.*: "//; s/".*//')

curl -s {base}/winthor/varejo/matcon/v1/orders/pdvsync \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"situacaoPreVenda": 2, "numero": "PV-1", "idLojaRetaguarda": "1",
       "preVendaItens": [{{"idProdutoRetaguarda": "123-1", "quantidade": 2, "preco": 120.00}}]}}'
"""


@contextlib.contextmanager
def _gateway() -> Iterator[Gateway]:
    """The gateway by the settings of the environment; its connections are closed at the end."""
    gw = build_gateway(from_env(os.environ))
    try:
        yield gw
    finally:
        gw.db.engine.dispose()


@contextlib.contextmanager
def _database() -> Iterator[Database]:
    """Only the database, for what needs no maps."""
    settings = from_env(os.environ)
    engine = create_engine(settings.database_url, lock_timeout_s=settings.espera_lock)
    try:
        yield Database(engine)
    finally:
        engine.dispose()


@contextlib.contextmanager
def _database_or_rehearsal(rehearse: bool) -> Iterator[Database]:
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(_database())
        yield stack.enter_context(Ensaio(database)) if rehearse else database


@main.group()
def db() -> None:
    """Banco de dados."""


@db.command("create")
@click.option("--demo", "as_demo", is_flag=True, required=True, help="Subconjunto do WinThor com dados de demonstração")
@click.option("--simular", is_flag=True, help="Só mostra o que seria criado")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def db_create(as_demo: bool, simular: bool, as_json: bool) -> None:
    """Cria o subconjunto do WinThor e os dados de demonstração em um banco vazio."""
    created = _create_demo(from_env(os.environ), simular=simular) if as_demo else False
    if as_json:
        click.echo(json.dumps({"simulado": simular, "criado": created}))
    elif created:
        click.echo("O banco de demonstração seria criado." if simular else "Banco de demonstração criado.")
    else:
        click.echo("O banco de demonstração já existia; nada foi mudado.")


@db.command("install")
@click.option("--simular", is_flag=True, help="Só mostra o que seria criado")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def db_install(simular: bool, as_json: bool) -> None:
    """Cria as tabelas GW_ que faltam; nunca toca em tabelas PC*."""
    settings = from_env(os.environ)
    engine = create_engine(settings.database_url)
    try:
        created = install_gateway(engine, simular=simular)
    finally:
        engine.dispose()
    verb = "Seriam criadas" if simular else "Criadas"
    if as_json:
        click.echo(json.dumps({"simulado": simular, "criadas": created}))
    else:
        click.echo(f"{verb}: {', '.join(created)}" if created else "Nenhuma tabela a criar.")


@main.group()
def mapeamentos() -> None:
    """Mapas JSON -> coluna."""


@mapeamentos.command("verificar")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
def mapeamentos_verificar(as_json: bool) -> None:
    """Confere todos os mapas; sai com 1 e lista todos os problemas se algum estiver errado."""
    problems: list[str] = []
    try:
        _maps()
    except SettingsError as error:
        _fail(error.problems, 2)
    except MappingError as error:
        problems = error.problems
    if as_json:
        click.echo(json.dumps({"ok": not problems, "problemas": problems}, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(problem, err=True)
        click.echo("Mapas corretos." if not problems else f"{len(problems)} problema(s).")
    sys.exit(1 if problems else 0)


@mapeamentos.command("mostrar")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
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
    from app.api.schemas import json_paths
    from app.recursos import pasta
    from app.services import contextos
    from app.services.mapas import load_site_maps

    settings = from_env(os.environ)
    directory = settings.mapeamentos or pasta("mappings")
    return load_site_maps(directory, json_paths(), contextos.NOMES, settings.codificacao_banco)


@main.group("log")
def log_group() -> None:
    """Registro das operações."""


@log_group.command("recuperar")
@click.option("--simular", is_flag=True, help="Só mostra o que seria encerrado")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def log_recuperar(simular: bool, as_json: bool) -> None:
    """Encerra como R as operações que uma queda deixou P depois do prazo; elas não tiveram efeito."""
    with _gateway() as gw:
        settled = registrar.recuperar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "operacoes": [o.id for o in settled]}))
    else:
        click.echo(f"{'Seriam encerradas' if simular else 'Encerradas'}: {len(settled)}")


@log_group.command("limpar")
@click.option("--simular", is_flag=True, help="Só conta o que seria apagado")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def log_limpar(simular: bool, as_json: bool) -> None:
    """Apaga de GW_OPERACAO as operações encerradas há mais de PREVENDA_RETENCAO_DIAS; PCLOGPEDIDOAPI fica."""
    with _gateway() as gw:
        deleted = registrar.limpar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "apagadas": deleted}))
    else:
        click.echo(f"{'Seriam apagadas' if simular else 'Apagadas'}: {deleted}")


@log_group.command("anonimizar")
@click.option("--simular", is_flag=True, help="Só conta o que seria mascarado")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def log_anonimizar(simular: bool, as_json: bool) -> None:
    """Mascara o cliente em PCLOGPEDIDOAPI.JSON depois de PREVENDA_RETENCAO_PESSOAL_DIAS; antes de log limpar."""
    with _gateway() as gw:
        masked = anonimizar.anonimizar(gw, simular=simular)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "mascaradas": masked}))
    else:
        click.echo(f"{'Seriam mascaradas' if simular else 'Mascaradas'}: {masked}")


@main.group("reservas")
def reservas_group() -> None:
    """Reservas."""


@reservas_group.command("expirar")
@click.option("--simular", is_flag=True, help="Só mostra o que expiraria")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def reservas_expirar(simular: bool, as_json: bool) -> None:
    """Cancela as reservas vencidas, uma vez cada, em quantos hosts for. Sai com 1 se alguma falhou."""
    with _gateway() as gw:
        sweep = expirar.expirar(gw, simular=simular)
        settled = [] if simular else conciliar.assentar(gw)
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


@main.group("credenciais")
def credenciais_group() -> None:
    """Logins e chaves de terminais."""


@credenciais_group.command("criar")
@click.argument("login")
@click.option("--filiais", required=True, help="Códigos separados por vírgula, ou * para todas")
@click.option("--escopos", default=PDV, show_default=True, help=f"Separados por vírgula: {', '.join(ESCOPOS)}")
@click.option("--chave", is_flag=True, help="Uma chave de terminal em vez de login com senha")
@click.option("--senha-stdin", is_flag=True, help="Lê a senha da entrada padrão; sem isto uma é sorteada")
@click.option("--simular", is_flag=True, help="Só confere se seria criado; nenhum segredo é mostrado")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def credenciais_criar(
    login: str, filiais: str, escopos: str, chave: bool, senha_stdin: bool, simular: bool, as_json: bool
) -> None:
    """Cria um login ou uma chave; o segredo é mostrado só desta vez."""
    now = dt.datetime.now(dt.UTC)
    password = sys.stdin.readline().rstrip("\n") if senha_stdin else secrets.token_urlsafe(15)
    if not chave and len(password) < SENHA_MINIMA:
        _fail([f"A senha precisa de {SENHA_MINIMA} caracteres ou mais."], 2)
    with _database_or_rehearsal(simular) as database:
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


@credenciais_group.command("listar")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def credenciais_listar(as_json: bool) -> None:
    """Mostra logins e chaves, nunca seus segredos."""
    with _database() as database, database.read() as connection:
        rows = credenciais.listar(connection)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    for row in rows:
        kind = f"chave {row['KEYID']}" if "KEYID" in row else "login"
        state = "ativo" if row["ATIVO"] == "S" else "revogado"
        last = f", último uso {row['DTULTIMOUSO']:%Y-%m-%d %H:%M} UTC" if row.get("DTULTIMOUSO") else ""
        click.echo(f"{row['LOGIN']} ({kind}): {state}, filiais {row['FILIAIS']}, escopos {row['ESCOPOS']}{last}")


@credenciais_group.command("revogar")
@click.argument("nome")
@click.option("--simular", is_flag=True, help="Só mostra o que seria revogado")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def credenciais_revogar(nome: str, simular: bool, as_json: bool) -> None:
    """Revoga uma chave pelo seu id, ou um login e todas as suas chaves; vale em meio minuto em todos os processos."""
    with _database_or_rehearsal(simular) as database:
        revoked = database.run(lambda connection: credenciais.revogar(connection, nome))
    if not revoked:
        _fail([f"Não há credencial ativa chamada {nome}."], 1)
    if as_json:
        click.echo(json.dumps({"simulado": simular, "revogadas": revoked}))
        return
    click.echo(f"{'Seriam revogadas' if simular else 'Revogadas'}: {', '.join(revoked)}")


@main.command("conciliar")
@click.option("--corrigir", "apply", is_flag=True, help="Aplica as correções; sem isto só mostra o plano")
@click.option("--item", "ids", multiple=True, help="Só esta diferença (pode repetir)")
@click.option("--motivo", default="", help="Obrigatório com --corrigir; fica no registro")
@click.option("--simular", is_flag=True, help="Com --corrigir: só mostra o que seria feito")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def conciliar_command(apply: bool, ids: tuple[str, ...], motivo: str, simular: bool, as_json: bool) -> None:
    """Confere QTRESERV com os pedidos e com o gateway. Sai com 0 sem diferenças, 1 com diferenças."""
    if apply and not motivo.strip():
        _fail(["--corrigir exige --motivo."], 2)
    with _gateway() as gw:
        if apply:
            result, pending, lines = _apply_corrections(gw, list(ids) or None, motivo.strip(), simular)
        else:
            result, pending, lines = _plan_corrections(gw, ids)
    if as_json:
        click.echo(json_texto(result))
    else:
        for line in lines:
            click.echo(line)
        click.echo("Nenhuma diferença." if not lines else f"{len(lines)} diferença(s).")
    sys.exit(1 if pending else 0)


Report = tuple[dict[str, Any], list[dict[str, Any]], list[str]]


def _apply_corrections(gw: Gateway, ids: list[str] | None, motivo: str, simular: bool) -> Report:
    """The result, what is left of it, and a line for each correction."""
    caller = Caller(f"cli:{getpass.getuser()}"[:60], None, frozenset({RETAGUARDA_AGIR}))
    result = conciliar.corrigir(gw, caller, ids=ids, motivo=motivo, simular=simular)
    lines = [f"{c['tipo']} {c['numped'] or ''} {c['id']}: {c['resultado']}" for c in result["correcoes"]]
    lines += [f"{unknown}: não há esta diferença" for unknown in result["desconhecidos"]]
    pending = [c for c in result["correcoes"] if c["resultado"] not in {"corrigida", "simulada"}]
    pending += [{"id": unknown} for unknown in result["desconhecidos"]]
    return result, pending, lines


def _plan_corrections(gw: Gateway, ids: tuple[str, ...]) -> Report:
    """The differences, and a line for each."""
    result = conciliar.conciliar(gw).json()
    conciliar.registrar_conciliacao(gw)
    result["diferencas"] = [d for d in result["diferencas"] if not ids or d["id"] in ids]
    lines = [f"{d['id']} {d['tipo']} [{d['acao']}] {d['explicacao']}" for d in result["diferencas"]]
    return result, result["diferencas"], lines


@main.command()
@click.option("--filial", "filiais", multiple=True, default=("1",), help="Filial a examinar (pode repetir)")
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@click.option("--ensaio", "produto", help="Ensaia a reserva deste produto (<aux>-<código>) e a desfaz")
@reports_errors
def doctor(filiais: tuple[str, ...], as_json: bool, produto: str | None) -> None:
    """Examina o banco e os parâmetros de que o gateway depende; nada fica gravado. Sai com 1 se há erros."""
    with _gateway() as gw:
        found = doutor.examinar(gw, list(filiais))
        if produto:
            for filial in filiais:
                found += ensaio.ensaiar(gw, lambda corpo: ler_pedido(corpo, caller="doctor"), filial, produto)
    if as_json:
        click.echo(json.dumps([asdict(line) for line in found], ensure_ascii=False))
    else:
        for line in found:
            click.echo(f"{line.situacao:<6} {line.conferencia}: {line.detalhe}")
    sys.exit(1 if any(line.situacao == doutor.ERRO for line in found) else 0)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")
@reports_errors
def configuracao(as_json: bool) -> None:
    """Mostra cada configuração, o valor em uso e o padrão; segredos nunca aparecem."""
    rows = describe_settings(from_env(os.environ))
    if as_json:
        click.echo(json.dumps({name: value for name, value, _, _ in rows}, ensure_ascii=False))
    else:
        for name, value, default, _ in rows:
            click.echo(f"{name} = {value}" + ("" if value == default else f"   (padrão: {default or 'vazio'})"))


if __name__ == "__main__":
    main()
