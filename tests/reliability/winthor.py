"""WinThor's own sessions: they change orders and stock rows on the tables themselves, in lock orders of their own.

A session locks with SELECT … FOR UPDATE and waits as long as it takes. What it does is one pure decision on what it
read under its locks (``MOVIMENTOS``); the model of the state machine takes the same decision. It behaves: it sells
nothing twice and keeps counters and lines together, but for the moves of ``CONTADORES``, which say what they left.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.winthor.tables import PCEST, PCPEDC, PCPEDI, PCPEDICESTA

Chave = tuple[str, int]  # (CODFILIAL, CODPROD)
Quantias = Mapping[Chave, Decimal]

ZERO = Decimal(0)
RETEM = frozenset({"L", "M"})
ABSURDO = Decimal(-5)
CARREGAMENTO = 77
COBRANCA = "D"
# A session whose order names other stock rows by the time it has locked them begins anew, so often.
TENTATIVAS = 5

# What a session locks, in this order; every second one goes through the stock rows downwards.
ORDENS: Mapping[str, tuple[str, ...]] = {
    "estoque primeiro": ("PCEST", "PCPEDI", "PCPEDC"),
    "cabeçalho primeiro": ("PCPEDC", "PCPEDI", "PCEST"),
}
# Lines and counters are changed without a look at the header too.
SEM_CABECALHO: Mapping[str, tuple[str, ...]] = {
    "estoque e linhas": ("PCEST", "PCPEDI"),
    "linhas e estoque": ("PCPEDI", "PCEST"),
}
# … and lines and header without a look at the stock.
SEM_ESTOQUE: Mapping[str, tuple[str, ...]] = {"linhas e cabeçalho": ("PCPEDI", "PCPEDC")}
TODAS_AS_ORDENS = {**ORDENS, **SEM_CABECALHO, **SEM_ESTOQUE}
PARA_BAIXO = frozenset({"cabeçalho primeiro", "linhas e estoque"})
FIM = "tudo feito, COMMIT por enviar"


# --- what a session reads


@dataclass(frozen=True, slots=True)
class Linha:
    """A line, base units. ``partes``: component and its units in one kit."""

    numseq: int
    codprod: int
    filial: str
    qt: Decimal
    pvenda: Decimal
    posicao: str
    partes: tuple[tuple[int, Decimal], ...] = ()

    def unidades(self, qt: Decimal | None = None, filial: str | None = None) -> dict[Chave, Decimal]:
        """What so many of the line hold of each stock row; by default the line as it is."""
        quantas, onde = self.qt if qt is None else qt, filial or self.filial
        if not self.partes:
            return {(onde, self.codprod): quantas}
        return {(onde, codprod): quantas * qtmp for codprod, qtmp in self.partes}


@dataclass(frozen=True, slots=True)
class Saldo:
    qtestger: Decimal
    qtreserv: Decimal
    qtbloqueada: Decimal

    @property
    def livre(self) -> Decimal:
        return self.qtestger - max(self.qtreserv, ZERO) - max(self.qtbloqueada, ZERO)


@dataclass(frozen=True)
class Pedido:
    """An order under the session's locks. ``vivas``: units that all live lines hold of its stock rows, its own too."""

    numped: int
    posicao: str
    numtransvenda: int | None
    numcar: int | None
    codcob: str | None
    linhas: tuple[Linha, ...]
    saldos: Mapping[Chave, Saldo]
    vivas: Quantias

    @property
    def segura(self) -> bool:
        return self.posicao in RETEM and not self.numtransvenda

    @property
    def inteiras(self) -> list[Linha]:
        """The lines that were not cut."""
        return [linha for linha in self.linhas if linha.posicao != "C"]

    def unidades(self) -> dict[Chave, Decimal]:
        return somar(linha.unidades() for linha in self.inteiras)

    def cabe(self, unidades: Quantias) -> bool:
        return all(chave in self.saldos and self.saldos[chave].livre >= n for chave, n in unidades.items())


def somar(partes: Iterable[Quantias]) -> dict[Chave, Decimal]:
    soma: dict[Chave, Decimal] = defaultdict(Decimal)
    for parte in partes:
        for chave, quantas in parte.items():
            soma[chave] += quantas
    return dict(soma)


def menos(unidades: Quantias) -> dict[Chave, Decimal]:
    return {chave: -quantas for chave, quantas in unidades.items()}


# --- what it decides


@dataclass(frozen=True)
class Sorteio:
    """What is drawn for a move: which line, how many units, the branch a line goes to."""

    linha: int = 0
    quantidade: int = 1
    outra_filial: str = "2"


@dataclass(frozen=True)
class Mudanca:
    """``reserva``, ``estoque``: what QTRESERV and QTESTGER change by; ``fixa``, ``bloqueio``: what QTRESERV and
    QTBLOQUEADA become; ``linhas``, ``cabecalho``: columns. ``conta``: what a counter that was set holds beyond the live
    lines since then; every other move changes counter and lines alike."""

    reserva: Quantias = field(default_factory=dict)
    estoque: Quantias = field(default_factory=dict)
    fixa: Quantias = field(default_factory=dict)
    bloqueio: Quantias = field(default_factory=dict)
    linhas: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    cabecalho: Mapping[str, Any] = field(default_factory=dict)
    conta: Quantias = field(default_factory=dict)


Decisao = Callable[[Pedido, Sorteio], Mudanca | None]


def _mudar_quantidade(pedido: Pedido, sorteio: Sorteio, quanto: int) -> Mudanca | None:
    linha = _uma(pedido, sorteio)
    if linha is None or linha.qt + quanto < 1:
        return None
    variacao = linha.unidades(Decimal(quanto))
    if quanto > 0 and not pedido.cabe(variacao):
        return None
    return Mudanca(
        reserva=variacao,
        linhas={linha.numseq: {"QT": linha.qt + quanto}},
        cabecalho={"VALOR": quanto * linha.pvenda},
    )


def _uma(pedido: Pedido, sorteio: Sorteio) -> Linha | None:
    """The line drawn, of an order whose units are counted."""
    inteiras = pedido.inteiras
    return inteiras[sorteio.linha % len(inteiras)] if pedido.segura and inteiras else None


def aumentar(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    """PCPEDI.QT and QTRESERV go up, as far as there is stock."""
    return _mudar_quantidade(pedido, sorteio, sorteio.quantidade)


def diminuir(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    return _mudar_quantidade(pedido, sorteio, -sorteio.quantidade)


def cortar(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    """A line to position 'C', its units given back; the last one is never cut."""
    linha = _uma(pedido, sorteio)
    if linha is None or len(pedido.inteiras) < 2:
        return None
    return Mudanca(reserva=menos(linha.unidades()), linhas={linha.numseq: {"POSICAO": "C"}})


def _posicionar(pedido: Pedido, posicao: str, **mais: Any) -> Mudanca:
    linhas = {linha.numseq: {"POSICAO": posicao} for linha in pedido.inteiras}
    return Mudanca(linhas=linhas, cabecalho={"POSICAO": posicao}, **mais)


def bloquear(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """Held back: 'B' in header and lines, not counted any more."""
    return _posicionar(pedido, "B", reserva=menos(pedido.unidades())) if pedido.posicao == "L" else None


def pender(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    return _posicionar(pedido, "P", reserva=menos(pedido.unidades())) if pedido.posicao == "L" else None


def desbloquear(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """Released again, when its units are still there."""
    unidades = pedido.unidades()
    if pedido.posicao not in {"B", "P"} or not pedido.cabe(unidades):
        return None
    return _posicionar(pedido, "L", reserva=unidades)


def montar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    return _posicionar(pedido, "M") if pedido.posicao == "L" else None


def carregar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """Put on a load; the position stays."""
    return Mudanca(cabecalho={"NUMCAR": CARREGAMENTO}) if pedido.posicao == "L" and not pedido.numcar else None


def faturar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """Invoiced: units and reservation go down together."""
    if not pedido.segura:
        return None
    saida = menos(pedido.unidades())
    return _posicionar(pedido, "F", reserva=saida, estoque=saida)


def cancelar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    if pedido.posicao in {"C", "F"}:
        return None
    return _posicionar(pedido, "C", reserva=menos(pedido.unidades()) if pedido.segura else {})


def cobrar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """A person fills CODCOB."""
    return Mudanca(cabecalho={"CODCOB": COBRANCA}) if pedido.posicao == "L" and not pedido.codcob else None


def mudar_de_filial(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    """A line is taken from another branch, if it has the units."""
    linha = _uma(pedido, sorteio)
    if linha is None or linha.filial == sorteio.outra_filial:
        return None
    chegam = linha.unidades(filial=sorteio.outra_filial)
    if not pedido.cabe(chegam):
        return None
    return Mudanca(
        reserva=somar([menos(linha.unidades()), chegam]),
        linhas={linha.numseq: {"CODFILIALRETIRA": sorteio.outra_filial}},
    )


def _fixar(pedido: Pedido, valores: Quantias) -> Mudanca:
    conta = {chave: valor - pedido.vivas.get(chave, ZERO) for chave, valor in valores.items()}
    return Mudanca(fixa=valores, conta=conta)


def recalcular(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """QTRESERV of the order's stock rows becomes the sum of the live lines, as the ERP's own routine has it."""
    return _fixar(pedido, {chave: pedido.vivas.get(chave, ZERO) for chave in pedido.saldos})


def ajustar(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    """Units that another routine counts go on top of the lines, as far as there is stock."""
    chave = max(pedido.saldos)
    mais = {chave: Decimal(sorteio.quantidade)}
    if not pedido.cabe(mais):
        return None
    conta = {chave: pedido.saldos[chave].qtreserv + mais[chave] - pedido.vivas.get(chave, ZERO)}
    return Mudanca(reserva=mais, conta=conta)


def zerar_contador(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    return _fixar(pedido, {max(pedido.saldos): ZERO})


def contador_absurdo(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """QTRESERV below zero."""
    return _fixar(pedido, {max(pedido.saldos): ABSURDO})


def bloqueio_absurdo(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """QTBLOQUEADA below zero."""
    return Mudanca(bloqueio={max(pedido.saldos): ABSURDO})


MOVIMENTOS: Mapping[str, Decisao] = {
    decisao.__name__: decisao
    for decisao in (
        aumentar,
        diminuir,
        cortar,
        bloquear,
        pender,
        desbloquear,
        montar,
        carregar,
        faturar,
        cancelar,
        cobrar,
        mudar_de_filial,
        recalcular,
        ajustar,
        zerar_contador,
        contador_absurdo,
        bloqueio_absurdo,
    )
}
CONTADORES = frozenset({"recalcular", "ajustar", "zerar_contador", "contador_absurdo", "bloqueio_absurdo"})
DE_LINHA = frozenset({"aumentar", "diminuir", "cortar", "mudar_de_filial"})
DE_PEDIDO = frozenset({"montar", "carregar", "cobrar"})


def ordens(movimento: str) -> list[str]:
    """The lock orders that a move may go by."""
    de_linha = SEM_CABECALHO if movimento in CONTADORES | DE_LINHA else {}
    return [*ORDENS, *de_linha, *(SEM_ESTOQUE if movimento in DE_PEDIDO else {})]


# --- the session


@contextlib.contextmanager
def banco_do_erp(url: str, pool_size: int = 4) -> Iterator[sa.Engine]:
    """Connections as the ERP has them: no limit to any wait."""
    engine = sa.create_engine(url, pool_size=pool_size)
    yield engine
    engine.dispose()


def agir(
    engine: sa.Engine,
    numped: int,
    movimento: str,
    ordem: str,
    *,
    sorteio: Sorteio | None = None,
    chegar: Callable[[str], None] = lambda _onde: None,
    lancar: Callable[[sa.Connection, Pedido, Mudanca], None] = lambda *_: None,
    quando: dt.datetime | None = None,
) -> Mudanca | None:
    """One session and its transaction: lock, read, decide, write, commit; None when the order does not allow the move.

    ``chegar`` is told of each table as it is locked, and of FIM; ``lancar`` keeps books in the same transaction. What
    the driver raises, a deadlock say, comes out.
    """
    sorteio = sorteio or Sorteio()
    for _ in range(TENTATIVAS):
        with engine.begin() as connection:
            chaves = _chaves(connection, numped, sorteio if movimento == "mudar_de_filial" else None)
            for tabela in TODAS_AS_ORDENS[ordem]:
                _lock(connection, tabela, numped, sorted(chaves, reverse=ordem in PARA_BAIXO))
                chegar(tabela)
            if not _chaves(connection, numped, None) <= chaves:
                continue
            pedido = ler(connection, numped, chaves, soma=movimento in CONTADORES)
            mudanca = None if pedido is None else MOVIMENTOS[movimento](pedido, sorteio)
            if pedido is not None and mudanca is not None:
                lancar(connection, pedido, mudanca)
                for tabela in TODAS_AS_ORDENS[ordem]:
                    _ESCRITAS[tabela](connection, numped, mudanca, quando or _agora())
            chegar(FIM)
        return mudanca
    raise RuntimeError(f"o pedido {numped} não parou quieto")


_I, _C, _E, _P = PCPEDI.c, PCPEDICESTA.c, PCEST.c, PCPEDC.c
_MESMA = sa.and_(_C.NUMPED == _I.NUMPED, _C.CODPROD == _I.CODPROD, _C.NUMSEQ == _I.NUMSEQ)
_LINHAS = sa.select(
    _I.NUMPED,
    _I.NUMSEQ,
    _I.CODPROD,
    sa.func.coalesce(_I.CODFILIALRETIRA, _P.CODFILIAL).label("FILIAL"),
    _I.QT,
    _I.PVENDA,
    _I.POSICAO,
    _C.CODPRODMP,
    _C.QTMP,
).select_from(PCPEDI.join(PCPEDC, _P.NUMPED == _I.NUMPED).outerjoin(PCPEDICESTA, _MESMA))


def _ler_linhas(connection: sa.Connection, *onde: sa.ColumnElement[bool]) -> list[Linha]:
    grupos: dict[tuple[int, int, int], list[Any]] = {}
    for row in connection.execute(_LINHAS.where(*onde).order_by(_I.NUMPED, _I.NUMSEQ, _C.NUMSEQITEM)):
        grupos.setdefault((row.NUMPED, row.NUMSEQ, row.CODPROD), []).append(row)
    return [
        Linha(
            rows[0].NUMSEQ,
            rows[0].CODPROD,
            rows[0].FILIAL,
            Decimal(rows[0].QT),
            Decimal(rows[0].PVENDA),
            rows[0].POSICAO,
            tuple((row.CODPRODMP, Decimal(row.QTMP)) for row in rows if row.CODPRODMP is not None),
        )
        for rows in grupos.values()
    ]


def _chaves(connection: sa.Connection, numped: int, destino: Sorteio | None) -> set[Chave]:
    """The stock rows that the order's lines name, with those of the branch that one of them is to go to."""
    linhas = _ler_linhas(connection, _I.NUMPED == numped)
    chaves = set(somar(linha.unidades() for linha in linhas))
    return chaves | ({(destino.outra_filial, codprod) for _, codprod in chaves} if destino else set())


def _linha_de_estoque(chave: Chave) -> sa.ColumnElement[bool]:
    return sa.and_(chave[0] == _E.CODFILIAL, chave[1] == _E.CODPROD)


def _lock(connection: sa.Connection, tabela: str, numped: int, chaves: Iterable[Chave]) -> None:
    if tabela == "PCEST":
        for chave in chaves:
            connection.execute(sa.select(_E.QTRESERV).where(_linha_de_estoque(chave)).with_for_update())
    elif tabela == "PCPEDI":
        connection.execute(sa.select(_I.QT).where(_I.NUMPED == numped).order_by(_I.NUMSEQ).with_for_update())
    else:
        connection.execute(sa.select(_P.POSICAO).where(_P.NUMPED == numped).with_for_update())


def ler(connection: sa.Connection, numped: int, chaves: Collection[Chave], *, soma: bool) -> Pedido | None:
    """The order as it stands; ``soma``: with the sum of all live lines of its stock rows."""
    cabecalho = connection.execute(
        sa.select(_P.POSICAO, _P.NUMTRANSVENDA, _P.NUMCAR, _P.CODCOB).where(_P.NUMPED == numped)
    ).first()
    if cabecalho is None:
        return None
    saldos = {
        (row.CODFILIAL, row.CODPROD): Saldo(*[Decimal(n or 0) for n in (row.QTESTGER, row.QTRESERV, row.QTBLOQUEADA)])
        for row in connection.execute(
            sa.select(_E.CODFILIAL, _E.CODPROD, _E.QTESTGER, _E.QTRESERV, _E.QTBLOQUEADA).where(
                sa.or_(sa.false(), *map(_linha_de_estoque, chaves))
            )
        )
    }
    vivas = unidades_vivas(connection, {codprod for _, codprod in chaves}) if soma else {}
    return Pedido(numped, *cabecalho, tuple(_ler_linhas(connection, _I.NUMPED == numped)), saldos, vivas)


def unidades_vivas(connection: sa.Connection, codprods: Collection[int]) -> dict[Chave, Decimal]:
    """Units that the live lines of these products hold, whoever made them: L or M in the header, not invoiced, not
    cut; kits by their components."""
    viva = (_P.POSICAO.in_(RETEM), _P.NUMTRANSVENDA.is_(None), sa.func.coalesce(_I.POSICAO, "L") != "C")
    do_produto = sa.or_(_I.CODPROD.in_(codprods), _C.CODPRODMP.in_(codprods))
    soma = somar(linha.unidades() for linha in _ler_linhas(connection, *viva, do_produto))
    return {chave: quantas for chave, quantas in soma.items() if chave[1] in codprods}


def _escrever_estoque(connection: sa.Connection, _numped: int, mudanca: Mudanca, _quando: dt.datetime) -> None:
    valores: dict[Chave, dict[str, Any]] = defaultdict(dict)
    for chave, quantas in mudanca.reserva.items():
        valores[chave]["QTRESERV"] = sa.func.coalesce(_E.QTRESERV, 0) + quantas
    for chave, quantas in mudanca.estoque.items():
        valores[chave]["QTESTGER"] = _E.QTESTGER + quantas
    for chave, valor in mudanca.fixa.items():
        valores[chave]["QTRESERV"] = valor
    for chave, valor in mudanca.bloqueio.items():
        valores[chave]["QTBLOQUEADA"] = valor
    for chave, colunas in valores.items():
        connection.execute(sa.update(PCEST).where(_linha_de_estoque(chave)).values(**colunas))


def _escrever_linhas(connection: sa.Connection, numped: int, mudanca: Mudanca, _quando: dt.datetime) -> None:
    for numseq, colunas in mudanca.linhas.items():
        onde = (_I.NUMPED == numped, _I.NUMSEQ == numseq)
        connection.execute(sa.update(PCPEDI).where(*onde).values(**colunas))


def _escrever_cabecalho(connection: sa.Connection, numped: int, mudanca: Mudanca, quando: dt.datetime) -> None:
    """``VALOR`` is what the totals change by: a session that leaves the header alone leaves them too. With its end an
    order gets the day and the invoice."""
    colunas = dict(mudanca.cabecalho)
    if valor := colunas.pop("VALOR", None):
        colunas |= {"VLTOTAL": _P.VLTOTAL + valor, "VLATEND": _P.VLATEND + valor}
    if colunas.get("POSICAO") == "C":
        colunas["DTCANCEL"] = quando
    elif colunas.get("POSICAO") == "F":
        colunas |= {"NUMTRANSVENDA": numped, "DTFAT": quando}
    if colunas:
        connection.execute(sa.update(PCPEDC).where(_P.NUMPED == numped).values(**colunas))


def _agora() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)


_ESCRITAS = {"PCEST": _escrever_estoque, "PCPEDI": _escrever_linhas, "PCPEDC": _escrever_cabecalho}
