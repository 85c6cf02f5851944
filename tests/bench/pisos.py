"""A reservation by hand, with nothing that is not needed to hold the stock: the *minimal* floor.

No validation of what was sent, no repeat detection, no customer, no seller, no prices: a log row, and the order. Header
and lines are the gateway's own rows, captured: an order with fewer columns is none to WinThor.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import psycopg

from tests.bench.captura import Comando, Execucao, enviar
from tests.bench.carga import JSON

_LOG = """INSERT INTO pclogpedidoapi (data, operacao, status, json) VALUES (%s, 'I', 'P', %s) RETURNING ctid::text"""
_PACKAGES = """SELECT codprod, codauxiliar, qtunit FROM pcembalagem
WHERE codfilial = '1' AND codauxiliar = ANY(%s)"""
_NUMBER = "UPDATE pcusuari SET proxnumped = proxnumped + 1 WHERE codusur = 8 RETURNING proxnumped - 1"
_LOCK = """SELECT codprod, qtestger - COALESCE(qtreserv, 0) - COALESCE(qtbloqueada, 0) FROM pcest
WHERE codfilial = '1' AND codprod = ANY(%s) ORDER BY codprod FOR UPDATE"""
_UPDATE = "UPDATE pcest SET qtreserv = COALESCE(qtreserv, 0) + %s WHERE codfilial = '1' AND codprod = %s"
_DONE = "UPDATE pclogpedidoapi SET status = 'A', numped = %s, posicao = 'L' WHERE ctid = %s::tid AND status = 'P'"


def reservar(connection: psycopg.Connection, corpo: JSON, ordem: Sequence[Comando]) -> bool:
    """Reserve in eight statements and two commits; False, and the log row stays P, when the stock is short.

    ``ordem``: the statements that write header and lines.
    """
    cursor = connection.cursor()
    agora = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    endereco = _linha(cursor, _LOG, [agora, json.dumps(corpo)])[0]
    connection.commit()
    itens = [
        (int(item["idProdutoRetaguarda"].partition("-")[0]), item["quantidade"]) for item in corpo["preVendaItens"]
    ]
    cursor.execute(_PACKAGES, [[aux for aux, _ in itens]])
    embalagens = {int(aux): (int(codprod), qtunit) for codprod, aux, qtunit in cursor}
    numped = _linha(cursor, _NUMBER, [])[0]
    pedidas = {embalagens[aux][0]: quantidade * embalagens[aux][1] for aux, quantidade in itens}
    cursor.execute(_LOCK, [list(pedidas)])
    livre = {int(codprod): saldo for codprod, saldo in cursor}
    if any(livre[codprod] < pedida for codprod, pedida in pedidas.items()):
        connection.rollback()
        return False
    cursor.executemany(_UPDATE, [(pedida, codprod) for codprod, pedida in sorted(pedidas.items())])
    execucao = Execucao(corpo["numero"], novo=int(numped))
    for comando in ordem:
        enviar(cursor, comando, execucao)
    cursor.execute(_DONE, [numped, endereco])
    connection.commit()
    return True


def _linha(cursor: psycopg.Cursor, sql: str, parametros: list[Any]) -> Any:
    cursor.execute(sql, parametros)  # type: ignore[arg-type]
    return cursor.fetchone()
