"""CEP and telephone: one spelling inside, whatever was sent (R7, R8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.endereco import normalizar_cep, normalizar_telefone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01001-000", "01001000"),
        ("01001000", "01001000"),
        (" 01001-000 ", "01001000"),
        (None, None),
        ("", None),
        ("1001000", None),
        ("010010000", None),
        ("01001--000", None),
        ("0100-1000", None),
        ("01.001-000", "01001000"),
        ("01.001000", "01001000"),
        ("01001 000", "01001000"),
        ("01001 - 000", "01001000"),
        ("0.1001-000", None),
        ("01..001-000", None),
        ("01001-00 0", None),
        ("01001000\n", None),
        ("\u00a001001000", None),
        ("０１００１０００", None),
        ("٠١٠٠١٠٠٠", None),
        ("../../admin", None),
        ("01001000/../", None),
        ("01001000@", None),
        ("01001000#", None),
        ("01001000?", None),
        ("0100%000", None),
    ],
)
def test_cep(text: str | None, expected: str | None) -> None:
    assert normalizar_cep(text) == expected


@given(st.text(max_size=12))
def test_cep_is_eight_ascii_digits_or_nothing(text: str) -> None:
    cep = normalizar_cep(text)
    assert cep is None or (len(cep) == 8 and cep.isascii() and cep.isdigit() and normalizar_cep(cep) == cep)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(11) 98765-4321", "11987654321"),
        ("+55 (11) 98765-4321", "5511987654321"),
        ("1133334444", "1133334444"),
        ("(11) 3333-4444 ramal 123", "1133334444"),
        ("(11) 3333-4444 / (11) 98765-4321", "1133334444"),
        ("Tel.: 11 3333.4444", "1133334444"),
        ("0055 (11) 98765-4321", "5511987654321"),
        ("0113333-4444", "01133334444"),
        ("12345678901234567", "1234567890123"),
        ("não tem", None),
        ("000000000", None),
        ("", None),
        (None, None),
        ("９８７６５", None),
    ],
)
def test_telefone(text: str | None, expected: str | None) -> None:
    assert normalizar_telefone(text) == expected


@given(st.text("0123456789()+- /abc\u0660", max_size=40))
def test_telefone_fits_its_column(text: str) -> None:
    telefone = normalizar_telefone(text)
    assert telefone is None or (0 < len(telefone) <= 13 and telefone.isascii() and telefone.isdigit())
