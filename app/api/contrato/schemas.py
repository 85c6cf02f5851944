"""The pre-sale of the PDVSync contract as marshmallow schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields

from app.api.contrato.fields import (
    Codigo,
    CodigoCliente,
    CodigoFilial,
    CodigoFilialDaEntrega,
    Data,
    DataOuHora,
    Digitos,
    IdProdutoRetaguarda,
    IdVendedorRetaguarda,
    Indiferente,
    LockTTL,
    Numero,
    NumeroDaPreVenda,
    Percentual,
    Quantidade,
    SituacaoPreVenda,
    Texto,
    TipoEntrega,
    erro,
)
from app.api.contrato.leitura import Lista, Objeto, Tolerante
from app.domain.caminhos import Arvore, arvore
from app.domain.valores import Ilegivel, id_ausente, parse_filial

# Lists longer than these are refused unread: each member costs time, and a problem of each would fill the answer.
ITENS_MAXIMOS = 500
COMPONENTES_MAXIMOS = 100
COMPONENTES_DE_TODOS_OS_KITS = 2000
PAGAMENTOS_MAXIMOS = 100

# Two names of the same member, in the tables and in the prose of the published pages.
ALIAS_DA_ENTREGA = ("idRetaguardaLojaEntrega", "idLojaEntregaRetaguarda")


class Itens(Lista):
    """The lines of a pre-sale; also refused unread when their kits have too many components together."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        linhas = value if isinstance(value, list) else ()
        kits = [linha["itensKit"] for linha in linhas if isinstance(linha, Mapping) and "itensKit" in linha]
        if sum(len(kit) for kit in kits if isinstance(kit, list)) > COMPONENTES_DE_TODOS_OS_KITS:
            raise erro(f"Os kits têm juntos no máximo {COMPONENTES_DE_TODOS_OS_KITS} componentes.")
        return super()._deserialize(value, *args, **kwargs)


class EntregaSchema(Tolerante):
    """Where and when an item leaves."""

    idLojaEntregaRetaguarda = CodigoFilialDaEntrega(metadata={"description": "Filial de onde sai a mercadoria"})
    tipoEntrega = TipoEntrega(metadata={"description": "0 RI, 1 RP, 2 EN, 3 EF (encomenda)"})
    dataEntrega = Data(metadata={"description": "Data da entrega"})

    def ler(self, valor: Any) -> dict[str, Any]:
        """As ``Tolerante``; the two names of the branch are one member."""
        antigo, nome = ALIAS_DA_ENTREGA
        if isinstance(valor, dict) and antigo in valor:
            enviados = [valor[n] for n in ALIAS_DA_ENTREGA if not id_ausente(valor.get(n))]
            if len({_filial(enviado) for enviado in enviados}) > 1:
                raise erro(f"{antigo} e {nome} vieram diferentes.")
            valor = {**valor, nome: enviados[0] if enviados else None}
        return super().ler(valor)


def _filial(enviado: Any) -> str:
    try:
        return parse_filial(enviado)
    except Ilegivel:
        return str(enviado).strip().upper()


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
    entrega = Objeto(EntregaSchema)
    itensKit = Lista(ItemKitSchema, COMPONENTES_MAXIMOS, "componentes")


class ClienteSchema(Tolerante):
    """The buyer; incomplete, the consumidor final is used."""

    idRetaguarda = CodigoCliente(10, metadata={"description": "Código do cliente no WinThor"})
    cpfCnpj = Digitos(40, 11, 14, metadata={"description": "CPF ou CNPJ, também alfanumérico"})
    nome = Texto(400)
    endereco = Texto(400)
    numero = Texto(60)
    complemento = Texto(400)
    bairro = Texto(400)
    cidade = Texto(400)
    estado = Texto(60, metadata={"description": "UF"})
    cep = Digitos(20, 8)
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

    pagamentoForma = Objeto(PagamentoFormaSchema)
    pagamentoCondicao = Objeto(PagamentoCondicaoSchema)


class PreVendaSchema(Tolerante):
    """The pre-sale."""

    situacaoPreVenda = SituacaoPreVenda(
        required=True,
        metadata={"description": "0 CANCELADA, 1 RECEBIDO, 2 DISPONIVEL, 3 RESGATADA", "example": 2},
    )
    numero = NumeroDaPreVenda(required=True, metadata={"description": "Identificação no PDV", "example": "PV-1"})
    observacoes = Texto(4000)
    idOperadorRetaguarda = Codigo(8, metadata={"description": "Matrícula do operador"})
    idLojaRetaguarda = CodigoFilial(required=True, metadata={"description": "Filial", "example": "1"})
    idRetaguarda = Codigo(10, metadata={"description": "Número da reserva, para alterar, pagar ou cancelar"})
    idPdv = Texto(200)
    offline = Indiferente(metadata={"description": "Enviada quando o PDV voltou à rede; nada depende disso"})
    idInquilino = Texto(200)
    lockTTL = LockTTL(metadata={"description": "Vida da reserva", "example": "7d"})
    dataExpiracaoPagamento = DataOuHora(metadata={"description": "Prazo de pagamento"})
    cliente = Objeto(ClienteSchema)
    preVendaItens = Itens(ItemSchema, ITENS_MAXIMOS, "itens")
    pagamentos = Lista(PagamentoSchema, PAGAMENTOS_MAXIMOS, "pagamentos")


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
    """Paths of the body's members that the contract does not know, each once, in order.

    What lies below a member that should hold a plain value is no member: that value is wrong as a whole.
    """
    achados: set[str] = set()
    pendentes: list[tuple[Any, Arvore, str]] = [(corpo, arvore(conhecidos), "")]
    while pendentes:
        valor, ramos, path = pendentes.pop()
        if isinstance(valor, list):
            do_elemento = ramos.get("[]", {})
            pendentes += [(membro, do_elemento, f"{path}[]") for membro in valor if isinstance(membro, dict | list)]
            continue
        for nome, membro in valor.items():
            if nome not in ramos:
                achados.add(f"{path}.{nome}" if path else nome)
            elif isinstance(membro, dict | list) and ramos[nome]:
                pendentes.append((membro, ramos[nome], f"{path}.{nome}" if path else nome))
    return sorted(achados)
