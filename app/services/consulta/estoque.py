"""Available stock per package and branch, for points of sale and the hub: what a reservation would accept (R4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain.dinheiro import ZERO
from app.domain.disponivel import (
    NADA,
    Disponivel,
    chaves_de,
    disponivel_do_produto,
    em_embalagens,
    limites_do_produto,
    passo_do_produto,
)
from app.domain.estoque import Chave, RegraDeEstoque, Saldo, planejar
from app.domain.itens import ComponenteMestre, Embalagem, Produto
from app.domain.medida import arredondada
from app.domain.pre_venda import IdProduto
from app.services import protecao
from app.services.acesso.credenciais import Caller
from app.services.consulta.pedidos import Pagina
from app.services.gateway import Gateway, utc
from app.winthor.consultas import embalagens
from app.winthor.consultas.embalagens import EmbalagemLida, FiltroDeEmbalagens, ReservadoLido
from app.winthor.db.transaction import Connection

# How far back the last change of a product is looked for when no instant is asked.
OLHAR_PARA_TRAS = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SaldoDaEmbalagem:
    """What a reservation would accept of a package in a branch, or of a product in base units.

    ``limitante``: the component that limits a kit. ``motivo``: why there is none. ``mudou``: by the ERP's clock.
    """

    codprod: int
    codauxiliar: int | None
    filial: str
    quantidade: Decimal
    limitante: int | None
    sem_estoque: bool
    motivo: str | None
    mudou: dt.datetime

    @property
    def produto(self) -> str:
        """The product as the POS writes it."""
        return str(self.codprod) if self.codauxiliar is None else f"{self.codauxiliar}-{self.codprod}"


@dataclass(frozen=True, slots=True)
class LimiteDoComponente:
    """What a stock row gives to a kit: units in one, units available, kits that these make, and whether it is the
    scarcest."""

    codprod: int
    descricao: str
    por_kit: Decimal
    disponivel: Decimal
    kits: Decimal
    limita: bool


@dataclass(frozen=True, slots=True)
class KitExplicado:
    """How many of a kit may be sold, why none, and the stock rows it depends on, the scarcest first."""

    disponivel: Decimal
    motivo: str | None
    componentes: Sequence[LimiteDoComponente]


@dataclass(frozen=True, slots=True)
class ConsultaDeEstoque:
    """Filters of the hub's list; None = any."""

    filial: str
    desde: dt.datetime | None = None
    por_embalagem: bool = True
    revenda: str | None = None
    tipos: Collection[str] | None = None
    pagina: int = 1
    tamanho: int = 100


def listar(gw: Gateway, caller: Caller, consulta: ConsultaDeEstoque) -> Pagina[SaldoDaEmbalagem]:
    """Stock of every package of a branch that the caller may reserve, by product; what may not be sold is there with
    0."""
    agora = gw.agora()
    desde = consulta.desde or agora - OLHAR_PARA_TRAS
    with gw.db.read() as connection:
        mexidos = embalagens.mexidos(connection, consulta.filial, utc(desde))
        lidas = embalagens.find_all(
            connection,
            FiltroDeEmbalagens(
                filial=consulta.filial,
                por_embalagem=consulta.por_embalagem,
                revenda=consulta.revenda,
                tipos=consulta.tipos,
                alterado_desde=None if consulta.desde is None else gw.hora_do_erp(consulta.desde),
                mexidos=mexidos,
                pular=(consulta.pagina - 1) * consulta.tamanho,
                limite=consulta.tamanho + 1,
            ),
        )
        itens = _itens(gw, connection, caller, consulta.filial, lidas[: consulta.tamanho], mexidos)
    return Pagina(itens, consulta.pagina, consulta.tamanho, len(lidas) > consulta.tamanho)


def consultar(
    gw: Gateway, caller: Caller, filial: str, pedidas: Sequence[tuple[int, int | None]]
) -> list[SaldoDaEmbalagem]:
    """Stock of the packages asked, (codprod, codauxiliar), that the caller may reserve, in that order; one that does
    not exist has 0 and says why."""
    with gw.db.read() as connection:
        mexidos = embalagens.mexidos(connection, filial, utc(gw.agora() - OLHAR_PARA_TRAS))
        return _itens(gw, connection, caller, filial, [EmbalagemLida(*pedida) for pedida in pedidas], mexidos)


def _itens(
    gw: Gateway,
    connection: Connection,
    caller: Caller,
    filial: str,
    pedidas: Sequence[EmbalagemLida],
    mexidos: Mapping[int, dt.datetime],
) -> list[SaldoDaEmbalagem]:
    visao = ler_visao(gw, connection, caller, filial, pedidas)
    datas = embalagens.ultimas_datas(connection, filial, {chave[1] for chave in visao.chaves()})
    return [_saldo(gw, visao, pedida, mexidos, datas) for pedida in pedidas]


@dataclass(frozen=True, slots=True)
class Visao:
    """Products as a branch sees them, with the compositions and stock rows that decide on them."""

    filial: str
    produtos: Mapping[int, Produto]
    composicoes: Mapping[int, Sequence[ComponenteMestre]]
    saldos: Mapping[Chave, Saldo]
    regra: RegraDeEstoque

    def chaves_do_produto(self, codprod: int) -> list[Chave]:
        produto = self.produtos.get(codprod)
        if produto is None:
            return []
        return chaves_de(self.filial, produto, self.composicoes.get(codprod, ()), self.regra.modo_kit)

    def chaves(self) -> set[Chave]:
        return {chave for codprod in self.produtos for chave in self.chaves_do_produto(codprod)}

    def disponivel(self, codprod: int) -> Disponivel:
        """What a reservation of the product would accept, in its base units."""
        produto = self.produtos.get(codprod)
        if produto is None:
            return Disponivel(motivo=f"O produto {codprod} não existe no WinThor.")
        return disponivel_do_produto(
            self.filial,
            produto,
            self.composicoes.get(codprod, ()),
            self.saldos,
            self.regra,
        )


def ler_visao(
    gw: Gateway, connection: Connection, caller: Caller, filial: str, pedidas: Sequence[EmbalagemLida]
) -> Visao:
    """Read what decides on the products asked; products, kit compositions and policies may be a moment old."""
    ids = [IdProduto(pedida.codauxiliar or 0, pedida.codprod) for pedida in pedidas]
    produtos = gw.cadastros.produtos(connection, filial, ids)
    kits = [codprod for codprod, produto in produtos.items() if produto.kit]
    composicoes = gw.cadastros.composicoes(connection, filial, kits) if kits else {}
    sem_saldos = Visao(filial, produtos, composicoes, {}, gw.regra_de_estoque)
    vista = protecao.ver(gw, connection, sem_saldos.chaves(), caller.login)
    regra = sem_saldos.regra.guardando(vista.contra(caller.login))
    return replace(sem_saldos, saldos=vista.saldos, regra=regra)


def _saldo(
    gw: Gateway,
    visao: Visao,
    pedida: EmbalagemLida,
    mexidos: Mapping[int, dt.datetime],
    datas: Mapping[int, dt.datetime],
) -> SaldoDaEmbalagem:
    codprod, codauxiliar = pedida.codprod, pedida.codauxiliar
    disponivel = visao.disponivel(codprod)
    produto = visao.produtos.get(codprod)
    quantidade, motivo = disponivel.em_embalagens(Decimal(1)), disponivel.motivo
    if codauxiliar is not None and produto is not None:
        embalagem = produto.embalagens.get(codauxiliar)
        quantidade = _embalado(gw, embalagem, disponivel)
        if not _utilizavel(embalagem) and motivo is None:
            motivo = f"O código auxiliar {codauxiliar} não é embalagem ativa do produto {codprod} na filial."
    mudancas = [datas[c] for _, c in visao.chaves_do_produto(codprod) if c in datas]
    mudancas += [
        gw.hora_do_erp(mexidos[c].replace(tzinfo=dt.UTC)) for _, c in visao.chaves_do_produto(codprod) if c in mexidos
    ]
    return SaldoDaEmbalagem(
        codprod=codprod,
        codauxiliar=codauxiliar,
        filial=visao.filial,
        quantidade=quantidade,
        limitante=disponivel.limitante,
        sem_estoque=visao.filial in gw.settings.filiais_sem_estoque,
        motivo=motivo,
        mudou=max(mudancas) if mudancas else gw.hora_do_erp(gw.agora()),
    )


def _utilizavel(embalagem: Embalagem | None) -> bool:
    return embalagem is not None and embalagem.ativa and embalagem.qtunit > 0


def _embalado(gw: Gateway, embalagem: Embalagem | None, disponivel: Disponivel) -> Decimal:
    if embalagem is None or not _utilizavel(embalagem):
        return ZERO
    return disponivel.em_embalagens(embalagem.qtunit if gw.settings.converte_embalagem else Decimal(1))


def explicar_kit(gw: Gateway, caller: Caller, filial: str, codprod: int) -> KitExplicado | None:
    """Of a kit: how many may be sold and what each stock row it depends on gives, the scarcest first.

    None when the product is no kit.
    """
    with gw.db.read() as connection:
        visao = ler_visao(gw, connection, caller, filial, [EmbalagemLida(codprod)])
        produto = visao.produtos.get(codprod)
        if produto is None or not produto.kit:
            return None
        nomes = embalagens.descricoes(connection, [c for _, c in visao.chaves_do_produto(codprod)])
    composicao = visao.composicoes.get(codprod, ())
    limites = limites_do_produto(filial, produto, composicao, visao.saldos, visao.regra)
    menor = min((limite.kits for limite in limites), default=NADA)
    disponivel = visao.disponivel(codprod)
    passo = passo_do_produto(produto, composicao)
    return KitExplicado(
        disponivel=disponivel.em_embalagens(Decimal(1)),
        motivo=disponivel.motivo,
        componentes=[
            LimiteDoComponente(
                codprod=limite.codprod,
                descricao=nomes.get(limite.codprod, ""),
                por_kit=arredondada(limite.por_kit),
                disponivel=limite.disponivel,
                kits=em_embalagens(limite.kits, Decimal(1), passo),
                limita=limite.kits == menor,
            )
            for limite in sorted(limites, key=lambda limite: (limite.kits, limite.codprod))
        ],
    )


@dataclass(frozen=True, slots=True)
class LinhaDoEstoque:
    """A stock row, in base units, by the rule of R4."""

    filial: str
    codprod: int
    descricao: str
    estoque: Decimal
    bloqueado: Decimal
    reservado: Decimal
    disponivel: Decimal


def reservados(gw: Gateway, caller: Caller, limite: int = 50) -> list[LinhaDoEstoque]:
    """Products with something reserved in the caller's branches, the most reserved first."""
    with gw.db.read() as connection:
        return _com_disponivel(gw, connection, caller, embalagens.reservados(connection, caller.filiais, limite))


def dos_produtos(gw: Gateway, caller: Caller, codprods: Collection[int]) -> list[LinhaDoEstoque]:
    """The stock rows of products in the caller's branches, by product and branch."""
    with gw.db.read() as connection:
        return _com_disponivel(gw, connection, caller, embalagens.dos_produtos(connection, caller.filiais, codprods))


def _com_disponivel(
    gw: Gateway, connection: Connection, caller: Caller, lidos: Sequence[ReservadoLido]
) -> list[LinhaDoEstoque]:
    vista = protecao.ver(gw, connection, {(r.filial, r.codprod) for r in lidos}, caller.login)
    livres = planejar(vista.saldos, gw.regra_de_estoque.guardando(vista.contra(caller.login))).livres
    return [
        LinhaDoEstoque(
            r.filial,
            r.codprod,
            r.descricao,
            r.estoque,
            r.bloqueado,
            r.reservado,
            max(livres.get((r.filial, r.codprod), ZERO), ZERO),
        )
        for r in lidos
    ]


PRODUTOS_MAXIMOS = 200


def procurar_produtos(gw: Gateway, texto: str, limite: int = PRODUTOS_MAXIMOS) -> list[int]:
    """Products by code (``300-3`` as the POS writes it, too), by the code or bar code of a package, else by parts of
    the name."""
    codigo = texto.rpartition("-")[2].strip()
    with gw.db.read() as connection:
        if codigo.isascii() and codigo.isdigit():
            achados = [int(codigo)] if len(codigo) <= 6 and embalagens.descricoes(connection, {int(codigo)}) else []
            if "-" not in texto and len(codigo) <= 20:
                achados += embalagens.pelo_auxiliar(connection, int(codigo))
            if achados:
                return list(dict.fromkeys(achados))
        palavras = texto.split()
        return embalagens.pelo_nome(connection, palavras, limite) if palavras else []


def descrever(gw: Gateway, codprods: Collection[int]) -> dict[int, str]:
    """The names of products."""
    with gw.db.read() as connection:
        return embalagens.descricoes(connection, codprods)
