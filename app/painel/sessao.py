"""Who is at the panel: a signed cookie for eight hours, and the token that every form which acts must carry.

itsdangerous signs the cookie. Its end, which the gateway's clock tells, is own, and so is the token of a form, which
belongs to one session and is checked together with Sec-Fetch-Site; Flask-Login and Flask-WTF do neither.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from app.api.auth import gateway, porteiro
from app.api.problemas import ErroHttp
from app.services.acesso.credenciais import Caller

COOKIE = "prevenda_painel"
CAMINHO = "/painel"
DURACAO_S = 8 * 3600
# A login page left open does not stay good for ever either.
DURACAO_DA_ENTRADA_S = 3600

View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Sessao:
    """A visit to the panel; without caller nobody has logged in yet. ``fim``: seconds since 1970."""

    nonce: str
    fim: int
    caller: Caller | None = None

    def csrf(self) -> str:
        """The token of this session's forms."""
        return hmac.new(gateway().chave_jwt.encode(), f"painel-csrf:{self.nonce}".encode(), hashlib.sha256).hexdigest()


def _assinador() -> URLSafeSerializer:
    return URLSafeSerializer(gateway().chave_jwt, salt="painel-sessao", signer_kwargs={"digest_method": hashlib.sha256})


def ler_sessao() -> Sessao | None:
    """The session of the request's cookie; None when it is not ours, over, or its login was revoked."""
    try:
        dados = _assinador().loads(request.cookies.get(COOKIE, ""))
        sessao = Sessao(str(dados["nonce"]), int(dados["fim"]), _caller(dados))
    except (BadSignature, KeyError, TypeError, ValueError):
        return None
    if sessao.fim <= gateway().agora().timestamp():
        return None
    if sessao.caller is not None and not porteiro().ativo(sessao.caller.login):
        return None
    return sessao


def _caller(dados: Any) -> Caller | None:
    if dados.get("login") is None:
        return None
    filiais = dados["filiais"]
    return Caller(str(dados["login"]), None if filiais is None else frozenset(filiais), frozenset(dados["escopos"]))


def nova_sessao(caller: Caller | None = None) -> Sessao:
    """A new session with a token of its own."""
    duracao = DURACAO_DA_ENTRADA_S if caller is None else DURACAO_S
    return Sessao(secrets.token_urlsafe(18), int(gateway().agora().timestamp()) + duracao, caller)


def gravar(response: Response, sessao: Sessao) -> Response:
    """Set the cookie of a session."""
    dados: dict[str, Any] = {"nonce": sessao.nonce, "fim": sessao.fim, "login": None}
    if sessao.caller is not None:
        filiais = None if sessao.caller.filiais is None else sorted(sessao.caller.filiais)
        dados |= {"login": sessao.caller.login, "filiais": filiais, "escopos": sorted(sessao.caller.escopos)}
    response.set_cookie(
        COOKIE,
        _assinador().dumps(dados),
        max_age=sessao.fim - int(gateway().agora().timestamp()),
        path=CAMINHO,
        httponly=True,
        secure=_por_tls(),
        samesite="Lax",
    )
    return response


def _por_tls() -> bool:
    """Whether the browser came by TLS, here or at the proxy. Who forges the header only closes his own cookie."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def apagar(response: Response) -> Response:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, path=CAMINHO, httponly=True, samesite="Lax")
    return response


def conferir_formulario() -> None:
    """Every POST must carry its session's token. Raises 403."""
    g.sessao = ler_sessao()
    if request.method != "POST":
        return
    enviado = request.form.get("csrf", "")
    esperado = g.sessao.csrf() if g.sessao is not None else ""
    alheio = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if alheio or not esperado or not hmac.compare_digest(enviado.encode(), esperado.encode()):
        raise ErroHttp("FORMULARIO_INVALIDO")


def pagina(*escopos: str) -> Callable[[View], View]:
    """The page is for logins with one of the scopes, then ``g.caller``; others are sent to the login page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            sessao: Sessao | None = g.get("sessao")
            if sessao is None or sessao.caller is None:
                aqui = request.full_path.rstrip("?") if request.method == "GET" else None
                return redirect(url_for("painel.entrar", voltar=aqui), 303)
            g.caller = sessao.caller
            if not g.caller.tem_escopo(escopos):
                raise ErroHttp("ESCOPO_INSUFICIENTE", "Este login não tem acesso a esta página ou ação.")
            return view(*args, **kwargs)

        guarded.escopos = escopos  # type: ignore[attr-defined]
        return guarded

    return decorate


def destino_seguro(voltar: str) -> str:
    """Where to go after the login: a page of the panel, whatever the address says."""
    partes = urlsplit(voltar)
    nosso = not partes.scheme and not partes.netloc and partes.path.startswith(f"{CAMINHO}/") and "\\" not in voltar
    return voltar if nosso and voltar.isprintable() else url_for("painel.operacoes")
