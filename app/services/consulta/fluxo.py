"""The view of the flow: paths of invoiced orders, time per step, orders that stand (R24)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from app.domain.dinheiro import CENTAVO, ZERO, arredondar
from app.domain.fluxo import Caminho, Duracoes, PassoDoFluxo, caminho, duracoes, onde_esta
from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway
from app.winthor.consultas import conciliacao
from app.winthor.consultas import fluxo as consultas
from app.winthor.db.transaction import Connection

DIAS = 30
DIAS_MAXIMOS = 90
# Orders are found by their DATA: of those invoiced in the period, the ones that are not older than this besides.
FOLGA_DIAS = 90
# A branch stamps, or does not, by its invoices of these days (R24).
CARIMBOS_DIAS = 30
MEDIANA, P95 = Decimal("0.5"), Decimal("0.95")
PARADOS = 200


@dataclass(frozen=True, slots=True)
class PedidosDoCaminho:
    """How many orders took a path, and what they are worth in R$."""

    caminho: Caminho
    pedidos: int
    valor: Decimal


@dataclass(frozen=True, slots=True)
class TempoDoPasso:
    """Hours that half of the orders, and that 95 of 100, did not exceed in a step."""

    passo: PassoDoFluxo
    mediana_horas: Decimal
    p95_horas: Decimal


@dataclass(frozen=True, slots=True)
class PedidoParado:
    """A live order that has been in its step for longer than 95 of 100 were."""

    numped: int
    filial: str
    passo: PassoDoFluxo
    desde: dt.datetime


@dataclass(frozen=True, slots=True)
class Fluxo:
    """The flow of the last ``dias`` days. ``parados``: the oldest ones first."""

    dias: int
    caminhos: tuple[PedidosDoCaminho, ...]
    passos: tuple[TempoDoPasso, ...]
    parados: tuple[PedidoParado, ...]


def medir(gw: Gateway, caller: Caller, *, filial: str | None = None, dias: int = DIAS) -> Fluxo:
    """The flow of orders of any origin in the caller's branches, or in one of them. Three statements; memory as large
    as the minutes that the steps differ by, and the orders that stand."""
    filiais = caller.filiais if filial is None else frozenset({filial}) & (caller.filiais or frozenset({filial}))
    agora = gw.hora_do_erp(gw.agora())
    hoje = agora.replace(hour=0, minute=0, second=0)
    desde = hoje - dt.timedelta(days=dias)
    caminhos: dict[Caminho, tuple[int, Decimal]] = {}
    tempos: dict[PassoDoFluxo, Duracoes] = {}
    with gw.db.read(in_batches=True) as connection:
        carimbos, folga = hoje - dt.timedelta(days=CARIMBOS_DIAS), dt.timedelta(days=FOLGA_DIAS)
        minima = gw.settings.separacao_minima
        carimbam = conciliacao.filiais_que_carimbam(connection, carimbos, carimbos - folga, minima)
        for marcha in consultas.faturados(connection, filiais, desde, desde - folga):
            tomado = caminho(marcha, carimba=marcha.filial in carimbam)
            pedidos, valor = caminhos.get(tomado, (0, ZERO))
            caminhos[tomado] = (pedidos + 1, valor + marcha.valor)
            for passo, duracao in duracoes(marcha):
                tempos.setdefault(passo, Duracoes()).somar(duracao)
        passos = tuple(
            TempoDoPasso(passo, tempos[passo].percentil(MEDIANA), tempos[passo].percentil(P95))
            for passo in PassoDoFluxo
            if passo in tempos
        )
        limites = {tempo.passo: dt.timedelta(hours=float(tempo.p95_horas)) for tempo in passos}
        parados = _parados(gw, connection, filiais, carimbam, limites, agora)
    return Fluxo(
        dias,
        tuple(
            PedidosDoCaminho(tomado, pedidos, arredondar(valor, CENTAVO))
            for tomado in Caminho
            for pedidos, valor in [caminhos.get(tomado, (0, ZERO))]
            if pedidos
        ),
        passos,
        parados,
    )


def _parados(
    gw: Gateway,
    connection: Connection,
    filiais: Collection[str] | None,
    carimbam: Collection[str],
    limites: dict[PassoDoFluxo, dt.timedelta],
    agora: dt.datetime,
) -> tuple[PedidoParado, ...]:
    parados: list[PedidoParado] = []
    for marcha in consultas.vivos(connection, filiais):
        passo, desde = onde_esta(marcha, carimba=marcha.filial in carimbam)
        if desde is None or passo not in limites or agora - desde <= limites[passo]:
            continue
        parados.append(PedidoParado(marcha.numped, marcha.filial, passo, desde.replace(tzinfo=gw.settings.fuso)))
        if len(parados) == 2 * PARADOS:
            parados = sorted(parados, key=_antiguidade)[:PARADOS]
    return tuple(sorted(parados, key=_antiguidade)[:PARADOS])


def _antiguidade(parado: PedidoParado) -> tuple[dt.datetime, int]:
    return parado.desde, parado.numped
