"""What the document says of the contract's own fields (§4.2).

What to send is one type per member: generators of clients make one class or one plain type of it. Every other form in
which a value is taken as well stands only in the tolerant document, which the contract test draws its requests from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields

from app.api.contrato import fields as campos
from app.api.contrato import query
from app.api.contrato.leitura import Tolerante
from app.api.contrato.query import Instante
from app.api.rotas.consulta import Codigos, Produtos, SimOuNao, SituacaoDaConsulta
from app.domain.valores import NUMERO_MAXIMO

Forma = dict[str, Any]

# Null or blank is the same as absent, whatever the member.
AUSENTE: Forma = {"type": "string", "maxLength": 0, "nullable": True}
INTEIRO: Forma = {"type": "integer"}
DIA: Forma = {"type": "string", "format": "date"}
INSTANTE: Forma = {"type": "string", "format": "date-time"}


def _texto(campo: campos.Texto) -> list[Forma]:
    return [{"type": "string", "maxLength": campo.maximo}, INTEIRO]


def _padrao(padrao: str) -> Forma:
    return {"type": "string", "pattern": rf"^\s*({padrao})\s*$"}


def _codigo(campo: campos.Codigo, *outros: str) -> list[Forma]:
    inteiro = {**INTEIRO, "minimum": 0, "maximum": 10**campo.digitos - 1}
    return [inteiro, _padrao("|".join((f"0*[0-9]{{1,{campo.digitos}}}", *outros)))]


def _numero(campo: campos.Numero) -> list[Forma]:
    return [{"type": "number", "minimum": 0, **({"exclusiveMinimum": True} if campo.positivo else {})}]


def _uma_das(nomes: tuple[str, ...], *outros: str) -> list[Forma]:
    numeros = range(len(nomes))
    como_texto = {"type": "string", "enum": [*map(str, numeros), *nomes, *outros]}
    return [{**INTEIRO, "enum": [*numeros], "x-enum-varnames": [*nomes]}, como_texto]


SITUACOES = _uma_das(("CANCELADA", "RECEBIDO", "DISPONIVEL", "RESGATADA"))
TIPOS_DE_ENTREGA = _uma_das(
    ("RETIRA_IMEDIATA", "RETIRA_POSTERIOR", "ENTREGA_NORMAL", "ENCOMENDA"), "RI", "RP", "EN", "EF"
)
GUID = "-".join(f"[0-9A-Fa-f]{{{n}}}" for n in (8, 4, 4, 4, 12))

# The field's own class or the nearest one it is made from: first what to send, then what is taken as well.
FORMAS: dict[type, Callable[[Any], list[Forma]]] = {
    campos.Texto: _texto,
    campos.NumeroDaPreVenda: lambda _: [{"type": "string", "maxLength": NUMERO_MAXIMO}, INTEIRO],
    campos.CodigoFilial: lambda _: [{"type": "string"}, INTEIRO],
    campos.CodigoFilialDaEntrega: lambda _: [{"type": "string"}, INTEIRO],
    campos.Codigo: _codigo,
    campos.CodigoCliente: lambda campo: _codigo(campo, GUID),
    campos.SituacaoPreVenda: lambda _: SITUACOES,
    campos.Numero: _numero,
    campos.Percentual: lambda campo: [{**_numero(campo)[0], "maximum": 100, "exclusiveMaximum": True}],
    campos.IdProdutoRetaguarda: lambda _: [_padrao("0*[0-9]{1,20}-0*[0-9]{1,6}")],
    campos.IdVendedorRetaguarda: lambda _: [_padrao("0*[0-9]{1,8}|[Rr][Cc][Aa]-0*[0-9]{1,4}"), INTEIRO],
    campos.TipoEntrega: lambda _: TIPOS_DE_ENTREGA,
    campos.Data: lambda _: [DIA, INSTANTE],
    campos.DataOuHora: lambda _: [DIA, INSTANTE],
    campos.LockTTL: lambda _: [_padrao(r"[0-9]{1,9}[dDhHmM]|([0-9]{1,9}\.)?[0-9]{1,2}:[0-9]{2}:[0-9]{2}")],
    query.NumeroDaConsulta: lambda _: [{"type": "string", "maxLength": NUMERO_MAXIMO}],
    query.CodigoDaFilial: lambda _: [{"type": "string", "minLength": 1, "maxLength": 2}],
    Instante: lambda _: [DIA, INSTANTE],
    SituacaoDaConsulta: lambda _: [_padrao("[0-3]|[A-Za-z]{8,10}")],
    SimOuNao: lambda _: [{"type": "boolean"}, _padrao("[01]|[SsNn]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]")],
    Codigos: lambda _: [{"type": "string"}],
    Produtos: lambda _: [{"type": "string"}],
}


# What to send where it is not the first of the forms. A day and an instant mean different things, and no format names
# both.
A_ENVIAR: dict[type, Forma] = {
    campos.DataOuHora: {"type": "string"},
    campos.Indiferente: {"type": "boolean"},
    Instante: {"type": "string"},
}


def declarar(plugin: MarshmallowPlugin, *, tolerante: bool) -> None:
    """Teach the plugin, once it belongs to a document, the fields above; ``tolerante``: in every form they are taken
    in, with what ``Tolerante`` passes over."""
    for classe in FORMAS:
        plugin.map_to_openapi_type(classe, "string", None)  # type: ignore[no-untyped-call]
    escrever = _formas if tolerante else _a_enviar
    plugin.converter.add_attribute_function(escrever)  # type: ignore[union-attr]


def _a_enviar(_converter: Any, field: fields.Field[Any], ret: Forma, **_: Any) -> Forma:
    """Replaces the plugin's type of a field, already in ``ret``, by the one to send."""
    classes = type(field).__mro__
    forma = next((A_ENVIAR[classe] for classe in classes if classe in A_ENVIAR), None)
    de_quem = next((FORMAS[classe] for classe in classes if classe in FORMAS), None)
    if forma is None and de_quem is not None:
        forma = de_quem(field)[0]
    if forma is not None:
        ret.pop("type", None)
    return forma or {}


def _formas(_converter: Any, field: fields.Field[Any], ret: Forma, **_: Any) -> Forma:
    """Replaces the plugin's one type of a field, already in ``ret``, by its forms."""
    de_quem = next((FORMAS[classe] for classe in type(field).__mro__ if classe in FORMAS), None)
    pode_faltar = isinstance(field.parent, Tolerante) and not field.required
    if de_quem is not None:
        formas = de_quem(field)
    elif pode_faltar and isinstance(field, fields.Nested):
        formas = [{nome: ret.pop(nome) for nome in ("$ref", "allOf", "type", "items") if nome in ret}]
    else:
        return {}
    ret.pop("type", None)
    formas = [*formas, AUSENTE] if pode_faltar else formas
    return formas[0] if len(formas) == 1 else {"anyOf": formas}
