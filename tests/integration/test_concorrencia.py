"""Many points of sale at once, on true row locks: no oversell, no lost update, no deadlock (R4, R20)."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from werkzeug.test import TestResponse

from app.domain.estoque import Chave, Saldo
from app.winthor import estoque
from app.winthor.db import travas
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import Casa

THREADS = 16
DEADLOCK = "40P01"


def enviar_todas(casa: Casa, corpos: Iterable[dict[str, Any]], threads: int = THREADS) -> list[TestResponse]:
    """Send the pre-sales from many threads at once."""
    casa.token("hub")
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(casa.enviar, corpos))


def codigos(answers: Iterable[TestResponse]) -> Counter[str]:
    """How often each refusal came; accepted ones count as their status."""
    return Counter(a.get_json(force=True).get("codigo", str(a.status_code)) for a in answers)


def dar_estoque(casa: Casa, unidades: int, codprods: Collection[int]) -> None:
    for codprod in codprods:
        sql = "UPDATE PCEST SET QTESTGER = :q WHERE CODFILIAL = '1' AND CODPROD = :p"
        casa.executar(sql, q=unidades, p=codprod)


def necessidades(casa: Casa) -> dict[int, Decimal]:
    """Units of each product that the orders in L hold, kits by their components."""
    soma: dict[int, Decimal] = defaultdict(Decimal)
    kits = {(row["NUMPED"], row["NUMSEQ"]) for row in casa.tabela("PCPEDICESTA")}
    quantidade = {}
    for row in casa.tabela("PCPEDI", POSICAO="L"):
        linha = (row["NUMPED"], row["NUMSEQ"])
        quantidade[linha] = row["QT"]
        if linha not in kits:
            soma[row["CODPROD"]] += row["QT"]
    for row in casa.tabela("PCPEDICESTA"):
        soma[row["CODPRODMP"]] += row["QTMP"] * quantidade[row["NUMPED"], row["NUMSEQ"]]
    return soma


def conferir_estoque(casa: Casa) -> None:
    """Every reserved unit belongs to an order, and no more is reserved than there is."""
    soma = necessidades(casa)
    for row in casa.tabela("PCEST", CODFILIAL="1"):
        assert row["QTRESERV"] == soma[row["CODPROD"]], row["CODPROD"]
        assert row["QTRESERV"] <= row["QTESTGER"], row["CODPROD"]


def contar_deadlocks(casa: Casa) -> list[str]:
    """Grows with every deadlock that the database reports to the gateway from now on."""
    found: list[str] = []

    def note(context: sa.engine.ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == DEADLOCK:
            found.append(DEADLOCK)

    event.listen(casa.gw.db.engine, "handle_error", note)
    return found


# --- one product


def test_hundred_units_for_160_requests(casa_pg: Casa) -> None:
    dar_estoque(casa_pg, 100, [1])
    answers = enviar_todas(casa_pg, [pre_venda(item(quantidade=1), numero=f"PV-{n}") for n in range(160)])
    assert codigos(answers) == {"201": 100, "ESTOQUE_INSUFICIENTE": 60}
    assert sum(row["QT"] for row in casa_pg.tabela("PCPEDI")) == casa_pg.qtreserv(1) == 100
    assert Counter(row["STATUS"] for row in casa_pg.tabela("PCLOGPEDIDOAPI")) == {"A": 100, "R": 60}
    assert len({row["NUMPED"] for row in casa_pg.tabela("PCPEDC")}) == 100


def test_without_the_lock_the_same_oversells(casa_pg: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    sem_lock = lambda connection, select, valores, **_: connection.execute(select, valores)  # noqa: E731 - in its place
    monkeypatch.setattr(estoque, "lock", sem_lock)
    vendidas = 0
    for rodada in range(1, 6):
        dar_estoque(casa_pg, 20 * rodada, [1])
        corpos = [pre_venda(item(quantidade=1), numero=f"PV-{rodada}-{n}") for n in range(48)]
        vendidas += codigos(enviar_todas(casa_pg, corpos))["201"]
        if vendidas > 20 * rodada:
            return
    pytest.fail("a falta do lock não foi notada")


def test_a_kit_and_its_component_compete_for_the_same_units(casa_pg: Casa) -> None:
    dar_estoque(casa_pg, 60, [1, 3])
    corpos = [pre_venda(kit(1) if n % 2 else item(quantidade=2), item("300-3", 1), numero=f"PV-{n}") for n in range(60)]
    answers = enviar_todas(casa_pg, corpos)
    assert codigos(answers) == {"201": 30, "ESTOQUE_INSUFICIENTE": 30}
    assert casa_pg.qtreserv(1) == 60
    conferir_estoque(casa_pg)


# --- random baskets

PRODUTOS = [*range(1001, 1019), 1]
KIT = 50


def cesta(sorte: random.Random, numero: str) -> dict[str, Any]:
    """5 of 20 products in any order; one of them is the kit, which takes products 1 and 3."""
    linhas = []
    for codprod in sorte.sample([*PRODUTOS, KIT], 5):
        aux = codprod * 10 if codprod > 1000 else 100
        produto = kit(sorte.randint(1, 2)) if codprod == KIT else item(f"{aux}-{codprod}", sorte.randint(1, 4))
        linhas.append(produto)
    return pre_venda(*linhas, numero=numero)


def comprar(casa: Casa, segundos: float, threads: int = 8) -> Counter[str]:
    """Random baskets from many threads for a while; what was answered."""
    casa.token("hub")
    fim = time.monotonic() + segundos

    def caixa(n: int) -> list[TestResponse]:
        sorte = random.Random(n)  # noqa: S311 - a seed, to see the same baskets again
        answers = []
        while time.monotonic() < fim:
            answers.append(casa.enviar(cesta(sorte, f"PV-{n}-{len(answers)}")))
        return answers

    with ThreadPoolExecutor(threads) as pool:
        return codigos(answer for answers in pool.map(caixa, range(threads)) for answer in answers)


def test_random_baskets(casa_pg: Casa) -> None:
    dar_estoque(casa_pg, 40, [*PRODUTOS, 3])
    deadlocks = contar_deadlocks(casa_pg)
    answers = comprar(casa_pg, 4)
    assert set(answers) == {"201", "ESTOQUE_INSUFICIENTE"}
    assert deadlocks == []
    conferir_estoque(casa_pg)
    assert casa_pg.contar("PCPEDC") == answers["201"]


def em_qualquer_ordem(
    original: Callable[..., dict[Chave, Saldo]],
) -> Callable[..., dict[Chave, Saldo]]:
    """Locks the stock rows one by one in random order, as a gateway without R20 would."""

    def lock(connection: sa.Connection, chaves: Collection[Chave], **_: bool) -> dict[Chave, Saldo]:
        saldos: dict[Chave, Saldo] = {}
        for chave in random.sample(sorted(chaves), len(chaves)):
            saldos |= original(connection, [chave])
            time.sleep(0.005)
        return saldos

    return lock


def test_without_the_order_the_same_deadlocks(casa_pg: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """And without giving way, which hides them: the database finds them only when somebody waits long enough."""
    monkeypatch.setattr(estoque, "lock_saldos", em_qualquer_ordem(estoque.lock_saldos))
    monkeypatch.setitem(travas.CEDE_EM_S, "postgresql", 3.0)
    deadlocks = contar_deadlocks(casa_pg)
    for _ in range(5):
        comprar(casa_pg, 2.5)
        if deadlocks:
            return
    pytest.fail("a falta da ordem não foi notada")


# --- counters


def test_numbers_of_two_sellers(casa_pg: Casa) -> None:
    matriculas = {100: 1, 200: 2}  # matrícula -> RCA
    corpos = [pre_venda(idOperadorRetaguarda=100 * (n % 2 + 1), numero=f"PV-{n}") for n in range(48)]
    assert codigos(enviar_todas(casa_pg, corpos)) == {"201": 48}
    for rca in matriculas.values():
        primeiro = rca * 1_000_000 + 1
        numeros = [row["NUMPED"] for row in casa_pg.tabela("PCPEDC", CODUSUR=rca)]
        assert numeros == list(range(primeiro, primeiro + 24))
        assert casa_pg.linha("PCUSUARI", CODUSUR=rca)["PROXNUMPED"] == primeiro + 24


def test_a_number_taken_by_somebody_else_meanwhile_is_passed_over(casa_pg: Casa) -> None:
    casa_pg.reservar(pre_venda())
    casa_pg.executar("UPDATE PCUSUARI SET PROXNUMPED = 8000001 WHERE CODUSUR = 8")
    answers = enviar_todas(casa_pg, [pre_venda(numero=f"PV-{n}") for n in range(2, 18)])
    assert codigos(answers) == {"201": 16}
    assert [row["NUMPED"] for row in casa_pg.tabela("PCPEDC")] == list(range(8_000_001, 8_000_018))


def test_one_new_customer_bought_at_many_tills(casa_pg: Casa) -> None:
    antes = casa_pg.contar("PCCLIENT")
    corpos = [pre_venda(cliente=cliente_completo(), numero=f"PV-{n}") for n in range(16)]
    assert codigos(enviar_todas(casa_pg, corpos)) == {"201": 16}
    assert casa_pg.contar("PCCLIENT") == antes + 1
    assert len({row["CODCLI"] for row in casa_pg.tabela("PCPEDC")}) == 1


def test_many_new_customers_at_once(casa_pg: Casa) -> None:
    antes = casa_pg.contar("PCCLIENT")
    cpfs = ["52998224725", "11144477735", "12345678909", "98765432100"]
    corpos = [pre_venda(cliente=cliente_completo(cpfCnpj=cpf), numero=cpf) for cpf in cpfs]
    assert codigos(enviar_todas(casa_pg, corpos)) == {"201": 4}
    assert casa_pg.contar("PCCLIENT") == antes + 4


# --- others at the same tables


def test_winthor_writes_the_same_stock_rows(casa_pg: Casa) -> None:
    parar = threading.Event()
    vendidas: list[int] = []

    def winthor() -> None:
        while not parar.is_set():
            casa_pg.executar("UPDATE PCEST SET QTESTGER = QTESTGER - 1 WHERE CODFILIAL = '1' AND CODPROD = 1")
            vendidas.append(1)

    thread = threading.Thread(target=winthor)
    thread.start()
    answers = enviar_todas(casa_pg, [pre_venda(item(quantidade=1), numero=f"PV-{n}") for n in range(64)])
    parar.set()
    thread.join()
    row = casa_pg.linha("PCEST", CODFILIAL="1", CODPROD=1)
    assert (row["QTESTGER"], row["QTRESERV"]) == (1000 - len(vendidas), codigos(answers)["201"])
    assert set(codigos(answers)) <= {"201", "ESTOQUE_INSUFICIENTE"}


def test_a_row_that_somebody_holds_is_waited_for_and_then_refused(casa_pg: Casa) -> None:
    casa = casa_pg.com(espera_lock=0.2)
    with casa_pg.engine.begin() as winthor:
        winthor.execute(sa.text("SELECT 1 FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1 FOR UPDATE"))
        inicio = time.monotonic()
        answer = casa.enviar(pre_venda())
        espera = time.monotonic() - inicio
    casa.close()
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_OCUPADO")
    assert answer.headers["Retry-After"] == "2"
    assert espera < 8  # 3 s of tries, and a slow machine
    assert casa_pg.qtreserv(1) == 0
    casa_pg.relogio.andar(seconds=1)
    assert casa_pg.enviar(pre_venda()).status_code == 201


def test_a_repeat_that_waited_sees_what_was_done_meanwhile(casa_pg: Casa) -> None:
    """Answer and reservation are read by one statement, which begins after the wait for the anchor: a reading joined
    with that wait would show the reservation as it was before it."""
    corpo = pre_venda()
    numped = casa_pg.reservar(corpo)
    casa_pg.relogio.andar(seconds=1)
    com_lock = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as pool:
        with casa_pg.engine.begin() as outra:
            outra.execute(sa.text("SELECT 1 FROM GW_PRE_VENDA WHERE NUMERO = 'PV-1' FOR UPDATE"))
            outra.execute(sa.text("UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = :n"), {"n": numped})
            outra.execute(sa.text("UPDATE PCPEDC SET POSICAO = 'C' WHERE NUMPED = :n"), {"n": numped})
            repetida = pool.submit(casa_pg.enviar, corpo)
            with casa_pg.engine.connect() as quem_olha:
                while not quem_olha.execute(sa.text(com_lock)).scalar_one():
                    assert not repetida.done()
                    time.sleep(0.01)
        answer = repetida.result()
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (409, "RESERVA_CANCELADA")
