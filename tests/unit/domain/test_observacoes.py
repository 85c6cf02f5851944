"""``observacoes`` over OBS, OBS1, OBS2 and OBSENTREGA1–4: nothing split inside a character, nothing lost in silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.observacoes import COLUNAS, repartir
from app.mapping import clip

LARGURAS = dict(zip(COLUNAS, (25, 50, 50, 75, 75, 75, 75), strict=True))
VAZIAS = dict.fromkeys(COLUNAS)

textos = st.text(max_size=600) | st.lists(st.sampled_from(["entregar", "à", "tarde", "ção", "😀", "x" * 80])).map(
    " ".join
)


def sem_brancos(texto: str) -> str:
    return "".join(texto.split())


def em(codificacao: str) -> Callable[[str, str], str]:
    """Columns of the usual widths in a database of that character set."""
    return lambda coluna, texto: clip(texto, LARGURAS[coluna], codificacao)


UTF_8 = em("utf-8")


def test_short_text_stays_in_obs() -> None:
    assert repartir("Retirar na loja", UTF_8) == ({**VAZIAS, "OBS": "Retirar na loja"}, False)


@pytest.mark.parametrize("texto", [None, "", "  \n\t "])
def test_no_text_leaves_every_column_null(texto: str | None) -> None:
    assert repartir(texto, UTF_8) == (VAZIAS, False)


def test_text_is_cut_at_a_blank_and_goes_on_in_the_next_column() -> None:
    partes, sobrou = repartir("Entregar somente depois das 18 horas", UTF_8)
    assert partes == {**VAZIAS, "OBS": "Entregar somente depois", "OBS1": "das 18 horas"}
    assert not sobrou


def test_a_word_that_ends_with_the_column_is_not_moved() -> None:
    partes, _ = repartir("a" * 20 + " bbbb cccc", UTF_8)
    assert (partes["OBS"], partes["OBS1"]) == ("a" * 20 + " bbbb", "cccc")


def test_a_long_word_is_cut_rather_than_leave_half_a_column_empty() -> None:
    partes, _ = repartir("Sim " + "x" * 30, UTF_8)
    assert (partes["OBS"], partes["OBS1"]) == ("Sim " + "x" * 21, "x" * 9)


def test_white_space_is_made_single() -> None:
    assert repartir(" um\n\ndois\t três ", UTF_8)[0]["OBS"] == "um dois três"


def test_all_columns_full_is_not_yet_too_much() -> None:
    assert repartir("x" * 425, UTF_8)[1] is False
    assert repartir("x" * 426, UTF_8)[1] is True


@pytest.mark.parametrize(("codificacao", "cabem"), [("utf-8", 12), ("cp1252", 25), ("ascii", 25)])
def test_widths_count_bytes_of_the_database(codificacao: str, cabem: int) -> None:
    assert repartir("ã" * 30, em(codificacao))[0]["OBS"] == "ã" * cabem


@given(textos, st.sampled_from(["utf-8", "cp1252", "ascii"]))
def test_every_piece_fits_its_column(texto: str, codificacao: str) -> None:
    partes, _ = repartir(texto, em(codificacao))
    assert all(len((p or "").encode(codificacao, "replace")) <= LARGURAS[nome] for nome, p in partes.items())


@given(textos)
def test_nothing_is_lost_unless_it_is_said(texto: str) -> None:
    partes, sobrou = repartir(texto, UTF_8)
    escrito = sem_brancos("".join(parte or "" for parte in partes.values()))
    original = sem_brancos(texto)
    assert original.startswith(escrito)
    assert (escrito != original) is sobrou


@given(textos)
def test_a_column_is_used_only_when_the_one_before_is(texto: str) -> None:
    usadas = [parte is not None for parte in repartir(texto, UTF_8)[0].values()]
    assert usadas == sorted(usadas, reverse=True)
