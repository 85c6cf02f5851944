"""``prevenda reservas``."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import click

from app.api.respostas.comandos import AdocaoSchema, SimulacaoDePrazoSchema, VarreduraSchema
from app.api.respostas.texto import json_texto
from app.cli.conexao import open_gateway
from app.cli.saida import GrupoDeComandos, as_json_option, fail
from app.domain.dinheiro import texto
from app.domain.outro_prazo import parse_regra, por_dias
from app.services.eventos import observar
from app.services.operacao.andamento import sempre
from app.services.tempo import adotar, apurar, encerrar, expirar, simular_prazo
from app.services.tempo.adotar import Adocao
from app.services.tempo.expirar import Varredura
from app.winthor.consultas.sem_reserva import FaixaDeNumeros

# Seconds between two lines of progress; what is done before the first shows none.
PROGRESSO_S = 3.0


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What ``expirar`` tells with ``--json``."""

    resumo: Varredura
    simulado: bool
    encerradas_no_winthor: Sequence[int]


@click.group(cls=GrupoDeComandos)
def reservas() -> None:
    """Expira reservas vencidas, adota as do serviço anterior, experimenta outro prazo."""


@reservas.command(
    "expirar",
    saidas="0 feito; 1 alguma falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.option("--simular", is_flag=True, help="Só mostra o que expiraria.")
@as_json_option
def reservas_expirar(simular: bool, as_json: bool) -> None:
    """Cancela as reservas vencidas, uma vez cada, em quantos hosts for."""
    with open_gateway() as gw:
        sweep = expirar.expirar(gw, simular=simular)
        if not simular:
            observar.observar(gw, sempre)
        settled = [] if simular else encerrar.assentar(gw)
        if not simular:
            apurar.guardar(gw)
    if as_json:
        members = VarreduraSchema.render(SweepReport(sweep, simular, settled))
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


@reservas.command(
    "adotar",
    saidas="0 feito; 1 algum falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_ORIGEM_INTEGRACAO"),
)
@click.option(
    "--dias",
    metavar="N",
    type=click.IntRange(0, 36_500),
    help="Só pedidos com DATA nos últimos N dias; sem isto, todos.",
)
@click.option("--prazo", is_flag=True, help="Dá às não pagas o prazo comum, contado de agora; sem isto não expiram.")
@click.option("--simular", is_flag=True, help="Só mostra o que seria adotado.")
@as_json_option
def reservas_adotar(dias: int | None, prazo: bool, simular: bool, as_json: bool) -> None:
    """Adota os pedidos vivos que o serviço anterior deixou no WinThor. Pode ser interrompido e repetido."""

    def tell(numped: int, reason: str | None, code: str | None) -> None:
        if code is not None:
            click.echo(f"  {numped} falhou: {code}", err=True)
        elif not as_json:
            click.echo(f"  {numped} ignorado: {reason}")

    with open_gateway() as gw:
        done = adotar.adotar(
            gw,
            desde=None if dias is None else adotar.desde_ha(gw, dias),
            prazo=prazo,
            simular=simular,
            conta_conhecidas=True,
            contar=tell,
            andar=_progress(),
        )
    if as_json:
        click.echo(json.dumps(AdocaoSchema.render(done)))
    else:
        click.echo(f"{'Seriam adotadas' if simular else 'Adotadas'}: {done.adotadas}")
        click.echo(f"Já conhecidas: {done.ja_conhecidas}")
        click.echo(f"Ignoradas: {done.ignoradas}")
    sys.exit(1 if done.falhas else 0)


DIA = click.DateTime(["%Y-%m-%d"])


@reservas.command(
    "simular-prazo",
    saidas="0 feito; 1 o banco não respondeu; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_DIAS_PAGAMENTO"),
)
@click.option(
    "--regra",
    metavar="A/B/C",
    help="Dias após o prazo de pagamento que cai de domingo a terça, de quarta a sexta, no sábado (hoje: 4/5/6).",
)
@click.option("--dias", metavar="N", type=click.IntRange(0, 365), help="Dias desde que a reserva foi feita.")
@click.option("--filial", metavar="CÓDIGO", help="Só reservas desta filial.")
@click.option("--de", type=DIA, metavar="AAAA-MM-DD", help="Reservas nascidas desde este dia; sem isto, 90 dias.")
@click.option("--ate", type=DIA, metavar="AAAA-MM-DD", help="Até este dia, incluído; sem isto, até hoje.")
@as_json_option
def reservas_simular_prazo(
    regra: str | None,
    dias: int | None,
    filial: str | None,
    de: dt.datetime | None,
    ate: dt.datetime | None,
    as_json: bool,
) -> None:
    """Mostra o que outro prazo teria liberado, e quanto disso foi pago depois. Só lê.

    O lockTTL que o PDV pediu vale sempre. Uma pré-venda alterada conta como uma reserva.
    """
    if (regra is None) == (dias is None):
        fail(["Informe --regra ou --dias, um dos dois."], 2)
    outro = por_dias(dias or 0) if regra is None else parse_regra(regra)
    if outro is None:
        fail(["--regra deve ter três números de dias, como 4/5/6."], 2)
    if de is not None and ate is not None and ate < de:
        fail(["--ate deve ser o mesmo dia de --de ou um dia depois."], 2)
    with open_gateway() as gw:
        feita = simular_prazo.simular(
            gw,
            outro,
            None if filial is None else {filial.strip()},
            None if de is None else de.date(),
            None if ate is None else ate.date(),
        )
    if as_json:
        click.echo(json_texto(SimulacaoDePrazoSchema.render(feita)))
        return
    click.echo(f"Prazo: {feita.regra}")
    click.echo(f"Reservas no período: {feita.reservas}")
    click.echo(f"Teriam sido liberadas antes: {feita.liberadas}, das quais pagas depois: {feita.pagas_depois}")
    click.echo(f"Unidades × dias livres: {texto(feita.unidades_dias)}")
    click.echo(f"R$ × dias livres: {texto(feita.valor_dias)}")


def _progress() -> adotar.Andar:
    """Says on standard error from time to time how far it is."""
    last = time.monotonic()

    def tell(done: Adocao, faixa: FaixaDeNumeros) -> None:
        nonlocal last
        if time.monotonic() - last < PROGRESSO_S:
            return
        last = time.monotonic()
        where = f"DATA {faixa.de:%d/%m/%Y}" if faixa.primeiro is None else f"NUMPED {faixa.primeiro}"
        click.echo(f"  até {where}: {done.adotadas} adotadas, {done.ignoradas} ignoradas", err=True)

    return tell
