"""What the doctor asks the database itself: clock, triggers, grants, locks. Nothing is written.

Oracle's dictionary views differ in what they show to whom; each function says what it does then.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.winthor.db.faults import classify
from app.winthor.esquema.catalogo import tabelas_usadas
from app.winthor.esquema.tables import PCFILIAL


def relogio(connection: sa.Connection, fuso: dt.tzinfo) -> dt.datetime:
    """The database's own clock, without zone. SQLite has none: the machine's, which it tells in UTC, seen in ``fuso``.

    On Oracle it is SYSDATE, which WinThor writes; CURRENT_TIMESTAMP would be in the zone of our session.
    """
    oracle = connection.dialect.name == "oracle"
    clock = sa.func.sysdate(type_=sa.DateTime()) if oracle else sa.func.current_timestamp(type_=sa.DateTime())
    instante: dt.datetime = connection.execute(sa.select(clock)).scalar_one()
    if connection.dialect.name == "sqlite":
        instante = instante.replace(tzinfo=dt.UTC).astimezone(fuso)
    return instante.replace(tzinfo=None)


class _AgoraUtc(FunctionElement[dt.datetime]):
    """The database's clock in UTC, without zone."""

    inherit_cache = True
    name = "agora_utc"
    type = sa.DateTime()


@compiles(_AgoraUtc)
def _agora_utc(_element: _AgoraUtc, compiler: SQLCompiler, **_: Any) -> str:
    if compiler.dialect.name == "sqlite":
        return "CURRENT_TIMESTAMP"
    relogio = "SYSTIMESTAMP" if compiler.dialect.name == "oracle" else "clock_timestamp()"
    return f"CAST({relogio} AT TIME ZONE 'UTC' AS TIMESTAMP)"


def agora_utc(connection: sa.Connection) -> dt.datetime | None:
    """The database's clock, UTC without zone; None on SQLite, which has none but the machine's."""
    if connection.dialect.name == "sqlite":
        return None
    instante: dt.datetime = connection.execute(sa.select(_AgoraUtc())).scalar_one()
    return instante.replace(tzinfo=None)


# --- triggers


@dataclass(frozen=True, slots=True, order=True)
class Gatilho:
    """An enabled trigger; ``usa``: the tables it names itself, without those of the packages it calls."""

    tabela: str
    nome: str
    quando: str
    usa: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GatilhosVistos:
    """The triggers that this user sees; ``todos``: whether these are all of them."""

    gatilhos: Sequence[Gatilho]
    todos: bool


_GATILHOS_ORACLE = """
SELECT T.TABLE_OWNER, T.TABLE_NAME, T.OWNER, T.TRIGGER_NAME, T.TRIGGER_TYPE, T.TRIGGERING_EVENT
FROM {prefixo}_TRIGGERS T WHERE T.STATUS = 'ENABLED' AND T.TABLE_NAME IN :tabelas"""
_USOS_ORACLE = """
SELECT D.OWNER, D.NAME, D.REFERENCED_NAME FROM {prefixo}_DEPENDENCIES D
WHERE D.TYPE = 'TRIGGER' AND D.REFERENCED_TYPE = 'TABLE' AND D.NAME IN :nomes"""
_GATILHOS = {
    "postgresql": """
        SELECT UPPER(event_object_table), trigger_name, action_timing || ' ' || event_manipulation
        FROM information_schema.triggers""",
    "sqlite": "SELECT UPPER(tbl_name), name, '' FROM sqlite_master WHERE type = 'trigger'",
}


def gatilhos(connection: sa.Connection, tabelas: Mapping[str, str]) -> GatilhosVistos:
    """Enabled triggers on ``tabelas`` (name → owner, "" when unknown).

    On Oracle from DBA_TRIGGERS; without it ALL_TRIGGERS shows another owner's triggers to hardly anybody.
    """
    if connection.dialect.name == "oracle":
        return _gatilhos_oracle(connection, tabelas)
    rows = connection.execute(sa.text(_GATILHOS[connection.dialect.name]))
    vistos = {Gatilho(str(t), str(nome), str(quando)) for t, nome, quando in rows if t in tabelas}
    return GatilhosVistos(sorted(vistos), todos=True)


def _gatilhos_oracle(connection: sa.Connection, tabelas: Mapping[str, str]) -> GatilhosVistos:
    eu = str(connection.execute(sa.text("SELECT USER FROM DUAL")).scalar())
    try:
        return GatilhosVistos(_gatilhos_de(connection, "DBA", tabelas), todos=True)
    except sa.exc.DBAPIError as error:  # a statement that fails on Oracle undoes only itself
        if str(classify(error)) != "ORA-00942":
            raise
        achados = _gatilhos_de(connection, "ALL", tabelas)
    return GatilhosVistos(achados, todos=all(dono in {"", eu} for dono in tabelas.values()))


def _gatilhos_de(connection: sa.Connection, prefixo: str, tabelas: Mapping[str, str]) -> list[Gatilho]:
    rows = _em(connection, _GATILHOS_ORACLE.format(prefixo=prefixo), tabelas=tabelas)
    daqui = [row for row in rows if tabelas[row.table_name] in {"", row.table_owner}]
    usos: dict[tuple[str, str], set[str]] = {}
    for row in _em(connection, _USOS_ORACLE.format(prefixo=prefixo), nomes={row.trigger_name for row in daqui}):
        usos.setdefault((row.owner, row.name), set()).add(row.referenced_name)
    return sorted(
        Gatilho(
            row.table_name,
            row.trigger_name,
            f"{row.trigger_type} {row.triggering_event}",
            frozenset(usos.get((row.owner, row.trigger_name), ())),
        )
        for row in daqui
    )


def _em(connection: sa.Connection, sql: str, **listas: Collection[str]) -> list[Any]:
    if not all(listas.values()):
        return []
    binds: list[Any] = [sa.bindparam(nome, sorted(valores), expanding=True) for nome, valores in listas.items()]
    return list(connection.execute(sa.text(sql).bindparams(*binds)))


# --- branches

TODAS_AS_FILIAIS = "99"  # the pseudo-branch of parameters that hold everywhere


def filiais(connection: sa.Connection) -> list[str]:
    """The codes of all branches, in the order of their numbers."""
    t = PCFILIAL.c
    codigos = connection.execute(sa.select(t.CODIGO).where(t.CODIGO != TODAS_AS_FILIAIS)).scalars()
    return sorted(codigos, key=lambda codigo: (len(codigo), codigo))


# --- grants


@dataclass(frozen=True, slots=True)
class Concessao:
    """A privilege on a table: SELECT, INSERT, UPDATE, DELETE."""

    tabela: str
    verbo: str


_GRANT = re.compile(r"^GRANT ([A-Z, ]+) ON WINTHOR\.(\w+) TO", re.MULTILINE)


def concessoes(script: str) -> Iterator[Concessao]:
    """What ``sql/gateway/grants.sql`` grants."""
    for verbos, tabela in _GRANT.findall(script):
        yield from (Concessao(tabela, verbo.strip()) for verbo in verbos.split(","))


def concessoes_que_faltam(connection: sa.Connection, exigidas: Collection[Concessao]) -> list[Concessao] | None:
    """Those the session does not have; None on SQLite, which grants nothing.

    Oracle is asked to parse a statement of each kind, which checks the privilege, however it was granted, and runs
    nothing.
    """
    tem = {"oracle": _pode_no_oracle, "postgresql": _pode_no_postgresql}.get(connection.dialect.name)
    return None if tem is None else [concessao for concessao in exigidas if not tem(connection, concessao)]


SEM_CONCESSAO = {"ORA-00942", "ORA-01031", "ORA-41900"}  # the last: since 23ai, with the privilege's name
_AMOSTRAS = {
    "SELECT": "SELECT {coluna} FROM {tabela} WHERE 1 = 0",
    "INSERT": "INSERT INTO {tabela} ({coluna}) SELECT NULL FROM DUAL WHERE 1 = 0",
    "UPDATE": "UPDATE {tabela} SET {coluna} = {coluna} WHERE 1 = 0",
    "DELETE": "DELETE FROM {tabela} WHERE 1 = 0",
}


def _pode_no_oracle(connection: sa.Connection, concessao: Concessao) -> bool:
    """Whether the statement parses; it is not executed, and would touch no row."""
    coluna = tabelas_usadas()[concessao.tabela][0]
    driver: Any = connection.connection.dbapi_connection
    with driver.cursor() as cursor:
        try:
            cursor.parse(_AMOSTRAS[concessao.verbo].format(tabela=concessao.tabela, coluna=coluna))
        except Exception as error:
            if getattr(error.args[0], "full_code", "") not in SEM_CONCESSAO:
                raise
            return False
    return True


def _pode_no_postgresql(connection: sa.Connection, concessao: Concessao) -> bool:
    """A table that does not exist is another finding."""
    query = sa.text("SELECT COALESCE(has_table_privilege(to_regclass(LOWER(:tabela)), :verbo), true)")
    return bool(connection.execute(query, {"tabela": concessao.tabela, "verbo": concessao.verbo}).scalar())


# --- locks

_TRAVADAS = {
    "oracle": """
        SELECT DISTINCT O.OBJECT_NAME FROM V$LOCKED_OBJECT L JOIN ALL_OBJECTS O ON O.OBJECT_ID = L.OBJECT_ID
        WHERE L.SESSION_ID = TO_NUMBER(SYS_CONTEXT('USERENV', 'SID'))""",
    "postgresql": """
        SELECT DISTINCT UPPER(c.relname) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation AND c.relkind = 'r'
        WHERE l.pid = pg_backend_pid() AND l.mode IN ('RowShareLock', 'RowExclusiveLock')""",
}


def tabelas_travadas(connection: sa.Connection) -> list[str] | None:
    """Tables in which this transaction holds rows, triggers' included; None where the session may not know.

    Oracle: needs SELECT on V_$LOCKED_OBJECT. SQLite locks the database as a whole.
    """
    query = _TRAVADAS.get(connection.dialect.name)
    if query is None:
        return None
    try:
        return sorted(map(str, connection.execute(sa.text(query)).scalars()))
    except sa.exc.DBAPIError as error:
        if str(classify(error)) != "ORA-00942":
            raise
        return None


# --- the instance's parameters

_PARAMETROS = "SELECT NAME, VALUE FROM V$PARAMETER WHERE NAME IN ('open_cursors', 'max_idle_blocker_time')"


def parametros_da_instancia(connection: sa.Connection) -> dict[str, int] | None:
    """Oracle's parameters that decide about sessions; one that the release has not is not there. None where they may
    not be read."""
    try:
        rows = connection.execute(sa.text(_PARAMETROS)).all()
    except sa.exc.DBAPIError as error:  # a statement that fails on Oracle undoes only itself
        if str(classify(error)) not in SEM_CONCESSAO:
            raise
        return None
    return {str(nome).lower(): int(valor or 0) for nome, valor in rows}
