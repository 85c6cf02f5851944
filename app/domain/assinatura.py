"""Who is called when something happens: the signature of a call, and when a failed one is tried again (R28). Pure.

The signature is that of Standard Webhooks: HMAC-SHA256 over ``id.timestamp.body``, one for each secret.
"""

from __future__ import annotations

import base64
import datetime as dt
import enum
import hashlib
import hmac
from collections.abc import Sequence

PREFIXO = "whsec_"
BYTES_DO_SEGREDO = 32
# The old secret signs too for so long after a new one was made.
TROCA = dt.timedelta(hours=24)
# How long after the one before it each attempt comes; after the last one nobody is called any more.
ESPERAS = (
    dt.timedelta(0),
    dt.timedelta(seconds=5),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=5),
    dt.timedelta(hours=10),
    dt.timedelta(hours=10),
)


class EstadoDaAssinatura(enum.StrEnum):
    """ATIVA is called; DESLIGADA was given up after the last attempt, and goes on when it is sent again from a cursor;
    REVOGADA never."""

    ATIVA = "ATIVA"
    DESLIGADA = "DESLIGADA"
    REVOGADA = "REVOGADA"


def segredo_de(sorteados: bytes) -> str:
    """A secret as its owner is told it, of random bytes."""
    return PREFIXO + base64.b64encode(sorteados).decode()


def assinar(segredos: Sequence[str], id_evento: str, timestamp: int, corpo: bytes) -> str:
    """The header ``webhook-signature``; ``timestamp``: seconds since 1970."""
    conteudo = f"{id_evento}.{timestamp}.".encode() + corpo
    return " ".join(f"v1,{_hmac(segredo, conteudo)}" for segredo in segredos)


def _hmac(segredo: str, conteudo: bytes) -> str:
    chave = base64.b64decode(segredo.removeprefix(PREFIXO))
    return base64.b64encode(hmac.new(chave, conteudo, hashlib.sha256).digest()).decode()


def proxima_espera(falhas: int) -> dt.timedelta | None:
    """How long to wait after so many attempts have failed in a row; None: it is given up."""
    return ESPERAS[falhas] if falhas < len(ESPERAS) else None
