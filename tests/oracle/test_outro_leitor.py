"""The reviewed statements, read by a parser that is not ours: sqlglot's dialect of Oracle."""

from __future__ import annotations

import logging
import re

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError

from app.recursos import pasta
from tests.oracle import recolher
from tests.oracle_wire import lint

# Statements that it does not know and keeps as they are.
SEM_LEITURA = ("ALTER SESSION ", "GRANT CREATE SESSION ")
# What it reads in any dialect and Oracle 19c does not have.
ALHEIOS = (exp.Limit, exp.Boolean, exp.ILike, exp.OnConflict, exp.Except, exp.RegexpLike)


def comandos() -> list[str]:
    """The reviewed ones, and those that runs of the suite have sent besides."""
    todos = [*recolher.lidos(recolher.COMANDOS), *recolher.lidos(recolher.VARIACOES)]
    return [comando.replace(", …", "") for comando in todos]


def ler(comando: str) -> exp.Expression:
    """The tree. Raises ParseError."""
    arvore = sqlglot.parse_one(comando, read="oracle", error_level=ErrorLevel.RAISE)
    assert isinstance(arvore, exp.Expression)
    return arvore


@pytest.fixture(autouse=True)
def calado(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="sqlglot")


def test_every_statement_is_read_whole() -> None:
    lidos = {comando: ler(comando) for comando in comandos()}
    assert len(lidos) > 300
    por_ler = [comando for comando, arvore in lidos.items() if arvore.find(exp.Command) is not None]
    assert [comando for comando in por_ler if not comando.startswith(SEM_LEITURA)] == []
    assert [comando for comando, arvore in lidos.items() if arvore.find(*ALHEIOS) is not None] == []


def test_what_is_read_is_written_again_the_same() -> None:
    """Written from the tree and read once more: nothing was guessed at or left out."""
    for comando in comandos():
        if not comando.startswith(SEM_LEITURA):
            escrito = ler(comando).sql(dialect="oracle")
            assert ler(escrito).sql(dialect="oracle") == escrito
            sem_retorno = re.sub(r"(?<= )INTO :ret_\d+", "", comando)  # of RETURNING it writes no INTO
            assert escrito.count(":") == sem_retorno.count(":"), comando


def test_the_scripts_are_read_too() -> None:
    scripts = sorted(arquivo for arquivo in pasta("sql").rglob("*.sql") if "checks" not in arquivo.parts)
    assert len(scripts) > 5
    for arquivo in scripts:
        texto = re.sub(r"--.*", "", arquivo.read_text(encoding="utf-8"))
        lidos = [ler(comando) for comando in lint.statements(texto) if not comando.startswith(SEM_LEITURA)]
        assert [arvore.key for arvore in lidos if arvore.key not in {"create", "alter", "grant"}] == [], arquivo.name


@pytest.mark.parametrize(
    "errado",
    [
        "SELECT NUMPED FROM PCPEDC WHERE (CODFILIAL = :B_FILIAL",
        "SELECT NUMPED NUMERO DO PEDIDO FROM PCPEDC",
        "SELECT NUMPED FROM PCPEDC WHERE",
        "UPDATE PCEST SET QTRESERV = WHERE CODPROD = 1",
        "INSERT INTO PCEST (CODPROD VALUES (1)",
        "SELECT NUMPED FROM PCPEDC ORDER BY",
        "SELECT CASE WHEN NUMPED = 1 THEN 2 FROM PCPEDC",
    ],
)
def test_it_would_see_what_is_wrong(errado: str) -> None:
    with pytest.raises(ParseError):
        ler(errado)


@pytest.mark.parametrize(
    "alheio",
    [
        "SELECT NUMPED FROM PCPEDC LIMIT 1",
        "SELECT NUMPED FROM PCPEDC WHERE TRUE",
        "SELECT NUMPED FROM PCPEDC WHERE NUMPEDHUBE ILIKE 'x'",
        "INSERT INTO GW_CONFIG (CHAVE) VALUES ('x') ON CONFLICT DO NOTHING",
    ],
)
def test_it_would_see_what_is_of_another_database(alheio: str) -> None:
    assert ler(alheio).find(*ALHEIOS) is not None
