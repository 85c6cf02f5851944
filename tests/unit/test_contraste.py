"""Contrast of the panel's colours by WCAG 2, computed from its style sheet, light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "app" / "painel" / "estatico" / "painel.css").read_text("utf-8")
BLOCOS = re.findall(r":root \{(.*?)\}", CSS, re.S)
CLARO, ESCURO = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", bloco)) for bloco in BLOCOS)

TEXTO = [
    ("texto", "fundo"), ("texto", "papel"), ("texto", "fundo-neutro"), ("suave", "fundo"), ("suave", "papel"),
    ("elo", "fundo"), ("elo", "papel"), ("elo", "fundo-neutro"), ("no-botao", "botao"), ("no-perigo", "perigo"),
    ("bom", "fundo-bom"), ("ruim", "fundo-ruim"), ("espera", "fundo-espera"), ("neutro", "fundo-neutro"),
    ("ruim", "papel"), ("ruim", "fundo"), ("no-topo", "topo"),
]  # fmt: skip
FORMAS = [
    ("borda", "papel"), ("foco", "fundo"), ("foco", "papel"), ("botao", "papel"), ("perigo", "papel"),
    ("bom", "papel"), ("ruim", "papel"), ("espera", "papel"), ("borda", "fundo"),
]  # fmt: skip


def luminancia(cor: str) -> float:
    def linear(canal: str) -> float:
        valor = int(canal, 16) / 255
        return valor / 12.92 if valor <= 0.04045 else ((valor + 0.055) / 1.055) ** 2.4

    vermelho, verde, azul = (linear(cor[i : i + 2]) for i in (1, 3, 5))
    return 0.2126 * vermelho + 0.7152 * verde + 0.0722 * azul


def contraste(uma: str, outra: str) -> float:
    clara, escura = sorted((luminancia(uma), luminancia(outra)), reverse=True)
    return (clara + 0.05) / (escura + 0.05)


@pytest.mark.parametrize("cores", [CLARO, ESCURO], ids=["light", "dark"])
def test_text_and_shapes_stand_out(cores: dict[str, str]) -> None:
    fracos = [par for par in TEXTO if contraste(cores[par[0]], cores[par[1]]) < 4.5]
    fracos += [par for par in FORMAS if contraste(cores[par[0]], cores[par[1]]) < 3]
    assert fracos == []


def test_both_themes_have_every_colour() -> None:
    assert CLARO.keys() == ESCURO.keys()
    assert {nome for par in TEXTO + FORMAS for nome in par} <= CLARO.keys()


def test_every_colour_used_is_one_of_them() -> None:
    depois = CSS[CSS.index("*, *::before") :]
    assert set(re.findall(r"var\(--([\w-]+)\)", depois)) <= CLARO.keys()
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", depois)) <= {"#ffb169"}  # on the dark bar of the top, in both themes
    for cores in (CLARO, ESCURO):
        assert contraste("#ffb169", cores["topo"]) >= 3


def test_the_measure_is_right() -> None:
    assert round(contraste("#000000", "#ffffff"), 2) == 21
    assert round(contraste("#777777", "#ffffff"), 2) == 4.48
