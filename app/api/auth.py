"""Bearer tokens: who calls, from which branches, with which scope.

PyJWT signs and verifies. The rest is own, because the clock comes in as an argument and a terminal's key is told from a
token by its prefix; Flask-JWT-Extended knows neither.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from typing import Any, cast

import jwt
from flask import current_app, g, request

from app.api.autorizacao import parse_bearer, vencido_ha
from app.api.limites import Limites
from app.api.problemas import ErroHttp
from app.domain.valores import Ilegivel, id_ausente, parse_filial
from app.services.acesso.credenciais import PREFIXO_DA_CHAVE, Caller, Porteiro
from app.services.gateway import Gateway

ALGORITMO = "HS256"
EMISSOR = "prevenda"
TOLERANCIA_DE_RELOGIO_S = 30

View = Callable[..., Any]


def gateway() -> Gateway:
    """The gateway of the running application."""
    return cast(Gateway, current_app.extensions["prevenda"])


def emitir(caller: Caller, chave: str, agora: dt.datetime, minutos: int) -> str:
    """A signed token for the caller."""
    claims = {
        "iss": EMISSOR,
        "aud": EMISSOR,
        "sub": caller.login,
        "iat": int(agora.timestamp()),
        "exp": int((agora + dt.timedelta(minutes=minutos)).timestamp()),
        "filiais": None if caller.filiais is None else sorted(caller.filiais),
        "escopos": sorted(caller.escopos),
    }
    return jwt.encode(claims, chave, algorithm=ALGORITMO)


def ler(token: str, chave: str, agora: dt.datetime) -> Caller | None:
    """The caller named by a token; None when it is not ours, expired or malformed."""
    try:
        claims = _assinados(token, chave)
    except jwt.InvalidTokenError:
        return None
    if not all(isinstance(claims[name], int | float) for name in ("exp", "iat")):
        return None
    # By the gateway's own clock, the one its tests can move.
    if claims["exp"] <= agora.timestamp() or claims["iat"] > agora.timestamp() + TOLERANCIA_DE_RELOGIO_S:
        return None
    filiais = claims.get("filiais")
    return Caller(
        str(claims["sub"]), None if filiais is None else frozenset(filiais), frozenset(claims.get("escopos") or ())
    )


@functools.lru_cache(maxsize=1024)
def _assinados(token: str, chave: str) -> Mapping[str, Any]:
    """The claims of a token whose signature, audience and issuer are right; a token is only checked for these once.

    What time changes is not looked at here. Raises jwt.InvalidTokenError.
    """
    claims: Mapping[str, Any] = jwt.decode(
        token,
        chave,
        algorithms=[ALGORITMO],
        audience=EMISSOR,
        issuer=EMISSOR,
        options={"require": ["exp", "iat", "sub"], "verify_exp": False, "verify_iat": False},
    )
    return claims


def exige(*escopos: str) -> Callable[[View], View]:
    """The route answers only to a caller with one of the scopes; it is then ``g.caller``."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.caller = _autenticar()
            if not g.caller.tem_escopo(escopos):
                raise ErroHttp("ESCOPO_INSUFICIENTE", "Este login não tem acesso a este serviço.")
            limites().entrar(g.caller.login)
            try:
                return view(*args, **kwargs)
            finally:
                limites().sair(g.caller.login)

        guarded.escopos = escopos  # type: ignore[attr-defined]
        return guarded

    return decorate


def _autenticar() -> Caller:
    token, problema = parse_bearer(request.headers.get("Authorization", ""))
    caller = None if problema else _identificar(token)
    if caller is None:
        raise ErroHttp("NAO_AUTENTICADO", problema or _por_que_nao(token))
    return caller


def _identificar(token: str) -> Caller | None:
    gw = gateway()
    if token.startswith(PREFIXO_DA_CHAVE):
        return porteiro().pela_chave(token, gw.agora())
    caller = ler(token, gw.chave_jwt, gw.agora())
    return caller if caller is not None and porteiro().ativo(caller.login) else None


def _por_que_nao(token: str) -> str:
    """Of a token of ours that has ended, since when; all others are simply none."""
    gw = gateway()
    try:
        fim = _assinados(token, gw.chave_jwt)["exp"]
    except jwt.InvalidTokenError:
        fim = None
    passados = gw.agora().timestamp() - fim if isinstance(fim, int | float) else -1
    if 0 <= passados:
        return vencido_ha(passados)
    return "É preciso um token válido, obtido no login, ou uma chave ativa."


def porteiro() -> Porteiro:
    """The doorkeeper of the running application."""
    return cast(Porteiro, current_app.extensions["porteiro"])


def limites() -> Limites:
    """The limits per caller of the running application."""
    return cast(Limites, current_app.extensions["limites"])


def conferir_filial(caller: Caller, filial: Any) -> None:
    """Raises 403 FILIAL_NAO_AUTORIZADA when the caller may not act on the branch.

    What is absent or no code at all passes: it names no branch, and the schema refuses it.
    """
    if id_ausente(filial):
        return
    try:
        nomeada = parse_filial(filial)
    except Ilegivel:
        nomeada = filial.strip() if isinstance(filial, str) else ""
    if nomeada and not caller.pode_na_filial(nomeada):
        raise ErroHttp("FILIAL_NAO_AUTORIZADA", "Este login não pode agir nesta filial.", "/idLojaRetaguarda")
