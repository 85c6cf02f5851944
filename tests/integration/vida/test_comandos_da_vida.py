"""How many statements an alteration, a cancellation, a payment and their replays send (§6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import Casa

# With warm caches. The rows of a kit are locked by a statement of their own, and written by another.
ALTERAR, CANCELAR, PAGAR, REPETIR = 21, 15, 11, 3
ALTERAR_KIT, UM_KIT = 23, 1
CLIENTE_NOVO = 6
PAGAMENTO = {"pagamentoForma": {"idRetaguarda": "D-POS"}, "pagamentoCondicao": {"idRetaguarda": 1}}


@pytest.fixture
def quente(casa: Casa) -> Iterator[Casa]:
    """A gateway with plenty of stock, whose caches are warm."""
    casa.executar("UPDATE PCEST SET QTESTGER = 1000000, QTBLOQUEADA = 0")
    quente = casa.com(cache_segundos=30)
    todos = [item(), item("300-3", 1), *linhas(60), kit()]
    numped = quente.reservar(pre_venda(*todos, numero="AQUECER"))
    quente.relogio.andar(seconds=1)
    numped = quente.reservar(pre_venda(*todos, numero="AQUECER", idRetaguarda=numped, observacoes="de novo"))
    quente.relogio.andar(seconds=1)
    cliente = cliente_completo(cpfCnpj="111.444.777-35")
    enviados(
        quente,
        pre_venda(
            *todos, numero="AQUECER", idRetaguarda=numped, situacaoPreVenda=1, pagamentos=[PAGAMENTO], cliente=cliente
        ),
    )
    yield quente
    quente.close()


def linhas(quantas: int, quantidade: int = 2, *, kits: bool = False) -> list[dict[str, Any]]:
    """Lines of 60 products in turn, or of the kit."""
    codprods = (1001 + n % 60 for n in range(quantas))
    return [kit(quantidade) if kits else item(f"{codprod * 10}-{codprod}", quantidade) for codprod in codprods]


def enviados(casa: Casa, corpo: dict[str, Any], http: int = 200) -> tuple[int, list[str]]:
    """The number answered and the statements of one request."""
    with casa.comandos() as comandos:
        answer = casa.enviar(corpo)
    assert answer.status_code == http, answer.get_data(as_text=True)
    casa.relogio.andar(seconds=1)
    return answer.get_json(force=True).get("idPedidoRetaguarda", 0), comandos


def mostrar(comandos: list[str]) -> str:
    return f"{len(comandos)} statements:\n" + "\n".join(" ".join(c.split())[:150] for c in comandos)


@pytest.mark.parametrize("kits", [False, True], ids=["products", "kits"])
def test_a_whole_life_of_three_and_of_three_hundred_items(quente: Casa, kits: bool) -> None:
    vidas = []
    for quantas in (3, 300):
        corpo = pre_venda(*linhas(quantas, kits=kits), numero=f"PV-{quantas}")
        numped = quente.reservar(corpo)
        quente.relogio.andar(seconds=1)
        alteracao = {**corpo, "preVendaItens": linhas(quantas, 3, kits=kits), "idRetaguarda": numped}
        nova, alterar = enviados(quente, alteracao, 201)
        _, repetir_alteracao = enviados(quente, alteracao, 201)
        pagamento = {**alteracao, "idRetaguarda": nova, "situacaoPreVenda": 1}
        _, pagar = enviados(quente, pagamento)
        _, repetir_pagamento = enviados(quente, pagamento)
        cancelamento = {**corpo, "idRetaguarda": nova, "situacaoPreVenda": 0}
        _, cancelar = enviados(quente, cancelamento)
        _, repetir_cancelamento = enviados(quente, cancelamento)
        vidas.append([alterar, repetir_alteracao, pagar, repetir_pagamento, cancelar, repetir_cancelamento])
    limites = [ALTERAR, REPETIR, PAGAR, REPETIR, CANCELAR, REPETIR]
    if kits:
        limites = [ALTERAR_KIT, REPETIR, PAGAR + UM_KIT, REPETIR, CANCELAR + UM_KIT, REPETIR]
    for um, outro, limite in zip(*vidas, limites, strict=True):
        assert len(um) == len(outro), mostrar(um) + "\n" + mostrar(outro)
        assert len(um) <= limite, mostrar(um)


def test_an_alteration_with_everything(quente: Casa) -> None:
    mistas = [
        *linhas(3),
        kit(2),
        item(idVendedorRetaguarda="RCA-1", entrega={"idLojaEntregaRetaguarda": "2"}),
    ]
    numped = quente.reservar(pre_venda(*mistas, idOperadorRetaguarda=100))
    quente.relogio.andar(seconds=1)
    mistas[0] = item("300-3", 1, desconto=1)
    _, comandos = enviados(quente, pre_venda(*mistas, idOperadorRetaguarda=100, idRetaguarda=numped), 201)
    assert len(comandos) <= ALTERAR_KIT, mostrar(comandos)


def test_an_alteration_with_a_new_customer(quente: Casa) -> None:
    numped = quente.reservar(pre_venda())
    quente.relogio.andar(seconds=1)
    _, comandos = enviados(quente, pre_venda(cliente=cliente_completo(), idRetaguarda=numped), 201)
    assert len(comandos) <= ALTERAR + CLIENTE_NOVO, mostrar(comandos)


def test_an_alteration_and_a_cancellation_with_pcnfcan(quente: Casa) -> None:
    outra = quente.com(grava_pcnfcan=True)
    numped = outra.reservar(pre_venda())
    outra.relogio.andar(seconds=1)
    numped, alterar = enviados(outra, pre_venda(item(quantidade=3), idRetaguarda=numped), 201)
    _, cancelar = enviados(outra, pre_venda(situacaoPreVenda=0, idRetaguarda=numped))
    outra.close()
    assert len(alterar) <= ALTERAR + 1, mostrar(alterar)
    assert len(cancelar) <= CANCELAR + 1, mostrar(cancelar)


def test_a_cancellation_that_follows_a_replaced_number(quente: Casa) -> None:
    """Two more: to find the head, however far away, and to lock it."""
    quantos = []
    for vezes in (1, 5):
        primeira = atual = quente.reservar(pre_venda(numero=f"PV-{vezes}"))
        quente.relogio.andar(seconds=1)
        for quantidade in range(3, 3 + vezes):
            corpo = pre_venda(item(quantidade=quantidade), numero=f"PV-{vezes}", idRetaguarda=atual)
            atual, _ = enviados(quente, corpo, 201)
        corpo = pre_venda(situacaoPreVenda=0, numero=f"PV-{vezes}", idRetaguarda=primeira)
        numped, comandos = enviados(quente, corpo)
        assert numped == atual
        quantos.append(len(comandos))
    assert quantos[0] == quantos[1] <= CANCELAR + 2


def test_a_rescue(quente: Casa) -> None:
    numped = quente.reservar(pre_venda())
    quente.relogio.andar(seconds=1)
    _, comandos = enviados(quente, pre_venda(situacaoPreVenda=3, idRetaguarda=numped))
    assert len(comandos) <= CANCELAR, mostrar(comandos)


def test_each_table_is_written_at_most_twice_by_an_alteration(quente: Casa) -> None:
    numped = quente.reservar(pre_venda(*linhas(30), kit()))
    quente.relogio.andar(seconds=1)
    _, comandos = enviados(quente, pre_venda(*linhas(40), kit(), idRetaguarda=numped), 201)
    escritas = {
        "INSERT INTO PCPEDC ": 1,
        "INSERT INTO PCPEDI ": 1,
        "INSERT INTO PCPEDICESTA ": 1,
        "UPDATE PCPEDC ": 1,
        "UPDATE PCPEDI ": 1,
        "UPDATE PCEST ": 1,
    }
    assert {verbo: sum(c.startswith(verbo) for c in comandos) for verbo in escritas} == escritas


def test_locks_of_an_alteration_are_taken_in_one_order(quente: Casa) -> None:
    numped = quente.reservar(pre_venda(item("300-3", 1), kit()))
    quente.relogio.andar(seconds=1)
    _, comandos = enviados(quente, pre_venda(item(), cliente=cliente_completo(), idRetaguarda=numped), 201)
    main = comandos[next(n for n, c in enumerate(comandos) if "FROM GW_OPERACAO JOIN GW_PRE_VENDA" in c) :]
    trechos = ("FROM GW_OPERACAO JOIN GW_PRE_VENDA", "FROM PCPEDC", "FROM PCEST", "FROM PCPEDI ", "FROM PCPEDICESTA")
    ordem = [next(n for n, c in enumerate(main) if trecho in c) for trecho in (*trechos, "FROM PCCONSUM")]
    assert ordem == sorted(ordem), mostrar(main)
    assert sum("FROM PCEST" in c for c in main) == 1, mostrar(main)


MANAUS = {"idLojaEntregaRetaguarda": "2", "tipoEntrega": 2, "dataEntrega": "2026-03-20"}
# With billing, plan, a customer, delivery types and days (R22); and more for what does not always come.
PAGAR_INTEIRO, MUDAR_DE_FILIAL = PAGAR + 3, 2


@pytest.mark.parametrize("kits", [False, True], ids=["products", "kits"])
def test_a_payment_with_all_that_it_may_bring(quente: Casa, kits: bool) -> None:
    """Whole lines stay, whole lines move, and lines are taken apart, whatever their number."""
    quantos = []
    for quantas in (3, 250):
        casos = (
            ({"entrega": {"tipoEntrega": 1}}, None, PAGAR_INTEIRO),
            ({"entrega": MANAUS}, None, PAGAR_INTEIRO + MUDAR_DE_FILIAL),
            ({"entrega": {"tipoEntrega": 1}}, {"entrega": MANAUS}, PAGAR_INTEIRO + MUDAR_DE_FILIAL + 1),
        )
        for n, (umas, outras, limite) in enumerate(casos):
            numero = f"PV-{quantas}-{n}"
            numped = quente.reservar(pre_venda(*linhas(quantas, 4, kits=kits), numero=numero))
            quente.relogio.andar(seconds=1)
            itens = [{**linha, **umas} for linha in linhas(quantas, 4 if outras is None else 3, kits=kits)]
            itens += [] if outras is None else [{**linha, **outras} for linha in linhas(quantas, 1, kits=kits)]
            corpo = pre_venda(*itens, numero=numero, idRetaguarda=numped, situacaoPreVenda=1, pagamentos=[PAGAMENTO])
            _, comandos = enviados(quente, {**corpo, "cliente": {"idRetaguarda": 20}})
            partidos = 0 if outras is None else 1
            assert len(comandos) <= limite + (1 + partidos) * kits, mostrar(comandos)
            quantos.append(len(comandos))
    assert quantos[:3] == quantos[3:]


DIVIDIR = 6


@pytest.mark.parametrize("kits", [False, True], ids=["products", "kits"])
def test_a_payment_that_is_divided(quente: Casa, kits: bool) -> None:
    """Three deliveries, whatever their lines; the rows of their kits are one statement more (R23)."""
    loja = quente.com(cache_segundos=30, pago="tv7")
    quantos: list[list[str]] = []
    for quantas in (3, 240, 3):  # the first one fills the caches
        numero = f"PV-{len(quantos)}"
        numped = loja.reservar(pre_venda(*linhas(quantas, 4, kits=kits), numero=numero))
        loja.relogio.andar(seconds=1)
        itens = [
            {**linha, "entrega": {"tipoEntrega": n % 3 + 1}} for n, linha in enumerate(linhas(quantas, 4, kits=kits))
        ]
        corpo = pre_venda(*itens, numero=numero, idRetaguarda=numped, situacaoPreVenda=1, pagamentos=[PAGAMENTO])
        _, comandos = enviados(loja, {**corpo, "cliente": {"idRetaguarda": 20}})
        quantos.append(comandos)
    loja.close()
    _, muitas, poucas = quantos
    assert len(muitas) == len(poucas) <= PAGAR_INTEIRO + DIVIDIR + 2 * kits, mostrar(muitas)


def test_a_payment_that_brings_a_new_customer(quente: Casa) -> None:
    numped = quente.reservar(pre_venda())
    quente.relogio.andar(seconds=1)
    corpo = pre_venda(situacaoPreVenda=1, idRetaguarda=numped, cliente=cliente_completo(), pagamentos=[PAGAMENTO])
    _, comandos = enviados(quente, corpo)
    assert len(comandos) <= PAGAR_INTEIRO + CLIENTE_NOVO, mostrar(comandos)
