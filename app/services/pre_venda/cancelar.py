"""Cancel: free the stored units and mark order and reservation, once (§5, R10)."""

from __future__ import annotations

from app.domain.dados_pessoais import ocultar
from app.domain.desfecho import Desfecho
from app.domain.estoque import Unidades, planejar
from app.domain.recusas import Aviso
from app.domain.valores import limpar
from app.domain.vida import Acao, Efeito, Estado
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import recusa_da_vida
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda.alvo import desfecho, lock_alvo
from app.services.pre_venda.colunas import ROTINA
from app.winthor import estoque, pedidos, reservas
from app.winthor.pedidos import Ordem


def cancelar(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
    """Cancel the whole reservation; a cancelled or expired one stays as it is (200). Raises Recusa or Falha."""
    operador, avisos = _operador(gw, requisicao)
    return transacao(gw, operacao, requisicao, lambda tx: _gravar(tx, Acao.CANCELAR, operador=operador, avisos=avisos))


def _operador(gw: Gateway, requisicao: Requisicao) -> tuple[int | None, tuple[Aviso, ...]]:
    """The operator who cancels, if there is such an employee: a fact is not refused for one that there is not."""
    operador = requisicao.pre_venda.operador
    if operador is None:
        return None, ()
    with gw.db.read() as connection:
        if operador in gw.cadastros.funcionarios(connection, [operador]):
            return operador, ()
    texto = f"Não existe funcionário com a matrícula {operador}; ficou o funcionário configurado."
    return None, (Aviso("MEMBRO_ILEGIVEL", texto, ("/idOperadorRetaguarda",)),)


def cancelar_assumida(gw: Gateway, operacao: Operacao, requisicao: Requisicao, *, codcob: str) -> Resposta:
    """The same for a person who was shown the CODCOB by which somebody in WinThor has taken the order over (R16)."""
    return transacao(gw, operacao, requisicao, lambda tx: _gravar(tx, Acao.CANCELAR_ASSUMIDA, codcob=codcob))


def _gravar(
    tx: Transacao,
    acao: Acao,
    *,
    codcob: str | None = None,
    operador: int | None = None,
    avisos: tuple[Aviso, ...] = (),
) -> Desfecho:
    alvo = lock_alvo(tx, acao, com_linhas=True)
    ordem = alvo.ordem
    avisos = (*avisos, *alvo.avisos)
    if acao is Acao.CANCELAR_ASSUMIDA and ordem.estado is Estado.ASSUMIDA and ordem.codcob != codcob:
        raise recusa_da_vida("RESERVA_ASSUMIDA", ordem.numped)
    if alvo.efeito is not Efeito.MUDAR:
        tx.medir("locks")
        return desfecho(tx, ordem, alvo.efeito, f"A reserva {ordem.numped} já estava encerrada.", avisos=avisos)
    variacoes = encerrar(tx, ordem, Estado.CANCELADA, codfunc=operador, motivo=_motivo(tx.requisicao))
    mensagem = f"Reserva cancelada: {ordem.numped}."
    return desfecho(
        tx,
        ordem,
        alvo.efeito,
        mensagem,
        estado=Estado.CANCELADA,
        posicao=pedidos.CANCELADO,
        avisos=avisos,
        variacoes=variacoes,
    )


def _motivo(requisicao: Requisicao) -> str:
    """Why, in one line that any column takes, without what looks like a person's data: nobody has checked the member,
    and a cancellation is a fact (§4.2)."""
    enviado = requisicao.corpo.get("motivo")
    dito = " ".join(ocultar(limpar(enviado)).split()) if isinstance(enviado, str) else ""
    return dito or "PRE-VENDA CANCELADA NO PDV"


def encerrar(tx: Transacao, ordem: Ordem, estado: Estado, *, codfunc: int | None, motivo: str) -> Unidades:
    """Free what the locked order holds, as far as the counters hold it, and mark it 'C' and its reservation ``estado``;
    gives what that changed the counters by.

    Locks its stock rows and its lines (R20). Raises Ocupado.
    """
    travado = tx.lock_estoque(ordem)
    variacoes = planejar(travado.saldos, liberar=travado.linhas.retidas).variacoes
    estoque.somar_reserva(tx.connection, variacoes)
    marcar_cancelada(tx, ordem, com_kit=travado.linhas.com_kit, codfunc=codfunc, motivo=motivo)
    reservas.update(tx.connection, ordem.numped, utc(tx.gw.agora()), estado=estado)
    return variacoes


def marcar_cancelada(tx: Transacao, ordem: Ordem, *, com_kit: bool, codfunc: int | None, motivo: str) -> None:
    """POSICAO 'C' with who and when, and the PCNFCAN row where the site wants it; order and lines are locked."""
    gw = tx.gw
    agora = gw.hora_do_erp(gw.agora())
    funcionario = codfunc or gw.settings.codfunc
    pedidos.cancelar(tx.connection, ordem, codfunc=funcionario, agora=agora, com_kit=com_kit)
    if gw.settings.grava_pcnfcan:
        motivo = gw.aparar("PCNFCAN", "MOTIVO", motivo)
        pedidos.insert_pcnfcan(
            tx.connection, tx.gw.tabelas, ordem, codfunc=funcionario, agora=agora, motivo=motivo, rotina=ROTINA
        )
