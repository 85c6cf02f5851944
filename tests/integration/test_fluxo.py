"""The view of the flow: paths of invoiced orders, time per step, orders that stand (R24)."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import Any

import pytest

from app.services.consulta import fluxo as consulta_do_fluxo
from tests.integration.vida.test_conciliacao import pedido_do_winthor
from tests.support.gateway import Casa

AGORA = dt.datetime.fromisoformat("2026-03-02T09:00:00")  # by the ERP's clock
DIA = dt.timedelta(days=1)


def pedido(casa: Casa, numped: int, **colunas: Any) -> None:
    """An order of WinThor released at 08:00 yesterday, worth 10."""
    base = {"DATA": AGORA.replace(hour=0) - DIA, "HORA": 8, "MINUTO": 0, "VLTOTAL": 10}
    pedido_do_winthor(casa, numped, {"CODPROD": 4, "QT": 1}, **base | colunas)


def faturado(casa: Casa, numped: int, as_: str, **colunas: Any) -> None:
    """Invoiced yesterday at an hour, as WinThor keeps it: the day, the hour, the minute."""
    hora, minuto = map(int, as_.split(":"))
    fim = {"POSICAO": "F", "NUMTRANSVENDA": 1, "DTFAT": AGORA.replace(hour=0) - DIA}
    pedido(casa, numped, **fim, HORAFAT=hora, MINUTOFAT=minuto, **colunas)


def ontem(as_: str) -> dt.datetime:
    hora, minuto = map(int, as_.split(":"))
    return (AGORA - DIA).replace(hour=hora, minute=minuto)


def fluxo(casa: Casa, **filtros: Any) -> dict[str, Any]:
    answer = casa.pedir("GET", "/api/v1/fluxo", "retaguarda", query_string=filtros)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    medido: dict[str, Any] = answer.get_json()
    return medido


def separado(casa: Casa, numped: int, **mais: Any) -> None:
    faturado(
        casa,
        numped,
        "12:00",
        DTINICIALSEP=ontem("09:00"),
        DTFINALSEP=ontem("10:30"),
        DTINICIALCHECKOUT=ontem("10:30"),
        DTFINALCHECKOUT=ontem("11:00"),
        **mais,
    )


def test_nothing_to_tell(casa: Casa) -> None:
    assert fluxo(casa) == {"dias": 30, "caminhos": [], "passos": [], "parados": []}


def test_the_steps_of_an_order(casa: Casa) -> None:
    separado(casa, 1_000_001)
    medido = fluxo(casa)
    assert medido["caminhos"] == [{"caminho": "COM_SEPARACAO", "pedidos": 1, "valor": 10}]
    assert medido["passos"] == [
        {"passo": "ESPERA", "medianaHoras": 1, "p95Horas": 1},
        {"passo": "SEPARACAO", "medianaHoras": 1.5, "p95Horas": 1.5},
        {"passo": "CONFERENCIA", "medianaHoras": 0.5, "p95Horas": 0.5},
        {"passo": "FATURAMENTO", "medianaHoras": 1, "p95Horas": 1},
    ]


def test_the_paths(casa: Casa) -> None:
    for n in range(3):
        separado(casa, 1_000_001 + n)
    faturado(casa, 1_000_010, "09:00", NUMCAR=7)
    faturado(casa, 1_000_011, "09:00")
    faturado(casa, 1_000_012, "09:00", CODFILIAL="2")  # which does not stamp
    assert [(c["caminho"], c["pedidos"], c["valor"]) for c in fluxo(casa)["caminhos"]] == [
        ("COM_SEPARACAO", 3, 30),
        ("COM_CARREGAMENTO", 1, 10),
        ("DIRETO", 1, 10),
        ("SEPARACAO_PULADA", 1, 10),
    ]
    assert [c["caminho"] for c in fluxo(casa, filial="2")["caminhos"]] == ["DIRETO"]
    with closing(casa.com(separacao_minima=1)) as outra:
        assert "SEPARACAO_PULADA" not in [c["caminho"] for c in fluxo(outra)["caminhos"]]


def test_the_days(casa: Casa) -> None:
    separado(casa, 1_000_001)
    velho = AGORA.replace(hour=0) - 10 * DIA
    pedido(casa, 1_000_002, POSICAO="F", NUMTRANSVENDA=1, DTFAT=velho, DATA=velho)
    assert sum(c["pedidos"] for c in fluxo(casa)["caminhos"]) == 2
    assert sum(c["pedidos"] for c in fluxo(casa, dias=5)["caminhos"]) == 1


def test_median_and_95_of_100(casa: Casa) -> None:
    for n in range(20):
        faturado(casa, 1_000_001 + n, f"{8 + n // 2:02}:{30 * (n % 2):02}")  # 0, 0.5 … 9.5 hours
    (passo,) = fluxo(casa)["passos"]
    assert (passo["passo"], passo["medianaHoras"], passo["p95Horas"]) == ("FATURAMENTO", 4.5, 9)


@pytest.mark.parametrize(
    ("colunas", "passo", "desde"),
    [
        ({}, "ESPERA", "08:00"),
        ({"DTINICIALSEP": ontem("08:30")}, "SEPARACAO", "08:30"),
        ({"DTINICIALSEP": ontem("08:10"), "DTFINALSEP": ontem("08:30")}, "FATURAMENTO", "08:30"),
        ({"DTFINALSEP": ontem("08:30"), "DTINICIALCHECKOUT": ontem("08:40")}, "CONFERENCIA", "08:40"),
        ({"NUMCAR": 5}, "FATURAMENTO", "08:00"),
    ],
)
def test_what_stands(casa: Casa, colunas: dict[str, Any], passo: str, desde: str) -> None:
    separado(casa, 1_000_001)
    pedido(casa, 1_000_002, **colunas)
    pedido(casa, 1_000_003, DATA=AGORA, HORA=None, DTINICIALSEP=AGORA - dt.timedelta(minutes=5))  # goes on
    assert fluxo(casa)["parados"] == [
        {"numped": 1_000_002, "filial": "1", "passo": passo, "desde": f"2026-03-01T{desde}:00-03:00"}
    ]


def test_without_the_columns_of_a_release(casa: Casa) -> None:
    for nome in ("DTINICIALSEP", "DTFINALCHECKOUT"):
        casa.executar(f"ALTER TABLE PCPEDC DROP COLUMN {nome}")
    casa.executar(
        "INSERT INTO PCPEDC (NUMPED, DATA, CODCLI, CODUSUR, CODFILIAL, POSICAO, DTFINALSEP, DTFAT, HORAFAT)"
        " VALUES (1000001, :d, 1, 1, '1', 'F', :s, :d, 12)",
        d=AGORA.replace(hour=0) - DIA,
        s=ontem("10:00"),
    )
    with closing(casa.com()) as outra:
        assert [p["passo"] for p in fluxo(outra)["passos"]] == ["FATURAMENTO"]


@pytest.mark.parametrize("dias", ["0", "91", "x"])
def test_days_that_cannot_be(casa: Casa, dias: str) -> None:
    answer = casa.pedir("GET", f"/api/v1/fluxo?dias={dias}", "retaguarda")
    assert (answer.status_code, answer.get_json()["codigo"]) == (422, "CAMPO_INVALIDO")


def test_four_statements_however_many_orders(casa: Casa) -> None:
    quantos = []
    for n in (1, 30):
        for i in range(n):
            separado(casa, 1_000_000 + 100 * n + i)
            pedido(casa, 1_100_000 + 100 * n + i)
        with casa.comandos() as comandos:
            fluxo(casa)
        quantos.append(len([c for c in comandos if "PCPEDC" in c]))
    assert quantos == [4, 4]  # the first asks how many there are, up to a limit


def test_a_large_site_is_told_what_the_job_counted(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every usual period, for all branches, for one, and for a caller of some: the same figures."""
    for n in range(6):
        ha = AGORA.replace(hour=0) - (1 + 9 * n) * DIA
        separacao = {"DTINICIALSEP": ha.replace(hour=9), "DTFINALSEP": ha.replace(hour=10 + n)}
        fim = {"POSICAO": "F", "NUMTRANSVENDA": 1, "DTFAT": ha, "HORAFAT": 18, "MINUTOFAT": 30}
        pedido(casa, 7000 + n, CODFILIAL="12"[n % 2], DATA=ha, **separacao, **fim)
        faturado(casa, 7100 + n, f"{9 + n}:1{n}", CODFILIAL="12"[n % 2], NUMCAR=n % 3)
    for n in range(5):
        pedido(casa, 7200 + n, CODFILIAL="12"[n % 2], DTINICIALSEP=AGORA - n * DIA, POSICAO="M")
    pedido(casa, 7300, CODFILIAL="10", DATA=AGORA - 200 * DIA)
    perguntas = [{}, {"dias": 7}, {"dias": 90}, {"filial": "2"}, {"filial": "10", "dias": 90}, {"dias": 45}]
    na_hora = [fluxo(casa, **pergunta) for pergunta in perguntas]
    assert consulta_do_fluxo.guardar(casa.gw) == 0  # counted whenever somebody asks
    monkeypatch.setattr(consulta_do_fluxo, "CONTADOS_NA_HORA", 1)
    assert consulta_do_fluxo.guardar(casa.gw) == 3
    monkeypatch.setattr(consulta_do_fluxo, "PARADOS", 2)
    dois = fluxo(casa)["parados"]
    assert dois == na_hora[0]["parados"][:2] != []
    monkeypatch.setattr(consulta_do_fluxo, "PARADOS", 200)
    assert [fluxo(casa, **pergunta) for pergunta in perguntas] == na_hora
    faturado(casa, 7400, "12:00")
    assert fluxo(casa) == na_hora[0]  # as of then
    assert fluxo(casa, dias=45) != na_hora[-1]  # nobody has counted that
    assert consulta_do_fluxo.guardar(casa.gw) == 0  # a moment ago
    casa.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '1,2' WHERE LOGIN = 'retaguarda'")
    duas = fluxo(casa)
    casa.relogio.andar(minutes=61)  # nobody counts any more
    casa._tokens.clear()
    assert sum(c["pedidos"] for c in fluxo(casa)["caminhos"]) == sum(c["pedidos"] for c in duas["caminhos"]) + 1
