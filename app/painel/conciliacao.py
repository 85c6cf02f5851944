"""Differences, their correction, who mended what; and how the gateway is doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request, url_for

from app.api.auth import gateway
from app.api.rotas.reservas import CancelamentoSchema
from app.painel import rascunho
from app.painel.apresentacao import TIPOS
from app.painel.paginas import blueprint, ler_formulario
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR
from app.services.conciliacao import conciliar, correcoes, retrato
from app.services.consulta import auditoria, indicadores


@blueprint.get("/conciliacao")
@pagina(RETAGUARDA)
def conciliacao() -> Any:
    """Differences, what they are worth, and who mended what."""
    return _pagina_da_conciliacao()


def _pagina_da_conciliacao(*, erros: Mapping[str, str] | None = None, http: int = 200) -> Any:
    conteudo = render_template(
        "painel/conciliacao.html",
        c=retrato.ver(gateway(), g.caller.filiais),
        auditoria=auditoria.recentes(gateway(), g.caller),
        erros=erros or {},
        enviado=request.form,
    )
    return conteudo, http


@blueprint.post("/conciliacao/plano")
@pagina(RETAGUARDA_AGIR)
def planejar() -> Any:
    """Leads to the page that shows what the chosen corrections would do; nothing is written."""
    ids = list(dict.fromkeys(request.form.getlist("item")))
    todas = "todas" in request.form
    dados, erros = ler_formulario(CancelamentoSchema())
    if not ids and not todas:
        erros = {**erros, "item": "Escolha ao menos uma diferença."}
    if erros:
        return _pagina_da_conciliacao(erros=erros, http=422)
    destino = url_for("painel.plano", todas="sim") if todas else url_for("painel.plano", item=ids)
    return rascunho.seguir(destino, "corrigir", {"motivo": dados["motivo"].strip()})


@blueprint.get("/conciliacao/plano")
@pagina(RETAGUARDA)
def plano() -> Any:
    """What the chosen corrections would do, and the question whether they shall."""
    escrito = rascunho.ler("corrigir")
    if escrito is None:
        return redirect(url_for("painel.conciliacao", aviso="rascunho"), 303)
    ids = list(dict.fromkeys(request.args.getlist("item")))
    if "todas" in request.args:
        diferencas = conciliar.conciliar(gateway(), g.caller.filiais).diferencas
        ids = [diferenca.id for diferenca in diferencas if diferenca.sem_escolha]
    if not ids:
        return redirect(url_for("painel.conciliacao"), 303)
    resultado = correcoes.corrigir(gateway(), g.caller, ids=ids, motivo=escrito["motivo"], simular=True)
    return render_template("painel/correcoes.html", resultado=resultado, motivo=escrito["motivo"])


@blueprint.post("/conciliacao/correcoes")
@pagina(RETAGUARDA_AGIR)
def corrigir() -> Any:
    """Apply the chosen corrections, each once; leads to the page that says what came of it."""
    ids = list(dict.fromkeys(request.form.getlist("item")))
    dados, erros = ler_formulario(CancelamentoSchema())
    if not ids:
        erros = {**erros, "item": "Escolha ao menos uma diferença."}
    if erros:
        return _pagina_da_conciliacao(erros=erros, http=422)
    feito = correcoes.corrigir(gateway(), g.caller, ids=ids, motivo=dados["motivo"].strip(), simular=False)
    feitas = [
        [TIPOS.get(c.resumo.tipo, c.resumo.tipo), c.resumo.numped, c.resumo.codprod, c.resultado]
        for c in feito.correcoes
    ]
    return rascunho.seguir(
        url_for("painel.corrigidas", feitas=sum(c.resultado == correcoes.CORRIGIDA for c in feito.correcoes)),
        "corrigidas",
        {"feitas": feitas, "desconhecidos": len(feito.desconhecidos), "motivo": dados["motivo"].strip()},
    )


@blueprint.get("/conciliacao/correcoes")
@pagina(RETAGUARDA)
def corrigidas() -> Any:
    """What came of the corrections; the trail of the reconciliation keeps it."""
    escrito = rascunho.ler("corrigidas")
    if escrito is None:
        return redirect(url_for("painel.conciliacao"), 303)
    quantas = request.args.get("feitas", "")
    return render_template("painel/corrigidas.html", escrito=escrito, quantas=int(quantas) if quantas.isdigit() else 0)


@blueprint.get("/saude")
@pagina(RETAGUARDA)
def saude() -> Any:
    """How the gateway is doing."""
    return render_template("painel/saude.html", s=indicadores.medir(gateway(), g.caller))
