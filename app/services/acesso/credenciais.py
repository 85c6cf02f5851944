"""Who may call: logins with passwords, keys of terminals, their branches and scopes."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.security import check_password_hash, generate_password_hash

from app.services.acesso.tentativas import Tentativas, TentativasDoProcesso
from app.services.gateway import Gateway, utc
from app.winthor import credenciais, sessoes_totvs
from app.winthor.cache import Cache
from app.winthor.credenciais import Credencial, NovaChave, NovoLogin
from app.winthor.db.faults import Duplicado
from app.winthor.db.transaction import Database
from app.winthor.sessoes_totvs import SessaoLida

PDV = "pdv"
RETAGUARDA = "retaguarda"
RETAGUARDA_AGIR = "retaguarda-agir"
ADMIN = "admin"
ESCOPOS = (PDV, RETAGUARDA, RETAGUARDA_AGIR, ADMIN)

LOGIN = re.compile(r"[A-Za-z0-9._@-]{1,60}")
PREFIXO_DA_CHAVE = "gwp_"
_CHAVE = re.compile(r"gwp_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
# One to use and one to change to.
CHAVES_POR_LOGIN = 2
# A revocation takes effect everywhere within this time.
VALIDADE_DO_CACHE_S = 30.0
ANOTA_USO_A_CADA_S = 60.0

# Compared with when the login does not exist, so that both take the same time.
_NINGUEM = generate_password_hash("ninguém", method="scrypt")


class CredencialRecusada(Exception):
    """A credential cannot be made as asked; the text is Portuguese, for the operator."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. ``filiais`` None: every branch. ``versao``: of the password it came in with."""

    login: str
    filiais: frozenset[str] | None
    escopos: frozenset[str]
    versao: str | None = field(default=None, compare=False)

    def pode_na_filial(self, filial: str) -> bool:
        """Whether it may act on the branch."""
        return self.filiais is None or filial in self.filiais

    def tem_escopo(self, escopos: tuple[str, ...]) -> bool:
        """Whether one of its scopes is among ``escopos``; admin does everything but post pre-sales."""
        return bool(self.escopos.intersection(escopos)) or (ADMIN in self.escopos and escopos != (PDV,))


class Porteiro:
    """Knows which logins and keys are active with which rights, and which sessions were ended, at most half a minute
    late; ``tentativas`` slows down guessing."""

    def __init__(self, db: Database, cache_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.tentativas: Tentativas = TentativasDoProcesso(clock)
        validade = min(cache_seconds, VALIDADE_DO_CACHE_S)
        self._db = db
        self._clock = clock
        self._logins: Cache[str, Credencial] = Cache(validade, clock)
        self._chaves: Cache[str, Credencial] = Cache(validade, clock)
        self._sem_login: Cache[str, Credencial] = Cache(validade, clock)
        self._sessoes: Cache[str, bool] = Cache(validade, clock)
        self._do_totvs: Cache[str, SessaoLida] = Cache(validade, clock)
        self._usos: dict[str, float] = {}

    def atual(self, login: str, versao: str | None) -> Caller | None:
        """The caller behind a token or session of this login, with the rights it has now; None when the login is active
        no more, or its password is not the one of ``versao`` (None: of a token that does not say)."""
        credencial = self._logins.get_many([login], self._ler(credenciais.find)).get(login)
        if credencial is None or versao not in (None, versao_da_senha(credencial.hash)):
            return None
        return Caller(credencial.login, credencial.filiais, credencial.escopos, versao_da_senha(credencial.hash))

    def encerrada(self, nonce: str) -> bool:
        """Whether a session of the panel was ended by whoever had it."""

        def load(_missing: list[str]) -> dict[str, bool]:
            with self._db.read() as connection:
                return {nonce: True} if credenciais.sessao_encerrada(connection, resumo(nonce)) else {}

        return nonce in self._sessoes.get_many([nonce], load)

    def encerrar(self, nonce: str, fim: dt.datetime, agora: dt.datetime) -> None:
        """End a session of the panel, whoever has a copy of its cookie; remembered until ``fim``."""
        self._db.run(lambda c: credenciais.encerrar_sessao(c, resumo(nonce), utc(fim), utc(agora)))
        self._sessoes.get_many([nonce], lambda _missing: {nonce: True}, usable=lambda _nonce, sim: sim)

    def pela_chave(self, texto: str, agora: dt.datetime) -> Caller | None:
        """The caller behind a key, None when it is not an active one; its use is noted once a minute."""
        achado = _CHAVE.fullmatch(texto)
        if achado is None:
            return None
        keyid, segredo = achado.groups()
        chave = self._chaves.get_many([keyid], self._ler(credenciais.find_chave)).get(keyid)
        if chave is None or not hmac.compare_digest(chave.hash, resumo(segredo)):
            return None
        if self._revogado(chave.login):
            return None
        self._anotar_uso(keyid, agora)
        return Caller(chave.login, chave.filiais, chave.escopos)

    def pela_sessao_do_totvs(self, token: str, agora: dt.datetime) -> Caller | None:
        """The caller behind a token that the TOTVS service issued through this gateway, None when it is none, has ended
        or its login was revoked; a login without a row here has no rights here (R26)."""
        digest = resumo(token)

        def load(_missing: list[str]) -> dict[str, SessaoLida]:
            with self._db.read() as connection:
                sessao = sessoes_totvs.find(connection, digest)
            return {} if sessao is None else {digest: sessao}

        # A token is sent at once after it was issued: that there was none a moment ago says nothing.
        sessao = self._do_totvs.get_many([digest], load, usable=lambda _digest, _sessao: True).get(digest)
        if sessao is None or sessao.fim <= utc(agora) or self._revogado(sessao.login):
            return None
        return self.atual(sessao.login, None) or Caller(sessao.login, frozenset(), frozenset())

    def _revogado(self, login: str) -> bool:
        """Whether there is such a login and it was revoked; a key may also stand for itself."""
        if self._logins.get_many([login], self._ler(credenciais.find)):
            return False
        return login in self._sem_login.get_many([login], self._ler(credenciais.find_revogado))

    def _ler(self, buscar: Callable[[Any, str], Credencial | None]) -> Callable[[list[str]], dict[str, Credencial]]:
        def load(missing: list[str]) -> dict[str, Credencial]:
            with self._db.read() as connection:
                found = {name: buscar(connection, name) for name in missing}
            return {name: credencial for name, credencial in found.items() if credencial is not None}

        return load

    def _anotar_uso(self, keyid: str, agora: dt.datetime) -> None:
        instante = self._clock()
        if instante - self._usos.get(keyid, float("-inf")) >= ANOTA_USO_A_CADA_S:
            self._usos[keyid] = instante
            self._db.run(lambda c: credenciais.usar_chave(c, keyid, utc(agora)))


def resumo(segredo: str) -> str:
    """Hash of a key's secret: 256 random bits need no slow one."""
    return hashlib.sha256(segredo.encode()).hexdigest()


def entrar(gw: Gateway, login: str, senha: str) -> Caller | None:
    """The caller behind a login and password, None when they do not match an active credential."""
    credencial = None
    if LOGIN.fullmatch(login):  # what cannot be one is not asked for: it may hold what the database refuses
        with gw.db.read() as connection:
            credencial = credenciais.find(connection, login)
    certa = check_password_hash(credencial.hash if credencial else _NINGUEM, senha)
    if credencial is None or not certa:
        return None
    return Caller(credencial.login, credencial.filiais, credencial.escopos, versao_da_senha(credencial.hash))


def versao_da_senha(hash_da_senha: str) -> str:
    """What tells a password from the one after it, and says nothing of either."""
    return hashlib.sha256(f"versao:{hash_da_senha}".encode()).hexdigest()[:16]


def trocar_senha(db: Database, login: str, senha: str) -> None:
    """A new password; tokens and sessions of the old one end. Raises CredencialRecusada when there is no such login."""
    novo = generate_password_hash(senha, method="scrypt")
    if not db.run(lambda connection: credenciais.trocar_senha(connection, login, novo)):
        raise CredencialRecusada(f"Não há login ativo chamado {login}.")


def criar_login(db: Database, login: str, senha: str, filiais: str, escopos: str, agora: dt.datetime) -> None:
    """A new login. Raises CredencialRecusada when it exists, or is malformed."""
    _conferir(login, filiais, escopos)
    try:
        with db.transaction() as connection:
            credenciais.insert(connection, novo_login(login, senha, filiais, escopos, agora))
    except Duplicado:
        raise CredencialRecusada(f"O login {login} já existe.") from None


def criar_chave(db: Database, login: str, filiais: str, escopos: str, agora: dt.datetime) -> str:
    """A new key for a terminal: its only showing. Raises CredencialRecusada when the login has two active ones, or was
    revoked."""
    _conferir(login, filiais, escopos)
    keyid, segredo = secrets.token_hex(8), secrets.token_urlsafe(32)
    with db.transaction() as connection:
        if credenciais.find_revogado(connection, login) is not None:
            raise CredencialRecusada(f"O login {login} foi revogado.")
        if credenciais.count_chaves(connection, login) >= CHAVES_POR_LOGIN:
            raise CredencialRecusada(f"{login} já tem {CHAVES_POR_LOGIN} chaves ativas; revogue uma antes.")
        nova = NovaChave(keyid, login, resumo(segredo), filiais, escopos, utc(agora))
        credenciais.insert_chave(connection, nova)
    return f"{PREFIXO_DA_CHAVE}{keyid}_{segredo}"


def _conferir(login: str, filiais: str, escopos: str) -> None:
    if not LOGIN.fullmatch(login):
        raise CredencialRecusada("O login tem de 1 a 60 letras, números, ponto, hífen, sublinhado ou arroba.")
    if filiais != credenciais.TODAS and not all(re.fullmatch(r"[0-9A-Za-z]{1,2}", f) for f in filiais.split(",")):
        raise CredencialRecusada("As filiais são códigos separados por vírgula, ou * para todas.")
    if desconhecidos := sorted(set(escopos.split(",")) - set(ESCOPOS)):
        raise CredencialRecusada(f"Escopos desconhecidos: {', '.join(desconhecidos)}. Há: {', '.join(ESCOPOS)}.")


def novo_login(login: str, senha: str, filiais: str, escopos: str, agora: dt.datetime) -> NovoLogin:
    """A login as it is stored; the password is kept as a scrypt hash."""
    return NovoLogin(login, generate_password_hash(senha, method="scrypt"), filiais, escopos, utc(agora))
