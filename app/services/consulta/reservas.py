"""Reservations for the back office: the live ones, one with its whole story, and who holds a product's stock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.dinheiro import ZERO
from app.domain.estoque import planejar
from app.domain.linhas import LinhaGravada
from app.domain.protecao import GuardadaParaAlguem
from app.domain.vida import VIVOS, Estado, nome_no_pdv, situacao_da_entrega
from app.services import protecao
from app.services.acesso.credenciais import Caller
from app.services.consulta.operacoes import EventoDaOperacao
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import nao_encontrada
from app.services.relogio import na_filial
from app.winthor import entregas, pedidos
from app.winthor.consultas import lista_de_operacoes, lista_de_reservas
from app.winthor.consultas.lista_de_reservas import DetentorLido, FiltroDaLista, OrdemDaLista, ReservaLida
from app.winthor.db.transaction import Connection
from app.winthor.pedidos import Entrega

# The orders in which a list may be read.
OrdemDasReservas = OrdemDaLista


@dataclass(frozen=True, slots=True)
class FiltroDeReservas:
    """Filters of the list; None = any; without ``estado`` only live reservations."""

    filial: str | None = None
    codprod: int | None = None
    estado: Estado | None = None
    numero: str | None = None
    caller: str | None = None
    vence_ate: dt.datetime | None = None
    vence_em_minutos: int | None = None
    idade_minima_horas: int | None = None
    codcli: frozenset[int] | None = None
    cursor: int | None = None
    ordem: OrdemDasReservas = OrdemDasReservas.NUMERO
    pular: int = 0
    limite: int = 50


@dataclass(frozen=True, slots=True)
class ResumoDaReserva:
    """A reservation in a list. Instants are aware, in the zone of the branch; ``expira`` only of one that time may end.

    ``no_pdv``: its state by the POS's name; ``itens``: how many; ``total`` in R$. Of an order that is gone they are
    None.
    """

    numped: int
    filial: str
    numero: str
    estado: Estado
    no_pdv: str
    posicao: str | None
    codcli: int | None
    codusur: int | None
    total: Decimal | None
    itens: int | None
    caller: str | None
    criada: dt.datetime
    alterada: dt.datetime
    expira: dt.datetime | None
    vencida: bool
    idade_horas: int
    substitui: int | None
    substituida_por: int | None


@dataclass(frozen=True, slots=True)
class PaginaDeReservas:
    """Reservations, newest number first; ``proximo`` is the cursor of the next page, None at the end."""

    itens: Sequence[ResumoDaReserva]
    proximo: int | None


@dataclass(frozen=True, slots=True)
class MudancaDeItem:
    """Units of a product, package, branch and price before an alteration and after it."""

    codprod: int
    codauxiliar: int | None
    filial: str
    pvenda: Decimal
    antes: Decimal
    depois: Decimal


@dataclass(frozen=True, slots=True)
class Elo:
    """A reservation of a chain of alterations, and what it changed of the one before."""

    resumo: ResumoDaReserva
    diferencas: Sequence[MudancaDeItem]


@dataclass(frozen=True, slots=True)
class EntregaDaReserva:
    """A delivery of a paid order that is a future sale (R23): type RP, EN or EF, and its own lines."""

    numped: int
    tipo: str
    posicao: str | None
    situacao: str
    itens: Sequence[LinhaGravada]


@dataclass(frozen=True, slots=True)
class ReservaDetalhada:
    """A reservation with its stored lines, its chain (oldest first) and the operations on its pre-sale; ``entregas`` is
    None of an order that leaves whole."""

    resumo: ResumoDaReserva
    linhas: Sequence[LinhaGravada]
    linhagem: Sequence[Elo]
    eventos: Sequence[EventoDaOperacao]
    entregas: Sequence[EntregaDaReserva] | None


@dataclass(frozen=True, slots=True)
class Detentor:
    """An order that holds units of a product. ``estado``, ``idade_horas``, ``expira`` and ``caller`` are None of one
    that the gateway has no record of; ``numero`` of one made elsewhere; ``entrega_de``, the future sale that it is a
    delivery of, of every other (R23)."""

    numped: int
    filial: str
    numero: str | None
    origem: str | None
    estado: Estado | None
    posicao: str
    quantidade: Decimal
    data: dt.date | None
    idade_horas: int | None
    expira: dt.datetime | None
    caller: str | None
    entrega_de: int | None


@dataclass(frozen=True, slots=True)
class DisponivelNaFilial:
    """What another branch has of a product, in base units, never below zero."""

    filial: str
    disponivel: Decimal


@dataclass(frozen=True, slots=True)
class EstoqueExplicado:
    """The stock of a product in a branch, in base units. ``explicado``: what the holders hold; ``nao_explicado``: what
    QTRESERV counts beyond it (R19); ``detentores_omitidos``: of holders beyond the first 200. ``disponivel`` is what
    the caller may have; ``protegido``, of what is free, is kept for others by ``protecoes`` (R30), None where nothing
    is."""

    filial: str
    codprod: int
    estoque: Decimal
    reservado: Decimal
    bloqueado: Decimal
    pendente: Decimal
    disponivel: Decimal
    explicado: Decimal
    nao_explicado: Decimal
    detentores: Sequence[Detentor]
    outras_filiais: Sequence[DisponivelNaFilial]
    detentores_omitidos: int | None = None
    protegido: Decimal | None = None
    protecoes: Sequence[GuardadaParaAlguem] | None = None


def listar(gw: Gateway, caller: Caller, filtro: FiltroDeReservas) -> PaginaDeReservas:
    """Reservations that the caller may see, a page of them."""
    agora = gw.agora()
    vence = filtro.vence_ate
    if filtro.vence_em_minutos is not None:
        vence = agora + dt.timedelta(minutes=filtro.vence_em_minutos)
    estados: Collection[Estado] = VIVOS if filtro.estado is None else {filtro.estado}
    criada = None if filtro.idade_minima_horas is None else agora - dt.timedelta(hours=filtro.idade_minima_horas)
    with gw.db.read() as connection:
        lidas = lista_de_reservas.find_all(
            connection,
            FiltroDaLista(
                filiais=caller.filiais,
                estados=estados,
                filial=filtro.filial,
                codprod=filtro.codprod,
                numero=filtro.numero,
                caller=filtro.caller,
                vence_ate=None if vence is None else utc(vence),
                criada_ate=None if criada is None else utc(criada),
                codcli=filtro.codcli,
                depois_de=filtro.cursor,
                ordem=filtro.ordem,
                pular=filtro.pular,
                limite=filtro.limite + 1,
            ),
        )
        pagina = lidas[: filtro.limite]
        itens = [_resumo(gw, connection, lida, agora) for lida in pagina]
    return PaginaDeReservas(itens, pagina[-1].numped if len(lidas) > filtro.limite else None)


def totais_dos_pedidos(gw: Gateway, numpeds: Collection[int]) -> dict[int, Decimal | None]:
    """What each order that exists is worth, R$."""
    with gw.db.read() as connection:
        return lista_de_reservas.totais(connection, numpeds)


def _resumo(gw: Gateway, connection: Connection, lida: ReservaLida, agora: dt.datetime) -> ResumoDaReserva:
    expira = lida.expira if lida.estado is Estado.AUTORIZADA else None
    return ResumoDaReserva(
        numped=lida.numped,
        filial=lida.filial,
        numero=lida.numero,
        estado=lida.estado,
        no_pdv=nome_no_pdv(lida.estado, lida.registrado),
        posicao=lida.posicao,
        codcli=lida.codcli,
        codusur=lida.codusur,
        total=lida.vltotal,
        itens=lida.numitens,
        caller=lida.caller,
        criada=na_filial(gw, connection, lida.filial, lida.criada),
        alterada=na_filial(gw, connection, lida.filial, lida.alterada),
        expira=None if expira is None else na_filial(gw, connection, lida.filial, expira),
        vencida=expira is not None and expira <= utc(agora),
        idade_horas=_horas(lida.criada, agora),
        substitui=lida.anterior,
        substituida_por=lida.seguinte,
    )


def _horas(desde_utc: dt.datetime, agora: dt.datetime) -> int:
    return int((utc(agora) - desde_utc).total_seconds() // 3600)


def detalhar(gw: Gateway, caller: Caller, numped: int) -> ReservaDetalhada:
    """One reservation: lines, its whole chain with the difference of each alteration, and its events in time order.

    Raises Recusa RESERVA_NAO_ENCONTRADA, the same for an absent number and another branch's.
    """
    agora = gw.agora()
    with gw.db.read() as connection:
        # A delivery is shown on the page of its sale.
        numped = entregas.venda_de(connection, numped) or numped
        lida = lista_de_reservas.uma(connection, numped)
        if lida is None or not caller.pode_na_filial(lida.filial):
            raise nao_encontrada(numped)
        cadeia = _linhagem(lista_de_reservas.da_pre_venda(connection, lida.filial, lida.numero), numped)
        linhas = {elo.numped: pedidos.find_linhas(connection, elo.numped) for elo in cadeia}
        eventos = lista_de_operacoes.da_pre_venda(connection, lida.filial, lida.numero)
        linhagem = []
        for anterior, elo in zip([None, *cadeia], cadeia, strict=False):
            diferencas = [] if anterior is None else _diferencas(linhas[anterior.numped], linhas[elo.numped])
            linhagem.append(Elo(_resumo(gw, connection, elo, agora), diferencas))
        pedido = pedidos.find(connection, numped, com_linhas=True)
        return ReservaDetalhada(
            resumo=_resumo(gw, connection, lida, agora),
            linhas=linhas[numped],
            linhagem=linhagem,
            eventos=[EventoDaOperacao(e, na_filial(gw, connection, lida.filial, e.inicio)) for e in eventos],
            entregas=None if pedido is None else [_entrega(entrega) for entrega in pedido.entregas] or None,
        )


def _entrega(entrega: Entrega) -> EntregaDaReserva:
    onde = entrega.no_winthor
    return EntregaDaReserva(entrega.numped, entrega.tipo, onde.posicao, situacao_da_entrega(onde), entrega.vistas)


def _linhagem(todas: Sequence[ReservaLida], numped: int) -> list[ReservaLida]:
    """The chain that ``numped`` is in, oldest first; other reservations of the same pre-sale are left out."""
    por_numero = {lida.numped: lida for lida in todas}
    atual = por_numero[numped]
    while atual.anterior in por_numero:
        atual = por_numero[atual.anterior]
    cadeia = [atual]
    while cadeia[-1].seguinte in por_numero:
        cadeia.append(por_numero[cadeia[-1].seguinte])
    return cadeia


def _diferencas(antes: Sequence[LinhaGravada], depois: Sequence[LinhaGravada]) -> list[MudancaDeItem]:
    """What an alteration changed, by product, package, branch and price: units before and after."""
    quantidades: dict[tuple[int, int | None, str, Decimal], list[Decimal]] = {}
    for lado, linhas in enumerate((antes, depois)):
        for linha in linhas:
            chave = (linha.codprod, linha.codauxiliar, linha.filial, linha.pvenda)
            quantidades.setdefault(chave, [ZERO, ZERO])[lado] += linha.qt
    return [MudancaDeItem(*chave, antes=a, depois=d) for chave, (a, d) in quantidades.items() if a != d]


# Of a product that thousands of orders hold: the rest is counted, and in ``explicado``.
DETENTORES_MAXIMOS = 200


def explicar_estoque(gw: Gateway, caller: Caller, filial: str, codprod: int) -> EstoqueExplicado | None:
    """The availability of a product in a branch, explained: what is on hand, blocked, reserved, and by whom.

    None when there is no stock row.
    """
    agora = gw.agora()
    with gw.db.read() as connection:
        vista = protecao.ver_produtos(gw, connection, [codprod])
        saldo = vista.saldos.get((filial, codprod))
        if saldo is None:
            return None
        lidos = lista_de_reservas.detentores(
            connection, filial, codprod, gw.regra_de_retencao(connection), DETENTORES_MAXIMOS
        )
        detentores = [_detentor(gw, connection, lido, agora) for lido in lidos.primeiros]
    plano = planejar(vista.saldos, gw.regra_de_estoque.guardando(vista.contra(caller.login)))
    livres, chave = plano.livres, (filial, codprod)
    return EstoqueExplicado(
        filial=filial,
        codprod=codprod,
        estoque=saldo.qtestger,
        reservado=saldo.qtreserv,
        bloqueado=saldo.qtbloqueada,
        pendente=saldo.qtpendente,
        disponivel=max(livres[chave], ZERO),
        explicado=lidos.unidades,
        nao_explicado=saldo.reservado - lidos.unidades,
        detentores=detentores,
        detentores_omitidos=max(lidos.quantos - DETENTORES_MAXIMOS, 0) or None,
        protegido=plano.protegidas.get(chave),
        protecoes=vista.protecao.guardadas(chave, saldo, vista.retidas) or None,
        outras_filiais=[
            DisponivelNaFilial(outra, max(livre, ZERO))
            for (outra, _), livre in sorted(livres.items())
            if outra != filial and caller.pode_na_filial(outra)
        ],
    )


def _detentor(gw: Gateway, connection: Connection, lido: DetentorLido, agora: dt.datetime) -> Detentor:
    da_casa = lido.origem == gw.settings.origem_integracao or lido.entrega_de is not None
    return Detentor(
        numped=lido.numped,
        filial=lido.filial,
        numero=lido.numero if da_casa else None,
        origem=lido.origem,
        estado=lido.estado,
        posicao=lido.posicao,
        quantidade=lido.quantidade,
        data=None if lido.data is None else lido.data.date(),
        idade_horas=None if lido.criada is None else _horas(lido.criada, agora),
        expira=None if lido.expira is None else na_filial(gw, connection, lido.filial, lido.expira),
        caller=lido.caller,
        entrega_de=lido.entrega_de,
    )
