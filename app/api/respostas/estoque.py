"""Available stock, for the hub and points of sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marshmallow import fields

from app.api.respostas import Esquema, HoraDoErp, QuantidadeDaResposta
from app.api.respostas.campos import lista
from app.services.consulta.estoque import SaldoDaEmbalagem


class SaldoSchema(Esquema):
    """What a reservation of a package would accept."""

    productId = fields.String(attribute="produto")
    warehouseBranchId = fields.String(attribute="filial")
    branchId = fields.String(attribute="filial", dump_only=True)
    quantity = QuantidadeDaResposta(attribute="quantidade")
    limitingProductId = fields.Integer(attribute="limitante", allow_none=True)
    sellsWithoutStock = fields.Boolean(attribute="sem_estoque")
    reason = fields.String(attribute="motivo", allow_none=True)
    lastChange = HoraDoErp(attribute="mudou")


@dataclass(frozen=True, slots=True)
class Saldos:
    """The stock of what was asked for."""

    itens: Sequence[SaldoDaEmbalagem]


class SaldosSchema(Esquema):
    """The stock of some products, in the order in which they were asked for."""

    items = lista(SaldoSchema, attribute="itens")
    hasNext = fields.Constant(False, metadata={"type": "boolean"})


class ListaDeSaldosSchema(Esquema):
    """A page of the stock of a branch."""

    items = lista(SaldoSchema, attribute="itens")
    page = fields.Integer(attribute="pagina")
    pageSize = fields.Integer(attribute="tamanho")
    hasNext = fields.Boolean(attribute="tem_proxima")
