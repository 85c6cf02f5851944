"""What a counter holds too much of: the orders that explain it, or may, of any origin (R19)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from app.domain.diferencas import (
    CERTA,
    CONSULTOR,
    DE_OUTRO,
    INFORMAR,
    LIBERAR,
    RECALCULO,
    SEPARACAO_PULADA,
    SO_SUSPEITA,
    SUSPEITA,
    TIPOS,
)
from app.domain.dinheiro import CENTAVO, ZERO, arredondar, texto
from app.domain.estoque import Chave
from app.domain.excesso import conjunto_exato, os_que_cabem
from app.domain.retencao import RegraDeRetencao
from app.services.conciliacao.diferenca import Diferenca, id_da_diferenca
from app.services.gateway import Gateway
from app.services.relogio import na_filial
from app.winthor.consultas import conciliacao
from app.winthor.consultas.conciliacao import Candidata, ContadorDoEstoque
from app.winthor.db.transaction import Connection

# Ended orders of other services are looked at when their DATA is not older than this.
JANELA_DIAS = 180
# Of those that only fit, so many are named; one more would accuse more innocent ones than it helps.
SUSPEITAS_DE_FORA = 5
# A branch stamps, or does not, by its invoices of this many days, of orders as old as the window.
CARIMBOS_DIAS = 30

GATEWAY = "gateway"
_ORIGENS = {
    **{"T": "telemarketing", "R": "reserva de balcão", "B": "balcão", "F": "força de vendas", "C": "call center"},
    **{"K": "broker", "W": "web"},
}


@dataclass(frozen=True, slots=True)
class Suspeitos:
    """The candidates of every counter that holds too much; ``analiticos``: the counters that WinThor's own list of
    what is reserved is filled for; ``carimbam``: the branches that stamp what they pick."""

    por_contador: dict[Chave, list[Candidata]] = field(default_factory=dict)
    analiticos: frozenset[Chave] = frozenset()
    carimbam: frozenset[str] = frozenset()


def find_suspeitos(
    gw: Gateway,
    connection: Connection,
    regra: RegraDeRetencao,
    filiais: Collection[str] | None,
    produtos: Collection[int] | None = None,
) -> Suspeitos:
    """Four statements at the most, however many counters there are."""
    hoje = gw.hora_do_erp(gw.agora()).replace(hour=0, minute=0, second=0)
    desde = hoje - dt.timedelta(days=JANELA_DIAS)
    por_contador: dict[Chave, list[Candidata]] = {}
    for candidata in conciliacao.candidatas(connection, regra, filiais, desde, produtos=produtos):
        por_contador.setdefault(candidata.chave, []).append(candidata)
    analiticos: set[Chave] = set()
    if gw.estoque_analitico:
        certas, analiticos = conciliacao.analiticas(connection, regra, filiais, produtos=produtos)
        for chave in analiticos:
            por_contador[chave] = [certa for certa in certas if certa.chave == chave]
    carimbam: frozenset[str] = frozenset()
    if any(c.faturada and not c.separada for candidatas in por_contador.values() for c in candidatas):
        faturadas_desde = hoje - dt.timedelta(days=CARIMBOS_DIAS)
        minima = gw.settings.separacao_minima
        carimbam = conciliacao.filiais_que_carimbam(connection, faturadas_desde, desde, minima)
    return Suspeitos(por_contador, frozenset(analiticos), carimbam)


def explicar(gw: Gateway, connection: Connection, contador: ContadorDoEstoque, suspeitos: Suspeitos) -> list[Diferenca]:
    """The orders that the counter still counts, or may, and the rest that nobody explains."""
    excesso = contador.reservado - contador.esperado
    achadas: list[Diferenca] = []
    if excesso > 0:
        for candidata, suspeita in _escolher(excesso, contador.chave, suspeitos):
            achadas.append(_ainda_retida(gw, connection, contador, candidata, suspeitos.carimbam, suspeita=suspeita))
            excesso -= candidata.quantidade
        excesso = max(excesso, ZERO)
    if excesso:
        achadas.append(_divergente(contador, excesso))
    return achadas


def _escolher(excesso: Decimal, chave: Chave, suspeitos: Suspeitos) -> Iterator[tuple[Candidata, bool]]:
    """The orders to name, and whether they are only suspected."""
    todas = suspeitos.por_contador.get(chave, [])
    if chave in suspeitos.analiticos:
        yield from ((candidata, False) for candidata in todas)
        return
    daqui = [candidata for candidata in todas if candidata.nascida_aqui]
    de_fora = [candidata for candidata in todas if not candidata.nascida_aqui]
    exata = _exata(excesso, daqui, de_fora)
    if exata is not None:
        yield from ((candidata, False) for candidata in exata)
        return
    for n, candidata in enumerate(_cabem(excesso, [*daqui, *de_fora])):
        if candidata.nascida_aqui or n < len(daqui) + SUSPEITAS_DE_FORA:
            yield candidata, True


def _exata(excesso: Decimal, daqui: Sequence[Candidata], de_fora: Sequence[Candidata]) -> list[Candidata] | None:
    """The set that explains the excess exactly: of the orders born here alone, of these with others, of others."""
    soma = sum((candidata.quantidade for candidata in daqui), ZERO)
    for fixas, livres in (([], daqui), (daqui, de_fora), ([], [*daqui, *de_fora])):
        resto = excesso - (soma if fixas else ZERO)
        conjunto = conjunto_exato(resto, [candidata.quantidade for candidata in livres])
        if conjunto is not None:
            return [*fixas, *[livres[n] for n in conjunto]]
    return None


def _cabem(excesso: Decimal, candidatas: Sequence[Candidata]) -> list[Candidata]:
    return [candidatas[n] for n in os_que_cabem(excesso, [candidata.quantidade for candidata in candidatas])]


def _ainda_retida(
    gw: Gateway,
    connection: Connection,
    contador: ContadorDoEstoque,
    candidata: Candidata,
    carimbam: frozenset[str],
    *,
    suspeita: bool,
) -> Diferenca:
    tipo = TIPOS["FATURADA_AINDA_RETIDA" if candidata.faturada else "CANCELADA_AINDA_RETIDA"]
    pulou = candidata.faturada and not candidata.separada and candidata.filial_do_pedido in carimbam
    diferenca = Diferenca(
        id=id_da_diferenca(tipo.tipo, contador.filial, contador.codprod, candidata.numped),
        tipo=tipo.tipo,
        filial=contador.filial,
        codprod=contador.codprod,
        numped=candidata.numped,
        numero=candidata.numero if candidata.nascida_aqui else None,
        esperado=contador.esperado,
        reservado=contador.reservado,
        diferenca=candidata.quantidade,
        valor=arredondar(candidata.quantidade * candidata.preco, CENTAVO),
        desde=_desde(gw, connection, candidata),
        caller=candidata.caller,
        origem=_origem(candidata),
        explicacao=_explicacao(candidata, suspeita=suspeita, pulou=pulou),
        anotacoes=(
            *((SEPARACAO_PULADA,) if pulou else ()),
            *((SUSPEITA,) if suspeita else ()),
            *((CERTA,) if candidata.certa else ()),
        ),
        acao=LIBERAR,
        o_que_fazer=SO_SUSPEITA if suspeita else tipo.o_que_fazer,
        quem=tipo.quem,
    )
    if candidata.nascida_aqui:
        return diferenca
    return replace(diferenca, acao=INFORMAR, rotina=RECALCULO, o_que_fazer=DE_OUTRO, quem=CONSULTOR)


def _explicacao(candidata: Candidata, *, suspeita: bool, pulou: bool) -> str:
    como = "faturado" if candidata.faturada else "cancelado no WinThor"
    quem = "" if candidata.nascida_aqui else f" ({_origem(candidata)})"
    quantas = texto(candidata.quantidade)
    seguem = f"mas {quantas} unidades dele seguem em QTRESERV"
    if suspeita:
        seguem = f"e as {quantas} unidades dele talvez sigam em QTRESERV: cabem no excesso, mas não o explicam"
    frase = f"O pedido {candidata.numped}{quem} foi {como}, {seguem}."
    return frase + (" O pedido passou de liberado a faturado sem a separação." if pulou else "")


def _origem(candidata: Candidata) -> str:
    if candidata.nascida_aqui:
        return GATEWAY
    if candidata.entrega_de:
        return f"entrega do pedido {candidata.entrega_de}"
    return candidata.origem or _ORIGENS.get(candidata.origemped or "T", "WinThor")


def _desde(gw: Gateway, connection: Connection, candidata: Candidata) -> dt.datetime | None:
    if candidata.fim is not None:
        return candidata.fim.replace(tzinfo=gw.settings.fuso)
    if candidata.alterada is None:
        return None
    return na_filial(gw, connection, candidata.filial_do_pedido, candidata.alterada)


def _divergente(contador: ContadorDoEstoque, resto: Decimal) -> Diferenca:
    tipo, sobra = TIPOS["CONTADOR_DIVERGENTE"], resto > 0
    quanto = f"QTRESERV conta {texto(abs(resto))} {'a mais' if sobra else 'a menos'} que os pedidos que retêm estoque"
    porque = "nenhum pedido encerrado explica a diferença" if sobra else "estas unidades podem ser vendidas de novo"
    return Diferenca(
        id=id_da_diferenca(tipo.tipo, *contador.chave),
        tipo=tipo.tipo,
        filial=contador.filial,
        codprod=contador.codprod,
        esperado=contador.esperado,
        reservado=contador.reservado,
        diferenca=resto,
        valor=arredondar(abs(resto) * contador.custo, CENTAVO),
        explicacao=f"{quanto}; {porque} (valor ao custo real).",
        acao=INFORMAR,
        o_que_fazer=tipo.o_que_fazer,
        quem=tipo.quem,
        rotina=RECALCULO,
    )
