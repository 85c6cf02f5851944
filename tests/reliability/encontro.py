"""Two actors at once, made deterministic: the second is let in at a point of the first's work (R-12, R20).

Each is one operation on the same reservation and the same product. The second either finishes or is seen to wait for a
lock; then the first goes on. What both answer must be what they would answer one after the other.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR, Caller
from app.services.conciliacao import conciliar, correcoes
from app.services.tempo import expirar
from app.settings import TV7, Settings
from app.winthor.db.engine import create_engine
from tests.reliability.travas import travadas
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa, Relogio

ANTES, CONFERIDO, COMMIT = "antes do lock", "depois da conferência", "antes do commit"
Ponto = str | int  # one of the three, or before the n-th statement of the main transaction
ESPERA_S = 5.0
# Monday, 09:00 in São Paulo.
AGORA = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
PESSOA = Caller("retaguarda", None, frozenset({RETAGUARDA, RETAGUARDA_AGIR}))

Entrar = Callable[[str], None]


# --- the place


@dataclass(frozen=True)
class Lugar:
    """A stock row with 8 units, 4 of them held by reservation ``numped`` of pre-sale ``numero``, past due.

    ``base``: units that others hold of the row, on hand besides the 8.
    """

    filial: str
    codprod: int
    numero: str
    numped: int
    base: int

    def item(self, quantidade: int, preco: int = 10) -> dict[str, Any]:
        return item(f"{self.codprod * 10}-{self.codprod}", quantidade, preco)


class Praca:
    """One database, two gateways on it, and a stock row of its own for every case."""

    def __init__(self, primeira: Casa, segunda: Casa) -> None:
        self.primeira = primeira
        self.segunda = segunda
        self._vez = itertools.count(1)
        self._linhas = itertools.cycle(itertools.product(("1", "2", "10"), range(1001, 1061)))

    def lugar(self) -> Lugar:
        """A new place."""
        filial, codprod = next(self._linhas)
        base = int(self.primeira.qtreserv(codprod, filial))
        self.primeira.executar(
            "UPDATE PCEST SET QTESTGER = :q WHERE CODFILIAL = :f AND CODPROD = :p", q=base + 8, f=filial, p=codprod
        )
        numero = f"PV-{next(self._vez)}"
        corpo = pre_venda(item(f"{codprod * 10}-{codprod}", 4), numero=numero, loja=filial)
        lugar = Lugar(filial, codprod, numero, self.primeira.reservar(corpo), base)
        ontem = self.primeira.relogio.agora.replace(tzinfo=None, hour=0)
        self.primeira.executar("UPDATE GW_RESERVA SET DTEXPIRA = :d WHERE NUMPED = :n", d=ontem, n=lugar.numped)
        return lugar

    def saldo(self, lugar: Lugar) -> tuple[int, int]:
        """Units on hand and units reserved."""
        row = self.primeira.linha("PCEST", CODFILIAL=lugar.filial, CODPROD=lugar.codprod)
        return int(row["QTESTGER"]) - lugar.base, int(row["QTRESERV"]) - lugar.base


@contextlib.contextmanager
def abrir_praca(postgresql_server: Any) -> Iterator[Praca]:
    """A new database with two gateways on it."""
    with postgresql_server.database("modelo") as url:
        engine = create_engine(url)
        settings = Settings(database_url=url, pool=4, cache_segundos=600, espera_lock=3, pago=TV7)
        relogio = Relogio(AGORA)
        casas = [Casa(engine, settings, relogio) for _ in range(2)]
        casas[1]._tokens["hub"] = casas[0].token("hub")
        try:
            yield Praca(*casas)
        finally:
            for casa in casas:
                casa.close()
            engine.dispose()


# --- the actors


@dataclass(frozen=True)
class Ator:
    """``agir(casa, lugar, vez)`` gives its answer. ``cerca``: the statement its main transaction begins with;
    ``escrita``: the first one after its check; ``na_cerca``: whether the first lock that counts is ``cerca`` itself."""

    agir: Callable[[Casa, Lugar, int], str]
    cerca: str = ""
    escrita: str = ""
    na_cerca: bool = False


def resposta(answer: Any) -> str:
    """The code of a refusal, else the status."""
    return str(answer.get_json(force=True).get("codigo", answer.status_code))


def _enviar(casa: Casa, lugar: Lugar, situacao: int, *itens: dict[str, Any], **mais: Any) -> str:
    corpo = pre_venda(*itens, numero=lugar.numero, loja=lugar.filial, idRetaguarda=lugar.numped, **mais)
    corpo["situacaoPreVenda"] = situacao
    if not itens:
        del corpo["preVendaItens"]
    return resposta(casa.enviar(corpo))


def reservar(casa: Casa, lugar: Lugar, vez: int) -> str:
    """4 units more, under a number of its own."""
    return resposta(casa.enviar(pre_venda(lugar.item(4), numero=f"{lugar.numero}-{vez}", loja=lugar.filial)))


def _alterar(casa: Casa, lugar: Lugar, vez: int) -> str:
    return _enviar(casa, lugar, 2, lugar.item(8, 10 + vez))


def _cancelar(casa: Casa, lugar: Lugar, vez: int) -> str:
    return _enviar(casa, lugar, 0, idOperadorRetaguarda=100 * vez)


def _pagar(casa: Casa, lugar: Lugar, vez: int) -> str:
    return _enviar(casa, lugar, 1, pagamentos=[{"pagamentoForma": {"idRetaguarda": f"D{vez}-POS"}}])


def _dividir(casa: Casa, lugar: Lugar, vez: int) -> str:
    """Paid, and to be fetched later: a future sale with one delivery (R23)."""
    linha = {**lugar.item(4), "entrega": {"tipoEntrega": "RP"}}
    return _enviar(casa, lugar, 1, linha, pagamentos=[{"pagamentoForma": {"idRetaguarda": f"D{vez}-POS"}}])


def _resgatar(casa: Casa, lugar: Lugar, vez: int) -> str:
    return _enviar(casa, lugar, 3, idOperadorRetaguarda=100 * vez)


def _expirar(casa: Casa, lugar: Lugar, vez: int) -> str:
    varredura = expirar.expirar(casa.gw)
    assert not varredura.falhas
    return "expirada" if lugar.numped in varredura.expiradas else "não"


def corrigir(casa: Casa, lugar: Lugar, vez: int) -> str:
    """The back office mends what the reconciliation says of the reservation."""
    achadas = [d.id for d in conciliar.conciliar(casa.gw).diferencas if d.numped == lugar.numped]
    feito = correcoes.corrigir(casa.gw, PESSOA, ids=achadas, motivo=f"vez {vez}", simular=False)
    return "corrigida" if "corrigida" in [c.resultado for c in feito.correcoes] else "não"


def _prorrogar(casa: Casa, lugar: Lugar, vez: int) -> str:
    caminho = f"/api/v1/reservas/{lugar.numped}/prorrogacao"
    return resposta(casa.pedir("POST", caminho, "retaguarda", json={"dias": 5 + vez, "motivo": "pedido do cliente"}))


def vender(engine: sa.Engine, lugar: Lugar, entrar: Entrar = lambda _ponto: None) -> str:
    """WinThor sells 4 units at the counter, with the lock and the check a good neighbour makes."""
    row = {"f": lugar.filial, "p": lugar.codprod}
    onde = "WHERE CODFILIAL = :f AND CODPROD = :p"
    with engine.begin() as connection:
        entrar(ANTES)
        query = sa.text(f"SELECT QTESTGER - QTRESERV FROM PCEST {onde} FOR UPDATE")  # noqa: S608 - a constant
        if connection.execute(query, row).scalar_one() < 4:
            return "não"
        entrar(CONFERIDO)
        connection.execute(sa.text(f"UPDATE PCEST SET QTESTGER = QTESTGER - 4 {onde}"), row)  # noqa: S608
        entrar(COMMIT)
    return "vendida"


def _vender(casa: Casa, lugar: Lugar, vez: int) -> str:
    return vender(casa.engine, lugar)


CERCA = "UPDATE GW_OPERACAO"  # locks only the operation's own row
PEDIDO = "INSERT INTO PCPEDC "
ATORES: Mapping[str, Ator] = {
    "reservar": Ator(reservar, CERCA, PEDIDO),
    "alterar": Ator(_alterar, CERCA, PEDIDO),
    "cancelar": Ator(_cancelar, CERCA, "UPDATE PCEST"),
    "pagar": Ator(_pagar, CERCA, "UPDATE GW_RESERVA"),
    "dividir": Ator(_dividir, CERCA, "UPDATE GW_RESERVA"),
    "resgatar": Ator(_resgatar, CERCA, "UPDATE GW_RESERVA"),
    "prorrogar": Ator(_prorrogar, CERCA, "UPDATE GW_RESERVA"),
    "expirar": Ator(_expirar, "SELECT GW_PRE_VENDA", "UPDATE PCEST", na_cerca=True),
    "corrigir": Ator(corrigir, "SELECT GW_PRE_VENDA", "UPDATE PCEST", na_cerca=True),
    "vender": Ator(_vender),
}


# --- letting the second in


class Segundo:
    """The second actor in its own thread: it finishes, or is seen to wait (for a lock, or as ``esperando`` says)."""

    def __init__(self, casa: Casa, fazer: Callable[[], str], esperando: Callable[[], bool] = lambda: False) -> None:
        self._engine = casa.engine
        self._fazer = fazer
        self._esperando = esperando
        self._thread = threading.Thread(target=self._correr)
        self._erro: BaseException | None = None
        self.resposta: str | None = None
        self.esperou = False

    def _correr(self) -> None:
        try:
            self.resposta = self._fazer()
        except BaseException as error:
            self._erro = error

    def entrar(self) -> None:
        """Start it, and come back when it has finished or waits."""
        assert not self.entrou, "o ponto foi alcançado duas vezes"
        query = sa.text(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        self._thread.start()
        fim = time.monotonic() + ESPERA_S
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while self._thread.is_alive():
                if connection.execute(query).scalar() or self._esperando():
                    self.esperou = True
                    return
                assert time.monotonic() < fim, "o segundo nem termina nem espera por um lock"
                self._thread.join(0.002)

    @property
    def entrou(self) -> bool:
        return self._thread.ident is not None

    def sair(self) -> None:
        """Wait for its end, whatever it was."""
        if self.entrou:
            self._thread.join(ESPERA_S)

    def terminar(self) -> str:
        """Its answer, now that the first has finished."""
        self.sair()
        assert self._erro is None, self._erro
        assert self.resposta is not None, "o segundo não entrou, ou não terminou"
        return self.resposta


def _comeca(statement: str, cerca: str) -> bool:
    """Whether the main transaction begins here; the fence may be a lock of the operation's own row as well."""
    return statement.startswith(cerca) or (cerca == CERCA and "GW_OPERACAO" in travadas(statement))


@contextlib.contextmanager
def parar(casa: Casa, ator: Ator, ponto: Ponto, entrar: Callable[[], None]) -> Iterator[None]:
    """Call ``entrar`` once, when the gateway's main transaction reaches the point."""
    engine = casa.gw.db.engine
    comandos = -1  # of the main transaction so far; its first one is number 0
    feito = False

    def chegar() -> None:
        nonlocal feito
        if not feito:
            feito = True
            entrar()

    def antes_do_comando(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal comandos
        if comandos >= 0 or _comeca(statement, ator.cerca):
            comandos += 1
        if comandos < 0:
            return
        # A fence that is locked together with the anchor is the first lock that counts.
        antes_do_lock = ponto == ANTES and (comandos > 0 or ator.na_cerca or "GW_PRE_VENDA" in travadas(statement))
        na_escrita = ponto == CONFERIDO and comandos > 0 and statement.startswith(ator.escrita)
        if antes_do_lock or na_escrita or ponto == comandos:
            chegar()

    def antes_do_commit(_connection: Any) -> None:
        if comandos >= 0 and ponto == COMMIT:
            chegar()

    event.listen(engine, "before_cursor_execute", antes_do_comando)
    event.listen(engine, "commit", antes_do_commit)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", antes_do_comando)
        event.remove(engine, "commit", antes_do_commit)
