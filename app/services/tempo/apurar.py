"""Count money and time (R31): what is held, how old, when it ends, what became of the reservations of the last weeks.

A site with many reservations has it counted by the sweep's job, into GW_INDICADOR; where there are few, whoever asks
counts, and always knows the present.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from zoneinfo import ZoneInfo

from app.domain.indicadores import (
    Contagem,
    Contas,
    Membro,
    Retida,
    contar_coortes,
    contar_retidas,
    semana_de,
)
from app.domain.pre_venda import Situacao
from app.domain.validade import FUSO_DE_BRASILIA, fuso_da_uf
from app.services.gateway import Gateway, utc
from app.winthor import config, indicadores
from app.winthor.consultas import nomes, retido
from app.winthor.db.transaction import Connection

# GW_CONFIG: when GW_INDICADOR was last written, UTC without zone.
ULTIMA_APURACAO = "INDICADORES"
SEMANAS = 8
# Up to as many live reservations, and reservations of the weeks, whoever asks counts.
CONTADAS_NA_HORA = 5000


def semanas(gw: Gateway) -> list[dt.date]:
    """The Mondays of the weeks that are told, the oldest first, by the ERP's clock."""
    esta = semana_de(gw.hora_do_erp(gw.agora()).date())
    return [esta - dt.timedelta(weeks=n) for n in reversed(range(SEMANAS))]


def guardar(gw: Gateway) -> int:
    """Count a large site's figures and keep them; how many rows they take, 0 where they are counted when asked."""
    with gw.db.read() as connection:
        if not e_grande(gw, connection):
            return 0
    contagens = list(contar(gw, None))

    def gravar(connection: Connection) -> None:
        indicadores.insert(connection, contagens)
        config.update_config(connection, ULTIMA_APURACAO, utc(gw.agora()).isoformat())

    gw.db.run(gravar)
    return len(contagens)


def e_grande(gw: Gateway, connection: Connection) -> bool:
    """Whether there are too many reservations to be counted while somebody waits."""
    return retido.passam_de(connection, _desde(gw), CONTADAS_NA_HORA)


def contar(gw: Gateway, filiais: Collection[str] | None) -> Iterator[Contagem]:
    """The figures of these branches, None: of all, as of now. Six statements; memory grows with the live
    reservations and the chains of the weeks."""
    agora = gw.agora()
    contas = Contas()
    with gw.db.read() as connection:
        fusos = fusos_das_filiais(connection)
        retidas = retido.unidades_retidas(connection, gw.regra_de_retencao(connection))
        pagas = retido.fatos_do_pdv(connection, Situacao.RECEBIDO, _desde(gw))
    with gw.db.read(in_batches=True) as connection:
        vivas = (
            Retida(
                v.filial,
                v.estado,
                v.codusur,
                v.caller,
                v.unidades,
                v.valor,
                v.desde.replace(tzinfo=dt.UTC),
                None if v.expira is None else na_hora_dela(v.expira, fusos.get(v.filial)),
            )
            for v in retido.vivas(connection, filiais, retidas)
        )
        contar_retidas(contas, vivas, agora)
    with gw.db.read(in_batches=True) as connection:
        membros = (
            Membro(
                m.numped,
                m.filial,
                m.registrado,
                m.estado,
                m.anterior,
                m.seguinte,
                m.inicio.replace(tzinfo=dt.UTC),
                pagas[m.numped].replace(tzinfo=dt.UTC) if m.numped in pagas else None,
            )
            for m in retido.membros(connection, filiais, _desde(gw))
        )
        contar_coortes(contas, membros, gw.settings.fuso, semanas(gw)[0])
    return contas.contagens()


def fusos_das_filiais(connection: Connection) -> dict[str, ZoneInfo]:
    """The zone of every branch."""
    return {filial.codigo: ZoneInfo(fuso_da_uf(filial.uf)) for filial in nomes.filiais(connection)}


def na_hora_dela(instante_utc: dt.datetime, fuso: ZoneInfo | None) -> dt.datetime:
    """A stored instant by a branch's clock."""
    return instante_utc.replace(tzinfo=dt.UTC).astimezone(fuso or ZoneInfo(FUSO_DE_BRASILIA))


def _desde(gw: Gateway) -> dt.datetime:
    """The beginning of the oldest week, as GW_ tables keep it."""
    inicio = dt.datetime.combine(semanas(gw)[0], dt.time.min, tzinfo=gw.settings.fuso)
    return utc(inicio)
