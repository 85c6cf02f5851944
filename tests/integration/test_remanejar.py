"""The back office moves lines of a live reservation to other branches (R29)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.services.conciliacao import conciliar
from tests.integration.test_estoque_protegido import em_estoque, guardar
from tests.integration.test_filiais import onde
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import DO_LOG, ROTA, Casa
from tests.support.panel import Atendente, Pagina

MOTIVO = "A filial 2 entrega mais perto"


def mover(casa: Casa, numped: int, *linhas: tuple[int, str], simular: Any = False, login: str = "retaguarda") -> Any:
    corpo = {"linhas": [{"numseq": n, "filial": f} for n, f in linhas], "motivo": MOTIVO}
    if simular is not None:
        corpo["simular"] = simular
    return casa.pedir("POST", f"/api/v1/reservas/{numped}/remanejamento", login, json=corpo)


def recusada(casa: Casa, numped: int, *linhas: tuple[int, str], **mais: Any) -> dict[str, Any]:
    """A move that is refused; nothing but the log has changed. Its plan is refused in the same words."""
    antes = casa.fotografia(sem=DO_LOG)
    answer = mover(casa, numped, *linhas, **mais)
    body: dict[str, Any] = answer.get_json(force=True)
    assert body["success"] is False, body
    assert casa.fotografia(sem=DO_LOG) == antes
    plano = mover(casa, numped, *linhas, **{**mais, "simular": True}).get_json(force=True)
    assert (plano["codigo"], plano["errors"]) == (body["codigo"], body["errors"])
    return body


def test_the_same_number_and_both_rows_at_once(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=3), item("200-2", 2), numero="PV-1"))
    answer = mover(casa, numped, (1, "2"))
    assert (answer.status_code, answer.get_json()) == (
        200,
        {
            "success": True,
            "message": f"1 linha(s) da reserva {numped} mudaram de filial.",
            "data": {"idRetaguarda": numped, "linhas": [{"numseq": 1, "de": "1", "para": "2", "quantidade": 3}]},
        },
    )
    assert (onde(casa), onde(casa, 2)) == ({"2": 3}, {"1": 2})
    assert [r["CODFILIALRETIRA"] for r in casa.tabela("PCPEDI", NUMPED=numped)] == ["2", "1"]
    log = casa.ultimo_log()
    assert (log["OPERACAO"], log["STATUS"], log["NUMPED"]) == ("A", "A", numped)
    assert (log["JSON"]["acao"], log["JSON"]["motivo"]) == ("remanejamento", MOTIVO)
    assert log["JSON"]["linhas"] == [{"numseq": 1, "filial": "2"}]
    assert not list(conciliar.conciliar(casa.gw).diferencas)
    casa.relogio.andar(seconds=20)
    evento = casa.pedir("GET", "/api/v1/eventos", "hub").get_json()["itens"][-1]
    assert (evento["tipo"], evento["idRetaguarda"], evento["substitui"]) == ("reserva.alterada", numped, None)
    vista = casa.pedir("GET", f"{ROTA}/consulta?idRetaguarda={numped}", "hub").get_json()
    assert '"2"' in str(vista).replace("'", '"')


def test_by_default_only_the_plan_is_shown(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="PV-1"))
    antes = casa.fotografia()
    for simular in (None, True):
        plano = mover(casa, numped, (1, "10"), simular=simular)
        assert plano.get_json()["data"]["linhas"] == [{"numseq": 1, "de": "1", "para": "10", "quantidade": 2}]
    assert casa.fotografia() == antes


def test_a_kit_moves_with_its_components(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(kit(2), numero="PV-1"))
    mover(casa, numped, (1, "2"))
    assert (onde(casa), onde(casa, 3)) == ({"2": 4}, {"2": 2})


def test_lines_may_change_places(casa: Casa) -> None:
    for filial in ("1", "2"):
        em_estoque(casa, 2, filial=filial)
    outra = item(entrega={"idLojaEntregaRetaguarda": "2"})
    numped = casa.reservar(pre_venda(item(), outra, numero="PV-1"))
    assert mover(casa, numped, (1, "2"), (2, "1")).status_code == 200
    assert [r["CODFILIALRETIRA"] for r in casa.tabela("PCPEDI", NUMPED=numped)] == ["2", "1"]
    assert onde(casa) == {"1": 2, "2": 2}


def test_what_is_there_already_changes_nothing(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="PV-1"))
    answer = mover(casa, numped, (1, "1"))
    assert (answer.status_code, answer.get_json()["data"]["linhas"]) == (200, [])
    assert onde(casa) == {"1": 2}


def test_a_branch_that_is_short(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("300-3", 2), numero="PV-1"))
    body = recusada(casa, numped, (1, "2"), (2, "10"))
    assert body["codigo"] == "ESTOQUE_INSUFICIENTE"
    (falta,) = body["errors"]
    assert (falta["campo"], falta["filial"], falta["pedida"], falta["disponivel"], falta["itens"]) == (
        *("/linhas/1/filial", "10", 2, 0),
        [1],
    )


def test_what_is_kept_there_for_others_is_left(casa: Casa) -> None:
    guardar(casa, "2", codprod=3, canal="pdv2", quantidade=Decimal(49))
    numped = casa.reservar(pre_venda(item("300-3", 2), numero="PV-1"))
    assert recusada(casa, numped, (1, "2"))["errors"][0]["protegido"] == 49
    casa.executar("UPDATE GW_RESERVA SET CALLER = 'pdv2'")  # the channel is that of the reservation
    assert mover(casa, numped, (1, "2")).status_code == 200


@pytest.mark.parametrize(
    ("linhas", "codigo", "campo"),
    [
        ([(7, "2")], "CAMPO_INVALIDO", "/linhas/0/numseq"),
        ([(1, "2"), (1, "10")], "CAMPO_INVALIDO", "/linhas/1/numseq"),
        ([(1, "77")], "FILIAL_NAO_ENCONTRADA", "/linhas/0/filial"),
    ],
)
def test_what_cannot_be_asked(casa: Casa, linhas: list[tuple[int, str]], codigo: str, campo: str) -> None:
    numped = casa.reservar(pre_venda(numero="PV-1"))
    body = recusada(casa, numped, *linhas)
    assert [(e["codigo"], e["campo"]) for e in body["errors"]] == [(codigo, campo)]


def test_the_store_s_list_does_not_bound_a_clerk_but_who_may_deliver_does(casa: Casa) -> None:
    casa.reservar(pre_venda(numero="PV-1"))
    com_lista = casa.com(filiais_da_loja={"1": ("1",)}, filiais_entrega=("10",))
    numped = com_lista.reservar(pre_venda(numero="PV-2"))
    assert recusada(com_lista, numped, (1, "2"))["codigo"] == "CAMPO_INVALIDO"
    assert mover(com_lista, numped, (1, "10")).status_code == 200
    assert mover(com_lista, numped, (1, "1")).status_code == 200  # back to the store
    com_lista.close()


@pytest.mark.parametrize(
    ("sql", "codigo"),
    [
        ("UPDATE PCPEDC SET POSICAO = 'M'", "RESERVA_EM_SEPARACAO"),
        ("UPDATE PCPEDC SET NUMCAR = 5", "RESERVA_EM_SEPARACAO"),
        ("UPDATE PCPEDC SET POSICAO = 'B'", "RESERVA_BLOQUEADA"),
        ("UPDATE PCPEDC SET CODCOB = 'D'", "RESERVA_ASSUMIDA"),
        ("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 1", "RESERVA_FATURADA"),
        ("UPDATE GW_RESERVA SET ESTADO = 'RESGATADA'", "RESERVA_RESGATADA"),
        ("UPDATE GW_RESERVA SET ESTADO = 'EXPIRADA'", "RESERVA_EXPIRADA"),
        ("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA'", "RESERVA_CANCELADA"),
    ],
)
def test_only_while_nobody_else_is_at_work_on_it(casa: Casa, sql: str, codigo: str) -> None:
    numped = casa.reservar(pre_venda(numero="PV-1"))
    casa.executar(sql)
    assert recusada(casa, numped, (1, "2"))["codigo"] == codigo


def test_a_replaced_number_names_the_one_that_stands(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="PV-1"))
    novo = casa.reservar(pre_venda(item(quantidade=3), numero="PV-1", idRetaguarda=numped))
    body = recusada(casa, numped, (1, "2"))
    assert (body["codigo"], body["idPedidoRetaguarda"]) == ("RESERVA_SUBSTITUIDA", novo)


def test_absent_and_foreign_look_the_same(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="PV-1"))
    casa.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '2' WHERE LOGIN = 'retaguarda'")
    assert [mover(casa, n, (1, "2")).status_code for n in (numped, 999)] == [404, 404]
    assert mover(casa, numped, (1, "2"), login="pdv1").status_code == 403


def test_a_paid_one_moves_and_is_paid_and_cancelled_where_it_is(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="PV-1"))
    casa.enviar(pre_venda(numero="PV-1", situacaoPreVenda=1, idRetaguarda=numped))
    assert mover(casa, numped, (1, "10")).status_code == 200
    assert onde(casa) == {"10": 2}
    assert casa.enviar(pre_venda(numero="PV-1", situacaoPreVenda=0, idRetaguarda=numped)).status_code == 200
    assert onde(casa) == {}


@pytest.mark.parametrize("filial", ["1", "2"])
def test_the_till_pays_as_it_reserved(casa: Casa, filial: str) -> None:
    dita = item(entrega={"idLojaEntregaRetaguarda": filial})
    numped = casa.reservar(pre_venda(dita, numero="PV-1"))
    mover(casa, numped, (1, "10"))
    paga = casa.enviar(pre_venda(dita, numero="PV-1", situacaoPreVenda=1, idRetaguarda=numped))
    assert (paga.status_code, onde(casa)) == (200, {"10": 2}), paga.text
    if filial != "1":  # one that was given, and is another
        outra = item(entrega={"idLojaEntregaRetaguarda": "1"})
        de_novo = casa.enviar(pre_venda(outra, numero="PV-1", situacaoPreVenda=1, idRetaguarda=numped))
        assert de_novo.get_json()["codigo"] == "ITENS_DIVERGENTES"


def test_a_future_sale_moves_with_its_deliveries(casa: Casa) -> None:
    tv7 = casa.com(pago="tv7")
    itens = [item(entrega={"tipoEntrega": 2}), item("200-2", 1, entrega={"tipoEntrega": 0})]
    numped = tv7.reservar(pre_venda(*itens, numero="PV-1"))
    tv7.enviar(pre_venda(*itens, numero="PV-1", situacaoPreVenda=1, idRetaguarda=numped))
    assert mover(tv7, numped, (1, "2"), (2, "10")).status_code == 200
    (entrega,) = tv7.tabela("GW_ENTREGA")
    assert [r["CODFILIALRETIRA"] for r in tv7.tabela("PCPEDI", NUMPED=numped)] == ["2", "10"]
    assert [r["CODFILIALRETIRA"] for r in tv7.tabela("PCPEDI", NUMPED=entrega["NUMPED_TV8"])] == ["2"]
    assert (onde(tv7), onde(tv7, 2)) == ({"2": 2}, {"10": 1})
    assert not list(conciliar.conciliar(tv7.gw).diferencas)
    tv7.close()


def test_a_line_that_winthor_cut_does_not_move(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("200-2", 1), numero="PV-1"))
    casa.executar("UPDATE PCPEDI SET POSICAO = 'C' WHERE NUMSEQ = 2")
    assert recusada(casa, numped, (2, "2"))["errors"][0]["campo"] == "/linhas/0/numseq"


def test_its_movements_and_its_page_tell_it(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(kit(1), numero="PV-1"))
    casa.relogio.andar(seconds=1)
    mover(casa, numped, (1, "2"))

    def movimentos(filial: str) -> list[Any]:
        answer = casa.pedir("GET", f"/api/v1/estoque/{filial}/1/movimentos", "retaguarda")
        return [(m["operacao"], m["variacao"]) for m in answer.get_json()["itens"]]

    assert (movimentos("1"), movimentos("2")) == ([("A", -2), ("I", 2)], [("A", 2)])
    operacao = casa.tabela("GW_OPERACAO")[-1]["ID"]
    tabelas = casa.pedir("GET", f"/api/v1/log/{operacao}", "retaguarda").get_json()["tabelas"]
    assert {(t["filial"], t["codprod"]): t["variacao"] for t in tabelas if t["tabela"] == "PCEST"} == {
        **{("1", 1): -2, ("2", 1): 2},
        **{("1", 3): -1, ("2", 3): 1},
    }


def test_the_panel_shows_the_plan_then_moves(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(), item("300-3", 1), numero="PV-1"))
    pessoa = Atendente(casa)

    def pedir(**filiais: str) -> Any:
        pagina = pessoa.ver(f"/painel/reservas/{numped}")
        return pessoa.enviar(pagina.formulario("/remanejamento"), motivo=MOTIVO, **filiais)

    antes = casa.fotografia()
    plano = pessoa.abrir(pedir(filial_1="2").location)
    assert plano.status_code == 200
    assert "Confirmar o remanejamento" in plano.text
    assert casa.fotografia() == antes
    feito = pessoa.enviar(Pagina(plano.text).formulario("/remanejamento"))
    assert (feito.status_code, onde(casa), onde(casa, 3)) == (303, {"2": 2}, {"1": 1})
    falta = pedir(filial_2="10")
    assert (falta.status_code, "disponível 0" in falta.text) == (409, True)
    nada = pedir()
    assert (nada.status_code, "outra filial" in nada.text) == (422, True)
