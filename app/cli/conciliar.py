"""``prevenda conciliar``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import click

from app.api.respostas.conciliacao import ConciliacaoSchema, CorrecoesFeitasSchema
from app.api.respostas.texto import json_texto
from app.cli.conexao import open_gateway, who
from app.cli.saida import Comando, as_json_option, fail
from app.services.acesso.credenciais import RETAGUARDA_AGIR
from app.services.conciliacao import conciliar as conciliacao
from app.services.conciliacao import correcoes
from app.services.gateway import Gateway


@click.command(
    cls=Comando,
    saidas="0 sem diferenças (ou todas corrigidas); 1 há diferenças, ou falhou; 2 uso ou configuração errados.",
    configuracoes=("PREVENDA_DATABASE_URL",),
)
@click.option("--corrigir", "apply", is_flag=True, help="Aplica as correções; sem isto só mostra o plano.")
@click.option("--item", "ids", multiple=True, metavar="ID", help="Só esta diferença (pode repetir).")
@click.option("--motivo", default="", metavar="TEXTO", help="Obrigatório com --corrigir; fica no registro.")
@click.option("--simular", is_flag=True, help="Com --corrigir: só mostra o que seria feito.")
@as_json_option
def conciliar(apply: bool, ids: tuple[str, ...], motivo: str, simular: bool, as_json: bool) -> None:
    """Confere QTRESERV com os pedidos e com o gateway."""
    if apply and not motivo.strip():
        fail(["--corrigir exige --motivo."], 2)
    with open_gateway() as gw:
        if apply:
            report = _apply_corrections(gw, list(ids) or None, motivo.strip(), simular)
        else:
            report = _plan_corrections(gw, ids)
    if as_json:
        click.echo(json_texto(report.members))
    else:
        for line in report.lines:
            click.echo(line)
        click.echo("Nenhuma diferença." if not report.lines else f"{len(report.lines)} diferença(s).")
    sys.exit(1 if report.pending else 0)


@dataclass(frozen=True, slots=True)
class Report:
    """The answer as JSON members, a line for each difference, and whether one is left."""

    members: dict[str, Any]
    lines: list[str]
    pending: bool


def _apply_corrections(gw: Gateway, ids: list[str] | None, motivo: str, simular: bool) -> Report:
    result = correcoes.corrigir(gw, who(RETAGUARDA_AGIR), ids=ids, motivo=motivo, simular=simular)
    lines = [f"{c.resumo.tipo} {c.resumo.numped or ''} {c.resumo.id}: {c.resultado}" for c in result.correcoes]
    lines += [f"{unknown}: não há esta diferença" for unknown in result.desconhecidos]
    pending = bool(result.desconhecidos) or not all(c.feita for c in result.correcoes)
    return Report(CorrecoesFeitasSchema.render(result), lines, pending)


def _plan_corrections(gw: Gateway, ids: tuple[str, ...]) -> Report:
    result = conciliacao.conciliar(gw)
    conciliacao.registrar_conciliacao(gw)
    members = ConciliacaoSchema.render(result)
    chosen = [d for d in result.diferencas if not ids or d.id in ids]
    members["diferencas"] = [d for d in members["diferencas"] if not ids or d["id"] in ids]
    lines = [f"{d.id} {d.tipo} [{d.acao}] {d.explicacao}" for d in chosen]
    return Report(members, lines, bool(chosen))
