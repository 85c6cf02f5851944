"""The columns that the service computes, as typed rows: a field is a column in lower case, and the maps name it.

An order's rows come in two parts: what is known before any lock, and the ``fecho`` that only the locks tell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.domain.cliente import Cliente
from app.domain.dinheiro import CONTEXTO, ZERO
from app.domain.estoque import Chave, Saldo
from app.domain.itens import Linha
from app.domain.observacoes import COLUNAS as COLUNAS_DE_OBS
from app.domain.vendedor import Vendas
from app.mapping import Computed
from app.services.cliente.colunas import ColunasDoCliente, ColunasDoComprador
from app.services.operacao.registro import ColunasDoLog
from app.winthor.cadastros import PlanoDePagamento

ROTINA = "PREVENDA"


class Custos(NamedTuple):
    """Unit costs of a stock row (R$ per base unit)."""

    real: Decimal = ZERO
    fin: Decimal = ZERO
    rep: Decimal = ZERO
    cont: Decimal = ZERO


class ColunasDoPedido(NamedTuple):
    """Computed columns of PCPEDC that are known before any lock. Money in R$; weights in kg, volumes as in PCPRODUT."""

    codusur: int
    codsupervisor: int | None
    codemitente: int
    codfilial: str
    condvenda: int
    tipovenda: str | None
    codplpag: int
    prazo1: int | None
    prazomedio: int | None
    origemped: str
    origemintegracao: str
    rotinalanc: str
    data: dt.datetime
    hora: int
    minuto: int
    dtentrega: dt.date
    dtlibera: dt.datetime
    horalibera: int
    minutolibera: int
    codfunclibera: int
    vltotal: Decimal
    vlatend: Decimal
    vltabela: Decimal
    totpeso: Decimal
    totvolume: Decimal
    numitens: int
    obs: str | None
    obs1: str | None
    obs2: str | None
    obsentrega1: str | None
    obsentrega2: str | None
    obsentrega3: str | None
    obsentrega4: str | None


class FechoDoPedido(NamedTuple):
    """Computed columns of PCPEDC that only the locks tell; costs of all lines together."""

    numped: int
    codcli: int
    codpraca: int | None
    numregiao: int | None
    vlcustoreal: Decimal
    vlcustofin: Decimal
    vlcustorep: Decimal
    vlcustocont: Decimal


class ColunasDoItem(NamedTuple):
    """Computed columns of PCPEDI that are known before any lock; quantities and prices per base unit."""

    data: dt.datetime
    condvenda: int
    codplpag: int
    numseq: int
    codprod: int
    codauxiliar: int | None
    codusur: int
    codsupervisor: int | None
    qt: Decimal
    qtunitemb: Decimal
    pvenda: Decimal
    ptabela: Decimal
    pbaserca: Decimal
    perdesc: Decimal
    codfilialretira: str
    dtentrega: dt.date
    unidade: str | None
    qtunitcx: Decimal | None


class FechoDoItem(NamedTuple):
    """Computed columns of PCPEDI that only the locks tell; costs per base unit."""

    numped: int
    codcli: int
    vlcustoreal: Decimal
    vlcustofin: Decimal
    vlcustorep: Decimal
    vlcustocont: Decimal
    custofinest: Decimal


class ColunasDoComponente(NamedTuple):
    """Computed columns of PCPEDICESTA that are known before any lock: quantities per one kit, prices per base unit."""

    codprod: int
    numseq: int
    codprodmp: int
    codauxiliar: int | None
    numseqitem: int | None
    data: dt.datetime
    qtmp: Decimal
    qtunitemb: Decimal
    pvenda: Decimal
    ptabela: Decimal
    pbaserca: Decimal


class FechoDoComponente(NamedTuple):
    """Computed columns of PCPEDICESTA that only the locks tell; costs per base unit."""

    numped: int
    vlcustoreal: Decimal
    vlcustofin: Decimal
    vlcustorep: Decimal
    vlcustocont: Decimal
    custofinest: Decimal


class ColunasDaVendaFutura(NamedTuple):
    """What the rows of a paid order that becomes a future sale (TV7) may take from the service (R23)."""

    numped: int


class ColunasDaEntrega(NamedTuple):
    """Computed columns of the PCPEDC row of a delivery (TV8), the rest being those of its sale (R23). Money in R$."""

    numped: int
    numpedentfut: int
    codcob: str | None
    origemintegracao: str | None
    data: dt.datetime
    hora: int
    minuto: int
    dtlibera: dt.datetime
    horalibera: int
    minutolibera: int
    dtentrega: dt.date
    vltotal: Decimal
    vlatend: Decimal
    vltabela: Decimal
    vlcustoreal: Decimal
    vlcustofin: Decimal
    vlcustorep: Decimal
    vlcustocont: Decimal
    totpeso: Decimal
    totvolume: Decimal
    numitens: int


class ColunasDaLinhaDaEntrega(NamedTuple):
    """Computed columns of a PCPEDI row of a delivery (TV8)."""

    numped: int
    data: dt.datetime


# By table, what a map may name: the fields of the rows that the functions below give.
COLUNAS: Mapping[str, Computed] = {
    "PCPEDC": Computed(ColunasDoPedido, FechoDoPedido),
    "PCPEDI": Computed(ColunasDoItem, FechoDoItem),
    "PCPEDICESTA": Computed(ColunasDoComponente, FechoDoComponente),
    "PCPEDC_FUTURA": Computed(ColunasDaVendaFutura),
    "PCPEDI_FUTURA": Computed(ColunasDaVendaFutura),
    "PCPEDC_ENTREGA": Computed(ColunasDaEntrega),
    "PCPEDI_ENTREGA": Computed(ColunasDaLinhaDaEntrega),
    "PCCLIENT": Computed(ColunasDoCliente),
    "PCVENDACONSUM": Computed(ColunasDoComprador),
    "PCLOGPEDIDOAPI": Computed(ColunasDoLog),
}


@dataclass(frozen=True, slots=True)
class DadosDoPedido:
    """What the order's rows have in common and is known before any lock."""

    filial: str
    vendas: Vendas
    supervisores: Mapping[int, int | None]
    codemitente: int
    plano: PlanoDePagamento
    agora: dt.datetime  # by the ERP's clock
    condvenda: int
    origemped: str
    origemintegracao: str
    observacoes: Mapping[str, str | None]

    @property
    def dia(self) -> dt.datetime:
        return self.agora.replace(hour=0, minute=0, second=0)


_SEM_LINHA = Saldo()


@dataclass(frozen=True, slots=True)
class Fecho:
    """What only the locks tell: the number drawn, the customer, who may be a new one, and the stock rows' costs."""

    numped: int
    cliente: Cliente
    saldos: Mapping[Chave, Saldo]

    def custos(self, linhas: Sequence[Linha]) -> list[Custos]:
        """Unit costs of each line from its stock row; a kit costs what its components cost."""
        return [self._custos_da_linha(linha) for linha in linhas]

    def _custos_da_linha(self, linha: Linha) -> Custos:
        if not linha.componentes:
            return self.custos_do_produto(linha.filial_retira, linha.produto.codprod)
        partes = [(c.qtmp, self.custos_do_produto(linha.filial_retira, c.produto.codprod)) for c in linha.componentes]
        return somar(partes)

    def custos_do_produto(self, filial: str, codprod: int) -> Custos:
        """Unit costs of a stock row; zero where there is none."""
        saldo = self.saldos.get((filial, codprod), _SEM_LINHA)
        return Custos(saldo.custoreal, saldo.custofin, saldo.custorep, saldo.custocont)


def somar(partes: Iterable[tuple[Decimal, Custos]]) -> Custos:
    """Costs of so many units of each."""
    vezes = [[CONTEXTO.multiply(quantos, custo) for custo in custos] for quantos, custos in partes]
    return Custos(*(sum(coluna, ZERO) for coluna in zip(*vezes, strict=True)))


def do_pedido(pedido: DadosDoPedido, linhas: Sequence[Linha]) -> ColunasDoPedido:
    """Columns of the PCPEDC row but for ``fecho_do_pedido``."""
    dia = pedido.dia
    entregas = [linha.data_entrega for linha in linhas if linha.data_entrega is not None]
    total = sum((linha.valor for linha in linhas), ZERO)
    return ColunasDoPedido(
        codusur=pedido.vendas.codusur,
        codsupervisor=pedido.supervisores.get(pedido.vendas.codusur),
        codemitente=pedido.codemitente,
        codfilial=pedido.filial,
        condvenda=pedido.condvenda,
        tipovenda=pedido.plano.tipovenda,
        codplpag=pedido.plano.codplpag,
        prazo1=pedido.plano.prazomedio,
        prazomedio=pedido.plano.prazomedio,
        origemped=pedido.origemped,
        origemintegracao=pedido.origemintegracao,
        rotinalanc=ROTINA,
        data=dia,
        hora=pedido.agora.hour,
        minuto=pedido.agora.minute,
        dtentrega=min(entregas) if entregas else dia,
        dtlibera=dia,
        horalibera=pedido.agora.hour,
        minutolibera=pedido.agora.minute,
        codfunclibera=pedido.codemitente,
        vltotal=total,
        vlatend=total,
        vltabela=sum((CONTEXTO.multiply(linha.qt, linha.ptabela) for linha in linhas), ZERO),
        totpeso=sum((CONTEXTO.multiply(linha.qt, linha.produto.pesobruto) for linha in linhas), ZERO),
        totvolume=sum((CONTEXTO.multiply(linha.qt, linha.produto.volume) for linha in linhas), ZERO),
        numitens=len(linhas),
        **{nome.lower(): pedido.observacoes.get(nome) for nome in COLUNAS_DE_OBS},
    )


def fecho_do_pedido(fecho: Fecho, linhas: Sequence[Linha], custos: Sequence[Custos]) -> FechoDoPedido:
    """The rest of the PCPEDC row's columns; ``custos`` of its lines."""
    cliente = fecho.cliente
    total = somar((linha.qt, custo) for linha, custo in zip(linhas, custos, strict=True))
    return FechoDoPedido(fecho.numped, cliente.codcli, cliente.codpraca, cliente.numregiao, *total)


def dos_itens(pedido: DadosDoPedido, linhas: Sequence[Linha]) -> list[ColunasDoItem]:
    """Columns of the PCPEDI rows, but for their ``fecho_dos_itens``."""
    dia = pedido.dia
    return [
        ColunasDoItem(
            data=dia,
            condvenda=pedido.condvenda,
            codplpag=pedido.plano.codplpag,
            numseq=linha.numseq,
            codprod=linha.produto.codprod,
            codauxiliar=linha.codauxiliar,
            codusur=pedido.vendas.por_item[linha.indice],
            codsupervisor=pedido.supervisores.get(pedido.vendas.por_item[linha.indice]),
            qt=linha.qt,
            qtunitemb=linha.qtunitemb,
            pvenda=linha.pvenda,
            ptabela=linha.ptabela,
            pbaserca=linha.ptabela,
            perdesc=linha.perdesc,
            codfilialretira=linha.filial_retira,
            dtentrega=linha.data_entrega or dia,
            unidade=linha.produto.unidade,
            qtunitcx=linha.produto.qtunitcx,
        )
        for linha in linhas
    ]


def fecho_dos_itens(fecho: Fecho, custos: Iterable[Custos]) -> list[FechoDoItem]:
    """The rest of the PCPEDI rows' columns; ``custos`` of each."""
    return [FechoDoItem(fecho.numped, fecho.cliente.codcli, *custo, custofinest=custo.fin) for custo in custos]


def dos_componentes(pedido: DadosDoPedido, linha: Linha) -> list[ColunasDoComponente]:
    """Columns of a kit line's PCPEDICESTA rows, but for their ``fecho_dos_componentes`` (R5)."""
    dia = pedido.dia
    return [
        ColunasDoComponente(
            codprod=linha.produto.codprod,
            numseq=linha.numseq,
            codprodmp=componente.produto.codprod,
            codauxiliar=componente.codauxiliar,
            numseqitem=componente.numseqitem,
            data=dia,
            qtmp=componente.qtmp,
            qtunitemb=componente.qtunitemb,
            pvenda=componente.pvenda,
            ptabela=componente.pvenda,
            pbaserca=componente.pvenda,
        )
        for componente in linha.componentes
    ]


def fecho_dos_componentes(fecho: Fecho, linha: Linha) -> list[FechoDoComponente]:
    """The rest of the PCPEDICESTA rows' columns."""
    custos = (fecho.custos_do_produto(linha.filial_retira, parte.produto.codprod) for parte in linha.componentes)
    return [FechoDoComponente(fecho.numped, *custo, custofinest=custo.fin) for custo in custos]
