"""Rescue: the pre-sale was called at a till (state 3). Marked, stock untouched (spec §5)."""

from __future__ import annotations

from app.domain.vida import Acao, Efeito, Estado
from app.services.agir import Feito, agir
from app.services.alvo import Alvo, situacao
from app.services.gateway import Gateway, utc
from app.services.pedido import Pedido, Resposta
from app.services.registrar import Aberta
from app.winthor import reservas
from app.winthor.db import Connection


def resgatar(gw: Gateway, aberta: Aberta, pedido: Pedido) -> Resposta:
    """Mark the reservation as rescued; a paid one keeps its state, the log has the rescue. Raises Recusa or Falha."""

    def fazer(connection: Connection, alvo: Alvo) -> Feito:
        ordem = alvo.ordem
        estado, mensagem = ordem.estado, f"A reserva {ordem.numped} já estava resgatada."
        if alvo.passo.efeito is Efeito.MUDAR:
            estado, mensagem = Estado.RESGATADA, f"Reserva resgatada: {ordem.numped}."
            # It has left the till's queue: time alone does not end it any more (it is listed when it grows old).
            reservas.mudar(connection, ordem.numped, utc(gw.agora()), ESTADO=estado.value, DTEXPIRA=None)
        elif alvo.passo.efeito is Efeito.REGISTRAR_RESGATE:
            mensagem = f"Resgate registrado: {ordem.numped}."
        return Feito(situacao(gw, connection, ordem, estado, ordem.posicao), mensagem)

    return agir(gw, aberta, pedido, Acao.RESGATAR, fazer)
