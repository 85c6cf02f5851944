"""Query strings and small bodies of the back office's routes, checked by schemas with Portuguese messages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app.api.auth import gateway
from app.api.contrato.fields import OBRIGATORIO, legivel
from app.domain import valores
from app.domain.recusas import Problema, Recusa
from app.services.consulta.operacoes import LIMITE_MAXIMO

_TEXTO: dict[str, Any] = {"required": OBRIGATORIO, "null": OBRIGATORIO, "invalid": "Deve ser texto."}


class Consulta(Schema):
    """Unknown members are passed over."""

    class Meta:
        unknown = EXCLUDE


# The + of an offset is a blank in an address, unless the sender has written it %2B.
_MAIS = re.compile(r"(\S+T\S+) ([0-9]{2}:?[0-9]{2})")


class Instante(fields.Field[dt.datetime]):
    """An ISO 8601 instant; without offset it is taken by the ERP's clock."""

    default_error_messages = {"required": OBRIGATORIO, "null": OBRIGATORIO}  # noqa: RUF012 - marshmallow's own form

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        quando = _dia_ou_hora(value)
        if quando is not None and not isinstance(quando, dt.datetime):
            quando = dt.datetime.combine(quando, dt.time.min)
        return quando if quando is None or quando.tzinfo else quando.replace(tzinfo=gateway().settings.fuso)


class DiaOuInstante(Instante):
    """A day stays a day: its end is meant."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        quando = _dia_ou_hora(value)
        so_o_dia = quando is not None and not isinstance(quando, dt.datetime)
        return quando if so_o_dia else super()._deserialize(value, attr, data, **kwargs)


def _dia_ou_hora(value: Any) -> dt.date | dt.datetime | None:
    if isinstance(value, str) and (sem_mais := _MAIS.fullmatch(value.strip())):
        value = "+".join(sem_mais.groups())
    return legivel(valores.parse_dia_ou_hora, value)


class CodigoDaFilial(fields.Field[str]):
    """A branch's code."""

    default_error_messages = {"required": OBRIGATORIO, "null": OBRIGATORIO}  # noqa: RUF012 - marshmallow's own form

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return legivel(valores.parse_filial, value)


class NumeroDaConsulta(fields.Field[str]):
    """``numero`` of a pre-sale, read as in its body."""

    default_error_messages = {"required": OBRIGATORIO, "null": OBRIGATORIO}  # noqa: RUF012 - marshmallow's own form

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return legivel(valores.parse_numero, value, gateway().codificacao)


class Palavra(fields.String):
    """Text without the blanks around it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        texto = super()._deserialize(value, attr, data, **kwargs)
        return texto.strip() if isinstance(texto, str) else texto


class Inteiro(fields.Integer):
    """A whole number from 0, in any of its notations."""

    def _validated(self, value: Any) -> int:
        inteiro = valores.parse_inteiro(value)
        if inteiro is None or inteiro < 0:
            raise self.make_error("invalid", input=value)
        return inteiro


def inteiro(menor: int, maior: int, **kwargs: Any) -> fields.Integer:
    """A whole number within limits."""
    return Inteiro(
        validate=validate.Range(menor, maior, error=f"Deve ficar entre {menor} e {maior}."),
        error_messages={"required": OBRIGATORIO, "null": OBRIGATORIO, "invalid": "Deve ser um número inteiro."},
        **kwargs,
    )


def texto(maximo: int, **kwargs: Any) -> fields.String:
    """Text that is not blank."""
    return Palavra(
        validate=[
            validate.Length(max=maximo, error=f"Deve ter de 1 a {maximo} caracteres."),
            validate.Length(min=1, error=OBRIGATORIO),
        ],
        error_messages=_TEXTO,
        **kwargs,
    )


def opcao(*opcoes: str, **kwargs: Any) -> fields.String:
    """One of a few words."""
    erro = "Deve ser um de: " + ", ".join(opcoes) + "."
    return Palavra(validate=validate.OneOf(opcoes, error=erro), error_messages=_TEXTO, **kwargs)


def sim_ou_nao(**kwargs: Any) -> fields.Boolean:
    """True or false, in no other notation."""
    return fields.Boolean(truthy={True}, falsy={False}, error_messages={"invalid": "Deve ser true ou false."}, **kwargs)


def codigos() -> fields.String:
    """Codes with commas between them."""
    return Palavra(validate=validate.Regexp(r"\d{1,10}(,\d{1,10}){0,63}$", error="Devem ser códigos com vírgulas."))


def limite() -> fields.Integer:
    """Page size."""
    return inteiro(1, LIMITE_MAXIMO, load_default=50)


def motivo() -> fields.String:
    """Why a person acts: obligatory, kept in the log."""
    return texto(200, required=True)


def ler(schema: Schema, dados: Mapping[str, Any]) -> dict[str, Any]:
    """What the schema makes of it, what is absent left out. Raises Recusa with every problem."""
    enviados = {
        nome: valor
        for nome, valor in dados.items()
        if not (valores.id_ausente(valor) if valores.e_id(nome) else valores.ausente(valor))
    }
    try:
        lido: dict[str, Any] = schema.load(enviados)
    except ValidationError as error:
        raise Recusa(
            Problema("CAMPO_INVALIDO", _primeira(textos), "" if nome == "_schema" else f"/{nome}")
            for nome, textos in error.messages_dict.items()
        ) from None
    return {nome: valor for nome, valor in lido.items() if valor is not None}


def _primeira(textos: Any) -> str:
    while not isinstance(textos, str):
        textos = next(iter(textos.values() if isinstance(textos, dict) else textos))
    return textos
