"""What points of sale and the hub poll: one pre-sale, a list of them, and the positions of orders (§4.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Generic, TypeVar

from app.domain.dinheiro import ZERO
from app.domain.documentos import mascarar_documento
from app.domain.exibicao import Exibida, Guardada, exibir
from app.domain.itens import Produto
from app.domain.linhas import SEM_EMBALAGEM, LinhaGravada, Parte
from app.domain.pre_venda import PREFIXO_DO_RCA, IdProduto
from app.domain.recusas import Problema, Recusa
from app.domain.vida import Estado, estados_do_pdv, nome_no_pdv
from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import nao_encontrada
from app.services.relogio import na_filial
from app.winthor import pedidos
from app.winthor.consultas import lista_de_pedidos
from app.winthor.consultas.lista_de_pedidos import FiltroDePedidos, FiltroDeStatus, PedidoLido, PosicaoLida
from app.winthor.db.transaction import Connection

DIAS_DE_BUSCA = 60
# Ten years of WinThor's orders at once, and no more, whatever the site's history is.
DIAS_MAXIMOS = 3660
JANELA_MAXIMA = dt.timedelta(days=DIAS_MAXIMOS)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pagina(Generic[T]):
    """A page of a list, by its number and its size, and whether another follows."""

    itens: Sequence[T]
    pagina: int
    tamanho: int
    tem_proxima: bool

    @property
    def quantos(self) -> int:
        return len(self.itens)


@dataclass(frozen=True, slots=True)
class ParteConsultada:
    """A component of a kit: packages in one kit, price per package."""

    produto: str
    sequencial: int
    quantidade: Decimal
    preco: Decimal


@dataclass(frozen=True, slots=True)
class ItemConsultado:
    """An item of a pre-sale as the POS sends it: packages and their price. ``filial``: whose stock it holds."""

    produto: str
    quantidade: Decimal
    preco: Decimal
    desconto_percentual: Decimal | None
    vendedor: str | None
    filial: str
    partes: Sequence[ParteConsultada]


@dataclass(frozen=True, slots=True)
class ClienteDoPedido:
    """Whose order it is; name and document are None when the customer is not in PCCLIENT any more."""

    codcli: int
    nome: str | None
    cgcent: str | None


@dataclass(frozen=True, slots=True)
class PreVendaConsultada:
    """A pre-sale as its order stands now. Instants are aware, in the zone of the branch or, ``data`` of an order made
    elsewhere, of the ERP; amounts in R$."""

    numped: int
    numero: str | None
    filial: str
    no_pdv: str
    estado: Estado
    posicao: str
    data: dt.datetime | None
    expira: dt.datetime | None
    codemitente: int | None
    codusur: int
    total: Decimal
    desconto: Decimal
    numitens: int | None
    cliente: ClienteDoPedido
    substitui: int | None
    substituida_por: int | None


@dataclass(frozen=True, slots=True)
class PreVendaInteira:
    """A pre-sale with its items."""

    resumo: PreVendaConsultada
    itens: Sequence[ItemConsultado]


@dataclass(frozen=True, slots=True)
class PosicaoDoPedido:
    """The position of an order and when it changed last, by the ERP's clock."""

    numped: int
    filial: str
    posicao: str
    mudou: dt.datetime


@dataclass(frozen=True, slots=True)
class Periodo:
    """A span of time; a bare day means the whole of it. None = open."""

    inicio: dt.date | dt.datetime | None = None
    fim: dt.date | dt.datetime | None = None


def consultar_um(
    gw: Gateway, caller: Caller, *, numped: int | None, filial: str | None, numero: str | None
) -> PreVendaInteira:
    """One pre-sale with its items, by its order's number, or by ``numero`` and branch (then the current one).

    All that is given must fit. Raises Recusa RESERVA_NAO_ENCONTRADA, the same for an absent number and a foreign one.
    """
    origem = gw.settings.origem_integracao
    with gw.db.read() as connection:
        achado = numped
        if achado is None and filial is not None and numero is not None:
            achado = lista_de_pedidos.numero_atual(
                connection, filial, numero, origem, nos_pedidos=gw.procura_por_numero
            )
        lido = None if achado is None else lista_de_pedidos.um(connection, achado, origem)
        if (
            lido is None
            or not caller.pode_na_filial(lido.filial)
            or filial not in {None, lido.filial}
            or numero not in {None, lido.numero}
        ):
            raise nao_encontrada(achado)
        (pre_venda,) = _inteiras(gw, connection, lido.filial, [lido])
        return pre_venda


def listar(
    gw: Gateway, filial: str, periodo: Periodo, situacao: str | None, *, pagina: int, tamanho: int
) -> Pagina[PreVendaInteira]:
    """Pre-sales of a branch, newest first; ``situacao`` by the POS's name. Of the customer the code and a part of the
    document: whoever needs the person asks for the one pre-sale.

    Without a beginning those of the days in which a pre-sale may still be altered for a new term: older ones are asked
    for by their dates, so that no list reads all orders of WinThor. Raises Recusa CAMPO_INVALIDO of a period that is
    longer than JANELA_MAXIMA.
    """
    inicio, fim = _inicio(gw, periodo.inicio), _fim(gw, periodo.fim)
    if inicio is None:
        inicio = (fim or gw.agora()) - dt.timedelta(days=gw.settings.cadeia_max_dias)
    elif (fim or gw.agora()) - inicio > JANELA_MAXIMA:
        texto = f"O período deve ter até {JANELA_MAXIMA.days} dias; informe dataInicio e dataFim."
        raise Recusa([Problema("CAMPO_INVALIDO", texto, "/dataInicio")])
    estados = None if situacao is None else estados_do_pdv(situacao)
    filtro = FiltroDePedidos(
        filial=filial,
        origem=gw.settings.origem_integracao,
        estados=estados,
        dia_de=None if inicio is None else _dia(gw.hora_do_erp(inicio)),
        dia_ate=None if fim is None else _dia(gw.hora_do_erp(fim)),
        de=None if inicio is None else utc(inicio),
        ate=None if fim is None else utc(fim),
        pular=(pagina - 1) * tamanho,
        limite=tamanho + 1,
    )
    with gw.db.read() as connection:
        lidos = lista_de_pedidos.find_all(connection, filtro)
        itens = _inteiras(gw, connection, filial, [_sem_pessoa(lido) for lido in lidos[:tamanho]])
    return Pagina(itens, pagina, tamanho, len(lidos) > tamanho)


def _sem_pessoa(lido: PedidoLido) -> PedidoLido:
    return replace(lido, nome=None, cgcent=None if lido.cgcent is None else mascarar_documento(lido.cgcent))


def _dia(hora: dt.datetime) -> dt.datetime:
    return hora.replace(hour=0, minute=0, second=0, microsecond=0)


def _inicio(gw: Gateway, quando: dt.date | dt.datetime | None) -> dt.datetime | None:
    if quando is None or isinstance(quando, dt.datetime):
        return quando
    return dt.datetime.combine(quando, dt.time.min, tzinfo=gw.settings.fuso)


def _fim(gw: Gateway, quando: dt.date | dt.datetime | None) -> dt.datetime | None:
    if quando is None or isinstance(quando, dt.datetime):
        return quando
    return dt.datetime.combine(quando, dt.time.max, tzinfo=gw.settings.fuso)


def _inteiras(gw: Gateway, connection: Connection, filial: str, lidos: Sequence[PedidoLido]) -> list[PreVendaInteira]:
    """Pre-sales of a branch with their items, which come in two statements, whatever the number of orders."""
    linhas = pedidos.find_linhas_de(connection, [lido.numped for lido in lidos]) if lidos else {}
    todas = [linha for da_ordem in linhas.values() for linha in da_ordem]
    gravadas: list[LinhaGravada | Parte] = [*todas, *(parte for linha in todas for parte in linha.partes)]
    ids = {IdProduto(gravada.codauxiliar or SEM_EMBALAGEM, gravada.codprod) for gravada in gravadas}
    produtos = gw.cadastros.produtos(connection, filial, ids) if ids else {}
    return [
        PreVendaInteira(
            _pre_venda(gw, connection, lido),
            [_item(gw, linha, produtos) for linha in _mostradas(lido, linhas.get(lido.numped, ()))],
        )
        for lido in lidos
    ]


def _mostradas(lido: PedidoLido, linhas: Sequence[LinhaGravada]) -> Iterator[LinhaGravada]:
    """What WinThor has cut out of a live order is not reserved any more; a cancelled one shows what it was."""
    for linha in linhas:
        if linha.qt and (lido.posicao == pedidos.CANCELADO or linha.posicao != pedidos.CANCELADO):
            yield linha


def _pre_venda(gw: Gateway, connection: Connection, lido: PedidoLido) -> PreVendaConsultada:
    total = lido.vltotal or ZERO
    expira = lido.expira if lido.estado is Estado.AUTORIZADA else None
    return PreVendaConsultada(
        numped=lido.numped,
        numero=lido.numero,
        filial=lido.filial,
        no_pdv=nome_no_pdv(lido.estado, lido.registrado),
        estado=lido.estado,
        posicao=lido.posicao,
        data=_quando(gw, connection, lido),
        expira=None if expira is None else na_filial(gw, connection, lido.filial, expira),
        codemitente=lido.codemitente,
        codusur=lido.codusur,
        total=total,
        desconto=max((lido.vltabela or total) - total, ZERO),
        numitens=lido.numitens,
        cliente=ClienteDoPedido(lido.codcli, lido.nome, lido.cgcent),
        substitui=lido.anterior,
        substituida_por=lido.seguinte,
    )


def _quando(gw: Gateway, connection: Connection, lido: PedidoLido) -> dt.datetime | None:
    if lido.criada is not None:
        return na_filial(gw, connection, lido.filial, lido.criada)
    hora = _com_hora(lido.data, lido.hora, lido.minuto)
    return None if hora is None else hora.replace(tzinfo=gw.settings.fuso)


def _com_hora(dia: dt.datetime | None, hora: int | None, minuto: int | None) -> dt.datetime | None:
    if dia is None or dia.hour or dia.minute:
        return dia
    return dia + dt.timedelta(hours=int(hora or 0), minutes=int(minuto or 0))


def _item(gw: Gateway, linha: LinhaGravada, produtos: Mapping[int, Produto]) -> ItemConsultado:
    exibida = _exibir(gw, linha, linha.qt, produtos)
    return ItemConsultado(
        produto=str(exibida.produto),
        quantidade=exibida.quantidade,
        preco=exibida.preco,
        desconto_percentual=linha.perdesc or None,
        vendedor=None if linha.codusur is None else f"{PREFIXO_DO_RCA}{linha.codusur}",
        filial=linha.filial,
        partes=[_parte(gw, n + 1, parte, produtos) for n, parte in enumerate(linha.partes)],
    )


def _parte(gw: Gateway, sequencial: int, parte: Parte, produtos: Mapping[int, Produto]) -> ParteConsultada:
    exibida = _exibir(gw, parte, parte.qtmp, produtos)
    return ParteConsultada(str(exibida.produto), sequencial, exibida.quantidade, exibida.preco)


def _exibir(gw: Gateway, gravada: LinhaGravada | Parte, qt: Decimal, produtos: Mapping[int, Produto]) -> Exibida:
    """Product, quantity and price as the POS is to send them back (§4.2)."""
    guardada = Guardada(gravada.codprod, gravada.codauxiliar, gravada.qtunitemb, qt, gravada.pvenda)
    produto = produtos.get(gravada.codprod)
    embalagens = {} if produto is None else produto.embalagens
    return exibir(guardada, embalagens, converte=gw.settings.converte_embalagem)


@dataclass(frozen=True, slots=True)
class ConsultaDeStatus:
    """What the hub asks of the list of positions; None = any. ``origem`` None: the gateway's own integration."""

    filial: str
    origem: str | None = None
    posicoes: Collection[str] | None = None
    desde: dt.datetime | None = None
    dias: int = DIAS_DE_BUSCA
    sem_clientes_excluidos: bool = False
    pagina: int = 1
    tamanho: int = 100


def listar_status(gw: Gateway, consulta: ConsultaDeStatus) -> Pagina[PosicaoDoPedido]:
    """Positions of a branch's orders for the hub; ``lastChange`` by the ERP's clock, as the hub sends it."""
    filtro = FiltroDeStatus(
        filial=consulta.filial,
        origem=consulta.origem or gw.settings.origem_integracao,
        dia=_dia(gw.hora_do_erp(gw.agora())) - dt.timedelta(days=consulta.dias),
        posicoes=consulta.posicoes,
        desde=None if consulta.desde is None else gw.hora_do_erp(consulta.desde),
        desde_utc=None if consulta.desde is None else utc(consulta.desde),
        sem_clientes_excluidos=consulta.sem_clientes_excluidos,
        pular=(consulta.pagina - 1) * consulta.tamanho,
        limite=consulta.tamanho + 1,
    )
    with gw.db.read() as connection:
        lidas = lista_de_pedidos.find_status(connection, filtro)
    itens = [
        PosicaoDoPedido(lida.numped, lida.filial, lida.posicao, _ultima_mudanca(gw, lida))
        for lida in lidas[: consulta.tamanho]
    ]
    return Pagina(itens, consulta.pagina, consulta.tamanho, len(lidas) > consulta.tamanho)


def _ultima_mudanca(gw: Gateway, lida: PosicaoLida) -> dt.datetime:
    candidatas: list[dt.datetime | None] = [
        _com_hora(lida.data, lida.hora, lida.minuto),
        _com_hora(lida.faturada, lida.hora_da_fatura, lida.minuto_da_fatura),
        lida.cancelada,
        None if lida.alterada is None else gw.hora_do_erp(lida.alterada.replace(tzinfo=dt.UTC)),
    ]
    return max(data for data in candidatas if data is not None)
