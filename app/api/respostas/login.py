"""What a login is answered."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.api.respostas import Esquema


@dataclass(frozen=True, slots=True)
class Token:
    """What shows the gateway who calls, signed."""

    token: str


class TokenSchema(Esquema):
    """The token of a login."""

    accessToken = fields.String(attribute="token")
