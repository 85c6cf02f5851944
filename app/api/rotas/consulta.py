"""What points of sale and the hub poll: pre-sales, positions of orders, available stock (spec §4.1)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request
from marshmallow import ValidationError, fields, validates_schema

from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.fields import erro, ler_situacao
from app.api.contrato.query import Consulta, DiaOuInstante, Instante, inteiro, ler, texto
from app.api.http import answer
from app.api.respostas.estoque import ListaDeSaldosSchema, Saldos, SaldosSchema
from app.api.respostas.pre_vendas import Envelope, ListaDePosicoesSchema, ListaDePreVendasSchema, UmaPreVendaSchema
from app.api.rotas.pre_vendas import CAMINHOS
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


class Situacao(fields.Field[str]):
    """A state of the POS as number, numeric text or name; loads as its name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        situacao = ler_situacao(value)
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
    auxiliar, _, codprod = texto.rpartition("-")
    if not all(parte.isascii() and parte.isdigit() for parte in (codprod, auxiliar or "0")) or len(codprod) > 6:
        raise ValidationError("Deve ter a forma <código auxiliar>-<código do produto>.")
    if len(auxiliar) > 20:
        raise ValidationError("O código auxiliar é longo demais.")
    return int(codprod), int(auxiliar) if auxiliar else None


def _filial(**kwargs: Any) -> fields.String:
    return texto(2, **kwargs)


class ConsultaQuery(Consulta):
    """Query of …/pdvsync/consulta: one by ``idRetaguarda`` or ``numero``, else a list of a branch."""

    idRetaguarda = inteiro(1, 10**10 - 1)
    numero = texto(50)
    idLojaRetaguarda = _filial()
    dataInicio = DiaOuInstante()
    dataFim = DiaOuInstante()
    situacao = Situacao(metadata={"description": "0 a 3, ou o nome da situação"})
    page = inteiro(1, 100_000, load_default=1)
    pageSize = inteiro(1, TAMANHO_MAXIMO, load_default=50)

    @validates_schema(skip_on_field_errors=True)
    def _de_que_loja(self, data: Any, **_: Any) -> None:
        if "idRetaguarda" not in data and "idLojaRetaguarda" not in data:
            raise erro("Informe idRetaguarda, ou idLojaRetaguarda.")


class StatusQuery(Consulta):
    """Query of the hub's list of positions."""

    branchId = _filial(required=True)
    lastChange = Instante()
    orderStatus = Codigos(metadata={"description": "Posições separadas por vírgula: L, M, F, C…"})
    integrationOrigin = texto(50)
    daysOfSearch = inteiro(0, 3650, load_default=pedidos.DIAS_DE_BUSCA)
    ignoreExcludedCustomers = SimOuNao(load_default=False)
    page = inteiro(1, 100_000, load_default=1)
    pageSize = inteiro(1, TAMANHO_MAXIMO, load_default=100)


class EstoqueQuery(Consulta):
    """Query of the available stock of some products."""

    branchId = _filial(required=True)
    productId = Produtos(
        required=True,
        error_messages={"required": "Campo obrigatório."},
        metadata={"description": "<código auxiliar>-<produto>, separados por vírgula"},
    )


class EstoqueListaQuery(Consulta):
    """Query of the available stock of a branch."""

    branchId = _filial(required=True)
    lastChange = Instante()
    usesPackagingSales = SimOuNao(load_default=True)
    resale = SimOuNao()
    merchandiseType = Codigos(metadata={"description": "PCPRODUT.TIPOMERC, separados por vírgula"})
    page = inteiro(1, 100_000, load_default=1)
    pageSize = inteiro(1, TAMANHO_MAXIMO, load_default=100)


_SEM_NUMERO = ("idRetaguarda", "0")


def _argumentos() -> dict[str, str]:
    """The query string without the members left blank: senders leave what they do not use empty."""
    return {nome: valor for nome, valor in request.args.items() if valor.strip() and (nome, valor) != _SEM_NUMERO}


@exige(PDV, RETAGUARDA)
def consultar() -> Response:
    """What became of a pre-sale, or the pre-sales of a branch."""
    dados = ler(ConsultaQuery(), _argumentos())
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
    dados = ler(StatusQuery(), _argumentos())
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
    dados = ler(EstoqueQuery(), _argumentos())
    conferir_filial(g.caller, dados["branchId"])
    itens = consulta_de_estoque.consultar(gateway(), dados["branchId"], dados["productId"])
    return answer(SaldosSchema, Saldos(itens))


@blueprint.get(f"{CAMINHO_DO_ESTOQUE}/list")
@exige(PDV, RETAGUARDA)
def estoque_lista() -> Response:
    """Available stock of a branch, page by page."""
    dados = ler(EstoqueListaQuery(), _argumentos())
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
    return answer(ListaDeSaldosSchema, consulta_de_estoque.listar(gateway(), consulta))
