"""A gateway under test, with its client, its clock and eyes on its tables."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import simplejson
import sqlalchemy as sa
from sqlalchemy import event
from werkzeug.test import TestResponse

from app import create_app
from app.api.problemas import SEGURAR
from app.services.gateway import Gateway
from app.settings import Settings
from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.tables import PCLOGPEDIDOAPI, winthor

ROTA = "/winthor/varejo/matcon/v1/orders/pdvsync"
LOGIN = "/winthor/autenticacao/v1/login"

# Text of a row's physical address.
ENDERECOS = {
    "sqlite": "CAST(rowid AS text)",
    "postgresql": "CAST(ctid AS text)",
    "oracle": "ROWIDTOCHAR(ROWID)",
}

# What a refusal may write.
DO_LOG = frozenset({"PCLOGPEDIDOAPI", "GW_OPERACAO", "GW_PRE_VENDA", "GW_RECUSA_PRODUTO"})
# Where numbers are drawn, each in a transaction of its own (R2).
CONTADOR = frozenset({"PCUSUARI"})
# What an operation may leave that had no effect.
SEM_EFEITO = DO_LOG | CONTADOR

# The statements of ``fotografia`` and the names of their columns: dialect, table.
_SELECTS: dict[tuple[str, str], tuple[str, list[str]]] = {}

_TOKENS: dict[tuple[int, str, dt.datetime, str], str] = {}


class Relogio:
    """A clock that moves only when told."""

    def __init__(self, agora: dt.datetime) -> None:
        self.agora = agora

    def __call__(self) -> dt.datetime:
        return self.agora

    def andar(self, **quanto: float) -> None:
        self.agora += dt.timedelta(**quanto)


class Casa:
    """The demo shop: post pre-sales to it, then look at every table."""

    def __init__(self, engine: sa.Engine, settings: Settings, relogio: Relogio) -> None:
        self.engine = engine
        self.settings = settings
        self.relogio = relogio
        self.app = create_app(settings, clock=relogio)
        self._tokens: dict[str, str] = {}

    def com(self, **mudancas: Any) -> Casa:
        """Another gateway on the same database, with other settings."""
        return Casa(self.engine, replace(self.settings, **mudancas), self.relogio)

    def close(self) -> None:
        self.gw.db.engine.dispose()

    @property
    def gw(self) -> Gateway:
        gw: Gateway = self.app.extensions["prevenda"]
        return gw

    def token(self, login: str) -> str:
        # A login costs a slow hash on purpose: the same one is not repeated by every test.
        if login not in self._tokens:
            linha = self.tabela("GW_CREDENCIAL", LOGIN=login)
            chave = (self.settings.jwt_minutos, self.gw.chave_jwt, self.relogio.agora, str(linha))
            if chave not in _TOKENS:
                answer = self.app.test_client().post(LOGIN, json={"login": login, "senha": "demo"})
                _TOKENS[chave] = answer.get_json()["accessToken"]
            self._tokens[login] = _TOKENS[chave]
        return self._tokens[login]

    def pedir(self, method: str, path: str, login: str | None = "hub", **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", {}))
        if login is not None:
            headers["Authorization"] = f"Bearer {self.token(login)}"
        return self.app.test_client().open(path, method=method, headers=headers, **kwargs)

    def enviar(
        self, corpo: dict[str, Any], login: str = "hub", *, method: str = "POST", headers: Any = (), rota: str = ROTA
    ) -> TestResponse:
        """Send a pre-sale, decimals as they are."""
        texto = simplejson.dumps(corpo, use_decimal=True)
        return self.pedir(
            method, rota, login, data=texto.encode(), content_type="application/json", headers=dict(headers)
        )

    def reservar(self, corpo: dict[str, Any], login: str = "hub") -> int:
        """Send a pre-sale that must be accepted, and give its number."""
        answer = self.enviar(corpo, login)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return int(answer.get_json()["idPedidoRetaguarda"])

    def recusado(
        self, corpo: dict[str, Any], login: str = "hub", *, sorteia: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        """Send a pre-sale that must be refused; nothing but the log may have changed. Gives the problem body.

        ``sorteia``: what is refused only under the locks may have drawn a number (R2).
        """
        sem = SEM_EFEITO if sorteia else DO_LOG
        antes = self.fotografia(sem=sem)
        linhas = self.contar("PCLOGPEDIDOAPI")
        answer = self.enviar(corpo, login, **kwargs)
        body: dict[str, Any] = answer.get_json(force=True)
        assert body["success"] is False, body
        assert answer.mimetype == "application/problem+json"
        assert self.fotografia(sem=sem) == antes
        assert self.contar("PCLOGPEDIDOAPI") == linhas + 1
        assert self.tabela("PCLOGPEDIDOAPI")[-1]["STATUS"] == "R"
        return body

    def tabela(self, nome: str, **iguais: Any) -> list[dict[str, Any]]:
        """All rows of a table, in the order of its key (or of insertion), with exact values."""
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(self._select(nome, **iguais))]

    def _select(self, nome: str, **iguais: Any) -> sa.Select[Any]:
        table = winthor.tables.get(nome, gateway.tables.get(nome))
        assert table is not None, nome
        query = sa.select(table).where(*[table.c[coluna] == valor for coluna, valor in iguais.items()])
        if table.primary_key.columns:
            query = query.order_by(*table.primary_key.columns)
        elif table is PCLOGPEDIDOAPI and self.engine.dialect.name == "oracle":
            # A ROWID tells nothing of when its row came; the number of its operation does.
            op = gateway.tables["GW_OPERACAO"].c
            mesma = op.LOGROWID == sa.literal_column("ROWIDTOCHAR(PCLOGPEDIDOAPI.ROWID)")
            query = query.outerjoin_from(table, op.ID.table, mesma).order_by(
                sa.func.coalesce(op.ID, sa.literal_column("'0'"))
            )
        else:
            query = query.order_by(sa.literal_column("ctid" if self.postgresql else "rowid"))
        return query

    @property
    def postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def linha(self, nome: str, **iguais: Any) -> dict[str, Any]:
        """The one row that matches."""
        rows = self.tabela(nome, **iguais)
        assert len(rows) == 1, f"{nome}: {len(rows)} rows"
        return rows[0]

    def contar(self, nome: str) -> int:
        return len(self.tabela(nome))

    def qtreserv(self, codprod: int, filial: str = "1") -> Decimal:
        return Decimal(self.linha("PCEST", CODFILIAL=filial, CODPROD=codprod)["QTRESERV"] or 0)

    def executar(self, sql: str, **parametros: Any) -> None:
        """Change the database as WinThor or its DBA would."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(sql), parametros)

    def fotografia(self, sem: frozenset[str] = frozenset()) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table but ``sem``, in the driver's own types: to compare, or to search."""
        nomes = [str(nome) for nome in (*winthor.tables, *gateway.tables) if nome not in sem]
        with self.engine.connect() as connection:
            dialect = connection.dialect
            selects = [self._texto(dialect, nome) for nome in nomes]
            cursor: Any = connection.connection.cursor()
            juntos = dialect.name == "postgresql"  # one round trip for all
            if juntos:
                cursor.execute(";".join(texto for texto, _ in selects))
            fotos = {}
            for nome, (texto, colunas) in zip(nomes, selects, strict=True):
                if not juntos:
                    cursor.execute(texto)
                fotos[nome] = [dict(zip(colunas, row, strict=True)) for row in cursor.fetchall()]
                if juntos:
                    cursor.nextset()
            cursor.close()
            return fotos

    def _texto(self, dialect: sa.Dialect, nome: str) -> tuple[str, list[str]]:
        """SELECT of a table for a dialect, and its columns."""
        if (dialect.name, nome) not in _SELECTS:
            query = self._select(nome)
            _SELECTS[dialect.name, nome] = str(query.compile(dialect=dialect)), query.selected_columns.keys()
        return _SELECTS[dialect.name, nome]

    def ultimo_log(self) -> dict[str, Any]:
        """The newest row of PCLOGPEDIDOAPI, its JSON read."""
        operacao = self.tabela("GW_OPERACAO")[-1]
        address = sa.literal_column(ENDERECOS[self.engine.dialect.name])
        table = winthor.tables["PCLOGPEDIDOAPI"]
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(table).where(address == operacao["LOGROWID"])).one()
        return {**row._mapping, "JSON": simplejson.loads(row.JSON, use_decimal=True)}

    def seguradas(self) -> list[float | None]:
        """For each answer from now on, the seconds that the server is to hold it back; None: it goes at once."""
        ditas: list[float | None] = []
        dentro = self.app.wsgi_app

        def anotar(environ: Any, start_response: Any) -> Any:
            resposta = dentro(environ, start_response)
            ditas.append(environ.get(SEGURAR))
            return resposta

        self.app.wsgi_app = anotar  # type: ignore[method-assign]
        return ditas

    @contextlib.contextmanager
    def comandos(self) -> Iterator[list[str]]:
        """The statements the gateway sends meanwhile; an executemany is one, BEGIN and COMMIT are none."""
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith("BEGIN"):
                sent.append(statement)

        event.listen(self.gw.db.engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(self.gw.db.engine, "before_cursor_execute", note)
