"""The sweep: reservations past due are cancelled, each once, on any number of hosts at once (R18)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.domain.vida import Acao, Efeito, Estado, passo
from app.services import alvo as alvos
from app.services import registrar
from app.services.cancelar import encerrar
from app.services.gateway import Gateway, utc
from app.services.interno import pedido_interno
from app.services.responder import responder
from app.winthor import credenciais, operacoes, ordens, reservas
from app.winthor.db import Connection
from app.winthor.faults import Falha
from app.winthor.ordens import Ordem

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


def expirar(gw: Gateway, *, simular: bool = False) -> Varredura:
    """Cancel every AUTORIZADA reservation past due, each in its own transaction; one that fails does not stop the rest.

    The state is judged again under the lock; one that another host holds is passed over. ``simular`` writes nothing.
    """
    varredura = Varredura()
    for numped, filial, numero in _vencidas(gw):
        try:
            motivo = (
                _olhar(gw, numped)
                if simular
                else gw.db.run(lambda c, n=numped, f=filial, x=numero: expirar_uma(gw, c, n, f, x))  # type: ignore[misc]
            )
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
        gw.db.run(lambda c: credenciais.gravar_config(c, ULTIMA_VARREDURA, utc(gw.agora()).isoformat()))
    return varredura


def _vencidas(gw: Gateway) -> Iterator[tuple[int, str, str]]:
    ultimo = 0
    while True:
        with gw.db.read() as connection:
            lote = reservas.vencidas(connection, utc(gw.agora()), ultimo, LOTE)
        yield from lote
        if len(lote) < LOTE:
            return
        ultimo = lote[-1][0]


def _olhar(gw: Gateway, numped: int) -> str | None:
    with gw.db.read() as connection:
        ordem = ordens.ler(connection, numped)
    return "pedido inexistente" if ordem is None else _impedimento(gw, ordem)


def expirar_uma(
    gw: Gateway,
    connection: Connection,
    numped: int,
    filial: str,
    numero: str,
    *,
    caller: str = CALLER,
    motivo: str | None = None,
) -> str | None:
    """Expire one under its locks; the reason when it is passed over. ``motivo``: why a person asked for it."""
    if not operacoes.lock_livre(connection, filial, numero):
        return "em uso por outra operação"
    ordem = ordens.lock(connection, numped, gw.settings.espera_lock)
    if ordem is None:
        return "pedido inexistente"
    impedimento = _impedimento(gw, ordem)
    if impedimento is not None:
        return impedimento
    encerrar(gw, connection, ordem, Estado.EXPIRADA, codfunc=None, motivo="RESERVA EXPIRADA")
    expira = None if ordem.expira is None else alvos.na_filial(gw, connection, filial, ordem.expira)
    corpo = {
        "acao": "expiracao",
        "idRetaguarda": numped,
        "numero": numero,
        "idLojaRetaguarda": filial,
        "expirouEm": None if expira is None else expira.isoformat(timespec="seconds"),
        **({} if motivo is None else {"motivo": motivo}),
    }
    pedido = pedido_interno(caller, filial, numero, numped, corpo, cancela=True)
    situacao = alvos.situacao(gw, connection, ordem, Estado.EXPIRADA, "C")
    resposta = responder(200, pedido, situacao, f"Reserva expirada: {numped}.", ())
    registrar.anotar_feito(gw, connection, pedido, resposta, numped=numped, posicao="C", codcli=ordem.codcli)
    return None


def _impedimento(gw: Gateway, ordem: Ordem) -> str | None:
    """Why an order is not expired, though its reservation was found past due; None when it is."""
    if passo(ordem.estado, Acao.EXPIRAR).efeito is not Efeito.MUDAR:
        return f"está {ordem.estado.value}"
    if ordem.expira is None or ordem.expira > utc(gw.agora()):
        return "foi prorrogada"
    if ordem.posicao != "L":
        return f"está na posição {ordem.posicao} no WinThor"
    if ordem.numcar:
        return f"está no carregamento {ordem.numcar}"
    if ordem.codcob:
        return f"tem cobrança {ordem.codcob}"
    return None
