"""What the gateway sends to the database: few statements for any number of items, and values only as binds (§6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.winthor.db.lists import TAMANHOS_DE_LISTA
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import Casa

# What a reservation sends with warm caches, kits having a table of their own, as §6 wants it.
RESERVAR, COM_KIT = 15, 16
CLIENTE_NOVO = 6
REPETIR = 3

PLACEHOLDER = re.compile(r"%\(\w+\)s(?:::\w+(?:\(\w+\))?)?|\?|:\w+")
LISTA = re.compile(r" IN \(([^()]*(?:\([^()]*\)[^()]*)*)\)")


@pytest.fixture
def quente(casa: Casa) -> Iterator[Casa]:
    """A gateway with plenty of stock, whose caches are warm."""
    casa.executar("UPDATE PCEST SET QTESTGER = 1000000, QTBLOQUEADA = 0")
    quente = casa.com(cache_segundos=30)
    todos = [item(), item("300-3", 1), *linhas(60), kit()]
    quente.reservar(pre_venda(*todos, numero="AQUECER", cliente=cliente_completo(cpfCnpj="11144477735")))
    quente.relogio.andar(seconds=1)
    yield quente
    quente.close()


def linhas(quantas: int, *, kits: bool = False) -> list[dict[str, Any]]:
    """Lines of 60 products in turn, or of the kit."""
    return [kit() if kits else item(f"{codprod * 10}-{codprod}") for codprod in (1001 + n % 60 for n in range(quantas))]


def enviados(casa: Casa, corpo: dict[str, Any], http: int = 201) -> list[str]:
    """The statements of one request."""
    with casa.comandos() as comandos:
        answer = casa.enviar(corpo)
    assert answer.status_code == http, answer.get_data(as_text=True)
    casa.relogio.andar(seconds=1)
    return comandos


def mostrar(comandos: list[str]) -> str:
    return f"{len(comandos)} statements:\n" + "\n".join(" ".join(c.split())[:150] for c in comandos)


# --- how many


@pytest.mark.parametrize("kits", [False, True], ids=["products", "kits"])
def test_three_items_and_three_hundred_send_the_same_number(quente: Casa, kits: bool) -> None:
    tres = enviados(quente, pre_venda(*linhas(3, kits=kits), numero="PV-3"))
    trezentos = enviados(quente, pre_venda(*linhas(300, kits=kits), numero="PV-300"))
    assert len(trezentos) == len(tres), mostrar(tres) + "\n" + mostrar(trezentos)
    assert len(tres) <= (COM_KIT if kits else RESERVAR), mostrar(tres)


def test_a_mixed_basket_with_sellers_and_delivery(quente: Casa) -> None:
    mistas = [
        *linhas(3),
        kit(),
        item("10010-1001", idVendedorRetaguarda="RCA-1", entrega={"idLojaEntregaRetaguarda": "2"}),
    ]
    comandos = enviados(quente, pre_venda(*mistas, numero="PV-5", idOperadorRetaguarda=100))
    de_novo = enviados(quente, pre_venda(*mistas, numero="PV-6", idOperadorRetaguarda=100))
    assert len(de_novo) <= COM_KIT, mostrar(de_novo)
    assert len(comandos) - len(de_novo) <= 4, mostrar(comandos)  # masters read for the first time


def test_a_customer_that_exists(quente: Casa) -> None:
    comandos = enviados(quente, pre_venda(*linhas(3), cliente=cliente_completo(cpfCnpj="11222333000181")))
    assert len(comandos) <= RESERVAR, mostrar(comandos)


def test_a_new_customer(quente: Casa) -> None:
    comandos = enviados(quente, pre_venda(*linhas(3), cliente=cliente_completo()))
    assert len(comandos) <= RESERVAR + CLIENTE_NOVO, mostrar(comandos)
    assert sum(c.startswith("INSERT INTO PCCLIENT") for c in comandos) == 1, mostrar(comandos)


def test_a_replay(quente: Casa) -> None:
    corpo = pre_venda(*linhas(300))
    enviados(quente, corpo)
    comandos = enviados(quente, corpo)
    assert len(comandos) <= REPETIR, mostrar(comandos)


def test_a_refusal(quente: Casa) -> None:
    enviados(quente, pre_venda(item(quantidade=10**7), numero="PV-0"), 409)  # now the other branches are known too
    poucas = enviados(quente, pre_venda(item(quantidade=10**7), item("300-3", 10**7)), 409)
    muitas = enviados(quente, pre_venda(*[item(f"{c * 10}-{c}", 10**7) for c in range(1001, 1061)], numero="PV-2"), 409)
    assert len(poucas) == len(muitas) <= RESERVAR, mostrar(poucas) + "\n" + mostrar(muitas)


def test_cold_caches_cost_little(casa: Casa) -> None:
    casa.token("hub")  # the login is no part of the sale
    comandos = enviados(casa, pre_venda())
    assert len(comandos) <= RESERVAR + 8, mostrar(comandos)


# --- what


def test_each_table_is_written_once(quente: Casa) -> None:
    comandos = enviados(quente, pre_venda(*linhas(30), kit()))
    for verbo in ("INSERT INTO PCPEDC ", "INSERT INTO PCPEDI ", "INSERT INTO PCPEDICESTA ", "UPDATE PCEST "):
        assert sum(c.startswith(verbo) for c in comandos) == 1, mostrar(comandos)


def test_locks_are_taken_in_one_order(quente: Casa) -> None:
    comandos = enviados(quente, pre_venda(*linhas(3), cliente=cliente_completo()))
    draw = next(n for n, c in enumerate(comandos) if c.startswith("UPDATE PCUSUARI"))
    main = comandos[draw:]
    order = [
        next(n for n, c in enumerate(main) if trecho in c)
        for trecho in ("UPDATE PCUSUARI", "FROM GW_OPERACAO JOIN GW_PRE_VENDA", "FROM PCEST", "FROM PCCONSUM")
    ]
    assert order == sorted(order), mostrar(main)


def test_a_refusal_draws_no_number(quente: Casa) -> None:
    comandos = enviados(quente, pre_venda(item(quantidade=10**7)), 409)
    assert [c for c in comandos if "PROXNUM" in c or (c.startswith("INSERT INTO PC") and "LOG" not in c)] == []


def test_no_statement_holds_a_value_of_the_request(quente: Casa) -> None:
    canarios = ("CANARIO", "13.37", "529982", "Aparecida", "Flores", "01001", "Canto", "7777", "36h", "RCA-1")
    corpo = pre_venda(
        item("10010-1001", 7777, 13.37, desconto=0.77, idVendedorRetaguarda="RCA-1"),
        numero="CANARIO' OR 1=1 --",
        observacoes="Canto'; DROP TABLE PCPEDC; --",
        cliente=cliente_completo(),
        lockTTL="36h",
    )
    texto = "\n".join(enviados(quente, corpo))
    assert [canario for canario in canarios if canario in texto] == []


def test_statements_of_two_requests_are_the_same_text(quente: Casa) -> None:
    uma = enviados(quente, pre_venda(item("10010-1001", 3, 1.5), item("10020-1002", 1, 2), kit(2), numero="A"))
    outra = enviados(
        quente,
        pre_venda(
            *[item(f"{c * 10}-{c}", 9, 7.77) for c in range(1030, 1034)], kit(3, 31), numero="B", observacoes="Outra"
        ),
    )
    assert uma == outra


def test_no_statement_holds_a_text_literal(quente: Casa) -> None:
    """But for what is the same in every request: constants of the maps, and settings of PostgreSQL's."""
    comandos = enviados(quente, pre_venda(item(quantidade=3), kit(), numero="A", cliente=cliente_completo()))
    do_mapa = [valor for mapa in quente.gw.maps.values() for valor in mapa.constants.values() if isinstance(valor, str)]
    ajustes = {"'lock_timeout'", "'200ms'", "'synchronous_commit'", "'off'"}
    conhecidos = ajustes | {*[f"'{valor}'" for valor in do_mapa]}
    assert {texto for comando in comandos for texto in re.findall("'[^']*'", comando)} <= conhecidos


def test_constants_of_the_maps_are_no_binds(quente: Casa) -> None:
    """Each bind of an array statement is sent again for every row."""
    comandos = enviados(quente, pre_venda(*linhas(3), kit(), numero="A"))
    for tabela in ("PCPEDC", "PCPEDI", "PCPEDICESTA"):
        (insert,) = [c for c in comandos if c.startswith(f"INSERT INTO {tabela} ")]
        mapa = quente.gw.maps[tabela]
        assert len(mapa.constants) > 5
        assert len(PLACEHOLDER.findall(insert)) == len(mapa.columns) - len(mapa.constants), insert


def test_lists_are_padded_to_few_sizes(quente: Casa) -> None:
    tamanhos: set[int] = set()
    for quantas in (1, 2, 7, 9, 60):
        for comando in enviados(quente, pre_venda(*linhas(quantas), numero=f"PV-{quantas}")):
            for lista in LISTA.findall(comando):
                if "SELECT" not in lista:
                    tamanhos.add(len(PLACEHOLDER.findall(lista)))
    assert tamanhos - {2} <= set(TAMANHOS_DE_LISTA)  # 2: the fixed pairs, such as ESTADO IN ('P', 'A')
    assert {1, 8, 64} <= tamanhos
