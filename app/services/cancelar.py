"""Cancel: free the stored units and mark order and reservation, once (spec §5, R10)."""

from __future__ import annotations

from app.domain.vida import Acao, Efeito, Estado
from app.services.agir import Feito, agir
from app.services.alvo import Alvo, situacao
from app.services.contextos import ROTINA
from app.services.gateway import Gateway, utc
from app.services.pedido import Pedido, Resposta
from app.services.registrar import Aberta
from app.winthor import estoque, ordens, reservas
from app.winthor.db import Connection
from app.winthor.ordens import LinhaGravada, Ordem


def cancelar(gw: Gateway, aberta: Aberta, pedido: Pedido) -> Resposta:
    """Cancel the whole reservation; a cancelled or expired one stays as it is (200). Raises Recusa or Falha."""

    def fazer(connection: Connection, alvo: Alvo) -> Feito:
        ordem = alvo.ordem
        estado, mensagem = ordem.estado, f"A reserva {ordem.numped} já estava encerrada."
        if alvo.passo.efeito is Efeito.MUDAR:
            estado, mensagem = Estado.CANCELADA, f"Reserva cancelada: {ordem.numped}."
            motivo = str(pedido.corpo.get("motivo") or "PRE-VENDA CANCELADA NO PDV")
            encerrar(gw, connection, ordem, Estado.CANCELADA, codfunc=pedido.pre_venda.operador, motivo=motivo)
        return Feito(situacao(gw, connection, ordem, estado, "C"), mensagem)

    return agir(gw, aberta, pedido, Acao.CANCELAR, fazer)


def encerrar(
    gw: Gateway, connection: Connection, ordem: Ordem, estado: Estado, *, codfunc: int | None, motivo: str
) -> None:
    """Free what the order holds and mark it 'C' and its reservation ``estado``, in the caller's transaction.

    The units are those of its stored rows, freed in lock order, never below zero, and only while it holds any.
    """
    linhas = ordens.ler_linhas(connection, ordem.numped)
    if ordem.retem:
        livres = ordens.unidades(linhas, ordem.modo_kit or gw.settings.modo_kit)
        estoque.somar_reserva(connection, {chave: -quantidade for chave, quantidade in livres.items()})
    marcar_cancelada(gw, connection, ordem, linhas, codfunc=codfunc, motivo=motivo)
    reservas.mudar(connection, ordem.numped, utc(gw.agora()), ESTADO=estado.value)


def marcar_cancelada(
    gw: Gateway,
    connection: Connection,
    ordem: Ordem,
    linhas: list[LinhaGravada],
    *,
    codfunc: int | None,
    motivo: str,
) -> None:
    """POSICAO 'C' with who and when, and the PCNFCAN row where the site wants it."""
    agora = gw.hora_do_erp(gw.agora())
    funcionario = codfunc or gw.settings.codfunc
    com_kit = any(linha.partes for linha in linhas)
    ordens.cancelar(connection, ordem, codfunc=funcionario, agora=agora, com_kit=com_kit)
    if gw.settings.grava_pcnfcan:
        motivo = gw.aparar("PCNFCAN", "MOTIVO", motivo)
        ordens.inserir_pcnfcan(connection, ordem, codfunc=funcionario, agora=agora, motivo=motivo, rotina=ROTINA)
