"""Consumidor final: whose order it is when nobody says (R7)."""

from __future__ import annotations

from app.services.gateway import Gateway
from app.winthor.db.transaction import Connection


def codigo_do_consumidor(gw: Gateway, connection: Connection, filial: str) -> int:
    """Consumidor final: of the branch, else of PCCONSUM, else the setting (R7)."""
    achada = gw.cadastros.filiais(connection, [filial]).get(filial)
    da_filial = None if achada is None else achada.codcli_consumidor
    return da_filial or gw.cadastros.consumo(connection).codcli_consumidor or gw.settings.codcli_consumidor
