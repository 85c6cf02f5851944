"""Log lines: one per request, in JSON that nobody can break, with ids in and out and no customer in them."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.observabilidade.identidade import identificar
from app.observabilidade.registro import CAMPOS, FormatoJson, FormatoTexto, configurar
from tests.integration.porta.conftest import Porta
from tests.integration.porta.test_dados_pessoais import CANARIOS, CPF, achados, compra, falhas, fluxos
from tests.support.builders import item, pre_venda
from tests.support.gateway import ROTA

ID = "01jd2f7k9s-abcdef-0042"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Linhas(logging.Handler):
    """Everything that is logged, as both formats write it."""

    def __init__(self) -> None:
        super().__init__()
        self.json: list[str] = []
        self.texto: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.json.append(FormatoJson().format(record))
        self.texto.append(FormatoTexto().format(record))

    def pedidos(self) -> list[dict[str, Any]]:
        return [linha for linha in map(json.loads, self.json) if linha["origem"] == "prevenda.acesso"]


@pytest.fixture
def linhas() -> Iterator[Linhas]:
    handler = Linhas()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def test_one_line_for_each_request(porta: Porta, linhas: Linhas) -> None:
    criada = porta.enviar(pre_venda(numero="PV-1"), "pdv1")
    (linha,) = linhas.pedidos()
    assert linha.pop("ms") > 0
    assert linha.pop("passos").keys() == {"abertura", "conferencia", "locks", "gravacao"}
    assert linha.pop("id") == porta.linha("GW_OPERACAO")["ID"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", linha.pop("instante"))
    assert linha.pop("requestId") == linha["trace"] == criada.headers["X-Request-ID"]
    assert criada.headers["traceparent"] == f"00-{linha.pop('trace')}-{linha.pop('span')}-00"
    assert linha == {
        "nivel": "INFO",
        "origem": "prevenda.acesso",
        "mensagem": "pedido atendido",
        "method": "POST",
        "rota": ROTA,
        "caller": "pdv1",
        "filial": "1",
        "operacao": "I",
        "status": 201,
        "codigo": "ACEITA",
    }


@pytest.mark.parametrize(
    ("corpo", "esperado"),
    [
        (pre_venda(numero="PV-1"), {"codigo": "REPETIDA", "status": 201, "operacao": "I"}),
        (pre_venda(item(quantidade=5000), numero="PV-2"), {"codigo": "ESTOQUE_INSUFICIENTE", "status": 409}),
        (pre_venda(item(quantidade="x"), numero="PV-3"), {"codigo": "CAMPO_INVALIDO", "filial": "1", "status": 422}),
        (pre_venda(numero="PV-1", situacaoPreVenda=0, idRetaguarda=8000001), {"operacao": "C", "status": 200}),
    ],
)
def test_what_came_of_it(porta: Porta, linhas: Linhas, corpo: dict[str, Any], esperado: dict[str, Any]) -> None:
    porta.reservar(pre_venda(numero="PV-1"))
    porta.enviar(corpo)
    linha = linhas.pedidos()[-1]
    assert {nome: linha.get(nome) for nome in esperado} == esperado


def test_health_checks_leave_a_line_only_when_something_is_wrong(porta: Porta, linhas: Linhas) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert porta.pedir("GET", path, None).status_code == 200
    assert linhas.pedidos() == []
    porta.app.extensions["encerrando"].set()
    porta.pedir("GET", "/health/ready", None)
    assert [linha["codigo"] for linha in linhas.pedidos()] == ["ENCERRANDO"]


def test_ids_of_the_caller_are_taken_over(porta: Porta, linhas: Linhas) -> None:
    headers = {"X-Request-ID": ID, "traceparent": f"00-{TRACE}-{SPAN}-01"}
    answer = porta.pedir("GET", "/api/v1/estoque/1/1", headers=headers)
    linha = linhas.pedidos()[-1]
    assert (answer.headers["X-Request-ID"], linha["requestId"], linha["trace"]) == (ID, ID, TRACE)
    assert answer.headers["traceparent"] == f"00-{TRACE}-{linha['span']}-01"
    assert linha["span"] != SPAN


@pytest.mark.parametrize("path", ["/nada", "/api/v1/log", "/painel/"])
def test_refusals_and_pages_carry_ids_too(porta: Porta, path: str) -> None:
    answer = porta.pedir("GET", path, None, headers={"X-Request-ID": ID})
    assert answer.status_code >= 300
    assert answer.headers["X-Request-ID"] == ID


@pytest.mark.parametrize(
    "request_id",
    [
        "",
        "curto1",
        "x" * 65 + "1",
        CPF,
        "11987654321987654",
        "zuleica-canarinho",
        "a b1" * 5,
        "é" * 20 + "1",
        ID + "\n",
    ],
)
def test_an_id_that_could_be_anything_else_is_replaced(request_id: str) -> None:
    achado = identificar(request_id, "")
    assert achado.request_id == achado.trace != request_id


@pytest.mark.parametrize(
    "traceparent",
    [
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01\n",
        "lixo",
    ],
)
def test_a_malformed_traceparent_begins_a_new_trace(traceparent: str) -> None:
    achado = identificar(ID, traceparent)
    assert achado.trace != TRACE
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", achado.cabecalhos()["traceparent"])


def test_no_customer_in_any_line_nor_in_the_metrics(porta: Porta, linhas: Linhas) -> None:
    porta.gw.db._sleep = lambda _s: None
    for _ in (*fluxos(porta), *falhas(porta)):
        pass
    for canario in CANARIOS:
        texto = canario.encode("ascii", "ignore").decode()
        headers = {"X-Request-ID": texto, "traceparent": texto, "User-Agent": texto}
        porta.pedir("GET", f"/{canario}?q={canario}", None, headers=headers)
        porta.enviar(compra(canario, loja=canario), headers=headers)
    assert len(linhas.pedidos()) > len(CANARIOS)
    assert achados("\n".join(linhas.json)) == []
    assert achados("\n".join(linhas.texto)) == []
    assert achados(porta.pedir("GET", "/metrics", None).get_data(as_text=True)) == []


def registro(mensagem: str, origem: str = "x", **mais: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"name": origem, "msg": mensagem, "levelname": "INFO", **mais})


@pytest.mark.parametrize("mensagem", ["a\r\nb", "a\u2028b", "a\x1b[31mb", "a" * 1_000_000])
def test_nothing_breaks_out_of_its_line(mensagem: str) -> None:
    linha = FormatoJson().format(registro(mensagem, **{CAMPOS: {"rota": "/x\r\n"}}))
    assert linha.isascii()
    assert linha.isprintable()
    assert len(linha) < 8192
    json.loads(linha)


def test_where_an_exception_happened_but_not_what_it_says() -> None:
    try:
        raise ValueError(CPF)
    except ValueError as error:
        linha = FormatoJson().format(registro("falhou", exc_info=(type(error), error, error.__traceback__)))
    assert CPF not in linha
    assert "ValueError" in linha
    assert "test_registro.py" in linha


def test_the_server_names_no_address() -> None:
    linha = FormatoJson().format(registro("Exception while serving %s", "waitress", args=(f"/{CPF}",)))
    assert CPF not in linha


@pytest.mark.parametrize(("formato", "json_esperado"), [("json", True), ("texto", False), ("auto", True)])
def test_the_format_is_a_setting(formato: str, json_esperado: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    saida = io.StringIO()
    root, waitress = logging.getLogger(), logging.getLogger("waitress")
    antes = root.handlers[:], root.level, waitress.level
    monkeypatch.setattr("sys.stderr", saida)
    root.handlers = []  # pytest's own are not to be closed
    try:
        configurar(formato)
        logging.getLogger("x").info("olá", extra={CAMPOS: {"n": 1, "vazio": ""}})
    finally:
        root.handlers, waitress.level = antes[0], antes[2]
        root.setLevel(antes[1])
    linha = saida.getvalue()
    assert linha.startswith("{") is json_esperado
    assert json_esperado or linha.endswith(" INFO x olá n=1\n")
