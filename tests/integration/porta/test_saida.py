"""What leaves by the door: headers on every answer, and not one word of an exception's text in any."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from marshmallow import ValidationError
from werkzeug import exceptions
from werkzeug.test import TestResponse

from app.api.contrato.body import BodyError
from app.api.documento import CSP
from app.cep.servico import FalhaServico
from app.mapping.coerce import Unfit
from app.mapping.errors import MappingError, MissingContext, ValueDoesNotFit
from app.services.acesso.credenciais import CredencialRecusada
from app.settings import SettingsError
from app.winthor.db import faults
from app.winthor.esquema.schema import SchemaError
from tests.integration.porta.conftest import Porta
from tests.integration.porta.test_matriz import MATRIZ, Alvo, pedir
from tests.support.builders import item, pre_venda
from tests.support.gateway import LOGIN, ROTA

CANARIO = "canario-7f3a"
MEMBROS = {"type", "title", "status", "detail", "instance", "codigo", "success", "message", "errors"}
CABECALHOS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
# What would tell a stranger how we are built.
INDISCRETO = (
    "Traceback",
    'File "',
    ".py",
    "SELECT ",
    "INSERT ",
    "sqlalchemy",
    "sqlite",
    "psycopg",
    "werkzeug",
    "/home",
)


def problema(answer: TestResponse) -> dict[str, Any]:
    """A whole problem body that tells nothing about the inside."""
    texto = answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json", texto
    body: dict[str, Any] = json.loads(texto)
    assert body.keys() >= MEMBROS
    assert (body["status"], body["success"]) == (answer.status_code, False)
    assert CANARIO not in texto + str(answer.headers)
    assert not [palavra for palavra in INDISCRETO if palavra in texto], texto
    return body


def conferir_cabecalhos(answer: TestResponse) -> None:
    esperados = CABECALHOS | ({"Content-Security-Policy": CSP} if answer.request.path == "/docs" else {})
    assert {nome: answer.headers.get(nome) for nome in esperados} == esperados
    for nome in ("Server", "X-Powered-By", "Access-Control-Allow-Origin", "Set-Cookie"):
        assert nome not in answer.headers


# --- headers


@pytest.mark.parametrize("nome", MATRIZ)
def test_headers_of_every_route(porta: Porta, nome: str) -> None:
    numped = porta.reservar(pre_venda(numero="PV-1"))
    for caller in (None, "hub", "retaguarda"):
        conferir_cabecalhos(pedir(porta, caller, nome, MATRIZ[nome], Alvo(numped, "PV-1", "1")))


def erros(porta: Porta) -> Iterator[tuple[int, TestResponse]]:
    """One answer of every error status a caller can bring about."""
    client = porta.app.test_client()
    yield 400, porta.pedir("POST", ROTA, data=b"{", content_type="application/json")
    yield 400, client.get("/api/v1/pre-vendas/%00?idLojaRetaguarda=1")
    yield 401, client.get("/api/v1/reservas")
    yield 403, porta.pedir("GET", "/api/v1/reservas", "pdv1")
    yield 404, client.get("/wp-admin/setup.php")
    yield 404, porta.pedir("GET", "/api/v1/reservas/1", "retaguarda")
    yield 405, client.get(ROTA)
    yield 409, porta.enviar(pre_venda(numero="PV-9"), "hub") and porta.enviar(pre_venda(numero="PV-9", observacoes="x"))
    yield 413, porta.pedir("POST", ROTA, data=b" " * 1_048_577, content_type="application/json")
    yield 415, porta.pedir("POST", ROTA, data=b"{}", content_type="text/plain")
    yield 422, porta.enviar({})
    for _ in range(10):
        client.post(LOGIN, json={"login": "x", "senha": "y"})
    yield 429, client.post(LOGIN, json={"login": "x", "senha": "y"})


def test_every_error_is_a_problem_body_with_the_headers(porta: Porta) -> None:
    for http, answer in erros(porta):
        assert answer.status_code == http
        problema(answer)
        conferir_cabecalhos(answer)


def test_a_head_and_an_options_request_carry_the_headers(porta: Porta) -> None:
    for method in ("HEAD", "OPTIONS"):
        conferir_cabecalhos(porta.app.test_client().open("/health/live", method=method))


def test_a_route_may_have_a_policy_of_its_own(porta: Porta) -> None:
    view = porta.app.view_functions["health.live"]

    def com_politica() -> Any:
        answer = view()
        answer.headers["Content-Security-Policy"] = "default-src 'self'"
        return answer

    porta.app.view_functions["health.live"] = com_politica
    assert porta.app.test_client().get("/health/live").headers["Content-Security-Policy"] == "default-src 'self'"


# --- control characters in addresses and headers

CONTROLES = ["%00", "%0d%0aSet-Cookie:%20a=b", "%1b[31m", "%7f", "%C2%85"]


@pytest.mark.parametrize("controle", CONTROLES)
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/pre-vendas/{}?idLojaRetaguarda=1",
        "/api/v1/pre-vendas/1?idLojaRetaguarda={}",
        "/api/v1/log?numero={}",
        "/api/v1/log?{}=1",
        "/api/v1/reservas?caller={}",
        "/api/v1/estoque/{}/1",
        "/{}",
        "/openapi.json?{}",
    ],
)
def test_control_characters_in_an_address_are_refused(porta: Porta, path: str, controle: str) -> None:
    answer = porta.pedir("GET", path.format(controle), "retaguarda")
    assert (answer.status_code, problema(answer)["codigo"]) == (400, "JSON_INVALIDO")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("valor", ["a\x00b", "a\x1b[2Jb", "a\x7f", "é" * 200, "x" * 256])
def test_control_characters_in_the_idempotency_key_are_refused(porta: Porta, valor: str) -> None:
    environ = {"HTTP_IDEMPOTENCY_KEY": valor.encode().decode("latin-1")}
    answer = porta.pedir("POST", ROTA, "hub", json=pre_venda(), environ_overrides=environ)
    assert answer.status_code == 400 or valor.isprintable()
    assert "\x00" not in answer.get_data(as_text=True)
    assert porta.contar("PCPEDC") == (0 if answer.status_code == 400 else 1)


def test_no_answer_header_repeats_what_was_sent(porta: Porta) -> None:
    enviados = {"X-Request-Id": CANARIO, "Idempotency-Key": CANARIO, "Origin": f"http://{CANARIO}", "Host": CANARIO}
    for answer in (
        porta.pedir("POST", ROTA, json=pre_venda(), headers=enviados),
        porta.pedir("GET", f"/nada/{CANARIO}", None, headers=enviados),
        porta.pedir("GET", "//health//live", None, headers=enviados),
    ):
        assert CANARIO not in str(answer.headers)


@pytest.mark.parametrize("numero", ["9" * 11, "9" * 30, "9" * 5000, "-1", "1.5", "1e3", "٣", "0x10", "+1", "%201"])
@pytest.mark.parametrize("path", ["/api/v1/reservas/{}", "/api/v1/estoque/1/{}"])
def test_numbers_in_paths_are_digits_a_column_can_hold(porta: Porta, path: str, numero: str) -> None:
    answer = porta.pedir("GET", path.format(numero), "retaguarda")
    assert (answer.status_code, problema(answer)["codigo"]) == (404, "ROTA_NAO_ENCONTRADA")


@pytest.mark.parametrize("valor", ["1.5", "-1", "1_0", "٣", "+1", "9" * 5000, "true", "0x1"])
@pytest.mark.parametrize("nome", ["limite", "numped", "codprod"])
def test_numbers_in_queries_are_ascii_digits(porta: Porta, nome: str, valor: str) -> None:
    answer = porta.pedir("GET", "/api/v1/log", "retaguarda", query_string={nome: valor})
    assert (answer.status_code, problema(answer)["codigo"]) == (422, "CAMPO_INVALIDO")


@pytest.mark.parametrize(
    "path",
    ["/api/wholesale/v1/orders/list?orderStatus=", "/api/stock-vtex/v1/available/pdv-sync/list?merchandiseType="],
)
def test_lists_in_queries_are_short(porta: Porta, path: str) -> None:
    def pedir(quantos: int) -> TestResponse:
        return porta.pedir("GET", f"{path}{','.join(f'C{n}' for n in range(quantos))}&branchId=1", "hub")

    assert pedir(50).status_code == 200
    answer = pedir(51)
    assert (answer.status_code, problema(answer)["codigo"]) == (422, "CAMPO_INVALIDO")


@pytest.mark.parametrize("dias", [1.9, True, "1_0", -1, 10**30, [1], {"a": 1}])
def test_days_of_an_extension_are_a_whole_number(porta: Porta, dias: Any) -> None:
    numped = porta.reservar(pre_venda())
    corpo = {"dias": dias, "motivo": "teste"}
    answer = porta.pedir("POST", f"/api/v1/reservas/{numped}/prorrogacao", "retaguarda", json=corpo)
    assert (answer.status_code, problema(answer)["errors"][0]["campo"]) == (422, "/dias")


# --- the canary

PROPRIAS: list[Exception] = [
    faults.Falha(CANARIO),
    faults.Ocupado(CANARIO),
    faults.LinhaPresa(CANARIO),
    faults.Indisponivel(CANARIO),
    faults.Incompleto(CANARIO),
    faults.EnderecoSumiu(CANARIO),
    faults.Sobrecarga(CANARIO),
    faults.Duplicado(CANARIO),
    faults.ValorRecusado(CANARIO),
    faults.RegraDaCasa(CANARIO),
    faults.GatilhoLeATabela(CANARIO),
    faults.DesfechoDesconhecido(CANARIO),
    faults.OperacaoPerdida(CANARIO),
    faults.NumeracaoEsgotada(CANARIO),
    faults.SemCodigoDeCliente(CANARIO),
    BodyError(CANARIO),
    FalhaServico(CANARIO),
    CredencialRecusada(CANARIO),
    MappingError([CANARIO]),
    MissingContext("PCPEDC", "OBS", CANARIO),
    SchemaError(CANARIO),
    SettingsError([CANARIO]),
    Unfit(CANARIO),
    ValueDoesNotFit("PCPEDC", "OBS", None, (), CANARIO),
]
DE_FORA: list[Exception] = [
    sa.exc.OperationalError(f"SELECT '{CANARIO}'", {"a": CANARIO}, Exception(CANARIO)),
    sa.exc.IntegrityError(CANARIO, {}, Exception(CANARIO)),
    sa.exc.DataError(CANARIO, {}, Exception(CANARIO)),
    sa.exc.TimeoutError(CANARIO),
    sa.exc.StatementError(CANARIO, f"SELECT {CANARIO}", {}, None),
    sa.exc.ArgumentError(CANARIO),
    requests.ConnectionError(CANARIO),
    requests.Timeout(CANARIO),
    ValidationError({CANARIO: [CANARIO]}),
]
SIMPLES: list[Exception] = [
    tipo(CANARIO)
    for tipo in (ValueError, TypeError, KeyError, IndexError, LookupError, AttributeError, RuntimeError, OSError)
] + [
    tipo(CANARIO)
    for tipo in (ArithmeticError, RecursionError, MemoryError, AssertionError, NotImplementedError, TimeoutError)
]
DO_WERKZEUG: list[Exception] = [
    tipo(CANARIO)
    for tipo in exceptions.default_exceptions.values()
    if tipo not in {exceptions.MethodNotAllowed, exceptions.RequestedRangeNotSatisfiable}
]
TODAS = [*PROPRIAS, *DE_FORA, *SIMPLES, *DO_WERKZEUG]


def test_every_exception_class_of_ours_is_a_canary() -> None:
    """Of the modules that define some: a new class must be raised here too."""
    ours = {tipo for module in (faults,) for tipo in vars(module).values() if _de_nossas(tipo)}
    assert {tipo.__name__ for tipo in ours} <= {type(error).__name__ for error in PROPRIAS}


def _de_nossas(valor: Any) -> bool:
    return isinstance(valor, type) and issubclass(valor, Exception) and valor.__module__.startswith("app.")


# Layer -> a function that every reservation passes, where it looks the name up.
CAMADAS = {
    "api": "app.api.rotas.pre_vendas.parse_requisicao",
    "service": "app.services.pre_venda.atender.conduzir",
    "domain": "app.services.pre_venda.reservar.contra_oferta.oferecer",
    "winthor": "app.services.operacao.registro.operacoes.insert_log",
    "winthor, in the main transaction": "app.services.operacao.registro.operacoes.concluir",
    "mapping": "app.mapping.compile.TableMap.build_row",
}


@pytest.mark.parametrize("camada", CAMADAS)
def test_no_exceptions_text_gets_out(
    porta: Porta, camada: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    porta.token("hub")
    grande = item(quantidade=5000)
    # From the business on, a value that does not fit is a refusal in the map's own words, which name its column.
    erros = [e for e in TODAS if camada != "domain" or not isinstance(e, ValueDoesNotFit)]
    for n, error in enumerate(erros):

        def estourar(*_args: Any, error: Exception = error, **_kwargs: Any) -> Any:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(CAMADAS[camada], estourar)
            patch.setattr(porta.gw.db, "_sleep", lambda _s: None)
            answer = porta.enviar(pre_venda(grande if camada == "domain" else item(), numero=f"PV-{n}"))
        assert answer.status_code >= 400, type(error)
        problema(answer)
        conferir_cabecalhos(answer)
        # A fault's own text is a driver's code (SQLSTATE, ORA-…), which an operator needs.
        assert CANARIO not in caplog.text or isinstance(error, faults.Falha), type(error)
        caplog.clear()
    assert porta.contar("PCPEDC") == 0


def test_what_the_driver_says_stays_inside(porta: Porta, caplog: pytest.LogCaptureFixture) -> None:
    """Not raised by a patch: the driver itself fails, with the statement and the values in its mind."""
    porta.token("hub")
    caplog.set_level(logging.DEBUG)
    sqls = ("DROP TABLE PCPEDICESTA", "ALTER TABLE PCPEDI RENAME TO CANARIO_7F3A", "DROP TABLE GW_OPERACAO")
    for n, sql in enumerate(sqls):
        porta.executar(sql)
        answer = porta.enviar(pre_venda(numero=f"PV-{n}", observacoes=CANARIO))
        if answer.status_code >= 400:
            assert "PCPED" not in json.dumps({**problema(answer), "instance": ""})
    assert answer.status_code == 503
    assert CANARIO not in caplog.text


def test_a_dead_database_tells_nothing_of_where_it_was(porta: Porta, monkeypatch: pytest.MonkeyPatch) -> None:
    porta.token("hub")

    def morrer(*_: Any, **__: Any) -> None:
        error = sqlite3.OperationalError(f"unable to open database file {CANARIO}")
        error.sqlite_errorname, error.sqlite_errorcode = "SQLITE_CANTOPEN", sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr(porta.gw.db.engine.dialect.loaded_dbapi, "connect", morrer)
    porta.gw.db.engine.dispose()
    for path in ("/health/ready", "/api/v1/pre-vendas/1?idLojaRetaguarda=1"):
        answer = porta.pedir("GET", path, "hub")
        assert answer.status_code == 503
        assert problema(answer)["codigo"] == "BANCO_INDISPONIVEL"
        assert answer.headers["Retry-After"] == "2"
