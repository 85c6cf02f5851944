"""What the back office does to a reservation: cancel it or give it more time, with a reason (§4.1)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial
from zoneinfo import ZoneInfo

from app.domain import validade
from app.domain.desfecho import AcaoInterna, Desfecho
from app.domain.recusas import Aviso, Recusa, recusar
from app.domain.vida import Acao, Estado
from app.services.acesso.credenciais import Caller
from app.services.conciliacao.conciliar import conciliar_pedido
from app.services.gateway import Gateway, utc
from app.services.operacao.interna import requisicao_interna
from app.services.operacao.recusas_da_vida import nao_encontrada
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda.alvo import desfecho, lock_alvo
from app.services.pre_venda.atender import conduzir
from app.services.pre_venda.cancelar import cancelar, cancelar_assumida
from app.winthor import pedidos, reservas
from app.winthor.pedidos import Ordem

FATURADA = "RESERVA_FATURADA"


@dataclass(frozen=True, slots=True)
class NovoPrazo:
    """A new end: an instant, a day (to its end, in the branch's zone), or days from today.

    ``visto``: the end that the person saw, aware; if it is another by now, nothing is done.
    """

    ate: dt.date | dt.datetime | None = None
    dias: int | None = None
    visto: dt.datetime | None = None


def cancelar_reserva(gw: Gateway, caller: Caller, numped: int, motivo: str, codcob: str | None = None) -> Resposta:
    """Cancel a reservation for a reason; one already ended stays as it is. Raises Recusa or Falha.

    ``codcob``: the CODCOB, chosen by somebody in WinThor, that the person has seen and cancels all the same (R16).
    """
    ordem = da_casa(gw, caller, numped)
    acao = AcaoInterna("cancelamento", ordem.numped, ordem.numero, ordem.filial, motivo=motivo, codcob=codcob)
    requisicao = _requisicao(gw, caller, acao, cancela=True)
    try:
        return conduzir(gw, requisicao, cancelar if codcob is None else partial(cancelar_assumida, codcob=codcob))
    except Recusa as recusa:
        if recusa.codigo != FATURADA:
            raise
        raise _com_correcoes(gw, recusa, ordem.numped) from None


def _com_correcoes(gw: Gateway, recusa: Recusa, numped: int) -> Recusa:
    """RESERVA_FATURADA that names the corrections which free what the invoiced order still holds, if any (R19)."""
    with gw.db.read() as connection:
        linhas = pedidos.find_linhas(connection, numped)
    produtos = {codprod for linha in linhas for codprod in (linha.codprod, *[p.codprod for p in linha.partes])}
    achadas = conciliar_pedido(gw, numped, produtos) if produtos else []
    ids = [diferenca.id for diferenca in achadas if diferenca.corrigivel]
    if not ids:
        return recusa
    primeiro, *resto = recusa.problemas
    como = f"O saldo que ela ainda retém se libera na conciliação, pela correção {', '.join(ids)}."
    dito = replace(primeiro, mensagem=f"{primeiro.mensagem} {como}")
    return Recusa([dito, *resto], atual=recusa.atual, avisos=recusa.avisos, correcoes=ids)


def ler_cobranca(gw: Gateway, caller: Caller, numped: int) -> str | None:
    """The CODCOB of a reservation that somebody in WinThor has taken over, for a person to see; None when it is in no
    such hands (R16). Raises Recusa."""
    ordem = da_casa(gw, caller, numped)
    return ordem.codcob if ordem.estado is Estado.ASSUMIDA else None


def prorrogar_reserva(gw: Gateway, caller: Caller, numped: int, prazo: NovoPrazo, motivo: str) -> Resposta:
    """Move the end of an AUTORIZADA reservation, to the setting's ceiling from now at last, which an aviso tells (R17).

    Raises Recusa or Falha.
    """
    ordem = da_casa(gw, caller, numped)
    fim, avisos = _novo_fim(gw, ordem, prazo)
    acao = AcaoInterna("prorrogacao", ordem.numped, ordem.numero, ordem.filial, motivo=motivo, ate=fim)

    def prorrogar(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
        return transacao(gw, operacao, requisicao, lambda tx: _prorrogar(tx, fim, prazo.visto, avisos))

    return conduzir(gw, _requisicao(gw, caller, acao, cancela=False), prorrogar)


def prever_prazo(gw: Gateway, caller: Caller, numped: int, prazo: NovoPrazo) -> dt.datetime:
    """The end that an extension would set, in the zone of the branch. Raises Recusa as ``prorrogar_reserva``."""
    return _novo_fim(gw, da_casa(gw, caller, numped), prazo)[0]


def da_casa(gw: Gateway, caller: Caller, numped: int) -> Ordem:
    """The order, if it is a reservation of a branch the caller may act on; absent and foreign look the same."""
    with gw.db.read() as connection:
        ordem = pedidos.find(connection, numped)
    if ordem is None or ordem.origem != gw.settings.origem_integracao or not caller.pode_na_filial(ordem.filial):
        raise nao_encontrada(numped)
    return ordem


def _requisicao(gw: Gateway, caller: Caller, acao: AcaoInterna, *, cancela: bool) -> Requisicao:
    corpo = gw.renderizacao.acao_interna(acao)
    return requisicao_interna(caller.login, acao.filial, acao.numero, acao.numped, corpo, cancela=cancela)


def _novo_fim(gw: Gateway, ordem: Ordem, prazo: NovoPrazo) -> tuple[dt.datetime, tuple[Aviso, ...]]:
    """The end in the zone of the branch, and the aviso that it is less than was asked."""
    with gw.db.read() as connection:
        filial = gw.cadastros.filiais(connection, [ordem.filial]).get(ordem.filial)
    fuso = ZoneInfo(validade.fuso_da_uf(filial.uf if filial is not None else None))
    agora = gw.agora().astimezone(fuso)
    dia = prazo.ate if prazo.ate is not None else agora.date() + dt.timedelta(days=prazo.dias or 0)
    if isinstance(dia, dt.datetime):
        fim = dia if dia.tzinfo is not None else dia.replace(tzinfo=fuso)
    else:
        fim = dt.datetime.combine(dia, dt.time(23, 59, 59), tzinfo=fuso)
    teto = agora + dt.timedelta(days=gw.settings.ttl_max_dias)
    if fim <= agora:
        raise recusar("CAMPO_INVALIDO", "O novo prazo já passou.", "/ate")
    fim = fim.astimezone(fuso)
    if fim.date() <= teto.date():
        return fim, ()
    texto = f"O prazo pode ir até {teto:%d/%m/%Y}, e até lá foi a prorrogação."
    aviso = Aviso("PRAZO_REDUZIDO", texto, ("/ate" if prazo.ate else "/dias",))
    return dt.datetime.combine(teto.date(), dt.time(23, 59, 59), tzinfo=fuso), (aviso,)


def _prorrogar(tx: Transacao, fim: dt.datetime, visto: dt.datetime | None, avisos: tuple[Aviso, ...]) -> Desfecho:
    alvo = lock_alvo(tx, Acao.PRORROGAR)
    ordem = alvo.ordem
    if visto is not None and utc(visto) != ordem.expira:
        raise recusar("CAMPO_INVALIDO", "O prazo da reserva mudou depois de mostrado; confira e repita.", "/ate")
    reservas.update(tx.connection, ordem.numped, utc(tx.gw.agora()), expira=utc(fim))
    mensagem = f"Reserva {ordem.numped} prorrogada até {fim:%d/%m/%Y %H:%M}."
    return desfecho(tx, replace(ordem, expira=utc(fim)), alvo.efeito, mensagem, avisos=(*alvo.avisos, *avisos))
