"""A session of WinThor's and an operation of the gateway at once, on one order and its stock rows (R4, R10, R16, R20).

WinThor's session is in its own thread and is held at a point of its own; the gateway goes on until it waits for it or
has answered. What both did must be what they would have done one after the other, by the model of the state machine.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app.services.conciliacao import conciliar, correcoes
from app.services.tempo import expirar
from tests.reliability import winthor
from tests.reliability.encontro import ESPERA_S, PESSOA, resposta
from tests.reliability.modelo import Modelo
from tests.reliability.movimentos import SEM_CABECALHO, TODAS_AS_ORDENS, Mudanca, Sorteio
from tests.reliability.palco import LOJA, Cena, Palco, estado_previsto
from tests.reliability.travas import DO_GATEWAY, alterada, travadas
from tests.reliability.winthor import FIM
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.invariants import violacoes

ANTES = -1  # before the gateway's operation; else before the n-th statement of its transactions
OCUPADO = "BANCO_OCUPADO"
NAO = "não"

# --- what the gateway does


@dataclass(frozen=True)
class Operacao:
    """``agir`` gives the gateway's answer, ``prever`` the model's. ``antes`` sets the scene; ``do_vizinho``: WinThor
    works on its own order meanwhile, because the reservation is not there any more, or not yet."""

    agir: Callable[[Casa, Cena], str]
    prever: Callable[[Modelo, Cena], str]
    antes: Callable[[Palco, Cena], None] = lambda _palco, _cena: None
    do_vizinho: bool = False


def _pedido(montar: Callable[[Cena], dict[str, Any]], **mais: Any) -> Operacao:
    return Operacao(
        lambda casa, cena: resposta(casa.enviar(montar(cena))),
        lambda modelo, cena: modelo.julgar(montar(cena)).codigo,
        **mais,
    )


def _painel(acao: str, prever: Callable[[Modelo, Cena], str], **corpo: Any) -> Operacao:
    def agir(casa: Casa, cena: Cena) -> str:
        caminho = f"/api/v1/reservas/{cena.numped}/{acao}"
        return resposta(casa.pedir("POST", caminho, "retaguarda", json={"motivo": "pedido do cliente", **corpo}))

    return Operacao(agir, prever)


def _varrer(casa: Casa, cena: Cena) -> str:
    varredura = expirar.expirar(casa.gw)
    falhas = [*varredura.falhas.values()]
    return falhas[0] if falhas else "expirada" if cena.numped in varredura.expiradas else NAO


def _corrigir(casa: Casa, cena: Cena) -> str:
    achadas = [d.id for d in conciliar.conciliar(casa.gw).diferencas if d.numped == cena.numped]
    feito = correcoes.corrigir(casa.gw, PESSOA, ids=achadas, motivo="conferido", simular=False)
    resultados = {c.resultado for c in feito.correcoes}
    if f"falhou: {OCUPADO}" in resultados:
        return OCUPADO
    return "corrigida" if "corrigida" in resultados else NAO


def _corrige(modelo: Modelo, cena: Cena) -> str:
    return "corrigida" if modelo.corrigir(cena.numped) else NAO


PAGAMENTO = [{"pagamentoForma": {"idRetaguarda": "D-POS"}}]
OPERACOES: Mapping[str, Operacao] = {
    "reservar": _pedido(
        lambda cena: pre_venda(item("10010-1001", 4), kit(1), numero=f"{cena.numero}-B", loja=LOJA), do_vizinho=True
    ),
    "alterar": _pedido(lambda cena: cena.corpo(2, item("10010-1001", 8), kit(2))),
    "pagar": _pedido(lambda cena: cena.corpo(1, pagamentos=PAGAMENTO)),
    "resgatar": _pedido(lambda cena: cena.corpo(3)),
    "cancelar": _pedido(lambda cena: cena.corpo(0)),
    "varrer": Operacao(_varrer, lambda m, c: "expirada" if m.expirar(c.numped) else NAO, Palco.vencer),
    "cancelar no painel": _painel("cancelamento", lambda m, c: m.cancelar_no_painel(c.numped).codigo),
    "prorrogar": _painel("prorrogacao", lambda m, c: m.prorrogar(c.numped, 5).codigo, dias=5),
    "corrigir a vencida": Operacao(_corrigir, _corrige, Palco.vencer),
    "corrigir a retida": Operacao(_corrigir, _corrige, Palco.deixar_retida, do_vizinho=True),
    "pagar a expirada": _pedido(lambda cena: cena.corpo(1, pagamentos=PAGAMENTO), antes=Palco.expirar, do_vizinho=True),
    "alterar a expirada": _pedido(
        lambda cena: cena.corpo(2, item("10010-1001", 6), kit(1)), antes=Palco.expirar, do_vizinho=True
    ),
}


# --- WinThor's session

_ESPERANDO = sa.text(
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
PAUSA_S = 0.003


@contextlib.contextmanager
def espiar(engine: sa.Engine) -> Iterator[Callable[[], bool]]:
    """Whether anybody waits for a lock now."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield lambda: bool(connection.execute(_ESPERANDO).scalar())


class SessaoMorta(AssertionError):
    """A session of the ERP ended with an error, a deadlock say: the gateway must give way, always (R20)."""


class Sessao:
    """A session of WinThor's. It stops at ``parada`` (its first lock, or FIM) until somebody waits for a lock, which
    can only be the gateway, or until it is let go; then it works on to its COMMIT."""

    def __init__(self, palco: Palco, numped: int, movimento: str, ordem: str, parada: str) -> None:
        self._palco = palco
        self._quem = (numped, movimento, ordem)
        self._parada = parada
        self._thread = threading.Thread(target=self._correr)
        self._parou, self._solta = threading.Event(), threading.Event()
        self._erro: BaseException | None = None
        self.mudanca: Mudanca | None = None

    def _correr(self) -> None:
        try:
            self.mudanca = winthor.agir(self._palco.erp, *self._quem, chegar=self._chegar)
        except BaseException as error:
            self._erro = error
        finally:
            self._parou.set()

    def _chegar(self, onde: str) -> None:
        if onde != self._parada or self._parou.is_set():
            return
        self._parou.set()
        with espiar(self._palco.erp) as esperando:
            while not self._solta.is_set() and not esperando():
                time.sleep(PAUSA_S)

    def entrar(self) -> None:
        """Start it, and come back when it has stopped, waits for the gateway, or has ended."""
        self._thread.start()
        fim = time.monotonic() + ESPERA_S
        with espiar(self._palco.erp) as esperando:
            while not self._parou.wait(PAUSA_S) and not esperando():
                assert time.monotonic() < fim, "a sessão nem para nem espera por um lock"

    @property
    def entrou(self) -> bool:
        return self._thread.ident is not None

    def sair(self) -> None:
        """Let it go, and wait for its end, whatever it was."""
        self._solta.set()
        if self.entrou:
            self._thread.join(ESPERA_S)
            assert not self._thread.is_alive(), "a sessão do WinThor não terminou"

    def terminar(self) -> Mudanca | None:
        """What it did. Raises SessaoMorta."""
        self.sair()
        if self._erro is not None:
            raise SessaoMorta(f"{self._quem}: {self._erro}") from self._erro
        return self.mudanca


@contextlib.contextmanager
def no_comando(
    casa: Casa, alcancou: Callable[[str], bool], entrar: Callable[[], None], *, depois: bool = False
) -> Iterator[None]:
    """Call ``entrar`` once, before (or after) the first statement of the gateway's that ``alcancou`` says yes to."""
    feito = False
    quando = "after_cursor_execute" if depois else "before_cursor_execute"

    def no_ponto(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal feito
        if not feito and alcancou(statement):
            feito = True
            entrar()

    event.listen(casa.gw.db.engine, quando, no_ponto)
    try:
        yield
    finally:
        event.remove(casa.gw.db.engine, quando, no_ponto)


def comando(ponto: int) -> Callable[[str], bool]:
    """Whether a statement is the n-th since the gateway locked its operation's own row or the pre-sale's anchor."""
    comandos = itertools.count()
    comecou = False

    def alcancou(statement: str) -> bool:
        nonlocal comecou
        comecou = comecou or alterada(statement) == "GW_OPERACAO" or bool(travadas(statement) & DO_GATEWAY)
        return comecou and next(comandos) == ponto

    return alcancou


# --- both at once


@dataclass(frozen=True)
class Encontro:
    """What came of it. ``entrou``: whether the point was reached."""

    responde: str
    entrou: bool
    mudou: bool


def encontrar(
    palco: Palco, operacao: str, movimento: str, ordem: str, *, ponto: int = ANTES, parada: str = FIM
) -> Encontro:
    """Play the case on a new scene and hold the result against the model.

    ``parada``: FIM (everything locked and written) or the session's first table. Raises AssertionError, SessaoMorta.
    """
    cena = palco.montar()
    fazer = OPERACOES[operacao]
    fazer.antes(palco, cena)
    alvo = cena.vizinho if fazer.do_vizinho else cena.numped
    if movimento == "desbloquear" and winthor.agir(palco.erp, alvo, "bloquear", ordem) is not None:
        assert cena.modelo.mover(alvo, "bloquear", Sorteio())
    sessao = Sessao(palco, alvo, movimento, ordem, parada)
    try:
        if ponto == ANTES:
            sessao.entrar()
            responde = fazer.agir(palco.casa, cena)
        else:
            with no_comando(palco.casa, comando(ponto), sessao.entrar):
                responde = fazer.agir(palco.casa, cena)
        if not sessao.entrou:
            return Encontro(responde, entrou=False, mudou=False)
        mudou = sessao.terminar() is not None
    finally:
        sessao.sair()
    sem_total = {alvo} if ordem in SEM_CABECALHO else set()
    _conferir(palco, cena, fazer, (alvo, movimento), (responde, mudou), sem_total)
    return Encontro(responde, entrou=True, mudou=mudou)


def _conferir(
    palco: Palco,
    cena: Cena,
    fazer: Operacao,
    mover: tuple[int, str],
    veio: tuple[str, bool],
    sem_total: Collection[int],
) -> None:
    """The answers and the tables are those of the two one after the other, and the invariants hold. An operation that
    gave up has done nothing."""
    ficou = palco.estado()
    possiveis = []
    for modelo, responderia, mudaria in _em_serie(cena, fazer, mover, so_o_winthor=veio[0] == OCUPADO):
        previsto = estado_previsto(cena, modelo)
        if (responderia, mudaria) == veio and _igual(ficou, previsto):
            achadas = violacoes(palco.casa, modelo.conta(), mexidas=modelo.mexidas, sem_total=sem_total)
            assert not achadas, "\n".join(achadas)
            return
        possiveis.append((responderia, mudaria, previsto))
    raise AssertionError(f"ficou {(*veio, ficou)}\nem série " + "\nem série ".join(map(str, possiveis)))


def _igual(ficou: dict[str, Any], previsto: dict[str, Any]) -> bool:
    reservas = (previsto["reservas"], previsto["assentadas"])
    return ficou["reservas"] in reservas and all(ficou[nome] == previsto[nome] for nome in ("saldos", "pedidos"))


def _em_serie(
    cena: Cena, fazer: Operacao, mover: tuple[int, str], *, so_o_winthor: bool
) -> Iterator[tuple[Modelo, str, bool]]:
    """The model after one and the other, in either order: what the gateway answers, whether WinThor did anything."""
    modelo = deepcopy(cena.modelo)
    mudaria = modelo.mover(*mover, Sorteio())
    if so_o_winthor:
        yield modelo, OCUPADO, mudaria
        return
    yield modelo, fazer.prever(modelo, cena), mudaria
    modelo = deepcopy(cena.modelo)
    veio = fazer.prever(modelo, cena)
    yield modelo, veio, modelo.mover(*mover, Sorteio())


def paradas(ordem: str) -> tuple[str, str]:
    """Where a session may stop: at its first lock, or with everything done."""
    return TODAS_AS_ORDENS[ordem][0], FIM
