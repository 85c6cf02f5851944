"""Reading GW_OPERACAO for people: no lock, no decision is taken on it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.domain.rastro import Rastro
from app.winthor.db.lists import any_of
from app.winthor.db.rowid import RowId, RowIdIs, no_endereco
from app.winthor.esquema.gateway_tables import GW_CREDENCIAL, GW_OPERACAO, GW_RECUSA_PRODUTO, GW_RESERVA
from app.winthor.esquema.tables import PCLOGPEDIDOAPI, PCPEDC, PCPEDI, PCPEDICESTA


@dataclass(frozen=True, slots=True)
class OperacaoDoLog:
    """A row of GW_OPERACAO without its answer. Instants are aware, in UTC; ``tempos``: milliseconds per step."""

    id: str
    operacao: str
    estado: str
    codigo: str | None
    http: int | None
    filial: str | None
    numero: str | None
    situacao: int | None
    numped: int | None
    id_retaguarda: int | None
    caller: str | None
    inicio: dt.datetime
    limite: dt.datetime
    fim: dt.datetime | None
    tempos: Mapping[str, int] | None
    efeito: str | None
    rowid: str | None


@dataclass(frozen=True, slots=True)
class OperacaoComResposta:
    """An operation with its stored answer, JSON text; None when it has none yet."""

    operacao: OperacaoDoLog
    resposta: str | None

    @property
    def rastro(self) -> Rastro:
        """What tells its log row from others."""
        o = self.operacao
        return Rastro(o.id, o.rowid, o.operacao, o.estado, o.numero, self.resposta)


@dataclass(frozen=True, slots=True)
class LinhaDoLog:
    """A row of PCLOGPEDIDOAPI at an address, without its JSON. ``data`` is by the ERP's clock, without zone."""

    endereco: str
    data: dt.datetime | None
    numped: int | None
    posicao: str | None
    operacao: str | None
    status: str | None
    codcli: int | None


@dataclass(frozen=True, slots=True)
class LinhaDoLogComJson:
    """A row of PCLOGPEDIDOAPI with its JSON text."""

    linha: LinhaDoLog
    json: str | None


@dataclass(frozen=True, slots=True)
class Contagens:
    """How many operations are A, R and P."""

    aceitas: int = 0
    recusadas: int = 0
    pendentes: int = 0


@dataclass(frozen=True, slots=True)
class RecusasDoCodigo:
    """The refusals of one code in one branch; the first and the last of them, in UTC."""

    codigo: str
    filial: str | None
    quantas: int
    primeira: dt.datetime
    ultima: dt.datetime


@dataclass(frozen=True, slots=True)
class OperacoesDaHora:
    """How many operations of one state and code began in an hour (UTC); ``dia``: of the month."""

    dia: int
    hora: int
    estado: str
    codigo: str | None
    quantas: int


# Without the answer: a CLOB costs a round trip of its own on Oracle.
_O = GW_OPERACAO.c
DA_LISTA = (
    _O.ID,
    _O.OPERACAO,
    _O.ESTADO,
    _O.CODIGO,
    _O.HTTPSTATUS,
    _O.CODFILIAL,
    _O.NUMERO,
    _O.SITUACAO,
    _O.NUMPED,
    _O.IDRETAGUARDA,
    _O.CALLER,
    _O.DTINICIO,
    _O.DTLIMITE,
    _O.DTFIM,
    _O.TEMPOS,
    _O.EFEITO,
    _O.LOGROWID,
)


def operacao_lida(row: Any) -> OperacaoDoLog:
    return OperacaoDoLog(
        id=row.ID,
        operacao=row.OPERACAO,
        estado=row.ESTADO,
        codigo=row.CODIGO,
        http=row.HTTPSTATUS,
        filial=row.CODFILIAL,
        numero=row.NUMERO,
        situacao=row.SITUACAO,
        numped=row.NUMPED,
        id_retaguarda=row.IDRETAGUARDA,
        caller=row.CALLER,
        inicio=em_utc(row.DTINICIO),
        limite=em_utc(row.DTLIMITE),
        fim=None if row.DTFIM is None else em_utc(row.DTFIM),
        tempos=_tempos(row.TEMPOS),
        efeito=row.EFEITO,
        rowid=row.LOGROWID,
    )


def em_utc(instante: dt.datetime) -> dt.datetime:
    """An instant of the gateway's own tables, which they keep without its zone."""
    return instante.replace(tzinfo=dt.UTC)


def _tempos(texto: str | None) -> Mapping[str, int] | None:
    tempos: Mapping[str, int] | None = json.loads(texto) if texto else None
    return tempos


def _com_resposta(row: Any) -> OperacaoComResposta | None:
    return None if row is None else OperacaoComResposta(operacao_lida(row), row.RESPOSTA)


def ultima_operacao(connection: sa.Connection, filial: str, numero: str) -> OperacaoComResposta | None:
    """The newest operation of a pre-sale."""
    o = GW_OPERACAO.c
    query = sa.select(*DA_LISTA, o.RESPOSTA).where(o.CODFILIAL == filial, o.NUMERO == numero).order_by(o.ID.desc())
    return _com_resposta(connection.execute(query).first())


@dataclass(frozen=True, slots=True)
class FiltroDeOperacoes:
    """None = any. ``filiais``: the caller's branches, None = all; rows without a branch are for callers of all branches
    only. Times are UTC without zone."""

    filiais: Collection[str] | None
    operacao: str | None = None
    estado: str | None = None
    filial: str | None = None
    numero: str | None = None
    numped: int | None = None
    codigo: str | None = None
    caller: str | None = None
    codprod: int | None = None
    de: dt.datetime | None = None
    ate: dt.datetime | None = None


def _filtrar(query: sa.Select[Any], filtro: FiltroDeOperacoes, *, raro: bool = True) -> sa.Select[Any]:
    o = GW_OPERACAO.c
    iguais = (
        (o.OPERACAO, filtro.operacao),
        (o.ESTADO, filtro.estado),
        (o.CODFILIAL, filtro.filial),
        (o.NUMERO, filtro.numero),
        (o.NUMPED, filtro.numped),
        (o.CODIGO, filtro.codigo),
        (o.CALLER, filtro.caller),
    )
    query = query.where(*[coluna == valor for coluna, valor in iguais if valor is not None])
    if filtro.filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filtro.filiais)))
    if filtro.codprod is not None:
        com = o.ID.in_(_operacoes_com(filtro.codprod)) if raro else _tem(filtro.codprod)
        query = query.where(com)
    if filtro.de is not None:
        query = query.where(o.DTINICIO >= filtro.de, o.ID >= primeiro_id(filtro.de - _FOLGA))
    if filtro.ate is not None:
        query = query.where(o.DTINICIO <= filtro.ate, o.ID <= primeiro_id(filtro.ate + _FOLGA))
    return query


def _operacoes_com(codprod: int) -> sa.CompoundSelect[Any]:
    """ID of every operation with a product: of its order, or named by a request that was refused. One list too."""
    outra = GW_OPERACAO.alias("OUTRA")
    dos_pedidos = sa.select(outra.c.ID).where(outra.c.NUMPED.in_(pedidos_com(codprod)))
    recusadas = sa.select(GW_RECUSA_PRODUTO.c.ID).where(GW_RECUSA_PRODUTO.c.CODPROD == codprod)
    return sa.union_all(dos_pedidos, recusadas)


# Of a product with more lines the operations are walked from the newest on, which meets it soon enough.
LINHAS_DE_UM_RARO = 2000


def e_raro(connection: sa.Connection, codprod: int) -> bool:
    """Whether so few of WinThor's lines are of the product that a list of its operations may begin with them."""
    linhas = sa.select(PCPEDI.c.NUMPED).where(PCPEDI.c.CODPROD == codprod).limit(LINHAS_DE_UM_RARO + 1).subquery()
    return bool(connection.execute(sa.select(sa.func.count()).select_from(linhas)).scalar_one() <= LINHAS_DE_UM_RARO)


# Up to so many operations of a period each is asked for its product; of more a list of the product's is made.
PERGUNTADAS = 50_000


def _pela_lista(connection: sa.Connection, filtro: FiltroDeOperacoes) -> bool:
    """Whether to begin with a list of the product's operations, not with those of the period."""
    if filtro.codprod is None or filtro.de is None or e_raro(connection, filtro.codprod):
        return True
    do_periodo = sa.select(_O.ID).where(_O.ID >= primeiro_id(filtro.de - _FOLGA))
    if filtro.ate is not None:
        do_periodo = do_periodo.where(_O.ID <= primeiro_id(filtro.ate + _FOLGA))
    algumas = do_periodo.limit(PERGUNTADAS + 1).subquery()
    return bool(connection.execute(sa.select(sa.func.count()).select_from(algumas)).scalar_one() > PERGUNTADAS)


def _tem(codprod: int) -> sa.ColumnElement[bool]:
    """Whether an operation is about the product, asked of each."""
    recusa = GW_RECUSA_PRODUTO.c
    recusada = sa.select(sa.func.count()).select_from(GW_RECUSA_PRODUTO)
    recusada = recusada.where(recusa.ID == _O.ID, recusa.CODPROD == codprod).correlate(GW_OPERACAO)
    return sa.or_(tem_o_produto(_O.NUMPED, codprod), recusada.scalar_subquery() > 0)


def tem_o_produto(numped: Any, codprod: int) -> sa.ColumnElement[bool]:
    """Whether the order of a row has a product, as an item or in a kit, asked of each row by the key of its lines.
    Counted, not asked with EXISTS: of that a planner would make a list of all lines of the product first."""
    i, c = PCPEDI.c, PCPEDICESTA.c
    contadas = (
        sa.select(sa.func.count()).select_from(tabela).where(dele == numped, produto == codprod).correlate(numped.table)
        for tabela, dele, produto in ((PCPEDI, i.NUMPED, i.CODPROD), (PCPEDICESTA, c.NUMPED, c.CODPRODMP))
    )
    return sa.or_(*[contada.scalar_subquery() > 0 for contada in contadas])


def pedidos_com(codprod: int) -> sa.CompoundSelect[Any]:
    """NUMPED of every order of the gateway's with a product, as an item or in a kit. One list: a planner may begin with
    it, which it may not with two joined by OR. Whether it begins with the gateway's orders, whose lines their key
    finds, or with the product's lines, of which WinThor's own sales have far more, its statistics decide."""
    g, i, c = GW_RESERVA.c.NUMPED, PCPEDI.c, PCPEDICESTA.c
    linhas = sa.select(g).join(PCPEDI, i.NUMPED == g).where(i.CODPROD == codprod)
    componentes = sa.select(g).join(PCPEDICESTA, c.NUMPED == g).where(c.CODPRODMP == codprod)
    return sa.union_all(linhas, componentes)


_FOLGA = dt.timedelta(milliseconds=2)


def primeiro_id(instante: dt.datetime) -> str:
    """The smallest id an operation of this instant (UTC without zone) can have: ids begin with their time."""
    return f"{int(instante.replace(tzinfo=dt.UTC).timestamp() * 1000):012x}"


def find_operacoes(
    connection: sa.Connection, filtro: FiltroDeOperacoes, *, antes_de: str | None = None, pular: int = 0, limite: int
) -> list[OperacaoDoLog]:
    """Operations from newest to oldest: ids are in order of time, so the id is the page's key."""
    o = GW_OPERACAO.c
    raro = filtro.codprod is None or e_raro(connection, filtro.codprod)
    query = _filtrar(sa.select(*DA_LISTA), filtro, raro=raro)
    if antes_de is not None:
        query = query.where(o.ID < antes_de)
    if pular:
        query = query.offset(pular)
    return [operacao_lida(row) for row in connection.execute(query.order_by(o.ID.desc()).limit(limite))]


def respostas(connection: sa.Connection, ids: Collection[str]) -> dict[str, str | None]:
    """The stored answers of operations, as JSON text."""
    if not ids:
        return {}
    rows = connection.execute(sa.select(_O.ID, _O.RESPOSTA).where(any_of(_O.ID, sorted(ids))))
    return {row.ID: row.RESPOSTA for row in rows}


def uma_operacao(connection: sa.Connection, id_operacao: str) -> OperacaoComResposta | None:
    """One operation."""
    query = sa.select(*DA_LISTA, GW_OPERACAO.c.RESPOSTA).where(GW_OPERACAO.c.ID == id_operacao)
    return _com_resposta(connection.execute(query).first())


def da_pre_venda(connection: sa.Connection, filial: str, numero: str) -> list[OperacaoDoLog]:
    """Every operation on a pre-sale, oldest first."""
    o = GW_OPERACAO.c
    query = sa.select(*DA_LISTA).where(o.CODFILIAL == filial, o.NUMERO == numero).order_by(o.ID)
    return [operacao_lida(row) for row in connection.execute(query)]


_L = PCLOGPEDIDOAPI.c
_DO_LOG = (_L.DATA, _L.NUMPED, _L.POSICAO, _L.OPERACAO, _L.STATUS, _L.CODCLI)


def _linha_do_log(endereco: str, row: Any) -> LinhaDoLog:
    return LinhaDoLog(endereco, row.DATA, row.NUMPED, row.POSICAO, row.OPERACAO, row.STATUS, row.CODCLI)


def linha_do_log(connection: sa.Connection, rowid: str) -> LinhaDoLogComJson | None:
    """The row of PCLOGPEDIDOAPI at an address, whosever it is; None when there is nothing any more."""
    query = sa.select(*_DO_LOG, _L.JSON).where(RowIdIs())
    lidas = no_endereco(
        connection, query, {"B_ROWID": rowid}, lambda row: LinhaDoLogComJson(_linha_do_log(rowid, row), row.JSON)
    )
    return next(iter(lidas), None)


def count_por_status(connection: sa.Connection, filtro: FiltroDeOperacoes) -> Contagens:
    """How many operations there are of each state."""
    o = GW_OPERACAO.c
    contadas = sa.select(o.ESTADO, sa.func.count().label("QUANTAS")).select_from(GW_OPERACAO)
    query = _filtrar(contadas, filtro, raro=_pela_lista(connection, filtro))
    quantas = {row.ESTADO: int(row.QUANTAS) for row in connection.execute(query.group_by(o.ESTADO))}
    return Contagens(quantas.get("A", 0), quantas.get("R", 0), quantas.get("P", 0))


def recusas_por_codigo(connection: sa.Connection, filtro: FiltroDeOperacoes) -> list[RecusasDoCodigo]:
    """The refusals, by code and branch."""
    o = GW_OPERACAO.c
    colunas = (
        o.CODIGO,
        o.CODFILIAL,
        sa.func.count().label("QUANTAS"),
        sa.func.min(o.DTINICIO, type_=o.DTINICIO.type).label("PRIMEIRA"),
        sa.func.max(o.DTINICIO, type_=o.DTINICIO.type).label("ULTIMA"),
    )
    # By the code, not by ESTADO: a planner must not walk all refusals ever for those of a day.
    query = _filtrar(sa.select(*colunas), filtro, raro=_pela_lista(connection, filtro))
    query = query.where(o.CODIGO.is_not(None)).group_by(o.CODIGO, o.CODFILIAL)
    return [
        RecusasDoCodigo(row.CODIGO, row.CODFILIAL, int(row.QUANTAS), em_utc(row.PRIMEIRA), em_utc(row.ULTIMA))
        for row in connection.execute(query)
    ]


def por_hora(connection: sa.Connection, filtro: FiltroDeOperacoes) -> list[OperacoesDaHora]:
    """The operations of each hour, by state and code; for spans below a month."""
    o = GW_OPERACAO.c
    dia, hora = sa.extract("day", o.DTINICIO), sa.extract("hour", o.DTINICIO)
    colunas = (dia.label("DIA"), hora.label("HORA"), o.ESTADO, o.CODIGO, sa.func.count().label("QUANTAS"))
    query = _filtrar(sa.select(*colunas), filtro, raro=_pela_lista(connection, filtro))
    query = query.group_by(dia, hora, o.ESTADO, o.CODIGO)
    return [
        OperacoesDaHora(int(row.DIA), int(row.HORA), row.ESTADO, row.CODIGO, int(row.QUANTAS))
        for row in connection.execute(query)
    ]


def mais_antiga_pendente(connection: sa.Connection, filiais: Collection[str] | None) -> dt.datetime | None:
    """When the oldest operation still P began; aware, in UTC."""
    o = GW_OPERACAO.c
    query = sa.select(sa.func.min(o.DTINICIO, type_=o.DTINICIO.type)).where(o.ESTADO == "P")
    if filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filiais)))
    inicio: dt.datetime | None = connection.execute(query).scalar()
    return None if inicio is None else em_utc(inicio)


def codigos_que_ha(connection: sa.Connection) -> list[str]:
    """The codes that operations ended with; a look into the index for each, however many operations there are."""
    achados: list[str] = []
    seguinte = sa.select(sa.func.min(_O.CODIGO)).where(_O.CODIGO > sa.bindparam("B_ULTIMO"))
    while (codigo := connection.execute(seguinte, {"B_ULTIMO": achados[-1] if achados else " "}).scalar()) is not None:
        achados.append(codigo)
    return achados


def de_pessoas(connection: sa.Connection, filiais: Collection[str] | None, limite: int) -> list[OperacaoComResposta]:
    """The newest operations of people who may act in the back office."""
    o, c = GW_OPERACAO.c, GW_CREDENCIAL.c
    pessoas = sa.select(c.LOGIN).where(sa.or_(c.ESCOPOS.like("%retaguarda-agir%"), c.ESCOPOS.like("%admin%")))
    logins = list(connection.execute(pessoas).scalars())
    delas = sa.or_(any_of(o.CALLER, sorted(logins)), sa.and_(o.CALLER >= "cli:", o.CALLER < "cli;"))
    query = sa.select(*DA_LISTA, o.RESPOSTA).where(delas)
    if filiais is not None:
        query = query.where(any_of(o.CODFILIAL, sorted(filiais)))
    rows = connection.execute(query.order_by(o.ID.desc()).limit(limite))
    return [OperacaoComResposta(operacao_lida(row), row.RESPOSTA) for row in rows]


@dataclass(frozen=True, slots=True)
class LinhaNossa:
    """What an operation says of its log row. ``inicio``: UTC, aware; ``numped``: the order that the row names."""

    endereco: str
    inicio: dt.datetime
    operacao: str
    estado: str
    numped: int | None


def linhas_nossas(connection: sa.Connection, de: dt.datetime, ate: dt.datetime) -> list[LinhaNossa]:
    """The log rows of operations that began in a span (UTC without zone)."""
    o = GW_OPERACAO.c
    query = sa.select(o.LOGROWID, o.DTINICIO, o.OPERACAO, o.ESTADO, o.NUMPED, o.IDRETAGUARDA)
    query = query.where(o.ID >= primeiro_id(de), o.ID <= primeiro_id(ate), o.LOGROWID.is_not(None))
    return [
        LinhaNossa(
            row.LOGROWID,
            em_utc(row.DTINICIO),
            row.OPERACAO,
            row.ESTADO,
            row.NUMPED if row.ESTADO == "A" else row.IDRETAGUARDA,
        )
        for row in connection.execute(query)
    ]


def linhas_externas(
    connection: sa.Connection,
    de: dt.datetime,
    ate: dt.datetime,
    ids: tuple[dt.datetime, dt.datetime],
    filiais: Collection[str] | None,
    limite: int,
) -> list[LinhaDoLog]:
    """Rows of PCLOGPEDIDOAPI of a span by the ERP's clock that no operation of the gateway's has, newest first.

    ``ids``: between which instants (UTC without zone) such an operation would have begun. ``filiais``: only rows whose
    order is of these branches; None: all.
    """
    o, p = GW_OPERACAO.c, PCPEDC.c
    linhas = sa.select(RowId().label("ENDERECO"), *_DO_LOG).where(_L.DATA >= de, _L.DATA <= ate).subquery("L")
    nossas = sa.select(o.LOGROWID).where(o.ID >= primeiro_id(ids[0]), o.ID <= primeiro_id(ids[1]))
    # An address may have been given to another row.
    nossas = nossas.where(o.LOGROWID == linhas.c.ENDERECO, o.OPERACAO == linhas.c.OPERACAO)
    nossas = nossas.where(sa.or_(o.ESTADO == "P", o.ESTADO == linhas.c.STATUS))
    query = sa.select(linhas).where(~sa.exists(nossas))
    if filiais is not None:
        do_pedido = sa.select(sa.literal(1)).where(p.NUMPED == linhas.c.NUMPED)
        query = query.where(sa.exists(do_pedido.where(any_of(p.CODFILIAL, sorted(filiais)))))
    rows = connection.execute(query.order_by(linhas.c.DATA.desc()).limit(limite))
    return [_linha_do_log(str(row.ENDERECO), row) for row in rows]


def duracoes(connection: sa.Connection, filtro: FiltroDeOperacoes, limite: int) -> list[Mapping[str, int]]:
    """The milliseconds per step of the newest operations that have them."""
    o = GW_OPERACAO.c
    query = _filtrar(sa.select(o.TEMPOS), filtro).where(o.TEMPOS.is_not(None)).order_by(o.ID.desc()).limit(limite)
    return [tempos for texto in connection.execute(query).scalars() if (tempos := _tempos(texto))]


def count_vencidas(connection: sa.Connection, agora: dt.datetime) -> int:
    """Operations still P past their deadline."""
    o = GW_OPERACAO.c
    query = sa.select(sa.func.count()).select_from(GW_OPERACAO).where(o.ESTADO == "P", o.DTLIMITE < agora)
    return int(connection.execute(query).scalar_one())
