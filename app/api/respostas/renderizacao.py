"""What the use cases store and send of a judgement, as JSON text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api.respostas.desfecho import AcaoInternaSchema, CorrecaoGravadaSchema, RemanejamentoSchema, RespostaSchema
from app.api.respostas.feed import ChamadaDoWebhook, WebhookSchema
from app.api.respostas.gravada import parse_gravada
from app.api.respostas.problema import RetornoSchema, ditos
from app.api.respostas.texto import json_texto
from app.domain.desfecho import AcaoInterna, Aceite, Desfecho, Remanejamento, RespostaGravada
from app.domain.privacidade import sem_canarios
from app.domain.recusas import Recusa
from app.services.eventos.feed import EventoDoFeed


class RenderizacaoDaApi:
    """The ``Renderizacao`` of a Gateway."""

    def aceite(self, aceite: Aceite) -> str:
        """The answer to an accepted request."""
        return json_texto(RespostaSchema.render(aceite))

    def recusa(self, recusa: Recusa) -> str:
        """The reasons of a refusal, for the log."""
        retorno = ditos(RetornoSchema.render(recusa))
        # What a refusal may quote of a person's data is not kept.
        return json_texto(sem_canarios(retorno))

    def acao_interna(self, acao: AcaoInterna) -> Mapping[str, Any]:
        """The request of an action that no POS asked for, as the log keeps it."""
        return AcaoInternaSchema.render(acao)

    def remanejamento(self, remanejamento: Remanejamento) -> str:
        """What was moved."""
        return json_texto(RemanejamentoSchema.render(remanejamento))

    def gravada(self, resposta: Any) -> RespostaGravada:
        """What a stored answer says."""
        return parse_gravada(resposta)

    def correcao(self, desfecho: Desfecho) -> str:
        """What is kept as the answer to a correction."""
        return json_texto(CorrecaoGravadaSchema.render(desfecho))

    def webhook(self, evento: EventoDoFeed) -> str:
        """The body of a call that tells an event."""
        return json_texto(WebhookSchema.render(ChamadaDoWebhook(evento)))

    def texto(self, valor: Any) -> str:
        """JSON text with exact decimals, accents as they are."""
        return json_texto(valor)
