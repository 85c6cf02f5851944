"""Corrections: differences that the gateway may mend, each once, under the locks, audited (R19, R20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain.desfecho import AcaoInterna, Desfecho, Liberada
from app.domain.diferencas import CANCELAR, EXPIRAR, RECUPERAR
from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave, Saldo, Unidades, planejar
from app.domain.linhas import unidades
from app.domain.privacidade import regra_para_o_log
from app.domain.vida import Efeito, Estado
from app.services.acesso.credenciais import Caller
from app.services.conciliacao import retrato
from app.services.conciliacao.conciliar import conciliar
from app.services.conciliacao.diferenca import Diferenca, id_da_diferenca
from app.services.eventos.observar import contar_o_fim
from app.services.gateway import Gateway, utc
from app.services.operacao import recuperacao
from app.services.operacao.interna import requisicao_interna
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import NadaFeito, Transacao, transacao_interna
from app.services.pre_venda.alvo import desfecho
from app.services.pre_venda.cancelar import marcar_cancelada
from app.services.tempo import expirar
from app.winthor import estoque, pedidos, reservas
from app.winthor.consultas import conciliacao
from app.winthor.db.faults import Falha, RegraDaCasa
from app.winthor.pedidos import Linhas

CORRIGIDA, SIMULADA = "corrigida", "simulada"
NAO_ESCOLHIDA = "não corrigida: é só suspeita; escolha-a para liberar"


@dataclass(frozen=True, slots=True)
class Correcao:
    """A difference (``resumo``) and what became of its correction, in words."""

    resumo: Diferenca
    resultado: str

    @property
    def feita(self) -> bool:
        """Whether it was mended, or would be."""
        return self.resultado in {CORRIGIDA, SIMULADA}


@dataclass(frozen=True, slots=True)
class Correcoes:
    """The plan, or what was done. ``desconhecidos``: ids that name no difference any more."""

    simulado: bool
    correcoes: tuple[Correcao, ...]
    desconhecidos: tuple[str, ...]


def corrigir(gw: Gateway, caller: Caller, *, ids: Sequence[str] | None, motivo: str, simular: bool) -> Correcoes:
    """Mend the differences named by ``ids`` (None: all that can be mended, but for suspects), each once, under R20
    after re-reading.

    Only units of orders born here are released; the rest is reported. ``simular`` only says what would be done.
    Every correction leaves a log row with who and why.
    """
    escolhidas = [d for d in conciliar(gw, caller.filiais).diferencas if ids is None or d.id in ids]
    rodada = _Rodada(gw, caller, motivo)
    feitas: list[Correcao] = []
    for diferenca in escolhidas:
        if ids is None and diferenca.corrigivel and not diferenca.sem_escolha:
            feitas.append(Correcao(diferenca, NAO_ESCOLHIDA))
        else:
            feitas.append(Correcao(diferenca, _so_dizer(diferenca) if simular else rodada.corrigir(diferenca)))
    if not simular:
        retrato.esquecer(gw)
    desconhecidos = sorted(set(ids or ()) - {d.id for d in escolhidas})
    return Correcoes(simular, tuple(feitas), tuple(desconhecidos))


def _so_dizer(diferenca: Diferenca) -> str:
    if diferenca.corrigivel:
        return SIMULADA
    return "não corrigida: " + (f"é de {diferenca.rotina}" if diferenca.rotina else "exige uma pessoa")


class _Rodada:
    """One round: an order is mended whole, with all its products, and what a crash left P is settled once."""

    def __init__(self, gw: Gateway, caller: Caller, motivo: str) -> None:
        self.gw = gw
        self.caller = caller
        self.motivo = motivo
        self._ordens: set[int] = set()
        self._operacoes: set[str] | None = None

    def corrigir(self, diferenca: Diferenca) -> str:
        """Mend one difference and say what came of it."""
        if not diferenca.corrigivel:
            return _so_dizer(diferenca)
        try:
            if diferenca.acao == RECUPERAR:
                return self._recuperar(diferenca)
            if diferenca.numped in self._ordens:
                return CORRIGIDA
            resultado = self._expirar(diferenca) if diferenca.acao == EXPIRAR else self._soltar(diferenca)
        except RegraDaCasa as regra:
            return f"não corrigida: uma regra da casa no WinThor não deixou: {regra_para_o_log(regra.dito)}"
        except Falha as falha:
            return f"falhou: {falha.codigo}"
        if resultado == CORRIGIDA and diferenca.numped is not None:
            self._ordens.add(diferenca.numped)
        return resultado

    def _recuperar(self, diferenca: Diferenca) -> str:
        if self._operacoes is None:
            self._operacoes = {id_da_diferenca(diferenca.tipo, feita.id) for feita in recuperacao.recuperar(self.gw)}
        return CORRIGIDA if diferenca.id in self._operacoes else "não corrigida: já não está pendente"

    def _expirar(self, diferenca: Diferenca) -> str:
        numped, filial, numero = diferenca.numped or 0, diferenca.filial or "", diferenca.numero or ""
        razao = expirar.expirar_uma(self.gw, numped, filial, numero, caller=self.caller.login, motivo=self.motivo)
        return CORRIGIDA if razao is None else f"não corrigida: {razao}"

    def _soltar(self, diferenca: Diferenca) -> str:
        numped = diferenca.numped or 0
        with self.gw.db.read() as connection:
            ordem = pedidos.find(connection, numped)
        if ordem is None or (ordem.adotada and ordem.entrega_de is None):
            return "não corrigida: o pedido não nasceu aqui"
        if not self.caller.pode_na_filial(ordem.filial):
            return "não corrigida: o pedido é de outra filial"
        acao = AcaoInterna("correcao", numped, ordem.numero, ordem.filial, motivo=self.motivo, tipo=diferenca.tipo)
        corpo = self.gw.renderizacao.acao_interna(acao)
        requisicao = requisicao_interna(self.caller.login, ordem.filial, ordem.numero, numped, corpo, cancela=True)
        try:
            transacao_interna(self.gw, requisicao, lambda tx: _soltar(tx, diferenca, acao), render=self._guardar)
        except NadaFeito as nada:
            return f"não corrigida: {nada.motivo}"
        return CORRIGIDA

    def _guardar(self, _requisicao: Requisicao, feito: Desfecho) -> Resposta:
        return Resposta(200, self.gw.renderizacao.correcao(feito), efeito=feito.efeito)


def _soltar(tx: Transacao, diferenca: Diferenca, acao: AcaoInterna) -> Desfecho:
    """Release what an order born here still holds, judged again under its locks. Raises NadaFeito."""
    numped = diferenca.numped or 0
    ordem = pedidos.lock_ordem(tx.connection, numped, com_linhas=True, antes_de_varias=True)
    if ordem is None:
        raise NadaFeito("o pedido não existe mais")
    regra = tx.gw.regra_de_retencao(tx.connection)
    vistas = unidades(ordem.vistas, ordem.modo_kit or regra.modo_kit)
    saldos = tx.lock_saldos(vistas, antes_das_linhas=True)
    linhas = pedidos.lock_linhas(tx.connection, ordem, regra, travadas=vistas, todas=True)
    plano = planejar(saldos, liberar=_contadas(tx, linhas, saldos))
    if diferenca.acao == CANCELAR:
        perdida = conciliacao.find_morta_com_pedido_vivo(tx.connection, numped)
        if perdida is None or perdida.tocada or ordem.assumida:
            raise NadaFeito("o pedido mudou")
        marcar_cancelada(tx, ordem, com_kit=linhas.com_kit, codfunc=None, motivo=acao.motivo or "")
    else:
        if not plano.variacoes or not ordem.encerrada:
            raise NadaFeito("a diferença não existe mais")
        # A future sale ends with its deliveries, not before (R23).
        if ordem.entrega_de is None and ordem.estado in {Estado.BAIXADA, Estado.CANCELADA}:
            tx.eventos.extend(contar_o_fim(tx.connection, ordem))
            reservas.update(tx.connection, numped, utc(tx.gw.agora()), estado=ordem.estado)
    estoque.somar_reserva(tx.connection, plano.variacoes)
    feito = desfecho(
        tx,
        ordem,
        Efeito.MUDAR,
        "",
        posicao=ordem.posicao if ordem.no_winthor.baixado and ordem.posicao else pedidos.CANCELADO,
    )
    liberadas = tuple(Liberada(*chave, -variacao) for chave, variacao in plano.variacoes.items())
    # What it frees is nobody's event (R27); that WinThor has ended the order is told where it was not yet.
    return replace(feito, eventos=(), registro=tx.gw.renderizacao.acao_interna(replace(acao, liberadas=liberadas)))


def _contadas(tx: Transacao, linhas: Linhas, saldos: Mapping[Chave, Saldo]) -> Unidades:
    """The order's units that QTRESERV really counts: what is left of the locked counter after every other order has its
    units. Never more than the order's own."""
    regra = tx.gw.regra_de_retencao(tx.connection)
    vivas = conciliacao.esperado(tx.connection, saldos, regra) if saldos else {}
    retidas = linhas.retidas
    contadas: dict[Chave, Decimal] = {}
    proprias = [linha for linha in linhas.linhas if not (linhas.das_entregas and linha.a_entregar)]
    for chave, quantidade in unidades(proprias, linhas.modo_kit).items():
        das_outras = vivas.get(chave, ZERO) - retidas.get(chave, ZERO)
        sobra = saldos[chave].reservado - das_outras if chave in saldos else ZERO
        if sobra > 0:
            contadas[chave] = min(quantidade, sobra)
    return contadas
