"""NUMPED, from the counter of the order's RCA (R2). Never MAX + 1.

A number is drawn by one statement that commits itself, before the transaction that uses it: sellers do not queue behind
each other's orders, and numbers may have gaps. One that is in use all the same is met as a key violation.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.winthor.db.faults import Duplicado, Falha, NumeracaoEsgotada
from app.winthor.db.transaction import faults
from app.winthor.db.travas import com_limite
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_RESERVA
from app.winthor.esquema.tables import PCCONSUM, PCPEDC, PCPEDI, PCPEDICESTA, PCUSUARI

POR_VENDEDOR = "PCUSUARI.PROXNUMPED"
JANELA = 50
POR_RCA = 1_000_000
MAIOR_DO_PCCONSUM = 99_999_998  # PCCONSUM.PROXNUMPED NUMBER(8,0) must still hold the number after it
# What has rows under a NUMPED: a number that one of them knows is in use.
COM_NUMPED = (PCPEDC, PCPEDI, PCPEDICESTA, GW_RESERVA)


class NumeroEmUso(Falha):
    """The number drawn has rows already: roll back and take another."""

    codigo = NumeracaoEsgotada.codigo

    def __init__(self, numped: int) -> None:
        super().__init__("NUMPED")
        self.numped = numped


@contextlib.contextmanager
def numero_novo(numped: int) -> Iterator[None]:
    """What is inserted inside has ``numped`` in its keys; raises NumeroEmUso when somebody has it already."""
    try:
        with faults():
            yield
    except Duplicado as falha:
        raise NumeroEmUso(numped) from falha


def sortear(connection: sa.Connection, codusur: int, fonte: str, quantos: int = 1) -> list[int]:
    """Draw the next ``quantos`` NUMPED, all or none, on a connection whose statements commit themselves; the counter's
    row is locked meanwhile.

    ``fonte`` is ``PCUSUARI.PROXNUMPED`` or ``PCCONSUM.PROXNUMPED``. Raises NumeracaoEsgotada when the numbers of the
    RCA, or of the company, are used up, and Ocupado.
    """
    contador, faixa = _contador(codusur, fonte)
    valores = {**faixa, "B_QUANTOS": quantos}
    linhas = [(fonte, faixa.get("B_RCA"))]
    # A number that no order has may be lost: what uses it is on the disk only after it is.
    numero = com_limite(connection, contador.sortear, valores, linhas=linhas, sem_esperar_o_disco=True).scalar()
    if numero is None:
        raise NumeracaoEsgotada(fonte)
    return [*range(int(numero) - quantos, int(numero))]


def sortear_depois_de(connection: sa.Connection, usado: int, codusur: int, fonte: str) -> int:
    """Draw again after ``usado`` was found in use: 50 numbers are probed at a time, and the counter is set past the one
    taken, unless somebody has moved it there already. Raises as ``sortear``."""
    contador, faixa = _contador(codusur, fonte)
    # A counter that was never seeded ends before the first RCA's range, wherever its own is.
    ultimo = POR_RCA - 1 if fonte == POR_VENDEDOR and usado < POR_RCA else faixa["B_ULTIMO"]
    primeiro = usado + 1
    while primeiro <= ultimo:
        fim = min(primeiro + JANELA - 1, ultimo)
        usados = set(connection.execute(_USADOS, {"B_DE": primeiro, "B_ATE": fim}).scalars())
        livre = next((n for n in range(primeiro, fim + 1) if n not in usados), None)
        if livre is not None:
            if com_limite(connection, contador.avancar, {**faixa, "B_LIVRE": livre}).scalar() is None:
                break
            return livre
        primeiro = fim + 1
    return sortear(connection, codusur, fonte)[0]


def prever(connection: sa.Connection, codusur: int, fonte: str, quantos: int = 1) -> list[int]:
    """Numbers for a rehearsal: none that anybody draws, so that no sale waits for them. Raises NumeracaoEsgotada where
    ``sortear`` would; no lock."""
    contador, faixa = _contador(codusur, fonte)
    if connection.execute(contador.prever, {**faixa, "B_QUANTOS": quantos}).scalar() is None:
        raise NumeracaoEsgotada(fonte)
    primeiro = secrets.randbelow(1_000_000_000)
    return [-primeiro - n for n in range(1, quantos + 1)]


@dataclass(frozen=True, slots=True)
class NumerosRestantes:
    """How many numbers a counter has left; ``dono``: whose it is, for a person."""

    dono: str
    restam: int


def restantes(connection: sa.Connection, fonte: str) -> list[NumerosRestantes]:
    """Each counter of ``fonte``; read without a lock."""
    if fonte == POR_VENDEDOR:
        ativos = PCUSUARI.c.DTTERMINO.is_(None) & PCUSUARI.c.DTEXCLUSAO.is_(None)
        rows = connection.execute(sa.select(PCUSUARI.c.CODUSUR, PCUSUARI.c.PROXNUMPED).where(ativos))
        faixas = {f"RCA {codusur}": _faixa(proximo, codusur) for codusur, proximo in rows}
    else:
        faixas = {"PCCONSUM": _faixa(connection.execute(sa.select(PCCONSUM.c.PROXNUMPED)).scalar(), None)}
    return [NumerosRestantes(dono, ultimo - proximo + 1) for dono, (proximo, ultimo) in faixas.items()]


def _faixa(contador: Decimal | None, codusur: int | None) -> tuple[int, int]:
    """From the next number to the last one: of the RCA, or of the company when there is none."""
    proximo = int(contador or 0)
    if codusur is None:
        return max(proximo, 1), MAIOR_DO_PCCONSUM
    if 0 < proximo < POR_RCA:
        # A counter that was never seeded with the RCA's prefix goes on as WinThor has it (docs/winthor.md §1.1).
        return proximo, POR_RCA - 1
    return max(proximo, codusur * POR_RCA + 1), codusur * POR_RCA + POR_RCA - 1


class _Contador:
    """The statements of one counter; each gives PROXNUMPED as it is afterwards, nothing where it is past its range."""

    def __init__(self, tabela: sa.Table, linha: sa.ColumnElement[bool], sorteado: sa.ColumnElement[Any]) -> None:
        proximo, livre = tabela.c.PROXNUMPED, sa.bindparam("B_LIVRE", type_=tabela.c.PROXNUMPED.type)
        quantos = sa.bindparam("B_QUANTOS", type_=tabela.c.PROXNUMPED.type)
        cabem = sorteado + quantos - 1 <= sa.bindparam("B_ULTIMO")
        update = sa.update(tabela).where(linha).returning(proximo)
        self.sortear = update.values(PROXNUMPED=sorteado + quantos).where(cabem)
        self.prever = sa.select(sorteado).where(linha, cabem)
        self.avancar = update.values(PROXNUMPED=livre + 1).where(
            sa.func.coalesce(proximo, 0) <= livre, livre <= sa.bindparam("B_ULTIMO")
        )


def _a_partir_de(proximo: sa.ColumnElement[Any], primeiro: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The number that a counter gives: itself, ``primeiro`` where it is empty or below."""
    return sa.case((sa.func.coalesce(proximo, 0) < primeiro, primeiro), else_=proximo)


_NUMERO = PCUSUARI.c.PROXNUMPED.type
_DO_RCA = _Contador(
    PCUSUARI,
    PCUSUARI.c.CODUSUR == sa.bindparam("B_RCA"),
    # A counter that was never seeded with the RCA's prefix goes on as WinThor has it (docs/winthor.md §1.1).
    sa.case(
        (PCUSUARI.c.PROXNUMPED.between(1, POR_RCA - 1), PCUSUARI.c.PROXNUMPED),
        else_=_a_partir_de(PCUSUARI.c.PROXNUMPED, sa.bindparam("B_PRIMEIRO", type_=_NUMERO)),
    ),
)
_DA_EMPRESA = _Contador(
    PCCONSUM, sa.true(), _a_partir_de(PCCONSUM.c.PROXNUMPED, sa.bindparam("B_PRIMEIRO", type_=_NUMERO))
)


def _contador(codusur: int, fonte: str) -> tuple[_Contador, dict[str, int]]:
    if fonte != POR_VENDEDOR:
        return _DA_EMPRESA, {"B_PRIMEIRO": 1, "B_ULTIMO": MAIOR_DO_PCCONSUM}
    primeiro = codusur * POR_RCA + 1
    return _DO_RCA, {"B_RCA": codusur, "B_PRIMEIRO": primeiro, "B_ULTIMO": primeiro + POR_RCA - 2}


_USADOS = sa.union(
    *[
        sa.select(numero.label("NUMPED")).where(numero.between(sa.bindparam("B_DE"), sa.bindparam("B_ATE")))
        for numero in (*[tabela.c.NUMPED for tabela in COM_NUMPED], GW_ENTREGA.c.NUMPED_TV8)
    ]
)
