"""A rule of the site's own refuses: a refusal with its own code, and the rule's words for the back office."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.services.operacao import recuperacao
from app.services.tempo import anonimizar, expirar
from app.winthor.db import faults
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import SEM_EFEITO, Casa
from tests.support.invariants import conferir_invariantes
from tests.support.site_rules import permitir, proibir

CODIGO = "REGRA_DA_CASA"
DITO = "Cliente acima do limite"
GERAL = "Uma regra da casa no WinThor não deixou gravar; a retaguarda vê qual na página da operação."


def recusada(answer: Any) -> dict[str, Any]:
    corpo: dict[str, Any] = answer.get_json(force=True)
    assert (answer.status_code, corpo["codigo"]) == (422, CODIGO), corpo
    assert "Retry-After" not in answer.headers
    assert corpo["message"] == GERAL
    assert DITO not in answer.get_data(as_text=True)
    return corpo


def do_log(casa: Casa) -> dict[str, Any]:
    corpo: dict[str, Any] = casa.ultimo_log()["JSON"]
    return corpo


# Where a sale writes: table, verb, and what is sent.
ONDE = [
    ("PCPEDC", "INSERT", pre_venda()),
    ("PCPEDI", "INSERT", pre_venda(item(), item("200-2", 1))),
    ("PCEST", "UPDATE", pre_venda()),
    ("PCCLIENT", "INSERT", pre_venda(cliente=cliente_completo())),
    ("GW_RESERVA", "INSERT", pre_venda()),
]


@pytest.mark.parametrize(("tabela", "comando", "corpo"), ONDE, ids=[f"{t}-{c}" for t, c, _ in ONDE])
def test_a_rule_that_refuses_a_sale(casa: Casa, tabela: str, comando: str, corpo: dict[str, Any]) -> None:
    antes = casa.fotografia(sem=SEM_EFEITO)
    proibir(casa, tabela, comando, DITO)
    recusada(casa.enviar(corpo))
    assert casa.fotografia(sem=SEM_EFEITO) == antes
    assert (casa.ultimo_log()["STATUS"], casa.linha("GW_OPERACAO")["CODIGO"]) == ("R", CODIGO)
    assert do_log(casa)["regra"] == DITO
    assert DITO not in casa.linha("GW_OPERACAO")["RESPOSTA"]
    permitir(casa, tabela)
    assert casa.enviar(corpo).status_code == 201  # it does not stick (R13)


def test_a_rule_that_refuses_what_comes_after(casa: Casa) -> None:
    """Alter, pay and cancel: the reservation stays as it was."""
    numped = casa.reservar(pre_venda(item(quantidade=2)))
    antes = casa.fotografia(sem=SEM_EFEITO)
    proibir(casa, "PCPEDC", "UPDATE", DITO)
    pago = {"situacaoPreVenda": 1, "pagamentos": [{"pagamentoForma": {"idRetaguarda": "DH"}}]}
    for quantidade, mudanca in ((3, {}), (2, pago), (2, {"situacaoPreVenda": 0})):
        recusada(casa.enviar(pre_venda(item(quantidade=quantidade), idRetaguarda=numped, **mudanca)))
    assert casa.fotografia(sem=SEM_EFEITO) == antes
    conferir_invariantes(casa)


def test_the_back_office_reads_what_the_rule_said(casa: Casa) -> None:
    proibir(casa, "PCPEDC", "INSERT", DITO)
    recusada(casa.enviar(pre_venda(numero="PV-1")))
    operacao = casa.linha("GW_OPERACAO")["ID"]
    detalhe = casa.pedir("GET", f"/api/v1/log/{operacao}", "retaguarda").get_json()
    assert detalhe["regra"] == DITO
    assert "regra" not in detalhe["requisicao"]
    assert detalhe["explicacao"]["oQue"].startswith("Uma regra da própria casa")
    assert DITO not in casa.pedir("GET", "/api/v1/pre-vendas/PV-1?idLojaRetaguarda=1").get_data(as_text=True)


def test_a_refusal_of_another_kind_has_no_rule(casa: Casa) -> None:
    casa.enviar(pre_venda(item(quantidade=9999), regra="x"))
    operacao = casa.linha("GW_OPERACAO")["ID"]
    assert "regra" not in casa.pedir("GET", f"/api/v1/log/{operacao}", "retaguarda").get_json()
    assert "regra" not in do_log(casa)


def test_who_acts_in_the_back_office_is_told_at_once(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    proibir(casa, "PCPEDC", "UPDATE", DITO)
    answer = casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json={"motivo": "x"})
    corpo = answer.get_json(force=True)
    assert (answer.status_code, corpo["codigo"]) == (422, CODIGO)
    assert corpo["message"] == f"Uma regra da casa no WinThor não deixou: {DITO}"


def test_a_sweep_goes_on_past_it(casa: Casa) -> None:
    primeira, segunda = (casa.reservar(pre_venda(numero=f"PV-{n}", lockTTL="1h")) for n in (1, 2))
    proibir(casa, "PCPEDC", "UPDATE", DITO, quando=f"NEW.NUMPED = {primeira}")
    casa.relogio.andar(hours=2)
    varredura = expirar.expirar(casa.gw)
    assert (varredura.expiradas, varredura.falhas) == ([segunda], {primeira: CODIGO})


def test_a_correction_says_it(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar(f"UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = {numped}")  # noqa: S608 - of this test
    proibir(casa, "PCPEDC", "UPDATE", DITO)
    corpo = {"todos": True, "motivo": "x", "simular": False}
    answer = casa.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda", json=corpo)
    assert answer.status_code == 200
    assert f"não corrigida: uma regra da casa no WinThor não deixou: {DITO}" in json.dumps(
        answer.get_json(), ensure_ascii=False
    )


def test_a_simulation_is_refused_as_the_real_thing(casa: Casa) -> None:
    antes = casa.fotografia()
    proibir(casa, "PCPEDC", "INSERT", DITO)
    recusada(casa.pedir("POST", "/api/v1/pre-vendas/simulacao", json=pre_venda()))
    assert casa.fotografia() == antes


def test_what_a_rule_says_of_a_person_is_hidden_and_goes_with_the_rest(casa: Casa) -> None:
    proibir(casa, "PCPEDC", "INSERT", "Maria (529.982.247-25) deve 2 titulos")
    casa.enviar(pre_venda())
    assert do_log(casa)["regra"] == "Maria (***) deve 2 titulos"
    casa.relogio.andar(days=91)
    anonimizar.anonimizar(casa.gw)
    assert do_log(casa)["regra"] == "***"


def test_a_rule_that_does_not_let_the_refusal_be_written(casa: Casa) -> None:
    """Nothing can be told of the row: it stays P, and recovery ends it when the rule is gone."""
    proibir(casa, "PCLOGPEDIDOAPI", "UPDATE", DITO)
    recusada(casa.enviar(pre_venda()))
    assert (casa.ultimo_log()["STATUS"], casa.linha("GW_OPERACAO")["ESTADO"]) == ("P", "P")
    permitir(casa, "PCLOGPEDIDOAPI")
    casa.relogio.andar(seconds=20)
    recuperacao.recuperar(casa.gw)
    assert casa.ultimo_log()["STATUS"] == "R"


def test_a_rule_that_does_not_let_the_request_be_written(casa: Casa) -> None:
    """No request is judged without its row (R15): as when the table is full."""
    proibir(casa, "PCLOGPEDIDOAPI", "INSERT", DITO)
    answer = casa.enviar(pre_venda())
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_INDISPONIVEL")
    assert casa.contar("PCLOGPEDIDOAPI") == casa.contar("GW_OPERACAO") == 0


# --- constraints, and what only one database has


@pytest.fixture
def com_restricao(casa_pg: Casa) -> Casa:
    casa_pg.executar("ALTER TABLE PCEST ADD CONSTRAINT CK_RESERVA CHECK (QTRESERV <= 5)")
    return casa_pg


def test_a_constraint_is_a_rule_too(com_restricao: Casa) -> None:
    recusada(com_restricao.enviar(pre_venda(item(quantidade=6))))
    assert "ck_reserva" in do_log(com_restricao)["regra"]
    assert com_restricao.enviar(pre_venda(item(quantidade=5))).status_code == 201


def test_a_rule_that_waits_for_the_commit(casa_pg: Casa) -> None:
    """Its no is an answer: the outcome is known, and nothing is tried again."""
    antes = casa_pg.fotografia(sem=SEM_EFEITO)
    casa_pg.executar(
        f"CREATE FUNCTION proibir() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{DITO}'; END $$"
    )
    casa_pg.executar(
        "CREATE CONSTRAINT TRIGGER T AFTER INSERT ON PCPEDC DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "EXECUTE FUNCTION proibir()"
    )
    recusada(casa_pg.enviar(pre_venda()))
    assert casa_pg.fotografia(sem=SEM_EFEITO) == antes
    assert (casa_pg.contar("GW_OPERACAO"), do_log(casa_pg)["regra"]) == (1, DITO)


def test_what_breaks_inside_a_trigger_is_the_sites(casa_pg: Casa) -> None:
    """A key that is there already is no race for a number of ours, and a repeat would not help."""
    casa_pg.executar("CREATE TABLE XAUDITORIA (N INT PRIMARY KEY)")
    casa_pg.executar(
        "CREATE FUNCTION audita() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO xauditoria VALUES (1); RETURN NEW; END $$"
    )
    casa_pg.executar("CREATE TRIGGER T BEFORE INSERT ON PCPEDC FOR EACH ROW EXECUTE FUNCTION audita()")
    assert casa_pg.enviar(pre_venda(numero="PV-1")).status_code == 201
    answer = casa_pg.enviar(pre_venda(numero="PV-2"))
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (422, CODIGO)


def test_only_rules_are_rules() -> None:
    """Numbers of Oracle as the driver tells them: a site's range, constraints, what a trigger does; not the rest."""
    casos = {
        "ORA-19999": None,
        "ORA-20000": faults.RegraDaCasa,
        "ORA-20999": faults.RegraDaCasa,
        "ORA-21000": None,
        "ORA-02290": faults.RegraDaCasa,
        "ORA-02291": faults.RegraDaCasa,
        "ORA-02292": faults.RegraDaCasa,
        "ORA-04091": faults.GatilhoLeATabela,
        "ORA-04068": faults.Ocupado,
    }
    assert {codigo: faults._de_oracle(codigo, "") for codigo in casos} == casos
    assert faults._de_oracle("ORA-02091", "ORA-02091: rolled back\nORA-02290: check") is faults.RegraDaCasa
    assert faults._de_oracle("ORA-02091", "ORA-02091: rolled back\nORA-20007: x") is faults.RegraDaCasa
    assert faults._de_oracle("ORA-02091", "ORA-02091: rolled back\nORA-00060: deadlock") is faults.Ocupado
