"""Refusals: the right code and status, all problems at once, and nothing written but the log (§4.2, §4.3)."""

from __future__ import annotations

import contextlib
from contextlib import closing
from decimal import Decimal
from typing import Any

import simplejson
from werkzeug.test import TestResponse

from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import DO_LOG, ROTA, Casa

ITEM = "/preVendaItens/0"


def problemas(body: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(problema["codigo"], problema["campo"]) for problema in body["errors"]]


def cru(casa: Casa, texto: str | bytes, tipo: str = "application/json", login: str | None = "hub") -> TestResponse:
    """Post a body as it is."""
    dados = texto.encode() if isinstance(texto, str) else texto
    return casa.pedir("POST", ROTA, login, data=dados, content_type=tipo)


def com_preco(texto: str) -> str:
    """A pre-sale whose price is written exactly so."""
    return simplejson.dumps(pre_venda(item(preco="PRECO"))).replace('"PRECO"', texto)


UM_PROBLEMA = [
    ("unknown product", pre_venda(item("999-999")), "PRODUTO_NAO_ENCONTRADO", f"{ITEM}/idProdutoRetaguarda"),
    ("excluded product", pre_venda(item("500-5")), "PRODUTO_INATIVO", f"{ITEM}/idProdutoRetaguarda"),
    ("package of another", pre_venda(item("300-1")), "EMBALAGEM_NAO_CONFERE", f"{ITEM}/idProdutoRetaguarda"),
    ("unknown package", pre_venda(item("777-1")), "EMBALAGEM_NAO_CONFERE", f"{ITEM}/idProdutoRetaguarda"),
    ("fraction", pre_venda(item("100-1", Decimal("1.5"))), "FRACAO_NAO_PERMITIDA", f"{ITEM}/quantidade"),
    ("fraction of a box", pre_venda(item("123-1", Decimal("0.3"))), "FRACAO_NAO_PERMITIDA", f"{ITEM}/quantidade"),
    ("fraction of a kit", pre_venda(kit(Decimal("0.5"))), "FRACAO_NAO_PERMITIDA", f"{ITEM}/quantidade"),
    ("blocked stock", pre_venda(item("400-4")), "ESTOQUE_INSUFICIENTE", f"{ITEM}/quantidade"),
    ("unknown branch", pre_venda(loja="77"), "FILIAL_NAO_ENCONTRADA", "/idLojaRetaguarda"),
    ("no branch code", pre_venda(loja="123"), "FILIAL_NAO_ENCONTRADA", "/idLojaRetaguarda"),
    ("unknown seller", pre_venda(item(idVendedorRetaguarda=9)), "RCA_NAO_ENCONTRADO", f"{ITEM}/idVendedorRetaguarda"),
    ("unknown operator", pre_venda(idOperadorRetaguarda=9), "RCA_NAO_ENCONTRADO", "/idOperadorRetaguarda"),
    ("no items", pre_venda() | {"preVendaItens": []}, "CAMPO_INVALIDO", "/preVendaItens"),
    ("items null", pre_venda() | {"preVendaItens": None}, "CAMPO_INVALIDO", "/preVendaItens"),
    ("too many items", pre_venda(*[item("100-1", 1)] * 501), "CAMPO_INVALIDO", "/preVendaItens"),
    ("too long a number", pre_venda(numero="N" * 51), "CAMPO_INVALIDO", "/numero"),
    ("state unknown", pre_venda() | {"situacaoPreVenda": 4}, "SITUACAO_INVALIDA", "/situacaoPreVenda"),
    ("malformed date", pre_venda(dataExpiracaoPagamento="31/12/2026"), "CAMPO_INVALIDO", "/dataExpiracaoPagamento"),
    ("deadline long past", pre_venda(dataExpiracaoPagamento="2026-02-01"), "CAMPO_INVALIDO", "/dataExpiracaoPagamento"),
    ("customer no object", pre_venda(cliente="Maria"), "CAMPO_INVALIDO", "/cliente"),
    ("item no object", pre_venda() | {"preVendaItens": ["x"]}, "CAMPO_INVALIDO", ITEM),
]


def test_a_problem_has_its_code_and_its_place(casa: Casa) -> None:
    for nome, corpo, codigo, campo in UM_PROBLEMA:
        body = casa.recusado(corpo)

        assert (nome, problemas(body)) == (nome, [(codigo, campo)])
        assert (body["codigo"], body["status"]) == (codigo, 409 if codigo == "ESTOQUE_INSUFICIENTE" else 422)


def test_an_absent_parameter_4012_is_refused(casa: Casa) -> None:
    casa.executar("DELETE FROM PCPARAMFILIAL")

    body = casa.recusado(pre_venda())
    assert (body["status"], body["rotina"]) == (422, "132 (parâmetro 4012)")
    assert problemas(body) == [("PARAMETRO_AUSENTE", "/idOperadorRetaguarda")]


def test_a_package_that_is_inactive_empty_or_of_another_branch_is_refused(casa: Casa) -> None:
    casa.executar("UPDATE PCEMBALAGEM SET EXCLUIDO = 'S' WHERE CODPROD = 1001")
    casa.executar("UPDATE PCEMBALAGEM SET DTINATIVO = (SELECT MIN(DTCADASTRO) FROM PCCLIENT) WHERE CODPROD = 1002")
    casa.executar("UPDATE PCEMBALAGEM SET QTUNIT = 0 WHERE CODPROD = 1003")
    casa.executar("DELETE FROM PCEMBALAGEM WHERE CODPROD = 1004 AND CODFILIAL = '1'")
    casa.executar("UPDATE PCEMBALAGEM SET QTUNIT = NULL WHERE CODPROD = 1005")

    body = casa.recusado(pre_venda(*[item(f"{codprod}0-{codprod}") for codprod in range(1001, 1006)]))
    campos = [f"/preVendaItens/{indice}/idProdutoRetaguarda" for indice in range(5)]
    assert problemas(body) == [("EMBALAGEM_NAO_CONFERE", campo) for campo in campos]
    assert body["rotina"] == "203"


def test_a_product_that_may_not_be_sold_is_refused(casa: Casa) -> None:
    casa.executar("UPDATE PCPRODUT SET OBS = 'PV' WHERE CODPROD = 1001")
    casa.executar("UPDATE PCPRODFILIAL SET PROIBIDAVENDA = 'S' WHERE CODPROD = 1002 AND CODFILIAL = '1'")
    casa.executar("UPDATE PCPRODFILIAL SET ATIVO = 'N' WHERE CODPROD = 1003 AND CODFILIAL = '1'")

    itens = [item(f"{codprod}0-{codprod}") for codprod in range(1001, 1004)]
    body = casa.recusado(pre_venda(*itens))
    assert problemas(body) == [
        ("PRODUTO_INATIVO", f"/preVendaItens/{indice}/idProdutoRetaguarda") for indice in range(3)
    ]
    assert casa.enviar(pre_venda(*itens[1:], loja="2")).status_code == 201


def test_one_short_item_among_three_refuses_the_whole(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item("100-1", 5), item("300-3", 6), item("200-2", 5)))

    assert problemas(body) == [("ESTOQUE_INSUFICIENTE", "/preVendaItens/1/quantidade")]
    assert [casa.qtreserv(codprod) for codprod in (1, 2, 3)] == [Decimal(0)] * 3


def test_every_short_item_is_told(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item("300-3", 6), item("100-1", 5), item("400-4", 1), item("200-2", 1001)))

    faltas = [(e["codprod"], e["pedida"], e["disponivel"], e["itens"]) for e in body["errors"]]
    assert faltas == [(2, 1001, 1000, [3]), (3, 6, 5, [0]), (4, 1, 0, [2])]
    assert body["message"].endswith("(e mais 2)")


def test_obligatory_members_are_all_told(casa: Casa) -> None:
    body = casa.recusado({"preVendaItens": [{}]})

    assert sorted(problemas(body)) == [
        ("CAMPO_INVALIDO", "/idLojaRetaguarda"),
        ("CAMPO_INVALIDO", "/numero"),
        ("CAMPO_INVALIDO", f"{ITEM}/idProdutoRetaguarda"),
        ("CAMPO_INVALIDO", f"{ITEM}/preco"),
        ("CAMPO_INVALIDO", f"{ITEM}/quantidade"),
        ("SITUACAO_INVALIDA", "/situacaoPreVenda"),
    ]


def test_an_empty_object_is_judged_too(casa: Casa) -> None:
    campos = {campo for _, campo in problemas(casa.recusado({}))}

    assert campos == {"/situacaoPreVenda", "/numero", "/idLojaRetaguarda"}


def test_problems_of_every_kind_are_told_together(casa: Casa) -> None:
    casa.executar("DELETE FROM PCPARAMFILIAL")
    entrega = {"idLojaEntregaRetaguarda": "1", "idRetaguardaLojaEntrega": "2"}
    corpo = pre_venda(
        item("100-1", 0, -1),
        item("999-999"),
        item("300-1"),
        item("100-1", Decimal("1.5")),
        item("300-3", 6),
        item(entrega=entrega),
        cliente={"idRetaguarda": "ABC"},
    )
    body = casa.recusado(corpo)

    assert sorted(problemas(body)) == [
        ("CAMPO_INVALIDO", "/cliente/idRetaguarda"),
        ("CAMPO_INVALIDO", "/preVendaItens/0/preco"),
        ("CAMPO_INVALIDO", "/preVendaItens/0/quantidade"),
        ("CAMPO_INVALIDO", "/preVendaItens/5/entrega"),
        ("EMBALAGEM_NAO_CONFERE", "/preVendaItens/2/idProdutoRetaguarda"),
        ("ESTOQUE_INSUFICIENTE", "/preVendaItens/4/quantidade"),
        ("FRACAO_NAO_PERMITIDA", "/preVendaItens/3/quantidade"),
        ("PARAMETRO_AUSENTE", "/idOperadorRetaguarda"),
        ("PRODUTO_NAO_ENCONTRADO", "/preVendaItens/1/idProdutoRetaguarda"),
    ]


def test_values_of_the_wrong_kind_are_refused(casa: Casa) -> None:
    corpo = pre_venda(
        item("100-1", "2"),
        item("100-1", True),
        item("100-1", 1, "10,00"),
        item("100-1", 1, None),
        item("100", 1),
        item("x-1", 1),
        item("100-1", 1, desconto=-1),
        item("100-1", 1, descontoPercentual=100),
        item("100-1", 1, entrega={"tipoEntrega": 9}),
        item("100-1", 1, entrega={"dataEntrega": "amanhã"}),
        idOperadorRetaguarda="João",
        observacoes=["x"],
    )
    body = casa.recusado(corpo)

    membros = ["quantidade", "quantidade", "preco", "preco", "idProdutoRetaguarda", "idProdutoRetaguarda"]
    membros += ["desconto", "descontoPercentual", "entrega/tipoEntrega", "entrega/dataEntrega"]
    campos = [f"/preVendaItens/{indice}/{membro}" for indice, membro in enumerate(membros)]
    assert sorted(problemas(body), key=str) == sorted(
        [("CAMPO_INVALIDO", campo) for campo in [*campos, "/idOperadorRetaguarda", "/observacoes"]], key=str
    )


def test_a_state_that_is_none_of_the_four_is_refused(casa: Casa) -> None:
    for situacao in (None, "", -1, "X", True, [2], {"id": 2}, Decimal("2.5")):
        body = casa.recusado(pre_venda() | {"situacaoPreVenda": situacao})
        assert problemas(body) == [("SITUACAO_INVALIDA", "/situacaoPreVenda")], situacao

    assert {row["OPERACAO"] for row in casa.tabela("PCLOGPEDIDOAPI")} == {"I"}


def test_an_unknown_delivery_branch_is_refused(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item(entrega={"idLojaEntregaRetaguarda": "77"})))

    assert problemas(body)[0] == ("FILIAL_NAO_ENCONTRADA", f"{ITEM}/entrega/idLojaEntregaRetaguarda")


def test_delivery_aliases_that_differ_are_refused(casa: Casa) -> None:
    entrega = {"idLojaEntregaRetaguarda": "1", "idRetaguardaLojaEntrega": 2}

    assert problemas(casa.recusado(pre_venda(item(entrega=entrega)))) == [("CAMPO_INVALIDO", f"{ITEM}/entrega")]


def test_a_live_number_with_other_content_is_refused(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    body = casa.recusado(pre_venda(item("100-1", 3)))

    assert (body["status"], body["idPedidoRetaguarda"]) == (409, numped)
    assert problemas(body) == [("NUMERO_EM_USO", "/numero")]


def test_what_no_column_holds_is_refused(casa: Casa) -> None:
    with closing(casa.com(filiais_sem_estoque=("1",))) as outra:
        quantidade = problemas(outra.recusado(pre_venda(item("100-1", 10**14, Decimal("0.01")))))
        preco = problemas(outra.recusado(pre_venda(item("100-1", 1, 10**12))))
        total = problemas(outra.recusado(pre_venda(item("100-1", 10**6, 10**7))))
        custo = outra.recusado(pre_venda(item("100-1", 10**13, Decimal("0.01"))))

    assert quantidade == [("CAMPO_INVALIDO", f"{ITEM}/quantidade")]
    assert preco == [("CAMPO_INVALIDO", f"{ITEM}/preco")]
    assert total == [("CAMPO_INVALIDO", "/preVendaItens")]
    assert (custo["status"], custo["codigo"]) == (422, "CAMPO_INVALIDO")


def test_five_hundred_items_are_accepted(casa: Casa) -> None:
    casa.reservar(pre_venda(*[item("100-1", 1)] * 500))

    assert (casa.qtreserv(1), casa.linha("PCPEDC")["NUMITENS"]) == (Decimal(500), 500)


# Numbers that are legal JSON, and no price


def test_a_price_out_of_all_bounds_is_refused(casa: Casa) -> None:
    antes = casa.fotografia(sem=DO_LOG)
    precos = ["1e309", "1e-309", "1e13", "0.0000000000001", "123456789012345678901", "-0.01", "0"]

    for preco in precos:
        answer = cru(casa, com_preco(preco))
        assert (preco, answer.status_code) == (preco, 422)
        assert problemas(answer.get_json(force=True)) == [("CAMPO_INVALIDO", f"{ITEM}/preco")]
    assert casa.fotografia(sem=DO_LOG) == antes
    assert [row["STATUS"] for row in casa.tabela("PCLOGPEDIDOAPI")] == ["R"] * len(precos)


# The answer and the log of a refusal


def test_a_refusal_is_a_problem_document(casa: Casa) -> None:
    mensagem = "O produto 999 não existe no WinThor."
    frase = "idProdutoRetaguarda do item 1: o produto 999 não existe no WinThor."
    campo = "/preVendaItens/0/idProdutoRetaguarda"
    assert casa.recusado(pre_venda(item("999-999"))) == {
        **{"type": "urn:prevenda:erro:PRODUTO_NAO_ENCONTRADO", "title": "Unprocessable Entity", "status": 422},
        **{"detail": frase, "instance": ROTA, "codigo": "PRODUTO_NAO_ENCONTRADO", "success": False},
        **{"message": frase, "rotina": "203"},
        "errors": [{"codigo": "PRODUTO_NAO_ENCONTRADO", "campo": campo, "mensagem": mensagem, "rotina": "203"}],
    }


def test_the_log_keeps_the_request_and_its_problems(casa: Casa) -> None:
    corpo = pre_venda(item("999-999"))
    body = casa.recusado(corpo)

    log = casa.ultimo_log()
    assert (log["OPERACAO"], log["NUMPED"], log["CODCLI"], log["POSICAO"]) == ("I", None, None, None)
    assert log["JSON"] == {**corpo, "retorno": {"codigo": "PRODUTO_NAO_ENCONTRADO", "errors": body["errors"]}}


def test_a_refusal_does_not_stick(casa: Casa) -> None:
    casa.recusado(pre_venda(item("300-3", 6)))
    casa.executar("UPDATE PCEST SET QTESTGER = 6 WHERE CODPROD = 3 AND CODFILIAL = '1'")

    casa.reservar(pre_venda(item("300-3", 6)))
    assert [row["STATUS"] for row in casa.tabela("PCLOGPEDIDOAPI")] == ["R", "A"]


# What is not even judged: no row of the log


def sem_rastro(casa: Casa, answer: TestResponse, antes: dict[str, Any]) -> tuple[int, str]:
    """Status and code of an answer that left every table as it was."""
    body = answer.get_json(force=True)
    assert answer.mimetype == "application/problem+json"
    assert body["success"] is False
    assert casa.fotografia() == antes
    return answer.status_code, body["codigo"]


MALFORMADOS = [
    '{"numero": "1", "numero": "2"}',
    '{"preVendaItens": [{"preco": 1, "preco": 2}]}',
    com_preco("NaN"),
    com_preco("Infinity"),
    com_preco("-Infinity"),
    com_preco("01"),
    com_preco("9" * 500),
    '{"a": ' * 20 + "{}" + "}" * 20,
    "[" * 5000 + "]" * 5000,
    '{"numero": "PV-1"',
    "",
    '{"numero": "\\ud800"}',
    b'{"numero": "\xff"}',
    "[]",
    "null",
    '"PV-1"',
    "7",
]


def test_a_body_that_is_no_clean_json_object_is_malformed(casa: Casa) -> None:
    casa.token("hub")
    antes = casa.fotografia()

    for texto in MALFORMADOS:
        assert sem_rastro(casa, cru(casa, texto), antes) == (400, "JSON_INVALIDO"), texto[:80]


def test_twenty_levels_are_accepted(casa: Casa) -> None:
    fundo: Any = 1
    for _ in range(19):
        fundo = {"a": fundo}

    assert casa.enviar(pre_venda(fundo=fundo)).status_code == 201


def test_a_body_over_the_limit_is_too_large(casa: Casa) -> None:
    antes = casa.fotografia()
    corpo = simplejson.dumps(pre_venda(observacoes="x" * 2 * 1024 * 1024))

    assert sem_rastro(casa, cru(casa, corpo), antes) == (413, "CORPO_GRANDE")


def test_the_limit_of_the_body_is_a_setting(casa: Casa) -> None:
    antes = casa.fotografia()
    corpo = simplejson.dumps(pre_venda(observacoes="x" * 2000))
    with closing(casa.com(corpo_max=1024)) as outra:
        assert sem_rastro(casa, cru(outra, corpo), antes) == (413, "CORPO_GRANDE")


def test_a_body_of_another_type_is_not_read(casa: Casa) -> None:
    antes = casa.fotografia()

    for tipo in ("text/plain", "application/x-www-form-urlencoded", "text/json", ""):
        answer = cru(casa, simplejson.dumps(pre_venda()), tipo)
        assert sem_rastro(casa, answer, antes) == (415, "TIPO_NAO_SUPORTADO")


def test_without_a_valid_token_nobody_is_heard(casa: Casa) -> None:
    casa.token("hub")
    antes = casa.fotografia()
    corpo = simplejson.dumps(pre_venda())

    for cabecalho in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {casa.token('hub')}"}):
        answer = casa.pedir("POST", ROTA, None, data=corpo, content_type="application/json", headers=cabecalho)
        assert sem_rastro(casa, answer, antes) == (401, "NAO_AUTENTICADO")
        body = answer.get_json(force=True)
        assert (body["code"], bool(body["description"])) == ("AUTHENTICATION_FAILED", True)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_ends(casa: Casa) -> None:
    casa.reservar(pre_venda())
    casa.relogio.andar(hours=2)
    antes = casa.fotografia()

    assert sem_rastro(casa, casa.enviar(pre_venda(numero="PV-2")), antes) == (401, "NAO_AUTENTICADO")


def test_a_login_acts_on_its_own_branches_only(casa: Casa) -> None:
    antes = casa.fotografia()

    assert sem_rastro(casa, casa.enviar(pre_venda(loja="2"), "pdv1"), antes) == (403, "FILIAL_NAO_AUTORIZADA")
    assert sem_rastro(casa, casa.enviar(pre_venda(loja=1), "pdv2"), antes) == (403, "FILIAL_NAO_AUTORIZADA")


def test_the_back_office_posts_no_pre_sale(casa: Casa) -> None:
    antes = casa.fotografia()

    answer = casa.enviar(pre_venda(), "retaguarda")
    assert sem_rastro(casa, answer, antes) == (403, "ESCOPO_INSUFICIENTE")


def test_other_verbs_are_not_allowed(casa: Casa) -> None:
    antes = casa.fotografia()

    answer = casa.enviar(pre_venda(), method="PATCH")
    assert sem_rastro(casa, answer, antes) == (405, "METODO_NAO_PERMITIDO")
    assert {"POST", "PUT", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_an_unknown_address_is_told_so(casa: Casa) -> None:
    antes = casa.fotografia()

    answer = casa.enviar(pre_venda(), rota="/winthor/varejo/matcon/v1/orders")
    assert sem_rastro(casa, answer, antes) == (404, "ROTA_NAO_ENCONTRADA")


def test_the_counter_offer_shrinks_the_lines_discount_with_it(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item("300-3", 10, 9, desconto=10)))

    assert body["contraOferta"]["preVendaItens"][0] == item("300-3", 5, 9, desconto=5)
    casa.reservar(body["contraOferta"])
    assert casa.linha("PCPEDI")["PERDESC"] == 10


def test_a_refused_delivery_branch_is_not_also_called_short(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item(entrega={"idLojaEntregaRetaguarda": "77"})))

    assert [problema["codigo"] for problema in body["errors"]] == ["FILIAL_NAO_ENCONTRADA"]


def test_branches_that_may_not_deliver_are_not_offered(casa: Casa) -> None:
    with contextlib.closing(casa.com(filiais_entrega=("1", "10"))) as outra:
        body = outra.recusado(pre_venda(item("300-3", 10, 9)))

    assert body["errors"][0]["filiaisComEstoque"] == []
