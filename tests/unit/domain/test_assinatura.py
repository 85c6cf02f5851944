"""The signature of a call is that of Standard Webhooks, and failed calls are tried again by a table (R28)."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.domain.assinatura import PREFIXO, assinar, proxima_espera, segredo_de

CORPO = '{"type":"reserva.paga","data":{"filial":"São Paulo"}}'.encode()
VELHO, NOVO = segredo_de(b"v" * 32), segredo_de(b"n" * 32)


def headers(*segredos: str, corpo: bytes = CORPO) -> dict[str, str]:
    agora = int(time.time())
    assinatura = assinar(segredos, "evt_1", agora, corpo)
    return {"webhook-id": "evt_1", "webhook-timestamp": str(agora), "webhook-signature": assinatura}


def test_the_reference_verifier_accepts_it() -> None:
    assert VELHO.startswith(PREFIXO)
    Webhook(VELHO).verify(CORPO.decode(), headers(VELHO))


def test_both_secrets_sign_while_they_are_changed() -> None:
    for segredo in (VELHO, NOVO):
        Webhook(segredo).verify(CORPO.decode(), headers(NOVO, VELHO))


@pytest.mark.parametrize(("segredo", "corpo"), [(NOVO, CORPO), (VELHO, CORPO + b" ")])
def test_another_secret_or_another_body_is_refused(segredo: str, corpo: bytes) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(segredo).verify(corpo.decode(), headers(VELHO))


def test_eight_attempts_then_none() -> None:
    segundos = []
    for falhas in range(1, 10):
        espera = proxima_espera(falhas)
        segundos.append(None if espera is None else espera / dt.timedelta(seconds=1))
    assert segundos == [5, 300, 1800, 7200, 18_000, 36_000, 36_000, None, None]
