"""WinThor's own sessions on the tables themselves, in lock orders of their own (``movimentos``).

A session locks with SELECT … FOR UPDATE and waits as long as it takes, as the ERP's do.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.winthor.esquema.tables import PCEST, PCPEDC, PCPEDI, PCPEDICESTA
from tests.reliability.movimentos import (
    CONTADORES,
    MOVIMENTOS,
    PARA_BAIXO,
    RETEM,
    TODAS_AS_ORDENS,
    Chave,
    Linha,
    Mudanca,
    Pedido,
    Saldo,
    Sorteio,
    somar,
)

# A session whose order names other stock rows by the time it has locked them begins anew, so often.
TENTATIVAS = 5
FIM = "tudo feito, COMMIT por enviar"


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
