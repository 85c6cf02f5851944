"""What a job last found of a large site, for those who look and do not act; believed for an hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.services.gateway import Gateway, utc
from app.winthor import config, retratos
from app.winthor.db.transaction import Connection

# Of no branch; it is in every picture, and tells when that was taken.
SEM_FILIAL = "*"
# An older one is not believed any more: nobody sweeps here.
VALIDADE = dt.timedelta(hours=1)
# Under this and the kind GW_CONFIG has since when the pictures of before are not believed any more.
ESQUECIDO = "ESQUECIDO_"


@dataclass(frozen=True, slots=True)
class Retrato:
    """A picture: when it was taken (aware, UTC), and the JSON text of each branch."""

    quando: dt.datetime
    conteudos: Mapping[str, str]


def ler(gw: Gateway, connection: Connection, tipo: str, filiais: Collection[str] | None) -> Retrato | None:
    """The picture of these branches (None: all, and what has no branch); None without one that is believed."""
    quando = _tirado(connection, tipo)
    if quando is None or utc(gw.agora()) - quando > VALIDADE:
        return None
    return Retrato(quando.replace(tzinfo=dt.UTC), retratos.find_conteudos(connection, tipo, filiais))


def e_nova(gw: Gateway, connection: Connection, tipo: str, idade: dt.timedelta) -> bool:
    """Whether there is a picture that is not older."""
    quando = _tirado(connection, tipo)
    return quando is not None and utc(gw.agora()) - quando <= idade


def _tirado(connection: Connection, tipo: str) -> dt.datetime | None:
    """When the picture was begun, UTC without zone; None where there is none, or something was done since."""
    quando = retratos.find_quando(connection, tipo, SEM_FILIAL)
    esquecido = config.find_config(connection, ESQUECIDO + tipo)
    if quando is None or (esquecido is not None and quando <= dt.datetime.fromisoformat(esquecido)):
        return None
    return quando


def guardar(gw: Gateway, tipo: str, quando: dt.datetime, conteudos: Mapping[str, str]) -> None:
    """Keep it in the place of the one before; ``quando``: when it was begun, aware."""
    completos = {SEM_FILIAL: "[]", **conteudos}
    gw.db.run(lambda c: retratos.insert(c, tipo, utc(quando), completos))


def esquecer(gw: Gateway, tipo: str) -> None:
    """Something was done: nobody sees any more what was begun before, also where it is still being made."""
    gw.db.run(lambda c: config.update_config(c, ESQUECIDO + tipo, utc(gw.agora()).isoformat()))
