"""Bearer tokens: who calls, from which branches, with which scope.

PyJWT signs and verifies. The rest is own, because the clock comes in as an argument and a terminal's key is told from a
token by its prefix; Flask-JWT-Extended knows neither.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar, cast

import jwt
from flask import Response, current_app, g, request

from app.api.autorizacao import parse_bearer, vencido_ha
from app.api.espera import esperou_depois
from app.api.limites import Estranhos, Limites
from app.api.problemas import ErroHttp, segurar_resposta
from app.domain.valores import Ilegivel, id_ausente, parse_filial
from app.services.acesso.credenciais import LOGIN, PREFIXO_DA_CHAVE, Caller, Porteiro, entrar
from app.services.acesso.espera import pela_espera
from app.services.gateway import Gateway

ALGORITMO = "HS256"
EMISSOR = "prevenda"
TOLERANCIA_DE_RELOGIO_S = 30
# Seconds since 1970 beyond which no instant is meant.
FIM_DO_TEMPO = 1e11
# How long the answer is held back that says that there were too many, or is one of too many.
SEGURAR_EXCEDIDO_S = 3.0

View = Callable[..., Any]
T = TypeVar("T")


def gateway() -> Gateway:
    """The gateway of the running application."""
    return cast(Gateway, current_app.extensions["prevenda"])


def emitir(caller: Caller, chave: str, agora: dt.datetime, minutos: int) -> str:
    """A signed token for the caller."""
    claims = {
        "iss": EMISSOR,
        "aud": EMISSOR,
        "sub": caller.login,
        "ver": caller.versao,
        "iat": int(agora.timestamp()),
        "exp": int((agora + dt.timedelta(minutes=minutos)).timestamp()),
        "filiais": None if caller.filiais is None else sorted(caller.filiais),
        "escopos": sorted(caller.escopos),
    }
    return jwt.encode(claims, chave, algorithm=ALGORITMO)


def ler(token: str, chaves: Sequence[str], agora: dt.datetime) -> Caller | None:
    """The caller named by a token that one of the keys signed; None when it is not ours, expired or malformed."""
    caller, fim = ler_vencido(token, chaves, agora)
    return caller if fim > agora.timestamp() else None


def ler_vencido(token: str, chaves: Sequence[str], agora: dt.datetime) -> tuple[Caller | None, float]:
    """As ``ler``, also when the token has expired; with the second at which it does."""
    for chave in chaves:
        try:
            claims = _assinados(token, chave)
        except Exception:  # noqa: S112 - PyJWT raises more than its own errors on odd claims; none of them is a caller
            continue
        return _caller(claims, agora)
    return None, 0.0


def parse_token_alheio(corpo: bytes) -> tuple[str, float | None] | None:
    """The token in the answer to a login that another service gave, and the second at which it says that it ends."""
    try:
        token = json.loads(corpo)["accessToken"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if not isinstance(token, str) or not token:
        return None
    try:
        exp: Any = jwt.decode(token, options={"verify_signature": False}).get("exp")
    except Exception:  # PyJWT raises more than its own errors on odd claims
        return token, None
    return token, float(exp) if type(exp) in (int, float) and 0 <= exp < FIM_DO_TEMPO else None


def _caller(claims: Mapping[str, Any], agora: dt.datetime) -> tuple[Caller | None, float]:
    """Nothing in a token is believed to have its type: whoever has the key may have signed anything."""
    exp, iat, versao = claims["exp"], claims["iat"], claims.get("ver")
    filiais, escopos = claims.get("filiais"), claims.get("escopos") or ()
    if not all(type(numero) in (int, float) and 0 <= numero < FIM_DO_TEMPO for numero in (exp, iat)):
        return None, 0.0
    if not isinstance(claims["sub"], str) or not LOGIN.fullmatch(claims["sub"]):
        return None, 0.0
    if not isinstance(versao, str | None):
        return None, 0.0
    if not _lista_de_textos(escopos) or (filiais is not None and not _lista_de_textos(filiais)):
        return None, 0.0
    # By the gateway's own clock, the one its tests can move.
    if iat > agora.timestamp() + TOLERANCIA_DE_RELOGIO_S:
        return None, 0.0
    ramos = None if filiais is None else frozenset(filiais)
    return Caller(claims["sub"], ramos, frozenset(escopos), versao), float(exp)


def _lista_de_textos(valor: Any) -> bool:
    return isinstance(valor, list | tuple) and all(isinstance(membro, str) for membro in valor)


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
            limites().entrar(g.caller.login, de_novo=esperou_depois() is not None)
            try:
                with pela_espera(g.caller, escopos):
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
    do_token, fim = ler_vencido(token, gw.chaves_jwt, gw.agora())
    if do_token is None:
        return porteiro().pela_sessao_do_totvs(token, gw.agora()) if gw.totvs is not None else None
    g.conhecido = do_token.login  # whose token it was, also when it is good no more
    return porteiro().atual(do_token.login, do_token.versao) if fim > gw.agora().timestamp() else None


def tentar(login: str, senha: str) -> Caller | None:
    """The caller behind a login and its password, None when they do not match. Raises as ``contar_tentativa``."""
    gw = gateway()
    return contar_tentativa(login, lambda: entrar(gw, login, senha), lambda caller: caller is not None)


def contar_tentativa(login: str, tentativa: Callable[[], T], certa: Callable[[T], bool]) -> T:
    """Do what tells whether a password is right, and count it where it is wrong. Raises 429 LIMITE_EXCEDIDO with the
    seconds to wait when there were too many wrong ones; its answer is held back, so that nobody asks in a loop.

    A token of the login, even one that has expired, tells its owner from those who guess. A fault is no guess.
    """
    tentativas = porteiro().tentativas
    endereco, conhecido = request.remote_addr or "", _tem_token(login)
    if espera := tentativas.pedir(endereco, login, conhecido):
        segurar_resposta(SEGURAR_EXCEDIDO_S)
        raise ErroHttp("LIMITE_EXCEDIDO", "Senhas erradas demais; espere um minuto.", espera=espera)
    try:
        resultado = tentativa()
    except Exception:
        tentativas.acertou(endereco, login, conhecido)
        raise
    if certa(resultado):
        tentativas.acertou(endereco, login, conhecido)
    return resultado


def _tem_token(login: str) -> bool:
    gw = gateway()
    tipo, _, token = request.headers.get("Authorization", "").partition(" ")
    caller, _ = ler_vencido(token.strip(), gw.chaves_jwt, gw.agora()) if tipo.lower() == "bearer" else (None, 0.0)
    return caller is not None and caller.login == login


def segurar_estranhos(response: Response) -> Response:
    """Hold back, without a thread, the refusals of an address that sends nothing but what nobody signed."""
    recusada = HTTPStatus.BAD_REQUEST <= response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    if recusada and "caller" not in g and "conhecido" not in g:
        estranhos: Estranhos = current_app.extensions["estranhos"]
        if estranhos.demais(request.remote_addr or ""):
            segurar_resposta(SEGURAR_EXCEDIDO_S)
    return response


def _por_que_nao(token: str) -> str:
    """Of a token of ours that has ended, since when; all others are simply none."""
    gw = gateway()
    caller, fim = ler_vencido(token, gw.chaves_jwt, gw.agora())
    passados = -1.0 if caller is None else gw.agora().timestamp() - fim
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
