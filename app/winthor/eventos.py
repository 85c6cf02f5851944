"""GW_EVENTO: what happened, and its place in the feed (R27).

An event is inserted in the transaction of what it tells, without a place: a number drawn there could be seen after a
higher one that was committed first. Whoever reads the feed first gives the places (``publicar``), under the lock of one
row of GW_CONFIG: it sees what is committed by then, and commits its numbers before anybody else can give the next. So
whoever sees a place sees all lower ones, and what is committed later gets a higher one: a cursor jumps over nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.domain.eventos import Evento, TipoDeEvento
from app.domain.vida import Estado
from app.winthor.db.lists import any_of
from app.winthor.db.travas import lock
from app.winthor.esquema.gateway_tables import GW_CONFIG, GW_EVENTO

# GW_CONFIG: the last place given, and the last one whose event was forgotten.
ULTIMO = "EVENTO_ULTIMO"
APAGADO = "EVENTO_APAGADO"
PENDENTE = "S"


@dataclass(frozen=True, slots=True)
class NovoEvento:
    """An event to insert."""

    id: str
    evento: Evento


@dataclass(frozen=True, slots=True)
class EventoLido:
    """An event with its place. ``quando`` and ``evento.expira`` are UTC without zone."""

    seq: int
    id: str
    quando: dt.datetime
    evento: Evento


@dataclass(frozen=True, slots=True)
class Visto:
    """What tells whether somebody waits for an event."""

    seq: int
    filial: str
    tipo: TipoDeEvento


@dataclass(frozen=True, slots=True)
class Marcas:
    """The last place given, and the last one whose event was forgotten; 0: none."""

    ultimo: int
    apagado: int


_E = GW_EVENTO.c
# The anchor is locked: nobody else counts the events of the pre-sale now.
_ORDEM = (
    sa.select(sa.func.coalesce(sa.func.max(_E.ORDEM), 0) + sa.bindparam("B_MAIS", type_=_E.ORDEM.type))
    .where(_E.CODFILIAL == sa.bindparam("B_FILIAL"), _E.NUMERO == sa.bindparam("B_NUMERO"))
    .scalar_subquery()
)
_INSERIR = sa.insert(GW_EVENTO).values(ORDEM=_ORDEM)
_TEM_PENDENTE = sa.select(_E.ID).where(_E.PENDENTE == PENDENTE).limit(1)
_PENDENTES = sa.select(_E.ID, _E.CODFILIAL, _E.NUMERO, _E.ORDEM).where(_E.PENDENTE == PENDENTE)
_NUMERAR = (
    sa.update(GW_EVENTO)
    .where(_E.ID == sa.bindparam("B_ID"), _E.PENDENTE == PENDENTE)
    .values(SEQ=sa.bindparam("B_SEQ"), PENDENTE=sa.null())
)
_MARCA = sa.select(GW_CONFIG.c.VALOR).where(GW_CONFIG.c.CHAVE == sa.bindparam("B_CHAVE"))
_MUDAR_MARCA = sa.update(GW_CONFIG).where(GW_CONFIG.c.CHAVE == sa.bindparam("B_CHAVE"))


def insert(connection: sa.Connection, agora: dt.datetime, novos: Sequence[NovoEvento]) -> None:
    """Insert events of one pre-sale, whose anchor is locked, in their order; one array statement."""
    connection.execute(_INSERIR, [_row(agora, novo, mais) for mais, novo in enumerate(novos, start=1)])


def _row(agora: dt.datetime, novo: NovoEvento, mais: int) -> dict[str, Any]:
    evento = novo.evento
    return {
        "ID": novo.id,
        "PENDENTE": PENDENTE,
        "TIPO": evento.tipo.value,
        "DTEVENTO": agora,
        "CODFILIAL": evento.filial,
        "NUMERO": evento.numero,
        "NUMPED": evento.numped,
        "SUBSTITUI": evento.substitui,
        "ESTADO": evento.estado.value,
        "POSICAO": evento.posicao,
        "DTEXPIRA": evento.expira,
        "B_FILIAL": evento.filial,
        "B_NUMERO": evento.numero,
        "B_MAIS": mais,
    }


def tem_pendente(connection: sa.Connection) -> bool:
    """Whether there are events without a place. No lock."""
    return connection.execute(_TEM_PENDENTE).first() is not None


def publicar(connection: sa.Connection, limite: int) -> int:
    """Give up to so many events their places, the oldest first and those of a pre-sale in their order; how many.

    Locks the row of GW_CONFIG until the end. Raises Duplicado when another has just made that row, and Ocupado.
    """
    ultimo = _lock_marca(connection, ULTIMO)
    rows = connection.execute(_PENDENTES.order_by(_E.DTEVENTO, _E.ID).limit(limite)).all()
    if not rows:
        return 0
    numerados = [{"B_ID": id_evento, "B_SEQ": seq} for seq, id_evento in enumerate(_na_ordem(rows), start=ultimo + 1)]
    connection.execute(_NUMERAR, numerados)
    _gravar_marca(connection, ULTIMO, ultimo + len(rows))
    return len(rows)


def _na_ordem(rows: Sequence[Any]) -> list[str]:
    """The ids by time; the places that fall to a pre-sale take its events as they were counted, since clocks of hosts
    differ."""
    das_pre_vendas: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        das_pre_vendas.setdefault((row.CODFILIAL, row.NUMERO), []).append(row)
    filas = {chave: iter(sorted(grupo, key=lambda r: r.ORDEM)) for chave, grupo in das_pre_vendas.items()}
    return [next(filas[row.CODFILIAL, row.NUMERO]).ID for row in rows]


def _lock_marca(connection: sa.Connection, chave: str) -> int:
    row = lock(connection, _MARCA, {"B_CHAVE": chave}, nossas=True).first()
    if row is None:
        connection.execute(sa.insert(GW_CONFIG), [{"CHAVE": chave, "VALOR": "0"}])
        return 0
    return int(row.VALOR)


def _gravar_marca(connection: sa.Connection, chave: str, valor: int) -> None:
    connection.execute(_MUDAR_MARCA, {"B_CHAVE": chave, "VALOR": str(valor)})


def marcas(connection: sa.Connection) -> Marcas:
    """Where the feed begins and ends. No lock."""
    query = sa.select(GW_CONFIG.c.CHAVE, GW_CONFIG.c.VALOR).where(GW_CONFIG.c.CHAVE.in_([ULTIMO, APAGADO]))
    achadas = {row.CHAVE: int(row.VALOR) for row in connection.execute(query)}
    return Marcas(achadas.get(ULTIMO, 0), achadas.get(APAGADO, 0))


def find_all(
    connection: sa.Connection,
    depois: int,
    ate: int,
    *,
    filiais: Collection[str] | None,
    tipos: Collection[TipoDeEvento] | None,
    limite: int,
) -> list[EventoLido]:
    """Events with a place after ``depois`` up to ``ate``, in order; only of these branches and types, None: of all."""
    query = (
        sa.select(
            *(_E.SEQ, _E.ID, _E.TIPO, _E.DTEVENTO, _E.CODFILIAL, _E.NUMERO),
            *(_E.NUMPED, _E.SUBSTITUI, _E.ESTADO, _E.POSICAO, _E.DTEXPIRA),
        )
        .where(_E.SEQ > depois, _E.SEQ <= ate)
        .order_by(_E.SEQ)
        .limit(limite)
    )
    if filiais is not None:
        query = query.where(any_of(_E.CODFILIAL, sorted(filiais)))
    if tipos is not None:
        query = query.where(any_of(_E.TIPO, sorted(tipo.value for tipo in tipos)))
    return [_lido(row) for row in connection.execute(query)]


def _lido(row: Any) -> EventoLido:
    evento = Evento(
        tipo=TipoDeEvento(row.TIPO),
        filial=row.CODFILIAL,
        numero=row.NUMERO,
        numped=row.NUMPED,
        estado=Estado(row.ESTADO),
        posicao=row.POSICAO,
        expira=row.DTEXPIRA,
        substitui=row.SUBSTITUI,
    )
    return EventoLido(row.SEQ, row.ID, row.DTEVENTO, evento)


def find_vistos(connection: sa.Connection, depois: int, limite: int) -> list[Visto]:
    """Places after ``depois``, in order, and whom they concern. No lock."""
    query = sa.select(_E.SEQ, _E.CODFILIAL, _E.TIPO).where(_E.SEQ > depois).order_by(_E.SEQ).limit(limite)
    return [Visto(row.SEQ, row.CODFILIAL, TipoDeEvento(row.TIPO)) for row in connection.execute(query)]


def limpar(connection: sa.Connection, antes_de: dt.datetime, limite: int) -> int:
    """Forget up to so many events from before an instant (UTC), from the beginning of the feed; how many.

    Locks the row of GW_CONFIG that says where the feed begins. Raises Duplicado when another has just made that row,
    and Ocupado.
    """
    apagado = _lock_marca(connection, APAGADO)
    query = sa.select(_E.SEQ, _E.DTEVENTO).where(_E.SEQ > apagado).order_by(_E.SEQ).limit(limite)
    velhos = []
    for row in connection.execute(query).all():
        if row.DTEVENTO >= antes_de:
            break
        velhos.append(row.SEQ)
    if velhos:
        connection.execute(sa.delete(GW_EVENTO).where(_E.SEQ > apagado, _E.SEQ <= velhos[-1]))
        _gravar_marca(connection, APAGADO, velhos[-1])
    return len(velhos)
