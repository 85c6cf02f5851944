"""What the gateway sends for an operation, captured once and sent again by hand: the *same work* without the gateway.

The statements and the shape of their parameters stay; only what must be new each time is replaced: the operation's id,
``numero``, the numbers drawn and replaced, the address of the log row.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app import create_app
from app.settings import Settings
from tests.bench.banco import CHAVE, texto
from tests.bench.carga import JSON
from tests.support.builders import pre_venda
from tests.support.gateway import LOGIN, ROTA

_CTID = re.compile(r"\(\d+,\d+\)")
_ID = re.compile(r"[0-9a-f]{32}")

COMMIT = "COMMIT"

Parametros = Mapping[str, Any]


@dataclass(slots=True)
class Execucao:
    """What changes from one execution to the next. ``antigo``: the number given, ``novo``: the number drawn."""

    numero: str
    antigo: int = 0
    novo: int = 0
    operacao: str = field(default_factory=lambda: secrets.token_hex(16))
    endereco: str = ""


@dataclass(slots=True)
class Comando:
    """A statement with its parameters; COMMIT has none."""

    texto: str
    parametros: Parametros | list[Parametros] | None = None
    trocas: list[tuple[str, Callable[[Execucao], Any]]] = field(default_factory=list)

    @property
    def ponto(self) -> bool:
        return self.texto == COMMIT


@dataclass(frozen=True, slots=True)
class Roteiro:
    """The statements of one operation, in order."""

    comandos: list[Comando]

    @property
    def quantos(self) -> int:
        """Statements; an executemany is one, BEGIN and COMMIT are none."""
        return sum(not comando.ponto for comando in self.comandos)

    def insercoes(self, *tabelas: str) -> list[Comando]:
        """The statements that insert into these tables."""
        return [c for c in self.comandos if c.texto.startswith(tuple(f"INSERT INTO {t} " for t in tabelas))]

    def executar(self, connection: psycopg.Connection, execucao: Execucao) -> int:
        """Send it all; the number that was drawn, if one was."""
        cursor = connection.cursor()
        for comando in self.comandos:
            if comando.ponto:
                connection.commit()
            else:
                enviar(cursor, comando, execucao)
        return execucao.novo


def enviar(cursor: psycopg.Cursor, comando: Comando, execucao: Execucao) -> None:
    """Send one statement, and note in ``execucao`` what later ones need of its answer."""
    sql: Any = comando.texto
    if isinstance(comando.parametros, list):
        novos = {nome: valor(execucao) for nome, valor in comando.trocas}
        cursor.executemany(sql, [{**linha, **novos} for linha in comando.parametros] if novos else comando.parametros)
        return
    parametros = dict(comando.parametros or {})
    for nome, valor in comando.trocas:
        parametros[nome] = valor(execucao)
    cursor.execute(sql, parametros)
    if cursor.description is None:
        return
    rows = cursor.fetchall()
    if comando.texto.startswith("UPDATE PCUSUARI"):
        execucao.novo = int(rows[0][0]) - 1  # the counter is past the number drawn
    elif "RETURNING" in comando.texto:
        execucao.endereco = rows[0][0]


class Captura:
    """The gateway in this process, on the benchmark's database, with warm caches and open ears."""

    def __init__(self, url: sa.URL) -> None:
        self._app: Flask = create_app(Settings(database_url=texto(url), jwt_chave=CHAVE))
        self._client = self._app.test_client()
        answer = self._client.post(LOGIN, json={"login": "hub", "senha": "demo"})
        self._headers = {"Authorization": f"Bearer {answer.get_json()['accessToken']}"}
        self._engine: sa.Engine = self._app.extensions["prevenda"].db.engine

    def vida(self, itens: list[JSON]) -> dict[str, Roteiro]:
        """The scripts of a reservation of ``itens``, of its repetition, its alteration and its cancellation."""
        self._enviar(pre_venda(*itens, numero=f"AQUECER-{secrets.token_hex(4)}"), 201)
        numero = f"CAPTURA-{secrets.token_hex(4)}"
        corpo = pre_venda(*itens, numero=numero)
        roteiros: dict[str, Roteiro] = {}
        roteiros["reservar"], a = self._capturar(corpo, numero, None)
        roteiros["repetir"], _ = self._capturar(corpo, numero, a)
        alteracao = {**corpo, "preVendaItens": [{**i, "quantidade": 2} for i in itens], "idRetaguarda": a}
        roteiros["alterar"], b = self._capturar(alteracao, numero, a)
        roteiros["cancelar"], _ = self._capturar({**corpo, "situacaoPreVenda": 0, "idRetaguarda": b}, numero, b)
        return roteiros

    def _capturar(self, corpo: JSON, numero: str, antigo: int | None) -> tuple[Roteiro, int]:
        with self._ouvir() as ouvidos:
            novo = self._enviar(corpo, None)
        for comando in ouvidos:
            linhas = comando.parametros if isinstance(comando.parametros, list) else [comando.parametros or {}]
            comando.trocas += _trocas(linhas[0], numero, antigo, novo)
        return Roteiro(ouvidos), novo

    def _enviar(self, corpo: JSON, http: int | None) -> int:
        answer = self._client.post(ROTA, json=corpo, headers=self._headers)
        if answer.status_code not in ({http} if http else {200, 201}):
            raise RuntimeError(answer.get_data(as_text=True))
        return int(answer.get_json(force=True)["idPedidoRetaguarda"])

    @contextmanager
    def _ouvir(self) -> Iterator[list[Comando]]:
        ouvidos: list[Comando] = []

        def comando(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            copia = [dict(p) for p in parameters] if isinstance(parameters, list) else dict(parameters)
            ouvidos.append(Comando(statement, copia))

        def commit(_connection: Any) -> None:
            ouvidos.append(Comando(COMMIT))

        # What the pool rolls back are reads in autocommit: nothing is sent. By hand a read is a transaction, which must
        # end; a real ROLLBACK would throw away every prepared statement of the connection, and the floor with them.
        ouvintes = [("before_cursor_execute", comando), ("commit", commit), ("rollback", commit)]
        for nome, ouvinte in ouvintes:
            event.listen(self._engine, nome, ouvinte)
        try:
            yield ouvidos
        finally:
            for nome, ouvinte in ouvintes:
                event.remove(self._engine, nome, ouvinte)

    def close(self) -> None:
        self._engine.dispose()


def _trocas(
    linha: Parametros, numero: str, antigo: int | None, novo: int
) -> Iterator[tuple[str, Callable[[Execucao], Any]]]:
    """Which parameters are new in each execution."""
    for nome, valor in linha.items():
        if isinstance(valor, str):
            if valor == numero:
                yield nome, lambda e: e.numero
            elif _CTID.fullmatch(valor):
                yield nome, lambda e: e.endereco
            elif _ID.fullmatch(valor):
                yield nome, lambda e: e.operacao
        elif isinstance(valor, int | Decimal):
            if valor == antigo:
                yield nome, lambda e: e.antigo
            elif 0 <= valor - novo < 60:
                yield nome, lambda e, mais=int(valor) - novo: e.novo + mais
