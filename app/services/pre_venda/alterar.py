"""Alter: cancel and recreate in one transaction, judged on the net difference (R10, R11, R18)."""

from __future__ import annotations

from app.domain.desfecho import Desfecho
from app.domain.estoque import Plano, planejar
from app.domain.recusas import Aviso
from app.domain.vida import Acao, Efeito, Estado
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import recusa_da_vida, substituida
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda.alvo import conferir_passo, lock_alvo, propria
from app.services.pre_venda.cancelar import marcar_cancelada
from app.services.pre_venda.conferir import PreVendaConferida
from app.services.pre_venda.reservar import SemEstoque, com_conferida, inserir_reserva, recusa_por_estoque
from app.winthor import estoque, pedidos, reservas
from app.winthor.pedidos import Ordem


class ExpiradaSemEstoque(Exception):
    """An expired reservation cannot be made again: its units are gone (R18)."""

    def __init__(self, numped: int) -> None:
        super().__init__("RESERVA_EXPIRADA")
        self.numped = numped


def alterar(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
    """The whole alteration of an opened operation. Raises Recusa (the old reservation untouched) or Falha."""
    return com_conferida(gw, operacao, requisicao, lambda conferida: _alterar(gw, operacao, requisicao, conferida))


def _alterar(gw: Gateway, operacao: Operacao, requisicao: Requisicao, conferida: PreVendaConferida) -> Resposta:
    try:
        _olhar(gw, operacao, requisicao, conferida)
        operacao.medir("conferencia")
        return transacao(gw, operacao, requisicao, lambda tx: _gravar(tx, conferida), rca=conferida.vendas.codusur)
    except SemEstoque as falta:
        raise recusa_por_estoque(gw, requisicao, conferida, falta.plano) from None
    except ExpiradaSemEstoque as falta:
        raise recusa_da_vida("RESERVA_EXPIRADA", falta.numped) from None


def _olhar(gw: Gateway, operacao: Operacao, requisicao: Requisicao, conferida: PreVendaConferida) -> None:
    """Refuse without a lock what is hopeless, so that it draws no number (R2). Raises as the transaction would."""
    with gw.db.read() as connection:
        ordem = propria(
            gw, pedidos.ler(connection, requisicao.pre_venda.id_retaguarda or 0, com_linhas=True), requisicao
        )
        if ordem.seguinte is not None:
            raise substituida(ordem.numped, reservas.fim_da_linhagem(connection, ordem.seguinte))
        efeito = conferir_passo(gw, connection, ordem, Acao.ALTERAR, operacao.ancora.numped)
        regra = gw.regra_de_retencao(connection, futura=ordem.futura)
        proprias = pedidos.linhas_de(ordem, ordem.vistas, regra).retidas
        saldos = estoque.ler_saldos(connection, {**conferida.necessidades, **proprias})
    plano = planejar(saldos, gw.regra_de_estoque, liberar=proprias, reservar=conferida.necessidades)
    _recusar_faltas(ordem, efeito, plano)


def _recusar_faltas(ordem: Ordem, efeito: Efeito, plano: Plano) -> None:
    if plano.faltas:
        raise ExpiradaSemEstoque(ordem.numped) if efeito is Efeito.RESERVAR_DE_NOVO else SemEstoque(plano)


def _gravar(tx: Transacao, conferida: PreVendaConferida) -> Desfecho:
    gw, alvo = tx.gw, lock_alvo(tx, Acao.ALTERAR, com_linhas=True)
    antiga = alvo.ordem
    travado = tx.lock_estoque(antiga, conferida.necessidades)
    liberar = travado.linhas.retidas
    plano = planejar(travado.saldos, gw.regra_de_estoque, liberar=liberar, reservar=conferida.necessidades)
    _recusar_faltas(antiga, alvo.efeito, plano)
    avisos = [*alvo.avisos]
    if alvo.efeito is Efeito.RESERVAR_DE_NOVO:
        avisos.append(aviso_de_renovacao(antiga.numped))
    feito = inserir_reserva(
        tx, conferida, travado.saldos, plano, anterior=antiga.numped, efeito=alvo.efeito, avisos=avisos
    )
    if alvo.efeito is Efeito.RECRIAR:
        motivo = f"SUBSTITUIDO PELO {feito.numped}"
        codfunc = tx.requisicao.pre_venda.operador
        marcar_cancelada(tx, antiga, com_kit=travado.linhas.com_kit, codfunc=codfunc, motivo=motivo)
        ligar(tx, antiga, feito.numped, estado=Estado.SUBSTITUIDA)
    else:
        ligar(tx, antiga, feito.numped)
    return feito


def ligar(tx: Transacao, antiga: Ordem, novo: int, estado: Estado | None = None) -> None:
    """Keep the lineage old -> new (R11); ``estado``: what the old one is from now on."""
    reservas.mudar(tx.connection, antiga.numped, utc(tx.gw.agora()), seguinte=novo, estado=estado)


def aviso_de_renovacao(numped: int) -> Aviso:
    texto = f"A reserva {numped} tinha expirado; o estoque estava livre e foi reservado de novo."
    return Aviso("RESERVA_RENOVADA", texto, ("/idRetaguarda",))
