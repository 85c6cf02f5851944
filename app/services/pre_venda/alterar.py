"""Alter: cancel and recreate in one transaction, judged on the net difference (R10, R11, R18)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.domain.desfecho import Desfecho
from app.domain.estoque import Chave, Plano
from app.domain.protecao import Protecao
from app.domain.recusas import Aviso
from app.domain.validade import Cadeia, Termo, fuso_da_uf, termo_da_alteracao
from app.domain.vida import Acao, Efeito, Estado
from app.services import protecao
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import recusa_da_vida, substituida
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda.alvo import conferir_passo, lock_alvo, propria
from app.services.pre_venda.cancelar import marcar_cancelada
from app.services.pre_venda.conferir import PreVendaConferida, planejar_conferida
from app.services.pre_venda.reservar import SemEstoque, com_conferida, inserir_reserva, recusa_por_estoque
from app.winthor import pedidos, reservas
from app.winthor.pedidos import Linhas, Ordem


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
        guarda = _olhar(gw, operacao, requisicao, conferida)
        operacao.medir("conferencia")
        rca = conferida.vendas.codusur
        return transacao(gw, operacao, requisicao, lambda tx: _gravar(tx, conferida, guarda), rca=rca)
    except SemEstoque as falta:
        raise recusa_por_estoque(gw, requisicao, falta.conferida, falta.plano) from None
    except ExpiradaSemEstoque as falta:
        raise recusa_da_vida("RESERVA_EXPIRADA", falta.numped) from None


def _olhar(gw: Gateway, operacao: Operacao, requisicao: Requisicao, conferida: PreVendaConferida) -> Protecao:
    """Refuse without a lock what is hopeless, so that it draws no number (R2); gives the policies in force for the
    pre-sale's stock rows (R30). Raises as the transaction would."""
    vista = conferida.vista
    ordem = propria(gw, vista.ordem, requisicao)
    with gw.db.read() as connection:
        if ordem.seguinte is not None:
            raise substituida(ordem.numped, reservas.fim_da_linhagem(connection, ordem.seguinte))
        efeito = conferir_passo(gw, connection, ordem, Acao.ALTERAR, operacao.ancora.numped)
        regra = gw.regra_de_retencao(connection, futura=ordem.futura)
        linhas = pedidos.linhas_de(ordem, ordem.vistas, regra)
        proprias = linhas.retidas
    protegido = vista.sem(proprias, ordem.caller).contra(requisicao.caller)
    dita, plano = planejar_conferida(
        gw, requisicao, conferida, vista.saldos, protegido=protegido, liberar=proprias, reservadas=_reservadas(linhas)
    )
    _recusar_faltas(ordem, efeito, dita, plano)
    return vista.protecao


def _reservadas(linhas: Linhas) -> list[tuple[Chave, Decimal]]:
    """Stock row and units of each line that the order holds."""
    return [((linha.filial, linha.codprod), linha.qt) for linha in linhas.vivas] if linhas.retidas else []


def _recusar_faltas(ordem: Ordem, efeito: Efeito, conferida: PreVendaConferida, plano: Plano) -> None:
    if plano.faltas:
        if efeito is Efeito.RESERVAR_DE_NOVO:
            raise ExpiradaSemEstoque(ordem.numped)
        raise SemEstoque(conferida, plano)


def _gravar(tx: Transacao, conferida: PreVendaConferida, guarda: Protecao) -> Desfecho:
    gw, alvo = tx.gw, lock_alvo(tx, Acao.ALTERAR, com_linhas=True)
    antiga = alvo.ordem
    travado = tx.lock_estoque(antiga, conferida.a_travar)
    proprias = travado.linhas.retidas
    protegido = protecao.proteger(
        gw, tx.connection, guarda, travado.saldos, tx.requisicao.caller, liberadas=proprias, dono=antiga.caller
    )
    conferida, plano = planejar_conferida(
        gw,
        tx.requisicao,
        conferida,
        travado.saldos,
        protegido=protegido,
        liberar=proprias,
        reservadas=_reservadas(travado.linhas),
    )
    _recusar_faltas(antiga, alvo.efeito, conferida, plano)
    conferida = replace(conferida, termo=_termo(gw, antiga, conferida))
    avisos = [*alvo.avisos]
    if alvo.efeito is Efeito.RESERVAR_DE_NOVO:
        avisos.append(aviso_de_renovacao(antiga.numped))
    feito = inserir_reserva(
        tx,
        conferida,
        travado.saldos,
        plano,
        anterior=antiga.numped,
        cadeia=antiga.cadeia,
        efeito=alvo.efeito,
        avisos=avisos,
    )
    if alvo.efeito is Efeito.RECRIAR:
        motivo = f"SUBSTITUIDO PELO {feito.numped}"
        codfunc = tx.requisicao.pre_venda.operador
        marcar_cancelada(tx, antiga, com_kit=travado.linhas.com_kit, codfunc=codfunc, motivo=motivo)
        ligar(tx, antiga, feito.numped, estado=Estado.SUBSTITUIDA)
    else:
        ligar(tx, antiga, feito.numped)
    return feito


def _termo(gw: Gateway, antiga: Ordem, conferida: PreVendaConferida) -> Termo:
    """The term by what the alteration asks, its chain asked before, and how old that is (R17). Raises RESERVA_EXPIRADA
    where it would be over already."""
    agora, fuso = gw.agora(), ZoneInfo(fuso_da_uf(conferida.filial.uf))
    termo = termo_da_alteracao(
        agora,
        fuso,
        conferida.termo.solicitado,
        Cadeia(antiga.termo_solicitado, _aware(antiga.cadeia) or agora, _aware(antiga.expira)),
        ttl_maximo=dt.timedelta(days=gw.settings.ttl_max_dias),
        cadeia_maxima=dt.timedelta(days=gw.settings.cadeia_max_dias),
        dias_pagamento=conferida.dias_pagamento,
    )
    if termo.expira <= agora:
        raise recusa_da_vida("RESERVA_EXPIRADA", antiga.numped)
    return termo


def _aware(utc_sem_fuso: dt.datetime | None) -> dt.datetime | None:
    return None if utc_sem_fuso is None else utc_sem_fuso.replace(tzinfo=dt.UTC)


def ligar(tx: Transacao, antiga: Ordem, novo: int, estado: Estado | None = None) -> None:
    """Keep the lineage old -> new (R11); ``estado``: what the old one is from now on."""
    reservas.update(tx.connection, antiga.numped, utc(tx.gw.agora()), seguinte=novo, estado=estado)


def aviso_de_renovacao(numped: int) -> Aviso:
    texto = f"A reserva {numped} tinha expirado; o estoque estava livre e foi reservado de novo."
    return Aviso("RESERVA_RENOVADA", texto, ("/idRetaguarda",))
