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
from werkzeug.test import TestResponse

from app.services.credenciais import ADMIN, PDV, RETAGUARDA, RETAGUARDA_AGIR
from tests.builders import pre_venda
from tests.casa import LOGIN, ROTA
from tests.integration.porta.conftest import Porta

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
    "GET /api/v1/pre-vendas/<numero>": Rota(TODOS, 200, 200, query=_da_filial),
    "GET /api/v1/reservas": Rota(LE),
    "GET /api/v1/reservas/<int:numped>": Rota(LE, 200, 404),
    "POST /api/v1/reservas/<int:numped>/cancelamento": Rota(AGE, 200, 404, lambda _: {"motivo": "teste"}),
    "POST /api/v1/reservas/<int:numped>/prorrogacao": Rota(AGE, 200, 404, lambda _: {"dias": 2, "motivo": "teste"}),
    "GET /api/v1/estoque/<filial>/<int:codprod>": Rota(TODOS),
    "GET /api/v1/log": Rota(LE),
    "GET /api/v1/conciliacao": Rota(LE),
    "POST /api/v1/conciliacao/correcoes": Rota(AGE, corpo=lambda _: {"todos": True, "motivo": "teste"}),
    f"POST {LOGIN}": Rota(ABERTA, corpo=lambda _: {"login": "pdv1", "senha": "demo"}),
    "GET /health/live": Rota(ABERTA),
    "GET /health/ready": Rota(ABERTA),
    "GET /openapi.json": Rota(ABERTA),
}


def rotas(porta: Porta) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in porta.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def pedir(porta: Porta, caller: str | None, nome: str, rota: Rota, alvo: Alvo) -> TestResponse:
    method, _, regra = nome.partition(" ")
    nomes = {"numero": alvo.numero, "int:numped": str(alvo.numped), "filial": alvo.filial, "int:codprod": "1"}
    path = re.sub(r"<([^>]+)>", lambda achado: nomes[achado[1]], regra)
    extra = {} if rota.corpo is None else {"json": rota.corpo(alvo)}
    return porta.pedir(method, path + rota.query(alvo), caller, **extra)


def forma(answer: TestResponse, alvo: Alvo) -> tuple[int, str]:
    """Status and body, with what the caller sent taken out."""
    texto = answer.get_data(as_text=True)
    return answer.status_code, texto.replace(str(alvo.numped), "N").replace(alvo.numero, "P")


def negado(caller: str | None, rota: Rota) -> tuple[int, str] | None:
    """Status and codigo of a caller that may not use the route at all."""
    if rota.quem is None:
        return None
    if not CALLERS[caller][1]:
        return 401, "NAO_AUTENTICADO"
    return None if CALLERS[caller][1] & rota.quem else (403, "ESCOPO_INSUFICIENTE")


def test_every_route_is_in_the_matrix(porta: Porta) -> None:
    assert rotas(porta) == MATRIZ.keys()


@pytest.mark.parametrize("nome", MATRIZ)
def test_who_may_use_a_route(porta: Porta, nome: str) -> None:
    rota = MATRIZ[nome]
    for caller in CALLERS:
        filial = CALLERS[caller][0] or "1"
        numero = f"PV-{caller}"
        alvo = Alvo(porta.reservar(pre_venda(numero=numero, loja=filial)), numero, filial)
        antes = porta.fotografia(sem=USO)
        answer = pedir(porta, caller, nome, rota, alvo)
        esperado = negado(caller, rota)
        if esperado is None:
            assert answer.status_code == rota.proprio, (caller, answer.get_data(as_text=True))
        else:
            assert (answer.status_code, answer.get_json(force=True)["codigo"]) == esperado, caller
            assert porta.fotografia(sem=USO) == antes


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


DA_FILIAL = [nome for nome, rota in MATRIZ.items() if rota.quem and PDV in rota.quem]


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
