"""Other hands once more: orders set back, rows that are gone, keys waited for, and one reading of what lives (R16)."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.domain.vida import Estado
from app.services.conciliacao import conciliar, correcoes
from app.services.consulta import indicadores, pedidos, reservas
from app.services.consulta.reservas import FiltroDeReservas
from app.services.tempo import encerrar, expirar
from app.winthor.consultas import lista_de_reservas
from tests.integration.companhia.test_antes_da_troca import DE_ANTES, de_antes
from tests.integration.companhia.test_outras_maos import acao, codigo, estoque, outra_sessao
from tests.reliability.encontro import PESSOA
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import Casa


def vencer(casa: Casa, **mais: Any) -> int:
    """A reservation of 5 that the sweep has expired."""
    numped = casa.reservar(pre_venda(item(quantidade=5), lockTTL="1h", **mais))
    casa.relogio.andar(minutes=61)
    assert expirar.expirar(casa.gw).expiradas == [numped]
    return numped


def reabrir(casa: Casa, numped: int, posicao: str = "L", retem: int | None = 5) -> None:
    """A person sets an ended order back in WinThor."""
    casa.executar("UPDATE PCPEDC SET POSICAO = :p, DTCANCEL = NULL WHERE NUMPED = :n", p=posicao, n=numped)
    casa.executar("UPDATE PCPEDI SET POSICAO = :p WHERE NUMPED = :n", p=posicao, n=numped)
    if retem is not None:
        estoque(casa, QTRESERV=retem)


def vivos(casa: Casa) -> list[int]:
    """Orders of the pre-sale that WinThor has as live."""
    return [row["NUMPED"] for row in casa.tabela("PCPEDC") if row["POSICAO"] not in {"C", "F"}]


# --- two live orders for one pre-sale: what a person did later than we is theirs (Q07, R18, R21)


@pytest.mark.parametrize("situacao", [1, 2])
@pytest.mark.parametrize("posicao", ["B", "P"])
def test_an_expired_order_set_back_as_blocked_gets_no_twin(casa: Casa, posicao: str, situacao: int) -> None:
    numped = vencer(casa)
    reabrir(casa, numped, posicao, retem=0)
    itens = [item(quantidade=5)] if situacao == 2 else []
    answer = casa.enviar(acao(numped, situacao, *itens))
    assert (answer.status_code, vivos(casa)) == (409, [numped])


@pytest.mark.parametrize("fim", ["POSICAO = 'F'", "POSICAO = 'F', NUMTRANSVENDA = 7"])
@pytest.mark.parametrize("situacao", [1, 2])
def test_an_expired_order_that_was_set_back_and_invoiced_is_not_sold_again(casa: Casa, fim: str, situacao: int) -> None:
    numped = vencer(casa)
    casa.executar(f"UPDATE PCPEDC SET {fim}")  # noqa: S608 - a constant
    casa.executar("UPDATE PCPEDI SET POSICAO = 'F'")
    itens = [item(quantidade=5)] if situacao == 2 else []
    assert codigo(casa.enviar(acao(numped, situacao, *itens))) == "RESERVA_FATURADA"
    assert casa.qtreserv(1) == 0


@pytest.mark.parametrize("como", ["cancelada", "expirada", "cancelada no WinThor e assentada"])
def test_a_new_sale_of_a_numero_whose_ended_order_was_set_back_gets_no_twin(casa: Casa, como: str) -> None:
    if como == "expirada":
        numped = vencer(casa)
    elif como == "cancelada no WinThor e assentada":
        numped = casa.reservar(pre_venda(item(quantidade=5)))
        casa.executar("UPDATE PCPEDC SET POSICAO = 'C'")
        estoque(casa, QTRESERV=0)
        assert encerrar.assentar(casa.gw) == [numped]
    else:
        numped = casa.reservar(pre_venda(item(quantidade=5)))
        assert casa.enviar(acao(numped, 0)).status_code == 200
    reabrir(casa, numped)
    answer = casa.enviar(pre_venda(item(quantidade=4)))
    assert (answer.status_code, vivos(casa), casa.qtreserv(1)) == (409, [numped], 5)


def test_an_invoice_that_was_undone_leaves_a_reservation_that_can_be_ended(casa: Casa) -> None:
    """R16: BAIXADA is read from the order; settled, it is remembered though the order holds stock again."""
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 7")
    estoque(casa, QTRESERV=0)
    assert encerrar.assentar(casa.gw) == [numped]
    casa.executar("UPDATE PCPEDC SET POSICAO = 'L', NUMTRANSVENDA = NULL")
    estoque(casa, QTRESERV=5)
    segunda = casa.enviar(pre_venda(item(quantidade=4)))
    assert (segunda.status_code, vivos(casa)) == (409, [numped])
    assert (codigo(casa.enviar(acao(numped, 0))), casa.qtreserv(1)) == ("200", 0)


def test_the_second_of_two_orders_from_before_is_found_when_the_first_is_gone(casa: Casa) -> None:
    velha = de_antes(casa, 8_123_456)
    nova = de_antes(casa, 8_123_457)
    estoque(casa, QTRESERV=6)
    assert casa.enviar(pre_venda(item(quantidade=3), numero="TROCA")).get_json(force=True)["idPedidoRetaguarda"] == nova
    assert casa.enviar(acao(nova, 0, numero="TROCA")).status_code == 200
    answer = casa.enviar(pre_venda(item(quantidade=4), numero="TROCA"))
    assert (codigo(answer), vivos(casa)) == ("NUMERO_EM_USO", [velha])


def test_a_delivery_of_a_future_sale_is_not_the_pre_sale(casa: Casa) -> None:
    """The job passes it over (NUMPEDENTFUT); the look before a sale takes it, being the newest."""
    venda = de_antes(casa, 8_123_456)
    entrega = de_antes(casa, 8_123_457)
    casa.executar("UPDATE PCPEDC SET NUMPEDENTFUT = :v WHERE NUMPED = :n", v=venda, n=entrega)
    body = casa.enviar(pre_venda(item(quantidade=4), numero="TROCA")).get_json(force=True)
    assert (body["codigo"], body["idPedidoRetaguarda"]) == ("NUMERO_EM_USO", venda)


def test_a_late_payment_beside_a_live_order_from_before_makes_no_twin(casa: Casa) -> None:
    """The rescue asks only the anchor, which stands for the expired one itself."""
    numped = casa.reservar(pre_venda(item(quantidade=5), numero="TROCA", lockTTL="1h"))
    casa.relogio.andar(minutes=61)
    assert expirar.expirar(casa.gw).expiradas == [numped]
    viva = de_antes(casa)
    answer = casa.enviar(acao(numped, 1, numero="TROCA"))
    assert (codigo(answer), vivos(casa)) == ("NUMERO_EM_USO", [viva])


# --- corrections and conciliation against orders that somebody has taken over (R18, R19)


@pytest.mark.parametrize("sinal", ["NUMCAR = 9", "CODCOB = 'BK'"])
def test_a_correction_never_cancels_an_order_that_was_taken_over(casa: Casa, sinal: str) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    assert casa.enviar(acao(numped, 0)).status_code == 200
    reabrir(casa, numped)
    casa.executar(f"UPDATE PCPEDC SET {sinal}")  # noqa: S608 - a constant
    correcoes.corrigir(casa.gw, PESSOA, ids=None, motivo="tudo", simular=False)
    assert (casa.linha("PCPEDC")["POSICAO"], casa.qtreserv(1)) == ("L", 5)


@pytest.mark.parametrize("sinal", ["NUMCAR = 9", "CODCOB = 'BK'", "NUMTRANSVENDA = 7"])
def test_what_the_sweep_leaves_is_offered_to_no_correction(casa: Casa, sinal: str) -> None:
    casa.reservar(pre_venda(item(quantidade=5), lockTTL="1h"))
    casa.executar(f"UPDATE PCPEDC SET {sinal}")  # noqa: S608 - a constant
    casa.relogio.andar(minutes=61)
    assert expirar.expirar(casa.gw).expiradas == []
    acoes = [d.acao for d in conciliar.conciliar(casa.gw).diferencas if d.tipo == "VENCIDA"]
    assert "expirar" not in acoes


def test_a_correction_whose_product_has_lost_its_stock_row(casa: Casa) -> None:
    """travadas is what was found, not what was asked for: a row that is missing looks like lines that moved."""
    numped = casa.reservar(pre_venda(item(quantidade=5), item("200-2", 4)))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C'")
    casa.executar("DELETE FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 2")
    feito = correcoes.corrigir(casa.gw, PESSOA, ids=None, motivo="tudo", simular=False)
    resultados = [c.resultado for c in feito.correcoes if c.resumo.numped == numped]
    assert (resultados, casa.qtreserv(1)) == (["corrigida"], 0)


def test_a_late_payment_whose_product_has_lost_its_stock_row(casa: Casa) -> None:
    numped = vencer(casa)
    casa.executar("DELETE FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1")
    assert codigo(casa.enviar(acao(numped, 1))) == "RESERVA_EXPIRADA"


def test_a_counter_below_zero_keeps_no_ended_order_from_being_settled(casa: Casa) -> None:
    """Below zero it counts as 0 (R4): nothing of the order is counted any more."""
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 7")
    estoque(casa, QTRESERV=-1)
    assert encerrar.assentar(casa.gw) == [numped]


# --- one reading of "live" and "taken over"


def test_reservations_that_winthor_has_ended_are_not_open(casa: Casa) -> None:
    """Neither of the limits counts what holds nothing."""
    outra = casa.com(max_reservas_abertas=1, max_unidades_abertas=6)
    outra.reservar(pre_venda(item(quantidade=5)))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C'")
    casa.executar("UPDATE PCPEDI SET POSICAO = 'C'")
    estoque(casa, QTRESERV=0)
    answer = outra.enviar(pre_venda(item(quantidade=5), numero="PV-2"))
    outra.close()
    assert answer.status_code == 201, answer.get_data(as_text=True)


def test_a_reservation_whose_order_was_purged_is_not_open(casa: Casa) -> None:
    """Nobody can end it: the sweep passes it over, a cancellation does not find it, nothing settles it."""
    outra = casa.com(max_reservas_abertas=1)
    outra.reservar(pre_venda(item(quantidade=5)))
    for tabela in ("PCPEDI", "PCPEDC"):
        casa.executar(f"DELETE FROM {tabela}")  # noqa: S608 - of this test
    estoque(casa, QTRESERV=0)
    answer = outra.enviar(pre_venda(numero="PV-2"))
    outra.close()
    assert answer.status_code == 201, answer.get_data(as_text=True)


def test_a_line_that_was_cut_is_not_open(casa: Casa) -> None:
    outra = casa.com(max_unidades_abertas=6)
    outra.reservar(pre_venda(item(quantidade=5), item("200-2", 1)))
    casa.executar("UPDATE PCPEDI SET POSICAO = 'C' WHERE CODPROD = 1")
    estoque(casa, QTRESERV=0)
    answer = outra.enviar(pre_venda(item(quantidade=5), numero="PV-2"))
    outra.close()
    assert answer.status_code == 201, answer.get_data(as_text=True)


@pytest.mark.parametrize("sinal", ["NUMCAR = 9", "CODCOB = 'BK'", "POSICAO = 'B'", "NUMTRANSVENDA = 7"])
def test_what_the_sweep_leaves_is_not_counted_as_past_due(casa: Casa, sinal: str) -> None:
    casa.reservar(pre_venda(item(quantidade=5), lockTTL="1h"))
    casa.executar(f"UPDATE PCPEDC SET {sinal}")  # noqa: S608 - a constant
    casa.relogio.andar(minutes=61)
    assert expirar.expirar(casa.gw).expiradas == []
    espera = indicadores.o_que_espera(casa.gw)
    assert espera is not None
    assert espera.vencidas == 0


def test_the_panel_counts_reservations_by_the_state_that_counts(casa: Casa) -> None:
    casa.reservar(pre_venda(item(quantidade=5)))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'B'")
    assert indicadores.medir(casa.gw, PESSOA).reservas == {"BLOQUEADA": 1}


@pytest.mark.parametrize(("posicao", "estado"), [("L", "CONFIRMADA"), ("M", "RECONHECIDA"), ("B", "BLOQUEADA")])
def test_what_was_recorded_as_invoiced_and_set_back_is_listed_as_live(casa: Casa, posicao: str, estado: str) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    casa.enviar(acao(numped, 1))
    casa.executar("UPDATE PCPEDC SET POSICAO = 'F'")
    estoque(casa, QTRESERV=0)
    assert encerrar.assentar(casa.gw) == [numped]
    assert list(reservas.listar(casa.gw, PESSOA, FiltroDeReservas()).itens) == []
    reabrir(casa, numped, posicao)
    for qual in (None, Estado(estado)):
        listadas = reservas.listar(casa.gw, PESSOA, FiltroDeReservas(estado=qual)).itens
        assert [(r.numped, r.estado) for r in listadas] == [(numped, Estado(estado))]


def test_an_empty_codcob_is_none_in_lists_too(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    casa.executar("UPDATE PCPEDC SET CODCOB = :vazia", vazia="")  # on Oracle that is NULL
    with casa.gw.db.read() as connection:
        lida = lista_de_reservas.uma(connection, numped)
    assert lida is not None
    assert lida.estado is Estado.AUTORIZADA
    assert casa.enviar(acao(numped, 0)).status_code == 200


def test_a_counter_below_zero_is_zero_in_the_explanation(casa: Casa) -> None:
    estoque(casa, QTESTGER=10, QTRESERV=-5)
    explicado = casa.pedir("GET", "/api/v1/estoque/1/1", "retaguarda").get_json()
    assert (explicado["disponivel"], explicado["naoExplicado"]) == (10, 0)


@pytest.mark.parametrize("posicao", ["B", "P"])
def test_the_hub_is_told_of_an_order_that_was_blocked(casa: Casa, posicao: str) -> None:
    """Nothing says when WinThor moved it, as for M: it always comes."""
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    casa.relogio.andar(hours=2)
    desde = casa.relogio.agora
    casa.executar("UPDATE PCPEDC SET POSICAO = :p", p=posicao)
    casa.relogio.andar(minutes=5)
    pagina = pedidos.listar_status(casa.gw, pedidos.ConsultaDeStatus("1", desde=desde))
    assert [(p.numped, p.posicao) for p in pagina.itens] == [(numped, posicao)]


# --- a CODCOB that a person has chosen stays (R16, R18)


@pytest.mark.parametrize("sinal", ["NUMCAR = 9", "POSICAO = 'M'", "POSICAO = 'B'"])
def test_a_payment_keeps_the_codcob_of_a_person_whatever_else_holds(casa: Casa, sinal: str) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    casa.executar(f"UPDATE PCPEDC SET {sinal}, CODCOB = 'BK'")  # noqa: S608 - a constant
    assert casa.enviar(acao(numped, 1, pagamentos=[{"pagamentoForma": {"idRetaguarda": "D"}}])).status_code == 200
    assert casa.linha("PCPEDC")["CODCOB"] == "BK"


# --- the customer


def test_a_twin_with_another_mask_near_the_counter_is_no_lasting_fault(casa: Casa) -> None:
    """Behind the lock the twin is seen in the window of numbers, by the look before it never: judged anew for ever."""
    proximo = casa.linha("PCCONSUM")["PROXNUMCLI"]
    casa.executar("INSERT INTO PCCLIENT (CODCLI, CLIENTE, CGCENT) VALUES (:c, 'MARIA', '529982247-25')", c=proximo)
    answer = casa.enviar(pre_venda(cliente=cliente_completo()))
    assert answer.status_code == 201, answer.get_data(as_text=True)


# --- numbers


def test_a_counter_never_seeded_does_not_run_into_another_sellers_range(casa: Casa) -> None:
    """999999 is in use: what follows it is RCA 1's; RCA 8's own range is next (R2)."""
    casa.executar("UPDATE PCUSUARI SET PROXNUMPED = 999999 WHERE CODUSUR = 8")
    de_antes(casa, 999_999, numero="OUTRA")
    estoque(casa, QTRESERV=0)
    numped = casa.reservar(pre_venda())
    assert numped // 1_000_000 == 8


# --- limits


def test_a_limit_for_the_next_lock_does_not_end_what_is_no_lock(casa_pg: Casa) -> None:
    """A payment reads the order with its lines, then locks nothing more: 0.8 s stay for whatever it writes."""
    numped = casa_pg.reservar(pre_venda())
    casa_pg.executar(
        "CREATE FUNCTION devagar() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(1.2); RETURN NEW; END' LANGUAGE plpgsql"
    )
    casa_pg.executar("CREATE TRIGGER devagar BEFORE UPDATE ON GW_RESERVA FOR EACH ROW EXECUTE FUNCTION devagar()")
    assert codigo(casa_pg.enviar(acao(numped, 1))) == "200"


# --- while a row of WinThor's is held, every wait is short (R20), also one for a key


def test_the_erp_is_no_victim_when_the_gateway_waits_for_its_key(casa_pg: Casa) -> None:
    """W has an order under the number that the gateway draws, not committed, and wants the stock row next."""
    casa_pg.token("hub")
    erros: list[str] = []
    with casa_pg.engine.connect() as winthor:
        winthor.execute(sa.text(DE_ANTES), DA_VIZINHA)

        def baixar() -> None:
            try:
                winthor.execute(sa.text("UPDATE PCEST SET QTRESERV = QTRESERV WHERE CODFILIAL = '1' AND CODPROD = 1"))
                winthor.commit()
            except sa.exc.DBAPIError as error:
                erros.append(type(error.orig).__name__)
                winthor.rollback()

        thread = threading.Thread(target=baixar)

        def antes(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("INSERT INTO PCPEDC ") and not thread.ident:
                thread.start()
                time.sleep(0.4)

        event.listen(casa_pg.gw.db.engine, "before_cursor_execute", antes)
        try:
            answer = casa_pg.enviar(pre_venda())
        finally:
            event.remove(casa_pg.gw.db.engine, "before_cursor_execute", antes)
        assert thread.ident
        thread.join(10)
    assert erros == []
    assert answer.status_code == 201


DA_VIZINHA = {
    "n": 8_000_001,
    "filial": "1",
    "posicao": "L",
    "numero": "VIZINHA",
    "origem": "OUTRA",
    "codcob": None,
}


# --- what is read before a lock


@pytest.mark.parametrize("mudanca", ["POSICAO = 'C'", "NUMPEDHUBE = 'OUTRA'"])
def test_an_order_from_before_that_ends_while_its_lock_is_waited_for_is_not_named(casa_pg: Casa, mudanca: str) -> None:
    numped = de_antes(casa_pg)
    with outra_sessao(casa_pg) as winthor:
        winthor.executar(f"UPDATE PCPEDC SET {mudanca} WHERE NUMPED = :n", n=numped)  # noqa: S608 - a constant
        assert winthor.enquanto(lambda: codigo(casa_pg.enviar(pre_venda(numero="TROCA")))) == "201"
    assert casa_pg.tabela("GW_RESERVA", NUMPED=numped) == []


# --- what is told of an operation is what it did
