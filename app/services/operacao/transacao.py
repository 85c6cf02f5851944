"""The one transaction of every operation: fence, anchor, repeats, numbers, marks and acceptance (R2, R14, R15, R20).

What reserve, alter, pay, cancel, the sweep, the back office and the corrections do differs only in the function that
runs inside. It takes the further locks in the order of R20 (PCPEDC, PCEST, PCPEDI, PCPEDICESTA, PCCLIENT, PCCONSUM),
decides, writes, and says what came of it; a refusal or a fault it raises leaves nothing written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from app.domain.desfecho import Desfecho
from app.domain.estoque import Chave, Saldo, Unidades
from app.domain.eventos import Evento
from app.domain.pre_venda import Situacao
from app.services.gateway import Gateway, utc
from app.services.operacao import cota, registro
from app.services.operacao.desfecho import responder
from app.services.operacao.registro import Medir, Operacao, nao_medir
from app.services.operacao.requisicao import Requisicao, Resposta
from app.winthor import estoque, numeracao, operacoes, pedidos
from app.winthor.db.faults import NumeracaoEsgotada
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
    """The work wants numbers that were not drawn: they are drawn after the rollback, and the work begins again.

    ``para_entregas``: those of deliveries, without which it goes on.
    """

    def __init__(self, codusur: int, quantos: int = 1, *, para_entregas: bool = False) -> None:
        super().__init__("NUMPED")
        self.codusur = codusur
        self.quantos = quantos
        self.para_entregas = para_entregas


@dataclass(slots=True)
class Numeros:
    """Numbers drawn for the work, the same in every repeat: of its order and of its deliveries, by RCA; and the RCAs
    that have none left for deliveries."""

    do_pedido: dict[int, int] = field(default_factory=dict)
    das_entregas: dict[int, list[int]] = field(default_factory=dict)
    sem_entregas: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class EstoqueTravado:
    """The stock rows under their locks, and the lines of the order that holds units of them."""

    saldos: Mapping[Chave, Saldo]
    linhas: Linhas


@dataclass(frozen=True, slots=True)
class Transacao:
    """What the work inside has: the connection, the request, the current number of the pre-sale (None: none yet).

    ``eventos``: what the work tells beside the events of its outcome, and before them (R27).
    """

    gw: Gateway
    connection: Connection
    requisicao: Requisicao
    atual: int | None
    medir: Medir
    numeros: Numeros
    eventos: list[Evento] = field(default_factory=list)

    def numped(self, codusur: int) -> int:
        """The number drawn for an order of the RCA, the same in every repeat."""
        if codusur not in self.numeros.do_pedido:
            raise _SemNumero(codusur)
        return self.numeros.do_pedido[codusur]

    def numpeds_das_entregas(self, codusur: int, quantos: int) -> list[int] | None:
        """Numbers for so many deliveries of the RCA's order; None when there are not so many left (R23)."""
        if codusur in self.numeros.sem_entregas:
            return None
        sorteados = self.numeros.das_entregas.get(codusur, [])
        if len(sorteados) < quantos:
            raise _SemNumero(codusur, quantos - len(sorteados), para_entregas=True)
        return sorteados[:quantos]

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
    entregas: tuple[int, int] | None = None,
    estoque_primeiro: bool = False,
    render: Callable[[Gateway, Requisicao, Desfecho], Resposta] = responder,
) -> Resposta:
    """Run ``gravar`` for an opened operation and accept it in the same commit; the answer (R15).

    Own row and anchor are locked first, by one statement. ``rca``: whose number is drawn beforehand; ``entregas``:
    whose numbers for deliveries, and how many;
    ``estoque_primeiro``: what ``gravar`` locks first are several stock rows; ``render``: its answer, where that is not
    the one of every operation. ``gravar`` runs again where the database asks for it. Raises what it raises, and Falha.
    """

    def trabalho(connection: Connection, numeros: Numeros) -> Resposta:
        ancora = operacoes.lock_operacao(
            connection, operacao.nova.id, utc(gw.agora()), antes_de_varias=estoque_primeiro
        )
        tx = Transacao(gw, connection, requisicao, ancora.numped, operacao.medir, numeros)
        desfecho = gravar(tx)
        if requisicao.pre_venda.situacao is Situacao.DISPONIVEL:
            cota.conferir_no_fim(gw, connection, requisicao)
        operacao.medir("gravacao")
        resposta = render(gw, requisicao, desfecho)
        registro.aceitar(gw, connection, operacao, requisicao, resposta, desfecho, tx.eventos)
        return resposta

    return _com_numeros(gw, trabalho, rca, entregas, until=operacao.fim, usados_s=operacao.espera_usada)


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

    def trabalho(connection: Connection, numeros: Numeros) -> None:
        ancora = lock(connection, requisicao.pre_venda.filial or "", requisicao.pre_venda.numero or "")
        if ancora is None:
            raise NadaFeito("em uso por outra operação")
        tx = Transacao(gw, connection, requisicao, ancora.numped, nao_medir, numeros)
        desfecho = gravar(tx)
        feito = replace(requisicao, corpo={**requisicao.corpo, **desfecho.registro})
        resposta = responder(gw, feito, desfecho) if render is None else render(feito, desfecho)
        registro.registrar_efeito(gw, connection, feito, resposta, desfecho, tx.eventos)

    _com_numeros(gw, trabalho, None)


T = TypeVar("T")


def _com_numeros(
    gw: Gateway,
    trabalho: Callable[[Connection, Numeros], T],
    rca: int | None,
    entregas: tuple[int, int] | None = None,
    *,
    until: float | None = None,
    usados_s: float = 0.0,
) -> T:
    """Run the work with the numbers it wants, drawn outside its transaction (R2)."""
    espera = gw.db.espera(min(usados_s, max(gw.db.espera_s - ESPERA_MINIMA_S, 0.0)))
    fonte = gw.settings.numeracao
    numeros = Numeros()

    def sozinho(sorteio: Callable[[Connection], list[int]]) -> list[int]:
        return gw.db.run(sorteio, until=until, espera=espera, sozinho=True)

    def sortear(codusur: int, quantos: int = 1) -> list[int]:
        como = numeracao.prever if gw.db.sem_numeros else numeracao.sortear
        return sozinho(lambda c: como(c, codusur, fonte, quantos))

    def sortear_depois_de(codusur: int, usado: int) -> int:
        return sozinho(lambda c: [numeracao.sortear_depois_de(c, usado, codusur, fonte)])[0]

    def sortear_para_entregas(codusur: int, quantos: int) -> None:
        try:
            numeros.das_entregas.setdefault(codusur, []).extend(sortear(codusur, quantos))
        except NumeracaoEsgotada:
            numeros.sem_entregas.add(codusur)

    if rca is not None:
        numeros.do_pedido[rca] = sortear(rca)[0]
    if entregas is not None:
        sortear_para_entregas(*entregas)
    for tentativa in range(NUMEROS_TENTADOS):
        try:
            return gw.db.run(lambda c: trabalho(c, numeros), until=until, espera=espera)
        except _SemNumero as falta:
            if falta.para_entregas:
                sortear_para_entregas(falta.codusur, falta.quantos)
            else:
                numeros.do_pedido[falta.codusur] = sortear(falta.codusur)[0]
        except NumeroEmUso as em_uso:
            if tentativa == NUMEROS_TENTADOS - 1 or (until is not None and time.monotonic() > until):
                raise
            _trocar(numeros, em_uso.numped, sortear_depois_de)
    raise AssertionError("the loop returns or raises")


def _trocar(numeros: Numeros, usado: int, depois_de: Callable[[int, int], int]) -> None:
    """Put another number in the place of one that turned out to be in use; of deliveries all of them, since it is not
    told which. Raises NumeracaoEsgotada for an order; its deliveries are given up."""
    for rca, numero in numeros.do_pedido.items():
        if numero == usado:
            numeros.do_pedido[rca] = depois_de(rca, usado)
            return
    for rca, sorteados in numeros.das_entregas.items():
        if usado in sorteados:
            ultimo = max(sorteados)
            try:
                for n in range(len(sorteados)):
                    ultimo = sorteados[n] = depois_de(rca, ultimo)
            except NumeracaoEsgotada:
                numeros.sem_entregas.add(rca)
            return
    raise AssertionError(f"no number of the work: {usado}")
