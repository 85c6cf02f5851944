"""What a crash leaves P is settled as R past its deadline, by any host, once (R15); the request may be sent again."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy import event

from app.cli import main
from app.services.operacao import recuperacao
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import ENDERECOS, SEM_EFEITO, Casa


class Queda(BaseException):
    """The process dies: nothing between the fault and the edge of the program may catch it."""


def cair(casa: Casa, corpo: dict[str, Any] | None = None) -> str:
    """Send a pre-sale whose process dies while it writes the order; the id of the operation it leaves P."""

    def morrer(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO PCPEDC "):
            raise Queda

    antes = {row["ID"] for row in casa.tabela("GW_OPERACAO")}
    event.listen(casa.gw.db.engine, "before_cursor_execute", morrer)
    with pytest.raises(Queda):
        casa.enviar(corpo or pre_venda())
    event.remove(casa.gw.db.engine, "before_cursor_execute", morrer)
    (nova,) = [row["ID"] for row in casa.tabela("GW_OPERACAO") if row["ID"] not in antes]
    return str(nova)


def comando(casa: Casa, *opcoes: str) -> Result:
    """`prevenda log recuperar` on the same database, by the real clock."""
    env = {"PREVENDA_DATABASE_URL": casa.settings.database_url}
    return CliRunner().invoke(main, ["log", "recuperar", *opcoes], env=env)


def estados(casa: Casa) -> list[tuple[str, str]]:
    """STATUS of the log row and ESTADO of every operation, sorted."""
    address = ENDERECOS[casa.engine.dialect.name]
    query = sa.text(f"SELECT {address}, STATUS FROM PCLOGPEDIDOAPI")  # noqa: S608 - one of two constants
    with casa.engine.connect() as connection:
        logs = dict(tuple(row) for row in connection.execute(query))
    operacoes = casa.tabela("GW_OPERACAO")
    assert len(logs) == len(operacoes)
    return sorted((logs[row["LOGROWID"]], row["ESTADO"]) for row in operacoes)


@pytest.fixture
def ontem(casa: Casa) -> Casa:
    """A gateway whose operations are long past their deadline by the real clock."""
    casa.relogio.agora = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    return casa


@pytest.fixture
def agora(casa: Casa) -> Casa:
    """A gateway that runs by the real clock."""
    casa.relogio.agora = dt.datetime.now(dt.UTC)
    return casa


# --- what recovery does


def test_a_crash_leaves_p_and_nothing_else(casa: Casa) -> None:
    antes = casa.fotografia(sem=SEM_EFEITO)
    cair(casa)
    assert estados(casa) == [("P", "P")]
    assert casa.fotografia(sem=SEM_EFEITO) == antes


def test_past_the_deadline_it_is_settled(casa: Casa) -> None:
    operacao = cair(casa, pre_venda(cliente=cliente_completo()))
    antes = simplejson.loads(casa.linha("PCLOGPEDIDOAPI")["JSON"])
    casa.relogio.andar(seconds=16)
    assert [o.id for o in recuperacao.recuperar(casa.gw)] == [operacao]
    row = casa.linha("GW_OPERACAO")
    assert (row["ESTADO"], row["CODIGO"], row["HTTPSTATUS"], row["NUMPED"]) == ("R", "INTERROMPIDA", 503, None)
    assert str(row["DTFIM"]) == "2026-03-02 12:00:16"
    log = casa.ultimo_log()
    assert log["STATUS"] == "R"
    assert log["JSON"] == antes | {"retorno": simplejson.loads(row["RESPOSTA"])}
    assert log["JSON"]["retorno"]["codigo"] == "INTERROMPIDA"


@pytest.mark.parametrize(("segundos", "encerradas"), [(0, 0), (15, 0), (15.001, 1)])
def test_only_past_the_deadline(casa: Casa, segundos: float, encerradas: int) -> None:
    cair(casa)
    casa.relogio.andar(seconds=segundos)
    assert len(recuperacao.recuperar(casa.gw)) == encerradas


def test_answered_operations_are_left_alone(casa: Casa) -> None:
    casa.reservar(pre_venda())
    casa.recusado(pre_venda(item("300-3", 6), numero="PV-2"))
    antes = casa.fotografia()
    casa.relogio.andar(days=1)
    assert recuperacao.recuperar(casa.gw) == []
    assert casa.fotografia() == antes


def test_more_than_one(casa: Casa) -> None:
    for n in range(5):
        cair(casa, pre_venda(numero=f"PV-{n}"))
    casa.relogio.andar(seconds=16)
    assert len(recuperacao.recuperar(casa.gw)) == 5
    assert estados(casa) == [("R", "R")] * 5


# --- the command


def test_command_settles_and_counts(ontem: Casa) -> None:
    cair(ontem)
    result = comando(ontem)
    assert (result.exit_code, result.output) == (0, "Encerradas: 1\n")
    assert estados(ontem) == [("R", "R")]


def test_command_again_does_nothing(ontem: Casa) -> None:
    cair(ontem)
    comando(ontem)
    antes = ontem.fotografia()
    assert comando(ontem).output == "Encerradas: 0\n"
    assert ontem.fotografia() == antes


def test_command_simulated_changes_nothing(ontem: Casa) -> None:
    operacao = cair(ontem)
    antes = ontem.fotografia()
    assert comando(ontem, "--simular").output == "Seriam encerradas: 1\n"
    assert simplejson.loads(comando(ontem, "--simular", "--json").output) == {
        "simulado": True,
        "operacoes": [operacao],
    }
    assert ontem.fotografia() == antes


def test_command_in_json(ontem: Casa) -> None:
    operacao = cair(ontem)
    assert simplejson.loads(comando(ontem, "--json").output) == {"simulado": False, "operacoes": [operacao]}


def test_command_leaves_a_running_operation(agora: Casa) -> None:
    cair(agora)
    assert comando(agora).output == "Encerradas: 0\n"
    assert estados(agora) == [("P", "P")]


# --- two hosts


def test_what_another_host_holds_is_passed_over(casa_pg: Casa) -> None:
    presa, livre = cair(casa_pg), cair(casa_pg, pre_venda(numero="PV-2"))
    casa_pg.relogio.andar(seconds=16)
    with casa_pg.engine.begin() as outro:
        outro.execute(sa.text("SELECT 1 FROM GW_OPERACAO WHERE ID = :id FOR UPDATE"), {"id": presa})
        assert [o.id for o in recuperacao.recuperar(casa_pg.gw)] == [livre]
    assert [o.id for o in recuperacao.recuperar(casa_pg.gw)] == [presa]


def test_two_hosts_at_once_settle_each_once(casa_pg: Casa) -> None:
    todas = {cair(casa_pg, pre_venda(numero=f"PV-{n}")) for n in range(12)}
    casa_pg.relogio.andar(seconds=16)
    hosts = [casa_pg, casa_pg.com(), casa_pg.com()]
    largada = threading.Barrier(len(hosts))
    feitas: list[str] = []

    def host(casa: Casa) -> None:
        largada.wait()
        feitas.extend(o.id for o in recuperacao.recuperar(casa.gw))

    threads = [threading.Thread(target=host, args=(casa,)) for casa in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for casa in hosts[1:]:
        casa.close()
    assert len(feitas) == len(set(feitas))
    assert set(feitas) <= todas
    recuperacao.recuperar(casa_pg.gw)
    assert estados(casa_pg) == [("R", "R")] * 12


# --- the retry


def test_retry_after_recovery(casa: Casa) -> None:
    cair(casa)
    casa.relogio.andar(seconds=16)
    recuperacao.recuperar(casa.gw)
    casa.reservar(pre_venda())
    assert estados(casa) == [("A", "A"), ("R", "R")]
    assert casa.qtreserv(1) == 2


def test_retry_before_recovery_ran(casa: Casa) -> None:
    interrompida = cair(casa)
    casa.relogio.andar(seconds=16)
    casa.reservar(pre_venda())
    assert estados(casa) == [("A", "A"), ("P", "P")]
    assert [o.id for o in recuperacao.recuperar(casa.gw)] == [interrompida]
    assert estados(casa) == [("A", "A"), ("R", "R")]
    assert (casa.contar("PCPEDC"), casa.qtreserv(1)) == (1, 2)


def test_retry_is_replayed_after_recovery_of_the_first(casa: Casa) -> None:
    cair(casa)
    casa.relogio.andar(seconds=16)
    numped = casa.reservar(pre_venda())
    recuperacao.recuperar(casa.gw)
    answer = casa.enviar(pre_venda())
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.get_json()["idPedidoRetaguarda"] == numped


def test_a_purged_log_row_does_not_stop_the_others(casa: Casa) -> None:
    cair(casa, pre_venda(numero="PV-1"))
    casa.executar("DELETE FROM PCLOGPEDIDOAPI")
    cair(casa, pre_venda(numero="PV-2"))
    casa.relogio.andar(seconds=20)

    assert len(recuperacao.recuperar(casa.gw)) == 2
    assert {row["ESTADO"] for row in casa.tabela("GW_OPERACAO")} == {"R"}
    assert casa.linha("PCLOGPEDIDOAPI")["STATUS"] == "R"


def test_an_error_of_ours_does_not_stick(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    def quebrar(*_: Any, **__: Any) -> None:
        raise KeyError("quebrado")

    with monkeypatch.context() as patch:
        patch.setattr("app.services.pre_venda.colunas.dos_itens", quebrar)
        assert casa.enviar(pre_venda()).get_json(force=True)["codigo"] == "ERRO_INTERNO"

    assert casa.linha("GW_OPERACAO")["CODIGO"] == "ERRO_INTERNO"
    assert casa.enviar(pre_venda()).status_code == 201
