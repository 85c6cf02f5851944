"""What is told, to whom, and in which order (R27)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app.cli import main
from app.domain.eventos import Evento, TipoDeEvento
from app.domain.vida import Estado
from app.services.conciliacao import correcoes
from app.services.eventos import feed, observar
from app.services.eventos.registrar import registrar
from app.services.operacao import recuperacao
from app.services.operacao.andamento import sempre
from app.services.tempo import adotar, encerrar, expirar
from app.winthor import eventos
from app.winthor.esquema.gateway_tables import gateway
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import Casa
from tests.support.winthor_hands import mudar

ROTA = "/api/v1/eventos"


@pytest.fixture
def casa(casa: Casa) -> Iterator[Casa]:
    """Tokens outlive the tests' walks through time. It is Monday, 2 March 2026, 09:00 in São Paulo."""
    longa = casa.com(jwt_minutos=1_000_000)
    yield longa
    longa.close()


def ler(casa: Casa, login: str = "hub", **query: Any) -> dict[str, Any]:
    answer = casa.pedir("GET", ROTA, login, query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    return body


def tipos(casa: Casa, **query: Any) -> list[str]:
    return [evento["tipo"].removeprefix("reserva.") for evento in ler(casa, limite=200, **query)["itens"]]


def observa(casa: Casa) -> int:
    return observar.observar(casa.gw, sempre)


def de(numped: int, situacao: int, *itens: dict[str, Any], **mais: Any) -> dict[str, Any]:
    return pre_venda(*itens, idRetaguarda=numped, situacaoPreVenda=situacao, **mais)


# --- what a POS, a clerk and time do


def test_a_reservation_is_told_whole(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="2h"))
    pagina = ler(casa)
    (evento,) = pagina["itens"]
    assert len(evento.pop("id")) == 32
    assert evento == {
        "tipo": "reserva.criada",
        "quando": "2026-03-02T12:00:00.000+00:00",
        "filial": "1",
        "numero": "PV-1",
        "idRetaguarda": numped,
        "substitui": None,
        "situacaoReserva": "AUTORIZADA",
        "posicao": "L",
        "expiraEm": "2026-03-02T11:00:00-03:00",
    }
    assert ler(casa, depois=pagina["proximo"]) == {"itens": [], "proximo": pagina["proximo"]}


def test_the_life_of_a_pre_sale_in_order(casa: Casa) -> None:
    primeira = casa.reservar(pre_venda())
    segunda = int(casa.enviar(de(primeira, 2, item(quantidade=3))).get_json()["idPedidoRetaguarda"])
    casa.pedir(
        "POST",
        f"/api/v1/reservas/{segunda}/prorrogacao",
        "retaguarda",
        json={"dias": 20, "motivo": "cliente pediu"},
    )
    for situacao in (1, 3, 0):
        assert casa.enviar(de(segunda, situacao, item(quantidade=3))).status_code == 200
    itens = ler(casa)["itens"]
    assert [(e["tipo"].removeprefix("reserva."), e["idRetaguarda"], e["substitui"]) for e in itens] == [
        ("criada", primeira, None),
        ("alterada", segunda, primeira),
        ("alterada", segunda, None),
        ("paga", segunda, None),
        ("resgatada", segunda, None),
        ("cancelada", segunda, None),
    ]
    assert itens[2]["expiraEm"] == "2026-03-22T23:59:59-03:00"
    assert [(e["situacaoReserva"], e["posicao"], e["expiraEm"]) for e in itens[3:]] == [
        ("CONFIRMADA", "L", None),
        ("CONFIRMADA", "L", None),
        ("CANCELADA", "C", None),
    ]


def test_what_changes_nothing_tells_nothing(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.enviar(pre_venda())  # a replay
    casa.enviar(pre_venda(item(quantidade=10**6), numero="PV-2"))  # a refusal
    casa.pedir("POST", "/api/v1/pre-vendas/simulacao", json=pre_venda(numero="PV-3"))
    casa.enviar(de(numped, 1))
    casa.enviar(de(numped, 1, item()))  # paid already
    casa.enviar(de(numped, 0))
    casa.enviar(de(numped, 0, observacoes="outra vez"))
    assert tipos(casa) == ["criada", "paga", "cancelada"]


def test_the_sweep_and_a_late_rescue(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1h"))
    casa.relogio.andar(hours=1)
    assert expirar.expirar(casa.gw).expiradas == [numped]
    casa.relogio.andar(seconds=1)
    novo = casa.enviar(de(numped, 1)).get_json()["idPedidoRetaguarda"]
    itens = ler(casa)["itens"]
    assert [(e["tipo"], e["idRetaguarda"], e["substitui"]) for e in itens[1:]] == [
        ("reserva.expirada", numped, None),
        ("reserva.alterada", novo, numped),
        ("reserva.paga", novo, None),
    ]


def test_a_clerk_s_cancellation(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json={"motivo": "desistiu"})
    assert tipos(casa) == ["criada", "cancelada"]


def test_an_event_is_there_exactly_when_its_effect_is(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails after the event was inserted takes it back."""
    monkeypatch.setattr("app.winthor.operacoes.concluir", _falhar)
    casa.enviar(pre_venda())
    monkeypatch.undo()
    assert casa.tabela("GW_EVENTO") == casa.tabela("GW_RESERVA") == []
    assert tipos(casa) == []


def _falhar(*_: Any, **__: Any) -> None:
    raise RuntimeError("caiu aqui")


# --- what was there before, what WinThor does


def orfa(casa: Casa) -> int:
    """An order that the gateway does not know: its GW_ rows are gone, and with them what was told."""
    numped = casa.reservar(pre_venda())
    for tabela in ("GW_RESERVA", "GW_PRE_VENDA", "GW_OPERACAO", "GW_EVENTO"):
        casa.executar(str(sa.delete(gateway.tables[tabela])))
    return numped


def test_adoption_creates_and_is_one_statement_with_what_follows(casa: Casa) -> None:
    numped = orfa(casa)
    with casa.comandos() as comandos:
        assert casa.enviar(de(numped, 1)).status_code == 200
    assert sum(c.startswith("INSERT INTO GW_EVENTO") for c in comandos) == 1
    assert tipos(casa) == ["criada", "paga"]


def test_the_adoption_job_and_a_sale_that_finds_an_order(casa: Casa) -> None:
    orfa(casa)
    assert adotar.adotar(casa.gw).adotadas == 1
    assert tipos(casa) == ["criada"]
    casa.executar("DELETE FROM GW_RESERVA")
    assert casa.enviar(pre_venda(item(quantidade=7))).status_code == 409
    assert tipos(casa) == ["criada", "criada"]


@pytest.mark.parametrize(
    ("colunas", "tipo", "estado"),
    [
        ({"POSICAO": "M"}, "em_separacao", "RECONHECIDA"),
        ({"NUMCAR": 77}, "em_separacao", "RECONHECIDA"),
        ({"POSICAO": "F"}, "faturada", "BAIXADA"),
        ({"NUMTRANSVENDA": 5}, "faturada", "BAIXADA"),
        ({"POSICAO": "B"}, "bloqueada", "BLOQUEADA"),
        ({"POSICAO": "P"}, "bloqueada", "BLOQUEADA"),
        ({"POSICAO": "C"}, "cancelada", "CANCELADA"),
    ],
)
def test_what_winthor_does_is_told_once(casa: Casa, colunas: dict[str, Any], tipo: str, estado: str) -> None:
    numped = casa.reservar(pre_venda())
    assert observa(casa) == 0
    mudar(casa, "PCPEDC", {"NUMPED": numped}, **colunas)
    assert [observa(casa), observa(casa)] == [1, 0]
    evento = ler(casa)["itens"][-1]
    assert (evento["tipo"], evento["situacaoReserva"]) == (f"reserva.{tipo}", estado)
    encerrar.assentar(casa.gw)
    assert observa(casa) == 0
    assert tipos(casa) == ["criada", tipo]


def test_a_way_through_winthor(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    for posicao in ("B", "L", "M", "L", "P", "M", "F", "L"):
        mudar(casa, "PCPEDC", {"NUMPED": numped}, POSICAO=posicao)
        observa(casa)
    caminho = ["bloqueada", "liberada", "em_separacao", "liberada", "bloqueada", "em_separacao", "faturada"]
    assert tipos(casa) == ["criada", *caminho]  # a reopening by a person is no event


def test_an_order_that_is_gone_was_cancelled(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("DELETE FROM PCPEDC WHERE NUMPED = :n", n=numped)
    assert [observa(casa), observa(casa)] == [1, 0]
    assert tipos(casa) == ["criada", "cancelada"]


def test_a_cut_alters(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("200-2", 3)))
    observa(casa)
    mudar(casa, "PCPEDI", {"NUMPED": numped, "CODPROD": 2}, POSICAO="C")
    assert [observa(casa), observa(casa)] == [1, 0]
    mudar(casa, "PCPEDI", {"NUMPED": numped, "CODPROD": 1}, QT=1)
    assert [observa(casa), observa(casa)] == [1, 0]
    assert [(e["tipo"], e["substitui"]) for e in ler(casa)["itens"][1:]] == [("reserva.alterada", None)] * 2


def test_settling_tells_what_nobody_has_seen(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    mudar(casa, "PCPEDC", {"NUMPED": numped}, POSICAO="F")
    casa.executar("UPDATE PCEST SET QTRESERV = QTRESERV - 2 WHERE CODFILIAL = '1' AND CODPROD = 1")
    assert encerrar.assentar(casa.gw) == [numped]
    assert observa(casa) == 0
    assert tipos(casa) == ["criada", "faturada"]


def test_a_correction_makes_none(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    mudar(casa, "PCPEDC", {"NUMPED": numped}, POSICAO="F")  # and its units are still counted
    observa(casa)
    antes = tipos(casa)
    feitas = casa.pedir(
        "POST",
        "/api/v1/conciliacao/correcoes",
        "retaguarda",
        json={"todos": True, "motivo": "nota emitida", "simular": False},
    ).get_json()
    assert [c["resultado"] for c in feitas["correcoes"]] == [correcoes.CORRIGIDA], feitas
    assert tipos(casa) == antes == ["criada", "faturada"]


def test_a_term_that_ends_soon_is_told_once_for_each_end(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="10h"))
    assert observa(casa) == 0
    casa.relogio.andar(hours=5)
    assert [observa(casa), observa(casa)] == [1, 0]
    assert ler(casa)["itens"][-1]["expiraEm"] == "2026-03-02T19:00:00-03:00"
    casa.pedir("POST", f"/api/v1/reservas/{numped}/prorrogacao", "retaguarda", json={"dias": 3, "motivo": "pediu"})
    assert observa(casa) == 0
    casa.relogio.andar(days=3)
    assert [observa(casa), observa(casa)] == [1, 0]
    assert tipos(casa) == ["criada", "vencendo", "alterada", "vencendo"]


def test_the_command_of_cron_tells_too(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    numped = casa.reservar(pre_venda())
    mudar(casa, "PCPEDC", {"NUMPED": numped}, POSICAO="M")
    monkeypatch.setenv("PREVENDA_DATABASE_URL", casa.engine.url.render_as_string(hide_password=False))
    assert CliRunner().invoke(main, ["reservas", "expirar"]).exit_code == 0
    assert tipos(casa) == ["criada", "em_separacao"]


# --- to whom


def test_only_the_caller_s_branches_and_what_is_asked_for(casa: Casa) -> None:
    casa.reservar(pre_venda())
    segunda = casa.reservar(pre_venda(loja="2", numero="PV-2"))
    casa.enviar(de(segunda, 0, loja="2", numero="PV-2"))
    assert [e["filial"] for e in ler(casa, "pdv1")["itens"]] == ["1"]
    assert [e["filial"] for e in ler(casa, "pdv2")["itens"]] == ["2", "2"]
    assert [e["filial"] for e in ler(casa, "hub", filial="2")["itens"]] == ["2", "2"]
    assert tipos(casa, tipo="reserva.cancelada,reserva.paga") == ["cancelada"]
    assert casa.pedir("GET", ROTA, "pdv1", query_string={"filial": "2"}).status_code == 403
    # What was passed over is not looked at again.
    assert ler(casa, "pdv1")["proximo"] == ler(casa)["proximo"]


def test_page_by_page_nothing_is_lost_nor_twice(casa: Casa) -> None:
    numeros = [f"PV-{n}" for n in range(7)]
    for numero in numeros:
        casa.reservar(pre_venda(numero=numero))
    vistos, cursor = [], "0"
    while True:
        pagina = ler(casa, depois=cursor, limite=3)
        if not pagina["itens"]:
            break
        vistos += [evento["numero"] for evento in pagina["itens"]]
        cursor = pagina["proximo"]
    assert vistos == numeros


def test_from_the_end(casa: Casa) -> None:
    casa.reservar(pre_venda())
    fim = ler(casa, depois="agora")
    assert fim["itens"] == []
    casa.reservar(pre_venda(numero="PV-2"))
    assert [e["numero"] for e in ler(casa, depois=fim["proximo"])["itens"]] == ["PV-2"]


@pytest.mark.um_banco
@pytest.mark.parametrize(
    "query", [{"depois": "x"}, {"depois": "-1"}, {"espera": "21"}, {"limite": "0"}, {"tipo": "reserva.comida"}]
)
def test_a_query_that_cannot_be_read(casa: Casa, query: dict[str, str]) -> None:
    answer = casa.pedir("GET", ROTA, query_string=query)
    assert (answer.status_code, answer.get_json()["codigo"]) == (422, "CAMPO_INVALIDO")
    assert answer.get_json()["errors"][0]["campo"] == f"/{next(iter(query))}"


# --- kept for so long


def test_old_events_are_forgotten_and_an_older_cursor_is_told(casa: Casa) -> None:
    casa.reservar(pre_venda())
    primeiro = ler(casa)["proximo"]
    casa.reservar(pre_venda(numero="PV-2"))
    casa.relogio.andar(days=20)
    casa.reservar(pre_venda(numero="PV-3"))
    casa.relogio.andar(days=11)
    recuperacao.limpar(casa.gw)
    assert [e["numero"] for e in ler(casa)["itens"]] == ["PV-3"]
    for cursor in ("0", primeiro, "999"):
        answer = casa.pedir("GET", ROTA, query_string={"depois": cursor})
        assert (answer.status_code, answer.get_json()["codigo"]) == (410, "CURSOR_VENCIDO"), cursor
    assert [e["numero"] for e in ler(casa, depois="2")["itens"]] == ["PV-3"]


def test_places_go_on_where_all_was_forgotten(casa: Casa) -> None:
    casa.reservar(pre_venda())
    casa.relogio.andar(days=31)
    assert feed.limpar(casa.gw) == 1
    casa.reservar(pre_venda(numero="PV-2"))
    pagina = ler(casa)
    assert ([e["numero"] for e in pagina["itens"]], pagina["proximo"]) == (["PV-2"], "2")


# --- in which order


def test_a_late_commit_is_not_jumped_over(casa: Casa) -> None:
    """A place is given after the commit: what began first and is committed last comes last, and is seen."""
    if casa.engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    with casa.gw.db.transaction() as lenta:
        _inserir(casa, lenta, "PV-LENTA")
        casa.reservar(pre_venda(numero="PV-RAPIDA"))
        primeira = ler(casa)
        assert [e["numero"] for e in primeira["itens"]] == ["PV-RAPIDA"]
    assert [e["numero"] for e in ler(casa, depois=primeira["proximo"])["itens"]] == ["PV-LENTA"]


def _inserir(casa: Casa, connection: Any, numero: str) -> None:
    registrar(casa.gw, connection, [Evento(TipoDeEvento.CRIADA, "1", numero, 1, Estado.AUTORIZADA, "L")])


def test_a_pre_sale_s_events_keep_their_order_where_clocks_differ(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.reservar(pre_venda(numero="PV-2"))
    atrasado = casa.com()
    casa.relogio.andar(milliseconds=-900)  # another host's clock
    try:
        assert atrasado.enviar(de(numped, 1)).status_code == 200
    finally:
        atrasado.close()
    do_primeiro = [e["tipo"] for e in ler(casa)["itens"] if e["numero"] == "PV-1"]
    assert do_primeiro == ["reserva.criada", "reserva.paga"]


def test_a_backlog_is_given_its_places_by_parts(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LOTE", 2)
    for n in range(5):
        casa.reservar(pre_venda(numero=f"PV-{n}"))
    assert feed.publicar(casa.gw) == 5
    with casa.gw.db.read() as connection:
        assert eventos.marcas(connection).ultimo == 5
    assert [e["numero"] for e in ler(casa)["itens"]] == [f"PV-{n}" for n in range(5)]


def test_no_personal_data(casa: Casa) -> None:
    casa.reservar(pre_venda(cliente=cliente_completo()))
    texto = str(casa.tabela("GW_EVENTO")) + str(ler(casa))
    assert not any(dado in texto for dado in ("Maria", "52998224725", "Flores", "98888"))


def test_it_is_told_when_it_happened(casa: Casa) -> None:
    casa.reservar(pre_venda())
    casa.relogio.andar(hours=2)
    quando = dt.datetime.fromisoformat(ler(casa)["itens"][0]["quando"])
    assert quando == dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
