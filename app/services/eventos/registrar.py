"""Events are inserted in the commit of what they tell."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.desfecho import Desfecho
from app.domain.eventos import Evento, TipoDeEvento, tipos_do_efeito
from app.domain.vida import Efeito
from app.services.gateway import Gateway, utc
from app.services.identificador import novo_id
from app.winthor import eventos
from app.winthor.db.transaction import Connection
from app.winthor.eventos import NovoEvento

_QUE_SUBSTITUI = frozenset({Efeito.RECRIAR, Efeito.RESERVAR_DE_NOVO})


def registrar(gw: Gateway, connection: Connection, novos: Sequence[Evento]) -> None:
    """Insert events in the caller's transaction, which holds the anchor of their pre-sale; one statement, none for
    none. Whoever changes a reservation outside of an operation tells it by this; an operation's are told by what its
    Desfecho says (``eventos`` there names them where they are not those of its effect)."""
    if novos:
        agora = gw.agora()
        eventos.insert(connection, utc(agora), [NovoEvento(novo_id(agora), evento) for evento in novos])


def do_desfecho(desfecho: Desfecho, numero: str) -> list[Evento]:
    """The events of an operation with this outcome."""
    tipos = desfecho.eventos
    if tipos is None:
        tipos = tipos_do_efeito(desfecho.efeito, desfecho.registrado)
    return [_evento(desfecho, numero, tipo) for tipo in tipos]


def _evento(desfecho: Desfecho, numero: str, tipo: TipoDeEvento) -> Evento:
    troca = tipo is TipoDeEvento.ALTERADA and desfecho.efeito in _QUE_SUBSTITUI
    return Evento(
        tipo=tipo,
        filial=desfecho.filial,
        numero=numero,
        numped=desfecho.numped,
        estado=desfecho.estado,
        posicao=desfecho.posicao,
        expira=None if desfecho.expira is None else utc(desfecho.expira),
        substitui=desfecho.substitui if troca else None,
    )
