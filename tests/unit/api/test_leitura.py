"""The contract's own reading: what it does not run, a schema or a field cannot ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import (
    EXCLUDE,
    INCLUDE,
    Schema,
    fields,
    post_dump,
    post_load,
    pre_load,
    validate,
    validates,
    validates_schema,
)

from app.api.contrato import schemas
from app.api.contrato.fields import OBRIGATORIO, Campo, Texto
from app.api.contrato.leitura import Lista, Objeto, Tolerante


def todos(classe: type[Tolerante] = Tolerante) -> Iterator[type[Tolerante]]:
    for abaixo in classe.__subclasses__():
        yield abaixo
        yield from todos(abaixo)


def recusados(schema: type[Tolerante], **mais: Any) -> list[str]:
    """What the refusal names, one line each."""
    with pytest.raises(TypeError, match=r"own reading does not run:\n") as error:
        schema(**mais)
    return str(error.value).splitlines()[1:]


def com(campo: fields.Field[Any], nome: str = "x") -> type[Tolerante]:
    """A schema of one field. It is not registered: its name is not the only one."""
    return type("UmSchema", (Tolerante,), {nome: campo, "Meta": type("Meta", (), {"register": False})})


def test_every_schema_of_the_contract_asks_only_for_what_is_run() -> None:
    do_contrato = [schema for schema in todos() if schema.__module__ == schemas.__name__]
    assert schemas.PreVendaSchema in do_contrato
    assert len(do_contrato) == 8
    for schema in do_contrato:
        schema()


@pytest.mark.parametrize(
    ("pedido", "opcoes"),
    [
        ("validate", {"validate": validate.OneOf(["a"])}),
        ("validate", {"validate": [validate.Length(max=1), str.isdigit]}),
        ("pre_load", {"pre_load": str.strip}),
        ("post_load", {"post_load": str.upper}),
        ("load_default", {"load_default": "a"}),
        ("load_default", {"load_default": list}),
        ("data_key", {"data_key": "y"}),
        ("attribute", {"attribute": "y"}),
        ("allow_none", {"allow_none": True}),
        ("error_messages['required']", {"required": True, "error_messages": {"required": "Falta."}}),
        ("error_messages['null']", {"error_messages": {"null": "Falta."}}),
        ("error_messages['validator_failed']", {"error_messages": {"validator_failed": "Não."}}),
    ],
    ids=lambda valor: valor if isinstance(valor, str) else "",
)
def test_what_a_field_asks_for_in_vain(pedido: str, opcoes: dict[str, Any]) -> None:
    for campo in (Texto(9, **opcoes), fields.String(**opcoes)):
        assert recusados(com(campo)) == [f"UmSchema.x: {pedido}"]


def test_null_as_a_value_is_two_requests() -> None:
    assert recusados(com(Texto(9, load_default=None))) == ["UmSchema.x: load_default", "UmSchema.x: allow_none"]


@pytest.mark.parametrize("metodo", ["deserialize", "_validate", "_validate_missing"])
def test_a_field_of_a_class_that_does_more_than_read(metodo: str) -> None:
    classe = type("Outro", (Campo,), {metodo: lambda self, *valores, **mais: None})
    assert recusados(com(classe())) == [f"UmSchema.x: {metodo}"]


def test_a_field_of_marshmallow_that_validates() -> None:
    assert recusados(com(fields.Email())) == ["UmSchema.x: validate"]


@pytest.mark.parametrize(
    "opcoes",
    [
        {},
        {"required": True},
        {"required": True, "error_messages": {"required": OBRIGATORIO}},
        {"metadata": {"description": "x"}, "dump_default": 1},
        {"dump_only": True, "data_key": "y", "load_default": 1},
    ],
)
def test_what_a_field_may_ask_for(opcoes: dict[str, Any]) -> None:
    com(Texto(9, **opcoes))()


class Dentro(Tolerante):
    """A branch without fault."""

    a = Texto(9)


class DentroErrado(Tolerante):
    """A branch with one."""

    a = Texto(9, data_key="b")


class DeOutraCasa(Schema):
    """Read by marshmallow."""

    a = fields.String()


@pytest.mark.parametrize(
    ("campo", "pedido"),
    [
        (fields.Nested(Dentro), "Nested (Objeto or Lista)"),
        (Objeto(DeOutraCasa), "a schema that is no Tolerante"),
        (Lista(DeOutraCasa, 9, "x"), "a schema that is no Tolerante"),  # type: ignore[arg-type]
        (Objeto(Dentro, many=True), "many"),
        (Objeto(Dentro, unknown=EXCLUDE), "unknown"),
        (Objeto(Dentro, validate=bool), "validate"),
    ],
    ids=lambda valor: valor if isinstance(valor, str) else "",
)
def test_what_a_branch_asks_for_in_vain(campo: fields.Field[Any], pedido: str) -> None:
    assert recusados(com(campo)) == [f"UmSchema.x: {pedido}"]


@pytest.mark.parametrize("campo", [Objeto(DentroErrado), Lista(DentroErrado, 9, "x"), Objeto(lambda: DentroErrado)])
def test_a_branch_is_refused_with_the_schema_that_holds_it(campo: fields.Field[Any]) -> None:
    assert recusados(com(campo))[0].endswith(("DentroErrado.a: data_key", "a schema that is no Tolerante"))


def test_a_field_that_is_left_out_is_refused_too() -> None:
    assert recusados(DentroErrado, exclude=("a",)) == ["DentroErrado.a: data_key"]


@pytest.mark.parametrize(
    ("pedido", "gancho"),
    [
        ("@pre_load", pre_load),
        ("@post_load", post_load),
        ("@validates", validates("x")),
        ("@validates_schema", validates_schema),
        ("@validates_schema", validates_schema(skip_on_field_errors=False)),
    ],
)
def test_what_a_schema_asks_for_in_vain(pedido: str, gancho: Any) -> None:
    @gancho
    def conferir(self: Any, valor: Any, **_: Any) -> Any:
        return valor

    raiz = com(Texto(9))
    assert recusados(type("Acima", (raiz,), {"conferir": conferir})) == [f"Acima: {pedido} (conferir)"]
    herdada = type("Abaixo", (type("Acima", (raiz,), {"conferir": conferir}),), {})
    assert recusados(herdada) == [f"Abaixo: {pedido} (conferir)"]


@pytest.mark.parametrize(
    ("nome", "valor"),
    [
        ("load", dict.get),
        ("handle_error", dict.get),
        ("error_messages", {"unknown": "Não."}),
        ("dict_class", type("Outro", (dict,), {})),
    ],
)
def test_a_schema_that_defines_what_load_would_use(nome: str, valor: Any) -> None:
    assert recusados(type("Acima", (com(Texto(9)),), {nome: valor})) == [f"Acima: {nome}"]


@pytest.mark.parametrize(("opcao", "valor"), [("many", True), ("unknown", INCLUDE), ("unknown", EXCLUDE)])
def test_options_of_the_class(opcao: str, valor: Any) -> None:
    meta = type("Meta", (), {opcao: valor, "register": False})
    assert recusados(type("Acima", (Dentro,), {"Meta": meta})) == [f"Acima: {opcao}"]


@pytest.mark.parametrize(("opcao", "valor"), [("partial", True), ("partial", ("a",)), ("unknown", EXCLUDE)])
def test_options_of_one_schema(opcao: str, valor: Any) -> None:
    assert recusados(Dentro, **{opcao: valor}) == [f"Dentro: {opcao}"]


def test_every_reason_is_named_at_once() -> None:
    class Ruim(Tolerante):
        class Meta:
            unknown = EXCLUDE

        a = Texto(9, data_key="b", validate=str.isdigit)
        c = fields.Nested(Dentro)

    assert recusados(Ruim) == [
        *("Ruim: unknown", "Ruim.a: validate", "Ruim.a: data_key", "Ruim.c: Nested (Objeto or Lista)")
    ]


def test_dumping_is_marshmallow_s_own() -> None:
    class Mostrado(Tolerante):
        a = Texto(9)

        @post_dump
        def enfeitar(self, dados: dict[str, Any], **_: Any) -> dict[str, Any]:
            return {**dados, "b": 1}

    assert Mostrado().dump({"a": "x"}) == {"a": "x", "b": 1}
