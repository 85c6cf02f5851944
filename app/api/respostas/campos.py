"""Fields and parts that several answers have."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from app.api.respostas import Esquema
from app.domain.dinheiro import CENTAVO, arredondar
from app.domain.vida import Estado

_NO_PDV = ("CANCELADA", "RECEBIDO", "DISPONIVEL", "RESGATADA")
_ESTADO = (
    "RECONHECIDA (em separação), BLOQUEADA (na posição B, P ou outra em que o WinThor não conta as unidades), ASSUMIDA "
    "(alguém escolheu a cobrança, sem pagamento no PDV) e BAIXADA (faturada) são lidas do pedido no WinThor"
)


class Dinheiro(fields.Decimal):
    """Reais, to the cent."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else arredondar(value, CENTAVO)


class Dia(fields.String):
    """A day, YYYY-MM-DD."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.isoformat()


class GrupoDeMembros(fields.Nested):
    """Members that JSON has one level deeper than the value has them."""

    _CHECK_ATTRIBUTE = False

    def _serialize(self, nested_obj: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return self.schema.dump(obj)


def opcao(*valores: str, **kwargs: Any) -> fields.String:
    """One of these texts."""
    return fields.String(validate=validate.OneOf(valores), **kwargs)


def estado(**kwargs: Any) -> fields.Enum[Estado]:
    """State of a reservation."""
    return fields.Enum(Estado, by_value=fields.String, metadata={"description": _ESTADO}, **kwargs)


def no_pdv(**kwargs: Any) -> fields.String:
    """State of a pre-sale by the POS's name."""
    return opcao(*_NO_PDV, **kwargs)


def lista(esquema: type[Esquema], **kwargs: Any) -> fields.List[Any]:
    """A list of parts."""
    return fields.List(fields.Nested(esquema), **kwargs)
