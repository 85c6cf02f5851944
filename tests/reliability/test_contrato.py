"""What /openapi.json says is what the gateway does: a part of `make contrato`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reliability.ataque import casa_temporaria
from tests.reliability.contrato import ALIAS, confrontar
from tests.support.gateway import Casa


@pytest.fixture
def alvo() -> Iterator[Casa]:
    with casa_temporaria() as casa:
        yield casa


def test_document_and_gateway_agree(alvo: Casa) -> None:
    assert confrontar(alvo, exemplos=1, menos=ALIAS) == []


def test_a_disagreement_is_found(alvo: Casa) -> None:
    """The negative control: a route that asks for no token, and answers otherwise than documented."""
    alvo.app.view_functions["conciliacao.listar"] = lambda: ("tudo certo", 202)
    achados = confrontar(alvo, exemplos=1, menos="^(?!/api/v1/conciliacao$)")
    titulos = {achado.partition(": ")[2].partition(":")[0] for achado in achados}
    assert titulos >= {"API accepts requests without authentication", "Undocumented status code"}
