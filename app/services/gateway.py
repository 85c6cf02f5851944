"""What every use case works with, put together once by ``app.create_app``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from app.cep import Verificador
from app.mapping import Catalog, Maps, clip
from app.settings import Settings
from app.winthor.cadastros import Cadastros
from app.winthor.db import Database
from app.winthor.parametros import Parametros
from app.winthor.pedidos import Tabelas


@dataclass(frozen=True, slots=True)
class Gateway:
    """Settings, database, maps and the clock.

    ``tabelas``: what rows are inserted into, with the site's own columns, which read ``caminhos_extras`` of the JSON.
    ``colunas``: the built-in columns in the site's widths, which count bytes of ``codificacao``.
    """

    settings: Settings
    db: Database
    cadastros: Cadastros
    parametros: Parametros
    maps: Maps
    colunas: Catalog
    codificacao: str
    tabelas: Tabelas
    json_paths: Collection[str]
    clock: Callable[[], dt.datetime]
    cep: Verificador
    caminhos_extras: Sequence[str]
    chave_jwt: str = field(repr=False)
    demo: bool = False

    def aparar(self, tabela: str, coluna: str, texto: str) -> str:
        """The longest start of ``texto`` that the column holds."""
        spec = self.colunas[tabela][coluna]
        return clip(texto, spec.length, self.codificacao, spec.characters)

    def agora(self) -> dt.datetime:
        """Now, aware, UTC."""
        return self.clock()

    def hora_do_erp(self, instante: dt.datetime) -> dt.datetime:
        """An instant as WinThor's clock shows it: local to PREVENDA_FUSO, without zone (R9)."""
        return instante.astimezone(self.settings.fuso).replace(tzinfo=None, microsecond=0)


def utc(instante: dt.datetime) -> dt.datetime:
    """An aware instant as GW_ tables keep it: UTC without zone."""
    return instante.astimezone(dt.UTC).replace(tzinfo=None)
