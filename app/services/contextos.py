"""The values the maps take from the service, each named like its column in lower case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CONTEXTO, ZERO
from app.domain.documentos import normalizar_documento, tipo_pessoa
from app.domain.endereco import normalizar_telefone
from app.domain.estoque import Chave, Saldo
from app.domain.itens import Linha
from app.domain.observacoes import COLUNAS as COLUNAS_DE_OBS
from app.domain.vendedor import Vendas
from app.winthor.cadastros import Plano

Contexto = dict[str, Any]

ROTINA = "PREVENDA"

_CUSTOS = ("vlcustoreal", "vlcustofin", "vlcustorep", "vlcustocont")

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
    """What the order's rows have in common."""

    numped: int
    filial: str
    codcli: int
    vendas: Vendas
    supervisores: Mapping[int, int | None]
    codemitente: int
    codpraca: int | None
    numregiao: int | None
    plano: Plano
    agora: dt.datetime  # by the ERP's clock
    condvenda: int
    origemped: str
    origemintegracao: str
    observacoes: Mapping[str, str | None]


def _custos(linha: Linha, saldos: Mapping[Chave, Saldo]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Unit costs of a line from its stock row; a kit costs what its components cost."""
    if not linha.componentes:
        return _custos_do_produto((linha.filial_retira, linha.produto.codprod), saldos)
    partes = [(c.qtmp, _custos_do_produto((linha.filial_retira, c.produto.codprod), saldos)) for c in linha.componentes]
    real, fin, rep, cont = (sum((CONTEXTO.multiply(q, c[i]) for q, c in partes), ZERO) for i in range(4))
    return real, fin, rep, cont


def _custos_do_produto(chave: Chave, saldos: Mapping[Chave, Saldo]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    saldo = saldos.get(chave, Saldo())
    return saldo.custoreal, saldo.custofin, saldo.custorep, saldo.custocont


def do_pedido(pedido: DadosDoPedido, linhas: Sequence[Linha], saldos: Mapping[Chave, Saldo]) -> Contexto:
    """Context of the PCPEDC row. Money in R$; weights in kg, volumes as PCPRODUT has them."""
    dia = pedido.agora.replace(hour=0, minute=0, second=0)
    entregas = [linha.data_entrega for linha in linhas if linha.data_entrega is not None]
    total = sum((linha.valor for linha in linhas), ZERO)
    custos = [(linha.qt, _custos(linha, saldos)) for linha in linhas]
    contexto: Contexto = {
        "numped": pedido.numped,
        "codcli": pedido.codcli,
        "codusur": pedido.vendas.codusur,
        "codsupervisor": pedido.supervisores.get(pedido.vendas.codusur),
        "codemitente": pedido.codemitente,
        "codfilial": pedido.filial,
        "codpraca": pedido.codpraca,
        "numregiao": pedido.numregiao,
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
    }
    for i, nome in enumerate(_CUSTOS):
        contexto[nome] = sum((CONTEXTO.multiply(qt, custo[i]) for qt, custo in custos), ZERO)
    contexto.update({nome.lower(): texto for nome, texto in pedido.observacoes.items()})
    return contexto


def dos_itens(pedido: DadosDoPedido, linhas: Sequence[Linha], saldos: Mapping[Chave, Saldo]) -> list[Contexto]:
    """Contexts of the PCPEDI rows; quantities and prices per base unit."""
    dia = pedido.agora.replace(hour=0, minute=0, second=0)
    de_todos = {
        "numped": pedido.numped,
        "codcli": pedido.codcli,
        "data": dia,
        "condvenda": pedido.condvenda,
        "codplpag": pedido.plano.codplpag,
    }
    contextos: list[Contexto] = []
    for linha in linhas:
        codusur = pedido.vendas.por_item[linha.indice]
        custoreal, custofin, custorep, custocont = _custos(linha, saldos)
        contextos.append(
            {
                **de_todos,
                "numseq": linha.numseq,
                "codprod": linha.produto.codprod,
                "codauxiliar": linha.codauxiliar,
                "codusur": codusur,
                "codsupervisor": pedido.supervisores.get(codusur),
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
                "vlcustoreal": custoreal,
                "vlcustofin": custofin,
                "vlcustorep": custorep,
                "vlcustocont": custocont,
                "custofinest": custofin,
            }
        )
    return contextos


def dos_componentes(pedido: DadosDoPedido, linha: Linha, saldos: Mapping[Chave, Saldo]) -> list[Contexto]:
    """Contexts of a kit line's PCPEDICESTA rows: quantities per one kit, prices per base unit (R5)."""
    dia = pedido.agora.replace(hour=0, minute=0, second=0)
    contextos: list[Contexto] = []
    for componente in linha.componentes:
        custos = _custos_do_produto((linha.filial_retira, componente.produto.codprod), saldos)
        contextos.append(
            {
                "numped": pedido.numped,
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
                **dict(zip(_CUSTOS, custos, strict=True)),
                "custofinest": custos[1],
            }
        )
    return contextos


@dataclass(frozen=True, slots=True)
class Registro:
    """What a new customer's row takes from parameters and masters; ``bairro``, ``cidade``, ``uf`` as verified."""

    documento: str
    bairro: str
    cidade: str
    uf: str
    codcidade: int | None
    codpraca: int
    numregiao: int | None
    codusur: int
    codplpag: int
    codatividade: int
    codcnae: str | None
    codfunc: int


def do_cliente(codcli: int, dados: Mapping[str, Any], registro: Registro, agora: dt.datetime) -> Contexto:
    """Context of a new PCCLIENT row (winthor.md §2.6, §3.2); telefone and celular fill each other."""
    telefone = normalizar_telefone(dados.get("telefone"))
    celular = normalizar_telefone(dados.get("celular"))
    telent = telefone or celular
    dia = agora.replace(hour=0, minute=0, second=0)
    contexto: Contexto = {
        "codcli": codcli,
        "codcliprinc": codcli,
        "cgcent": registro.documento,
        "cgcentrega": registro.documento,
        "tipofj": tipo_pessoa(registro.documento),
        "municent2": registro.cidade,
        "codcidade": registro.codcidade,
        "codcidadecom": registro.codcidade,
        "codpraca": registro.codpraca,
        "numregiaocli": registro.numregiao,
        "telent": telent,
        "telent1": telent,
        "telcelent": celular or telefone,
        "telcom": telent,
        "telcob": telent,
        "codusur1": registro.codusur,
        "codplpag": registro.codplpag,
        "codatv1": registro.codatividade,
        "codcnae": registro.codcnae,
        "codfunccad": registro.codfunc,
        "codfunccadastro": registro.codfunc,
        "dtcadastro": agora,
        "horacadastro": agora,
        "dtultalter": agora,
        "dtprimcompra": dia,
        "dtimportintegracao": agora,
    }
    for bloco in ("ent", "com", "cob"):
        contexto["bairro" + bloco] = registro.bairro
        contexto["munic" + bloco] = registro.cidade
        contexto["est" + bloco] = registro.uf
    return contexto


def do_comprador(numped: int, dados: Mapping[str, Any]) -> Contexto:
    """Context of the PCVENDACONSUM row: who bought, on an order of the consumidor final."""
    return {
        "numped": numped,
        "cgcent": normalizar_documento(dados.get("cpfCnpj")),
        "telent": normalizar_telefone(dados.get("telefone")) or normalizar_telefone(dados.get("celular")),
    }
