"""GW_OPERACAO and its row of PCLOGPEDIDOAPI: what was asked, what became of it, and the fence between (R12, R15).

A row is born P in a short transaction; it becomes A in the same commit as the effect, or R afterwards. Whoever turns
it (the request itself or recovery) does so with ``ESTADO = 'P'`` in the condition, so exactly one of them does.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.domain.rastro import NoEndereco, Rastro
from app.domain.vida import VIVOS, Efeito
from app.winthor import reservas
from app.winthor.db.faults import Duplicado, Falha, OperacaoPerdida
from app.winthor.db.lists import any_of
from app.winthor.db.rowid import RowId, RowIdIs, no_endereco
from app.winthor.db.travas import lock
from app.winthor.esquema.gateway_tables import GW_OPERACAO, GW_PRE_VENDA, GW_RECUSA_PRODUTO, GW_RESERVA, GW_VEZ
from app.winthor.esquema.tabelas_do_site import Tabelas
from app.winthor.esquema.tables import PCLOGPEDIDOAPI
from app.winthor.reservas import Reserva


@dataclass(frozen=True, slots=True)
class Identidade:
    """What makes two requests the same one (R12): branch, numero, state, number sent, and the content.

    ``impressoes``: the content's fingerprints, of this version and of the one before.
    """

    filial: str
    numero: str
    situacao: int
    id_retaguarda: int | None
    impressoes: tuple[str, str]


@dataclass(frozen=True, slots=True)
class OperacaoLida:
    """A stored operation. Times are UTC without zone. ``reserva``: that of the order it names, where it was looked for
    to be repeated."""

    id: str
    estado: str
    operacao: str
    numped: int | None
    http: int | None
    resposta: str | None
    rowid: str | None
    dtlimite: dt.datetime
    caller: str | None
    impressao: str | None
    efeito: Efeito | None = None
    reserva: Reserva | None = None


@dataclass(frozen=True, slots=True)
class NovaOperacao:
    """What is known when an operation is judged; ``limite`` is when recovery may settle it. Times are UTC."""

    id: str
    operacao: str
    caller: str
    inicio: dt.datetime
    limite: dt.datetime
    filial: str | None = None
    numero: str | None = None
    situacao: int | None = None
    id_retaguarda: int | None = None
    impressao: str | None = None
    chave: str | None = None


@dataclass(frozen=True, slots=True)
class Encerramento:
    """How an operation ends, as it is stored: ``estado`` A or R, the answer's status and text, the code of a refusal,
    what was done to which order, the milliseconds per step as JSON, and ``variacoes``, what QTRESERV was changed by, as
    JSON. ``regra``: what a rule of the site's said, for
    the log row only."""

    estado: str
    http: int
    resposta: str
    codigo: str | None = None
    efeito: Efeito | None = None
    numped: int | None = None
    tempos: str | None = None
    regra: str | None = None
    variacoes: str | None = None


@dataclass(frozen=True, slots=True)
class Ancora:
    """The locked anchor of a pre-sale. ``numped``: the number of its reservation now; ``nova``: born just now."""

    numped: int | None
    nova: bool = False


def lock_pre_venda(
    connection: sa.Connection, filial: str, numero: str, agora: dt.datetime, *, conhecida: bool
) -> Ancora:
    """Lock the anchor of a pre-sale, creating it when it is new. Raises Ocupado.

    ``conhecida``: whether it is likely there already, which only saves a statement. Two that create it at once: one
    waits for the other's commit, then fails with Duplicado and repeats.
    """
    if conhecida and (ancora := lock_ancora(connection, filial, numero)) is not None:
        return ancora
    key = {"B_FILIAL": filial, "B_NUMERO": numero}
    if connection.execute(_CRIAR_ANCORA, {**key, "B_AGORA": agora}).rowcount == 1:
        return Ancora(None, nova=True)
    ancora = lock_ancora(connection, filial, numero)
    if ancora is None:
        raise Duplicado("GW_PRE_VENDA")
    return ancora


_P = GW_PRE_VENDA.c
_DA_PRE_VENDA = sa.and_(_P.CODFILIAL == sa.bindparam("B_FILIAL"), _P.NUMERO == sa.bindparam("B_NUMERO"))
_ANCORA = sa.select(_P.NUMPED).where(_DA_PRE_VENDA)
_CRIAR_ANCORA = (
    sa.insert(GW_PRE_VENDA)
    .from_select(
        ["CODFILIAL", "NUMERO", "DTCRIACAO"],
        sa.select(
            sa.bindparam("B_FILIAL", type_=_P.CODFILIAL.type),
            sa.bindparam("B_NUMERO", type_=_P.NUMERO.type),
            sa.bindparam("B_AGORA", type_=_P.DTCRIACAO.type),
        ).where(~sa.exists(sa.select(sa.literal(1)).select_from(GW_PRE_VENDA).where(_DA_PRE_VENDA))),
    )
    .execution_options(preserve_rowcount=True)
)
_APONTAR = sa.update(GW_PRE_VENDA).where(_DA_PRE_VENDA).values(NUMPED=sa.bindparam("B_NUMPED"))


_CRIAR_VEZ = sa.insert(GW_VEZ)
_DESFAZER_VEZ = sa.delete(GW_VEZ).where(
    GW_VEZ.c.CALLER == sa.bindparam("B_CALLER"), GW_VEZ.c.CHAVE == sa.bindparam("B_CHAVE")
)


def tomar_vez(connection: sa.Connection, caller: str, chave: str, agora: dt.datetime) -> None:
    """Be the only one who does this for the caller until the transaction ends. Raises Ocupado.

    The key of a row that is not committed is what others wait for; taken away again at once, it is waited for all the
    same, and leaves nothing.
    """
    connection.execute(_CRIAR_VEZ, [{"CALLER": caller, "CHAVE": chave, "DTUSO": agora}])
    connection.execute(_DESFAZER_VEZ, {"B_CALLER": caller, "B_CHAVE": chave})


def lock_ancora(connection: sa.Connection, filial: str, numero: str) -> Ancora | None:
    """Lock the anchor of a pre-sale, None when it has none. Raises Ocupado."""
    row = lock(connection, _ANCORA, {"B_FILIAL": filial, "B_NUMERO": numero}, nossas=True).first()
    return None if row is None else Ancora(row.NUMPED)


def lock_ancora_livre(connection: sa.Connection, filial: str, numero: str) -> Ancora | None:
    """Lock the anchor of a pre-sale unless somebody holds it; None then."""
    query = _ANCORA.with_for_update(skip_locked=True)
    row = connection.execute(query, {"B_FILIAL": filial, "B_NUMERO": numero}).first()
    return None if row is None else Ancora(row.NUMPED)


def apontar_numero(connection: sa.Connection, filial: str, numero: str, numped: int) -> None:
    """The pre-sale's reservation is now ``numped``."""
    connection.execute(_APONTAR, {"B_FILIAL": filial, "B_NUMERO": numero, "B_NUMPED": numped})


_COLUNAS = (
    GW_OPERACAO.c.ID,
    GW_OPERACAO.c.ESTADO,
    GW_OPERACAO.c.OPERACAO,
    GW_OPERACAO.c.NUMPED,
    GW_OPERACAO.c.HTTPSTATUS,
    GW_OPERACAO.c.RESPOSTA,
    GW_OPERACAO.c.LOGROWID,
    GW_OPERACAO.c.DTLIMITE,
    GW_OPERACAO.c.CALLER,
    GW_OPERACAO.c.FINGERPRINT,
    GW_OPERACAO.c.EFEITO,
)


def find_igual(connection: sa.Connection, identidade: Identidade, *, com_reserva: bool = False) -> OperacaoLida | None:
    """The newest operation under way or accepted with this identity and content; refused ones do not count (R13).

    ``com_reserva``: with the reservation that its answer names, in the same statement.
    """
    values = {
        "B_FILIAL": identidade.filial,
        "B_NUMERO": identidade.numero,
        "B_SITUACAO": identidade.situacao,
        "B_RETAGUARDA": identidade.id_retaguarda or 0,
        "B_IMPRESSAO": identidade.impressoes[0],
        "B_ANTERIOR": identidade.impressoes[1],
    }
    if not com_reserva:
        return _primeira(connection, _IGUAL, values)
    with connection.execute(_IGUAL_COM_RESERVA, values) as result:
        rows = next((list(rows) for _, rows in itertools.groupby(result, lambda row: row.ID)), [])
    return _operacao(rows[0], reservas.reserva_de(rows)) if rows else None


_O = GW_OPERACAO.c
_NAO_RECUSADA = _O.ESTADO.in_(["P", "A"])
_IGUAL = (
    sa.select(*_COLUNAS)
    .where(_O.CODFILIAL == sa.bindparam("B_FILIAL"), _O.NUMERO == sa.bindparam("B_NUMERO"))
    .where(_O.SITUACAO == sa.bindparam("B_SITUACAO"))
    .where(sa.or_(_O.FINGERPRINT == sa.bindparam("B_IMPRESSAO"), _O.FINGERPRINT == sa.bindparam("B_ANTERIOR")))
    .where(sa.func.coalesce(_O.IDRETAGUARDA, 0) == sa.bindparam("B_RETAGUARDA"), _NAO_RECUSADA)
    .order_by(_O.ID.desc())
)
_IGUAL_COM_RESERVA = _IGUAL.add_columns(*reservas.COLUNAS).select_from(reservas.com_a_reserva(GW_OPERACAO, _O.NUMPED))
_PELA_CHAVE = (
    sa.select(*_COLUNAS)
    .where(_O.CALLER == sa.bindparam("B_CALLER"), _O.CHAVE == sa.bindparam("B_CHAVE"), _NAO_RECUSADA)
    .order_by(_O.ID.desc())
)
_PELO_ID = sa.select(*_COLUNAS).where(_O.ID == sa.bindparam("B_ID"))


def find_por_chave(connection: sa.Connection, caller: str, chave: str) -> OperacaoLida | None:
    """The newest operation under way or accepted that the caller sent with this Idempotency-Key."""
    return _primeira(connection, _PELA_CHAVE, {"B_CALLER": caller, "B_CHAVE": chave})


def find(connection: sa.Connection, id_operacao: str) -> OperacaoLida | None:
    return _primeira(connection, _PELO_ID, {"B_ID": id_operacao})


def _primeira(connection: sa.Connection, query: sa.Select[Any], values: Mapping[str, Any]) -> OperacaoLida | None:
    row = connection.execute(query, values).first()
    return None if row is None else _operacao(row)


def _operacao(row: Any, reserva: Reserva | None = None) -> OperacaoLida:
    return OperacaoLida(
        id=row.ID,
        estado=row.ESTADO,
        operacao=row.OPERACAO,
        numped=row.NUMPED,
        http=row.HTTPSTATUS,
        resposta=row.RESPOSTA,
        rowid=row.LOGROWID,
        dtlimite=row.DTLIMITE,
        caller=row.CALLER,
        impressao=row.FINGERPRINT,
        efeito=Efeito.__members__.get(row.EFEITO or ""),
        reserva=reserva,
    )


def insert_log(connection: sa.Connection, tabelas: Tabelas, row: Mapping[str, Any]) -> str:
    """Insert the row of PCLOGPEDIDOAPI and return its physical address."""
    return str(connection.execute(_nascer(tabelas["PCLOGPEDIDOAPI"]), row).scalar_one())


@functools.lru_cache(maxsize=8)
def _nascer(log: sa.Table) -> sa.Insert:
    return sa.insert(log).returning(RowId())


@functools.lru_cache(maxsize=8)
def _encerrar(log: sa.Table) -> sa.Update:
    return (
        sa.update(log)
        .where(RowIdIs(), log.c.OPERACAO == sa.bindparam("B_OPERACAO"), log.c.STATUS == "P")
        .returning(RowId())
    )


def insert(
    connection: sa.Connection,
    nova: NovaOperacao,
    rowid: str,
    fim: Encerramento | None = None,
) -> None:
    """Insert the operation beside its log row: P, or born closed with ``fim``."""
    connection.execute(
        _INSERIR,
        [
            {
                "ID": nova.id,
                "CODFILIAL": nova.filial,
                "NUMERO": nova.numero,
                "SITUACAO": nova.situacao,
                "IDRETAGUARDA": nova.id_retaguarda,
                "FINGERPRINT": nova.impressao,
                "CALLER": nova.caller,
                "CHAVE": nova.chave,
                "OPERACAO": nova.operacao,
                **_do_fim(fim),
                "LOGROWID": rowid,
                "DTINICIO": nova.inicio,
                "DTLIMITE": nova.limite,
                "DTFIM": None if fim is None else nova.inicio,
            }
        ],
    )


_INSERIR = sa.insert(GW_OPERACAO)


def _do_fim(fim: Encerramento | None) -> Mapping[str, Any]:
    """The columns that an operation has from its end; those of one under way when there is none yet."""
    if fim is None:
        return {"ESTADO": "P", **dict.fromkeys(("CODIGO", "HTTPSTATUS", "RESPOSTA", "NUMPED", "EFEITO", "VARIACOES"))}
    return {
        "ESTADO": fim.estado,
        "CODIGO": fim.codigo,
        "HTTPSTATUS": fim.http,
        "RESPOSTA": fim.resposta,
        "NUMPED": fim.numped,
        "EFEITO": None if fim.efeito is None else fim.efeito.name,
        "VARIACOES": fim.variacoes,
    }


def lock_operacao(
    connection: sa.Connection, id_operacao: str, agora: dt.datetime, *, antes_de_varias: bool = False
) -> Ancora:
    """The fence, first statement of the main transaction: lock the own row, which must still be P and in time, and the
    anchor of its pre-sale (R15, R20).

    ``antes_de_varias``: the next statement locks several rows of WinThor's. Raises OperacaoPerdida when recovery has
    settled it or its deadline has passed, and Ocupado.
    """
    valores = {"B_ID": id_operacao, "B_AGORA": agora}
    row = lock(connection, _CERCA, valores, nossas=True, antes_de_varias=antes_de_varias).first()
    if row is None:
        raise OperacaoPerdida(id_operacao)
    return Ancora(row.NUMPED)


_CERCA = (
    sa.select(_P.NUMPED)
    .select_from(GW_OPERACAO.join(GW_PRE_VENDA, sa.and_(_P.CODFILIAL == _O.CODFILIAL, _P.NUMERO == _O.NUMERO)))
    .where(_O.ID == sa.bindparam("B_ID"), _O.ESTADO == "P", _O.DTLIMITE > sa.bindparam("B_AGORA"))
)


def lock_pendente(connection: sa.Connection, id_operacao: str) -> bool:
    """Lock the own row if it is still P; False when it is settled already."""
    return connection.execute(_TRAVAR, {"B_ID": id_operacao}).rowcount == 1


_PENDENTE = sa.update(GW_OPERACAO).where(_O.ID == sa.bindparam("B_ID"), _O.ESTADO == "P")
_TRAVAR = _PENDENTE.values(ESTADO="P")


def concluir(
    connection: sa.Connection,
    tabelas: Tabelas,
    id_operacao: str,
    rowid: str,
    fim: Encerramento,
    agora: dt.datetime,
    log: Mapping[str, Any],
) -> None:
    """Turn the operation and its log row from P into A or R, in the caller's transaction.

    ``log``: its row of PCLOGPEDIDOAPI, of which what was written at its birth stays. The own row is locked already, by
    ``lock_operacao`` or ``travar_pendente``. Raises Falha when a row is not the one expected, and the transaction must
    then be rolled back.
    """
    mudadas = {coluna: valor for coluna, valor in log.items() if coluna not in _DO_NASCIMENTO}
    enderecos = _fechar_log(connection, tabelas, rowid, log["OPERACAO"], mudadas)
    if len(enderecos) != 1:
        raise Falha("linha do log não encontrada")
    _fechar(connection, id_operacao, enderecos[0], fim, agora)


_DO_NASCIMENTO = frozenset({"DATA", "OPERACAO"})


def interromper(
    connection: sa.Connection,
    tabelas: Tabelas,
    rastro: Rastro,
    fim: Encerramento,
    agora: dt.datetime,
    json: str | None,
) -> None:
    """Turn an operation that recovery has locked, and its log row, from P into R; ``json``: what that row holds then,
    None where no row was found to be its own, which is no reason not to settle it. Raises Falha when it was not P."""
    rowid = rastro.rowid or ""
    mudadas = {"STATUS": fim.estado, "JSON": json}
    enderecos = [] if json is None else _fechar_log(connection, tabelas, rowid, rastro.operacao, mudadas)
    _fechar(connection, rastro.id, enderecos[0] if enderecos else rowid, fim, agora)


def _fechar_log(
    connection: sa.Connection, tabelas: Tabelas, rowid: str, operacao: str, mudadas: Mapping[str, Any]
) -> Sequence[str]:
    """The addresses of the rows changed: PostgreSQL's ctid moves with the update."""
    valores = {**mudadas, "B_ROWID": rowid, "B_OPERACAO": operacao}
    return no_endereco(connection, _encerrar(tabelas["PCLOGPEDIDOAPI"]), valores, _endereco)


def _endereco(row: Any) -> str:
    return str(row[0])


def _fechar(connection: sa.Connection, id_operacao: str, rowid: str, fim: Encerramento, agora: dt.datetime) -> None:
    values = {"B_ID": id_operacao, **_do_fim(fim), "LOGROWID": rowid, "DTFIM": agora, "TEMPOS": fim.tempos}
    if connection.execute(_PENDENTE, values).rowcount != 1:
        raise Falha("operação não estava pendente")


_DO_RASTRO = (_O.ID, _O.LOGROWID, _O.OPERACAO, _O.ESTADO, _O.NUMERO)


def _rastro(row: Any, resposta: str | None = None) -> Rastro:
    return Rastro(row.ID, row.LOGROWID, row.OPERACAO, row.ESTADO, row.NUMERO, resposta)


def vencidas(connection: sa.Connection, agora: dt.datetime) -> list[Rastro]:
    """Operations still P past their deadline (UTC). No lock."""
    query = sa.select(*_DO_RASTRO).where(_O.ESTADO == "P", _O.DTLIMITE < agora)
    return [_rastro(row) for row in connection.execute(query)]


def lock_vencida(connection: sa.Connection, id_operacao: str) -> bool:
    """Lock an operation that is still P; False when another has settled it or holds it (R15)."""
    return connection.execute(_VENCIDA, {"B_ID": id_operacao}).first() is not None


_VENCIDA = sa.select(_O.ID).where(_O.ID == sa.bindparam("B_ID"), _O.ESTADO == "P").with_for_update(skip_locked=True)


def rastros(connection: sa.Connection, depois_de: str, antes_de: dt.datetime, limite: int) -> list[Rastro]:
    """Where the log rows of operations begun before an instant (UTC) were put, by id after ``depois_de``. No lock."""
    query = (
        sa.select(*_DO_RASTRO, _O.RESPOSTA)
        .where(_O.ID > depois_de, _O.DTINICIO < antes_de, _O.LOGROWID.is_not(None))
        .order_by(_O.ID)
        .limit(limite)
    )
    return [_rastro(row, row.RESPOSTA) for row in connection.execute(query)]


def update_json(connection: sa.Connection, rastro: Rastro, texto: str) -> bool:
    """Change PCLOGPEDIDOAPI.JSON of a row that was read just now; False when it has moved or changed meanwhile."""
    valores = {
        "B_ROWID": rastro.rowid,
        "B_OPERACAO": rastro.operacao,
        "B_STATUS": rastro.estado,
        "JSON": texto,
    }
    enderecos = no_endereco(connection, _REGRAVAR, valores, _endereco)
    for endereco in enderecos:
        connection.execute(sa.update(GW_OPERACAO).where(_O.ID == rastro.id).values(LOGROWID=endereco))
    return bool(enderecos)


_L = PCLOGPEDIDOAPI.c
_REGRAVAR = (
    sa.update(PCLOGPEDIDOAPI)
    .where(RowIdIs(), _L.OPERACAO == sa.bindparam("B_OPERACAO"), _L.STATUS == sa.bindparam("B_STATUS"))
    .returning(RowId())
)
_NO_ENDERECO = sa.select(_L.OPERACAO, _L.STATUS, _L.JSON).where(RowIdIs())


def find_no_endereco(connection: sa.Connection, rowid: str | None) -> NoEndereco | None:
    """What lies at an address of PCLOGPEDIDOAPI, None when there is nothing any more. Whose it is, it must say itself:
    an address is no key."""
    if not rowid:
        return None
    lidas = no_endereco(
        connection, _NO_ENDERECO, {"B_ROWID": rowid}, lambda row: NoEndereco(row.OPERACAO, row.STATUS, row.JSON)
    )
    return next(iter(lidas), None)


def find_json_do_log(connection: sa.Connection, rowid: str) -> str | None:
    """PCLOGPEDIDOAPI.JSON of the row at an address read just now."""
    lida = find_no_endereco(connection, rowid)
    return None if lida is None else lida.json


def limpar(connection: sa.Connection, antes_de: dt.datetime, limite: int, *, simular: bool) -> int:
    """Delete up to ``limite`` settled operations that ended before an instant (UTC); with ``simular`` only count them.

    Those that name a reservation still live stay: their answers may be asked for again (R12).
    """
    o, r = GW_OPERACAO.c, GW_RESERVA.c
    vivos = [estado.value for estado in VIVOS]
    viva = sa.exists(sa.select(sa.literal(1)).select_from(GW_RESERVA).where(r.NUMPED == o.NUMPED, r.ESTADO.in_(vivos)))
    query = sa.select(o.ID).where(o.ESTADO.in_(["A", "R"]), o.DTFIM < antes_de, ~viva).order_by(o.ID)
    if simular:
        return int(
            connection.execute(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())).scalar_one()
        )
    ids = list(connection.execute(query.limit(limite)).scalars())
    if ids:
        connection.execute(sa.delete(GW_RECUSA_PRODUTO).where(any_of(GW_RECUSA_PRODUTO.c.ID, ids)))
        connection.execute(sa.delete(GW_OPERACAO).where(any_of(o.ID, ids)))
    return len(ids)


def insert_produtos_da_recusa(connection: sa.Connection, op: str, codprods: Collection[int]) -> None:
    """The products that a refused operation named; one array statement."""
    if codprods:
        connection.execute(_PRODUTO_DA_RECUSA, [{"ID": op, "CODPROD": codprod} for codprod in sorted(codprods)])


_PRODUTO_DA_RECUSA = sa.insert(GW_RECUSA_PRODUTO)
