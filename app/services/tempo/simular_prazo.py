"""Try another term on the reservations of a span: what it would have freed, and whether that was sold later (R31)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.domain.dinheiro import CENTAVO, ZERO, arredondar
from app.domain.linhas import unidades
from app.domain.outro_prazo import EloDaCadeia, LiberadaAntes, OutroPrazo, liberada
from app.domain.pre_venda import Situacao
from app.domain.validade import FUSO_DE_BRASILIA, dias_para_pagar
from app.domain.vida import REGISTRADOS_VIVOS, Estado
from app.services.gateway import Gateway, utc
from app.services.tempo.apurar import fusos_das_filiais
from app.winthor import pedidos
from app.winthor.consultas import retido
from app.winthor.consultas.retido import MembroLido

LOTE = 200
DIAS_PADRAO = 90


@dataclass(frozen=True, slots=True)
class Simulacao:
    """``reservas`` began in the span, a chain of alterations being one; ``liberadas`` would have ended earlier, and
    ``pagas_depois`` of these were paid after that. ``unidades_dias``, ``valor_dias``: base units and R$ times the days
    that they would have been free for, up to their real end, or now for what still lives."""

    regra: str
    reservas: int
    liberadas: int
    pagas_depois: int
    unidades_dias: Decimal
    valor_dias: Decimal


def simular(
    gw: Gateway,
    regra: OutroPrazo,
    filiais: Collection[str] | None,
    de: dt.date | None = None,
    ate: dt.date | None = None,
) -> Simulacao:
    """Apply the rule to the reservations that began from ``de`` to ``ate``, days of the ERP's clock, both included;
    without them the last 90 days. Nothing is written. Memory grows with the reservations of the span."""
    agora = gw.agora()
    ultimo = ate or gw.hora_do_erp(agora).date()
    inicio, fim = (
        utc(dt.datetime.combine(dia, dt.time.min, tzinfo=gw.settings.fuso))
        for dia in (de or ultimo - dt.timedelta(days=DIAS_PADRAO), ultimo + dt.timedelta(days=1))
    )
    with gw.db.read() as connection:
        fusos = fusos_das_filiais(connection)
        pagas = retido.fatos_do_pdv(connection, Situacao.RECEBIDO, inicio)
        resgatadas = retido.fatos_do_pdv(connection, Situacao.RESGATADA, inicio)
    with gw.db.read(in_batches=True) as connection:
        cadeias = _cadeias(retido.membros(connection, filiais, inicio, fim))
    reservas, achadas = 0, []
    for cadeia in cadeias:
        if cadeia[0].registrado is Estado.AUTORIZADA and cadeia[0].expira is None:
            continue  # adopted without a term: no rule ends it
        reservas += 1
        elos = [_elo(gw, m, fusos, pagas, resgatadas) for m in cadeia]
        paga = min((_aware(pagas[m.numped]) for m in cadeia if m.numped in pagas), default=None)
        solta = liberada(regra, elos, paga=paga, fim=_fim(cadeia[-1]), agora=agora)
        if solta is not None:
            achadas.append((solta, next(m.valor for m in cadeia if m.numped == solta.numped)))
    unidades_dias = sum(_unidades_dias(gw, [solta for solta, _ in achadas]), ZERO)
    return Simulacao(
        regra=regra.texto,
        reservas=reservas,
        liberadas=len(achadas),
        pagas_depois=sum(solta.paga_depois for solta, _ in achadas),
        unidades_dias=arredondar(unidades_dias, CENTAVO),
        valor_dias=arredondar(sum((valor * solta.dias for solta, valor in achadas), ZERO), CENTAVO),
    )


def _cadeias(membros: Iterator[MembroLido]) -> list[list[MembroLido]]:
    """The members of each chain, older before newer."""
    raizes: dict[int, int] = {}
    cadeias: dict[int, list[MembroLido]] = {}
    for m in membros:
        raiz = raizes[m.numped] = raizes.get(m.anterior or 0, m.numped)
        cadeias.setdefault(raiz, []).append(m)
    return list(cadeias.values())


def _aware(instante: dt.datetime) -> dt.datetime:
    return instante.replace(tzinfo=dt.UTC)


def _fim(m: MembroLido) -> dt.datetime | None:
    """When it ended; None while it lives. One that was renewed ended with its term."""
    if m.registrado in REGISTRADOS_VIVOS:
        return None
    if m.registrado is Estado.EXPIRADA and m.seguinte is not None and m.expira is not None:
        return _aware(m.expira)
    return _aware(m.alterada)


def _elo(
    gw: Gateway,
    m: MembroLido,
    fusos: Mapping[str, ZoneInfo],
    pagas: Mapping[int, dt.datetime],
    resgatadas: Mapping[int, dt.datetime],
) -> EloDaCadeia:
    fuso = fusos.get(m.filial) or ZoneInfo(FUSO_DE_BRASILIA)
    criada = _aware(m.criada)
    pagamento, para_pagar = m.pagamento, dias_para_pagar(gw.settings.dias_pagamento, None, m.filial)
    if pagamento is None and para_pagar is not None:
        pagamento = criada.astimezone(fuso).date() + dt.timedelta(days=para_pagar)
    saidas = [_aware(fatos[m.numped]) for fatos in (pagas, resgatadas) if m.numped in fatos]
    if (ended := _fim(m)) is not None:
        saidas.append(ended)
    return EloDaCadeia(m.numped, fuso, criada, pagamento, m.lock_ttl_s is not None, min(saidas, default=None))


def _unidades_dias(gw: Gateway, soltas: Sequence[LiberadaAntes]) -> Iterator[Decimal]:
    for inicio in range(0, len(soltas), LOTE):
        lote = soltas[inicio : inicio + LOTE]
        with gw.db.read() as connection:
            linhas = pedidos.find_linhas_de(connection, [solta.numped for solta in lote])
        for solta in lote:
            yield sum(unidades(linhas.get(solta.numped, ()), gw.settings.modo_kit).values(), ZERO) * solta.dias
