"""Settle: record as ended the reservations whose order WinThor has ended and freed (R16, R19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.linhas import unidades
from app.domain.vida import Estado
from app.services.eventos.observar import contar_o_fim
from app.services.eventos.registrar import registrar
from app.services.gateway import Gateway, utc
from app.services.operacao.andamento import Seguir, sempre
from app.winthor import operacoes, pedidos, reservas
from app.winthor.consultas import conciliacao
from app.winthor.consultas.conciliacao import ReservaConferida
from app.winthor.db.transaction import Connection
from app.winthor.entregas import entregas_de

LOTE = 200


@dataclass(frozen=True, slots=True)
class Encerrada:
    """An ended order and the stock rows that its lines held, as they were seen; the counter of each was right."""

    numped: int
    filial: str
    numero: str
    chaves: frozenset[Chave]


def assentar(gw: Gateway, *, seguir: Seguir = sempre) -> list[int]:
    """Record as BAIXADA or CANCELADA the reservations whose order WinThor has ended and freed; returns their numbers.

    Only those none of whose stock rows has a wrong counter: the others stay as they are, to explain it. No stock is
    changed. What is read grows with the ended orders at hand and their products, never with the ERP's other orders.
    """
    feitas: list[int] = []
    for encerrada in _encerradas(gw):
        if not seguir():
            break
        if gw.db.run(lambda c, e=encerrada: _assentar_uma(gw, c, e)):  # type: ignore[misc]
            feitas.append(encerrada.numped)
    return feitas


def _encerradas(gw: Gateway) -> Iterator[Encerrada]:
    """Ended orders, batch by batch, but for those that a wrong counter may still count."""
    ultimo = 0
    while True:
        with gw.db.read(in_batches=True) as connection:
            lote = conciliacao.encerradas_no_winthor(connection, ultimo, LOTE)
            limpas = _limpas(gw, connection, lote) if lote else []
        yield from limpas
        if len(lote) < LOTE:
            return
        ultimo = lote[-1].numped


def _limpas(gw: Gateway, connection: Connection, lote: list[ReservaConferida]) -> list[Encerrada]:
    """The counters are read after the orders: what one of them left uncounted is seen."""
    numpeds = [row.numped for row in lote]
    entregas = entregas_de(connection, numpeds)
    linhas = pedidos.find_linhas_de(connection, [*numpeds, *chain.from_iterable(entregas.values())])
    encerradas = [
        Encerrada(
            row.numped,
            row.filial,
            row.numero,
            frozenset(
                chave
                for numped in (row.numped, *entregas.get(row.numped, ()))
                for chave in unidades(linhas.get(numped, []), row.modo_kit)
            ),
        )
        for row in lote
    ]
    produtos = {codprod for encerrada in encerradas for _, codprod in encerrada.chaves}
    if not produtos:
        return encerradas
    contadores = conciliacao.contadores(connection, gw.regra_de_retencao(connection), None, produtos=produtos)
    # A counter below zero counts nothing of anybody (R4).
    erradas = {contador.chave for contador in contadores if max(contador.reservado, ZERO) != contador.esperado}
    return [encerrada for encerrada in encerradas if not encerrada.chaves & erradas]


def _assentar_uma(gw: Gateway, connection: Connection, encerrada: Encerrada) -> bool:
    if operacoes.lock_ancora_livre(connection, encerrada.filial, encerrada.numero) is None:
        return False
    ordem = pedidos.lock_ordem(connection, encerrada.numped, com_linhas=True)
    if ordem is None or ordem.estado not in {Estado.BAIXADA, Estado.CANCELADA}:
        return False
    familia = [*ordem.vistas, *chain.from_iterable(entrega.vistas for entrega in ordem.entregas)]
    if not encerrada.chaves.issuperset(unidades(familia, ordem.modo_kit or gw.settings.modo_kit)):
        return False  # WinThor has changed its lines since the counters were read
    registrar(gw, connection, contar_o_fim(connection, ordem))
    reservas.update(connection, ordem.numped, utc(gw.agora()), estado=ordem.estado)
    return True
