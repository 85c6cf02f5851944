"""``prevenda politicas``."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from app.api.respostas.politicas import PoliticasSchema
from app.api.respostas.texto import json_texto
from app.cli.comparar import DIA
from app.cli.conexao import open_gateway, who
from app.cli.saida import GrupoDeComandos, as_json_option, fail
from app.domain.dinheiro import ZERO, texto
from app.domain.protecao import Politica
from app.services import politicas as servico
from app.services.acesso.credenciais import RETAGUARDA
from app.services.gateway import Gateway
from app.services.politicas import Definicao, PoliticaRecusada


class NumeroDecimal(click.ParamType[Decimal]):
    """A decimal number, with point or comma."""

    name = "número"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return Decimal(str(value).strip().replace(",", "."))
        except InvalidOperation:
            self.fail(f"“{value}” não é um número.", param, ctx)


@click.group(cls=GrupoDeComandos)
def politicas() -> None:
    """Define, lista e encerra o estoque protegido: segurança e cotas por login."""


@politicas.command(
    "definir",
    saidas="0 feito; 1 recusado ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_CACHE_SEGUNDOS"),
)
@click.option("--filial", required=True, metavar="CÓDIGO", help="De qual filial é o estoque.")
@click.option("--produto", type=click.IntRange(0, 999_999), metavar="N", help="De um produto.")
@click.option("--depto", type=click.IntRange(0, 999_999), metavar="N", help="De cada produto de um departamento.")
@click.option("--todos", is_flag=True, help="De cada produto da filial.")
@click.option(
    "--canal", metavar="LOGIN", help="Para quem se guarda; sem isto é estoque de segurança, guardado de todos."
)
@click.option("--quantidade", type=NumeroDecimal(), metavar="Q", help="Unidades de estoque.")
@click.option("--percentual", type=NumeroDecimal(), metavar="P", help="Por cento do que há em estoque.")
@click.option("--de", type=DIA, metavar="AAAA-MM-DD", help="Primeiro dia; sem isto, já.")
@click.option("--ate", type=DIA, metavar="AAAA-MM-DD", help="Último dia, incluído; sem isto, até ser encerrada.")
@click.option("--motivo", required=True, metavar="TEXTO", help="Por quê; fica registrado.")
@click.option("--simular", is_flag=True, help="Só confere se a política seria aceita.")
@as_json_option
def politicas_definir(
    filial: str,
    produto: int | None,
    depto: int | None,
    todos: bool,
    canal: str | None,
    quantidade: Decimal | None,
    percentual: Decimal | None,
    de: dt.datetime | None,
    ate: dt.datetime | None,
    motivo: str,
    simular: bool,
    as_json: bool,
) -> None:
    """Guarda estoque de um produto, departamento ou filial. De um login, a mais estreita substitui a mais larga.

    Nada do que já está reservado é liberado, e as vendas do próprio WinThor não são limitadas.
    """
    if [produto is not None, depto is not None, todos].count(True) != 1:
        fail(["Escolha um de: --produto, --depto, --todos."], 2)
    if (quantidade is None) == (percentual is None):
        fail(["Escolha um de: --quantidade, --percentual."], 2)
    definicao = Definicao(
        filial=filial.strip(),
        codprod=produto,
        codepto=depto,
        canal=canal.strip() if canal else None,
        quantidade=quantidade,
        percentual=percentual,
        inicio=None if de is None else de.date(),
        fim=None if ate is None else ate.date(),
        motivo=motivo,
    )
    with _aberto(simular=simular) as gw:
        numero = servico.definir(gw, who().login, definicao)
    if as_json:
        click.echo(json_texto({"simulado": simular, "id": None if simular else numero}))
    else:
        click.echo("A política pode ser definida." if simular else f"Política {numero} definida.")


@politicas.command(
    "encerrar",
    saidas="0 feito; 1 não há essa política, ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_CACHE_SEGUNDOS"),
)
@click.argument("numero", metavar="ID", type=click.IntRange(1, 9_999_999_999))
@click.option("--motivo", required=True, metavar="TEXTO", help="Por quê; fica registrado.")
@click.option("--simular", is_flag=True, help="Só confere se ela pode ser encerrada.")
@as_json_option
def politicas_encerrar(numero: int, motivo: str, simular: bool, as_json: bool) -> None:
    """Encerra uma política agora; sem isto ela acaba no fim do último dia que tem."""
    with _aberto(simular=simular) as gw:
        servico.encerrar(gw, who().login, numero, motivo)
    if as_json:
        click.echo(json_texto({"simulado": simular, "id": numero}))
    else:
        click.echo(f"A política {numero} {'pode ser encerrada' if simular else 'foi encerrada'}.")


@politicas.command(
    "listar",
    saidas="0 feito; 1 falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.option("--filial", metavar="CÓDIGO", help="Só as desta filial.")
@click.option("--encerradas", is_flag=True, help="Também as que foram encerradas.")
@as_json_option
def politicas_listar(filial: str | None, encerradas: bool, as_json: bool) -> None:
    """Mostra o que está guardado, para quem, até quando e por quê."""
    with open_gateway() as gw:
        listadas = servico.listar(gw, who(RETAGUARDA), filial=filial, encerradas=encerradas)
    if as_json:
        click.echo(json_texto(PoliticasSchema.render(listadas)))
        return
    for uma in listadas.itens:
        click.echo(f"{uma.politica.id} ({uma.vigencia.lower()}): {_frase(uma.politica)}")
    if not listadas.itens:
        click.echo("Nenhuma política.")


@contextlib.contextmanager
def _aberto(*, simular: bool) -> Iterator[Gateway]:
    """The gateway, or a rehearsal on it; a refusal ends the command with its lines."""
    with open_gateway(rehearse=simular) as gw:
        try:
            yield gw
        except PoliticaRecusada as recusada:
            fail(recusada.problemas, 1)


def _frase(p: Politica) -> str:
    quanto = texto(p.quantidade) if p.quantidade is not None else f"{texto(p.percentual or ZERO)} %"
    de_que = f"do produto {p.codprod}" if p.codprod is not None else "de cada produto"
    if p.codepto is not None:
        de_que = f"de cada produto do departamento {p.codepto}"
    para = f"para {p.canal}" if p.canal is not None else "de segurança"
    de, ate = (f", {como} {dia:%d/%m/%Y}" if dia else "" for como, dia in (("de", p.inicio), ("até", p.fim)))
    return f"{quanto} {de_que} na filial {p.filial} {para}{de}{ate}: {p.motivo} ({p.criada_por})"
