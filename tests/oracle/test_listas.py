"""Lists that are cut off stop early: the optimizer sees by how much, and an index has the order asked for (M-01).

Oracle turns FETCH FIRST into ROW_NUMBER(); with the order of an index it stops at the last row shown (WINDOW NOSORT
STOPKEY), else it sorts all that the conditions leave. Which it does, only its plans on a site can say.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.oracle import oracledb

from app.winthor.esquema.gateway_tables import gateway

PASTA = Path(__file__).parent
# What grows with the sales.
GRANDES = ("GW_OPERACAO", "GW_RESERVA", "GW_EVENTO", "GW_PRE_VENDA", "GW_RECUSA")
# Sorted, and why that is little.
POUCAS = {
    "GW_EVENTO.DTEVENTO": "those that have no place in the feed yet: of the last seconds",
    "GW_PRE_VENDA.NUMERO": "a person's search by the beginning of a number, in all branches at once",
}


def limitadas() -> list[str]:
    """The statements that are cut off, of those the product sends."""
    texto = "".join((PASTA / nome).read_text("utf-8") for nome in ("comandos.sql", "variacoes.sql"))
    return [um for um in (" ".join(parte.split()) for parte in texto.split(";")) if "FETCH FIRST" in um]


def test_the_limit_is_a_number_in_the_text() -> None:
    cortes = [corte for um in limitadas() for corte in re.findall(r"FETCH FIRST (\S+) ROWS ONLY", um)]
    assert len(cortes) > 50
    assert all(corte.isdigit() for corte in cortes)


def test_what_grows_is_read_in_the_order_of_an_index() -> None:
    vistas = set()
    for um in limitadas():
        achado = re.search(r"ORDER BY (\w+)\.(\w+)[^()]*? FETCH FIRST", um)
        if achado is None or achado[1] not in GRANDES:
            continue
        tabela, coluna = achado[1], achado[2]
        vistas.add(f"{tabela}.{coluna}")
        iguais = set(re.findall(rf"{tabela}\.(\w+) (?:=|IN) ", um))
        na_ordem = any(
            coluna in chave and all(antes in iguais for antes in chave[: chave.index(coluna)])
            for chave in chaves(gateway.tables[tabela])
        )
        assert na_ordem or f"{tabela}.{coluna}" in POUCAS, um
    assert vistas >= {"GW_OPERACAO.ID", "GW_RESERVA.DTCRIACAO", "GW_EVENTO.SEQ", *POUCAS}


def chaves(tabela: sa.Table) -> list[list[str]]:
    """The columns of the primary key and of each index."""
    indices = [[coluna.name for coluna in indice.columns] for indice in tabela.indexes]
    return [[coluna.name for coluna in tabela.primary_key.columns], *indices]


@pytest.mark.parametrize("otimiza", [False, True])
def test_the_dialect_s_own_hint_is_of_no_use(otimiza: bool) -> None:
    """``optimize_limits`` speaks to releases before 12c only, which the thin driver does not reach."""
    tabela = gateway.tables["GW_OPERACAO"]
    query = sa.select(tabela.c.ID).order_by(tabela.c.ID.desc()).limit(51)
    sql = str(query.compile(dialect=oracledb.dialect(optimize_limits=otimiza)))  # type: ignore[no-untyped-call]
    assert "FIRST_ROWS" not in sql
    assert "FETCH FIRST" in sql
