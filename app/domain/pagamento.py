"""A paid pre-sale against its reservation: the same goods, or ITENS_DIVERGENTES (spec §5). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain.dinheiro import CONTEXTO, MICRO, arredondar
from app.domain.pre_venda import IdProduto, Item, ItemKit, PreVenda
from app.domain.recusas import Problema

SUFIXO_POS = "-POS"
CODCOB_MAXIMO = 4

# What makes a line: product, package, branch, base units, price per base unit, and its components where they were sent.
_Chave = tuple[Any, ...]


class ParteReservada(NamedTuple):
    """A stored component of a kit: base units in one kit, price per base unit."""

    codprod: int
    codauxiliar: int | None
    qtunitemb: Decimal
    qtmp: Decimal
    pvenda: Decimal


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
        partes: Sequence[ParteReservada] = (),
    ) -> None:
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


def embalagens_a_ler(pre_venda: PreVenda, reservadas: Sequence[LinhaReservada]) -> set[IdProduto]:
    """Packages of components that were sent but are not stored: a component sent in two is stored as one row."""
    guardadas = {(parte.codprod, parte.codauxiliar) for linha in reservadas for parte in linha.partes}
    enviadas = {kit.produto for item in pre_venda.itens for kit in item.itens_kit if kit.produto is not None}
    return {produto for produto in enviadas if (produto.codprod, produto.codauxiliar) not in guardadas}


def achar_divergencias(
    pre_venda: PreVenda,
    reservadas: Sequence[LinhaReservada],
    *,
    converte_embalagem: bool,
    embalagens: Mapping[IdProduto, Decimal] | None = None,
) -> list[Problema]:
    """One problem per line sent that is not reserved, one when reserved lines were not sent; no items = as reserved.

    ``embalagens``: base units in the packages of ``embalagens_a_ler``.
    """
    if not pre_venda.itens:
        return []
    sobram: dict[_Chave | None, list[LinhaReservada]] = {}
    for linha in reservadas:
        sobram.setdefault(linha.chave, []).append(linha)
    fatores = {(linha.codprod, linha.codauxiliar): linha.qtunitemb for linha in reservadas}
    problemas: dict[str, Problema] = {}
    # Those that name their parts choose first, so that one that does not leaves them the kit they mean.
    for item in sorted(pre_venda.itens, key=lambda item: not item.itens_kit):
        iguais = sobram.get(_chave(item, pre_venda.filial or "", fatores, converte_embalagem), [])
        kits = [k for k in iguais if _mesmo_kit(item.itens_kit, k, converte_embalagem, embalagens or {})]
        if not iguais:
            texto = "Este item não está na reserva com esta quantidade, preço e filial de entrega."
            problemas[item.campo] = Problema("ITENS_DIVERGENTES", texto, item.campo)
        elif kits:
            iguais.remove(kits[0])
        else:
            texto = "Os componentes deste kit não são os da reserva."
            problemas[item.campo] = Problema("ITENS_DIVERGENTES", texto, f"{item.campo}/itensKit")
    if not problemas and any(sobram.values()):
        texto = "A reserva tem itens que não vieram no pagamento."
        return [Problema("ITENS_DIVERGENTES", texto, "/preVendaItens")]
    return [problemas[item.campo] for item in pre_venda.itens if item.campo in problemas]


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


def _mesmo_kit(
    enviados: Sequence[ItemKit], linha: LinhaReservada, converte: bool, embalagens: Mapping[IdProduto, Decimal]
) -> bool:
    """Whether the components sent, if any, are those of the line, in whatever packages."""
    if not enviados:
        return True
    guardadas = {(parte.codprod, parte.codauxiliar): parte.qtunitemb for parte in linha.partes}
    quantidades: dict[int, Decimal] = {}
    precos: dict[int, set[Decimal]] = {}
    for kit in enviados:
        if kit.produto is None or kit.quantidade is None or kit.preco is None:
            return False
        codprod = kit.produto.codprod
        fator = guardadas.get((codprod, kit.produto.codauxiliar)) or embalagens.get(kit.produto)
        if not fator:
            return False
        fator = fator if converte else Decimal(1)
        qtmp = arredondar(CONTEXTO.multiply(kit.quantidade, fator), MICRO)
        quantidades[codprod] = quantidades.get(codprod, Decimal(0)) + qtmp
        precos.setdefault(codprod, set()).add(arredondar(CONTEXTO.divide(kit.preco, fator), MICRO))
    return (quantidades, precos) == (
        {parte.codprod: parte.qtmp for parte in linha.partes},
        {parte.codprod: {parte.pvenda} for parte in linha.partes},
    )


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
