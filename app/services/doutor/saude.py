"""Whether the gateway can work now: whether a sale could be written.

The database is asked by a thread of its own and not waited for longer than a moment: who asks for the health of a
process whose database is silent must not come to wait for it.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.services.gateway import Gateway, utc
from app.services.hora import RelogioComum
from app.services.tempo.expirar import ULTIMA_VARREDURA
from app.winthor import aptidao, config
from app.winthor.consultas import lista_de_operacoes
from app.winthor.db.faults import Falha, Incompleto, Indisponivel, Ocupado
from app.winthor.esquema import catalogo

log = logging.getLogger("prevenda")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prontidao:
    """``codigo`` and ``motivo``: why the gateway cannot work. ``avisos``: what works badly though it can."""

    pronto: bool
    codigo: str | None = None
    motivo: str = ""
    avisos: tuple[str, ...] = ()


VARREDURA_MAXIMA = dt.timedelta(days=1)
# Of the database, for as long as a sale would wait at the most for one of its answers.
RESPOSTA_MAXIMA_S = 2.5
# A write is committed so often; in between it is undone, which needs no disk.
CONFIRMA_A_CADA_S = 2.0
# A clock that differs by more is told.
RELOGIO_MAXIMO_S = 5.0

# Read by nothing but the maker of the demonstration.
_SO_DA_DEMONSTRACAO = {"PCREGIAO", "PCATIVI"}


class NumInstante(Generic[T]):
    """What a question to the database gives, if it does within ``segundos``; one asks at a time, whoever else comes
    meanwhile waits for the same answer. Safe for threads."""

    def __init__(self, perguntar: Callable[[], T], segundos: float) -> None:
        self._perguntar = perguntar
        self._segundos = segundos
        self._tranca = threading.Lock()
        self._andando: Future[T] | None = None

    def __call__(self) -> T:
        """The answer. Raises what the question raises, and Indisponivel when there is none in time."""
        with self._tranca:
            if self._andando is None or self._andando.done():
                self._andando = Future()
                threading.Thread(target=self._responder, args=(self._andando,), name="saude", daemon=True).start()
            andando = self._andando
        try:
            return andando.result(self._segundos)
        except TimeoutError:
            raise Indisponivel("sem resposta") from None

    def _responder(self, futuro: Future[T]) -> None:
        try:
            futuro.set_result(self._perguntar())
        except BaseException as error:
            futuro.set_exception(error)


class Prontidoes:
    """The readiness of one gateway, which remembers when it last wrote."""

    def __init__(self, gw: Gateway, *, escreve: bool = True) -> None:
        self._gw = gw
        self._escreve = escreve
        self._confirmado = float("-inf")
        self._ditas: list[str] = []
        self._conferir = NumInstante(self._perguntar, RESPOSTA_MAXIMA_S)

    def conferir(self) -> Prontidao:
        """Whether a sale could be written now; what is missing is logged by its name when it is first found."""
        try:
            return self._conferir()
        except Incompleto as falha:
            self._dizer([falha.objetos] if falha.objetos else [])
            return _incompleto()
        except Falha:
            return Prontidao(False, "BANCO_INDISPONIVEL", "O banco de dados não respondeu.")

    def _perguntar(self) -> Prontidao:
        gw = self._gw
        faltas = aptidao.faltas(gw.db, tabelas_de_uma_venda(gw))
        self._dizer(faltas)
        if faltas:
            return _incompleto()
        if self._escreve:
            self._escrever()
        return Prontidao(True, avisos=tuple(_avisos(gw)))

    def _dizer(self, faltas: list[str]) -> None:
        if faltas and faltas != self._ditas:
            log.error("BANCO_INCOMPLETO: falta %s; confira com prevenda doctor", ", ".join(faltas))
        self._ditas = faltas

    def _escrever(self) -> None:
        agora = time.monotonic()
        confirmar = agora - self._confirmado > CONFIRMA_A_CADA_S
        try:
            aptidao.escrever(self._gw.db, utc(self._gw.agora()), confirmar=confirmar)
        except Ocupado:
            return  # somebody is writing it
        if confirmar:
            self._confirmado = agora


def conferir_prontidao(gw: Gateway) -> Prontidao:
    """The same for people to read: nothing is written."""
    return Prontidoes(gw, escreve=False).conferir()


def _incompleto() -> Prontidao:
    return Prontidao(False, "BANCO_INCOMPLETO", "Falta no banco uma tabela, coluna ou permissão; o log diz qual.")


def tabelas_de_uma_venda(gw: Gateway) -> dict[str, tuple[str, ...]]:
    """The tables and columns that a sale reads or writes, by the maps and settings of the site."""
    return _tabelas_de_uma_venda(gw.settings.grava_pcvendaconsum, gw.settings.grava_pcnfcan, _mapeadas(gw))


def _mapeadas(gw: Gateway) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((nome, tuple(mapa.columns)) for nome, mapa in gw.maps.items())


@functools.lru_cache(maxsize=8)
def _tabelas_de_uma_venda(
    com_consumidor: bool, com_cancelada: bool, mapeadas: tuple[tuple[str, tuple[str, ...]], ...]
) -> dict[str, tuple[str, ...]]:
    opcionais = {"PCVENDACONSUM": com_consumidor, "PCNFCAN": com_cancelada}
    do_mapa = dict(mapeadas)
    tabelas: dict[str, tuple[str, ...]] = {}
    for tabela, colunas in catalogo.tabelas_usadas().items():
        if tabela in _SO_DA_DEMONSTRACAO or not opcionais.get(tabela, True):
            continue
        mapeadas_dela = {*do_mapa.get(tabela, ()), *catalogo.SEM_MAPA.get(tabela, ())}
        tabelas[tabela] = tuple(sorted(mapeadas_dela) if tabela in do_mapa else colunas)
    return tabelas


def _avisos(gw: Gateway) -> list[str]:
    agora = utc(gw.agora())
    with gw.db.read() as connection:
        vencidas = lista_de_operacoes.count_vencidas(connection, agora)
        varredura = config.find_config(connection, ULTIMA_VARREDURA)
    avisos: list[str] = []
    desacerto = gw.clock.desacertado.total_seconds() if isinstance(gw.clock, RelogioComum) else 0.0
    if abs(desacerto) > RELOGIO_MAXIMO_S:
        texto = f"O relógio deste host está {abs(desacerto):.0f} s {'atrasado' if desacerto > 0 else 'adiantado'}"
        avisos.append(f"{texto} em relação ao do banco, que vale: acerte-o.")
    if vencidas:
        avisos.append(f"{vencidas} operação(ões) pendente(s) além do prazo: rode prevenda log recuperar.")
    if varredura is None or dt.datetime.fromisoformat(varredura) < agora - VARREDURA_MAXIMA:
        texto = "Nenhuma varredura de reservas vencidas em um dia"
        avisos.append(f"{texto}: ligue PREVENDA_VARREDURA ou agende prevenda reservas expirar.")
    return avisos
