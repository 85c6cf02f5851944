"""Product ids whose two codes have changed places: said in the refusal that they cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.domain.pre_venda import IdProduto, Item, ItemKit, PreVenda
from app.domain.recusas import Problema
from app.services.gateway import Gateway
from app.winthor.db.transaction import Connection

_CODIGOS = frozenset({"PRODUTO_NAO_ENCONTRADO", "EMBALAGEM_NAO_CONFERE"})
_CODPROD_MAXIMO = 10**6


def sugerir_inversoes(
    gw: Gateway, connection: Connection, pre_venda: PreVenda, problemas: Sequence[Problema]
) -> list[Problema]:
    """The problems; those of an id that names a package of a product when read the other way round say so.

    Reads the master data only when there is such a problem.
    """
    partes: list[Item | ItemKit] = []
    for item in pre_venda.itens:
        partes += [item, *item.itens_kit]
    enviados = {f"{parte.campo}/idProdutoRetaguarda": parte.produto for parte in partes}
    invertidos = {
        problema.campo: IdProduto(enviado.codprod, enviado.codauxiliar)
        for problema in problemas
        if problema.codigo in _CODIGOS
        and (enviado := enviados.get(problema.campo or "")) is not None
        and enviado.codauxiliar < _CODPROD_MAXIMO
    }
    if not invertidos:
        return list(problemas)
    produtos = gw.cadastros.produtos(connection, pre_venda.filial or "", set(invertidos.values()))
    ditos = list(problemas)
    for indice, problema in enumerate(problemas):
        seria = invertidos.get(problema.campo)
        produto = None if seria is None else produtos.get(seria.codprod)
        if seria is not None and produto is not None and seria.codauxiliar in produto.embalagens:
            texto = f"{problema.mensagem} Os códigos foram invertidos? Seria {seria}."
            ditos[indice] = replace(problema, mensagem=texto)
    return ditos
