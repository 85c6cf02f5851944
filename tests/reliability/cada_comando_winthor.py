"""Every operation of the gateway with every move of WinThor's in every lock order, the session let in before every
single statement since the gateway's first lock (R4, R10, R16, R20; see ``encontro_winthor``).

Not part of `make test`: `make exaustivo` runs it. Wherever the session comes in, both leave answers and tables as if
one had come after the other, and the session is never ended by a deadlock.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.reliability.encontro_winthor import ANTES, OPERACOES, encontrar, paradas
from tests.reliability.movimentos import MOVIMENTOS, ordens
from tests.reliability.palco import Palco

pytestmark = pytest.mark.postgresql

CASOS = [(movimento, ordem) for movimento in MOVIMENTOS for ordem in ordens(movimento)]


@pytest.mark.parametrize(("movimento", "ordem"), CASOS)
@pytest.mark.parametrize("operacao", OPERACOES)
def test_em_cada_comando(palco: Palco, operacao: str, movimento: str, ordem: str, record_property: Any) -> None:
    for parada in paradas(ordem):
        encontrar(palco, operacao, movimento, ordem, ponto=ANTES, parada=parada)
    comandos = 0
    while encontrar(palco, operacao, movimento, ordem, ponto=comandos).entrou:
        comandos += 1
    assert comandos > 3
    record_property("pontos", comandos + 2)
