"""Every cell of the table of docs/integrador.md (§5, R16), over HTTP: state × what is asked -> what happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.domain.vida import Acao, Estado
from app.services.tempo import expirar
from app.winthor import reservas
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

RESERVADAS, ALTERADAS = 3, 5

ALTERAR, RECEBER, RESGATAR, CANCELAR, TEMPO = "alterar", "1", "3", "0", "tempo"
ACOES = (ALTERAR, RECEBER, RESGATAR, CANCELAR, TEMPO)
NO_CODIGO = ("ALTERAR", "CONFIRMAR", "RESGATAR", "CANCELAR", "EXPIRAR")
# What only a person of the back office asks for.
DE_PESSOA = {Acao.PRORROGAR, Acao.CANCELAR_ASSUMIDA, Acao.REMANEJAR}


@pytest.fixture
def casa(casa: Casa) -> Iterator[Casa]:
    """Tokens outlive the tests' long walks through time."""
    longa = casa.com(jwt_minutos=1_000_000)
    yield longa
    longa.close()


@dataclass(frozen=True)
class Caso:
    """What the cell says. ``unidades``: QTRESERV afterwards; ``letra``: OPERACAO and STATUS of the log row, if any."""

    http: int | None
    resultado: str
    unidades: int
    letra: str | None
    novo: bool = False


def muda(estado: str, unidades: int = RESERVADAS) -> Caso:
    return Caso(200, estado, unidades, "CA" if estado == "CANCELADA" else "AA")


def recusa(codigo: str, unidades: int = RESERVADAS) -> Caso:
    return Caso(409, codigo, unidades, "AR")


def nada(estado: str, unidades: int = RESERVADAS) -> Caso:
    return Caso(None, estado, unidades, None)


def nova(estado: str, unidades: int) -> Caso:
    return Caso(201, estado, unidades, "AA", novo=True)


SEPARACAO = "RESERVA_EM_SEPARACAO"
FATURADA = "RESERVA_FATURADA"
CANCELADA = "RESERVA_CANCELADA"

# Read as the table of docs/integrador.md: alter | 1 RECEBIDO | 3 RESGATADA | 0 CANCELADA | time.
TABELA: dict[str, tuple[Caso, Caso, Caso, Caso, Caso]] = {
    "AUTORIZADA": (
        nova("AUTORIZADA", ALTERADAS),
        muda("CONFIRMADA"),
        muda("RESGATADA"),
        muda("CANCELADA", 0),
        Caso(None, "EXPIRADA", 0, "CA"),
    ),
    "RESGATADA": (
        recusa("RESERVA_RESGATADA"),
        muda("CONFIRMADA"),
        muda("RESGATADA"),
        muda("CANCELADA", 0),
        nada("RESGATADA"),
    ),
    "CONFIRMADA": (
        recusa("RESERVA_CONFIRMADA"),
        muda("CONFIRMADA"),
        muda("CONFIRMADA"),
        muda("CANCELADA", 0),
        nada("CONFIRMADA"),
    ),
    "ASSUMIDA": (
        recusa("RESERVA_ASSUMIDA"),
        muda("CONFIRMADA"),
        muda("ASSUMIDA"),
        Caso(409, "RESERVA_ASSUMIDA", RESERVADAS, "CR"),
        nada("ASSUMIDA"),
    ),
    "RECONHECIDA": (
        recusa(SEPARACAO),
        muda("RECONHECIDA"),
        muda("RECONHECIDA"),
        Caso(409, SEPARACAO, RESERVADAS, "CR"),
        nada("RECONHECIDA"),
    ),
    "BLOQUEADA": (
        recusa("RESERVA_BLOQUEADA", 0),
        muda("BLOQUEADA", 0),
        muda("BLOQUEADA", 0),
        muda("CANCELADA", 0),
        nada("BLOQUEADA", 0),
    ),
    "BAIXADA": (
        recusa(FATURADA, 0),
        recusa(FATURADA, 0),
        muda("BAIXADA", 0),
        Caso(409, FATURADA, 0, "CR"),
        nada("BAIXADA", 0),
    ),
    "FATURADA SEM 'F'": (
        recusa(FATURADA, 0),
        recusa(FATURADA, 0),
        muda("BAIXADA", 0),
        Caso(409, FATURADA, 0, "CR"),
        nada("BAIXADA", 0),
    ),
    "CANCELADA": (
        recusa(CANCELADA, 0),
        recusa(CANCELADA, 0),
        recusa(CANCELADA, 0),
        muda("CANCELADA", 0),
        nada("CANCELADA", 0),
    ),
    "EXPIRADA": (
        nova("AUTORIZADA", ALTERADAS),
        nova("CONFIRMADA", RESERVADAS),
        recusa("RESERVA_EXPIRADA", 0),
        Caso(200, "EXPIRADA", 0, "CA"),
        nada("EXPIRADA", 0),
    ),
    "SUBSTITUIDA": (
        recusa("RESERVA_SUBSTITUIDA"),
        muda("CONFIRMADA"),
        muda("RESGATADA"),
        muda("CANCELADA", 0),
        Caso(None, "SUBSTITUIDA", 0, "CA"),
    ),
}
NO_WINTHOR = {
    "ASSUMIDA": "UPDATE PCPEDC SET CODCOB = 'BK' WHERE NUMPED = :n",
    "BLOQUEADA": "UPDATE PCPEDC SET POSICAO = 'B' WHERE NUMPED = :n",
    "RECONHECIDA": "UPDATE PCPEDC SET POSICAO = 'M', NUMCAR = 7 WHERE NUMPED = :n",
    "BAIXADA": "UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 70 WHERE NUMPED = :n",
    "FATURADA SEM 'F'": "UPDATE PCPEDC SET NUMTRANSVENDA = 70 WHERE NUMPED = :n",
}
PELO_PDV = {"RESGATADA": 3, "CONFIRMADA": 1, "CANCELADA": 0}


def levar(casa: Casa, estado: str, numero: str) -> int:
    """Make a reservation and bring it into a state; its number."""
    corpo = pre_venda(item(quantidade=RESERVADAS), numero=numero)
    numped = casa.reservar(corpo)
    casa.relogio.andar(seconds=1)
    if estado in PELO_PDV:
        assert casa.enviar({**corpo, "situacaoPreVenda": PELO_PDV[estado], "idRetaguarda": numped}).status_code == 200
    elif estado in NO_WINTHOR:
        casa.executar(NO_WINTHOR[estado], n=numped)
        if estado not in {"RECONHECIDA", "ASSUMIDA"}:  # what is blocked or invoiced is not counted any more
            casa.executar("UPDATE PCEST SET QTRESERV = 0 WHERE CODFILIAL = '1' AND CODPROD = 1")
    elif estado == "EXPIRADA":
        casa.relogio.andar(days=12)
        assert expirar.expirar(casa.gw).expiradas == [numped]
    elif estado == "SUBSTITUIDA":
        casa.reservar({**corpo, "idRetaguarda": numped})
    casa.relogio.andar(seconds=1)
    return numped


def esquecer(casa: Casa) -> None:
    """Nothing is reserved any more, so that the next cell begins like the first."""
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA', DTEXPIRA = NULL")
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C', CODCOB = NULL")
    casa.executar("UPDATE PCEST SET QTESTGER = 1000, QTRESERV = 0 WHERE CODFILIAL = '1' AND CODPROD = 1")
    casa.relogio.andar(seconds=1)


def pedido(numped: int, acao: str) -> dict[str, Any]:
    """What the POS sends; an operator makes it another request than the one that led here."""
    corpo = pre_venda(item(quantidade=ALTERADAS if acao == ALTERAR else RESERVADAS), numero=acao, idRetaguarda=numped)
    return {**corpo, "situacaoPreVenda": 2 if acao == ALTERAR else int(acao), "idOperadorRetaguarda": 300}


def estado_de(casa: Casa, numped: int) -> str:
    with casa.gw.db.read() as connection:
        reserva = reservas.find(connection, numped)
    return "" if reserva is None else reserva.estado.value


def letra(casa: Casa) -> str:
    """OPERACAO and STATUS of the newest log row."""
    log = casa.ultimo_log()
    return log["OPERACAO"] + log["STATUS"]


@pytest.mark.parametrize("estado", TABELA)
def test_row_of_the_table(casa: Casa, estado: str, subtests: pytest.Subtests) -> None:
    for acao, caso in zip(ACOES, TABELA[estado], strict=True):
        with subtests.test(acao):
            conferir_celula(casa, estado, acao, caso)
        esquecer(casa)


def conferir_celula(casa: Casa, estado: str, acao: str, caso: Caso) -> None:
    """Bring a reservation into the state, do the action, and look at all that may have changed."""
    numped = levar(casa, estado, acao)
    logs, pedidos = casa.contar("PCLOGPEDIDOAPI"), casa.contar("PCPEDC")
    if acao == TEMPO:
        casa.relogio.andar(days=40)
        expirar.expirar(casa.gw)
        assert estado_de(casa, numped) == caso.resultado
    elif caso.http == 409:
        body = casa.recusado(pedido(numped, acao))
        assert (body["status"], body["codigo"]) == (409, caso.resultado)
    else:
        answer = casa.enviar(pedido(numped, acao))
        data = answer.get_json()["data"]
        assert (answer.status_code, data["situacaoReserva"]) == (caso.http, caso.resultado)
        assert data["idRetaguarda"] == casa.tabela("PCPEDC")[-1]["NUMPED"]
        assert estado_de(casa, data["idRetaguarda"]) == caso.resultado
    assert casa.qtreserv(1) == caso.unidades
    assert casa.contar("PCPEDC") - pedidos == (1 if caso.novo else 0)
    assert casa.contar("PCLOGPEDIDOAPI") - logs == (0 if caso.letra is None else 1)
    assert caso.letra in (None, letra(casa))


NOMES_NO_PDV = {
    "AUTORIZADA": "DISPONIVEL",
    "CONFIRMADA": "RECEBIDO",
    "RECONHECIDA": "RECEBIDO",
    "BLOQUEADA": "DISPONIVEL",
    "ASSUMIDA": "DISPONIVEL",
    "RESGATADA": "RESGATADA",
    "BAIXADA": "RESGATADA",
    "FATURADA SEM 'F'": "RESGATADA",
    "CANCELADA": "CANCELADA",
    "EXPIRADA": "CANCELADA",
    "SUBSTITUIDA": "CANCELADA",
}


def test_name_of_the_state_at_the_point_of_sale(casa: Casa, subtests: pytest.Subtests) -> None:
    for estado, nome in NOMES_NO_PDV.items():
        numped = levar(casa, estado, numero=estado)
        with subtests.test(estado):
            detalhe = casa.pedir("GET", f"/api/v1/reservas/{numped}", "retaguarda").get_json()
            assert detalhe["situacaoPreVenda"] == nome
            assert detalhe["situacaoReserva"] == ("BAIXADA" if estado.startswith("FATURADA") else estado)
        esquecer(casa)


def test_every_cell_of_the_code_is_in_this_table() -> None:
    assert {estado.value for estado in Estado} == set(TABELA) - {"FATURADA SEM 'F'"}
    assert set(Acao) - DE_PESSOA == {Acao[a] for a in NO_CODIGO}
    assert len(NO_CODIGO) == len(ACOES)
