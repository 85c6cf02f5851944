"""Money and quantities are exact decimals from the request to the row and to the answer (R9, §4.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import simplejson
from werkzeug.test import TestResponse

from tests.support.builders import componente, item, kit, pre_venda
from tests.support.gateway import ROTA, Casa

D = Decimal


def cru(casa: Casa, quantidade: str, preco: str, produto: str = "200-2", numero: str = "PV-1") -> TestResponse:
    """Send one item whose numbers are written exactly so."""
    corpo = simplejson.dumps(pre_venda(item(produto, "QUANTIDADE", "PRECO"), numero=numero))
    corpo = corpo.replace('"QUANTIDADE"', quantidade).replace('"PRECO"', preco)
    return casa.pedir("POST", ROTA, data=corpo.encode(), content_type="application/json")


def dados(answer: TestResponse) -> dict[str, Any]:
    body: dict[str, Any] = simplejson.loads(answer.data, use_decimal=True)
    return dict(body["data"])


def avisos(answer: TestResponse) -> dict[str, list[str]]:
    """The avisos of an answer, but for the one on the customer."""
    return {a["codigo"]: a["campos"] for a in dados(answer)["avisos"] if a["codigo"] != "CONSUMIDOR_FINAL"}


def total(casa: Casa, *itens: dict[str, Any]) -> Decimal:
    """Total of a reservation, which must be the same in both columns and in the answer."""
    answer = casa.enviar(pre_venda(*itens))
    pedido = casa.linha("PCPEDC")
    assert pedido["VLTOTAL"] == pedido["VLATEND"] == dados(answer)["total"]
    return D(pedido["VLTOTAL"])


# Totals


def test_a_tenth_and_two_tenths_are_three_tenths(casa: Casa) -> None:
    assert total(casa, item("200-2", 1, D("0.1")), item("200-2", 1, D("0.2"))) == D("0.30")


def test_a_thousand_boxes_of_twelve_at_ten_total_exactly_ten_thousand(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 12000 WHERE CODPROD = 1")
    answer = casa.enviar(pre_venda(item("123-1", 1000, D("10.00"))))

    linha, pedido = casa.linha("PCPEDI"), casa.linha("PCPEDC")
    assert (linha["QT"], linha["PVENDA"]) == (D(12000), D("0.833333"))
    assert (pedido["VLTOTAL"], pedido["VLATEND"]) == (D("10000.00"), D("10000.00"))
    assert b'"total": 10000.00,' in answer.data
    assert casa.qtreserv(1) == D(12000)


def test_each_line_is_rounded_half_up_to_the_cent(casa: Casa) -> None:
    assert total(casa, item("200-2", 3, D("0.335"))) == D("1.01")


def test_the_total_is_the_sum_of_rounded_lines(casa: Casa) -> None:
    assert total(casa, *[item("200-2", D("0.5"), D("0.01"))] * 3) == D("0.03")


def test_three_kits_total_three_times_their_price(casa: Casa) -> None:
    assert total(casa, kit(3, D("33.33"))) == D("99.99")


def test_the_largest_total_keeps_its_cents(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 99999999 WHERE CODPROD = 1")

    assert total(casa, item("100-1", 99999, D("99999999.99"))) == D("9999899999000.01")


# Quantities


def test_quantities_keep_six_decimals(casa: Casa) -> None:
    quantidades = [D("0.000001"), D("0.123456"), D("987.654321")]
    casa.reservar(pre_venda(*[item("200-2", quantidade) for quantidade in quantidades]))

    linhas = sorted(casa.tabela("PCPEDI"), key=lambda row: int(row["NUMSEQ"]))
    assert [row["QT"] for row in linhas] == quantidades
    assert casa.qtreserv(2) == D("987.777778")


def test_ten_tenths_are_one(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 1 WHERE CODPROD = 2 AND CODFILIAL = '1'")
    for numero in range(10):
        casa.reservar(pre_venda(item("200-2", D("0.1")), numero=f"PV-{numero}"))

    assert casa.qtreserv(2) == D("1.0")
    (falta,) = casa.recusado(pre_venda(item("200-2", D("0.000001")), numero="PV-10"))["errors"]
    assert falta["disponivel"] == 0


def test_the_last_fraction_can_be_sold(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 0.3, QTRESERV = 0.1 WHERE CODPROD = 2 AND CODFILIAL = '1'")
    casa.reservar(pre_venda(item("200-2", D("0.2"))))

    assert casa.qtreserv(2) == D("0.3")


def test_components_keep_six_decimals(casa: Casa) -> None:
    enviados = [componente("200-2", D("0.333333"), D("3.333333"))]
    casa.reservar(pre_venda(kit(3, 10, itensKit=enviados)))

    parte = casa.linha("PCPEDICESTA")
    assert (parte["QTMP"], parte["PVENDA"]) == (D("0.333333"), D("3.333333"))
    assert casa.qtreserv(2) == D("0.999999")


def test_seven_decimals_of_a_quantity_are_refused(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item("200-2", D("0.1234567"))))

    assert [(e["codigo"], e["campo"]) for e in body["errors"]] == [("CAMPO_INVALIDO", "/preVendaItens/0/quantidade")]


def test_units_finer_than_their_column_are_refused(casa: Casa) -> None:
    casa.executar("UPDATE PCEMBALAGEM SET QTUNIT = 0.000001 WHERE CODAUXILIAR = 200")

    body = casa.recusado(pre_venda(item("200-2", D("0.1"))))
    assert [(e["codigo"], e["campo"]) for e in body["errors"]] == [("CAMPO_INVALIDO", "/preVendaItens/0/quantidade")]


# How a number may be written


def test_exponents_up_to_twelve_are_numbers_like_others(casa: Casa) -> None:
    for numero, (quantidade, preco) in enumerate([("2", "10"), ("2.0", "1e1"), ("20E-1", "1000e-2"), ("2e0", "10.00")]):
        assert cru(casa, quantidade, preco, "100-1", f"PV-{numero}").status_code == 201

    assert {(row["QT"], row["PVENDA"]) for row in casa.tabela("PCPEDI")} == {(D(2), D(10))}
    assert {row["VLTOTAL"] for row in casa.tabela("PCPEDC")} == {D(20)}


def test_huge_exponents_are_refused_in_quantities_too(casa: Casa) -> None:
    quantidades = ["1e13", "1e-13", "99999999999999999999e12", "1e309", "1e999999999", "123456789012345678901"]
    for quantidade in quantidades:
        answer = cru(casa, quantidade, "10")
        body = answer.get_json(force=True)
        assert (quantidade, answer.status_code) == (quantidade, 422)
        assert [e["campo"] for e in body["errors"]] == ["/preVendaItens/0/quantidade"]

    assert casa.contar("PCPEDC") == 0


def test_an_exponent_no_decimal_can_hold_is_malformed(casa: Casa) -> None:
    answer = cru(casa, "1", "1e99999999999999999999")

    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (400, "JSON_INVALIDO")


# Prices are rounded half up to six decimals, and noise is passed over in silence


def test_the_noise_of_binary_floats_is_rounded_in_silence(casa: Casa) -> None:
    for numero, (preco, gravado) in enumerate(
        [("0.30000000000000004", "0.3"), ("10.000000001", "10"), ("9.999999999", "10")]
    ):
        answer = cru(casa, "1", preco, numero=f"PV-{numero}")
        assert (preco, avisos(answer)) == (preco, {})
        assert casa.linha("PCPEDI", NUMPED=dados(answer)["idPedidoRetaguarda"])["PVENDA"] == D(gravado)


def test_a_change_above_the_noise_is_told(casa: Casa) -> None:
    casos = [("10.0000000011", "10"), ("10.0000005", "10.000001"), ("10.00000049", "10"), ("0.01000049", "0.01")]
    for numero, (preco, gravado) in enumerate(casos):
        answer = cru(casa, "1", preco, numero=f"PV-{numero}")
        assert (preco, avisos(answer)) == (preco, {"VALOR_ARREDONDADO": ["/preVendaItens/0/preco"]})
        assert casa.linha("PCPEDI", NUMPED=dados(answer)["idPedidoRetaguarda"])["PVENDA"] == D(gravado)


def test_every_rounded_value_is_named_in_one_aviso(casa: Casa) -> None:
    fino = D("1.0000004")
    enviados = [componente("100-1", 1, fino)]
    answer = casa.enviar(pre_venda(item(desconto=fino), item(descontoPercentual=fino), kit(1, 1, itensKit=enviados)))

    campos = ["0/desconto", "1/descontoPercentual", "2/itensKit/0/preco"]
    assert avisos(answer) == {"VALOR_ARREDONDADO": [f"/preVendaItens/{campo}" for campo in campos]}


def test_a_price_that_rounds_to_nothing_is_refused(casa: Casa) -> None:
    for produto, preco in (("200-2", D("0.0000004")), ("123-1", D("0.000005"))):
        body = casa.recusado(pre_venda(item(produto, 1, preco)))
        assert [(e["codigo"], e["campo"]) for e in body["errors"]] == [("CAMPO_INVALIDO", "/preVendaItens/0/preco")]


# Discounts


def colunas_do_desconto(casa: Casa) -> tuple[Decimal, ...]:
    linha = casa.linha("PCPEDI")
    assert linha["PBASERCA"] == linha["PTABELA"]
    return tuple(D(linha[coluna]) for coluna in ("PERDESC", "PTABELA", "PVENDA"))


def test_the_discount_in_reais_is_of_the_whole_line(casa: Casa) -> None:
    assert total(casa, item("123-1", 2, 120, desconto=10)) == D(240)

    assert colunas_do_desconto(casa) == (D(4), D("10.416667"), D(10))
    assert (casa.linha("PCPEDC")["VLTABELA"], casa.linha("PCPEDC")["VLDESCONTO"]) == (D(250), D(0))


def test_the_discount_in_percent_gives_the_table_price(casa: Casa) -> None:
    assert total(casa, item("100-1", 3, 9, descontoPercentual=10)) == D(27)

    assert colunas_do_desconto(casa) == (D(10), D(10), D(9))
    assert casa.linha("PCPEDC")["VLTABELA"] == D(30)


def test_without_a_discount_the_table_price_is_the_price(casa: Casa) -> None:
    casa.reservar(pre_venda(item("100-1", 3, 9, desconto=0, descontoPercentual=0)))

    assert colunas_do_desconto(casa) == (D(0), D(9), D(9))


def test_a_discount_of_a_third_is_kept_to_six_decimals(casa: Casa) -> None:
    casa.reservar(pre_venda(item("100-1", 1, 20, desconto=10)))

    assert colunas_do_desconto(casa) == (D("33.333333"), D(30), D(20))


def test_of_two_discounts_the_percentage_wins_and_a_difference_is_told(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(item("100-1", 1, 90, desconto=10, descontoPercentual=D("10.02"))))

    campos = ["/preVendaItens/0/desconto", "/preVendaItens/0/descontoPercentual"]
    assert avisos(answer) == {"DESCONTO_DIVERGENTE": campos}
    assert colunas_do_desconto(casa) == (D("10.02"), D("100.022227"), D(90))


def test_two_discounts_within_a_hundredth_agree(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(item("100-1", 1, 90, desconto=10, descontoPercentual=D("10.01"))))

    assert avisos(answer) == {}
    assert colunas_do_desconto(casa)[0] == D("10.01")


def test_a_discount_stays_below_a_hundred_percent(casa: Casa) -> None:
    casos = [{"descontoPercentual": 100}, {"descontoPercentual": D("99.9999999")}, {"desconto": 10**11}]
    for desconto in casos:
        body = casa.recusado(pre_venda(item("100-1", 1, D("0.01"), **desconto)))
        (nome,) = desconto
        assert [(e["codigo"], e["campo"]) for e in body["errors"]] == [("CAMPO_INVALIDO", f"/preVendaItens/0/{nome}")]


# JSON out


def test_numbers_keep_their_decimals_in_the_stored_request_and_answer(casa: Casa) -> None:
    answer = cru(casa, "1.100000", "10.10")

    assert b'"total": 11.11,' in answer.data
    guardada = casa.linha("GW_OPERACAO")["RESPOSTA"]
    assert guardada.encode() == answer.data
    texto = casa.linha("PCLOGPEDIDOAPI")["JSON"]
    assert '"quantidade": 1.100000, "preco": 10.10' in texto
    assert texto.endswith(f'"retorno": {guardada}}}')


def test_a_shortage_shows_exact_quantities(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 0.3, QTRESERV = 0.1 WHERE CODPROD = 2 AND CODFILIAL = '1'")
    answer = cru(casa, "0.200001", "10.10")

    body = simplejson.loads(answer.data, use_decimal=True)
    (falta,) = body["errors"]
    assert (falta["pedida"], falta["disponivel"]) == (D("0.200001"), D("0.2"))
    assert falta["mensagem"] == "Produto 2, filial 1: pedido 0,200001, disponível 0,2."
    assert '"quantidade": 0.2, "preco": 10.10' in simplejson.dumps(body["contraOferta"], use_decimal=True)
