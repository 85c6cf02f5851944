"""Reading GW_OPERACAO for people: no lock, no decision is taken on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.winthor.db.lists import any_of
from app.winthor.db.rowid import RowId, RowIdIs
from app.winthor.esquema.gateway_tables import GW_CREDENCIAL, GW_OPERACAO
from app.winthor.esquema.tables import PCLOGPEDIDOAPI, PCPEDC, PCPEDI, PCPEDICESTA

Linha = Mapping[str, Any]

# Without the answer: a CLOB costs a round trip of its own on Oracle.
_DA_LISTA = [coluna for coluna in GW_OPERACAO.columns if coluna.name != "RESPOSTA"]


def ultima_operacao(connection: sa.Connection, filial: str, numero: str) -> Linha | None:
    """The newest operation of a pre-sale, with its stored answer."""
    o = GW_OPERACAO.c
    query = sa.select(GW_OPERACAO).where(o.CODFILIAL == filial, o.NUMERO == numero).order_by(o.ID.desc())
    row = connection.execute(query).first()
    return None if row is None else dict(row._mapping)


@dataclass(frozen=True, slots=True)
class Filtro:
    """None = any. ``iguais``: column -> value. ``filiais``: the caller's branches, None = all; rows without a branch
    are for callers of all branches only. Times are UTC without zone."""

    iguais: Mapping[str, Any]
    filiais: Collection[str] | None
    codprod: int | None = None
    de: dt.datetime | None = None
    ate: dt.datetime | None = None


def _filtrar(query: sa.Select[Any], filtro: Filtro) -> sa.Select[Any]:
    o = GW_OPERACAO.c
    query = query.where(*[o[nome] == valor for nome, valor in filtro.iguais.items() if valor is not None])
    if filtro.filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filtro.filiais)))
    if filtro.codprod is not None:
        query = query.where(o.NUMPED.in_(pedidos_com(filtro.codprod)))
    if filtro.de is not None:
        query = query.where(o.DTINICIO >= filtro.de, o.ID >= primeiro_id(filtro.de - _FOLGA))
    if filtro.ate is not None:
        query = query.where(o.DTINICIO <= filtro.ate, o.ID <= primeiro_id(filtro.ate + _FOLGA))
    return query


def pedidos_com(codprod: int) -> sa.CompoundSelect[Any]:
    """NUMPED of every order with a product, as an item or in a kit. One list: a planner may begin with it, which it may
    not with two joined by OR."""
    linhas = sa.select(PCPEDI.c.NUMPED).where(PCPEDI.c.CODPROD == codprod)
    componentes = sa.select(PCPEDICESTA.c.NUMPED).where(PCPEDICESTA.c.CODPRODMP == codprod)
    return sa.union_all(linhas, componentes)


_FOLGA = dt.timedelta(milliseconds=2)


def primeiro_id(instante: dt.datetime) -> str:
    """The smallest id an operation of this instant (UTC without zone) can have: ids begin with their time."""
    return f"{int(instante.replace(tzinfo=dt.UTC).timestamp() * 1000):012x}"


def listar_operacoes(
    connection: sa.Connection, filtro: Filtro, *, antes_de: str | None = None, limite: int
) -> list[Linha]:
    """Operations from newest to oldest: ids are in order of time, so the id is the page's key."""
    o = GW_OPERACAO.c
    query = _filtrar(sa.select(*_DA_LISTA), filtro)
    if antes_de is not None:
        query = query.where(o.ID < antes_de)
    return [dict(row._mapping) for row in connection.execute(query.order_by(o.ID.desc()).limit(limite))]


def uma_operacao(connection: sa.Connection, id_operacao: str) -> Linha | None:
    """One operation with its stored answer."""
    row = connection.execute(sa.select(GW_OPERACAO).where(GW_OPERACAO.c.ID == id_operacao)).first()
    return None if row is None else dict(row._mapping)


def linha_do_log(connection: sa.Connection, rowid: str) -> Linha | None:
    """The row of PCLOGPEDIDOAPI at an address."""
    row = connection.execute(sa.select(PCLOGPEDIDOAPI).where(RowIdIs()), {"B_ROWID": rowid}).first()
    return None if row is None else dict(row._mapping)


def contar_por_status(connection: sa.Connection, filtro: Filtro) -> dict[str, int]:
    """How many operations are A, R and P."""
    o = GW_OPERACAO.c
    query = _filtrar(sa.select(o.ESTADO, sa.func.count().label("QUANTAS")).select_from(GW_OPERACAO), filtro)
    return {row.ESTADO: int(row.QUANTAS) for row in connection.execute(query.group_by(o.ESTADO))}


def recusas_por_codigo(connection: sa.Connection, filtro: Filtro) -> list[Linha]:
    """(CODIGO, CODFILIAL, QUANTAS, PRIMEIRA, ULTIMA) of the refusals."""
    o = GW_OPERACAO.c
    colunas = (
        o.CODIGO,
        o.CODFILIAL,
        sa.func.count().label("QUANTAS"),
        sa.func.min(o.DTINICIO, type_=o.DTINICIO.type).label("PRIMEIRA"),
        sa.func.max(o.DTINICIO, type_=o.DTINICIO.type).label("ULTIMA"),
    )
    # By the code, not by ESTADO: a planner must not walk all refusals ever for those of a day.
    query = _filtrar(sa.select(*colunas), filtro).where(o.CODIGO.is_not(None)).group_by(o.CODIGO, o.CODFILIAL)
    return [dict(row._mapping) for row in connection.execute(query)]


def por_hora(connection: sa.Connection, filtro: Filtro) -> list[Linha]:
    """(DIA, HORA, ESTADO, CODIGO, QUANTAS), day of the month and hour in UTC; for spans below a month."""
    o = GW_OPERACAO.c
    dia, hora = sa.extract("day", o.DTINICIO), sa.extract("hour", o.DTINICIO)
    colunas = (dia.label("DIA"), hora.label("HORA"), o.ESTADO, o.CODIGO, sa.func.count().label("QUANTAS"))
    query = _filtrar(sa.select(*colunas), filtro).group_by(dia, hora, o.ESTADO, o.CODIGO)
    return [dict(row._mapping) for row in connection.execute(query)]


def mais_antiga_pendente(connection: sa.Connection, filiais: Collection[str] | None) -> dt.datetime | None:
    """When the oldest operation still P began (UTC without zone)."""
    o = GW_OPERACAO.c
    query = sa.select(sa.func.min(o.DTINICIO, type_=o.DTINICIO.type)).where(o.ESTADO == "P")
    if filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filiais)))
    inicio: dt.datetime | None = connection.execute(query).scalar()
    return inicio


def de_pessoas(connection: sa.Connection, filiais: Collection[str] | None, limite: int) -> list[Linha]:
    """The newest operations of people who may act in the back office, with their log rows' addresses."""
    o, c = GW_OPERACAO.c, GW_CREDENCIAL.c
    pessoas = sa.select(c.LOGIN).where(sa.or_(c.ESCOPOS.like("%retaguarda-agir%"), c.ESCOPOS.like("%admin%")))
    logins = list(connection.execute(pessoas).scalars())
    delas = sa.or_(any_of(o.CALLER, sorted(logins)), sa.and_(o.CALLER >= "cli:", o.CALLER < "cli;"))
    query = sa.select(*_DA_LISTA).where(delas)
    if filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filiais)))
    return [dict(row._mapping) for row in connection.execute(query.order_by(o.ID.desc()).limit(limite))]


def enderecos_do_log(connection: sa.Connection, de: dt.datetime, ate: dt.datetime) -> set[str]:
    """Addresses of the log rows of operations that began in a span (UTC without zone)."""
    o = GW_OPERACAO.c
    query = sa.select(o.LOGROWID).where(o.ID >= primeiro_id(de), o.ID <= primeiro_id(ate), o.LOGROWID.is_not(None))
    return set(connection.execute(query).scalars())


def linhas_do_log(connection: sa.Connection, de: dt.datetime, ate: dt.datetime) -> Iterator[Linha]:
    """Rows of PCLOGPEDIDOAPI of a span by the ERP's clock, newest first, with their address, without their JSON."""
    c = PCLOGPEDIDOAPI.c
    query = (
        sa.select(RowId().label("ENDERECO"), c.DATA, c.NUMPED, c.POSICAO, c.OPERACAO, c.STATUS, c.CODCLI)
        .where(c.DATA >= de, c.DATA <= ate)
        .order_by(c.DATA.desc())
    )
    for row in connection.execution_options(yield_per=500).execute(query):
        yield {**row._mapping, "ENDERECO": str(row.ENDERECO)}


def filiais_dos_pedidos(connection: sa.Connection, numpeds: Collection[int]) -> dict[int, str]:
    """CODFILIAL of each order that exists."""
    if not numpeds:
        return {}
    p = PCPEDC.c
    query = sa.select(p.NUMPED, p.CODFILIAL).where(any_of(p.NUMPED, sorted(numpeds)))
    return {row.NUMPED: row.CODFILIAL for row in connection.execute(query)}


def duracoes(connection: sa.Connection, filtro: Filtro, limite: int) -> list[str]:
    """TEMPOS of the newest operations that have them."""
    o = GW_OPERACAO.c
    query = _filtrar(sa.select(o.TEMPOS), filtro).where(o.TEMPOS.is_not(None)).order_by(o.ID.desc()).limit(limite)
    return [str(texto) for texto in connection.execute(query).scalars()]


def contar_vencidas(connection: sa.Connection, agora: dt.datetime) -> int:
    """Operations still P past their deadline."""
    o = GW_OPERACAO.c
    query = sa.select(sa.func.count()).select_from(GW_OPERACAO).where(o.ESTADO == "P", o.DTLIMITE < agora)
    return int(connection.execute(query).scalar_one())
