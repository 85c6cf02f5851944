"""Whether the gateway can work now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.services.gateway import Gateway, utc
from app.services.tempo.expirar import ULTIMA_VARREDURA
from app.winthor import config
from app.winthor.consultas import lista_de_operacoes
from app.winthor.db.faults import Falha


@dataclass(frozen=True, slots=True)
class Prontidao:
    """``avisos``: what works badly though the gateway can work, for the operator."""

    pronto: bool
    motivo: str = ""
    avisos: tuple[str, ...] = ()


VARREDURA_MAXIMA = dt.timedelta(days=1)


def conferir_prontidao(gw: Gateway) -> Prontidao:
    """Ask the database something only a working gateway can answer."""
    try:
        with gw.db.read() as connection:
            vencidas = lista_de_operacoes.contar_vencidas(connection, utc(gw.agora()))
            varredura = config.ler_config(connection, ULTIMA_VARREDURA)
    except Falha:
        return Prontidao(False, "O banco de dados não respondeu.")
    avisos: list[str] = []
    if vencidas:
        avisos.append(f"{vencidas} operação(ões) pendente(s) além do prazo: rode prevenda log recuperar.")
    if varredura is None or dt.datetime.fromisoformat(varredura) < utc(gw.agora()) - VARREDURA_MAXIMA:
        texto = "Nenhuma varredura de reservas vencidas em um dia"
        avisos.append(f"{texto}: ligue PREVENDA_VARREDURA ou agende prevenda reservas expirar.")
    return Prontidao(True, avisos=tuple(avisos))
