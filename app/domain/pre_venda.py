"""The pre-sale as the rules see it, read from the validated JSON (``dados``), and its identity."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any


class Situacao(enum.IntEnum):
    """``situacaoPreVenda``, with the numbers of the published contract."""

    CANCELADA = 0
    RECEBIDO = 1
    DISPONIVEL = 2
    RESGATADA = 3


@dataclass(frozen=True, slots=True)
class IdProduto:
    """``<auxiliary code>-<product code>``: PCEMBALAGEM.CODAUXILIAR and PCPRODUT.CODPROD (R3)."""

    codauxiliar: int
    codprod: int

    def __str__(self) -> str:
        return f"{self.codauxiliar}-{self.codprod}"


class IdProdutoEnviado(str):
    """``idProdutoRetaguarda`` as the POS wrote it, with the product it names.

    The rules read ``produto``. The fingerprint (R12) and a site's map read the text: with leading zeros it is another.
    """

    __slots__ = ("produto",)
    produto: IdProduto

    def __new__(cls, texto: str, produto: IdProduto) -> IdProdutoEnviado:
        enviado = super().__new__(cls, texto)
        enviado.produto = produto
        return enviado


def ler_id_produto(texto: str) -> IdProduto | None:
    """Split at the last hyphen (R3); None when either side is not a plain number that fits its column."""
    aux, _, produto = texto.strip().rpartition("-")
    codauxiliar, codprod = ler_codigo(aux, 20), ler_codigo(produto, 6)
    return None if codauxiliar is None or codprod is None else IdProduto(codauxiliar, codprod)


@dataclass(frozen=True, slots=True)
class IdVendedor:
    """``idVendedorRetaguarda``: an employee's MATRICULA, or an RCA's CODUSUR when written ``RCA-<n>`` (R6)."""

    codigo: int
    rca: bool


def ler_id_vendedor(texto: str) -> IdVendedor | None:
    """``RCA-<n>`` or a matrícula; None when it is neither, or does not fit its column (R6)."""
    limpo = texto.strip()
    rca = limpo[:4].upper() == "RCA-"
    codigo = ler_codigo(limpo[4:], 4) if rca else ler_codigo(limpo, 8)
    return None if codigo is None else IdVendedor(codigo, rca)


def ler_codigo(texto: str, digitos: int) -> int | None:
    """A code of at most ``digitos`` ASCII digits, leading zeros not counted; None for any other text."""
    significativos = texto.lstrip("0")
    if not (texto.isascii() and texto.isdigit()) or len(significativos) > digitos:
        return None
    return int(significativos or "0")


# ``idLojaEntregaRetaguarda`` that leaves the branch to the gateway.
AUTO = "AUTO"


@dataclass(frozen=True, slots=True)
class ItemKit:
    """A component sent in ``itensKit``. quantidade: packages per one kit; preco: per package."""

    campo: str
    produto: IdProduto | None
    sequencial: int | None
    quantidade: Decimal | None
    preco: Decimal | None


@dataclass(frozen=True, slots=True)
class Item:
    """A line. quantidade and preco in the POS's own unit (the package); desconto: of the whole line, in R$;
    tipo_entrega: its number in the contract, 0 to 3."""

    campo: str
    produto: IdProduto | None
    quantidade: Decimal | None
    preco: Decimal | None
    desconto: Decimal | None
    desconto_percentual: Decimal | None
    vendedor: IdVendedor | None
    filial_entrega: str | None
    data_entrega: dt.date | None
    itens_kit: tuple[ItemKit, ...]
    tipo_entrega: int | None = None


@dataclass(frozen=True, slots=True)
class PreVenda:
    """A pre-sale. Members are None where absent, and where the schema refused the value."""

    dados: Mapping[str, Any]
    situacao: Situacao | None
    numero: str | None
    filial: str | None
    id_retaguarda: int | None
    operador: int | None
    observacoes: str | None
    cliente: Mapping[str, Any] | None
    itens: tuple[Item, ...]
    lock_ttl: str | None
    expiracao_pagamento: dt.date | dt.datetime | None


def ler_pre_venda(dados: Mapping[str, Any]) -> PreVenda:
    """Read the schema's output; what the schema refused is missing in it and becomes None."""
    itens = dados.get("preVendaItens") or []
    return PreVenda(
        dados=dados,
        situacao=dados.get("situacaoPreVenda"),
        numero=dados.get("numero"),
        filial=dados.get("idLojaRetaguarda"),
        id_retaguarda=dados.get("idRetaguarda"),
        operador=dados.get("idOperadorRetaguarda"),
        observacoes=dados.get("observacoes"),
        cliente=dados.get("cliente"),
        itens=tuple(_ler_item(i, item) for i, item in enumerate(itens) if item is not None),
        lock_ttl=dados.get("lockTTL"),
        expiracao_pagamento=dados.get("dataExpiracaoPagamento"),
    )


def _ler_item(indice: int, item: Mapping[str, Any]) -> Item:
    campo = f"/preVendaItens/{indice}"
    entrega = item.get("entrega") or {}
    enviado: IdProdutoEnviado | None = item.get("idProdutoRetaguarda")
    vendedor = item.get("idVendedorRetaguarda")
    return Item(
        campo=campo,
        produto=None if enviado is None else enviado.produto,
        quantidade=item.get("quantidade"),
        preco=item.get("preco"),
        desconto=item.get("desconto"),
        desconto_percentual=item.get("descontoPercentual"),
        vendedor=ler_id_vendedor(vendedor) if vendedor else None,
        filial_entrega=entrega.get("idLojaEntregaRetaguarda"),
        data_entrega=entrega.get("dataEntrega"),
        itens_kit=tuple(
            _ler_item_kit(f"{campo}/itensKit/{n}", kit) for n, kit in enumerate(item.get("itensKit") or [])
        ),
        tipo_entrega=entrega.get("tipoEntrega"),
    )


def _ler_item_kit(campo: str, kit: Mapping[str, Any]) -> ItemKit:
    enviado: IdProdutoEnviado | None = kit.get("idProdutoRetaguarda")
    return ItemKit(
        campo=campo,
        produto=None if enviado is None else enviado.produto,
        sequencial=kit.get("sequencial"),
        quantidade=kit.get("quantidade"),
        preco=kit.get("preco"),
    )


# Members that differ between the POS's own request and the hub's replay of it, or that name the transport (R12).
FORA_DA_IMPRESSAO = frozenset({"idPdv", "offline", "idInquilino"})

# No number that a body may hold (400 digits, any exponent) is rounded or refused by it.
_EXATO = Context(prec=400, Emax=MAX_EMAX, Emin=MIN_EMIN)


def impressao(dados: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> str:
    """Fingerprint of a pre-sale's content (R12): SHA-256 of its canonical form.

    ``dados`` is the schema's output (aliases unified); absent and null are the same, decimals lose trailing zeros,
    key order and white space do not count. ``extras`` holds the raw members that the site mapped itself.
    """
    conteudo = {k: v for k, v in dados.items() if k not in FORA_DA_IMPRESSAO}
    canonico = json.dumps([_canonico(conteudo), _canonico(dict(extras or {}))], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonico.encode()).hexdigest()


def _canonico(valor: Any) -> Any:
    if isinstance(valor, dict):
        return {k: c for k, v in valor.items() if (c := _canonico(v)) or c is False or c == ""}
    if isinstance(valor, list | tuple):
        return [_canonico(v) for v in valor]
    if isinstance(valor, int | Decimal) and not isinstance(valor, bool):
        return str(_EXATO.normalize(valor)) if valor else "0"
    if isinstance(valor, dt.date):
        return valor.isoformat()
    return valor
