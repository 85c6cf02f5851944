"""How the gateway is doing, in numbers for people: acceptance, latency, CEP services, pool, what waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.services.acesso.credenciais import Caller
from app.services.conciliacao import conciliar
from app.services.consulta.operacoes import FiltroDoLog, filtro_sql
from app.services.consulta.resumo_do_log import segundos_desde
from app.services.doutor import saude
from app.services.eventos import assinaturas
from app.services.gateway import Gateway, utc
from app.services.tempo import expirar
from app.winthor import clientes, config, numeracao
from app.winthor.consultas import lista_de_operacoes, lista_de_reservas
from app.winthor.consultas.lista_de_operacoes import Contagens
from app.winthor.db.faults import Falha

PERIODO = dt.timedelta(hours=24)
AMOSTRA = 1000
A_VENCER = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Espera:
    """What waits in the database, of all branches. Ages in seconds; None = it has never run.

    ``desligadas``: subscriptions given up; ``entrega_s``: age of the oldest event that an active one waits for.
    ``numeros``: how many NUMPED the shortest counter has left; ``codigos_de_cliente``: codes left for new customers.
    """

    pendente_s: float
    vivas: int
    a_vencer: int
    vencidas: int
    varredura_s: float | None
    conciliacao_s: float | None
    numeros: int | None = None
    codigos_de_cliente: int | None = None
    desligadas: int = 0
    entrega_s: float | None = None


class Esperas:
    """What waits, for the metrics of one gateway; the database is not waited for longer than a moment."""

    def __init__(self, gw: Gateway) -> None:
        self._ler = saude.NumInstante(lambda: o_que_espera(gw), saude.RESPOSTA_MAXIMA_S)

    def ler(self) -> Espera | None:
        """What waits now; None when the database does not answer."""
        try:
            return self._ler()
        except Falha:
            return None


def o_que_espera(gw: Gateway) -> Espera | None:
    """What waits now; None when the database does not answer."""
    agora = gw.agora()
    try:
        with gw.db.read() as connection:
            pendente = lista_de_operacoes.mais_antiga_pendente(connection, None)
            prazos = lista_de_reservas.count_prazos(connection, utc(agora), utc(agora + A_VENCER))
            varredura = config.find_config(connection, expirar.ULTIMA_VARREDURA)
            conciliacao = config.find_config(connection, conciliar.ULTIMA_CONCILIACAO)
            numeros = numeracao.restantes(connection, gw.settings.numeracao)
            codigos = clientes.codigos_restantes(connection)
            entregas = assinaturas.medir(connection, agora)
    except Falha:
        return None
    return Espera(
        pendente_s=0.0 if pendente is None else (agora - pendente).total_seconds(),
        vivas=prazos.vivas,
        a_vencer=prazos.a_vencer,
        vencidas=prazos.vencidas,
        varredura_s=_idade(agora, varredura),
        conciliacao_s=_idade(agora, conciliacao),
        numeros=min((n.restam for n in numeros), default=None),
        codigos_de_cliente=codigos,
        desligadas=entregas.desligadas,
        entrega_s=entregas.atraso_s,
    )


def _idade(agora: dt.datetime, texto: str | None) -> float | None:
    rodou = _gravado(texto)
    return None if rodou is None else (agora - rodou).total_seconds()


def _gravado(texto: str | None) -> dt.datetime | None:
    """An instant of GW_CONFIG, which keeps it in UTC without its zone."""
    return None if texto is None else dt.datetime.fromisoformat(texto).replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Latencia:
    """Milliseconds of one step, or of the ``total``: half of the operations took at most ``p50``, and so on."""

    passo: str
    quantas: int
    p50: int
    p95: int
    p99: int


@dataclass(frozen=True, slots=True)
class ServicoDeCep:
    """A CEP service since this process began."""

    nome: str
    disjuntor: str
    chamadas: int
    falhas: int


@dataclass(frozen=True, slots=True)
class Conexoes:
    """Connections to the database: in use, and how many there may be."""

    em_uso: int
    tamanho: int


@dataclass(frozen=True, slots=True)
class Indicadores:
    """How the gateway is doing. ``aceitacao``: the share that was accepted, None without operations; ``reservas``: how
    many are in each state. Instants are aware, in UTC; None = never."""

    contagens: Contagens
    aceitacao: float | None
    latencia: Sequence[Latencia]
    cep: Sequence[ServicoDeCep]
    pool: Conexoes
    pendente_segundos: int | None
    reservas: Mapping[str, int]
    ultima_varredura: dt.datetime | None
    ultima_conciliacao: dt.datetime | None
    pronto: bool
    avisos: Sequence[str]


def medir(gw: Gateway, caller: Caller) -> Indicadores:
    """The numbers of the last 24 hours and of this moment, of the caller's branches."""
    agora = gw.agora()
    filtro = filtro_sql(FiltroDoLog(filiais=caller.filiais, de=agora - PERIODO))
    with gw.db.read() as connection:
        contagens = lista_de_operacoes.count_por_status(connection, filtro)
        tempos = lista_de_operacoes.duracoes(connection, filtro, AMOSTRA)
        pendente = lista_de_operacoes.mais_antiga_pendente(connection, caller.filiais)
        reservas = lista_de_reservas.reservas_por_estado(connection, caller.filiais)
        varredura = config.find_config(connection, expirar.ULTIMA_VARREDURA)
        conciliacao = config.find_config(connection, conciliar.ULTIMA_CONCILIACAO)
    decididas = contagens.aceitas + contagens.recusadas
    prontidao = saude.conferir_prontidao(gw)
    return Indicadores(
        contagens=contagens,
        aceitacao=contagens.aceitas / decididas if decididas else None,
        latencia=_latencia(tempos),
        cep=[
            ServicoDeCep(nome, estado["disjuntor"], estado["chamadas"], estado["falhas"])
            for nome, estado in gw.cep.estado().items()
        ],
        pool=Conexoes(*gw.db.ocupacao()),
        pendente_segundos=segundos_desde(agora, pendente),
        reservas=reservas,
        ultima_varredura=_gravado(varredura),
        ultima_conciliacao=_gravado(conciliacao),
        pronto=prontidao.pronto,
        avisos=[prontidao.motivo] if prontidao.motivo else list(prontidao.avisos),
    )


def _latencia(tempos: Sequence[Mapping[str, int]]) -> list[Latencia]:
    """Of the whole and of each step."""
    passos: dict[str, list[int]] = {"total": [sum(um.values()) for um in tempos]}
    for um in tempos:
        for passo, valor in um.items():
            passos.setdefault(passo, []).append(valor)
    return [
        Latencia(passo, len(valores), *(_percentil(valores, p) for p in (50, 95, 99)))
        for passo, valores in passos.items()
        if valores
    ]


def _percentil(valores: Sequence[int], percentil: int) -> int:
    em_ordem = sorted(valores)
    return em_ordem[min(len(em_ordem) - 1, len(em_ordem) * percentil // 100)]
