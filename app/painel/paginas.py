"""What every page of the panel shares: the blueprint, headers, words, the reading of addresses and forms."""

from __future__ import annotations

from typing import Any

import simplejson
from flask import Blueprint, Flask, Response, g, render_template, request, url_for

from app.api.auth import gateway
from app.api.contrato.query import ler
from app.domain.recusas import Recusa
from app.painel import apresentacao, sessao
from app.painel.listas import FolhaQuery
from app.services.acesso.credenciais import RETAGUARDA_AGIR
from app.services.consulta.explicacoes import EXPLICACOES

blueprint = Blueprint(
    "painel",
    __name__,
    url_prefix=sessao.CAMINHO,
    template_folder="templates",
    static_folder="estatico",
    static_url_path="/estatico",
)
blueprint.before_request(sessao.conferir_formulario)

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
AVISOS = {
    "cancelada": "Reserva cancelada. O saldo voltou a ficar disponível.",
    "cancelada_bloqueada": "Reserva cancelada. O estoque não mudou: bloqueado, o pedido não era contado nele.",
    "encerrada": "A reserva está encerrada.",
    "ja_encerrada": "A reserva já estava encerrada; nada mudou.",
    "assinatura_revogar": "Assinatura revogada: ninguém mais é chamado.",
    "assinatura_reenviar": "A assinatura está ligada; o que espera será entregue.",
    "prorrogada": "Prazo da reserva prorrogado.",
    "remanejada": "Linhas remanejadas. O número da reserva é o mesmo.",
    "rascunho": "Passou tempo demais, ou a página foi aberta de outro jeito: escreva o motivo de novo. Nada foi feito.",
}


def install(app: Flask) -> None:
    """Register the pages, their words, and the look of their errors."""
    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(apresentacao.FILTROS)
    app.jinja_env.globals.update(apresentacao.NOMES)
    app.jinja_env.globals["EXPLICACOES"] = EXPLICACOES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_vestir)


def _vestir(response: Response) -> Response:
    """Pages get their headers; an error of the panel is a page too."""
    if request.path != sessao.CAMINHO and not request.path.startswith(f"{sessao.CAMINHO}/"):
        return response
    if response.mimetype == "application/problem+json":
        problema = simplejson.loads(response.get_data(as_text=True))
        response.set_data(render_template("painel/erro.html", problema=problema))
        response.mimetype = "text/html"
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if _viva() and request.args.get("atualizar") == str(ATUALIZA_S):
        response.headers["Refresh"] = str(ATUALIZA_S)
    if response.mimetype == "text/html" or request.endpoint != "painel.static":
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.context_processor
def _comuns() -> dict[str, Any]:
    atual: sessao.Sessao | None = g.get("sessao")
    caller = None if atual is None else atual.caller
    return {
        "csrf": "" if atual is None else atual.csrf(),
        "caller": caller,
        "pode_agir": caller is not None and caller.tem_escopo((RETAGUARDA_AGIR,)),
        "aviso": AVISOS.get(request.args.get("aviso", "")),
        "fuso": gateway().settings.fuso.key,
        "demo": gateway().demo,
        "navegacao": NAVEGACAO,
        "viva": _viva(),
        "atualiza": request.args.get("atualizar") == str(ATUALIZA_S),
        "com": com_argumentos,
        "procurado": request.args.get("o_que", ""),
    }


def argumentos() -> dict[str, str]:
    return {nome: valor.strip() for nome, valor in request.args.items() if valor.strip()}


def ler_filtros(schema: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What the schema makes of the address, and what is wrong with it by field."""
    try:
        return ler(schema, argumentos()), {}
    except Recusa as recusa:
        return {}, {(p.campo or "/").lstrip("/") or "geral": p.mensagem for p in recusa.problemas}


def ler_formulario(schema: Any) -> tuple[dict[str, Any], dict[str, str]]:
    enviados = {nome: valor.strip() for nome, valor in request.form.items() if valor.strip()}
    try:
        return ler(schema, enviados), {}
    except Recusa as recusa:
        return {}, {(p.campo or "/").lstrip("/") or "geral": p.mensagem for p in recusa.problemas}


def com_argumentos(endpoint: str | None = None, **mudancas: Any) -> str:
    """The address of the present view with some filters changed; a new view begins at its first page."""
    novos: dict[str, Any] = {**argumentos(), **(request.view_args or {}), **mudancas}
    for nome in ("cursor", "pagina"):
        if nome not in mudancas:
            novos.pop(nome, None)
    novos.pop("aviso", None)
    return url_for(endpoint or request.endpoint or "painel.inicio", **{n: v for n, v in novos.items() if v})


def folha_pedida() -> tuple[int, str]:
    """The page and the order that the address asks for; what is not understood is the first page as it is read."""
    dados, _erros = ler_filtros(FolhaQuery())
    return dados.get("pagina", 1), dados.get("ordem", "")


NAVEGACAO = (
    ("visao", "Visão geral"),
    ("operacoes", "Operações"),
    ("reservas", "Reservas"),
    ("estoque", "Estoque"),
    ("politicas", "Protegido"),
    ("conciliacao", "Conciliação"),
    ("fluxo", "Fluxo"),
    ("assinaturas", "Assinaturas"),
    ("saude", "Saúde"),
)
# Pages that change while nobody touches them.
VIVAS = frozenset({"visao", "operacoes", "reservas", "estoque", "conciliacao", "fluxo", "saude", "recusas"})
ATUALIZA_S = 30


def _viva() -> bool:
    return (request.endpoint or "").removeprefix("painel.") in VIVAS and request.method == "GET"
