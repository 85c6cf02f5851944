"""The sweep: reservations past due are cancelled, each once, on any number of hosts at once (R18)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.domain.desfecho import AcaoInterna, Desfecho
from app.domain.vida import Acao, Efeito, Estado, passo
from app.services.gateway import Gateway, utc
from app.services.operacao.andamento import Seguir, sempre
from app.services.operacao.interna import requisicao_interna
from app.services.operacao.transacao import NadaFeito, Transacao, transacao_interna
from app.services.pre_venda.alvo import desfecho
from app.services.pre_venda.cancelar import encerrar
from app.services.relogio import na_filial
from app.winthor import config, pedidos, reservas
from app.winthor.db.faults import Falha
from app.winthor.pedidos import Ordem
from app.winthor.reservas import ReservaVencida

log = logging.getLogger("prevenda")

CALLER = "varredura"
ULTIMA_VARREDURA = "VARREDURA"
LOTE = 200


@dataclass(slots=True)
class Varredura:
    """What a sweep did, by number. ``puladas``: number -> why; ``falhas``: number -> code of the fault."""

    expiradas: list[int] = field(default_factory=list)
    puladas: dict[int, str] = field(default_factory=dict)
    falhas: dict[int, str] = field(default_factory=dict)


def expirar(gw: Gateway, *, simular: bool = False, seguir: Seguir = sempre) -> Varredura:
    """Cancel every AUTORIZADA reservation past due, each in its own transaction; one that fails does not stop the rest.

    The state is judged again under the lock; one that another host holds is passed over. ``simular`` writes nothing.
    A sweep that may not go on leaves the rest, and does not count as the last one.
    """
    varredura = Varredura()
    for vencida in _vencidas(gw):
        if not seguir():
            return varredura
        numped = vencida.numped
        try:
            motivo = _olhar(gw, numped) if simular else expirar_uma(gw, numped, vencida.filial, vencida.numero)
        except Exception as error:
            # Whatever is wrong with one record must not keep the others' stock from being freed.
            varredura.falhas[numped] = error.codigo if isinstance(error, Falha) else Falha.codigo
            log.error("reserva %s não pôde ser expirada (%s)", numped, type(error).__name__)
            continue
        if motivo is None:
            varredura.expiradas.append(numped)
        else:
            varredura.puladas[numped] = motivo
    if not simular:
        gw.db.run(lambda c: config.update_config(c, ULTIMA_VARREDURA, utc(gw.agora()).isoformat()))
    return varredura


def _vencidas(gw: Gateway) -> Iterator[ReservaVencida]:
    ultimo = 0
    while True:
        with gw.db.read() as connection:
            lote = reservas.vencidas(connection, utc(gw.agora()), ultimo, LOTE)
        yield from lote
        if len(lote) < LOTE:
            return
        ultimo = lote[-1].numped


def _olhar(gw: Gateway, numped: int) -> str | None:
    with gw.db.read() as connection:
        ordem = pedidos.find(connection, numped)
    return "pedido inexistente" if ordem is None else _impedimento(gw, ordem)


def expirar_uma(
    gw: Gateway, numped: int, filial: str, numero: str, *, caller: str = CALLER, motivo: str | None = None
) -> str | None:
    """Expire one under its locks, in a transaction of its own; the reason when it is passed over.

    ``motivo``: why a person asked for it. Raises Falha.
    """
    acao = AcaoInterna("expiracao", numped, numero, filial)
    requisicao = requisicao_interna(caller, filial, numero, numped, gw.renderizacao.acao_interna(acao), cancela=True)
    try:
        transacao_interna(gw, requisicao, lambda tx: _gravar(tx, acao, motivo), livre=True)
    except NadaFeito as nada:
        return nada.motivo
    return None


def _gravar(tx: Transacao, acao: AcaoInterna, motivo: str | None) -> Desfecho:
    ordem = pedidos.lock_ordem(tx.connection, acao.numped, com_linhas=True, antes_de_varias=True)
    impedimento = "pedido inexistente" if ordem is None else _impedimento(tx.gw, ordem)
    if ordem is None or impedimento is not None:
        raise NadaFeito(impedimento or "")
    encerrar(tx, ordem, Estado.EXPIRADA, codfunc=None, motivo="RESERVA EXPIRADA")
    feito = desfecho(
        tx,
        ordem,
        Efeito.MUDAR,
        f"Reserva expirada: {ordem.numped}.",
        estado=Estado.EXPIRADA,
        posicao=pedidos.CANCELADO,
    )
    expira = None if ordem.expira is None else na_filial(tx.gw, tx.connection, ordem.filial, ordem.expira)
    return replace(feito, registro=tx.gw.renderizacao.acao_interna(replace(acao, expirou=expira, motivo=motivo)))


def _impedimento(gw: Gateway, ordem: Ordem) -> str | None:
    """Why an order is not expired, though its reservation was found past due; None when it is (R16, R18)."""
    if passo(ordem.estado, Acao.EXPIRAR).efeito is not Efeito.MUDAR:
        return _onde_esta(ordem)
    if ordem.expira is None or ordem.expira > utc(gw.agora()):
        return "foi prorrogada"
    return None


def _onde_esta(ordem: Ordem) -> str:
    match ordem.estado:
        case Estado.RECONHECIDA if ordem.numcar and ordem.posicao != "M":
            return f"está no carregamento {ordem.numcar}"
        case Estado.RECONHECIDA if ordem.posicao != "M":
            return "está em separação no WinThor"
        case Estado.BLOQUEADA:
            return f"está na posição {ordem.posicao} no WinThor"
        case Estado.ASSUMIDA:
            return f"tem cobrança {ordem.codcob}"
        case _:
            return f"está {ordem.estado.value}"
