"""The gateway's own tables, made and changed by numbered scripts, forward only (``sql/gateway/NNNN_purpose.sql``).

No library does it: alembic and yoyo bring a graph of revisions and a way back, and neither is wanted. What a DBA reads,
signs and may run by hand is plain SQL.

A script only adds: tables, nullable columns or ones with a default, indexes. So the version before goes on working on
the tables of the version after, and hosts are replaced one by one. Each statement stands by itself, as on Oracle, which
commits DDL as it goes; what a script finds made already it passes over, so an interrupted one is simply run again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

_TIPOS = (
    (re.compile(r"\bNUMBER\((\d+)\)"), r"NUMERIC(\1, 0)"),
    (re.compile(r"\bNUMBER\("), "NUMERIC("),
    (re.compile(r"\bVARCHAR2\("), "VARCHAR("),
    (re.compile(r"\bTIMESTAMP\(6\)"), "TIMESTAMP"),
    (re.compile(r"\bCLOB\b"), "TEXT"),
)
# How long a script waits for what the gateways of other hosts are reading and writing; without it an index fails at
# once on Oracle (ORA-00054).
ESPERA_DA_DDL_S = 30
_ESPERA_DA_DDL = f"ALTER SESSION SET DDL_LOCK_TIMEOUT = {ESPERA_DA_DDL_S}"
# The object, the column, the same index under another name.
_ORACLE_JA_EXISTE = {955, 1430, 1408}
_POSTGRESQL_JA_EXISTE = {"42P07", "42701"}
_SQLITE_JA_EXISTE = re.compile("already exists|duplicate column name")


@dataclass(frozen=True, slots=True)
class Script:
    """A numbered script; ``comandos`` are its statements in Oracle's words."""

    numero: int
    nome: str
    comandos: tuple[str, ...]


def scripts(pasta: Path) -> list[Script]:
    """All scripts of a folder by number. Raises ValueError when numbers are missing or double."""
    achados = []
    for arquivo in sorted(pasta.glob("[0-9][0-9][0-9][0-9]_*.sql")):
        texto = re.sub(r"--.*", "", arquivo.read_text("utf-8"))
        comandos = tuple(filter(None, (parte.strip() for parte in texto.split(";"))))
        achados.append(Script(int(arquivo.name[:4]), arquivo.stem, comandos))
    if [script.numero for script in achados] != list(range(1, len(achados) + 1)):
        raise ValueError(f"numeração com falhas: {', '.join(script.nome for script in achados)}")
    return achados


def aplicar(engine: sa.Engine, script: Script) -> None:
    """Run a script's statements, each in its own transaction; those whose object exists do nothing."""
    for comando in script.comandos:
        try:
            with engine.begin() as connection:
                if engine.dialect.name == "oracle":
                    connection.exec_driver_sql(_ESPERA_DA_DDL)
                connection.exec_driver_sql(_no_dialeto(comando, engine.dialect.name))
        except DBAPIError as error:
            if not _ja_existe(error):
                raise


def _no_dialeto(comando: str, dialeto: str) -> str:
    if dialeto != "oracle":
        for oracle, outro in _TIPOS:
            comando = oracle.sub(outro, comando)
    return comando


def _ja_existe(error: DBAPIError) -> bool:
    cause: Any = error.orig
    if getattr(cause, "sqlstate", None) is not None:
        return cause.sqlstate in _POSTGRESQL_JA_EXISTE
    code = getattr(cause.args[0], "code", None) if cause.args else None
    return code in _ORACLE_JA_EXISTE if code is not None else bool(_SQLITE_JA_EXISTE.search(str(cause)))


_SO_ACRESCENTA = (
    re.compile(r"CREATE TABLE GW_\w+ \(.*\)", re.DOTALL),
    re.compile(r"CREATE INDEX GW_\w+ ON GW_\w+ \([\w, ]+\)"),
    re.compile(r"ALTER TABLE GW_\w+ ADD \w+ [A-Z0-9]+(?:\(\d+(?:,\d+)?\))?(?: DEFAULT \S+(?: NOT NULL)?)?"),
)


def so_acrescenta(comando: str) -> bool:
    """Whether a statement only adds to the gateway's own tables, and nothing that the version before must fill."""
    return any(forma.fullmatch(comando) for forma in _SO_ACRESCENTA)
