"""An order that carries a reservation: lock it, its stock rows, its lines; cancel it, copy it (R10, R18, R20).

What an order holds is what its lines say when they are read under their locks, after those of the stock rows: until
then a session of WinThor may have cut them.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.linhas import LinhaGravada, Parte, unidades
from app.domain.retencao import ENTREGA_FUTURA, PedidoNoEstoque, RegraDeRetencao, Retencao, linha_retem, retencao
from app.domain.vida import Estado, NoWinThor, estado_efetivo
from app.winthor.db.faults import Ocupado
from app.winthor.db.lists import any_of
from app.winthor.db.travas import lock
from app.winthor.esquema.gateway_tables import GW_RESERVA
from app.winthor.esquema.tabelas_do_site import Tabelas
from app.winthor.esquema.tables import PCNFCAN, PCPEDC, PCPEDI, PCPEDICESTA
from app.winthor.retencao import DIVIDIDO
from app.winthor.separacao import SEPARADO

LIBERADO, CANCELADO = "L", "C"


@dataclass(frozen=True, slots=True)
class Ordem:
    """An order with its reservation. ``estado`` is the one that counts, ``registrado`` what the gateway has recorded;
    ``adotada``: it has no GW_ row yet; ``encerrada``: WinThor has invoiced or cancelled it.

    ``assumida``: somebody in WinThor has taken it over, unless it was paid here (R18).
    ``condvenda`` and ``dividida`` (it has deliveries of its own) say with ``posicao`` whether it holds stock (R19).
    ``expira`` is UTC without zone. ``seguinte``: the number that replaced it. ``vistas``: its lines as they were seen
    beside it, before their locks; none unless they were asked for.
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
    vistas: tuple[LinhaGravada, ...] = ()

    @property
    def futura(self) -> bool:
        """Whether it waits for its deliveries: then parameter 2542 decides whether it holds stock."""
        return self.condvenda == ENTREGA_FUTURA and not self.dividida

    def retencao(self, regra: RegraDeRetencao) -> Retencao:
        """What of it QTRESERV should count."""
        baixada = self.estado is Estado.BAIXADA
        return retencao(regra, PedidoNoEstoque(self.filial, self.posicao, baixada, self.condvenda, self.dividida))


_I, _C = PCPEDI.c, PCPEDICESTA.c
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
    GW_RESERVA.c.ESTADO,
    GW_RESERVA.c.DTEXPIRA,
    GW_RESERVA.c.NUMPED_ANTERIOR,
    GW_RESERVA.c.NUMPED_SEGUINTE,
    GW_RESERVA.c.MODO_KIT,
    GW_RESERVA.c.DTCRIACAO,
    GW_RESERVA.c.CALLER,
)
_DA_LINHA = (
    _I.NUMSEQ,
    _I.CODPROD,
    _I.CODAUXILIAR,
    _I.QTUNITEMB,
    _I.QT,
    _I.PVENDA,
    _I.POSICAO.label("POSICAO_DA_LINHA"),
    _I.TIPOENTREGA,
    _I.DTENTREGA,
    _I.CODUSUR.label("CODUSUR_DA_LINHA"),
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
_COM_LINHAS = _COM_RESERVA.outerjoin(PCPEDI, _I.NUMPED == PCPEDC.c.NUMPED).outerjoin(PCPEDICESTA, _MESMA_LINHA)
_NUMPED = PCPEDC.c.NUMPED == sa.bindparam("B_NUMPED")
_NA_ORDEM_DAS_LINHAS = (_I.NUMSEQ, _I.CODPROD, _C.NUMSEQITEM, _C.CODPRODMP)
_ORDEM = sa.select(*_DA_ORDEM).select_from(_COM_RESERVA).where(_NUMPED)
_ORDEM_E_LINHAS = (
    sa.select(*_DA_ORDEM, *_DA_LINHA).select_from(_COM_LINHAS).where(_NUMPED).order_by(*_NA_ORDEM_DAS_LINHAS)
)
_SO_LINHAS = PCPEDI.join(PCPEDC, PCPEDC.c.NUMPED == _I.NUMPED).outerjoin(PCPEDICESTA, _MESMA_LINHA)
_LINHAS = (
    sa.select(*_DA_LINHA)
    .select_from(_SO_LINHAS)
    .where(_I.NUMPED == sa.bindparam("B_NUMPED"))
    .order_by(*_NA_ORDEM_DAS_LINHAS)
)
_LINHAS_DE = sa.select(_I.NUMPED, *_DA_LINHA).select_from(_SO_LINHAS).order_by(_I.NUMPED, *_NA_ORDEM_DAS_LINHAS)
_PARTES = (
    sa.select(_C.CODPROD, _C.NUMSEQ, _C.NUMSEQITEM, _C.CODPRODMP, _C.CODAUXILIAR, _C.QTUNITEMB, _C.QTMP, _C.PVENDA)
    .where(_C.NUMPED == sa.bindparam("B_NUMPED"))
    .order_by(_C.NUMSEQ, _C.CODPROD, _C.NUMSEQITEM, _C.CODPRODMP)
)


class LinhasMudaram(Ocupado):
    """Between the look at an order's lines and their locks they came to hold other stock rows: roll back, repeat."""


def lock_ordem(
    connection: sa.Connection, numped: int, *, com_linhas: bool = False, antes_de_varias: bool = False
) -> Ordem | None:
    """Lock the order's PCPEDC row and read it with its reservation, None when there is no such order.

    The pre-sale's anchor is locked already, so that GW_RESERVA cannot change between (R20). ``com_linhas``: its lines
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
    return _ordem(rows, com_linhas)


def ler(connection: sa.Connection, numped: int, *, com_linhas: bool = False) -> Ordem | None:
    """The same without a lock, for people to read and for a look before the locks."""
    query = _ORDEM_E_LINHAS if com_linhas else _ORDEM
    return _ordem(connection.execute(query, {"B_NUMPED": numped}).all(), com_linhas)


def lock_linhas(
    connection: sa.Connection,
    ordem: Ordem,
    regra: RegraDeRetencao,
    *,
    travadas: Collection[Chave] | None = None,
    todas: bool = False,
) -> Linhas:
    """Lock the order's lines, then its kit rows, and read them: this is what it holds (R10, R20).

    ``travadas``: the stock rows that were locked for them before; ``todas``: also those of lines that hold nothing.
    Raises LinhasMudaram when the lines hold other rows, and Ocupado.
    """
    numped = {"B_NUMPED": ordem.numped}
    com_kit = any(linha.partes for linha in ordem.vistas)
    linhas = _linhas(lock(connection, _LINHAS, numped, of="PCPEDI.NUMPED", varias=True, antes_de_varias=com_kit))
    if any(linha.partes for linha in linhas):
        linhas = _com_partes(linhas, lock(connection, _PARTES, numped, varias=True))
    lidas = linhas_de(ordem, linhas, regra)
    if travadas is not None:
        precisa = unidades(linhas, lidas.modo_kit) if todas else lidas.retidas
        if not precisa.keys() <= set(travadas):
            raise LinhasMudaram("outras linhas de estoque")
    return lidas


@dataclass(frozen=True, slots=True)
class Linhas:
    """The lines of an order, how their kits are counted, and what of the order holds stock."""

    linhas: Sequence[LinhaGravada]
    modo_kit: str
    retencao: Retencao

    @property
    def vivas(self) -> list[LinhaGravada]:
        """The lines but for those that WinThor has cut (position C)."""
        return [linha for linha in self.linhas if linha.posicao != CANCELADO]

    @property
    def retidas(self) -> dict[Chave, Decimal]:
        """Base units that the lines hold in each stock row, in lock order (R19)."""
        retidas = (linha for linha in self.linhas if linha_retem(self.retencao, linha.posicao, linha.tipo_entrega))
        return unidades(retidas, self.modo_kit)

    @property
    def com_kit(self) -> bool:
        return any(linha.partes for linha in self.linhas)


def linhas_de(ordem: Ordem, linhas: Sequence[LinhaGravada], regra: RegraDeRetencao) -> Linhas:
    """The lines of an order with what says which of them hold stock."""
    return Linhas(linhas, ordem.modo_kit or regra.modo_kit, ordem.retencao(regra))


def _ordem(rows: Sequence[Any], com_linhas: bool) -> Ordem | None:
    if not rows:
        return None
    row = rows[0]
    no_winthor = NoWinThor(row.POSICAO, bool(row.NUMTRANSVENDA), bool(row.SEPARADO), row.CODCOB)
    # An order made before the switch was paid when it has a CODCOB (R21).
    registrado = Estado(row.ESTADO) if row.ESTADO else Estado.CONFIRMADA if row.CODCOB else Estado.AUTORIZADA
    return Ordem(
        numped=row.NUMPED,
        filial=row.CODFILIAL,
        numero=row.NUMPEDHUBE or "",
        origem=row.ORIGEMINTEGRACAO,
        posicao=row.POSICAO,
        condvenda=row.CONDVENDA,
        dividida=bool(row.DIVIDIDO),
        encerrada=no_winthor.encerrado,
        estado=estado_efetivo(registrado, no_winthor),
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
        vistas=tuple(_linhas(row for row in rows if row.NUMSEQ is not None)) if com_linhas else (),
    )


def find_viva(connection: sa.Connection, filial: str, numero: str, origem: str) -> int | None:
    """The newest live order of the origin that carries the pre-sale's number and no GW_ row, without a lock (R21)."""
    return connection.execute(_VIVA, {"B_FILIAL": filial, "B_NUMERO": numero, "B_ORIGEM": origem}).scalars().first()


_VIVA = (
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
    .order_by(PCPEDC.c.DATA.desc(), PCPEDC.c.NUMPED.desc())
)


def ler_linhas(connection: sa.Connection, numped: int) -> list[LinhaGravada]:
    """The order's lines as they are stored now, each kit with its components; one statement, no lock."""
    return _linhas(connection.execute(_LINHAS, {"B_NUMPED": numped}))


def ler_linhas_de(connection: sa.Connection, numpeds: Collection[int]) -> dict[int, list[LinhaGravada]]:
    """The lines of several orders, in one statement; an order without lines is not there. No lock."""
    query = _LINHAS_DE.where(any_of(_I.NUMPED, sorted(numpeds)))
    rows = connection.execute(query)
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
        codusur=row.CODUSUR_DA_LINHA,
        partes=tuple(
            Parte(r.CODPRODMP, r.AUXILIAR_MP, r.QTUNITEMB_MP or Decimal(1), r.QTMP or ZERO, r.PVENDA_MP or ZERO)
            for r in rows
            if r.CODPRODMP is not None
        ),
    )


def _com_partes(linhas: Iterable[LinhaGravada], rows: Iterable[Any]) -> list[LinhaGravada]:
    """The lines with the components as they are under their locks."""
    partes: dict[tuple[int, int], list[Parte]] = {}
    for r in rows:
        parte = Parte(r.CODPRODMP, r.CODAUXILIAR, r.QTUNITEMB or Decimal(1), r.QTMP or ZERO, r.PVENDA or ZERO)
        partes.setdefault((r.NUMSEQ, r.CODPROD), []).append(parte)
    return [replace(linha, partes=tuple(partes.get((linha.numseq, linha.codprod), ()))) for linha in linhas]


def cancelar(connection: sa.Connection, ordem: Ordem, *, codfunc: int, agora: dt.datetime, com_kit: bool) -> None:
    """POSICAO 'C' in header and lines, who and when; ``agora`` by the ERP's clock. Stock is freed by the caller."""
    desfez = "S" if com_kit else None
    cancelada = {"B_NUMPED": ordem.numped, "DTCANCEL": agora, "CODFUNCCANCEL": codfunc, "DESFEZKITCANC": desfez}
    connection.execute(_CANCELAR, cancelada)
    connection.execute(_CANCELAR_LINHAS, {"B_NUMPED": ordem.numped})


_CANCELAR = sa.update(PCPEDC).where(PCPEDC.c.NUMPED == sa.bindparam("B_NUMPED")).values(POSICAO="C")
_CANCELAR_LINHAS = sa.update(PCPEDI).where(_I.NUMPED == sa.bindparam("B_NUMPED")).values(POSICAO="C")


def inserir_pcnfcan(
    connection: sa.Connection, ordem: Ordem, *, codfunc: int, agora: dt.datetime, motivo: str, rotina: str
) -> None:
    """The trace of a cancelled order in PCNFCAN, for sites whose routines look there (a setting)."""
    dia = agora.replace(hour=0, minute=0, second=0)
    connection.execute(
        sa.insert(PCNFCAN),
        [
            {
                "NUMPED": ordem.numped,
                "CODFUNCCANC": codfunc,
                "DATACANC": dia,
                "HORACANC": agora,
                "DATAEMISSAO": ordem.data,
                "VLTOTAL": ordem.vltotal,
                "CODCLI": ordem.codcli,
                "CODUSUR": ordem.codusur,
                "CODFILIAL": ordem.filial,
                "MOTIVO": motivo,
                "CODPLPAG": ordem.codplpag,
                "CODCOB": ordem.codcob,
                "POSICAOANTCANCEL": ordem.posicao,
                "SERVICO_WTA": rotina,
                "ORIGEMINTEGRACAO": ordem.origem,
            }
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
