"""The panel's pages of a reservation that WinThor holds back or that a person there has taken over (R16)."""

from __future__ import annotations

import re

import pytest

from app.domain.recusas import Recusa
from app.domain.vida import Acao, Efeito, Estado, passo
from app.painel.apresentacao import pode_cancelar, pode_prorrogar
from app.services import retaguarda
from app.services.acesso.credenciais import RETAGUARDA_AGIR, Caller
from tests.support.builders import pre_venda
from tests.support.gateway import DO_LOG, Casa
from tests.support.panel import Atendente, Formulario, Pagina
from tests.support.winthor_hands import ASSUMIR, BLOQUEAR, levar

CANCELAMENTO, PRORROGACAO = "/cancelamento", "/prorrogacao"


def acoes(pagina: Pagina) -> set[str]:
    """What the page of a reservation offers to do."""
    return {"/" + f.destino.rpartition("/")[2] for f in pagina.formularios} & {CANCELAMENTO, PRORROGACAO}


def perguntar(pessoa: Atendente, formulario: Formulario, http: int = 200, **campos: str) -> Pagina:
    resposta = pessoa.enviar(formulario, **campos)
    if resposta.status_code == 303:
        resposta = pessoa.abrir(resposta.location)  # what a form has taken is asked on a page of its own
    assert resposta.status_code == http, resposta.get_data(as_text=True)
    return Pagina(resposta.get_data(as_text=True))


def segunda_pergunta(pessoa: Atendente, numped: int) -> Pagina:
    """The page that names the CODCOB, reached as a person does."""
    formulario = pessoa.ver(f"/painel/reservas/{numped}").formulario(CANCELAMENTO)
    primeira = perguntar(pessoa, formulario, motivo="Cliente desistiu")
    assert "Continuar…" in primeira.texto
    assert "cobrança D" not in primeira.texto
    return perguntar(pessoa, primeira.formulario(CANCELAMENTO))


@pytest.mark.parametrize("estado", Estado)
def test_the_buttons_are_those_of_the_table(estado: Estado) -> None:
    pelo_codigo = {Estado.AUTORIZADA, Estado.RESGATADA, Estado.CONFIRMADA, Estado.BLOQUEADA, Estado.ASSUMIDA}
    assert pode_cancelar(estado) == (estado in pelo_codigo)
    assert pode_prorrogar(estado) == (passo(estado, Acao.PRORROGAR).efeito is Efeito.MUDAR_PRAZO)
    assert pode_prorrogar(estado) == (estado is Estado.AUTORIZADA)


def test_page_of_a_blocked_reservation(casa: Casa) -> None:
    numped = levar(casa, "BLOQUEADA")
    pagina = Atendente(casa).ver(f"/painel/reservas/{numped}")
    assert acoes(pagina) == {CANCELAMENTO}
    assert "Bloqueada no WinThor" in pagina.texto
    assert "Posição no WinThor B" in pagina.texto
    assert "o prazo não conta enquanto o pedido está bloqueado" in pagina.texto
    assert "ele não retém estoque" in pagina.texto
    assert "Rotina do WinThor: 336" in pagina.texto


def test_page_of_a_taken_over_reservation(casa: Casa) -> None:
    numped = levar(casa, "ASSUMIDA")
    pagina = Atendente(casa).ver(f"/painel/reservas/{numped}")
    assert acoes(pagina) == {CANCELAMENTO}
    assert "Assumida no WinThor" in pagina.texto
    assert "o prazo não conta enquanto o pedido está com quem o assumiu" in pagina.texto
    assert "Alguém assumiu o pedido no WinThor" in pagina.texto


def test_page_of_a_reservation_in_separation_says_what_to_do(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE PCPEDC SET POSICAO = 'M' WHERE NUMPED = :n", n=numped)
    pagina = Atendente(casa).ver(f"/painel/reservas/{numped}")
    assert acoes(pagina) == set()
    assert "Rotina do WinThor: 901" in pagina.texto
    assert re.search(r"Expira não expira", pagina.texto)


@pytest.mark.parametrize(("pago", "dito"), [(False, "o prazo não conta"), (True, "não expira")])
def test_only_an_unpaid_term_stands_still(casa: Casa, pago: bool, dito: str) -> None:
    numped = casa.reservar(pre_venda())
    if pago:
        assert casa.enviar(pre_venda(idRetaguarda=numped, situacaoPreVenda=1)).status_code == 200
    casa.executar(BLOQUEAR, n=numped)
    assert f"Expira {dito}" in Atendente(casa).ver(f"/painel/reservas/{numped}").texto


def test_the_list_filters_by_both_states_and_links_to_them(casa: Casa) -> None:
    bloqueada, assumida = levar(casa, "BLOQUEADA", "A"), levar(casa, "ASSUMIDA", "B")
    pessoa = Atendente(casa)
    lista = pessoa.ver("/painel/reservas")
    for estado, numped in (("BLOQUEADA", bloqueada), ("ASSUMIDA", assumida)):
        assert f"/painel/reservas?estado={estado}" in lista.elos
        achadas = [e for e in pessoa.ver(f"/painel/reservas?estado={estado}").elos if re.search(r"reservas/\d+$", e)]
        assert achadas == [f"/painel/reservas/{numped}"]


def test_cancelling_a_blocked_reservation_says_that_the_stock_stays(casa: Casa) -> None:
    casa.reservar(pre_venda(numero="OUTRA"))
    numped = levar(casa, "BLOQUEADA")
    pessoa = Atendente(casa)
    formulario = pessoa.ver(f"/painel/reservas/{numped}").formulario(CANCELAMENTO)

    pergunta = perguntar(pessoa, formulario, motivo="x")
    assert "O estoque não muda: na posição B o WinThor não conta as unidades deste pedido" in pergunta.texto
    assert "fica disponível na hora" not in pergunta.texto
    feito = pessoa.enviar(pergunta.formulario(CANCELAMENTO))

    assert (feito.status_code, feito.location) == (303, f"/painel/reservas/{numped}?aviso=cancelada_bloqueada")
    assert "O estoque não mudou" in pessoa.ver(feito.location).texto
    assert casa.qtreserv(1) == 2
    assert casa.linha("GW_RESERVA", NUMPED=numped)["ESTADO"] == "CANCELADA"


def test_a_block_lifted_between_the_pages_is_noticed(casa: Casa) -> None:
    """What the first page said of the stock is no longer so: nothing is done."""
    numped = levar(casa, "BLOQUEADA")
    pessoa = Atendente(casa)
    formulario = pessoa.ver(f"/painel/reservas/{numped}").formulario(CANCELAMENTO)
    pergunta = perguntar(pessoa, formulario, motivo="x")
    casa.executar("UPDATE PCPEDC SET POSICAO = 'L' WHERE NUMPED = :n", n=numped)
    antes = casa.fotografia()

    mudou = perguntar(pessoa, pergunta.formulario(CANCELAMENTO), 409)

    assert "Nada foi feito" in mudou.texto
    assert casa.fotografia() == antes


def test_what_a_person_took_over_is_cancelled_after_the_second_question(casa: Casa) -> None:
    numped = levar(casa, "ASSUMIDA")
    pessoa = Atendente(casa)
    antes = casa.fotografia()

    pergunta = segunda_pergunta(pessoa, numped)

    assert casa.fotografia() == antes
    assert f"Cancelar a reserva {numped} com a cobrança D ?" in pergunta.texto.replace("D?", "D ?")
    assert "Cancelar mesmo com a cobrança D" in pergunta.texto
    feito = pessoa.enviar(pergunta.formulario(CANCELAMENTO))
    assert (feito.status_code, feito.location) == (303, f"/painel/reservas/{numped}?aviso=cancelada")
    assert casa.linha("GW_RESERVA", NUMPED=numped)["ESTADO"] == "CANCELADA"
    assert casa.qtreserv(1) == 0
    registro = casa.ultimo_log()["JSON"]
    assert (registro["motivo"], registro["codcob"]) == ("Cliente desistiu", "D")


MUDANCAS = {
    "another CODCOB": ("UPDATE PCPEDC SET CODCOB = 'BK' WHERE NUMPED = :n", "com a cobrança BK"),
    "in separation": ("UPDATE PCPEDC SET POSICAO = 'M' WHERE NUMPED = :n", "Em separação"),
    "given back": ("UPDATE PCPEDC SET CODCOB = NULL WHERE NUMPED = :n", "Autorizada"),
    "invoiced": ("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 7 WHERE NUMPED = :n", "Faturada"),
}


@pytest.mark.parametrize(("sql", "dito"), MUDANCAS.values(), ids=list(MUDANCAS))
def test_the_second_question_is_void_when_the_order_has_changed(casa: Casa, sql: str, dito: str) -> None:
    numped = levar(casa, "ASSUMIDA")
    pessoa = Atendente(casa)
    pergunta = segunda_pergunta(pessoa, numped)
    casa.executar(sql, n=numped)
    antes = casa.fotografia()

    mudou = perguntar(pessoa, pergunta.formulario(CANCELAMENTO), 409)

    assert "A reserva mudou" in mudou.texto
    assert dito in mudou.texto
    assert casa.fotografia() == antes


def test_an_order_taken_over_between_the_pages_is_noticed(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    pessoa = Atendente(casa)
    formulario = pessoa.ver(f"/painel/reservas/{numped}").formulario(CANCELAMENTO)
    pergunta = perguntar(pessoa, formulario, motivo="x")
    casa.executar(ASSUMIR, n=numped)
    antes = casa.fotografia()

    mudou = perguntar(pessoa, pergunta.formulario(CANCELAMENTO), 409)

    assert "Assumida no WinThor" in mudou.texto
    assert casa.fotografia() == antes


def test_the_codcob_is_compared_once_more_under_the_lock(casa: Casa) -> None:
    """It may change between the panel's own look and the lock."""
    numped = levar(casa, "ASSUMIDA")
    pessoa = Caller("retaguarda", None, frozenset({RETAGUARDA_AGIR}))
    assert retaguarda.ler_cobranca(casa.gw, pessoa, numped) == "D"
    casa.executar("UPDATE PCPEDC SET CODCOB = 'BK' WHERE NUMPED = :n", n=numped)
    antes = casa.fotografia(sem=DO_LOG)

    with pytest.raises(Recusa) as recusada:
        retaguarda.cancelar_reserva(casa.gw, pessoa, numped, "x", "D")

    assert recusada.value.codigo == "RESERVA_ASSUMIDA"
    assert casa.fotografia(sem=DO_LOG) == antes


def test_no_other_number_leads_past_the_second_question(casa: Casa) -> None:
    """A form that claims to be confirmed gets the question; one with a made-up CODCOB gets nothing."""
    numped = levar(casa, "ASSUMIDA")
    pessoa = Atendente(casa)
    formulario = pessoa.ver(f"/painel/reservas/{numped}").formulario(CANCELAMENTO)
    antes = casa.fotografia()

    pulada = perguntar(pessoa, formulario, motivo="x", confirmado="sim")
    assert "com a cobrança D" in pulada.texto
    for inventada in ("BK", ""):
        perguntar(pessoa, formulario, 409, motivo="x", confirmado="sim", codcob=inventada)

    assert casa.fotografia() == antes
