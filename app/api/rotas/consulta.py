"""What points of sale and the hub poll: pre-sales, positions of orders, available stock (§4.1)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request
from marshmallow import ValidationError, fields, validates_schema

from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.fields import erro
from app.api.contrato.query import (
    CodigoDaFilial,
    Consulta,
    DiaOuInstante,
    Instante,
    NumeroDaConsulta,
    inteiro,
    ler,
    texto,
)
from app.api.http import answer
from app.api.respostas.estoque import ListaDeSaldosSchema, Saldos, SaldosSchema
from app.api.respostas.pre_vendas import Envelope, ListaDePosicoesSchema, ListaDePreVendasSchema, UmaPreVendaSchema
from app.api.rotas.pre_vendas import CAMINHOS
from app.domain.pre_venda import parse_id_produto, parse_situacao
from app.domain.valores import parse_codigo
from app.services.acesso.credenciais import PDV, RETAGUARDA
from app.services.consulta import estoque as consulta_de_estoque
from app.services.consulta import pedidos
from app.services.consulta.estoque import ConsultaDeEstoque
from app.services.consulta.pedidos import ConsultaDeStatus, Periodo

blueprint = Blueprint("consulta", __name__)

CAMINHO_DOS_STATUS = "/api/wholesale/v1/orders/list"
CAMINHO_DO_ESTOQUE = "/api/stock-vtex/v1/available/pdv-sync"
TAMANHO_MAXIMO = 1000
PRODUTOS_MAXIMOS = 200
CODIGOS_MAXIMOS = 50


class SituacaoDaConsulta(fields.Field[str]):
    """A state of the POS as number, numeric text or name; loads as its name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        situacao = parse_situacao(value)
        if situacao is None:
            raise ValidationError("Deve ser 0 CANCELADA, 1 RECEBIDO, 2 DISPONIVEL ou 3 RESGATADA.")
        return situacao.name


class SimOuNao(fields.Field[bool]):
    """true, false, S, N, 1 or 0, in any case."""

    _VALORES = {"true": True, "s": True, "1": True, "false": False, "n": False, "0": False}  # noqa: RUF012 - constant

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        lido = self._VALORES.get(str(value).strip().lower())
        if lido is None:
            raise ValidationError("Deve ser true ou false.")
        return lido


class Codigos(fields.Field[tuple[str, ...]]):
    """A short comma-separated list, blanks passed over: Oracle takes no more than 1,000 values in one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        codigos = tuple(dict.fromkeys(parte.strip().upper() for parte in str(value).split(",") if parte.strip()))
        if len(codigos) > CODIGOS_MAXIMOS:
            raise ValidationError(f"Informe até {CODIGOS_MAXIMOS} códigos.")
        return codigos


class Produtos(fields.Field[list[tuple[int, int | None]]]):
    """A comma-separated list of ``<aux>-<codprod>`` or ``<codprod>``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[tuple[int, int | None]]:
        partes = [parte.strip() for parte in str(value).split(",") if parte.strip()]
        if not 1 <= len(partes) <= PRODUTOS_MAXIMOS:
            raise ValidationError(f"Informe de 1 a {PRODUTOS_MAXIMOS} produtos.")
        return [_produto(parte) for parte in partes]


def _produto(texto: str) -> tuple[int, int | None]:
    if "-" not in texto and (codprod := parse_codigo(texto, 6)) is not None:
        return codprod, None
    produto = parse_id_produto(texto)
    if produto is None:
        raise ValidationError("Deve ter a forma <código auxiliar>-<código do produto>.")
    return produto.codprod, produto.codauxiliar


class ConsultaQuery(Consulta):
    """Query of …/pdvsync/consulta: one by ``idRetaguarda`` or ``numero``, else a list of a branch."""

    idRetaguarda = inteiro(1, 10**10 - 1)
    numero = NumeroDaConsulta()
    idLojaRetaguarda = CodigoDaFilial()
    dataInicio = DiaOuInstante(
        metadata={
            "description": "Sem ela, a lista começa `PREVENDA_CADEIA_MAX_DIAS` (90) dias antes de `dataFim` ou de "
            f"hoje; o período pode ter até {pedidos.DIAS_MAXIMOS} dias"
        }
    )
    dataFim = DiaOuInstante()
    situacao = SituacaoDaConsulta(metadata={"description": "0 a 3, ou o nome da situação"})
    page = inteiro(1, 100_000, load_default=1)
    pageSize = inteiro(1, TAMANHO_MAXIMO, load_default=50)

    @validates_schema(skip_on_field_errors=True)
    def _de_que_loja(self, data: Any, **_: Any) -> None:
        if "idRetaguarda" not in data and "idLojaRetaguarda" not in data:
            raise erro("Informe idRetaguarda, ou idLojaRetaguarda.")


class StatusQuery(Consulta):
    """Query of the hub's list of positions."""

    branchId = CodigoDaFilial(required=True)
    lastChange = Instante()
    orderStatus = Codigos(metadata={"description": "Posições separadas por vírgula: L, M, F, C…"})
    integrationOrigin = texto(50)
    daysOfSearch = inteiro(0, 3650, load_default=pedidos.DIAS_DE_BUSCA)
    ignoreExcludedCustomers = SimOuNao(load_default=False)
    page = inteiro(1, 100_000, load_default=1)
    pageSize = inteiro(1, TAMANHO_MAXIMO, load_default=100)


class EstoqueQuery(Consulta):
    """Query of the available stock of some products."""

    branchId = CodigoDaFilial(required=True)
    productId = Produtos(
        required=True,
        error_messages={"required": "Campo obrigatório."},
        metadata={"description": "<código auxiliar>-<produto>, separados por vírgula"},
    )


class EstoqueListaQuery(Consulta):
    """Query of the available stock of a branch."""

    branchId = CodigoDaFilial(required=True)
    lastChange = Instante()
    usesPackagingSales = SimOuNao(load_default=True)
    resale = SimOuNao()
    merchandiseType = Codigos(metadata={"description": "PCPRODUT.TIPOMERC, separados por vírgula"})
    page = inteiro(1, 100_000, load_default=1)
    pageSize = inteiro(1, TAMANHO_MAXIMO, load_default=100)


@exige(PDV, RETAGUARDA)
def consultar() -> Response:
    """What became of a pre-sale, or the pre-sales of a branch."""
    dados = ler(ConsultaQuery(), request.args.to_dict())
    filial = dados.get("idLojaRetaguarda")
    if filial is not None:
        conferir_filial(g.caller, filial)
    if "idRetaguarda" in dados or "numero" in dados:
        uma = pedidos.consultar_um(
            gateway(), g.caller, numped=dados.get("idRetaguarda"), filial=filial, numero=dados.get("numero")
        )
        return answer(UmaPreVendaSchema, Envelope(uma))
    pagina = pedidos.listar(
        gateway(),
        dados["idLojaRetaguarda"],
        Periodo(dados.get("dataInicio"), dados.get("dataFim")),
        dados.get("situacao"),
        pagina=dados["page"],
        tamanho=dados["pageSize"],
    )
    return answer(ListaDePreVendasSchema, pagina)


for indice, caminho in enumerate(CAMINHOS):
    blueprint.add_url_rule(f"{caminho}/consulta", f"consultar_{indice}", consultar)


@blueprint.get(CAMINHO_DOS_STATUS)
@exige(PDV, RETAGUARDA)
def listar_status() -> Response:
    """Positions of orders, for the hub."""
    dados = ler(StatusQuery(), request.args.to_dict())
    conferir_filial(g.caller, dados["branchId"])
    consulta = ConsultaDeStatus(
        filial=dados["branchId"],
        origem=dados.get("integrationOrigin"),
        posicoes=dados.get("orderStatus") or None,
        desde=dados.get("lastChange"),
        dias=dados["daysOfSearch"],
        sem_clientes_excluidos=dados["ignoreExcludedCustomers"],
        pagina=dados["page"],
        tamanho=dados["pageSize"],
    )
    return answer(ListaDePosicoesSchema, pedidos.listar_status(gateway(), consulta))


@blueprint.get(CAMINHO_DO_ESTOQUE)
@exige(PDV, RETAGUARDA)
def estoque() -> Response:
    """Available stock of some packages in a branch."""
    dados = ler(EstoqueQuery(), request.args.to_dict())
    conferir_filial(g.caller, dados["branchId"])
    itens = consulta_de_estoque.consultar(gateway(), g.caller, dados["branchId"], dados["productId"])
    return answer(SaldosSchema, Saldos(itens))


@blueprint.get(f"{CAMINHO_DO_ESTOQUE}/list")
@exige(PDV, RETAGUARDA)
def estoque_lista() -> Response:
    """Available stock of a branch, page by page."""
    dados = ler(EstoqueListaQuery(), request.args.to_dict())
    conferir_filial(g.caller, dados["branchId"])
    revenda = dados.get("resale")
    consulta = ConsultaDeEstoque(
        filial=dados["branchId"],
        desde=dados.get("lastChange"),
        por_embalagem=dados["usesPackagingSales"],
        revenda=None if revenda is None else "S" if revenda else "N",
        tipos=dados.get("merchandiseType") or None,
        pagina=dados["page"],
        tamanho=dados["pageSize"],
    )
    return answer(ListaDeSaldosSchema, consulta_de_estoque.listar(gateway(), g.caller, consulta))
