"""One operation with all that is known of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain.desfecho import RespostaGravada
from app.domain.privacidade import OCULTO, para_o_log
from app.domain.rastro import CADASTRO, NOSSOS, REGRA, NoEndereco, e_dela
from app.domain.recusas import Recusa
from app.services.acesso.credenciais import Caller
from app.services.consulta import reservas
from app.services.consulta.explicacoes import Explicacao, explicar
from app.services.consulta.o_que_mudou import Mudanca, do_cadastro, o_que_mudou
from app.services.consulta.operacoes import EventoDaOperacao
from app.services.consulta.reservas import Elo
from app.services.gateway import Gateway
from app.services.operacao.log_gravado import ler_json, ler_objeto
from app.winthor.consultas import lista_de_operacoes
from app.winthor.consultas.lista_de_operacoes import LinhaDoLog, OperacaoDoLog


@dataclass(frozen=True, slots=True)
class OperacaoDetalhada:
    """One operation: what the list shows, request and answer as JSON (the customer masked), the reason of a refusal in
    words, what it changed, its row of PCLOGPEDIDOAPI (None when it is gone), lineage and operations of its pre-sale.
    ``regra``: what a rule of the site's said that refused it."""

    resumo: OperacaoDoLog
    requisicao: Mapping[str, Any] | None
    resposta: Any
    dita: RespostaGravada
    explicacao: Explicacao | None
    log: LinhaDoLog | None
    tabelas: Sequence[Mudanca]
    linhagem: Sequence[Elo]
    eventos: Sequence[EventoDaOperacao]
    regra: str | None = None

    @property
    def erros(self) -> Sequence[Mapping[str, Any]]:
        """The reasons of a refusal, as they were answered."""
        return self.dita.erros

    @property
    def duracao_ms(self) -> int | None:
        """None while it is under way."""
        fim = self.resumo.fim
        return None if fim is None else round((fim - self.resumo.inicio) / dt.timedelta(milliseconds=1))


def detalhar(gw: Gateway, caller: Caller, id_operacao: str) -> OperacaoDetalhada | None:
    """One operation: request and answer (masked), times, reason in words, what changed, lineage and events.

    None when there is none, or it is of a branch the caller may not see.
    """
    with gw.db.read() as connection:
        lida = lista_de_operacoes.uma_operacao(connection, id_operacao)
        if lida is None or not _pode_ver(caller, lida.operacao.filial):
            return None
        operacao = lida.operacao
        no_log = lista_de_operacoes.linha_do_log(connection, operacao.rowid) if operacao.rowid else None
        requisicao = regra = cadastro = None
        if no_log is not None:
            linha, corpo = no_log.linha, ler_objeto(no_log.json)
            achada = NoEndereco(linha.operacao, linha.status, no_log.json)
            if corpo is None or not e_dela(lida.rastro, achada, corpo, ler_json(lida.resposta)):
                no_log = None  # the address has been given to another row
            else:
                requisicao = _requisicao(gw, corpo)
                regra = None if corpo.get(REGRA) is None else str(corpo[REGRA])
                cadastro = corpo.get(CADASTRO)
        resposta = ler_json(lida.resposta)
        dita = gw.renderizacao.gravada(resposta)
        tabelas = o_que_mudou(gw, connection, operacao, requisicao, dita) if operacao.estado == "A" else []
        tabelas = [*tabelas, *do_cadastro(cadastro)]
        eventos = []
        if operacao.filial and operacao.numero:
            eventos = lista_de_operacoes.da_pre_venda(connection, operacao.filial, operacao.numero)
    return OperacaoDetalhada(
        resumo=operacao,
        requisicao=requisicao,
        resposta=resposta,
        dita=dita,
        explicacao=_explicar(operacao.codigo, dita),
        log=None if no_log is None else no_log.linha,
        tabelas=tabelas,
        linhagem=_linhagem(gw, caller, operacao.numped or operacao.id_retaguarda),
        eventos=[EventoDaOperacao(evento, evento.inicio) for evento in eventos],
        regra=regra,
    )


def _explicar(codigo: str | None, dita: RespostaGravada) -> Explicacao | None:
    """The words for a code, with the routine named by the refusal itself, else the usual one of its code."""
    explicacao = explicar(codigo)
    if explicacao is None:
        return None
    rotina = next((str(problema["rotina"]) for problema in dita.erros if problema.get("rotina")), explicacao.rotina)
    return replace(explicacao, rotina=rotina)


def _pode_ver(caller: Caller, filial: str | None) -> bool:
    return caller.filiais is None or (filial is not None and filial in caller.filiais)


def _requisicao(gw: Gateway, lido: Mapping[str, Any]) -> Mapping[str, Any]:
    """The logged request without its answer, the customer masked."""
    corpo = {membro: valor for membro, valor in lido.items() if membro not in NOSSOS}
    # Members that the contract does not know are stored hidden, so a legible one is the gateway's own action.
    if corpo.get("acao") not in {None, OCULTO}:
        return corpo
    return para_o_log(corpo, gw.json_paths, claro=False)


def _linhagem(gw: Gateway, caller: Caller, numped: int | None) -> Sequence[Elo]:
    if numped is None:
        return []
    try:
        return reservas.detalhar(gw, caller, numped).linhagem
    except Recusa:
        return []
