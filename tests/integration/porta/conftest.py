"""A gateway on SQLite with more callers than the demo has: what the door does never depends on the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.api.auth import emitir
from app.services.acesso.credenciais import ADMIN, PDV, RETAGUARDA, RETAGUARDA_AGIR, Caller, criar_chave
from app.settings import Settings
from app.winthor import credenciais
from app.winthor.credenciais import NovoLogin
from app.winthor.db.transaction import Database
from tests.support.gateway import Casa, Relogio

# Logins beside the demo's: who only reads, who acts in one branch, who does everything but sell.
MAIS_LOGINS = {
    "leitura1": ("1", RETAGUARDA),
    "retaguarda1": ("1", f"{RETAGUARDA},{RETAGUARDA_AGIR}"),
    "chefe": ("*", ADMIN),
}


class Porta(Casa):
    """The demo shop with every kind of caller; ``chave`` is a terminal's key of branch 1, ``revogada`` was one."""

    def __init__(self, engine: sa.Engine, settings: Settings, relogio: Relogio) -> None:
        super().__init__(engine, settings, relogio)
        db = Database(engine)
        molde = self.linha("GW_CREDENCIAL", LOGIN="hub")  # its hash serves all: scrypt is slow by design
        for login, (filiais, escopos) in MAIS_LOGINS.items():
            novo = NovoLogin(login, molde["SENHA_HASH"], filiais, escopos, molde["DTCRIACAO"])
            db.run(lambda c, novo=novo: credenciais.insert(c, novo))
        self._tokens["chave"] = criar_chave(db, "caixa-1", "1", PDV, relogio())
        self._tokens["revogada"] = criar_chave(db, "caixa-2", "1", PDV, relogio())
        db.run(lambda c: credenciais.revogar(c, "caixa-2"))

    def token(self, login: str) -> str:
        """A token without the login's slow hash."""
        if login not in self._tokens:
            with self.gw.db.read() as connection:
                credencial = credenciais.find(connection, login)
            assert credencial is not None, login
            caller = Caller(login, credencial.filiais, credencial.escopos)
            self._tokens[login] = emitir(caller, self.gw.chave_jwt, self.relogio(), 120)
        return self._tokens[login]


@pytest.fixture
def porta(sqlite_engine: sa.Engine, now: dt.datetime) -> Iterator[Porta]:
    """The gateway with every kind of caller, nothing kept in a cache."""
    casa = Porta(sqlite_engine, Settings(database_url=str(sqlite_engine.url), cache_segundos=0), Relogio(now))
    yield casa
    casa.close()
