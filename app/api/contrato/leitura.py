"""How the contract's schemas read JSON: their own loop over marshmallow's fields, instead of ``load``.

``load`` takes two to six times as long, and needs a hook to see blank text as absent. The loop runs each field's own
reading (``_deserialize``) and ``required``, nothing else. A field or a schema that asks marshmallow for more would be
taken at its word by the reader and not by the loop: it is refused when its schema is made, which is when the process
starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, missing
from marshmallow.decorators import POST_LOAD, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

from app.api.contrato.fields import OBRIGATORIO, erro
from app.domain.valores import ausente, e_id, id_ausente


class Tolerante(Schema):
    """Unknown members are passed over; null, blank text and an empty id are the same as absent.

    Raises TypeError, with every reason, when it or a schema below it asks for what ``ler`` does not run.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if pedidos := [*_pedidos_do_schema(self), *_pedidos_dos_campos(self)]:
            raise TypeError("The contract's own reading does not run:\n" + "\n".join(pedidos))
        self._membros = [(nome, campo, e_id(nome)) for nome, campo in self.load_fields.items()]

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
            if id_ausente(membro) if identifica else ausente(membro):
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
    """A member that is an object; an empty list is an absent one."""

    schema: Tolerante

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any] | None:  # type: ignore[override]
        # An empty list is how PHP writes an object without members.
        return None if value == [] else self.schema.ler(value)


class Lista(fields.Nested):
    """A list of objects; one of more than ``maximo`` is refused unread."""

    schema: Tolerante

    def __init__(self, schema: type[Tolerante], maximo: int, oque: str, **kwargs: Any) -> None:
        super().__init__(schema, many=True, **kwargs)
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


# What a schema may define for ``load``, by the name under which it is asked for.
_HOOKS = {
    PRE_LOAD: "@pre_load",
    POST_LOAD: "@post_load",
    VALIDATES: "@validates",
    VALIDATES_SCHEMA: "@validates_schema",
}
_DO_SCHEMA = ("load", "handle_error", "error_messages", "dict_class")
# What a field's class may define beside ``_deserialize``.
_DO_CAMPO = ("deserialize", "_validate", "_validate_missing")
_MENSAGENS = ("required", "null", "validator_failed")


def _pedidos_do_schema(schema: Tolerante) -> Iterator[str]:
    """What the schema itself asks for in vain, as ``Schema: what``."""
    classe = type(schema)
    pedidos = [f"{nome} ({metodo})" for tag, nome in _HOOKS.items() for metodo, *_ in classe._hooks.get(tag, ())]
    pedidos += [nome for nome in _DO_SCHEMA if getattr(classe, nome) is not getattr(Schema, nome)]
    if classe.opts.many:
        pedidos.append("many")
    if schema.unknown != RAISE:  # marshmallow's own default, which nobody has asked for
        pedidos.append("unknown")
    if schema.partial is not None:
        pedidos.append("partial")
    return (f"{classe.__name__}: {pedido}" for pedido in pedidos)


def _pedidos_dos_campos(schema: Tolerante) -> Iterator[str]:
    """What the fields ask for in vain, as ``Schema.field: what``; also those that this schema leaves out."""
    for nome, campo in schema.declared_fields.items():
        if not campo.dump_only:
            yield from (f"{type(schema).__name__}.{nome}: {pedido}" for pedido in _pedidos_do_campo(campo))
    for campo in schema.load_fields.values():
        if isinstance(campo, Objeto | Lista) and _le(campo.nested):
            _ = campo.schema  # made now, so that it is checked now


def _pedidos_do_campo(campo: fields.Field[Any]) -> Iterator[str]:
    pedidos = {
        "validate": campo.validators,
        "pre_load": campo.pre_load,
        "post_load": campo.post_load,
        "load_default": campo.load_default is not missing,
        "data_key": campo.data_key is not None,
        "attribute": campo.attribute is not None,
        "allow_none": campo.allow_none,
    }
    yield from (nome for nome, pedido in pedidos.items() if pedido)
    classe = type(campo)
    yield from (nome for nome in _DO_CAMPO if getattr(classe, nome) is not getattr(fields.Field, nome))
    for chave in _MENSAGENS:
        if campo.error_messages[chave] not in {OBRIGATORIO, fields.Field.default_error_messages[chave]}:
            yield f"error_messages[{chave!r}]"
    if isinstance(campo, fields.Nested):
        yield from _pedidos_do_ramo(campo)


def _pedidos_do_ramo(campo: fields.Nested) -> Iterator[str]:
    if not isinstance(campo, Objeto | Lista):
        yield f"{type(campo).__name__} (Objeto or Lista)"
    elif not _le(campo.nested):
        yield "a schema that is no Tolerante"
    if bool(campo.many) is not isinstance(campo, Lista):
        yield "many"
    if campo.unknown is not None:
        yield "unknown"


def _le(schema: Any) -> bool:
    """Is it a class, or a schema made from one, that the loop can read?"""
    return isinstance(schema, Tolerante) or (isinstance(schema, type) and issubclass(schema, Tolerante))
