"""The filtered operations, all of them that a file may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.services.consulta.operacoes import LIMITE_MAXIMO, FiltroDoLog, listar_log
from app.services.gateway import Gateway
from app.winthor.consultas.lista_de_operacoes import OperacaoDoLog

EXPORTACAO_MAXIMA = 10_000


@dataclass(frozen=True, slots=True)
class Exportacao:
    """Operations, newest first; ``truncada`` when there were more than a file may hold."""

    itens: Sequence[OperacaoDoLog]
    truncada: bool


def exportar(gw: Gateway, filtro: FiltroDoLog) -> Exportacao:
    """The filtered operations, page after page."""
    itens: list[OperacaoDoLog] = []
    cursor = filtro.cursor
    while len(itens) < EXPORTACAO_MAXIMA:
        pagina = listar_log(gw, replace(filtro, cursor=cursor, limite=LIMITE_MAXIMO))
        itens += pagina.itens
        cursor = pagina.proximo
        if cursor is None:
            break
    return Exportacao(itens[:EXPORTACAO_MAXIMA], cursor is not None)
