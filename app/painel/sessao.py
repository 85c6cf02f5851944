"""Who is at the panel: a signed cookie for eight hours, and the token that every form which acts must carry.

itsdangerous signs the cookie. Its end, which the gateway's clock tells, is own, and so is the token of a form, which
belongs to one session and is checked together with Sec-Fetch-Site; Flask-Login and Flask-WTF do neither.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from app.api.auth import gateway, porteiro
from app.api.problemas import ErroHttp
from app.api.rotas.login import CORPO_MAXIMO
from app.services.acesso.credenciais import Caller
from app.services.acesso.espera import pela_espera

COOKIE = "prevenda_painel"
CAMINHO = "/painel"
DURACAO_S = 8 * 3600
# A login page left open does not stay good for ever either.
DURACAO_DA_ENTRADA_S = 3600

# What no field of a form may hold: controls but for tabs and line breaks. PostgreSQL refuses NUL as if it were a fault.
CONTROLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Sessao:
    """A visit to the panel; without caller nobody has logged in yet. ``fim``: seconds since 1970."""

    nonce: str
    fim: int
    caller: Caller | None = None

    def csrf(self) -> str:
        """The token of this session's forms."""
        return self._csrf(gateway().chave_jwt)

    def csrf_certo(self, enviado: str) -> bool:
        """Whether a form carries it, made with the key of today or with the one before."""
        return any(
            hmac.compare_digest(enviado.encode("utf-8", "replace"), self._csrf(chave).encode())
            for chave in gateway().chaves_jwt
        )

    def _csrf(self, chave: str) -> str:
        return hmac.new(chave.encode(), f"painel-csrf:{self.nonce}".encode(), hashlib.sha256).hexdigest()


def _assinador(chave: str) -> URLSafeSerializer:
    return URLSafeSerializer(chave, salt="painel-sessao", signer_kwargs={"digest_method": hashlib.sha256})


def ler_sessao() -> Sessao | None:
    """The session of the request's cookie, with the rights that its login has now; None when it is not ours, over or
    ended, or its login was revoked or has another password."""
    for chave in gateway().chaves_jwt:
        try:
            return _conferida(_assinador(chave).loads(request.cookies.get(COOKIE, "")))
        except (BadSignature, KeyError, TypeError, ValueError, OverflowError):
            continue
    return None


def _conferida(dados: Any) -> Sessao | None:
    sessao = Sessao(str(dados["nonce"]), int(dados["fim"]))
    if sessao.fim <= gateway().agora().timestamp():
        return None
    login = dados.get("login")
    if login is None:
        return sessao
    caller = porteiro().atual(str(login), dados.get("ver"))
    if caller is None or porteiro().encerrada(sessao.nonce):
        return None
    return replace(sessao, caller=caller)


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
        dados["ver"] = sessao.caller.versao
    response.set_cookie(
        COOKIE,
        _assinador(gateway().chave_jwt).dumps(dados),
        max_age=sessao.fim - int(gateway().agora().timestamp()),
        path=CAMINHO,
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
    )
    return response


def apagar(response: Response) -> Response:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, path=CAMINHO, httponly=True, samesite="Lax")
    return response


def conferir_formulario() -> None:
    """Every POST must carry its session's token. Raises 403."""
    g.sessao = ler_sessao()
    if request.method != "POST":
        return
    if request.endpoint == "painel.autenticar":
        request.max_content_length = CORPO_MAXIMO
    alheio = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if alheio or g.sessao is None or not g.sessao.csrf_certo(request.form.get("csrf", "")):
        raise ErroHttp("FORMULARIO_INVALIDO")
    if any(CONTROLE.search(valor) for valor in request.form.values()):
        raise ErroHttp("FORMULARIO_INVALIDO", "O formulário tem caracteres de controle.")


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
            with pela_espera(g.caller, escopos):
                return view(*args, **kwargs)

        guarded.escopos = escopos  # type: ignore[attr-defined]
        return guarded

    return decorate


def destino_seguro(voltar: str) -> str:
    """Where to go after the login: a page of the panel, whatever the address says."""
    try:
        partes = urlsplit(voltar)
    except ValueError:  # "//["
        return url_for("painel.visao")
    nosso = not partes.scheme and not partes.netloc and partes.path.startswith(f"{CAMINHO}/") and "\\" not in voltar
    return voltar if nosso and voltar.isprintable() else url_for("painel.visao")
