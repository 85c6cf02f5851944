"""What was refused before it became a row of the log."""

from __future__ import annotations

from marshmallow import fields

from app.api.respostas import Esquema, HoraDoErp


class ContagemSemRegistroSchema(Esquema):
    """How often a login was refused with a code in an hour of the ERP's clock."""

    hora = HoraDoErp()
    caller = fields.String(allow_none=True)
    codigo = fields.String()
    vezes = fields.Integer()


class RecusasSemRegistroSchema(Esquema):
    """The counts, newest hour first."""

    itens = fields.List(fields.Nested(ContagemSemRegistroSchema))
