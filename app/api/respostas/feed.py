"""What happened to reservations, in order."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.api.respostas import Esquema, Momento
from app.api.respostas.campos import estado, lista
from app.api.respostas.eventos import instante
from app.domain.assinatura import EstadoDaAssinatura
from app.domain.eventos import TipoDeEvento
from app.services.eventos.feed import EventoDoFeed


class EventoDoFeedSchema(Esquema):
    """An event. No personal data: numbers and state, the rest by …/consulta."""

    id = fields.String(metadata={"description": "O mesmo em toda entrega; quem o recebe outra vez o reconhece"})
    tipo = fields.Enum(TipoDeEvento, by_value=fields.String)
    quando = instante()
    filial = fields.String()
    numero = fields.String()
    idRetaguarda = fields.Integer()
    substitui = fields.Integer(allow_none=True, metadata={"description": "O número que este substituiu"})
    situacaoReserva = estado()
    posicao = fields.String(allow_none=True)
    expiraEm = Momento(allow_none=True)


class PaginaDeEventosSchema(Esquema):
    """Some events, oldest first, and the cursor that goes back as ``depois``."""

    itens = lista(EventoDoFeedSchema)
    proximo = fields.String(metadata={"description": "Sempre presente, também sem itens", "example": "1042"})


@dataclass(frozen=True, slots=True)
class ChamadaDoWebhook:
    """What a call says."""

    evento: EventoDoFeed


class WebhookSchema(Esquema):
    """The body of a call: the event, and beside it what Standard Webhooks wants of it."""

    type = fields.Enum(TipoDeEvento, by_value=fields.String, attribute="evento.tipo")
    timestamp = instante(attribute="evento.quando")
    data = fields.Nested(EventoDoFeedSchema, attribute="evento")


class AssinaturaSchema(Esquema):
    """``prevenda assinaturas listar``."""

    id = fields.String()
    url = fields.String()
    tipos = fields.List(fields.String(), allow_none=True)
    filiais = fields.List(fields.String(), allow_none=True)
    estado = fields.Enum(EstadoDaAssinatura, by_value=fields.String)
    caller = fields.String()
    criada = instante()
    cursor = fields.Integer()
    tentativas = fields.Integer()
    proxima = instante(allow_none=True)
    ultima = instante(allow_none=True)
    resultado = fields.String(allow_none=True)
    atrasoSegundos = fields.Integer(attribute="atraso_s", allow_none=True)


class AssinaturasSchema(Esquema):
    """Subscriptions, the oldest first; never a secret."""

    itens = lista(AssinaturaSchema)
