"""The reservation a request names by ``idRetaguarda``: found, owned, locked, and followed to its current number."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from app.domain import validade
from app.domain.recusas import Aviso, recusar
from app.domain.vida import MORTOS, Acao, Efeito, Estado, Passo, passo
from app.services.gateway import Gateway, utc
from app.services.pedido import Pedido
from app.services.recusas_da_vida import nao_encontrada, recusa_da_vida, substituida
from app.services.responder import Situacao
from app.winthor import operacoes, ordens, reservas
from app.winthor.db import Connection
from app.winthor.ordens import Ordem


@dataclass(frozen=True, slots=True)
class Alvo:
    """The locked order to act on, what the table of states says, and what the caller must be told."""

    ordem: Ordem
    passo: Passo
    avisos: tuple[Aviso, ...]


def travar(gw: Gateway, connection: Connection, pedido: Pedido, acao: Acao) -> Alvo:
    """Lock anchor and order (R20) and look the action up in the table of states.

    An order made elsewhere is adopted (R21); a replaced number is followed to the head of its chain, except by an
    alteration (R11). Raises Recusa: RESERVA_NAO_ENCONTRADA, RESERVA_SUBSTITUIDA, NUMERO_EM_USO, or what the table
    refuses.
    """
    pre_venda = pedido.pre_venda
    filial, numero = pre_venda.filial or "", pre_venda.numero or ""
    espera = gw.settings.espera_lock
    atual = operacoes.numero_atual(connection, filial, numero, espera)
    numped = pre_venda.id_retaguarda or 0
    ordem = _propria(gw, ordens.lock(connection, numped, espera), pedido)
    avisos: tuple[Aviso, ...] = ()
    if ordem.seguinte is not None:
        cabeca = reservas.fim_da_linhagem(connection, ordem.seguinte)
        if passo(Estado.SUBSTITUIDA, acao).efeito is not Efeito.SEGUIR:
            raise substituida(numped, cabeca)
        avisos = (aviso_de_substituicao(numped, cabeca),)
        ordem = _propria(gw, ordens.lock(connection, cabeca, espera), pedido)
    if ordem.adotada:
        ordem = _adotar(gw, connection, ordem, aponta=atual is None)
    celula = passo(ordem.estado, acao)
    if celula.recusa is not None:
        raise recusa_da_vida(celula.recusa, ordem.numped)
    if celula.efeito is Efeito.RESERVAR_DE_NOVO and atual not in {None, ordem.numped}:
        _recusar_outra_viva(connection, atual or 0)
    return Alvo(ordem, celula, avisos)


def _recusar_outra_viva(connection: Connection, atual: int) -> None:
    """NUMERO_EM_USO: the pre-sale was reserved anew after it had expired; it is never reserved twice (R12, R18)."""
    reserva = reservas.ler(connection, atual)
    if reserva is not None and reserva.estado not in MORTOS:
        texto = f"A reserva expirou e a pré-venda já tem outra, a {atual}."
        raise recusar("NUMERO_EM_USO", texto, "/idRetaguarda", idPedidoRetaguarda=atual)


def _propria(gw: Gateway, ordem: Ordem | None, pedido: Pedido) -> Ordem:
    """The order if it is this pre-sale's (R21): branch, origin and numero."""
    pre_venda = pedido.pre_venda
    if (
        ordem is None
        or ordem.filial != pre_venda.filial
        or ordem.origem != gw.settings.origem_integracao
        or ordem.numero != pre_venda.numero
    ):
        raise nao_encontrada(pre_venda.id_retaguarda)
    return ordem


def aviso_de_substituicao(numped: int, cabeca: int) -> Aviso:
    texto = f"A reserva {numped} foi substituída; a operação agiu na atual, {cabeca}."
    return Aviso("NUMERO_SUBSTITUIDO", texto, ("/idRetaguarda",))


def _adotar(gw: Gateway, connection: Connection, ordem: Ordem, *, aponta: bool) -> Ordem:
    """Give an order made elsewhere its GW_ rows: state from POSICAO, no expiry (R21)."""
    agora = utc(gw.agora())
    reservas.inserir(
        connection,
        numped=ordem.numped,
        filial=ordem.filial,
        numero=ordem.numero,
        estado=ordem.estado,
        expira=None,
        anterior=None,
        modo_kit=gw.settings.modo_kit,
        caller="",
        agora=agora,
    )
    if aponta:
        operacoes.apontar_numero(connection, ordem.filial, ordem.numero, ordem.numped)
    return replace(ordem, adotada=False, modo_kit=gw.settings.modo_kit)


def situacao(gw: Gateway, connection: Connection, ordem: Ordem, estado: Estado, posicao: str | None) -> Situacao:
    """What the answer says of an order after the action."""
    expira = ordem.expira if estado is Estado.AUTORIZADA else None
    return Situacao(
        numped=ordem.numped,
        estado=estado,
        posicao=posicao,
        filial=ordem.filial,
        codcli=ordem.codcli,
        codusur=ordem.codusur,
        total=ordem.vltotal,
        expira=None if expira is None else na_filial(gw, connection, ordem.filial, expira),
        substitui=ordem.anterior,
    )


def na_filial(gw: Gateway, connection: Connection, filial: str, instante_utc: dt.datetime) -> dt.datetime:
    """A stored instant in the zone of the branch's state."""
    achada = gw.cadastros.filiais(connection, [filial]).get(filial)
    fuso = ZoneInfo(validade.fuso_da_uf(achada.uf if achada is not None else None))
    return instante_utc.replace(tzinfo=dt.UTC).astimezone(fuso)
