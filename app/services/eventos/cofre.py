"""Secrets of webhooks, encrypted by a key that the database does not hold: a copy of it signs nothing (R28)."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.settings import Settings, SettingsError

FALTA = "PREVENDA_WEBHOOK_CHAVE: obrigatória onde há assinaturas; sorteie uma e guarde-a fora do banco"


class SegredoIlegivel(Exception):
    """None of the keys has encrypted the secret."""


class Cofre:
    """Encrypts by the setting's key, reads by it and by the one before. Raises SettingsError where there is none."""

    def __init__(self, settings: Settings) -> None:
        if not settings.webhook_chave:
            raise SettingsError([FALTA])
        chaves = [settings.webhook_chave, settings.webhook_chave_anterior]
        self._fernet = MultiFernet([_fernet(chave) for chave in chaves if chave])

    def guardar(self, segredo: str) -> str:
        """The secret, encrypted."""
        return self._fernet.encrypt(segredo.encode()).decode()

    def abrir(self, guardado: str) -> str:
        """The secret. Raises SegredoIlegivel."""
        try:
            return self._fernet.decrypt(guardado.encode()).decode()
        except InvalidToken:
            raise SegredoIlegivel from None


def _fernet(chave: str) -> Fernet:
    # The setting is a drawn key of any form; Fernet wants 32 bytes.
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(chave.encode()).digest()))
