"""The feed: what happened since a cursor, to the branches of a caller (R27)."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.domain.eventos import TipoDeEvento
from app.domain.recusas import recusar
from app.domain.vida import Estado
from app.services.gateway import Gateway, utc
from app.services.relogio import na_filial
from app.winthor import eventos
from app.winthor.db.faults import Ocupado
from app.winthor.db.transaction import Connection
from app.winthor.eventos import EventoLido
from app.winthor.eventos import Visto as Visto

# Events that get their place in one transaction, and those at most for which one reader waits.
LOTE = 500
LOTES_POR_LEITURA = 4
LOTE_DE_LIMPEZA = 1000
APAGADOS = "Os eventos depois deste cursor já foram apagados."
DE_OUTRO_BANCO = "Este cursor não foi dado por este banco."
# Places looked at in one go for those who wait.
VISTOS = 1000


@dataclass(frozen=True, slots=True)
class Filtro:
    """Whose events: of these branches, of these types; None: of all."""

    filiais: frozenset[str] | None
    tipos: frozenset[TipoDeEvento] | None

    def quer(self, visto: Visto) -> bool:
        """Whether an event passes."""
        return (self.filiais is None or visto.filial in self.filiais) and (
            self.tipos is None or visto.tipo in self.tipos
        )


@dataclass(frozen=True, slots=True)
class EventoDoFeed:
    """An event as it is told. ``quando``: aware, UTC; ``expira_em``: in the zone of the branch."""

    id: str
    tipo: TipoDeEvento
    quando: dt.datetime
    filial: str
    numero: str
    id_retaguarda: int
    substitui: int | None
    situacao_reserva: Estado
    posicao: str | None
    expira_em: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PaginaDeEventos:
    """Some events, and the cursor that goes on after them. ``fim``: the place it stands for."""

    itens: Sequence[EventoDoFeed]
    fim: int

    @property
    def proximo(self) -> str:
        """The cursor, for the caller."""
        return str(self.fim)


def publicar(gw: Gateway, lotes: int | None = None) -> int:
    """Give the events that have none their place in the feed; how many. Raises Falha.

    What is committed when this begins has its place when it ends, unless there are more than ``lotes`` batches of it
    (None: all), or another is at it for longer than a lock is waited for: then that one gives them.
    """
    publicados = 0
    while lotes is None or lotes > 0:
        with gw.db.read() as connection:
            if not eventos.tem_pendente(connection):
                return publicados
        feitos = gw.db.run(lambda c: eventos.publicar(c, LOTE))
        publicados += feitos
        if feitos < LOTE:
            return publicados
        lotes = None if lotes is None else lotes - 1
    return publicados


def fim(gw: Gateway) -> int:
    """The place at which the feed ends now. Raises Falha."""
    with contextlib.suppress(Ocupado):
        publicar(gw, LOTES_POR_LEITURA)
    with gw.db.read() as connection:
        return eventos.marcas(connection).ultimo


def ler(gw: Gateway, filtro: Filtro, *, depois: int | None, limite: int) -> PaginaDeEventos:
    """Up to so many events after the place ``depois``, None: from the oldest kept.

    Raises Recusa CURSOR_VENCIDO when events after it were forgotten, or it was never given; and Falha.
    """
    with contextlib.suppress(Ocupado):
        publicar(gw, LOTES_POR_LEITURA)
    with gw.db.read() as connection:
        antes = eventos.marcas(connection)
        desde = antes.apagado if depois is None else depois
        if desde > antes.ultimo:
            raise recusar("CURSOR_VENCIDO", DE_OUTRO_BANCO, "/depois")
        achados = eventos.find_all(
            connection, desde, antes.ultimo, filiais=filtro.filiais, tipos=filtro.tipos, limite=limite
        )
        # Looked at last: what was forgotten while the list was read is not passed over.
        apagado = eventos.marcas(connection).apagado
        if depois is not None and depois < apagado:
            raise recusar("CURSOR_VENCIDO", APAGADOS, "/depois")
        itens = tuple(mostrar(gw, connection, achado) for achado in achados)
    fim = achados[-1].seq if len(achados) == limite else antes.ultimo
    return PaginaDeEventos(itens, fim)


def mostrar(gw: Gateway, connection: Connection, lido: EventoLido) -> EventoDoFeed:
    """A stored event as it is told."""
    evento = lido.evento
    return EventoDoFeed(
        id=lido.id,
        tipo=evento.tipo,
        quando=lido.quando.replace(tzinfo=dt.UTC),
        filial=evento.filial,
        numero=evento.numero,
        id_retaguarda=evento.numped,
        substitui=evento.substitui,
        situacao_reserva=evento.estado,
        posicao=evento.posicao,
        expira_em=None if evento.expira is None else na_filial(gw, connection, evento.filial, evento.expira),
    )


def vistos_depois(gw: Gateway, depois: int) -> Sequence[Visto]:
    """What those who wait may be waiting for, after a place; the events get their places first. Raises Falha."""
    with contextlib.suppress(Ocupado):
        publicar(gw, LOTES_POR_LEITURA)
    with gw.db.read() as connection:
        return eventos.find_vistos(connection, depois, VISTOS)


def filtro_de(filiais: Collection[str] | None, filial: str | None, tipos: Collection[TipoDeEvento] | None) -> Filtro:
    """What a caller of these branches (None: all) asks for."""
    permitidas = None if filiais is None else frozenset(filiais)
    return Filtro(permitidas if filial is None else frozenset({filial}), None if tipos is None else frozenset(tipos))


def limpar(gw: Gateway) -> int:
    """Forget the events older than the setting says, in batches; how many. Raises Falha."""
    antes_de = utc(gw.agora() - dt.timedelta(days=gw.settings.retencao_eventos_dias))
    publicar(gw)
    total = 0
    while True:
        apagados = gw.db.run(lambda c: eventos.limpar(c, antes_de, LOTE_DE_LIMPEZA))
        total += apagados
        if apagados < LOTE_DE_LIMPEZA:
            return total
