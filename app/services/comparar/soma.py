"""What a comparison has counted so far: bounded in memory, and able to be put away and taken up again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Distinct pairs of values kept for a column: the commonest of a site's are found long before.
PARES_GUARDADOS = 200
VALORES_GUARDADOS = 20

# Table and column.
Coluna = tuple[str, str]
# Their value and ours, as text.
Par = tuple[str, str]


@dataclass
class Soma:
    """Counts. ``so_deles``: values of columns that the site fills and the maps do not; ``linhas``: rows of each table
    that were laid side by side."""

    lidas: int = 0
    reconhecidas: int = 0
    sem_itens: int = 0
    ilegiveis: int = 0
    iguais: int = 0
    mais_rigorosos: int = 0
    menos_rigorosos: int = 0
    por_codigo: Counter[str] = field(default_factory=Counter)
    linhas: Counter[str] = field(default_factory=Counter)
    coluna_igual: Counter[Coluna] = field(default_factory=Counter)
    coluna_diferente: Counter[Coluna] = field(default_factory=Counter)
    pares: dict[Coluna, Counter[Par]] = field(default_factory=dict)
    so_deles: dict[Coluna, Counter[str]] = field(default_factory=dict)

    def par(self, coluna: Coluna, deles: str, nosso: str) -> None:
        """Count a difference with its two values."""
        self.coluna_diferente[coluna] += 1
        _contar(self.pares.setdefault(coluna, Counter()), (deles, nosso), PARES_GUARDADOS)

    def preenchida(self, coluna: Coluna, valor: str) -> None:
        """Count a value in a column that the maps leave out."""
        _contar(self.so_deles.setdefault(coluna, Counter()), valor, VALORES_GUARDADOS)

    def guardar(self) -> dict[str, Any]:
        """All of it as JSON holds it."""
        return {
            **{nome: getattr(self, nome) for nome in _NUMEROS},
            "por_codigo": dict(self.por_codigo),
            "linhas": dict(self.linhas),
            "iguais_por_coluna": [[*coluna, vezes] for coluna, vezes in self.coluna_igual.items()],
            "diferentes_por_coluna": [[*coluna, vezes] for coluna, vezes in self.coluna_diferente.items()],
            "pares": [[*c, *par, vezes] for c, pares in self.pares.items() for par, vezes in pares.items()],
            "so_deles": [
                [*c, valor, vezes] for c, valores in self.so_deles.items() for valor, vezes in valores.items()
            ],
        }

    @classmethod
    def retomar(cls, guardada: Mapping[str, Any]) -> Soma:
        """What ``guardar`` put away. Raises KeyError, TypeError and ValueError for anything else."""
        soma = cls()
        for nome in _NUMEROS:
            setattr(soma, nome, int(guardada[nome]))
        soma.por_codigo.update(guardada["por_codigo"])
        soma.linhas.update(guardada["linhas"])
        for tabela, coluna, vezes in guardada["iguais_por_coluna"]:
            soma.coluna_igual[tabela, coluna] = vezes
        for tabela, coluna, vezes in guardada["diferentes_por_coluna"]:
            soma.coluna_diferente[tabela, coluna] = vezes
        for tabela, coluna, deles, nosso, vezes in guardada["pares"]:
            soma.pares.setdefault((tabela, coluna), Counter())[deles, nosso] = vezes
        for tabela, coluna, valor, vezes in guardada["so_deles"]:
            soma.so_deles.setdefault((tabela, coluna), Counter())[valor] = vezes
        return soma


_NUMEROS = ("lidas", "reconhecidas", "sem_itens", "ilegiveis", "iguais", "mais_rigorosos", "menos_rigorosos")
OUTROS = "…"


def _contar(contador: Counter[Any], valor: Any, limite: int) -> None:
    """Count a value; beyond so many distinct ones the new are counted together."""
    if valor not in contador and len(contador) >= limite:
        valor = (OUTROS, OUTROS) if isinstance(valor, tuple) else OUTROS
    contador[valor] += 1
