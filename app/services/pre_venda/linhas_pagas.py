"""The lines of a paid order: matched with the items sent, moved, taken apart, written (R22)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain import pagamento
from app.domain.dinheiro import ZERO
from app.domain.entrega import (
    LinhaPaga,
    PlanoDaEntrega,
    chaves_das_mudancas,
    filial_pedida,
    planejar_entrega,
    primeira_entrega,
)
from app.domain.estoque import Chave, RegraDeEstoque, Saldo, Unidades, planejar
from app.domain.linhas import LinhaGravada, unidades
from app.domain.pagamento import Casamento, Parcela
from app.domain.pre_venda import AUTO, IdProduto, IdVendedor
from app.domain.protecao import SEM_PROTECAO
from app.domain.recusas import Aviso, Recusa
from app.domain.retencao import Retencao
from app.services import protecao
from app.services.operacao.log_gravado import ler_json
from app.services.operacao.transacao import Transacao
from app.services.pre_venda.alterar import ExpiradaSemEstoque
from app.winthor import pagamento as escrita
from app.winthor import pedidos
from app.winthor.consultas import movimentos
from app.winthor.pagamento import MudancaDaLinha, MudancaDoPedido, ParteDeLinha
from app.winthor.pedidos import Linhas, LinhasMudaram, Ordem

_SEM_JULGAR = RegraDeEstoque()


@dataclass(frozen=True, slots=True)
class LinhasDoPagamento:
    """The lines under their locks, with what they become; ``variacoes``: what that changes QTRESERV by."""

    linhas: Linhas
    plano: PlanoDaEntrega
    variacoes: Unidades
    avisos: tuple[Aviso, ...]


def casar(tx: Transacao, numped: int, linhas: Sequence[LinhaGravada]) -> tuple[Parcela, ...]:
    """The units of the lines of the order with the items sent. Raises Recusa ITENS_DIVERGENTES when they are other
    goods.

    A line that the back office has moved since is known by the branch it was reserved in too, and stays where it is
    now: the till need not know of the move (R29). That is looked up, in one statement, only where nothing else fits.
    """
    gw, pre_venda = tx.gw, tx.requisicao.pre_venda
    outras = pagamento.embalagens_a_ler(pre_venda, linhas)
    produtos = gw.cadastros.produtos(tx.connection, pre_venda.filial or "", outras) if outras else {}
    embalagens = {
        IdProduto(e.codauxiliar, p.codprod): e.qtunit for p in produtos.values() for e in p.embalagens.values()
    }

    def tentar(linhas: Sequence[LinhaGravada]) -> Casamento:
        return pagamento.casar(
            pre_venda, linhas, converte_embalagem=gw.settings.converte_embalagem, embalagens=embalagens
        )

    casamento = tentar(linhas)
    if not casamento.problemas:
        return casamento.parcelas
    agora = _movidas(tx, numped, linhas)
    de_antes = tentar(list(agora)) if agora else casamento
    if de_antes.problemas:
        raise Recusa(casamento.problemas)
    return tuple(_onde_esta(parcela, agora[parcela.linha]) for parcela in de_antes.parcelas)


def _movidas(tx: Transacao, numped: int, linhas: Sequence[LinhaGravada]) -> dict[LinhaGravada, LinhaGravada]:
    """The lines as they were reserved, with what they are now; empty where none was moved."""
    gravadas = movimentos.remanejamentos(tx.connection, numped)
    feitas = [ln for resposta in gravadas for ln in tx.gw.renderizacao.gravada(ler_json(resposta)).linhas]
    origem = {movida.numseq: movida.de for movida in reversed(feitas)}
    return {replace(ln, filial=origem.get(ln.numseq, ln.filial)): ln for ln in linhas} if origem else {}


def _onde_esta(parcela: Parcela, linha: LinhaGravada) -> Parcela:
    """The units where they are now; an item that names where they were asks for no other branch."""
    item = parcela.item
    if item is not None and item.filial_entrega == parcela.linha.filial:
        item = item._replace(filial_entrega=AUTO)
    return replace(parcela, linha=linha, item=item)


def lock_e_planejar(
    tx: Transacao, ordem: Ordem, vendedores: Mapping[IdVendedor, int | None], *, renova: bool, fica: bool
) -> LinhasDoPagamento:
    """Lock the stock rows that the payment changes, then the lines, and plan both (R20).

    ``renova``: the order has expired and its units are reserved again; ``fica``: its lines may not change any more.
    Raises Recusa ITENS_DIVERGENTES, ExpiradaSemEstoque, LinhasMudaram and Ocupado.
    """
    regra = tx.gw.regra_de_retencao(tx.connection, futura=ordem.futura)
    modo = ordem.modo_kit or regra.modo_kit
    julga = renova or (not fica and ordem.retencao(regra) is Retencao.TUDO)
    chaves = _chaves(tx, ordem, modo, renova=renova) if julga else set()
    saldos = tx.lock_saldos(dict.fromkeys(chaves, ZERO), antes_das_linhas=True) if chaves else {}
    linhas = pedidos.lock_linhas(tx.connection, ordem, regra)
    tx.medir("locks")
    lidas = linhas.linhas if renova else linhas.vivas
    parcelas = casar(tx, ordem.numped, lidas)
    if julga and not _das_linhas(parcelas, lidas, modo, renova=renova) <= chaves:
        raise LinhasMudaram("outras linhas de estoque")
    # What is renewed is held by who pays; what is moved stays that of who reserved it (R30).
    canal = tx.requisicao.caller if renova else ordem.caller
    guarda = protecao.em_vigor(tx.gw, tx.connection, saldos.keys()) if saldos else SEM_PROTECAO
    protegido = protecao.proteger(tx.gw, tx.connection, guarda, saldos, canal)
    plano = planejar_entrega(
        parcelas,
        _livres(tx, parcelas, saldos, modo, protegido, renova=renova),
        tx.gw.regra_de_estoque,
        modo_kit=modo,
        julga=julga,
        fica=fica,
        proximo=max((linha.numseq for linha in linhas.linhas), default=0) + 1,
    )
    variacoes = _variacoes(tx, ordem, plano, saldos, modo, protegido, renova=renova) if julga else {}
    avisos = [*_avisos_dos_vendedores(parcelas, vendedores), *_avisos_da_entrega(plano, parcelas, fica=fica)]
    return LinhasDoPagamento(linhas, plano, variacoes, tuple(avisos))


def _chaves(tx: Transacao, ordem: Ordem, modo: str, *, renova: bool) -> set[Chave]:
    """The stock rows to lock, by the lines as they were seen before their own locks."""
    vistas = ordem.vistas
    lidas = vistas if renova else [linha for linha in vistas if linha.posicao != pedidos.CANCELADO]
    try:
        parcelas = casar(tx, ordem.numped, lidas)
    except Recusa:
        parcelas = ()  # they may have changed meanwhile; judged again under their locks
    return _das_linhas(parcelas, lidas, modo, renova=renova)


def _das_linhas(parcelas: Sequence[Parcela], lidas: Sequence[LinhaGravada], modo: str, *, renova: bool) -> set[Chave]:
    return chaves_das_mudancas(parcelas, modo) | (unidades(lidas, modo).keys() if renova else set())


def _livres(
    tx: Transacao,
    parcelas: Sequence[Parcela],
    saldos: Mapping[Chave, Saldo],
    modo: str,
    protegido: Unidades,
    *,
    renova: bool,
) -> dict[Chave, Any]:
    """What the new branches may give, once a renewed order has what stays where it was."""
    livres = dict(planejar(saldos, tx.gw.regra_de_estoque.guardando(protegido)).livres)
    if renova:
        ficam = [replace(p.linha, qt=p.qt) for p in parcelas if filial_pedida(p) == p.linha.filial]
        for chave, quantidade in unidades(ficam, modo).items():
            if chave in livres:
                livres[chave] -= quantidade
    return livres


def _variacoes(
    tx: Transacao,
    ordem: Ordem,
    plano: PlanoDaEntrega,
    saldos: Mapping[Chave, Saldo],
    modo: str,
    protegido: Unidades,
    *,
    renova: bool,
) -> Unidades:
    regra = tx.gw.regra_de_estoque
    if not renova:
        return planejar(saldos, regra, liberar=plano.saem(modo), reservar=plano.chegam(modo)).variacoes
    inteira = unidades((m.linha for m in plano.linhas), modo)
    de_novo = planejar(saldos, regra.guardando(protegido), reservar=inteira)
    if de_novo.faltas:
        raise ExpiradaSemEstoque(ordem.numped)
    return de_novo.variacoes


def _avisos_dos_vendedores(parcelas: Sequence[Parcela], vendedores: Mapping[IdVendedor, int | None]) -> list[Aviso]:
    campos = dict.fromkeys(
        f"{p.item.campo}/idVendedorRetaguarda"
        for p in parcelas
        if p.item is not None and p.item.vendedor is not None and vendedores.get(p.item.vendedor) != p.linha.codusur
    )
    if not campos:
        return []
    texto = "O pagamento veio com outro vendedor; fica o da reserva."
    return [Aviso("VENDEDOR_DIFERENTE", texto, tuple(campos))]


def _avisos_da_entrega(plano: PlanoDaEntrega, parcelas: Sequence[Parcela], *, fica: bool) -> list[Aviso]:
    if fica:
        texto = "O pedido já está em separação; a entrega que veio no pagamento não mudou a dele."
        return [Aviso("ENTREGA_NAO_MUDADA", texto, ("/preVendaItens",))] if mudaria(parcelas) else []
    if not plano.sem_estoque:
        return []
    campos = tuple(f"{item.campo}/entrega/idLojaEntregaRetaguarda" for item in plano.sem_estoque)
    texto = "A filial de entrega não tem todas as unidades; elas ficaram onde foram reservadas."
    return [Aviso("ENTREGA_SEM_ESTOQUE", texto, campos)]


def mudaria(parcelas: Sequence[Parcela]) -> bool:
    """Whether the items ask for another delivery than the lines have."""
    livre = planejar_entrega(parcelas, {}, _SEM_JULGAR, modo_kit="header", julga=False, proximo=1)
    return any(m.mudou for m in livre.linhas)


def dia_da_entrega(pago: LinhasDoPagamento, ordem: Ordem) -> dt.date | None:
    """The day of the whole order: the earliest of its lines, where one was sent; None: as it is."""
    if all(m.linha.entrega == m.origem.entrega for m in pago.plano.linhas):
        return None
    do_pedido = None if ordem.data is None else ordem.data.date()
    return primeira_entrega(pago.plano.linhas, do_pedido) or do_pedido


def numero_de_linhas(pago: LinhasDoPagamento) -> int | None:
    """How many lines the order has with those taken apart; None: as it has."""
    novas = sum(m.nova for m in pago.plano.linhas)
    return len(pago.linhas.linhas) + novas if novas else None


def gravar(
    tx: Transacao,
    numped: int,
    pago: LinhasDoPagamento,
    do_pedido: MudancaDoPedido,
    da_venda: Mapping[int, Mapping[str, Any]],
) -> None:
    """Write the lines of the order ``numped``, whose header was changed so; ``da_venda``: what makes each line, by its
    NUMSEQ, one of a future sale."""
    gw = tx.gw
    finais = {(m.origem.codprod, m.origem.numseq): m for m in pago.plano.linhas if not m.nova}
    mudancas = [_mudanca(linha, finais.get((linha.codprod, linha.numseq))) for linha in pago.linhas.linhas]
    escrita.update_linhas(
        tx.connection,
        gw.tabelas,
        numped,
        [replace(mudanca, pelo_mapa=da_venda.get(mudanca.numseq, {})) for mudanca in mudancas],
        do_pedido,
    )
    colunas = {nome: gw.maps[nome].columns for nome in ("PCPEDI", "PCPEDICESTA")}
    novas = [ParteDeLinha(m.origem, m.linha) for m in pago.plano.linhas if m.nova]
    escrita.insert_partes(tx.connection, gw.tabelas, colunas, numped, novas)


def _mudanca(linha: LinhaGravada, final: LinhaPaga | None) -> MudancaDaLinha:
    if final is None:
        return MudancaDaLinha(linha.codprod, linha.numseq)
    depois = final.linha
    return MudancaDaLinha(
        linha.codprod,
        linha.numseq,
        qt=depois.qt if depois.qt != linha.qt else None,
        filial=depois.filial if depois.filial != linha.filial else None,
        tipo_entrega=depois.tipo_entrega if depois.tipo_entrega != linha.tipo_entrega else None,
        entrega=depois.entrega if depois.entrega != linha.entrega else None,
    )
