"""All live orders of before the switch are adopted at once, or as they come (R21)."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy import event

from app.cli import main
from app.services.operacao.transacao import NadaFeito
from app.services.tempo import adotar, expirar
from app.services.tempo.adotar import Adocao
from app.settings import Settings
from app.winthor import operacoes, pedidos
from app.winthor.consultas import sem_reserva
from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.tables import PCPEDC
from app.winthor.operacoes import Ancora
from tests.support.builders import pre_venda
from tests.support.gateway import Casa, Relogio

HOJE = dt.datetime(2026, 3, 2)  # noqa: DTZ001 - as PCPEDC has it
GW = frozenset(map(str, gateway.tables))
# Tests that change tables: the Oracle of the suite keeps them.
SO_DOIS = pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
SEM_INDICE_DO_DIA = "DROP INDEX PCPEDC_DATA_IX"
SEM_INDICE_DO_NUMERO = "DROP INDEX PCPEDC_NUMPEDHUBE_IX"


def pedido(casa: Casa, numped: int, numero: str | None, *, dias: int = 0, **colunas: Any) -> int:
    """An order as the TOTVS service leaves it, ``dias`` days old; without lines, which adoption does not read."""
    row = {
        "DATA": HOJE - dt.timedelta(days=dias),
        "CODCLI": 20,
        "CODUSUR": 1,
        "CODFILIAL": "1",
        "POSICAO": "L",
        "VLTOTAL": 50,
        "NUMCAR": 0,
        "ORIGEMINTEGRACAO": "PDVSYNC",
    }
    with casa.engine.begin() as connection:
        connection.execute(sa.insert(PCPEDC), [{**row, "NUMPED": numped, "NUMPEDHUBE": numero, **colunas}])
    return numped


def comando(casa: Casa, *args: str) -> Result:
    url = casa.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(main, ["reservas", "adotar", *args], env={"PREVENDA_DATABASE_URL": url})


def reservas(casa: Casa) -> dict[int, tuple[str, dt.datetime | None]]:
    return {row["NUMPED"]: (row["ESTADO"], row["DTEXPIRA"]) for row in casa.tabela("GW_RESERVA")}


def ancoras(casa: Casa) -> dict[tuple[str, str], int | None]:
    return {(row["CODFILIAL"], row["NUMERO"]): row["NUMPED"] for row in casa.tabela("GW_PRE_VENDA")}


def ignorados(casa: Casa, **kwargs: Any) -> dict[int, str | None]:
    """Adopt; the orders that were left alone and why, or the code of the fault."""
    achados: dict[int, str | None] = {}
    adotar.adotar(casa.gw, contar=lambda numped, motivo, codigo: achados.update({numped: motivo or codigo}), **kwargs)
    return achados


def de_tudo(casa: Casa) -> int:
    """Orders of every kind; gives the number of the one that the gateway has made."""
    minha = casa.reservar(pre_venda(numero="MINHA"))
    pedido(casa, 8_100_001, "A")
    pedido(casa, 8_100_002, "A", dias=400, CODFILIAL="2")
    pedido(casa, 8_100_003, "B", dias=3)
    pedido(casa, 8_100_004, "B", dias=2)  # the newest of B
    pedido(casa, 8_100_005, None)
    pedido(casa, 8_100_006, "MINHA")
    pedido(casa, 8_100_007, "C", ORIGEMINTEGRACAO="TELEMARKETING")
    pedido(casa, 8_100_008, "D", POSICAO="F")
    pedido(casa, 8_100_009, "E", POSICAO="C")
    pedido(casa, 8_100_010, "F", NUMTRANSVENDA=7)
    pedido(casa, 8_100_011, "G", NUMPEDENTFUT=8_100_001)  # a delivery of a future sale
    pedido(casa, 8_100_012, "H", POSICAO="B")
    return minha


ADOTADAS = {8_100_001, 8_100_002, 8_100_004, 8_100_012}
IGNORADAS = {8_100_003: "a pré-venda já tem a reserva 8100004", 8_100_005: adotar.SEM_NUMERO}


def test_live_orders_of_the_origin_are_adopted(casa: Casa) -> None:
    minha = de_tudo(casa)
    antes = casa.fotografia(sem=GW)
    assert ignorados(casa) == {**IGNORADAS, 8_100_006: f"a pré-venda já tem a reserva {minha}"}
    assert set(reservas(casa)) == ADOTADAS | {minha}
    assert {reservas(casa)[numped] for numped in ADOTADAS} == {("AUTORIZADA", None)}
    assert ancoras(casa) == {
        ("1", "MINHA"): minha,
        ("1", "A"): 8_100_001,
        ("2", "A"): 8_100_002,
        ("1", "B"): 8_100_004,
        ("1", "H"): 8_100_012,
    }
    linha = casa.linha("GW_RESERVA", NUMPED=8_100_002)
    assert [linha[c] for c in ("CODFILIAL", "NUMERO", "MODO_KIT", "CALLER", "NUMPED_ANTERIOR")] == [
        *("2", "A", "components", None, None)
    ]
    assert casa.fotografia(sem=GW) == antes
    assert casa.contar("GW_OPERACAO") == 1


@SO_DOIS
def test_the_command(casa: Casa) -> None:
    minha = de_tudo(casa)
    result = comando(casa, "--json")
    assert (result.exit_code, json.loads(result.output)) == (0, {"adotadas": 4, "jaConhecidas": 1, "ignoradas": 3})
    result = comando(casa, "--json")
    assert (result.exit_code, json.loads(result.output)) == (0, {"adotadas": 0, "jaConhecidas": 5, "ignoradas": 3})
    result = comando(casa)
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == sorted(
        [
            "  8100003 ignorado: a pré-venda já tem a reserva 8100004",
            "  8100005 ignorado: sem número de pré-venda (NUMPEDHUBE)",
            f"  8100006 ignorado: a pré-venda já tem a reserva {minha}",
            "Adotadas: 0",
            "Já conhecidas: 5",
            "Ignoradas: 3",
        ]
    )


@SO_DOIS
@pytest.mark.parametrize("indice", [True, False], ids=["by day", "by number"])
def test_a_simulation_says_the_same_and_writes_nothing(casa: Casa, indice: bool) -> None:
    if not indice:
        casa.executar(SEM_INDICE_DO_DIA)
    de_tudo(casa)
    antes = casa.fotografia()
    result = comando(casa, "--simular", "--json")
    assert (result.exit_code, json.loads(result.output)) == (0, {"adotadas": 4, "jaConhecidas": 1, "ignoradas": 3})
    assert casa.fotografia() == antes
    assert "Seriam adotadas: 4\n" in comando(casa, "--simular").output
    assert json.loads(comando(casa, "--json").output) == {"adotadas": 4, "jaConhecidas": 1, "ignoradas": 3}


def test_the_state_is_read_from_the_order(casa: Casa) -> None:
    for n, colunas in enumerate([{}, {"POSICAO": "M"}, {"NUMCAR": 4}, {"POSICAO": "P"}, {"CODCOB": "D"}]):
        pedido(casa, 8_100_000 + n, f"PV-{n}", **colunas)
    assert adotar.adotar(casa.gw) == Adocao(adotadas=5)
    assert [estado for estado, _ in reservas(casa).values()] == [*["AUTORIZADA"] * 4, "CONFIRMADA"]


def test_the_ordinary_term_is_counted_from_now(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A", dias=300)
    pedido(casa, 8_100_002, "B", CODFILIAL="2")
    pedido(casa, 8_100_003, "C", CODCOB="D")
    outra = casa.com(dias_pagamento={"1": 3})  # of the ordinary term only 11 days are left (R17 c)
    assert adotar.adotar(outra.gw, prazo=True).adotadas == 3
    outra.close()
    fim = dt.datetime.fromisoformat
    assert reservas(casa) == {
        8_100_001: ("AUTORIZADA", fim("2026-03-14T02:59:59")),
        8_100_002: ("AUTORIZADA", fim("2026-03-14T03:59:59")),
        8_100_003: ("CONFIRMADA", None),
    }


def test_one_with_a_term_is_swept_and_one_without_is_not(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A")
    adotar.adotar(casa.gw, prazo=True)
    pedido(casa, 8_100_002, "B")
    adotar.adotar(casa.gw)
    casa.relogio.andar(days=12)
    assert expirar.expirar(casa.gw).expiradas == [8_100_001]
    assert casa.linha("PCPEDC", NUMPED=8_100_001)["POSICAO"] == "C"


def test_adopted_orders_are_in_the_list(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A")
    adotar.adotar(casa.gw)
    lista = casa.pedir("GET", "/api/v1/reservas", "retaguarda").get_json()["itens"]
    assert [(linha["idRetaguarda"], linha["numero"], linha["situacaoReserva"]) for linha in lista] == [
        (8_100_001, "A", "AUTORIZADA")
    ]


@SO_DOIS
@pytest.mark.parametrize(("indice", "atual"), [(True, 8_100_001), (False, 8_100_002)], ids=["by day", "by number"])
def test_the_newest_of_several_becomes_the_current_one(casa: Casa, indice: bool, atual: int) -> None:
    if not indice:
        casa.executar(SEM_INDICE_DO_DIA)
    pedido(casa, 8_100_001, "A", dias=1)
    pedido(casa, 8_100_002, "A", dias=2)
    pedido(casa, 8_100_000, "A", dias=1)
    assert adotar.adotar(casa.gw) == Adocao(adotadas=1, ignoradas=2)
    assert ancoras(casa) == {("1", "A"): atual}
    assert set(reservas(casa)) == {atual}


def test_when_the_current_one_has_ended_the_other_is_adopted(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A")
    pedido(casa, 8_100_002, "A")
    assert adotar.adotar(casa.gw) == Adocao(adotadas=1, ignoradas=1)
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C' WHERE NUMPED = 8100002")
    assert adotar.adotar(casa.gw) == Adocao(adotadas=1)
    assert ancoras(casa) == {("1", "A"): 8_100_001}


def test_an_anchor_of_an_ended_reservation_is_taken(casa: Casa) -> None:
    minha = casa.reservar(pre_venda(numero="A"))
    casa.relogio.andar(seconds=1)
    casa.enviar(pre_venda(numero="A", situacaoPreVenda=0, idRetaguarda=minha))
    pedido(casa, 8_100_001, "A")
    assert adotar.adotar(casa.gw) == Adocao(adotadas=1)
    assert ancoras(casa) == {("1", "A"): 8_100_001}


def test_only_the_last_days(casa: Casa) -> None:
    for dias in (0, 6, 7, 8):
        pedido(casa, 8_100_000 + dias, f"PV-{dias}", dias=dias)
    assert adotar.adotar(casa.gw, desde=adotar.desde_ha(casa.gw, 7), conta_conhecidas=True).adotadas == 3
    assert set(reservas(casa)) == {8_100_000, 8_100_006, 8_100_007}


@SO_DOIS
def test_only_the_last_days_by_the_command(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A", DATA=dt.datetime.now())  # noqa: DTZ005 - near enough to any zone
    pedido(casa, 8_100_002, "B")
    assert json.loads(comando(casa, "--dias", "3", "--json").output)["adotadas"] == 1
    casa.executar(SEM_INDICE_DO_DIA)
    assert json.loads(comando(casa, "--dias", "3", "--json").output) == {
        "adotadas": 0,
        "jaConhecidas": 1,
        "ignoradas": 0,
    }
    assert json.loads(comando(casa, "--prazo", "--json").output)["adotadas"] == 1
    assert casa.linha("GW_RESERVA", NUMPED=8_100_002)["DTEXPIRA"] is not None


@SO_DOIS
@pytest.mark.parametrize("indice", [True, False], ids=["by day", "by number"])
def test_the_walk_ends_with_everything_whatever_the_size_of_its_parts(
    casa: Casa, indice: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not indice:
        casa.executar(SEM_INDICE_DO_DIA)
    monkeypatch.setattr(adotar, "LOTE", 2)
    monkeypatch.setattr(adotar, "NUMEROS_POR_FAIXA", 3)
    for n in range(13):
        pedido(casa, 8_100_000 + n * 7, f"PV-{n}", dias=n % 4, HORA=n)
    assert adotar.adotar(casa.gw, conta_conhecidas=True) == Adocao(adotadas=13)
    assert adotar.adotar(casa.gw, conta_conhecidas=True) == Adocao(ja_conhecidas=13)


def test_interrupted_and_run_again(casa: Casa) -> None:
    for n in range(5):
        pedido(casa, 8_100_000 + n, f"PV-{n}", dias=n)
    respostas = iter([True, True, False])
    assert adotar.adotar(casa.gw, seguir=lambda: next(respostas)) == Adocao(adotadas=2, interrompida=True)
    assert set(reservas(casa)) == {8_100_000, 8_100_001}
    assert adotar.adotar(casa.gw) == Adocao(adotadas=3)
    assert len(reservas(casa)) == 5


def test_a_bad_record_does_not_stop_the_rest(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        pedido(casa, 8_100_000 + n, f"PV-{n}")
    lock_ordem = pedidos.lock_ordem

    def ruim(connection: sa.Connection, numped: int, **kwargs: Any) -> Any:
        if numped == 8_100_001:
            raise ValueError("linha estragada")
        return lock_ordem(connection, numped, **kwargs)

    monkeypatch.setattr(adotar.pedidos, "lock_ordem", ruim)
    assert adotar.adotar(casa.gw) == Adocao(adotadas=2, falhas=1)
    assert ancoras(casa) == {("1", "PV-0"): 8_100_000, ("1", "PV-2"): 8_100_002}
    monkeypatch.undo()
    assert adotar.adotar(casa.gw) == Adocao(adotadas=1)


def test_an_order_that_a_person_has_open_is_left_for_the_next_run(casa_pg: Casa) -> None:
    for n in range(3):
        pedido(casa_pg, 8_100_000 + n, f"PV-{n}")
    outra = casa_pg.com(espera_lock=0.3)
    with casa_pg.engine.begin() as winthor:
        winthor.execute(sa.text("SELECT NUMPED FROM PCPEDC WHERE NUMPED = 8100001 FOR UPDATE"))
        assert ignorados(outra) == {8_100_001: "BANCO_OCUPADO"}
    assert set(reservas(casa_pg)) == {8_100_000, 8_100_002}
    assert adotar.adotar(outra.gw) == Adocao(adotadas=1)
    outra.close()


def test_the_command_ends_with_1_when_one_failed(casa_pg: Casa) -> None:
    pedido(casa_pg, 8_100_001, "A")
    with casa_pg.engine.begin() as winthor:
        winthor.execute(sa.text("SELECT NUMPED FROM PCPEDC WHERE NUMPED = 8100001 FOR UPDATE"))
        result = comando(casa_pg, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"adotadas": 0, "jaConhecidas": 0, "ignoradas": 0})
    assert "  8100001 falhou: BANCO_OCUPADO\n" in result.stderr


# --- at the same time as others


@SO_DOIS
def test_two_hosts_at_once(casa: Casa) -> None:
    for n in range(60):
        pedido(casa, 8_100_000 + n, f"PV-{n // 2}")  # two of each pre-sale
    hosts = [casa, casa.com()]
    juntos = threading.Barrier(2)

    def rodar(host: Casa) -> Adocao:
        juntos.wait()
        return adotar.adotar(host.gw)

    with ThreadPoolExecutor(2) as pool:
        feitas = list(pool.map(rodar, hosts))
    hosts[1].close()
    assert sum(feita.adotadas for feita in feitas) == 30
    assert sum(feita.falhas for feita in feitas) == 0
    assert set(reservas(casa)) == {8_100_001 + 2 * n for n in range(30)}
    assert set(ancoras(casa).values()) == set(reservas(casa))


def esperando(casa: Casa) -> bool:
    with casa.engine.connect() as connection:
        query = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(connection.execute(sa.text(f"SELECT COUNT(*) {query}")).scalar())


@pytest.fixture
def ao_lado(casa_pg: Casa) -> Callable[[Callable[[sa.Connection], None]], Adocao]:
    """Adopt while another session has done something and not committed it yet."""

    def rodar(fazer: Callable[[sa.Connection], None]) -> Adocao:
        with ThreadPoolExecutor(1) as pool:
            with casa_pg.engine.begin() as outra:
                fazer(outra)
                adocao = pool.submit(adotar.adotar, casa_pg.gw)
                while not adocao.done() and not esperando(casa_pg):
                    pass
            return adocao.result()

    return rodar


def vender(connection: sa.Connection) -> None:
    """What a sale of the pre-sale A leaves: its anchor, under its lock, points at a live reservation."""
    for sql in (
        "UPDATE GW_PRE_VENDA SET NUMPED = 8000009 WHERE NUMERO = 'A'",
        "INSERT INTO PCPEDC (NUMPED, DATA, CODCLI, CODUSUR, CODFILIAL, POSICAO) "
        "VALUES (8000009, CURRENT_TIMESTAMP, 1, 1, '1', 'L')",
        "INSERT INTO GW_RESERVA (NUMPED, CODFILIAL, NUMERO, ESTADO, MODO_KIT, DTCRIACAO, DTALTERACAO) VALUES "
        "(8000009, '1', 'A', 'AUTORIZADA', 'components', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)",
    ):
        connection.execute(sa.text(sql))


def com_ancora(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A")
    casa.executar("INSERT INTO GW_PRE_VENDA (CODFILIAL, NUMERO, DTCRIACAO) VALUES ('1', 'A', CURRENT_TIMESTAMP)")


def test_a_sale_under_way_is_waited_for(casa_pg: Casa, ao_lado: Callable[..., Adocao]) -> None:
    com_ancora(casa_pg)
    assert ao_lado(vender) == Adocao(ignoradas=1)
    assert set(reservas(casa_pg)) == {8_000_009}


def test_without_the_anchors_lock_a_pre_sale_would_have_two(
    casa_pg: Casa, ao_lado: Callable[..., Adocao], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sem_lock(*_: Any, **__: Any) -> Ancora:
        return Ancora(None)

    monkeypatch.setattr(adotar.operacoes, "lock_pre_venda", sem_lock)
    monkeypatch.setattr(operacoes, "apontar_numero", lambda *_: None)
    com_ancora(casa_pg)
    assert ao_lado(vender) == Adocao(adotadas=1)
    assert set(reservas(casa_pg)) == {8_000_009, 8_100_001}


def cancelar(connection: sa.Connection) -> None:
    connection.execute(sa.text("UPDATE PCPEDC SET POSICAO = 'C' WHERE NUMPED = 8100001"))


def test_a_cancellation_in_winthor_under_way_is_waited_for(casa_pg: Casa, ao_lado: Callable[..., Adocao]) -> None:
    pedido(casa_pg, 8_100_001, "A")
    assert ao_lado(cancelar) == Adocao(ignoradas=1)
    assert (reservas(casa_pg), ancoras(casa_pg)) == ({}, {})


def test_without_the_orders_lock_a_cancelled_one_would_be_adopted(
    casa_pg: Casa, ao_lado: Callable[..., Adocao], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adotar.pedidos, "lock_ordem", pedidos.find)
    pedido(casa_pg, 8_100_001, "A")
    assert ao_lado(cancelar) == Adocao(adotadas=1)


def test_what_changed_since_it_was_seen_is_left_alone(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    pedido(casa, 8_100_001, "A")
    pedido(casa, 8_100_002, "B")
    find = sem_reserva.find_sem_reserva

    def e_muda(*args: Any) -> Any:
        achadas = find(*args)
        casa.executar("UPDATE PCPEDC SET NUMPEDHUBE = 'Z' WHERE NUMPED = 8100001")
        casa.executar("UPDATE PCPEDC SET NUMTRANSVENDA = 5 WHERE NUMPED = 8100002")
        return achadas

    monkeypatch.setattr(adotar.sem_reserva, "find_sem_reserva", e_muda)
    assert ignorados(casa) == {8_100_001: adotar.MUDOU, 8_100_002: adotar.ENCERRADA}
    assert (reservas(casa), ancoras(casa)) == ({}, {})


# --- the job: what is new since its last run


def ultima(casa: Casa) -> str | None:
    rows = casa.tabela("GW_CONFIG", CHAVE="ADOCAO")
    return rows[0]["VALOR"] if rows else None


def test_the_first_run_looks_as_far_back_as_a_reservation_may_live(casa: Casa) -> None:
    for dias in (0, 30, 31):
        pedido(casa, 8_100_000 + dias, f"PV-{dias}", dias=dias)
    assert adotar.adotar_novas(casa.gw) == Adocao(adotadas=2)
    assert set(reservas(casa)) == {8_100_000, 8_100_030}
    assert ultima(casa) == "2026-03-02"


def test_further_runs_look_at_the_days_since_the_last_and_two_before_it(casa: Casa) -> None:
    adotar.adotar_novas(casa.gw)
    casa.relogio.andar(days=5)
    for dias in (2, 3, -5):
        pedido(casa, 8_100_010 + dias, f"PV-{dias}", dias=dias)
    assert adotar.adotar_novas(casa.gw) == Adocao(adotadas=2)
    assert set(reservas(casa)) == {8_100_012, 8_100_005}
    assert ultima(casa) == "2026-03-07"


def test_a_clock_that_was_ahead_loses_no_order(casa: Casa) -> None:
    casa.relogio.andar(days=100)
    adotar.adotar_novas(casa.gw)
    casa.relogio.andar(days=-100)
    pedido(casa, 8_100_001, "A")
    assert adotar.adotar_novas(casa.gw) == Adocao(adotadas=1)
    assert ultima(casa) == "2026-03-02"


def test_an_interrupted_run_is_not_the_last_one(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A", dias=20)
    assert adotar.adotar_novas(casa.gw, seguir=lambda: False).interrompida
    assert ultima(casa) is None
    assert adotar.adotar_novas(casa.gw) == Adocao(adotadas=1)


@SO_DOIS
def test_without_an_index_by_day_the_job_reads_nothing(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A")
    casa.executar(SEM_INDICE_DO_DIA)
    with casa.comandos() as comandos:
        assert adotar.adotar_novas(casa.gw) == Adocao()
    assert [comando for comando in comandos if "FROM PCPEDC" in comando] == []
    assert (reservas(casa), ultima(casa)) == ({}, None)


def test_the_job_costs_the_same_whatever_the_history(casa: Casa) -> None:
    pedido(casa, 8_100_001, "A")
    adotar.adotar_novas(casa.gw)
    quantos = []
    for ano in (1, 2):
        for n in range(30):
            pedido(casa, 8_200_000 + 100 * ano + n, f"V-{ano}-{n}", dias=365 * ano + n, POSICAO="F")
        pedido(casa, 8_100_001 + ano, f"N-{ano}")
        with casa.comandos() as comandos:
            assert adotar.adotar_novas(casa.gw) == Adocao(adotadas=1)
        quantos.append(len(comandos))
    assert quantos[0] == quantos[1] <= 11, comandos


def test_the_job_reads_orders_by_the_index_of_their_day(sqlite_engine: sa.Engine, now: dt.datetime) -> None:
    casa = Casa(sqlite_engine, Settings(database_url=str(sqlite_engine.url), cache_segundos=0), Relogio(now))
    pedido(casa, 8_100_001, "A")
    enviados: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        enviados.append((statement, parameters))

    event.listen(casa.gw.db.engine, "before_cursor_execute", note)
    adotar.adotar_novas(casa.gw)
    casa.close()
    planos = []
    with sqlite_engine.connect() as connection:
        for statement, parameters in enviados:
            if "FROM PCPEDC" in statement:
                plano = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                planos.append(" ".join(str(row[-1]) for row in plano))
    assert len(planos) == 4
    assert [plano for plano in planos if "SCAN PCPEDC" in plano] == []
    assert sum("PCPEDC_DATA_IX" in plano for plano in planos) == 3  # the fourth is the lock of the order


@SO_DOIS
def test_where_no_sale_may_look_the_job_finds_the_order_first(casa: Casa) -> None:
    casa.executar(SEM_INDICE_DO_NUMERO)
    sem = casa.com()
    assert not sem.gw.procura_por_numero
    pedido(casa, 8_100_001, "PV-1")
    adotar.adotar_novas(sem.gw)
    with sem.comandos() as comandos:
        answer = sem.enviar(pre_venda())
    sem.close()
    body = answer.get_json(force=True)
    assert [answer.status_code, body["codigo"], body["idPedidoRetaguarda"]] == [409, "NUMERO_EM_USO", 8_100_001]
    assert [comando for comando in comandos if "NUMPEDHUBE = " in comando] == []
    assert casa.qtreserv(1) == 0


def test_nothing_done_leaves_no_anchor(casa: Casa) -> None:
    """The anchor that was made for an order that is then left alone is rolled back."""
    pedido(casa, 8_100_001, "A")
    achada = sem_reserva.SemReserva(8_100_001, "1", "B", None)
    with pytest.raises(NadaFeito):
        casa.gw.db.run(lambda c: adotar._gravar(casa.gw, c, achada, prazo=False))
    assert ancoras(casa) == {}
