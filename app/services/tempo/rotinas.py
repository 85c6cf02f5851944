"""What ``prevenda serve`` does by itself between sales, on one host at a time (R18).

A host keeps the turn from round to round and renews it as it works. When it stops it gives the turn back; when it dies
the turn ends after three intervals. Turns go by the hosts' own clocks (UTC). Where these differ, the turn of a dead
host ends by so much earlier or later. Where they differ by more than two intervals, two hosts may work at once, which
is slower and nothing worse: each of these jobs does each record once on any number of hosts.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import socket
from collections.abc import Callable, Sequence

from app.services.eventos import feed, observar
from app.services.gateway import Gateway, utc
from app.services.operacao import recuperacao
from app.services.operacao.andamento import Seguir
from app.services.tempo import adotar, apurar, encerrar, expirar
from app.winthor import turnos
from app.winthor.db.engine import identificar
from app.winthor.db.faults import Falha
from app.winthor.db.prazos import Finalidade, para
from app.winthor.turnos import Turno

log = logging.getLogger("prevenda")

INTERVALOS_DO_TURNO = 3
TURNO_MINIMO_S = 10.0
CALLER = "rotinas"


def _recuperar(gw: Gateway, seguir: Seguir) -> int:
    return len(recuperacao.recuperar(gw, seguir=seguir))


def _varrer(gw: Gateway, seguir: Seguir) -> int:
    return len(expirar.expirar(gw, seguir=seguir).expiradas)


def _contar(gw: Gateway, seguir: Seguir) -> int:
    contados = observar.observar(gw, seguir)
    feed.publicar(gw)
    return contados


def _assentar(gw: Gateway, seguir: Seguir) -> int:
    return len(encerrar.assentar(gw, seguir=seguir))


def _adotar(gw: Gateway, seguir: Seguir) -> int:
    return adotar.adotar_novas(gw, seguir=seguir).adotadas


def _apurar(gw: Gateway, _seguir: Seguir) -> int:
    apurar.guardar(gw)
    return 0  # no record is changed by it


# Name in the log, and what it does; each says how many records it has changed.
Rotina = Callable[[Gateway, Seguir], int]
ROTINAS: tuple[tuple[str, Rotina], ...] = (
    ("recuperacao", _recuperar),
    ("varredura", _varrer),
    ("eventos", _contar),
    ("assentamento", _assentar),
    ("adocao", _adotar),
    ("apuracao", _apurar),
)


def este_processo() -> str:
    """A name that no other process has, on any host."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


class Plantao:
    """The rounds of one process. ``encerrando``: whether it is about to end, asked between two records; ``mais``: jobs
    besides, at the end of a round."""

    def __init__(
        self,
        gw: Gateway,
        encerrando: Callable[[], bool],
        dono: str = "",
        mais: Sequence[tuple[str, Rotina]] = (),
    ) -> None:
        self._gw = gw
        self._encerrando = encerrando
        self._mais = mais
        self._dono = dono or este_processo()
        self._dura = dt.timedelta(seconds=max(INTERVALOS_DO_TURNO * gw.settings.varredura, TURNO_MINIMO_S))
        self._renovar_em: dt.datetime | None = None

    def rodada(self) -> bool:
        """Do every job once, if the turn is one's own or can be had; False when another host has it.

        A job that fails is logged by its code and does not keep the others from being done. Raises Falha when the
        turn cannot be asked for.
        """
        if not self._tomar():
            return False
        for nome, rotina in (*ROTINAS, *self._mais):
            if not self._seguir():
                break
            try:
                with identificar(CALLER, nome), para(Finalidade.TAREFA):
                    feitos = rotina(self._gw, self._seguir)
            except Exception as error:
                codigo = error.codigo if isinstance(error, Falha) else Falha.codigo
                log.error("a rotina %s falhou (%s, %s)", nome, codigo, type(error).__name__)
                continue
            if feitos:
                log.info("rotina %s: %d registro(s)", nome, feitos)
        return True

    def soltar(self) -> None:
        """Give the turn back, if it is one's own. Raises Falha."""
        if self._renovar_em is not None:
            self._gw.db.run(lambda c: turnos.soltar(c, self._dono, utc(self._gw.agora())))
            self._renovar_em = None

    def _tomar(self) -> bool:
        """Take the turn or renew it, in a transaction of its own."""
        agora = utc(self._gw.agora())
        novo = Turno(self._dono, agora + self._dura)
        tem = self._gw.db.run(lambda c: turnos.tomar(c, novo, agora))
        self._renovar_em = agora + self._dura / INTERVALOS_DO_TURNO if tem else None
        return tem

    def _seguir(self) -> bool:
        """Whether a job may take another record: not when the process is ending, nor when the turn was lost."""
        if self._encerrando():
            return False
        if self._renovar_em is None:
            return False
        return utc(self._gw.agora()) < self._renovar_em or self._tomar()
