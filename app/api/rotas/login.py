"""Login: the door of the TOTVS service, `{login, senha}` -> `{accessToken}`."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app.api.auth import contar_tentativa, emitir, gateway, parse_token_alheio, tentar
from app.api.http import answer, read_json_object
from app.api.problemas import ErroHttp, problem_response
from app.api.respostas.login import Token, TokenSchema
from app.api.rotas.passagem import cabecalhos, devolver
from app.domain.recusas import Problema
from app.services.acesso.totvs import entrar_no_totvs
from app.services.gateway import Gateway
from app.totvs import TotvsIndisponivel

blueprint = Blueprint("login", __name__)

CAMINHO = "/winthor/autenticacao/v1/login"
# Whoever sends it is not known yet.
CORPO_MAXIMO = 8192
DUAS_LEITURAS = "Parece login ou senha, escrito de outro jeito; envie cada um uma vez."


class LoginSchema(Schema):
    """Body of the login; other members are passed over."""

    class Meta:
        unknown = EXCLUDE

    login = fields.String(
        required=True,
        validate=validate.Length(1, 60),
        error_messages={"required": "Campo obrigatório.", "null": "Campo obrigatório.", "invalid": "Deve ser texto."},
    )
    senha = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        error_messages={"required": "Campo obrigatório.", "null": "Campo obrigatório.", "invalid": "Deve ser texto."},
    )


@blueprint.post(CAMINHO)
def login() -> Response:
    """A token for a login and its password."""
    request.max_content_length = CORPO_MAXIMO
    corpo = read_json_object()
    try:
        dados = LoginSchema().load(corpo)
    except ValidationError as error:
        return problem_response(
            [Problema("CAMPO_INVALIDO", "Campo obrigatório.", f"/{nome}") for nome in error.messages_dict]
        )
    gw = gateway()
    if gw.totvs is not None:
        if sosias := [nome for nome in corpo if nome not in LoginSchema().fields and _parece_do_login(nome)]:
            return problem_response([Problema("CAMPO_INVALIDO", DUAS_LEITURAS, f"/{nome}") for nome in sosias])
        return _passar(gw, dados["login"])
    caller = tentar(dados["login"], dados["senha"])
    if caller is None:
        raise ErroHttp("NAO_AUTENTICADO", "Login ou senha não conferem.")
    token = emitir(caller, gw.chave_jwt, gw.agora(), gw.settings.jwt_minutos)
    return answer(TokenSchema, Token(token))


def _parece_do_login(nome: str) -> bool:
    """Whether another reader may take the member for the login or its password: the token would then be of one login
    there and of another here."""
    return nome.strip().casefold() in LoginSchema().fields


def _passar(gw: Gateway, quem: str) -> Response:
    """The login passed on as it came; the answer is the other service's (R26)."""
    cabecalhos_do_login = cabecalhos()
    try:
        resposta = contar_tentativa(
            quem,
            lambda: entrar_no_totvs(gw, CAMINHO, quem, request.get_data(), cabecalhos_do_login, parse_token_alheio),
            lambda resposta: resposta.http == HTTPStatus.OK,
        )
    except TotvsIndisponivel:
        raise ErroHttp("TOTVS_INDISPONIVEL") from None
    return devolver(resposta)
