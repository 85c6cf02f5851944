"""The keyboard is enough on every page: Tab comes to each control in its order, is seen there, and gets away again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Dentro
from tests.browser.navegador import ENTER, ESPACO, TAB, Navegador
from tests.browser.paginas import PAGINAS

pytestmark = pytest.mark.xdist_group("browser")

# Marks what a person may use, in the order of the page, and notes each that the focus comes to, with how it looks.
_VIGIAR = """
const usaveis = [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
  .filter(e => !e.disabled && e.checkVisibility({checkVisibilityCSS: true, contentVisibilityAuto: true}));
const canal = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
const luz = cor => { const [r, g, b] = cor.match(/[\\d.]+/g).map(Number);
  return 0.2126 * canal(r) + 0.7152 * canal(g) + 0.0722 * canal(b); };
const fundo = e => { for (; e; e = e.parentElement) { const cor = getComputedStyle(e).backgroundColor;
  if (!/, 0\\)$/.test(cor)) return cor; } return 'rgb(255, 255, 255)'; };
window.vistos = [];
document.addEventListener('focusin', ({target: e}) => {
  const c = getComputedStyle(e), [a, b] = [luz(c.outlineColor), luz(fundo(e.parentElement))].sort((x, y) => y - x);
  vistos.push({qual: usaveis.indexOf(e), o_que: e.outerHTML.slice(0, 90),
    contorno: c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 2, contraste: (a + 0.05) / (b + 0.05)});
});
return usaveis.length;
"""


def percorrer(navegador: Navegador) -> list[str]:
    """Press Tab as often as there are controls; what is wrong with the walk."""
    quantos = navegador.executar(_VIGIAR)
    # Within a date Tab goes from the day to the month, and so on; after the last control it begins anew.
    datas = navegador.executar("return document.querySelectorAll('input[type^=date]').length")
    navegador.teclar(*[TAB] * (quantos + 6 * datas))
    vistos: list[dict[str, Any]] = navegador.executar("return window.vistos")
    ordem = [visto["qual"] for visto in vistos][:quantos]
    achados = [] if ordem == list(range(quantos)) else [f"{quantos} controls, walked {ordem}"]
    achados += [f"no outline on {v['o_que']}" for v in vistos if not v["contorno"]]
    return achados + [f"outline of {v['contraste']:.1f}:1 on {v['o_que']}" for v in vistos if v["contraste"] < 3]


@pytest.mark.parametrize(("escuro", "largura"), [(False, 1280), (True, 768), (False, 360), (True, 360)])
def test_every_control_of_every_page(dentro: Dentro, escuro: bool, largura: int) -> None:
    navegador, _casa, base = dentro
    navegador.aparencia(escuro=escuro, largura=largura)
    achados = []
    for caminho in PAGINAS:
        navegador.ir(f"{base}{caminho}")
        achados += [f"{caminho}: {achado}" for achado in percorrer(navegador)]
    assert not achados, "\n".join(achados)


def ate(navegador: Navegador, css: str) -> None:
    """Press Tab until the focus is on the first control of a kind."""
    quantos = navegador.executar("window.alvo = document.querySelector(arguments[0]);" + _VIGIAR, css)
    for _ in range(quantos):
        navegador.teclar(TAB)
        if navegador.executar("return document.activeElement === window.alvo"):
            return
    raise AssertionError(f"Tab never came to {css}")


def test_enter_opens_what_is_folded(dentro: Dentro) -> None:
    navegador, _casa, base = dentro
    navegador.ir(f"{base}/painel/procurar?o_que=DEMO-11")
    ate(navegador, "main details summary")
    for aberto in (True, False):
        navegador.teclar(ENTER)
        assert navegador.executar("return document.activeElement.parentElement.open") is aberto


def test_the_space_bar_unfolds_the_filters_of_a_phone(dentro: Dentro) -> None:
    navegador, _casa, base = dentro
    navegador.aparencia(largura=360)
    navegador.ir(f"{base}/painel/reservas")
    visiveis = "return document.querySelector('.filtros').checkVisibility()"
    assert not navegador.executar(visiveis)
    ate(navegador, "#abrir-filtros")
    navegador.teclar(ESPACO)
    assert navegador.executar(visiveis)
    navegador.teclar(TAB)
    assert navegador.executar("return document.querySelector('.filtros').contains(document.activeElement)")


def test_the_space_bar_chooses_a_correction(dentro: Dentro) -> None:
    navegador, _casa, base = dentro
    navegador.ir(f"{base}/painel/conciliacao")
    ate(navegador, "input[type=checkbox]")
    navegador.teclar(ESPACO)
    ate(navegador, "#motivo-corrigir")
    navegador.teclar(*"Parada")
    with navegador.outra_pagina():
        navegador.teclar(ENTER)
    assert "Aplicar 1 correção" in navegador.texto()
