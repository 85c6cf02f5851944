"""The fields one by one: tolerant where senders differ, strict where money or stock could go wrong (§4.2)."""

from __future__ import annotations

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from app.api.contrato.fields import (
    Campo,
    Codigo,
    CodigoCliente,
    CodigoFilial,
    Data,
    DataOuHora,
    Digitos,
    IdProdutoRetaguarda,
    IdVendedorRetaguarda,
    LockTTL,
    Numero,
    NumeroDaPreVenda,
    Percentual,
    Quantidade,
    SituacaoPreVenda,
    Texto,
    TipoEntrega,
)
from app.domain.pre_venda import IdProduto, Situacao
from app.domain.valores import TextoLimpo

DIGITOS = "Deve ter até 20 dígitos e expoente até ±12."
CASAS = "Deve ter até 6 casas decimais."
GUID = "3F2504E0-4f89-11d3-9a0c-0305e82c3301"


def recusa(campo: Campo, valor: Any) -> tuple[str, str]:
    """Code and message of the only error."""
    with pytest.raises(ValidationError) as error:
        campo.deserialize(valor)
    (mensagem,) = error.value.messages
    return mensagem.codigo, str(mensagem)


def invalido(campo: Campo, valor: Any) -> str:
    codigo, mensagem = recusa(campo, valor)
    assert codigo == "CAMPO_INVALIDO"
    return mensagem


@pytest.mark.parametrize(
    ("valor", "lido"), [("PV-1", "PV-1"), (" PV 1 ", "PV 1"), (17, "17"), (0, "0"), (-1, "-1"), (Decimal("17.0"), "17")]
)
@pytest.mark.parametrize("campo", [Texto(10), NumeroDaPreVenda()])
def test_text(campo: Campo, valor: Any, lido: str) -> None:
    assert campo.deserialize(valor) == lido


@pytest.mark.parametrize("valor", [True, False, Decimal("1.5"), [], ["x"], {}, {"a": 1}])
@pytest.mark.parametrize("campo", [Texto(10), CodigoFilial(), NumeroDaPreVenda(), IdProdutoRetaguarda()])
def test_text_of_another_type(campo: Campo, valor: Any) -> None:
    assert invalido(campo, valor) == "Deve ser texto."


@pytest.mark.parametrize("sujo", ["a\x00b", "a\x0bb", "a\x96b", "a\x7fb", "a\x85b", "a\ud83db"])
def test_control_characters_are_blanks_in_free_text_and_refused_in_a_name(sujo: str) -> None:
    assert Texto(10).deserialize(sujo) == "a b"
    assert isinstance(Texto(10).deserialize(sujo), TextoLimpo)
    assert invalido(NumeroDaPreVenda(), sujo).startswith("Não pode ter ")


@pytest.mark.parametrize("texto", ["a\nb", "a\tb", "a\r\nb", "ação – 10 €"])
def test_white_space_is_no_control_character(texto: str) -> None:
    lido = Texto(40).deserialize(texto)
    assert (lido, type(lido)) == (texto, str)


def test_free_text_of_nothing_but_control_characters_is_absent() -> None:
    assert Texto(10).deserialize("\x00\x00") is None


@pytest.mark.parametrize(
    ("valor", "lido"),
    [
        (1001000, "01001000"),
        (Decimal("1001000.0"), "01001000"),
        (90001120, "90001120"),
        ("1001000", "1001000"),
        ("01001-000", "01001-000"),
        (123456789, "123456789"),
    ],
)
def test_a_number_has_lost_its_leading_zeros(valor: Any, lido: str) -> None:
    assert Digitos(20, 8).deserialize(valor) == lido


def test_a_number_is_filled_up_to_the_next_document() -> None:
    assert Digitos(40, 11, 14).deserialize(1234567890) == "01234567890"
    assert Digitos(40, 11, 14).deserialize(191) == "00000000191"
    assert Digitos(40, 11, 14).deserialize(191000000000) == "00191000000000"


@pytest.mark.parametrize(("valor", "cabe"), [("x" * 10, True), ("x" * 11, False), ("ã" * 5, True), ("ã" * 6, False)])
def test_widths_count_bytes(valor: str, cabe: bool) -> None:
    if cabe:
        assert Texto(10).deserialize(valor) == valor
    else:
        assert invalido(Texto(10), valor) == "Deve ter no máximo 10 bytes."


@pytest.mark.parametrize(
    ("valor", "lido"),
    [
        ("1", "1"),
        (1, "1"),
        (" 10 ", "10"),
        ("AB", "AB"),
        (99, "99"),
        (Decimal("1.0"), "1"),
        ("1.0", "1"),
        ("01", "01"),
    ],
)
def test_branch(valor: Any, lido: str) -> None:
    assert CodigoFilial().deserialize(valor) == lido


@pytest.mark.parametrize("valor", ["100", 100, "çç", "abc"])
def test_a_branch_too_long_does_not_exist(valor: Any) -> None:
    texto = "Não existe filial com mais de 2 caracteres."
    assert recusa(CodigoFilial(), valor) == ("FILIAL_NAO_ENCONTRADA", texto)


@pytest.mark.parametrize(
    ("valor", "lido"),
    [
        *((7, 7), ("7", 7), (" 7 ", 7), ("0007", 7), ("9999", 9999), ("0" * 5000 + "7", 7), ("00", 0), ("1.0", 1)),
        *((Decimal("7.0"), 7), (Decimal("8E+3"), 8000), (Decimal("80E-1"), 8), ("1e3", 1000), ("8.001E3", 8001)),
    ],
)
def test_code(valor: Any, lido: int) -> None:
    assert Codigo(4).deserialize(valor) == lido


@pytest.mark.parametrize(
    "valor",
    [
        *("", "x", "7x", "1 2", "-1", -1, "+1", "1,0", "1_0", "٣", "７", "²", 10000, "10000", "1\x00", GUID, "1.5"),
        *(True, False, Decimal("1.5"), Decimal("1E+1000000"), Decimal("1E-1000000"), "1E999", [], ["x"], {}, {"a": 1}),
    ],
)
def test_text_that_is_no_code(valor: Any) -> None:
    assert invalido(Codigo(4), valor) == "Deve ser um código de até 4 dígitos."


@pytest.mark.parametrize("valor", [GUID, GUID.lower(), f" {GUID} ", f"{{{GUID}}}", GUID.replace("-", "")])
def test_a_guid_is_no_customer(valor: str) -> None:
    assert CodigoCliente(10).deserialize(valor) is None


@pytest.mark.parametrize("valor", [GUID[:-1], GUID + "0", "g" + GUID[1:]])
def test_what_only_looks_like_a_guid(valor: str) -> None:
    assert invalido(CodigoCliente(10), valor) == "Deve ser um código de até 10 dígitos."


@pytest.mark.parametrize(("numero", "nome"), [(0, "CANCELADA"), (1, "RECEBIDO"), (2, "DISPONIVEL"), (3, "RESGATADA")])
def test_every_form_of_the_state(numero: int, nome: str) -> None:
    formas = [numero, str(numero), f" {numero} ", nome, nome.lower(), nome.title(), f" {nome}\t"]
    formas += [Decimal(f"{numero}.0"), f"{numero}.0", f"0{numero}"]
    assert {SituacaoPreVenda().deserialize(forma) for forma in formas} == {Situacao(numero)}


@pytest.mark.parametrize(
    "valor", [4, -1, 20, "4", "-1", "2.5", "٢", Decimal("2.5"), True, False, "DISPONÍVEL", "PAGO", "x", [], [2], {}]
)
def test_what_is_no_state(valor: Any) -> None:
    texto = "Deve ser 0 CANCELADA, 1 RECEBIDO, 2 DISPONIVEL ou 3 RESGATADA."
    assert recusa(SituacaoPreVenda(), valor) == ("SITUACAO_INVALIDA", texto)


@pytest.mark.parametrize(
    "valor",
    [
        *(
            "0",
            "10",
            "10.50",
            "0.000001",
            "1E+12",
            "1E-12",
            "1.5E-12",
            "12345678901234567890",
            "12345678901234567890E+12",
        ),
        *(
            "30.299999999999997",
            "0.30000000000000004",
            "0.10000000000000000555",
            "99999999999999999999E-20",
            "10.000000000",
        ),
    ],
)
def test_numbers_are_exact(valor: str) -> None:
    assert Numero().deserialize(Decimal(valor)).as_tuple() == Decimal(valor).as_tuple()


@pytest.mark.parametrize("valor", [0, 10, 10**20 - 1])
def test_integers_are_numbers(valor: int) -> None:
    lido = Numero().deserialize(valor)
    assert (type(lido), lido) == (Decimal, valor)


@pytest.mark.parametrize("valor", ["0", "-0.0", "0E+1000000", "0E-1000000", "0.00000000000000000000000"])
def test_every_zero_is_zero(valor: str) -> None:
    assert str(Numero().deserialize(Decimal(valor))) == "0"


@pytest.mark.parametrize(
    "valor",
    [
        *("123456789012345678901", "1.23456789012345678901", "1.00000000000000000000"),
        *("1E+13", "-1E+13", "12E+13", "1E+309", "1E+1000000", "1E-13", "9.9E-13", "1E-1000000"),
    ],
)
@pytest.mark.parametrize("campo", [Numero(), Quantidade(), Percentual()])
def test_numbers_beyond_20_digits_or_exponent_12(campo: Campo, valor: str) -> None:
    assert invalido(campo, Decimal(valor)) == DIGITOS


def test_integers_beyond_20_digits() -> None:
    assert invalido(Numero(), 10**20) == DIGITOS


@pytest.mark.parametrize("valor", [True, False, [], [10], {}, {"valor": 10}])
@pytest.mark.parametrize("campo", [Numero(), Quantidade(), Percentual()])
def test_what_is_no_number(campo: Campo, valor: Any) -> None:
    assert invalido(campo, valor) == "Deve ser um número."


@pytest.mark.parametrize("valor", ["10", "10.5", "", "x", "a, b"])
def test_text_where_a_number_is_due_names_the_quotes(valor: str) -> None:
    assert invalido(Numero(), valor) == "Veio texto; deve ser um número sem aspas."


@pytest.mark.parametrize("valor", ["10,5", "1.234,56", "R$ 10,00"])
def test_and_the_comma(valor: str) -> None:
    texto = "Veio texto com vírgula; deve ser um número sem aspas e com ponto decimal, como 120.50."
    assert invalido(Numero(), valor) == texto


@pytest.mark.parametrize("valor", [-1, Decimal("-0.000001")])
def test_negative_numbers(valor: Any) -> None:
    assert invalido(Numero(), valor) == "Não pode ser negativo."
    assert invalido(Percentual(), valor) == "Não pode ser negativo."


@pytest.mark.parametrize("campo", [Numero(positivo=True), Quantidade()])
@pytest.mark.parametrize("valor", [0, -1, Decimal("0.0"), Decimal("-0"), Decimal("-0.5")])
def test_numbers_above_zero(campo: Campo, valor: Any) -> None:
    assert invalido(campo, valor) == "Deve ser maior que zero."


@pytest.mark.parametrize("valor", ["0.000001", "1.500000", "1.5000000000000", "2", "1E+2", "12345678901234567890E+12"])
def test_quantities_are_never_rounded(valor: str) -> None:
    assert Quantidade().deserialize(Decimal(valor)) == Decimal(valor)


@pytest.mark.parametrize("valor", ["0.0000001", "1.0000001", "1.12345678", "0.30000000000000004", "1E-7"])
def test_quantities_with_more_than_6_decimals(valor: str) -> None:
    assert invalido(Quantidade(), Decimal(valor)) == CASAS


@pytest.mark.parametrize("valor", [0, 50, Decimal("99.999999")])
def test_percentages(valor: Any) -> None:
    assert Percentual().deserialize(valor) == valor


@pytest.mark.parametrize("valor", [100, Decimal("100.000001"), 1000])
def test_percentages_from_100(valor: Any) -> None:
    assert invalido(Percentual(), valor) == "Deve ser menor que 100."


@given(st.decimals(allow_nan=False, allow_infinity=False) | st.integers())
def test_any_number_is_read_exactly_or_refused(valor: Any) -> None:
    for campo in (Numero(), Quantidade(), Percentual()):
        with contextlib.suppress(ValidationError):
            assert campo.deserialize(valor) == valor


@pytest.mark.parametrize(("valor", "lido"), [("100-1", "100-1"), (" 100-1 ", "100-1"), ("0100-01", "0100-01")])
def test_product(valor: str, lido: str) -> None:
    """The text as sent, and what it names."""
    produto = IdProdutoRetaguarda().deserialize(valor)
    assert produto == lido
    assert produto.produto == IdProduto(100, 1)


@pytest.mark.parametrize("valor", ["x", "100", 100, -1, "-1", "100-", "1-2-3", "100-1x", "100-1000000"])
def test_what_is_no_product(valor: Any) -> None:
    texto = "Deve ser <código auxiliar>-<código do produto>, como 100-1."
    assert invalido(IdProdutoRetaguarda(), valor) == texto


@pytest.mark.parametrize(
    ("valor", "lido"),
    [(100, "100"), (" 100 ", "100"), ("rca-8", "RCA-8"), ("RCA-8", "RCA-8"), (Decimal("100.0"), "100")],
)
def test_seller(valor: Any, lido: str) -> None:
    """The text, and whom it names."""
    vendedor = IdVendedorRetaguarda().deserialize(valor)
    assert vendedor == lido
    assert str(vendedor.vendedor) == lido


@pytest.mark.parametrize("valor", ["x", "RCA-", "RCA-10000", 100000000, -1, "1.5", "RCA--8"])
def test_what_is_no_seller(valor: Any) -> None:
    assert invalido(IdVendedorRetaguarda(), valor) == "Deve ser uma matrícula (só números) ou RCA-<código>."


@pytest.mark.parametrize(
    ("valor", "tipo"),
    [
        (0, 0),
        ("1", 1),
        ("RI", 0),
        ("rp", 1),
        ("En", 2),
        ("ENTREGA_NORMAL", 2),
        ("retira_imediata", 0),
        (3, 3),
        ("EF", 3),
        ("encomenda", 3),
    ],
)
def test_kind_of_delivery(valor: Any, tipo: int) -> None:
    assert TipoEntrega().deserialize(valor) == tipo


@pytest.mark.parametrize("valor", [4, -1, "4", "x"])
def test_what_is_no_kind_of_delivery(valor: Any) -> None:
    assert invalido(TipoEntrega(), valor) == "Deve ser 0 (RI), 1 (RP), 2 (EN) ou 3 (EF)."


@pytest.mark.parametrize(
    ("valor", "lida"),
    [
        ("2026-11-30", dt.date(2026, 11, 30)),
        (" 2026-11-30 ", dt.date(2026, 11, 30)),
        ("2028-02-29", dt.date(2028, 2, 29)),
        ("2026-11-30T23:30:00", dt.datetime(2026, 11, 30, 23, 30)),  # noqa: DTZ001 - without offset
        ("2026-11-30T23:30:00Z", dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC)),
        ("2026-11-30T20:30:00.5-03:00", dt.datetime(2026, 11, 30, 23, 30, 0, 500_000, tzinfo=dt.UTC)),
    ],
)
def test_day_or_date_time(valor: str, lida: Any) -> None:
    assert DataOuHora().deserialize(valor) == lida


@pytest.mark.parametrize("valor", ["2026-11-30", "2026-11-30T23:30:00Z", "2026-11-30T23:30:00-05:00"])
def test_of_a_delivery_the_day_as_written(valor: str) -> None:
    dia = Data().deserialize(valor)
    assert (type(dia), dia) == (dt.date, dt.date(2026, 11, 30))


@pytest.mark.parametrize(
    "valor",
    [
        *("", "x", "amanhã", "30/11/2026", "2026-11", "2026-13-01", "2026-02-29", "2026-11-31", "2026-11-3０"),
        *("2026-11-30\x00", "2026-11-30T25:00:00", "2026-11-30T10:00:00+99:00", "1795000000"),
        *(1795000000, Decimal("1.5"), True, [], {}),
    ],
)
@pytest.mark.parametrize("campo", [Data(), DataOuHora()])
def test_what_is_no_date(campo: Campo, valor: Any) -> None:
    assert invalido(campo, valor) == "Deve ser uma data ISO 8601, como 2026-11-30."


@pytest.mark.parametrize("valor", ["1999-12-31", "2101-01-01", "1970-01-01", "9999-12-31T23:59:59-05:00"])
@pytest.mark.parametrize("campo", [Data(), DataOuHora()])
def test_dates_out_of_this_century(campo: Campo, valor: str) -> None:
    assert invalido(campo, valor) == "Deve ficar entre os anos 2000 e 2100."


@pytest.mark.parametrize(
    "valor",
    [
        *("0001-01-01", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000-03:06"),
        *("0000-00-00", "0000-00-00 00:00:00", "-0001-11-30T00:00:00+00:00", "1899-12-30T00:00:00.000Z"),
    ],
)
@pytest.mark.parametrize("campo", [Data(), DataOuHora()])
def test_the_date_that_a_language_writes_for_none(campo: Campo, valor: str) -> None:
    assert campo.deserialize(valor) is None


@pytest.mark.parametrize(("valor", "lido"), [("7d", "7d"), ("36H", "36h"), (" 8D ", "8d")])
def test_lock_ttl(valor: str, lido: str) -> None:
    assert LockTTL().deserialize(valor) == lido


@pytest.mark.parametrize("valor", ["7", 7, "0d", "-1d", "7 dias", "", True, Decimal("7"), [], ["7d"], {}])
def test_malformed_lock_ttl(valor: Any) -> None:
    assert invalido(LockTTL(), valor) == (
        "Deve ser um prazo como 7d, 36h, 30m ou 07.12:00:00 (dias, horas, minutos e segundos)."
    )
