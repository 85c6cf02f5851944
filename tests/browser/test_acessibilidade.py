"""WCAG 2.1 AA by axe-core, in a real browser, light and dark: every page, every question, every error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Dentro
from tests.browser.navegador import Navegador
from tests.browser.paginas import AXE, PAGINAS

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


def test_a_fault_is_found(dentro: Dentro) -> None:
    navegador, _casa, base = dentro
    navegador.ir(f"{base}/painel/saude")
    navegador.executar("document.querySelector('h1').style.color = '#ccc'")
    assert any(violacao.startswith("color-contrast") for violacao in violacoes(navegador))
