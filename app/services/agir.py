"""Act on a reservation that exists: fence, locks, action, answer and record in one transaction (R15, R20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain.recusas import Aviso
from app.domain.vida import Acao
from app.services import alvo as alvos
from app.services import registrar
from app.services.alvo import Alvo
from app.services.gateway import Gateway, utc
from app.services.pedido import Pedido, Resposta
from app.services.registrar import Aberta
from app.services.responder import Situacao, responder
from app.winthor import operacoes
from app.winthor.db import Connection


@dataclass(frozen=True, slots=True)
class Feito:
    """What an action made of the reservation. ``avisos``: what it adds to those of the request and of its target."""

    situacao: Situacao
    mensagem: str
    avisos: Sequence[Aviso] = ()
    http: int = 200


def agir(
    gw: Gateway, aberta: Aberta, pedido: Pedido, acao: Acao, fazer: Callable[[Connection, Alvo], Feito]
) -> Resposta:
    """Do ``fazer`` to the locked target of the request, if the table of states allows ``acao`` (spec §5).

    ``fazer`` runs under the locks of anchor and order, and again if the database asks for a repeat. Raises Recusa, or
    Falha; then nothing is changed.
    """

    def gravar(connection: Connection) -> Resposta:
        operacoes.cercar(connection, aberta.nova.id, utc(gw.agora()))
        alvo = alvos.travar(gw, connection, pedido, acao)
        aberta.medir("locks")
        feito = fazer(connection, alvo)
        aberta.medir("gravacao")
        avisos = [*pedido.avisos, *alvo.avisos, *feito.avisos]
        resposta = responder(feito.http, pedido, feito.situacao, feito.mensagem, avisos)
        registrar.aceitar(
            gw,
            connection,
            aberta,
            pedido,
            resposta,
            numped=feito.situacao.numped,
            posicao=feito.situacao.posicao or "",
            codcli=feito.situacao.codcli,
        )
        return resposta

    return gw.db.run(gravar, until=aberta.fim)
