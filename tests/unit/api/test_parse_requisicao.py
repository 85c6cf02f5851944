"""From a JSON body to a Requisicao: what is tolerated, what is refused, all of it at once (§4.2)."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.contrato.requisicao import parse_requisicao
from app.api.contrato.schemas import json_paths
from app.api.respostas.texto import json_texto
from app.domain.cliente import Cliente, escolher_cliente
from app.domain.estoque import somar_necessidades
from app.domain.itens import Cadastro, Embalagem, Produto, montar_linhas
from app.domain.pre_venda import IdProduto, IdVendedor, Situacao
from app.domain.validade import calcular_expiracao, ler_lock_ttl
from app.domain.vendedor import Vendedores, escolher_vendedores
from app.services.operacao.requisicao import Requisicao
from tests.support.builders import cliente_completo, componente, item, kit, pre_venda

GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"

# Every text that a problem may have.
MENSAGENS = re.compile(
    r"Campo obrigatório\.( O número da reserva\.)?( Veio \S+: seria \S+\?)?"
    r"|Deve ser (texto|um número|um objeto|uma lista|maior que zero|menor que 100)\."
    r"|Deve ser maior que zero depois de arredondado a 6 casas\."
    r"|Deve ser um código de até \d+ dígitos\."
    r"|Deve ser 0 CANCELADA, 1 RECEBIDO, 2 DISPONIVEL ou 3 RESGATADA\."
    r"|Deve ser 0 \(RI\), 1 \(RP\), 2 \(EN\) ou 3 \(EF\)\."
    r"|Deve ser <código auxiliar>-<código do produto>, como 100-1\."
    r"|Deve ser uma matrícula \(só números\) ou RCA-<código>\."
    r"|Deve ser uma data ISO 8601, como 2026-11-30\."
    r"|Veio texto; deve ser um número sem aspas\."
    r"|Veio texto com vírgula; deve ser um número sem aspas e com ponto decimal, como 120\.50\."
    r"|Deve ser um prazo como 7d, 36h, 30m ou 07\.12:00:00 \(dias, horas, minutos e segundos\)\."
    r"|Deve ficar entre os anos 2000 e 2100\."
    r"|Deve ter no máximo \d+ bytes\."
    r"|Deve ter até 20 dígitos e expoente até ±12\."
    r"|Deve ter até 6 casas decimais\."
    r"|Deve ter até 500 itens\."
    r"|Deve ter ao menos um item\.( Veio \S+: seria \S+\?)?"
    r"|Não pode ser negativo\."
    r"|Não existe filial com mais de 2 caracteres\."
    r"|Um kit tem no máximo 100 componentes\."
    r"|idRetaguardaLojaEntrega e idLojaEntregaRetaguarda vieram diferentes\."
    r"|DELETE só aceita a situação 0 CANCELADA\."
    r"|Não pode ter (caracteres de controle|tabulação nem quebra de linha)\."
)


def ler(corpo: dict[str, Any], **mais: Any) -> Requisicao:
    return parse_requisicao(corpo, caller="pdv1", **mais)


def problemas(corpo: dict[str, Any], **mais: Any) -> list[tuple[str, str | None]]:
    """Pointer and message of every problem, in the order of the pointers."""
    return sorted((p.campo or "", p.mensagem) for p in ler(corpo, **mais).problemas)


def bom(corpo: dict[str, Any], **mais: Any) -> Requisicao:
    requisicao = ler(corpo, **mais)
    assert list(requisicao.problemas) == []
    return requisicao


def no_item(**mais: Any) -> dict[str, Any]:
    return pre_venda({**item(), **mais})


# --- tolerated -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("produto", "impressao"),
    [
        ("100-1", "ec0215052c01fcf9e7fede8b03ba47821b3f99f303d991acaddbc4978bd02467"),
        (" 100-1 ", "ec0215052c01fcf9e7fede8b03ba47821b3f99f303d991acaddbc4978bd02467"),
        ("00100-000001", "325dab37e236d2c88c798a08f25fe7829a087bb20920eb9ff4e15a1990e2ccc9"),
        ("0" * 50 + "100-1", "f3f5339237df51284df7c462e64968c3f5ec489f9b394fb91283f4875e128671"),
    ],
)
def test_fingerprints_that_are_stored_already_stay(produto: str, impressao: str) -> None:
    """A request is known again by the one that an older release stored of it."""
    corpo = pre_venda(item(produto), kit(itensKit=[componente(produto, 2, 10)]))
    assert bom(corpo).impressoes[1] == impressao


@pytest.mark.parametrize(
    ("situacao", "formas"),
    [
        (Situacao.CANCELADA, [0, "0", "CANCELADA", "cancelada", " Cancelada "]),
        (Situacao.RECEBIDO, [1, "1", "RECEBIDO", "recebido", " Recebido "]),
        (Situacao.DISPONIVEL, [2, "2", "DISPONIVEL", "disponivel", " Disponivel "]),
        (Situacao.RESGATADA, [3, "3", "RESGATADA", "resgatada", " Resgatada "]),
    ],
)
def test_every_form_of_the_state_is_one_request(situacao: Situacao, formas: list[Any]) -> None:
    lidos = [bom(pre_venda(idRetaguarda=8000001) | {"situacaoPreVenda": forma}) for forma in formas]
    assert {requisicao.pre_venda.situacao for requisicao in lidos} == {situacao}
    assert len({requisicao.impressao for requisicao in lidos}) == 1


@pytest.mark.parametrize(
    "entrega",
    [
        {"idLojaEntregaRetaguarda": "2"},
        {"idRetaguardaLojaEntrega": "2"},
        {"idRetaguardaLojaEntrega": 2},
        {"idLojaEntregaRetaguarda": 2, "idRetaguardaLojaEntrega": " 2 "},
        {"idLojaEntregaRetaguarda": "2", "idRetaguardaLojaEntrega": None},
        {"idLojaEntregaRetaguarda": 0, "idRetaguardaLojaEntrega": "2"},
        {"idLojaEntregaRetaguarda": "", "idRetaguardaLojaEntrega": "2"},
    ],
)
def test_both_names_of_the_delivery_branch(entrega: dict[str, Any]) -> None:
    requisicao = bom(no_item(entrega=entrega))
    assert requisicao.pre_venda.itens[0].filial_entrega == "2"
    assert requisicao.impressao == bom(no_item(entrega={"idLojaEntregaRetaguarda": "2"})).impressao
    assert list(requisicao.avisos) == []


def test_two_names_of_the_delivery_branch_that_differ() -> None:
    entrega = {"idLojaEntregaRetaguarda": "1", "idRetaguardaLojaEntrega": "2"}
    assert problemas(no_item(entrega=entrega)) == [
        ("/preVendaItens/0/entrega", "idRetaguardaLojaEntrega e idLojaEntregaRetaguarda vieram diferentes.")
    ]


@pytest.mark.parametrize("vazio", [None, "", " ", 0, "0", " 0 ", Decimal("0.0")])
@pytest.mark.parametrize("nome", ["idRetaguarda", "idOperadorRetaguarda", "idPdv", "idInquilino"])
def test_empty_ids_are_absent(nome: str, vazio: Any) -> None:
    requisicao = bom(pre_venda(**{nome: vazio}))
    assert nome not in requisicao.dados
    assert requisicao.impressao == bom(pre_venda()).impressao


@pytest.mark.parametrize("vazio", [None, "", " ", 0, "0"])
def test_empty_ids_in_what_is_nested_are_absent(vazio: Any) -> None:
    corpo = no_item(idVendedorRetaguarda=vazio, entrega={"idLojaEntregaRetaguarda": vazio})
    corpo |= {"cliente": {"idRetaguarda": vazio}, "pagamentos": [{"pagamentoCondicao": {"idRetaguarda": vazio}}]}
    lida = bom(corpo).pre_venda
    assert (lida.itens[0].vendedor, lida.itens[0].filial_entrega, lida.cliente) == (None, None, {})


@pytest.mark.parametrize("vazio", [None, "", " ", 0, "0"])
@pytest.mark.parametrize("nome", ["idLojaRetaguarda", "idProdutoRetaguarda"])
def test_an_empty_id_that_is_obligatory_is_missing(nome: str, vazio: Any) -> None:
    corpo = pre_venda() | {nome: vazio} if nome == "idLojaRetaguarda" else no_item(**{nome: vazio})
    pointer = f"/{nome}" if nome == "idLojaRetaguarda" else f"/preVendaItens/0/{nome}"
    assert problemas(corpo) == [(pointer, "Campo obrigatório.")]


@pytest.mark.parametrize("guid", [GUID, GUID.upper(), f" {GUID} "])
def test_a_guid_is_no_customer_code(guid: str) -> None:
    requisicao = bom(pre_venda(cliente={"idRetaguarda": guid, "nome": "Maria"}))
    assert requisicao.pre_venda.cliente == {"nome": "Maria"}


def test_a_guid_is_nothing_else() -> None:
    assert problemas(pre_venda(idRetaguarda=GUID)) == [("/idRetaguarda", "Deve ser um código de até 10 dígitos.")]


def test_ids_as_number_or_text_are_one_request() -> None:
    como_numero = pre_venda(
        {**item(), "idVendedorRetaguarda": 100},
        numero=17,  # type: ignore[arg-type]
        loja=1,
        idOperadorRetaguarda=200,
        idRetaguarda=8000001,
        cliente={"idRetaguarda": 20, "numero": 12},
    )
    como_texto = pre_venda(
        {**item(), "idVendedorRetaguarda": "100"},
        numero="17",
        loja="1",
        idOperadorRetaguarda="200",
        idRetaguarda=" 8000001 ",
        cliente={"idRetaguarda": "20", "numero": "12"},
    )
    requisicao = bom(como_numero)
    assert requisicao.impressao == bom(como_texto).impressao
    lida = requisicao.pre_venda
    assert (lida.numero, lida.filial, lida.id_retaguarda, lida.operador) == ("17", "1", 8000001, 200)
    assert lida.itens[0].vendedor == IdVendedor(100, rca=False)


def test_null_members_are_absent() -> None:
    nulos = dict.fromkeys(["observacoes", "cliente", "pagamentos", "lockTTL", "dataExpiracaoPagamento", "offline"])
    corpo = pre_venda({**item(), **dict.fromkeys(["desconto", "entrega", "itensKit"])}, **nulos)
    assert bom(corpo).impressao == bom(pre_venda()).impressao


def test_unknown_members_are_named_once_without_their_values() -> None:
    corpo = pre_venda(
        {**item(), "cor": "SEGREDO", "entrega": {"turno": "SEGREDO"}},
        {**item(), "cor": "SEGREDO", "itensKit": []},
        apelido={"nome": "SEGREDO", "x": [{"y": "SEGREDO"}]},
        cliente={"mae": "SEGREDO"},
    )
    requisicao = bom(corpo)
    (aviso,) = requisicao.avisos
    assert aviso.codigo == "MEMBROS_IGNORADOS"
    assert aviso.mensagem == "Há membros que o contrato não conhece; foram ignorados."
    assert aviso.campos == ("apelido", "cliente.mae", "preVendaItens[].cor", "preVendaItens[].entrega.turno")
    assert "SEGREDO" not in json_texto(dict(requisicao.dados))


def test_unknown_members_do_not_change_the_request() -> None:
    assert bom(pre_venda({**item(), "x": 1}, y=[2])).impressao == bom(pre_venda()).impressao


def test_a_name_with_dots_is_unknown() -> None:
    (aviso,) = bom(pre_venda(**{"cliente.nome": "Maria", "preVendaItens[]": 1})).avisos
    assert aviso.campos == ("cliente.nome", "preVendaItens[]")


def test_at_most_fifty_unknown_members_are_named() -> None:
    (aviso,) = bom(pre_venda(**{f"x{i:03}": i for i in range(200)})).avisos
    assert aviso.campos == tuple(f"x{i:03}" for i in range(50))


def test_a_known_body_has_no_aviso() -> None:
    corpo = pre_venda(item(), kit(itensKit=[componente("100-1", 2, 10)]), cliente=cliente_completo(), offline=True)
    assert list(bom(corpo).avisos) == []


def test_members_that_the_site_mapped_are_known_and_count() -> None:
    extras = ("vendedor.setor", "preVendaItens[].cor")
    azul, verde = (pre_venda({**item(), "cor": cor}, vendedor={"setor": 1}) for cor in ("azul", "verde"))
    requisicao = bom(azul, caminhos_extras=extras)
    assert list(requisicao.avisos) == []
    assert requisicao.impressao != bom(verde, caminhos_extras=extras).impressao
    assert bom(azul).impressao == bom(verde).impressao


# --- prices and quantities -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preco", "lido", "avisa"),
    [
        ("10.5", "10.5", False),
        ("0.0000005", "0.000001", True),
        ("10.0000005", "10.000001", True),
        ("10.00000149", "10.000001", True),
        ("10.000000001", "10", False),  # 0.000000001 is still noise
        ("10.0000000011", "10", True),
        ("30.299999999999997", "30.3", False),  # what a binary float makes of 3 × 10.1
        ("0.30000000000000004", "0.3", False),
        ("1E+2", "100", False),
        ("1050E-2", "10.5", False),
    ],
)
def test_prices_are_rounded_half_up_to_6_decimals(preco: str, lido: str, avisa: bool) -> None:
    requisicao = bom(no_item(preco=Decimal(preco)))
    assert requisicao.pre_venda.itens[0].preco == Decimal(lido)
    avisos = [(a.codigo, a.campos) for a in requisicao.avisos]
    assert avisos == ([("VALOR_ARREDONDADO", ("/preVendaItens/0/preco",))] if avisa else [])


def test_one_aviso_names_all_that_was_rounded() -> None:
    fino = Decimal("1.0000004")
    corpo = pre_venda(
        {**item(), "desconto": fino}, kit(descontoPercentual=fino, itensKit=[componente("100-1", 2, fino)])
    )
    (aviso,) = bom(corpo).avisos
    assert aviso.campos == (
        "/preVendaItens/0/desconto",
        "/preVendaItens/1/descontoPercentual",
        "/preVendaItens/1/itensKit/0/preco",
    )


def test_noise_does_not_make_another_request() -> None:
    assert bom(no_item(preco=Decimal("30.299999999999997"))).impressao == bom(no_item(preco=Decimal("30.30"))).impressao


def test_a_price_of_which_nothing_is_left() -> None:
    texto = "Deve ser maior que zero depois de arredondado a 6 casas."
    assert problemas(no_item(preco=Decimal("0.0000004"))) == [("/preVendaItens/0/preco", texto)]


def test_a_component_may_be_free() -> None:
    assert bom(pre_venda(kit(itensKit=[componente("100-1", 2, 0)]))).pre_venda.itens[0].itens_kit[0].preco == 0


NUMEROS = ["quantidade", "preco", "desconto", "descontoPercentual"]
DIGITOS = "Deve ter até 20 dígitos e expoente até ±12."


@pytest.mark.parametrize("nome", NUMEROS)
@pytest.mark.parametrize("texto", ["123456789012345678901", "1.00000000000000000000", "1E+13", "1E-13", "1E+1000000"])
def test_numbers_beyond_20_digits_or_exponent_12(nome: str, texto: str) -> None:
    assert problemas(no_item(**{nome: Decimal(texto)})) == [(f"/preVendaItens/0/{nome}", DIGITOS)]


@pytest.mark.parametrize("nome", ["quantidade", "preco", "desconto"])
@pytest.mark.parametrize("texto", ["12345678901234567890", "12345678901234567890E+12", "1E+12"])
def test_20_digits_and_exponent_12(nome: str, texto: str) -> None:
    assert problemas(no_item(**{nome: Decimal(texto)})) == []


@pytest.mark.parametrize("texto", ["1E-12", "0.123456789012"])
def test_exponent_minus_12(texto: str) -> None:
    assert problemas(no_item(desconto=Decimal(texto))) == []
    assert problemas(no_item(quantidade=Decimal(texto))) == [
        ("/preVendaItens/0/quantidade", "Deve ter até 6 casas decimais.")
    ]


@pytest.mark.parametrize("quantidade", ["1.0000001", "0.30000000000000004"])
def test_quantities_are_never_rounded(quantidade: str) -> None:
    campo = "/preVendaItens/0"
    corpo = pre_venda(kit(Decimal(quantidade), itensKit=[componente("100-1", Decimal(quantidade), 1)]))
    assert problemas(corpo) == [
        (f"{campo}/itensKit/0/quantidade", "Deve ter até 6 casas decimais."),
        (f"{campo}/quantidade", "Deve ter até 6 casas decimais."),
    ]


@pytest.mark.parametrize("nome", NUMEROS)
@pytest.mark.parametrize(
    ("valor", "texto"),
    [
        ("10", "Veio texto; deve ser um número sem aspas."),
        ("10,5", "Veio texto com vírgula; deve ser um número sem aspas e com ponto decimal, como 120.50."),
        (True, "Deve ser um número."),
        (False, "Deve ser um número."),
    ],
)
def test_amounts_must_be_numbers(nome: str, valor: Any, texto: str) -> None:
    assert problemas(no_item(**{nome: valor})) == [(f"/preVendaItens/0/{nome}", texto)]


# --- what each state needs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("itens", [None, [], ""])
def test_a_reservation_needs_an_item(itens: Any) -> None:
    esperado = [("/preVendaItens", "Deve ter ao menos um item.")]
    assert problemas(pre_venda() | {"preVendaItens": itens}) == esperado
    assert problemas(pre_venda(idRetaguarda=8000001) | {"preVendaItens": itens}) == esperado


@pytest.mark.parametrize("situacao", [0, 1, 3])
def test_the_other_states_need_no_items_but_the_number(situacao: int) -> None:
    corpo: dict[str, Any] = {"situacaoPreVenda": situacao, "numero": "PV-1", "idLojaRetaguarda": "1"}
    (problema,) = ler(corpo).problemas
    assert (problema.codigo, problema.campo) == ("RETAGUARDA_OBRIGATORIO", "/idRetaguarda")
    assert list(bom(corpo | {"idRetaguarda": 8000001}).pre_venda.itens) == []


@pytest.mark.parametrize("situacao", [0, 3])
@pytest.mark.parametrize(
    ("nome", "valor"),
    [
        ("preVendaItens", "lixo"),
        ("preVendaItens", [{"quantidade": "muita"}, None, 7]),
        ("cliente", {"cep": []}),
        ("pagamentos", True),
        ("lockTTL", "sempre"),
        ("dataExpiracaoPagamento", "amanhã"),
        ("observacoes", {}),
    ],
)
def test_what_acts_on_what_is_stored_does_not_read_the_rest(situacao: int, nome: str, valor: Any) -> None:
    corpo = pre_venda(idRetaguarda=8000001) | {"situacaoPreVenda": situacao}
    assert bom(corpo | {nome: valor}).impressao == bom(corpo).impressao


def test_a_payment_reads_what_it_is_sent() -> None:
    corpo = pre_venda(idRetaguarda=8000001, pagamentos=[{"pagamentoForma": {"idRetaguarda": "D-POS"}}])
    requisicao = bom(corpo | {"situacaoPreVenda": 1})
    assert len(requisicao.pre_venda.itens) == 1
    assert requisicao.dados["pagamentos"] == [{"pagamentoForma": {"idRetaguarda": "D-POS"}}]


@pytest.mark.parametrize("vazio", [{}, {"situacaoPreVenda": None}, {"situacaoPreVenda": " "}, {"situacaoPreVenda": 0}])
def test_delete_cancels(vazio: dict[str, Any]) -> None:
    corpo = {"numero": "PV-1", "idLojaRetaguarda": "1", "idRetaguarda": 8000001, **vazio}
    requisicao = bom(corpo, excluir=True)
    assert (requisicao.pre_venda.situacao, requisicao.operacao) == (Situacao.CANCELADA, "C")


def test_delete_and_post_of_a_cancellation_are_one_request() -> None:
    corpo = {"numero": "PV-1", "idLojaRetaguarda": "1", "idRetaguarda": 8000001}
    assert bom(corpo, excluir=True).impressao == bom(corpo | {"situacaoPreVenda": 0}).impressao


@pytest.mark.parametrize("situacao", [1, 2, 3, "DISPONIVEL", "x"])
def test_delete_with_another_state(situacao: Any) -> None:
    requisicao = ler(pre_venda(idRetaguarda=8000001) | {"situacaoPreVenda": situacao}, excluir=True)
    assert {(p.codigo, p.campo) for p in requisicao.problemas} == {("SITUACAO_INVALIDA", "/situacaoPreVenda")}
    assert requisicao.operacao == "C"


@pytest.mark.parametrize(
    ("mais", "operacao"),
    [
        ({}, "I"),
        ({"idRetaguarda": 8000001}, "A"),
        ({"situacaoPreVenda": 0}, "C"),
        ({"situacaoPreVenda": 1}, "I"),
        ({"situacaoPreVenda": 1, "idRetaguarda": 8000001}, "A"),
        ({"situacaoPreVenda": 3, "idRetaguarda": 8000001}, "A"),
        ({"situacaoPreVenda": 0, "idRetaguarda": 8000001}, "C"),
        ({"situacaoPreVenda": 7}, "I"),
        ({"situacaoPreVenda": 7, "idRetaguarda": 8000001}, "A"),
    ],
)
def test_operation_of_the_log(mais: dict[str, Any], operacao: str) -> None:
    assert ler(pre_venda() | mais).operacao == operacao


@pytest.mark.parametrize("situacao", [None, "", 4, "x", True, [], {}, Decimal("2.5")])
def test_no_state(situacao: Any) -> None:
    (problema,) = ler(pre_venda() | {"situacaoPreVenda": situacao}).problemas
    assert (problema.codigo, problema.campo) == ("SITUACAO_INVALIDA", "/situacaoPreVenda")


@pytest.mark.parametrize(("quantos", "bons"), [(500, True), (501, False)])
def test_number_of_items(quantos: int, bons: bool) -> None:
    corpo = pre_venda(*[item()] * quantos)
    assert problemas(corpo) == ([] if bons else [("/preVendaItens", "Deve ter até 500 itens.")])


@pytest.mark.parametrize(("quantos", "bons"), [(100, True), (101, False)])
def test_number_of_components(quantos: int, bons: bool) -> None:
    corpo = pre_venda(kit(itensKit=[componente("100-1", 1, 1)] * quantos))
    assert problemas(corpo) == ([] if bons else [("/preVendaItens/0/itensKit", "Deve ter até 100 componentes.")])


# --- refused ---------------------------------------------------------------------------------------------------------


def test_an_empty_object_misses_what_is_obligatory() -> None:
    assert problemas({}) == [
        ("/idLojaRetaguarda", "Campo obrigatório."),
        ("/numero", "Campo obrigatório."),
        ("/situacaoPreVenda", "Campo obrigatório."),
    ]


def test_all_problems_are_told_at_once() -> None:
    corpo = {
        "situacaoPreVenda": 2,
        "numero": "x" * 51,
        "idLojaRetaguarda": "100",
        "idRetaguarda": "12345678901",
        "lockTTL": "sempre",
        "dataExpiracaoPagamento": "amanhã",
        "cliente": {"cep": 1.5, "idRetaguarda": "x"},
        "preVendaItens": [
            item(),
            {"quantidade": 0, "preco": "10", "idProdutoRetaguarda": "100", "idVendedorRetaguarda": "RCA-"},
            7,
            {**kit(itensKit=[{}, componente("1", -1, -1)]), "descontoPercentual": 100, "desconto": -1},
        ],
        "pagamentos": [{"pagamentoCondicao": {"idRetaguarda": 10000}}],
    }
    produto = "Deve ser <código auxiliar>-<código do produto>, como 100-1."
    assert problemas(corpo) == [
        ("/cliente/cep", "Deve ser texto."),
        ("/cliente/idRetaguarda", "Deve ser um código de até 10 dígitos."),
        ("/dataExpiracaoPagamento", "Deve ser uma data ISO 8601, como 2026-11-30."),
        ("/idLojaRetaguarda", "Não existe filial com mais de 2 caracteres."),
        ("/idRetaguarda", "Deve ser um código de até 10 dígitos."),
        ("/numero", "Deve ter no máximo 50 bytes."),
        ("/pagamentos/0/pagamentoCondicao/idRetaguarda", "Deve ser um código de até 4 dígitos."),
        ("/preVendaItens/1/idProdutoRetaguarda", produto),
        ("/preVendaItens/1/idVendedorRetaguarda", "Deve ser uma matrícula (só números) ou RCA-<código>."),
        ("/preVendaItens/1/preco", "Veio texto; deve ser um número sem aspas."),
        ("/preVendaItens/1/quantidade", "Deve ser maior que zero."),
        ("/preVendaItens/2", "Deve ser um objeto."),
        ("/preVendaItens/3/desconto", "Não pode ser negativo."),
        ("/preVendaItens/3/descontoPercentual", "Deve ser menor que 100."),
        ("/preVendaItens/3/itensKit/0/idProdutoRetaguarda", "Campo obrigatório."),
        ("/preVendaItens/3/itensKit/0/preco", "Campo obrigatório."),
        ("/preVendaItens/3/itensKit/0/quantidade", "Campo obrigatório."),
        ("/preVendaItens/3/itensKit/1/idProdutoRetaguarda", produto),
        ("/preVendaItens/3/itensKit/1/preco", "Não pode ser negativo."),
        ("/preVendaItens/3/itensKit/1/quantidade", "Deve ser maior que zero."),
    ]


def test_what_is_good_is_still_read_beside_what_is_refused() -> None:
    lida = ler(pre_venda({**item(), "quantidade": "x"}, item("200-2"), idOperadorRetaguarda="x")).pre_venda
    assert (lida.numero, lida.filial, lida.operador) == ("PV-1", "1", None)
    assert [(i.produto, i.quantidade) for i in lida.itens] == [(IdProduto(100, 1), None), (IdProduto(200, 2), 2)]


@pytest.mark.parametrize(
    ("mais", "codigo"), [({"idLojaRetaguarda": "100"}, "FILIAL_NAO_ENCONTRADA"), ({"numero": []}, "CAMPO_INVALIDO")]
)
def test_code_of_a_problem(mais: dict[str, Any], codigo: str) -> None:
    assert [p.codigo for p in ler(pre_venda() | mais).problemas] == [codigo]


CHEIO = pre_venda(
    {
        **kit(itensKit=[componente("100-1", 2, 10)]),
        "desconto": 1,
        "descontoPercentual": Decimal("3.225806"),
        "idVendedorRetaguarda": "100",
        "entrega": {"idLojaEntregaRetaguarda": "2", "tipoEntrega": 0, "dataEntrega": "2026-03-09"},
    },
    observacoes="Retirar",
    idOperadorRetaguarda=100,
    idRetaguarda=8000001,
    idPdv="1",
    offline=True,
    idInquilino="x",
    lockTTL="7d",
    dataExpiracaoPagamento="2026-03-09",
    cliente={**cliente_completo(), "idRetaguarda": 20, "telefone": "1133334444", "complemento": "fundos"},
    pagamentos=[{"pagamentoForma": {"idRetaguarda": "D"}, "pagamentoCondicao": {"idRetaguarda": 1}}],
)
PATHS = sorted(json_paths())
CONTAINERS = {
    "cliente": "Deve ser um objeto.",
    "preVendaItens": "Deve ser uma lista.",
    "pagamentos": "Deve ser uma lista.",
    "preVendaItens[]": "Deve ser um objeto.",
    "preVendaItens[].entrega": "Deve ser um objeto.",
    "preVendaItens[].itensKit": "Deve ser uma lista.",
    "preVendaItens[].itensKit[]": "Deve ser um objeto.",
    "pagamentos[]": "Deve ser um objeto.",
    "pagamentos[].pagamentoForma": "Deve ser um objeto.",
    "pagamentos[].pagamentoCondicao": "Deve ser um objeto.",
}


def passos(path: str) -> Iterator[str | int]:
    for parte in path.split("."):
        yield parte.removesuffix("[]")
        if parte.endswith("[]"):
            yield 0


def pointer(path: str) -> str:
    return "".join(f"/{passo}" for passo in passos(path))


def com(path: str, valor: Any) -> dict[str, Any]:
    corpo = copy.deepcopy(CHEIO)
    *caminho, ultimo = passos(path)
    alvo: Any = corpo
    for passo in caminho:
        alvo = alvo[passo]
    alvo[ultimo] = valor
    return corpo


def test_the_full_body_is_good_and_holds_every_path() -> None:
    assert problemas(CHEIO) == []
    for path in PATHS:
        com(path, None)


@pytest.mark.parametrize("path", [path for path in PATHS if path not in {"offline", "lockTTL"}])
@pytest.mark.parametrize("valor", [[], [1], ["x"], {}, {"a": 1}, True, False, Decimal("-1.5")], ids=repr)
def test_a_wrong_type_in_any_member_is_a_problem_of_that_member(path: str, valor: Any) -> None:
    achados = problemas(com(path, valor))
    assert {campo for campo, _ in achados} == {pointer(path)}
    assert all(MENSAGENS.fullmatch(mensagem) for _, mensagem in achados)


@pytest.mark.parametrize(("path", "mensagem"), CONTAINERS.items())
@pytest.mark.parametrize("valor", [True, False, 7, Decimal("1.5"), "x"], ids=repr)
def test_a_wrong_type_instead_of_a_branch(path: str, mensagem: str, valor: Any) -> None:
    assert (pointer(path), mensagem) in problemas(com(path, valor))


@pytest.mark.parametrize(("path", "mensagem"), CONTAINERS.items())
def test_a_list_instead_of_an_object_and_the_other_way_round(path: str, mensagem: str) -> None:
    valor: Any = {"a": 1} if mensagem == "Deve ser uma lista." else [[]]
    assert (pointer(path), mensagem) in problemas(com(path, valor))


@pytest.mark.parametrize("path", ["idRetaguarda", "preVendaItens[].quantidade", "preVendaItens[].itensKit[].preco"])
@pytest.mark.parametrize("valor", ["x", "1x", "-1"])
def test_text_in_a_number(path: str, valor: str) -> None:
    assert [campo for campo, _ in problemas(com(path, valor))] == [pointer(path)]


NOMES = sorted({parte.removesuffix("[]") for path in PATHS for parte in path.split(".")} | {"idRetaguardaLojaEntrega"})

escalares = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=60)
    | st.sampled_from(
        ["100-1", "5000-50", "RCA-8", "0", "7d", "2026-03-09", "2026-03-09T10:00:00Z", GUID, "1", "x" * 99]
    )
    | st.sampled_from([Decimal("12345678901234567890E+12"), Decimal("1E-12"), Decimal("99.9999999"), 1, 2])
)
qualquer = st.recursive(
    escalares,
    lambda dentro: st.lists(dentro, max_size=3) | st.dictionaries(st.sampled_from(NOMES) | st.text(max_size=9), dentro),
    max_leaves=10,
)


def quase(obrigatorios: dict[str, Any], **opcionais: Any) -> st.SearchStrategy[dict[str, Any]]:
    """An object of the contract, any member of which may hold anything."""
    return st.fixed_dictionaries(
        {nome: valor | qualquer for nome, valor in obrigatorios.items()},
        optional={nome: valor | qualquer for nome, valor in opcionais.items()},
    )


produtos = st.sampled_from(["100-1", "123-1", "300-3", "5000-50"])
numeros = st.integers(1, 50) | st.decimals("0.000001", "999", places=6) | escalares
componentes = quase({"idProdutoRetaguarda": produtos, "quantidade": numeros, "preco": numeros}, sequencial=numeros)
itens = quase(
    {"idProdutoRetaguarda": produtos, "quantidade": numeros, "preco": numeros},
    desconto=numeros,
    descontoPercentual=numeros,
    idVendedorRetaguarda=st.sampled_from(["100", "RCA-8"]),
    entrega=quase({}, idLojaEntregaRetaguarda=escalares, idRetaguardaLojaEntrega=escalares, dataEntrega=escalares),
    itensKit=st.lists(componentes, max_size=3),
)
corpos = quase(
    {
        "situacaoPreVenda": st.sampled_from([0, 1, 2, "3"]),
        "numero": st.just("PV-1"),
        "idLojaRetaguarda": st.just(1),
        "preVendaItens": st.lists(itens, max_size=3),
    },
    idRetaguarda=escalares,
    idOperadorRetaguarda=st.just(100),
    lockTTL=st.just("7d"),
    dataExpiracaoPagamento=st.sampled_from(["2026-03-09", "2026-03-09T02:00:00Z"]),
    cliente=quase({}, **{nome: st.just(valor) for nome, valor in cliente_completo(idRetaguarda=20).items()}),
    pagamentos=st.lists(quase({}, pagamentoForma=quase({}, idRetaguarda=escalares)), max_size=2),
)
muitos = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@muitos
@given(st.dictionaries(st.sampled_from(NOMES) | st.text(max_size=9), qualquer) | corpos, st.booleans())
def test_any_json_is_read_or_has_problems_in_portuguese(corpo: dict[str, Any], excluir: bool) -> None:
    requisicao = ler(corpo, excluir=excluir, caminhos_extras=("x.y", "preVendaItens[].cor"))
    assert re.fullmatch("2:[0-9a-f]{62}", requisicao.impressao)
    for problema in requisicao.problemas:
        assert MENSAGENS.fullmatch(problema.mensagem), problema
        assert problema.campo is not None
        assert problema.campo.startswith("/")


def produto(codprod: int, *embalagens: tuple[int, int], tipo: str | None = None) -> Produto:
    por_codigo = {aux: Embalagem(aux, Decimal(qtunit), ativa=True) for aux, qtunit in embalagens}
    return Produto(codprod, "", tipo, codprod == 3, None, embalagens=por_codigo)


CADASTRO = Cadastro(
    {1: produto(1, (100, 1), (123, 12)), 3: produto(3, (300, 1)), 50: produto(50, (5000, 1), tipo="CB")}, {}
)
VENDEDORES = Vendedores({1: None, 8: None}, {100: 1})


@muitos
@given(corpos)
def test_what_was_read_can_be_judged_even_beside_problems(corpo: dict[str, Any]) -> None:
    lida = ler(corpo).pre_venda
    linhas, problemas_dos_itens, _ = montar_linhas(lida, CADASTRO, converte_embalagem=True)
    assert all(quantidade > 0 for quantidade in somar_necessidades(linhas, "both").values())
    assert all(problema.campo for problema in problemas_dos_itens)
    escolher_vendedores(lida, VENDEDORES, 8)
    escolher_cliente(lida.cliente, [], Cliente(1))
    calcular_expiracao(
        dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
        ZoneInfo("America/Manaus"),
        lock_ttl=ler_lock_ttl(lida.lock_ttl) if lida.lock_ttl else None,
        ttl_maximo=dt.timedelta(days=100),
        expiracao_pagamento=lida.expiracao_pagamento,
    )
