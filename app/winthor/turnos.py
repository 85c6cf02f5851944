"""Whose turn it is among the hosts: for the rounds one row of GW_CONFIG, taken by compare-and-set (R18); for the sum of
all live orders another one, locked while it is read (R19).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.winthor.config import find_config
from app.winthor.db.transaction import Database
from app.winthor.db.travas import com_limite, esperar_ate, lock
from app.winthor.esquema.gateway_tables import GW_CONFIG, VERSAO

CHAVE = "TURNO"


@dataclass(frozen=True, slots=True)
class Turno:
    """Who has the turn, and until when (UTC without zone) unless he renews it."""

    dono: str
    ate: dt.datetime

    def texto(self) -> str:
        """The value of GW_CONFIG."""
        return f"{self.ate.isoformat()} {self.dono}"


def tomar(connection: sa.Connection, novo: Turno, agora: dt.datetime) -> bool:
    """Take the turn, or renew the own one; False when another has it. One row is locked until the end.

    The turn of another is over when its end has come, or lies further away than twice the length of ``novo``: then
    one of the two clocks is wrong by more than a whole turn. Raises Duplicado when another inserts the row first, and
    Ocupado.
    """
    atual = find_config(connection, CHAVE)
    if atual is None:
        connection.execute(sa.insert(GW_CONFIG), [{"CHAVE": CHAVE, "VALOR": novo.texto()}])
        return True
    outro = _ler(atual)
    if outro is not None and outro.dono != novo.dono and agora < outro.ate <= novo.ate + (novo.ate - agora):
        return False
    return _trocar(connection, atual, novo)


def soltar(connection: sa.Connection, dono: str, agora: dt.datetime) -> bool:
    """End the own turn, so that another need not wait for its end; False when it is not one's own any more."""
    atual = find_config(connection, CHAVE)
    turno = None if atual is None else _ler(atual)
    if atual is None or turno is None or turno.dono != dono:
        return False
    return _trocar(connection, atual, Turno(dono, agora))


def lock_soma(db: Database, connection: sa.Connection) -> None:
    """Wait until nobody else sums all live orders, on whatever host, and keep the others waiting until this reading
    ends. Locks one row of the gateway's own, which nothing else does but an installation. Raises Ocupado.

    On SQLite nobody waits: there is one host.
    """
    if connection.dialect.name != "sqlite":
        esperar_ate(connection, db.espera_de_leitura())
        lock(connection, _SOMA, {}, nossas=True)


_SOMA = sa.select(GW_CONFIG.c.CHAVE).where(GW_CONFIG.c.CHAVE == VERSAO)


def _trocar(connection: sa.Connection, atual: str, novo: Turno) -> bool:
    trocado = com_limite(connection, _TROCAR, {"B_ATUAL": atual, "B_NOVO": novo.texto()})
    return trocado.rowcount == 1


_TROCAR = (
    sa.update(GW_CONFIG)
    .where(GW_CONFIG.c.CHAVE == CHAVE, GW_CONFIG.c.VALOR == sa.bindparam("B_ATUAL"))
    .values(VALOR=sa.bindparam("B_NOVO"))
)


def _ler(texto: str) -> Turno | None:
    """None for a value that is no turn: nobody has it."""
    ate, _, dono = texto.partition(" ")
    try:
        return Turno(dono, dt.datetime.fromisoformat(ate))
    except ValueError:
        return None
