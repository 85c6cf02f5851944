"""Who may call: logins with passwords, keys of terminals, their branches and scopes."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.security import check_password_hash, generate_password_hash

from app.services.gateway import Gateway, utc
from app.winthor import credenciais
from app.winthor.cache import Cache
from app.winthor.credenciais import Credencial, NovaChave, NovoLogin
from app.winthor.db.faults import Duplicado
from app.winthor.db.transaction import Database

PDV = "pdv"
RETAGUARDA = "retaguarda"
RETAGUARDA_AGIR = "retaguarda-agir"
ADMIN = "admin"
ESCOPOS = (PDV, RETAGUARDA, RETAGUARDA_AGIR, ADMIN)

PREFIXO_DA_CHAVE = "gwp_"
_CHAVE = re.compile(r"gwp_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
# One to use and one to change to.
CHAVES_POR_LOGIN = 2
# A revocation takes effect everywhere within this time.
VALIDADE_DO_CACHE_S = 30.0
ANOTA_USO_A_CADA_S = 60.0
FALHAS_POR_MINUTO = 10

# Compared with when the login does not exist, so that both take the same time.
_NINGUEM = generate_password_hash("ninguém", method="scrypt")


class CredencialRecusada(Exception):
    """A credential cannot be made as asked; the text is Portuguese, for the operator."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. ``filiais`` None: every branch."""

    login: str
    filiais: frozenset[str] | None
    escopos: frozenset[str]

    def pode_na_filial(self, filial: str) -> bool:
        """Whether it may act on the branch."""
        return self.filiais is None or filial in self.filiais

    def tem_escopo(self, escopos: tuple[str, ...]) -> bool:
        """Whether one of its scopes is among ``escopos``; admin does everything but post pre-sales."""
        return bool(self.escopos.intersection(escopos)) or (ADMIN in self.escopos and escopos != (PDV,))


class Porteiro:
    """Knows which logins and keys are active, at most half a minute late, and slows down guessing."""

    def __init__(self, db: Database, cache_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        validade = min(cache_seconds, VALIDADE_DO_CACHE_S)
        self._db = db
        self._clock = clock
        self._logins: Cache[str, Credencial] = Cache(validade, clock)
        self._chaves: Cache[str, Credencial] = Cache(validade, clock)
        self._usos: dict[str, float] = {}
        self._falhas: dict[tuple[str, str], list[float]] = {}
        self._tranca = threading.Lock()

    def ativo(self, login: str) -> bool:
        """Whether the login of a token is still active."""
        return login in self._logins.get_many([login], self._ler(credenciais.buscar))

    def pela_chave(self, texto: str, agora: dt.datetime) -> Caller | None:
        """The caller behind a key, None when it is not an active one; its use is noted once a minute."""
        achado = _CHAVE.fullmatch(texto)
        if achado is None:
            return None
        keyid, segredo = achado.groups()
        chave = self._chaves.get_many([keyid], self._ler(credenciais.buscar_chave)).get(keyid)
        if chave is None or not hmac.compare_digest(chave.hash, _resumo(segredo)):
            return None
        self._anotar_uso(keyid, agora)
        return Caller(chave.login, chave.filiais, chave.escopos)

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

    def bloqueado(self, endereco: str, login: str) -> bool:
        """Whether too many wrong passwords came for the login from the address in the last minute."""
        return self.espera(endereco, login) > 0

    def espera(self, endereco: str, login: str) -> int:
        """Seconds until the login may be tried again from the address, 0 when it may be now."""
        with self._tranca:
            recentes = self._recentes(endereco, login)
        if len(recentes) < FALHAS_POR_MINUTO:
            return 0
        return max(1, math.ceil(recentes[-FALHAS_POR_MINUTO] + 60 - self._clock()))

    def errou(self, endereco: str, login: str) -> None:
        """Note a wrong password."""
        with self._tranca:
            if len(self._falhas) > 10_000:
                self._falhas.clear()
            self._falhas[(endereco, login)] = [*self._recentes(endereco, login), self._clock()]

    def _recentes(self, endereco: str, login: str) -> list[float]:
        limite = self._clock() - 60
        return [instante for instante in self._falhas.get((endereco, login), ()) if instante > limite]


def _resumo(segredo: str) -> str:
    """Hash of a key's secret: 256 random bits need no slow one."""
    return hashlib.sha256(segredo.encode()).hexdigest()


def entrar(gw: Gateway, login: str, senha: str) -> Caller | None:
    """The caller behind a login and password, None when they do not match an active credential."""
    with gw.db.read() as connection:
        credencial = credenciais.buscar(connection, login)
    certa = check_password_hash(credencial.hash if credencial else _NINGUEM, senha)
    if credencial is None or not certa:
        return None
    return Caller(credencial.login, credencial.filiais, credencial.escopos)


def criar_login(db: Database, login: str, senha: str, filiais: str, escopos: str, agora: dt.datetime) -> None:
    """A new login. Raises CredencialRecusada when it exists, or is malformed."""
    _conferir(login, filiais, escopos)
    try:
        with db.transaction() as connection:
            credenciais.inserir(connection, novo_login(login, senha, filiais, escopos, agora))
    except Duplicado:
        raise CredencialRecusada(f"O login {login} já existe.") from None


def criar_chave(db: Database, login: str, filiais: str, escopos: str, agora: dt.datetime) -> str:
    """A new key for a terminal: its only showing. Raises CredencialRecusada when the login has two active ones."""
    _conferir(login, filiais, escopos)
    keyid, segredo = secrets.token_hex(8), secrets.token_urlsafe(32)
    with db.transaction() as connection:
        if credenciais.contar_chaves(connection, login) >= CHAVES_POR_LOGIN:
            raise CredencialRecusada(f"{login} já tem {CHAVES_POR_LOGIN} chaves ativas; revogue uma antes.")
        nova = NovaChave(keyid, login, _resumo(segredo), filiais, escopos, utc(agora))
        credenciais.inserir_chave(connection, nova)
    return f"{PREFIXO_DA_CHAVE}{keyid}_{segredo}"


def _conferir(login: str, filiais: str, escopos: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9._@-]{1,60}", login):
        raise CredencialRecusada("O login tem de 1 a 60 letras, números, ponto, hífen, sublinhado ou arroba.")
    if filiais != credenciais.TODAS and not all(re.fullmatch(r"[0-9A-Za-z]{1,2}", f) for f in filiais.split(",")):
        raise CredencialRecusada("As filiais são códigos separados por vírgula, ou * para todas.")
    if desconhecidos := sorted(set(escopos.split(",")) - set(ESCOPOS)):
        raise CredencialRecusada(f"Escopos desconhecidos: {', '.join(desconhecidos)}. Há: {', '.join(ESCOPOS)}.")


def novo_login(login: str, senha: str, filiais: str, escopos: str, agora: dt.datetime) -> NovoLogin:
    """A login as it is stored; the password is kept as a scrypt hash."""
    return NovoLogin(login, generate_password_hash(senha, method="scrypt"), filiais, escopos, utc(agora))
