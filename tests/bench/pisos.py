"""A reservation by hand, with nothing that is not needed to hold the stock: the *minimal* floor.

No validation of what was sent, no repeat detection, no customer, no seller, no prices: a log row, and the order.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import psycopg

from tests.bench.carga import JSON

_LOG = """INSERT INTO pclogpedidoapi (data, operacao, status, json) VALUES (%s, 'I', 'P', %s) RETURNING ctid::text"""
_PACKAGES = """SELECT codprod, codauxiliar, qtunit FROM pcembalagem
WHERE codfilial = '1' AND codauxiliar = ANY(%s)"""
_NUMBER = "UPDATE pcusuari SET proxnumped = proxnumped + 1 WHERE codusur = 8 RETURNING proxnumped - 1"
_LOCK = """SELECT codprod, qtestger - COALESCE(qtreserv, 0) - COALESCE(qtbloqueada, 0) FROM pcest
WHERE codfilial = '1' AND codprod = ANY(%s) ORDER BY codprod FOR UPDATE"""
_UPDATE = "UPDATE pcest SET qtreserv = COALESCE(qtreserv, 0) + %s WHERE codfilial = '1' AND codprod = %s"
_HEADER = """INSERT INTO pcpedc (numped, data, codcli, codusur, codfilial, posicao, vltotal, vlatend, numpedhube,
origemintegracao, numitens) VALUES (%s, %s, 1, 8, '1', 'L', %s, %s, %s, 'PDVSYNC', %s)"""
_LINES = """INSERT INTO pcpedi (numped, codprod, numseq, data, codcli, codusur, qt, pvenda, ptabela, posicao,
codauxiliar, codfilialretira, qtunitemb) VALUES (%s, %s, %s, %s, 1, 8, %s, %s, %s, 'L', %s, '1', %s)"""
_DONE = "UPDATE pclogpedidoapi SET status = 'A', numped = %s, posicao = 'L' WHERE ctid = %s::tid AND status = 'P'"


def reservar(connection: psycopg.Connection, corpo: JSON) -> bool:
    """Reserve in eight statements and two commits; False, and the log row stays P, when the stock is short."""
    cursor = connection.cursor()
    agora = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    endereco = _linha(cursor, _LOG, [agora, json.dumps(corpo)])[0]
    connection.commit()
    itens = [
        (int(i["idProdutoRetaguarda"].partition("-")[0]), i["quantidade"], i["preco"]) for i in corpo["preVendaItens"]
    ]
    cursor.execute(_PACKAGES, [[aux for aux, _, _ in itens]])
    embalagens = {int(aux): (int(codprod), qtunit) for codprod, aux, qtunit in cursor}
    numped = _linha(cursor, _NUMBER, [])[0]
    linhas = [(*embalagens[aux], aux, quantidade, preco) for aux, quantidade, preco in itens]
    pedidas = {codprod: quantidade * qtunit for codprod, qtunit, _, quantidade, _ in linhas}
    cursor.execute(_LOCK, [list(pedidas)])
    livre = {int(codprod): saldo for codprod, saldo in cursor}
    if any(livre[codprod] < pedida for codprod, pedida in pedidas.items()):
        connection.rollback()
        return False
    cursor.executemany(_UPDATE, [(pedida, codprod) for codprod, pedida in sorted(pedidas.items())])
    total = sum(quantidade * preco for *_, quantidade, preco in linhas)
    cursor.execute(_HEADER, [numped, agora, total, total, corpo["numero"], len(linhas)])
    cursor.executemany(
        _LINES,
        [
            (numped, codprod, n, agora, quantidade * qtunit, preco, preco, aux, qtunit)
            for n, (codprod, qtunit, aux, quantidade, preco) in enumerate(linhas, 1)
        ],
    )
    cursor.execute(_DONE, [numped, endereco])
    connection.commit()
    return True


def _linha(cursor: psycopg.Cursor, sql: str, parametros: list[Any]) -> Any:
    cursor.execute(sql, parametros)  # type: ignore[arg-type]
    return cursor.fetchone()
