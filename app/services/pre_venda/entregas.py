"""A paid order that is delivered later: a future sale (TV7) under its own number, with one delivery (TV8) for each type
of delivery (R23).

The units change their owner; QTRESERV does not move.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain.desfecho import EntregaDaVenda, ItemDaEntrega
from app.domain.dinheiro import ZERO
from app.domain.entrega import LinhaPaga, primeira_entrega, somar, somar_valor
from app.domain.linhas import LinhaGravada
from app.domain.pre_venda import IdProduto
from app.domain.recusas import Aviso
from app.services.operacao.transacao import Transacao
from app.services.pre_venda.colunas import ColunasDaEntrega, ColunasDaLinhaDaEntrega, ColunasDaVendaFutura
from app.services.pre_venda.linhas_pagas import LinhasDoPagamento
from app.settings import TV7
from app.winthor import entregas
from app.winthor.numeracao import numero_novo
from app.winthor.pedidos import Entrega, Ordem


def numeros(
    tx: Transacao, ordem: Ordem, pago: LinhasDoPagamento
) -> tuple[Mapping[int, Sequence[LinhaPaga]], tuple[Aviso, ...]]:
    """Number -> lines of each delivery that the order is to be divided into; none, and why, when there are no numbers.

    An order that leaves at once, or that WinThor holds back or works on, stays what it is.
    """
    a_entregar = pago.plano.a_entregar
    if tx.gw.settings.pago != TV7 or not a_entregar or ordem.entregas:
        return {}, ()
    sorteados = tx.numpeds_das_entregas(ordem.codusur, len(a_entregar))
    if sorteados is None:
        texto = "Não há números de pedido para as entregas; o pedido foi pago sem ser dividido."
        return {}, (Aviso("ENTREGA_NAO_DIVIDIDA", texto, ("/idRetaguarda",)),)
    return dict(zip(sorteados, a_entregar.values(), strict=True)), ()


def do_cabecalho(tx: Transacao, numped: int) -> dict[str, Any]:
    """What makes the header one of a future sale, by its map."""
    requisicao = tx.requisicao
    row = tx.gw.maps["PCPEDC_FUTURA"].build_row(requisicao.dados, ColunasDaVendaFutura(numped), requisicao.corpo)
    return {coluna: valor for coluna, valor in row.items() if valor is not None}


def das_linhas(tx: Transacao, numped: int, linhas: Sequence[LinhaPaga]) -> dict[int, dict[str, Any]]:
    """NUMSEQ -> what makes the line one of a future sale, by its map."""
    rows = _rows(tx, "PCPEDI_FUTURA", [ColunasDaVendaFutura(numped)] * len(linhas), linhas)
    return {
        m.linha.numseq: {coluna: valor for coluna, valor in row.items() if valor is not None}
        for m, row in zip(linhas, rows, strict=True)
    }


def _rows(tx: Transacao, mapa: str, colunas: Sequence[object], linhas: Sequence[LinhaPaga]) -> list[dict[str, Any]]:
    posicoes = [None if m.item is None else (m.item.indice,) for m in linhas]
    requisicao = tx.requisicao
    return list(tx.gw.maps[mapa].draft(requisicao.dados, colunas, requisicao.corpo, posicoes).rows(colunas))


def gravar(
    tx: Transacao, ordem: Ordem, numped: int, codcob: str | None, por_numero: Mapping[int, Sequence[LinhaPaga]]
) -> tuple[EntregaDaVenda, ...]:
    """Write the deliveries of the future sale ``numped``, whose own rows are written already. Raises NumeroEmUso and
    Ocupado."""
    if not por_numero:
        return ()
    gw = tx.gw
    agora = gw.hora_do_erp(gw.agora())
    dia = agora.replace(hour=0, minute=0, second=0)
    pesos = _pesos_e_volumes(tx, ordem, [m for linhas in por_numero.values() for m in linhas])
    cabecalhos = [
        gw.maps["PCPEDC_ENTREGA"].build_row(
            tx.requisicao.dados, _cabecalho(ordem, numped, entrega, linhas, codcob, agora, pesos), tx.requisicao.corpo
        )
        for entrega, linhas in por_numero.items()
    ]
    das_linhas: list[tuple[tuple[int, int], dict[str, Any]]] = []
    componentes: list[tuple[tuple[int, int], int]] = []
    for entrega, linhas in por_numero.items():
        rows = _rows(tx, "PCPEDI_ENTREGA", [ColunasDaLinhaDaEntrega(entrega, dia)] * len(linhas), linhas)
        chaves = [(m.linha.codprod, m.linha.numseq) for m in linhas]
        das_linhas += zip(chaves, rows, strict=True)
        componentes += [(chave, entrega) for chave, m in zip(chaves, linhas, strict=True) if m.linha.partes]
    colunas = {nome: gw.maps[nome].columns for nome in ("PCPEDC", "PCPEDI", "PCPEDICESTA")}
    tipos = {entrega: linhas[0].linha.tipo_entrega or "" for entrega, linhas in por_numero.items()}
    with numero_novo(min(por_numero)):
        entregas.insert_pedidos(tx.connection, gw.tabelas, colunas, numped, cabecalhos, das_linhas, componentes)
        entregas.insert_entregas(tx.connection, numped, tipos)
    if gw.tem_vinculo:
        entregas.insert_vinculo(tx.connection, ordem.numero, numped, ordem.data, dia)
    return tuple(
        EntregaDaVenda(entrega, tipos[entrega], tuple(_item(m) for m in linhas))
        for entrega, linhas in por_numero.items()
    )


def _item(m: LinhaPaga) -> ItemDaEntrega:
    return ItemDaEntrega(m.linha.numseq, m.linha.filial, m.linha.qt)


def _cabecalho(
    ordem: Ordem,
    numped: int,
    entrega: int,
    linhas: Sequence[LinhaPaga],
    codcob: str | None,
    agora: dt.datetime,
    pesos: Mapping[int, tuple[Decimal, Decimal]],
) -> ColunasDaEntrega:
    dia = agora.replace(hour=0, minute=0, second=0)
    total = somar_valor(linhas)
    real, fin, rep, cont = (somar(linhas, lambda linha, i=i: linha.custos[i]) for i in range(4))  # type: ignore[misc]
    return ColunasDaEntrega(
        numped=entrega,
        numpedentfut=numped,
        codcob=codcob,
        origemintegracao=None,
        data=dia,
        hora=agora.hour,
        minuto=agora.minute,
        dtlibera=dia,
        horalibera=agora.hour,
        minutolibera=agora.minute,
        dtentrega=primeira_entrega(linhas, ordem.data.date() if ordem.data else None) or dia,
        vltotal=total,
        vlatend=total,
        vltabela=somar(linhas, lambda linha: linha.ptabela),
        vlcustoreal=real,
        vlcustofin=fin,
        vlcustorep=rep,
        vlcustocont=cont,
        totpeso=somar(linhas, lambda linha: pesos.get(linha.codprod, (ZERO, ZERO))[0]),
        totvolume=somar(linhas, lambda linha: pesos.get(linha.codprod, (ZERO, ZERO))[1]),
        numitens=len(linhas),
    )


def _pesos_e_volumes(tx: Transacao, ordem: Ordem, linhas: Sequence[LinhaPaga]) -> dict[int, tuple[Decimal, Decimal]]:
    """Gross weight (kg) and volume of a base unit of each product."""
    ids = {IdProduto(m.linha.codauxiliar or 0, m.linha.codprod) for m in linhas}
    produtos = tx.gw.cadastros.produtos(tx.connection, ordem.filial, ids)
    return {codprod: (produto.pesobruto, produto.volume) for codprod, produto in produtos.items()}


def da_familia(feitas: Iterable[tuple[Entrega, Sequence[LinhaGravada]]]) -> tuple[EntregaDaVenda, ...]:
    """The deliveries that an order has already, with their lines."""
    return tuple(
        EntregaDaVenda(
            entrega.numped,
            entrega.tipo,
            tuple(ItemDaEntrega(linha.numseq, linha.filial, linha.qt) for linha in linhas),
        )
        for entrega, linhas in feitas
    )
