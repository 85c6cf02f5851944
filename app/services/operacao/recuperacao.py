"""What a process that died left behind: operations still P are closed, old ones forgotten (R14, R15)."""

from __future__ import annotations

import datetime as dt
import logging

from app.domain.rastro import Rastro
from app.domain.recusas import Recusa, problema_padrao
from app.services.eventos import feed
from app.services.gateway import Gateway, utc
from app.services.operacao.andamento import Seguir, sempre
from app.services.operacao.linha_do_log import SemLinha, achar_linha
from app.services.operacao.registro import com_retorno, fim_da_recusa
from app.winthor import operacoes, recusas, sessoes_totvs
from app.winthor.db.faults import Falha, Incompleto, Indisponivel
from app.winthor.db.transaction import Connection

log = logging.getLogger("prevenda")

LOTE_DE_LIMPEZA = 1000


def recuperar(gw: Gateway, *, simular: bool = False, seguir: Seguir = sempre) -> list[Rastro]:
    """Settle as R (INTERROMPIDA) every operation still P past its deadline; returns them (R15).

    Each in a transaction of its own: one that fails is logged and left for the next time. Safe on any host at any time:
    what another host holds is passed over, each one is settled once. ``simular`` only lists them. ``seguir`` is asked
    before each. Raises Falha when they cannot be listed, or when the database stays away.
    """
    with gw.db.read() as connection:
        vencidas = operacoes.vencidas(connection, utc(gw.agora()))
    if simular:
        return vencidas
    feitas: list[Rastro] = []
    for rastro in vencidas:
        if not seguir():
            break
        try:
            if gw.db.run(lambda c, r=rastro: _interromper(gw, c, r)):  # type: ignore[misc]
                feitas.append(rastro)
        except Falha as falha:
            log.error("a operação %s não pôde ser encerrada (%s)", rastro.id, falha.codigo)
            if isinstance(falha, Indisponivel) and not gw.db.reachable():
                raise
    return feitas


def recuperar_no_inicio(gw: Gateway) -> int:
    """How many were settled as the gateway starts. What fails is logged and left for the rounds: no reason not to sell;
    of a database that is not complete readiness tells."""
    try:
        return len(recuperar(gw))
    except Incompleto:
        return 0
    except Falha as falha:
        log.error("a recuperação da partida não foi feita (%s)", falha.codigo)
        return 0


def _interromper(gw: Gateway, connection: Connection, rastro: Rastro) -> bool:
    """Settle one in the caller's transaction; False when another was faster, or holds it."""
    if not operacoes.lock_vencida(connection, rastro.id):
        return False
    fim = fim_da_recusa(gw, Recusa([problema_padrao("INTERROMPIDA")]))
    linha = achar_linha(connection, rastro)
    if isinstance(linha, SemLinha):
        log.warning("operação %s encerrada sem o seu registro: %s", rastro.id, linha)
    json = None if isinstance(linha, SemLinha) else com_retorno(linha.texto, fim.resposta)
    operacoes.interromper(connection, gw.tabelas, rastro, fim, utc(gw.agora()), json)
    return True


def limpar(gw: Gateway, *, simular: bool = False) -> int:
    """Delete settled operations older than the setting's retention, in batches; returns how many (R12)."""
    antes_de = utc(gw.agora() - dt.timedelta(days=gw.settings.retencao_dias))
    if simular:
        with gw.db.read() as connection:
            return operacoes.limpar(connection, antes_de, 0, simular=True)
    gw.db.run(lambda c: recusas.limpar(c, antes_de))
    gw.db.run(lambda c: sessoes_totvs.limpar(c, utc(gw.agora())))
    feed.limpar(gw)
    total = 0
    while True:
        apagadas = gw.db.run(lambda c: operacoes.limpar(c, antes_de, LOTE_DE_LIMPEZA, simular=False))
        total += apagadas
        if apagadas < LOTE_DE_LIMPEZA:
            return total
