"""Errors of the HTTP layer, and the response of one or more problems (RFC 9457, §4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response, g, request

from app.api.respostas.problema import CorpoDoProblema, ProblemaSchema
from app.api.respostas.texto import json_texto
from app.domain.codigos import CODIGOS
from app.domain.recusas import Problema, Recusa, problema_padrao

TENTE_DE_NOVO_S = 2
# Member of a request's environ: for how many seconds the server holds its answer back, without a thread.
SEGURAR = "prevenda.segurar"

# What an error is of which only the status is known.
_PELO_STATUS = {linha.http: linha for linha in CODIGOS.values() if linha.do_status}


class ErroHttp(Exception):
    """An error of the HTTP layer, outside the use cases; without ``mensagem`` in the words of its code."""

    def __init__(self, codigo: str, mensagem: str = "", campo: str | None = None, *, espera: int | None = None) -> None:
        super().__init__(codigo)
        self.espera = espera  # seconds until it is worth trying again
        self.problema = Problema(codigo, mensagem or CODIGOS[codigo].mensagem, campo)


def problem_response(
    problemas: Sequence[Problema], *, http: int | None = None, recusa: Recusa | None = None
) -> Response:
    """The problem body of one or more problems; the first one gives the code, also for the log, and the status.

    ``recusa``: where they come from one, which may name more.
    """
    g.codigo = problemas[0].codigo
    http = http or CODIGOS[g.codigo].http
    body = corpo_do_problema(http, problemas, request.path, recusa=recusa)
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


def corpo_do_problema(http: int, problemas: Sequence[Problema], instancia: str, *, recusa: Recusa | None = None) -> str:
    """The problem body as JSON text; ``instancia`` is the path asked for."""
    corpo = CorpoDoProblema(
        http,
        problemas,
        instancia,
        atual=None if recusa is None else recusa.atual,
        contra_oferta=None if recusa is None else recusa.contra_oferta,
        de_outras_filiais=None if recusa is None else recusa.de_outras_filiais,
        avisos=() if recusa is None else recusa.avisos,
        correcoes=() if recusa is None else recusa.correcoes,
    )
    return json_texto(ProblemaSchema.render(corpo))


def problema_de_http(http: int) -> Problema:
    """The problem of an error that is known by its status only."""
    if http in _PELO_STATUS:
        return problema_padrao(_PELO_STATUS[http].codigo)
    if http == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return Problema("JSON_INVALIDO", "Os cabeçalhos da requisição são grandes demais.")
    return Problema("JSON_INVALIDO" if http < 500 else "ERRO_INTERNO", "Requisição recusada.")
