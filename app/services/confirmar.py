"""Pay (state 1 RECEBIDO): the reservation is confirmed and no longer expires (spec §5, R18)."""

from __future__ import annotations

from dataclasses import replace

from app.domain import pagamento
from app.domain.pagamento import LinhaReservada, ParteReservada
from app.domain.pre_venda import IdProduto
from app.domain.recusas import Aviso, Recusa
from app.domain.vida import Acao, Efeito, Estado
from app.services import alvo as alvos
from app.services import atualizar_cliente
from app.services.agir import Feito, agir
from app.services.alterar import ExpiradaSemEstoque, aviso_de_renovacao, ligar
from app.services.alvo import Alvo
from app.services.atualizar_cliente import Atualizacao
from app.services.gateway import Gateway, utc
from app.services.pedido import Pedido, Resposta
from app.services.recusas_da_vida import recusa_da_vida
from app.services.registrar import Aberta
from app.winthor import cobranca, estoque, numeracao, operacoes, ordens, reservas
from app.winthor.db import Connection
from app.winthor.ordens import LinhaGravada, Ordem


def confirmar(gw: Gateway, aberta: Aberta, pedido: Pedido) -> Resposta:
    """The whole payment of an opened operation. Raises Recusa (nothing changed) or Falha."""
    codcob, codplpag, problemas = pagamento.ler_pagamento(pedido.dados)
    if problemas:
        raise Recusa(problemas)
    with gw.db.read() as connection:
        codcob, codplpag, avisos = _conhecidos(connection, codcob, codplpag)
    atualizacao = atualizar_cliente.preparar(gw, pedido, aberta.medir)
    aberta.medir("conferencia")
    try:
        return agir(
            gw,
            aberta,
            pedido,
            Acao.CONFIRMAR,
            lambda connection, alvo: _gravar(gw, connection, pedido, alvo, codcob, codplpag, avisos, atualizacao),
        )
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


def _gravar(
    gw: Gateway,
    connection: Connection,
    pedido: Pedido,
    alvo: Alvo,
    codcob: str | None,
    codplpag: int | None,
    avisos: list[Aviso],
    atualizacao: Atualizacao | None,
) -> Feito:
    """The payment of the locked order."""
    ordem = alvo.ordem
    efeito = alvo.passo.efeito
    linhas = ordens.ler_linhas(connection, ordem.numped) if pedido.pre_venda.itens or efeito is not Efeito.MUDAR else []
    _conferir_itens(gw, connection, pedido, linhas)
    if efeito is Efeito.NENHUM:
        situacao = alvos.situacao(gw, connection, ordem, ordem.estado, ordem.posicao)
        return Feito(situacao, f"A reserva {ordem.numped} já estava paga.", avisos)
    numped, http, avisos = ordem.numped, 200, [*avisos]
    mensagem = f"Reserva paga: {ordem.numped}."
    if efeito is Efeito.RESERVAR_DE_NOVO:
        numped, http = _reservar_de_novo(gw, connection, pedido, ordem, linhas), 201
        mensagem = f"A reserva {ordem.numped} tinha expirado; paga sob o número {numped}."
        avisos.append(aviso_de_renovacao(ordem.numped))
    else:
        reservas.mudar(connection, numped, utc(gw.agora()), ESTADO=Estado.CONFIRMADA.value, DTEXPIRA=None)
    ordens.confirmar_pagamento(connection, numped, codcob, codplpag)
    if atualizacao is not None:
        avisos += atualizar_cliente.gravar(gw, connection, atualizacao, ordem.codcli)
    situacao = replace(
        alvos.situacao(gw, connection, ordem, Estado.CONFIRMADA, "L"),
        numped=numped,
        substitui=ordem.numped if numped != ordem.numped else ordem.anterior,
    )
    return Feito(situacao, mensagem, avisos, http)


def _conferir_itens(gw: Gateway, connection: Connection, pedido: Pedido, linhas: list[LinhaGravada]) -> None:
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
    outras = pagamento.embalagens_a_ler(pedido.pre_venda, reservadas)
    produtos = gw.cadastros.produtos(connection, pedido.pre_venda.filial or "", outras)
    problemas = pagamento.achar_divergencias(
        pedido.pre_venda,
        reservadas,
        converte_embalagem=gw.settings.converte_embalagem,
        embalagens={
            IdProduto(e.codauxiliar, p.codprod): e.qtunit for p in produtos.values() for e in p.embalagens.values()
        },
    )
    if problemas:
        raise Recusa(problemas)


def _reservar_de_novo(
    gw: Gateway, connection: Connection, pedido: Pedido, ordem: Ordem, linhas: list[LinhaGravada]
) -> int:
    """Late-payment rescue (R18): the expired order once more, under a new number, if its units are free."""
    necessidades = ordens.unidades(linhas, ordem.modo_kit or gw.settings.modo_kit)
    saldos = estoque.lock_saldos(connection, necessidades, gw.settings.espera_lock)
    desconta = gw.settings.desconta_disponivel
    for chave, quantidade in necessidades.items():
        saldo = saldos.get(chave)
        livre = saldo is not None and chave[0] in gw.settings.filiais_sem_estoque
        if saldo is None or (not livre and saldo.disponivel(desconta) < quantidade):
            raise ExpiradaSemEstoque(ordem.numped)
    novo = numeracao.sortear(connection, ordem.codusur, gw.settings.numeracao, gw.settings.espera_lock)
    agora = gw.hora_do_erp(gw.agora())
    dia = agora.replace(hour=0, minute=0, second=0)
    mudancas = {
        "POSICAO": "L",
        "DATA": dia,
        "HORA": agora.hour,
        "MINUTO": agora.minute,
        "DTLIBERA": dia,
        "HORALIBERA": agora.hour,
        "MINUTOLIBERA": agora.minute,
    }
    copiadas = ["PCPEDC", "PCPEDI", "PCPEDICESTA", *(["PCVENDACONSUM"] if gw.settings.grava_pcvendaconsum else [])]
    colunas = {nome: gw.maps[nome].columns for nome in copiadas}
    ordens.copiar(connection, gw.tabelas, colunas, ordem.numped, novo, mudancas)
    estoque.somar_reserva(connection, necessidades)
    ligar(gw, connection, ordem, novo)
    reservas.inserir(
        connection,
        numped=novo,
        filial=ordem.filial,
        numero=ordem.numero,
        estado=Estado.CONFIRMADA,
        expira=None,
        anterior=ordem.numped,
        modo_kit=ordem.modo_kit or gw.settings.modo_kit,
        caller=pedido.caller,
        agora=utc(gw.agora()),
    )
    operacoes.apontar_numero(connection, ordem.filial, ordem.numero, novo)
    return novo
