"""The flow of orders from their release to their invoice."""

from __future__ import annotations

from typing import Any

from flask import g, render_template

from app.api.auth import gateway
from app.api.rotas.fluxo import FluxoQuery
from app.painel.paginas import argumentos, blueprint, ler_filtros
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import fluxo as consulta_do_fluxo
from app.services.consulta import nomes


@blueprint.get("/fluxo")
@pagina(RETAGUARDA)
def fluxo() -> Any:
    """Paths of invoiced orders, time per step, orders that stand."""
    filtros, erros = ler_filtros(FluxoQuery())
    if filtros.get("filial") is not None and not g.caller.pode_na_filial(filtros["filial"]):
        erros = {**erros, "filial": "Este login não pode ver esta filial."}
    medido = None if erros else consulta_do_fluxo.medir(gateway(), g.caller, **filtros)
    conteudo = render_template(
        "painel/fluxo.html",
        f=medido,
        filtros=argumentos(),
        erros=erros,
        nomes=nomes.conhecer(gateway(), g.caller),
        PERIODOS_DO_FLUXO={7: "Últimos 7 dias", 90: "Últimos 90 dias"},
    )
    return conteudo, 422 if erros else 200
