"""The filtered operations as a file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import Any

from app.services.consulta.operacoes import FiltroDoLog, listar_log
from app.services.gateway import Gateway
from app.services.operacao.requisicao import json_texto

EXPORTACAO_MAXIMA = 10_000
COLUNAS = (
    "id",
    "inicio",
    "fim",
    "operacao",
    "status",
    "codigo",
    "http",
    "filial",
    "numero",
    "idPedidoRetaguarda",
    "idRetaguarda",
    "caller",
)
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_MARCA_UTF8 = "\ufeff"


@dataclass(frozen=True, slots=True)
class Exportacao:
    """The text of an export; ``truncada`` when there were more rows than it may hold."""

    conteudo: str
    truncada: bool


def exportar(gw: Gateway, filtro: FiltroDoLog, formato: str) -> Exportacao:
    """The filtered operations as ``csv`` (semicolons, as Brazilian spreadsheets read it) or ``json``."""
    itens: list[dict[str, Any]] = []
    cursor = filtro.cursor
    while len(itens) < EXPORTACAO_MAXIMA:
        pagina = listar_log(gw, replace(filtro, cursor=cursor, limite=200))
        itens += pagina["itens"]
        cursor = pagina["proximo"]
        if cursor is None:
            break
    itens = itens[:EXPORTACAO_MAXIMA]
    if formato == "json":
        return Exportacao(json_texto({"itens": itens, "truncada": cursor is not None}), cursor is not None)
    folha = io.StringIO()
    escritor = csv.writer(folha, delimiter=";", lineterminator="\r\n")
    escritor.writerow(COLUNAS)
    escritor.writerows([celula(item[coluna]) for coluna in COLUNAS] for item in itens)
    return Exportacao(_MARCA_UTF8 + folha.getvalue(), cursor is not None)


def celula(valor: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    escrito = "" if valor is None else str(valor)
    return f"'{escrito}" if escrito.startswith(_FORMULAS) else escrito
