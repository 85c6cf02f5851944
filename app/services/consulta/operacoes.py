"""What became of a request, and the list of operations (GW_OPERACAO)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.services.gateway import Gateway, utc
from app.services.operacao.log_gravado import ler_json
from app.winthor.consultas import lista_de_operacoes
from app.winthor.consultas.lista_de_operacoes import FiltroDeOperacoes, OperacaoDoLog

NOMES_DO_ESTADO = {"A": "ACEITA", "R": "RECUSADA", "P": "EM_PROCESSAMENTO"}
NUNCA_CHEGOU = "NUNCA_CHEGOU"
LIMITE_MAXIMO = 200


# An operation as a list has it.
OperacaoListada = OperacaoDoLog


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


@dataclass(frozen=True, slots=True)
class PaginaDoLog:
    """Operations, newest first; ``proximo``: the cursor of the next page, None at the end."""

    itens: Sequence[OperacaoDoLog] = ()
    proximo: str | None = None


@dataclass(frozen=True, slots=True)
class UltimaOperacao:
    """What happened to the last request of a pre-sale. ``resumo`` None: none ever arrived; ``resposta``: the answer
    that was given, as JSON."""

    filial: str
    numero: str
    situacao: str
    resumo: OperacaoDoLog | None = None
    resposta: Any = None


@dataclass(frozen=True, slots=True)
class EventoDaOperacao:
    """An operation as one event of its pre-sale; ``quando``: its beginning, in the zone of whoever reads."""

    resumo: OperacaoDoLog
    quando: dt.datetime


def situacao_da_pre_venda(gw: Gateway, filial: str, numero: str) -> UltimaOperacao:
    """What happened to the last request of a pre-sale: accepted, refused, in progress or never arrived."""
    with gw.db.read() as connection:
        lida = lista_de_operacoes.ultima_operacao(connection, filial, numero)
    if lida is None:
        return UltimaOperacao(filial, numero, NUNCA_CHEGOU)
    operacao = lida.operacao
    return UltimaOperacao(filial, numero, NOMES_DO_ESTADO[operacao.estado], operacao, ler_json(lida.resposta))


def listar_log(gw: Gateway, filtro: FiltroDoLog) -> PaginaDoLog:
    """A page of operations, newest first."""
    limite = min(filtro.limite, LIMITE_MAXIMO)
    with gw.db.read() as connection:
        achadas = lista_de_operacoes.find_operacoes(
            connection, filtro_sql(filtro), antes_de=filtro.cursor, limite=limite + 1
        )
    pagina = achadas[:limite]
    return PaginaDoLog(pagina, pagina[-1].id if len(achadas) > limite else None)


def folhear_log(gw: Gateway, filtro: FiltroDoLog, pular: int, limite: int) -> list[OperacaoDoLog]:
    """Operations, newest first, after so many of them."""
    with gw.db.read() as connection:
        return lista_de_operacoes.find_operacoes(
            connection, filtro_sql(filtro), antes_de=filtro.cursor, pular=pular, limite=limite
        )


def filtro_sql(filtro: FiltroDoLog) -> FiltroDeOperacoes:
    """The filters as the queries take them."""
    return FiltroDeOperacoes(
        filiais=filtro.filiais,
        operacao=filtro.operacao,
        estado=filtro.status,
        filial=filtro.filial,
        numero=filtro.numero,
        numped=filtro.numped,
        codigo=filtro.codigo,
        caller=filtro.caller,
        codprod=filtro.codprod,
        de=utc(filtro.de) if filtro.de else None,
        ate=utc(filtro.ate) if filtro.ate else None,
    )
