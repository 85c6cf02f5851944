"""An order that carries a reservation: lock it, read its lines, cancel it, copy it (R10, R18, R21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.vida import Estado, estado_efetivo
from app.winthor.db import for_update
from app.winthor.gateway_tables import GW_RESERVA
from app.winthor.pedidos import Tabelas
from app.winthor.tables import PCNFCAN, PCPEDC, PCPEDI, PCPEDICESTA

# Only in these positions does an order hold stock (winthor.md §1.2).
RETEM_ESTOQUE = frozenset({"L", "M"})


@dataclass(frozen=True, slots=True)
class Ordem:
    """A locked order with its reservation. ``estado`` is the one that counts; ``adotada``: it has no GW_ row yet.

    ``expira`` is UTC without zone. ``seguinte``: the number that replaced it.
    """

    numped: int
    filial: str
    numero: str
    origem: str | None
    posicao: str | None
    estado: Estado
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
    criada: dt.datetime | None
    caller: str | None

    @property
    def retem(self) -> bool:
        """Whether its units are counted in QTRESERV."""
        return self.posicao in RETEM_ESTOQUE and self.estado is not Estado.BAIXADA


@dataclass(frozen=True, slots=True)
class Parte:
    """A component of a stored kit line: base units in one kit."""

    codprod: int
    codauxiliar: int | None
    qtunitemb: Decimal
    qtmp: Decimal
    pvenda: Decimal


@dataclass(frozen=True, slots=True)
class LinhaGravada:
    """A stored line, base units. ``filial``: the branch whose stock it holds."""

    numseq: int
    codprod: int
    codauxiliar: int | None
    qtunitemb: Decimal
    qt: Decimal
    pvenda: Decimal
    filial: str
    partes: tuple[Parte, ...] = field(default=())


_ORDEM = (
    sa.select(
        PCPEDC.c.NUMPED,
        PCPEDC.c.CODFILIAL,
        PCPEDC.c.NUMPEDHUBE,
        PCPEDC.c.ORIGEMINTEGRACAO,
        PCPEDC.c.POSICAO,
        PCPEDC.c.NUMTRANSVENDA,
        PCPEDC.c.CODCLI,
        PCPEDC.c.CODUSUR,
        PCPEDC.c.VLTOTAL,
        PCPEDC.c.DATA,
        PCPEDC.c.CODCOB,
        PCPEDC.c.CODPLPAG,
        PCPEDC.c.NUMCAR,
        GW_RESERVA.c.ESTADO,
        GW_RESERVA.c.DTEXPIRA,
        GW_RESERVA.c.NUMPED_ANTERIOR,
        GW_RESERVA.c.NUMPED_SEGUINTE,
        GW_RESERVA.c.MODO_KIT,
        GW_RESERVA.c.DTCRIACAO,
        GW_RESERVA.c.CALLER,
    )
    .select_from(PCPEDC.outerjoin(GW_RESERVA, GW_RESERVA.c.NUMPED == PCPEDC.c.NUMPED))
    .where(PCPEDC.c.NUMPED == sa.bindparam("B_NUMPED"))
)


def lock(connection: sa.Connection, numped: int, wait_s: float) -> Ordem | None:
    """Lock the order's PCPEDC row and read it with its reservation, None when there is no such order.

    The pre-sale's anchor is locked already, so that GW_RESERVA cannot change between (R20).
    """
    row = connection.execute(for_update(_ORDEM, wait_s, of="PCPEDC.NUMPED"), {"B_NUMPED": numped}).first()
    return None if row is None else _ordem(row)


def ler(connection: sa.Connection, numped: int) -> Ordem | None:
    """The same without a lock, for people to read."""
    row = connection.execute(_ORDEM, {"B_NUMPED": numped}).first()
    return None if row is None else _ordem(row)


def _ordem(row: Any) -> Ordem:
    registrado = Estado(row.ESTADO) if row.ESTADO else Estado.AUTORIZADA
    return Ordem(
        numped=row.NUMPED,
        filial=row.CODFILIAL,
        numero=row.NUMPEDHUBE or "",
        origem=row.ORIGEMINTEGRACAO,
        posicao=row.POSICAO,
        estado=estado_efetivo(registrado, row.POSICAO, bool(row.NUMTRANSVENDA)),
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
        criada=row.DTCRIACAO,
        caller=row.CALLER,
    )


def ler_linhas(connection: sa.Connection, numped: int) -> list[LinhaGravada]:
    """The order's lines as they are stored now, each kit with its components; one statement."""
    grupos: dict[tuple[int, int], list[Any]] = {}
    for row in connection.execute(_LINHAS, {"B_NUMPED": numped}):
        grupos.setdefault((row.NUMSEQ, row.CODPROD), []).append(row)
    return [_linha(rows) for rows in grupos.values()]


_I, _C = PCPEDI.c, PCPEDICESTA.c
_MESMA_LINHA = sa.and_(_C.NUMPED == _I.NUMPED, _C.CODPROD == _I.CODPROD, _C.NUMSEQ == _I.NUMSEQ)
_LINHAS = (
    sa.select(
        _I.NUMSEQ,
        _I.CODPROD,
        _I.CODAUXILIAR,
        _I.QTUNITEMB,
        _I.QT,
        _I.PVENDA,
        sa.func.coalesce(_I.CODFILIALRETIRA, PCPEDC.c.CODFILIAL).label("FILIAL"),
        _C.CODPRODMP,
        _C.CODAUXILIAR.label("AUXILIAR_MP"),
        _C.QTUNITEMB.label("QTUNITEMB_MP"),
        _C.QTMP,
        _C.PVENDA.label("PVENDA_MP"),
    )
    .select_from(PCPEDI.join(PCPEDC, PCPEDC.c.NUMPED == _I.NUMPED).outerjoin(PCPEDICESTA, _MESMA_LINHA))
    .where(_I.NUMPED == sa.bindparam("B_NUMPED"))
    .order_by(_I.NUMSEQ, _I.CODPROD, _C.NUMSEQITEM, _C.CODPRODMP)
)


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
        partes=tuple(
            Parte(r.CODPRODMP, r.AUXILIAR_MP, r.QTUNITEMB_MP or Decimal(1), r.QTMP or ZERO, r.PVENDA_MP or ZERO)
            for r in rows
            if r.CODPRODMP is not None
        ),
    )


def unidades(linhas: Iterable[LinhaGravada], modo_kit: str) -> dict[Chave, Decimal]:
    """Base units the stored lines hold in each stock row, kits by the mode they were reserved in (R5, R10)."""
    soma: dict[Chave, Decimal] = {}

    def somar(filial: str, codprod: int, quantidade: Decimal) -> None:
        soma[(filial, codprod)] = soma.get((filial, codprod), ZERO) + quantidade

    for linha in linhas:
        if not linha.partes or modo_kit in {"header", "both"}:
            somar(linha.filial, linha.codprod, linha.qt)
        if linha.partes and modo_kit in {"components", "both"}:
            for parte in linha.partes:
                somar(linha.filial, parte.codprod, parte.qtmp * linha.qt)
    return dict(sorted(soma.items()))


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


def confirmar_pagamento(connection: sa.Connection, numped: int, codcob: str | None, codplpag: int | None) -> None:
    """CODCOB and CODPLPAG of a paid order, those that were sent."""
    if codcob or codplpag:
        values: dict[str, Any] = {}
        if codcob:
            values["CODCOB"] = codcob
        if codplpag:
            values["CODPLPAG"] = codplpag
        connection.execute(sa.update(PCPEDC).where(PCPEDC.c.NUMPED == numped).values(**values))
    if codplpag:
        connection.execute(sa.update(PCPEDI).where(PCPEDI.c.NUMPED == numped).values(CODPLPAG=codplpag))


def copiar(
    connection: sa.Connection,
    tabelas: Tabelas,
    colunas: Mapping[str, Sequence[str]],
    numped: int,
    novo: int,
    mudancas: Mapping[str, Any],
) -> None:
    """Write the order again under the number ``novo``: the mapped columns of its rows, with ``mudancas`` where a table
    has such a column (R18)."""
    for nome in colunas:
        table = tabelas[nome]
        wanted = [table.c[coluna] for coluna in colunas[nome]]
        rows = connection.execute(sa.select(*wanted).where(table.c.NUMPED == numped))
        alteradas = {c: v for c, v in {**mudancas, "NUMPED": novo}.items() if c in colunas[nome]}
        tabelas.inserir(connection, nome, [{**row._mapping, **alteradas} for row in rows])
