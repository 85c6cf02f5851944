"""Customer data that a site kept readable in PCLOGPEDIDOAPI.JSON are masked once they are old (LGPD)."""

from __future__ import annotations

import datetime as dt

import simplejson

from app.domain.privacidade import anonimizado
from app.services.gateway import Gateway, utc
from app.services.operacao.linha_do_log import SemLinha, achar_linha
from app.winthor import config, operacoes
from app.winthor.db.transaction import Connection

LOTE = 1000
# Value of GW_CONFIG: id of the last operation looked at, so that a run does not read what an earlier one did.
# Its number grows with what is masked, so that rows of before are looked at once more.
ANONIMIZADO_ATE = "ANONIMIZADO_2_ATE"


def anonimizar(gw: Gateway, *, simular: bool = False) -> int:
    """Mask ``cliente``, and what looks like a person's data elsewhere, in the rows older than
    PREVENDA_RETENCAO_PESSOAL_DIAS; returns how many needed it.

    At most 1,000 rows per commit; run again, it finds nothing left. Only rows of the gateway's own operations are
    reached, and changed only where they still say so themselves: run it before ``log limpar`` forgets them, and before
    the table is moved. ``simular`` only counts.
    """
    antes_de = utc(gw.agora() - dt.timedelta(days=gw.settings.retencao_pessoal_dias))
    with gw.db.read() as connection:
        ate = config.find_config(connection, ANONIMIZADO_ATE) or "0"
    total = 0
    while True:
        mudadas, proximo = gw.db.run(lambda c, ate=ate: _lote(gw, c, ate, antes_de, simular))  # type: ignore[misc]
        total += mudadas
        if proximo is None:
            return total
        ate = proximo


def _lote(
    gw: Gateway, connection: Connection, ate: str, antes_de: dt.datetime, simular: bool
) -> tuple[int, str | None]:
    """One batch: how many rows needed masking, and the last id looked at; None at the end."""
    rastros = operacoes.rastros(connection, ate, antes_de, LOTE)
    mudadas = 0
    for rastro in rastros:
        linha = achar_linha(connection, rastro)
        mascarado = None if isinstance(linha, SemLinha) else mascarar(gw, linha.texto)
        if mascarado is not None and (simular or operacoes.update_json(connection, rastro, mascarado)):
            mudadas += 1
    if rastros and not simular:
        config.update_config(connection, ANONIMIZADO_ATE, rastros[-1].id)
    return mudadas, rastros[-1].id if len(rastros) == LOTE else None


def mascarar(gw: Gateway, texto: str | None) -> str | None:
    """The JSON with its personal data masked; None when there is nothing to mask, or it is no JSON of ours."""
    try:
        corpo = simplejson.loads(texto or "", use_decimal=True)
    except ValueError:
        return None
    if not isinstance(corpo, dict):
        return None
    mascarado = anonimizado(corpo)
    return None if mascarado == corpo else gw.renderizacao.texto(mascarado)
