"""The record of every judged request: opened P before anything else, closed A with the effect or R without (R12–R15).

abrir      short transaction: replay, or P rows in PCLOGPEDIDOAPI and GW_OPERACAO
aceitar    inside the main transaction, in the commit of the effect
recusar    own transaction, after the rollback
recuperar  settles as R what a crash left P
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, NamedTuple

from app.domain.codigos import CODIGOS
from app.domain.desfecho import Desfecho
from app.domain.estoque import Chave
from app.domain.eventos import Evento
from app.domain.pre_venda import AUTO, Situacao
from app.domain.privacidade import anonimizado, para_o_log, regra_para_o_log
from app.domain.rastro import CADASTRO, NOSSOS, REGRA, RETORNO
from app.domain.recusas import Recusa, problema_padrao, recusar
from app.domain.vida import MORTOS, RECUSA_DA_REPETICAO, Estado
from app.services.eventos import registrar as eventos
from app.services.gateway import Gateway, utc
from app.services.identificador import novo_id
from app.services.operacao import cota
from app.services.operacao.log_gravado import variacoes_em_texto
from app.services.operacao.recusas_da_vida import recusa_da_vida, substituida
from app.services.operacao.requisicao import Requisicao, Resposta
from app.winthor import estoque, operacoes, reservas
from app.winthor.db.faults import DesfechoDesconhecido, Falha, Indisponivel, LinhaPresa, Ocupado, RegraDaCasa
from app.winthor.db.presas import SONDA_S
from app.winthor.db.transaction import Connection
from app.winthor.operacoes import Ancora, Encerramento, Identidade, NovaOperacao, OperacaoLida

# No request runs longer; past it recovery may settle the operation (R15).
PRAZO_S = 15.0
# A duplicate waits this long for the request it repeats (R12).
ESPERA_DO_IGUAL_S = 3.0
SEM_ANCORA = Ancora(None)


@dataclass(slots=True)
class Operacao:
    """An operation under way. ``fim``: monotonic instant of its deadline; ``tempos``: milliseconds per step.

    ``texto``: the request as the log keeps it, JSON without the answer. ``ancora``: that of its pre-sale, as it was
    then; ``espera_usada``: seconds of its time for locks that are gone.
    """

    nova: NovaOperacao
    rowid: str
    fim: float
    texto: str
    ancora: Ancora
    espera_usada: float = 0.0
    tempos: dict[str, int] = field(default_factory=dict)
    marca: float = field(default_factory=time.perf_counter)

    def medir(self, passo: str) -> None:
        """Note the time since the last mark under the step's name."""
        agora = time.perf_counter()
        self.tempos[passo] = self.tempos.get(passo, 0) + round((agora - self.marca) * 1000)
        self.marca = agora


# Told of each step that has ended.
Medir = Callable[[str], None]


def nao_medir(_passo: str) -> None:
    """For a judgement that is no operation."""


def abrir(gw: Gateway, requisicao: Requisicao) -> Operacao | Resposta:
    """Open the operation, or answer what an identical request was answered already.

    Locks the pre-sale's anchor for the length of a short transaction. A duplicate of a request under way waits up to
    3 s for it. Raises Recusa EM_PROCESSAMENTO (not logged), the refusals of a replay whose reservation is dead, and
    Falha, of which nothing is logged.
    """
    with _obrigatorio():
        _recusar_se_presa(gw, requisicao)
    comeco = time.monotonic()
    espera = comeco + ESPERA_DO_IGUAL_S
    locks = gw.db.espera()
    pausa, perdida = 0.02, False
    while True:
        tentativa: list[Operacao] = []
        try:
            with _obrigatorio():
                operacao = gw.db.run(
                    lambda c, t=tentativa: _abrir(gw, requisicao, c, t),  # type: ignore[misc]
                    until=espera,
                    espera=locks,
                )
        except Ocupado:
            if not requisicao.interno and _em_andamento(gw, requisicao):
                raise _em_processamento() from None
            raise
        except DesfechoDesconhecido:
            if tentativa and _nasceu(gw, tentativa[-1]):
                return tentativa[-1]
            if perdida:
                raise
            perdida = True  # once more; a database that loses every COMMIT is not one to wait for
            continue
        if not isinstance(operacao, OperacaoLida):
            if isinstance(operacao, Operacao):
                operacao.espera_usada = time.monotonic() - comeco
            return operacao
        if time.monotonic() + pausa > espera:
            raise _em_processamento()
        time.sleep(pausa)
        pausa = min(pausa * 2, 0.2)


def _nasceu(gw: Gateway, operacao: Operacao) -> bool:
    """Whether the P rows were committed although the answer of that COMMIT was lost."""
    return gw.db.run(lambda connection: operacoes.lock_pendente(connection, operacao.nova.id))


@contextlib.contextmanager
def _obrigatorio() -> Iterator[None]:
    """Without its log row nothing is done: whatever keeps it from being written is 503 (R15)."""
    try:
        yield
    except Falha as falha:
        if falha.http != HTTPStatus.SERVICE_UNAVAILABLE:
            raise Indisponivel(str(falha)) from falha
        raise


def _em_processamento() -> Recusa:
    return recusar("EM_PROCESSAMENTO", "A mesma pré-venda ainda está sendo processada; repita em instantes.")


def _em_andamento(gw: Gateway, requisicao: Requisicao) -> bool:
    with gw.db.read() as connection:
        igual = operacoes.find_igual(connection, _identidade(requisicao))
        return igual is not None and igual.estado == "P"


def _identidade(requisicao: Requisicao) -> Identidade:
    pv = requisicao.pre_venda
    if pv.filial is None or pv.numero is None or pv.situacao is None:
        raise ValueError("identidade incompleta")
    return Identidade(pv.filial, pv.numero, int(pv.situacao), pv.id_retaguarda, requisicao.impressoes)


def _abrir(
    gw: Gateway, requisicao: Requisicao, connection: Connection, tentativa: list[Operacao]
) -> Operacao | Resposta | OperacaoLida:
    """One try; an OperacaoLida in the answer is the identical request still under way.

    What is opened is left in ``tentativa`` too, for the case that the answer of COMMIT is lost.
    """
    agora = gw.agora()
    ancora = operacoes.lock_pre_venda(
        connection,
        requisicao.pre_venda.filial or "",
        requisicao.pre_venda.numero or "",
        utc(agora),
        conhecida=requisicao.pre_venda.id_retaguarda is not None,
    )
    if not requisicao.interno:
        anterior = _anterior(gw, requisicao, connection, ancora, agora)
        if anterior is not None:
            return anterior
    operacao = _inserir(gw, connection, requisicao, agora, ancora)
    tentativa.append(operacao)
    return operacao


def _anterior(
    gw: Gateway, requisicao: Requisicao, connection: Connection, ancora: Ancora, agora: dt.datetime
) -> Resposta | OperacaoLida | None:
    """The answer that an identical request was given, or that request itself while it is under way; None when this one
    is to be judged. Raises Recusa."""
    igual = None
    if not ancora.nova:
        # What has an anchor already and names no reservation was most likely answered before.
        repete = requisicao.pre_venda.id_retaguarda is None
        igual = operacoes.find_igual(connection, _identidade(requisicao), com_reserva=repete)
    if igual is None and requisicao.chave:
        # Two contents at once: the second one waits here, and then finds the first.
        operacoes.tomar_vez(connection, requisicao.caller, _resumo(requisicao.chave), utc(agora))
        igual = operacoes.find_por_chave(connection, requisicao.caller, _resumo(requisicao.chave))
        interrompida = igual is not None and igual.estado == "P" and igual.dtlimite <= utc(agora)
        if igual is not None and igual.impressao not in requisicao.impressoes and not interrompida:
            raise recusar("CHAVE_REUTILIZADA", "A Idempotency-Key já foi usada com outro conteúdo.")
    if igual is not None and igual.estado == "A":
        return _repetir(connection, requisicao, igual)
    if igual is not None and igual.dtlimite > utc(agora):
        return igual
    _conferir_cota(gw, requisicao, connection)
    return None


def _recusar_se_presa(gw: Gateway, requisicao: Requisicao) -> None:
    """Refuse a sale whose stock rows many have tried in vain, before anything is done or written for it: one at a time
    tries whether they are free, without waiting; what was answered, or is under way, is told as ever. Costs no
    statement otherwise. Raises LinhaPresa."""
    chaves = _chaves_de_estoque(requisicao)
    if requisicao.interno or not gw.db.presas.tentadas_em_vao(map(estoque.nome_da_linha, chaves)):
        return
    with gw.db.read() as connection:
        feita = operacoes.find_igual(connection, _identidade(requisicao))
        if feita is None and requisicao.chave:
            feita = operacoes.find_por_chave(connection, requisicao.caller, _resumo(requisicao.chave))
    if feita is not None:
        return
    if gw.db.presas.fora_de_vez(map(estoque.nome_da_linha, chaves)):
        raise LinhaPresa("PCEST")
    try:
        with gw.db.ensaio_curto(SONDA_S, confirmar=False) as connection:
            estoque.lock_saldos(connection, chaves)
    except LinhaPresa:
        raise
    except Ocupado:
        return  # somebody had it meanwhile: it moves, and is waited for


def _chaves_de_estoque(requisicao: Requisicao) -> set[Chave]:
    """The stock rows that a sale's lines want, of kits those components that were sent."""
    pre_venda = requisicao.pre_venda
    if pre_venda.situacao is not Situacao.DISPONIVEL:
        return set()
    return {
        (item.filial_entrega or pre_venda.filial or "", produto.codprod)
        for item in pre_venda.itens
        if item.filial_entrega != AUTO
        for produto in [parte.produto for parte in item.itens_kit] or [item.produto]
        if produto is not None
    }


def _conferir_cota(gw: Gateway, requisicao: Requisicao, connection: Connection) -> None:
    """Refuse at once a new reservation of a caller that has as many as it may; those in flight are counted later."""
    nova = requisicao.pre_venda.situacao is Situacao.DISPONIVEL and requisicao.pre_venda.id_retaguarda is None
    if nova:
        cota.conferir_reservas(gw, connection, requisicao, mais=1)


def _inserir(
    gw: Gateway,
    connection: Connection,
    requisicao: Requisicao,
    agora: dt.datetime,
    ancora: Ancora = SEM_ANCORA,
    *,
    fim: Encerramento | None = None,
    desfecho: Desfecho | None = None,
) -> Operacao:
    """The two rows of an operation, in the caller's transaction: P, or born closed with ``fim``."""
    operacao = _nova(gw, requisicao, agora, ancora)
    log = _linha_do_log(gw, requisicao, agora, operacao.texto, fim, desfecho)
    operacao.rowid = operacoes.insert_log(connection, gw.tabelas, log)
    operacoes.insert(connection, operacao.nova, operacao.rowid, fim)
    return operacao


def _repetir(connection: Connection, requisicao: Requisicao, igual: OperacaoLida) -> Resposta:
    """The stored answer; a success that names a number is replayed only while that number lives, and one that made a
    reservation only while WinThor has not ended it nor taken it over (R12)."""
    if igual.operacao != "C" and igual.numped is not None:
        reserva = igual.reserva or reservas.find(connection, igual.numped)
        fez_reserva = requisicao.pre_venda.situacao is Situacao.DISPONIVEL
        if reserva is None or reserva.estado in (RECUSA_DA_REPETICAO if fez_reserva else MORTOS):
            raise _morta(connection, igual.numped, reserva)
    return Resposta(igual.http or 200, igual.resposta or "{}", repetida=True)


def _morta(connection: Connection, numped: int, reserva: reservas.Reserva | None) -> Recusa:
    if reserva is not None and reserva.seguinte is not None:
        return substituida(numped, reservas.fim_da_linhagem(connection, reserva.seguinte))
    return recusa_da_vida(RECUSA_DA_REPETICAO[Estado.CANCELADA if reserva is None else reserva.estado], numped)


def _nova(gw: Gateway, requisicao: Requisicao, agora: dt.datetime, ancora: Ancora = SEM_ANCORA) -> Operacao:
    pv = requisicao.pre_venda
    nova = NovaOperacao(
        id=novo_id(agora),
        operacao=requisicao.operacao,
        caller=requisicao.caller,
        inicio=utc(agora),
        limite=utc(agora + dt.timedelta(seconds=PRAZO_S)),
        filial=pv.filial,
        numero=pv.numero,
        situacao=None if pv.situacao is None else int(pv.situacao),
        id_retaguarda=pv.id_retaguarda,
        impressao=requisicao.impressao,
        chave=_resumo(requisicao.chave) if requisicao.chave else None,
    )
    return Operacao(nova, "", time.monotonic() + PRAZO_S, _texto_do_log(gw, requisicao), ancora)


def _resumo(chave: str) -> str:
    return hashlib.sha256(chave.encode()).hexdigest()


def aceitar(
    gw: Gateway,
    connection: Connection,
    operacao: Operacao,
    requisicao: Requisicao,
    resposta: Resposta,
    desfecho: Desfecho,
    antes: Sequence[Evento] = (),
) -> None:
    """Close the operation as A in the transaction of its effect; the answer is stored for replays, and its events are
    told, after those of ``antes``."""
    eventos.registrar(gw, connection, [*antes, *eventos.do_desfecho(desfecho, requisicao.pre_venda.numero or "")])
    _fechar(gw, connection, operacao, requisicao, _aceite(resposta, desfecho), desfecho)


def recusar_operacao(gw: Gateway, operacao: Operacao, requisicao: Requisicao, recusa: Recusa) -> None:
    """Close the operation as R, with the reason, in an own transaction; nothing if recovery was faster."""

    def fechar(connection: Connection) -> None:
        if operacoes.lock_pendente(connection, operacao.nova.id):
            recusar_na_transacao(gw, connection, operacao, requisicao, recusa)

    gw.db.run(fechar)


def recusar_pela_casa(gw: Gateway, operacao: Operacao, requisicao: Requisicao, regra: RegraDaCasa) -> Recusa:
    """Close as R an operation that a rule of the site's refused, with what the rule says in its log row; the refusal
    for the caller, who is told it only where an act of the back office was refused. What cannot be closed stays P."""
    linha, dito = CODIGOS[regra.codigo], regra_para_o_log(regra.dito)
    geral = Recusa([problema_padrao(linha.codigo)])

    def fechar(connection: Connection) -> None:
        if operacoes.lock_pendente(connection, operacao.nova.id):
            recusar_na_transacao(gw, connection, operacao, requisicao, geral, regra=dito)

    with contextlib.suppress(Falha):
        gw.db.run(fechar)
    return recusar(linha.codigo, f"Uma regra da casa no WinThor não deixou: {dito}") if requisicao.interno else geral


def recusar_na_transacao(
    gw: Gateway,
    connection: Connection,
    operacao: Operacao,
    requisicao: Requisicao,
    recusa: Recusa,
    *,
    regra: str | None = None,
) -> None:
    """Close the operation as R in the caller's transaction, which has locked it. ``regra``: what a rule of the site's
    said."""
    _fechar(gw, connection, operacao, requisicao, replace(fim_da_recusa(gw, recusa), regra=regra))
    operacoes.insert_produtos_da_recusa(connection, operacao.nova.id, produtos_da_recusa(requisicao, recusa))


def _fechar(
    gw: Gateway,
    connection: Connection,
    operacao: Operacao,
    requisicao: Requisicao,
    fim: Encerramento,
    desfecho: Desfecho | None = None,
) -> None:
    agora = gw.agora()
    fim = replace(fim, tempos=gw.renderizacao.texto(operacao.tempos))
    log = _linha_do_log(gw, requisicao, agora, operacao.texto, fim, desfecho)
    operacoes.concluir(connection, gw.tabelas, operacao.nova.id, operacao.rowid, fim, utc(agora), log)


def registrar_recusa(gw: Gateway, requisicao: Requisicao, recusa: Recusa) -> None:
    """Record a request that was refused before it could have any effect: its rows are born R."""

    def inserir(connection: Connection) -> None:
        operacao = _inserir(gw, connection, requisicao, gw.agora(), fim=fim_da_recusa(gw, recusa))
        operacoes.insert_produtos_da_recusa(connection, operacao.nova.id, produtos_da_recusa(requisicao, recusa))

    with _obrigatorio():
        gw.db.run(inserir)


def produtos_da_recusa(requisicao: Requisicao, recusa: Recusa) -> set[int]:
    """What a clerk looks for a refusal by: the products that were sent, and those that were short."""
    itens = requisicao.pre_venda.itens
    ids = {item.produto for item in itens} | {parte.produto for item in itens for parte in item.itens_kit}
    em_falta = {problema.falta.codprod for problema in recusa.problemas if problema.falta is not None}
    return {produto.codprod for produto in ids if produto is not None} | em_falta


def registrar_efeito(
    gw: Gateway,
    connection: Connection,
    requisicao: Requisicao,
    resposta: Resposta,
    desfecho: Desfecho,
    antes: Sequence[Evento] = (),
) -> None:
    """Record an effect of time or of a correction in the transaction of the effect itself: its rows are born A.

    There is no P row before it: nobody waits for an answer, so there is no outcome to be in doubt about.
    """
    eventos.registrar(gw, connection, [*antes, *eventos.do_desfecho(desfecho, requisicao.pre_venda.numero or "")])
    _inserir(gw, connection, requisicao, gw.agora(), fim=_aceite(resposta, desfecho), desfecho=desfecho)


def _aceite(resposta: Resposta, desfecho: Desfecho) -> Encerramento:
    return Encerramento(
        "A",
        resposta.http,
        resposta.corpo,
        efeito=resposta.efeito,
        numped=desfecho.numped,
        variacoes=None if desfecho.variacoes is None else variacoes_em_texto(desfecho.variacoes),
    )


def fim_da_recusa(gw: Gateway, recusa: Recusa) -> Encerramento:
    """How a refused operation ends."""
    return Encerramento("R", recusa.http, gw.renderizacao.recusa(recusa), codigo=recusa.codigo)


def falhar_operacao(gw: Gateway, operacao: Operacao, requisicao: Requisicao, falha: Falha) -> None:
    """Close as R an operation that a fault ended without effect; if that fails too it stays P for recovery."""
    recusa = recusar(falha.codigo, "Falha técnica; nada foi gravado.")
    try:
        recusar_operacao(gw, operacao, requisicao, recusa)
    except Falha:
        return


def _texto_do_log(gw: Gateway, requisicao: Requisicao) -> str:
    """The request as PCLOGPEDIDOAPI.JSON keeps it, before there is an answer."""
    claro = gw.settings.log_json == "claro"
    corpo = requisicao.corpo
    visivel = anonimizado(corpo) if requisicao.interno else para_o_log(corpo, gw.json_paths, claro=claro)
    for nosso in NOSSOS:
        visivel.pop(nosso, None)
    return gw.renderizacao.texto(visivel)


def com_retorno(texto: str, retorno: str) -> str:
    """One added member; the answer is JSON text already and stays byte for byte."""
    return _com_membro(texto, RETORNO, retorno)


def _com_membro(texto: str, nome: str, valor: str) -> str:
    miolo = texto.rstrip()[:-1].rstrip()
    return miolo + (", " if miolo != "{" else "") + f'"{nome}": {valor}}}'


def _com_cadastro(gw: Gateway, texto: str, desfecho: Desfecho | None) -> str:
    if desfecho is None or desfecho.cadastro is None:
        return texto
    return _com_membro(texto, CADASTRO, gw.renderizacao.texto(desfecho.cadastro.no_log))


def _com_fim(gw: Gateway, texto: str, fim: Encerramento) -> str:
    if fim.regra:
        texto = _com_membro(texto, REGRA, gw.renderizacao.texto(fim.regra))
    return com_retorno(texto, fim.resposta)


class ColunasDoLog(NamedTuple):
    """Computed columns of PCLOGPEDIDOAPI (R15)."""

    data: dt.datetime
    numped: int | None
    posicao: str | None
    operacao: str
    status: str
    json: str
    codcli: int | None


def _linha_do_log(
    gw: Gateway,
    requisicao: Requisicao,
    agora: dt.datetime,
    texto: str,
    fim: Encerramento | None,
    desfecho: Desfecho | None,
) -> Mapping[str, Any]:
    """The row of PCLOGPEDIDOAPI by its map; ``desfecho``: of an accepted operation."""
    colunas = ColunasDoLog(
        data=gw.hora_do_erp(agora),
        numped=requisicao.pre_venda.id_retaguarda if desfecho is None else desfecho.numped,
        posicao=None if desfecho is None else desfecho.posicao or "",
        operacao=requisicao.operacao,
        status="P" if fim is None else fim.estado,
        json=texto if fim is None else _com_fim(gw, _com_cadastro(gw, texto, desfecho), fim),
        codcli=None if desfecho is None else desfecho.codcli,
    )
    return gw.maps["PCLOGPEDIDOAPI"].build_row(requisicao.dados, colunas, requisicao.corpo)
