"""Who may call: logins, their passwords, branches and scopes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from werkzeug.security import check_password_hash, generate_password_hash

from app.services.gateway import Gateway, utc
from app.winthor import credenciais

PDV = "pdv"
RETAGUARDA = "retaguarda"
RETAGUARDA_AGIR = "retaguarda-agir"
ESCOPOS = (PDV, RETAGUARDA, RETAGUARDA_AGIR)

# Compared with when the login does not exist, so that both take the same time.
_NINGUEM = generate_password_hash("ninguém", method="scrypt")


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. ``filiais`` None: every branch."""

    login: str
    filiais: frozenset[str] | None
    escopos: frozenset[str]

    def pode_na_filial(self, filial: str) -> bool:
        return self.filiais is None or filial in self.filiais


def entrar(gw: Gateway, login: str, senha: str) -> Caller | None:
    """The caller behind a login and password, None when they do not match an active credential."""
    with gw.db.read() as connection:
        credencial = credenciais.buscar(connection, login)
    certa = check_password_hash(credencial.senha_hash if credencial else _NINGUEM, senha)
    if credencial is None or not certa:
        return None
    return Caller(credencial.login, credencial.filiais, credencial.escopos)


def nova_linha(login: str, senha: str, filiais: str, escopos: str, agora: dt.datetime) -> dict[str, Any]:
    """A row of GW_CREDENCIAL; the password is kept as a scrypt hash."""
    return {
        "LOGIN": login,
        "SENHA_HASH": generate_password_hash(senha, method="scrypt"),
        "FILIAIS": filiais,
        "ESCOPOS": escopos,
        "ATIVO": "S",
        "DTCRIACAO": utc(agora),
    }


def demo_rows(agora: dt.datetime) -> list[dict[str, Any]]:
    """The fixed logins of the demo, all with the password ``demo`` (spec §3)."""
    agir = f"{RETAGUARDA},{RETAGUARDA_AGIR}"
    return [
        nova_linha("pdv1", "demo", "1", PDV, agora),
        nova_linha("pdv2", "demo", "2", PDV, agora),
        nova_linha("hub", "demo", credenciais.TODAS, PDV, agora),
        nova_linha("retaguarda", "demo", credenciais.TODAS, agir, agora),
    ]
