"""An order that carries a reservation: lock it, its stock rows, its lines; cancel it, copy it (R10, R18, R20).

What an order holds is what its lines say when they are read under their locks, after those of the stock rows: until
then a session of WinThor may have cut them.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections import namedtuple
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.linhas import LinhaGravada, Parte, unidades
from app.domain.retencao import (
    ENTREGA_FUTURA,
    SIMPLES_ENTREGA,
    PedidoNoEstoque,
    RegraDeRetencao,
    Retencao,
    linha_retem,
    retencao,
)
from app.domain.validade import TermoSolicitado
from app.domain.vida import Estado, NoWinThor, estado_efetivo
from app.winthor.db.faults import Ocupado
from app.winthor.db.leitura import Leitura
from app.winthor.db.lists import any_bind, bind_list, list_size
from app.winthor.db.travas import lock
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_RESERVA
from app.winthor.esquema.tabelas_do_site import Tabelas
from app.winthor.esquema.tables import PCPEDC, PCPEDI, PCPEDICESTA
from app.winthor.retencao import DIVIDIDO
from app.winthor.separacao import SEPARADO

LIBERADO, CANCELADO = "L", "C"


@dataclass(frozen=True, slots=True)
class Entrega:
    """A delivery (TV8) of a future sale (R23). ``tipo``: RP, EN or EF; ``vistas``: as those of the order."""

    numped: int
    tipo: str
    no_winthor: NoWinThor
    vltotal: Decimal
    vistas: tuple[LinhaGravada, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordem:
    """An order with its reservation. ``estado`` is the one that counts, ``registrado`` what the gateway has recorded;
    ``adotada``: it has no GW_ row yet; ``encerrada``: WinThor has invoiced or cancelled it.

    ``assumida``: somebody in WinThor has taken it over, unless it was paid here (R18).
    ``condvenda`` and ``dividida`` (it has deliveries of its own) say with ``posicao`` whether it holds stock (R19).
    ``expira`` is UTC without zone. ``seguinte``: the number that replaced it. ``vistas``: its lines as they were seen
    beside it, before their locks; none unless they were asked for. ``entregas``: what it leaves by, once it is a future
    sale; ``entrega_de``: the future sale that it is itself a delivery of. ``termo_solicitado``:
    what its chain asked for; ``cadeia``: when that began, UTC without zone.
    """

    numped: int
    filial: str
    numero: str
    origem: str | None
    posicao: str | None
    condvenda: int | None
    dividida: bool
    encerrada: bool
    estado: Estado
    registrado: Estado
    adotada: bool
    expira: dt.datetime | None
    anterior: int | None
    seguinte: int | None
    modo_kit: str | None
    codcli: int
    codusur: int
    vltotal: Decimal
    data: dt.datetime | None
    codcob: str | None
    codplpag: int | None
    numcar: int | None
    assumida: bool
    criada: dt.datetime | None
    caller: str | None
    no_winthor: NoWinThor
    entrega_de: int | None
    termo_solicitado: TermoSolicitado
    cadeia: dt.datetime | None
    vistas: tuple[LinhaGravada, ...] = ()
    entregas: tuple[Entrega, ...] = ()

    @property
    def futura(self) -> bool:
        """Whether it waits for its deliveries: then parameter 2542 decides whether it holds stock."""
        return self.condvenda == ENTREGA_FUTURA and not self.dividida

    @property
    def faturada_em_parte(self) -> bool:
        """Whether it, or a delivery of it, was invoiced."""
        return self.no_winthor.baixado or any(entrega.no_winthor.baixado for entrega in self.entregas)

    def retencao(self, regra: RegraDeRetencao) -> Retencao:
        """What of it QTRESERV should count, its deliveries apart."""
        onde = self.no_winthor
        pedido = PedidoNoEstoque(self.filial, onde.posicao, onde.faturado, self.condvenda, self.dividida)
        return retencao(regra, pedido)


_I, _C = PCPEDI.c, PCPEDICESTA.c
_CUSTOS = (_I.VLCUSTOREAL, _I.VLCUSTOFIN, _I.VLCUSTOREP, _I.VLCUSTOCONT)
_DA_ORDEM = (
    PCPEDC.c.NUMPED,
    PCPEDC.c.CODFILIAL,
    PCPEDC.c.NUMPEDHUBE,
    PCPEDC.c.ORIGEMINTEGRACAO,
    PCPEDC.c.POSICAO,
    PCPEDC.c.NUMTRANSVENDA,
    PCPEDC.c.CONDVENDA,
    DIVIDIDO.label("DIVIDIDO"),
    PCPEDC.c.CODCLI,
    PCPEDC.c.CODUSUR,
    PCPEDC.c.VLTOTAL,
    PCPEDC.c.DATA,
    PCPEDC.c.CODCOB,
    PCPEDC.c.CODPLPAG,
    PCPEDC.c.NUMCAR,
    SEPARADO.label("SEPARADO"),
    GW_ENTREGA.c.NUMPED_TV7,
    GW_ENTREGA.c.TIPOENTREGA.label("TIPO_DA_ENTREGA"),
    GW_RESERVA.c.ESTADO,
    GW_RESERVA.c.DTEXPIRA,
    GW_RESERVA.c.NUMPED_ANTERIOR,
    GW_RESERVA.c.NUMPED_SEGUINTE,
    GW_RESERVA.c.MODO_KIT,
    GW_RESERVA.c.DTCRIACAO,
    GW_RESERVA.c.CALLER,
    GW_RESERVA.c.LOCKTTL_S,
    GW_RESERVA.c.DTPAGAMENTO,
    GW_RESERVA.c.DTCADEIA,
)
_DA_LINHA = (
    _I.NUMSEQ,
    _I.CODPROD,
    _I.CODAUXILIAR,
    _I.QTUNITEMB,
    _I.QT,
    _I.PVENDA,
    _I.PERDESC,
    _I.POSICAO.label("POSICAO_DA_LINHA"),
    _I.TIPOENTREGA,
    _I.DTENTREGA,
    _I.CODUSUR.label("CODUSUR_DA_LINHA"),
    _I.PTABELA,
    *_CUSTOS,
    sa.func.coalesce(_I.CODFILIALRETIRA, PCPEDC.c.CODFILIAL).label("FILIAL"),
    _C.NUMSEQITEM,
    _C.CODPRODMP,
    _C.CODAUXILIAR.label("AUXILIAR_MP"),
    _C.QTUNITEMB.label("QTUNITEMB_MP"),
    _C.QTMP,
    _C.PVENDA.label("PVENDA_MP"),
)
_MESMA_LINHA = sa.and_(_C.NUMPED == _I.NUMPED, _C.CODPROD == _I.CODPROD, _C.NUMSEQ == _I.NUMSEQ)
_COM_RESERVA = PCPEDC.outerjoin(GW_RESERVA, GW_RESERVA.c.NUMPED == PCPEDC.c.NUMPED)
_DA_FAMILIA = _COM_RESERVA.outerjoin(GW_ENTREGA, GW_ENTREGA.c.NUMPED_TV8 == PCPEDC.c.NUMPED)
_COM_LINHAS = _DA_FAMILIA.outerjoin(PCPEDI, _I.NUMPED == PCPEDC.c.NUMPED).outerjoin(PCPEDICESTA, _MESMA_LINHA)
_B_NUMPED = sa.bindparam("B_NUMPED", type_=PCPEDC.c.NUMPED.type)
# The order and its deliveries. As a list of keys, so that each is found by the key of PCPEDC.
_NUMEROS = sa.union_all(
    sa.select(_B_NUMPED.label("NUMPED")),
    sa.select(GW_ENTREGA.c.NUMPED_TV8.label("NUMPED")).where(GW_ENTREGA.c.NUMPED_TV7 == _B_NUMPED),
)
_NUMPED = PCPEDC.c.NUMPED.in_(_NUMEROS)
_NA_ORDEM_DAS_LINHAS = (_I.NUMSEQ, _I.CODPROD, _C.NUMSEQITEM, _C.CODPRODMP)
_ORDEM = sa.select(*_DA_ORDEM).select_from(_DA_FAMILIA).where(_NUMPED).order_by(PCPEDC.c.NUMPED)
_ORDEM_E_LINHAS = (
    sa.select(*_DA_ORDEM, *_DA_LINHA)
    .select_from(_COM_LINHAS)
    .where(_NUMPED)
    .order_by(PCPEDC.c.NUMPED, *_NA_ORDEM_DAS_LINHAS)
)
_SO_LINHAS = PCPEDI.join(PCPEDC, PCPEDC.c.NUMPED == _I.NUMPED).outerjoin(PCPEDICESTA, _MESMA_LINHA)
_LINHAS_DE = sa.select(_I.NUMPED, *_DA_LINHA).select_from(_SO_LINHAS).order_by(_I.NUMPED, *_NA_ORDEM_DAS_LINHAS)
_PARTES_DE = sa.select(
    *(_C.NUMPED, _C.CODPROD, _C.NUMSEQ, _C.NUMSEQITEM, _C.CODPRODMP, _C.CODAUXILIAR, _C.QTUNITEMB, _C.QTMP, _C.PVENDA)
).order_by(_C.NUMPED, _C.NUMSEQ, _C.CODPROD, _C.NUMSEQITEM, _C.CODPRODMP)


@functools.lru_cache(maxsize=16)
def _linhas_de(quantos: int) -> sa.Select[Any]:
    return _LINHAS_DE.where(any_bind(_I.NUMPED, "B_NUMPED", quantos))


@functools.lru_cache(maxsize=16)
def _partes_de(quantos: int) -> sa.Select[Any]:
    return _PARTES_DE.where(any_bind(_C.NUMPED, "B_NUMPED", quantos))


class LinhasMudaram(Ocupado):
    """Between the look at an order's lines and their locks they came to hold other stock rows: roll back, repeat."""


def lock_ordem(
    connection: sa.Connection, numped: int, *, com_linhas: bool = False, antes_de_varias: bool = False
) -> Ordem | None:
    """Lock the order's PCPEDC row, and those of its deliveries, in the order of their numbers, and read them with its
    reservation; None when there is no such order.

    The pre-sale's anchor is locked already, so that GW_ rows cannot change between (R20). ``com_linhas``: the lines
    are seen too, without their locks; ``antes_de_varias``: several rows are locked next. Raises Ocupado.
    """
    query = _ORDEM_E_LINHAS if com_linhas else _ORDEM
    rows = lock(
        connection,
        query,
        {"B_NUMPED": numped},
        of="PCPEDC.NUMPED",
        antes_de_varias=antes_de_varias,
        linhas=[("PCPEDC", numped)],
    ).all()
    return _ordem(rows, numped, com_linhas)


def find(connection: sa.Connection, numped: int, *, com_linhas: bool = False) -> Ordem | None:
    """The same without a lock, for people to read and for a look before the locks."""
    query = _ORDEM_E_LINHAS if com_linhas else _ORDEM
    return _ordem(connection.execute(query, {"B_NUMPED": numped}).all(), numped, com_linhas)


def vista(numped: int) -> Leitura:
    """The statement of ``find`` with the lines, to be asked with another."""
    return Leitura(_VISTA, {"B_NUMPED": numped})


_VISTA = _ORDEM_E_LINHAS.order_by(None)
# What it reads, in its order.
COLUNAS_DA_VISTA = tuple(_VISTA.selected_columns)
_Vista: Any = namedtuple("_Vista", _VISTA.selected_columns.keys())  # type: ignore[misc]


def ordem_vista(rows: Iterable[Sequence[Any]], numped: int) -> Ordem | None:
    """The order that rows of ``vista`` tell of, None when there is none of the number."""
    vistas = [_Vista._make(row) for row in rows]
    na_ordem = sorted(vistas, key=lambda row: [(valor is not None, valor) for valor in _lugar(row)])
    return _ordem(na_ordem, numped, com_linhas=True)


_lugar = attrgetter("NUMPED", "NUMSEQ", "CODPROD", "NUMSEQITEM", "CODPRODMP")


def lock_linhas(
    connection: sa.Connection,
    ordem: Ordem,
    regra: RegraDeRetencao,
    *,
    travadas: Collection[Chave] | None = None,
    todas: bool = False,
) -> Linhas:
    """Lock the lines of the order and of its deliveries, then their kit rows, and read them: this is what it holds
    (R10, R20).

    ``travadas``: the stock rows that were locked for them before; ``todas``: also those of lines that hold nothing.
    Raises LinhasMudaram when the lines hold other rows, and Ocupado.
    """
    numeros = sorted([ordem.numped, *(entrega.numped for entrega in ordem.entregas)])
    quantos, valores = list_size(len(numeros)), bind_list("B_NUMPED", numeros)
    com_kit = linhas_de(ordem, ordem.vistas, regra).com_kit
    query = _linhas_de(quantos)
    achadas = _por_pedido(lock(connection, query, valores, of="PCPEDI.NUMPED", varias=True, antes_de_varias=com_kit))
    if any(linha.partes for linhas in achadas.values() for linha in linhas):
        achadas = _com_partes(achadas, lock(connection, _partes_de(quantos), valores, varias=True))
    lidas = linhas_de(ordem, achadas.get(ordem.numped, []), regra, achadas)
    if travadas is not None:
        precisa = unidades(lidas.linhas, lidas.modo_kit) if todas else lidas.retidas
        if not precisa.keys() <= set(travadas):
            raise LinhasMudaram("outras linhas de estoque")
    return lidas


@dataclass(frozen=True, slots=True)
class LinhasDaEntrega:
    """The lines of a delivery, and what of it holds stock."""

    entrega: Entrega
    linhas: Sequence[LinhaGravada]
    retencao: Retencao


@dataclass(frozen=True, slots=True)
class Linhas:
    """The lines of an order, how their kits are counted, what of the order holds stock, and its deliveries."""

    linhas: Sequence[LinhaGravada]
    modo_kit: str
    retencao: Retencao
    das_entregas: tuple[LinhasDaEntrega, ...] = ()

    @property
    def vivas(self) -> list[LinhaGravada]:
        """The order's own lines but for those that WinThor has cut (position C)."""
        return [linha for linha in self.linhas if linha.posicao != CANCELADO]

    @property
    def retidas(self) -> dict[Chave, Decimal]:
        """Base units that the lines of the order and of its deliveries hold in each stock row, in lock order (R19)."""
        donos = [(self.retencao, self.linhas), *((entrega.retencao, entrega.linhas) for entrega in self.das_entregas)]
        retidas = (
            linha
            for retida, linhas in donos
            for linha in linhas
            if linha_retem(retida, linha.posicao, linha.tipo_entrega)
        )
        return unidades(retidas, self.modo_kit)

    @property
    def todas(self) -> list[LinhaGravada]:
        """The lines of the order and of its deliveries."""
        return [*self.linhas, *(linha for entrega in self.das_entregas for linha in entrega.linhas)]

    @property
    def com_kit(self) -> bool:
        return any(linha.partes for linha in self.todas)


def linhas_de(
    ordem: Ordem,
    linhas: Sequence[LinhaGravada],
    regra: RegraDeRetencao,
    das_entregas: Mapping[int, Sequence[LinhaGravada]] | None = None,
) -> Linhas:
    """The lines of an order with what says which of them hold stock; ``das_entregas``: those of its deliveries, None:
    as they were seen with it."""
    if das_entregas is None:
        das_entregas = {entrega.numped: entrega.vistas for entrega in ordem.entregas}
    entregas = tuple(
        LinhasDaEntrega(
            entrega,
            das_entregas.get(entrega.numped, ()),
            retencao(
                regra,
                PedidoNoEstoque(ordem.filial, entrega.no_winthor.posicao, entrega.no_winthor.faturado, SIMPLES_ENTREGA),
            ),
        )
        for entrega in ordem.entregas
    )
    return Linhas(linhas, ordem.modo_kit or regra.modo_kit, ordem.retencao(regra), entregas)


def _ordem(rows: Sequence[Any], numped: int, com_linhas: bool) -> Ordem | None:
    por_pedido = {chave: list(grupo) for chave, grupo in itertools.groupby(rows, key=lambda row: row.NUMPED)}
    proprias = por_pedido.pop(numped, None)
    if proprias is None:
        return None
    row = proprias[0]
    no_winthor = _no_winthor(row)
    entregas = tuple(_entrega(da_entrega, com_linhas) for da_entrega in por_pedido.values())
    # An order made before the switch was paid when it has a CODCOB (R21).
    registrado = Estado(row.ESTADO) if row.ESTADO else Estado.CONFIRMADA if row.CODCOB else Estado.AUTORIZADA
    return Ordem(
        numped=row.NUMPED,
        filial=row.CODFILIAL,
        numero=row.NUMPEDHUBE or "",
        origem=row.ORIGEMINTEGRACAO,
        posicao=row.POSICAO,
        condvenda=row.CONDVENDA,
        dividida=bool(row.DIVIDIDO or entregas),
        encerrada=no_winthor.encerrado,
        estado=estado_efetivo(registrado, no_winthor, [entrega.no_winthor for entrega in entregas]),
        registrado=registrado,
        adotada=row.ESTADO is None,
        expira=row.DTEXPIRA,
        anterior=row.NUMPED_ANTERIOR,
        seguinte=row.NUMPED_SEGUINTE,
        modo_kit=row.MODO_KIT,
        codcli=row.CODCLI,
        codusur=row.CODUSUR,
        vltotal=row.VLTOTAL or ZERO,
        data=row.DATA,
        codcob=row.CODCOB,
        codplpag=row.CODPLPAG,
        numcar=row.NUMCAR,
        assumida=no_winthor.assumido,
        criada=row.DTCRIACAO,
        caller=row.CALLER,
        termo_solicitado=TermoSolicitado(
            None if row.LOCKTTL_S is None else dt.timedelta(seconds=int(row.LOCKTTL_S)),
            None if row.DTPAGAMENTO is None else row.DTPAGAMENTO.date(),
        ),
        cadeia=row.DTCADEIA or row.DTCRIACAO,
        no_winthor=no_winthor,
        entrega_de=row.NUMPED_TV7,
        vistas=_vistas(proprias, com_linhas),
        entregas=entregas,
    )


def _entrega(rows: Sequence[Any], com_linhas: bool) -> Entrega:
    row = rows[0]
    return Entrega(row.NUMPED, row.TIPO_DA_ENTREGA, _no_winthor(row), row.VLTOTAL or ZERO, _vistas(rows, com_linhas))


def _no_winthor(row: Any) -> NoWinThor:
    return NoWinThor(row.POSICAO, bool(row.NUMTRANSVENDA), bool(row.SEPARADO), row.CODCOB)


def _vistas(rows: Sequence[Any], com_linhas: bool) -> tuple[LinhaGravada, ...]:
    return tuple(_linhas(row for row in rows if row.NUMSEQ is not None)) if com_linhas else ()


def find_viva(connection: sa.Connection, filial: str, numero: str, origem: str) -> int | None:
    """The newest live order of the origin that carries the pre-sale's number and no GW_ row, without a lock (R21)."""
    return connection.execute(_VIVA, _da_pre_venda(filial, numero, origem)).scalars().first()


def feitas_antes(filial: str, numero: str, origem: str) -> Leitura:
    """The statement of all such orders, by NUMPED, to be asked with another."""
    return Leitura(_VIVAS, _da_pre_venda(filial, numero, origem))


def _da_pre_venda(filial: str, numero: str, origem: str) -> dict[str, Any]:
    return {"B_FILIAL": filial, "B_NUMERO": numero, "B_ORIGEM": origem}


_VIVAS = (
    sa.select(PCPEDC.c.NUMPED)
    .select_from(_COM_RESERVA)
    .where(
        PCPEDC.c.NUMPEDHUBE == sa.bindparam("B_NUMERO"),
        PCPEDC.c.CODFILIAL == sa.bindparam("B_FILIAL"),
        PCPEDC.c.ORIGEMINTEGRACAO == sa.bindparam("B_ORIGEM"),
        PCPEDC.c.POSICAO.not_in(["F", CANCELADO]),
        sa.func.coalesce(PCPEDC.c.NUMTRANSVENDA, 0) == 0,
        sa.func.coalesce(PCPEDC.c.NUMPEDENTFUT, 0) == 0,  # a delivery of a future sale is no pre-sale
        GW_RESERVA.c.NUMPED.is_(None),
    )
)
_VIVA = _VIVAS.order_by(PCPEDC.c.DATA.desc(), PCPEDC.c.NUMPED.desc())


def find_linhas(connection: sa.Connection, numped: int) -> list[LinhaGravada]:
    """The order's lines as they are stored now, each kit with its components; one statement, no lock."""
    return find_linhas_de(connection, [numped]).get(numped, [])


def find_linhas_de(connection: sa.Connection, numpeds: Collection[int]) -> dict[int, list[LinhaGravada]]:
    """The lines of several orders, in one statement; an order without lines is not there. No lock."""
    numeros = sorted(numpeds)
    if not numeros:
        return {}
    return _por_pedido(connection.execute(_linhas_de(list_size(len(numeros))), bind_list("B_NUMPED", numeros)))


def _por_pedido(rows: Iterable[Any]) -> dict[int, list[LinhaGravada]]:
    return {numped: _linhas(da_ordem) for numped, da_ordem in itertools.groupby(rows, key=lambda row: row.NUMPED)}


def _linhas(rows: Iterable[Any]) -> list[LinhaGravada]:
    grupos: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        grupos.setdefault((row.NUMSEQ, row.CODPROD), []).append(row)
    return [_linha(rows) for rows in grupos.values()]


def _linha(rows: Sequence[Any]) -> LinhaGravada:
    row = rows[0]
    return LinhaGravada(
        numseq=row.NUMSEQ,
        codprod=row.CODPROD,
        codauxiliar=row.CODAUXILIAR,
        qtunitemb=row.QTUNITEMB or Decimal(1),
        qt=row.QT or ZERO,
        pvenda=row.PVENDA or ZERO,
        filial=row.FILIAL,
        posicao=row.POSICAO_DA_LINHA,
        tipo_entrega=row.TIPOENTREGA,
        entrega=None if row.DTENTREGA is None else row.DTENTREGA.date(),
        perdesc=row.PERDESC or ZERO,
        codusur=row.CODUSUR_DA_LINHA,
        ptabela=row.PTABELA or ZERO,
        custos=(row.VLCUSTOREAL or ZERO, row.VLCUSTOFIN or ZERO, row.VLCUSTOREP or ZERO, row.VLCUSTOCONT or ZERO),
        partes=tuple(
            Parte(r.CODPRODMP, r.AUXILIAR_MP, r.QTUNITEMB_MP or Decimal(1), r.QTMP or ZERO, r.PVENDA_MP or ZERO)
            for r in rows
            if r.CODPRODMP is not None
        ),
    )


def _com_partes(lidas: Mapping[int, Sequence[LinhaGravada]], rows: Iterable[Any]) -> dict[int, list[LinhaGravada]]:
    """The lines with the components as they are under their locks."""
    partes: dict[tuple[int, int, int], list[Parte]] = {}
    for r in rows:
        parte = Parte(r.CODPRODMP, r.CODAUXILIAR, r.QTUNITEMB or Decimal(1), r.QTMP or ZERO, r.PVENDA or ZERO)
        partes.setdefault((r.NUMPED, r.NUMSEQ, r.CODPROD), []).append(parte)
    return {
        numped: [
            replace(linha, partes=tuple(partes.get((numped, linha.numseq, linha.codprod), ()))) for linha in linhas
        ]
        for numped, linhas in lidas.items()
    }


def cancelar(connection: sa.Connection, ordem: Ordem, *, codfunc: int, agora: dt.datetime, com_kit: bool) -> None:
    """POSICAO 'C' in header and lines of the order and of its deliveries that have not ended, who and when; ``agora``
    by the ERP's clock. Stock is freed by the caller."""
    desfez = "S" if com_kit else None
    quem = {"B_DTCANCEL": agora, "B_CODFUNCCANCEL": codfunc, "B_DESFEZKITCANC": desfez}
    numeros = a_cancelar(ordem)
    connection.execute(_CANCELAR, [{"B_NUMPED": numped, **quem} for numped in numeros])
    connection.execute(_CANCELAR_LINHAS, [{"B_NUMPED": numped} for numped in numeros])


def a_cancelar(ordem: Ordem) -> list[int]:
    """The numbers that a cancellation of the order marks; what has ended already stays as it is."""
    entregas = [entrega.numped for entrega in ordem.entregas if not entrega.no_winthor.encerrado]
    return sorted([*([ordem.numped] if not ordem.encerrada or not entregas else []), *entregas])


_CANCELAR = (
    sa.update(PCPEDC)
    .where(PCPEDC.c.NUMPED == sa.bindparam("B_NUMPED"))
    .values(
        POSICAO="C",
        DTCANCEL=sa.bindparam("B_DTCANCEL"),
        CODFUNCCANCEL=sa.bindparam("B_CODFUNCCANCEL"),
        DESFEZKITCANC=sa.bindparam("B_DESFEZKITCANC"),
    )
)
_CANCELAR_LINHAS = sa.update(PCPEDI).where(_I.NUMPED == sa.bindparam("B_NUMPED")).values(POSICAO="C")


def insert_pcnfcan(
    connection: sa.Connection,
    tabelas: Tabelas,
    ordem: Ordem,
    *,
    codfunc: int,
    agora: dt.datetime,
    motivo: str,
    rotina: str,
) -> None:
    """The trace of a cancelled order, and of its deliveries, in PCNFCAN, for sites whose routines look there (a
    setting)."""
    dia = agora.replace(hour=0, minute=0, second=0)
    familia = {ordem.numped: (ordem.vltotal, ordem.posicao)}
    familia |= {entrega.numped: (entrega.vltotal, entrega.no_winthor.posicao) for entrega in ordem.entregas}
    tabelas.inserir(
        connection,
        "PCNFCAN",
        [
            {
                "NUMPED": numped,
                "CODFUNCCANC": codfunc,
                "DATACANC": dia,
                "HORACANC": agora,
                "DATAEMISSAO": ordem.data,
                "VLTOTAL": familia[numped][0],
                "CODCLI": ordem.codcli,
                "CODUSUR": ordem.codusur,
                "CODFILIAL": ordem.filial,
                "MOTIVO": motivo,
                "CODPLPAG": ordem.codplpag,
                "CODCOB": ordem.codcob,
                "POSICAOANTCANCEL": familia[numped][1],
                "SERVICO_WTA": rotina,
                "ORIGEMINTEGRACAO": ordem.origem,
            }
            for numped in a_cancelar(ordem)
        ],
    )


def copiar(
    connection: sa.Connection,
    tabelas: Tabelas,
    colunas: Mapping[str, Sequence[str]],
    numped: int,
    novo: int,
    agora: dt.datetime,
) -> None:
    """Write the order again under the number ``novo``: the mapped columns of its rows, but that it is of now and
    released now, by the ERP's clock (R18). ``colunas``: those of each table."""
    dia = agora.replace(hour=0, minute=0, second=0)
    mudancas = {
        "NUMPED": novo,
        "POSICAO": LIBERADO,
        "DATA": dia,
        "HORA": agora.hour,
        "MINUTO": agora.minute,
        "DTLIBERA": dia,
        "HORALIBERA": agora.hour,
        "MINUTOLIBERA": agora.minute,
    }
    for nome in colunas:
        table = tabelas[nome]
        wanted = [table.c[coluna] for coluna in colunas[nome]]
        rows = connection.execute(sa.select(*wanted).where(table.c.NUMPED == numped))
        alteradas = {c: v for c, v in mudancas.items() if c in colunas[nome]}
        tabelas.inserir(connection, nome, [{**row._mapping, **alteradas} for row in rows])
