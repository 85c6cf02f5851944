"""A payment (state 1 RECEBIDO) confirms what was reserved, exactly that, and the term ends (§5)."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

import pytest

from app.services.tempo import expirar
from tests.support.builders import cliente_completo, componente, item, kit, pre_venda
from tests.support.gateway import Casa

Itens = list[dict[str, Any]]


def corpo_pago(numped: int | None, *itens: dict[str, Any], **mais: Any) -> dict[str, Any]:
    """A paid pre-sale; without items, as reserved."""
    corpo = pre_venda(*itens, situacaoPreVenda=1, idRetaguarda=numped, **mais)
    return corpo if itens else {nome: valor for nome, valor in corpo.items() if nome != "preVendaItens"}


def pagar(casa: Casa, numped: int, *itens: dict[str, Any], **mais: Any) -> dict[str, Any]:
    """A payment that must be accepted; what was answered."""
    casa.relogio.andar(seconds=1)
    answer = casa.enviar(corpo_pago(numped, *itens, **mais))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    data: dict[str, Any] = answer.get_json()["data"]
    return data


def pagamento(codcob: Any = None, codplpag: Any = None) -> dict[str, Any]:
    return {"pagamentoForma": {"idRetaguarda": codcob}, "pagamentoCondicao": {"idRetaguarda": codplpag}}


def avisos(data: dict[str, Any]) -> list[str]:
    return [aviso["codigo"] for aviso in data["avisos"]]


# --- confirmed


def test_confirmed_and_no_term_any_more(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=4), lockTTL="2d"))
    data = pagar(casa, numped, item(quantidade=4))
    assert [data[c] for c in ("idRetaguarda", "operacao", "situacaoPreVenda", "situacaoReserva", "expiraEm")] == [
        *(numped, "A", "RECEBIDO", "CONFIRMADA", None)
    ]
    row = casa.linha("GW_RESERVA")
    assert (row["ESTADO"], row["DTEXPIRA"]) == ("CONFIRMADA", None)
    assert casa.qtreserv(1) == 4
    assert [casa.linha("PCPEDC")[c] for c in ("POSICAO", "CODCOB", "CODPLPAG")] == ["L", None, 1]


def test_log_row(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    pagar(casa, numped)
    log = casa.ultimo_log()
    assert [log[c] for c in ("OPERACAO", "STATUS", "NUMPED", "POSICAO")] == ["A", "A", numped, "L"]


def test_without_a_number(casa: Casa) -> None:
    casa.reservar(pre_venda())
    for ausente in (None, "", 0, "0"):
        body = casa.recusado(pre_venda(situacaoPreVenda=1, idRetaguarda=ausente))
        assert (body["status"], body["codigo"]) == (422, "RETAGUARDA_OBRIGATORIO")


def test_put_and_the_name_of_the_state(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    answer = casa.enviar(corpo_pago(numped) | {"situacaoPreVenda": "recebido"}, method="PUT")
    assert answer.get_json()["data"]["situacaoReserva"] == "CONFIRMADA"


def test_paid_again_with_another_body_changes_nothing(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    pagar(casa, numped, pagamentos=[pagamento("D")])
    antes = casa.tabela("PCPEDC")
    data = pagar(casa, numped, pagamentos=[pagamento("DH")])
    assert data["situacaoReserva"] == "CONFIRMADA"
    assert casa.tabela("PCPEDC") == antes


# --- form and terms of payment


def test_codcob_of_the_first_payment(casa: Casa) -> None:
    for enviado in ("DH", "DH-POS", "dh-pos", " DH "):
        numped = casa.reservar(pre_venda(numero=enviado))
        data = pagar(casa, numped, pagamentos=[pagamento(enviado), pagamento("D")], numero=enviado)
        assert casa.linha("PCPEDC", NUMPED=numped)["CODCOB"] == "DH", enviado
        assert avisos(data) == []


def test_codplpag_of_the_first_payment_in_header_and_lines(casa: Casa) -> None:
    casa.executar("INSERT INTO PCPLPAG (CODPLPAG, TIPOVENDA, NUMDIAS, PRAZO1) VALUES (7, 'VP', 30, 30)")
    numped = casa.reservar(pre_venda(item(), item("300-3", 1)))
    pagar(casa, numped, pagamentos=[pagamento("D", "7")])
    assert (casa.linha("PCPEDC")["CODPLPAG"], casa.linha("PCPEDC")["CODCOB"]) == (7, "D")
    assert [row["CODPLPAG"] for row in casa.tabela("PCPEDI")] == [7, 7]


def test_unknown_codes_are_told_not_refused(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    data = pagar(casa, numped, pagamentos=[pagamento("XYZ", 99)])
    assert avisos(data) == ["COBRANCA_DESCONHECIDA", "PLANO_DESCONHECIDO"]
    assert data["avisos"][0]["campos"] == ["/pagamentos/0/pagamentoForma/idRetaguarda"]
    assert [casa.linha("PCPEDC")[c] for c in ("CODCOB", "CODPLPAG")] == [None, 1]
    assert data["situacaoReserva"] == "CONFIRMADA"


def test_payments_that_say_nothing(casa: Casa) -> None:
    for n, pagamentos in enumerate([None, [], [{}], [{"pagamentoForma": None, "pagamentoCondicao": {}}]]):
        numped = casa.reservar(pre_venda(numero=f"PV-{n}"))
        assert avisos(pagar(casa, numped, pagamentos=pagamentos, numero=f"PV-{n}")) == []
    assert {row["CODCOB"] for row in casa.tabela("PCPEDC")} == {None}


# --- the same goods

DE_MANAUS = {"idLojaEntregaRetaguarda": "2"}
DA_LOJA = {"idLojaEntregaRetaguarda": "1"}
AUTO = {"idLojaEntregaRetaguarda": "auto"}
PARTES = [componente("100-1", 2, 10), componente("300-3", 1, 10, 2)]

IGUAIS: dict[str, tuple[Itens, Itens]] = {
    "the same": ([item(), item("300-3", 1)], [item(), item("300-3", 1)]),
    "another order": ([item(), item("300-3", 1), kit(1)], [kit(1), item("300-3", 1), item()]),
    "other notation": (
        [item(quantidade=2, preco=Decimal("10.50"))],
        [item(quantidade=Decimal("2.000"), preco=Decimal("10.5"))],
    ),
    "a package": ([item("123-1", 2, 120)], [item("123-1", 2, 120)]),
    "a price that does not divide": ([item("123-1", 1, 100)], [item("123-1", 1, 100)]),
    "own branch named": ([item()], [item(entrega=DA_LOJA)]),
    "own branch not named": ([item(entrega=DA_LOJA)], [item()]),
    "delivered elsewhere": ([item(entrega=DE_MANAUS)], [item(entrega={"idRetaguardaLojaEntrega": 2})]),
    "delivered elsewhere and not said": ([item(entrega=DE_MANAUS)], [item()]),
    "delivered elsewhere, as the gateway finds": ([item(entrega=DE_MANAUS)], [item(entrega=AUTO)]),
    "the same line twice": ([item(), item()], [item(), item()]),
    "two lines as one": ([item(quantidade=2), item(quantidade=3)], [item(quantidade=5)]),
    "one line as two": ([item(quantidade=5)], [item(quantidade=2), item(quantidade=3)]),
    "a box as its units": ([item("123-1", 1, 120)], [item("100-1", 12, 10)]),
    "units as a box": ([item("100-1", 12, 10)], [item("123-1", 1, 120)]),
    "units as a part of a box": ([item("100-1", 2, 10)], [item("123-1", Decimal("0.166667"), 120)]),
    "a box and units, shuffled": (
        [item("123-1", 2, 120), item("100-1", 3, 10)],
        [item("100-1", 15, 10), item("123-1", 1, 120)],
    ),
    "kits as one line": ([kit(1), kit(2)], [kit(3)]),
    "kit by its own composition": ([kit(1, itensKit=PARTES)], [kit(1, itensKit=PARTES[::-1])]),
    "kit without saying its parts": ([kit(1, itensKit=PARTES)], [kit(1)]),
    "discount told otherwise": ([item(desconto=2)], [item()]),
    "two equal lines merged": ([item(), item()], [item(quantidade=4)]),
    "one line split": ([item(quantidade=5)], [item(quantidade=2), item(), item(quantidade=1)]),
    "a box as units": ([item("123-1", 1, 120)], [item(quantidade=12)]),
    "a box as units, by its rounded price": ([item("123-1", 1, 10)], [item(quantidade=12, preco=Decimal("0.833333"))]),
    "units as part of a box": ([item()], [item("123-1", Decimal("0.166667"), 120)]),
    "units as part of a box, cut": ([item()], [item("123-1", Decimal("0.166666"), 120)]),
    "units at a price that a box says": (
        [item(quantidade=24, preco=Decimal("0.833333"))],
        [item("123-1", 2, Decimal("9.999996"))],
    ),
    "components in other packages": (
        [kit(1, 140, itensKit=[componente("123-1", 1, 120), componente("300-3", 1, 20, 2)])],
        [kit(1, 140, itensKit=[componente("100-1", 12, 10), componente("300-3", 1, 20, 2)])],
    ),
    "kits merged": ([kit(1, itensKit=PARTES), kit(1, itensKit=PARTES)], [kit(2, itensKit=PARTES)]),
}


def test_the_same_goods_are_accepted(casa: Casa, subtests: pytest.Subtests) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 100 WHERE CODPROD = 3")
    for caso, (reservados, pagos) in IGUAIS.items():
        with subtests.test(caso):
            numped = casa.reservar(pre_venda(*reservados, numero=caso))
            assert pagar(casa, numped, *pagos, numero=caso)["situacaoReserva"] == "CONFIRMADA"


@pytest.mark.parametrize("ausentes", [None, []])
def test_no_items_mean_as_reserved(casa: Casa, ausentes: Any) -> None:
    numped = casa.reservar(pre_venda(item(), kit(1)))
    data = pagar(casa, numped, preVendaItens=ausentes)
    assert (data["situacaoReserva"], data["total"]) == ("CONFIRMADA", 50)


BASE = [
    item(quantidade=2),
    item("300-3", 1),
    kit(1, itensKit=PARTES),
    item("10020-1002", 1, entrega=DE_MANAUS),
]
DIFERENCAS: dict[str, tuple[Itens, list[str]]] = {
    "quantity": ([item(quantidade=3), *BASE[1:]], ["/preVendaItens/0"]),
    "less": ([item(quantidade=1), *BASE[1:]], ["/preVendaItens/0"]),
    "price": ([BASE[0], item("300-3", 1, Decimal("10.01")), BASE[2]], ["/preVendaItens/1"]),
    "branch": ([*BASE[:3], item("10020-1002", 1, entrega=DA_LOJA)], ["/preVendaItens/3"]),
    "product": ([BASE[0], item("200-2", 1), BASE[2]], ["/preVendaItens/1"]),
    "package": ([item("123-1", 2), *BASE[1:]], ["/preVendaItens/0"]),
    "one missing": (BASE[1:], ["/preVendaItens"]),
    "one extra": ([*BASE, item("10010-1001", 1)], ["/preVendaItens/4"]),
    "one twice": ([*BASE, BASE[1]], ["/preVendaItens/4"]),
    "quantity of a kit": ([*BASE[:2], kit(2, itensKit=PARTES), BASE[3]], ["/preVendaItens/2"]),
    "component's quantity": (
        [*BASE[:2], kit(1, itensKit=[componente("100-1", 3, 10), PARTES[1]]), BASE[3]],
        ["/preVendaItens/2/itensKit"],
    ),
    "component's price": (
        [*BASE[:2], kit(1, itensKit=[componente("100-1", 2, 11), PARTES[1]]), BASE[3]],
        ["/preVendaItens/2/itensKit"],
    ),
    "component missing": ([*BASE[:2], kit(1, itensKit=PARTES[:1]), BASE[3]], ["/preVendaItens/2/itensKit"]),
    "component extra": (
        [*BASE[:2], kit(1, itensKit=[*PARTES, componente("200-2", 1, 1, 3)]), BASE[3]],
        ["/preVendaItens/2/itensKit"],
    ),
    "parts of what is no kit": ([item(itensKit=PARTES), *BASE[1:]], ["/preVendaItens/0/itensKit"]),
    "several": ([item(quantidade=9), item("300-3", 9), *BASE[2:]], ["/preVendaItens/0", "/preVendaItens/1"]),
}


def test_other_goods_are_refused(casa: Casa, subtests: pytest.Subtests) -> None:
    numped = casa.reservar(pre_venda(*BASE))
    for caso, (itens, campos) in DIFERENCAS.items():
        casa.relogio.andar(seconds=1)
        with subtests.test(caso):
            body = casa.recusado(corpo_pago(numped, *itens, pagamentos=[pagamento("D")]))
            assert (body["status"], body["codigo"]) == (409, "ITENS_DIVERGENTES")
            assert [erro["campo"] for erro in body["errors"]] == campos


def test_two_kits_alike_but_for_their_parts(casa: Casa) -> None:
    outras = [componente("200-2", 1, 30)]
    reservados = [kit(1, itensKit=PARTES), kit(1, itensKit=outras)]
    numped = casa.reservar(pre_venda(*reservados))
    assert casa.recusado(corpo_pago(numped, reservados[0], reservados[0]))["codigo"] == "ITENS_DIVERGENTES"
    assert pagar(casa, numped, *reservados)["situacaoReserva"] == "CONFIRMADA"


def test_a_kit_that_names_no_parts_leaves_the_others_theirs(casa: Casa) -> None:
    reservados = [kit(1, itensKit=PARTES), kit(1, itensKit=[componente("200-2", 1, 30)])]
    numped = casa.reservar(pre_venda(*reservados))
    assert pagar(casa, numped, kit(1), reservados[0])["situacaoReserva"] == "CONFIRMADA"


def test_a_component_in_two_packages(casa: Casa) -> None:
    partes = [componente("100-1", 2, 10), componente("123-1", 1, 120, 2)]
    numped = casa.reservar(pre_venda(kit(1, 140, itensKit=partes)))
    outras = ([componente("100-1", 3, 10)], [*partes, partes[1]], [componente("123-1", 2, 120)])
    for n, errada in enumerate(outras):
        casa.relogio.andar(seconds=1)
        body = casa.recusado(corpo_pago(numped, kit(1, 140, itensKit=errada)))
        assert body["codigo"] == "ITENS_DIVERGENTES", n
    assert pagar(casa, numped, kit(1, 140, itensKit=partes[::-1]))["situacaoReserva"] == "CONFIRMADA"


def test_what_was_cut_in_winthor_differs(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    casa.executar("UPDATE PCPEDI SET QT = 3")
    assert casa.recusado(corpo_pago(numped, item(quantidade=5)))["codigo"] == "ITENS_DIVERGENTES"
    pagar(casa, numped, item(quantidade=3))


def test_prices_by_the_package_where_the_site_keeps_them(casa: Casa) -> None:
    outra = casa.com(converte_embalagem=False)
    numped = outra.reservar(pre_venda(item("123-1", 2, 120)))
    assert outra.recusado(corpo_pago(numped, item("123-1", 24, 10)))["codigo"] == "ITENS_DIVERGENTES"
    pagar(outra, numped, item("123-1", 2, 120))
    outra.close()


# --- the customer

CNPJ = "11.222.333/0001-81"
DADOS = cliente_completo(cpfCnpj=CNPJ, nome="Alfa Nova", email="nova@alfa.com.br", numero="77")
ENDERECO = ("ENDERENT", "NUMEROENT", "BAIRROENT", "MUNICENT", "ESTENT", "CEPENT", "CODCIDADE")


def com_cliente(casa: Casa, numero: str = "PV-1") -> int:
    """A reservation for customer 20."""
    return casa.reservar(pre_venda(numero=numero, cliente={"idRetaguarda": 20}))


def test_existing_customer_is_updated_when_paid(casa: Casa) -> None:
    numped = com_cliente(casa)
    data = pagar(casa, numped, cliente=DADOS)
    row = casa.linha("PCCLIENT", CODCLI=20)
    assert [row[c] for c in ("CLIENTE", "EMAIL", "TELENT", "CGCENT")] == [
        *("Alfa Nova", "nova@alfa.com.br", "11988887777", "11222333000181")
    ]
    assert [row[c] for c in ENDERECO] == ["Rua das Flores", "77", "Sé", "São Paulo", "SP", "01001000", 1]
    assert f"{row['DTULTALTER']} {row['DTCADASTRO']}" == "2026-03-02 09:00:01 2015-03-10 00:00:00"
    assert avisos(data) == ["CEP_DEMONSTRACAO"]


def test_the_three_address_blocks_are_the_same(casa: Casa) -> None:
    pagar(casa, com_cliente(casa), cliente=DADOS)
    row = casa.linha("PCCLIENT", CODCLI=20)
    for nome in ("ENDER", "NUMERO", "BAIRRO", "MUNIC", "EST", "CEP", "TEL"):
        assert row[f"{nome}ENT"] == row[f"{nome}COM"] == row[f"{nome}COB"], nome


def test_only_that_customer_is_updated(casa: Casa) -> None:
    outros = [row for row in casa.tabela("PCCLIENT") if row["CODCLI"] != 20]
    pagar(casa, com_cliente(casa), cliente=DADOS)
    assert [row for row in casa.tabela("PCCLIENT") if row["CODCLI"] != 20] == outros


def test_what_commerce_decided_stays(casa: Casa) -> None:
    casa.executar("UPDATE PCCLIENT SET LIMCRED = 500, CODCOB = 'DH', CODUSUR1 = 2, CODPLPAG = 1, BLOQUEIO = 'N'")
    pagar(casa, com_cliente(casa), cliente=DADOS)
    row = casa.linha("PCCLIENT", CODCLI=20)
    assert [row[c] for c in ("LIMCRED", "CODCOB", "CODUSUR1", "CODPRACA", "IEENT", "CODCLIPRINC")] == [
        *(500, "DH", 2, 1, "ISENTO", 20)
    ]


@pytest.mark.parametrize(
    ("valor", "nome"), [("S", "Alfa Nova"), ("N", "CONSTRUTORA ALFA LTDA"), (None, "Alfa Nova")], ids=str
)
def test_parameter_4532_decides(casa: Casa, valor: str | None, nome: str) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = :v WHERE ID = 4532", v=valor)
    pagar(casa, com_cliente(casa), cliente=DADOS)
    assert casa.linha("PCCLIENT", CODCLI=20)["CLIENTE"] == nome


CONTATOS = ("EMAIL", "EMAILNFE", "TELENT", "TELENT1", "TELCOM", "TELCOB", "TELCELENT")


@pytest.mark.parametrize("documento", [None, "529.982.247-25", "11.222.333/0001-82"])
def test_how_a_customer_is_reached_is_not_changed_by_its_code_alone(casa: Casa, documento: str | None) -> None:
    """Whoever knows a code must not turn the invoices and calls of a customer to himself."""
    antes = casa.linha("PCCLIENT", CODCLI=20)
    enviado = {"idRetaguarda": 20, "email": "meu@ladrao.com.br", "telefone": "11911112222", "celular": "11911113333"}
    pagar(casa, com_cliente(casa), cliente={**enviado, **({"cpfCnpj": documento} if documento else {})})
    depois = casa.linha("PCCLIENT", CODCLI=20)
    assert {c: depois[c] for c in CONTATOS} == {c: antes[c] for c in CONTATOS}


def test_with_its_document_it_is_and_the_log_tells_who(casa: Casa, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    pagar(casa, com_cliente(casa), cliente={"idRetaguarda": 20, "cpfCnpj": CNPJ, "email": "novo@alfa.com.br"})
    row = casa.linha("PCCLIENT", CODCLI=20)
    assert (row["EMAIL"], row["EMAILNFE"]) == ("novo@alfa.com.br", "novo@alfa.com.br")
    assert "cliente 20, documento confere, mudam DTULTALTER, EMAIL, EMAILNFE" in caplog.text
    assert "novo@alfa.com.br" not in caplog.text


def test_the_back_office_sees_who_changed_a_customer_and_what(casa: Casa) -> None:
    """Login, time and columns, in the payment's own log row; what a person is reached by only masked (R7)."""
    casa.executar("UPDATE PCCLIENT SET EMAIL = 'velho@beta.com.br', TELENT = '1133334444' WHERE CODCLI = 20")
    cliente = {"idRetaguarda": 20, "cpfCnpj": CNPJ, "nome": "Alfa Nova", "email": "novo@alfa.com.br"}
    pagar(casa, com_cliente(casa), cliente={**cliente, "telefone": "(11) 98765-4321"}, cadastro={"login": "outro"})
    cadastro = casa.ultimo_log()["JSON"]["cadastro"]
    mudadas = {coluna.pop("coluna"): coluna for coluna in cadastro.pop("colunas")}
    assert cadastro == {"codcli": 20, "login": "hub", "documento": "confere"}
    assert mudadas["CLIENTE"] == {}
    assert mudadas["EMAIL"] == {"antes": "v***@***", "depois": "n***@***"}
    assert mudadas["TELENT"] == {"antes": "***44", "depois": "***21"}
    assert mudadas.keys() <= set(CONTATOS) | {"CLIENTE", "FANTASIA"}
    operacao = casa.tabela("GW_OPERACAO")[-1]["ID"]
    detalhe = casa.pedir("GET", f"/api/v1/log/{operacao}", "retaguarda").get_json()
    da_ficha = [m["mudanca"] for m in detalhe["tabelas"] if m["tabela"] == "PCCLIENT"]
    assert len(da_ficha) == 1
    assert da_ficha[0].startswith("Cliente 20, pelo login hub, documento confere: CLIENTE, EMAIL (v***@*** → n***@***)")
    for pessoal in ("velho@beta", "novo@alfa", "1133334444", "987654321", "Alfa Nova"):
        assert pessoal not in str(detalhe)
        assert pessoal not in str(casa.tabela("PCLOGPEDIDOAPI"))


def test_what_stays_the_same_is_no_change(casa: Casa) -> None:
    row = casa.linha("PCCLIENT", CODCLI=20)
    pagar(casa, com_cliente(casa), cliente={"idRetaguarda": 20, "cpfCnpj": CNPJ, "nome": row["CLIENTE"]})
    assert "cadastro" not in casa.ultimo_log()["JSON"]


def test_a_late_payment_and_one_that_defines_the_customer_tell_it_too(casa: Casa) -> None:
    novo = {"idRetaguarda": 20, "cpfCnpj": CNPJ, "email": "novo@alfa.com.br"}
    vencida = com_cliente(casa)
    casa.relogio.andar(days=30)
    casa._tokens.clear()
    expirar.expirar(casa.gw)
    assert casa.enviar(corpo_pago(vencida, cliente=novo)).status_code == 201
    assert casa.ultimo_log()["JSON"]["cadastro"]["codcli"] == 20
    do_consumidor = casa.reservar(pre_venda(numero="PV-CONSUMIDOR"))
    outro = {**novo, "email": "outro@alfa.com.br"}
    pago = casa.enviar(pre_venda(numero="PV-CONSUMIDOR", situacaoPreVenda=1, idRetaguarda=do_consumidor, cliente=outro))
    assert pago.status_code == 200
    assert casa.ultimo_log()["JSON"]["cadastro"]["colunas"][0]["coluna"] == "EMAIL"


def test_by_document_without_code(casa: Casa) -> None:
    pagar(casa, com_cliente(casa), cliente={"cpfCnpj": CNPJ, "email": "so@alfa.com.br"})
    assert casa.linha("PCCLIENT", CODCLI=20)["EMAIL"] == "so@alfa.com.br"


DE_OUTROS: list[Any] = [
    {**DADOS, "cpfCnpj": "529.982.247-25"},
    {"idRetaguarda": 21, "nome": "Outra"},
    {"idRetaguarda": 1, "nome": "Outra"},
    {**DADOS, "cpfCnpj": "11.222.333/0001-82"},
    {"nome": "Outra", "email": "outra@outra.com.br"},
    {},
    None,
]


def test_data_of_somebody_else_change_nobody(casa: Casa, subtests: pytest.Subtests) -> None:
    antes = casa.tabela("PCCLIENT")
    for n, enviado in enumerate(DE_OUTROS):
        with subtests.test(n):
            numped = com_cliente(casa, numero=f"PV-{n}")
            assert pagar(casa, numped, cliente=enviado, numero=f"PV-{n}")["codcli"] == 20
            assert casa.tabela("PCCLIENT") == antes


def test_consumidor_final_is_never_updated(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    antes = casa.tabela("PCCLIENT")
    pagar(casa, numped, cliente={**DADOS, "idRetaguarda": 1})
    pagar(casa, numped, cliente={"idRetaguarda": 1, "nome": "Fulano"})
    assert casa.tabela("PCCLIENT") == antes


def test_consumidor_final_of_the_branch_is_never_updated(casa: Casa) -> None:
    casa.executar("UPDATE PCFILIAL SET CODCLICONSUMIDOR = 21 WHERE CODIGO = '1'")
    numped = casa.reservar(pre_venda())
    antes = casa.tabela("PCCLIENT")
    assert pagar(casa, numped, cliente={**DADOS, "idRetaguarda": 21})["codcli"] == 21
    assert casa.tabela("PCCLIENT") == antes


def test_an_excluded_customer_is_not_updated(casa: Casa) -> None:
    numped = com_cliente(casa)
    casa.executar("UPDATE PCCLIENT SET DTEXCLUSAO = DTCADASTRO WHERE CODCLI = 20")
    pagar(casa, numped, cliente=DADOS)
    assert casa.linha("PCCLIENT", CODCLI=20)["CLIENTE"] == "CONSTRUTORA ALFA LTDA"


def test_the_address_is_taken_whole_or_not_at_all(casa: Casa, subtests: pytest.Subtests) -> None:
    antes = casa.linha("PCCLIENT", CODCLI=20)
    for falta in ("endereco", "bairro", "cidade", "estado", "cep"):
        with subtests.test(falta):
            incompletos = {nome: valor for nome, valor in DADOS.items() if nome != falta}
            pagar(casa, com_cliente(casa, falta), cliente={**incompletos, "nome": f"Sem {falta}"}, numero=falta)
            depois = casa.linha("PCCLIENT", CODCLI=20)
            assert [depois[c] for c in ENDERECO] == [antes[c] for c in ENDERECO]
            assert depois["CLIENTE"] == f"Sem {falta}"


def test_nothing_of_the_old_address_stays_in_the_new(casa: Casa) -> None:
    casa.executar("UPDATE PCCLIENT SET COMPLEMENTOENT = 'SALA 3', COMPLEMENTOCOB = 'SALA 3' WHERE CODCLI = 20")
    sem_numero = {nome: valor for nome, valor in DADOS.items() if nome != "numero"}
    pagar(casa, com_cliente(casa), cliente=sem_numero)
    row = casa.linha("PCCLIENT", CODCLI=20)
    assert [row[c] for c in ("ENDERENT", "NUMEROENT", "COMPLEMENTOENT", "COMPLEMENTOCOB")] == [
        *("Rua das Flores", "S/N", None, None)
    ]


def test_the_service_of_ceps_wins(casa: Casa) -> None:
    data = pagar(casa, com_cliente(casa), cliente={**DADOS, "cep": "69050-030"})
    row = casa.linha("PCCLIENT", CODCLI=20)
    assert [row[c] for c in ("MUNICENT", "ESTENT", "CEPENT", "CODCIDADE")] == ["Manaus", "AM", "69050030", 2]
    assert avisos(data) == ["ENDERECO_CORRIGIDO", "CEP_DEMONSTRACAO"]


def test_an_unknown_cep_leaves_the_address(casa: Casa) -> None:
    numped = com_cliente(casa)
    antes = casa.linha("PCCLIENT", CODCLI=20)
    data = pagar(casa, numped, cliente={**DADOS, "cep": "99999-999", "cidade": "Longe", "estado": "RS"})
    depois = casa.linha("PCCLIENT", CODCLI=20)
    assert [depois[c] for c in ENDERECO] == [antes[c] for c in ENDERECO]
    assert depois["CLIENTE"] == "Alfa Nova"
    assert avisos(data) == ["CEP_DESCONHECIDO", "CEP_DEMONSTRACAO"]


def test_a_refused_payment_updates_nobody(casa: Casa) -> None:
    numped = com_cliente(casa)
    casa.recusado(corpo_pago(numped, item(quantidade=9), cliente=DADOS))
    assert casa.linha("PCCLIENT", CODCLI=20)["CLIENTE"] == "CONSTRUTORA ALFA LTDA"
