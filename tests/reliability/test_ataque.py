"""A part of the hostile requests of `make ataque`, of the generated JSON of `make fuzz`, and what they once found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.reliability import fuzz
from tests.reliability.ataque import Ataque, atacar, casa_temporaria, em_json, todos
from tests.support.builders import pre_venda
from tests.support.gateway import Casa


@pytest.fixture
def alvo() -> Iterator[Casa]:
    with casa_temporaria() as casa:
        yield casa


def test_hostile_requests(alvo: Casa) -> None:
    ataques = todos(alvo)
    assert len(ataques) > 3000
    assert atacar(alvo, ataques[::9]) == []


def test_generated_json(alvo: Casa) -> None:
    assert fuzz.rodar(alvo, exemplos=250) >= 250


def test_a_defect_is_a_finding(alvo: Casa) -> None:
    """The negative control: a route that breaks, one that tells, and SQL written with a value."""
    sa = pytest.importorskip("sqlalchemy")

    def quebrar(*_: Any, **__: Any) -> Any:
        raise ValueError

    def escrever(*_: Any, **__: Any) -> Any:
        with alvo.gw.db.read() as connection:
            connection.execute(sa.text("SELECT 'zq7x'"))
        return "Traceback (most recent call last)"

    alvo.app.view_functions["health.live"] = quebrar
    alvo.app.view_functions["openapi.document"] = escrever
    vivo, documento = (Ataque(path, "GET", path, None) for path in ("/health/live", "/openapi.json"))
    assert [linha.partition(": ")[2][:8] for linha in atacar(alvo, [vivo])] == ["HTTP 500"]
    assert [linha[:30] for linha in atacar(alvo, [documento])] == [
        "GET /openapi.json: fala de den",
        "SQL com valor: SELECT 'zq7x'",
    ]


@pytest.mark.parametrize("itens", ["", " ", "\t", None, []])
def test_blank_items_are_no_items(alvo: Casa, itens: Any) -> None:
    """A text of blanks counted as sent, then as absent: an order without a line."""
    corpo = {**pre_venda(), "preVendaItens": itens}
    answer = alvo.enviar(corpo)
    assert answer.status_code == 422
    assert [problema["campo"] for problema in answer.get_json(force=True)["errors"]] == ["/preVendaItens"]
    assert alvo.contar("PCPEDC") == 0


@pytest.mark.parametrize("numero", ["PV\t1", "PV\n1", "PV\r\n1", "PV\u20281", "PV\u20291"])
def test_a_pre_sales_name_is_one_line(alvo: Casa, numero: str) -> None:
    """Its column held a space instead, so the reservation could not be altered, paid or cancelled any more."""
    answer = alvo.enviar(pre_venda(numero=numero))
    assert answer.status_code == 422
    assert answer.get_json(force=True)["errors"][0]["campo"] == "/numero"
    assert alvo.contar("PCPEDC") == 0


def test_a_body_of_four_hundred_thousand_brackets_costs_nothing(alvo: Casa) -> None:
    assert (
        atacar(alvo, [Ataque("colchetes", corpo=b"[" * 400_000), Ataque("chaves", corpo=em_json({"a": [{}] * 9}))])
        == []
    )
