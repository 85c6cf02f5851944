"""Rows of PCLOGPEDIDOAPI that other services wrote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.privacidade import para_o_log
from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway, utc
from app.services.operacao.log_gravado import ler_objeto
from app.services.operacao.nossas_linhas import NossasLinhas
from app.winthor import operacoes
from app.winthor.consultas import lista_de_operacoes
from app.winthor.consultas.lista_de_operacoes import LinhaDoLog
from app.winthor.db.transaction import Connection

JANELA_MAXIMA = dt.timedelta(days=7)
EXTERNAS_MAXIMAS = 200


@dataclass(frozen=True, slots=True)
class LinhaExterna:
    """A row that was not born here. ``json``: what it holds, the customer masked; None when it holds no object."""

    resumo: LinhaDoLog
    json: Mapping[str, Any] | None
    json_invalido: bool


@dataclass(frozen=True, slots=True)
class LinhasExternas:
    """Rows, newest first; ``truncada`` when there were more than may be shown."""

    itens: Sequence[LinhaExterna] = ()
    truncada: bool = False


def externas(gw: Gateway, caller: Caller, de: dt.datetime, ate: dt.datetime) -> LinhasExternas:
    """Rows of PCLOGPEDIDOAPI of a span that were not born here, newest first; customers masked.

    Callers of some branches see only rows whose order is of theirs.
    """
    folga = dt.timedelta(hours=1)
    with gw.db.read() as connection:
        achadas = lista_de_operacoes.linhas_externas(
            connection,
            gw.hora_do_erp(de),
            gw.hora_do_erp(ate),
            (utc(de - folga), utc(ate + folga)),
            caller.filiais,
            EXTERNAS_MAXIMAS + 1,
        )
        nossas = NossasLinhas(gw, connection, de - folga, ate + folga)
        alheias = [linha for linha in achadas[:EXTERNAS_MAXIMAS] if not nossas.tem(connection, linha)]
        itens = [_externa(gw, connection, linha) for linha in alheias]
    return LinhasExternas(itens, truncada=len(achadas) > EXTERNAS_MAXIMAS)


def _externa(gw: Gateway, connection: Connection, linha: LinhaDoLog) -> LinhaExterna:
    bruto = operacoes.find_json_do_log(connection, linha.endereco)
    corpo = ler_objeto(bruto)
    visivel = None if corpo is None else para_o_log(corpo, gw.json_paths, claro=False)
    return LinhaExterna(linha, visivel, json_invalido=bool(bruto) and corpo is None)
