"""What a process that died left behind: operations still P are closed, old ones forgotten (R14, R15)."""

from __future__ import annotations

import datetime as dt

from app.domain.recusas import Recusa, problema_padrao
from app.services.gateway import Gateway, utc
from app.services.operacao.andamento import Seguir, sempre
from app.services.operacao.registro import com_retorno, fim_da_recusa
from app.winthor import operacoes, recusas, sessoes_totvs
from app.winthor.db.faults import Incompleto
from app.winthor.db.transaction import Connection
from app.winthor.operacoes import OperacaoLida

LOTE_DE_RECUPERACAO = 100


LOTE_DE_LIMPEZA = 1000


def recuperar_no_inicio(gw: Gateway) -> int:
    """How many were settled as the gateway starts; none in a database that is not complete, which readiness tells."""
    try:
        return len(recuperar(gw))
    except Incompleto:
        return 0


def recuperar(gw: Gateway, *, simular: bool = False, seguir: Seguir = sempre) -> list[OperacaoLida]:
    """Settle as R (INTERROMPIDA) every operation still P past its deadline; returns them (R15).

    Safe on any host at any time: rows another host holds are passed over, each one is settled once. ``simular`` only
    lists them. ``seguir`` is asked before each batch.
    """
    feitas: list[OperacaoLida] = []
    while seguir():
        with gw.db.transaction() as connection:
            agora = gw.agora()
            lote = operacoes.vencidas(connection, utc(agora), None if simular else LOTE_DE_RECUPERACAO)
            if simular:
                return lote
            for operacao in lote:
                _interromper(gw, connection, operacao, agora)
        feitas.extend(lote)
        if len(lote) < LOTE_DE_RECUPERACAO:
            break
    return feitas


def _interromper(gw: Gateway, connection: Connection, operacao: OperacaoLida, agora: dt.datetime) -> None:
    texto = operacoes.ler_json_do_log(connection, operacao.rowid or "") or "{}"
    fim = fim_da_recusa(gw, Recusa([problema_padrao("INTERROMPIDA")]))
    operacoes.interromper(connection, gw.tabelas, operacao, fim, utc(agora), com_retorno(texto, fim.resposta))


def limpar(gw: Gateway, *, simular: bool = False) -> int:
    """Delete settled operations older than the setting's retention, in batches; returns how many (R12)."""
    antes_de = utc(gw.agora() - dt.timedelta(days=gw.settings.retencao_dias))
    if simular:
        with gw.db.read() as connection:
            return operacoes.limpar(connection, antes_de, 0, simular=True)
    gw.db.run(lambda c: recusas.limpar(c, antes_de))
    gw.db.run(lambda c: sessoes_totvs.limpar(c, utc(gw.agora())))
    total = 0
    while True:
        apagadas = gw.db.run(lambda c: operacoes.limpar(c, antes_de, LOTE_DE_LIMPEZA, simular=False))
        total += apagadas
        if apagadas < LOTE_DE_LIMPEZA:
            return total
