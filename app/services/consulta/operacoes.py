"""What became of a request, and the list of operations (GW_OPERACAO)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import simplejson

from app.services.gateway import Gateway, utc
from app.winthor.consultas import lista_de_operacoes

NOMES_DO_ESTADO = {"A": "ACEITA", "R": "RECUSADA", "P": "EM_PROCESSAMENTO"}
NUNCA_CHEGOU = "NUNCA_CHEGOU"
LIMITE_MAXIMO = 200


@dataclass(frozen=True, slots=True)
class FiltroDoLog:
    """Filters of the list of operations; None = any. ``de`` and ``ate``: instants, aware. ``filiais`` None: all."""

    filiais: frozenset[str] | None
    operacao: str | None = None
    status: str | None = None
    filial: str | None = None
    numero: str | None = None
    numped: int | None = None
    codprod: int | None = None
    codigo: str | None = None
    caller: str | None = None
    de: dt.datetime | None = None
    ate: dt.datetime | None = None
    cursor: str | None = None
    limite: int = 50


def situacao_da_pre_venda(gw: Gateway, filial: str, numero: str) -> dict[str, Any]:
    """What happened to the last request of a pre-sale: accepted, refused, in progress or never arrived."""
    with gw.db.read() as connection:
        row = lista_de_operacoes.ultima_operacao(connection, filial, numero)
    if row is None:
        return {"numero": numero, "filial": filial, "situacao": NUNCA_CHEGOU, "resposta": None}
    return {**operacao_json(row), "situacao": NOMES_DO_ESTADO[row["ESTADO"]], "resposta": ler_json(row["RESPOSTA"])}


def listar_log(gw: Gateway, filtro: FiltroDoLog) -> dict[str, Any]:
    """Operations, newest first; ``proximo`` is the cursor of the next page, None at the end."""
    limite = min(filtro.limite, LIMITE_MAXIMO)
    with gw.db.read() as connection:
        rows = lista_de_operacoes.listar_operacoes(
            connection, filtro_sql(filtro), antes_de=filtro.cursor, limite=limite + 1
        )
    pagina = rows[:limite]
    proximo = pagina[-1]["ID"] if len(rows) > limite else None
    return {"itens": [operacao_json(row) for row in pagina], "proximo": proximo}


def filtro_sql(filtro: FiltroDoLog) -> lista_de_operacoes.Filtro:
    """The filters as the queries take them."""
    return lista_de_operacoes.Filtro(
        iguais={
            "OPERACAO": filtro.operacao,
            "ESTADO": filtro.status,
            "CODFILIAL": filtro.filial,
            "NUMERO": filtro.numero,
            "NUMPED": filtro.numped,
            "CODIGO": filtro.codigo,
            "CALLER": filtro.caller,
        },
        filiais=filtro.filiais,
        codprod=filtro.codprod,
        de=utc(filtro.de) if filtro.de else None,
        ate=utc(filtro.ate) if filtro.ate else None,
    )


def operacao_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["ID"],
        "operacao": row["OPERACAO"],
        "status": row["ESTADO"],
        "codigo": row["CODIGO"],
        "http": row["HTTPSTATUS"],
        "filial": row["CODFILIAL"],
        "numero": row["NUMERO"],
        "idPedidoRetaguarda": row["NUMPED"],
        "idRetaguarda": row["IDRETAGUARDA"],
        "caller": row["CALLER"],
        "inicio": instante(row["DTINICIO"]),
        "fim": instante(row["DTFIM"]),
        "tempos": ler_json(row["TEMPOS"]),
    }


def instante(utc_sem_fuso: dt.datetime | None) -> str | None:
    return utc_sem_fuso.replace(tzinfo=dt.UTC).isoformat(timespec="milliseconds") if utc_sem_fuso else None


def ler_json(texto: str | None) -> Any:
    return simplejson.loads(texto, use_decimal=True) if texto else None
