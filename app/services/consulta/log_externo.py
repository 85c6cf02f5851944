"""Rows of PCLOGPEDIDOAPI that other services wrote."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.domain.privacidade import para_o_log
from app.services.acesso.credenciais import Caller
from app.services.consulta.log_gravado import ler_objeto, linha_json
from app.services.gateway import Gateway, utc
from app.winthor import operacoes
from app.winthor.consultas import lista_de_operacoes
from app.winthor.consultas.lista_de_operacoes import Linha

JANELA_MAXIMA = dt.timedelta(days=7)
EXTERNAS_MAXIMAS = 200


def externas(gw: Gateway, caller: Caller, de: dt.datetime, ate: dt.datetime) -> dict[str, Any]:
    """Rows of PCLOGPEDIDOAPI of a span that were not born here, newest first; customers masked.

    Callers of some branches see only rows whose order is of theirs.
    """
    achadas: list[Linha] = []
    folga = dt.timedelta(hours=1)
    with gw.db.read(in_batches=True) as connection:
        nossas = lista_de_operacoes.enderecos_do_log(connection, utc(de - folga), utc(ate + folga))
        for row in lista_de_operacoes.linhas_do_log(connection, gw.hora_do_erp(de), gw.hora_do_erp(ate)):
            if row["ENDERECO"] not in nossas:
                achadas.append(row)
            if len(achadas) > EXTERNAS_MAXIMAS:
                break
    with gw.db.read() as connection:
        if caller.filiais is not None:
            donas = lista_de_operacoes.filiais_dos_pedidos(connection, {r["NUMPED"] for r in achadas if r["NUMPED"]})
            achadas = [row for row in achadas if donas.get(row["NUMPED"]) in caller.filiais]
        itens = []
        for row in achadas[:EXTERNAS_MAXIMAS]:
            bruto = operacoes.ler_json_do_log(connection, row["ENDERECO"])
            corpo = ler_objeto(bruto)
            visivel = None if corpo is None else para_o_log(corpo, gw.json_paths, claro=False)
            itens.append({**linha_json(row), "json": visivel, "jsonInvalido": bool(bruto) and corpo is None})
    return {"itens": itens, "truncada": len(achadas) > EXTERNAS_MAXIMAS}
