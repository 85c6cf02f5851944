"""The table of what holds stock: the database's reading of it is the domain's, for every order and line."""

from __future__ import annotations

import datetime as dt
import itertools
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.retencao import PedidoNoEstoque, RegraDeRetencao, linha_retem, retencao
from app.winthor.esquema.tables import PCPEDC, PCPEDI
from app.winthor.retencao import DIVIDIDO, unidades_vivas
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

HOJE = dt.datetime.fromisoformat("2026-03-02")
REGRAS = (
    RegraDeRetencao(),
    RegraDeRetencao(futura=True),
    RegraDeRetencao(futura=True, futura_ao_contrario=frozenset({"2"})),
    RegraDeRetencao(frozenset({1, 8}), futura_ao_contrario=frozenset({"2"})),
    RegraDeRetencao(frozenset({5, 7})),
)
CABECALHOS = tuple(
    itertools.product(
        (None, "L", "M", "P", "B", "F", "C"), (None, 0, 77), (None, 1, 5, 7, 8, 99), ("1", "2"), (False, True)
    )
)
LINHAS = tuple(itertools.product((None, "L", "C"), (None, "RI", "RP", "EN", "EF")))


def todos_os_pedidos() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One order of every kind with one line of every kind; those that are divided are named by an invoiced 8."""
    base = {"DATA": HOJE, "CODCLI": 1, "CODUSUR": 1, "NUMPEDENTFUT": None}
    pedidos, linhas = [], []
    for numped, (posicao, nota, condvenda, filial, dividido) in enumerate(CABECALHOS, 1):
        este = {"NUMPED": numped, "POSICAO": posicao, "NUMTRANSVENDA": nota, "CONDVENDA": condvenda}
        pedidos.append(base | este | {"CODFILIAL": filial})
        if dividido:
            entrega = {"NUMPED": numped + 10_000, "POSICAO": "F", "NUMTRANSVENDA": 1, "CONDVENDA": 8}
            pedidos.append(base | entrega | {"CODFILIAL": filial, "NUMPEDENTFUT": numped})
        linhas += [
            {"NUMPED": numped, "NUMSEQ": n, "CODPROD": 1, "QT": 1, "PVENDA": 1, "POSICAO": p, "TIPOENTREGA": tipo}
            for n, (p, tipo) in enumerate(LINHAS, 1)
        ]
    return pedidos, linhas


@pytest.fixture
def cheia(casa: Casa) -> Casa:
    pedidos, linhas = todos_os_pedidos()
    with casa.engine.begin() as connection:
        connection.execute(sa.insert(PCPEDC), pedidos)
        connection.execute(sa.insert(PCPEDI), linhas)
    return casa


@pytest.mark.parametrize("regra", REGRAS)
def test_the_statement_says_what_the_table_says(cheia: Casa, regra: RegraDeRetencao) -> None:
    vivas = unidades_vivas(regra).subquery()
    with cheia.engine.connect() as connection:
        query = sa.select(vivas.c.NUMPED, sa.func.sum(vivas.c.QT)).group_by(vivas.c.NUMPED)
        contadas = {numped: int(quantas) for numped, quantas in connection.execute(query)}
    esperadas: dict[int, int] = {}
    for numped, (posicao, nota, condvenda, filial, dividido) in enumerate(CABECALHOS, 1):
        retida = retencao(regra, PedidoNoEstoque(filial, posicao, bool(nota), condvenda, dividido))
        if quantas := sum(linha_retem(retida, p, tipo) for p, tipo in LINHAS):
            esperadas[numped] = quantas
    assert contadas == esperadas
    assert contadas  # some hold, not all
    assert len(contadas) < len(CABECALHOS)


def test_deliveries_are_looked_for_only_of_a_future_sale(cheia: Casa) -> None:
    with cheia.engine.connect() as connection:
        query = sa.select(PCPEDC.c.NUMPED).where(DIVIDIDO == 1)
        divididos = set(connection.execute(query).scalars())
    assert divididos == {
        n for n, (_, _, condvenda, _, dividido) in enumerate(CABECALHOS, 1) if dividido and condvenda == 7
    }


# --- the parameter and the settings


def com_2542(casa: Casa, padrao: str | None, **filiais: str) -> None:
    sql = "INSERT INTO PCMETAPARAMFILIAL (NOME, ID, VALORDEFAULT) VALUES ('RESERVARESTOQUETV7', 2542, :v)"
    casa.executar(sql, v=padrao)
    for filial, valor in filiais.items():
        sql = "INSERT INTO PCPARAMFILIAL (NOME, CODFILIAL, VALOR) VALUES ('RESERVARESTOQUETV7', :f, :v)"
        casa.executar(sql, f=filial.removeprefix("f"), v=valor)


def regra(casa: Casa) -> RegraDeRetencao:
    with casa.gw.db.read() as connection:
        return casa.gw.regra_de_retencao(connection)


def test_without_the_parameter_a_future_sale_holds_nothing(casa: Casa) -> None:
    assert regra(casa) == RegraDeRetencao()


@pytest.mark.parametrize(
    ("padrao", "filiais", "retem"),
    [
        ("S", {}, {"1", "2", "10"}),
        ("N", {"f2": "S"}, {"2"}),
        ("S", {"f2": "N", "f10": " "}, {"1", "10"}),
        (None, {"f99": "Sim", "f1": "N"}, {"2", "10"}),
        ("S", {"f99": "N", "f1": "S", "f2": "N"}, {"1"}),
    ],
)
def test_the_branch_s_row_goes_before_99_before_the_default(
    casa: Casa, padrao: str | None, filiais: dict[str, str], retem: set[str]
) -> None:
    com_2542(casa, padrao, **filiais)
    assert {filial for filial in ("1", "2", "10") if regra(casa).futura_retem(filial)} == retem


def test_the_parameter_can_be_found_by_its_name(casa: Casa) -> None:
    casa.executar("INSERT INTO PCMETAPARAMFILIAL (NOME, ID, VALORDEFAULT) VALUES ('DO_SITE', 9001, 'S')")
    with closing(casa.com(nomes_parametros={2542: "DO_SITE"})) as outra:
        assert regra(outra).futura


def test_what_the_gateway_itself_writes_always_holds(casa: Casa) -> None:
    with closing(casa.com(condvenda=7)) as futura, closing(casa.com(condvenda_retem=frozenset({5}))) as lista:
        assert regra(futura).futura_retem("1")
        assert regra(lista).condvenda == {1, 5}


@pytest.mark.parametrize(
    ("colunas", "volta"),
    [
        ({"CONDVENDA": 1}, 5),
        ({"CONDVENDA": 20}, 5),
        ({"CONDVENDA": 7}, 0),
        ({"POSICAO": "B"}, 0),
    ],
)
def test_a_cancellation_frees_what_the_table_says(casa: Casa, colunas: dict[str, Any], volta: int) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5)))
    with casa.engine.begin() as connection:
        connection.execute(sa.update(PCPEDC).where(PCPEDC.c.NUMPED == numped).values(**colunas))
    answer = casa.enviar({**pre_venda(item(quantidade=5)), "situacaoPreVenda": 0, "idRetaguarda": numped})
    assert answer.status_code == 200
    assert casa.qtreserv(1) == Decimal(5 - volta)


def test_a_split_order_frees_what_leaves_at_once(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=5), item("300-3", 2)))
    casa.executar("UPDATE PCPEDC SET CONDVENDA = 7 WHERE NUMPED = :n", n=numped)
    casa.executar("UPDATE PCPEDI SET TIPOENTREGA = 'RP' WHERE NUMPED = :n AND CODPROD = 1", n=numped)
    base = {"DATA": HOJE, "CODCLI": 1, "CODUSUR": 1, "CODFILIAL": "1", "POSICAO": "L"}
    with casa.engine.begin() as connection:
        entrega = {"NUMPED": 1_900_000, "CONDVENDA": 8, "NUMPEDENTFUT": numped}
        connection.execute(sa.insert(PCPEDC), [base | entrega])
    corpo = pre_venda(item(quantidade=5), item("300-3", 2))
    assert casa.enviar({**corpo, "situacaoPreVenda": 0, "idRetaguarda": numped}).status_code == 200
    assert (casa.qtreserv(1), casa.qtreserv(3)) == (Decimal(5), Decimal(0))
