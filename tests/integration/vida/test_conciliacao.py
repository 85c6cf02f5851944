"""Truth: what QTRESERV counts against what the orders say; each difference told, some mended, once (R19)."""

from __future__ import annotations

import datetime as dt
import gc
import json
import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app.api.respostas.conciliacao import ConciliacaoSchema
from app.cli import main
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR, Caller, novo_login
from app.services.conciliacao import conciliar, correcoes
from app.services.conciliacao.diferenca import Conciliacao, Diferenca
from app.services.gateway import Gateway
from app.services.operacao import recuperacao, registro
from app.services.tempo import encerrar
from app.winthor import credenciais
from app.winthor.esquema.tables import PCPEDC, PCPEDI, PCPEDICESTA
from tests.conftest import NOW
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa
from tests.support.invariants import conferir_invariantes

CLERK = Caller("retaguarda", None, frozenset({RETAGUARDA, RETAGUARDA_AGIR}))
RECALCULO = "PKG_ANALISAR_ESTOQUE.PRC_RESERVADO"
HOJE = dt.datetime(2026, 3, 2)  # noqa: DTZ001 - Oracle DATE has no zone


def diferencas(casa: Casa) -> list[Diferenca]:
    return conciliar.conciliar(casa.gw).diferencas


def uma(casa: Casa) -> Diferenca:
    """The only difference."""
    (achada,) = diferencas(casa)
    return achada


def corrigir(
    casa: Casa, *ids: str, motivo: str = "separação pulada", simular: bool = False, caller: Caller = CLERK
) -> list[str]:
    """Results of a correction of some differences, or of all, in their order; a second after what was before."""
    casa.relogio.andar(seconds=1)
    feito = correcoes.corrigir(casa.gw, caller, ids=list(ids) or None, motivo=motivo, simular=simular)
    return [correcao.resultado for correcao in feito.correcoes]


def somar(casa: Casa, quantidade: int, codprod: int = 1, filial: str = "1") -> None:
    """Change a counter as no order explains."""
    sql = "UPDATE PCEST SET QTRESERV = QTRESERV + :q WHERE CODFILIAL = :f AND CODPROD = :p"
    casa.executar(sql, q=quantidade, f=filial, p=codprod)


def faturar(casa: Casa, numped: int, *, numcar: int | None = None) -> None:
    """WinThor invoices an order and forgets its reservation."""
    casa.executar(
        "UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 77, DTFAT = :d, NUMCAR = :c WHERE NUMPED = :n",
        d=HOJE.replace(hour=15),
        c=numcar,
        n=numped,
    )


def cancelar(casa: Casa, numped: int) -> None:
    """WinThor cancels an order and forgets its reservation."""
    casa.executar("UPDATE PCPEDC SET POSICAO = 'C', DTCANCEL = :d WHERE NUMPED = :n", d=HOJE.replace(hour=16), n=numped)


def pedido_do_winthor(
    casa: Casa, numped: int, *linhas: dict[str, Any], partes: tuple[dict[str, Any], ...] = (), **cabecalho: Any
) -> None:
    """An order nobody here has made. Lines: CODPROD, QT; parts: CODPRODMP, QTMP of line 1."""
    base = {"NUMPED": numped, "DATA": HOJE, "CODCLI": 1, "CODUSUR": 1, "CODFILIAL": "1", "POSICAO": "L"}
    with casa.engine.begin() as connection:
        connection.execute(sa.insert(PCPEDC), [base | cabecalho])
        itens = [{"NUMPED": numped, "NUMSEQ": n, "PVENDA": 10, **linha} for n, linha in enumerate(linhas, 1)]
        connection.execute(sa.insert(PCPEDI), itens)
        if partes:
            kit_ = {"NUMPED": numped, "NUMSEQ": 1, "CODPROD": linhas[0]["CODPROD"]}
            connection.execute(sa.insert(PCPEDICESTA), [kit_ | parte for parte in partes])


# --- what is told


def test_nothing_to_tell(casa: Casa) -> None:
    casa.reservar(pre_venda(item(), kit(2)))
    assert ConciliacaoSchema.render(conciliar.conciliar(casa.gw)) == {
        "geradoEm": "2026-03-02T12:00:00+00:00",
        "diferencas": [],
        "totais": {"diferencas": 0, "porTipo": {}, "valor": 0},
    }


def test_invoiced_and_still_held(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=2, preco=Decimal("12.345"))), "pdv1")
    faturar(casa, numped)
    achada = uma(casa)
    assert achada == Diferenca(
        id=achada.id,
        tipo="FATURADA_AINDA_RETIDA",
        filial="1",
        codprod=1,
        numped=numped,
        numero="PV-1",
        esperado=Decimal(0),
        reservado=Decimal(2),
        diferenca=Decimal(2),
        valor=Decimal("24.69"),
        desde=HOJE.replace(hour=15, tzinfo=casa.settings.fuso),
        caller="pdv1",
        origem="gateway",
        explicacao=f"O pedido {numped} foi faturado, mas 2 unidades dele seguem em QTRESERV.",
        anotacoes=(),
        acao="liberar",
        o_que_fazer="Libere pela correção; o pedido já saiu e o saldo está preso à toa.",
        quem="retaguarda",
    )


def faturadas_da_filial(casa: Casa, *, carimbadas: int, sem: int, filial: str = "1", dias: int = 1) -> None:
    """Invoices of WinThor's own that hold nothing, with and without a stamp of separation."""
    for n in range(carimbadas + sem):
        quando = HOJE - dt.timedelta(days=dias)
        carimbo = {"DTINICIALSEP": quando} if n < carimbadas else {}
        base = {"POSICAO": "F", "NUMTRANSVENDA": 1, "DTFAT": quando, "DATA": quando, "CODFILIAL": filial}
        pedido_do_winthor(casa, 1_900_000 + n, {"CODPROD": 4, "QT": 1}, **base, **carimbo)


@pytest.mark.parametrize(
    ("sinal", "pulou"),
    [
        *[({}, True), ({"NUMCAR": 0}, True), ({"CODFUNCSEP": 0}, True)],
        *[({"NUMCAR": 9}, False), ({"CODFUNCSEP": 7}, False), ({"DTFINALSEP": HOJE}, False)],
    ],
)
def test_separation_was_skipped_without_a_load_and_without_a_stamp(
    casa: Casa, sinal: dict[str, Any], pulou: bool
) -> None:
    faturadas_da_filial(casa, carimbadas=3, sem=1)
    numped = casa.reservar(pre_venda())
    faturar(casa, numped)
    if sinal:
        with casa.engine.begin() as connection:
            connection.execute(sa.update(PCPEDC).where(PCPEDC.c.NUMPED == numped).values(**sinal))
    assert uma(casa).anotacoes == (("SEPARACAO_PULADA",) if pulou else ())
    assert ("sem a separação" in uma(casa).explicacao) is pulou


@pytest.mark.parametrize(
    ("carimbadas", "sem", "filial", "dias", "pulou"),
    # The order that is looked at is one of the invoices without a stamp.
    [(1, 0, "1", 1, True), (1, 1, "1", 1, False), (9, 8, "1", 1, True), (9, 0, "2", 1, False), (9, 0, "1", 31, False)],
)
def test_a_branch_that_does_not_stamp_is_not_accused(
    casa: Casa, carimbadas: int, sem: int, filial: str, dias: int, pulou: bool
) -> None:
    faturadas_da_filial(casa, carimbadas=carimbadas, sem=sem, filial=filial, dias=dias)
    faturar(casa, casa.reservar(pre_venda()))
    assert uma(casa).anotacoes == (("SEPARACAO_PULADA",) if pulou else ())


def test_what_share_makes_a_branch_that_stamps_is_a_setting(casa: Casa) -> None:
    faturadas_da_filial(casa, carimbadas=1, sem=3)
    faturar(casa, casa.reservar(pre_venda()))
    assert uma(casa).anotacoes == ()
    with closing(casa.com(separacao_minima=Decimal("0.2"))) as outra:
        assert uma(outra).anotacoes == ("SEPARACAO_PULADA",)


def test_a_skipped_separation_alone_is_no_finding(casa: Casa) -> None:
    faturar(casa, casa.reservar(pre_venda()))
    somar(casa, -2)
    assert diferencas(casa) == []


def test_every_product_of_the_order_is_told(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(kit(2, 30), item(quantidade=3)))
    faturar(casa, numped)
    told = [(d.tipo, d.codprod, d.diferenca, d.valor, d.numped) for d in diferencas(casa)]
    assert told == [
        ("FATURADA_AINDA_RETIDA", 1, Decimal(7), Decimal("70.00"), numped),
        ("FATURADA_AINDA_RETIDA", 3, Decimal(2), Decimal("20.00"), numped),
    ]


def test_cancelled_in_winthor_and_still_held(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    cancelar(casa, numped)
    achada = uma(casa)
    assert (achada.tipo, achada.acao, achada.anotacoes) == ("CANCELADA_AINDA_RETIDA", "liberar", ())
    assert (achada.valor, achada.desde) == (Decimal("20.00"), HOJE.replace(hour=16, tzinfo=casa.settings.fuso))
    assert achada.explicacao == (f"O pedido {numped} foi cancelado no WinThor, mas 2 unidades dele seguem em QTRESERV.")


def test_a_lost_cancel(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = :n", n=numped)
    achada = uma(casa)
    assert (achada.tipo, achada.acao, achada.rotina) == ("CANCELAMENTO_PERDIDO", "cancelar", None)
    assert (achada.numped, achada.numero, achada.valor) == (numped, "PV-1", Decimal("20.00"))
    assert achada.desde == casa.relogio.agora
    assert achada.explicacao == (
        "A reserva está CANCELADA no gateway, mas o pedido segue na posição L e retém estoque."
    )


def test_a_lost_cancel_that_is_assembled_belongs_to_winthor(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'EXPIRADA' WHERE NUMPED = :n", n=numped)
    casa.executar("UPDATE PCPEDC SET POSICAO = 'M' WHERE NUMPED = :n", n=numped)
    achada = uma(casa)
    assert (achada.tipo, achada.acao, achada.rotina) == ("CANCELAMENTO_PERDIDO", "informar", "901")


def test_a_lost_create(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    for tabela in ("PCPEDI", "PCPEDC"):
        casa.executar(f"DELETE FROM {tabela} WHERE NUMPED = :n", n=numped)  # noqa: S608 - one of two constants
    somar(casa, -2)
    achada = uma(casa)
    assert (achada.tipo, achada.acao, achada.numped, achada.valor) == ("CRIACAO_PERDIDA", "informar", numped, None)
    assert achada.explicacao == (
        "A reserva está viva no gateway, mas o pedido não existe no WinThor; a causa está fora do gateway."
    )


@pytest.mark.parametrize(("quantidade", "como"), [(3, "3 a mais"), (-1, "1 a menos")])
def test_a_counter_nobody_explains(casa: Casa, quantidade: int, como: str) -> None:
    casa.reservar(pre_venda())
    somar(casa, quantidade)
    achada = uma(casa)
    assert (achada.tipo, achada.acao, achada.rotina) == ("CONTADOR_DIVERGENTE", "informar", RECALCULO)
    assert (achada.esperado, achada.reservado, achada.diferenca) == (2, 2 + quantidade, quantidade)
    assert (achada.numped, achada.numero, achada.desde, achada.caller) == (None, None, None, None)
    assert achada.valor == abs(quantidade) * Decimal("6.00")  # at cost
    assert achada.explicacao.startswith(f"QTRESERV conta {como} que os pedidos que retêm estoque;")


def test_an_order_explains_its_part_and_the_rest_is_told_apart(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    faturar(casa, numped)
    somar(casa, 5)
    told = [(d.tipo, d.diferenca, d.numped) for d in diferencas(casa)]
    assert told == [("FATURADA_AINDA_RETIDA", 2, numped), ("CONTADOR_DIVERGENTE", 5, None)]
    assert diferencas(casa)[0].anotacoes == ("SUSPEITA",)


def test_past_due(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="2h"))
    casa.relogio.andar(hours=1, minutes=59)
    assert diferencas(casa) == []
    casa.relogio.andar(minutes=1)
    achada = uma(casa)
    assert (achada.tipo, achada.acao, achada.numped, achada.valor) == ("VENCIDA", "expirar", numped, Decimal("20.00"))
    assert achada.desde is not None
    assert achada.desde.isoformat() == "2026-03-02T11:00:00-03:00"
    assert achada.explicacao == "A reserva venceu em 02/03/2026 11:00 e a varredura ainda não a expirou."


def test_rescued_and_forgotten(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.enviar({"situacaoPreVenda": 3, "numero": "PV-1", "idLojaRetaguarda": "1", "idRetaguarda": numped})
    casa.relogio.andar(days=29)
    assert diferencas(casa) == []
    casa.relogio.andar(days=1)
    achada = uma(casa)
    assert (achada.tipo, achada.acao, str(achada.desde)) == ("VENCIDA", "informar", "2026-03-02 09:00:00-03:00")
    assert achada.explicacao.startswith("A reserva foi resgatada em 02/03/2026 09:00 e nem paga")


@pytest.fixture
def pendente(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> str:
    """An operation left P 16 s ago; its id."""
    with monkeypatch.context() as patch:
        patch.setattr(registro, "recusar_operacao", lambda *_: None)
        assert casa.enviar(pre_venda(item("300-3", 99)), "pdv1").status_code == 409
    casa.relogio.andar(seconds=16)
    return str(casa.linha("GW_OPERACAO", ESTADO="P")["ID"])


def test_an_operation_left_pending(casa: Casa, pendente: str) -> None:
    achada = uma(casa)
    assert (achada.tipo, achada.acao, achada.numero) == ("PENDENTE_VENCIDA", "recuperar", "PV-1")
    assert (achada.desde, achada.caller, achada.valor) == (NOW, "pdv1", None)


def test_the_same_difference_keeps_its_id(casa: Casa) -> None:
    faturar(casa, casa.reservar(pre_venda(item(), item("300-3", 1))))
    somar(casa, 1, codprod=1001)
    ids = [d.id for d in diferencas(casa)]
    assert len(set(ids)) == 3
    casa.relogio.andar(hours=5)
    assert [d.id for d in diferencas(casa)] == ids


# --- WinThor's own orders are expected, not found


@pytest.mark.parametrize("origem", [None, "TELEMARKETING", "WEB"])
@pytest.mark.parametrize("posicao", ["L", "M"])
def test_an_order_of_winthor_counts(casa: Casa, posicao: str, origem: str | None) -> None:
    linha = {"CODPROD": 1, "QT": 4}
    pedido_do_winthor(casa, 1_000_001, linha, POSICAO=posicao, ORIGEMINTEGRACAO=origem, NUMPEDHUBE="TM-1")
    somar(casa, 4)
    assert diferencas(casa) == []
    conferir_invariantes(casa, de_fora={1_000_001})


def test_its_stock_may_be_of_another_branch(casa: Casa) -> None:
    pedido_do_winthor(casa, 1_000_001, {"CODPROD": 1, "QT": 4, "CODFILIALRETIRA": "2"})
    somar(casa, 4, filial="2")
    assert diferencas(casa) == []


@pytest.mark.parametrize("posicao", ["B", "P", "C", "F"])
def test_in_other_positions_it_does_not(casa: Casa, posicao: str) -> None:
    pedido_do_winthor(casa, 1_000_001, {"CODPROD": 1, "QT": 4}, POSICAO=posicao)
    assert diferencas(casa) == []


def test_invoiced_it_no_longer_does_whatever_its_position(casa: Casa) -> None:
    pedido_do_winthor(casa, 1_000_001, {"CODPROD": 1, "QT": 4}, POSICAO="L", NUMTRANSVENDA=5)
    assert diferencas(casa) == []


@pytest.mark.parametrize(
    ("modo", "contadores"),
    [("components", {1: 6, 3: 3}), ("header", {50: 3}), ("both", {1: 6, 3: 3, 50: 3})],
)
def test_its_kits_count_by_the_setting(casa: Casa, modo: str, contadores: dict[int, int]) -> None:
    partes = ({"CODPRODMP": 1, "QTMP": 2}, {"CODPRODMP": 3, "QTMP": 1})
    pedido_do_winthor(casa, 1_000_001, {"CODPROD": 50, "QT": 3}, partes=partes)
    for codprod, quantidade in contadores.items():
        somar(casa, quantidade, codprod=codprod)
    outra = casa.com(modo_kit=modo)
    assert diferencas(outra) == []
    outra.close()


def test_our_kits_count_as_they_were_reserved(casa: Casa) -> None:
    outra = casa.com(modo_kit="header", filiais_sem_estoque=("1",))
    outra.reservar(pre_venda(kit(2)))
    outra.close()
    assert casa.qtreserv(50) == 2
    assert diferencas(casa) == []


def test_an_invoiced_order_of_winthor_is_told_but_never_released(casa: Casa) -> None:
    pedido_do_winthor(casa, 1_000_001, {"CODPROD": 1, "QT": 4}, POSICAO="F", NUMTRANSVENDA=5)
    somar(casa, 4)
    assert (uma(casa).tipo, uma(casa).numped, uma(casa).acao) == ("FATURADA_AINDA_RETIDA", 1_000_001, "informar")
    antes = casa.fotografia()
    assert corrigir(casa) == [f"não corrigida: é de {RECALCULO}"]
    assert casa.fotografia() == antes


# --- corrections


def plantar_faturada(casa: Casa) -> int:
    numped = casa.reservar(pre_venda(item(), item("300-3", 1)))
    casa.reservar(pre_venda(item(quantidade=5), numero="PV-2"))
    faturar(casa, numped)
    return numped


def test_a_rehearsal_changes_nothing(casa: Casa) -> None:
    plantar_faturada(casa)
    antes = casa.fotografia()
    assert corrigir(casa, simular=True) == ["simulada", "simulada"]
    assert casa.fotografia() == antes


def test_over_http_a_rehearsal_is_the_default(casa: Casa) -> None:
    plantar_faturada(casa)
    antes = casa.fotografia()
    corpo = {"todos": True, "motivo": "x"}
    answer = casa.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda", json=corpo).get_json()
    assert (answer["simulado"], [c["resultado"] for c in answer["correcoes"]]) == (True, ["simulada"] * 2)
    assert casa.fotografia() == antes


def test_the_units_are_freed_once_and_the_log_says_who_and_why(casa: Casa) -> None:
    numped = plantar_faturada(casa)
    assert corrigir(casa) == ["corrigida", "corrigida"]
    assert (casa.qtreserv(1), casa.qtreserv(3)) == (5, 0)
    assert casa.linha("GW_RESERVA", NUMPED=numped)["ESTADO"] == "BAIXADA"
    log = casa.ultimo_log()
    assert (log["OPERACAO"], log["STATUS"], log["POSICAO"], log["NUMPED"]) == ("C", "A", "F", numped)
    assert log["JSON"]["motivo"] == "separação pulada"
    assert log["JSON"]["liberadas"] == [
        {"filial": "1", "codprod": 1, "quantidade": 2},
        {"filial": "1", "codprod": 3, "quantidade": 1},
    ]
    operacao = casa.tabela("GW_OPERACAO")[-1]
    assert (operacao["CALLER"], operacao["NUMPED"], operacao["ESTADO"]) == ("retaguarda", numped, "A")
    assert diferencas(casa) == []
    conferir_invariantes(casa)


def test_repairing_twice_changes_nothing(casa: Casa) -> None:
    plantar_faturada(casa)
    ids = [d.id for d in diferencas(casa)]
    corrigir(casa)
    antes = casa.fotografia()
    assert corrigir(casa) == []
    feito = correcoes.corrigir(casa.gw, CLERK, ids=ids, motivo="x", simular=False)
    assert (feito.correcoes, feito.desconhecidos) == ((), tuple(sorted(ids)))
    assert casa.fotografia() == antes


def test_only_the_chosen_ones(casa: Casa) -> None:
    numped = plantar_faturada(casa)
    outra = casa.reservar(pre_venda(item("10010-1001", 1), numero="PV-3"))
    cancelar(casa, outra)
    escolhida = next(d.id for d in diferencas(casa) if d.numped == outra)
    assert corrigir(casa, escolhida) == ["corrigida"]
    assert {d.numped for d in diferencas(casa)} == {numped}
    assert casa.linha("GW_RESERVA", NUMPED=outra)["ESTADO"] == "CANCELADA"


def test_never_more_than_is_counted(casa: Casa) -> None:
    """WinThor gave back a part by itself between plan and correction."""
    faturar(casa, casa.reservar(pre_venda(item(quantidade=5))))
    with depois_do_plano(lambda: somar(casa, -3)):
        assert corrigir(casa) == ["corrigida"]
    assert casa.qtreserv(1) == 0


def test_a_kit_is_freed_as_it_was_reserved(casa: Casa) -> None:
    faturar(casa, casa.reservar(pre_venda(kit(2))))
    outra = casa.com(modo_kit="header")
    assert corrigir(outra) == ["corrigida", "corrigida"]
    outra.close()
    assert (casa.qtreserv(1), casa.qtreserv(3), casa.qtreserv(50)) == (0, 0, 0)


def test_a_lost_cancel_is_made_good(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = :n", n=numped)
    assert corrigir(casa) == ["corrigida"]
    assert casa.linha("PCPEDC")["POSICAO"] == casa.linha("PCPEDI")["POSICAO"] == "C"
    assert (casa.qtreserv(1), casa.ultimo_log()["JSON"]["tipo"]) == (0, "CANCELAMENTO_PERDIDO")
    assert diferencas(casa) == []
    conferir_invariantes(casa)


def test_a_reservation_past_due_is_expired_in_the_name_of_who_asked(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1h"))
    casa.relogio.andar(hours=2)
    assert corrigir(casa, motivo="loja fechada") == ["corrigida"]
    assert (casa.linha("GW_RESERVA")["ESTADO"], casa.qtreserv(1)) == ("EXPIRADA", 0)
    assert casa.tabela("GW_OPERACAO")[-1]["CALLER"] == "retaguarda"
    log = casa.ultimo_log()
    assert (log["NUMPED"], log["OPERACAO"], log["JSON"]["motivo"]) == (numped, "C", "loja fechada")
    conferir_invariantes(casa)


def test_a_pending_operation_is_settled(casa: Casa, pendente: str) -> None:
    assert corrigir(casa) == ["corrigida"]
    assert casa.linha("GW_OPERACAO", ID=pendente)["CODIGO"] == "INTERROMPIDA"
    assert diferencas(casa) == []
    conferir_invariantes(casa)


def test_one_settled_meanwhile_is_not_claimed(casa: Casa, pendente: str) -> None:
    with depois_do_plano(lambda: recuperacao.recuperar(casa.gw)):
        assert corrigir(casa) == ["não corrigida: já não está pendente"]


def test_what_belongs_to_winthor_is_never_written(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = :n", n=numped)
    casa.executar("UPDATE PCPEDC SET POSICAO = 'M' WHERE NUMPED = :n", n=numped)
    somar(casa, 4, codprod=1001)
    antes = casa.fotografia()
    assert corrigir(casa) == [f"não corrigida: é de {RECALCULO}", "não corrigida: é de 901"]
    assert casa.fotografia() == antes


# --- read again under the lock


class depois_do_plano:
    """Something happens between the plan of a correction and its first lock."""

    def __init__(self, acontecer: Callable[[], object]) -> None:
        self._acontecer = acontecer
        self._original = correcoes.conciliar

    def __enter__(self) -> None:
        def planejar(gw: Gateway, filiais: frozenset[str] | None = None) -> Conciliacao:
            plano = self._original(gw, filiais)
            self._acontecer()
            return plano

        correcoes.conciliar = planejar

    def __exit__(self, *_: object) -> None:
        correcoes.conciliar = self._original


def test_winthor_mends_the_counter_first(casa: Casa) -> None:
    faturar(casa, casa.reservar(pre_venda()))
    with depois_do_plano(lambda: somar(casa, -2)):
        assert corrigir(casa) == ["não corrigida: a diferença não existe mais"]
    assert (casa.qtreserv(1), casa.contar("PCLOGPEDIDOAPI")) == (0, 1)


def test_the_units_meanwhile_reserved_by_others_stay(casa: Casa) -> None:
    faturar(casa, casa.reservar(pre_venda()))

    def acontecer() -> None:
        somar(casa, -2)
        casa.reservar(pre_venda(item(quantidade=7), numero="PV-2"))

    with depois_do_plano(acontecer):
        assert corrigir(casa) == ["não corrigida: a diferença não existe mais"]
    assert casa.qtreserv(1) == 7


def test_a_lost_cancel_that_winthor_invoices_first_stays_invoiced(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.reservar(pre_venda(item(quantidade=3), numero="PV-2"))
    casa.executar("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = :n", n=numped)

    def faturar_sem_mudar_a_posicao() -> None:
        casa.executar("UPDATE PCPEDC SET NUMTRANSVENDA = 7 WHERE NUMPED = :n", n=numped)
        somar(casa, -2)

    with depois_do_plano(faturar_sem_mudar_a_posicao):
        assert corrigir(casa) == ["não corrigida: o pedido mudou"]
    assert (casa.qtreserv(1), casa.linha("PCPEDC", NUMPED=numped)["POSICAO"]) == (3, "L")


def test_a_reservation_paid_first_does_not_expire(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1h"))
    casa.relogio.andar(hours=1, minutes=30)
    pago = {"situacaoPreVenda": 1, "numero": "PV-1", "idLojaRetaguarda": "1", "idRetaguarda": numped}
    with depois_do_plano(lambda: casa.enviar(pago)):
        assert corrigir(casa) == ["não corrigida: está CONFIRMADA"]
    assert casa.qtreserv(1) == 2


def test_two_at_once_have_one_effect(casa_pg: Casa) -> None:
    plantar_faturada(casa_pg)
    juntos = threading.Barrier(2, timeout=10)
    with depois_do_plano(juntos.wait), ThreadPoolExecutor(2) as pool:
        feitos = [sorted(f.result()) for f in [pool.submit(corrigir, casa_pg) for _ in range(2)]]
    perdeu = "não corrigida: a diferença não existe mais"
    assert sorted(feitos) == [["corrigida", "corrigida"], [perdeu, perdeu]]
    assert (casa_pg.qtreserv(1), casa_pg.qtreserv(3)) == (5, 0)
    assert [row["CALLER"] for row in casa_pg.tabela("GW_OPERACAO")].count("retaguarda") == 1
    conferir_invariantes(casa_pg)


# --- who sees what


def dar_login(casa: Casa, login: str, filiais: str) -> None:
    escopos = f"{RETAGUARDA},{RETAGUARDA_AGIR}"
    with casa.engine.begin() as connection:
        credenciais.insert(connection, novo_login(login, "demo", filiais, escopos, casa.relogio.agora))


def test_a_caller_sees_and_mends_only_its_branches(casa: Casa) -> None:
    for filial in ("1", "2"):
        faturar(casa, casa.reservar(pre_venda(loja=filial)))
    dar_login(casa, "loja2", "2")
    answer = casa.pedir("GET", "/api/v1/conciliacao", "loja2").get_json()
    assert [d["filial"] for d in answer["diferencas"]] == ["2"]
    todas = [d.id for d in diferencas(casa)]
    corpo = {"itens": todas, "motivo": "x", "simular": False}
    feito = casa.pedir("POST", "/api/v1/conciliacao/correcoes", "loja2", json=corpo).get_json()
    assert [c["resultado"] for c in feito["correcoes"]] == ["corrigida"]
    assert feito["desconhecidos"] == [i for i in todas if i != answer["diferencas"][0]["id"]]
    assert (casa.qtreserv(1, "1"), casa.qtreserv(1, "2")) == (2, 0)


def test_another_branchs_order_is_not_mended_though_it_holds_our_stock(casa: Casa) -> None:
    entrega = {"entrega": {"idLojaEntregaRetaguarda": "2"}}
    faturar(casa, casa.reservar(pre_venda(item(**entrega), loja="1")))
    loja2 = Caller("loja2", frozenset({"2"}), CLERK.escopos)
    assert corrigir(casa, caller=loja2) == ["não corrigida: o pedido é de outra filial"]
    assert casa.qtreserv(1, "2") == 2
    assert corrigir(casa) == ["corrigida"]


def test_over_http_the_reason_is_obligatory(casa: Casa) -> None:
    answer = casa.pedir("POST", "/api/v1/conciliacao/correcoes", "retaguarda", json={"todos": True, "motivo": " "})
    assert (answer.status_code, answer.get_json()["errors"][0]["campo"]) == (422, "/motivo")


def test_a_point_of_sale_sees_none_of_it(casa: Casa) -> None:
    for method, path in (("GET", "/api/v1/conciliacao"), ("POST", "/api/v1/conciliacao/correcoes")):
        answer = casa.pedir(method, path, "hub", json={})
        assert (answer.status_code, answer.get_json()["codigo"]) == (403, "ESCOPO_INSUFICIENTE")


# --- the command


@pytest.fixture
def agora(casa: Casa) -> Casa:
    """A gateway that runs by the real clock, as the command does."""
    casa.relogio.agora = dt.datetime.now(dt.UTC)
    return casa


def comando(casa: Casa, *opcoes: str) -> Result:
    env = {"PREVENDA_DATABASE_URL": casa.settings.database_url}
    return CliRunner().invoke(main, ["conciliar", *opcoes], env=env)


def test_the_command_without_differences(agora: Casa) -> None:
    agora.reservar(pre_venda())
    result = comando(agora)
    assert (result.exit_code, result.output) == (0, "Nenhuma diferença.\n")


def test_the_command_with_differences(agora: Casa) -> None:
    faturar(agora, agora.reservar(pre_venda()))
    result = comando(agora)
    achada = uma(agora)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{achada.id} FATURADA_AINDA_RETIDA [liberar] {achada.explicacao}",
        "1 diferença(s).",
    ]


def test_the_command_in_json(agora: Casa) -> None:
    numped = agora.reservar(pre_venda())
    faturar(agora, numped)
    result = comando(agora, "--json")
    dados = json.loads(result.output)
    assert (result.exit_code, dados["totais"]["porTipo"]) == (1, {"FATURADA_AINDA_RETIDA": 1})
    assert [d["numped"] for d in dados["diferencas"]] == [numped]


def test_the_command_only_mends_for_a_reason(agora: Casa) -> None:
    faturar(agora, agora.reservar(pre_venda()))
    antes = agora.fotografia()
    result = comando(agora, "--corrigir")
    assert (result.exit_code, result.stderr) == (2, "--corrigir exige --motivo.\n")
    assert agora.fotografia() == antes


def test_the_command_rehearses(agora: Casa) -> None:
    faturar(agora, agora.reservar(pre_venda()))
    antes = agora.fotografia()
    assert comando(agora, "--corrigir", "--motivo", "x", "--simular").exit_code == 0
    assert agora.fotografia() == antes


def test_the_command_mends(agora: Casa) -> None:
    faturar(agora, agora.reservar(pre_venda()))
    somar(agora, 3, codprod=1001)
    achada = diferencas(agora)[0]
    result = comando(agora, "--corrigir", "--motivo", "inventário", "--item", achada.id)
    assert (result.exit_code, agora.qtreserv(1)) == (0, 0)
    assert agora.ultimo_log()["JSON"]["motivo"] == "inventário"
    assert agora.tabela("GW_OPERACAO")[-1]["CALLER"].startswith("cli:")
    assert comando(agora, "--corrigir", "--motivo", "inventário").exit_code == 1  # the counter stays


# --- what WinThor ended cleanly is recorded


def baixar(casa: Casa, numped: int, quantidade: int) -> None:
    """WinThor invoices an order as it should."""
    faturar(casa, numped, numcar=4)
    somar(casa, -quantidade)


def test_only_clean_orders_are_recorded_as_ended(casa: Casa) -> None:
    limpa = casa.reservar(pre_venda())
    suja = casa.reservar(pre_venda(item("300-3", 1), item("10010-1001", 1), numero="PV-2"))
    cancelada = casa.reservar(pre_venda(item("10020-1002", 1), numero="PV-3"))
    viva = casa.reservar(pre_venda(numero="PV-4"))
    baixar(casa, limpa, 2)
    faturar(casa, suja)
    somar(casa, -1, codprod=1001)  # one of its two products was freed
    cancelar(casa, cancelada)
    somar(casa, -1, codprod=1002)
    estoque = casa.tabela("PCEST")
    assert encerrar.assentar(casa.gw) == [limpa, cancelada]
    estados = {row["NUMPED"]: row["ESTADO"] for row in casa.tabela("GW_RESERVA")}
    assert estados == {limpa: "BAIXADA", suja: "AUTORIZADA", cancelada: "CANCELADA", viva: "AUTORIZADA"}
    assert casa.tabela("PCEST") == estoque
    assert encerrar.assentar(casa.gw) == []
    assert [(d.tipo, d.numped) for d in diferencas(casa)] == [("FATURADA_AINDA_RETIDA", suja)]


def test_an_order_ended_while_the_counters_are_read_is_not_taken_for_clean(
    casa: Casa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its counter must have been looked at after it was seen to be over."""
    numped = casa.reservar(pre_venda())
    encerradas = encerrar.conciliacao.encerradas_no_winthor

    def tarde(connection: sa.Connection, *resto: int) -> list[Any]:
        if casa.linha("PCPEDC")["POSICAO"] == "L":
            faturar(casa, numped)
        return encerradas(connection, *resto)

    monkeypatch.setattr(encerrar.conciliacao, "encerradas_no_winthor", tarde)
    assert encerrar.assentar(casa.gw) == []
    assert uma(casa).tipo == "FATURADA_AINDA_RETIDA"


# --- constant memory


def encher(casa: Casa, pedidos: int, primeiro: int) -> None:
    """Orders of WinThor with 4 lines each, over 60 products; every counter right."""
    numeros = range(primeiro, primeiro + pedidos)
    base = {"DATA": HOJE, "CODCLI": 1, "CODUSUR": 1, "CODFILIAL": "1", "POSICAO": "L"}
    linhas = [
        {"NUMPED": n, "NUMSEQ": seq, "CODPROD": 1001 + (n + seq) % 60, "QT": 1, "PVENDA": 10}
        for n in numeros
        for seq in range(1, 5)
    ]
    with casa.engine.begin() as connection:
        connection.execute(sa.insert(PCPEDC), [base | {"NUMPED": n} for n in numeros])
        connection.execute(sa.insert(PCPEDI), linhas)
        connection.execute(
            sa.text(
                "UPDATE PCEST SET QTESTGER = 1000000, QTRESERV ="
                " (SELECT COUNT(*) FROM PCPEDI WHERE PCPEDI.CODPROD = PCEST.CODPROD)"
                " WHERE CODFILIAL = '1' AND CODPROD > 1000"
            )
        )


def contar(casa: Casa, tabela: str) -> int:
    with casa.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(sa.text(tabela))).scalar_one())


def pico(fazer: Callable[[], object]) -> int:
    """Most memory Python held meanwhile, in bytes, beyond what it held before."""
    gc.collect()
    tracemalloc.start()
    try:
        antes = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        fazer()
        return tracemalloc.get_traced_memory()[1] - antes
    finally:
        tracemalloc.stop()


def ler_tudo(casa: Casa) -> list[Any]:
    with casa.engine.connect() as connection:
        return list(connection.execute(sa.select(PCPEDI.c.NUMPED, PCPEDI.c.CODPROD, PCPEDI.c.QT)))


@pytest.mark.usefixtures("collector_of_a_server")
def test_memory_does_not_grow_with_the_orders(casa: Casa) -> None:
    somar(casa, 1, codprod=1001)
    assert len(diferencas(casa)) == 1  # statements compiled, caches warm
    encher(casa, 1250, 1_000_001)
    somar(casa, 1, codprod=1001)
    com_5_mil = pico(lambda: diferencas(casa))
    encher(casa, 3750, 1_100_001)
    somar(casa, 1, codprod=1001)
    achadas: list[Diferenca] = []
    com_20_mil = pico(lambda: achadas.extend(diferencas(casa)))
    assert contar(casa, "PCPEDI") == 20_000
    assert [(d.tipo, d.codprod, d.diferenca) for d in achadas] == [("CONTADOR_DIVERGENTE", 1001, 1)]
    assert com_20_mil < com_5_mil + 200_000
    assert pico(lambda: ler_tudo(casa)) > com_20_mil + 2_000_000  # the measure would see it
