"""`prevenda doctor --ensaio`: one reservation and its cancellation on the customer's schema, rolled back (R4, R10).

It shows what no catalog tells: whether a trigger of the site moves QTRESERV a second time, and which columns refuse
what the maps write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import simplejson

from app.domain.dinheiro import ZERO, texto
from app.domain.estoque import Chave
from app.domain.recusas import Recusa
from app.services.doutor import ERRO, OK, Achado
from app.services.gateway import Gateway
from app.services.pedido import Pedido
from app.services.receber import receber
from app.winthor import estoque, ordens
from app.winthor.db import Ensaio
from app.winthor.faults import Falha

NUMERO = "ENSAIO-DO-DOUTOR"


def ensaiar(gw: Gateway, ler: Callable[[dict[str, Any]], Pedido], filial: str, produto: str) -> list[Achado]:
    """Reserve one package of ``produto`` (``<aux>-<codprod>``) in the branch and cancel it, then roll everything back.

    ``ler`` makes a Pedido of a body. The locks of a real reservation are held meanwhile: the stock row, the counter.
    """
    corpo = {
        "situacaoPreVenda": 2,
        "numero": NUMERO,
        "idLojaRetaguarda": filial,
        "preVendaItens": [{"idProdutoRetaguarda": produto, "quantidade": 1, "preco": 1}],
    }
    with Ensaio(gw.db) as db:
        try:
            return list(_ensaiar(replace(gw, db=db), ler, corpo))
        except Recusa as recusa:
            motivos = "; ".join(problema.mensagem for problema in recusa.problemas)
            return [Achado("ensaio", ERRO, f"a reserva foi recusada: {motivos}")]
        except Falha as falha:
            return [Achado("ensaio", ERRO, f"o banco recusou: {type(falha).__name__} {falha}")]


def _ensaiar(gw: Gateway, ler: Callable[[dict[str, Any]], Pedido], corpo: dict[str, Any]) -> Iterator[Achado]:
    resposta = receber(gw, ler(corpo))
    numped = simplejson.loads(resposta.corpo)["idPedidoRetaguarda"]
    with gw.db.read() as connection:
        unidades = ordens.unidades(ordens.ler_linhas(connection, numped), gw.settings.modo_kit)
    reservado = _qtreserv(gw, unidades)
    receber(gw, ler({**corpo, "situacaoPreVenda": 0, "idRetaguarda": numped}))
    liberado = _qtreserv(gw, unidades)
    linhas = ", ".join(f"filial {filial} produto {codprod}" for filial, codprod in unidades)
    yield Achado("ensaio: reserva e cancelamento", OK, f"gravados e desfeitos; linhas de estoque travadas: {linhas}")
    for chave, quantidade in unidades.items():
        # What the cancellation gave back is what the reservation had taken, if nobody else moved the counter.
        delta = reservado[chave] - liberado[chave]
        nome = f"ensaio: QTRESERV filial {chave[0]} produto {chave[1]}"
        if delta == quantidade:
            yield Achado(nome, OK, f"movida uma vez ({texto(quantidade)})")
        else:
            yield Achado(
                nome, ERRO, f"movida {texto(delta)} em vez de {texto(quantidade)}: um gatilho do site também a move?"
            )


def _qtreserv(gw: Gateway, chaves: dict[Chave, Decimal]) -> dict[Chave, Decimal]:
    with gw.db.read() as connection:
        saldos = estoque.ler_saldos(connection, chaves)
    return {chave: saldos[chave].qtreserv if chave in saldos else ZERO for chave in chaves}
