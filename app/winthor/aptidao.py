"""Whether the database lets a sale be written: every table and column readable, the gateway's own writable.

What readiness asks every few seconds is one statement that reads no row and one that changes a row of the gateway's.
Only when the first fails is each table asked for, to name what is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from app.winthor.db.faults import Falha, Incompleto
from app.winthor.db.transaction import Database
from app.winthor.db.travas import com_limite
from app.winthor.esquema.gateway_tables import GW_CONFIG

Colunas = Mapping[str, Sequence[str]]

# Key of GW_CONFIG whose value is written to see whether it can be.
PRONTIDAO = "PRONTIDAO"
# Its row may be held by a host that is frozen: who waits longer has learnt enough.
ESPERA_S = 0.5


def _sem_linhas(tabela: str, colunas: Sequence[str]) -> sa.Select[int]:
    """Names every column and reads no row."""
    nunca = sa.literal_column("1") == sa.literal_column("0")
    alguma = sa.or_(*[sa.literal_column(coluna).is_(None) for coluna in colunas])
    return sa.select(sa.literal_column("1", sa.Integer())).select_from(sa.text(tabela)).where(nunca, alguma)


def faltas(db: Database, tabelas: Colunas) -> list[str]:
    """What cannot be read, ``TABLE`` or ``TABLE.COLUMN``; a fault that says nothing of this is raised (Falha)."""
    try:
        with db.read() as connection:
            connection.execute(sa.union_all(*[_sem_linhas(t, c) for t, c in tabelas.items()]))
    except Falha as falha:
        if not isinstance(falha, Incompleto):
            raise
        return [falta for tabela, colunas in tabelas.items() for falta in _faltas_de(db, tabela, colunas)] or [
            falha.objetos or "?"
        ]
    return []


def _faltas_de(db: Database, tabela: str, colunas: Sequence[str]) -> list[str]:
    if _legivel(db, tabela, colunas):
        return []
    if not _legivel(db, tabela, ()):
        return [tabela]
    return [f"{tabela}.{coluna}" for coluna in colunas if not _legivel(db, tabela, [coluna])]


def _legivel(db: Database, tabela: str, colunas: Sequence[str]) -> bool:
    try:
        with db.read() as connection:
            connection.execute(_sem_linhas(tabela, colunas or ["NULL"]))
    except Incompleto:
        return False
    return True


_MARCAR = sa.update(GW_CONFIG).where(GW_CONFIG.c.CHAVE == PRONTIDAO).values(VALOR=sa.bindparam("B_VALOR"))


def escrever(db: Database, agora: dt.datetime, *, confirmar: bool) -> None:
    """Write a row of the gateway's, and commit it with ``confirmar`` (else it is undone, which costs no disk).

    Raises Falha when it cannot be written; Ocupado when somebody else is just writing it.
    """
    with db.ensaio_curto(ESPERA_S, confirmar=confirmar) as connection:
        if com_limite(connection, _MARCAR, {"B_VALOR": agora.isoformat()}).rowcount == 0:
            connection.execute(sa.insert(GW_CONFIG), [{"CHAVE": PRONTIDAO, "VALOR": agora.isoformat()}])
