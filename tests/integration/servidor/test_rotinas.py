"""What ``prevenda serve`` does by itself, one host at a time (R18)."""

from __future__ import annotations

import datetime as dt
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.services.gateway import Gateway
from app.services.operacao.andamento import Seguir
from app.services.tempo import rotinas
from app.services.tempo.rotinas import Plantao
from app.servidor.agenda import rotinas_ligadas
from app.winthor import turnos
from app.winthor.db.faults import Indisponivel
from app.winthor.esquema.tables import PCPEDC
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa
from tests.support.servers import servidor

INTERVALO = 300


def viva() -> bool:
    """A process that is not ending."""
    return False


def plantao(casa: Casa, dono: str, encerrando: Callable[[], bool] = viva) -> Plantao:
    return Plantao(casa.gw, encerrando, dono)


def turno(casa: Casa) -> str:
    valor: str = casa.linha("GW_CONFIG", CHAVE="TURNO")["VALOR"]
    return valor


@pytest.fixture
def registro(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Jobs that only write down who did them."""
    feitas: list[str] = []

    def anotar(_gw: Gateway, _seguir: Seguir) -> int:
        feitas.append(threading.current_thread().name)
        return 0

    monkeypatch.setattr(rotinas, "ROTINAS", (("teste", anotar),))
    return feitas


# --- a round


def test_a_round_recovers_sweeps_settles_and_adopts(casa: Casa) -> None:
    vencida = casa.reservar(pre_venda(numero="VENCIDA", lockTTL="1h"))
    baixada = casa.reservar(pre_venda(item("10010-1001", 1), numero="BAIXADA"))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 7 WHERE NUMPED = :n", n=baixada)
    casa.executar("UPDATE PCEST SET QTRESERV = 0 WHERE CODPROD = 1001")
    casa.executar("UPDATE GW_OPERACAO SET ESTADO = 'P' WHERE NUMPED = :n", n=baixada)
    row = {"CODCLI": 20, "CODUSUR": 1, "CODFILIAL": "1", "POSICAO": "L", "ORIGEMINTEGRACAO": "PDVSYNC"}
    with casa.engine.begin() as connection:
        hoje = dt.datetime.fromisoformat("2026-03-02")
        connection.execute(sa.insert(PCPEDC), [{**row, "NUMPED": 8_100_001, "NUMPEDHUBE": "VELHA", "DATA": hoje}])
    casa.relogio.andar(hours=1)
    assert plantao(casa, "a").rodada()
    assert {row["NUMPED"]: row["ESTADO"] for row in casa.tabela("GW_RESERVA")} == {
        vencida: "EXPIRADA",
        baixada: "BAIXADA",
        8_100_001: "AUTORIZADA",
    }
    assert sorted(row["ESTADO"] for row in casa.tabela("GW_OPERACAO")) == ["A", "A", "R"]
    config = {row["CHAVE"]: row["VALOR"] for row in casa.tabela("GW_CONFIG")}
    assert (config["VARREDURA"], config["ADOCAO"]) == ("2026-03-02T13:00:00", "2026-03-02")
    assert turno(casa) == "2026-03-02T13:15:00 a"


def test_after_a_round_ready_does_not_warn(casa: Casa) -> None:
    def avisos() -> list[str]:
        lista: list[str] = casa.pedir("GET", "/health/ready", None).get_json()["avisos"]
        return lista

    como = "ligue PREVENDA_VARREDURA ou agende prevenda reservas expirar."
    assert avisos() == [f"Nenhuma varredura de reservas vencidas em um dia: {como}"]
    plantao(casa, "a").rodada()
    assert avisos() == []


def test_a_job_that_fails_is_logged_and_stops_nothing(
    casa: Casa, registro: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def falhar(_gw: Gateway, _seguir: Seguir) -> int:
        raise Indisponivel("segredo")

    def quebrar(_gw: Gateway, _seguir: Seguir) -> int:
        raise ValueError("segredo")

    monkeypatch.setattr(rotinas, "ROTINAS", (("um", falhar), ("dois", quebrar), *rotinas.ROTINAS))
    caplog.set_level(logging.ERROR, "prevenda")
    assert plantao(casa, "a").rodada()
    assert len(registro) == 1
    assert caplog.messages == [
        "a rotina um falhou (BANCO_INDISPONIVEL, Indisponivel)",
        "a rotina dois falhou (ERRO_INTERNO, ValueError)",
    ]


def test_a_process_that_is_ending_begins_no_job(casa: Casa, registro: list[str]) -> None:
    plantao(casa, "a", lambda: True).rodada()
    assert registro == []


# --- whose turn it is


def test_one_host_keeps_the_turn_from_round_to_round(casa: Casa, registro: list[str]) -> None:
    um, outro = plantao(casa, "a"), plantao(casa, "b")
    for _ in range(5):
        assert (um.rodada(), outro.rodada()) == (True, False)
        casa.relogio.andar(seconds=INTERVALO)
    assert len(registro) == 5


@pytest.mark.parametrize(("intervalo", "dura"), [(300, 900), (1, 10)])
def test_the_turn_of_a_dead_host_ends_after_three_intervals(
    casa: Casa, registro: list[str], intervalo: int, dura: int
) -> None:
    outra = casa.com(varredura=intervalo)
    morto, outro = plantao(outra, "a"), plantao(outra, "b")
    assert morto.rodada()
    casa.relogio.andar(seconds=dura - 1)
    assert not outro.rodada()
    casa.relogio.andar(seconds=1)
    assert outro.rodada()
    assert not morto.rodada()  # it was only asleep
    outra.close()


def test_a_host_that_stops_gives_the_turn_back(casa: Casa, registro: list[str]) -> None:
    um, outro = plantao(casa, "a"), plantao(casa, "b")
    assert um.rodada()
    outro.soltar()  # it is not his
    assert not outro.rodada()
    um.soltar()
    assert turno(casa) == "2026-03-02T12:00:00 a"
    assert outro.rodada()


def test_a_long_round_renews_the_turn(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    seguiu: list[bool] = []

    def demorar(_gw: Gateway, seguir: Seguir) -> int:
        for _ in range(10):
            casa.relogio.andar(seconds=250)
            seguiu.append(seguir())
            assert not plantao(casa, "b").rodada()
        return 0

    monkeypatch.setattr(rotinas, "ROTINAS", (("teste", demorar),))
    assert plantao(casa, "a").rodada()
    assert seguiu == [True] * 10


def test_a_round_that_lost_its_turn_ends(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    seguiu: list[bool] = []
    outro = plantao(casa, "b")

    def dormir(_gw: Gateway, seguir: Seguir) -> int:
        casa.relogio.andar(seconds=900)
        monkeypatch.setattr(rotinas, "ROTINAS", ())
        assert outro.rodada()
        seguiu.extend([seguir(), seguir()])
        return 0

    monkeypatch.setattr(rotinas, "ROTINAS", (("um", dormir), ("dois", dormir)))
    assert plantao(casa, "a").rodada()
    assert seguiu == [False, False]
    assert turno(casa).endswith(" b")


def test_a_turn_that_no_clock_of_ours_can_have_given_is_not_believed(casa: Casa, registro: list[str]) -> None:
    """A host whose clock was a day ahead and is dead keeps nobody from working."""
    assert plantao(casa, "a").rodada()
    casa.executar("UPDATE GW_CONFIG SET VALOR = '2026-03-02T12:30:00 x' WHERE CHAVE = 'TURNO'")
    assert not plantao(casa, "b").rodada()
    casa.executar("UPDATE GW_CONFIG SET VALOR = '2026-03-02T12:30:01 x' WHERE CHAVE = 'TURNO'")
    assert plantao(casa, "b").rodada()


def test_a_turn_that_cannot_be_read_is_nobodys(casa: Casa, registro: list[str]) -> None:
    assert plantao(casa, "a").rodada()
    casa.executar("UPDATE GW_CONFIG SET VALOR = 'x' WHERE CHAVE = 'TURNO'")
    assert plantao(casa, "b").rodada()


BOTH = pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def tomar_ao_mesmo_tempo(casa: Casa, quantos: int) -> int:
    """How many of them have the turn."""
    juntos = threading.Barrier(quantos)

    def tomar(n: int) -> bool:
        um = plantao(casa, f"h{n}")
        juntos.wait()
        return um.rodada()

    with ThreadPoolExecutor(quantos) as pool:
        return sum(pool.map(tomar, range(quantos)))


@BOTH
def test_of_many_hosts_at_once_one_has_the_turn(casa: Casa, registro: list[str]) -> None:
    assert tomar_ao_mesmo_tempo(casa, 8) == 1
    casa.relogio.andar(seconds=900)
    assert tomar_ao_mesmo_tempo(casa, 8) == 1
    assert len(registro) == 2


def test_without_the_comparison_two_would_have_it(
    casa_pg: Casa, registro: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plantao(casa_pg, "morto").rodada()
    casa_pg.relogio.andar(seconds=900)
    leram = threading.Barrier(2)
    ler = turnos.find_config

    def juntos(*args: Any) -> str | None:
        valor = ler(*args)
        leram.wait(5)
        return valor

    monkeypatch.setattr(turnos, "find_config", juntos)
    assert tomar_ao_mesmo_tempo(casa_pg, 2) == 1
    casa_pg.relogio.andar(seconds=900)
    sempre = sa.update(turnos.GW_CONFIG).where(turnos.GW_CONFIG.c.CHAVE == turnos.CHAVE)
    monkeypatch.setattr(turnos, "_TROCAR", sempre.values(VALOR=sa.bindparam("B_NOVO")))
    assert tomar_ao_mesmo_tempo(casa_pg, 2) == 2


# --- the thread


def ate(condicao: Callable[[], bool], segundos: float = 15) -> None:
    limite = time.monotonic() + segundos
    while not condicao():
        assert time.monotonic() < limite
        time.sleep(0.02)


def linhas_de_rotinas() -> list[threading.Thread]:
    return [linha for linha in threading.enumerate() if linha.name == "rotinas"]


@pytest.fixture
def rapida(casa: Casa) -> Iterator[Casa]:
    """A gateway whose rounds follow each other quickly, by the machine's clock."""
    outra = casa.com(varredura=0.05)
    yield outra
    outra.close()


def test_rounds_until_the_process_is_told_to_stop(rapida: Casa, registro: list[str]) -> None:
    with rotinas_ligadas(rapida.app):
        (linha,) = linhas_de_rotinas()
        assert linha.daemon
        ate(lambda: len(registro) >= 3)
        comeco = time.monotonic()
        rapida.app.extensions["encerrando"].set()
        ate(lambda: not linha.is_alive(), 2)
        assert time.monotonic() - comeco < 1
    assert turno(rapida).startswith(f"{rapida.relogio.agora:%Y-%m-%dT%H:%M:%S} ")  # given back


def test_the_end_of_the_block_stops_it_too(rapida: Casa, registro: list[str]) -> None:
    with rotinas_ligadas(rapida.app):
        ate(lambda: bool(registro))
    assert linhas_de_rotinas() == []


def test_a_long_interval_is_not_waited_for(casa: Casa, registro: list[str]) -> None:
    comeco = time.monotonic()
    with rotinas_ligadas(casa.app):
        assert len(linhas_de_rotinas()) == 1
    assert time.monotonic() - comeco < 1
    assert (linhas_de_rotinas(), registro) == ([], [])


def test_zero_means_none(casa: Casa) -> None:
    outra = casa.com(varredura=0)
    with rotinas_ligadas(outra.app):
        assert linhas_de_rotinas() == []
    outra.close()


def test_an_application_alone_starts_none(casa: Casa) -> None:
    casa.com().close()
    assert linhas_de_rotinas() == []


def test_a_database_that_is_away_does_not_end_the_thread(
    rapida: Casa, registro: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faltas = iter([True, True])
    tomar = turnos.tomar

    def as_vezes(*args: Any) -> bool:
        if next(faltas, False):
            raise ValueError("segredo")
        return tomar(*args)

    monkeypatch.setattr(turnos, "tomar", as_vezes)
    with rotinas_ligadas(rapida.app):
        ate(lambda: bool(registro))
    assert caplog.messages[:2] == ["as rotinas não puderam ser feitas (ValueError)"] * 2


@BOTH
def test_two_schedulers_on_one_database_do_each_round_once(rapida: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second takes over when the first has stopped, and never before."""
    feitas: list[int] = []
    ativas, mais = [0], [0]

    def anotar(gw: Gateway, _seguir: Seguir) -> int:
        ativas[0] += 1
        mais[0] = max(mais[0], ativas[0])
        feitas.append(id(gw))
        time.sleep(0.02)
        ativas[0] -= 1
        return 0

    monkeypatch.setattr(rotinas, "ROTINAS", (("teste", anotar),))
    outra = rapida.com()
    with rotinas_ligadas(outra.app):
        with rotinas_ligadas(rapida.app):
            ate(lambda: len(feitas) >= 6)
        primeiros = set(feitas)
        ate(lambda: len(feitas) >= 12)
    outra.close()
    assert mais == [1]
    assert len(primeiros) == 1 or primeiros == {id(outra.gw)}
    assert feitas[-1] == id(outra.gw)


# --- the process


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def banco(request: pytest.FixtureRequest) -> sa.Engine:
    engine: sa.Engine = request.getfixturevalue({"sqlite": "sqlite_engine", "postgresql": "postgresql"}[request.param])
    return engine


def test_serve_sweeps_by_itself_and_stops_promptly(banco: sa.Engine, tmp_path: Path) -> None:
    url = banco.url.render_as_string(hide_password=False)

    def um(sql: str) -> Any:
        with banco.connect() as connection:
            return connection.execute(sa.text(sql)).scalar()

    with servidor(tmp_path, url, varredura=1, processos=1 if banco.dialect.name == "sqlite" else 2) as gateway:
        assert gateway.enviar(pre_venda(), gateway.entrar())[0] == 201
        with banco.begin() as connection:
            connection.execute(sa.text("UPDATE GW_RESERVA SET DTEXPIRA = '2026-03-02 12:00:00.000000'"))
        ate(lambda: um("SELECT ESTADO FROM GW_RESERVA") == "EXPIRADA", 30)
        assert um("SELECT QTRESERV FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1") == 0
        gateway.sinal(signal.SIGTERM)
        assert gateway.fim(20) == 0, "".join(gateway.linhas)
    fim, _, _ = str(um("SELECT VALOR FROM GW_CONFIG WHERE CHAVE = 'TURNO'")).partition(" ")
    assert dt.datetime.fromisoformat(fim) <= dt.datetime.now(dt.UTC).replace(tzinfo=None)
