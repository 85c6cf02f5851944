"""The log for the back office: detail, counts, grouped refusals, exports, rows of other services."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from app.api.respostas.log import celula
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.panel import Atendente


def ler(casa: Casa, caminho: str = "", login: str = "retaguarda", **query: Any) -> Any:
    answer = casa.pedir("GET", f"/api/v1/log{caminho}", login, query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def ultima(casa: Casa) -> Any:
    return ler(casa, f"/{ler(casa)['itens'][0]['id']}")


def test_detail_of_a_reservation(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("123-1", 2, 120), kit(), cliente=cliente_completo(), segredo="x"))

    detalhe = ultima(casa)

    assert (detalhe["operacao"], detalhe["status"], detalhe["idPedidoRetaguarda"]) == ("I", "A", numped)
    assert detalhe["requisicao"]["cliente"]["nome"] == "***"
    assert detalhe["requisicao"]["segredo"] == "***"
    assert "retorno" not in detalhe["requisicao"]
    assert detalhe["resposta"]["idPedidoRetaguarda"] == numped
    assert {"conferencia", "locks", "gravacao"} <= set(detalhe["tempos"])
    assert {(m["filial"], m["codprod"]): m["variacao"] for m in detalhe["tabelas"] if m["tabela"] == "PCEST"} == {
        ("1", 1): 26,
        ("1", 3): 1,
    }
    assert [elo["idRetaguarda"] for elo in detalhe["linhagem"]] == [numped]


def test_detail_of_an_alteration_tells_the_net_change(casa: Casa) -> None:
    velho = casa.reservar(pre_venda(item("100-1", 5), item("300-3", 2)))
    casa.relogio.andar(seconds=1)
    novo = casa.reservar(pre_venda(item("100-1", 3), item("300-3", 2), idRetaguarda=velho))

    detalhe = ultima(casa)

    assert [(m["codprod"], m["variacao"]) for m in detalhe["tabelas"] if m["tabela"] == "PCEST"] == [(1, -2)]
    assert [elo["idRetaguarda"] for elo in detalhe["linhagem"]] == [velho, novo]
    assert [d["depois"] for d in detalhe["linhagem"][1]["diferencas"]] == [3]
    assert [e["operacao"] for e in detalhe["eventos"]] == ["I", "A"]


def test_detail_of_a_refusal_explains_it(casa: Casa) -> None:
    casa.recusado(pre_venda(item("300-3", 6)))

    detalhe = ultima(casa)

    assert (detalhe["status"], detalhe["codigo"], detalhe["tabelas"]) == ("R", "ESTOQUE_INSUFICIENTE", [])
    assert "saldo" in detalhe["explicacao"]["oQue"]
    assert detalhe["erros"][0]["disponivel"] == 5


def test_detail_of_a_cancellation_and_of_its_repeat_by_hand(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    rota = f"/api/v1/reservas/{numped}/cancelamento"
    casa.relogio.andar(seconds=1)
    casa.pedir("POST", rota, "retaguarda", json={"motivo": "cliente desistiu"})
    primeira = ultima(casa)
    assert [m["variacao"] for m in primeira["tabelas"] if m["tabela"] == "PCEST"] == [-2]
    assert primeira["requisicao"]["motivo"] == "cliente desistiu"

    casa.relogio.andar(seconds=1)
    casa.pedir("POST", rota, "retaguarda", json={"motivo": "de novo"})
    assert [m["tabela"] for m in ultima(casa)["tabelas"]] == ["nenhuma"]


@pytest.mark.parametrize(
    ("efeito", "frase", "nada"),
    [
        ("'NENHUM'", "Outra frase.", True),
        ("'MUDAR'", "A reserva já estava encerrada.", False),
        ("NULL", "A reserva já estava encerrada.", True),
        ("NULL", "Reserva cancelada.", False),
    ],
)
def test_what_a_cancellation_did_is_told_by_its_effect_not_by_its_words(
    casa: Casa, efeito: str, frase: str, nada: bool
) -> None:
    """By the words only where the effect was not recorded yet."""
    numped = casa.reservar(pre_venda())
    casa.relogio.andar(seconds=1)
    casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json={"motivo": "x"})
    resposta = f'{{"message": "{frase}"}}'
    casa.executar(f"UPDATE GW_OPERACAO SET EFEITO = {efeito}, RESPOSTA = '{resposta}' WHERE OPERACAO = 'C'")  # noqa: S608
    assert ([m["tabela"] for m in ultima(casa)["tabelas"]] == ["nenhuma"]) is nada


def test_absent_and_foreign_operations_are_not_found(casa: Casa) -> None:
    casa.reservar(pre_venda(loja="2"))
    id_operacao = ler(casa)["itens"][0]["id"]
    casa.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '1' WHERE LOGIN = 'retaguarda'")
    casa._tokens.clear()

    for alvo in (id_operacao, "0" * 32):
        answer = casa.pedir("GET", f"/api/v1/log/{alvo}", "retaguarda")
        assert answer.status_code == 404
    assert casa.pedir("GET", f"/api/v1/log/{id_operacao}", "pdv1").status_code == 403


def test_a_log_row_that_is_no_json_does_not_break_the_detail(casa: Casa) -> None:
    casa.reservar(pre_venda())
    casa.executar("UPDATE PCLOGPEDIDOAPI SET JSON = '{estragado'")

    assert ultima(casa)["requisicao"] is None


def test_counts_groups_and_hours(casa: Casa) -> None:
    casa.recusado(pre_venda(item("300-3", 6), numero="A"))
    casa.relogio.andar(minutes=61)
    casa.recusado(pre_venda(item("300-3", 51), numero="B", loja="2"))
    casa.recusado(pre_venda(item("1-999"), numero="C"))
    casa.reservar(pre_venda())

    resumo = ler(casa, "/resumo")

    assert resumo["contagens"] == {"A": 1, "R": 3, "P": 0}
    assert (resumo["pendenteDesde"], len(resumo["porHora"])) == (None, 24)
    assert [(h["A"], h["R"]) for h in resumo["porHora"][-2:]] == [(0, 1), (1, 2)]
    grupo = resumo["recusas"][0]
    assert (grupo["codigo"], grupo["quantas"], grupo["filiais"]) == ("ESTOQUE_INSUFICIENTE", 2, ["1", "2"])
    assert grupo["primeira"] < grupo["ultima"]
    assert grupo["porHora"][-2:] == [1, 1]
    assert ler(casa, "/resumo", filial="2")["contagens"] == {"A": 0, "R": 1, "P": 0}
    casa.relogio.andar(days=2)
    casa._tokens.clear()
    assert ler(casa, "/resumo")["contagens"] == {"A": 0, "R": 0, "P": 0}


def test_oldest_pending_has_its_age(casa: Casa) -> None:
    casa.reservar(pre_venda())
    casa.executar("UPDATE GW_OPERACAO SET ESTADO = 'P'")
    casa.relogio.andar(seconds=90)

    assert ler(casa, "/resumo")["pendenteSegundos"] == 90


def test_exports_carry_the_filter_and_no_formula(casa: Casa) -> None:
    casa.reservar(pre_venda(numero="=HYPERLINK(1)"))
    casa.reservar(pre_venda(numero="FORA", loja="2"))

    answer = casa.pedir("GET", "/api/v1/log/exportacao", "retaguarda", query_string={"filial": "1"})

    assert answer.mimetype == "text/csv"
    texto = answer.get_data().decode("utf-8-sig")
    (linha,) = csv.DictReader(io.StringIO(texto), delimiter=";")
    assert (linha["numero"], linha["status"]) == ("'=HYPERLINK(1)", "A")
    em_json = ler(casa, "/exportacao", formato="json", filial="1")
    assert [i["numero"] for i in em_json["itens"]] == ["=HYPERLINK(1)"]
    assert casa.pedir("GET", "/api/v1/log/exportacao?formato=xls", "retaguarda").status_code == 422


@pytest.mark.parametrize("texto", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_cells_are_safe(texto: str) -> None:
    assert celula(texto) == "'" + texto


def test_rows_of_other_services_by_date_window(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar(
        "INSERT INTO PCLOGPEDIDOAPI (DATA, NUMPED, OPERACAO, STATUS, JSON) "
        "SELECT DATA, NUMPED, 'I', 'R', '{\"cliente\": {\"nome\": \"Maria\"}}' FROM PCLOGPEDIDOAPI"
    )

    itens = ler(casa, "/externas", de="2026-03-02T00:00:00", ate="2026-03-02T23:00:00")["itens"]

    assert [(i["numped"], i["status"], i["json"]) for i in itens] == [(numped, "R", {"cliente": {"nome": "***"}})]
    longa = casa.pedir("GET", "/api/v1/log/externas?de=2026-03-01&ate=2026-03-20", "retaguarda")
    assert longa.status_code == 422
    casa.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '2' WHERE LOGIN = 'retaguarda'")
    casa._tokens.clear()
    assert ler(casa, "/externas", de="2026-03-02", ate="2026-03-03")["itens"] == []


@pytest.mark.parametrize(
    ("json", "visto"),
    [
        (
            '{"numero": "a\\ud800b", "observacoes": "\\udfff\\ud83d\\ude00"}',
            {"numero": "a?b", "observacoes": "?\U0001f600"},
        ),
        ('{"preVendaItens": ' + "[" * 90_000 + "]" * 90_000 + "}", None),
        ("{" + '"cliente": {"nome": ' * 300 + "1" + "}" * 600 + "}", None),
        ('{"numero": NaN}', None),
    ],
)
def test_no_row_of_another_service_hides_the_others(casa: Casa, json: str, visto: dict[str, str] | None) -> None:
    """Half a character cannot be answered, and too deep a JSON cannot be read: the row is shown as it can be."""
    casa.reservar(pre_venda())
    for texto in ('{"numero": "BOA"}', json):
        casa.executar(
            "INSERT INTO PCLOGPEDIDOAPI (DATA, NUMPED, OPERACAO, STATUS, JSON) "
            "SELECT MAX(DATA), 1, 'I', 'A', :json FROM PCLOGPEDIDOAPI",
            json=texto,
        )
    itens = ler(casa, "/externas", de="2026-03-02", ate="2026-03-03")["itens"]
    assert {"numero": "BOA"} in [i["json"] for i in itens]
    if visto is not None:
        assert visto in [i["json"] for i in itens]
    pagina = Atendente(casa).ver("/painel/operacoes/externas?de=2026-03-02&ate=2026-03-03")
    assert "BOA" in pagina.texto
