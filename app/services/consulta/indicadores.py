"""How the gateway is doing, in numbers for people: acceptance, latency, CEP services, pool, what waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.services.acesso.credenciais import Caller
from app.services.conciliacao import conciliar
from app.services.consulta.operacoes import FiltroDoLog, filtro_sql, instante, ler_json
from app.services.doutor import saude
from app.services.gateway import Gateway, utc
from app.services.tempo import expirar
from app.winthor import config
from app.winthor.consultas import lista_de_operacoes, lista_de_reservas
from app.winthor.db.faults import Falha

PERIODO = dt.timedelta(hours=24)
AMOSTRA = 1000
A_VENCER = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Espera:
    """What waits in the database, of all branches. Ages in seconds; None = it has never run."""

    pendente_s: float
    vivas: int
    a_vencer: int
    vencidas: int
    varredura_s: float | None
    conciliacao_s: float | None


class Esperas:
    """What waits, for the metrics of one gateway; the database is not waited for longer than a moment."""

    def __init__(self, gw: Gateway) -> None:
        self._ler = saude.NumInstante(lambda: _o_que_espera(gw), saude.RESPOSTA_MAXIMA_S)

    def ler(self) -> Espera | None:
        """What waits now; None when the database does not answer."""
        try:
            return self._ler()
        except Falha:
            return None


def _o_que_espera(gw: Gateway) -> Espera:
    agora = utc(gw.agora())
    with gw.db.read() as connection:
        pendente = lista_de_operacoes.mais_antiga_pendente(connection, None)
        prazos = lista_de_reservas.contar_prazos(connection, agora, agora + A_VENCER)
        varredura = config.ler_config(connection, expirar.ULTIMA_VARREDURA)
        conciliacao = config.ler_config(connection, conciliar.ULTIMA_CONCILIACAO)
    return Espera(
        pendente_s=0.0 if pendente is None else (agora - pendente).total_seconds(),
        vivas=prazos.vivas,
        a_vencer=prazos.a_vencer,
        vencidas=prazos.vencidas,
        varredura_s=_idade(agora, varredura),
        conciliacao_s=_idade(agora, conciliacao),
    )


def _idade(agora: dt.datetime, texto: str | None) -> float | None:
    return None if texto is None else (agora - dt.datetime.fromisoformat(texto)).total_seconds()


def medir(gw: Gateway, caller: Caller) -> dict[str, Any]:
    """The numbers of the last 24 hours and of this moment, of the caller's branches; latency in milliseconds."""
    agora = gw.agora()
    filtro = filtro_sql(FiltroDoLog(filiais=caller.filiais, de=agora - PERIODO))
    with gw.db.read() as connection:
        contagens = lista_de_operacoes.contar_por_status(connection, filtro)
        tempos = [ler_json(texto) for texto in lista_de_operacoes.duracoes(connection, filtro, AMOSTRA)]
        pendente = lista_de_operacoes.mais_antiga_pendente(connection, caller.filiais)
        reservas = lista_de_reservas.reservas_por_estado(connection, caller.filiais)
        varredura = config.ler_config(connection, expirar.ULTIMA_VARREDURA)
        conciliacao = config.ler_config(connection, conciliar.ULTIMA_CONCILIACAO)
    aceitas, recusadas = contagens.get("A", 0), contagens.get("R", 0)
    em_uso, tamanho = gw.db.ocupacao()
    prontidao = saude.conferir_prontidao(gw)
    return {
        "contagens": {estado: contagens.get(estado, 0) for estado in ("A", "R", "P")},
        "aceitacao": None if not aceitas + recusadas else aceitas / (aceitas + recusadas),
        "latencia": _latencia(tempos),
        "cep": gw.cep.estado(),
        "demo": gw.demo,
        "pool": {"emUso": em_uso, "tamanho": tamanho},
        "pendenteDesde": instante(pendente),
        "pendenteSegundos": None if pendente is None else int((utc(agora) - pendente).total_seconds()),
        "reservas": reservas,
        "ultimaVarredura": _gravado(varredura),
        "ultimaConciliacao": _gravado(conciliacao),
        "pronto": prontidao.pronto,
        "avisos": [prontidao.motivo] if prontidao.motivo else list(prontidao.avisos),
    }


def _gravado(texto: str | None) -> str | None:
    return None if texto is None else instante(dt.datetime.fromisoformat(texto))


def _latencia(tempos: Sequence[dict[str, int]]) -> list[dict[str, Any]]:
    """p50, p95 and p99 of the whole and of each step."""
    passos: dict[str, list[int]] = {"total": [sum(um.values()) for um in tempos if um]}
    for um in tempos:
        for passo, valor in um.items():
            passos.setdefault(passo, []).append(valor)
    return [
        {"passo": passo, "quantas": len(valores), **{f"p{p}": _percentil(valores, p) for p in (50, 95, 99)}}
        for passo, valores in passos.items()
        if valores
    ]


def _percentil(valores: Sequence[int], percentil: int) -> int:
    em_ordem = sorted(valores)
    return em_ordem[min(len(em_ordem) - 1, len(em_ordem) * percentil // 100)]
