"""From a refusal or a fault to what the caller sees: status, stable code, problem body (RFC 9457, §4.3).

Nothing of an exception's text reaches the caller; the log is told the route and where it happened.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from http import HTTPStatus

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed

from app.api.problemas import ErroHttp, problem_response, problema_de_http, segurar_resposta
from app.domain.codigos import CODIGOS
from app.domain.recusas import Problema, Recusa, problema_padrao
from app.observabilidade.registro import rastro
from app.winthor.db.faults import Falha, GatilhoLeATabela, LinhaPresa

log = logging.getLogger("prevenda")

# A row that is held is asked for again and again: its refusals wait, without a thread, as the sale would have waited.
SEGURAR_LINHA_PRESA_S = 3.0

LINHA_A_LINHA = "defina PREVENDA_ORACLE_LINHA_A_LINHA=S; confira com prevenda doctor --ensaio"

_CONTROLE = re.compile("[\x00-\x1f\x7f]")


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
    return problem_response(error.problemas, recusa=error)


def _falha(error: Falha) -> Response:
    if isinstance(error, GatilhoLeATabela):
        log.error(
            "um gatilho da casa não aceita várias linhas de uma vez em %s (%s): %s", _rota(), error, LINHA_A_LINHA
        )
    elif error.http == HTTPStatus.INTERNAL_SERVER_ERROR:
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
    problema = problema_de_http(http)
    if http in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} and (seria := _endereco_parecido(http)):
        problema = replace(problema, mensagem=f"{problema.mensagem.removesuffix('.')}; seria {seria}?")
    response = problem_response([problema], http=http)
    if http == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = [value for name, value in error.get_headers() if name == "Allow"]
        response.headers["Allow"] = allowed[0] if allowed else ""
    return response


def _endereco_parecido(http: int) -> str | None:
    """The address that the caller may have meant: with fewer slashes, in small letters, or where one consults."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return None
    curto = re.sub("/+", "/", request.path).rstrip("/")
    candidatos = [f"{curto}/consulta"] if http == HTTPStatus.METHOD_NOT_ALLOWED else [curto, curto.lower()]
    for candidato in candidatos:
        try:
            endpoint, _ = adapter.match(candidato, method=request.method)
        except MethodNotAllowed:
            if http == HTTPStatus.METHOD_NOT_ALLOWED:
                continue
            endpoint = ""
        except HTTPException:
            continue
        if candidato != request.path and not endpoint.endswith("static"):
            return candidato
    return None


def _inesperado(error: Exception) -> Response:
    log.error("erro inesperado em %s\n%s", _rota(), rastro(error))
    return problem_response([problema_padrao("ERRO_INTERNO")])
