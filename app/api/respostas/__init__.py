"""What the API answers: one marshmallow schema per answer, which dumps the service's dataclass and documents it.

A member bears the name that JSON has for it; its value is the attribute of that name in snake_case, if its field names
no other. Every member is always there, null where its field allows none; ``opcionais`` are left out instead.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, fields, missing

from app.domain.dinheiro import inteiro

_MAIUSCULA = re.compile("[A-Z]")


class Esquema(Schema):
    """An answer, or a part of one. ``opcionais``: attributes whose members are absent when they are None."""

    opcionais: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        """Does not promise that there are no further members."""

        unknown = EXCLUDE

    @classmethod
    def render(cls, valor: Any) -> dict[str, Any]:
        """The answer as JSON members. Raises AttributeError when an attribute is missing."""
        rendida: dict[str, Any] = _unico(cls).dump(valor)
        return rendida

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """A member's attribute, and whether the document may promise the member."""
        field_obj.attribute = field_obj.attribute or em_python(field_name)
        field_obj.required = field_obj.attribute not in self.opcionais

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """The attribute, which must be there: marshmallow alone would leave the member out."""
        valor = attrgetter(attr)(obj)
        return missing if valor is None and attr in self.opcionais else valor


class ComResumo(Esquema):
    """An answer that shows all that a list shows, which it has in ``resumo``, and more."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """The attribute, here or in ``resumo``."""
        return super().get_attribute(obj if hasattr(obj, attr) else obj.resumo, attr, default)


@cache
def _unico(esquema: type[Esquema]) -> Esquema:
    """The one instance: to make a schema takes longer than to dump with it."""
    return esquema()


def em_python(nome: str) -> str:
    """``idRetaguarda`` → ``id_retaguarda``."""
    return _MAIUSCULA.sub(lambda letra: f"_{letra[0].lower()}", nome)


class Momento(fields.String):
    """An aware instant; ``casas``: to the ``seconds`` or the ``milliseconds``."""

    def __init__(self, *, casas: str = "seconds", **kwargs: Any) -> None:
        descrita = {"description": "ISO 8601 com fuso", "example": "2026-03-02T09:00:00-03:00"}
        super().__init__(**{"metadata": descrita, **kwargs})
        self._casas = casas

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.isoformat(timespec=self._casas)


class HoraDoErp(Momento):
    """An instant by the ERP's clock, which knows no zone."""

    def __init__(self, **kwargs: Any) -> None:
        descrita = {"description": "Hora do ERP, sem fuso", "example": "2026-03-02T09:00:00"}
        super().__init__(**{"metadata": descrita, **kwargs})


class QuantidadeDaResposta(fields.Decimal):
    """A quantity: an integer without decimals where it is one, never an exponent."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else numero_curto(value)


def numero_curto(valor: Decimal) -> int | Decimal:
    """A number as JSON shows it: an integer without decimals where it is one, never an exponent."""
    if inteiro(valor):
        return int(valor)
    return Decimal(f"{valor:f}".rstrip("0"))
