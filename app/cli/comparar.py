"""``prevenda comparar``."""

from __future__ import annotations

import datetime as dt
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
from click import progressbar
from jinja2 import Environment, PackageLoader

from app.api.contrato.requisicao import parse_do_log
from app.api.respostas.comparacao import ComparacaoEsquema
from app.cli.conexao import open_gateway
from app.cli.saida import INTERROMPIDO, Comando, as_json_option, fail
from app.services.comparar.comparar import Comparador, PeriodoComparado, preparar
from app.services.comparar.relatorio import Comparacao, relatar
from app.services.comparar.soma import Soma
from app.services.mapas import colunas_do_site, winthor_catalog

DIA = click.DateTime(["%Y-%m-%d"])
RITMO_PADRAO = 500


@click.command(
    cls=Comando,
    saidas="0 nada fica aberto; 1 há diferenças, ou falhou; 2 uso ou configuração errados; 130 interrompido.",
    configuracoes=("PREVENDA_DATABASE_URL", "PREVENDA_MAPEAMENTOS"),
)
@click.option("--de", type=DIA, required=True, metavar="AAAA-MM-DD", help="Primeiro dia.")
@click.option("--ate", type=DIA, required=True, metavar="AAAA-MM-DD", help="Último dia, incluído.")
@click.option("--filial", metavar="CÓDIGO", help="Só pré-vendas desta filial.")
@click.option(
    "--ritmo",
    metavar="N",
    type=click.IntRange(1),
    default=RITMO_PADRAO,
    show_default=True,
    help="Comandos por segundo, no máximo.",
)
@click.option(
    "--continuar",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="ARQUIVO",
    help="Guarda neste arquivo cada dia terminado; com o arquivo de antes, segue de onde parou.",
)
@click.option("--html", "as_html", is_flag=True, help="Relatório para pessoas: um arquivo HTML na saída padrão.")
@as_json_option
def comparar(
    de: dt.datetime,
    ate: dt.datetime,
    filial: str | None,
    ritmo: int,
    continuar: Path | None,
    as_html: bool,
    as_json: bool,
) -> None:
    """Compara o que o serviço anterior julgou e gravou com o que este gateway teria julgado e gravado.

    Só lê: PCLOGPEDIDOAPI do período e os pedidos que ela nomeia. Dados pessoais não aparecem.
    """
    if as_html and as_json:
        fail(["Escolha --html ou --json."], 2)
    periodo = PeriodoComparado(de.date(), ate.date(), filial)
    if not periodo.dias():
        fail(["--ate deve ser o mesmo dia de --de ou um dia depois."], 2)
    soma, desde = _retomar(continuar, periodo)
    with open_gateway() as gw:
        comparador = preparar(
            gw,
            lambda corpo: parse_do_log(corpo, caller="comparar", caminhos_extras=gw.caminhos_extras),
            colunas_pessoais(),
        )
        try:
            _comparar(comparador, soma, periodo, desde, ritmo, continuar)
        except KeyboardInterrupt:
            como = "rode de novo com o mesmo --continuar" if continuar else "com --continuar ARQUIVO seguiria daqui"
            fail([f"Interrompido; {como}."], INTERROMPIDO)
        comparacao = relatar(soma, periodo.de, periodo.ate, colunas_do_site(comparador.site), winthor_catalog())
    if continuar is not None:
        continuar.unlink(missing_ok=True)
    if as_json:
        click.echo(json.dumps(ComparacaoEsquema.render(comparacao), ensure_ascii=False))
    elif as_html:
        click.echo(como_html(comparacao))
    else:
        click.echo("\n".join(como_linhas(comparacao)))
    vereditos = comparacao.vereditos
    raise SystemExit(1 if comparacao.abertas or vereditos.todos != vereditos.iguais else 0)


def _comparar(
    comparador: Comparador,
    soma: Soma,
    periodo: PeriodoComparado,
    desde: dt.date | None,
    ritmo: int,
    continuar: Path | None,
) -> None:
    if continuar is not None:  # a place that cannot be written is told before a day's work, not after it
        _guardar(continuar, periodo, desde or periodo.de, soma)
    with progressbar(periodo.dias(desde), label="Comparando", file=sys.stderr) as dias:
        for dia in dias:
            comparador.comparar_dia(soma, dia, periodo.filial, ritmo)
            if continuar is not None:
                _guardar(continuar, periodo, dia + dt.timedelta(days=1), soma)


def _guardar(arquivo: Path, periodo: PeriodoComparado, proximo: dt.date, soma: Soma) -> None:
    """Whole or not at all: a file that is replaced."""
    estado = {**_cabecalho(periodo), "proximo": proximo.isoformat(), "soma": soma.guardar()}
    novo = arquivo.with_name(arquivo.name + ".novo")
    novo.write_text(json.dumps(estado, ensure_ascii=False), "utf-8")
    novo.replace(arquivo)


def _retomar(arquivo: Path | None, periodo: PeriodoComparado) -> tuple[Soma, dt.date | None]:
    if arquivo is None or not arquivo.exists():
        return Soma(), None
    try:
        estado = json.loads(arquivo.read_text("utf-8"))
        guardada = {nome: estado[nome] for nome in _cabecalho(periodo)}
        soma, proximo = Soma.retomar(estado["soma"]), dt.date.fromisoformat(estado["proximo"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        fail([f"{arquivo} não é o estado de uma comparação."], 2)
    if guardada != _cabecalho(periodo):
        fail([f"{arquivo} é de outro período ou de outra filial."], 2)
    return soma, proximo


def _cabecalho(periodo: PeriodoComparado) -> dict[str, str | None]:
    return {"de": periodo.de.isoformat(), "ate": periodo.ate.isoformat(), "filial": periodo.filial}


def colunas_pessoais() -> dict[str, set[str]]:
    """Columns that hold personal data, by table: the inventory of this program."""
    inventario: dict[str, Any] = tomllib.loads(
        (Path(__file__).parents[1] / "dados_pessoais.toml").read_text(encoding="utf-8")
    )
    return {tabela: set(entrada.get("colunas", ())) for tabela, entrada in inventario.items()}


def como_linhas(comparacao: Comparacao) -> list[str]:
    """The report as text: the conclusion, then what is open."""
    v = comparacao.vereditos
    linhas = [
        comparacao.conclusao,
        "",
        f"Linhas lidas {comparacao.lidas}; pré-vendas {comparacao.reconhecidas}; outro objeto {comparacao.sem_itens}; "
        f"ilegíveis {comparacao.ilegiveis}",
        f"Vereditos: iguais {v.iguais}, mais rigorosos {v.mais_rigorosos}, menos rigorosos {v.menos_rigorosos}",
        *(f"  {contagem.codigo}: {contagem.vezes}" for contagem in v.por_codigo),
    ]
    for coluna in comparacao.abertas:
        linhas.append(f"{coluna.tabela}.{coluna.coluna}: {coluna.diferentes} diferentes, {coluna.iguais} iguais")
        linhas += [f"  TOTVS {par.totvs} | aqui {par.nosso}: {par.vezes}" for par in coluna.pares]
        if coluna.proposta:
            linhas.append(f"  proposta: {coluna.proposta}")
    if comparacao.propostas:
        linhas += ["", "Só o TOTVS preenche:"]
        linhas += [
            f"  {p.tabela}.{p.coluna} = {p.exemplo}" + (f"   {p.linha}" if p.linha else "")
            for p in comparacao.propostas
        ]
    return linhas


def como_html(comparacao: Comparacao) -> str:
    """The report as one HTML file that loads nothing."""
    modelos = Environment(loader=PackageLoader("app.cli", "modelos"), autoescape=True, trim_blocks=True)
    return modelos.get_template("comparar.html").render(c=comparacao)
