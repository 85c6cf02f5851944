"""The catalog of the maps: built in, or in the widths a site has."""

from __future__ import annotations

import pytest

from app.mapping import ColumnSpec
from app.services.mapas import winthor_catalog
from app.winthor.esquema.catalogo import Catalogo, ColunaReal

EMBUTIDO = winthor_catalog()


def coluna(tabela: str, real: ColunaReal) -> ColumnSpec:
    return winthor_catalog(Catalogo({tabela: {real.nome: real}}))[tabela][real.nome]


def test_without_a_catalog_everything_is_as_built_in() -> None:
    assert winthor_catalog(Catalogo()) == EMBUTIDO


@pytest.mark.parametrize("largura", [20, 200])
def test_a_texts_width_is_the_sites(largura: int) -> None:
    assert coluna("PCCLIENT", ColunaReal("BAIRROENT", "text", largura)).length == largura


def test_a_text_in_characters_keeps_both_limits() -> None:
    spec = coluna("PCCLIENT", ColunaReal("BAIRROENT", "text", 160, 40))
    assert (spec.length, spec.characters) == (160, 40)


@pytest.mark.parametrize(("tabela", "nome"), [("PCPEDC", "NUMPEDHUBE"), ("PCCLIENT", "CGCENT")])
def test_what_identifies_is_never_narrower_than_built_in(tabela: str, nome: str) -> None:
    assert coluna(tabela, ColunaReal(nome, "text", 5)) == EMBUTIDO[tabela][nome]
    assert coluna(tabela, ColunaReal(nome, "text", 99)).length == 99


def test_digits_are_the_sites_where_it_declares_them() -> None:
    spec = coluna("PCPEDI", ColunaReal("QT", "number", precisao=22, escala=8))
    assert (spec.precision, spec.scale) == (22, 8)
    assert coluna("PCPEDI", ColunaReal("QT", "number")) == EMBUTIDO["PCPEDI"]["QT"]


@pytest.mark.parametrize("real", [ColunaReal("BAIRROENT", ""), ColunaReal("BAIRROENT", "number", precisao=3, escala=0)])
def test_a_column_of_another_kind_changes_nothing(real: ColunaReal) -> None:
    assert coluna("PCCLIENT", real) == EMBUTIDO["PCCLIENT"]["BAIRROENT"]


def test_obligation_stays_built_in() -> None:
    assert coluna("PCCLIENT", ColunaReal("BAIRROENT", "text", 40, nullable=False)).nullable
