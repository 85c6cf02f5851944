"""The pre-sale as the rules see it, read from the validated JSON (``dados``), and its identity."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any, NamedTuple

from app.domain.documentos import normalizar_documento
from app.domain.endereco import normalizar_cep, normalizar_telefone
from app.domain.validade import ler_lock_ttl
from app.domain.valores import TextoCompleto, parse_codigo, parse_inteiro


class Situacao(enum.IntEnum):
    """``situacaoPreVenda``, with the numbers of the published contract."""

    CANCELADA = 0
    RECEBIDO = 1
    DISPONIVEL = 2
    RESGATADA = 3


def parse_situacao(valor: Any) -> Situacao | None:
    """``situacaoPreVenda`` in any of its forms: a number, its text, or the name in any case; None for all else."""
    if isinstance(valor, str) and (nome := valor.strip().upper()) in Situacao.__members__:
        return Situacao[nome]
    numero = parse_inteiro(valor)
    return Situacao(numero) if numero is not None and 0 <= numero <= max(Situacao) else None


class IdProduto(NamedTuple):
    """``<auxiliary code>-<product code>``: PCEMBALAGEM.CODAUXILIAR and PCPRODUT.CODPROD (R3)."""

    codauxiliar: int
    codprod: int

    def __str__(self) -> str:
        return f"{self.codauxiliar}-{self.codprod}"


class IdProdutoEnviado(str):
    """``idProdutoRetaguarda`` as the POS wrote it, with the product it names.

    The rules and the fingerprint (R12) read ``produto``, a site's map the text.
    """

    __slots__ = ("produto",)
    produto: IdProduto

    def __new__(cls, texto: str, produto: IdProduto) -> IdProdutoEnviado:
        enviado = super().__new__(cls, texto)
        enviado.produto = produto
        return enviado


# As wide as their columns, zeros before them not counted.
_ID_PRODUTO = re.compile(r"0*([0-9]{1,20})-0*([0-9]{1,6})")


def parse_id_produto(texto: str) -> IdProduto | None:
    """Split at the last hyphen (R3); None when either side is not a plain number that fits its column."""
    partes = _ID_PRODUTO.fullmatch(texto.strip())
    return None if partes is None else IdProduto(int(partes[1]), int(partes[2]))


PREFIXO_DO_RCA = "RCA-"


@dataclass(frozen=True, slots=True)
class IdVendedor:
    """``idVendedorRetaguarda``: an employee's MATRICULA, or an RCA's CODUSUR when written ``RCA-<n>`` (R6)."""

    codigo: int
    rca: bool

    def __str__(self) -> str:
        return f"RCA-{self.codigo}" if self.rca else str(self.codigo)


class IdVendedorEnviado(str):
    """``idVendedorRetaguarda`` as the POS wrote it, in upper case, with the seller it names."""

    __slots__ = ("vendedor",)
    vendedor: IdVendedor

    def __new__(cls, texto: str, vendedor: IdVendedor) -> IdVendedorEnviado:
        enviado = super().__new__(cls, texto.upper())
        enviado.vendedor = vendedor
        return enviado


def parse_id_vendedor(texto: str) -> IdVendedor | None:
    """``RCA-<n>`` or a matrícula; None when it is neither, or does not fit its column (R6)."""
    limpo = texto.strip()
    rca = limpo[:4].upper() == "RCA-"
    codigo = parse_codigo(limpo[4:], 4) if rca and limpo[4:5].isdigit() else None if rca else parse_codigo(limpo, 8)
    return None if codigo is None else IdVendedor(codigo, rca)


# Of one pre-sale (§4.2).
ITENS_MAXIMOS = 500

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


class Item(NamedTuple):
    """A line, the item of that index. quantidade and preco in the POS's own unit (the package); desconto: of the whole
    line, in R$; tipo_entrega: its number in the contract, 0 to 3."""

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
    indice: int = 0


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


def parse_pre_venda(dados: Mapping[str, Any]) -> PreVenda:
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
    vendedor: IdVendedorEnviado | None = item.get("idVendedorRetaguarda")
    return Item(
        campo=campo,
        produto=None if enviado is None else enviado.produto,
        quantidade=item.get("quantidade"),
        preco=item.get("preco"),
        desconto=item.get("desconto"),
        desconto_percentual=item.get("descontoPercentual"),
        vendedor=None if vendedor is None else vendedor.vendedor,
        filial_entrega=entrega.get("idLojaEntregaRetaguarda"),
        data_entrega=entrega.get("dataEntrega"),
        itens_kit=tuple(
            _ler_item_kit(f"{campo}/itensKit/{n}", kit) for n, kit in enumerate(item.get("itensKit") or [])
        ),
        tipo_entrega=entrega.get("tipoEntrega"),
        indice=indice,
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

VERSAO_DA_IMPRESSAO = 2
_LARGURA = 64  # GW_OPERACAO.FINGERPRINT

# No number that a body may hold (400 digits, any exponent) is rounded or refused by it.
_EXATO = Context(prec=400, Emax=MAX_EMAX, Emin=MIN_EMIN)


def impressao(dados: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> str:
    """Fingerprint of what a pre-sale means (R12): its version, and a SHA-256 of its canonical form.

    ``dados`` is the schema's output (aliases unified); absent and null are the same, decimals lose trailing zeros,
    key order and white space do not count. ``extras`` holds the raw members that the site mapped itself.
    """
    versao = f"{VERSAO_DA_IMPRESSAO}:"
    return versao + _resumo(_significado(dados), extras)[: _LARGURA - len(versao)]


def impressao_anterior(dados: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> str:
    """The fingerprint of version 1, of what was written: under it requests are stored that came before version 2."""
    return _resumo(dados, extras)


def _resumo(dados: Mapping[str, Any], extras: Mapping[str, Any] | None) -> str:
    conteudo = {k: v for k, v in dados.items() if k not in FORA_DA_IMPRESSAO}
    canonico = json.dumps([_canonico(conteudo), _canonico(dict(extras or {}))], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonico.encode()).hexdigest()


def _significado(dados: Mapping[str, Any]) -> dict[str, Any]:
    """The members as what they mean, where that can be written in several ways."""
    loja = dados.get("idLojaRetaguarda")
    lidos = {nome: _SIGNIFICADOS[nome](valor) if nome in _SIGNIFICADOS else valor for nome, valor in dados.items()}
    if itens := dados.get("preVendaItens"):
        lidos["preVendaItens"] = [_significado_do_item(item, loja) for item in itens]
    return lidos


def _significado_do_item(item: Mapping[str, Any], loja: str | None) -> dict[str, Any]:
    lido = dict(item)
    for nome, parte in (("idProdutoRetaguarda", "produto"), ("idVendedorRetaguarda", "vendedor")):
        if nome in item:
            lido[nome] = str(getattr(item[nome], parte))
    # With a discount in R$ a percentage of 0 is another price list: the percentage wins (R9).
    if not item.get("desconto"):
        lido.pop("desconto", None)
        if not item.get("descontoPercentual"):
            lido.pop("descontoPercentual", None)
    if entrega := item.get("entrega"):
        lido["entrega"] = {k: v for k, v in entrega.items() if (k, v) != ("idLojaEntregaRetaguarda", loja)}
    if kit := item.get("itensKit"):
        lido["itensKit"] = [_significado_do_item(componente, None) for componente in kit]
    return lido


def _significado_do_cliente(cliente: Mapping[str, Any]) -> dict[str, Any]:
    return {nome: _DO_CLIENTE[nome](v) or v if nome in _DO_CLIENTE else v for nome, v in cliente.items()}


def _significado_do_prazo(prazo: dt.date | dt.datetime) -> str:
    """A day; of an instant with its offset the instant, whose day depends on the branch."""
    if not isinstance(prazo, dt.datetime):
        return prazo.isoformat()
    return prazo.date().isoformat() if prazo.tzinfo is None else prazo.astimezone(dt.UTC).isoformat()


def _significado_do_ttl(texto: str) -> str:
    prazo = ler_lock_ttl(texto)
    return texto if prazo is None else str(prazo)


_DO_CLIENTE: Mapping[str, Callable[[str], str | None]] = {
    "cpfCnpj": normalizar_documento,
    "cep": normalizar_cep,
    "telefone": normalizar_telefone,
    "celular": normalizar_telefone,
    "estado": str.upper,
}
_SIGNIFICADOS: Mapping[str, Callable[[Any], Any]] = {
    "cliente": _significado_do_cliente,
    "lockTTL": _significado_do_ttl,
    "dataExpiracaoPagamento": _significado_do_prazo,
}


def _canonico(valor: Any) -> Any:
    if type(valor) is str:
        return valor
    if isinstance(valor, dict):
        return {k: c for k, v in valor.items() if (c := _canonico(v)) or c is False or c == ""}
    if isinstance(valor, list | tuple):
        return [_canonico(v) for v in valor]
    if isinstance(valor, int | Decimal) and not isinstance(valor, bool):
        return str(_EXATO.normalize(valor)) if valor else "0"
    if isinstance(valor, dt.date):
        return valor.isoformat()
    return valor.enviado if isinstance(valor, TextoCompleto) else valor
