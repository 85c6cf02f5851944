"""Query strings and small bodies of the back office's routes, checked by schemas with Portuguese messages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app.api.auth import gateway
from app.domain.recusas import Problema, Recusa
from app.services.consulta.operacoes import LIMITE_MAXIMO

_INTEIRO = re.compile("[0-9]{1,18}")

OBRIGATORIO = "Campo obrigatório."
_TEXTO: dict[str, Any] = {"required": OBRIGATORIO, "null": OBRIGATORIO, "invalid": "Deve ser texto."}


class Consulta(Schema):
    """Unknown members are passed over."""

    class Meta:
        unknown = EXCLUDE


class Instante(fields.Field[dt.datetime]):
    """An ISO 8601 instant; without offset it is taken by the ERP's clock."""

    default_error_messages = {"required": OBRIGATORIO, "null": OBRIGATORIO}  # noqa: RUF012 - marshmallow's own form

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.datetime:
        instante = _instante(value)
        return instante if instante.tzinfo else instante.replace(tzinfo=gateway().settings.fuso)


class DiaOuInstante(Instante):
    """A day stays a day: its end is meant."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and len(value.strip()) == 10:
            return _instante(value).date()
        return super()._deserialize(value, attr, data, **kwargs)


def _instante(value: Any) -> dt.datetime:
    try:
        instante = dt.datetime.fromisoformat(value.strip())
    except (ValueError, AttributeError):
        raise ValidationError("Deve ser uma data ISO 8601.") from None
    if not 2000 <= instante.year <= 2100:
        raise ValidationError("Deve ficar entre os anos 2000 e 2100.")
    return instante


class Inteiro(fields.Integer):
    """ASCII digits, as a number or as text: no sign, no decimals, no underscores."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or not _INTEIRO.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return int(value)


def inteiro(menor: int, maior: int, **kwargs: Any) -> fields.Integer:
    """A whole number within limits."""
    return Inteiro(
        validate=validate.Range(menor, maior, error=f"Deve ficar entre {menor} e {maior}."),
        error_messages={"required": OBRIGATORIO, "null": OBRIGATORIO, "invalid": "Deve ser um número inteiro."},
        **kwargs,
    )


def texto(maximo: int, **kwargs: Any) -> fields.String:
    """Text that is not blank."""
    return fields.String(
        validate=[
            validate.Length(1, maximo, error=f"Deve ter de 1 a {maximo} caracteres."),
            validate.Regexp(r"\s*\S", error=OBRIGATORIO),
        ],
        error_messages=_TEXTO,
        **kwargs,
    )


def opcao(*opcoes: str, **kwargs: Any) -> fields.String:
    """One of a few words."""
    erro = "Deve ser um de: " + ", ".join(opcoes) + "."
    return fields.String(validate=validate.OneOf(opcoes, error=erro), error_messages=_TEXTO, **kwargs)


def limite() -> fields.Integer:
    """Page size."""
    return inteiro(1, LIMITE_MAXIMO, load_default=50)


def motivo() -> fields.String:
    """Why a person acts: obligatory, kept in the log."""
    return texto(200, required=True)


def ler(schema: Schema, dados: Mapping[str, Any]) -> dict[str, Any]:
    """What the schema makes of it. Raises Recusa with every problem."""
    try:
        lido: dict[str, Any] = schema.load(dados)
    except ValidationError as error:
        raise Recusa(
            Problema("CAMPO_INVALIDO", _primeira(textos), "" if nome == "_schema" else f"/{nome}")
            for nome, textos in error.messages_dict.items()
        ) from None
    return lido


def _primeira(textos: Any) -> str:
    while not isinstance(textos, str):
        textos = next(iter(textos.values() if isinstance(textos, dict) else textos))
    return textos
