"""What happened to reservations, in order."""

from __future__ import annotations

from marshmallow import fields

from app.api.respostas import Esquema, Momento
from app.api.respostas.campos import estado, lista
from app.api.respostas.eventos import instante
from app.domain.eventos import TipoDeEvento


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
