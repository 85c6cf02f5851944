"""Inputs that cost a careless server its memory, its time or its stack: each is refused with its code, and cheaply.

Their test is named in tests/architecture/test_seguranca.py. A slow body is the server's affair, not the application's.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import simplejson

from app.api.rotas.login import CORPO_MAXIMO as CORPO_DO_LOGIN
from tests.reliability.ataque import casa_temporaria
from tests.support.builders import componente, item, pre_venda
from tests.support.gateway import LOGIN, ROTA, Casa
from tests.support.invariants import conferir_invariantes

CPU_S = 0.2
MEMORIA = 20 * 2**20
LISTA_CHEIA = 8 * 2**20  # of an answer, when each of 500 lines and 2,000 components has its problems

JSON = "application/json"


@dataclass(frozen=True)
class Armadilha:
    """A body and how it is answered; ``cpu``: seconds it may take, more where much is judged before it is refused."""

    nome: str
    corpo: bytes
    http: int = 400
    codigo: str = "JSON_INVALIDO"
    tipo: str = JSON
    cpu: float = CPU_S


def _membro(texto: str) -> bytes:
    return f'{{"x": {texto}}}'.encode()


def _venda(**mais: Any) -> bytes:
    return simplejson.dumps({**pre_venda(), **mais}).encode()


def _linha(nome: str, valor: str) -> bytes:
    """A pre-sale whose item has this JSON text for a member."""
    linha = {**item(), nome: "@"}
    return _venda(preVendaItens=[linha]).replace(b'"@"', valor.encode())


def _campo(nome: str, corpo: bytes, **mais: Any) -> Armadilha:
    return Armadilha(nome, corpo, 422, "CAMPO_INVALIDO", **mais)


# A control character is refused where a text is kept as it comes; a pre-sale's free texts take it as a blank (§4.2).
CONTROLES = [
    Armadilha("NUL", _membro(r'"\u0000"')),
    Armadilha("escape character", _membro(r'"\u001b[2J"')),
]
# Taken with an aviso, and as cheaply as others are refused.
COM_AVISO = {
    "NUL": (_venda(numero="PV-7", observacoes="a\0b"), "TEXTO_LIMPO"),
    "escape character": (_venda(numero="PV-7", observacoes="\x1b[2J"), "TEXTO_LIMPO"),
    "a lifetime of 900,000 digits": (_venda(numero="PV-7", lockTTL="9" * 900_000), "LOCK_TTL_IGNORADO"),
}
# Refused by whoever reads a body, on every route that takes one.
DO_CORPO = [
    Armadilha("1,000 arrays deep", _membro("[" * 1000 + "]" * 1000)),
    Armadilha("1,000 objects deep", b'{"a":' * 1000 + b"1" + b"}" * 1000),
    Armadilha("a mebibyte of brackets", b"[" * 2**20),
    Armadilha("21 levels", _membro("[" * 20 + "]" * 20)),
    Armadilha("5,000 digits", _membro("9" * 5000)),
    Armadilha("a million digits", _membro("9" * 1_000_000)),
    Armadilha("a million decimals", _membro("0." + "1" * 1_000_000)),
    *(Armadilha(texto, _membro(texto)) for texto in ("NaN", "Infinity", "-Infinity")),
    Armadilha("a member twice", b'{"numero": "1", "numero": "2"}'),
    Armadilha("UTF-16", '{"a": 1}'.encode("utf-16")),
    Armadilha("UTF-32", '{"a": 1}'.encode("utf-32")),
    Armadilha("Latin-1", '{"a": "é"}'.encode("latin-1")),
    Armadilha("lone surrogate", _membro(r'"\ud800"')),
    Armadilha("raw control character", b'{"a": "\x01"}'),
    Armadilha("over the limit", b" " * (2**20 + 1), 413, "CORPO_GRANDE"),
    *(Armadilha(tipo, b"{}", 415, "TIPO_NAO_SUPORTADO", tipo) for tipo in ("text/plain", "application/xml", "x")),
]
# Refused by what the contract says of a member.
DA_PRE_VENDA = [
    *(_campo(f"price {texto}", _linha("preco", texto)) for texto in ("1e309", "1E+1000000", "1E-1000000", "1E+99999")),
    *(_campo(f"quantity {texto}", _linha("quantidade", texto)) for texto in ("1E+1000000", "true", '"7"', "1.0000001")),
    *(_campo(f"operator {texto}", _venda(idOperadorRetaguarda=texto)) for texto in ("1_000", "٣", 1.9, 10**30, True)),
    _campo("501 items", _venda(preVendaItens=[item()] * 501)),
    _campo("50,000 items", _venda(preVendaItens=[{}] * 50_000), cpu=0.6),
    _campo("101 components", _venda(preVendaItens=[item("5000-50", itensKit=[componente("100-1", 1, 10)] * 101)])),
    _campo("2,100 components", _venda(preVendaItens=[item("5000-50", itensKit=[{}] * 100)] * 21)),
    _campo("5,000 payments", _venda(pagamentos=[{}] * 5_000)),
    _campo("all that may be wrong", _venda(preVendaItens=[{"itensKit": [{}] * 4}] * 500), cpu=2.0),
    _campo("a branch of 900,000 letters", _venda(cliente={"cidade": "a" * 900_000})),
]
ROTAS_COM_CORPO = [
    *((verbo, ROTA, "hub") for verbo in ("POST", "PUT", "DELETE")),
    ("POST", "/api/v1/pre-vendas/simulacao", "hub"),
    ("POST", LOGIN, None),
    ("POST", "/api/v1/reservas/1/cancelamento", "retaguarda"),
    ("POST", "/api/v1/reservas/1/prorrogacao", "retaguarda"),
    ("POST", "/api/v1/reservas/1/remanejamento", "retaguarda"),
    ("POST", "/api/v1/conciliacao/correcoes", "retaguarda"),
]


def _na_rota(armadilha: Armadilha, path: str) -> Armadilha:
    """A login is short: what is longer is refused unread there."""
    if path == LOGIN and len(armadilha.corpo) > CORPO_DO_LOGIN:
        return replace(armadilha, http=413, codigo="CORPO_GRANDE")
    return armadilha


CASOS = [
    *((_na_rota(armadilha, rota[1]), *rota) for armadilha in DO_CORPO for rota in ROTAS_COM_CORPO),
    *((armadilha, *rota) for armadilha in CONTROLES for rota in ROTAS_COM_CORPO[4:]),
    *((armadilha, *rota) for armadilha in DA_PRE_VENDA for rota in (ROTAS_COM_CORPO[0], ROTAS_COM_CORPO[3])),
]


@pytest.fixture(scope="module")
def alvo() -> Iterator[Casa]:
    with casa_temporaria() as casa:
        for login in ("hub", "retaguarda"):
            casa.token(login)
        casa.enviar(pre_venda(), "hub")  # so that nothing is read for the first time
        yield casa


def test_every_route_that_takes_a_body_is_tried(alvo: Casa) -> None:
    com_corpo = {
        f"{verbo} {regra.rule}"
        for regra in alvo.app.url_map.iter_rules()
        for verbo in (regra.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        if not regra.rule.startswith(("/painel", "/api/wholesale"))  # forms; the older address of the same function
    }
    tentadas = {
        f"{verbo} {path.replace('/reservas/1/', '/reservas/<int:numped>/')}" for verbo, path, _ in ROTAS_COM_CORPO
    }
    assert com_corpo == tentadas


@pytest.mark.parametrize(
    ("armadilha", "verbo", "path", "login"),
    [pytest.param(*caso, id=f"{caso[0].nome}-{caso[1]}-{caso[2][-12:]}") for caso in CASOS],
)
def test_a_trap_is_refused_and_costs_little(
    alvo: Casa, armadilha: Armadilha, verbo: str, path: str, login: str | None
) -> None:
    def enviar() -> Any:
        return alvo.pedir(verbo, path, login, data=armadilha.corpo, content_type=armadilha.tipo)

    antes = alvo.contar("PCPEDC")
    answer, cpu = _com_cpu(enviar)
    assert answer.status_code == armadilha.http, answer.get_data(as_text=True)[:500]
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json(force=True)["codigo"] == armadilha.codigo
    assert len(answer.get_data()) < LISTA_CHEIA
    if cpu > armadilha.cpu:  # whatever else this machine does may slow one round down, not two
        _, cpu = _com_cpu(enviar)
    assert cpu <= armadilha.cpu
    assert alvo.contar("PCPEDC") == antes


@pytest.mark.parametrize("nome", COM_AVISO)
def test_what_is_taken_with_an_aviso_costs_little_too(alvo: Casa, nome: str) -> None:
    corpo, aviso = COM_AVISO[nome]

    def enviar() -> Any:
        return alvo.pedir("POST", "/api/v1/pre-vendas/simulacao", "hub", data=corpo, content_type=JSON)

    answer, cpu = _com_cpu(enviar)
    if cpu > CPU_S:
        _, cpu = _com_cpu(enviar)
    assert cpu <= CPU_S
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    assert aviso in [dito["codigo"] for dito in answer.get_json()["data"]["avisos"]]


def _com_cpu(enviar: Callable[[], Any]) -> tuple[Any, float]:
    inicio = time.thread_time()
    answer = enviar()
    return answer, time.thread_time() - inicio


@pytest.mark.usefixtures("collector_of_a_server")
@pytest.mark.parametrize("armadilha", [*DO_CORPO, *DA_PRE_VENDA], ids=lambda a: a.nome)
def test_a_trap_takes_little_memory(alvo: Casa, armadilha: Armadilha) -> None:
    tracemalloc.start()
    try:
        alvo.pedir("POST", ROTA, "hub", data=armadilha.corpo, content_type=armadilha.tipo).get_data()
        _, pico = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pico <= MEMORIA + 30 * len(armadilha.corpo)


def test_a_long_list_of_corrections_is_refused(alvo: Casa) -> None:
    corpo = {"itens": ["x"] * 1001, "motivo": "teste"}
    answer = alvo.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda", json=corpo)
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["campo"]) == (422, "/itens")


def test_afterwards_the_tables_are_in_order(alvo: Casa) -> None:
    conferir_invariantes(alvo)
