"""From a refusal or a fault to what the caller sees: status, stable code, problem body (RFC 9457, §4.3).

Nothing of an exception's text reaches the caller; the log is told the route and where it happened.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, HTTPException

from app.domain.codigos import CODIGOS
from app.domain.recusas import Problema, Recusa, problema_padrao
from app.observabilidade.registro import rastro
from app.observabilidade.requisicoes import SEGURAR
from app.services.operacao.requisicao import json_texto, problemas_ditos
from app.winthor.db.faults import Falha, LinhaPresa

log = logging.getLogger("prevenda")

TENTE_DE_NOVO_S = 2
# A row that is held is asked for again and again: its refusals wait, without a thread, as the sale would have waited.
SEGURAR_LINHA_PRESA_S = 3.0

_CONTROLE = re.compile("[\x00-\x1f\x7f]")

# What an error is of which only the status is known.
_PELO_STATUS = {linha.http: linha for linha in CODIGOS.values() if linha.do_status}


class ErroHttp(Exception):
    """An error of the HTTP layer, outside the use cases; without ``mensagem`` in the words of its code."""

    def __init__(self, codigo: str, mensagem: str = "", campo: str | None = None, *, espera: int | None = None) -> None:
        super().__init__(codigo)
        self.espera = espera  # seconds until it is worth trying again
        self.problema = Problema(codigo, mensagem or CODIGOS[codigo].mensagem, campo)


def problem_response(
    problemas: list[Problema], *, http: int | None = None, extra: Mapping[str, Any] | None = None
) -> Response:
    """The problem body of one or more problems; the first one gives the code, also for the log, and the status."""
    g.codigo = problemas[0].codigo
    http = http or CODIGOS[g.codigo].http
    body = corpo_do_problema(http, problemas, request.path, extra=extra)
    response = Response(body, http, mimetype="application/problem+json")
    response.headers.update(quando_repetir(problemas[0].codigo))
    if http == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def segurar_resposta(segundos: float) -> None:
    """Have the server hold the answer of this request back, without a thread: for what would be asked again at once."""
    request.environ[SEGURAR] = segundos


def quando_repetir(codigo: str) -> dict[str, str]:
    """The header that says when to send the request again; none where that would not help."""
    return {"Retry-After": str(TENTE_DE_NOVO_S)} if CODIGOS[codigo].repetir else {}


def corpo_do_problema(
    http: int,
    problemas: list[Problema],
    instancia: str,
    *,
    extra: Mapping[str, Any] | None = None,
) -> str:
    """The problem body as JSON text; ``instancia`` is the path asked for."""
    primeiro = problemas[0]
    texto = primeiro.mensagem
    if len(problemas) > 1:
        texto = f"{texto} (e mais {len(problemas) - 1})"
    body: dict[str, Any] = {
        "type": f"urn:prevenda:erro:{primeiro.codigo}",
        "title": HTTPStatus(http).phrase,
        "status": http,
        "detail": texto,
        "instance": instancia,
        "codigo": primeiro.codigo,
        "success": False,
        "message": texto,
        **problemas_ditos(problemas),
    }
    if primeiro.rotina:
        body["rotina"] = primeiro.rotina
    if http == HTTPStatus.UNAUTHORIZED:
        body |= {"code": "AUTHENTICATION_FAILED", "description": texto}
    return json_texto(body | dict(extra or {}))


def problema_de_http(http: int) -> Problema:
    """The problem of an error that is known by its status only."""
    if http in _PELO_STATUS:
        return problema_padrao(_PELO_STATUS[http].codigo)
    if http == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return Problema("JSON_INVALIDO", "Os cabeçalhos da requisição são grandes demais.")
    return Problema("JSON_INVALIDO" if http < 500 else "ERRO_INTERNO", "Requisição recusada.")


def install(app: Flask) -> None:
    """Every error of every route becomes a problem body; an address with control characters reaches no route."""
    app.before_request(_recusar_controle)
    app.register_error_handler(Recusa, _recusa)
    app.register_error_handler(Falha, _falha)
    app.register_error_handler(ErroHttp, _erro_http)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _inesperado)


def _recusar_controle() -> None:
    """Raises 400: no code or number holds one, and PostgreSQL refuses NUL as if it were a fault."""
    partes = [request.path, *request.args.keys(), *request.args.values()]
    if any(_CONTROLE.search(parte) for parte in partes):
        raise BadRequest


def _recusa(error: Recusa) -> Response:
    return problem_response(list(error.problemas), extra=error.extra)


def _falha(error: Falha) -> Response:
    if error.http == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("falha em %s\n%s", _rota(), rastro(error))
    elif error.objetos:
        log.error("%s em %s (%s): falta %s", error.codigo, _rota(), error, error.objetos)
    else:
        log.warning("%s em %s (%s %s)", error.codigo, _rota(), type(error).__name__, error)
    if isinstance(error, LinhaPresa):
        segurar_resposta(SEGURAR_LINHA_PRESA_S)
    linha = CODIGOS[error.codigo]
    rotina = linha.rotina if str(error) == "PCUSUARI.PROXNUMPED" else None
    problema = Problema(error.codigo, linha.mensagem, rotina=rotina)
    return problem_response([problema])


def _rota() -> str:
    """The route's rule, not the path: a caller may put anything into that, a CPF or a line break."""
    return request.method + " " + (request.url_rule.rule if request.url_rule is not None else "(sem rota)")


def _erro_http(error: ErroHttp) -> Response:
    response = problem_response([error.problema])
    if error.espera is not None:
        response.headers["Retry-After"] = str(error.espera)
    return response


def _http(error: HTTPException) -> Response:
    http = error.code or 500
    response = problem_response([problema_de_http(http)], http=http)
    if http == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = [value for name, value in error.get_headers() if name == "Allow"]
        response.headers["Allow"] = allowed[0] if allowed else ""
    return response


def _inesperado(error: Exception) -> Response:
    log.error("erro inesperado em %s\n%s", _rota(), rastro(error))
    return problem_response([problema_padrao("ERRO_INTERNO")])
