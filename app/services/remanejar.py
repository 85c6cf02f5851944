"""The back office moves lines of a live reservation to other branches (R29): the same number, both stock rows in one
transaction, only while nobody separates it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.desfecho import AcaoInterna, Desfecho, Remanejamento
from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave, Plano, Saldo, Unidades, planejar, problemas_das_faltas
from app.domain.linhas import LinhaGravada, unidades
from app.domain.recusas import Problema, Recusa, problema_de_cadastro
from app.domain.remanejamento import LinhaARemanejar, LinhaRemanejada, antes, depois, remanejadas
from app.domain.retencao import Retencao, linha_retem
from app.domain.vida import Acao, Efeito
from app.services import protecao
from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway, utc
from app.services.operacao.interna import requisicao_interna
from app.services.operacao.recusas_da_vida import substituida
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda.alvo import conferir_passo, desfecho, lock_alvo
from app.services.pre_venda.atender import conduzir
from app.services.retaguarda import da_casa
from app.winthor import estoque, pagamento, pedidos, reservas
from app.winthor.db.transaction import Connection
from app.winthor.pagamento import MudancaDaLinha, MudancaDoPedido
from app.winthor.pedidos import Linhas, LinhasMudaram, Ordem


@dataclass(frozen=True, slots=True)
class _Mudanca:
    """What a move makes of an order: its lines, the units that leave, and those that arrive."""

    movidas: Sequence[LinhaRemanejada]
    saem: Unidades
    chegam: Unidades


def prever(gw: Gateway, caller: Caller, numped: int, pedidas: Sequence[LinhaARemanejar]) -> Remanejamento:
    """What a move would do, as everything looks now; nothing is locked or written. Raises Recusa as ``remanejar``."""
    da_casa(gw, caller, numped)
    with gw.db.read() as connection:
        _recusar_filiais(gw, connection, numped, pedidas)
        ordem = pedidos.find(connection, numped, com_linhas=True)
        if ordem is None:
            raise AssertionError("it was there a moment ago")
        if ordem.seguinte is not None:
            raise substituida(numped, reservas.fim_da_linhagem(connection, ordem.seguinte))
        conferir_passo(gw, connection, ordem, Acao.REMANEJAR, ordem.numped)
        regra = gw.regra_de_retencao(connection, futura=ordem.futura)
        mudanca = _mudanca(pedidos.linhas_de(ordem, ordem.vistas, regra), pedidas)
        vista = protecao.ver(gw, connection, {**mudanca.saem, **mudanca.chegam}, ordem.caller or "")
    plano = _planejar(gw, vista.saldos, mudanca, vista.contra(ordem.caller))
    _recusar_faltas(plano, mudanca, pedidas)
    return Remanejamento(numped, _frase(numped, mudanca.movidas, simula=True), mudanca.movidas)


def remanejar(gw: Gateway, caller: Caller, numped: int, pedidas: Sequence[LinhaARemanejar], motivo: str) -> Resposta:
    """Move the lines, for a reason. Raises Recusa: what the table of states refuses, CAMPO_INVALIDO of a line that is
    not there, FILIAL_NAO_ENCONTRADA, ESTOQUE_INSUFICIENTE of a branch that is short; and Falha."""
    ordem = da_casa(gw, caller, numped)
    with gw.db.read() as connection:
        _recusar_filiais(gw, connection, numped, pedidas)
    acao = AcaoInterna("remanejamento", ordem.numped, ordem.numero, ordem.filial, motivo=motivo, linhas=tuple(pedidas))
    corpo = gw.renderizacao.acao_interna(acao)
    requisicao = requisicao_interna(caller.login, ordem.filial, ordem.numero, ordem.numped, corpo, cancela=False)

    def fazer(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
        return transacao(gw, operacao, requisicao, lambda tx: _gravar(tx, pedidas), render=_responder)

    return conduzir(gw, requisicao, fazer)


def _responder(gw: Gateway, _requisicao: Requisicao, feito: Desfecho) -> Resposta:
    dito = Remanejamento(feito.numped, feito.mensagem, feito.remanejadas)
    return Resposta(feito.http, gw.renderizacao.remanejamento(dito), efeito=feito.efeito, numped=feito.numped)


def _recusar_filiais(gw: Gateway, connection: Connection, numped: int, pedidas: Sequence[LinhaARemanejar]) -> None:
    """Raises Recusa of branches that do not exist or may not deliver, and of a line that is named twice."""
    permitidas = gw.settings.filiais_entrega
    existentes = gw.cadastros.filiais(connection, sorted({pedida.filial for pedida in pedidas}))
    ordem = pedidos.find(connection, numped)
    loja = None if ordem is None else ordem.filial
    problemas: list[Problema] = []
    vistas: set[int] = set()
    for n, pedida in enumerate(pedidas):
        campo = f"/linhas/{n}/filial"
        if pedida.numseq in vistas:
            problemas.append(
                Problema("CAMPO_INVALIDO", f"A linha {pedida.numseq} veio duas vezes.", f"/linhas/{n}/numseq")
            )
        vistas.add(pedida.numseq)
        if pedida.filial not in existentes:
            texto = f"A filial {pedida.filial} não existe no WinThor."
            problemas.append(problema_de_cadastro("FILIAL_NAO_ENCONTRADA", texto, campo))
        elif permitidas and pedida.filial not in permitidas and pedida.filial != loja:
            problemas.append(Problema("CAMPO_INVALIDO", f"A filial {pedida.filial} não pode entregar.", campo))
    if problemas:
        raise Recusa(problemas)


def _mudanca(linhas: Linhas, pedidas: Sequence[LinhaARemanejar]) -> _Mudanca:
    """What the lines become. Raises Recusa of one that is not there, or was cut."""
    vivas = {linha.numseq for linha in linhas.vivas}
    problemas = [
        Problema("CAMPO_INVALIDO", f"A reserva não tem a linha {p.numseq}, ou ela foi cortada.", f"/linhas/{n}/numseq")
        for n, p in enumerate(pedidas)
        if p.numseq not in vivas
    ]
    if problemas:
        raise Recusa(problemas)
    movidas = remanejadas(linhas.vivas, pedidas)
    retidas = _retidas(linhas)
    modo = linhas.modo_kit
    return _Mudanca(movidas, unidades(antes(retidas, movidas), modo), unidades(depois(retidas, movidas), modo))


def _retidas(linhas: Linhas) -> list[LinhaGravada]:
    """The lines of the order and of its deliveries whose units are counted."""
    donos: list[tuple[Retencao, Sequence[LinhaGravada]]] = [(linhas.retencao, linhas.linhas)]
    donos += [(entrega.retencao, entrega.linhas) for entrega in linhas.das_entregas]
    return [ln for retida, lidas in donos for ln in lidas if linha_retem(retida, ln.posicao, ln.tipo_entrega)]


def _planejar(gw: Gateway, saldos: Mapping[Chave, Saldo], mudanca: _Mudanca, protegido: Unidades) -> Plano:
    regra = gw.regra_de_estoque.guardando(protegido)
    return planejar(saldos, regra, liberar=mudanca.saem, reservar=mudanca.chegam)


def _recusar_faltas(plano: Plano, mudanca: _Mudanca, pedidas: Sequence[LinhaARemanejar]) -> None:
    """Raises Recusa ESTOQUE_INSUFICIENTE, which names the lines that ask for what a branch does not have."""
    if not plano.faltas:
        return
    indices = {pedida.numseq: n for n, pedida in enumerate(pedidas)}
    problemas = problemas_das_faltas(plano.faltas, {}, {})
    feitos = []
    for problema, falta in zip(problemas, plano.faltas, strict=True):
        quem = sorted({indices[m.numseq] for m in mudanca.movidas if m.para == falta.filial})
        da_falta = None if problema.falta is None else replace(problema.falta, itens=tuple(quem))
        feitos.append(replace(problema, campo=f"/linhas/{quem[0]}/filial", falta=da_falta))
    raise Recusa(feitos)


def _gravar(tx: Transacao, pedidas: Sequence[LinhaARemanejar]) -> Desfecho:
    gw, alvo = tx.gw, lock_alvo(tx, Acao.REMANEJAR, com_linhas=True)
    ordem = alvo.ordem
    regra = gw.regra_de_retencao(tx.connection, futura=ordem.futura)
    vista = _mudanca(pedidos.linhas_de(ordem, ordem.vistas, regra), pedidas)
    travadas = {**vista.saem, **vista.chegam}
    travado = tx.lock_estoque(ordem, dict.fromkeys(travadas, ZERO))
    mudanca = _mudanca(travado.linhas, pedidas)
    if not {**mudanca.saem, **mudanca.chegam}.keys() <= travadas.keys():
        raise LinhasMudaram("outras linhas de estoque")
    guarda = protecao.em_vigor(gw, tx.connection, mudanca.chegam)
    protegido = protecao.proteger(gw, tx.connection, guarda, travado.saldos, ordem.caller)
    plano = _planejar(gw, travado.saldos, mudanca, protegido)
    _recusar_faltas(plano, mudanca, pedidas)
    if mudanca.movidas:
        estoque.somar_reserva(tx.connection, {k: v for k, v in plano.variacoes.items() if k in travadas})
        _escrever(tx, ordem, travado.linhas, mudanca.movidas)
        reservas.update(tx.connection, ordem.numped, utc(gw.agora()))
    efeito = alvo.efeito if mudanca.movidas else Efeito.NENHUM
    feito = desfecho(tx, ordem, efeito, _frase(ordem.numped, mudanca.movidas, simula=False), avisos=alvo.avisos)
    return replace(feito, substitui=None, remanejadas=tuple(mudanca.movidas))


def _escrever(tx: Transacao, ordem: Ordem, linhas: Linhas, movidas: Sequence[LinhaRemanejada]) -> None:
    """The branch of the lines, in the order and in the deliveries that it leaves by; one statement for each."""
    do_pedido = {ordem.numped: linhas.linhas, **{da.entrega.numped: da.linhas for da in linhas.das_entregas}}
    for numped, lidas in sorted(do_pedido.items()):
        mudam = [MudancaDaLinha(ln.codprod, ln.numseq, filial=ln.filial) for ln in depois(lidas, movidas)]
        pagamento.update_linhas(tx.connection, tx.gw.tabelas, numped, mudam, MudancaDoPedido())


def _frase(numped: int, movidas: Sequence[LinhaRemanejada], *, simula: bool) -> str:
    if not movidas:
        return f"As linhas da reserva {numped} já saem dessas filiais; nada muda."
    quantas = f"{len(movidas)} linha(s) da reserva {numped}"
    return f"Plano: {quantas} mudariam de filial; nada foi gravado." if simula else f"{quantas} mudaram de filial."
