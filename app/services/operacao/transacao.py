"""The one transaction of every operation: fence, anchor, repeats, numbers, marks and acceptance (R2, R14, R15, R20).

What reserve, alter, pay, cancel, the sweep, the back office and the corrections do differs only in the function that
runs inside. It takes the further locks in the order of R20 (PCPEDC, PCEST, PCPEDI, PCPEDICESTA, PCCLIENT, PCCONSUM),
decides, writes, and says what came of it; a refusal or a fault it raises leaves nothing written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from app.domain.desfecho import Desfecho
from app.domain.estoque import Chave, Saldo, Unidades
from app.domain.pre_venda import Situacao
from app.services.gateway import Gateway, utc
from app.services.operacao import cota, registro
from app.services.operacao.desfecho import responder
from app.services.operacao.registro import Medir, Operacao, nao_medir
from app.services.operacao.requisicao import Requisicao, Resposta
from app.winthor import estoque, numeracao, operacoes, pedidos
from app.winthor.db.transaction import Connection
from app.winthor.numeracao import NumeroEmUso
from app.winthor.pedidos import Linhas, Ordem

# How often a number that is in use is passed before the operation is given up as busy.
NUMEROS_TENTADOS = 20
# What a lock is waited for at the least when the opening has used up the time for it.
ESPERA_MINIMA_S = 0.5


class NadaFeito(Exception):
    """Raised inside an internal transaction that ends without effect; ``motivo`` is for a person."""

    def __init__(self, motivo: str) -> None:
        super().__init__(motivo)
        self.motivo = motivo


class _SemNumero(Exception):
    """The work wants a number and none was drawn: it is drawn after the rollback, and the work begins again."""

    def __init__(self, codusur: int) -> None:
        super().__init__("NUMPED")
        self.codusur = codusur


@dataclass(frozen=True, slots=True)
class EstoqueTravado:
    """The stock rows under their locks, and the lines of the order that holds units of them."""

    saldos: Mapping[Chave, Saldo]
    linhas: Linhas


@dataclass(frozen=True, slots=True)
class Transacao:
    """What the work inside has: the connection, the request, the current number of the pre-sale (None: none yet)."""

    gw: Gateway
    connection: Connection
    requisicao: Requisicao
    atual: int | None
    medir: Medir
    numeros: Mapping[int, int]

    def numped(self, codusur: int) -> int:
        """The number drawn for an order of the RCA, the same in every repeat."""
        if codusur not in self.numeros:
            raise _SemNumero(codusur)
        return self.numeros[codusur]

    def lock_saldos(self, chaves: Unidades, *, antes_das_linhas: bool = False) -> Mapping[Chave, Saldo]:
        """Lock stock rows and read them; ``antes_das_linhas``: those of an order's lines are locked next. Raises
        Ocupado."""
        saldos = estoque.lock_saldos(self.connection, chaves, antes_de_varias=antes_das_linhas)
        self.medir("locks")
        return saldos

    def lock_estoque(self, ordem: Ordem, mais: Unidades | None = None) -> EstoqueTravado:
        """Lock the stock rows that the locked order holds and those of ``mais``, then its lines, and read all (R20).

        Raises Ocupado; LinhasMudaram when the lines have come to hold other rows: then all is repeated.
        """
        regra = self.gw.regra_de_retencao(self.connection, futura=ordem.futura)
        chaves = {**(mais or {}), **pedidos.linhas_de(ordem, ordem.vistas, regra).retidas}
        saldos = estoque.lock_saldos(self.connection, chaves, antes_de_varias=True)
        linhas = pedidos.lock_linhas(self.connection, ordem, regra, travadas=chaves)
        self.medir("locks")
        return EstoqueTravado(saldos, linhas)


Gravar = Callable[[Transacao], Desfecho]


def transacao(
    gw: Gateway,
    operacao: Operacao,
    requisicao: Requisicao,
    gravar: Gravar,
    *,
    rca: int | None = None,
    estoque_primeiro: bool = False,
) -> Resposta:
    """Run ``gravar`` for an opened operation and accept it in the same commit; the answer (R15).

    Own row and anchor are locked first, by one statement. ``rca``: whose number is drawn beforehand;
    ``estoque_primeiro``: what ``gravar`` locks first are several stock rows. ``gravar`` runs again where the database
    asks for it. Raises what it raises, and Falha.
    """

    def trabalho(connection: Connection, numeros: Mapping[int, int]) -> Resposta:
        ancora = operacoes.lock_operacao(
            connection, operacao.nova.id, utc(gw.agora()), antes_de_varias=estoque_primeiro
        )
        desfecho = gravar(Transacao(gw, connection, requisicao, ancora.numped, operacao.medir, numeros))
        if requisicao.pre_venda.situacao is Situacao.DISPONIVEL:
            cota.conferir_no_fim(gw, connection, requisicao)
        operacao.medir("gravacao")
        resposta = responder(gw, requisicao, desfecho)
        registro.aceitar(gw, connection, operacao, requisicao, resposta, desfecho)
        return resposta

    return _com_numeros(gw, trabalho, rca, until=operacao.fim, usados_s=operacao.espera_usada)


def transacao_interna(
    gw: Gateway,
    requisicao: Requisicao,
    gravar: Gravar,
    *,
    livre: bool = False,
    render: Callable[[Requisicao, Desfecho], Resposta] | None = None,
) -> None:
    """Run ``gravar`` for an action of time or of a correction, which is recorded as done in the same commit.

    ``livre``: an anchor that another operation holds is not waited for; ``render``: its answer, where that is not the
    one of every operation. Raises NadaFeito, what ``gravar`` raises, and
    Falha.
    """
    lock = operacoes.lock_ancora_livre if livre else operacoes.lock_ancora

    def trabalho(connection: Connection, numeros: Mapping[int, int]) -> None:
        ancora = lock(connection, requisicao.pre_venda.filial or "", requisicao.pre_venda.numero or "")
        if ancora is None:
            raise NadaFeito("em uso por outra operação")
        desfecho = gravar(Transacao(gw, connection, requisicao, ancora.numped, nao_medir, numeros))
        feito = replace(requisicao, corpo={**requisicao.corpo, **desfecho.registro})
        resposta = responder(gw, feito, desfecho) if render is None else render(feito, desfecho)
        registro.registrar_efeito(gw, connection, feito, resposta, desfecho)

    _com_numeros(gw, trabalho, None)


T = TypeVar("T")


def _com_numeros(
    gw: Gateway,
    trabalho: Callable[[Connection, Mapping[int, int]], T],
    rca: int | None,
    *,
    until: float | None = None,
    usados_s: float = 0.0,
) -> T:
    """Run the work with the number it wants, drawn outside its transaction (R2)."""
    espera = gw.db.espera(min(usados_s, max(gw.db.espera_s - ESPERA_MINIMA_S, 0.0)))
    fonte = gw.settings.numeracao
    numeros: dict[int, int] = {}

    def sortear(codusur: int) -> int:
        como = numeracao.prever if gw.db.sem_numeros else numeracao.sortear
        return gw.db.run(lambda c: como(c, codusur, fonte), until=until, espera=espera, sozinho=True)

    if rca is not None:
        numeros[rca] = sortear(rca)
    for tentativa in range(NUMEROS_TENTADOS):
        try:
            return gw.db.run(lambda c: trabalho(c, numeros), until=until, espera=espera)
        except _SemNumero as falta:
            numeros[falta.codusur] = sortear(falta.codusur)
        except NumeroEmUso as em_uso:
            if tentativa == NUMEROS_TENTADOS - 1 or (until is not None and time.monotonic() > until):
                raise
            codusur = next(rca for rca, numero in numeros.items() if numero == em_uso.numped)
            numeros[codusur] = gw.db.run(
                lambda c, u=em_uso.numped, r=codusur: numeracao.sortear_depois_de(c, u, r, fonte),  # type: ignore[misc]
                until=until,
                espera=espera,
                sozinho=True,
            )
    raise AssertionError("the loop returns or raises")
