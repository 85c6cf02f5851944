"""What the gateway has not done itself is told too: what WinThor does to an order, and a term that comes to its end
(R27).

Each is told once, on any number of hosts: what was told last is remembered with the reservation, and both are written
under the anchor of the pre-sale, in the commit of the event. WinThor's rows are only read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from app.domain.eventos import Evento, TipoDeEvento, avisar_em, o_que_o_winthor_fez
from app.domain.vida import REGISTRADOS_VIVOS, Estado
from app.services.eventos.registrar import registrar
from app.services.gateway import Gateway, utc
from app.winthor import operacoes, reservas
from app.winthor.consultas import avisos
from app.winthor.consultas.avisos import Contada, Movida, Vencendo
from app.winthor.db.transaction import Connection
from app.winthor.pedidos import Ordem
from app.winthor.reservas import Reserva

LOTE = 500


class DaReserva(Protocol):
    """What names a reservation."""

    @property
    def numped(self) -> int: ...

    @property
    def filial(self) -> str: ...

    @property
    def numero(self) -> str: ...


A = TypeVar("A", bound=DaReserva)
Seguir = Callable[[], bool]


def observar(gw: Gateway, seguir: Seguir) -> int:
    """Tell what WinThor has done to live reservations since the last time, and which terms end soon; how many events.

    Each in a transaction of its own; one whose anchor another holds is left for the next time. Raises Falha.
    """
    contados = 0
    for movida in _lotes(gw, lambda c, ultimo: avisos.find_movidas(c, ultimo, LOTE)):
        contados += seguir() and _contar(gw, movida, _movida)
    for contada in _lotes(gw, lambda c, ultimo: avisos.find_recontadas(c, ultimo, LOTE)):
        contados += seguir() and contada.qt != contada.avisada and _contar(gw, contada, _recontada)
    agora = gw.agora()
    antes = dt.timedelta(hours=gw.settings.vencendo_horas)
    em_breve = (utc(agora), utc(agora + antes))
    for vencendo in _lotes(gw, lambda c, ultimo: avisos.find_vencendo(c, *em_breve, ultimo, LOTE)):
        na_hora = avisar_em(vencendo.inicio, vencendo.fim, antes) <= utc(agora)
        contados += seguir() and na_hora and _contar(gw, vencendo, _vencendo)
    return contados


def contar_o_fim(connection: Connection, ordem: Ordem) -> list[Evento]:
    """Remember that WinThor has ended the order, where nobody has told it yet; the event, for the caller to insert.

    The anchor is locked. ``ordem.estado`` is BAIXADA or CANCELADA.
    """
    aviso = o_que_o_winthor_fez(ordem.estado, reservas.find_avisos(connection, ordem.numped).avisado)
    if aviso is None:
        return []
    reservas.update_avisado(connection, ordem.numped, aviso.avisado)
    return [] if aviso.tipo is None else [_evento(ordem, aviso.tipo)]


def _lotes(gw: Gateway, find: Callable[[Connection, int], Sequence[A]]) -> Iterator[A]:
    ultimo = 0
    while True:
        with gw.db.read() as connection:
            lote = find(connection, ultimo)
        yield from lote
        if len(lote) < LOTE:
            return
        ultimo = lote[-1].numped


def _contar(gw: Gateway, achada: A, julgar: Callable[[Gateway, Connection, Reserva, A], TipoDeEvento | None]) -> bool:
    """Judge one again under its anchor and tell it; whether there was something to tell."""

    def gravar(connection: Connection) -> bool:
        if operacoes.lock_ancora_livre(connection, achada.filial, achada.numero) is None:
            return False
        reserva = reservas.find(connection, achada.numped)
        if reserva is None or reserva.registrado not in REGISTRADOS_VIVOS:
            return False
        tipo = julgar(gw, connection, reserva, achada)
        if tipo is not None:
            registrar(gw, connection, [_evento(reserva, tipo)])
        return tipo is not None

    return gw.db.run(gravar)


def _movida(_gw: Gateway, connection: Connection, reserva: Reserva, _achada: Movida) -> TipoDeEvento | None:
    aviso = o_que_o_winthor_fez(reserva.estado, reservas.find_avisos(connection, reserva.numped).avisado)
    if aviso is None:
        return None
    reservas.update_avisado(connection, reserva.numped, aviso.avisado)
    return aviso.tipo


def _recontada(_gw: Gateway, connection: Connection, reserva: Reserva, achada: Contada) -> TipoDeEvento | None:
    """Units are counted when somebody looks for the first time; those that change afterwards WinThor has changed."""
    avisada = reservas.find_avisos(connection, reserva.numped).qt
    if avisada == achada.qt:
        return None
    reservas.update_qt_avisada(connection, reserva.numped, achada.qt)
    return None if avisada is None else TipoDeEvento.ALTERADA


def _vencendo(gw: Gateway, connection: Connection, reserva: Reserva, achada: Vencendo) -> TipoDeEvento | None:
    if reserva.estado is not Estado.AUTORIZADA or reserva.expira != achada.fim or achada.fim <= utc(gw.agora()):
        return None
    if reservas.find_avisos(connection, reserva.numped).vencendo == achada.fim:
        return None
    reservas.update_vencendo(connection, reserva.numped, achada.fim)
    return TipoDeEvento.VENCENDO


def _evento(reserva: Reserva | Ordem, tipo: TipoDeEvento) -> Evento:
    expira = reserva.expira if reserva.estado is Estado.AUTORIZADA else None
    return Evento(tipo, reserva.filial, reserva.numero, reserva.numped, reserva.estado, reserva.posicao, expira)
