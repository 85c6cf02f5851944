"""What is absent and what a whole number is, in every spelling that senders use (§4.2)."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.valores import Ilegivel, ausente, e_guid, e_id, id_ausente, parse_filial, parse_inteiro, parse_numero

ZEROS = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("valor", [None, "", " ", "\t", "\u00a0"])
def test_absent(valor: Any) -> None:
    assert ausente(valor)
    assert id_ausente(valor)


@pytest.mark.parametrize(
    "valor",
    [
        *(
            0,
            "0",
            " 0 ",
            "00",
            "0.0",
            "0E5",
            "-0",
            Decimal("0.0"),
            Decimal("-0"),
            Decimal("0E+9"),
            Decimal("0E+1000000"),
        ),
        *(ZEROS, f" {ZEROS} ", f"{{{ZEROS}}}", f"({ZEROS})", ZEROS.replace("-", "")),
    ],
)
def test_absent_in_an_id_only(valor: Any) -> None:
    assert id_ausente(valor)
    assert not ausente(valor)


@pytest.mark.parametrize(
    "valor", [1, "1", "x", False, True, [], {}, [0], Decimal("0.1"), -1, ZEROS[:-1] + "1", ZEROS[:-1], "0,0", "O"]
)
def test_ids_that_hold_something(valor: Any) -> None:
    assert not id_ausente(valor)


@pytest.mark.parametrize("nome", ["idRetaguarda", "idPdv", "idLojaRetaguarda"])
def test_members_that_hold_an_id(nome: str) -> None:
    assert e_id(nome)
    assert not e_id("idadeMinimaHoras")


@pytest.mark.parametrize("valor", [1, "1", None, ZEROS[:-1], "3f2504e0-4f89-11d3-9a0c-0305e82c330g"])
def test_what_is_no_guid(valor: Any) -> None:
    assert not e_guid(valor)


@pytest.mark.parametrize(
    "valor", [8000001, "8000001", " 8000001 ", "008000001", "8000001.0", "8.000001E6", "8.000001e+6", "80000010e-1"]
)
def test_one_whole_number_in_many_spellings(valor: Any) -> None:
    assert parse_inteiro(valor) == 8000001
    if isinstance(valor, str):
        assert parse_inteiro(Decimal(valor.strip())) == 8000001


@pytest.mark.parametrize(
    "valor", ["8000001.5", "8000001,0", "8.000.001", "8 000 001", "+8000001", "0x7A1201", "", "1E", "."]
)
def test_text_that_is_no_whole_number(valor: str) -> None:
    assert parse_inteiro(valor) is None


@pytest.mark.parametrize(
    "valor", [True, False, None, [], {}, 1.0, Decimal("NaN"), Decimal("Infinity"), Decimal("1E+60")]
)
def test_values_that_are_no_whole_number(valor: Any) -> None:
    assert parse_inteiro(valor) is None


@given(st.integers(0, 10**20), st.integers(0, 6), st.integers(-20, 20))
def test_notation_does_not_count(inteiro: int, zeros: int, expoente: int) -> None:
    escrito = Decimal(f"{inteiro}." + "0" * zeros) if zeros else Decimal(inteiro)
    assert parse_inteiro(escrito) == inteiro
    assert parse_inteiro(Decimal(inteiro).scaleb(expoente)) == (
        inteiro * 10**expoente if expoente >= 0 else inteiro // 10**-expoente if inteiro % 10**-expoente == 0 else None
    )


@given(st.text(max_size=8) | st.decimals() | st.integers() | st.none() | st.booleans())
def test_any_value_is_read_or_refused_never_an_error(valor: Any) -> None:
    for parse in (parse_filial, parse_numero):
        with contextlib.suppress(Ilegivel):
            assert len(parse(valor).encode()) <= 50


def test_a_number_that_the_database_cannot_write() -> None:
    assert parse_numero("PV-Ω") == "PV-Ω"
    with pytest.raises(Ilegivel, match="não guarda"):
        parse_numero("PV-Ω", "cp1252")
    assert parse_numero("PV-ã€", "cp1252") == "PV-ã€"
