"""How the contract's schemas read JSON: their own loop over marshmallow's fields, several times as fast as ``load``."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields

from app.api.fields import OBRIGATORIO, erro, id_ausente


class Tolerante(Schema):
    """Unknown members are passed over; null, blank text and an empty id are the same as absent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._membros = [(nome, campo, nome.startswith("id")) for nome, campo in self.load_fields.items()]

    def ler(self, valor: Any) -> dict[str, Any]:
        """The members as their fields read them, absent ones left out. Raises ValidationError with every problem.

        Instead of ``load``, which says the same in several times the time: it is asked for each line of a pre-sale.
        """
        if not isinstance(valor, dict):
            raise erro("Deve ser um objeto.")
        lidos: dict[str, Any] = {}
        problemas: dict[str, Any] = {}
        for nome, campo, identifica in self._membros:
            membro = valor.get(nome)
            if (
                membro is None
                or (membro.__class__ is str and not membro.strip())
                or (identifica and id_ausente(membro))
            ):
                if campo.required:
                    problemas[nome] = [OBRIGATORIO]
                continue
            try:
                lido = campo._deserialize(membro, nome, valor)
            except ValidationError as error:
                problemas[nome] = error.messages
                lido = error.valid_data  # what is good in a nested value
            if lido is not None:
                lidos[nome] = lido
        if problemas:
            raise ValidationError(problemas, valid_data=lidos)
        return lidos


class Objeto(fields.Nested):
    """A member that is an object."""

    schema: Tolerante

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        return self.schema.ler(value)


class Lista(fields.Nested):
    """A list of objects; one of more than ``maximo`` is refused unread."""

    schema: Tolerante

    def __init__(self, schema: type[Tolerante], maximo: int, oque: str) -> None:
        super().__init__(schema, many=True)
        self.maximo = maximo
        self.excesso = f"Deve ter até {maximo} {oque}."

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[dict[str, Any]]:  # type: ignore[override]
        if not isinstance(value, list):
            raise erro("Deve ser uma lista.")
        if len(value) > self.maximo:
            raise erro(self.excesso)
        lidos: list[dict[str, Any]] = []
        problemas: dict[int, Any] = {}
        for indice, membro in enumerate(value):
            try:
                lidos.append(self.schema.ler(membro))
            except ValidationError as error:
                problemas[indice] = error.messages
                lidos.append(error.valid_data if isinstance(error.valid_data, dict) else {})
        if problemas:
            raise ValidationError(problemas, valid_data=lidos)
        return lidos
