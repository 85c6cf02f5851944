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
from app.domain.pre_venda import ITENS_MAXIMOS
from app.domain.valores import Ilegivel, id_ausente, parse_filial

# Lists longer than these are refused unread: each member costs time, and a problem of each would fill the answer.
COMPONENTES_MAXIMOS = 100
COMPONENTES_DE_TODOS_OS_KITS = 2000
PAGAMENTOS_MAXIMOS = 100

# Two names of the same member, in the tables and in the prose of the published pages.
ALIAS_DA_ENTREGA = ("idRetaguardaLojaEntrega", "idLojaEntregaRetaguarda")


def doc(o_que: str, exemplo: str | float | None = None) -> dict[str, Any]:
    """What the published pages say of a member."""
    return {"description": o_que} if exemplo is None else {"description": o_que, "example": exemplo}


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

    idLojaEntregaRetaguarda = CodigoFilialDaEntrega(
        metadata=doc("Filial de onde sai; sem ela, a da pré-venda. AUTO: o gateway escolhe")
    )
    tipoEntrega = TipoEntrega(metadata=doc("0 RI retira imediata, 1 RP retira posterior, 2 EN entrega, 3 EF encomenda"))
    dataEntrega = Data(metadata=doc("Dia da entrega; sem ele, o da venda"))

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

    idProdutoRetaguarda = IdProdutoRetaguarda(required=True, metadata=doc("Componente", "100-1"))
    sequencial = Codigo(6, metadata=doc("Ordem do componente no kit; sem ela, a da lista"))
    preco = Numero(required=True, metadata=doc("Preço de uma embalagem do componente, em R$"))
    quantidade = Quantidade(required=True, metadata=doc("Embalagens do componente em um kit"))


class ItemSchema(Tolerante):
    """A line of the pre-sale."""

    quantidade = Quantidade(
        required=True,
        metadata=doc("Embalagens do código auxiliar; maior que zero, até 6 casas", 2),
    )
    preco = Numero(
        positivo=True,
        required=True,
        metadata=doc("Preço de uma embalagem, já com o desconto, em R$; maior que zero", 10.0),
    )
    desconto = Numero(metadata=doc("Desconto da linha inteira, em R$: informa o preço sem desconto"))
    descontoPercentual = Percentual(metadata=doc("Desconto da linha, em %; vale mais que desconto"))
    idProdutoRetaguarda = IdProdutoRetaguarda(
        required=True,
        metadata=doc("<código auxiliar>-<código do produto>, os dois obrigatórios", "100-1"),
    )
    idVendedorRetaguarda = IdVendedorRetaguarda(
        metadata={"description": "Matrícula do vendedor, ou RCA-<código>; o do último item é o do pedido"}
    )
    entrega = Objeto(EntregaSchema, metadata=doc("De onde, como e quando sai"))
    itensKit = Lista(
        ItemKitSchema,
        COMPONENTES_MAXIMOS,
        "componentes",
        metadata=doc("Componentes, se o item é um kit; sem eles valem os do cadastro do WinThor"),
    )


_DO_CADASTRO = "Sem este membro o cliente não é cadastrado: a venda fica no consumidor final"


class ClienteSchema(Tolerante):
    """The buyer; incomplete, the consumidor final is used."""

    idRetaguarda = CodigoCliente(10, metadata=doc("Código do cliente no WinThor; um GUID é o mesmo que nenhum"))
    cpfCnpj = Digitos(
        40,
        11,
        14,
        metadata=doc("CPF ou CNPJ, também alfanumérico; sem ele, consumidor final"),
    )
    nome = Texto(400, metadata=doc(f"Nome. {_DO_CADASTRO}"))
    endereco = Texto(400, metadata=doc(f"Rua. {_DO_CADASTRO}"))
    numero = Texto(60, metadata=doc("Número do endereço; sem ele, S/N"))
    complemento = Texto(400, metadata=doc("Complemento do endereço"))
    bairro = Texto(400, metadata=doc(f"Bairro. {_DO_CADASTRO}"))
    cidade = Texto(400, metadata=doc(f"Cidade. {_DO_CADASTRO}"))
    estado = Texto(60, metadata=doc(f"UF. {_DO_CADASTRO}"))
    cep = Digitos(20, 8, metadata=doc(f"CEP, 8 algarismos; conferido se o 4672 manda. {_DO_CADASTRO}"))
    email = Texto(400, metadata=doc(f"E-mail. {_DO_CADASTRO}"))
    telefone = Texto(60, metadata=doc("Telefone; sem ele, o celular"))
    celular = Texto(60, metadata=doc("Celular; sem ele, o telefone"))


class PagamentoFormaSchema(Tolerante):
    """Form of payment."""

    idRetaguarda = Texto(20, metadata=doc("Cobrança do WinThor (PCCOB.CODCOB)"))


class PagamentoCondicaoSchema(Tolerante):
    """Terms of payment."""

    idRetaguarda = Codigo(4, metadata=doc("Plano de pagamento do WinThor (PCPLPAG.CODPLPAG)"))


class PagamentoSchema(Tolerante):
    """A payment of a paid pre-sale."""

    pagamentoForma = Objeto(PagamentoFormaSchema, metadata=doc("Forma; vale a do primeiro pagamento"))
    pagamentoCondicao = Objeto(PagamentoCondicaoSchema, metadata=doc("Condição"))


class PreVendaSchema(Tolerante):
    """The pre-sale."""

    situacaoPreVenda = SituacaoPreVenda(
        required=True,
        metadata=doc("0 CANCELADA, 1 RECEBIDO, 2 DISPONIVEL, 3 RESGATADA", 2),
    )
    numero = NumeroDaPreVenda(
        required=True,
        metadata=doc("Identificação da pré-venda no PDV, até 50 caracteres", "PV-1"),
    )
    observacoes = Texto(4000, metadata=doc("Texto livre, repartido pelas colunas de observação"))
    idOperadorRetaguarda = Codigo(8, metadata=doc("Matrícula do operador; sem ela, a RCA do parâmetro 4012"))
    idLojaRetaguarda = CodigoFilial(required=True, metadata=doc("Código da filial", "1"))
    idRetaguarda = Codigo(
        10,
        metadata={"description": "Número da reserva: obrigatório nas situações 0, 1 e 3; na 2, altera"},
    )
    idPdv = Texto(200, metadata=doc("Identificador da mensagem, do hub; não é gravado no pedido"))
    offline = Indiferente(metadata=doc("Enviada quando o PDV voltou à rede; nada depende disso"))
    idInquilino = Texto(200, metadata=doc("Inquilino do PDVSync; não é gravado no pedido"))
    lockTTL = LockTTL(
        metadata={
            "description": "Vida da reserva: 7d, 36h, 30m ou 07.12:00:00 (dias, horas, minutos, segundos)",
            "example": "7d",
        }
    )
    dataExpiracaoPagamento = DataOuHora(
        metadata={"description": "Prazo do pagamento, dia ou data e hora; sem lockTTL, decide a validade"}
    )
    cliente = Objeto(ClienteSchema, metadata=doc("Comprador; sem ele, o consumidor final"))
    preVendaItens = Itens(
        ItemSchema,
        ITENS_MAXIMOS,
        "itens",
        metadata=doc("Itens: obrigatórios na situação 2; nas outras valem os da reserva"),
    )
    pagamentos = Lista(
        PagamentoSchema,
        PAGAMENTOS_MAXIMOS,
        "pagamentos",
        metadata=doc("Pagamentos, na situação 1"),
    )


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
