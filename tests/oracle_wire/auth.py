"""The server's half of Oracle's 12c password exchange.

Facts relied on: the verifier is PBKDF2-HMAC-SHA512 of the password over salt + "AUTH_PBKDF2_SPEEDY_KEY",
hashed once more with the salt to an AES-256 key. Each side sends 32 random bytes under that key (AES-CBC,
zero IV); the session key is PBKDF2 over the hexadecimal of client half + server half. The password then
travels under the session key behind 16 random bytes, and the server proves itself with "SERVER_TO_CLIENT"
behind 16 random bytes.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

VERIFIER_TYPE_12C = 0x4815
_VERIFIER_ROUNDS = 4096
_SESSION_ROUNDS = 3
_KEY_SIZE = 32
_BLOCK = 16


class PasswordExchange:
    """One login attempt against the expected password; without one, every attempt fails in the same way."""

    def __init__(self, password: str | None) -> None:
        self._password = password
        self._salt, self._key = _verifier(password or secrets.token_hex(16))
        self._server_half = secrets.token_bytes(_KEY_SIZE)
        self._session_salt = secrets.token_bytes(_BLOCK)

    def challenge(self) -> dict[str, str]:
        return {
            "AUTH_SESSKEY": _hex(_encrypt(self._key, self._server_half)),
            "AUTH_VFR_DATA": _hex(self._salt),
            "AUTH_PBKDF2_CSK_SALT": _hex(self._session_salt),
            "AUTH_PBKDF2_VGEN_COUNT": str(_VERIFIER_ROUNDS),
            "AUTH_PBKDF2_SDER_COUNT": str(_SESSION_ROUNDS),
        }

    def answer(self, client: dict[str, str]) -> str | None:
        """AUTH_SVR_RESPONSE for the right password, None for a wrong one."""
        client_half = _decrypt(self._key, bytes.fromhex(client["AUTH_SESSKEY"]))[:_KEY_SIZE]
        combined = _hex(client_half + self._server_half).encode()
        session_key = hashlib.pbkdf2_hmac("sha512", combined, self._session_salt, _SESSION_ROUNDS, _KEY_SIZE)
        given = _unpad(_decrypt(session_key, bytes.fromhex(client["AUTH_PASSWORD"])))[_BLOCK:]
        if self._password is None or not hmac.compare_digest(given, self._password.encode()):
            return None
        return _hex(_encrypt(session_key, secrets.token_bytes(_BLOCK) + b"SERVER_TO_CLIENT"))


@functools.lru_cache(maxsize=32)
def _verifier(password: str) -> tuple[bytes, bytes]:
    salt = secrets.token_bytes(_BLOCK)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt + b"AUTH_PBKDF2_SPEEDY_KEY", _VERIFIER_ROUNDS, 64)
    return salt, hashlib.sha512(key + salt).digest()[:_KEY_SIZE]


def _encrypt(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _decrypt(key: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _unpad(data: bytes) -> bytes:
    """A wrong session key gives noise here: then the comparison fails, not the padding."""
    return data[: -data[-1]] if 0 < data[-1] <= _BLOCK else data


def _hex(data: bytes) -> str:
    return data.hex().upper()
