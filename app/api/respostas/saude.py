"""Whether the process lives and can work."""

from __future__ import annotations

from marshmallow import fields

from app.api.respostas import Esquema

OK = fields.Constant("ok", metadata={"type": "string"})


class VivoSchema(Esquema):
    """The process answers."""

    status = OK


class ProntoSchema(Esquema):
    """The gateway can work; ``avisos`` are for the operator."""

    status = OK
    avisos = fields.List(fields.String())
