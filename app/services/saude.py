"""Whether the gateway can work now."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.gateway import Gateway, utc
from app.winthor import consultas
from app.winthor.faults import Falha


@dataclass(frozen=True, slots=True)
class Prontidao:
    """``pendentes_vencidas``: operations still P past their deadline, which recovery has to settle."""

    pronto: bool
    motivo: str = ""
    pendentes_vencidas: int = 0


def conferir_prontidao(gw: Gateway) -> Prontidao:
    """Ask the database something only a working gateway can answer."""
    try:
        with gw.db.read() as connection:
            vencidas = consultas.contar_vencidas(connection, utc(gw.agora()))
    except Falha:
        return Prontidao(False, "O banco de dados não respondeu.")
    return Prontidao(True, pendentes_vencidas=vencidas)
