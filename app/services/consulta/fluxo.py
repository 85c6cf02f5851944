"""The view of the flow: paths of invoiced orders, time per step, orders that stand (R24)."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CENTAVO, ZERO, arredondar
from app.domain.fluxo import Caminho, Duracoes, Faturados, Marcha, NoPasso, PassoDoFluxo, onde_esta
from app.services import retrato
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
# The periods that people look at; a large site has these counted for them.
PERIODOS = (7, 30, 90)
TIPO = "FLUXO"
# Up to so many orders in the window whoever asks counts, and always sees the present.
CONTADOS_NA_HORA = 20_000
REFEITO_APOS = dt.timedelta(minutes=14)


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
    """The flow of the last ``dias`` days as it was at ``gerado_em`` (aware). ``parados``: the oldest ones first."""

    gerado_em: dt.datetime
    dias: int
    caminhos: tuple[PedidosDoCaminho, ...]
    passos: tuple[TempoDoPasso, ...]
    parados: tuple[PedidoParado, ...]


def medir(gw: Gateway, caller: Caller, *, filial: str | None = None, dias: int = DIAS) -> Fluxo:
    """The flow of orders of any origin in the caller's branches, or in one of them: of now, or of a large site and one
    of the usual periods as the sweep's job last counted it."""
    filiais = caller.filiais if filial is None else frozenset({filial}) & (caller.filiais or frozenset({filial}))
    with gw.db.read() as connection:
        guardado = None
        if dias in PERIODOS and e_grande(gw, connection):
            guardado = retrato.ler(gw, connection, TIPO, filiais)
    if guardado is None:
        return _de_agora(gw, filiais, dias)
    faturados, vivos = Faturados(), list[NoPasso]()
    for codigo, conteudo in guardado.conteudos.items():
        if codigo != retrato.SEM_FILIAL:
            da_filial = json.loads(conteudo)
            faturados.juntar(_lidos(da_filial["faturados"][str(dias)]))
            vivos += [
                NoPasso(dt.datetime.fromisoformat(d), n, codigo, PassoDoFluxo(p)) for d, n, p in da_filial["vivos"]
            ]
    return _montar(gw, guardado.quando, dias, faturados, vivos)


def _de_agora(gw: Gateway, filiais: Collection[str] | None, dias: int) -> Fluxo:
    """The flow of now. Three statements; memory as large as the minutes that the steps differ by, and the orders that
    stand."""
    agora = gw.agora()
    with gw.db.read(in_batches=True) as connection:
        carimbam = _carimbam(gw, connection)
        faturados = Faturados()
        for marcha in _faturados(gw, connection, filiais, dias):
            faturados.somar(marcha, carimba=marcha.filial in carimbam)
        return _montar(gw, agora, dias, faturados, _nos_passos(connection, filiais, carimbam))


def e_grande(gw: Gateway, connection: Connection) -> bool:
    """Whether there are too many orders for somebody to wait until they are counted."""
    return consultas.passam_de(connection, _hoje(gw) - dt.timedelta(days=DIAS + FOLGA_DIAS), CONTADOS_NA_HORA)


def guardar(gw: Gateway) -> int:
    """Count the flow of a large site's branches and keep it; how many branches, 0 where nobody needs it."""
    with gw.db.read() as connection:
        if not e_grande(gw, connection) or retrato.e_nova(gw, connection, TIPO, REFEITO_APOS):
            return 0
    agora = gw.agora()
    por_filial: dict[str, dict[int, Faturados]] = {}
    vivos: dict[tuple[str, PassoDoFluxo], list[NoPasso]] = {}
    with gw.db.read(in_batches=True) as connection:
        carimbam = _carimbam(gw, connection)
        for dias in PERIODOS:
            for marcha in _faturados(gw, connection, None, dias):
                da_filial = por_filial.setdefault(marcha.filial, {dias: Faturados() for dias in PERIODOS})
                da_filial[dias].somar(marcha, carimba=marcha.filial in carimbam)
        for um in _nos_passos(connection, None, carimbam):
            _entre_os_mais_antigos(vivos.setdefault((um.filial, um.passo), []), um)
    filiais = {*por_filial, *(filial for filial, _ in vivos)}
    conteudos = {}
    for filial in filiais:
        faturados = por_filial.get(filial, {dias: Faturados() for dias in PERIODOS})
        dela = [um for (codigo, _), lista in vivos.items() if codigo == filial for um in sorted(lista)[:PARADOS]]
        conteudos[filial] = json.dumps(
            {
                "faturados": {dias: _escritos(um) for dias, um in faturados.items()},
                "vivos": [(um.desde.isoformat(), um.numped, um.passo.value) for um in dela],
            }
        )
    retrato.guardar(gw, TIPO, agora, conteudos)
    return len(conteudos)


def _escritos(faturados: Faturados) -> dict[str, Any]:
    return {
        "caminhos": {c.value: (pedidos, str(valor)) for c, (pedidos, valor) in faturados.caminhos.items()},
        "tempos": {passo.value: tempos.minutos for passo, tempos in faturados.tempos.items()},
    }


def _lidos(escritos: dict[str, Any]) -> Faturados:
    return Faturados(
        {Caminho(c): (pedidos, Decimal(valor)) for c, (pedidos, valor) in escritos["caminhos"].items()},
        {
            PassoDoFluxo(passo): Duracoes(Counter({int(minuto): n for minuto, n in minutos.items()}))
            for passo, minutos in escritos["tempos"].items()
        },
    )


def _hoje(gw: Gateway) -> dt.datetime:
    return gw.hora_do_erp(gw.agora()).replace(hour=0, minute=0, second=0)


def _faturados(gw: Gateway, connection: Connection, filiais: Collection[str] | None, dias: int) -> Iterator[Marcha]:
    desde = _hoje(gw) - dt.timedelta(days=dias)
    return consultas.faturados(connection, filiais, desde, desde - dt.timedelta(days=FOLGA_DIAS))


def _carimbam(gw: Gateway, connection: Connection) -> frozenset[str]:
    """The branches that stamp what they separate."""
    desde = _hoje(gw) - dt.timedelta(days=CARIMBOS_DIAS)
    com_data_desde = desde - dt.timedelta(days=FOLGA_DIAS)
    return conciliacao.filiais_que_carimbam(connection, desde, com_data_desde, gw.settings.separacao_minima)


def _nos_passos(
    connection: Connection, filiais: Collection[str] | None, carimbam: Collection[str]
) -> Iterator[NoPasso]:
    for marcha in consultas.vivos(connection, filiais):
        passo, desde = onde_esta(marcha, carimba=marcha.filial in carimbam)
        if desde is not None:
            yield NoPasso(desde, marcha.numped, marcha.filial, passo)


def _entre_os_mais_antigos(lista: list[NoPasso], um: NoPasso) -> None:
    """Add one; the list never grows far beyond those that are told."""
    lista.append(um)
    if len(lista) == 2 * PARADOS:
        lista[:] = sorted(lista)[:PARADOS]


def _montar(gw: Gateway, quando: dt.datetime, dias: int, faturados: Faturados, vivos: Iterable[NoPasso]) -> Fluxo:
    passos = tuple(
        TempoDoPasso(passo, tempos.percentil(MEDIANA), tempos.percentil(P95))
        for passo in PassoDoFluxo
        if (tempos := faturados.tempos.get(passo)) is not None
    )
    limites = {tempo.passo: dt.timedelta(hours=float(tempo.p95_horas)) for tempo in passos}
    agora = gw.hora_do_erp(quando)
    parados: list[NoPasso] = []
    for um in vivos:
        if um.passo in limites and agora - um.desde > limites[um.passo]:
            _entre_os_mais_antigos(parados, um)
    return Fluxo(
        quando.astimezone(gw.settings.fuso),
        dias,
        tuple(
            PedidosDoCaminho(tomado, pedidos, arredondar(valor, CENTAVO))
            for tomado in Caminho
            for pedidos, valor in [faturados.caminhos.get(tomado, (0, ZERO))]
            if pedidos
        ),
        passos,
        tuple(
            PedidoParado(um.numped, um.filial, um.passo, um.desde.replace(tzinfo=gw.settings.fuso))
            for um in sorted(parados)[:PARADOS]
        ),
    )
