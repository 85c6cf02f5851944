"""Pay (state 1 RECEBIDO): the reservation is confirmed and no longer expires (spec §5, R18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain import pagamento
from app.domain.desfecho import Desfecho
from app.domain.estoque import planejar
from app.domain.pagamento import LinhaReservada, ParteReservada
from app.domain.pre_venda import IdProduto
from app.domain.recusas import Aviso, Recusa
from app.domain.vida import Acao, Efeito, Estado
from app.services.cliente import atualizar
from app.services.cliente.atualizar import Atualizacao
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import recusa_da_vida
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda.alterar import ExpiradaSemEstoque, aviso_de_renovacao, ligar
from app.services.pre_venda.alvo import Alvo, desfecho, lock_alvo
from app.winthor import cobranca, estoque, operacoes, pedidos, reservas
from app.winthor.db.transaction import Connection
from app.winthor.numeracao import numero_novo
from app.winthor.pedidos import LinhaGravada, Ordem


@dataclass(frozen=True, slots=True)
class Pagamento:
    """What a payment brings besides its items: billing and plan that exist, and the customer's new data."""

    codcob: str | None
    codplpag: int | None
    atualizacao: Atualizacao | None
    avisos: tuple[Aviso, ...]


def confirmar(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
    """The whole payment of an opened operation. Raises Recusa (nothing changed) or Falha."""
    codcob, codplpag, problemas = pagamento.ler_pagamento(requisicao.dados)
    if problemas:
        raise Recusa(problemas)
    with gw.db.read() as connection:
        codcob, codplpag, avisos = _conhecidos(connection, codcob, codplpag)
    atualizacao = atualizar.preparar(gw, requisicao, operacao.medir)
    operacao.medir("conferencia")
    pago = Pagamento(codcob, codplpag, atualizacao, tuple(avisos))
    try:
        return transacao(gw, operacao, requisicao, lambda tx: _gravar(tx, pago))
    except ExpiradaSemEstoque as falta:
        raise recusa_da_vida("RESERVA_EXPIRADA", falta.numped) from None


def _conhecidos(
    connection: Connection, codcob: str | None, codplpag: int | None
) -> tuple[str | None, int | None, list[Aviso]]:
    """The codes that exist; the money is in the till already, so an unknown one is told, not refused."""
    avisos: list[Aviso] = []
    if codcob is not None and not cobranca.existe(connection, codcob):
        campo = "/pagamentos/0/pagamentoForma/idRetaguarda"
        avisos.append(Aviso("COBRANCA_DESCONHECIDA", f"A cobrança {codcob} não existe no WinThor.", (campo,)))
        codcob = None
    if codplpag is not None and not cobranca.existe_plano(connection, codplpag):
        campo = "/pagamentos/0/pagamentoCondicao/idRetaguarda"
        avisos.append(Aviso("PLANO_DESCONHECIDO", f"O plano {codplpag} não existe no WinThor.", (campo,)))
        codplpag = None
    return codcob, codplpag, avisos


def _gravar(tx: Transacao, pago: Pagamento) -> Desfecho:
    trava_linhas = bool(tx.requisicao.pre_venda.itens or pago.codplpag)
    alvo = lock_alvo(tx, Acao.CONFIRMAR, com_linhas=True, trava_linhas=trava_linhas)
    if alvo.efeito is Efeito.RESERVAR_DE_NOVO:
        return _pagar_expirada(tx, alvo, pago)
    ordem, avisos = alvo.ordem, (*alvo.avisos, *pago.avisos)
    if trava_linhas:
        linhas = pedidos.lock_linhas(tx.connection, ordem, tx.gw.regra_de_retencao(tx.connection, futura=ordem.futura))
        _conferir_itens(tx, linhas.vivas)
    tx.medir("locks")
    if alvo.efeito is Efeito.NENHUM:
        return desfecho(tx, ordem, alvo.efeito, f"A reserva {ordem.numped} já estava paga.", avisos=avisos)
    paga = Estado.CONFIRMADA
    reservas.mudar(tx.connection, ordem.numped, utc(tx.gw.agora()), estado=paga, sem_prazo=True)
    avisos += _receber(tx, ordem, ordem.numped, pago)
    # What WinThor has moved stays where it is; what a person took over by its CODCOB is ours again.
    estado = ordem.estado if ordem.estado in {Estado.RECONHECIDA, Estado.BLOQUEADA} else paga
    return desfecho(
        tx, ordem, alvo.efeito, f"Reserva paga: {ordem.numped}.", estado=estado, registrado=paga, avisos=avisos
    )


def _receber(tx: Transacao, ordem: Ordem, numped: int, pago: Pagamento) -> tuple[Aviso, ...]:
    """Write billing, plan and the customer's data; a CODCOB that a person has chosen in WinThor stays (R16)."""
    codcob = None if ordem.codcob else pago.codcob
    pedidos.confirmar_pagamento(tx.connection, numped, codcob, pago.codplpag)
    if pago.atualizacao is None:
        return ()
    return tuple(atualizar.gravar(tx.gw, tx.connection, pago.atualizacao, ordem.codcli))


def _pagar_expirada(tx: Transacao, alvo: Alvo, pago: Pagamento) -> Desfecho:
    """Late-payment rescue (R18): the expired order once more, under a new number, if its units are free."""
    gw, ordem = tx.gw, alvo.ordem
    modo = ordem.modo_kit or gw.settings.modo_kit
    vistas = pedidos.unidades(ordem.vistas, modo)
    saldos = tx.lock_saldos(vistas, antes_das_linhas=True)
    linhas = pedidos.lock_linhas(
        tx.connection, ordem, gw.regra_de_retencao(tx.connection, futura=ordem.futura), travadas=vistas, todas=True
    )
    _conferir_itens(tx, linhas.linhas)
    plano = planejar(saldos, gw.regra_de_estoque, reservar=pedidos.unidades(linhas.linhas, modo))
    if plano.faltas:
        raise ExpiradaSemEstoque(ordem.numped)
    novo = tx.numped(ordem.codusur)
    estoque.somar_reserva(tx.connection, plano.variacoes)
    _copiar(tx, ordem, novo)
    ligar(tx, ordem, novo)
    with numero_novo(novo):
        reservas.inserir(
            tx.connection,
            numped=novo,
            filial=ordem.filial,
            numero=ordem.numero,
            estado=Estado.CONFIRMADA,
            expira=None,
            anterior=ordem.numped,
            modo_kit=modo,
            caller=tx.requisicao.caller,
            agora=utc(gw.agora()),
        )
    operacoes.apontar_numero(tx.connection, ordem.filial, ordem.numero, novo)
    avisos = (*alvo.avisos, *pago.avisos, aviso_de_renovacao(ordem.numped), *_receber(tx, ordem, novo, pago))
    feito = desfecho(
        tx,
        ordem,
        alvo.efeito,
        f"A reserva {ordem.numped} tinha expirado; paga sob o número {novo}.",
        estado=Estado.CONFIRMADA,
        posicao=pedidos.LIBERADO,
        avisos=avisos,
    )
    return replace(feito, numped=novo, substitui=ordem.numped, http=201)


def _copiar(tx: Transacao, ordem: Ordem, novo: int) -> None:
    """The rows of the order again under a new number, released today."""
    gw = tx.gw
    copiadas = ["PCPEDC", "PCPEDI", "PCPEDICESTA", *(["PCVENDACONSUM"] if gw.settings.grava_pcvendaconsum else [])]
    colunas = {nome: gw.maps[nome].columns for nome in copiadas}
    with numero_novo(novo):
        pedidos.copiar(tx.connection, gw.tabelas, colunas, ordem.numped, novo, gw.hora_do_erp(gw.agora()))


def _conferir_itens(tx: Transacao, linhas: Sequence[LinhaGravada]) -> None:
    """Raises Recusa ITENS_DIVERGENTES when the items sent are not those of the lines."""
    gw, requisicao = tx.gw, tx.requisicao
    reservadas = [
        LinhaReservada(
            linha.codprod,
            linha.codauxiliar,
            linha.qtunitemb,
            linha.filial,
            linha.qt,
            linha.pvenda,
            [ParteReservada(p.codprod, p.codauxiliar, p.qtunitemb, p.qtmp, p.pvenda) for p in linha.partes],
        )
        for linha in linhas
    ]
    outras = pagamento.embalagens_a_ler(requisicao.pre_venda, reservadas)
    produtos = gw.cadastros.produtos(tx.connection, requisicao.pre_venda.filial or "", outras)
    problemas = pagamento.achar_divergencias(
        requisicao.pre_venda,
        reservadas,
        converte_embalagem=gw.settings.converte_embalagem,
        embalagens={
            IdProduto(e.codauxiliar, p.codprod): e.qtunit for p in produtos.values() for e in p.embalagens.values()
        },
    )
    if problemas:
        raise Recusa(problemas)
