"""Alter: cancel and recreate in one transaction, judged on the net difference (R10, R11, R18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave, Saldo
from app.domain.recusas import Aviso
from app.domain.vida import Acao, Efeito, Estado
from app.mapping import ValueDoesNotFit
from app.services import alvo as alvos
from app.services import registrar
from app.services.cancelar import marcar_cancelada
from app.services.gateway import Gateway, utc
from app.services.pedido import Pedido, Resposta
from app.services.recusas_da_vida import recusa_da_vida
from app.services.registrar import Aberta
from app.services.reservar import (
    Preparada,
    SemEstoque,
    escrever,
    faltas,
    preparar,
    recusa_por_estoque,
    responder_nova,
    valor_que_nao_cabe,
)
from app.winthor import estoque, operacoes, ordens, reservas
from app.winthor.db import Connection
from app.winthor.ordens import Ordem


class ExpiradaSemEstoque(Exception):
    """An expired reservation cannot be made again: its units are gone (R18)."""

    def __init__(self, numped: int) -> None:
        super().__init__("RESERVA_EXPIRADA")
        self.numped = numped


def alterar(gw: Gateway, aberta: Aberta, pedido: Pedido) -> Resposta:
    """The whole alteration of an opened operation. Raises Recusa (the old reservation untouched) or Falha."""
    preparada = preparar(gw, pedido, aberta.medir)
    aberta.medir("conferencia")
    try:
        return gw.db.run(lambda connection: _gravar(gw, connection, aberta, pedido, preparada), until=aberta.fim)
    except SemEstoque as falta:
        raise recusa_por_estoque(gw, pedido, preparada, falta) from None
    except ExpiradaSemEstoque as falta:
        raise recusa_da_vida("RESERVA_EXPIRADA", falta.numped) from None
    except ValueDoesNotFit as error:
        raise valor_que_nao_cabe(error) from None


def _gravar(gw: Gateway, connection: Connection, aberta: Aberta, pedido: Pedido, preparada: Preparada) -> Resposta:
    """The main transaction, locks in the order of R20."""
    operacoes.cercar(connection, aberta.nova.id, utc(gw.agora()))
    alvo = alvos.travar(gw, connection, pedido, Acao.ALTERAR)
    antiga = alvo.ordem
    linhas = ordens.ler_linhas(connection, antiga.numped)
    proprias: dict[Chave, Decimal] = {}
    if antiga.retem:
        proprias = ordens.unidades(linhas, antiga.modo_kit or gw.settings.modo_kit)
    saldos = estoque.lock_saldos(connection, {**preparada.necessidades, **proprias}, gw.settings.espera_lock)
    aberta.medir("locks")
    if em_falta := faltas(gw, preparada.conferida, preparada.necessidades, saldos, proprias):
        if alvo.passo.efeito is Efeito.RESERVAR_DE_NOVO:
            raise ExpiradaSemEstoque(antiga.numped)
        raise SemEstoque(em_falta, _sem_as_proprias(saldos, proprias))
    escrita = escrever(gw, connection, pedido, preparada, saldos)
    estoque.somar_reserva(connection, _variacoes(preparada.necessidades, proprias, saldos))
    avisos = [*alvo.avisos]
    if alvo.passo.efeito is Efeito.RECRIAR:
        motivo = f"SUBSTITUIDO PELO {escrita.numped}"
        marcar_cancelada(gw, connection, antiga, linhas, codfunc=pedido.pre_venda.operador, motivo=motivo)
        ligar(gw, connection, antiga, escrita.numped, ESTADO=Estado.SUBSTITUIDA.value)
    else:
        avisos.append(aviso_de_renovacao(antiga.numped))
        ligar(gw, connection, antiga, escrita.numped)
    reservas.inserir(
        connection,
        numped=escrita.numped,
        filial=antiga.filial,
        numero=antiga.numero,
        estado=Estado.AUTORIZADA,
        expira=utc(preparada.expira),
        anterior=antiga.numped,
        modo_kit=gw.settings.modo_kit,
        caller=pedido.caller,
        agora=utc(gw.agora()),
    )
    operacoes.apontar_numero(connection, antiga.filial, antiga.numero, escrita.numped)
    aberta.medir("gravacao")
    resposta = responder_nova(
        pedido,
        preparada,
        escrita,
        mensagem=f"Reserva {antiga.numped} alterada; a nova é a {escrita.numped}.",
        avisos=avisos,
        substitui=antiga.numped,
    )
    registrar.aceitar(
        gw, connection, aberta, pedido, resposta, numped=escrita.numped, posicao="L", codcli=escrita.codcli
    )
    return resposta


def ligar(gw: Gateway, connection: Connection, antiga: Ordem, novo: int, **valores: str) -> None:
    """Keep the lineage old -> new (R11)."""
    reservas.mudar(connection, antiga.numped, utc(gw.agora()), NUMPED_SEGUINTE=novo, **valores)


def aviso_de_renovacao(numped: int) -> Aviso:
    texto = f"A reserva {numped} tinha expirado; o estoque estava livre e foi reservado de novo."
    return Aviso("RESERVA_RENOVADA", texto, ("/idRetaguarda",))


def _variacoes(
    novas: Mapping[Chave, Decimal], proprias: Mapping[Chave, Decimal], saldos: Mapping[Chave, Saldo]
) -> dict[Chave, Decimal]:
    """What each QTRESERV changes by: the old units freed, never below zero, then the new ones added (R10)."""
    variacoes: dict[Chave, Decimal] = {}
    for chave in {**novas, **proprias}:
        reservado = saldos[chave].qtreserv if chave in saldos else ZERO
        liberado = min(proprias[chave], reservado) if chave in proprias else ZERO
        variacoes[chave] = novas.get(chave, ZERO) - liberado
    return variacoes


def _sem_as_proprias(saldos: Mapping[Chave, Saldo], proprias: Mapping[Chave, Decimal]) -> dict[Chave, Saldo]:
    """The stock rows as they would be without the old reservation: what a counter-offer may use."""
    return {
        chave: replace(saldo, qtreserv=saldo.qtreserv - proprias.get(chave, ZERO)) for chave, saldo in saldos.items()
    }
