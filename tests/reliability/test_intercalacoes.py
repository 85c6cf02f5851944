"""Two actors at once, made deterministic: the second is let in at a point of the first's work (R-12, R20).

Every pair of {reserve, alter, cancel, pay, expire, the ERP sells} on one product and one reservation, at three points
of the first: before its first lock, after its check, before its commit. The second either finishes or is seen to wait
for a lock; then the first goes on. What both answer must be what they would answer one after the other.

The mutation table at the end takes one protection out at a time, from outside, and shows which scenario notices.
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

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.services import alterar, expirar, registrar
from app.settings import Settings
from app.winthor import estoque, operacoes
from app.winthor.db import create_engine
from app.winthor.tables import PCEST
from tests.builders import item, pre_venda
from tests.casa import Casa, Relogio
from tests.invariantes import conferir_invariantes

pytestmark = pytest.mark.postgresql

ANTES, CONFERIDO, COMMIT = "antes do lock", "depois da conferência", "antes do commit"
PONTOS = (ANTES, CONFERIDO, COMMIT)
ESPERA_S = 5.0
# Monday, 09:00 in São Paulo.
AGORA = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)

Entrar = Callable[[str], None]


# --- the place


@dataclass(frozen=True)
class Lugar:
    """A stock row with 8 units, 4 of them held by reservation ``numped`` of pre-sale ``numero``, past due."""

    filial: str
    codprod: int
    numero: str
    numped: int

    def item(self, quantidade: int, preco: int = 10) -> dict[str, Any]:
        return item(f"{self.codprod * 10}-{self.codprod}", quantidade, preco)


class Praca:
    """One database for the module, two gateways on it, and a stock row of its own for every case."""

    def __init__(self, primeira: Casa, segunda: Casa) -> None:
        self.primeira = primeira
        self.segunda = segunda
        self._lugares = itertools.product(("1", "2", "10"), range(1001, 1061))

    def lugar(self) -> Lugar:
        filial, codprod = next(self._lugares)
        self.primeira.executar(
            "UPDATE PCEST SET QTESTGER = 8 WHERE CODFILIAL = :f AND CODPROD = :p", f=filial, p=codprod
        )
        numero = f"PV-{codprod}"
        corpo = pre_venda(item(f"{codprod * 10}-{codprod}", 4), numero=numero, loja=filial)
        lugar = Lugar(filial, codprod, numero, self.primeira.reservar(corpo))
        ontem = self.primeira.relogio.agora.replace(tzinfo=None, hour=0)
        self.primeira.executar("UPDATE GW_RESERVA SET DTEXPIRA = :d WHERE NUMPED = :n", d=ontem, n=lugar.numped)
        return lugar

    def saldo(self, lugar: Lugar) -> tuple[int, int]:
        row = self.primeira.linha("PCEST", CODFILIAL=lugar.filial, CODPROD=lugar.codprod)
        return int(row["QTESTGER"]), int(row["QTRESERV"])


@contextlib.contextmanager
def abrir_praca(postgresql_server: Any) -> Iterator[Praca]:
    """A new database with two gateways on it."""
    with postgresql_server.database("modelo") as url:
        engine = create_engine(url)
        settings = Settings(database_url=url, pool=4, cache_segundos=600, espera_lock=3)
        relogio = Relogio(AGORA)
        casas = [Casa(engine, settings, relogio) for _ in range(2)]
        casas[1]._tokens["hub"] = casas[0].token("hub")
        try:
            yield Praca(*casas)
        finally:
            for casa in casas:
                casa.close()
            engine.dispose()


@pytest.fixture(scope="module")
def praca(postgresql_server: Any) -> Iterator[Praca]:
    with abrir_praca(postgresql_server) as praca:
        yield praca


@pytest.fixture
def praca_nova(postgresql_server: Any) -> Iterator[Praca]:
    """A database of its own for a test that leaves it broken."""
    with abrir_praca(postgresql_server) as praca:
        yield praca


@pytest.fixture(autouse=True)
def _banco(request: pytest.FixtureRequest) -> None:
    request.node.user_properties.append(("database", "postgresql"))


# --- the actors


@dataclass(frozen=True)
class Ator:
    """``agir(casa, lugar, vez)`` gives its answer. ``cerca``: the statement its main transaction begins with;
    ``escrita``: the first one after its check; ``na_cerca``: whether the first lock that counts is ``cerca`` itself."""

    agir: Callable[[Casa, Lugar, int], str]
    cerca: str = ""
    escrita: str = ""
    na_cerca: bool = False


def _resposta(answer: Any) -> str:
    return str(answer.get_json(force=True).get("codigo", answer.status_code))


def _enviar(casa: Casa, lugar: Lugar, situacao: int, *itens: dict[str, Any], **mais: Any) -> str:
    corpo = pre_venda(*itens, numero=lugar.numero, loja=lugar.filial, idRetaguarda=lugar.numped, **mais)
    corpo["situacaoPreVenda"] = situacao
    if not itens:
        del corpo["preVendaItens"]
    return _resposta(casa.enviar(corpo))


def _reservar(casa: Casa, lugar: Lugar, vez: int) -> str:
    return _resposta(
        casa.enviar(pre_venda(lugar.item(4), numero=f"{lugar.numero}-{vez}", loja=lugar.filial)),
    )


def _alterar(casa: Casa, lugar: Lugar, vez: int) -> str:
    return _enviar(casa, lugar, 2, lugar.item(8, 10 + vez))


def _cancelar(casa: Casa, lugar: Lugar, vez: int) -> str:
    return _enviar(casa, lugar, 0, idOperadorRetaguarda=100 * vez)


def _pagar(casa: Casa, lugar: Lugar, vez: int) -> str:
    return _enviar(casa, lugar, 1, pagamentos=[{"pagamentoForma": {"idRetaguarda": f"D{vez}-POS"}}])


def _expirar(casa: Casa, lugar: Lugar, vez: int) -> str:
    varredura = expirar.expirar(casa.gw)
    assert not varredura.falhas
    return "expirada" if lugar.numped in varredura.expiradas else "não"


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
    "reservar": Ator(_reservar, CERCA, PEDIDO),
    "alterar": Ator(_alterar, CERCA, PEDIDO),
    "cancelar": Ator(_cancelar, CERCA, "UPDATE PCEST"),
    "pagar": Ator(_pagar, CERCA, "UPDATE GW_RESERVA"),
    "expirar": Ator(_expirar, "SELECT GW_PRE_VENDA", "UPDATE PCEST", na_cerca=True),
    "vender": Ator(_vender),
}

# One after the other: what the first answers, what the second answers, QTRESERV in the end.
EM_SERIE: Mapping[tuple[str, str], tuple[str, str, int]] = {
    ("reservar", "reservar"): ("201", "ESTOQUE_INSUFICIENTE", 8),
    ("reservar", "alterar"): ("201", "ESTOQUE_INSUFICIENTE", 8),
    ("reservar", "cancelar"): ("201", "200", 4),
    ("reservar", "pagar"): ("201", "200", 8),
    ("reservar", "expirar"): ("201", "expirada", 4),
    ("reservar", "vender"): ("201", "não", 8),
    ("alterar", "reservar"): ("201", "ESTOQUE_INSUFICIENTE", 8),
    ("alterar", "alterar"): ("201", "RESERVA_SUBSTITUIDA", 8),
    ("alterar", "cancelar"): ("201", "200", 0),
    ("alterar", "pagar"): ("201", "200", 8),
    ("alterar", "expirar"): ("201", "não", 8),
    ("alterar", "vender"): ("201", "não", 8),
    ("cancelar", "reservar"): ("200", "201", 4),
    ("cancelar", "alterar"): ("200", "RESERVA_CANCELADA", 0),
    ("cancelar", "cancelar"): ("200", "200", 0),
    ("cancelar", "pagar"): ("200", "RESERVA_CANCELADA", 0),
    ("cancelar", "expirar"): ("200", "não", 0),
    ("cancelar", "vender"): ("200", "vendida", 0),
    ("pagar", "reservar"): ("200", "201", 8),
    ("pagar", "alterar"): ("200", "RESERVA_CONFIRMADA", 4),
    ("pagar", "cancelar"): ("200", "200", 0),
    ("pagar", "pagar"): ("200", "200", 4),
    ("pagar", "expirar"): ("200", "não", 4),
    ("pagar", "vender"): ("200", "vendida", 4),
    ("expirar", "reservar"): ("expirada", "201", 4),
    ("expirar", "alterar"): ("expirada", "201", 8),  # made again under a new number: its units are free (R18)
    ("expirar", "cancelar"): ("expirada", "200", 0),
    ("expirar", "pagar"): ("expirada", "201", 4),
    ("expirar", "expirar"): ("expirada", "não", 0),
    ("expirar", "vender"): ("expirada", "vendida", 0),
    ("vender", "reservar"): ("vendida", "ESTOQUE_INSUFICIENTE", 4),
    ("vender", "alterar"): ("vendida", "ESTOQUE_INSUFICIENTE", 4),
    ("vender", "cancelar"): ("vendida", "200", 0),
    ("vender", "pagar"): ("vendida", "200", 4),
    ("vender", "expirar"): ("vendida", "expirada", 0),
    ("vender", "vender"): ("vendida", "não", 4),
}


NA_RESERVA = {"alterar", "cancelar", "pagar", "expirar"}
NO_ESTOQUE = {"reservar", "alterar", "cancelar", "expirar", "vender"}
SO_NO_FIM = {"cancelar", "expirar"}  # they lock the stock row as they free it


def espera(primeiro: str, segundo: str, ponto: str) -> bool:
    """Whether the second must wait for the first, past the first's check."""
    if {primeiro, segundo} <= NA_RESERVA:
        return segundo != "expirar"  # the sweep passes over what somebody works on
    return {primeiro, segundo} <= NO_ESTOQUE and (primeiro not in SO_NO_FIM or ponto == COMMIT)


# --- letting the second in


class Segundo:
    """The second actor in its own thread: it finishes, or is seen to wait for a lock."""

    def __init__(self, casa: Casa, fazer: Callable[[], str]) -> None:
        self._engine = casa.engine
        self._fazer = fazer
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
        assert not self._thread.ident, "o ponto foi alcançado duas vezes"
        query = sa.text(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        self._thread.start()
        fim = time.monotonic() + ESPERA_S
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while self._thread.is_alive():
                if connection.execute(query).scalar():
                    self.esperou = True
                    return
                assert time.monotonic() < fim, "o segundo nem termina nem espera por um lock"
                self._thread.join(0.002)

    def sair(self) -> None:
        """Wait for its end, whatever it was."""
        if self._thread.ident:
            self._thread.join(ESPERA_S)

    def terminar(self) -> str:
        """Its answer, now that the first has finished."""
        self.sair()
        assert self._erro is None, self._erro
        assert self.resposta is not None, "o segundo não entrou, ou não terminou"
        return self.resposta


@contextlib.contextmanager
def parar(casa: Casa, ator: Ator, ponto: str, entrar: Callable[[], None]) -> Iterator[None]:
    """Call ``entrar`` once, when the gateway's main transaction reaches the point."""
    engine = casa.gw.db.engine
    na_transacao = feito = False

    def chegar() -> None:
        nonlocal feito
        if not feito:
            feito = True
            entrar()

    def antes_do_comando(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal na_transacao
        cerca = statement.startswith(ator.cerca)
        if (na_transacao or (cerca and ator.na_cerca)) and (
            ponto == ANTES or (ponto == CONFERIDO and statement.startswith(ator.escrita))
        ):
            chegar()
        na_transacao = na_transacao or cerca

    def antes_do_commit(_connection: Any) -> None:
        if na_transacao and ponto == COMMIT:
            chegar()

    event.listen(engine, "before_cursor_execute", antes_do_comando)
    event.listen(engine, "commit", antes_do_commit)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", antes_do_comando)
        event.remove(engine, "commit", antes_do_commit)


def intercalar(praca: Praca, primeiro: str, segundo: str, ponto: str) -> None:
    """Play the case and check answers, stock and invariants."""
    lugar = praca.lugar()
    entra = Segundo(praca.segunda, lambda: ATORES[segundo].agir(praca.segunda, lugar, 2))
    try:
        if primeiro == "vender":
            resposta = vender(praca.primeira.engine, lugar, lambda p: entra.entrar() if p == ponto else None)
        else:
            with parar(praca.primeira, ATORES[primeiro], ponto, entra.entrar):
                resposta = ATORES[primeiro].agir(praca.primeira, lugar, 1)
        outra = entra.terminar()
        conferir_invariantes(praca.primeira)
        # Before the first lock the second runs through; past it, it comes after.
        if ponto == ANTES:
            assert not entra.esperou
            esperado = EM_SERIE[segundo, primeiro]
            assert (outra, resposta) == esperado[:2]
        else:
            esperado = EM_SERIE[primeiro, segundo]
            assert (resposta, outra) == esperado[:2]
            assert entra.esperou is espera(primeiro, segundo, ponto)
        vendidas = [resposta, outra].count("vendida")
        assert praca.saldo(lugar) == (8 - 4 * vendidas, esperado[2])
    finally:
        entra.sair()
        expirar.expirar(praca.primeira.gw)  # nothing past due is left for the next case


@pytest.mark.parametrize("ponto", PONTOS)
@pytest.mark.parametrize("segundo", ATORES)
@pytest.mark.parametrize("primeiro", ATORES)
def test_dois_ao_mesmo_tempo(praca: Praca, primeiro: str, segundo: str, ponto: str) -> None:
    intercalar(praca, primeiro, segundo, ponto)


# --- more scenarios, each a check that must stay green


def repetir_igual(praca: Praca) -> None:
    """The same pre-sale twice: one reservation, the same answer."""
    lugar = praca.lugar()
    assert [_reservar(praca.primeira, lugar, 1) for _ in range(2)] == ["201", "201"]
    assert praca.saldo(lugar) == (8, 8)


def quebrar_no_meio(praca: Praca) -> None:
    """A defect strikes between the effect and the log: after the recovery there is no trace of it."""
    lugar = praca.lugar()
    casa = praca.primeira

    def quebrar(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE PCLOGPEDIDOAPI"):
            raise RuntimeError("defeito")

    event.listen(casa.gw.db.engine, "before_cursor_execute", quebrar)
    assert _reservar(casa, lugar, 1) == "ERRO_INTERNO"
    event.remove(casa.gw.db.engine, "before_cursor_execute", quebrar)
    casa.relogio.andar(seconds=16)
    registrar.recuperar(praca.segunda.gw)
    conferir_invariantes(casa)
    assert praca.saldo(lugar) == (8, 4)


def recuperar_durante(praca: Praca, ator: Ator, ponto: str) -> tuple[str, int]:
    """Recovery runs on another host, by a clock past the deadline, while a reservation is at the point: what the
    reservation answers, and how many operations recovery settled."""
    lugar = praca.lugar()
    encerradas: list[Any] = []

    def recuperar() -> None:
        praca.primeira.relogio.andar(seconds=16)
        encerradas.extend(registrar.recuperar(praca.segunda.gw))

    with parar(praca.primeira, ator, ponto, recuperar):
        resposta = ator.agir(praca.primeira, lugar, 1)
    conferir_invariantes(praca.primeira)
    return resposta, len(encerradas)


def recuperar_antes_da_cerca(praca: Praca) -> None:
    """Settled before its main transaction: it must not go on, and says so with a documented 503."""
    ator = Ator(_reservar, cerca="INSERT INTO GW_OPERACAO")
    assert recuperar_durante(praca, ator, ANTES) == ("BANCO_OCUPADO", 1)


def recuperar_depois_da_cerca(praca: Praca) -> None:
    """Under way: recovery passes over it."""
    ator = Ator(_reservar, cerca="SELECT GW_PRE_VENDA", na_cerca=True)
    assert recuperar_durante(praca, ator, ANTES) == ("201", 0)


def cruzar_com_winthor(praca: Praca) -> None:
    """WinThor, which locks in (CODFILIAL, CODPROD) order too, has the lower product; whoever waits for it must not
    hold the higher one."""
    baixo, alto = praca.lugar(), praca.lugar()
    casa = praca.primeira
    # Physically the other way round, and read in that order: only ORDER BY puts them right.
    _inverter(casa, baixo, alto)
    with casa.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        banco = connection.execute(sa.text("SELECT current_database()")).scalar_one()
        connection.exec_driver_sql(f"ALTER DATABASE {banco} SET enable_indexscan = off")
    outra = praca.segunda.com()
    outra._tokens["hub"] = casa.token("hub")
    corpo = pre_venda(alto.item(1), baixo.item(1), numero="PV-CRUZADA", loja=baixo.filial)
    cesta = Segundo(outra, lambda: _resposta(outra.enviar(corpo)))
    livre = "SELECT 1 FROM PCEST WHERE CODFILIAL = :f AND CODPROD = :p FOR UPDATE NOWAIT"
    try:
        with casa.engine.begin() as winthor:
            winthor.execute(sa.text(livre), {"f": baixo.filial, "p": baixo.codprod})
            cesta.entrar()
            assert cesta.esperou
            try:
                winthor.execute(sa.text(livre), {"f": alto.filial, "p": alto.codprod})
            except sa.exc.OperationalError:
                pytest.fail("quem espera pelo produto de baixo segura o de cima")
        assert cesta.terminar() == "201"
    finally:
        cesta.sair()
        outra.close()


def _inverter(casa: Casa, baixo: Lugar, alto: Lugar) -> None:
    """Rewrite the lower product's row until it lies behind the higher one's."""
    onde = sa.text("SELECT ctid < (SELECT ctid FROM PCEST WHERE CODFILIAL = :f AND CODPROD = :a) FROM PCEST "
                   "WHERE CODFILIAL = :f AND CODPROD = :p")  # fmt: skip
    row = {"f": baixo.filial, "p": baixo.codprod, "a": alto.codprod}
    for _ in range(20):
        with casa.engine.connect() as connection:
            if not connection.execute(onde, row).scalar_one():
                return
        casa.executar(
            "UPDATE PCEST SET QTEST = QTEST WHERE CODFILIAL = :f AND CODPROD = :p", f=baixo.filial, p=baixo.codprod
        )
    raise AssertionError("as linhas não se inverteram")


def par(primeiro: str, segundo: str, ponto: str) -> Callable[[Praca], None]:
    return lambda praca: intercalar(praca, primeiro, segundo, ponto)


# --- one protection out at a time: the scenario that notices

Mutar = Callable[[pytest.MonkeyPatch], None]


def sem_lock(patch: pytest.MonkeyPatch) -> None:
    """PCEST is read without FOR UPDATE."""
    patch.setattr(estoque, "for_update", lambda select, *_, **__: select)


def sem_ordem(patch: pytest.MonkeyPatch) -> None:
    """The lock query loses its order: here the other way round, since a scan may give the right one by chance."""
    consulta = estoque._consulta
    ao_contrario = (PCEST.c.CODFILIAL.desc(), PCEST.c.CODPROD.desc())
    patch.setattr(estoque, "_consulta", lambda chaves: consulta(chaves).order_by(None).order_by(*ao_contrario))


def sem_diferenca_liquida(patch: pytest.MonkeyPatch) -> None:
    """An alteration is judged without its own units."""
    faltas = alterar.faltas
    patch.setattr(alterar, "faltas", lambda gw, conferida, pedidas, saldos, _: faltas(gw, conferida, pedidas, saldos))


def sem_cerca(patch: pytest.MonkeyPatch) -> None:
    """The main transaction does not look whether its operation is still P."""
    patch.setattr(operacoes, "cercar", lambda *_: None)


def sem_commit_unico(patch: pytest.MonkeyPatch) -> None:
    """The order is committed before its units are counted."""
    somar = estoque.somar_reserva

    def commitar_antes(connection: sa.Connection, variacoes: Any) -> None:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.commit()
        somar(connection, variacoes)

    patch.setattr(estoque, "somar_reserva", commitar_antes)


def sem_rollback(patch: pytest.MonkeyPatch) -> None:
    """What fails half way is committed."""
    patch.setattr(sa.RootTransaction, "rollback", lambda self: self.commit())


def sem_rever_o_estado(patch: pytest.MonkeyPatch) -> None:
    """The sweep believes its list instead of the locked row."""
    patch.setattr(expirar, "_impedimento", lambda *_: None)


def sem_ancora(patch: pytest.MonkeyPatch) -> None:
    """The pre-sale's anchor is read without a lock."""
    patch.setattr(operacoes, "for_update", lambda select, *_, **__: select)


def sem_identidade(patch: pytest.MonkeyPatch) -> None:
    """No request is known again."""
    patch.setattr(operacoes, "achar_igual", lambda *_: None)


# (what is taken out, who notices, what it says)
MUTACOES: list[tuple[Mutar, Callable[[Praca], None], str]] = [
    (sem_lock, par("reservar", "reservar", CONFERIDO), "I2 .* disponível -4"),
    (sem_lock, par("alterar", "reservar", CONFERIDO), "I2 .* disponível -4"),
    (sem_lock, par("vender", "reservar", CONFERIDO), "I2 .* disponível -4"),
    (sem_ordem, cruzar_com_winthor, "segura o de cima"),
    (sem_diferenca_liquida, par("alterar", "pagar", COMMIT), "ESTOQUE_INS"),
    (sem_cerca, recuperar_antes_da_cerca, "ERRO_INTERNO"),
    (sem_cerca, recuperar_depois_da_cerca, "ERRO_INTERNO"),
    (sem_commit_unico, quebrar_no_meio, "I1 .*: QTRESERV 4, pedidos 8"),
    (sem_rollback, quebrar_no_meio, "I5 .*: nasceu 0 vezes"),
    (sem_rever_o_estado, par("expirar", "pagar", ANTES), "'expirada'"),
    (sem_ancora, par("alterar", "alterar", CONFERIDO), "RESERVA_CANCELADA"),
    (sem_identidade, repetir_igual, "NUMERO_EM_USO"),
]
NOMES = [f"{mutar.__name__}-{n}" for n, (mutar, *_) in enumerate(MUTACOES)]


@pytest.mark.parametrize(("mutar", "cenario", "diz"), MUTACOES, ids=NOMES)
def test_a_falta_da_protecao_e_notada(
    praca_nova: Praca, monkeypatch: pytest.MonkeyPatch, mutar: Mutar, cenario: Callable[[Praca], None], diz: str
) -> None:
    mutar(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception), match=diz):
        cenario(praca_nova)


@pytest.mark.parametrize(
    "cenario",
    [repetir_igual, quebrar_no_meio, recuperar_antes_da_cerca, recuperar_depois_da_cerca, cruzar_com_winthor],
    ids=lambda cenario: str(cenario.__name__),
)
def test_com_a_protecao_o_cenario_passa(praca_nova: Praca, cenario: Callable[[Praca], None]) -> None:
    cenario(praca_nova)
