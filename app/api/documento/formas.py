"""What /openapi.json says of the contract's own fields: every form in which a value is taken (§4.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields

from app.api.contrato import fields as campos
from app.api.contrato import query
from app.api.contrato.leitura import Tolerante
from app.api.contrato.query import Instante
from app.api.rotas.consulta import Codigos, Produtos, SimOuNao, Situacao
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


def _uma_das(numeros: int, *nomes: str) -> list[Forma]:
    return [{**INTEIRO, "enum": [*range(numeros)]}, {"type": "string", "enum": [*map(str, range(numeros)), *nomes]}]


SITUACOES = _uma_das(4, "CANCELADA", "RECEBIDO", "DISPONIVEL", "RESGATADA")
GUID = "-".join(f"[0-9A-Fa-f]{{{n}}}" for n in (8, 4, 4, 4, 12))

# The field's own class or the nearest one it is made from.
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
    campos.IdVendedorRetaguarda: lambda _: [INTEIRO, _padrao("0*[0-9]{1,8}|[Rr][Cc][Aa]-0*[0-9]{1,4}")],
    campos.TipoEntrega: lambda _: _uma_das(
        4, "RI", "RP", "EN", "EF", "RETIRA_IMEDIATA", "RETIRA_POSTERIOR", "ENTREGA_NORMAL", "ENCOMENDA"
    ),
    campos.Data: lambda _: [DIA, INSTANTE],
    campos.DataOuHora: lambda _: [DIA, INSTANTE],
    campos.LockTTL: lambda _: [_padrao(r"[0-9]{1,9}[dDhHmM]|([0-9]{1,9}\.)?[0-9]{1,2}:[0-9]{2}:[0-9]{2}")],
    query.NumeroDaPreVenda: lambda _: [{"type": "string", "maxLength": NUMERO_MAXIMO}],
    query.Filial: lambda _: [{"type": "string", "minLength": 1, "maxLength": 2}],
    Instante: lambda _: [DIA, INSTANTE],
    Situacao: lambda _: [_padrao("[0-3]|[A-Za-z]{8,10}")],
    SimOuNao: lambda _: [_padrao("[01]|[SsNn]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]")],
    Codigos: lambda _: [{"type": "string"}],
    Produtos: lambda _: [{"type": "string"}],
}


def declarar(plugin: MarshmallowPlugin) -> None:
    """Teach the plugin, once it belongs to a document, the fields above and what ``Tolerante`` passes over."""
    for classe in FORMAS:
        plugin.map_to_openapi_type(classe, "string", None)  # type: ignore[no-untyped-call]
    plugin.converter.add_attribute_function(_formas)  # type: ignore[union-attr]


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
