"""How the fields of our schemas read in the document."""

from __future__ import annotations

from apispec.ext.marshmallow import MarshmallowPlugin

from app.api import consulta, fields, query

_TIPOS = {
    fields.Texto: ("string", None),
    fields.Identificacao: ("string", None),
    fields.CodigoFilial: ("string", None),
    fields.Codigo: ("integer", None),
    fields.CodigoCliente: ("string", None),
    fields.SituacaoPreVenda: ("integer", None),
    fields.Numero: ("number", None),
    fields.Quantidade: ("number", None),
    fields.Percentual: ("number", None),
    fields.IdProdutoRetaguarda: ("string", None),
    fields.IdVendedorRetaguarda: ("string", None),
    fields.TipoEntrega: ("integer", None),
    fields.Data: ("string", "date"),
    fields.DataOuHora: ("string", "date-time"),
    fields.LockTTL: ("string", None),
    query.Instante: ("string", "date-time"),
    query.DiaOuInstante: ("string", "date-time"),
    consulta.Codigos: ("string", None),
    consulta.Produtos: ("string", None),
    consulta.SimOuNao: ("boolean", None),
    consulta.Situacao: ("string", None),
}


def registrar(plugin: MarshmallowPlugin) -> None:
    """Teach the plugin our fields."""
    for field, (kind, form) in _TIPOS.items():
        plugin.map_to_openapi_type(field, kind, form)  # type: ignore[no-untyped-call]
