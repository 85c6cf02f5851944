"""``prevenda assinaturas``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import click

from app.api.respostas.feed import AssinaturasSchema
from app.api.respostas.texto import json_texto
from app.cli.conexao import open_gateway, who
from app.cli.saida import GrupoDeComandos, as_json_option, fail
from app.domain.eventos import TipoDeEvento
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR
from app.services.eventos import assinaturas as servico
from app.services.eventos.assinaturas import AssinaturaMostrada, AssinaturaRecusada, ComSegredo
from app.services.eventos.cofre import SegredoIlegivel
from app.services.gateway import Gateway

TODOS = "*"
SAIDAS = "0 feito; 1 recusado ou falhou; 2 uso ou configuração errados."


class TiposDeEvento(click.ParamType[frozenset[TipoDeEvento] | None]):
    """Types, comma-separated, with or without ``reserva.``; * for all."""

    name = "tipos"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value is None or isinstance(value, frozenset) or value.strip() == TODOS:
            return None if isinstance(value, str) else value
        nomes = [parte.strip().lower() for parte in value.split(",") if parte.strip()]
        try:
            return frozenset(TipoDeEvento(f"reserva.{nome.removeprefix('reserva.')}") for nome in nomes)
        except ValueError:
            self.fail(f"“{value}” não é uma lista de: {', '.join(TipoDeEvento)}.", param, ctx)


class Filiais(click.ParamType[frozenset[str] | None]):
    """Branches, comma-separated; * for all."""

    name = "filiais"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value is None or isinstance(value, frozenset) or value.strip() == TODOS:
            return None if isinstance(value, str) else value
        return frozenset(parte.strip() for parte in value.split(",") if parte.strip())


@click.group(cls=GrupoDeComandos)
def assinaturas() -> None:
    """Cria, lista e revoga assinaturas: quem é chamado quando algo acontece com uma reserva."""


@assinaturas.command(
    "criar",
    saidas=SAIDAS,
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_WEBHOOK_CHAVE", "PREVENDA_WEBHOOK_REDES"),
)
@click.argument("url", metavar="URL")
@click.option(
    "--tipos", type=TiposDeEvento(), metavar="LISTA", default=TODOS, help="Separados por vírgula; sem isto, todos."
)
@click.option("--filiais", type=Filiais(), metavar="LISTA", default=TODOS, help="Códigos por vírgula; sem isto, todas.")
@click.option("--simular", is_flag=True, help="Só confere se seria criada; nenhum segredo é mostrado.")
@as_json_option
def assinaturas_criar(
    url: str, tipos: frozenset[TipoDeEvento] | None, filiais: frozenset[str] | None, simular: bool, as_json: bool
) -> None:
    """Cria uma assinatura do que acontecer daqui em diante; o segredo é mostrado só desta vez."""
    with _aberto(simular=simular) as gw:
        criada = servico.criar(gw, who(RETAGUARDA, RETAGUARDA_AGIR), url.strip(), tipos=tipos, filiais=filiais)
    _mostrar(criada, simular, as_json, "Assinatura {} criada.", "A assinatura pode ser criada.")


@assinaturas.command("listar", saidas=SAIDAS, configuracoes=("PREVENDA_DATABASE_URL",))
@as_json_option
def assinaturas_listar(as_json: bool) -> None:
    """Mostra as assinaturas e até onde cada uma chegou; nunca os segredos."""
    with open_gateway() as gw:
        listadas = servico.listar(gw, who(RETAGUARDA, RETAGUARDA_AGIR))
    if as_json:
        click.echo(json_texto(AssinaturasSchema.render(listadas)))
        return
    for uma in listadas.itens:
        click.echo(_frase(uma))
    if not listadas.itens:
        click.echo("Nenhuma assinatura.")


@assinaturas.command("girar", saidas=SAIDAS, configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_WEBHOOK_CHAVE"))
@click.argument("id_assinatura", metavar="ID")
@click.option("--simular", is_flag=True, help="Só confere se ela existe; nenhum segredo é mostrado.")
@as_json_option
def assinaturas_girar(id_assinatura: str, simular: bool, as_json: bool) -> None:
    """Dá outro segredo; o antigo também assina por 24 horas."""
    with _aberto(simular=simular) as gw:
        girada = servico.girar(gw, who(RETAGUARDA, RETAGUARDA_AGIR), id_assinatura)
    _mostrar(girada, simular, as_json, "Outro segredo para {}.", "O segredo pode ser trocado.")


@assinaturas.command("revogar", saidas=SAIDAS, configuracoes=("PREVENDA_DATABASE_URL",))
@click.argument("id_assinatura", metavar="ID")
@click.option("--simular", is_flag=True, help="Só confere se ela existe.")
@as_json_option
def assinaturas_revogar(id_assinatura: str, simular: bool, as_json: bool) -> None:
    """Encerra uma assinatura: ninguém mais é chamado."""
    with _aberto(simular=simular) as gw:
        servico.revogar(gw, who(RETAGUARDA, RETAGUARDA_AGIR), id_assinatura)
    if as_json:
        click.echo(json_texto({"simulado": simular, "id": id_assinatura}))
    else:
        click.echo(f"A assinatura {id_assinatura} {'pode ser revogada' if simular else 'foi revogada'}.")


@assinaturas.command("reenviar", saidas=SAIDAS, configuracoes=("PREVENDA_DATABASE_URL",))
@click.argument("id_assinatura", metavar="ID")
@click.option(
    "--desde", type=click.IntRange(0, 10**15 - 1), metavar="CURSOR", help="Depois de qual; sem isto, de onde parou."
)
@click.option("--simular", is_flag=True, help="Só confere o cursor.")
@as_json_option
def assinaturas_reenviar(id_assinatura: str, desde: int | None, simular: bool, as_json: bool) -> None:
    """Entrega de novo o que houve depois de um cursor; também liga de novo a assinatura que foi desligada."""
    with _aberto(simular=simular) as gw:
        lugar = servico.reenviar(gw, who(RETAGUARDA, RETAGUARDA_AGIR), id_assinatura, desde)
    if as_json:
        click.echo(json_texto({"simulado": simular, "id": id_assinatura, "cursor": lugar}))
    else:
        click.echo(
            f"{'Seria entregue' if simular else 'Será entregue'} a {id_assinatura} o que houve depois de {lugar}."
        )


@contextlib.contextmanager
def _aberto(*, simular: bool = False) -> Iterator[Gateway]:
    """The gateway, or a rehearsal on it; a refusal ends the command with its lines."""
    with open_gateway(rehearse=simular) as gw:
        try:
            yield gw
        except AssinaturaRecusada as recusada:
            fail(recusada.problemas, 1)
        except SegredoIlegivel:
            fail(["O segredo guardado não foi cifrado com PREVENDA_WEBHOOK_CHAVE nem com a anterior."], 1)


def _mostrar(feita: ComSegredo, simular: bool, as_json: bool, frase: str, ensaio: str) -> None:
    segredo = "" if simular else feita.segredo
    if as_json:
        click.echo(json_texto({"simulado": simular, "id": None if simular else feita.id, "segredo": segredo}))
    elif simular:
        click.echo(ensaio)
    else:
        click.echo(f"{frase.format(feita.id)} Guarde o segredo: {segredo}")


def _frase(uma: AssinaturaMostrada) -> str:
    tipos = ", ".join(uma.tipos) if uma.tipos else "todos os tipos"
    filiais = f"filiais {', '.join(uma.filiais)}" if uma.filiais else "todas as filiais"
    espera = "" if uma.atraso_s is None else f", o mais antigo espera há {uma.atraso_s:.0f} s"
    ultimo = f"; último resultado: {uma.resultado}" if uma.resultado else ""
    tentativas = f", {uma.tentativas} tentativa(s) sem êxito" if uma.tentativas else ""
    return f"{uma.id} {uma.estado.value}: {uma.url}, {tipos}, {filiais}, até {uma.cursor}{espera}{tentativas}{ultimo}"
