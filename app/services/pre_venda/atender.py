"""One door for every pre-sale: open the operation, do what its state asks, close it (R12–R15)."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.codigos import CODIGOS
from app.domain.pre_venda import Situacao
from app.domain.recusas import Recusa, recusar
from app.mapping import ValueDoesNotFit
from app.services.gateway import Gateway
from app.services.operacao import registro
from app.services.operacao.anotacoes import anotar
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.pre_venda import reservar
from app.services.pre_venda.alterar import alterar
from app.services.pre_venda.cancelar import cancelar
from app.services.pre_venda.conferir import conferir
from app.services.pre_venda.pagar import confirmar
from app.services.pre_venda.resgatar import resgatar
from app.winthor import operacoes
from app.winthor.db.engine import identificar
from app.winthor.db.faults import DesfechoDesconhecido, Falha, OperacaoPerdida, RegraDaCasa
from app.winthor.db.transaction import Connection

Fazer = Callable[[Gateway, Operacao, Requisicao], Resposta]


def receber(gw: Gateway, requisicao: Requisicao, *, de_novo: bool = True) -> Resposta:
    """Judge a pre-sale and answer. Raises Recusa (recorded, where its code is) or Falha (503: nothing done).

    ``de_novo``: whether a request whose COMMIT was lost without effect is judged once more (R14).
    """
    if requisicao.problemas:
        anotar(requisicao)
        recusa = _recusa_completa(gw, requisicao)
        registro.registrar_recusa(gw, requisicao, recusa)
        raise recusa
    return conduzir(gw, requisicao, _fazer, de_novo=de_novo)


def conduzir(gw: Gateway, requisicao: Requisicao, fazer: Fazer, *, de_novo: bool = True) -> Resposta:
    """Open the operation, do it, close it. Raises as ``receber``."""
    with identificar(requisicao.caller, f"{requisicao.operacao} {requisicao.pre_venda.numero or ''}"[:30]):
        return _conduzir(gw, requisicao, fazer, de_novo)


def _conduzir(gw: Gateway, requisicao: Requisicao, fazer: Fazer, de_novo: bool) -> Resposta:
    nota = anotar(requisicao)
    try:
        operacao = registro.abrir(gw, requisicao)
    except Recusa as recusa:
        if CODIGOS[recusa.codigo].registra:
            registro.registrar_recusa(gw, requisicao, recusa)
        raise
    if isinstance(operacao, Resposta):
        nota.repetida = True
        return operacao
    nota.id, nota.tempos = operacao.nova.id, operacao.tempos
    operacao.medir("abertura")
    return _executar(gw, operacao, requisicao, fazer, de_novo)


def _recusa_completa(gw: Gateway, requisicao: Requisicao) -> Recusa:
    """The schema's problems together with those that only the database knows."""
    try:
        if requisicao.pre_venda.situacao is Situacao.DISPONIVEL:
            conferir(gw, requisicao)
    except Recusa as recusa:
        return recusa
    return Recusa(requisicao.problemas)


def _executar(gw: Gateway, operacao: Operacao, requisicao: Requisicao, fazer: Fazer, de_novo: bool) -> Resposta:
    try:
        return fazer(gw, operacao, requisicao)
    except Recusa as recusa:
        registro.recusar_operacao(gw, operacao, requisicao, recusa)
        raise
    except DesfechoDesconhecido as falha:
        resposta = _desfecho(gw, operacao, requisicao, falha)
        if resposta is None and not de_novo:
            raise
        return resposta if resposta is not None else conduzir(gw, requisicao, fazer, de_novo=False)
    except OperacaoPerdida:
        raise
    except RegraDaCasa as regra:
        raise registro.recusar_pela_casa(gw, operacao, requisicao, regra) from regra
    except Exception as error:
        # Not even an error of ours may stick (R13): the same body must be judged anew.
        registro.falhar_operacao(gw, operacao, requisicao, error if isinstance(error, Falha) else Falha())
        raise


def _fazer(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
    """What the state asks (§5)."""
    try:
        return _agir(gw, operacao, requisicao)
    except ValueDoesNotFit as error:
        raise reservar.valor_que_nao_cabe(error) from None


def _agir(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
    match requisicao.pre_venda.situacao:
        case Situacao.CANCELADA:
            return cancelar(gw, operacao, requisicao)
        case Situacao.RECEBIDO:
            return confirmar(gw, operacao, requisicao)
        case Situacao.RESGATADA:
            return resgatar(gw, operacao, requisicao)
        case _ if requisicao.pre_venda.id_retaguarda is not None:
            return alterar(gw, operacao, requisicao)
        case _:
            return reservar.reservar(gw, operacao, requisicao)


def _desfecho(gw: Gateway, operacao: Operacao, requisicao: Requisicao, falha: DesfechoDesconhecido) -> Resposta | None:
    """After a lost COMMIT answer (R14): the stored answer if it was committed; None once it is settled as R, so that
    the request may run again. Raises ``falha`` when that cannot be found out (the own row cannot be locked, the
    database is still down): it may have taken effect, and stays P for recovery if it has not."""

    def settle(connection: Connection) -> Resposta | None:
        if operacoes.lock_pendente(connection, operacao.nova.id):
            recusa = recusar(falha.codigo, "A conexão caiu antes da confirmação; nada foi gravado.")
            registro.recusar_na_transacao(gw, connection, operacao, requisicao, recusa)
            return None
        feita = operacoes.find(connection, operacao.nova.id)
        if feita is None or feita.estado != "A":
            return None
        return Resposta(feita.http or 200, feita.resposta or "{}", efeito=feita.efeito)

    try:
        return gw.db.run(settle, until=operacao.fim)
    except Falha as outra:
        raise falha from outra  # not BANCO_OCUPADO, which says that nothing was written
