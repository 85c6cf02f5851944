"""The pre-sale of the PDVSync contract as marshmallow schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, pre_load, validates_schema

from app.api.fields import (
    Campo,
    Codigo,
    CodigoCliente,
    CodigoFilial,
    Data,
    DataOuHora,
    Identificacao,
    IdProdutoRetaguarda,
    IdVendedorRetaguarda,
    LockTTL,
    Numero,
    Percentual,
    Quantidade,
    SituacaoPreVenda,
    Texto,
    TipoEntrega,
    erro,
    id_ausente,
)
from app.domain.caminhos import ramos

ITENS_MAXIMOS = 500
COMPONENTES_MAXIMOS = 100

# Two names of the same member, in the tables and in the prose of the published pages.
ALIAS_DA_ENTREGA = ("idRetaguardaLojaEntrega", "idLojaEntregaRetaguarda")


class Tolerante(Schema):
    """Unknown members are passed over; null, blank text and an empty id are the same as absent."""

    class Meta:
        unknown = EXCLUDE

    error_messages = {"type": "Deve ser um objeto."}  # noqa: RUF012 - marshmallow's own form

    @pre_load
    def _sem_vazios(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {
            nome: valor
            for nome, valor in data.items()
            if valor is not None
            and not (isinstance(valor, str) and not valor.strip())
            and not (nome.startswith("id") and id_ausente(valor))
        }


def aninhado(schema: type[Schema], **kwargs: Any) -> fields.Nested:
    mensagens = {"required": Campo.default_error_messages["required"], "type": "Deve ser uma lista."}
    return fields.Nested(schema, error_messages=mensagens, **kwargs)


class EntregaSchema(Tolerante):
    """Where and when an item leaves."""

    idLojaEntregaRetaguarda = CodigoFilial(metadata={"description": "Filial de onde sai a mercadoria"})
    tipoEntrega = TipoEntrega(metadata={"description": "0 RI, 1 RP, 2 EN"})
    dataEntrega = Data(metadata={"description": "Data da entrega"})

    @pre_load
    def _unificar(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        antigo, nome = ALIAS_DA_ENTREGA
        enviados = [data[n] for n in ALIAS_DA_ENTREGA if not id_ausente(data.get(n))]
        if len({str(valor).strip() for valor in enviados}) > 1:
            raise erro(f"{antigo} e {nome} vieram diferentes.")
        resto = {n: v for n, v in data.items() if n not in ALIAS_DA_ENTREGA}
        return {**resto, nome: enviados[0]} if enviados else resto


class ItemKitSchema(Tolerante):
    """A component of a kit."""

    idProdutoRetaguarda = IdProdutoRetaguarda(required=True, metadata={"description": "Componente", "example": "100-1"})
    sequencial = Codigo(6, metadata={"description": "Ordem do componente no kit"})
    preco = Numero(required=True, metadata={"description": "Preço do componente"})
    quantidade = Quantidade(required=True, metadata={"description": "Quantidade em um kit"})


class ItemSchema(Tolerante):
    """A line of the pre-sale."""

    quantidade = Quantidade(required=True, metadata={"description": "Na embalagem do item", "example": 2})
    preco = Numero(positivo=True, required=True, metadata={"description": "Preço líquido", "example": 10.0})
    desconto = Numero(metadata={"description": "Desconto total da linha, em R$"})
    descontoPercentual = Percentual(metadata={"description": "Desconto da linha, em %"})
    idProdutoRetaguarda = IdProdutoRetaguarda(
        required=True, metadata={"description": "<código auxiliar>-<código do produto>", "example": "100-1"}
    )
    idVendedorRetaguarda = IdVendedorRetaguarda(metadata={"description": "Matrícula, ou RCA-<código>"})
    entrega = aninhado(EntregaSchema)
    itensKit = aninhado(ItemKitSchema, many=True)

    @validates_schema(skip_on_field_errors=False)
    def _poucos_componentes(self, data: Any, **_: Any) -> None:
        if len(data.get("itensKit") or ()) > COMPONENTES_MAXIMOS:
            raise erro(f"Um kit tem no máximo {COMPONENTES_MAXIMOS} componentes.")


class ClienteSchema(Tolerante):
    """The buyer; incomplete, the consumidor final is used."""

    idRetaguarda = CodigoCliente(10, metadata={"description": "Código do cliente no WinThor"})
    cpfCnpj = Texto(40, metadata={"description": "CPF ou CNPJ, também alfanumérico"})
    nome = Texto(400)
    endereco = Texto(400)
    numero = Texto(60)
    complemento = Texto(400)
    bairro = Texto(400)
    cidade = Texto(400)
    estado = Texto(60, metadata={"description": "UF"})
    cep = Texto(20)
    email = Texto(400)
    telefone = Texto(60)
    celular = Texto(60)


class PagamentoFormaSchema(Tolerante):
    """Form of payment."""

    idRetaguarda = Texto(20, metadata={"description": "CODCOB"})


class PagamentoCondicaoSchema(Tolerante):
    """Terms of payment."""

    idRetaguarda = Codigo(4, metadata={"description": "CODPLPAG"})


class PagamentoSchema(Tolerante):
    """A payment of a paid pre-sale."""

    pagamentoForma = aninhado(PagamentoFormaSchema)
    pagamentoCondicao = aninhado(PagamentoCondicaoSchema)


class PreVendaSchema(Tolerante):
    """The pre-sale."""

    situacaoPreVenda = SituacaoPreVenda(
        required=True,
        metadata={"description": "0 CANCELADA, 1 RECEBIDO, 2 DISPONIVEL, 3 RESGATADA", "example": 2},
    )
    numero = Identificacao(50, required=True, metadata={"description": "Identificação no PDV", "example": "PV-1"})
    observacoes = Texto(4000)
    idOperadorRetaguarda = Codigo(8, metadata={"description": "Matrícula do operador"})
    idLojaRetaguarda = CodigoFilial(required=True, metadata={"description": "Filial", "example": "1"})
    idRetaguarda = Codigo(10, metadata={"description": "Número da reserva, para alterar, pagar ou cancelar"})
    idPdv = Texto(200)
    offline = fields.Raw()
    idInquilino = Texto(200)
    lockTTL = LockTTL(metadata={"description": "Vida da reserva", "example": "7d"})
    dataExpiracaoPagamento = DataOuHora(metadata={"description": "Prazo de pagamento"})
    cliente = aninhado(ClienteSchema)
    preVendaItens = aninhado(ItemSchema, many=True)
    pagamentos = aninhado(PagamentoSchema, many=True)


# States that act on what is stored: what these members say is not read.
NAO_LIDOS_SEM_ITENS = ("preVendaItens", "cliente", "pagamentos", "lockTTL", "dataExpiracaoPagamento", "observacoes")


def json_paths(schema: Schema | None = None, prefixo: str = "") -> dict[str, str]:
    """Every JSON path of the contract, ``required`` or ``optional``, arrays as ``[]``."""
    paths: dict[str, str] = {}
    for nome, path, campo in _campos(schema or PreVendaSchema(), prefixo):
        if isinstance(campo, fields.Nested):
            paths.update(json_paths(campo.schema, path + ("[]." if campo.many else ".")))
        else:
            paths[path] = "required" if campo.required and nome else "optional"
    return paths


def _campos(schema: Schema, prefixo: str) -> Iterator[tuple[str, str, fields.Field[Any]]]:
    for nome, campo in schema.fields.items():
        yield nome, prefixo + nome, campo


def membros_desconhecidos(corpo: Mapping[str, Any], conhecidos: Mapping[str, Any]) -> list[str]:
    """Paths of the body's members that the contract does not know, each once, in order."""
    do_contrato = ramos(conhecidos)
    achados: set[str] = set()
    pendentes: list[tuple[Any, tuple[str, ...]]] = [(corpo, ())]
    while pendentes:
        valor, path = pendentes.pop()
        if isinstance(valor, dict):
            for nome, membro in valor.items():
                filho = (*path, nome)
                if filho not in do_contrato:
                    achados.add(".".join(filho).replace(".[]", "[]"))
                else:
                    pendentes.append((membro, filho))
        elif isinstance(valor, list):
            pendentes.extend((membro, (*path, "[]")) for membro in valor)
    return sorted(achados)
