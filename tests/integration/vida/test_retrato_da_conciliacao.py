"""The reconciliation of a large site as the sweep's job last made it: the same for whoever looks (R19)."""

from __future__ import annotations

from typing import Any

import pytest

from app.services.conciliacao import conciliar, retrato
from app.services.tempo.rotinas import Plantao
from app.servidor.agenda import RETRATOS
from tests.integration.vida.test_conciliacao import HOJE, cancelar, faturar, pedido_do_winthor, somar
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.panel import Atendente


@pytest.fixture
def grande(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> Casa:
    """A shop with something wrong of most kinds, and too much of it to be compared while somebody waits."""
    faturar(casa, casa.reservar(pre_venda(item(quantidade=2), numero="F")))
    cancelar(casa, casa.reservar(pre_venda(kit(1), numero="C", loja="2")))
    paga = casa.reservar(pre_venda(numero="P"))
    casa.enviar(pre_venda(numero="P", idRetaguarda=paga, situacaoPreVenda=1))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'B' WHERE NUMPED = :n", n=paga)
    casa.executar("DELETE FROM PCPEDC WHERE NUMPED = :n", n=casa.reservar(pre_venda(numero="SUMIU")))
    casa.reservar(pre_venda(numero="VENCIDA", lockTTL="1h"))
    pedido_do_winthor(casa, 7777, {"CODPROD": 2, "QT": 1}, ORIGEMINTEGRACAO="PDVSYNC", NUMPEDHUBE="X", CODFILIAL="2")
    pedido_do_winthor(casa, 7778, {"CODPROD": 4, "QT": 3}, DATA=HOJE)
    somar(casa, 3, codprod=3)
    somar(casa, -900, codprod=2, filial="2")
    casa.relogio.andar(hours=2)
    casa._tokens.clear()
    monkeypatch.setattr(retrato, "CONFERIDOS_NA_HORA", 0)
    return casa


def pela_api(casa: Casa) -> dict[str, Any]:
    answer = casa.pedir("GET", "/api/v1/conciliacao", "retaguarda")
    assert answer.status_code == 200
    lida: dict[str, Any] = answer.get_json()
    return lida


def test_it_tells_what_a_comparison_tells(grande: Casa) -> None:
    callers = (None, frozenset("2"), frozenset({"1", "10"}))
    na_hora = {filiais: conciliar.conciliar(grande.gw, filiais) for filiais in callers}
    assert len({d.tipo for d in na_hora[None].diferencas}) >= 7
    da_api = pela_api(grande)
    assert retrato.guardar(grande.gw) == len(na_hora[None].diferencas)
    for filiais, conciliacao in na_hora.items():
        assert retrato.ver(grande.gw, filiais) == conciliacao, filiais
    assert pela_api(grande) == da_api
    somar(grande, 1, codprod=1)
    assert pela_api(grande) == da_api  # as of then
    assert retrato.guardar(grande.gw) == 0  # a moment ago
    grande.relogio.andar(minutes=5)
    assert retrato.guardar(grande.gw) == len(na_hora[None].diferencas)
    assert pela_api(grande)["geradoEm"] != da_api["geradoEm"]


def test_an_old_one_is_not_believed(grande: Casa) -> None:
    retrato.guardar(grande.gw)
    antes = pela_api(grande)["totais"]["diferencas"]
    grande.executar("UPDATE PCEST SET QTRESERV = 0 WHERE CODFILIAL = '10'")
    somar(grande, 1, codprod=4, filial="10")
    assert pela_api(grande)["totais"]["diferencas"] == antes
    grande.relogio.andar(minutes=61)
    grande._tokens.clear()
    assert pela_api(grande)["totais"]["diferencas"] == antes + 1


def test_a_small_site_sees_the_present(casa: Casa) -> None:
    somar(casa, 3)
    assert retrato.guardar(casa.gw) == 0
    assert casa.contar("GW_RETRATO") == 0
    assert len(retrato.ver(casa.gw).diferencas) == 1


def test_what_was_corrected_is_not_shown_again(grande: Casa) -> None:
    retrato.guardar(grande.gw)
    achada = next(d for d in pela_api(grande)["diferencas"] if d["tipo"] == "FATURADA_AINDA_RETIDA")
    corpo = {"itens": [achada["id"]], "motivo": "nota emitida"}
    grande.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda", json={**corpo, "simular": True})
    assert grande.contar("GW_RETRATO") > 0
    feita = grande.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda", json={**corpo, "simular": False})
    assert feita.status_code == 200
    assert achada["id"] not in {d["id"] for d in pela_api(grande)["diferencas"]}


def test_what_is_corrected_while_it_is_taken_is_not_shown_either(grande: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that was begun before the correction and kept after it."""
    comparar, achadas = retrato.conciliar, list[str]()

    def comparar_e_ser_ultrapassado(gw: Any) -> Any:
        feita = comparar(gw)
        achadas.extend(d.id for d in feita.diferencas if d.tipo == "FATURADA_AINDA_RETIDA")
        corpo = {"itens": achadas, "motivo": "nota emitida", "simular": False}
        assert grande.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda", json=corpo).status_code == 200
        return feita

    with monkeypatch.context() as troca:
        troca.setattr(retrato, "conciliar", comparar_e_ser_ultrapassado)
        retrato.guardar(grande.gw)
    assert achadas
    assert not {d["id"] for d in pela_api(grande)["diferencas"]} & set(achadas)
    grande.relogio.andar(seconds=1)
    assert retrato.guardar(grande.gw) > 0  # at once, not four minutes later
    assert retrato.ver(grande.gw) == conciliar.conciliar(grande.gw)


def test_the_sweep_takes_it(grande: Casa) -> None:
    Plantao(grande.gw, lambda: False, mais=RETRATOS).rodada()
    assert grande.contar("GW_RETRATO") > 0
    pagina = Atendente(grande).ver("/painel/conciliacao")
    assert f"{grande.gw.hora_do_erp(grande.gw.agora()):%d/%m/%Y %H:%M}" in pagina.texto


def test_the_first_page_counts_what_was_paid_and_holds_nothing(grande: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large site by the picture, of a small one at once; and it leads to what to do."""
    pessoa = Atendente(grande)
    assert "sem estoque retido" not in pessoa.ver("/painel/visao").texto
    retrato.guardar(grande.gw)
    com_retrato = pessoa.ver("/painel/visao")
    assert "1 venda paga está sem estoque retido" in com_retrato.texto
    monkeypatch.setattr(retrato, "CONFERIDOS_NA_HORA", 5000)
    na_hora = pessoa.ver("/painel/visao")
    assert "1 venda paga está sem estoque retido" in na_hora.texto
    assert "sem estoque retido" not in pessoa.ver("/painel/visao?filial=2").texto
    (elo,) = {elo for elo in na_hora.elos if elo.endswith("#PAGA_SEM_RETENCAO")}
    conciliacao = pessoa.ver(elo)
    assert {"id": "PAGA_SEM_RETENCAO"} in [atributos for tag, atributos in conciliacao.atributos if tag == "tr"]
    assert "Libere o pedido no WinThor antes que o saldo seja vendido" in conciliacao.texto
