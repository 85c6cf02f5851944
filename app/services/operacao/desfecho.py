"""From what came of an operation to the answer that is stored with it and sent."""

from __future__ import annotations

from app.domain.desfecho import Aceite, Desfecho
from app.services.gateway import Gateway
from app.services.operacao.requisicao import Requisicao, Resposta


def responder(gw: Gateway, requisicao: Requisicao, desfecho: Desfecho) -> Resposta:
    """201 where a number is new, else 200. The avisos of the request come before those of the operation."""
    aceite = Aceite(
        numped=desfecho.numped,
        numero=requisicao.pre_venda.numero,
        operacao=requisicao.operacao,
        mensagem=desfecho.mensagem,
        avisos=(*requisicao.avisos, *desfecho.avisos),
        desfecho=desfecho,
    )
    return Resposta(desfecho.http, gw.renderizacao.aceite(aceite), efeito=desfecho.efeito, numped=desfecho.numped)
