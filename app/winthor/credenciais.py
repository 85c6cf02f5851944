"""GW_CREDENCIAL (logins), GW_CHAVE (keys of terminals) and the gateway's own values in GW_CONFIG."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.winthor.esquema.gateway_tables import GW_CHAVE, GW_CREDENCIAL, GW_SESSAO

TODAS = "*"


@dataclass(frozen=True, slots=True)
class Credencial:
    """A login or a key: the hash of its secret, its branches (None: all) and its scopes. ``id``: login or key id."""

    id: str
    login: str
    hash: str
    filiais: frozenset[str] | None
    escopos: frozenset[str]


@dataclass(frozen=True, slots=True)
class NovoLogin:
    """A login to insert. ``filiais``: codes with commas between, or TODAS; ``escopos``: with commas between;
    ``criacao`` is UTC without zone."""

    login: str
    hash: str
    filiais: str
    escopos: str
    criacao: dt.datetime


@dataclass(frozen=True, slots=True)
class NovaChave:
    """A key to insert; its members as those of NovoLogin."""

    id: str
    login: str
    hash: str
    filiais: str
    escopos: str
    criacao: dt.datetime


@dataclass(frozen=True, slots=True)
class LoginLido:
    """A login as it is stored, without its hash. Times are UTC without zone."""

    login: str
    filiais: str
    escopos: str
    ativo: bool
    criacao: dt.datetime


@dataclass(frozen=True, slots=True)
class ChaveLida:
    """A key as it is stored, without its hash. Times are UTC without zone; ``ultimo_uso`` None: never."""

    id: str
    login: str
    filiais: str
    escopos: str
    ativo: bool
    criacao: dt.datetime
    ultimo_uso: dt.datetime | None


def find(connection: sa.Connection, login: str) -> Credencial | None:
    """The active login."""
    return _login(connection, login, "S")


def find_revogado(connection: sa.Connection, login: str) -> Credencial | None:
    """The login that was revoked."""
    return _login(connection, login, "N")


def _login(connection: sa.Connection, login: str, ativo: str) -> Credencial | None:
    c = GW_CREDENCIAL.c
    query = sa.select(c.LOGIN, c.LOGIN.label("ID"), c.SENHA_HASH.label("HASH"), c.FILIAIS, c.ESCOPOS)
    row = connection.execute(query.where(c.LOGIN == login, c.ATIVO == ativo)).first()
    return None if row is None else _credencial(row)


def find_chave(connection: sa.Connection, keyid: str) -> Credencial | None:
    """The active key."""
    c = GW_CHAVE.c
    query = sa.select(c.LOGIN, c.KEYID.label("ID"), c.HASH, c.FILIAIS, c.ESCOPOS)
    row = connection.execute(query.where(c.KEYID == keyid, c.ATIVO == "S")).first()
    return None if row is None else _credencial(row)


def _credencial(row: Any) -> Credencial:
    filiais = None if row.FILIAIS == TODAS else frozenset(row.FILIAIS.split(","))
    return Credencial(row.ID, row.LOGIN, row.HASH, filiais, frozenset(row.ESCOPOS.split(",")))


def insert(connection: sa.Connection, novo: NovoLogin) -> None:
    """Insert a login. Raises Duplicado when it is there already."""
    row = {
        "LOGIN": novo.login,
        "SENHA_HASH": novo.hash,
        "FILIAIS": novo.filiais,
        "ESCOPOS": novo.escopos,
        "ATIVO": "S",
        "DTCRIACAO": novo.criacao,
    }
    connection.execute(sa.insert(GW_CREDENCIAL), [row])


def insert_chave(connection: sa.Connection, nova: NovaChave) -> None:
    """Insert a key."""
    row = {
        "KEYID": nova.id,
        "LOGIN": nova.login,
        "HASH": nova.hash,
        "FILIAIS": nova.filiais,
        "ESCOPOS": nova.escopos,
        "ATIVO": "S",
        "DTCRIACAO": nova.criacao,
    }
    connection.execute(sa.insert(GW_CHAVE), [row])


def count_chaves(connection: sa.Connection, login: str) -> int:
    """Active keys of a login."""
    query = sa.select(sa.func.count()).select_from(GW_CHAVE).where(GW_CHAVE.c.LOGIN == login, GW_CHAVE.c.ATIVO == "S")
    return int(connection.execute(query).scalar_one())


def find_all(connection: sa.Connection) -> list[LoginLido | ChaveLida]:
    """Logins, then keys."""
    c, k = GW_CREDENCIAL.c, GW_CHAVE.c
    logins = connection.execute(sa.select(c.LOGIN, c.FILIAIS, c.ESCOPOS, c.ATIVO, c.DTCRIACAO).order_by(c.LOGIN))
    keys = connection.execute(
        sa.select(k.KEYID, k.LOGIN, k.FILIAIS, k.ESCOPOS, k.ATIVO, k.DTCRIACAO, k.DTULTIMOUSO).order_by(
            k.LOGIN, k.DTCRIACAO
        )
    )
    return [
        *(LoginLido(row.LOGIN, row.FILIAIS, row.ESCOPOS, row.ATIVO == "S", row.DTCRIACAO) for row in logins),
        *(
            ChaveLida(row.KEYID, row.LOGIN, row.FILIAIS, row.ESCOPOS, row.ATIVO == "S", row.DTCRIACAO, row.DTULTIMOUSO)
            for row in keys
        ),
    ]


def callers_das(connection: sa.Connection, filiais: frozenset[str]) -> set[str]:
    """Logins, and owners of keys, all of whose branches are among ``filiais``."""
    return {login for login, dele in _filiais_dos_callers(connection).items() if dele <= filiais}


def callers_em(connection: sa.Connection, filiais: frozenset[str] | None) -> set[str]:
    """Logins, and owners of keys, that act in one of ``filiais``; None: all."""
    donos = _filiais_dos_callers(connection)
    return {login for login, dele in donos.items() if filiais is None or TODAS in dele or dele & filiais}


def _filiais_dos_callers(connection: sa.Connection) -> dict[str, set[str]]:
    donos: dict[str, set[str]] = {}
    for tabela in (GW_CREDENCIAL, GW_CHAVE):
        for row in connection.execute(sa.select(tabela.c.LOGIN, tabela.c.FILIAIS)):
            donos.setdefault(row.LOGIN, set()).update(row.FILIAIS.split(","))
    return donos


def revogar(connection: sa.Connection, nome: str) -> list[str]:
    """Revoke the key with this id, or the login with this name and all its keys; returns what was revoked."""
    feitas: list[str] = []
    chaves = sa.or_(GW_CHAVE.c.KEYID == nome, GW_CHAVE.c.LOGIN == nome)
    ativas = sa.select(GW_CHAVE.c.KEYID).where(chaves, GW_CHAVE.c.ATIVO == "S")
    feitas += list(connection.execute(ativas).scalars())
    connection.execute(sa.update(GW_CHAVE).where(chaves).values(ATIVO="N"))
    login = sa.update(GW_CREDENCIAL).where(GW_CREDENCIAL.c.LOGIN == nome, GW_CREDENCIAL.c.ATIVO == "S")
    if connection.execute(login.values(ATIVO="N")).rowcount:
        feitas.append(nome)
    return feitas


def trocar_senha(connection: sa.Connection, login: str, novo_hash: str) -> bool:
    """Change the password of an active login; whether there is one."""
    c = GW_CREDENCIAL.c
    update = sa.update(GW_CREDENCIAL).where(c.LOGIN == login, c.ATIVO == "S").values(SENHA_HASH=novo_hash)
    return connection.execute(update).rowcount == 1


def sessao_encerrada(connection: sa.Connection, resumo: str) -> bool:
    """Whether a session of the panel was ended before its time."""
    return connection.execute(sa.select(GW_SESSAO.c.RESUMO).where(GW_SESSAO.c.RESUMO == resumo)).first() is not None


def encerrar_sessao(connection: sa.Connection, resumo: str, fim: dt.datetime, agora: dt.datetime) -> None:
    """Remember a session as ended until ``fim`` (UTC), and forget those whose end is past anyway."""
    connection.execute(sa.delete(GW_SESSAO).where(GW_SESSAO.c.DTFIM < agora))
    if not sessao_encerrada(connection, resumo):
        connection.execute(sa.insert(GW_SESSAO), [{"RESUMO": resumo, "DTFIM": fim}])


def usar_chave(connection: sa.Connection, keyid: str, agora: dt.datetime) -> None:
    """Note when a key was last used (UTC)."""
    connection.execute(sa.update(GW_CHAVE).where(GW_CHAVE.c.KEYID == keyid).values(DTULTIMOUSO=agora))
