"""Documents of R7: own check digits against two independent libraries, and the traps those fall into."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.br import cnpj as stdnum_cnpj
from stdnum.br import cpf as stdnum_cpf
from validate_docbr import CNPJ, CPF

from app.domain.documentos import (
    com_mascara,
    documento_valido,
    formas_de_busca,
    mascarar_documento,
    normalizar_documento,
    tipo_pessoa,
)

DIGITS = "0123456789"
ALPHANUMERIC = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

OFFICIAL_ALPHANUMERIC = "12ABC34501DE35"

cpf_bases = st.text(DIGITS, min_size=9, max_size=9)
cnpj_bases = st.text(ALPHANUMERIC, min_size=12, max_size=12)


def with_check_digits_of_stdnum(base: str) -> str:
    if len(base) == 9:
        return base + stdnum_cpf._calc_check_digits(base)
    return base + stdnum_cnpj.calc_check_digits(base)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("529.982.247-25", "52998224725"),
        ("00000000191", "00000000191"),
        ("  12.abc.345/01de-35 ", OFFICIAL_ALPHANUMERIC),
        ("12.ABC.345 /01DE-35", OFFICIAL_ALPHANUMERIC),
        ("", None),
        (" . - / ", None),
        (None, None),
        ("5299822472５", None),  # full-width five
        ("٥٢٩٩٨٢٢٤٧٢٥", None),  # Arabic-Indic digits
        ("12abc34501dı35", None),  # dotless i: str.upper() would make it an ASCII I
        ("12ſ45678000195", None),  # long s: str.upper() would make it an ASCII S
        ("529.982.247–25", None),  # en dash
        ("529_982_247_25", None),
        ("52998224725\n", None),
        ("529\x0098224725", None),
    ],
)
def test_normalised_document_is_ascii_upper_case_without_mask(text: str | None, expected: str | None) -> None:
    assert normalizar_documento(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "529.982.247-25",
        "52998224725",
        "000.000.001-91",
        "11222333000181",
        "11.222.333/0001-81",
        "00.000.000/0001-91",
        "12.ABC.345/01DE-35",
        "12abc34501de35",
    ],
)
def test_valid_documents(text: str) -> None:
    assert documento_valido(text)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "529.982.247-24",
        "5299822472",
        "052998224725",
        "11222333000182",
        "12ABC34501DE36",
        "12ABC34501DE3A",  # a letter in the place of a check digit
        "A2998224725",
        "５2998224725",
        "191",  # a CPF that went through int()
        "OO000000191",
    ],
)
def test_invalid_documents(text: str | None) -> None:
    assert not documento_valido(text)


@pytest.mark.parametrize("digit", DIGITS)
def test_documents_of_one_repeated_digit_are_refused(digit: str) -> None:
    assert not documento_valido(digit * 11)
    assert not documento_valido(digit * 14)


def test_stdnum_accepts_what_we_must_refuse() -> None:
    """The measured traps of python-stdnum, kept here so that a later version that mends them is noticed."""
    assert stdnum_cpf.is_valid("111.111.111-11")
    assert not documento_valido("111.111.111-11")
    assert stdnum_cpf.is_valid("５２９９８２２４７２５")
    assert not documento_valido("５２９９８２２４７２５")


@given(cpf_bases)
def test_cpf_check_digits_agree_with_both_libraries(base: str) -> None:
    for final in range(100):
        doc = f"{base}{final:02}"
        expected = CPF().validate(doc)
        assert documento_valido(doc) is expected
        if len(set(doc)) > 1:
            assert stdnum_cpf.is_valid(doc) is expected


@given(cnpj_bases)
def test_cnpj_check_digits_agree_with_both_libraries(base: str) -> None:
    for final in range(100):
        doc = f"{base}{final:02}"
        expected = CNPJ().validate(doc)
        assert documento_valido(doc) is expected
        if not doc.startswith("0" * 12):
            assert stdnum_cnpj.is_valid(doc) is expected


@given(cpf_bases | cnpj_bases)
def test_every_base_has_exactly_one_valid_document(base: str) -> None:
    doc = with_check_digits_of_stdnum(base)
    assert documento_valido(doc) is (len(set(doc)) > 1)


@given(st.text(max_size=30))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    doc = normalizar_documento(text)
    assert doc is None or (doc.isascii() and doc.isalnum() and doc == doc.upper())
    assert documento_valido(text) in (True, False)
    assert mascarar_documento(text)


@given(st.text(ALPHANUMERIC + "abcdefghijklmnopqrstuvwxyz.-/ ", max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    doc = normalizar_documento(text)
    assert normalizar_documento(doc) == doc


@given(cpf_bases | cnpj_bases)
def test_mask_is_undone_by_normalising_and_agrees_with_a_library(base: str) -> None:
    doc = with_check_digits_of_stdnum(base)
    library = CPF() if len(doc) == 11 else CNPJ()
    assert com_mascara(doc) == library.mask(doc)
    assert normalizar_documento(com_mascara(doc)) == doc
    assert formas_de_busca(doc) == formas_de_busca(com_mascara(doc)) == (doc, com_mascara(doc))
    assert len(com_mascara(doc)) <= 18  # PCCLIENT.CGCENT


def test_masked_forms() -> None:
    assert com_mascara("00000000191") == "000.000.001-91"
    assert com_mascara(OFFICIAL_ALPHANUMERIC) == "12.ABC.345/01DE-35"


@pytest.mark.parametrize(("doc", "tipo"), [("52998224725", "F"), ("11222333000181", "J"), ("12.abc.345/01de-35", "J")])
def test_tipo_pessoa(doc: str, tipo: str) -> None:
    assert tipo_pessoa(doc) == tipo


@pytest.mark.parametrize("doc", ["", "123", "A2998224725", "12ABC34501DEX5", "５2998224725"])
@pytest.mark.parametrize("function", [tipo_pessoa, com_mascara, formas_de_busca])
def test_other_shapes_are_an_error_that_does_not_repeat_the_text(function: object, doc: str) -> None:
    with pytest.raises(ValueError, match="forma de CPF") as error:
        function(doc)  # type: ignore[operator]
    assert not doc or doc not in str(error.value)


@pytest.mark.parametrize(
    ("doc", "shown"),
    [
        ("52998224725", "***.982.247-**"),
        ("529.982.247-25", "***.982.247-**"),
        ("11222333000181", "**.222.333/****-**"),
        ("12abc34501de35", "**.ABC.345/****-**"),
        ("5299822472", "***"),
        ("João da Silva", "***"),
        ("", "***"),
        (None, "***"),
    ],
)
def test_hidden_form_for_logs(doc: str | None, shown: str) -> None:
    assert mascarar_documento(doc) == shown
