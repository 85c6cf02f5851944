"""Counts by status, refusals by code, and the hours of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.services.consulta.operacoes import FiltroDoLog, filtro_sql
from app.services.gateway import Gateway
from app.winthor.consultas import lista_de_operacoes
from app.winthor.consultas.lista_de_operacoes import Contagens, OperacoesDaHora, RecusasDoCodigo

PERIODO_PADRAO = dt.timedelta(hours=24)
HORAS_DO_GRAFICO = 24


@dataclass(frozen=True, slots=True)
class Recusas:
    """The refusals of one code. ``por_hora``: how many in each hour of the summary, oldest first."""

    codigo: str
    quantas: int
    primeira: dt.datetime
    ultima: dt.datetime
    filiais: Sequence[str]
    por_hora: Sequence[int]


@dataclass(frozen=True, slots=True)
class HoraDoResumo:
    """What began in an hour."""

    hora: dt.datetime
    contagens: Contagens


@dataclass(frozen=True, slots=True)
class ResumoDoLog:
    """Instants are aware, in UTC. ``pendente_desde``: when the oldest operation still P began, None when there is
    none; ``por_hora``: the 24 hours up to the end of the period, oldest first."""

    de: dt.datetime
    ate: dt.datetime
    contagens: Contagens
    pendente_desde: dt.datetime | None
    pendente_segundos: int | None
    recusas: Sequence[Recusas]
    por_hora: Sequence[HoraDoResumo]


def resumir(gw: Gateway, filtro: FiltroDoLog) -> ResumoDoLog:
    """Counts by status and refusals by code of the filtered operations; without a period, of the last 24 hours."""
    agora = gw.agora().astimezone(dt.UTC)
    fim = (filtro.ate or agora).astimezone(dt.UTC)
    de = (filtro.de or fim - PERIODO_PADRAO).astimezone(dt.UTC)
    ultima = fim.replace(minute=0, second=0, microsecond=0)
    baldes = [ultima - dt.timedelta(hours=n) for n in reversed(range(HORAS_DO_GRAFICO))]
    base = filtro_sql(replace(filtro, de=de, ate=filtro.ate))
    grafico = filtro_sql(replace(filtro, de=baldes[0], ate=filtro.ate))
    with gw.db.read() as connection:
        contagens = lista_de_operacoes.count_por_status(connection, base)
        recusas = lista_de_operacoes.recusas_por_codigo(connection, base)
        horas = lista_de_operacoes.por_hora(connection, grafico)
        pendente = lista_de_operacoes.mais_antiga_pendente(connection, filtro.filiais)
    return ResumoDoLog(
        de=de,
        ate=fim,
        contagens=contagens,
        pendente_desde=pendente,
        pendente_segundos=segundos_desde(agora, pendente),
        recusas=_agrupar(recusas, horas, baldes),
        por_hora=[HoraDoResumo(hora, _da_hora(horas, hora)) for hora in baldes],
    )


def segundos_desde(agora: dt.datetime, inicio: dt.datetime | None) -> int | None:
    """Whole seconds; None when there is no beginning."""
    return None if inicio is None else int((agora - inicio).total_seconds())


def _da_hora(horas: Sequence[OperacoesDaHora], hora: dt.datetime) -> Contagens:
    quantas = {"A": 0, "R": 0, "P": 0}
    for uma in horas:
        if (uma.dia, uma.hora) == (hora.day, hora.hour):
            quantas[uma.estado] = quantas.get(uma.estado, 0) + uma.quantas
    return Contagens(quantas["A"], quantas["R"], quantas["P"])


def _agrupar(
    recusas: Sequence[RecusasDoCodigo], horas: Sequence[OperacoesDaHora], baldes: Sequence[dt.datetime]
) -> list[Recusas]:
    grupos: dict[str, list[RecusasDoCodigo]] = {}
    for recusa in recusas:
        grupos.setdefault(recusa.codigo or "?", []).append(recusa)
    por_codigo: dict[str, dict[tuple[int, int], int]] = {}
    for hora in horas:
        if hora.estado == "R":
            por_codigo.setdefault(hora.codigo or "?", {})[hora.dia, hora.hora] = hora.quantas
    achadas = [_do_codigo(codigo, grupo, por_codigo.get(codigo, {}), baldes) for codigo, grupo in grupos.items()]
    return sorted(achadas, key=lambda recusas: (-recusas.quantas, recusas.codigo))


def _do_codigo(
    codigo: str,
    grupo: Sequence[RecusasDoCodigo],
    por_hora: Mapping[tuple[int, int], int],
    baldes: Sequence[dt.datetime],
) -> Recusas:
    return Recusas(
        codigo=codigo,
        quantas=sum(recusa.quantas for recusa in grupo),
        primeira=min(recusa.primeira for recusa in grupo),
        ultima=max(recusa.ultima for recusa in grupo),
        filiais=sorted({recusa.filial for recusa in grupo if recusa.filial}),
        por_hora=[por_hora.get((hora.day, hora.hour), 0) for hora in baldes],
    )
