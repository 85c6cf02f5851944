"""The address of a log row is no key: another row may lie there, or none (R15)."""

from __future__ import annotations

import datetime as dt

import pytest
import simplejson

from app.services.operacao import recuperacao
from app.services.tempo.anonimizar import anonimizar
from tests.integration.test_recuperacao import cair
from tests.support.builders import cliente_completo, pre_venda
from tests.support.gateway import ENDERECOS, Casa


def de_outro_servico(casa: Casa, status: str, corpo: str) -> None:
    """A row of another service, of the same instant and operation, lies where the only operation's row was."""
    linha = casa.linha("PCLOGPEDIDOAPI")
    casa.executar("DELETE FROM PCLOGPEDIDOAPI")
    casa.executar(
        "INSERT INTO PCLOGPEDIDOAPI (DATA, NUMPED, OPERACAO, STATUS, JSON) VALUES (:d, :n, :o, :s, :j)",
        d=linha["DATA"],
        n=linha["NUMPED"],
        o=linha["OPERACAO"],
        s=status,
        j=corpo,
    )
    endereco = ENDERECOS[casa.engine.dialect.name]
    casa.executar(f"UPDATE GW_OPERACAO SET LOGROWID = (SELECT {endereco} FROM PCLOGPEDIDOAPI)")  # noqa: S608


@pytest.mark.parametrize(
    "corpo",
    [
        '{"numero": "PV-DELE", "cliente": {"nome": "Ana"}}',
        '{"numero": "PV-1", "cliente": {"nome": "Ana"}, "retorno": {"success": true}}',
        "{estragado",
    ],
    ids=["another pre-sale", "answered", "no JSON"],
)
def test_recovery_settles_its_own_and_leaves_the_others(casa: Casa, corpo: str) -> None:
    operacao = cair(casa)
    de_outro_servico(casa, "P", corpo)
    casa.relogio.andar(seconds=20)

    assert [o.id for o in recuperacao.recuperar(casa.gw)] == [operacao]
    assert casa.linha("GW_OPERACAO")["ESTADO"] == "R"
    linha = casa.linha("PCLOGPEDIDOAPI")
    assert (linha["STATUS"], linha["JSON"]) == ("P", corpo)


@pytest.mark.parametrize("mesma", [False, True], ids=["another pre-sale", "the same pre-sale"])
def test_what_another_service_wrote_is_neither_masked_nor_shown(casa: Casa, mesma: bool) -> None:
    clara = casa.com(log_json="claro")
    clara.reservar(pre_venda(cliente=cliente_completo()))
    corpo = {"numero": "PV-1" if mesma else "PV-DELE", "cliente": {"nome": "Ana"}, "retorno": {"idPedido": 1}}
    texto = simplejson.dumps(corpo)
    de_outro_servico(clara, "A", texto)
    clara.relogio.andar(days=100)
    clara._tokens.clear()

    assert anonimizar(clara.gw) == 0
    assert clara.linha("PCLOGPEDIDOAPI")["JSON"] == texto
    id_operacao = clara.linha("GW_OPERACAO")["ID"]
    detalhe = clara.pedir("GET", f"/api/v1/log/{id_operacao}", "retaguarda").get_json()
    assert (detalhe["log"], detalhe["requisicao"]) == (None, None)
    clara.close()


def test_rows_moved_by_an_import_stay_the_gateways_own(casa: Casa) -> None:
    casa.reservar(pre_venda())
    casa.recusado(pre_venda(numero="PV-2", idLojaRetaguarda="1", preVendaItens=[{"idProdutoRetaguarda": "1-999"}]))
    molde = {"sqlite": "99999{}", "postgresql": "(9999,{})", "oracle": "AAAAAAAAAAAAAAAAA{}"}[casa.engine.dialect.name]
    for n, row in enumerate(casa.tabela("GW_OPERACAO"), 1):
        casa.executar("UPDATE GW_OPERACAO SET LOGROWID = :r WHERE ID = :i", r=molde.format(n), i=row["ID"])
    casa.executar(
        "INSERT INTO PCLOGPEDIDOAPI (DATA, NUMPED, OPERACAO, STATUS, JSON) "
        "SELECT DATA, 77, 'I', 'A', '{}' FROM PCLOGPEDIDOAPI WHERE STATUS = 'A'"
    )

    dia = casa.relogio.agora.date()
    consulta = {"de": dia.isoformat(), "ate": (dia + dt.timedelta(days=1)).isoformat()}
    itens = casa.pedir("GET", "/api/v1/log/externas", "retaguarda", query_string=consulta).get_json()["itens"]
    assert [item["numped"] for item in itens] == [77]


def test_one_that_fails_does_not_stop_the_others(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    presa, livre = cair(casa, pre_venda(numero="PV-1")), cair(casa, pre_venda(numero="PV-2"))
    casa.relogio.andar(seconds=20)
    interromper = recuperacao.operacoes.interromper

    def falhar(connection, tabelas, rastro, *resto):  # type: ignore[no-untyped-def]
        if rastro.id == presa:
            raise recuperacao.Falha("linha do log")
        interromper(connection, tabelas, rastro, *resto)

    monkeypatch.setattr(recuperacao.operacoes, "interromper", falhar)

    assert [o.id for o in recuperacao.recuperar(casa.gw)] == [livre]
    assert {row["ID"]: row["ESTADO"] for row in casa.tabela("GW_OPERACAO")} == {presa: "P", livre: "R"}
