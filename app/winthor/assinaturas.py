"""GW_ASSINATURA: who is called when something happens, and how far each has come (R28)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.domain.assinatura import EstadoDaAssinatura
from app.domain.eventos import TipoDeEvento
from app.winthor.db.travas import com_limite
from app.winthor.esquema.gateway_tables import GW_ASSINATURA

TODOS = "*"


@dataclass(frozen=True, slots=True)
class Assinatura:
    """A subscription. Times are UTC without zone; ``tipos`` and ``filiais`` None: all. The secrets are encrypted.

    ``cursor``: the place up to which all was delivered; ``tentativas``: how many have failed in a row for the event
    after it; ``proxima``: when the next one may be; ``resultado``: of the last one.
    """

    id: str
    url: str
    tipos: frozenset[TipoDeEvento] | None
    filiais: frozenset[str] | None
    segredo: str
    segredo_anterior: str | None
    segredo_desde: dt.datetime
    estado: EstadoDaAssinatura
    caller: str
    criada: dt.datetime
    cursor: int
    tentativas: int
    proxima: dt.datetime
    ultima: dt.datetime | None
    resultado: str | None


_A = GW_ASSINATURA.c
_TODAS = sa.select(GW_ASSINATURA).order_by(_A.DTCRIACAO, _A.ID)
_PELO_ID = _A.ID == sa.bindparam("B_ID")
_MUDAR = sa.update(GW_ASSINATURA).where(_PELO_ID)
_ATIVA = _A.ESTADO == EstadoDaAssinatura.ATIVA.value
_AGORA = sa.bindparam("B_AGORA", type_=_A.DTPROXIMA.type)
_LIVRE = sa.or_(_A.DTDONO.is_(None), _A.DTDONO <= _AGORA)
_LIVRES = sa.select(_A.ID, _A.CURSOR_SEQ).where(_ATIVA, _A.DTPROXIMA <= _AGORA, _LIVRE).order_by(_A.DTPROXIMA)
_TOMAR = sa.update(GW_ASSINATURA).where(_PELO_ID, _ATIVA, _A.DTPROXIMA <= _AGORA, _LIVRE)
_ANOTAR = sa.update(GW_ASSINATURA).where(_PELO_ID, _A.DONO == sa.bindparam("B_DONO"), _ATIVA)
_SOLTAR = sa.update(GW_ASSINATURA).where(_PELO_ID, _A.DONO == sa.bindparam("B_DONO"))


def insert(connection: sa.Connection, nova: Assinatura) -> None:
    """Insert a subscription."""
    row = {
        "ID": nova.id,
        "URL": nova.url,
        "TIPOS": _lista(nova.tipos),
        "FILIAIS": _lista(nova.filiais),
        "SEGREDO": nova.segredo,
        "DTSEGREDO": nova.segredo_desde,
        "ESTADO": nova.estado.value,
        "CALLER": nova.caller,
        "DTCRIACAO": nova.criada,
        "CURSOR_SEQ": nova.cursor,
        "TENTATIVAS": nova.tentativas,
        "DTPROXIMA": nova.proxima,
    }
    connection.execute(sa.insert(GW_ASSINATURA), [row])


def _lista(valores: frozenset[Any] | None) -> str:
    return TODOS if valores is None else ",".join(sorted(map(str, valores)))


def find_all(connection: sa.Connection) -> list[Assinatura]:
    """All of them, the oldest first. No lock."""
    return [_assinatura(row) for row in connection.execute(_TODAS)]


def find(connection: sa.Connection, id_assinatura: str) -> Assinatura | None:
    """One of them. No lock."""
    row = connection.execute(sa.select(GW_ASSINATURA).where(_PELO_ID), {"B_ID": id_assinatura}).first()
    return None if row is None else _assinatura(row)


def _assinatura(row: Any) -> Assinatura:
    tipos = None if row.TIPOS == TODOS else frozenset(map(TipoDeEvento, row.TIPOS.split(",")))
    return Assinatura(
        id=row.ID,
        url=row.URL,
        tipos=tipos,
        filiais=None if row.FILIAIS == TODOS else frozenset(row.FILIAIS.split(",")),
        segredo=row.SEGREDO,
        segredo_anterior=row.SEGREDO_ANTERIOR,
        segredo_desde=row.DTSEGREDO,
        estado=EstadoDaAssinatura(row.ESTADO),
        caller=row.CALLER,
        criada=row.DTCRIACAO,
        cursor=row.CURSOR_SEQ,
        tentativas=row.TENTATIVAS,
        proxima=row.DTPROXIMA,
        ultima=row.DTULTIMA,
        resultado=row.RESULTADO,
    )


def tem_ativa(connection: sa.Connection) -> bool:
    """Whether anybody is to be called. No lock."""
    return connection.execute(sa.select(_A.ID).where(_ATIVA).limit(1)).first() is not None


def update_segredo(
    connection: sa.Connection, id_assinatura: str, segredo: str, anterior: str | None, agora: dt.datetime
) -> None:
    """Another secret; ``anterior`` signs too for a while after ``agora`` (UTC)."""
    valores = {"SEGREDO": segredo, "SEGREDO_ANTERIOR": anterior, "DTSEGREDO": agora, "B_ID": id_assinatura}
    connection.execute(_MUDAR, valores)


def update_estado(connection: sa.Connection, id_assinatura: str, estado: EstadoDaAssinatura) -> None:
    """Another state; whoever has it in hand notes nothing more."""
    connection.execute(_MUDAR, {"ESTADO": estado.value, "DONO": None, "DTDONO": None, "B_ID": id_assinatura})


def recomecar(connection: sa.Connection, id_assinatura: str, cursor: int, agora: dt.datetime) -> None:
    """Deliver again all after a place, from now on (UTC); whoever has it in hand notes nothing more."""
    valores = {
        "ESTADO": EstadoDaAssinatura.ATIVA.value,
        "CURSOR_SEQ": cursor,
        "TENTATIVAS": 0,
        "DTPROXIMA": agora,
        "DONO": None,
        "DTDONO": None,
        "B_ID": id_assinatura,
    }
    connection.execute(_MUDAR, valores)


def find_livres(connection: sa.Connection, agora: dt.datetime) -> dict[str, int]:
    """Those that may be called now (UTC) and nobody has in hand: id -> the place they have come to. No lock."""
    return {row.ID: row.CURSOR_SEQ for row in connection.execute(_LIVRES, {"B_AGORA": agora})}


def tomar(
    connection: sa.Connection, id_assinatura: str, dono: str, agora: dt.datetime, ate: dt.datetime
) -> Assinatura | None:
    """Take one in hand until an instant (UTC); None when it is not to be called now, or another has it."""
    valores = {"B_ID": id_assinatura, "B_AGORA": agora, "DONO": dono, "DTDONO": ate}
    if com_limite(connection, _TOMAR, valores).rowcount != 1:
        return None
    return find(connection, id_assinatura)


def anotar(
    connection: sa.Connection,
    id_assinatura: str,
    dono: str,
    *,
    cursor: int,
    tentativas: int,
    estado: EstadoDaAssinatura,
    agora: dt.datetime,
    proxima: dt.datetime,
    ate: dt.datetime,
    resultado: str | None,
) -> bool:
    """Note what became of an attempt (UTC); False when one does not have it in hand any more: then nothing is noted.

    ``ate``: until when one keeps it; ``resultado`` None: there was no attempt, only places to pass over.
    """
    valores = {
        "B_ID": id_assinatura,
        "B_DONO": dono,
        "CURSOR_SEQ": cursor,
        "TENTATIVAS": tentativas,
        "ESTADO": estado.value,
        "DTPROXIMA": proxima,
        "DTDONO": ate,
    }
    if resultado is not None:
        valores |= {"DTULTIMA": agora, "RESULTADO": resultado}
    return com_limite(connection, _ANOTAR, valores).rowcount == 1


def soltar(connection: sa.Connection, id_assinatura: str, dono: str) -> None:
    """Give one out of hand."""
    com_limite(connection, _SOLTAR, {"B_ID": id_assinatura, "B_DONO": dono, "DONO": None, "DTDONO": None})
