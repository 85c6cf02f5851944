"""The values the maps take from the service, each named like its column in lower case.

An order's come in two parts: what is known before any lock, and the ``fecho`` that only the locks tell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.cliente import Cliente
from app.domain.dinheiro import CONTEXTO, ZERO
from app.domain.estoque import Chave, Saldo
from app.domain.itens import Linha
from app.domain.observacoes import COLUNAS as COLUNAS_DE_OBS
from app.domain.vendedor import Vendas
from app.winthor.cadastros import Plano

Contexto = dict[str, Any]

ROTINA = "PREVENDA"

_CUSTOS = ("vlcustoreal", "vlcustofin", "vlcustorep", "vlcustocont")
Custos = tuple[Decimal, Decimal, Decimal, Decimal]

# Every name the maps may use, by table: what a map may ask for is what the functions below give.
NOMES: Mapping[str, frozenset[str]] = {
    "PCPEDC": frozenset(
        {
            *("numped", "codcli", "codusur", "codsupervisor", "codemitente", "codfilial", "codpraca", "numregiao"),
            *("condvenda", "tipovenda", "codplpag", "prazo1", "prazomedio", "origemped", "origemintegracao"),
            *("rotinalanc", "data", "hora", "minuto", "dtentrega", "dtlibera", "horalibera", "minutolibera"),
            *("codfunclibera", "vltotal", "vlatend", "vltabela", "totpeso", "totvolume", "numitens"),
            *_CUSTOS,
            *map(str.lower, COLUNAS_DE_OBS),
        }
    ),
    "PCPEDI": frozenset(
        {
            *("numped", "numseq", "codprod", "codauxiliar", "codcli", "codusur", "codsupervisor", "qt", "qtunitemb"),
            *("pvenda", "ptabela", "pbaserca", "perdesc", "codfilialretira", "dtentrega", "data", "condvenda"),
            *("codplpag", "custofinest", "unidade", "qtunitcx"),
            *_CUSTOS,
        }
    ),
    "PCPEDICESTA": frozenset(
        {
            *("numped", "codprod", "numseq", "codprodmp", "codauxiliar", "numseqitem", "data", "qtmp", "qtunitemb"),
            *("pvenda", "ptabela", "pbaserca", "custofinest"),
            *_CUSTOS,
        }
    ),
    "PCCLIENT": frozenset(
        {
            *("codcli", "codcliprinc", "cgcent", "cgcentrega", "tipofj", "bairroent", "municent", "municent2"),
            *("estent", "codcidade", "codpraca", "numregiaocli", "telent", "telent1", "telcelent"),
            *("bairrocom", "municcom", "estcom", "telcom", "codcidadecom"),
            *("bairrocob", "municcob", "estcob", "telcob"),
            *("codusur1", "codplpag", "codatv1", "codcnae", "codfunccad", "codfunccadastro"),
            *("dtcadastro", "horacadastro", "dtultalter", "dtprimcompra", "dtimportintegracao"),
        }
    ),
    "PCVENDACONSUM": frozenset({"numped", "cgcent", "telent"}),
    "PCLOGPEDIDOAPI": frozenset({"data", "numped", "posicao", "operacao", "status", "json", "codcli"}),
}


@dataclass(frozen=True, slots=True)
class DadosDoPedido:
    """What the order's rows have in common and is known before any lock."""

    filial: str
    vendas: Vendas
    supervisores: Mapping[int, int | None]
    codemitente: int
    plano: Plano
    agora: dt.datetime  # by the ERP's clock
    condvenda: int
    origemped: str
    origemintegracao: str
    observacoes: Mapping[str, str | None]

    @property
    def dia(self) -> dt.datetime:
        return self.agora.replace(hour=0, minute=0, second=0)


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
        real, fin, rep, cont = (sum((CONTEXTO.multiply(q, c[i]) for q, c in partes), ZERO) for i in range(4))
        return real, fin, rep, cont

    def custos_do_produto(self, filial: str, codprod: int) -> Custos:
        """Unit costs in the order of _CUSTOS."""
        saldo = self.saldos.get((filial, codprod), Saldo())
        return saldo.custoreal, saldo.custofin, saldo.custorep, saldo.custocont


def do_pedido(pedido: DadosDoPedido, linhas: Sequence[Linha]) -> Contexto:
    """Context of the PCPEDC row but for ``fecho_do_pedido``. Money in R$; weights in kg, volumes as in PCPRODUT."""
    dia = pedido.dia
    entregas = [linha.data_entrega for linha in linhas if linha.data_entrega is not None]
    total = sum((linha.valor for linha in linhas), ZERO)
    return {
        "codusur": pedido.vendas.codusur,
        "codsupervisor": pedido.supervisores.get(pedido.vendas.codusur),
        "codemitente": pedido.codemitente,
        "codfilial": pedido.filial,
        "condvenda": pedido.condvenda,
        "tipovenda": pedido.plano.tipovenda,
        "codplpag": pedido.plano.codplpag,
        "prazo1": pedido.plano.prazomedio,
        "prazomedio": pedido.plano.prazomedio,
        "origemped": pedido.origemped,
        "origemintegracao": pedido.origemintegracao,
        "rotinalanc": ROTINA,
        "data": dia,
        "hora": pedido.agora.hour,
        "minuto": pedido.agora.minute,
        "dtentrega": min(entregas) if entregas else dia,
        "dtlibera": dia,
        "horalibera": pedido.agora.hour,
        "minutolibera": pedido.agora.minute,
        "codfunclibera": pedido.codemitente,
        "vltotal": total,
        "vlatend": total,
        "vltabela": sum((CONTEXTO.multiply(linha.qt, linha.ptabela) for linha in linhas), ZERO),
        "totpeso": sum((CONTEXTO.multiply(linha.qt, linha.produto.pesobruto) for linha in linhas), ZERO),
        "totvolume": sum((CONTEXTO.multiply(linha.qt, linha.produto.volume) for linha in linhas), ZERO),
        "numitens": len(linhas),
        **{nome.lower(): texto for nome, texto in pedido.observacoes.items()},
    }


def fecho_do_pedido(fecho: Fecho, linhas: Sequence[Linha], custos: Sequence[Custos]) -> Contexto:
    """The rest of the PCPEDC row's context; ``custos`` of its lines."""
    return {
        "numped": fecho.numped,
        "codcli": fecho.cliente.codcli,
        "codpraca": fecho.cliente.codpraca,
        "numregiao": fecho.cliente.numregiao,
        **{
            nome: sum(
                (CONTEXTO.multiply(linha.qt, custo[i]) for linha, custo in zip(linhas, custos, strict=True)), ZERO
            )
            for i, nome in enumerate(_CUSTOS)
        },
    }


def dos_itens(pedido: DadosDoPedido, linhas: Sequence[Linha]) -> list[Contexto]:
    """Contexts of the PCPEDI rows, but for their ``fecho_dos_itens``; quantities and prices per base unit."""
    dia = pedido.dia
    return [
        {
            "data": dia,
            "condvenda": pedido.condvenda,
            "codplpag": pedido.plano.codplpag,
            "numseq": linha.numseq,
            "codprod": linha.produto.codprod,
            "codauxiliar": linha.codauxiliar,
            "codusur": pedido.vendas.por_item[linha.indice],
            "codsupervisor": pedido.supervisores.get(pedido.vendas.por_item[linha.indice]),
            "qt": linha.qt,
            "qtunitemb": linha.qtunitemb,
            "pvenda": linha.pvenda,
            "ptabela": linha.ptabela,
            "pbaserca": linha.ptabela,
            "perdesc": linha.perdesc,
            "codfilialretira": linha.filial_retira,
            "dtentrega": linha.data_entrega or dia,
            "unidade": linha.produto.unidade,
            "qtunitcx": linha.produto.qtunitcx,
        }
        for linha in linhas
    ]


def fecho_dos_itens(fecho: Fecho, custos: Iterable[Custos]) -> list[Contexto]:
    """The rest of the PCPEDI rows' contexts; ``custos`` of each."""
    comum = {"numped": fecho.numped, "codcli": fecho.cliente.codcli}
    return [{**comum, **_custos(da_linha)} for da_linha in custos]


def dos_componentes(pedido: DadosDoPedido, linha: Linha) -> list[Contexto]:
    """Contexts of a kit line's PCPEDICESTA rows, but for their ``fecho_dos_componentes``.

    Quantities per one kit, prices per base unit (R5).
    """
    dia = pedido.dia
    return [
        {
            "codprod": linha.produto.codprod,
            "numseq": linha.numseq,
            "codprodmp": componente.produto.codprod,
            "codauxiliar": componente.codauxiliar,
            "numseqitem": componente.numseqitem,
            "data": dia,
            "qtmp": componente.qtmp,
            "qtunitemb": componente.qtunitemb,
            "pvenda": componente.pvenda,
            "ptabela": componente.pvenda,
            "pbaserca": componente.pvenda,
        }
        for componente in linha.componentes
    ]


def fecho_dos_componentes(fecho: Fecho, linha: Linha) -> list[Contexto]:
    """The rest of the PCPEDICESTA rows' contexts."""
    return [
        {"numped": fecho.numped, **_custos(fecho.custos_do_produto(linha.filial_retira, c.produto.codprod))}
        for c in linha.componentes
    ]


def _custos(custos: Custos) -> Contexto:
    return {**dict(zip(_CUSTOS, custos, strict=True)), "custofinest": custos[1]}
