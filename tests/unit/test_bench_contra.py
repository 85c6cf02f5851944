"""The table of two versions in turns: each round is compared with itself."""

from __future__ import annotations

from tests.bench.contra import ESTA, OUTRA, Placar, em_turnos


class DeMentira:
    """A gateway that has used more of the processor each time it is asked."""

    def __init__(self, passo: float) -> None:
        self.usado, self.passo = 0.0, passo

    def cpu(self) -> float:
        self.usado += self.passo
        return self.usado


def test_a_ratio_is_of_one_round_and_the_first_one_changes() -> None:
    vez: list[str] = []

    def correr(versao: str, ritmos: list[float]) -> dict[str, float]:
        vez.append(versao)
        return {"3 items": ritmos.pop(0)}

    desta, da_outra = [10.0, 30.0, 20.0], [10.0, 10.0, 10.0]
    cargas = {ESTA: {"3": lambda: correr(ESTA, desta)}, OUTRA: {"3": lambda: correr(OUTRA, da_outra)}}
    placar: Placar = em_turnos(cargas, {ESTA: DeMentira(0.1), OUTRA: DeMentira(0.2)}, 3)
    assert vez == [ESTA, OUTRA, OUTRA, ESTA, ESTA, OUTRA]
    linha = placar.tabela(("this", "that"), {"3 items": "≥ 1.15"}).splitlines()[-1]
    assert linha == "| 3 items | 20 | 10 | 2.00 (1.00–3.00) | ≥ 1.15 | 0.50 (0.50–0.50) |"
