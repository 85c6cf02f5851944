"""GW_RESERVA: what the gateway remembers of a reservation beyond WinThor's columns (R11, R16, R17)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.validade import TermoSolicitado
from app.domain.vida import Estado, NoWinThor, estado_efetivo
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC, PCPEDI
from app.winthor.separacao import SEPARADO, separado


@dataclass(frozen=True, slots=True)
class Reserva:
    """A reservation with its order's position. Times are UTC without zone; ``estado`` is the one that counts,
    ``registrado`` what the gateway has recorded;
    ``encerrada``: WinThor has invoiced or cancelled the order and all its deliveries, or they are gone."""

    numped: int
    filial: str
    numero: str
    estado: Estado
    registrado: Estado
    expira: dt.datetime | None
    anterior: int | None
    seguinte: int | None
    modo_kit: str
    posicao: str | None
    encerrada: bool


@dataclass(frozen=True, slots=True)
class ReservaVencida:
    """A reservation past due, by its pre-sale."""

    numped: int
    filial: str
    numero: str


def insert(
    connection: sa.Connection,
    *,
    numped: int,
    filial: str,
    numero: str,
    estado: Estado,
    expira: dt.datetime | None,
    anterior: int | None,
    modo_kit: str,
    caller: str,
    agora: dt.datetime,
    solicitado: TermoSolicitado | None = None,
    cadeia: dt.datetime | None = None,
    avisado: Estado | None = None,
    qt: Decimal | None = None,
) -> None:
    """Insert the reservation. Times are UTC without zone.

    ``solicitado``: the term that it, or its chain before it, asked for; ``cadeia``: when its chain began, None with it.
    ``avisado``: where WinThor has its order, as it is told (R27); ``qt``: the units on its lines, None: not looked at.
    """
    lock_ttl, pagamento = (None, None) if solicitado is None else (solicitado.lock_ttl, solicitado.pagamento)
    connection.execute(
        _INSERIR,
        [
            {
                "NUMPED": numped,
                "CODFILIAL": filial,
                "NUMERO": numero,
                "ESTADO": estado.value,
                "DTEXPIRA": expira,
                "NUMPED_ANTERIOR": anterior,
                "MODO_KIT": modo_kit,
                "CALLER": caller,
                "DTCRIACAO": agora,
                "DTALTERACAO": agora,
                "LOCKTTL_S": None if lock_ttl is None else int(lock_ttl.total_seconds()),
                "DTPAGAMENTO": None if pagamento is None else dt.datetime.combine(pagamento, dt.time.min),
                "DTCADEIA": cadeia,
                "AVISADO": None if avisado is None else avisado.value,
                "QTAVISADA": qt,
            }
        ],
    )


def find(connection: sa.Connection, numped: int) -> Reserva | None:
    """The reservation of an order and where WinThor has moved it; None when it has no GW_ row. No lock."""
    rows = connection.execute(_UMA, {"B_NUMPED": numped}).all()
    return reserva_de(rows) if rows else None


_R = GW_RESERVA.c
_ENTREGA = PCPEDC.alias("ENTREGA")
_DO_NUMERO = _R.NUMPED == sa.bindparam("B_NUMPED")
# What ``reserva_de`` reads, by names that no other table of a statement has.
COLUNAS = (
    _R.NUMPED.label("RESERVA"),
    _R.CODFILIAL.label("FILIAL_DA_RESERVA"),
    _R.NUMERO.label("NUMERO_DA_RESERVA"),
    _R.ESTADO.label("ESTADO_DA_RESERVA"),
    _R.DTEXPIRA,
    _R.NUMPED_ANTERIOR,
    _R.NUMPED_SEGUINTE,
    _R.MODO_KIT,
    PCPEDC.c.POSICAO,
    PCPEDC.c.NUMTRANSVENDA,
    SEPARADO.label("SEPARADO"),
    PCPEDC.c.CODCOB,
    _ENTREGA.c.NUMPED.label("ENTREGA"),
    _ENTREGA.c.POSICAO.label("POSICAO_DA_ENTREGA"),
    _ENTREGA.c.NUMTRANSVENDA.label("NUMTRANSVENDA_DA_ENTREGA"),
    separado(_ENTREGA.c).label("ENTREGA_SEPARADA"),
)


def com_a_reserva(tabela: sa.FromClause, numped: sa.ColumnElement[Any]) -> sa.Join:
    """``tabela``, each row beside the reservation of the order ``numped`` that it names, if any, and what tells where
    WinThor has moved it; a row for each of its deliveries."""
    return _com_o_pedido(tabela.outerjoin(GW_RESERVA, _R.NUMPED == numped))


def _com_o_pedido(reserva: sa.FromClause) -> sa.Join:
    return (
        reserva.outerjoin(PCPEDC, PCPEDC.c.NUMPED == _R.NUMPED)
        .outerjoin(GW_ENTREGA, GW_ENTREGA.c.NUMPED_TV7 == _R.NUMPED)
        .outerjoin(_ENTREGA, _ENTREGA.c.NUMPED == GW_ENTREGA.c.NUMPED_TV8)
    )


_UMA = sa.select(*COLUNAS).select_from(_com_o_pedido(GW_RESERVA)).where(_DO_NUMERO)
_AVISOS = sa.select(_R.AVISADO, _R.QTAVISADA, _R.DTVENCENDO).where(_DO_NUMERO)
_INSERIR = sa.insert(GW_RESERVA)
_MUDAR = sa.update(GW_RESERVA).where(_DO_NUMERO)


def fim_da_linhagem(connection: sa.Connection, numped: int) -> int:
    """The last number of the chain of alterations that ``numped`` is in (R11); one statement however long it is."""
    esta, outra = GW_RESERVA.alias("esta"), GW_RESERVA.alias("outra")
    mesma = sa.and_(outra.c.CODFILIAL == esta.c.CODFILIAL, outra.c.NUMERO == esta.c.NUMERO)
    query = (
        sa.select(outra.c.NUMPED, outra.c.NUMPED_SEGUINTE)
        .select_from(esta.join(outra, mesma))
        .where(esta.c.NUMPED == numped, outra.c.NUMPED_SEGUINTE.is_not(None))
    )
    seguintes = {row.NUMPED: row.NUMPED_SEGUINTE for row in connection.execute(query)}
    while numped in seguintes:
        numped = seguintes[numped]
    return numped


def update(
    connection: sa.Connection,
    numped: int,
    agora: dt.datetime,
    *,
    estado: Estado | None = None,
    expira: dt.datetime | None = None,
    sem_prazo: bool = False,
    seguinte: int | None = None,
) -> None:
    """Change what is given of the reservation, whose anchor is locked already; ``sem_prazo``: time ends it no more.

    Times are UTC without zone.
    """
    valores: dict[str, Any] = {"DTALTERACAO": agora, "B_NUMPED": numped}
    if estado is not None:
        valores["ESTADO"] = estado.value
    if expira is not None or sem_prazo:
        valores["DTEXPIRA"] = expira
    if seguinte is not None:
        valores["NUMPED_SEGUINTE"] = seguinte
    connection.execute(_MUDAR, valores)


@dataclass(frozen=True, slots=True)
class Avisos:
    """What was told of a reservation last (R27): where WinThor had its order, the units on its lines, its end (UTC)."""

    avisado: Estado | None
    qt: Decimal | None
    vencendo: dt.datetime | None


def find_avisos(connection: sa.Connection, numped: int) -> Avisos:
    """What was told; nobody tells anything without the anchor of the pre-sale, which is locked. One row must exist."""
    row = connection.execute(_AVISOS, {"B_NUMPED": numped}).one()
    return Avisos(None if row.AVISADO is None else Estado(row.AVISADO), row.QTAVISADA, row.DTVENCENDO)


def update_avisado(connection: sa.Connection, numped: int, avisado: Estado | None) -> None:
    """Remember where WinThor has the order, as it is told; the anchor is locked."""
    connection.execute(_MUDAR, {"AVISADO": None if avisado is None else avisado.value, "B_NUMPED": numped})


def update_qt_avisada(connection: sa.Connection, numped: int, qt: Decimal) -> None:
    """Remember the units on the order's lines, as they are told; the anchor is locked."""
    connection.execute(_MUDAR, {"QTAVISADA": qt, "B_NUMPED": numped})


def update_vencendo(connection: sa.Connection, numped: int, fim: dt.datetime) -> None:
    """Remember the end of which it is told that it comes (UTC); the anchor is locked."""
    connection.execute(_MUDAR, {"DTVENCENDO": fim, "B_NUMPED": numped})


def count_abertas(connection: sa.Connection, caller: str) -> int:
    """Reservations of a caller that hold stock and were not paid. No lock."""
    query = sa.select(sa.func.count()).select_from(_ABERTAS_DE).where(_R.CALLER == caller, _ABERTA)
    return int(connection.execute(query).scalar_one())


# Recorded as neither paid nor ended, and not ended by WinThor either.
_ABERTAS_DE = GW_RESERVA.join(PCPEDC, PCPEDC.c.NUMPED == _R.NUMPED)
_ABERTA = sa.and_(
    _R.ESTADO.in_([Estado.AUTORIZADA.value, Estado.RESGATADA.value]),
    PCPEDC.c.POSICAO.not_in(["F", "C"]),
    sa.func.coalesce(PCPEDC.c.NUMTRANSVENDA, 0) == 0,
)


def unidades_abertas(connection: sa.Connection, caller: str, menos: int | None) -> Decimal:
    """Units on the lines of those reservations, a kit counted as one, but for the reservation ``menos``. No lock."""
    nao_cortada = sa.func.coalesce(PCPEDI.c.POSICAO, "L") != "C"
    query = (
        sa.select(sa.func.sum(PCPEDI.c.QT))
        .select_from(_ABERTAS_DE.join(PCPEDI, PCPEDI.c.NUMPED == _R.NUMPED))
        .where(_R.CALLER == caller, _ABERTA, nao_cortada, _R.NUMPED != (menos or 0))
    )
    return connection.execute(query).scalar_one() or Decimal(0)


def vencidas(connection: sa.Connection, agora: dt.datetime, depois_de: int, limite: int) -> list[ReservaVencida]:
    """AUTORIZADA reservations past due, by number after ``depois_de``. No lock."""
    r = GW_RESERVA.c
    query = (
        sa.select(r.NUMPED, r.CODFILIAL, r.NUMERO)
        .where(r.ESTADO == Estado.AUTORIZADA.value, r.DTEXPIRA <= agora, r.NUMPED > depois_de)
        .order_by(r.NUMPED)
        .limit(limite)
    )
    return [ReservaVencida(*row) for row in connection.execute(query)]


def reserva_de(rows: Sequence[Any]) -> Reserva | None:
    """The reservation that rows with ``COLUNAS`` are of; None when they are of none."""
    row = rows[0]
    if row.RESERVA is None:
        return None
    no_winthor = NoWinThor(row.POSICAO, bool(row.NUMTRANSVENDA), bool(row.SEPARADO), row.CODCOB)
    entregas = [
        NoWinThor(r.POSICAO_DA_ENTREGA, bool(r.NUMTRANSVENDA_DA_ENTREGA), bool(r.ENTREGA_SEPARADA))
        for r in rows
        if r.ENTREGA is not None
    ]
    return Reserva(
        numped=row.RESERVA,
        filial=row.FILIAL_DA_RESERVA,
        numero=row.NUMERO_DA_RESERVA,
        estado=estado_efetivo(Estado(row.ESTADO_DA_RESERVA), no_winthor, entregas),
        registrado=Estado(row.ESTADO_DA_RESERVA),
        expira=row.DTEXPIRA,
        anterior=row.NUMPED_ANTERIOR,
        seguinte=row.NUMPED_SEGUINTE,
        modo_kit=row.MODO_KIT,
        posicao=row.POSICAO,
        encerrada=all(um.encerrado for um in (no_winthor, *entregas)),
    )
