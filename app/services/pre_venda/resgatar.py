"""Rescue: the pre-sale was called at a till (state 3). Marked, stock untouched (§5)."""

from __future__ import annotations

from app.domain.desfecho import Desfecho
from app.domain.vida import Acao, Efeito, Estado
from app.services.gateway import Gateway, utc
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda.alvo import desfecho, lock_alvo
from app.winthor import reservas


def resgatar(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
    """Mark the reservation as rescued; one that is paid, blocked or in other hands keeps its state, the log has the
    rescue. Raises Recusa or Falha."""
    return transacao(gw, operacao, requisicao, _gravar)


def _gravar(tx: Transacao) -> Desfecho:
    alvo = lock_alvo(tx, Acao.RESGATAR)
    tx.medir("locks")
    ordem = alvo.ordem
    if alvo.efeito is Efeito.REGISTRAR_RESGATE:
        return desfecho(tx, ordem, alvo.efeito, f"Resgate registrado: {ordem.numped}.", avisos=alvo.avisos)
    if alvo.efeito is not Efeito.MUDAR:
        return desfecho(tx, ordem, alvo.efeito, f"A reserva {ordem.numped} já estava resgatada.", avisos=alvo.avisos)
    resgatada = Estado.RESGATADA
    # It has left the till's queue: time alone does not end it any more (it is listed when it grows old).
    reservas.update(tx.connection, ordem.numped, utc(tx.gw.agora()), estado=resgatada, sem_prazo=True)
    mensagem = f"Reserva resgatada: {ordem.numped}."
    return desfecho(tx, ordem, alvo.efeito, mensagem, estado=resgatada, avisos=alvo.avisos)
