"""Differences, their correction, who mended what; and how the gateway is doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, render_template, request

from app.api.auth import gateway
from app.api.rotas.reservas import CancelamentoSchema
from app.painel.paginas import blueprint, ler_formulario
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR
from app.services.conciliacao import conciliar, correcoes
from app.services.consulta import auditoria, indicadores


@blueprint.get("/conciliacao")
@pagina(RETAGUARDA)
def conciliacao() -> Any:
    """Differences, what they are worth, and who mended what."""
    return _pagina_da_conciliacao()


def _pagina_da_conciliacao(*, erros: Mapping[str, str] | None = None, http: int = 200) -> Any:
    conteudo = render_template(
        "painel/conciliacao.html",
        c=conciliar.conciliar(gateway(), g.caller.filiais),
        auditoria=auditoria.recentes(gateway(), g.caller),
        erros=erros or {},
        enviado=request.form,
    )
    return conteudo, http


@blueprint.post("/conciliacao/plano")
@pagina(RETAGUARDA_AGIR)
def planejar() -> Any:
    """What the chosen corrections would do; nothing is written."""
    return _corrigir(simular=True)


@blueprint.post("/conciliacao/correcoes")
@pagina(RETAGUARDA_AGIR)
def corrigir() -> Any:
    """Apply the chosen corrections, each once."""
    return _corrigir(simular=False)


def _corrigir(*, simular: bool) -> Any:
    ids = list(dict.fromkeys(request.form.getlist("item")))
    if simular and "todas" in request.form:
        diferencas = conciliar.conciliar(gateway(), g.caller.filiais).diferencas
        ids = [diferenca.id for diferenca in diferencas if diferenca.sem_escolha]
    dados, erros = ler_formulario(CancelamentoSchema())
    if not ids:
        erros = {**erros, "item": "Escolha ao menos uma diferença."}
    if erros:
        return _pagina_da_conciliacao(erros=erros, http=422)
    resultado = correcoes.corrigir(gateway(), g.caller, ids=ids, motivo=dados["motivo"].strip(), simular=simular)
    return render_template("painel/correcoes.html", resultado=resultado, motivo=dados["motivo"].strip())


@blueprint.get("/saude")
@pagina(RETAGUARDA)
def saude() -> Any:
    """How the gateway is doing."""
    return render_template("painel/saude.html", s=indicadores.medir(gateway(), g.caller))
