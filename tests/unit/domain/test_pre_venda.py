"""Ids of the contract, and the fingerprint by which a repeated pre-sale is known (R3, R6, R12)."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pre_venda import (
    IdProduto,
    IdVendedor,
    Situacao,
    impressao,
    impressao_anterior,
    parse_id_produto,
    parse_id_vendedor,
    parse_pre_venda,
)
from app.domain.valores import TextoCompleto
from tests.support.builders import id_enviado, vendedor_enviado


@pytest.mark.parametrize(
    ("texto", "esperado"),
    [
        ("100-1", IdProduto(100, 1)),
        (" 7891234567895-1001 ", IdProduto(7891234567895, 1001)),
        ("00100-000001", IdProduto(100, 1)),
        ("99999999999999999999-999999", IdProduto(10**20 - 1, 999999)),
        ("0" * 5000 + "100-" + "0" * 5000 + "1", IdProduto(100, 1)),
        ("0-0", IdProduto(0, 0)),
    ],
)
def test_product_id(texto: str, esperado: IdProduto) -> None:
    assert parse_id_produto(texto) == esperado


@pytest.mark.parametrize(
    "texto",
    [
        *("", "-", "100", "100-", "-1", "100 - 1", "1-100-1", "-100-1", "A-1", "100-A", "100_000-1", "+100-1"),
        *("100-1000000", "1" * 21 + "-1", "100–1", "100-1.0", "１００-1", "١٠٠-1", "100-²", "100-1\x00"),
    ],
)
def test_text_that_is_no_product_id(texto: str) -> None:
    assert parse_id_produto(texto) is None


@given(st.integers(0, 10**20 - 1), st.integers(0, 999999))
def test_product_id_is_written_as_it_is_read(codauxiliar: int, codprod: int) -> None:
    produto = IdProduto(codauxiliar, codprod)
    assert parse_id_produto(str(produto)) == produto


@given(st.text())
def test_a_product_id_is_read_or_refused_never_an_error(texto: str) -> None:
    lido = parse_id_produto(texto)
    assert lido is None or parse_id_produto(str(lido)) == lido


@pytest.mark.parametrize(
    ("texto", "esperado"),
    [
        ("100", IdVendedor(100, rca=False)),
        ("00000100", IdVendedor(100, rca=False)),
        (" 99999999 ", IdVendedor(99999999, rca=False)),
        ("RCA-8", IdVendedor(8, rca=True)),
        ("rca-0008", IdVendedor(8, rca=True)),
        ("Rca-9999", IdVendedor(9999, rca=True)),
        ("0" * 5000 + "1", IdVendedor(1, rca=False)),
    ],
)
def test_seller_id(texto: str, esperado: IdVendedor) -> None:
    assert parse_id_vendedor(texto) == esperado


@pytest.mark.parametrize(
    "texto",
    [
        "",
        "RCA",
        "RCA-",
        "RCA-A",
        "RCA--1",
        "RCA-10000",
        "100000000",
        "1-1",
        "-1",
        "1.5",
        "RCA-1.5",
        "RCA- 1",
        "٣",
        "RC-1",
    ],
)
def test_text_that_is_no_seller_id(texto: str) -> None:
    assert parse_id_vendedor(texto) is None


def test_what_is_missing_is_none_and_items_keep_their_place() -> None:
    lida = parse_pre_venda({"preVendaItens": [{}, {"idProdutoRetaguarda": id_enviado("100-1"), "itensKit": [{}]}]})
    assert (lida.situacao, lida.numero, lida.filial, lida.id_retaguarda, lida.cliente) == (None,) * 5
    assert [item.campo for item in lida.itens] == ["/preVendaItens/0", "/preVendaItens/1"]
    assert lida.itens[1].produto == IdProduto(100, 1)
    assert lida.itens[1].itens_kit[0].campo == "/preVendaItens/1/itensKit/0"


DADOS: dict[str, Any] = {
    "situacaoPreVenda": Situacao.DISPONIVEL,
    "numero": "PV-1",
    "idLojaRetaguarda": "1",
    "dataExpiracaoPagamento": dt.date(2026, 3, 9),
    "cliente": {"idRetaguarda": 20},
    "preVendaItens": [
        {"idProdutoRetaguarda": id_enviado("100-1"), "quantidade": Decimal("2"), "preco": Decimal("10.5")},
        {"idProdutoRetaguarda": id_enviado("200-2"), "quantidade": Decimal("0.25"), "preco": Decimal("3")},
    ],
}


def com(**mais: Any) -> dict[str, Any]:
    return {**DADOS, **mais}


def item(**mais: Any) -> dict[str, Any]:
    return com(preVendaItens=[{**DADOS["preVendaItens"][0], **mais}, DADOS["preVendaItens"][1]])


def test_fingerprint_is_its_version_and_a_sha_256() -> None:
    versao, _, resumo = impressao(DADOS).partition(":")
    assert (versao, len(impressao(DADOS))) == ("2", 64)
    assert set(resumo) <= set("0123456789abcdef")


def test_the_fingerprint_of_the_version_before() -> None:
    """As it was computed when the requests under it were stored."""
    assert impressao_anterior(DADOS) == "eb4f0f56966fd984c9e8241619489d855537779615d4c77413ea6d740434bc4d"
    assert impressao_anterior(item(idProdutoRetaguarda=id_enviado("0100-1"))) != impressao_anterior(DADOS)


def baralhar(valor: Any, acaso: random.Random) -> Any:
    if isinstance(valor, dict):
        membros = [(nome, baralhar(membro, acaso)) for nome, membro in valor.items()]
        acaso.shuffle(membros)
        return dict(membros)
    return [baralhar(membro, acaso) for membro in valor] if isinstance(valor, list) else valor


@given(st.randoms(use_true_random=False))
def test_order_of_members_does_not_count(acaso: random.Random) -> None:
    assert impressao(baralhar(DADOS, acaso)) == impressao(DADOS)


CLIENTE = {"cpfCnpj": "529.982.247-25", "cep": "01001-000", "celular": "(11) 98888-7777", "estado": "SP"}


@pytest.mark.parametrize(
    "outra",
    [
        item(idProdutoRetaguarda=id_enviado("00100-000001")),
        item(desconto=Decimal(0)),
        item(descontoPercentual=Decimal("0.00")),
        item(desconto=Decimal(0), descontoPercentual=Decimal(0)),
        item(entrega={"idLojaEntregaRetaguarda": "1"}),
        com(dataExpiracaoPagamento=dt.datetime(2026, 3, 9, 18, 30)),  # noqa: DTZ001 - without offset
    ],
)
def test_what_means_the_same_has_one_fingerprint(outra: dict[str, Any]) -> None:
    assert impressao(outra) == impressao(DADOS)


@pytest.mark.parametrize(
    "outro",
    [
        {**CLIENTE, "cpfCnpj": "52998224725"},
        {**CLIENTE, "cep": "01001000"},
        {**CLIENTE, "cep": "01.001-000"},
        {**CLIENTE, "celular": "11988887777"},
        {**CLIENTE, "estado": "sp"},
    ],
)
def test_a_customer_in_other_spellings(outro: dict[str, Any]) -> None:
    assert impressao(com(cliente=outro)) == impressao(com(cliente=CLIENTE))


def test_sellers_and_terms_in_other_spellings() -> None:
    um, outro = (item(idVendedorRetaguarda=vendedor_enviado(texto)) for texto in ("RCA-8", "rca-0008"))
    assert impressao(um) == impressao(outro) != impressao(item(idVendedorRetaguarda=vendedor_enviado("8")))
    assert impressao(com(lockTTL="7d")) == impressao(com(lockTTL="168h")) != impressao(com(lockTTL="8d"))


@pytest.mark.parametrize(
    "outra",
    [
        item(entrega={"idLojaEntregaRetaguarda": "2"}),
        item(entrega={"tipoEntrega": 0}),
        item(desconto=Decimal(1)),
        item(idProdutoRetaguarda=id_enviado("101-1")),
        com(cliente={**CLIENTE, "cep": "01001-001"}),
        com(cliente={**CLIENTE, "cep": "x"}),
    ],
)
def test_what_means_another_thing_has_another(outra: dict[str, Any]) -> None:
    assert impressao(outra) not in {impressao(DADOS), impressao(com(cliente=CLIENTE))}


def test_with_a_discount_in_money_a_percentage_of_zero_counts() -> None:
    assert impressao(item(desconto=Decimal(1), descontoPercentual=Decimal(0))) != impressao(item(desconto=Decimal(1)))


def test_a_document_that_came_as_a_number_is_stored_under_what_came() -> None:
    cheio = com(cliente={"cpfCnpj": TextoCompleto("01234567890", "1234567890")})
    assert impressao_anterior(cheio) == impressao_anterior(com(cliente={"cpfCnpj": "1234567890"}))
    assert impressao(cheio) == impressao(com(cliente={"cpfCnpj": "012.345.678-90"}))


def test_order_of_items_counts() -> None:
    assert impressao(com(preVendaItens=DADOS["preVendaItens"][::-1])) != impressao(DADOS)


@pytest.mark.parametrize("vazio", [None, {}, [], {"nome": None}, {"a": {"b": None}}])
def test_null_and_empty_are_absent(vazio: Any) -> None:
    assert impressao(com(observacoes=vazio)) == impressao(DADOS)
    assert impressao(item(entrega=vazio)) == impressao(DADOS)


@pytest.mark.parametrize("nome", ["idPdv", "offline", "idInquilino"])
def test_what_names_the_transport_does_not_count(nome: str) -> None:
    assert impressao(com(**{nome: "outro"})) == impressao(DADOS)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.integers(0, 12))
def test_trailing_zeros_and_notation_do_not_count(valor: Decimal, zeros: int) -> None:
    escrito = Decimal(f"{valor:f}" + "0" * zeros)
    assert impressao(item(preco=escrito)) == impressao(item(preco=valor))


@pytest.mark.parametrize("outro", ["1E+1", "10", "10.0", "0.00010E+5", "1000E-2"])
def test_one_number_in_many_notations(outro: str) -> None:
    assert impressao(item(preco=Decimal(outro))) == impressao(item(preco=Decimal("10.00")))


def test_every_zero_is_the_same() -> None:
    assert {impressao(item(desconto=Decimal(zero))) for zero in ("0", "0.00", "-0", "0E+9")} == {impressao(DADOS)}


@pytest.mark.parametrize(
    "outra",
    [
        com(numero="PV-2"),
        com(idLojaRetaguarda="2"),
        com(situacaoPreVenda=Situacao.RECEBIDO),
        com(dataExpiracaoPagamento=dt.date(2026, 3, 10)),
        com(cliente={"idRetaguarda": 21}),
        com(observacoes="x"),
        com(lockTTL="7d"),
        item(quantidade=Decimal("2.000001")),
        item(preco=Decimal("10.500001")),
        item(desconto=Decimal("0.01")),
        item(itensKit=[{}]),
    ],
    ids=lambda dados: "-".join(sorted(k for k in dados if dados[k] != DADOS.get(k))),
)
def test_other_content_is_another_fingerprint(outra: dict[str, Any]) -> None:
    assert impressao(outra) != impressao(DADOS)


numeros = st.decimals(allow_nan=False, allow_infinity=False) | st.integers()


@given(numeros, numeros)
def test_two_numbers_have_one_fingerprint_only_if_they_are_equal(um: Any, outro: Any) -> None:
    assert (impressao(DADOS, {"x": um}) == impressao(DADOS, {"x": outro})) is (um == outro)


def test_members_that_the_site_mapped_count() -> None:
    assert impressao(DADOS, {"x": "a"}) != impressao(DADOS)
    assert impressao(DADOS, {"x": "a"}) != impressao(DADOS, {"x": "b"})
    assert impressao(DADOS, {"x": None}) == impressao(DADOS)
    assert impressao(DADOS, {"x": [1, None]}) != impressao(DADOS, {"x": [1]})


def test_extras_are_not_mistaken_for_members_of_the_contract() -> None:
    assert impressao(com(observacoes="x")) != impressao(DADOS, {"observacoes": "x"})


@pytest.mark.parametrize("texto", ["1E+1000000", "1E-1000000", "0." + "1" * 398, "1" * 400, "1E+99999999999999999"])
def test_numbers_of_any_size_that_a_body_may_hold(texto: str) -> None:
    valor = Decimal(texto)
    assert impressao({}, {"x": valor}) != impressao({}, {"x": valor.copy_negate()})
