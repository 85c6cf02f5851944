"""Stock and orders under other hands: WinThor's own sessions move what the gateway decides on (R4, R10, R16, R20)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from app.services import retaguarda
from app.services.tempo import expirar
from app.winthor import pedidos
from tests.reliability.encontro import PESSOA, Segundo
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import Casa

SEM_ESTOQUE = "ESTOQUE_INSUFICIENTE"


def estoque(casa: Casa, codprod: int = 1, filial: str = "1", **colunas: Any) -> None:
    for coluna, valor in colunas.items():
        sql = f"UPDATE PCEST SET {coluna} = :v WHERE CODFILIAL = :f AND CODPROD = :p"  # noqa: S608 - of this file
        casa.executar(sql, v=valor, f=filial, p=codprod)


def acao(numped: int, situacao: int, *itens: dict[str, Any], **mais: Any) -> dict[str, Any]:
    corpo = pre_venda(*itens, situacaoPreVenda=situacao, idRetaguarda=numped, **mais)
    if not itens:
        del corpo["preVendaItens"]
    return corpo


def codigo(answer: Any) -> str:
    return str(answer.get_json(force=True).get("codigo", answer.status_code))


# --- what decides how much is released is read after the stock rows are locked


class OutraSessao:
    """A session of WinThor's with a transaction under way, and one request of the gateway that meets it."""

    def __init__(self, casa: Casa, connection: sa.Connection) -> None:
        self.casa = casa
        self.connection = connection

    def executar(self, sql: str, **valores: Any) -> None:
        self.connection.execute(sa.text(sql), valores)

    def cortar(self, numped: int, quantidade: int) -> None:
        """Take units out of the order's line, the stock row first."""
        onde = "WHERE CODFILIAL = '1' AND CODPROD = 1"
        self.executar(f"UPDATE PCEST SET QTRESERV = QTRESERV - :q {onde}", q=quantidade)  # noqa: S608 - a constant
        self.executar("UPDATE PCPEDI SET QT = QT - :q WHERE NUMPED = :n AND CODPROD = 1", q=quantidade, n=numped)

    def enquanto(self, fazer: Callable[[], str]) -> str:
        """The gateway's answer: it is seen to wait, then the session commits."""
        segundo = Segundo(self.casa, fazer)
        segundo.entrar()
        assert segundo.esperou, "o gateway não esperou pela outra sessão"
        self.connection.commit()
        return segundo.terminar()


@contextlib.contextmanager
def outra_sessao(casa: Casa) -> Iterator[OutraSessao]:
    casa.token("hub")
    with casa.engine.connect() as connection:
        yield OutraSessao(casa, connection)


@pytest.fixture
def cheia(casa_pg: Casa) -> tuple[Casa, int]:
    """20 on hand of product 1; another order holds 10 and the reservation 5."""
    estoque(casa_pg, QTESTGER=20)
    casa_pg.reservar(pre_venda(item(quantidade=10), numero="OUTRA"))
    return casa_pg, casa_pg.reservar(pre_venda(item(quantidade=5)))


def cancelar_no_painel(casa: Casa, numped: int) -> str:
    return codigo(casa.pedir("POST", f"/api/v1/reservas/{numped}/cancelamento", "retaguarda", json={"motivo": "x"}))


FORMAS: dict[str, Callable[[Casa, int], str]] = {
    "cancelar": lambda casa, numped: codigo(casa.enviar(acao(numped, 0))),
    "painel": cancelar_no_painel,
}


@pytest.mark.parametrize("forma", FORMAS)
def test_a_cancellation_frees_what_the_line_says_after_the_lock(cheia: tuple[Casa, int], forma: str) -> None:
    casa, numped = cheia
    casa.token("retaguarda")
    with outra_sessao(casa) as winthor:
        winthor.cortar(numped, 3)
        assert winthor.enquanto(lambda: FORMAS[forma](casa, numped)) == "200"
    assert casa.qtreserv(1) == 10
    assert casa.recusado(pre_venda(item(quantidade=11), numero="DEMAIS"))["codigo"] == SEM_ESTOQUE


def test_an_alteration_gives_back_what_the_line_says_after_the_lock(cheia: tuple[Casa, int]) -> None:
    """The old order holds 2 by then: 20 on hand, 12 reserved, 2 of them its own: 10 fit and 11 do not."""
    casa, numped = cheia
    with outra_sessao(casa) as winthor:
        winthor.cortar(numped, 3)
        assert winthor.enquanto(lambda: codigo(casa.enviar(acao(numped, 2, item(quantidade=10))))) == "201"
    assert casa.qtreserv(1) == 20


def test_an_alteration_asks_for_no_more_than_is_there_after_the_lock(cheia: tuple[Casa, int]) -> None:
    casa, numped = cheia
    with outra_sessao(casa) as winthor:
        winthor.executar(
            "UPDATE PCEST SET QTESTGER = 19, QTRESERV = QTRESERV - 3 WHERE CODFILIAL = '1' AND CODPROD = 1"
        )
        winthor.executar("UPDATE PCPEDI SET QT = 2 WHERE NUMPED = :n", n=numped)
        assert winthor.enquanto(lambda: codigo(casa.enviar(acao(numped, 2, item(quantidade=10))))) == SEM_ESTOQUE
    assert casa.qtreserv(1) == 12


def test_a_line_that_moves_to_another_branch_meanwhile_is_freed_there(cheia: tuple[Casa, int]) -> None:
    """The lines name another stock row than those that were locked: all is rolled back and repeated with it."""
    casa, numped = cheia
    with outra_sessao(casa) as winthor:
        winthor.executar("UPDATE PCEST SET QTRESERV = QTRESERV - 5 WHERE CODFILIAL = '1' AND CODPROD = 1")
        winthor.executar("UPDATE PCEST SET QTRESERV = QTRESERV + 5 WHERE CODFILIAL = '2' AND CODPROD = 1")
        winthor.executar("UPDATE PCPEDI SET CODFILIALRETIRA = '2' WHERE NUMPED = :n", n=numped)
        assert casa.qtreserv(1, "2") == 0
        assert winthor.enquanto(lambda: codigo(casa.enviar(acao(numped, 0)))) == "200"
    assert (casa.qtreserv(1), casa.qtreserv(1, "2")) == (10, 0)


def test_components_are_read_after_the_lock_too(casa_pg: Casa) -> None:
    numped = casa_pg.reservar(pre_venda(kit(2)))
    casa_pg.reservar(pre_venda(item(quantidade=10), numero="OUTRA"))
    with outra_sessao(casa_pg) as winthor:
        winthor.executar("UPDATE PCEST SET QTRESERV = QTRESERV - 2 WHERE CODFILIAL = '1' AND CODPROD = 1")
        winthor.executar("UPDATE PCPEDICESTA SET QTMP = 1 WHERE NUMPED = :n AND CODPRODMP = 1", n=numped)
        assert winthor.enquanto(lambda: codigo(casa_pg.enviar(acao(numped, 0)))) == "200"
    assert (casa_pg.qtreserv(1), casa_pg.qtreserv(3)) == (10, 0)


def test_without_the_reading_after_the_lock_units_of_others_are_freed(
    cheia: tuple[Casa, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the lines as they were seen before decide."""
    casa, numped = cheia

    def vistas(_connection: Any, ordem: pedidos.Ordem, regra: Any, **_: Any) -> pedidos.Linhas:
        return pedidos.linhas_de(ordem, ordem.vistas, regra)

    monkeypatch.setattr(pedidos, "lock_linhas", vistas)
    with outra_sessao(casa) as winthor:
        winthor.cortar(numped, 3)
        assert winthor.enquanto(lambda: codigo(casa.enviar(acao(numped, 0)))) == "200"
    assert casa.qtreserv(1) == 7


def test_a_line_that_winthor_has_cut_holds_nothing(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5), item("200-2", 4)))
    casa.reservar(pre_venda(item(quantidade=7), numero="OUTRA"))
    casa.executar("UPDATE PCPEDI SET POSICAO = 'C' WHERE NUMPED = :n AND CODPROD = 1", n=numped)
    estoque(casa, QTRESERV=7)  # WinThor gave the units back
    assert casa.pedir("GET", "/api/v1/conciliacao", "retaguarda").get_json()["diferencas"] == []
    assert casa.enviar(acao(numped, 0)).status_code == 200
    assert (casa.qtreserv(1), casa.qtreserv(2)) == (7, 0)


# --- decision and write come from one plan


def test_units_that_the_counter_no_longer_holds_are_not_free(casa: Casa) -> None:
    estoque(casa, QTESTGER=5)
    numped = casa.reservar(pre_venda(item(quantidade=3)))
    estoque(casa, QTRESERV=0)
    body = casa.recusado(acao(numped, 2, item(quantidade=7)))
    assert (body["codigo"], body["errors"][0]["disponivel"]) == (SEM_ESTOQUE, 5)
    assert casa.enviar(acao(numped, 2, item(quantidade=5))).status_code == 201
    assert casa.qtreserv(1) == 5


@pytest.mark.parametrize("coluna", ["QTRESERV", "QTBLOQUEADA"])
def test_a_counter_below_zero_sells_nothing(casa: Casa, coluna: str) -> None:
    estoque(casa, QTESTGER=10, **{coluna: -5})
    lista = casa.pedir("GET", "/api/stock-vtex/v1/available/pdv-sync?branchId=1&productIds=100-1", "pdv1").get_json()
    assert "15" not in str(lista)
    explicado = casa.pedir("GET", "/api/v1/estoque/1/1", "retaguarda").get_json()
    assert explicado["disponivel"] == 10
    assert casa.recusado(pre_venda(item(quantidade=12)))["errors"][0]["disponivel"] == 10
    tipos = [d["tipo"] for d in casa.pedir("GET", "/api/v1/conciliacao", "retaguarda").get_json()["diferencas"]]
    assert "CONTADOR_NEGATIVO" in tipos


def test_an_increase_begins_at_zero(casa: Casa) -> None:
    estoque(casa, QTESTGER=10, QTRESERV=-5)
    numped = casa.reservar(pre_venda(item(quantidade=3)))
    assert casa.qtreserv(1) == 3
    estoque(casa, QTRESERV=-5)
    assert casa.enviar(acao(numped, 0)).status_code == 200
    assert casa.qtreserv(1) == 0


# --- whoever the order ends on is chosen before anything follows from it

CEP_DESCONHECIDO = "99999-999"


def test_the_consumer_is_judged_when_the_order_ends_on_it(casa: Casa) -> None:
    casa.executar("UPDATE PCCLIENT SET BLOQUEIO = 'S' WHERE CODCLI = 1")
    com_cliente = pre_venda(cliente=cliente_completo(cep=CEP_DESCONHECIDO))
    assert [casa.recusado(corpo)["codigo"] for corpo in (com_cliente, pre_venda())] == ["CLIENTE_BLOQUEADO"] * 2


def test_the_plan_is_that_of_the_customer_the_order_ends_on(casa: Casa) -> None:
    casa.executar("INSERT INTO PCPLPAG (CODPLPAG, NUMDIAS) VALUES (7, 7)")
    casa.executar("UPDATE PCCLIENT SET CODPLPAG = 7 WHERE CODCLI = 1")
    numped = casa.reservar(pre_venda(cliente=cliente_completo(cep=CEP_DESCONHECIDO)))
    assert [casa.linha("PCPEDC", NUMPED=numped)[c] for c in ("CODCLI", "CODPLPAG")] == [1, 7]
    assert casa.linha("PCPEDI", NUMPED=numped)["CODPLPAG"] == 7


# --- positions outside the table


def bloquear(casa: Casa, numped: int, posicao: str = "B") -> None:
    """WinThor holds the order back: its units are no longer counted."""
    casa.executar("UPDATE PCPEDC SET POSICAO = :p WHERE NUMPED = :n", p=posicao, n=numped)
    casa.executar("UPDATE PCPEDI SET POSICAO = :p WHERE NUMPED = :n", p=posicao, n=numped)
    estoque(casa, QTRESERV=0)


@pytest.mark.parametrize("posicao", ["B", "P", "X"])
def test_a_blocked_order(casa: Casa, posicao: str) -> None:
    corpo = pre_venda(item(quantidade=5))
    numped = casa.reservar(corpo)
    bloquear(casa, numped, posicao)
    assert casa.recusado(acao(numped, 2, item(quantidade=4)))["codigo"] == "RESERVA_BLOQUEADA"
    assert codigo(casa.enviar(corpo)) == "RESERVA_BLOQUEADA"  # the replay
    resgate = casa.enviar(acao(numped, 3)).get_json()
    pago = casa.enviar(acao(numped, 1)).get_json()
    for answer in (resgate, pago):
        assert [answer["data"][c] for c in ("situacaoReserva", "posicao")] == ["BLOQUEADA", posicao]
        assert [aviso["codigo"] for aviso in answer["data"]["avisos"]] == ["PEDIDO_BLOQUEADO"]
    assert (resgate["data"]["situacaoPreVenda"], pago["data"]["situacaoPreVenda"]) == ("DISPONIVEL", "RECEBIDO")
    assert casa.linha("GW_RESERVA")["ESTADO"] == "CONFIRMADA"
    assert casa.linha("PCPEDC")["POSICAO"] == posicao
    cancelado = casa.enviar(acao(numped, 0)).get_json()["data"]
    assert [cancelado[c] for c in ("situacaoReserva", "posicao")] == ["CANCELADA", "C"]
    assert casa.qtreserv(1) == 0


def test_a_paid_order_that_was_blocked_comes_back_paid(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    bloquear(casa, numped)
    assert casa.enviar(acao(numped, 1)).status_code == 200
    casa.executar("UPDATE PCPEDC SET POSICAO = 'L'")
    consulta = casa.pedir("GET", f"/winthor/varejo/matcon/v1/orders/pdvsync/consulta?idRetaguarda={numped}")
    assert consulta.get_json()["data"]["situacaoReserva"] == "CONFIRMADA"


def assumir(casa: Casa, numped: int) -> None:
    casa.executar("UPDATE PCPEDC SET CODCOB = 'BK' WHERE NUMPED = :n", n=numped)


def test_an_order_that_a_person_has_taken_over(casa: Casa) -> None:
    corpo = pre_venda(item(quantidade=5))
    numped = casa.reservar(corpo)
    assumir(casa, numped)
    assert casa.recusado(acao(numped, 2, item(quantidade=4)))["codigo"] == "RESERVA_ASSUMIDA"
    assert casa.recusado(acao(numped, 0))["codigo"] == "RESERVA_ASSUMIDA"
    assert codigo(casa.enviar(corpo)) == "RESERVA_ASSUMIDA"
    assert casa.enviar(acao(numped, 3)).get_json()["data"]["situacaoReserva"] == "ASSUMIDA"
    pago = casa.enviar(acao(numped, 1, pagamentos=[{"pagamentoForma": {"idRetaguarda": "D"}}])).get_json()["data"]
    assert [pago[c] for c in ("situacaoReserva", "posicao")] == ["CONFIRMADA", "L"]
    assert casa.linha("PCPEDC")["CODCOB"] == "BK"
    assert casa.qtreserv(1) == 5


def test_what_a_person_has_taken_over_is_cancelled_by_whoever_has_seen_it(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    assumir(casa, numped)
    for visto in (None, "D"):
        with pytest.raises(Exception, match="RESERVA_ASSUMIDA"):
            retaguarda.cancelar_reserva(casa.gw, PESSOA, numped, "desistiu", visto)
    assert casa.qtreserv(1) == 5
    assert retaguarda.cancelar_reserva(casa.gw, PESSOA, numped, "desistiu", "BK").http == 200
    assert casa.qtreserv(1) == 0


@pytest.mark.parametrize("mudanca", ["POSICAO = 'M'", "NUMCAR = 9"])
def test_an_order_under_separation(casa: Casa, mudanca: str) -> None:
    corpo = pre_venda(item(quantidade=5))
    numped = casa.reservar(corpo)
    casa.executar(f"UPDATE PCPEDC SET {mudanca}")  # noqa: S608 - a constant
    posicao = casa.linha("PCPEDC")["POSICAO"]
    for situacao, itens in ((2, [item(quantidade=4)]), (0, [])):
        assert casa.recusado(acao(numped, situacao, *itens))["codigo"] == "RESERVA_EM_SEPARACAO"
    assert codigo(casa.enviar(corpo)) == "RESERVA_EM_SEPARACAO"
    for situacao in (3, 1):
        data = casa.enviar(acao(numped, situacao)).get_json()["data"]
        assert [data[c] for c in ("situacaoReserva", "posicao")] == ["RECONHECIDA", posicao]
    assert casa.linha("GW_RESERVA")["ESTADO"] == "CONFIRMADA"


@pytest.mark.parametrize("fim", ["POSICAO = 'F'", "NUMTRANSVENDA = 7"])
def test_a_success_never_names_a_reservation_that_was_invoiced(casa: Casa, fim: str) -> None:
    corpo = pre_venda(item(quantidade=5))
    numped = casa.reservar(corpo)
    pagamento = acao(numped, 1)
    pago = casa.enviar(pagamento)
    casa.executar(f"UPDATE PCPEDC SET {fim}")  # noqa: S608 - a constant
    assert codigo(casa.enviar(corpo)) == "RESERVA_FATURADA"
    assert casa.enviar(pagamento).get_data() == pago.get_data()  # the payment's own answer is given again


# --- an order that a person sets back after it had expired


def test_an_expired_order_that_a_person_set_back_is_not_reserved_twice(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5), lockTTL="1h"))
    casa.relogio.andar(minutes=61)
    assert expirar.expirar(casa.gw).expiradas == [numped]
    casa.executar("UPDATE PCPEDC SET POSICAO = 'L'")
    casa.executar("UPDATE PCPEDI SET POSICAO = 'L'")
    estoque(casa, QTRESERV=5)
    assert casa.recusado(acao(numped, 1))["codigo"] == "RESERVA_ASSUMIDA"
    assert casa.qtreserv(1) == 5
