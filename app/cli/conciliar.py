"""``prevenda conciliar``."""

from __future__ import annotations

import getpass
import sys
from typing import Any

import click

from app.api.respostas.texto import json_texto
from app.cli.conexao import open_gateway
from app.cli.saida import Comando, as_json_option, fail
from app.services.acesso.credenciais import RETAGUARDA_AGIR, Caller
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
    result = correcoes.corrigir(gw, caller, ids=ids, motivo=motivo, simular=simular)
    lines = [f"{c['tipo']} {c['numped'] or ''} {c['id']}: {c['resultado']}" for c in result["correcoes"]]
    lines += [f"{unknown}: não há esta diferença" for unknown in result["desconhecidos"]]
    pending = [c for c in result["correcoes"] if c["resultado"] not in {"corrigida", "simulada"}]
    pending += [{"id": unknown} for unknown in result["desconhecidos"]]
    return result, pending, lines


def _plan_corrections(gw: Gateway, ids: tuple[str, ...]) -> Report:
    """The differences, and a line for each."""
    result = conciliacao.conciliar(gw).json()
    conciliacao.registrar_conciliacao(gw)
    result["diferencas"] = [d for d in result["diferencas"] if not ids or d["id"] in ids]
    lines = [f"{d['id']} {d['tipo']} [{d['acao']}] {d['explicacao']}" for d in result["diferencas"]]
    return result, result["diferencas"], lines
