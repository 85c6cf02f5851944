"""What a person has written in a form and has still to confirm, from the page that took it to the page that asks.

The form is answered by a redirect, so that neither Back nor F5 sends it again. A reason may name somebody: it is kept
out of the address, in a signed cookie of ten minutes that belongs to the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, g, redirect, request
from itsdangerous import BadData, URLSafeTimedSerializer

from app.api.auth import gateway
from app.painel.sessao import CAMINHO

COOKIE = "prevenda_rascunho"
DURACAO_S = 600
# What a browser keeps of a cookie.
TAMANHO_MAXIMO = 3500


def _assinador(chave: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(chave, salt=f"painel-rascunho-{g.sessao.nonce}")


def seguir(destino: str, assunto: str, dados: Mapping[str, Any]) -> Any:
    """To the page that asks, with what it is about; what is too much to be carried is left behind."""
    response: Response = redirect(destino, 303)  # type: ignore[assignment]
    valor = _assinador(gateway().chave_jwt).dumps({"assunto": assunto, **dados})
    if len(valor) > TAMANHO_MAXIMO:
        valor = _assinador(gateway().chave_jwt).dumps({"assunto": assunto})
    texto = valor if isinstance(valor, str) else valor.decode("ascii")
    response.set_cookie(
        COOKIE, texto, max_age=DURACAO_S, path=CAMINHO, httponly=True, secure=request.is_secure, samesite="Strict"
    )
    return response


def ler(assunto: str) -> dict[str, Any] | None:
    """What was written about this; None when nothing was, or it is too long ago."""
    for chave in gateway().chaves_jwt:
        try:
            dados: dict[str, Any] = _assinador(chave).loads(request.cookies.get(COOKIE, ""), max_age=DURACAO_S)
        except BadData:
            continue
        return dados if dados.pop("assunto", None) == assunto else None
    return None
