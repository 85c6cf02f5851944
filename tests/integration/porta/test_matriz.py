"""Who may do what, on whose numbers: every route of the URL map × every caller × own, foreign and absent numbers.

A route without a line in MATRIZ fails: whoever adds one must say who may call it and what another branch's number
answers. Foreign and absent numbers must be told apart by nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Response
from werkzeug.test import TestResponse

from app.painel.sessao import gravar, nova_sessao
from app.services.acesso.credenciais import ADMIN, PDV, RETAGUARDA, RETAGUARDA_AGIR, Caller
from tests.integration.porta.conftest import Porta
from tests.support.builders import pre_venda
from tests.support.gateway import LOGIN, ROTA

ROTA_ANTIGA = "/api/wholesale/v1/orders/pdvsync"
AUSENTE = 7_999_999
# A key notes when it was used, whatever comes of it.
USO = frozenset({"GW_CHAVE"})

# Caller -> branches (None: all) and scopes; nobody and the revoked key have neither.
CALLERS: dict[str | None, tuple[str | None, frozenset[str]]] = {
    None: ("", frozenset()),
    "revogada": ("", frozenset()),
    "pdv1": ("1", frozenset({PDV})),
    "pdv2": ("2", frozenset({PDV})),
    "hub": (None, frozenset({PDV})),
    "chave": ("1", frozenset({PDV})),
    "retaguarda": (None, frozenset({RETAGUARDA, RETAGUARDA_AGIR})),
    "retaguarda1": ("1", frozenset({RETAGUARDA, RETAGUARDA_AGIR})),
    "leitura1": ("1", frozenset({RETAGUARDA})),
    "chefe": (None, frozenset({ADMIN})),
}

VENDE = frozenset({PDV})
LE = frozenset({RETAGUARDA, ADMIN})
AGE = frozenset({RETAGUARDA_AGIR, ADMIN})
TODOS = VENDE | LE
ABERTA = None


@dataclass(frozen=True)
class Alvo:
    """A reservation as the caller names it: its number, its pre-sale, and the branch the caller says it is in."""

    numped: int
    numero: str
    filial: str


@dataclass(frozen=True)
class Rota:
    """Who may call (None: anybody), what is sent, what an own number answers, and what any other one answers.

    ``alheio`` None: the route takes no number; it may still show some, and then only of the caller's branches.
    """

    quem: frozenset[str] | None
    proprio: int = 200
    alheio: int | None = None
    corpo: Callable[[Alvo], dict[str, Any]] | None = None
    query: Callable[[Alvo], str] = lambda _alvo: ""


def _alterada(alvo: Alvo) -> dict[str, Any]:
    return pre_venda(numero=alvo.numero, loja=alvo.filial, idRetaguarda=alvo.numped, observacoes="outra")


def _cancelada(alvo: Alvo) -> dict[str, Any]:
    return {
        "situacaoPreVenda": 0,
        "numero": alvo.numero,
        "idLojaRetaguarda": alvo.filial,
        "idRetaguarda": alvo.numped,
    }


def _da_filial(alvo: Alvo) -> str:
    return f"?idLojaRetaguarda={alvo.filial}"


def _da_loja(alvo: Alvo) -> str:
    return f"?branchId={alvo.filial}"


def _por_numero(alvo: Alvo) -> str:
    return f"?idRetaguarda={alvo.numped}&idLojaRetaguarda={alvo.filial}"


_ENVIAR = {
    "POST": Rota(VENDE, 201, 404, _alterada),
    "PUT": Rota(VENDE, 201, 404, _alterada),
    "DELETE": Rota(VENDE, 200, 404, _cancelada),
}

MATRIZ: dict[str, Rota] = {
    **{f"{verbo} {ROTA}": rota for verbo, rota in _ENVIAR.items()},
    **{f"{verbo} {ROTA_ANTIGA}": rota for verbo, rota in _ENVIAR.items()},
    "POST /api/v1/pre-vendas/simulacao": Rota(VENDE, 200, 404, _alterada),
    # A number of another branch, asked for in an own one, never arrived there.
    "GET /api/v1/pre-vendas/<numero:numero>": Rota(TODOS, 200, 200, query=_da_filial),
    "GET /api/v1/pre-vendas": Rota(TODOS, 200, 200, query=lambda alvo: f"{_da_filial(alvo)}&numero={alvo.numero}"),
    f"GET {ROTA}/consulta": Rota(TODOS, 200, 404, query=_por_numero),
    f"GET {ROTA_ANTIGA}/consulta": Rota(TODOS, 200, 404, query=_por_numero),
    "GET /api/wholesale/v1/orders/list": Rota(TODOS, query=_da_loja),
    # The other service's: without one there is nothing.
    "GET /winthor/varejo/matcon/v1/pdv/detalhepdv": Rota(TODOS, 404),
    "GET /winthor/varejo/matcon/v1/rca/consulta": Rota(TODOS, 404),
    "GET /api/stock-vtex/v1/available/pdv-sync": Rota(TODOS, query=lambda a: f"{_da_loja(a)}&productId=100-1"),
    "GET /api/stock-vtex/v1/available/pdv-sync/list": Rota(TODOS, query=_da_loja),
    "GET /api/v1/eventos": Rota(TODOS, query=lambda alvo: f"?filial={alvo.filial}"),
    "GET /api/v1/reservas": Rota(LE),
    "GET /api/v1/reservas/<int:numped>": Rota(LE, 200, 404),
    "POST /api/v1/reservas/<int:numped>/cancelamento": Rota(AGE, 200, 404, lambda _: {"motivo": "teste"}),
    "POST /api/v1/reservas/<int:numped>/remanejamento": Rota(
        AGE, 200, 404, lambda _: {"linhas": [{"numseq": 1, "filial": "2"}], "motivo": "teste"}
    ),
    "POST /api/v1/reservas/<int:numped>/prorrogacao": Rota(AGE, 200, 404, lambda _: {"dias": 2, "motivo": "teste"}),
    "GET /api/v1/estoque/<filial>/<int:codprod>": Rota(TODOS),
    "GET /api/v1/log": Rota(LE),
    "GET /api/v1/log/resumo": Rota(LE),
    "GET /api/v1/log/exportacao": Rota(LE),
    "GET /api/v1/log/externas": Rota(LE, query=lambda _: "?de=2026-03-01&ate=2026-03-02"),
    "GET /api/v1/log/<id_operacao>": Rota(LE, 200, 404),
    "GET /api/v1/recusas-sem-registro": Rota(LE),
    "GET /api/v1/conciliacao": Rota(LE),
    "GET /api/v1/fluxo": Rota(LE),
    "GET /api/v1/indicadores": Rota(LE),
    "GET /api/v1/estoque/<filial>/<int:codprod>/movimentos": Rota(LE),
    "GET /api/v1/politicas": Rota(LE),
    "POST /api/v1/conciliacao/correcoes": Rota(AGE, corpo=lambda _: {"todos": True, "motivo": "teste"}),
    f"POST {LOGIN}": Rota(ABERTA, corpo=lambda _: {"login": "pdv1", "senha": "demo"}),
    "GET /health/live": Rota(ABERTA),
    "GET /health/ready": Rota(ABERTA),
    "GET /metrics": Rota(ABERTA),
    "GET /openapi.json": Rota(ABERTA),
    "GET /docs": Rota(ABERTA),
}

# Pages: a cookie instead of a token, whoever has none is sent to the login. An action asks once more (200).
PAINEL: dict[str, Rota] = {
    "GET /painel/": Rota(ABERTA, 303),
    "GET /painel/entrar": Rota(ABERTA),
    "POST /painel/entrar": Rota(ABERTA, 401, corpo=lambda _: {"login": "pdv1", "senha": "errada"}),
    "POST /painel/sair": Rota(ABERTA, 303, corpo=lambda _: {}),
    "GET /painel/estatico/<path:filename>": Rota(ABERTA),
    "GET /painel/operacoes": Rota(LE),
    "GET /painel/procurar": Rota(LE),
    "POST /painel/procurar": Rota(LE, 303, corpo=lambda _: {"o_que": "nada"}),
    "GET /painel/operacoes/exportacao": Rota(LE),
    "GET /painel/operacoes/externas": Rota(LE),
    "GET /painel/operacoes/recusas": Rota(LE),
    "GET /painel/operacoes/<id_operacao>": Rota(LE, 200, 404),
    "GET /painel/reservas": Rota(LE),
    "GET /painel/reservas/<int:numped>": Rota(LE, 200, 404),
    "POST /painel/reservas/<int:numped>/cancelamento": Rota(AGE, 303, 404, lambda _: {"motivo": "teste"}),
    "POST /painel/reservas/<int:numped>/prorrogacao": Rota(AGE, 303, 404, lambda _: {"dias": "2", "motivo": "teste"}),
    # Without what a form has said before, back to where it is said.
    "GET /painel/reservas/<int:numped>/cancelamento": Rota(LE, 303, 404),
    "GET /painel/reservas/<int:numped>/prorrogacao": Rota(LE, 303, 404),
    "POST /painel/reservas/<int:numped>/remanejamento": Rota(
        AGE, 303, 404, lambda _: {"filial_1": "2", "motivo": "teste"}
    ),
    "GET /painel/reservas/<int:numped>/remanejamento": Rota(LE, 303, 404),
    "GET /painel/conciliacao/plano": Rota(LE, 303),
    "GET /painel/conciliacao/correcoes": Rota(LE, 303),
    "GET /painel/visao": Rota(LE),
    "GET /painel/prazo": Rota(LE),
    "GET /painel/planilhas/<qual>": Rota(LE),
    "GET /painel/estoque/<filial>/<int:codprod>/movimentos": Rota(LE),
    "GET /painel/estoque": Rota(LE),
    "GET /painel/conciliacao": Rota(LE),
    "GET /painel/fluxo": Rota(LE),
    "GET /painel/politicas": Rota(LE),
    "GET /painel/assinaturas": Rota(LE),
    "POST /painel/assinaturas": Rota(AGE, 422, corpo=lambda _: {}),
    "POST /painel/assinaturas/<id_assinatura>/<acao>": Rota(AGE, 422, corpo=lambda _: {}),
    "POST /painel/conciliacao/plano": Rota(AGE, 422, corpo=lambda _: {}),
    "POST /painel/conciliacao/correcoes": Rota(AGE, 422, corpo=lambda _: {}),
    "GET /painel/saude": Rota(LE),
}


def rotas(porta: Porta) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in porta.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def preencher(porta: Porta, regra: str, alvo: Alvo) -> str:
    operacoes = [row["ID"] for row in porta.tabela("GW_OPERACAO") if row["NUMPED"] == alvo.numped]
    nomes = {
        "numero:numero": alvo.numero,
        "int:numped": str(alvo.numped),
        "filial": alvo.filial,
        "int:codprod": "1",
        "id_operacao": (operacoes or ["0" * 32])[-1],
        "path:filename": "painel.css",
        "qual": "reservas",
        "id_assinatura": "0" * 32,
        "acao": "revogar",
    }
    return re.sub(r"<([^>]+)>", lambda achado: nomes[achado[1]], regra)


def pedir(porta: Porta, caller: str | None, nome: str, rota: Rota, alvo: Alvo) -> TestResponse:
    method, _, regra = nome.partition(" ")
    path = preencher(porta, regra, alvo)
    extra = {} if rota.corpo is None else {"json": rota.corpo(alvo)}
    return porta.pedir(method, path + rota.query(alvo), caller, **extra)


# Headers that differ from one answer to the next, whatever was asked.
DE_CADA_RESPOSTA = {"Content-Length", "Date", "Set-Cookie", "X-Request-ID", "traceparent"}


def forma(answer: TestResponse, alvo: Alvo) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, body and headers, with what the caller sent taken out."""
    texto = answer.get_data(as_text=True).replace(str(alvo.numped), "N").replace(alvo.numero, "P")
    cabecalhos = [(nome, "" if nome in DE_CADA_RESPOSTA else valor) for nome, valor in answer.headers.items()]
    return answer.status_code, re.sub("[0-9a-f]{32}", "ID", texto), sorted(cabecalhos)


def negado(caller: str | None, rota: Rota) -> tuple[int, str] | None:
    """Status and codigo of a caller that may not use the route at all."""
    if rota.quem is None:
        return None
    if not CALLERS[caller][1]:
        return 401, "NAO_AUTENTICADO"
    return None if CALLERS[caller][1] & rota.quem else (403, "ESCOPO_INSUFICIENTE")


def test_every_route_is_in_the_matrix(porta: Porta) -> None:
    assert rotas(porta) == MATRIZ.keys() | PAINEL.keys()


@pytest.mark.parametrize("nome", MATRIZ)
def test_who_may_use_a_route(porta: Porta, nome: str) -> None:
    rota = MATRIZ[nome]
    alvo = Alvo(porta.reservar(pre_venda(numero="PV-0")), "PV-0", "1")
    antes = porta.fotografia(sem=USO)
    for caller in CALLERS:
        if esperado := negado(caller, rota):
            answer = pedir(porta, caller, nome, rota, alvo)
            assert (answer.status_code, answer.get_json(force=True)["codigo"]) == esperado, caller
    assert porta.fotografia(sem=USO) == antes
    for caller in CALLERS:
        if not negado(caller, rota):
            answer = pedir(porta, caller, nome, rota, proprio(porta, caller, rota))
            assert answer.status_code == rota.proprio, (caller, answer.get_data(as_text=True))


def proprio(porta: Porta, caller: str | None, rota: Rota) -> Alvo:
    """A new reservation in a branch of the caller, if the route takes one."""
    filial = CALLERS[caller][0] or "1"
    numero = f"PV-{caller}"
    return Alvo(porta.reservar(pre_venda(numero=numero, loja=filial)) if rota.alheio else 1, numero, filial)


COM_NUMERO = [nome for nome, rota in MATRIZ.items() if rota.alheio is not None]


@pytest.mark.parametrize("nome", COM_NUMERO)
def test_foreign_and_absent_numbers_look_the_same(porta: Porta, nome: str) -> None:
    rota = MATRIZ[nome]
    numeros = {filial: porta.reservar(pre_venda(numero=f"PV-{filial}", loja=filial)) for filial in ("1", "2")}
    estoque = porta.tabela("PCEST")
    reservas = porta.tabela("GW_RESERVA")
    for caller, (filial, _escopos) in CALLERS.items():
        if not filial or negado(caller, rota):
            continue
        outra = "2" if filial == "1" else "1"
        # Under the own branch's name, and with the name of the pre-sale it truly has.
        alheio = Alvo(numeros[outra], f"PV-{outra}", filial)
        ausente = Alvo(AUSENTE, "PV-0", filial)
        respostas = [forma(pedir(porta, caller, nome, rota, alvo), alvo) for alvo in (alheio, ausente)]
        assert respostas[0] == respostas[1], caller
        assert respostas[0][0] == rota.alheio, (caller, respostas[0][1])
    assert (porta.tabela("PCEST"), porta.tabela("GW_RESERVA")) == (estoque, reservas)


DA_FILIAL = [nome for nome, rota in MATRIZ.items() if rota.quem and PDV in rota.quem and rota.proprio != 404]


@pytest.mark.parametrize("nome", DA_FILIAL)
def test_another_branch_is_refused_whatever_is_in_it(porta: Porta, nome: str) -> None:
    rota = MATRIZ[nome]
    there = Alvo(porta.reservar(pre_venda(numero="PV-2", loja="2")), "PV-2", "2")
    absent = Alvo(AUSENTE, "PV-0", "2")
    antes = porta.fotografia(sem=USO)
    for caller in ("pdv1", "chave"):
        respostas = [forma(pedir(porta, caller, nome, rota, alvo), alvo) for alvo in (there, absent)]
        assert respostas[0] == respostas[1]
        assert respostas[0][0] == 403
        assert '"FILIAL_NAO_AUTORIZADA"' in respostas[0][1]
    assert porta.fotografia(sem=USO) == antes


@pytest.mark.parametrize("nome", ["GET /api/v1/reservas", "GET /api/v1/log", "GET /api/v1/conciliacao"])
@pytest.mark.parametrize("caller", ["leitura1", "retaguarda1"])
def test_lists_show_the_own_branches_only(porta: Porta, nome: str, caller: str) -> None:
    porta.reservar(pre_venda(numero="PV-UM", loja="1"))
    alheio = porta.reservar(pre_venda(numero="PV-DOIS", loja="2"))
    porta.executar("UPDATE PCEST SET QTRESERV = QTRESERV + 5 WHERE CODFILIAL = '2' AND CODPROD = 1001")
    rota, alvo = MATRIZ[nome], Alvo(0, "", "")
    texto = pedir(porta, caller, nome, rota, alvo).get_data(as_text=True)
    assert "PV-DOIS" not in texto
    assert str(alheio) not in texto
    assert '"filial": "2"' not in texto
    assert '"filial": "2"' in pedir(porta, "retaguarda", nome, rota, alvo).get_data(as_text=True)
    if "conciliacao" not in nome:
        filtrado = porta.pedir("GET", nome.removeprefix("GET ") + "?filial=2", caller)
        assert filtrado.get_json()["itens"] == []


def test_a_foreign_difference_cannot_be_mended(porta: Porta) -> None:
    numped = porta.reservar(pre_venda(numero="PV-2", loja="2"))
    porta.executar("UPDATE PCPEDC SET POSICAO = 'C' WHERE NUMPED = :n", n=numped)
    [alheia] = [
        d["id"]
        for d in porta.pedir("GET", "/api/v1/conciliacao", "retaguarda").get_json()["diferencas"]
        if d["numped"] == numped
    ][:1]
    antes = porta.fotografia()

    def corrigir(id_: str) -> str:
        corpo = {"itens": [id_], "motivo": "teste", "simular": False}
        answer = porta.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda1", json=corpo)
        assert answer.status_code == 200
        return answer.get_data(as_text=True).replace(id_, "ID")

    assert corrigir(alheia) == corrigir("nenhuma")
    assert porta.fotografia() == antes


# --- the panel


def na_pagina(
    porta: Porta, caller: str | None, nome: str, rota: Rota, alvo: Alvo, *, csrf: bool = True
) -> TestResponse:
    """Ask for a page with a session of the caller, as if its login had been let in."""
    method, _, regra = nome.partition(" ")
    client = porta.app.test_client()
    filial, escopos = CALLERS[caller]
    quem = Caller(caller, None if filial is None else frozenset({filial}), escopos) if caller and escopos else None
    with porta.app.test_request_context("/painel/"):
        sessao = nova_sessao(quem)
        cookie = gravar(Response(), sessao).headers["Set-Cookie"].partition(";")[0]
        segredo = sessao.csrf()
    if quem or rota.quem is None:
        client.set_cookie(*cookie.split("=", 1), path="/painel")
    formulario = None if rota.corpo is None else {**rota.corpo(alvo), **({"csrf": segredo} if csrf else {})}
    answer = client.open(preencher(porta, regra, alvo), method=method, data=formulario)
    answer.get_data()
    answer.close()
    return answer


@pytest.mark.parametrize("nome", PAINEL)
def test_who_may_use_a_page(porta: Porta, nome: str) -> None:
    rota = PAINEL[nome]
    com_sessao = CALLERS.keys() - {"chave", "revogada"}
    alvo = Alvo(porta.reservar(pre_venda(numero="PV-0")), "PV-0", "1")
    antes = porta.fotografia()
    for caller in com_sessao:
        if not negado(caller, rota):
            continue
        answer = na_pagina(porta, caller, nome, rota, alvo)
        if caller is None and nome.startswith("GET"):
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/painel/entrar")
        else:
            assert answer.status_code == 403, caller
    assert porta.fotografia() == antes
    for caller in com_sessao:
        if not negado(caller, rota):
            answer = na_pagina(porta, caller, nome, rota, proprio(porta, caller, rota))
            dentro = nome == "GET /painel/entrar" and caller is not None
            assert answer.status_code == (303 if dentro else rota.proprio), (caller, answer.get_data(as_text=True))


@pytest.mark.parametrize("nome", [nome for nome, rota in PAINEL.items() if rota.alheio])
def test_foreign_and_absent_numbers_look_the_same_on_a_page(porta: Porta, nome: str) -> None:
    rota = PAINEL[nome]
    alheio = Alvo(porta.reservar(pre_venda(numero="PV-2", loja="2")), "PV-2", "1")
    ausente = Alvo(AUSENTE, "PV-0", "1")
    antes = porta.fotografia()
    for caller in ("retaguarda1", "leitura1"):
        if not negado(caller, rota):
            respostas = [forma(na_pagina(porta, caller, nome, rota, alvo), alvo) for alvo in (alheio, ausente)]
            assert respostas[0] == respostas[1]
            assert respostas[0][0] == rota.alheio
    assert porta.fotografia() == antes


@pytest.mark.parametrize("nome", [nome for nome, rota in PAINEL.items() if nome.startswith("POST")])
def test_a_form_without_its_token_does_nothing(porta: Porta, nome: str) -> None:
    alvo = Alvo(porta.reservar(pre_venda(numero="PV-1")), "PV-1", "1")
    antes = porta.fotografia()
    assert na_pagina(porta, "retaguarda", nome, PAINEL[nome], alvo, csrf=False).status_code == 403
    assert porta.fotografia() == antes


@pytest.mark.parametrize("nome", [nome for nome, rota in PAINEL.items() if rota.quem])
def test_a_token_opens_no_page(porta: Porta, nome: str) -> None:
    alvo = Alvo(porta.reservar(pre_venda(numero="PV-1")), "PV-1", "1")
    method, _, regra = nome.partition(" ")
    answer = porta.pedir(method, preencher(porta, regra, alvo), "retaguarda")
    assert answer.status_code == (303 if method == "GET" else 403)
