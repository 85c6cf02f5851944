"""WinThor's sessions beside every operation of the gateway, in any lock order (R4, R10, R16, R20).

Here the session has begun before the operation does; ``cada_comando_winthor`` lets it in before every statement.
"""

from __future__ import annotations

import pytest

from tests.reliability.encontro_winthor import OPERACOES, encontrar, paradas
from tests.reliability.movimentos import MOVIMENTOS, ordens
from tests.reliability.palco import Palco

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("conta_como_postgresql")]


# Every operation with every move, by half of the lock orders in turn; all of them are in `cada_comando_winthor`.
CASOS = [
    (operacao, movimento, ordem, (vez // 2 + n) % 2)
    for n, operacao in enumerate(OPERACOES)
    for m, movimento in enumerate(MOVIMENTOS)
    for vez, ordem in enumerate(ordens(movimento), n + m)
    if vez % 2
]


@pytest.mark.parametrize(("operacao", "movimento", "ordem", "parada"), CASOS)
def test_o_winthor_primeiro(palco: Palco, operacao: str, movimento: str, ordem: str, parada: int) -> None:
    """It holds its first lock, or has done everything but COMMIT, when the gateway begins."""
    encontrar(palco, operacao, movimento, ordem, parada=paradas(ordem)[parada])
