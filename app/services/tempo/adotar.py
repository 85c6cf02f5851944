"""Adopt the live orders that the service of before the switch made, all at once or as they come (R21).

An order is adopted under its pre-sale's anchor, so that lists, ageing and sweeps know it and a sale finds it. A
pre-sale has one live order: the newest of several (by DATA, then NUMPED) becomes its reservation, the others are left
alone. Where no index begins with DATA the walk goes by NUMPED, and so does what is newest.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.domain import validade
from app.domain.vida import VIVOS, Estado
from app.services.eventos.registrar import registrar
from app.services.gateway import Gateway, utc
from app.services.operacao.andamento import Seguir, sempre
from app.services.operacao.transacao import NadaFeito
from app.services.pre_venda import alvo
from app.winthor import config, operacoes, pedidos, reservas
from app.winthor.consultas import sem_reserva
from app.winthor.consultas.sem_reserva import FIM_DOS_DIAS, NUMPED_MAXIMO, FaixaDeNumeros, SemReserva
from app.winthor.db.faults import Falha
from app.winthor.db.transaction import Connection
from app.winthor.esquema import indices
from app.winthor.pedidos import Ordem

log = logging.getLogger("prevenda")

# GW_CONFIG: the day by the ERP's clock on which the job last looked at everything new.
ULTIMA_ADOCAO = "ADOCAO"
# An order may be committed after its day has ended, by a host whose clock is late, or fail once: the job looks at the
# days before its last run again.
DIAS_DE_NOVO = 2
LOTE = 500
NUMEROS_POR_FAIXA = 20_000
PRIMEIRO_DIA = dt.datetime.fromisoformat("1900-01-01")

JA_CONHECIDA = "já conhecida"
SEM_NUMERO = "sem número de pré-venda (NUMPEDHUBE)"
ENCERRADA = "não está mais viva"
MUDOU = "mudou de filial, de número ou de origem"


@dataclass(slots=True)
class Adocao:
    """How many live orders of the origin were adopted, had been before, were left alone, could not be adopted."""

    adotadas: int = 0
    ja_conhecidas: int = 0
    ignoradas: int = 0
    falhas: int = 0
    interrompida: bool = False


# Told of each order that is left alone (number, why, None), or fails (number, None, code of the fault).
Contar = Callable[[int, str | None, str | None], None]
# Told after each order, and after each part of PCPEDC, how far it is.
Andar = Callable[[Adocao, FaixaDeNumeros], None]


def nao_contar(_numped: int, _motivo: str | None, _codigo: str | None) -> None:
    """For the job."""


def nao_andar(_adocao: Adocao, _faixa: FaixaDeNumeros) -> None:
    """For the job."""


def adotar(
    gw: Gateway,
    *,
    desde: dt.datetime | None = None,
    prazo: bool = False,
    simular: bool = False,
    conta_conhecidas: bool = False,
    seguir: Seguir = sempre,
    contar: Contar = nao_contar,
    andar: Andar = nao_andar,
) -> Adocao:
    """Adopt every live order of the origin that has no GW_ row, each in its own transaction; one that fails does not
    stop the rest, and what was adopted stays when the run is interrupted.

    ``desde``: only orders with this DATA or a later one. ``prazo``: those that are not paid get the ordinary term
    from now (R17), else none. ``conta_conhecidas``: those that have their GW_ row are counted too. ``simular`` writes
    nothing; it remembers the pre-sales it has seen, which only the anchors do otherwise. Raises Falha when the database
    does not answer.
    """
    adocao = Adocao()
    vistas: dict[tuple[str, str], int] = {}
    for faixa in _faixas(gw, desde or PRIMEIRO_DIA):
        if conta_conhecidas:
            with gw.db.read() as connection:
                adocao.ja_conhecidas += sem_reserva.count_conhecidas(connection, faixa, gw.settings.origem_integracao)
        for achada in _sem_reserva(gw, faixa):
            if not seguir():
                adocao.interrompida = True
                return adocao
            _julgar(gw, adocao, achada, contar, prazo=prazo, vistas=vistas if simular else None)
            andar(adocao, faixa)
        andar(adocao, faixa)
    return adocao


def adotar_novas(gw: Gateway, *, seguir: Seguir = sempre) -> Adocao:
    """The same, without a term, for the orders of the days since the last run: what ``prevenda serve`` does by itself.

    The first run looks at as many days as a reservation may live. Without an index that begins with DATA nothing is
    done: every run would scan PCPEDC. Raises Falha.
    """
    hoje = _hoje(gw)
    if not indices.acha_por_dia(gw.db):
        return Adocao()
    with gw.db.read() as connection:
        ultima = config.find_config(connection, ULTIMA_ADOCAO)
    desde = desde_ha(gw, gw.settings.ttl_max_dias)
    if ultima is not None:
        desde = min(dt.datetime.fromisoformat(ultima), hoje) - dt.timedelta(days=DIAS_DE_NOVO)
    adocao = adotar(gw, desde=desde, seguir=seguir)
    if not adocao.interrompida and ultima != hoje.date().isoformat():
        gw.db.run(lambda c: config.update_config(c, ULTIMA_ADOCAO, hoje.date().isoformat()))
    return adocao


def desde_ha(gw: Gateway, dias: int) -> dt.datetime:
    """The DATA of ``dias`` days ago, by the ERP's clock."""
    return _hoje(gw) - dt.timedelta(days=dias)


def _hoje(gw: Gateway) -> dt.datetime:
    return gw.hora_do_erp(gw.agora()).replace(hour=0, minute=0, second=0)


def _faixas(gw: Gateway, desde: dt.datetime) -> Iterator[FaixaDeNumeros]:
    """The parts of PCPEDC since a day, newest first: days that have orders, or numbers where no index has the days."""
    yield from _dias(gw, desde) if indices.acha_por_dia(gw.db) else _numeros(gw, desde)


def _dias(gw: Gateway, desde: dt.datetime) -> Iterator[FaixaDeNumeros]:
    ate = FIM_DOS_DIAS
    while True:
        with gw.db.read() as connection:
            dia = sem_reserva.find_dia_antes(connection, ate)
        if dia is None or dia < desde:
            return
        yield FaixaDeNumeros(dia, ate)
        ate = dia


def _numeros(gw: Gateway, desde: dt.datetime) -> Iterator[FaixaDeNumeros]:
    ultimo = NUMPED_MAXIMO
    while True:
        with gw.db.read() as connection:
            primeiro = sem_reserva.find_numero_antes(connection, ultimo, NUMEROS_POR_FAIXA)
        if primeiro is None:
            return
        yield FaixaDeNumeros(desde, primeiro=primeiro, ultimo=ultimo)
        ultimo = primeiro - 1


def _sem_reserva(gw: Gateway, faixa: FaixaDeNumeros) -> Iterator[SemReserva]:
    ultimo = faixa.ultimo
    while True:
        with gw.db.read() as connection:
            lote = sem_reserva.find_sem_reserva(connection, faixa, gw.settings.origem_integracao, ultimo, LOTE)
        yield from lote
        if len(lote) < LOTE:
            return
        ultimo = lote[-1].numped - 1


def _julgar(
    gw: Gateway,
    adocao: Adocao,
    achada: SemReserva,
    contar: Contar,
    *,
    prazo: bool,
    vistas: dict[tuple[str, str], int] | None,
) -> None:
    """Adopt one, or with ``vistas`` only say what would become of it, and count it."""
    try:
        motivo = _adotar_uma(gw, achada, prazo=prazo) if vistas is None else _olhar(gw, achada, vistas)
    except Exception as error:
        # Whatever is wrong with one order must not keep the others from being known.
        codigo = error.codigo if isinstance(error, Falha) else Falha.codigo
        log.error("pedido %s não pôde ser adotado (%s)", achada.numped, type(error).__name__)
        adocao.falhas += 1
        contar(achada.numped, None, codigo)
        return
    if motivo is None:
        adocao.adotadas += 1
    elif motivo == JA_CONHECIDA:
        adocao.ja_conhecidas += 1
    else:
        adocao.ignoradas += 1
        contar(achada.numped, motivo, None)


def _adotar_uma(gw: Gateway, achada: SemReserva, *, prazo: bool) -> str | None:
    """Adopt one under its locks, in a transaction of its own; the reason when it is left alone. Raises Falha."""
    if not achada.numero.strip():
        return SEM_NUMERO
    try:
        gw.db.run(lambda connection: _gravar(gw, connection, achada, prazo=prazo))
    except NadaFeito as nada:
        return nada.motivo
    return None


def _gravar(gw: Gateway, connection: Connection, achada: SemReserva, *, prazo: bool) -> None:
    """Lock the anchor, made when it is new, then the order; adopt it. Raises NadaFeito, so that no anchor is left."""
    agora = utc(gw.agora())
    ancora = operacoes.lock_pre_venda(connection, achada.filial, achada.numero, agora, conhecida=False)
    ordem = pedidos.lock_ordem(connection, achada.numped)
    motivo = _impedimento(gw, connection, achada, ordem, ancora.numped)
    if ordem is None or motivo is not None:
        raise NadaFeito(motivo or ENCERRADA)
    expira = _termo(gw, connection, ordem.filial) if prazo and ordem.registrado is Estado.AUTORIZADA else None
    adotada = alvo.adotar(gw, connection, ordem, aponta=True, expira=expira)
    registrar(gw, connection, alvo.eventos_da_adocao(adotada))


def _olhar(gw: Gateway, achada: SemReserva, vistas: dict[tuple[str, str], int]) -> str | None:
    if not achada.numero.strip():
        return SEM_NUMERO
    chave = (achada.filial, achada.numero)
    with gw.db.read() as connection:
        ordem = pedidos.find(connection, achada.numped)
        motivo = _impedimento(gw, connection, achada, ordem, achada.ancorado)
    if motivo is None and chave in vistas:
        motivo = _tem_outra(vistas[chave])
    if motivo is None:
        vistas[chave] = achada.numped
    return motivo


def _impedimento(
    gw: Gateway, connection: Connection, achada: SemReserva, ordem: Ordem | None, ancorado: int | None
) -> str | None:
    """Why an order is not adopted, though it was found alive without a GW_ row; None when it is."""
    if ordem is None or ordem.estado not in VIVOS:
        return ENCERRADA
    if not ordem.adotada:
        return JA_CONHECIDA
    agora_e = (ordem.filial, ordem.numero, ordem.origem)
    if agora_e != (achada.filial, achada.numero, gw.settings.origem_integracao):
        return MUDOU
    reserva = None if ancorado is None else reservas.find(connection, ancorado)
    return _tem_outra(reserva.numped) if reserva is not None and reserva.estado in VIVOS else None


def _tem_outra(numped: int) -> str:
    return f"a pré-venda já tem a reserva {numped}"


def _termo(gw: Gateway, connection: Connection, filial: str) -> dt.datetime:
    """The end of the ordinary term, counted from now (R17 c), as GW_ tables keep it."""
    achada = gw.cadastros.filiais(connection, [filial]).get(filial)
    fuso = ZoneInfo(validade.fuso_da_uf(achada.uf if achada is not None else None))
    maximo = dt.timedelta(days=gw.settings.ttl_max_dias)
    return utc(validade.calcular_expiracao(gw.agora(), fuso, ttl_maximo=maximo))
