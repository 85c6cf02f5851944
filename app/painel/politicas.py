"""Protected stock: who keeps what for whom, until when, and why (R30)."""

from __future__ import annotations

from typing import Any

from flask import g, render_template

from app.api.auth import gateway
from app.api.rotas.politicas import PoliticasQuery
from app.painel.paginas import argumentos, blueprint, ler_filtros
from app.painel.sessao import pagina
from app.services import politicas as servico
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import estoque as consulta_de_estoque


@blueprint.get("/politicas")
@pagina(RETAGUARDA)
def politicas() -> Any:
    """The policies of the caller's branches."""
    filtros, erros = ler_filtros(PoliticasQuery())
    filial = filtros.get("filial")
    if filial is not None and not g.caller.pode_na_filial(filial):
        erros = {**erros, "filial": "Este login não pode ver esta filial."}
    itens = []
    if not erros:
        encerradas = filtros.get("encerradas") == "sim"
        itens = [*servico.listar(gateway(), g.caller, filial=filial, encerradas=encerradas).itens]
    nomes = consulta_de_estoque.descrever(gateway(), {i.politica.codprod for i in itens if i.politica.codprod})
    conteudo = render_template(
        "painel/politicas.html",
        itens=itens,
        nomes=nomes,
        filtros=argumentos(),
        erros=erros,
        cache=gateway().settings.cache_segundos,
    )
    return conteudo, 422 if erros else 200
