"""A paid pre-sale against its reservation: the same goods, or ITENS_DIVERGENTES (spec §5). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CONTEXTO, MICRO, arredondar
from app.domain.pre_venda import Item, ItemKit, PreVenda
from app.domain.recusas import Problema

SUFIXO_POS = "-POS"
CODCOB_MAXIMO = 4

# What makes a line: product, package, branch, base units, price per base unit, and its components where they were sent.
_Chave = tuple[Any, ...]


class LinhaReservada:
    """A stored line as the comparison needs it. Quantities and prices per base unit."""

    __slots__ = ("codauxiliar", "codprod", "filial", "partes", "pvenda", "qt", "qtunitemb")

    def __init__(
        self,
        codprod: int,
        codauxiliar: int | None,
        qtunitemb: Decimal,
        filial: str,
        qt: Decimal,
        pvenda: Decimal,
        partes: Sequence[tuple[int, Decimal, Decimal, Decimal]] = (),
    ) -> None:
        """``partes``: (codprod, qtunitemb, qtmp, pvenda) of each component of a kit."""
        self.codprod = codprod
        self.codauxiliar = codauxiliar
        self.qtunitemb = qtunitemb
        self.filial = filial
        self.qt = qt
        self.pvenda = pvenda
        self.partes = tuple(partes)

    @property
    def chave(self) -> _Chave:
        return (self.codprod, self.codauxiliar, self.filial, self.qt, self.pvenda)


def achar_divergencias(
    pre_venda: PreVenda, reservadas: Sequence[LinhaReservada], *, converte_embalagem: bool
) -> list[Problema]:
    """One problem per line sent that is not reserved, one when reserved lines were not sent; no items = as reserved."""
    if not pre_venda.itens:
        return []
    sobram = Counter(linha.chave for linha in reservadas)
    por_chave = {linha.chave: linha for linha in reservadas}
    fatores = {(linha.codprod, linha.codauxiliar): linha.qtunitemb for linha in reservadas}
    problemas: list[Problema] = []
    for item in pre_venda.itens:
        chave = _chave(item, pre_venda.filial or "", fatores, converte_embalagem)
        if chave is None or not sobram[chave]:
            texto = "Este item não está na reserva com esta quantidade, preço e filial de entrega."
            problemas.append(Problema("ITENS_DIVERGENTES", texto, item.campo))
            continue
        sobram[chave] -= 1
        if item.itens_kit and not _mesmo_kit(item.itens_kit, por_chave[chave], converte_embalagem):
            texto = "Os componentes deste kit não são os da reserva."
            problemas.append(Problema("ITENS_DIVERGENTES", texto, f"{item.campo}/itensKit"))
    if not problemas and +sobram:
        texto = "A reserva tem itens que não vieram no pagamento."
        problemas.append(Problema("ITENS_DIVERGENTES", texto, "/preVendaItens"))
    return problemas


def _chave(item: Item, loja: str, fatores: Mapping[tuple[int, int | None], Decimal], converte: bool) -> _Chave | None:
    if item.produto is None or item.quantidade is None or item.preco is None:
        return None
    fator = fatores.get((item.produto.codprod, item.produto.codauxiliar))
    if fator is None:
        return None
    if not converte:
        fator = Decimal(1)
    qt = arredondar(CONTEXTO.multiply(item.quantidade, fator), MICRO)
    pvenda = arredondar(CONTEXTO.divide(item.preco, fator), MICRO)
    return (item.produto.codprod, item.produto.codauxiliar, item.filial_entrega or loja, qt, pvenda)


def _mesmo_kit(enviados: Sequence[ItemKit], linha: LinhaReservada, converte: bool) -> bool:
    fatores = {codprod: qtunitemb for codprod, qtunitemb, _, _ in linha.partes}
    soma: dict[int, tuple[Decimal, Decimal]] = {}
    for kit in enviados:
        if kit.produto is None or kit.quantidade is None or kit.preco is None or kit.produto.codprod not in fatores:
            return False
        fator = fatores[kit.produto.codprod] if converte else Decimal(1)
        qtmp = arredondar(CONTEXTO.multiply(kit.quantidade, fator), MICRO)
        pvenda = arredondar(CONTEXTO.divide(kit.preco, fator), MICRO)
        anterior = soma.get(kit.produto.codprod, (Decimal(0), pvenda))
        soma[kit.produto.codprod] = (anterior[0] + qtmp, pvenda)
    return soma == {codprod: (qtmp, pvenda) for codprod, _, qtmp, pvenda in linha.partes}


def ler_pagamento(dados: Mapping[str, Any]) -> tuple[str | None, int | None, list[Problema]]:
    """CODCOB and CODPLPAG of the first payment: the suffix ``-POS`` is dropped. Problems where they do not fit."""
    pagamentos = dados.get("pagamentos") or []
    if not pagamentos:
        return None, None, []
    primeiro = pagamentos[0]
    codcob = (primeiro.get("pagamentoForma") or {}).get("idRetaguarda")
    codplpag = (primeiro.get("pagamentoCondicao") or {}).get("idRetaguarda")
    if codcob is not None:
        codcob = codcob.upper().removesuffix(SUFIXO_POS)
        if not codcob or len(codcob) > CODCOB_MAXIMO:
            campo = "/pagamentos/0/pagamentoForma/idRetaguarda"
            texto = f"Deve ter até {CODCOB_MAXIMO} caracteres, fora o sufixo {SUFIXO_POS}."
            return None, codplpag, [Problema("CAMPO_INVALIDO", texto, campo)]
    return codcob, codplpag, []
