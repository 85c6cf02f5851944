"""Deliver: call those who asked for it, in order, each attempt once on any number of hosts (R28).

Whoever delivers takes a subscription in hand in the database, and notes there what became of each attempt before the
next one. A host that dies leaves it in hand for a minute. An event that cannot be delivered is tried again after a
while; those after it wait for it, so that the order is kept, and after the last attempt nobody is called any more.
No transaction is open and no connection is held while somebody is called.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from app.domain.assinatura import TROCA, EstadoDaAssinatura, assinar, proxima_espera
from app.saida.destino import Chamada as Chamada
from app.saida.destino import chamar
from app.services.acesso.credenciais import Caller
from app.services.eventos import feed
from app.services.eventos.assinaturas import achar, esperando_por_outros
from app.services.eventos.cofre import Cofre, SegredoIlegivel
from app.services.gateway import Gateway, utc
from app.winthor import assinaturas, eventos
from app.winthor.assinaturas import Assinatura
from app.winthor.db.transaction import Connection
from app.winthor.eventos import EventoLido

log = logging.getLogger("prevenda")

# So long a subscription stays in hand after its last note; an attempt takes 10 s at the most, its name less than 30.
NA_MAO = dt.timedelta(seconds=60)
LOTE = 50
ID_DO_TESTE = "teste"

T = TypeVar("T")
Seguir = Callable[[], bool]


@dataclass(slots=True)
class EntregaDeEventos:
    """What was done: events delivered, attempts that failed, subscriptions given up (their ids)."""

    entregues: int = 0
    falhas: int = 0
    desligadas: list[str] = field(default_factory=list)


class Entregador:
    """Delivers for one process, ``dono``. Safe for threads, which take turns at the database: one connection is all
    they hold. Raises SettingsError without a key."""

    def __init__(self, gw: Gateway, dono: str) -> None:
        self._gw = gw
        self._dono = dono
        self._cofre = Cofre(gw.settings)
        self._vez = threading.Lock()

    def devidas(self) -> list[str]:
        """Ids of those for whom something waits and who may be called now. Raises Falha."""
        gw = self._gw
        with self._vez:
            with gw.db.read() as connection:
                livres = assinaturas.find_livres(connection, utc(gw.agora()))
            if not livres:
                return []
            ultimo = feed.fim(gw)
        return [id_assinatura for id_assinatura, cursor in livres.items() if cursor < ultimo]

    def entregar(self, id_assinatura: str, seguir: Seguir) -> EntregaDeEventos:
        """Deliver what waits for one, until it is done, an attempt fails, or ``seguir`` says no. Raises Falha."""
        feita = EntregaDeEventos()
        agora = utc(self._gw.agora())
        assinatura = self._no_banco(lambda c: assinaturas.tomar(c, id_assinatura, self._dono, agora, agora + NA_MAO))
        if assinatura is None:
            return feita
        try:
            self._entregar(assinatura, feita, seguir)
        finally:
            self._no_banco(lambda c: assinaturas.soltar(c, id_assinatura, self._dono))
        return feita

    def _entregar(self, assinatura: Assinatura, feita: EntregaDeEventos, seguir: Seguir) -> None:
        try:
            segredos = self._segredos(assinatura)
        except SegredoIlegivel:
            log.error("o segredo da assinatura %s não foi cifrado com PREVENDA_WEBHOOK_CHAVE", assinatura.id)
            return
        cursor, tentativas = assinatura.cursor, assinatura.tentativas
        while seguir():
            lote, fim = self._lote(assinatura, cursor)
            for lido, corpo in lote:
                if not seguir():
                    return
                chamada = self._chamar(assinatura, segredos, lido.id, corpo)
                tentativas = 0 if chamada.feita else tentativas + 1
                cursor = lido.seq if chamada.feita else cursor
                if not self._anotar(assinatura, cursor, tentativas, chamada, feita) or not chamada.feita:
                    return
            if not lote:
                self._anotar(assinatura, fim, tentativas, None, feita)
                return

    def _lote(self, assinatura: Assinatura, depois: int) -> tuple[list[tuple[EventoLido, bytes]], int]:
        """The next events with their bodies, and the place at which there are no more of them for now."""
        gw = self._gw

        def ler() -> tuple[list[tuple[EventoLido, bytes]], int]:
            with gw.db.read() as connection:
                fim = eventos.marcas(connection).ultimo
                lidos = eventos.find_all(
                    connection, depois, fim, filiais=assinatura.filiais, tipos=assinatura.tipos, limite=LOTE
                )
                mostrados = [feed.mostrar(gw, connection, lido) for lido in lidos]
            corpos = [gw.renderizacao.webhook(mostrado).encode() for mostrado in mostrados]
            return list(zip(lidos, corpos, strict=True)), fim

        with self._vez:
            return ler()

    def _chamar(self, assinatura: Assinatura, segredos: list[str], id_evento: str, corpo: bytes) -> Chamada:
        headers = cabecalhos(segredos, id_evento, int(self._gw.agora().timestamp()), corpo)
        return chamar(assinatura.url, corpo, headers, self._gw.settings.webhook_redes)

    def _anotar(
        self, assinatura: Assinatura, cursor: int, tentativas: int, chamada: Chamada | None, feita: EntregaDeEventos
    ) -> bool:
        """Note an attempt, None: only that there is nothing more up to ``cursor``; whether it is still in hand."""
        agora = utc(self._gw.agora())
        espera = proxima_espera(tentativas)
        estado = EstadoDaAssinatura.DESLIGADA if espera is None else EstadoDaAssinatura.ATIVA
        noted = self._no_banco(
            lambda c: assinaturas.anotar(
                c,
                assinatura.id,
                self._dono,
                cursor=cursor,
                tentativas=tentativas,
                estado=estado,
                agora=agora,
                proxima=agora + (espera or dt.timedelta()),
                ate=agora + NA_MAO,
                resultado=None if chamada is None else chamada.resultado,
            )
        )
        if chamada is None:
            return noted
        feita.entregues += chamada.feita
        feita.falhas += not chamada.feita
        if estado is EstadoDaAssinatura.DESLIGADA and noted:
            feita.desligadas.append(assinatura.id)
            log.error("a assinatura %s foi desligada: %s tentativas sem resposta 2xx", assinatura.id, tentativas)
        return noted

    def testar(self, caller: Caller, id_assinatura: str) -> Chamada:
        """Call one now with an event that is none; its state does not change. Raises AssinaturaRecusada, also while
        another is tested, and Falha."""
        with self._vez, self._gw.db.read() as connection:
            assinatura = achar(connection, caller, id_assinatura)
        try:
            segredos = self._segredos(assinatura)
        except SegredoIlegivel:
            return Chamada(False, "o segredo não foi cifrado com PREVENDA_WEBHOOK_CHAVE")
        agora = self._gw.agora()
        corpo = self._gw.renderizacao.texto(
            {"type": ID_DO_TESTE, "timestamp": agora.isoformat(timespec="milliseconds"), "data": {}}
        ).encode()
        with esperando_por_outros():
            return self._chamar(assinatura, segredos, f"{ID_DO_TESTE}_{agora.timestamp():.0f}", corpo)

    def _segredos(self, assinatura: Assinatura) -> list[str]:
        """The secrets that sign now, the newest first. Raises SegredoIlegivel."""
        segredos = [self._cofre.abrir(assinatura.segredo)]
        if assinatura.segredo_anterior and utc(self._gw.agora()) < assinatura.segredo_desde + TROCA:
            segredos.append(self._cofre.abrir(assinatura.segredo_anterior))
        return segredos

    def _no_banco(self, trabalho: Callable[[Connection], T]) -> T:
        with self._vez:
            return self._gw.db.run(trabalho)


def cabecalhos(segredos: list[str], id_evento: str, timestamp: int, corpo: bytes) -> dict[str, str]:
    """The headers of a call, by Standard Webhooks."""
    return {
        "Content-Type": "application/json",
        "webhook-id": id_evento,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": assinar(segredos, id_evento, timestamp, corpo),
    }


def entregar_tudo(gw: Gateway, dono: str, seguir: Seguir) -> EntregaDeEventos:
    """Deliver what waits, once around: for a command. Raises SettingsError without a key, where there is anybody to
    call; and Falha."""
    total = EntregaDeEventos()
    with gw.db.read() as connection:
        if not assinaturas.tem_ativa(connection):
            return total
    entregador = Entregador(gw, dono)
    for id_assinatura in entregador.devidas():
        if not seguir():
            break
        feita = entregador.entregar(id_assinatura, seguir)
        total.entregues += feita.entregues
        total.falhas += feita.falhas
        total.desligadas += feita.desligadas
    return total
