"""Rescue: the pre-sale was called at a till (state 3). Marked, stock untouched (spec §5)."""

from __future__ import annotations

from app.domain.vida import Acao, Efeito, Estado
from app.services import alvo as alvos
from app.services import registrar
from app.services.gateway import Gateway, utc
from app.services.pedido import Pedido, Resposta
from app.services.registrar import Aberta
from app.services.responder import responder
from app.winthor import operacoes, reservas
from app.winthor.db import Connection


def resgatar(gw: Gateway, aberta: Aberta, pedido: Pedido) -> Resposta:
    """Mark the reservation as rescued; a paid one keeps its state, the log has the rescue. Raises Recusa or Falha."""
    return gw.db.run(lambda connection: _gravar(gw, connection, aberta, pedido), until=aberta.fim)


def _gravar(gw: Gateway, connection: Connection, aberta: Aberta, pedido: Pedido) -> Resposta:
    operacoes.cercar(connection, aberta.nova.id, utc(gw.agora()))
    alvo = alvos.travar(gw, connection, pedido, Acao.RESGATAR)
    aberta.medir("locks")
    ordem = alvo.ordem
    estado, mensagem = ordem.estado, f"A reserva {ordem.numped} já estava resgatada."
    if alvo.passo.efeito is Efeito.MUDAR:
        estado, mensagem = Estado.RESGATADA, f"Reserva resgatada: {ordem.numped}."
        # It has left the till's queue: time alone does not end it any more (it is listed when it grows old).
        reservas.mudar(connection, ordem.numped, utc(gw.agora()), ESTADO=estado.value, DTEXPIRA=None)
    elif alvo.passo.efeito is Efeito.REGISTRAR_RESGATE:
        mensagem = f"Resgate registrado: {ordem.numped}."
    aberta.medir("gravacao")
    situacao = alvos.situacao(gw, connection, ordem, estado, ordem.posicao)
    resposta = responder(200, pedido, situacao, mensagem, [*pedido.avisos, *alvo.avisos])
    registrar.aceitar(
        gw,
        connection,
        aberta,
        pedido,
        resposta,
        numped=ordem.numped,
        posicao=ordem.posicao or "",
        codcli=ordem.codcli,
    )
    return resposta
