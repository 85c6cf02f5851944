"""Coming in and going out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, g, redirect, render_template, request, url_for

from app.api.auth import gateway, porteiro, tentar
from app.api.problemas import ErroHttp
from app.painel import sessao
from app.painel.paginas import blueprint
from app.services.acesso.credenciais import RETAGUARDA

LOGIN_MAXIMO, SENHA_MAXIMA = 60, 200


@blueprint.get("/")
def inicio() -> Any:
    """To the first page."""
    return redirect(url_for("painel.visao"), 303)


@blueprint.get("/entrar")
def entrar() -> Any:
    """The login page; who is in already goes on."""
    if g.sessao is not None and g.sessao.caller is not None:
        return redirect(sessao.destino_seguro(request.args.get("voltar", "")), 303)
    g.sessao = g.sessao or sessao.nova_sessao()
    return sessao.gravar(_entrada("", None), g.sessao)


def _entrada(login: str, erro: str | None, http: int = 200, *, espera: int | None = None) -> Response:
    voltar = request.values.get("voltar", "")
    response = Response(render_template("painel/entrar.html", login=login, erro=erro, voltar=voltar), http)
    if erro is not None:
        g.codigo = {429: "LIMITE_EXCEDIDO", 401: "NAO_AUTENTICADO"}.get(http, "ESCOPO_INSUFICIENTE")
    if espera is not None:
        response.headers["Retry-After"] = str(espera)
    return response


@blueprint.post("/entrar")
def autenticar() -> Any:
    """Log in; a login without the back office's scope stays outside."""
    login = request.form.get("login", "").strip()[:LOGIN_MAXIMO]
    senha = request.form.get("senha", "")
    try:
        caller = tentar(login, senha) if login and len(senha) <= SENHA_MAXIMA else None
    except ErroHttp as error:
        return _entrada(login, error.problema.mensagem, 429, espera=error.espera)
    if caller is None:
        return _entrada(login, "Login ou senha não conferem.", 401)
    if not caller.tem_escopo((RETAGUARDA,)):
        return _entrada(login, "Este login é de ponto de venda e não tem acesso ao painel.", 403)
    destino = sessao.destino_seguro(request.form.get("voltar", ""))
    return sessao.gravar(Response(status=303, headers={"Location": destino}), sessao.nova_sessao(caller))


@blueprint.post("/sair")
def sair() -> Any:
    """Log out: the session ends, also for whoever has a copy of its cookie."""
    if g.sessao is not None and g.sessao.caller is not None:  # of nobody there is nothing to end, nor to write
        fim = dt.datetime.fromtimestamp(g.sessao.fim, dt.UTC)
        porteiro().encerrar(g.sessao.nonce, fim, gateway().agora())
    return sessao.apagar(Response(status=303, headers={"Location": url_for("painel.entrar")}))
