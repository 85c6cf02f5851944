"""An instant as a branch's clock shows it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from app.domain import validade
from app.services.gateway import Gateway
from app.winthor.db.transaction import Connection


def na_filial(gw: Gateway, connection: Connection, filial: str, instante_utc: dt.datetime) -> dt.datetime:
    """A stored instant in the zone of the branch's state."""
    achada = gw.cadastros.filiais(connection, [filial]).get(filial)
    fuso = ZoneInfo(validade.fuso_da_uf(achada.uf if achada is not None else None))
    return instante_utc.replace(tzinfo=dt.UTC).astimezone(fuso)
