"""Pre-sales for the tests: each call gives a new JSON object that the demo database accepts."""

from __future__ import annotations

from typing import Any

from app.domain.pre_venda import IdProdutoEnviado, IdVendedorEnviado, parse_id_produto, parse_id_vendedor

COMPLETO = {
    "cpfCnpj": "529.982.247-25",
    "nome": "Maria Aparecida",
    "endereco": "Rua das Flores",
    "numero": "12",
    "bairro": "Sé",
    "cidade": "São Paulo",
    "estado": "SP",
    "cep": "01001-000",
    "email": "Maria@Exemplo.com.br",
    "celular": "(11) 98888-7777",
}


def item(produto: str = "100-1", quantidade: Any = 2, preco: Any = 10, **mais: Any) -> dict[str, Any]:
    return {"idProdutoRetaguarda": produto, "quantidade": quantidade, "preco": preco, **mais}


def kit(quantidade: Any = 1, preco: Any = 30, **mais: Any) -> dict[str, Any]:
    """The demo's kit: 2 of product 1 and 1 of product 3."""
    return item("5000-50", quantidade, preco, **mais)


def componente(produto: str, quantidade: Any, preco: Any, sequencial: Any = 1) -> dict[str, Any]:
    return {"idProdutoRetaguarda": produto, "quantidade": quantidade, "preco": preco, "sequencial": sequencial}


def pre_venda(*itens: dict[str, Any], numero: str = "PV-1", loja: Any = "1", **mais: Any) -> dict[str, Any]:
    """A pre-sale to reserve, by default two units of product 1 in branch 1."""
    return {
        "situacaoPreVenda": 2,
        "numero": numero,
        "idLojaRetaguarda": loja,
        "preVendaItens": list(itens) or [item()],
        **mais,
    }


def id_enviado(texto: str) -> IdProdutoEnviado:
    """The id of a product as the schema reads it."""
    produto = parse_id_produto(texto)
    assert produto is not None
    return IdProdutoEnviado(texto, produto)


def vendedor_enviado(texto: str) -> IdVendedorEnviado:
    """The id of a seller as the schema reads it."""
    vendedor = parse_id_vendedor(texto)
    assert vendedor is not None
    return IdVendedorEnviado(texto, vendedor)


def cliente_completo(**mais: Any) -> dict[str, Any]:
    return {**COMPLETO, **mais}
