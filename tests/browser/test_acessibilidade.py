"""WCAG 2.1 AA by axe-core, in a real browser, light and dark: every page, every question, every error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Dentro
from tests.browser.navegador import Navegador
from tests.browser.paginas import AXE, PAGINAS
from tests.support.winthor_hands import levar

pytestmark = pytest.mark.xdist_group("browser")

REGRAS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def violacoes(navegador: Navegador) -> list[str]:
    """What axe finds wrong with the page as it is."""
    navegador.executar(AXE.read_text("utf-8"))
    resultado: dict[str, Any] = navegador.esperar_script(
        "const pronto = arguments[arguments.length - 1];"
        "axe.run({runOnly: arguments[0]}).then(pronto, erro => pronto({erro: String(erro)}));",
        REGRAS,
    )
    assert "erro" not in resultado, resultado
    assert len(resultado["passes"]) > 10
    return [f"{v['id']}: {no['target']} {no['failureSummary']}" for v in resultado["violations"] for no in v["nodes"]]


@pytest.mark.parametrize("escuro", [False, True], ids=["light", "dark"])
def test_every_page(dentro: Dentro, escuro: bool) -> None:
    navegador, _casa, base = dentro
    navegador.aparencia(escuro=escuro)
    achadas = []
    for caminho in PAGINAS:
        navegador.ir(f"{base}{caminho}")
        achadas += [f"{caminho}: {violacao}" for violacao in violacoes(navegador)]
    assert not achadas, "\n".join(achadas)


def test_questions_and_errors(dentro: Dentro) -> None:
    navegador, _casa, base = dentro
    achadas = []
    navegador.ir(f"{base}/painel/reservas/1000003")
    navegador.escrever("#motivo-cancelar", "Parada")
    navegador.clicar("section[aria-labelledby=cancelar] button")
    achadas += violacoes(navegador)
    navegador.ir(f"{base}/painel/conciliacao")
    navegador.escrever("#motivo-corrigir", "Conferência")
    navegador.clicar("button[name=todas]")
    achadas += violacoes(navegador)
    for caminho in ("operacoes?numped=x&de=ontem", "estoque?filial=1&codprod=x"):
        navegador.ir(f"{base}/painel/{caminho}")
        achadas += violacoes(navegador)
    navegador.clicar("form.sair button")
    achadas += violacoes(navegador)
    assert not achadas, "\n".join(achadas)


@pytest.mark.parametrize(("escuro", "largura"), [(False, 1280), (True, 390)], ids=["light", "dark and narrow"])
def test_what_winthor_has_moved(dentro: Dentro, escuro: bool, largura: int) -> None:
    """A blocked order with its question, a taken-over one with both of its questions, and the page that it changed."""
    navegador, casa, base = dentro
    bloqueada, assumida = levar(casa, "BLOQUEADA", "NAVEGA-1"), levar(casa, "ASSUMIDA", "NAVEGA-2")
    navegador.aparencia(escuro=escuro, largura=largura)
    achadas = []

    def olhar(pagina: str) -> None:
        achadas.extend(f"{pagina}: {violacao}" for violacao in violacoes(navegador))
        if navegador.executar("return document.documentElement.scrollWidth") > largura:
            achadas.append(f"{pagina} is wider than the window")

    for numped, perguntas in ((bloqueada, 1), (assumida, 2)):
        navegador.ir(f"{base}/painel/reservas/{numped}")
        olhar(f"reserva {numped}")
        navegador.escrever("#motivo-cancelar", "Cliente desistiu")
        navegador.clicar("section[aria-labelledby=cancelar] button")
        olhar(f"pergunta {numped}")
        if perguntas == 2:
            navegador.clicar("main form button")
            assert "com a cobrança D?" in navegador.texto("h1")
            olhar("segunda pergunta")
            casa.executar("UPDATE PCPEDC SET CODCOB = 'BK' WHERE NUMPED = :n", n=numped)
        navegador.clicar("main form button")
        olhar(f"depois {numped}")
    assert "com a cobrança BK" in navegador.texto()
    assert casa.linha("GW_RESERVA", NUMPED=bloqueada)["ESTADO"] == "CANCELADA"
    assert casa.linha("GW_RESERVA", NUMPED=assumida)["ESTADO"] == "AUTORIZADA"
    assert not achadas, "\n".join(achadas)


def test_a_fault_is_found(dentro: Dentro) -> None:
    navegador, _casa, base = dentro
    navegador.ir(f"{base}/painel/saude")
    navegador.executar("document.querySelector('h1').style.color = '#ccc'")
    assert any(violacao.startswith("color-contrast") for violacao in violacoes(navegador))
