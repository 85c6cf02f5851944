"""The reservation a request names by ``idRetaguarda``: found, owned, locked, and followed to its current number."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial

from app.domain.desfecho import Desfecho, EntregaDaVenda
from app.domain.estoque import Unidades
from app.domain.eventos import Evento, TipoDeEvento, o_que_o_winthor_fez
from app.domain.recusas import Aviso, Recusa
from app.domain.retencao import ENTREGA_FUTURA
from app.domain.vida import VIVOS, Acao, Efeito, Estado, passo
from app.services.eventos.registrar import registrar
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import em_uso, ja_reservada, nao_encontrada, recusa_da_vida, substituida
from app.services.operacao.requisicao import Requisicao
from app.services.operacao.transacao import Transacao
from app.services.relogio import na_filial
from app.winthor import entregas, operacoes, pedidos, reservas
from app.winthor.db.transaction import Connection
from app.winthor.pedidos import Ordem


@dataclass(frozen=True, slots=True)
class Alvo:
    """The locked order to act on, what the table of states says, and what the caller must be told."""

    ordem: Ordem
    efeito: Efeito
    avisos: tuple[Aviso, ...]


def lock_alvo(tx: Transacao, acao: Acao, *, com_linhas: bool = False, trava_linhas: bool | None = None) -> Alvo:
    """Lock the order (R20; the anchor is locked already) and look the action up in the table of states.

    An order made elsewhere is adopted (R21); a replaced number is followed to the head of its chain, except by an
    alteration (R11). ``com_linhas``: its lines are seen too; ``trava_linhas``: whether they, or stock rows, are locked
    next (by default when they are seen). Raises Recusa: RESERVA_NAO_ENCONTRADA,
    RESERVA_SUBSTITUIDA, NUMERO_EM_USO, or what the table refuses; and Ocupado.
    """
    numped = tx.requisicao.pre_venda.id_retaguarda or 0
    lock = partial(
        pedidos.lock_ordem,
        tx.connection,
        com_linhas=com_linhas,
        antes_de_varias=com_linhas if trava_linhas is None else trava_linhas,
    )
    ordem = propria(tx.gw, lock(numped), tx.requisicao)
    avisos: tuple[Aviso, ...] = ()
    if ordem.seguinte is not None:
        cabeca = reservas.fim_da_linhagem(tx.connection, ordem.seguinte)
        if passo(Estado.SUBSTITUIDA, acao).efeito is not Efeito.SEGUIR:
            raise substituida(numped, cabeca)
        avisos = (aviso_de_substituicao(numped, cabeca),)
        ordem = propria(tx.gw, lock(cabeca), tx.requisicao)
    if ordem.adotada and _adotar_entregas(tx.gw, tx.connection, ordem):
        ordem = propria(tx.gw, lock(ordem.numped), tx.requisicao)
    efeito = conferir_passo(tx.gw, tx.connection, ordem, acao, tx.atual)
    if ordem.adotada:
        ordem = adotar(tx.gw, tx.connection, ordem, aponta=_outra_viva(tx.connection, ordem, tx.atual) is None)
        tx.eventos.extend(eventos_da_adocao(ordem))
    if ordem.estado is Estado.BLOQUEADA and acao in {Acao.CONFIRMAR, Acao.RESGATAR}:
        avisos = (*avisos, aviso_de_bloqueio(ordem))
    return Alvo(ordem, efeito, avisos)


def conferir_passo(gw: Gateway, connection: Connection, ordem: Ordem, acao: Acao, atual: int | None) -> Efeito:
    """What the table of states says of the action on an order of the pre-sale whose number is ``atual``.

    Raises what it refuses, and NUMERO_EM_USO where a pre-sale that has a live order would get a second one (R12, R18,
    R21).
    """
    celula = passo(ordem.estado, acao, ordem.registrado)
    if acao in _CANCELAMENTOS and ordem.faturada_em_parte and ordem.estado in VIVOS:
        raise recusa_da_vida("RESERVA_FATURADA", ordem.numped)  # one of its deliveries was invoiced (R23)
    if celula.efeito is None:
        raise recusa_da_vida(celula.recusa or "", ordem.numped)
    if celula.efeito is Efeito.RESERVAR_DE_NOVO and ordem.posicao != pedidos.CANCELADO:
        # A person has set the expired order back in WinThor: it lives on, or was sold, under its own number.
        raise recusa_da_vida("RESERVA_FATURADA" if ordem.encerrada else "RESERVA_ASSUMIDA", ordem.numped)
    adotaria = ordem.adotada and ordem.estado in VIVOS and acao not in _CANCELAMENTOS
    if adotaria or celula.efeito is Efeito.RESERVAR_DE_NOVO:
        outra = _outra_viva(connection, ordem, atual)
        if outra is None and not ordem.adotada and gw.procura_por_numero:
            outra = pedidos.find_viva(connection, ordem.filial, ordem.numero, ordem.origem or "")
        if outra is not None:
            como = "não é a da pré-venda, que" if ordem.adotada else "expirou e a pré-venda"
            raise em_uso(f"A reserva {como} já tem outra, a {outra}.", outra, "/idRetaguarda")
    return celula.efeito


_CANCELAMENTOS = frozenset({Acao.CANCELAR, Acao.CANCELAR_ASSUMIDA})


def _outra_viva(connection: Connection, ordem: Ordem, atual: int | None) -> int | None:
    """The pre-sale's current number, if it is another than the order's and its reservation is live."""
    return None if atual == ordem.numped else viva(connection, atual)


def viva(connection: Connection, numped: int | None) -> int | None:
    """The number, if its reservation is live, or if a person has set its order back after it had ended."""
    reserva = None if numped is None else reservas.find(connection, numped)
    vive = reserva is not None and (reserva.estado in VIVOS or not reserva.encerrada)
    return numped if vive else None


def propria(gw: Gateway, ordem: Ordem | None, requisicao: Requisicao) -> Ordem:
    """The order if it is this pre-sale's (R21): branch, origin and numero. Raises RESERVA_NAO_ENCONTRADA."""
    pre_venda = requisicao.pre_venda
    if (
        ordem is None
        or ordem.filial != pre_venda.filial
        or ordem.origem != gw.settings.origem_integracao
        or ordem.numero != pre_venda.numero
        or ordem.entrega_de is not None
    ):
        raise nao_encontrada(pre_venda.id_retaguarda)
    return ordem


def aviso_de_substituicao(numped: int, cabeca: int) -> Aviso:
    texto = f"A reserva {numped} foi substituída; a operação agiu na atual, {cabeca}."
    return Aviso("NUMERO_SUBSTITUIDO", texto, ("/idRetaguarda",))


def aviso_de_bloqueio(ordem: Ordem) -> Aviso:
    texto = f"O WinThor mantém o pedido {ordem.numped} na posição {ordem.posicao}; sem liberação ele não retém estoque."
    return Aviso("PEDIDO_BLOQUEADO", texto, ("/idRetaguarda",))


def _adotar_entregas(gw: Gateway, connection: Connection, ordem: Ordem) -> bool:
    """Remember the deliveries that the service of before the switch has made of a future sale; whether there are any
    (R21, R23). Without an index on NUMPEDENTFUT they are not looked for."""
    if ordem.condvenda != ENTREGA_FUTURA or ordem.entregas or not gw.procura_entregas:
        return False
    feitas = entregas.feitas_antes(connection, ordem.numped)
    entregas.insert_entregas(connection, ordem.numped, feitas)
    return bool(feitas)


def adotar(
    gw: Gateway, connection: Connection, ordem: Ordem, *, aponta: bool, expira: dt.datetime | None = None
) -> Ordem:
    """Give an order made elsewhere its GW_ rows (R21): state by its position and CODCOB, no expiry unless ``expira``
    (UTC). Anchor and order are locked. ``aponta``: it is the pre-sale's current one from now on. The caller tells it,
    by ``eventos_da_adocao``."""
    registrado = ordem.registrado if ordem.estado in VIVOS else ordem.estado
    reservas.insert(
        connection,
        numped=ordem.numped,
        filial=ordem.filial,
        numero=ordem.numero,
        estado=registrado,
        expira=expira,
        anterior=None,
        modo_kit=gw.settings.modo_kit,
        caller="",
        agora=utc(gw.agora()),
        avisado=o_que_mudou.avisado if (o_que_mudou := o_que_o_winthor_fez(ordem.estado, None)) else None,
    )
    _adotar_entregas(gw, connection, ordem)
    if aponta:
        operacoes.apontar_numero(connection, ordem.filial, ordem.numero, ordem.numped)
    return replace(ordem, adotada=False, registrado=registrado, expira=expira, modo_kit=gw.settings.modo_kit)


def eventos_da_adocao(ordem: Ordem) -> list[Evento]:
    """What is told of an order that has just been adopted; nothing of one that had ended before (R27)."""
    if ordem.estado not in VIVOS:
        return []
    criada = TipoDeEvento.CRIADA
    return [Evento(criada, ordem.filial, ordem.numero, ordem.numped, ordem.estado, ordem.posicao, ordem.expira)]


def adotar_viva(gw: Gateway, requisicao: Requisicao, numped: int) -> Recusa | None:
    """Adopt the live order that the pre-sale has in WinThor, in a transaction of its own; NUMERO_EM_USO naming it.

    Locks anchor and order. None, and nothing done, when it is not the pre-sale's live order any more.
    """
    pre_venda = requisicao.pre_venda

    def gravar(connection: Connection) -> bool:
        ancora = operacoes.lock_ancora(connection, pre_venda.filial or "", pre_venda.numero or "")
        try:
            ordem = propria(gw, pedidos.lock_ordem(connection, numped), requisicao)
        except Recusa:
            return False
        if ancora is None or ordem.estado not in VIVOS:
            return False
        if ordem.adotada:
            adotada = adotar(gw, connection, ordem, aponta=viva(connection, ancora.numped) is None)
            registrar(gw, connection, eventos_da_adocao(adotada))
        return True

    return ja_reservada(numped) if gw.db.run(gravar) else None


def desfecho(
    tx: Transacao,
    ordem: Ordem,
    efeito: Efeito,
    mensagem: str,
    *,
    estado: Estado | None = None,
    registrado: Estado | None = None,
    posicao: str | None = None,
    avisos: tuple[Aviso, ...] = (),
    entregas: tuple[EntregaDaVenda, ...] = (),
    variacoes: Unidades | None = None,
) -> Desfecho:
    """What came of an operation on the order: what it was read as, but for what the operation has changed.

    ``registrado``: the state that the operation recorded, where it is another than the one the order is in now.
    """
    registrado = registrado or estado or ordem.registrado
    estado = estado or ordem.estado
    expira = ordem.expira if estado is Estado.AUTORIZADA else None
    return Desfecho(
        numped=ordem.numped,
        efeito=efeito,
        estado=estado,
        registrado=registrado,
        posicao=posicao or ordem.posicao,
        filial=ordem.filial,
        codcli=ordem.codcli,
        codusur=ordem.codusur,
        total=ordem.vltotal,
        expira=None if expira is None else na_filial(tx.gw, tx.connection, ordem.filial, expira),
        substitui=ordem.anterior,
        mensagem=mensagem,
        avisos=avisos,
        entregas=entregas,
        variacoes=variacoes,
    )
