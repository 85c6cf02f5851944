"""Counts by status, refusals by code, and the hours of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.services.consulta.operacoes import FiltroDoLog, filtro_sql, instante
from app.services.gateway import Gateway, utc
from app.winthor.consultas import lista_de_operacoes
from app.winthor.consultas.lista_de_operacoes import Linha

PERIODO_PADRAO = dt.timedelta(hours=24)
HORAS_DO_GRAFICO = 24


def resumir(gw: Gateway, filtro: FiltroDoLog) -> dict[str, Any]:
    """Counts by status and refusals by code of the filtered operations; without a period, of the last 24 hours.

    ``porHora``: the 24 hours up to the end of the period, oldest first.
    """
    agora = gw.agora()
    fim = filtro.ate or agora
    de = filtro.de or fim - PERIODO_PADRAO
    base = filtro_sql(replace(filtro, de=de, ate=filtro.ate))
    primeira_hora = _baldes(utc(fim))[0].replace(tzinfo=dt.UTC)
    grafico = filtro_sql(replace(filtro, de=primeira_hora, ate=filtro.ate))
    with gw.db.read() as connection:
        contagens = lista_de_operacoes.contar_por_status(connection, base)
        recusas = lista_de_operacoes.recusas_por_codigo(connection, base)
        horas = lista_de_operacoes.por_hora(connection, grafico)
        pendente = lista_de_operacoes.mais_antiga_pendente(connection, filtro.filiais)
    return {
        "de": instante(utc(de)),
        "ate": instante(utc(fim)),
        "contagens": {estado: contagens.get(estado, 0) for estado in ("A", "R", "P")},
        "pendenteDesde": instante(pendente),
        "pendenteSegundos": None if pendente is None else int((utc(agora) - pendente).total_seconds()),
        "recusas": _agrupar(recusas, horas, utc(fim)),
        "porHora": _horas(horas, utc(fim)),
    }


def _baldes(fim: dt.datetime) -> list[dt.datetime]:
    ultima = fim.replace(minute=0, second=0, microsecond=0)
    return [ultima - dt.timedelta(hours=n) for n in reversed(range(HORAS_DO_GRAFICO))]


def _horas(rows: Sequence[Linha], fim: dt.datetime) -> list[dict[str, Any]]:
    por_balde: dict[tuple[int, int], dict[str, int]] = {}
    for row in rows:
        balde = por_balde.setdefault((int(row["DIA"]), int(row["HORA"])), {"A": 0, "R": 0, "P": 0})
        balde[row["ESTADO"]] = balde.get(row["ESTADO"], 0) + int(row["QUANTAS"])
    vazio = {"A": 0, "R": 0, "P": 0}
    return [{"hora": instante(h), **por_balde.get((h.day, h.hour), vazio)} for h in _baldes(fim)]


def _agrupar(rows: Sequence[Linha], horas: Sequence[Linha], fim: dt.datetime) -> list[dict[str, Any]]:
    grupos: dict[str, list[Linha]] = {}
    for row in rows:
        grupos.setdefault(row["CODIGO"] or "?", []).append(row)
    baldes = _baldes(fim)
    achados = []
    for codigo, linhas in grupos.items():
        contagem = {
            (int(h["DIA"]), int(h["HORA"])): int(h["QUANTAS"])
            for h in horas
            if h["ESTADO"] == "R" and (h["CODIGO"] or "?") == codigo
        }
        achados.append(
            {
                "codigo": codigo,
                "quantas": sum(int(linha["QUANTAS"]) for linha in linhas),
                "primeira": instante(min(linha["PRIMEIRA"] for linha in linhas)),
                "ultima": instante(max(linha["ULTIMA"] for linha in linhas)),
                "filiais": sorted({linha["CODFILIAL"] for linha in linhas if linha["CODFILIAL"]}),
                "porHora": [contagem.get((h.day, h.hour), 0) for h in baldes],
            }
        )
    return sorted(achados, key=lambda grupo: (-int(str(grupo["quantas"])), str(grupo["codigo"])))
