"""A pre-sale reserves stock: what is written of it, and what is answered (R1, R3, R4, R9, §4.3)."""

from __future__ import annotations

import datetime as dt
import itertools
from contextlib import closing
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import simplejson

from tests.support.builders import item, kit, pre_venda
from tests.support.databases import SO_UTF8
from tests.support.gateway import ROTA, Casa

HOJE = dt.datetime(2026, 3, 2)  # noqa: DTZ001 - Oracle DATE has no zone
OBS = ("OBS", "OBS1", "OBS2", "OBSENTREGA1", "OBSENTREGA2", "OBSENTREGA3", "OBSENTREGA4")
ROTA_ANTIGA = "/api/wholesale/v1/orders/pdvsync"


def preenchidas(row: dict[str, Any]) -> dict[str, Any]:
    return {coluna: valor for coluna, valor in row.items() if valor is not None}


def na_filial(filial: str) -> dict[str, Any]:
    return {"entrega": {"idLojaEntregaRetaguarda": filial}}


def test_reservation_writes_order_item_stock_and_log(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(item("123-1", 2, 120)), "pdv1")

    assert answer.status_code == 201
    numped = answer.get_json()["idPedidoRetaguarda"]
    assert casa.linha("PCPEDC", NUMPED=numped)["POSICAO"] == "L"
    assert casa.linha("PCPEDI", NUMPED=numped)["QT"] == Decimal(24)
    assert casa.qtreserv(1) == Decimal(24)
    assert casa.ultimo_log()["STATUS"] == "A"


# R1: the rows


def test_the_order_has_these_columns_and_no_other(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("100-1", 2), item("200-2", Decimal("1.5"))))

    zero = Decimal(0)
    assert preenchidas(casa.linha("PCPEDC", NUMPED=numped)) == {
        **{"NUMPED": 8000001, "CODFILIAL": "1", "CODFILIALNF": "1", "NUMPEDHUBE": "PV-1", "CODCLI": 1},
        **{"CODUSUR": 8, "CODSUPERVISOR": 1, "CODEMITENTE": 1, "CODFUNCLIBERA": 1, "CODPRACA": 1, "NUMREGIAO": 1},
        **{"POSICAO": "L", "OPERACAO": "N", "PERMITEFATURARCOMWMSPEND": "N", "CONDVENDA": 1, "TIPOVENDA": "VV"},
        **{"CODPLPAG": 1, "PRAZO1": 0, "PRAZOMEDIO": 0},
        **{"ORIGEMPED": "R", "ORIGEMINTEGRACAO": "PDVSYNC", "ROTINALANC": "PREVENDA"},
        **{"DATA": HOJE, "HORA": 9, "MINUTO": 0, "DTENTREGA": HOJE},
        **{"DTLIBERA": HOJE, "HORALIBERA": 9, "MINUTOLIBERA": 0},
        **{"VLTOTAL": Decimal(35), "VLATEND": Decimal(35), "VLTABELA": Decimal(35)},
        **{"VLDESCONTO": zero, "PERDESC": zero, "PERCVENDA": Decimal(100)},
        **{"VLFRETE": zero, "VLOUTRASDESP": zero, "VLENTRADA": zero},
        **{"VLCUSTOREAL": Decimal(21), "VLCUSTOFIN": Decimal("21.70"), "VLCUSTOREP": Decimal("22.75")},
        **{"VLCUSTOCONT": Decimal(21), "TOTPESO": Decimal("1.9"), "TOTVOLUME": Decimal("0.0035"), "NUMITENS": 2},
        **{"NUMCAR": 0, "TIPOCARGA": "R", "TIPOEMBALAGEM": "U", "CONCILIAIMPORTACAO": "N"},
        **{"USAINTEGRACAOWMS": "N", "VENDAASSISTIDA": "N"},
    }


def test_the_item_has_these_columns_and_no_other(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("123-1", 2, 120)))

    zero = Decimal(0)
    assert preenchidas(casa.linha("PCPEDI", NUMPED=numped)) == {
        **{"NUMPED": 8000001, "NUMSEQ": 1, "CODPROD": 1, "CODAUXILIAR": 123, "CODCLI": 1, "CODUSUR": 8},
        **{"CODSUPERVISOR": 1, "QT": Decimal(24), "QTUNITEMB": Decimal(12), "PVENDA": Decimal(10)},
        **{"PTABELA": Decimal(10), "PBASERCA": Decimal(10), "PERDESC": zero, "POSICAO": "L"},
        **{"CODFILIALRETIRA": "1", "DTENTREGA": HOJE, "DATA": HOJE, "NUMCAR": 0, "CONDVENDA": 1, "CODPLPAG": 1},
        **{"BONIFIC": "N", "BRINDE": "N"},
        **{"VLCUSTOREAL": Decimal(6), "VLCUSTOFIN": Decimal("6.2"), "VLCUSTOREP": Decimal("6.5")},
        **{"VLCUSTOCONT": Decimal(6), "CUSTOFINEST": Decimal("6.2")},
        **{"ST": zero, "BASEICST": zero, "STCLIENTEGNRE": zero, "VLIPI": zero, "PERCIPI": zero},
        **{"VLISS": zero, "PERCOM": zero},
    }


def test_an_order_is_released_without_a_billing_type(casa: Casa) -> None:
    pagamento = {"pagamentoForma": {"idRetaguarda": "DH"}, "pagamentoCondicao": {"idRetaguarda": 7}}
    numped = casa.reservar(pre_venda(pagamentos=[pagamento]))

    pedido = casa.linha("PCPEDC", NUMPED=numped)
    assert (pedido["POSICAO"], pedido["CODCOB"], pedido["CODPLPAG"]) == ("L", None, 1)


def test_items_keep_their_order_as_numseq(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("10010-1001"), item("100-1"), item("123-1", 1, 120)))

    itens = sorted(casa.tabela("PCPEDI", NUMPED=numped), key=lambda row: row["NUMSEQ"])
    assert [(row["NUMSEQ"], row["CODAUXILIAR"]) for row in itens] == [(1, 10010), (2, 100), (3, 123)]


def test_dates_follow_the_clock_of_the_erp(casa: Casa) -> None:
    casa.relogio.agora = dt.datetime(2026, 3, 3, 2, 47, 31, tzinfo=dt.UTC)
    with closing(casa.com(fuso=ZoneInfo("America/Manaus"))) as outra:
        numped = outra.reservar(pre_venda())

    pedido = casa.linha("PCPEDC", NUMPED=numped)
    assert (pedido["DATA"], pedido["HORA"], pedido["MINUTO"]) == (HOJE, 22, 47)
    assert (pedido["DTLIBERA"], pedido["HORALIBERA"], pedido["MINUTOLIBERA"]) == (HOJE, 22, 47)
    assert casa.linha("PCPEDI", NUMPED=numped)["DATA"] == HOJE


def test_costs_that_are_null_count_as_zero(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET CUSTOREAL = NULL, CUSTOFIN = NULL WHERE CODPROD = 1")
    numped = casa.reservar(pre_venda())

    assert casa.linha("PCPEDC", NUMPED=numped)["VLCUSTOREAL"] == Decimal(0)
    assert casa.linha("PCPEDI", NUMPED=numped)["CUSTOFINEST"] == Decimal(0)


def test_what_the_site_sets_is_written(casa: Casa) -> None:
    with closing(casa.com(origem_integracao="OUTRA", origemped="W", condvenda=7, codfunc=77)) as outra:
        numped = outra.reservar(pre_venda())

    pedido = casa.linha("PCPEDC", NUMPED=numped)
    assert (pedido["ORIGEMINTEGRACAO"], pedido["ORIGEMPED"], pedido["CONDVENDA"]) == ("OUTRA", "W", 7)
    assert (pedido["CODEMITENTE"], pedido["CODFUNCLIBERA"]) == (77, 77)


def test_the_payment_plan_of_the_customer_is_copied(casa: Casa) -> None:
    casa.executar("INSERT INTO PCPLPAG (CODPLPAG, TIPOVENDA, NUMDIAS) VALUES (5, 'VP', 28)")
    casa.executar("UPDATE PCCLIENT SET CODPLPAG = 5 WHERE CODCLI = 1")
    numped = casa.reservar(pre_venda())

    pedido = casa.linha("PCPEDC", NUMPED=numped)
    assert [pedido[c] for c in ("CODPLPAG", "TIPOVENDA", "PRAZO1", "PRAZOMEDIO")] == [5, "VP", 28, 28]


# Delivery


def test_delivery_type(casa: Casa) -> None:
    enviados = [0, "1", 2, "ENTREGA_NORMAL", "ri", None]
    casa.reservar(pre_venda(*[item("100-1", 1, entrega={"tipoEntrega": tipo}) for tipo in enviados]))

    tipos = {row["NUMSEQ"]: row["TIPOENTREGA"] for row in casa.tabela("PCPEDI")}
    assert tipos == {1: "RI", 2: "RP", 3: "EN", 4: "EN", 5: "RI", 6: None}


def test_the_order_is_delivered_on_the_earliest_date_of_its_items(casa: Casa) -> None:
    numped = casa.reservar(
        pre_venda(
            item("100-1", entrega={"dataEntrega": "2026-03-20"}),
            item("200-2", entrega={"dataEntrega": "2026-03-10T18:30:00-03:00"}),
        )
    )

    datas = {row["CODPROD"]: row["DTENTREGA"] for row in casa.tabela("PCPEDI", NUMPED=numped)}
    assert datas == {1: dt.datetime(2026, 3, 20), 2: dt.datetime(2026, 3, 10)}  # noqa: DTZ001
    assert casa.linha("PCPEDC", NUMPED=numped)["DTENTREGA"] == dt.datetime(2026, 3, 10)  # noqa: DTZ001


def test_the_stock_of_the_delivery_branch_is_reserved(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("300-3", 40, **na_filial("2"))))

    assert casa.linha("PCPEDC", NUMPED=numped)["CODFILIAL"] == "1"
    assert casa.linha("PCPEDI", NUMPED=numped)["CODFILIALRETIRA"] == "2"
    assert (casa.qtreserv(3, "1"), casa.qtreserv(3, "2")) == (Decimal(0), Decimal(40))


def test_both_names_of_the_delivery_branch_are_understood(casa: Casa) -> None:
    casa.reservar(
        pre_venda(
            item("300-3", 6, entrega={"idRetaguardaLojaEntrega": "2"}),
            item("300-3", 7, entrega={"idLojaEntregaRetaguarda": 2, "idRetaguardaLojaEntrega": "2"}),
        )
    )

    assert casa.qtreserv(3, "2") == Decimal(13)


def test_each_item_leaves_from_its_own_branch(casa: Casa) -> None:
    casa.reservar(pre_venda(item("100-1", 3, **na_filial("2")), item("100-1", 4), item("100-1", 5, **na_filial("10"))))

    assert [casa.qtreserv(1, filial) for filial in ("1", "2", "10")] == [Decimal(4), Decimal(3), Decimal(5)]


def test_only_the_delivery_branches_of_the_setting_may_deliver(casa: Casa) -> None:
    with closing(casa.com(filiais_entrega=("2",))) as outra:
        outra.reservar(pre_venda(item("100-1", 1, **na_filial("2"))))
        body = outra.recusado(pre_venda(item("100-1", 1, **na_filial("10")), numero="PV-2"))

    campo = "/preVendaItens/0/entrega/idLojaEntregaRetaguarda"
    assert [(e["codigo"], e["campo"]) for e in body["errors"]] == [("CAMPO_INVALIDO", campo)]


# R9: the text of the order


def test_a_short_text_fits_the_first_column(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(observacoes="Entregar de manhã"))

    pedido = casa.linha("PCPEDC", NUMPED=numped)
    assert [pedido[coluna] for coluna in OBS] == ["Entregar de manhã", None, None, None, None, None, None]


def test_a_long_text_flows_over_seven_columns(casa: Casa) -> None:
    larguras = (25, 50, 50, 75, 75, 75, 75)
    pedacos = [letra * largura for letra, largura in zip("abcdefg", larguras, strict=True)]
    answer = casa.enviar(pre_venda(observacoes="".join(pedacos)))

    pedido = casa.linha("PCPEDC", NUMPED=answer.get_json()["idPedidoRetaguarda"])
    assert [pedido[coluna] for coluna in OBS] == pedacos
    assert "OBSERVACOES_CORTADAS" not in [a["codigo"] for a in answer.get_json()["data"]["avisos"]]


def test_a_text_that_does_not_fit_is_cut_and_told(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(observacoes="x" * 426))

    pedido = casa.linha("PCPEDC", NUMPED=answer.get_json()["idPedidoRetaguarda"])
    assert "".join(pedido[coluna] for coluna in OBS) == "x" * 425
    avisos = {a["codigo"]: a["campos"] for a in answer.get_json()["data"]["avisos"]}
    assert avisos["OBSERVACOES_CORTADAS"] == ["/observacoes"]


@SO_UTF8
def test_a_text_is_cut_between_words_and_counted_in_bytes(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(observacoes="Avisar o síndico às três da tarde"))

    pedido = casa.linha("PCPEDC", NUMPED=numped)
    assert (pedido["OBS"], pedido["OBS1"]) == ("Avisar o síndico às", "três da tarde")


# R3: packages


def test_a_box_is_twelve_units_and_its_price_is_divided(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item("123-1", 3, Decimal("125.50"))))

    linha = casa.linha("PCPEDI", NUMPED=numped)
    assert (linha["QT"], linha["PVENDA"]) == (Decimal(36), Decimal("10.458333"))
    assert casa.qtreserv(1) == Decimal(36)
    assert casa.linha("PCPEDC", NUMPED=numped)["VLTOTAL"] == Decimal("376.50")


def test_without_conversion_quantity_and_price_are_written_as_sent(casa: Casa) -> None:
    with closing(casa.com(converte_embalagem=False)) as outra:
        numped = outra.reservar(pre_venda(item("123-1", 3, 120)))

    linha = casa.linha("PCPEDI", NUMPED=numped)
    assert [linha[c] for c in ("QT", "PVENDA", "QTUNITEMB")] == [Decimal(3), Decimal(120), Decimal(12)]
    assert casa.qtreserv(1) == Decimal(3)


def test_the_package_of_the_selling_branch_counts_not_of_the_delivering_one(casa: Casa) -> None:
    casa.executar("UPDATE PCEMBALAGEM SET QTUNIT = 6 WHERE CODAUXILIAR = 123 AND CODFILIAL = '2'")
    casa.reservar(pre_venda(item("123-1", 1, 120, **na_filial("2"))))

    assert casa.qtreserv(1, "2") == Decimal(12)


def test_a_product_accepts_fractions_where_its_branch_says_so(casa: Casa) -> None:
    casa.executar("UPDATE PCPRODFILIAL SET ACEITAVENDAFRACAO = 'S' WHERE CODPROD = 1 AND CODFILIAL = '2'")
    casa.reservar(pre_venda(item("100-1", Decimal("0.5")), loja="2"))

    assert casa.qtreserv(1, "2") == Decimal("0.5")


def test_half_a_box_is_whole_units(casa: Casa) -> None:
    casa.reservar(pre_venda(item("123-1", Decimal("0.5"), 120)))

    assert casa.qtreserv(1) == Decimal(6)


# R4: stock


def test_items_of_one_product_are_summed_before_the_check(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item("300-3", 3), item("300-3", 3)))

    (falta,) = body["errors"]
    assert (falta["pedida"], falta["disponivel"], falta["itens"]) == (6, 5, [0, 1])


def test_items_of_one_product_are_reserved_together(casa: Casa) -> None:
    casa.reservar(pre_venda(item("300-3", 3), item("300-3", 2)))

    assert casa.qtreserv(3) == Decimal(5)


def test_the_last_unit_can_be_sold_and_no_more(casa: Casa) -> None:
    casa.reservar(pre_venda(item("300-3", 5)))

    (falta,) = casa.recusado(pre_venda(item("300-3", 1), numero="PV-2"))["errors"]
    assert (falta["pedida"], falta["disponivel"]) == (1, 0)


def test_blocked_stock_is_not_sold(casa: Casa) -> None:
    (falta,) = casa.recusado(pre_venda(item("400-4", 1)))["errors"]

    assert (falta["codigo"], falta["disponivel"]) == ("ESTOQUE_INSUFICIENTE", 0)


def test_damaged_stock_is_part_of_the_blocked_and_not_subtracted_twice(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTBLOQUEADA = 4, QTINDENIZ = 4 WHERE CODPROD = 4 AND CODFILIAL = '1'")

    assert casa.enviar(pre_venda(item("400-4", 6))).status_code == 201


def test_stock_columns_that_are_null_count_as_zero(casa: Casa) -> None:
    casa.executar(
        "UPDATE PCEST SET QTESTGER = 7, QTRESERV = NULL, QTBLOQUEADA = NULL, QTPENDENTE = NULL, QTINDUSTRIA = NULL"
        " WHERE CODPROD = 1 AND CODFILIAL = '1'"
    )
    with closing(casa.com(desconta_disponivel=("QTPENDENTE", "QTINDUSTRIA"))) as outra:
        outra.reservar(pre_venda(item("100-1", 7)))

    assert casa.linha("PCEST", CODFILIAL="1", CODPROD=1)["QTRESERV"] == Decimal(7)


def test_stock_on_hand_that_is_null_is_nothing(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = NULL WHERE CODPROD = 1 AND CODFILIAL = '1'")

    (falta,) = casa.recusado(pre_venda())["errors"]
    assert (falta["codigo"], falta["disponivel"]) == ("ESTOQUE_INSUFICIENTE", 0)


def test_an_overdrawn_row_has_zero_available_not_less(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTRESERV = 1100 WHERE CODPROD = 1 AND CODFILIAL = '1'")

    (falta,) = casa.recusado(pre_venda())["errors"]
    assert falta["disponivel"] == 0


@pytest.mark.parametrize("sem_estoque", [(), ("1",)])
def test_a_product_without_a_stock_row_cannot_be_sold(casa: Casa, sem_estoque: tuple[str, ...]) -> None:
    casa.executar("DELETE FROM PCEST WHERE CODPROD = 1 AND CODFILIAL = '1'")

    with closing(casa.com(filiais_sem_estoque=sem_estoque)) as outra:
        body = outra.recusado(pre_venda())
    assert [(e["codigo"], e["disponivel"]) for e in body["errors"]] == [("ESTOQUE_INSUFICIENTE", 0)]


@pytest.mark.parametrize("coluna", ["QTPENDENTE", "QTINDUSTRIA"])
def test_a_setting_also_subtracts_other_balances(casa: Casa, coluna: str) -> None:
    casa.executar(f"UPDATE PCEST SET {coluna} = 4 WHERE CODPROD = 3 AND CODFILIAL = '1'")  # noqa: S608
    with closing(casa.com(desconta_disponivel=(coluna,))) as outra:
        (falta,) = outra.recusado(pre_venda(item("300-3", 2)))["errors"]

    assert falta["disponivel"] == 1
    assert casa.enviar(pre_venda(item("300-3", 2))).status_code == 201


def test_a_branch_may_be_allowed_to_sell_without_stock(casa: Casa) -> None:
    with closing(casa.com(filiais_sem_estoque=("10",))) as outra:
        outra.reservar(pre_venda(item("300-3", 9), loja="10"))
        outra.recusado(pre_venda(item("300-3", 9), numero="PV-2"))

    assert casa.qtreserv(3, "10") == Decimal(9)


def test_the_reservation_is_added_to_what_is_reserved_already(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTRESERV = 10.125 WHERE CODPROD = 2 AND CODFILIAL = '1'")
    casa.reservar(pre_venda(item("200-2", Decimal("1.25"))))

    assert casa.qtreserv(2) == Decimal("11.375")


# §4.3: answers


def test_the_answer_has_the_members_of_the_contract(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(item("100-1", 3), numero="PV-77"), "pdv1")

    assert (answer.status_code, answer.mimetype) == (201, "application/json")
    assert simplejson.loads(answer.data, use_decimal=True) == {
        "success": True,
        "message": "Pré-venda reservada: 8000001.",
        "idPedidoRetaguarda": 8000001,
        "data": {
            **{"idPedidoRetaguarda": 8000001, "idRetaguarda": 8000001, "numero": "PV-77"},
            **{"operacao": "I", "status": "A", "situacaoPreVenda": "DISPONIVEL", "situacaoReserva": "AUTORIZADA"},
            **{"posicao": "L", "filial": "1", "codcli": 1, "codusur": 8, "total": Decimal("30.00")},
            **{"expiraEm": "2026-03-13T23:59:59-03:00", "substitui": None},
            "avisos": [
                {
                    "codigo": "CONSUMIDOR_FINAL",
                    "mensagem": "Nenhum cliente foi enviado: usado o consumidor final.",
                    "campos": ["/cliente"],
                }
            ],
        },
        "errors": None,
    }


def test_the_reservation_is_remembered_with_its_term(casa: Casa) -> None:
    casa.reservar(pre_venda(loja="2"), "pdv2")

    assert preenchidas(casa.linha("GW_RESERVA", NUMPED=8000001)) == {
        **{"NUMPED": 8000001, "CODFILIAL": "2", "NUMERO": "PV-1", "ESTADO": "AUTORIZADA"},
        "DTEXPIRA": dt.datetime(2026, 3, 14, 3, 59, 59),  # noqa: DTZ001 - end of the day in Manaus, as UTC
        **{"MODO_KIT": "components", "CALLER": "pdv2", "QTAVISADA": Decimal(2)},
        **dict.fromkeys(("DTCRIACAO", "DTALTERACAO"), dt.datetime(2026, 3, 2, 12)),  # noqa: DTZ001
    }
    assert casa.linha("GW_PRE_VENDA")["NUMPED"] == 8000001


def test_both_routes_and_both_verbs_reserve(casa: Casa) -> None:
    for numero, (rota, method) in enumerate(itertools.product([ROTA, ROTA_ANTIGA], ["POST", "PUT"])):
        answer = casa.enviar(pre_venda(numero=f"PV-{numero}"), method=method, rota=rota)
        assert answer.status_code == 201

    assert casa.qtreserv(1) == Decimal(8)


def test_the_log_keeps_the_request_and_the_answer(casa: Casa) -> None:
    corpo = pre_venda(observacoes="Obra da esquina")
    answer = casa.enviar(corpo)

    log = casa.ultimo_log()
    esperada = {"NUMPED": 8000001, "POSICAO": "L", "OPERACAO": "I", "STATUS": "A", "CODCLI": 1}
    assert {coluna: log[coluna] for coluna in esperada} == esperada
    assert log["DATA"] == HOJE.replace(hour=9)
    assert log["JSON"] == {**corpo, "retorno": simplejson.loads(answer.data, use_decimal=True)}


def test_the_state_may_be_a_number_or_a_name(casa: Casa) -> None:
    for numero, situacao in enumerate([2, "2", "DISPONIVEL", "disponivel"]):
        casa.reservar(pre_venda(numero=f"PV-{numero}") | {"situacaoPreVenda": situacao})

    assert casa.qtreserv(1) == Decimal(8)


def test_empty_ids_and_ids_as_numbers_are_accepted(casa: Casa) -> None:
    corpo = pre_venda(item(idVendedorRetaguarda=""), loja=1, idRetaguarda="0", idOperadorRetaguarda=0)
    casa.reservar(corpo | {"numero": 4711, "cliente": {"idRetaguarda": 20}})

    pedido = casa.linha("PCPEDC")
    assert [pedido[c] for c in ("CODFILIAL", "NUMPEDHUBE", "CODCLI", "CODUSUR")] == ["1", "4711", 20, 8]


def test_unknown_members_are_named_once_and_not_logged(casa: Casa) -> None:
    corpo = pre_venda(item(cor="azul"), item("200-2", cor="verde"), canal="APP", cliente={"apelido": "Zé"})
    answer = casa.enviar(corpo)

    (aviso,) = [a for a in answer.get_json()["data"]["avisos"] if a["codigo"] == "MEMBROS_IGNORADOS"]
    assert aviso["campos"] == ["canal", "cliente.apelido", "preVendaItens[].cor"]
    texto = simplejson.dumps(casa.ultimo_log()["JSON"], ensure_ascii=False)
    assert not any(valor in texto for valor in ("azul", "verde", "APP", "Zé"))


# §4.3: the counter-offer


def test_a_shortage_names_the_branches_that_have_it_all(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 6 WHERE CODPROD = 3 AND CODFILIAL = '10'")
    (falta,) = casa.recusado(pre_venda(item("300-3", 6)))["errors"]

    com = [{"filial": "10", "disponivel": 6}, {"filial": "2", "disponivel": 50}]
    assert falta == {
        **{"codigo": "ESTOQUE_INSUFICIENTE", "campo": "/preVendaItens/0/quantidade"},
        **{"mensagem": "Produto 3, filial 1: pedido 6, disponível 5.", "codprod": 3, "filial": "1"},
        **{"pedida": 6, "disponivel": 5, "itens": [0], "filiaisComEstoque": com},
    }


def test_the_counter_offer_is_accepted_as_it_is(casa: Casa) -> None:
    corpo = pre_venda(item("300-3", 6), item("400-4", 1), kit(), item("123-1", 84, 120), observacoes="Obra")
    oferta = casa.recusado(corpo)["contraOferta"]

    assert oferta == pre_venda(item("300-3", 5), item("123-1", 83, 120), observacoes="Obra")
    casa.reservar(oferta)
    assert (casa.qtreserv(3), casa.qtreserv(1)) == (Decimal(5), Decimal(996))


def test_the_counter_offer_serves_kits_and_loose_items_in_their_order(casa: Casa) -> None:
    oferta = casa.recusado(pre_venda(kit(4, 30), item("300-3", 2)))["contraOferta"]

    assert oferta["preVendaItens"] == [kit(4, 30), item("300-3", 1)]
    casa.reservar(oferta)
    assert (casa.qtreserv(1), casa.qtreserv(3)) == (Decimal(8), Decimal(5))


def test_the_counter_offer_keeps_fractions_where_they_are_allowed(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 2.3456789 WHERE CODPROD = 2 AND CODFILIAL = '1'")
    answer = casa.enviar(pre_venda(item("200-2", 3)))

    oferta = simplejson.loads(answer.data, use_decimal=True)["contraOferta"]
    assert oferta["preVendaItens"] == [item("200-2", Decimal("2.345678"))]
    casa.reservar(oferta)


def test_nothing_to_offer_is_null(casa: Casa) -> None:
    assert casa.recusado(pre_venda(item("400-4", 1)))["contraOferta"] is None
