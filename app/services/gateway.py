"""What every use case works with, put together once by ``app.create_app``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from app.cep import Verificador
from app.mapping import Maps
from app.settings import Settings
from app.winthor.cadastros import Cadastros
from app.winthor.db import Database
from app.winthor.parametros import Parametros
from app.winthor.pedidos import Tabelas


@dataclass(frozen=True, slots=True)
class Gateway:
    """Settings, database, maps and the clock.

    ``tabelas``: what rows are inserted into, with the site's own columns, which read ``caminhos_extras`` of the JSON.
    """

    settings: Settings
    db: Database
    cadastros: Cadastros
    parametros: Parametros
    maps: Maps
    tabelas: Tabelas
    json_paths: Collection[str]
    clock: Callable[[], dt.datetime]
    cep: Verificador
    caminhos_extras: Sequence[str]
    chave_jwt: str = field(repr=False)
    demo: bool = False

    def agora(self) -> dt.datetime:
        """Now, aware, UTC."""
        return self.clock()

    def hora_do_erp(self, instante: dt.datetime) -> dt.datetime:
        """An instant as WinThor's clock shows it: local to PREVENDA_FUSO, without zone (R9)."""
        return instante.astimezone(self.settings.fuso).replace(tzinfo=None, microsecond=0)


def utc(instante: dt.datetime) -> dt.datetime:
    """An aware instant as GW_ tables keep it: UTC without zone."""
    return instante.astimezone(dt.UTC).replace(tzinfo=None)
